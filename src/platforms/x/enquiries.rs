//! One-off requests about an account (x.md 3 and 5).

use serde_json::Value;

use super::calls::{data, me, query};
use super::parts;
use super::price;
use super::reply::{Class, Seen, see};
use crate::core::call::{Call, HttpCall, Method, Reply};
use crate::core::facts::Facts;
use crate::core::flow::Charge;
use crate::core::platform::{Enquiries, Enquiry, Insight, QuotaReport, RemotePost, Told, Which};
use crate::domain::account::Profile;
use crate::platforms::kit::text::{plain, segment};

/// The fewest entries that X gives (x.md 5).
const HISTORY_MIN: u32 = 5;

/// The key in [`Profile::facts`] of the account's subscription, in X's words.
pub(super) const SUBSCRIPTION: &str = "subscription";
/// The same of its verification.
pub(super) const VERIFIED: &str = "verified";

/// The enquiries.
pub(super) struct XEnquiries;

impl Enquiries for XEnquiries {
    fn profile(&self, ctx: &Enquiry) -> Call {
        Call::Http(me(&ctx.options))
    }

    fn read_profile(&self, ctx: &Enquiry, reply: &Reply) -> Told<Profile> {
        told(ctx, reply, profile_of)
    }

    /// No endpoint tells how many posts are left (x.md 6.5); headers do.
    fn quota(&self, _ctx: &Enquiry) -> Option<Call> {
        None
    }

    fn read_quota(&self, _ctx: &Enquiry, _reply: &Reply) -> Told<Vec<QuotaReport>> {
        Told::Yes(Vec::new())
    }

    fn history(&self, ctx: &Enquiry, limit: u32) -> Option<Call> {
        if ctx.profile.remote_id.is_empty() {
            return Some(self.profile(ctx));
        }
        let limit = listed(&ctx.facts, limit);
        Some(Call::Http(HttpCall {
            query: query(&[
                ("max_results", &limit.to_string()),
                (
                    "tweet.fields",
                    "created_at,referenced_tweets,note_tweet,attachments",
                ),
            ]),
            ..data(
                &ctx.options,
                Method::Get,
                format!("/2/users/{}/tweets", segment(&ctx.profile.remote_id)),
                "GET /2/users/{id}/tweets",
            )
        }))
    }

    fn read_history(&self, ctx: &Enquiry, reply: &Reply) -> Told<Vec<RemotePost>> {
        if ctx.profile.remote_id.is_empty() {
            let why = "crier does not know yet who the account is; `crierctl validate ACCOUNT` asks X";
            return Told::Later(why.to_owned());
        }
        told(ctx, reply, |json| {
            let Some(list) = json.get("data").and_then(Value::as_array) else {
                let none = json.get("meta")?.get("result_count")?.as_u64()? == 0;
                return none.then(Vec::new);
            };
            Some(list.iter().filter_map(|e| remote_post(&ctx.profile, e)).collect())
        })
    }

    fn insights(&self, ctx: &Enquiry, id: Option<&str>) -> Option<Call> {
        let Some(id) = id else {
            return Some(self.profile(ctx));
        };
        let id = parts::post_id(id).unwrap_or(id);
        Some(Call::Http(HttpCall {
            query: query(&[("tweet.fields", "created_at,public_metrics")]),
            ..data(
                &ctx.options,
                Method::Get,
                format!("/2/tweets/{}", segment(id)),
                "GET /2/tweets/{id}",
            )
        }))
    }

    fn read_insights(&self, ctx: &Enquiry, reply: &Reply) -> Told<Vec<Insight>> {
        told(ctx, reply, |json| {
            let metrics = json.get("data")?.get("public_metrics")?.as_object()?;
            let one = |(name, value): (&String, &Value)| {
                Some(Insight {
                    name: plain(name, 60),
                    value: value.as_i64()?,
                    period: None,
                })
            };
            Some(metrics.iter().filter_map(one).collect())
        })
    }

    fn delete(&self, ctx: &Enquiry, id: &str) -> Option<Call> {
        let id = parts::post_id(id).unwrap_or(id);
        // x.md 4.2: a repost is undone by the id of what it shows, which is nobody's to delete.
        let shown = ctx.of.as_ref().and_then(|content| content.repost.as_deref());
        let (path, label) = match shown {
            Some(shown) => (
                format!(
                    "/2/users/{}/retweets/{}",
                    segment(&ctx.profile.remote_id),
                    segment(parts::post_id(shown).unwrap_or(id))
                ),
                "DELETE /2/users/{id}/retweets/{id}",
            ),
            None => (format!("/2/tweets/{}", segment(id)), "DELETE /2/tweets/{id}"),
        };
        Some(Call::Http(data(&ctx.options, Method::Delete, path, label)))
    }

    fn charges(&self, ctx: &Enquiry, which: Which) -> Vec<Charge> {
        price::enquiry(ctx, which)
    }

    fn read_delete(&self, ctx: &Enquiry, reply: &Reply) -> Told<()> {
        match see(reply, ctx.now) {
            // x.md 5: "treat 404 and `deleted:true/false` as done".
            Seen::Good(json)
                if json
                    .get("data")
                    .and_then(|d| d.get("deleted").or_else(|| d.get("retweeted")))
                    .is_some_and(Value::is_boolean) =>
            {
                Told::Yes(())
            }
            Seen::Good(json) if not_found(&json) => Told::Yes(()),
            Seen::Good(json) => Told::Later(format!("X answered with {}", plain(&json.to_string(), 120))),
            Seen::Bad(p) if p.class == Class::Gone => Told::Yes(()),
            Seen::Bad(p) => refusal(p.class, p.why),
        }
    }
}

/// How many entries a list has at most when so many are wanted.
pub(super) fn listed(facts: &Facts, wanted: u32) -> u32 {
    let most = u32::try_from(facts.number("history_max")).unwrap_or(HISTORY_MIN);
    wanted.clamp(HISTORY_MIN, most.max(HISTORY_MIN))
}

/// A 200 may carry errors in the place of data (x.md 7).
fn not_found(json: &Value) -> bool {
    json.get("data").is_none()
        && json.get("errors").and_then(Value::as_array).is_some_and(|all| {
            all.iter().any(|e| {
                let kind = e.get("type").and_then(Value::as_str).unwrap_or_default();
                kind.ends_with("resource-not-found")
            })
        })
}

fn told<T>(ctx: &Enquiry, reply: &Reply, read: impl Fn(&Value) -> Option<T>) -> Told<T> {
    match see(reply, ctx.now) {
        Seen::Good(json) if not_found(&json) => Told::No("X knows no such post".to_owned()),
        Seen::Good(json) => match read(&json) {
            Some(value) => Told::Yes(value),
            None => Told::Later(format!("X answered with {}", plain(&json.to_string(), 120))),
        },
        Seen::Bad(p) => refusal(p.class, p.why),
    }
}

fn refusal<T>(class: Class, why: String) -> Told<T> {
    match class {
        Class::Limited | Class::Capped | Class::Server | Class::Unknown => Told::Later(why),
        Class::DeadToken => Told::Reauthorise(why),
        Class::Setup | Class::NoCredits | Class::Person => Told::Blocked(why),
        Class::Rejected | Class::Forbidden | Class::Duplicate | Class::Already | Class::Gone => Told::No(why),
    }
}

/// Who it is; the subscription says which texts are too long (x.md 3).
pub(super) fn profile_of(json: &Value) -> Option<Profile> {
    let data = json.get("data")?;
    let word = |key: &str| data.get(key).and_then(Value::as_str).filter(|w| !w.is_empty());
    let remote_id = word("id").filter(|id| parts::is_id(id))?.to_owned();
    let handle = word("username").map(|u| plain(u, 64)).unwrap_or_default();
    let mut facts = std::collections::BTreeMap::new();
    for (name, key) in [(SUBSCRIPTION, "subscription_type"), (VERIFIED, "verified_type")] {
        if let Some(value) = word(key) {
            facts.insert(name.to_owned(), plain(value, 40));
        }
    }
    if data.get("protected").and_then(Value::as_bool) == Some(true) {
        facts.insert("protected".to_owned(), "true".to_owned());
    }
    Some(Profile {
        url: (!handle.is_empty()).then(|| format!("https://x.com/{}", segment(&handle))),
        handle,
        display_name: word("name").map(|n| plain(n, 100)),
        remote_id,
        facts,
    })
}

fn remote_post(profile: &Profile, entry: &Value) -> Option<RemotePost> {
    let word = |key: &str| entry.get(key).and_then(Value::as_str);
    let id = word("id").filter(|id| parts::is_id(id))?;
    let long = entry
        .get("note_tweet")
        .or_else(|| entry.get("note_post"))
        .and_then(|n| n.get("text"))
        .and_then(Value::as_str);
    let referenced = entry
        .get("referenced_tweets")
        .or_else(|| entry.get("referenced_posts"))
        .and_then(|r| r.get(0)?.get("type")?.as_str());
    let author = if profile.handle.is_empty() {
        "i/web".to_owned()
    } else {
        segment(&profile.handle)
    };
    Some(RemotePost {
        id: id.to_owned(),
        text: plain(long.or_else(|| word("text")).unwrap_or_default(), 500),
        kind: plain(referenced.unwrap_or("post"), 40),
        permalink: Some(format!("https://x.com/{author}/status/{id}")),
        published: word("created_at").map(|t| plain(t, 40)),
    })
}
