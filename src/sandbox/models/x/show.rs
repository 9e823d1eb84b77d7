//! A post as it is kept, and as it is read back (`x.md` 8.3).

use serde_json::{Map, Value, json};

use super::settings::Spelling;
use super::text::{self, Short};
use super::{Call, Caller, X, timestamp, user_id};
use crate::sandbox::model::{WallKind, WallMedia, WallPost};

/// Beyond this weight a text is cut when read, and whole in `note_tweet` alone.
const CUT_WEIGHT: usize = 280;

/// One post or repost.
#[derive(Clone, Debug, Default)]
pub(super) struct Post {
    pub(super) id: u64,
    pub(super) account: usize,
    pub(super) at_ms: i64,
    /// As it was sent.
    pub(super) sent: String,
    /// As readers see it, without escapes.
    pub(super) text: String,
    pub(super) shorts: Vec<Short>,
    pub(super) media: Vec<WallMedia>,
    pub(super) media_ids: Vec<u64>,
    pub(super) poll: Vec<String>,
    pub(super) reply_to: Option<u64>,
    /// Whom a reply to somebody else begins with.
    pub(super) addressed: Option<String>,
    pub(super) conversation: u64,
    pub(super) quote: Option<u64>,
    pub(super) repost_of: Option<u64>,
    pub(super) audience: Option<String>,
    pub(super) labels: Vec<String>,
    /// The ids of what it was before its edits.
    pub(super) history: Vec<u64>,
    pub(super) superseded: bool,
    pub(super) hidden: bool,
    pub(super) deleted_ms: Option<i64>,
}

impl Post {
    /// What makes two posts the same for X: words and media.
    pub(super) fn key(&self) -> (String, &[u64]) {
        let words: Vec<&str> = self.sent.split_whitespace().collect();
        (words.join(" "), &self.media_ids)
    }
}

impl X {
    /// Makes a post visible, and answers its id.
    pub(super) fn publish(&mut self, mut post: Post) -> String {
        let mut slugs = Vec::new();
        for _ in 0..=text::links(&post.sent).len() {
            slugs.push(self.slug());
        }
        let last = slugs.pop().unwrap_or_default();
        (post.text, post.shorts) = text::shorten(&post.sent, || slugs.pop().unwrap_or_default());
        if let Some(name) = &post.addressed
            && !post
                .text
                .to_lowercase()
                .starts_with(&format!("@{}", name.to_lowercase()))
        {
            post.text = format!("@{name} {}", post.text);
        }
        if !post.media.is_empty() {
            let url = format!("https://t.co/{last}");
            let gap = if post.text.is_empty() { "" } else { " " };
            post.text = format!("{}{gap}{url}", post.text);
            let username = &self.accounts[post.account].username;
            let kind = if post.media.iter().any(|m| m.video) {
                "video"
            } else {
                "photo"
            };
            post.shorts.push(Short {
                url,
                expanded: format!("https://x.com/{username}/status/{}/{kind}/1", post.id),
                display: format!("pic.x.com/{last}"),
                media: true,
            });
        }
        if post.conversation == 0 {
            post.conversation = post.id;
        }
        let id = post.id.to_string();
        self.posts.push(post);
        self.version += 1;
        id
    }

    fn slug(&mut self) -> String {
        const DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut rest = self.next_random();
        let mut slug = String::new();
        for _ in 0..10 {
            // The index is below 62, and the digits are ASCII.
            slug.push(char::from(DIGITS[(rest % 62) as usize]));
            rest /= 62;
        }
        slug
    }

    fn spelled(&self, tweet: &'static str, post: &'static str) -> &'static str {
        match self.settings.spelling {
            Spelling::Tweet => tweet,
            Spelling::Post => post,
        }
    }

    /// The fields that come without being asked for.
    pub(super) fn brief(&self, post: &Post) -> Value {
        let mut ids: Vec<String> = post.history.iter().map(u64::to_string).collect();
        ids.push(post.id.to_string());
        json!({
            "id": post.id.to_string(),
            "text": text::escaped(&cut(&post.text)),
            self.spelled("edit_history_tweet_ids", "edit_history_post_ids"): ids,
        })
    }

    /// A post with the fields that a call asks for.
    pub(super) fn full(&self, post: &Post, caller: &Caller, call: &Call<'_>) -> Value {
        let asked = call
            .query("tweet.fields")
            .or(call.query("post.fields"))
            .unwrap_or("");
        let mut shown = self.brief(post);
        for field in asked.split(',').map(str::trim) {
            if let Some((name, value)) = self.field(field, post, caller) {
                shown[name] = value;
            }
        }
        shown
    }

    fn field(&self, field: &str, post: &Post, caller: &Caller) -> Option<(&'static str, Value)> {
        let own = post.account == caller.account;
        match field {
            "created_at" => Some((
                "created_at",
                json!(timestamp(post.at_ms.div_euclid(1_000) * 1_000)),
            )),
            "author_id" => Some(("author_id", json!(user_id(post.account)))),
            "conversation_id" => Some(("conversation_id", json!(post.conversation.to_string()))),
            "entities" => entities(post).map(|value| ("entities", value)),
            "referenced_tweets" | "referenced_posts" => {
                let list = references(post);
                let name = self.spelled("referenced_tweets", "referenced_posts");
                (!list.is_empty()).then(|| (name, json!(list)))
            }
            "in_reply_to_user_id" => {
                let parent = post
                    .reply_to
                    .and_then(|id| self.posts.iter().find(|p| p.id == id));
                parent.map(|parent| ("in_reply_to_user_id", json!(user_id(parent.account))))
            }
            "note_tweet" | "note_post" => {
                let name = self.spelled("note_tweet", "note_post");
                (cut(&post.text) != post.text).then(|| (name, json!({"text": text::escaped(&post.text)})))
            }
            "attachments" => attachments(self, post).map(|value| ("attachments", value)),
            "reply_settings" => {
                let who = post.audience.as_deref().unwrap_or("everyone");
                Some(("reply_settings", json!(who)))
            }
            "public_metrics" => Some(("public_metrics", self.metrics(post))),
            "non_public_metrics" if own => Some((
                "non_public_metrics",
                json!({"impression_count": 0, "user_profile_clicks": 0}),
            )),
            "organic_metrics" if own => {
                let metrics =
                    json!({"impression_count": 0, "like_count": 0, "reply_count": 0, "retweet_count": 0});
                Some(("organic_metrics", metrics))
            }
            _ => None,
        }
    }

    /// Counts that follow from the posts themselves; likes and views do not exist here.
    fn metrics(&self, post: &Post) -> Value {
        let count = |test: &dyn Fn(&Post) -> bool| {
            self.posts
                .iter()
                .filter(|p| p.deleted_ms.is_none() && test(p))
                .count()
        };
        let id = Some(post.id);
        json!({
            "retweet_count": count(&|p| p.repost_of == id),
            "reply_count": count(&|p| p.reply_to == id),
            "quote_count": count(&|p| p.quote == id),
            "like_count": 0,
            "bookmark_count": 0,
            "impression_count": 0,
        })
    }

    /// The post as readers see it.
    pub(super) fn wall(&self, post: &Post) -> WallPost {
        let account = &self.accounts[post.account];
        let parent = post
            .reply_to
            .or(post.repost_of)
            .and_then(|id| self.posts.iter().find(|p| p.id == id));
        let mut labels = post.labels.clone();
        if !post.history.is_empty() {
            labels.push("Edited".to_owned());
        }
        if post.hidden {
            labels.push("Hidden by the author".to_owned());
        }
        let mut words = post.text.clone();
        for short in post.shorts.iter().filter(|short| short.media) {
            words = words.trim_end_matches(&short.url).trim_end().to_owned();
        }
        WallPost {
            id: post.id.to_string(),
            username: account.username.clone(),
            name: account.name.clone(),
            at_ms: post.at_ms,
            kind: if post.repost_of.is_some() {
                WallKind::Repost
            } else {
                WallKind::Post
            },
            sent: (words != post.sent).then(|| post.sent.clone()),
            text: words,
            media: post.media.clone(),
            reply_to: post.reply_to.map(|id| id.to_string()),
            root: parent
                .filter(|_| post.reply_to.is_some())
                .map(|p| p.conversation.to_string()),
            quote: post.quote.map(|id| id.to_string()),
            repost_of: post.repost_of.map(|id| id.to_string()),
            link: post
                .shorts
                .iter()
                .rfind(|s| !s.media && post.media.is_empty())
                .map(|s| s.expanded.clone()),
            poll: post.poll.clone(),
            topic: None,
            audience: post.audience.clone(),
            to: None,
            labels,
            permalink: format!(
                "{}/{}/status/{}",
                self.settings.permalink_base, account.username, post.id
            ),
            deleted_ms: post.deleted_ms,
        }
    }
}

/// The text as far as it comes without `note_tweet`.
fn cut(text: &str) -> String {
    if text::weigh(text).weighted <= CUT_WEIGHT {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(CUT_WEIGHT - 2).collect();
    while text::weigh(&short).weighted > CUT_WEIGHT - 2 && short.pop().is_some() {}
    short.push('…');
    short
}

fn references(post: &Post) -> Vec<Value> {
    let kinds = [
        ("replied_to", post.reply_to),
        ("quoted", post.quote),
        ("retweeted", post.repost_of),
    ];
    let found = kinds
        .into_iter()
        .filter_map(|(kind, id)| id.map(|id| json!({"type": kind, "id": id.to_string()})));
    found.collect()
}

fn entities(post: &Post) -> Option<Value> {
    let shown = text::escaped(&post.text);
    let mut urls = Vec::new();
    for short in &post.shorts {
        let at = shown.find(&short.url)?;
        let start = shown[..at].chars().count();
        let mut url = json!({
            "start": start,
            "end": start + short.url.chars().count(),
            "url": short.url,
            "expanded_url": short.expanded,
            "display_url": short.display,
        });
        if short.media {
            url["media_key"] = json!(format!("3_{}", post.media_ids.first().copied().unwrap_or(0)));
        }
        urls.push(url);
    }
    let mut found = Map::new();
    if !urls.is_empty() {
        found.insert("urls".to_owned(), json!(urls));
    }
    let mentions: Vec<Value> = text::mentions(&post.text)
        .into_iter()
        .map(|name| json!({"username": name}))
        .collect();
    if !mentions.is_empty() {
        found.insert("mentions".to_owned(), json!(mentions));
    }
    (!found.is_empty()).then_some(Value::Object(found))
}

fn attachments(x: &X, post: &Post) -> Option<Value> {
    if !post.poll.is_empty() {
        return Some(json!({"poll_ids": [(post.id + 1).to_string()]}));
    }
    let keys: Vec<String> = post
        .media_ids
        .iter()
        .filter_map(|id| x.media.iter().find(|m| m.id == *id).map(super::media::Media::key))
        .collect();
    (!keys.is_empty()).then(|| json!({ "media_keys": keys }))
}
