//! One-off requests about an account (tiktok.md 3 and 5).

use serde_json::Value;

use super::auth::{PROFILE, STATS};
use super::calls;
use super::creator::is_user;
use super::reply::{Class, Problem, Seen, see};
use crate::core::call::{Call, HttpCall, Method, Reply};
use crate::core::flow::Charge;
use crate::core::platform::{Enquiries, Enquiry, Insight, QuotaReport, RemotePost, Told, Which};
use crate::domain::account::Profile;
use crate::domain::time::Timestamp;
use crate::platforms::kit::text::{id, plain};

/// What `user.info.basic` gives.
pub(super) const BASIC_FIELDS: &str = "open_id,union_id,avatar_url,display_name";
/// What `user.info.profile` gives beside it. Asking for a field without its scope is an error.
pub(super) const PROFILE_FIELDS: &str = "open_id,display_name,username,profile_deep_link,is_verified";
const STATS_FIELDS: &str = "follower_count,following_count,likes_count,video_count";
const HISTORY_FIELDS: &str = "id,create_time,title,video_description,duration,share_url,view_count,like_count,comment_count,share_count";
const METRICS: [&str; 4] = ["view_count", "like_count", "comment_count", "share_count"];
const COUNTS: [&str; 4] = ["follower_count", "following_count", "likes_count", "video_count"];

/// The key in [`Profile::facts`] of the name in addresses.
pub(super) const USERNAME: &str = "username";

/// Who it is.
pub(super) fn user_info(fields: &str) -> HttpCall {
    let path = "/v2/user/info/";
    calls::with_fields(
        HttpCall::new(Method::Get, super::API, path, format!("GET {path}")),
        fields,
    )
}

/// The enquiries.
pub(super) struct TikTokEnquiries;

impl Enquiries for TikTokEnquiries {
    fn profile(&self, ctx: &Enquiry) -> Call {
        let has = |scope: &str| ctx.scopes.iter().any(|s| s == scope);
        let mut fields = BASIC_FIELDS.to_owned();
        if has(PROFILE) {
            fields.push_str(",username,profile_deep_link,is_verified");
        }
        if has(STATS) {
            fields = format!("{fields},{STATS_FIELDS}");
        }
        Call::Http(user_info(&fields))
    }

    fn read_profile(&self, ctx: &Enquiry, reply: &Reply) -> Told<Profile> {
        told(reply, |data| profile_of(data, &ctx.profile))
    }

    /// tiktok.md 6: no quota endpoint; creator_info's error code is the only forecast.
    fn quota(&self, _ctx: &Enquiry) -> Option<Call> {
        None
    }

    fn read_quota(&self, _ctx: &Enquiry, _reply: &Reply) -> Told<Vec<QuotaReport>> {
        Told::Yes(Vec::new())
    }

    fn history(&self, ctx: &Enquiry, limit: u32) -> Option<Call> {
        let most = ctx.facts.number("history_max").max(1);
        Some(calls::list(HISTORY_FIELDS, i64::from(limit).clamp(1, most)))
    }

    fn read_history(&self, _ctx: &Enquiry, reply: &Reply) -> Told<Vec<RemotePost>> {
        told(reply, |data| {
            let list = data.get("videos")?.as_array()?;
            Some(list.iter().filter_map(remote_post).collect())
        })
    }

    fn insights(&self, _ctx: &Enquiry, id: Option<&str>) -> Option<Call> {
        Some(Call::Http(match id {
            Some(id) => calls::query(id, &format!("id,{}", METRICS.join(","))),
            None => user_info(&format!("open_id,{STATS_FIELDS}")),
        }))
    }

    fn read_insights(&self, _ctx: &Enquiry, reply: &Reply) -> Told<Vec<Insight>> {
        match told(reply, |data| Some(data.clone())) {
            Told::Yes(data) => numbers(&data),
            Told::Later(why) => Told::Later(why),
            Told::Reauthorise(why) => Told::Reauthorise(why),
            Told::Revoked(why) => Told::Revoked(why),
            Told::Blocked(why) => Told::Blocked(why),
            Told::Unsupported(why) => Told::Unsupported(why),
            Told::No(why) => Told::No(why),
        }
    }

    fn delete(&self, _ctx: &Enquiry, _id: &str) -> Option<Call> {
        None
    }

    /// TikTok counts each of the three by itself; crier all of them together.
    fn charges(&self, _ctx: &Enquiry, which: Which) -> Vec<Charge> {
        match which {
            Which::Profile | Which::History(_) | Which::Insights => vec![super::one(super::READS)],
            Which::Quota | Which::Delete => Vec::new(),
        }
    }

    fn read_delete(&self, _ctx: &Enquiry, _reply: &Reply) -> Told<()> {
        Told::No("TikTok offers no delete to publishing apps; delete it in the TikTok app".to_owned())
    }
}

fn numbers(data: &Value) -> Told<Vec<Insight>> {
    let (entry, names) = match (data.get("videos").and_then(Value::as_array), data.get("user")) {
        (Some(videos), _) => match videos.first() {
            Some(video) => (video, METRICS),
            None => {
                return Told::No("TikTok tells numbers of the account's own public posts only, and this is none of them (moderation may still be under way)".to_owned());
            }
        },
        (None, Some(user)) => (user, COUNTS),
        (None, None) => return Told::Later("TikTok answered without numbers".to_owned()),
    };
    let insights = names.into_iter().filter_map(|name| {
        Some(Insight {
            name: name.to_owned(),
            value: entry.get(name)?.as_i64()?,
            period: None,
        })
    });
    Told::Yes(insights.collect())
}

fn told<T>(reply: &Reply, read: impl Fn(&Value) -> Option<T>) -> Told<T> {
    match see(reply) {
        Seen::Good(data) => match read(&data) {
            Some(value) => Told::Yes(value),
            None => Told::Later(format!("TikTok answered with {}", plain(&data.to_string(), 120))),
        },
        Seen::Bad(p) => refusal(p),
    }
}

fn refusal<T>(p: Problem) -> Told<T> {
    let why = p.why;
    match p.class {
        Class::RetryLater | Class::Limited(_) | Class::Crowded | Class::Unknown => Told::Later(why),
        // A scope that was left out ends no connection: the posts go on without it.
        Class::Reauthorise if p.code.is_some_and(|code| code.starts_with("scope_")) => Told::Blocked(why),
        Class::Reauthorise => Told::Reauthorise(why),
        Class::Person => Told::Blocked(why),
        Class::Reject | Class::NoSuchPost => Told::No(why),
    }
}

/// Who it is. What an earlier answer told beside that stays.
pub(super) fn profile_of(data: &Value, before: &Profile) -> Option<Profile> {
    let user = data.get("user")?;
    let remote_id = user.get("open_id").and_then(id).filter(|id| id.len() <= 128)?;
    let word = |key: &str| user.get(key).and_then(Value::as_str).filter(|w| !w.is_empty());
    let same = before.remote_id == remote_id;
    let mut facts = if same {
        before.facts.clone()
    } else {
        Default::default()
    };
    if let Some(name) = word("username").filter(|name| is_user(name)) {
        facts.insert(USERNAME.to_owned(), name.to_owned());
    }
    for key in ["is_verified"].into_iter().chain(COUNTS) {
        let value = user
            .get(key)
            .and_then(|v| id(v).or_else(|| v.as_bool().map(|b| b.to_string())));
        facts.extend(value.map(|v| (key.to_owned(), plain(&v, 40))));
    }
    let name = word("display_name").map(|n| plain(n, 100));
    let username = facts.get(USERNAME).cloned();
    Some(Profile {
        url: username.as_ref().map(|u| format!("https://www.tiktok.com/@{u}")),
        handle: username.or_else(|| name.clone()).unwrap_or_default(),
        display_name: name.or_else(|| before.display_name.clone().filter(|_| same)),
        remote_id,
        facts,
    })
}

/// `create_time` is in seconds (tiktok.md 5).
fn remote_post(video: &Value) -> Option<RemotePost> {
    let word = |key: &str| video.get(key).and_then(Value::as_str).filter(|w| !w.is_empty());
    let link = word("share_url").filter(|url| url.starts_with("https://") && url.len() <= 500);
    let made = video
        .get("create_time")
        .and_then(id)
        .and_then(|n| n.parse::<i64>().ok());
    Some(RemotePost {
        id: video.get("id").and_then(id)?,
        text: plain(
            word("title")
                .or_else(|| word("video_description"))
                .unwrap_or_default(),
            500,
        ),
        kind: "video".to_owned(),
        permalink: link.map(|url| plain(url, 500)),
        published: made.map(|secs| Timestamp::from_secs(secs).to_string()),
    })
}
