//! Reading: profile, one post, lists with their paging (`threads.md` 3 and 5, meta-common.md 2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::post::{Kind, Published, timestamp};
use super::refusal::{Answer, Refusal};
use super::text;
use super::{Call, Caller, Scope, Threads, account_id};

/// The smallest `since` (`threads.md` 5).
const SINCE_MIN: i64 = 1_688_540_400;

/// 100, the field does not exist on this node (meta-common.md 4.1).
pub(super) fn no_field(name: &str) -> Refusal {
    Refusal::parameter(format!("Tried accessing nonexisting field ({name})")).kind("THApiException")
}

/// `a,b{c,d}` as names with what stands in their braces.
fn fields(list: &str) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in list.char_indices().chain([(list.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                let piece = list[start..at].trim();
                start = (at + 1).min(list.len());
                let (name, inner) = match piece.split_once('{') {
                    Some((name, inner)) => (name.trim(), Some(inner.strip_suffix('}').unwrap_or(inner))),
                    None => (piece, None),
                };
                if !name.is_empty() {
                    found.push((name, inner));
                }
            }
            _ => {}
        }
    }
    found
}

impl Threads {
    /// `GET /me`: any subset, `id` always (`threads.md` 3).
    pub(super) fn profile(&self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call)?;
        caller.need(Scope::Basic)?;
        let account = &self.accounts[caller.account];
        let mut answer = Map::new();
        answer.insert("id".to_owned(), json!(account_id(caller.account)));
        for (name, _) in fields(call.params.get("fields").unwrap_or("id")) {
            let value = match name {
                "id" => continue,
                "username" => json!(account.username),
                "name" => json!(account.name),
                "threads_profile_picture_url" => json!(format!(
                    "{}/wall/avatar/{}.svg",
                    self.settings.permalink_base, account.username
                )),
                "threads_biography" => json!(format!("{} writes here.", account.name)),
                "is_verified" => json!(false),
                "is_eligible_for_geo_gating" => json!(self.settings.geo_gating),
                other => return Err(no_field(other)),
            };
            answer.insert(name.to_owned(), value);
        }
        Ok(Value::Object(answer))
    }

    /// `GET /{media}` (`threads.md` 4.1 step 4, 5).
    pub(super) fn read(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::Basic)?;
        let index = self
            .live_post(id, call.now)
            .filter(|&i| self.may_see(caller, &self.posts[i]));
        let index = index.ok_or_else(|| Refusal::missing(id))?;
        self.view(index, call.params.get("fields").unwrap_or("id"), caller)
    }

    /// One's own posts, and the answers in one's own conversations.
    fn may_see(&self, caller: Caller, post: &Published) -> bool {
        let own = &self.accounts[caller.account].username;
        let root = post.root.as_deref().and_then(|id| self.live_post(id, i64::MAX));
        post.username == *own || root.is_some_and(|i| self.posts[i].username == *own)
    }

    /// A post with these fields; what has no value is left out (meta-common.md 2).
    pub(super) fn view(&self, index: usize, wanted: &str, caller: Caller) -> Answer {
        let mut answer = Map::new();
        let post = &self.posts[index];
        answer.insert("id".to_owned(), json!(post.id));
        for (name, inner) in fields(wanted) {
            let value = match name {
                "children" => self.children_view(post, inner),
                "quoted_post" => post.quote.as_ref().map(|id| json!({ "id": id })),
                "reposted_post" => post.repost_of.as_ref().map(|id| json!({ "id": id })),
                "owner" => self.owner_of(post).map(|id| json!({ "id": id })),
                "has_replies" => Some(json!(
                    self.posts.iter().any(|p| p.reply_to.as_ref() == Some(&post.id))
                )),
                "is_reply"
                | "root_post"
                | "replied_to"
                | "is_reply_owned_by_me"
                | "hide_status"
                | "reply_audience" => self.reply_field(name, post, caller),
                "poll_attachment" => poll_view(post, inner),
                other => plain_field(self.settings.strip_topic_hash, other, post)?,
            };
            if let Some(value) = value {
                answer.insert(name.to_owned(), value);
            }
        }
        Ok(Value::Object(answer))
    }

    fn reply_field(&self, name: &str, post: &Published, caller: Caller) -> Option<Value> {
        match name {
            "is_reply" => Some(json!(post.reply_to.is_some())),
            "root_post" => post.root.as_ref().map(|id| json!({ "id": id })),
            "replied_to" => post.reply_to.as_ref().map(|id| json!({ "id": id })),
            "is_reply_owned_by_me" => Some(json!(post.username == self.accounts[caller.account].username)),
            "hide_status" => Some(json!(if post.hidden { "HIDDEN" } else { "NOT_HUSHED" })),
            _ => Some(json!(
                post.reply_control
                    .as_deref()
                    .unwrap_or("everyone")
                    .to_ascii_uppercase()
            )),
        }
    }

    fn owner_of(&self, post: &Published) -> Option<String> {
        self.accounts
            .iter()
            .position(|a| a.username == post.username)
            .map(account_id)
    }

    fn children_view(&self, post: &Published, inner: Option<&str>) -> Option<Value> {
        let base = post.id.parse::<u64>().unwrap_or(0);
        let child = |at: usize| {
            let media = &post.media[at];
            let mut item = json!({"id": (base + 1 + at as u64).to_string()});
            for (name, _) in fields(inner.unwrap_or("id")) {
                match name {
                    "media_type" => item[name] = json!(if media.video { "VIDEO" } else { "IMAGE" }),
                    "media_url" => item[name] = json!(self.media_url(post, at)),
                    "alt_text" => item[name] = json!(media.alt),
                    _ => {}
                }
            }
            item
        };
        (post.kind == Kind::Carousel)
            .then(|| json!({"data": (0..post.media.len()).map(child).collect::<Vec<_>>()}))
    }

    fn media_url(&self, post: &Published, at: usize) -> String {
        format!("{}/wall/media/{}/{at}", self.settings.permalink_base, post.id)
    }

    /// `GET /{user}/threads`: one's own posts and reposts, the newest first (`threads.md` 5).
    pub(super) fn list_posts(&self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call)?;
        caller.need(Scope::Basic)?;
        let own = self.accounts[caller.account].username.as_str();
        self.list(
            call,
            caller,
            |post| post.reply_to.is_none() && post.username == own,
            true,
        )
    }

    /// `GET /{user}/replies`, one's own, or `GET /{media}/replies`, the top level under a post.
    pub(super) fn list_replies(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::ReadReplies)?;
        if id == "me" || self.account_by_id(id) == Some(caller.account) {
            let own = self.accounts[caller.account].username.as_str();
            return self.list(
                call,
                caller,
                |post| post.reply_to.is_some() && post.username == own,
                true,
            );
        }
        self.under(id, call)?;
        let newest_first = call.params.get("reverse") != Some("false");
        self.list(
            call,
            caller,
            |post| post.reply_to.as_deref() == Some(id) && !post.pending,
            newest_first,
        )
    }

    /// `GET /{media}/conversation`: all levels, flat.
    pub(super) fn conversation(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::ReadReplies)?;
        self.under(id, call)?;
        let newest_first = call.params.get("reverse") != Some("false");
        self.list(
            call,
            caller,
            |post| post.root.as_deref() == Some(id) && !post.pending,
            newest_first,
        )
    }

    fn under(&self, id: &str, call: &Call<'_>) -> Answer<usize> {
        self.live_post(id, call.now).ok_or_else(|| Refusal::missing(id))
    }

    /// A page of a list. New posts appear after the list's lag only (meta-common.md 12).
    pub(super) fn list(
        &self,
        call: &Call<'_>,
        caller: Caller,
        belongs: impl Fn(&Published) -> bool,
        newest_first: bool,
    ) -> Answer {
        let since = bound(call, "since")?;
        let until = bound(call, "until")?;
        if since.is_some_and(|s| s < SINCE_MIN) || since.zip(until).is_some_and(|(s, u)| s >= u) {
            return Err(Refusal::parameter(
                "Param since must be at least 1688540400 and before until.",
            ));
        }
        let limit = match call.params.get("limit").map(str::parse::<usize>) {
            None => 25,
            Some(Ok(limit @ 1..=100)) => limit,
            Some(_) => {
                return Err(Refusal::parameter(
                    "Param limit must be a number between 1 and 100.",
                ));
            }
        };
        let newest = call
            .now
            .saturating_sub(self.lag.unwrap_or(self.settings.list_lag_ms));
        let shown = |post: &Published| {
            post.deleted_ms.is_none()
                && post.at_ms <= newest
                && since.is_none_or(|s| post.at_ms.div_euclid(1000) >= s)
                && until.is_none_or(|u| post.at_ms.div_euclid(1000) <= u)
                && belongs(post)
        };
        let mut found: Vec<usize> = (0..self.posts.len()).filter(|&i| shown(&self.posts[i])).collect();
        if newest_first {
            found.reverse();
        }
        if let Some(after) = call.params.get("after") {
            let at = uncursor(after).ok_or_else(|| Refusal::parameter("Param after is no valid cursor."))?;
            found.retain(|&i| if newest_first { i < at } else { i > at });
        }
        found.truncate(limit);
        let wanted = call.params.get("fields").unwrap_or("id");
        let data = found
            .iter()
            .map(|&i| self.view(i, wanted, caller))
            .collect::<Answer<Vec<Value>>>()?;
        let mut answer = json!({ "data": data });
        if let (Some(first), Some(last)) = (found.first(), found.last()) {
            answer["paging"] = json!({"cursors": {"before": cursor(*first), "after": cursor(*last)}});
        }
        Ok(answer)
    }
}

fn plain_field(strip: bool, name: &str, post: &Published) -> Answer<Option<Value>> {
    let first = post.media.first().filter(|_| post.kind != Kind::Carousel);
    Ok(match name {
        "id" => None,
        "media_product_type" => Some(json!("THREADS")),
        "media_type" => Some(json!(post.kind.read_name())),
        "media_url" => first.map(|m| json!(m.url)),
        "thumbnail_url" => first.filter(|m| m.video).map(|m| json!(m.url)),
        "gif_url" => post
            .gif
            .as_ref()
            .map(|id| json!(format!("https://media.giphy.com/media/{id}/giphy.gif"))),
        "permalink" => Some(json!(post.permalink)),
        "username" => Some(json!(post.username)),
        "text" => (!post.text.is_empty()).then(|| match &post.topic {
            Some(tag) if strip && post.topic_from_text => json!(text::without_hash(&post.text, tag)),
            _ => json!(post.text),
        }),
        "timestamp" => Some(json!(timestamp(post.at_ms))),
        "shortcode" => Some(json!(post.shortcode)),
        "is_quote_post" => Some(json!(post.quote.is_some())),
        "alt_text" => first.and_then(|m| m.alt.as_ref()).map(|alt| json!(alt)),
        "link_attachment_url" => post.link.as_ref().map(|link| json!(link)),
        "topic_tag" => post.topic.as_ref().map(|topic| json!(topic)),
        "location_id" => post.location.as_ref().map(|place| json!(place)),
        "is_verified" => Some(json!(false)),
        "is_spoiler_media" => Some(json!(post.spoiler)),
        "text_attachment" => post.long_text.as_ref().map(|long| json!({ "plaintext": long })),
        "ghost_post_status" => post.ghost.then(|| json!("ACTIVE")),
        "profile_picture_url" | "text_entities" | "allowlisted_country_codes" => None,
        other => return Err(no_field(other)),
    })
}

/// A poll reads empty without its sub-fields (`threads.md` 9).
fn poll_view(post: &Published, inner: Option<&str>) -> Option<Value> {
    if post.poll.is_empty() {
        return None;
    }
    let mut poll = Map::new();
    for (name, _) in fields(inner.unwrap_or("")) {
        let choice = ["option_a", "option_b", "option_c", "option_d"]
            .iter()
            .position(|n| *n == name);
        let value = match (name, choice) {
            (_, Some(at)) => post.poll.get(at).map(|text| json!(text)),
            ("expiration_timestamp", None) => Some(json!(timestamp(post.at_ms + super::DAY_MS))),
            ("total_votes", None) => Some(json!(0)),
            _ => None,
        };
        if let Some(value) = value {
            poll.insert(name.to_owned(), value);
        }
    }
    Some(Value::Object(poll))
}

/// A time parameter: Unix seconds, or a date as `strtotime` would take it.
pub(super) fn bound(call: &Call<'_>, name: &str) -> Answer<Option<i64>> {
    let Some(value) = call.params.get(name) else {
        return Ok(None);
    };
    let seconds = value.parse::<i64>().ok();
    let stamp = || {
        value
            .parse::<jiff::Timestamp>()
            .ok()
            .map(jiff::Timestamp::as_second)
    };
    let date = || {
        let day = value.parse::<jiff::civil::Date>().ok()?;
        day.to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp().as_second())
    };
    let found = seconds.or_else(stamp).or_else(date);
    found
        .map(Some)
        .ok_or_else(|| Refusal::parameter(format!("Param {name} must be a Unix timestamp or a date.")))
}

fn cursor(index: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("post:{index}"))
}

fn uncursor(text: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    std::str::from_utf8(&bytes)
        .ok()?
        .strip_prefix("post:")?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_nest() {
        assert_eq!(
            fields("id, children{id,media_url},owner,"),
            [("id", None), ("children", Some("id,media_url")), ("owner", None)]
        );
        assert_eq!(fields(""), []);
    }

    #[test]
    fn cursors_come_back() {
        assert_eq!(uncursor(&cursor(42)), Some(42));
        assert_eq!(uncursor("???"), None);
    }
}
