//! Containers: `POST /{ig}/media` (instagram.md 4.1 to 4.3).

use bytes::Bytes;
use serde_json::{Value, json};

use super::route::Way;
use super::{
    Caller, Container, Draft, Fate, Instagram, Kind, Node, Right, Status, Upload, caption, container_id,
};
use crate::sandbox::models::meta::media::{Media, film, picture};
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::{Call, DAY_MS, RUPLOAD, in_last_day};

const IMAGE_MAX: usize = 8 * 1024 * 1024;
const ALT_MAX: usize = 1_000;
const STORY_MAX: u64 = 100 * 1024 * 1024;

impl Instagram {
    pub(super) fn create(&mut self, user: &str, call: &mut Call<'_>) -> Answer {
        let caller = self.own(user, call, Right::Publish)?;
        let made = self.containers.iter().filter(|c| c.account == caller.account);
        if in_last_day(made.map(|c| c.made_ms), call.now) >= self.settings.container_quota {
            return Err(Refusal::code(4, "Application request limit reached").http(403));
        }
        let kind = kind_of(call)?;
        let mut draft = Draft {
            kind,
            ..Draft::default()
        };
        self.words(&mut draft, call)?;
        let resumable = call.params.get("upload_type") == Some("resumable");
        let mut container = Container {
            account: caller.account,
            draft,
            children: Vec::new(),
            made_ms: call.now,
            ready_ms: Some(call.now.saturating_add(self.delay_of(kind))),
            fate: Fate::Finishes,
            upload: None,
            published: None,
        };
        if kind == Kind::Carousel {
            container.children = self.children(&caller, call)?;
            let children = container.children.iter();
            container.draft.media = children
                .flat_map(|&c| self.containers[c].draft.media.clone())
                .collect();
        } else if kind.is_video() && resumable {
            if Way::of(call.req) == Way::Instagram {
                return Err(Refusal::parameter(
                    "(#100) upload_type resumable is only possible with Facebook Login for Business",
                ));
            }
            (container.ready_ms, container.upload) = (None, Some(Upload::default()));
        } else if kind.is_video() {
            self.fetch_video(&mut container, call)?;
        } else {
            let image = fetch_image(kind, call)?;
            container.draft.media = vec![image];
        }
        self.containers.push(container);
        let id = container_id(self.containers.len() - 1);
        let mut answer = json!({ "id": id });
        if kind.is_video() && resumable {
            answer["uri"] = json!(format!(
                "{RUPLOAD}/ig-api-upload/{}/{id}",
                call.path.version_text()
            ));
        }
        Ok(answer)
    }

    pub(super) fn delay_of(&self, kind: Kind) -> i64 {
        match kind {
            Kind::Image | Kind::StoryImage | Kind::ChildImage => self.settings.image_delay_ms,
            Kind::Reel | Kind::StoryVideo | Kind::ChildVideo => self.settings.video_delay_ms,
            Kind::Carousel => self.settings.carousel_delay_ms,
        }
    }

    /// Caption, people, places and the other words (instagram.md 4.2).
    fn words(&self, draft: &mut Draft, call: &Call<'_>) -> Answer<()> {
        let params = &call.params;
        let kind = draft.kind;
        let text = params.get("caption").unwrap_or("");
        caption::check(text)?;
        if !kind.is_child() && !kind.is_story() {
            text.clone_into(&mut draft.caption);
        }
        if let Some(alt) = params.form_only("alt_text") {
            let image = matches!(kind, Kind::Image | Kind::ChildImage);
            if !image || alt.chars().count() > ALT_MAX {
                return Err(Refusal::parameter(
                    "(#100) Param alt_text is for images, with at most 1000 characters",
                ));
            }
        }
        if let Some(id) = params.form_only("location_id") {
            if kind.is_child() || id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Refusal::parameter("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID"));
            }
            draft.labels.push(format!("at {id}"));
        }
        people(draft, call)?;
        if let Some(trial) = params.form_only("trial_params") {
            let strategy = object(trial).and_then(|v| v["graduation_strategy"].as_str().map(str::to_owned));
            if kind != Kind::Reel || !matches!(strategy.as_deref(), Some("MANUAL" | "SS_PERFORMANCE")) {
                return Err(Refusal::parameter("(#100) Param trial_params is not valid"));
            }
            if !self.settings.trial_reels {
                return Err(Refusal::parameter("The account has no access to Trial Reels").sub(2_207_081));
            }
            draft.apart = true;
            draft.labels.push("trial reel".to_owned());
        }
        if params.form_only("share_to_feed") == Some("false") && kind == Kind::Reel {
            draft.apart = true;
            draft.labels.push("Reels tab only".to_owned());
        }
        if let Some(name) = params.form_only("audio_name").filter(|_| kind == Kind::Reel) {
            draft.labels.push(format!("audio: {name}"));
        }
        if params.flag("is_ai_generated") {
            draft.labels.push("made with AI".to_owned());
        }
        Ok(())
    }

    /// What is wrong with a video shows in the container's state; an address that is none shows at once.
    fn fetch_video(&self, container: &mut Container, call: &mut Call<'_>) -> Answer<()> {
        let url = call.need("video_url")?.to_owned();
        if !url.is_ascii() || url::Url::parse(&url).is_err() {
            return Err(not_fetched());
        }
        let offset = call.params.get("thumb_offset").map(str::parse::<u64>);
        match call.fetch(&url) {
            Ok(file) => self.judge(container, file.bytes),
            Err(_) => container.fate = error(2_207_077, "The video could not be downloaded"),
        }
        let length = container
            .draft
            .media
            .first()
            .and_then(|m| film(m.bytes.clone()))
            .map(|(_, f)| f.duration_ms);
        match (offset, length) {
            (Some(Ok(at)), Some(length)) if at > length => Err(Refusal::code(
                1,
                "Thumbnail offset must be greater than or equal to 0 and less than video duration",
            )
            .sub(2_207_057)),
            (Some(Err(_)), _) => Err(Refusal::parameter("(#100) Param thumb_offset must be an integer")),
            (Some(Ok(_)) | None, _) => Ok(()),
        }
    }

    /// Format, size, ratio and length of a video (instagram.md 4.3); its fate when something is wrong.
    pub(super) fn judge(&self, container: &mut Container, bytes: Bytes) {
        let story = container.draft.kind == Kind::StoryVideo;
        let most = if story {
            STORY_MAX.min(self.settings.video_max_bytes)
        } else {
            self.settings.video_max_bytes
        };
        let longest = if story {
            60_999
        } else {
            self.settings.reel_max_s.saturating_mul(1000) + 999
        };
        let size = bytes.len() as u64;
        let unsupported = error(
            2_207_026,
            "The video format is not supported. Please check spec for supported format",
        );
        let Some((media, facts)) = film(bytes) else {
            container.fate = unsupported;
            return;
        };
        let (width, height) = (u64::from(facts.size.0), u64::from(facts.size.1));
        let slim = height > width.saturating_mul(if story { 10 } else { 100 });
        if size > most || width > 1920 || width > height.saturating_mul(10) || slim {
            container.fate = unsupported;
        } else if !(2_990..=longest).contains(&facts.duration_ms) {
            container.fate = error(2_207_026, "The length of the video is not supported");
        }
        container.draft.media = vec![media];
    }

    /// 2 to 10 finished containers of one's own, made with `is_carousel_item`.
    fn children(&mut self, caller: &Caller, call: &Call<'_>) -> Answer<Vec<usize>> {
        let list = call.params.get("children").unwrap_or("");
        let ids: Vec<&str> = list
            .split(',')
            .map(|id| id.trim_matches(|c: char| c.is_whitespace() || "[]\"".contains(c)))
            .filter(|id| !id.is_empty())
            .collect();
        if !(2..=10).contains(&ids.len()) {
            return Err(Refusal::parameter("The carousel must have between 2 and 10 items.").sub(2_207_028));
        }
        let mut children = Vec::with_capacity(ids.len());
        for id in ids {
            let own = match self.node_of(id) {
                Some(Node::Container(i)) => Some(i).filter(|&i| self.containers[i].account == caller.account),
                Some(_) | None => None,
            };
            let index = own.ok_or_else(|| not_found(id))?;
            if !self.containers[index].draft.kind.is_child() {
                return Err(Refusal::parameter(format!(
                    "(#100) The container {id} is no carousel item"
                )));
            }
            match self.status_of(index, call.now) {
                Status::Finished => children.push(index),
                Status::InProgress => {
                    self.violations.carousel_early += 1;
                    return Err(not_ready());
                }
                Status::Published | Status::Error(_) | Status::Expired => return Err(not_found(id)),
            }
        }
        Ok(children)
    }

    /// The state of a container at this time (instagram.md 4.4).
    pub(super) fn status_of(&self, index: usize, now: i64) -> Status {
        let container = &self.containers[index];
        if container.published.is_some() {
            return Status::Published;
        }
        if now.saturating_sub(container.made_ms) >= DAY_MS {
            return Status::Expired;
        }
        if container.ready_ms.is_none_or(|ready| now < ready) {
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
    let child = call.params.flag("is_carousel_item") || call.params.get("is_carousel_item") == Some("true");
    let video = call.params.get("video_url").is_some() || call.params.get("upload_type") == Some("resumable");
    let image = call.params.get("image_url").is_some();
    let unknown = || Refusal::parameter("Unknown media type.").sub(2_207_023);
    match call.params.get("media_type") {
        Some("CAROUSEL") if !child => Ok(Kind::Carousel),
        Some("REELS") if !child && video => Ok(Kind::Reel),
        Some("STORIES") if !child && video => Ok(Kind::StoryVideo),
        Some("STORIES") if !child && image => Ok(Kind::StoryImage),
        Some("VIDEO") if child && video => Ok(Kind::ChildVideo),
        Some("IMAGE") | None if child && image => Ok(Kind::ChildImage),
        Some("IMAGE") | None if image => Ok(Kind::Image),
        Some("VIDEO") => Err(unknown().user(
            "Unknown media type",
            "The value VIDEO for media_type is no longer supported. Use the REELS media type to publish a video.",
        )),
        Some("REELS" | "STORIES" | "IMAGE") | None => {
            Err(Refusal::code(9004, "Only photo or video can be accepted as media type.").sub(2_207_052))
        }
        Some(_) => Err(unknown()),
    }
}

/// Collaborators and tagged people (instagram.md 4.2).
fn people(draft: &mut Draft, call: &Call<'_>) -> Answer<()> {
    if let Some(list) = call.params.form_only("collaborators") {
        let names: Option<Vec<String>> = serde_json::from_str(list).ok();
        let names = names.filter(|n| n.len() <= 3 && !draft.kind.is_story() && !draft.kind.is_child());
        let names = names.ok_or_else(|| {
            Refusal::parameter("(#100) Param collaborators must be a list of at most 3 usernames")
        })?;
        draft
            .labels
            .extend(names.iter().map(|name| format!("with @{name}")));
    }
    if let Some(tags) = call.params.form_only("user_tags") {
        let wrong = || Refusal::parameter("The user tags are not valid.").sub(2_207_036);
        let tags: Vec<Value> = serde_json::from_str(tags).map_err(|_| wrong())?;
        for tag in &tags {
            let name = tag["username"].as_str().ok_or_else(wrong)?;
            let place = |axis: &str| tag[axis].as_f64().is_some_and(|at| (0.0..=1.0).contains(&at));
            let placed = place("x") && place("y");
            let image = matches!(draft.kind, Kind::Image | Kind::ChildImage);
            let without = tag.get("x").is_none() && tag.get("y").is_none();
            if (image && !placed) || (draft.kind.is_video() && !without) {
                return Err(wrong());
            }
            draft.labels.push(format!("@{name}"));
        }
    }
    Ok(())
}

fn object(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// JPEG only, 8 MiB, 4:5 to 1.91:1 in the feed; other widths are scaled (instagram.md 4.3).
fn fetch_image(kind: Kind, call: &mut Call<'_>) -> Answer<Media> {
    let url = call.need("image_url")?.to_owned();
    let alt = call.params.form_only("alt_text").map(str::to_owned);
    let bytes = call.fetch(&url).map_err(|_| not_fetched())?.bytes;
    if bytes.len() > IMAGE_MAX {
        return Err(Refusal::code(36_000, "The image size is too large.")
            .sub(2_207_004)
            .user(
                "Image size too large",
                "The image is too large to download. It should be less than 8 MiB.",
            ));
    }
    let image = picture(bytes, alt).filter(|image| image.mime == "image/jpeg");
    let image =
        image.ok_or_else(|| Refusal::code(36_001, "The image format is not supported.").sub(2_207_005))?;
    let (width, height) = (u64::from(image.size.0), u64::from(image.size.1));
    let fits = width * 5 >= height * 4 && width * 100 <= height * 191;
    if kind != Kind::StoryImage && !fits {
        return Err(Refusal::code(36_003, "The aspect ratio is not supported.").sub(2_207_009).user(
            "Unsupported aspect ratio",
            "The image's aspect ratio does not fall within our acceptable range. Advise the app user to try again with an image that falls within a 4:5 to 1.91:1 range.",
        ));
    }
    Ok(image)
}

/// The text of state ERROR contains the number (meta-common.md 4.3).
pub(super) fn error(number: u32, why: &str) -> Fate {
    Fate::Fails(format!(
        "Error: Media upload has failed with error code {number}: {why}."
    ))
}

/// 9004/2207052.
fn not_fetched() -> Refusal {
    Refusal::code(9004, "Only photo or video can be accepted as media type.")
        .sub(2_207_052)
        .transient(false)
        .user(
            "Media download has failed",
            "The media could not be fetched from this URI. Please check the URI.",
        )
}

/// 9007/2207027.
pub(super) fn not_ready() -> Refusal {
    Refusal::code(9007, "Media ID is not available")
        .sub(2_207_027)
        .transient(false)
        .user(
            "The media is not ready",
            "The media is not ready for publishing, please wait for a moment",
        )
}

/// 24/2207006.
pub(super) fn not_found(id: &str) -> Refusal {
    Refusal::code(24, "The requested resource does not exist")
        .sub(2_207_006)
        .transient(false)
        .user("Media Not Found", format!("The media with {id} cannot be found"))
}
