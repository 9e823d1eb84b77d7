//! One-off requests about an account (threads.md 3, 5 and 6).

use serde_json::Value;

use super::auth;
use super::calls::{data, get, user};
use super::reply::{Seen, see};
use crate::core::call::{Call, Method, Reply};
use crate::core::flow::Charge;
use crate::core::platform::{Enquiries, Enquiry, Insight, QuotaReport, RemotePost, Told, Which};
use crate::domain::account::Profile;
use crate::platforms::kit::graph::{self, Class, GraphError, word};
use crate::platforms::kit::text::{plain, segment};

/// Fields of the profile (threads.md 3).
pub(super) const PROFILE_FIELDS: &str =
    "id,username,name,threads_profile_picture_url,threads_biography,is_verified";

const HISTORY_FIELDS: &str = "id,media_type,permalink,text,timestamp,shortcode,is_quote_post";
const POST_METRICS: &str = "views,likes,replies,reposts,quotes,shares";
const ACCOUNT_METRICS: &str = "views,likes,replies,reposts,quotes,clicks,followers_count";

/// Quotas with the scope that their fields need: asking for one without its scope fails the whole call.
const QUOTAS: [(&str, &str, &str, &str); 3] = [
    ("posts", "threads_content_publish", "quota_usage", "config"),
    (
        "replies",
        "threads_manage_replies",
        "reply_quota_usage",
        "reply_config",
    ),
    ("deletions", auth::DELETE, "delete_quota_usage", "delete_config"),
];

/// The enquiries.
pub(super) struct ThreadsEnquiries;

impl Enquiries for ThreadsEnquiries {
    fn profile(&self, ctx: &Enquiry) -> Call {
        Call::Http(get(&ctx.facts, "/me", "GET /me", &[("fields", PROFILE_FIELDS)]))
    }

    fn read_profile(&self, _ctx: &Enquiry, reply: &Reply) -> Told<Profile> {
        told(reply, profile_of)
    }

    fn quota(&self, ctx: &Enquiry) -> Option<Call> {
        let fields: Vec<&str> = QUOTAS
            .iter()
            .filter(|(name, scope, _, _)| {
                // Unknown scopes: publishing was certainly asked for, the others are left out.
                ctx.scopes.iter().any(|s| s == scope) || (ctx.scopes.is_empty() && *name == "posts")
            })
            .flat_map(|(_, _, used, config)| [*used, *config])
            .collect();
        if fields.is_empty() {
            return None;
        }
        Some(Call::Http(get(
            &ctx.facts,
            &format!("/{}/threads_publishing_limit", user(&ctx.profile.remote_id)),
            "GET /{user}/threads_publishing_limit",
            &[("fields", &fields.join(","))],
        )))
    }

    fn read_quota(&self, _ctx: &Enquiry, reply: &Reply) -> Told<Vec<QuotaReport>> {
        told(reply, |json| {
            let row = json.get("data")?.as_array()?.first()?;
            Some(QUOTAS.iter().filter_map(|q| report(row, q)).collect())
        })
    }

    fn history(&self, ctx: &Enquiry, limit: u32) -> Option<Call> {
        let most = u32::try_from(ctx.facts.number("history_max")).unwrap_or(1).max(1);
        Some(Call::Http(get(
            &ctx.facts,
            &format!("/{}/threads", user(&ctx.profile.remote_id)),
            "GET /{user}/threads",
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
            Some(id) => get(
                &ctx.facts,
                &format!("/{}/insights", segment(id)),
                "GET /{media}/insights",
                &[("metric", POST_METRICS)],
            ),
            None => get(
                &ctx.facts,
                &format!("/{}/threads_insights", user(&ctx.profile.remote_id)),
                "GET /{user}/threads_insights",
                &[("metric", ACCOUNT_METRICS)],
            ),
        }))
    }

    fn read_insights(&self, _ctx: &Enquiry, reply: &Reply) -> Told<Vec<Insight>> {
        told(reply, |json| {
            let list = json.get("data")?.as_array()?;
            Some(list.iter().filter_map(insight).collect())
        })
    }

    fn delete(&self, ctx: &Enquiry, id: &str) -> Option<Call> {
        let path = format!("/{}", segment(id));
        Some(Call::Http(data(
            &ctx.facts,
            Method::Delete,
            &path,
            "DELETE /{media}",
        )))
    }

    fn read_delete(&self, _ctx: &Enquiry, reply: &Reply) -> Told<()> {
        match see(reply) {
            Seen::Good(json) if json.get("success").and_then(Value::as_bool) == Some(false) => {
                Told::No("Threads says that it did not delete it".to_owned())
            }
            Seen::Good(_) => Told::Yes(()),
            // threads.md 8: "does not exist" means done.
            Seen::Bad(p) if p.class == Class::Gone => Told::Yes(()),
            Seen::Bad(p) => refusal(p.class, p.why),
        }
    }

    /// threads.md 6: deletions have a quota of their own.
    fn charges(&self, _ctx: &Enquiry, which: Which) -> Vec<Charge> {
        match which {
            Which::Delete => vec![Charge {
                limit: "deletions".to_owned(),
                amount: 1,
            }],
            Which::Profile | Which::Quota | Which::History(_) | Which::Insights => Vec::new(),
        }
    }
}

fn told<T>(reply: &Reply, read: impl Fn(&Value) -> Option<T>) -> Told<T> {
    match see(reply) {
        Seen::Good(json) => match read(&json) {
            Some(value) => Told::Yes(value),
            None => Told::Later(format!("Threads answered with {}", plain(&json.to_string(), 120))),
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

/// A profile; without a username its address is not known.
pub(super) fn profile_of(json: &Value) -> Option<Profile> {
    let remote_id = graph::id_of(json)?;
    let username = word(json, "username").map(|u| plain(u, 64));
    let mut facts = std::collections::BTreeMap::new();
    if let Some(verified) = json.get("is_verified").and_then(Value::as_bool) {
        facts.insert("verified".to_owned(), verified.to_string());
    }
    Some(Profile {
        url: username
            .as_ref()
            .map(|u| format!("https://www.threads.net/@{}", segment(u))),
        handle: username.unwrap_or_default(),
        display_name: word(json, "name")
            .filter(|n| !n.is_empty())
            .map(|n| plain(n, 100)),
        remote_id,
        facts,
    })
}

fn report(row: &Value, (limit, _, used, config): &(&str, &str, &str, &str)) -> Option<QuotaReport> {
    let used = row.get(*used)?.as_u64()?;
    let max = row
        .get(*config)
        .and_then(|c| c.get("quota_total"))
        .and_then(Value::as_u64);
    Some(QuotaReport {
        limit: (*limit).to_owned(),
        used: u32::try_from(used).unwrap_or(u32::MAX),
        max: max.map(|m| u32::try_from(m).unwrap_or(u32::MAX)),
    })
}

fn remote_post(entry: &Value) -> Option<RemotePost> {
    Some(RemotePost {
        id: graph::id_of(entry)?,
        text: plain(word(entry, "text").unwrap_or_default(), 500),
        kind: plain(word(entry, "media_type").unwrap_or_default(), 40),
        permalink: super::publish::permalink_of(entry),
        published: word(entry, "timestamp").map(|t| plain(t, 40)),
    })
}

/// A metric in one of its three shapes (threads.md 5): a total, a list of values, a list of links.
fn insight(entry: &Value) -> Option<Insight> {
    let sum = |list: &Vec<Value>| list.iter().filter_map(|v| v.get("value")?.as_i64()).sum();
    let total = entry.get("total_value").and_then(|v| v.get("value")?.as_i64());
    let values = entry.get("values").and_then(Value::as_array).map(sum);
    let links = entry.get("link_total_values").and_then(Value::as_array).map(sum);
    Some(Insight {
        name: plain(word(entry, "name")?, 60),
        value: total.or(values).or(links)?,
        period: word(entry, "period").map(|p| plain(p, 40)),
    })
}
