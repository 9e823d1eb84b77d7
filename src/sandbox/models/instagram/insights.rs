//! Numbers of posts and profiles (instagram.md 5). They grow with the post's age and never jump back.

use serde_json::{Value, json};

use super::route::Way;
use super::{Instagram, Kind, Node, Right};
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::times::timestamp;
use crate::sandbox::models::meta::{Call, DAY_MS};

/// Of every kind of post.
const MEDIA: [&str; 4] = ["views", "reach", "shares", "total_interactions"];
/// Of what stays: stories have none of these.
const LASTING: [&str; 3] = ["saved", "likes", "comments"];
const REEL: [&str; 3] = ["ig_reels_avg_watch_time", "reels_skip_rate", "reposts"];
const STORY: [&str; 2] = ["replies", "navigation"];
/// So many people must have seen a story before its numbers are told.
const STORY_VIEWERS: i64 = 5;
const SERIES: [&str; 2] = ["reach", "follower_count"];
const TOTALS: [&str; 7] = [
    "likes", "views", "comments", "shares", "saves", "replies", "reach",
];
/// Gone since v22.
const OLD: [&str; 3] = ["impressions", "plays", "video_views"];

impl Instagram {
    /// `GET /{media}/insights`.
    pub(super) fn media_insights(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        Right::Insights.need(&caller.token, Way::of(call.req))?;
        let index = match self.node_of(id) {
            Some(Node::Media(index)) => self.alive(index, caller.account),
            Some(_) | None => None,
        };
        let index = index.ok_or_else(|| Refusal::missing(id))?;
        let kind = self.media[index].draft.kind;
        let names: Vec<&str> = call.need("metric")?.split(',').map(str::trim).collect();
        for name in &names {
            self.check(
                name,
                [MEDIA.as_slice(), &LASTING, &REEL, &STORY]
                    .concat()
                    .contains(name),
            )?;
        }
        fits(kind, &names)?;
        if kind.is_story() && self.number(index, "views", call.now) < STORY_VIEWERS {
            let words = "(#10) Not enough viewers for the media to show insights";
            return Err(Refusal::code(10, words));
        }
        let data: Vec<Value> = names
            .into_iter()
            .map(|name| {
                let value = self.number(index, name, call.now);
                json!({"name": name, "period": "lifetime", "values": [{"value": value}], "title": name,
                    "description": format!("The number of {name}."), "id": format!("{id}/insights/{name}/lifetime")})
            })
            .collect();
        Ok(json!({ "data": data }))
    }

    /// `GET /{ig}/insights`: series by day, or totals with `metric_type=total_value`.
    pub(super) fn account_insights(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(id, call, Right::Insights)?;
        let totals = call.params.get("metric_type") == Some("total_value");
        if call.params.get("period").is_none() {
            return Err(Refusal::parameter("(#100) The parameter period is required"));
        }
        let mine: Vec<usize> = (0..self.media.len())
            .filter(|&i| self.alive(i, caller.account).is_some())
            .collect();
        let end = timestamp(call.now - call.now.rem_euclid(DAY_MS));
        let data: Answer<Vec<Value>> = call
            .need("metric")?
            .split(',')
            .map(str::trim)
            .map(|name| {
                let known: &[&str] = if totals { &TOTALS } else { &SERIES };
                self.check(name, known.contains(&name))?;
                let sum: i64 = mine.iter().map(|&i| self.number(i, name, call.now)).sum();
                let mut entry = json!({"name": name, "period": "day", "title": name, "id": format!("{id}/insights/{name}/day")});
                if totals {
                    entry["total_value"] = json!({ "value": sum });
                } else {
                    entry["values"] = json!([{"value": sum, "end_time": end}]);
                }
                Ok(entry)
            })
            .collect();
        Ok(json!({ "data": data? }))
    }

    fn check(&self, name: &str, known: bool) -> Answer<()> {
        if known || (OLD.contains(&name) && !self.settings.old_metrics_gone) {
            return Ok(());
        }
        if OLD.contains(&name) {
            return Err(Refusal::parameter(format!(
                "(#100) Starting from version v22.0 and above, the {name} metric is no longer supported for the queried media."
            )));
        }
        Err(Refusal::parameter(format!(
            "(#100) metric[0] must be one of the following values: {}",
            [MEDIA.as_slice(), &LASTING].concat().join(", ")
        )))
    }

    fn number(&self, index: usize, name: &str, now: i64) -> i64 {
        let views = (now.saturating_sub(self.media[index].at_ms) / 10_000).clamp(0, 5_000);
        match name {
            "views" | "reach" | "impressions" | "plays" | "video_views" => views,
            "comments" | "replies" => {
                let count = self
                    .comments
                    .iter()
                    .filter(|c| c.media == index && c.deleted_ms.is_none())
                    .count();
                i64::try_from(count).unwrap_or(i64::MAX)
            }
            "likes" | "total_interactions" => views / 12,
            _ => views / 90,
        }
    }
}

/// One metric that this kind of post does not have fails the whole call.
fn fits(kind: Kind, names: &[&str]) -> Answer<()> {
    let lacks = |name: &&&str| {
        (kind.is_story() && LASTING.contains(name))
            || (!kind.is_reel() && REEL.contains(name))
            || (!kind.is_story() && STORY.contains(name))
    };
    let wrong: Vec<&str> = names.iter().filter(lacks).copied().collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Refusal::parameter(format!(
        "(#100) The Media Insights API does not support the {} metric for this media product type.",
        wrong.join(", ")
    )))
}
