//! One-off requests about an account (instagram.md 3, 5 and 6).

use serde_json::Value;

use super::calls::{data, get, user};
use super::login;
use super::publish::permalink_of;
use super::reply::{Seen, see};
use super::way::Way;
use crate::core::call::{Call, Method, Reply};
use crate::core::platform::{Enquiries, Enquiry, Insight, QuotaReport, RemotePost, Told};
use crate::domain::account::Profile;
use crate::domain::post::Kind;
use crate::platforms::kit::graph::{self, Class, GraphError, word};
use crate::platforms::kit::text::{plain, plainly, segment};

/// Fields of the profile with Instagram's own login (instagram.md 3).
pub(super) const OWN_PROFILE: &str =
    "id,user_id,username,name,account_type,profile_picture_url,followers_count,follows_count,media_count";
/// Fields of the profile with Facebook's login (instagram.md 3).
const PAGE_PROFILE: &str =
    "id,username,name,biography,profile_picture_url,website,followers_count,follows_count,media_count";
const HISTORY_FIELDS: &str =
    "id,caption,media_type,media_product_type,permalink,shortcode,timestamp,like_count,comments_count";
/// Of every kind of post; a metric that a kind lacks would fail the whole call (instagram.md 5).
const POST_METRICS: &str = "views,reach,saved,likes,comments,shares";
/// Stories are neither liked nor commented on (instagram.md 5).
const STORY_METRICS: &str = "views,reach,replies,navigation,shares";
const ACCOUNT_METRICS: &str = "likes,views,comments,shares,saves,replies";

/// The enquiries.
pub(super) struct InstagramEnquiries;

impl Enquiries for InstagramEnquiries {
    fn profile(&self, ctx: &Enquiry) -> Call {
        let read = |path: &str, label: &str, fields: &str| {
            Call::Http(get(&ctx.options, &ctx.facts, path, label, &[("fields", fields)]))
        };
        match Way::of(&ctx.options) {
            Way::Instagram => read("/me", "GET /me", OWN_PROFILE),
            Way::Facebook => {
                let path = format!("/{}", user(&ctx.profile.remote_id));
                read(&path, "GET /{ig}", PAGE_PROFILE)
            }
        }
    }

    fn read_profile(&self, ctx: &Enquiry, reply: &Reply) -> Told<Profile> {
        let told = told(reply, |json| login::profile_of(json, &ctx.profile));
        match told {
            Told::Yes(profile) if login::is_personal(&profile) => {
                Told::Unsupported(login::PERSONAL.to_owned())
            }
            other @ (Told::Yes(_)
            | Told::Later(_)
            | Told::Reauthorise(_)
            | Told::Revoked(_)
            | Told::Blocked(_)
            | Told::Unsupported(_)
            | Told::No(_)) => other,
        }
    }

    fn quota(&self, ctx: &Enquiry) -> Option<Call> {
        Some(Call::Http(get(
            &ctx.options,
            &ctx.facts,
            &format!("/{}/content_publishing_limit", user(&ctx.profile.remote_id)),
            "GET /{ig}/content_publishing_limit",
            &[("fields", "config,quota_usage")],
        )))
    }

    fn read_quota(&self, _ctx: &Enquiry, reply: &Reply) -> Told<Vec<QuotaReport>> {
        told(reply, |json| {
            let row = json.get("data")?.as_array()?.first()?;
            let used = row.get("quota_usage")?.as_u64()?;
            let max = row
                .get("config")
                .and_then(|c| c.get("quota_total"))
                .and_then(Value::as_u64);
            Some(vec![QuotaReport {
                limit: "posts".to_owned(),
                used: u32::try_from(used).unwrap_or(u32::MAX),
                max: max.map(|m| u32::try_from(m).unwrap_or(u32::MAX)),
            }])
        })
    }

    fn history(&self, ctx: &Enquiry, limit: u32) -> Option<Call> {
        let most = u32::try_from(ctx.facts.number("history_max")).unwrap_or(1).max(1);
        Some(Call::Http(get(
            &ctx.options,
            &ctx.facts,
            &format!("/{}/media", user(&ctx.profile.remote_id)),
            "GET /{ig}/media",
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
        let read = |path: &str, label: &str, query: &[(&str, &str)]| {
            Some(Call::Http(get(&ctx.options, &ctx.facts, path, label, query)))
        };
        let story = ctx.of.as_ref().is_some_and(|content| content.kind == Kind::Story);
        let metrics = if story { STORY_METRICS } else { POST_METRICS };
        match id {
            Some(id) => read(
                &format!("/{}/insights", segment(id)),
                "GET /{media}/insights",
                &[("metric", metrics)],
            ),
            None => read(
                &format!("/{}/insights", user(&ctx.profile.remote_id)),
                "GET /{ig}/insights",
                &[
                    ("metric", ACCOUNT_METRICS),
                    ("period", "day"),
                    ("metric_type", "total_value"),
                ],
            ),
        }
    }

    fn read_insights(&self, _ctx: &Enquiry, reply: &Reply) -> Told<Vec<Insight>> {
        told(reply, |json| {
            let list = json.get("data")?.as_array()?;
            Some(list.iter().filter_map(insight).collect())
        })
    }

    /// With Facebook's login only (instagram.md 5).
    fn delete(&self, ctx: &Enquiry, id: &str) -> Option<Call> {
        let path = format!("/{}", segment(id));
        let call = data(&ctx.options, &ctx.facts, Method::Delete, &path, "DELETE /{media}");
        (Way::of(&ctx.options) == Way::Facebook).then_some(Call::Http(call))
    }

    fn read_delete(&self, _ctx: &Enquiry, reply: &Reply) -> Told<()> {
        match see(reply) {
            Seen::Good(json) if json.get("success").and_then(Value::as_bool) == Some(false) => {
                Told::No("Instagram says that it did not delete it".to_owned())
            }
            Seen::Good(_) => Told::Yes(()),
            // instagram.md 8: 100/33 means gone.
            Seen::Bad(p) if p.class == Class::Gone => Told::Yes(()),
            Seen::Bad(p) => refusal(p.class, p.why),
        }
    }
}

fn told<T>(reply: &Reply, read: impl Fn(&Value) -> Option<T>) -> Told<T> {
    match see(reply) {
        Seen::Good(json) => match read(&json) {
            Some(value) => Told::Yes(value),
            None => Told::Later(format!(
                "Instagram answered with {}",
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

fn remote_post(entry: &Value) -> Option<RemotePost> {
    let media = word(entry, "media_type").unwrap_or_default();
    let product = word(entry, "media_product_type").unwrap_or_default();
    Some(RemotePost {
        id: graph::id_of(entry)?,
        text: plain(&plainly(word(entry, "caption").unwrap_or_default()), 500),
        kind: plain(format!("{product} {media}").trim(), 40),
        permalink: permalink_of(entry),
        published: word(entry, "timestamp").map(|t| plain(t, 40)),
    })
}

/// A metric as a total or as a list of values (instagram.md 5).
fn insight(entry: &Value) -> Option<Insight> {
    let total = entry.get("total_value").and_then(|v| v.get("value")?.as_i64());
    let values = entry
        .get("values")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(|v| v.get("value")?.as_i64()).sum());
    Some(Insight {
        name: plain(word(entry, "name")?, 60),
        value: total.or(values)?,
        period: word(entry, "period").map(|p| plain(p, 40)),
    })
}
