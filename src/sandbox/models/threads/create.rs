//! Containers: `POST /{user}/threads` (`threads.md` 4.1 to 4.4).

use serde_json::{Value, json};

use super::media;
use super::post::{Kind, Published, PublishedMedia};
use super::refusal::{self, Answer, Refusal};
use super::text;
use super::{Call, Caller, Container, DAY_MS, Fate, Scope, Status, Threads, container_id, container_index};

const TEXT_MAX: usize = 500;
const ALT_MAX: usize = 1_000;
const LONG_TEXT_MAX: usize = 10_000;
const LINKS_MAX: usize = 5;
const CHILDREN: std::ops::RangeInclusive<usize> = 2..=20;
const REPLY_CONTROLS: [&str; 5] = [
    "everyone",
    "accounts_you_follow",
    "mentioned_only",
    "parent_post_author_only",
    "followers_only",
];

impl Threads {
    /// Makes a container; with `auto_publish_text` a text is published at once (`threads.md` 4.1).
    pub(super) fn create(&mut self, user: &str, call: &mut Call<'_>) -> Answer {
        let caller = self.own(user, call)?;
        caller.need(Scope::Publish)?;
        let kind = kind_of(call)?;
        let mut draft = Published {
            kind,
            ..Published::default()
        };
        draft.username.clone_from(&self.accounts[caller.account].username);
        self.words(&mut draft, call)?;
        self.relations(&mut draft, caller, call)?;
        self.extras(&mut draft, caller, call)?;
        let child = call.params.flag("is_carousel_item");
        let mut fate = Fate::Finishes;
        let mut children = Vec::new();
        match kind {
            Kind::Text | Kind::Repost => attachments(&mut draft, call)?,
            Kind::Image => draft.media = vec![self.fetch_image(call)?],
            Kind::Video => match self.fetch_video(call)? {
                Ok(video) => draft.media = vec![video],
                Err(why) => fate = Fate::Fails(why.to_owned()),
            },
            Kind::Carousel => children = self.children(caller, call)?,
        }
        self.link_rule(&mut draft)?;
        if kind == Kind::Carousel {
            draft.media = children
                .iter()
                .flat_map(|&c: &usize| self.containers[c].draft.media.clone())
                .collect();
        }
        let delay = self.delay_of(kind);
        let container = Container {
            account: caller.account,
            draft,
            child: child && matches!(kind, Kind::Image | Kind::Video),
            children,
            created_ms: call.now,
            ready_ms: call.now.saturating_add(delay),
            fate,
            published: None,
            restricted: false,
        };
        if kind == Kind::Text && call.params.flag("auto_publish_text") {
            return self.auto_publish(container, call.now);
        }
        self.containers.push(container);
        Ok(json!({"id": container_id(self.containers.len() - 1)}))
    }

    /// The shortcut of `threads.md` 4.1: the answer is the media id, and nothing can be asked for later.
    fn auto_publish(&mut self, container: Container, now: i64) -> Answer {
        self.quota_for(&container.draft, container.account, now)?;
        self.violations.auto_published += 1;
        let id = self.put_post(container.draft, now);
        Ok(json!({ "id": id }))
    }

    fn delay_of(&self, kind: Kind) -> i64 {
        match kind {
            Kind::Text | Kind::Repost => self.settings.text_delay_ms,
            Kind::Image => self.settings.image_delay_ms,
            Kind::Video => self.settings.video_delay_ms,
            Kind::Carousel => self.settings.carousel_delay_ms,
        }
    }

    /// Text, topic, spoilers and the like (`threads.md` 4.2).
    fn words(&self, draft: &mut Published, call: &Call<'_>) -> Answer<()> {
        let params = &call.params;
        draft.text = params.get("text").unwrap_or("").to_owned();
        if text::count(&draft.text) > TEXT_MAX {
            return Err(
                Refusal::parameter("Param text must be at most 500 characters long.")
                    .user("Text too long", "The text must be at most 500 characters long."),
            );
        }
        draft.topic = params.form_only("topic_tag").map(str::to_owned);
        if let Some(topic) = &draft.topic {
            if topic.chars().count() > 50 || topic.contains(['.', '&']) {
                return Err(Refusal::parameter(
                    "Param topic_tag must have 1 to 50 characters and cannot contain periods (.) or ampersands (&).",
                ));
            }
        } else if let Some(tag) = text::first_tag(&draft.text) {
            (draft.topic, draft.topic_from_text) = (Some(tag), true);
        }
        if let Some(entities) = params.form_only("text_entities") {
            let list: Vec<Value> = serde_json::from_str(entities)
                .map_err(|_| Refusal::parameter("Param text_entities must be an array."))?;
            if list
                .iter()
                .any(|e| e["entity_type"] != "SPOILER" || !e["offset"].is_u64() || !e["length"].is_u64())
            {
                return Err(Refusal::parameter(
                    "Param text_entities has an entity that is not valid.",
                ));
            }
        }
        draft.spoiler = params.flag("is_spoiler_media");
        if draft.spoiler && draft.kind == Kind::Text {
            return Err(Refusal::parameter("Param is_spoiler_media needs media."));
        }
        draft.ghost = params.flag("is_ghost_post");
        if draft.ghost && draft.kind != Kind::Text {
            return Err(Refusal::parameter("Param is_ghost_post is for text posts only."));
        }
        Ok(())
    }

    /// Replies and quotes (`threads.md` 4.2 and 9).
    fn relations(&mut self, draft: &mut Published, caller: Caller, call: &Call<'_>) -> Answer<()> {
        let params = &call.params;
        if let Some(id) = params.get("reply_to_id") {
            caller.need(Scope::ManageReplies)?;
            if container_index(id).is_some_and(|index| index < self.containers.len()) {
                // The container's id is taken, and the reply never attaches to its thread.
                self.violations.reply_to_container += 1;
            } else {
                let parent = self.live_post(id, call.now).ok_or_else(|| Refusal::missing(id))?;
                let parent = &self.posts[parent];
                if call.now.saturating_sub(parent.at_ms) < self.settings.parent_settle_ms {
                    return Err(refusal::media_not_found(id));
                }
                draft.root = Some(parent.root.clone().unwrap_or_else(|| parent.id.clone()));
                draft.pending = parent.approvals && parent.username != draft.username;
                draft.reply_to = Some(id.to_owned());
            }
        }
        if let Some(id) = params.form_only("quote_post_id") {
            self.live_post(id, call.now).ok_or_else(|| Refusal::missing(id))?;
            draft.quote = Some(id.to_owned());
        }
        draft.approvals = params.flag("enable_reply_approvals");
        if draft.approvals && draft.ghost {
            return Err(Refusal::parameter(
                "Param enable_reply_approvals is not possible for ghost posts.",
            ));
        }
        if let Some(control) = params.form_only("reply_control") {
            if !REPLY_CONTROLS.contains(&control) {
                return Err(Refusal::parameter(format!(
                    "Param reply_control must be one of {}.",
                    REPLY_CONTROLS.join(", ")
                )));
            }
            draft.reply_control = Some(control.to_owned()).filter(|c| c != "everyone");
        }
        Ok(())
    }

    /// Places, countries, Instagram (`threads.md` 4.2).
    fn extras(&self, draft: &mut Published, caller: Caller, call: &Call<'_>) -> Answer<()> {
        let params = &call.params;
        if let Some(id) = params.form_only("location_id") {
            caller.need(Scope::Locations)?;
            draft.location = Some(id.to_owned());
        }
        if let Some(codes) = params.form_only("allowlisted_country_codes") {
            let place = self.settings.named_errors;
            if !self.settings.geo_gating {
                let text = "This feature is not available for this user.";
                return Err(refusal::named(place, "THREADS_API__FEATURE_NOT_AVAILABLE", text));
            }
            if codes
                .split(',')
                .any(|c| c.len() != 2 || !c.chars().all(|c| c.is_ascii_uppercase()))
            {
                let text = "The country codes are not valid.";
                return Err(refusal::named(
                    place,
                    "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES",
                    text,
                ));
            }
        }
        draft.cross_shared = params.flag("crossreshare_to_ig");
        if draft.cross_shared {
            caller.need(Scope::ShareToInstagram)?;
        }
        if params
            .form_only("alt_text")
            .is_some_and(|alt| alt.chars().count() > ALT_MAX)
        {
            return Err(Refusal::parameter(
                "Param alt_text must be at most 1000 characters long.",
            ));
        }
        Ok(())
    }

    /// At most five distinct links (`threads.md` 4.5); the first one becomes the card (4.3).
    fn link_rule(&self, draft: &mut Published) -> Answer<()> {
        if text::distinct_links(&draft.text, draft.link.as_deref()) > LINKS_MAX {
            let text = "The post has more than 5 links.";
            return Err(refusal::named(
                self.settings.named_errors,
                "THREADS_API__LINK_LIMIT_EXCEEDED",
                text,
            ));
        }
        if draft.kind == Kind::Text && draft.link.is_none() && draft.poll.is_empty() {
            draft.link = text::first_link(&draft.text);
        }
        Ok(())
    }

    fn fetch_image(&self, call: &mut Call<'_>) -> Answer<PublishedMedia> {
        let url = address(call, "image_url")?;
        let fetched = call
            .fetch(&self.media, &url)
            .map_err(|_| media::not_fetched(&url))?;
        media::image(&url, fetched, alt_of(call))
    }

    /// A video's failure shows in the container, not here (`threads.md` 4.6).
    fn fetch_video(&self, call: &mut Call<'_>) -> Answer<Result<PublishedMedia, &'static str>> {
        let url = address(call, "video_url")?;
        let Ok(fetched) = call.fetch(&self.media, &url) else {
            return Ok(Err("FAILED_DOWNLOADING_VIDEO"));
        };
        Ok(media::video(&url, fetched, alt_of(call)))
    }

    /// 2 to 20 finished containers of one's own, made with `is_carousel_item` (`threads.md` 4.2, 4.3).
    fn children(&mut self, caller: Caller, call: &Call<'_>) -> Answer<Vec<usize>> {
        let list = call.params.get("children").unwrap_or("");
        let ids: Vec<&str> = list
            .split(',')
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .collect();
        if !CHILDREN.contains(&ids.len()) {
            return Err(Refusal::parameter("A carousel needs 2 to 20 items.").sub(2_207_028));
        }
        let mut children = Vec::with_capacity(ids.len());
        for id in ids {
            let index = container_index(id).filter(|&i| i < self.containers.len());
            let index = index.ok_or_else(|| refusal::media_not_found(id))?;
            let item = &self.containers[index];
            if item.account != caller.account || !item.child {
                return Err(Refusal::parameter(format!(
                    "The container {id} is no carousel item."
                )));
            }
            match self.status_of(index, call.now) {
                Status::Finished => children.push(index),
                Status::InProgress => {
                    self.violations.carousel_early += 1;
                    return Err(refusal::media_not_found(id));
                }
                Status::Published | Status::Error(_) | Status::Expired => {
                    return Err(refusal::media_not_found(id));
                }
            }
        }
        Ok(children)
    }

    /// The state of a container at this time (`threads.md` 4.6).
    pub(super) fn status_of(&self, index: usize, now: i64) -> Status {
        let container = &self.containers[index];
        if container.published.is_some() {
            return Status::Published;
        }
        if now.saturating_sub(container.created_ms) >= DAY_MS {
            return Status::Expired;
        }
        if now < container.ready_ms {
            return Status::InProgress;
        }
        match &container.fate {
            Fate::Finishes => Status::Finished,
            Fate::Fails(why) => Status::Error(why.clone()),
            Fate::Stuck => Status::InProgress,
        }
    }
}

fn kind_of(call: &Call<'_>) -> Answer<Kind> {
    match call.params.get("media_type") {
        Some("TEXT") => Ok(Kind::Text),
        Some("IMAGE") => Ok(Kind::Image),
        Some("VIDEO") => Ok(Kind::Video),
        Some("CAROUSEL") => Ok(Kind::Carousel),
        Some(_) => Err(
            Refusal::parameter("Param media_type must be one of TEXT, IMAGE, VIDEO, CAROUSEL.")
                .sub(2_207_023),
        ),
        None => Err(Refusal::parameter("The parameter media_type is required")),
    }
}

fn alt_of(call: &Call<'_>) -> Option<String> {
    call.params.form_only("alt_text").map(str::to_owned)
}

/// An address that Meta could fetch: ASCII, http or https, with a host (meta-common.md 11).
fn address(call: &Call<'_>, name: &str) -> Answer<String> {
    let value = call
        .params
        .get(name)
        .ok_or_else(|| Refusal::parameter(format!("The parameter {name} is required")))?;
    if !value.is_ascii() || !text::is_web(value) {
        return Err(media::not_fetched(value));
    }
    Ok(value.to_owned())
}

/// Link, poll, GIF and long text: of a text post only, and not any two of them (`threads.md` 4.2).
fn attachments(draft: &mut Published, call: &Call<'_>) -> Answer<()> {
    let params = &call.params;
    draft.link = params.form_only("link_attachment").map(str::to_owned);
    if draft.link.as_deref().is_some_and(|link| !text::is_web(link)) {
        return Err(Refusal::parameter("Param link_attachment must be a valid URL."));
    }
    if let Some(poll) = params.form_only("poll_attachment") {
        draft.poll = poll_choices(poll)?;
    }
    if let Some(gif) = params.form_only("gif_attachment") {
        let gif: Value = serde_json::from_str(gif)
            .map_err(|_| Refusal::parameter("Param gif_attachment must be an object."))?;
        match (gif["gif_id"].as_str(), gif["provider"].as_str()) {
            (Some(id), Some("GIPHY")) => draft.gif = Some(id.to_owned()),
            _ => {
                return Err(Refusal::parameter(
                    "Param gif_attachment needs gif_id, and GIPHY as its provider.",
                ));
            }
        }
    }
    if let Some(long) = params.form_only("text_attachment") {
        long_text(draft, long)?;
    }
    if !draft.poll.is_empty() && (draft.link.is_some() || draft.long_text.is_some()) {
        return Err(Refusal::parameter(
            "A poll cannot be combined with another attachment.",
        ));
    }
    if draft.text.is_empty() && draft.link.is_none() {
        return Err(Refusal::parameter("The parameter text is required"));
    }
    Ok(())
}

/// The choices of a poll. An array is no error: Meta ignores it in silence (`threads.md` 4.2).
fn poll_choices(poll: &str) -> Answer<Vec<String>> {
    let Ok(Value::Object(options)) = serde_json::from_str(poll) else {
        return Ok(Vec::new());
    };
    let names = ["option_a", "option_b", "option_c", "option_d"];
    let bad = || {
        Refusal::parameter("Param poll_attachment needs option_a and option_b, of 1 to 25 characters each.")
    };
    if options.keys().any(|key| !names.contains(&key.as_str())) {
        return Err(bad());
    }
    let given: Vec<Option<&str>> = names
        .iter()
        .map(|n| options.get(*n).and_then(Value::as_str))
        .collect();
    let choices: Vec<String> = given.iter().map_while(|c| c.map(str::to_owned)).collect();
    let gap = given.iter().flatten().count() != choices.len() || options.len() != choices.len();
    if choices.len() < 2 || gap || choices.iter().any(|c| !(1..=25).contains(&c.chars().count())) {
        return Err(bad());
    }
    Ok(choices)
}

fn long_text(draft: &mut Published, long: &str) -> Answer<()> {
    let long: Value = serde_json::from_str(long)
        .map_err(|_| Refusal::parameter("Param text_attachment must be an object."))?;
    let plain = long["plaintext"]
        .as_str()
        .filter(|t| !t.is_empty() && t.chars().count() <= LONG_TEXT_MAX);
    let plain = plain.ok_or_else(|| {
        Refusal::parameter("Param text_attachment needs a plaintext of at most 10000 characters.")
    })?;
    if let Some(link) = long["link_attachment_url"].as_str() {
        if draft.link.is_some() {
            return Err(Refusal::parameter(
                "link_attachment and text_attachment cannot both have a link.",
            ));
        }
        draft.link = Some(link.to_owned());
    }
    draft.long_text = Some(plain.to_owned());
    Ok(())
}
