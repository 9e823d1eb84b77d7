//! Numbers of posts and Pages (facebook.md 5). They grow with the post's age and never jump back.

use serde_json::{Value, json};

use super::{Facebook, Node, State};
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::times::timestamp;
use crate::sandbox::models::meta::{Call, DAY_MS};

const POST_METRICS: [&str; 4] = [
    "post_total_media_view_unique",
    "post_clicks",
    "post_clicks_by_type",
    "post_reactions_by_type_total",
];
const VIDEO_METRICS: [&str; 3] = [
    "total_video_views",
    "total_video_views_unique",
    "total_video_reactions_by_type_total",
];
const PAGE_METRICS: [&str; 4] = [
    "page_total_media_view_unique",
    "page_media_view",
    "page_post_engagements",
    "page_daily_follows",
];

impl Facebook {
    /// `GET /{post}/insights`.
    pub(super) fn post_insights(&self, id: &str, call: &Call<'_>) -> Answer {
        let token = self.login.caller(call)?;
        let (page, at) = match self.node_of(id) {
            Some(Node::Post(i)) if self.posts[i].deleted_ms.is_none() => {
                (self.posts[i].page, self.posts[i].at_ms)
            }
            Some(Node::Video(i)) if !self.videos[i].deleted => {
                return Err(Refusal::no_field("insights", "Video"));
            }
            Some(_) | None => return Err(Refusal::missing(id)),
        };
        self.own_page(page, &token, id)?;
        super::need(&token, "read_insights")?;
        let views = views(at, call.now);
        let data: Answer<Vec<Value>> = metrics(call)?
            .into_iter()
            .map(|name| {
                self.check_metric(name, &POST_METRICS)?;
                let value = match name {
                    "post_clicks" => json!(views / 20),
                    "post_clicks_by_type" => json!({"other clicks": views / 30, "link clicks": views / 60}),
                    "post_reactions_by_type_total" => json!({"like": views / 12, "love": views / 90}),
                    _ => json!(views),
                };
                Ok(
                    json!({"name": name, "period": "lifetime", "values": [{"value": value}], "title": name,
                    "id": format!("{id}/insights/{name}/lifetime")}),
                )
            })
            .collect();
        Ok(json!({ "data": data? }))
    }

    /// `GET /{video}/video_insights`: the named metrics, or all.
    pub(super) fn video_insights(&self, id: &str, call: &Call<'_>) -> Answer {
        let token = self.login.caller(call)?;
        let (page, at) = match self.node_of(id) {
            Some(Node::Video(i)) if !self.videos[i].deleted => (self.videos[i].page, self.videos[i].made_ms),
            Some(Node::Post(_)) => return Err(Refusal::no_field("video_insights", "Post")),
            Some(_) | None => return Err(Refusal::missing(id)),
        };
        self.own_page(page, &token, id)?;
        super::need(&token, "read_insights")?;
        let views = views(at, call.now);
        let named: Vec<&str> = call.params.get("metric").unwrap_or_default().split(',').collect();
        let known = |name: &&&str| VIDEO_METRICS.contains(*name) || name.is_empty();
        if !named.iter().all(|name| known(&name)) {
            return Err(Refusal::parameter(
                "(#100) The value must be a valid insights metric",
            ));
        }
        let wanted = VIDEO_METRICS
            .iter()
            .filter(|name| named == [""] || named.contains(name));
        let data: Vec<Value> = wanted
            .map(|name| {
                let value = match *name {
                    "total_video_reactions_by_type_total" => json!({"like": views / 12, "love": views / 90}),
                    _ => json!(views),
                };
                json!({"name": name, "period": "lifetime", "values": [{"value": value}], "title": name,
                    "id": format!("{id}/video_insights/{name}/lifetime")})
            })
            .collect();
        Ok(json!({ "data": data }))
    }

    /// `GET /{page}/insights`, by day.
    pub(super) fn page_insights(&self, id: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(id, "read_insights", call)?;
        let posts = self
            .posts
            .iter()
            .filter(|p| p.page == page && p.state == State::Published);
        let sum: i64 = posts.map(|p| views(p.at_ms, call.now)).sum();
        let end = timestamp(call.now - call.now.rem_euclid(DAY_MS));
        let data: Answer<Vec<Value>> = metrics(call)?
            .into_iter()
            .map(|name| {
                self.check_metric(name, &PAGE_METRICS)?;
                let value = match name {
                    "page_post_engagements" => sum / 10,
                    "page_daily_follows" => sum / 200,
                    _ => sum,
                };
                Ok(json!({"name": name, "period": "day", "values": [{"value": value, "end_time": end}], "title": name,
                    "id": format!("{id}/insights/{name}/day")}))
            })
            .collect();
        Ok(json!({ "data": data? }))
    }

    /// Metrics that ended on 2026-06-15 are refused like those that never were, by a switch.
    fn check_metric(&self, name: &str, known: &[&str]) -> Answer<()> {
        let old = name.contains("_impressions") || name.ends_with("_video_views");
        if known.contains(&name) || (old && !self.settings.old_metrics_gone) {
            Ok(())
        } else {
            Err(Refusal::parameter(
                "(#100) The value must be a valid insights metric",
            ))
        }
    }
}

fn metrics<'a>(call: &'a Call<'_>) -> Answer<Vec<&'a str>> {
    Ok(call.need("metric")?.split(',').map(str::trim).collect())
}

/// One view for each ten seconds, at most 5,000.
fn views(at: i64, now: i64) -> i64 {
    (now.saturating_sub(at) / 10_000).clamp(0, 5_000)
}
