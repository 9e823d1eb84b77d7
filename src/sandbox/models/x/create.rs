//! `POST /2/tweets`: all of the body's rules, and what a new post does (`x.md` 4.1 to 4.3).

use serde_json::{Map, Value, json};

use super::limits::{self, afford, pay};
use super::refusal::{Answer, REPLY_RULE, Refusal};
use super::settings::Quotes;
use super::show::Post;
use super::{Attempt, Call, Caller, X, text};

const FIELDS: [&str; 16] = [
    "text",
    "media",
    "reply",
    "quote_tweet_id",
    "poll",
    "reply_settings",
    "community_id",
    "share_with_followers",
    "edit_options",
    "geo",
    "nullcast",
    "for_super_followers_only",
    "card_uri",
    "direct_message_deep_link",
    "made_with_ai",
    "paid_partnership",
];
const EXCLUSIVE: [&str; 5] = [
    "poll",
    "quote_tweet_id",
    "direct_message_deep_link",
    "media",
    "card_uri",
];
const REPLY_SETTINGS: [&str; 4] = ["following", "mentionedUsers", "subscribers", "verified"];
const WEIGHTED_MAX: usize = 280;
const LONG_MAX: usize = 25_000;
const EDIT_MS: i64 = 3_600_000;
const EDITS_MAX: usize = 5;
/// A repeat of a create within this time is meant as a repeat, not as a new post.
const REPEAT_MS: i64 = 600_000;

type Object = Map<String, Value>;

impl X {
    /// Creates or edits a post.
    pub(super) fn create(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        let body = call.body()?;
        self.note_repeat(false, caller, call);
        known(&body, &FIELDS, "$")?;
        if EXCLUSIVE.iter().filter(|name| body.contains_key(**name)).count() > 1 {
            return Err(Refusal::invalid(
                "body",
                &Value::Null,
                "You can only provide one of poll or quote_tweet_id or direct_message_deep_link or media or card_uri.",
            ));
        }
        let mut post = Post {
            account: caller.account,
            at_ms: call.now,
            ..Post::default()
        };
        words(&body, &mut post)?;
        self.attach(&body, &mut post, call.now)?;
        poll(&body, &mut post)?;
        self.relations(&body, &mut post)?;
        audience(&body, &mut post)?;
        self.length(&post)?;
        let edited = self.edit(&body, &mut post, call.now)?;
        let linked = !text::links(&post.sent).is_empty();
        self.judge(&post)?;
        let price = if linked {
            limits::POST_WITH_URL
        } else {
            limits::POST
        };
        afford(&self.settings, price)?;
        self.meter.may_post(caller.account, &self.settings, call.now)?;
        if edited.is_none() {
            self.duplicate(&post)?;
        }
        self.carry_out(post, edited, price, call)
    }

    fn carry_out(&mut self, mut post: Post, edited: Option<usize>, price: i64, call: &Call<'_>) -> Answer {
        pay(&mut self.settings, price);
        self.meter.posted(post.account, call.now);
        post.id = self.next_id(call.now);
        for media in &post.media_ids {
            if let Some(media) = self.media.iter_mut().find(|m| m.id == *media) {
                media.posted = true;
            }
        }
        if let Some(old) = edited {
            self.posts[old].superseded = true;
        }
        let account = post.account;
        let id = self.publish(post);
        self.remember(false, account, call);
        if self.settings.create_503 > 0 {
            self.settings.create_503 -= 1;
            return Err(Refusal::outage(503));
        }
        let post = self.posts.last().map(|post| self.brief(post)).unwrap_or_default();
        debug_assert_eq!(post["id"], json!(id));
        Ok((201, json!({ "data": post })))
    }

    /// A create that took effect, until somebody looks.
    pub(super) fn remember(&mut self, message: bool, account: usize, call: &Call<'_>) {
        self.attempts
            .retain(|attempt| call.now - attempt.at_ms < REPEAT_MS);
        let body = [call.req.path.as_bytes(), b"\n", &call.req.body].concat();
        self.attempts.push(Attempt {
            account,
            message,
            body,
            at_ms: call.now,
        });
    }

    /// Counts the same bytes sent again before anybody looked (`x.md` 8.2).
    pub(super) fn note_repeat(&mut self, message: bool, caller: &Caller, call: &Call<'_>) {
        let body = [call.req.path.as_bytes(), b"\n", &call.req.body].concat();
        let same = |a: &&Attempt| {
            a.account == caller.account
                && a.message == message
                && a.body == body
                && call.now - a.at_ms < REPEAT_MS
        };
        if self.attempts.iter().any(|attempt| same(&attempt)) {
            let counter = if message {
                &mut self.violations.blind_message
            } else {
                &mut self.violations.blind_repeat
            };
            *counter += 1;
        }
    }

    /// Somebody looked at what there is: repeats are no longer blind.
    pub(super) fn looked(&mut self, message: bool, caller: &Caller) {
        self.attempts
            .retain(|attempt| attempt.account != caller.account || attempt.message != message);
    }

    /// Replies and quotes, and the rule for both (`x.md` 4.2).
    fn relations(&mut self, body: &Object, post: &mut Post) -> Answer<()> {
        if let Some(reply) = object(body, "reply")? {
            known(
                reply,
                &[
                    "in_reply_to_tweet_id",
                    "exclude_reply_user_ids",
                    "auto_populate_reply_metadata",
                ],
                "$.reply",
            )?;
            let id =
                id_of(reply, "in_reply_to_tweet_id", "reply.in_reply_to_tweet_id")?.ok_or_else(|| {
                    Refusal::invalid("reply", &Value::Null, "$.reply.in_reply_to_tweet_id: is missing")
                })?;
            let Some(parent) = self.live(id) else {
                self.violations.reply_to_nothing += u32::from(!self.posts.iter().any(|p| p.id == id));
                return Err(Refusal::forbidden(
                    "You attempted to reply to a Tweet that is deleted or not visible to you.",
                ));
            };
            if self.settings.reply_rule && !self.summoned(parent, post.account) {
                return Err(Refusal::forbidden(REPLY_RULE));
            }
            let parent = &self.posts[parent];
            post.conversation = parent.conversation;
            post.reply_to = Some(id);
            if parent.account != post.account {
                post.addressed = Some(self.accounts[parent.account].username.clone());
            }
        }
        if let Some(id) = id_of(body, "quote_tweet_id", "quote_tweet_id")? {
            let found = self.live(id);
            let allowed = match (self.settings.quotes, found) {
                (Quotes::Refused, _) => return Err(Refusal::feature()),
                (_, None) => {
                    let value = json!(id.to_string());
                    return Err(Refusal::invalid(
                        "quote_tweet_id",
                        &value,
                        "The quoted post does not exist.",
                    ));
                }
                (Quotes::Own, Some(quoted)) => self.summoned(quoted, post.account),
                (Quotes::Allowed, Some(_)) => true,
            };
            if !allowed {
                return Err(Refusal::forbidden(REPLY_RULE));
            }
            post.quote = Some(id);
        }
        Ok(())
    }

    /// Whether the author of that post is the caller, mentions him or quotes him.
    fn summoned(&self, at: usize, account: usize) -> bool {
        let other = &self.posts[at];
        let name = self.accounts[account].username.to_ascii_lowercase();
        let quotes = other.quote.and_then(|id| self.posts.iter().find(|p| p.id == id));
        other.account == account
            || text::mentions(&other.sent).contains(&name)
            || quotes.is_some_and(|quoted| quoted.account == account)
    }

    fn length(&mut self, post: &Post) -> Answer<()> {
        let mut counted = post.sent.as_str();
        if let Some(name) = &post.addressed {
            // The mention that X itself would put before a reply does not count.
            counted = counted.strip_prefix(&format!("@{name} ")).unwrap_or(counted);
        }
        let weight = text::weigh(counted);
        if weight.invalid {
            return Err(Refusal::invalid(
                "text",
                &json!(post.sent),
                "The text has characters that are not allowed.",
            ));
        }
        let long = self.premium(post.account) && counted.chars().count() <= LONG_MAX;
        if weight.weighted > WEIGHTED_MAX && !long {
            return Err(Refusal::not_permitted());
        }
        if ["&amp;", "&lt;", "&gt;"]
            .iter()
            .any(|escape| post.sent.contains(escape))
        {
            self.violations.wrong_escape += 1;
        }
        Ok(())
    }

    /// What X refuses because of the words alone.
    fn judge(&self, post: &Post) -> Answer<()> {
        if text::cashtags(&post.sent) > 1 {
            return Err(Refusal::forbidden(
                "You can include a maximum of one cashtag in your post.",
            ));
        }
        let blocked = text::links(&post.sent).into_iter().any(|link| {
            let link = post.sent[link].to_ascii_lowercase();
            let host = link.trim_start_matches("https://").trim_start_matches("http://");
            let host = host.split(['/', ':', '?']).next().unwrap_or("");
            self.settings.blocked_hosts.iter().any(|blocked| blocked == host)
        });
        if blocked {
            Err(Refusal::forbidden("The Tweet contains an invalid URL."))
        } else {
            Ok(())
        }
    }

    /// The same words by the same person within the window, deleted or not (`x.md` 8.2 and 9).
    fn duplicate(&self, post: &Post) -> Answer<()> {
        let plain = !post.sent.trim().is_empty() && post.poll.is_empty();
        if !plain && !self.settings.duplicate_polls {
            return Ok(());
        }
        let key = post.key();
        let window = self.settings.duplicate_window_ms;
        let same = |old: &&Post| {
            old.account == post.account
                && old.repost_of.is_none()
                && post.at_ms.saturating_sub(old.at_ms) < window
                && old.key() == key
        };
        if self.posts.iter().any(|old| same(&old)) {
            Err(Refusal::duplicate())
        } else {
            Ok(())
        }
    }

    /// An edit: Premium, within the hour, five times; not of polls, answers to others and reposts (`x.md` 5).
    fn edit(&self, body: &Object, post: &mut Post, now: i64) -> Answer<Option<usize>> {
        let Some(options) = object(body, "edit_options")? else {
            return Ok(None);
        };
        known(options, &["previous_post_id"], "$.edit_options")?;
        let id = id_of(options, "previous_post_id", "edit_options.previous_post_id")?.unwrap_or(0);
        if !self.premium(post.account) {
            return Err(Refusal::feature());
        }
        let at = self.live(id).filter(|at| self.posts[*at].account == post.account);
        let at =
            at.ok_or_else(|| Refusal::missing("tweet", "edit_options.previous_post_id", &id.to_string()))?;
        let old = &self.posts[at];
        let first = old
            .history
            .first()
            .and_then(|id| self.posts.iter().find(|p| p.id == *id));
        let first = first.unwrap_or(old);
        if now - first.at_ms > EDIT_MS
            || old.history.len() >= EDITS_MAX
            || !old.poll.is_empty()
            || old.addressed.is_some()
            || old.repost_of.is_some()
        {
            return Err(Refusal::not_permitted());
        }
        post.history.clone_from(&old.history);
        post.history.push(old.id);
        post.reply_to = old.reply_to;
        post.conversation = old.conversation;
        Ok(Some(at))
    }

    /// The place of a post that readers still see.
    pub(super) fn live(&self, id: u64) -> Option<usize> {
        self.posts
            .iter()
            .position(|p| p.id == id && p.deleted_ms.is_none() && !p.superseded)
    }
}

/// Refuses fields that X does not know: `additionalProperties: false`.
pub(super) fn known(body: &Object, fields: &[&str], path: &str) -> Answer<()> {
    match body.iter().find(|(name, _)| !fields.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, value)) => Err(Refusal::invalid(
            name,
            value,
            format!(
                "{path}.{name}: is not defined in the schema and the schema does not allow additional properties"
            ),
        )),
    }
}

/// A field that is an object, if it is there.
pub(super) fn object<'a>(body: &'a Object, name: &str) -> Answer<Option<&'a Object>> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(other) => Err(Refusal::invalid(
            name,
            other,
            format!("$.{name}: is not an object"),
        )),
    }
}

/// A field that is an array of strings, if it is there.
pub(super) fn strings(body: &Object, name: &str) -> Answer<Option<Vec<String>>> {
    let Some(value) = body.get(name) else {
        return Ok(None);
    };
    let wrong = || Refusal::invalid(name, value, format!("$.{name}: is not an array of strings"));
    let list = value.as_array().ok_or_else(wrong)?;
    let texts = list.iter().map(|item| item.as_str().map(str::to_owned));
    texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
}

/// An id, which must be a string of digits (`x.md` 1).
pub(super) fn id_of(body: &Object, name: &str, path: &str) -> Answer<Option<u64>> {
    let Some(value) = body.get(name) else {
        return Ok(None);
    };
    let digits = value
        .as_str()
        .filter(|text| (1..=19).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()));
    let id = digits.and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| {
        Refusal::invalid(
            path,
            value,
            format!("$.{path}: does not match the regex pattern ^[0-9]{{1,19}}$"),
        )
    })
}

fn words(body: &Object, post: &mut Post) -> Answer<()> {
    match body.get("text") {
        None => {}
        Some(Value::String(text)) => post.sent.clone_from(text),
        Some(other) => return Err(Refusal::invalid("text", other, "$.text: is not a string")),
    }
    if post.sent.trim().is_empty() && !body.contains_key("media") {
        return Err(Refusal::invalid(
            "text",
            &json!(post.sent),
            "$.text: a post needs text or media",
        ));
    }
    for name in [
        "nullcast",
        "for_super_followers_only",
        "share_with_followers",
        "made_with_ai",
        "paid_partnership",
    ] {
        match body.get(name) {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => post.labels.push(
                match name {
                    "made_with_ai" => "Made with AI",
                    "paid_partnership" => "Paid partnership",
                    other => other,
                }
                .to_owned(),
            ),
            Some(other) => {
                return Err(Refusal::invalid(
                    name,
                    other,
                    format!("$.{name}: is not a boolean"),
                ));
            }
        }
    }
    Ok(())
}

fn poll(body: &Object, post: &mut Post) -> Answer<()> {
    let Some(poll) = object(body, "poll")? else {
        return Ok(());
    };
    known(poll, &["options", "duration_minutes", "reply_settings"], "$.poll")?;
    let options = strings(poll, "options")?.unwrap_or_default();
    let fits = |option: &String| (1..=25).contains(&option.chars().count());
    if !(2..=4).contains(&options.len()) || !options.iter().all(fits) {
        let value = json!(options);
        return Err(Refusal::invalid(
            "poll.options",
            &value,
            "$.poll.options: there must be 2 to 4 options of 1 to 25 characters",
        ));
    }
    let minutes = poll.get("duration_minutes").unwrap_or(&Value::Null);
    let minutes = match minutes.as_u64() {
        Some(minutes) if (5..=10_080).contains(&minutes) => minutes,
        Some(_) | None => {
            return Err(Refusal::invalid(
                "poll.duration_minutes",
                minutes,
                "$.poll.duration_minutes: must be between 5 and 10080",
            ));
        }
    };
    post.poll = options;
    post.labels.push(format!("Poll of {minutes} minutes"));
    Ok(())
}

fn audience(body: &Object, post: &mut Post) -> Answer<()> {
    if let Some(value) = body.get("reply_settings") {
        let known = value.as_str().filter(|name| REPLY_SETTINGS.contains(name));
        let known = known.ok_or_else(|| {
            Refusal::invalid(
                "reply_settings",
                value,
                "$.reply_settings: does not have a value in the enumeration",
            )
        })?;
        post.audience = Some(known.to_owned());
    }
    Ok(())
}
