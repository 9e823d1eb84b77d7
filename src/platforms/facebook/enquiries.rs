//! One-off requests about a Page (facebook.md 3 and 5).

use std::collections::BTreeMap;

use serde_json::Value;

use super::calls::{data, get, page};
use super::parts::{self, What};
use super::publish::permalink_of;
use super::reply::{Seen, see};
use crate::core::call::{Call, Method, Reply};
use crate::core::platform::{Enquiries, Enquiry, Insight, QuotaReport, RemotePost, Told};
use crate::domain::account::{Profile, USER_ID};
use crate::platforms::kit::graph::{self, Class, GraphError, word};
use crate::platforms::kit::meta_login::APP_ID;
use crate::platforms::kit::text::{id, plain, segment};

const PROFILE_FIELDS: &str =
    "id,name,username,link,picture{url},fan_count,followers_count,is_published,verification_status";
const HISTORY_FIELDS: &str = "id,message,created_time,permalink_url,status_type";
/// Metrics since v23; the older ones ended on 2026-06-15 and make the whole call fail (facebook.md 5).
const POST_METRICS: &str =
    "post_total_media_view_unique,post_clicks,post_clicks_by_type,post_reactions_by_type_total";
const PAGE_METRICS: &str =
    "page_total_media_view_unique,page_media_view,page_post_engagements,page_daily_follows";

/// The enquiries.
pub(super) struct FacebookEnquiries;

impl Enquiries for FacebookEnquiries {
    fn profile(&self, ctx: &Enquiry) -> Call {
        let path = format!("/{}", page(&ctx.profile.remote_id));
        Call::Http(get(
            &ctx.facts,
            &path,
            "GET /{page}",
            &[("fields", PROFILE_FIELDS)],
        ))
    }

    fn read_profile(&self, ctx: &Enquiry, reply: &Reply) -> Told<Profile> {
        told(reply, |json| profile_of(json, &ctx.profile))
    }

    /// facebook.md 6: no endpoint reports a posting quota.
    fn quota(&self, _ctx: &Enquiry) -> Option<Call> {
        None
    }

    fn read_quota(&self, _ctx: &Enquiry, _reply: &Reply) -> Told<Vec<QuotaReport>> {
        Told::Yes(Vec::new())
    }

    fn history(&self, ctx: &Enquiry, limit: u32) -> Option<Call> {
        let most = u32::try_from(ctx.facts.number("history_max")).unwrap_or(1).max(1);
        Some(Call::Http(get(
            &ctx.facts,
            &format!("/{}/published_posts", page(&ctx.profile.remote_id)),
            "GET /{page}/published_posts",
            &[
                ("fields", HISTORY_FIELDS),
                ("limit", &limit.clamp(1, most).to_string()),
            ],
        )))
    }

    fn read_history(&self, _ctx: &Enquiry, reply: &Reply) -> Told<Vec<RemotePost>> {
        told(reply, |json| {
            let list = json.get("data")?.as_array()?;
            Some(list.iter().filter_map(remote_post).collect())
        })
    }

    fn insights(&self, ctx: &Enquiry, id: Option<&str>) -> Option<Call> {
        Some(Call::Http(match id {
            // Without names: all that a video has. One name that has ended would fail the call (facebook.md 5).
            Some(id) if is_video(ctx, id) => get(
                &ctx.facts,
                &format!("/{}/video_insights", segment(id)),
                "GET /{video}/video_insights",
                &[],
            ),
            Some(id) => get(
                &ctx.facts,
                &format!("/{}/insights", segment(id)),
                "GET /{post}/insights",
                &[("metric", POST_METRICS)],
            ),
            None => get(
                &ctx.facts,
                &format!("/{}/insights", page(&ctx.profile.remote_id)),
                "GET /{page}/insights",
                &[("metric", PAGE_METRICS), ("period", "day")],
            ),
        }))
    }

    fn read_insights(&self, _ctx: &Enquiry, reply: &Reply) -> Told<Vec<Insight>> {
        told(reply, |json| {
            let list = json.get("data")?.as_array()?;
            Some(list.iter().flat_map(insights).collect())
        })
    }

    fn delete(&self, ctx: &Enquiry, id: &str) -> Option<Call> {
        let path = format!("/{}", segment(id));
        Some(Call::Http(data(
            &ctx.facts,
            Method::Delete,
            &path,
            "DELETE /{post}",
        )))
    }

    fn read_delete(&self, _ctx: &Enquiry, reply: &Reply) -> Told<()> {
        match see(reply) {
            Seen::Good(json) if json.get("success").and_then(Value::as_bool) == Some(false) => {
                Told::No("Facebook says that it did not delete it".to_owned())
            }
            Seen::Good(_) => Told::Yes(()),
            // facebook.md 8 H: 100/33 after DELETE means done.
            Seen::Bad(p) if p.says(Class::Gone) => Told::Yes(()),
            Seen::Bad(p) => refusal(p.class, p.why),
        }
    }
}

/// Whether the numbers of `id` are those of a video: videos are known by ids of their own, other posts by the Page's and
/// theirs, `PAGE_POST`.
fn is_video(ctx: &Enquiry, id: &str) -> bool {
    match ctx.of.as_ref().map(parts::what) {
        Some(What::Video | What::Reel | What::VideoStory) => !id.contains('_'),
        Some(What::Words | What::Photos | What::PhotoStory | What::Comment | What::Message) => false,
        None => !id.contains('_'),
    }
}

fn told<T>(reply: &Reply, read: impl Fn(&Value) -> Option<T>) -> Told<T> {
    match see(reply) {
        Seen::Good(json) => match read(&json) {
            Some(value) => Told::Yes(value),
            None => Told::Later(format!(
                "Facebook answered with {}",
                plain(&json.to_string(), 120)
            )),
        },
        Seen::Bad(p) if p.error.as_ref().is_some_and(GraphError::is_revoked) => Told::Revoked(p.why),
        Seen::Bad(p) => refusal(p.class, p.why),
    }
}

fn refusal<T>(class: Class, why: String) -> Told<T> {
    match class {
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Unknown => Told::Later(why),
        Class::Reauthorise => Told::Reauthorise(why),
        Class::Person => Told::Blocked(why),
        Class::Gone | Class::NoSuchField | Class::Duplicate | Class::Reject => Told::No(why),
    }
}

/// The Page. Who logged in, and with which app, only the login knew: that is kept.
fn profile_of(json: &Value, before: &Profile) -> Option<Profile> {
    let remote_id = graph::id_of(json)?;
    let username = word(json, "username").filter(|u| !u.is_empty());
    let name = word(json, "name").filter(|n| !n.is_empty());
    let mut facts: BTreeMap<String, String> = before
        .facts
        .iter()
        .filter(|(key, _)| matches!(key.as_str(), USER_ID | APP_ID))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for key in [
        "followers_count",
        "fan_count",
        "is_published",
        "verification_status",
    ] {
        let value = json
            .get(key)
            .and_then(|v| id(v).or_else(|| v.as_bool().map(|b| b.to_string())));
        facts.extend(value.map(|v| (key.to_owned(), plain(&v, 40))));
    }
    let link = word(json, "link").filter(|l| l.starts_with("https://") && l.len() <= 200);
    Some(Profile {
        url: Some(link.map_or_else(
            || format!("https://www.facebook.com/{remote_id}"),
            |l| plain(l, 200),
        )),
        handle: plain(username.or(name).unwrap_or_default(), 64),
        display_name: name.map(|n| plain(n, 100)),
        remote_id,
        facts,
    })
}

fn remote_post(entry: &Value) -> Option<RemotePost> {
    Some(RemotePost {
        id: graph::id_of(entry)?,
        text: plain(word(entry, "message").unwrap_or_default(), 500),
        kind: plain(word(entry, "status_type").unwrap_or_default(), 40),
        permalink: permalink_of(entry),
        published: word(entry, "created_time").map(|t| plain(t, 40)),
    })
}

/// A metric: the newest of its values, or, where a value is itself a table (reactions by kind), a line for each.
fn insights(entry: &Value) -> Vec<Insight> {
    let newest = entry
        .get("values")
        .and_then(Value::as_array)
        .and_then(|values| values.last())
        .and_then(|value| value.get("value"));
    let (Some(name), Some(value)) = (word(entry, "name"), newest) else {
        return Vec::new();
    };
    let period = word(entry, "period").map(|p| plain(p, 40));
    let line = |name: String, value: &Value| {
        Some(Insight {
            name: plain(&name, 80),
            value: value.as_i64()?,
            period: period.clone(),
        })
    };
    match value {
        Value::Object(table) => table
            .iter()
            .take(50)
            .filter_map(|(key, value)| line(format!("{name}.{key}"), value))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            line(name.to_owned(), value).into_iter().collect()
        }
    }
}
