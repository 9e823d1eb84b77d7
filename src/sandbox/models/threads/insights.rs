//! Numbers of posts and accounts (`threads.md` 5). They grow with the post's age and never jump back.

use serde_json::{Value, json};

use super::post::{Kind, timestamp};
use super::read::bound;
use super::refusal::{Answer, Refusal};
use super::{Call, DAY_MS, Scope, Threads};

const POST_METRICS: [&str; 6] = ["views", "likes", "replies", "reposts", "quotes", "shares"];
/// The earliest `since` of account insights.
const EARLIEST: i64 = 1_712_991_600;

impl Threads {
    /// `GET /{media}/insights`; `clicks` is no metric of a post, a repost has none at all.
    pub(super) fn insights(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::Insights)?;
        let own = &self.accounts[caller.account].username;
        let index = self
            .live_post(id, call.now)
            .filter(|&i| self.posts[i].username == *own);
        let index = index.ok_or_else(|| Refusal::missing(id))?;
        let metrics = metrics(call)?;
        if let Some(bad) = metrics.iter().find(|m| !POST_METRICS.contains(m)) {
            return Err(unknown_metric(bad));
        }
        if self.posts[index].kind == Kind::Repost {
            return Ok(json!({"data": []}));
        }
        let data: Vec<Value> = metrics
            .iter()
            .map(|name| {
                let value = self.number(index, name, call.now);
                json!({"name": name, "period": "lifetime", "values": [{"value": value}], "title": title(name),
                    "description": format!("The number of {name}."), "id": format!("{id}/insights/{name}/lifetime")})
            })
            .collect();
        Ok(json!({ "data": data }))
    }

    fn number(&self, index: usize, name: &str, now: i64) -> i64 {
        let post = &self.posts[index];
        let id = Some(&post.id);
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        match name {
            "replies" => count(self.posts.iter().filter(|p| p.reply_to.as_ref() == id).count()),
            "reposts" => count(self.posts.iter().filter(|p| p.repost_of.as_ref() == id).count()),
            "quotes" => count(self.posts.iter().filter(|p| p.quote.as_ref() == id).count()),
            "views" => self.views(index, now),
            "likes" => self.views(index, now) / 12,
            _ => self.views(index, now) / 90,
        }
    }

    /// One view for each ten seconds, at most 5,000.
    fn views(&self, index: usize, now: i64) -> i64 {
        (now.saturating_sub(self.posts[index].at_ms) / 10_000).clamp(0, 5_000)
    }

    /// `GET /me/threads_insights`: a series for views, links for clicks, totals for the rest.
    pub(super) fn account_insights(&self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call)?;
        caller.need(Scope::Insights)?;
        let (since, until) = (bound(call, "since")?, bound(call, "until")?);
        if since.is_some_and(|s| s < EARLIEST) || since.zip(until).is_some_and(|(s, u)| s >= u) {
            return Err(Refusal::parameter(
                "Param since must be at least 1712991600 and before until.",
            ));
        }
        let own = &self.accounts[caller.account].username;
        let inside = |at: i64| since.is_none_or(|s| at / 1000 >= s) && until.is_none_or(|u| at / 1000 <= u);
        let mine: Vec<usize> = (0..self.posts.len())
            .filter(|&i| {
                self.posts[i].username == *own
                    && self.posts[i].deleted_ms.is_none()
                    && inside(self.posts[i].at_ms)
            })
            .collect();
        let mut data = Vec::new();
        for name in metrics(call)? {
            let sum: i64 = mine.iter().map(|&i| self.number(i, name, call.now)).sum();
            data.push(match name {
                "views" => {
                    let end = timestamp(call.now - call.now.rem_euclid(DAY_MS));
                    json!({"name": name, "period": "day", "values": [{"value": sum, "end_time": end}], "title": title(name)})
                }
                "clicks" => json!({"name": name, "period": "day", "title": title(name), "link_total_values": self.clicks(&mine)}),
                "likes" | "replies" | "reposts" | "quotes" => {
                    json!({"name": name, "period": "day", "title": title(name), "total_value": {"value": sum}})
                }
                "followers_count" if since.is_none() && until.is_none() => {
                    json!({"name": name, "period": "day", "title": title(name), "total_value": {"value": 120}})
                }
                "follower_demographics" => demographics(call)?,
                other => return Err(unknown_metric(other)),
            });
        }
        Ok(json!({ "data": data }))
    }

    fn clicks(&self, posts: &[usize]) -> Vec<Value> {
        posts
            .iter()
            .filter_map(|&i| self.posts[i].link.as_ref())
            .map(|link| json!({"value": 1, "link_url": link}))
            .collect()
    }
}

fn metrics<'a>(call: &'a Call<'_>) -> Answer<Vec<&'a str>> {
    let list = call
        .params
        .get("metric")
        .ok_or_else(|| Refusal::parameter("The parameter metric is required"))?;
    Ok(list.split(',').map(str::trim).collect())
}

fn unknown_metric(name: &str) -> Refusal {
    Refusal::parameter(format!("Param metric: {name} is not a valid metric here."))
}

fn title(name: &str) -> String {
    let mut letters = name.replace('_', " ");
    if let Some(first) = letters.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    letters
}

fn demographics(call: &Call<'_>) -> Answer {
    match call.params.get("breakdown") {
        Some(kind @ ("country" | "city" | "age" | "gender")) => Ok(json!({"name": "follower_demographics",
            "period": "lifetime", "title": "Follower demographics",
            "total_value": {"breakdowns": [{"dimension_keys": [kind], "results": []}]}})),
        _ => Err(Refusal::parameter(
            "Param breakdown must be one of country, city, age, gender.",
        )),
    }
}
