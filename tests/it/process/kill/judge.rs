//! What must be true at the end.

use std::collections::BTreeMap;
use std::fs;

use super::faults::Struck;
use super::items::{Item, Items, Kind};
use super::reason;
use crate::process::bench::Bench;
use crier::admin::types::{DeliveryView, Ended, PostView};

/// What the world has seen: ids by account and token.
pub struct Wall {
    seen: BTreeMap<(String, String), Vec<String>>,
    violations: Vec<String>,
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

impl Wall {
    pub async fn look(bench: &Bench) -> Self {
        let state = bench.state().await;
        let mut seen: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for post in state["threads"]["published"].as_array().unwrap() {
            let token = first_word(post["text"].as_str().unwrap());
            let account = post["username"].as_str().unwrap().to_owned();
            let id = post["id"].as_str().unwrap().to_owned();
            seen.entry((account, token)).or_default().push(id);
        }
        for mail in state["mail"]["messages"].as_array().unwrap() {
            let token = first_word(mail["subject"].as_str().unwrap());
            let id = mail["message_id"].as_str().unwrap().to_owned();
            seen.entry(("letters".to_owned(), token)).or_default().push(id);
        }
        let violations = state["threads"]["violations"].as_array().into_iter().flatten();
        Self {
            seen,
            violations: violations.map(ToString::to_string).collect(),
        }
    }

    fn ids(&self, account: &str, token: &str) -> &[String] {
        self.seen
            .get(&(account.to_owned(), token.to_owned()))
            .map_or(&[], Vec::as_slice)
    }

    /// The id of what a delivery waits to hear about, if it is out.
    pub fn find(&self, items: &Items, post: &PostView, delivery: &DeliveryView) -> Option<String> {
        let item = items.of(&post.file)?;
        let part = match item.kind {
            Kind::Thread => delivery.live.len(),
            Kind::Text | Kind::Picture | Kind::Mail => 0,
        };
        let tokens = (0..100).map(|version| item.token(version, part));
        let ids = tokens.flat_map(|token| self.ids(&delivery.account, &token).to_vec());
        ids.into_iter().next()
    }
}

/// Looks at everything; what is wrong is told all at once.
pub fn judge(bench: &Bench, items: &Items, wall: &Wall, posts: &[PostView], struck: &Struck) -> String {
    let mut wrong = Vec::new();
    for ((account, token), ids) in &wall.seen {
        if ids.len() > 1 {
            wrong.push(format!("TWICE: {token} on {account}: {ids:?}"));
        }
    }
    wrong.extend(wall.violations.iter().map(|v| format!("the sandbox says: {v}")));
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &items.0 {
        let end = one(bench, item, wall, posts, struck, &mut wrong);
        *count.entry(end).or_default() += 1;
    }
    left_over(bench, posts, &mut wrong);
    assert!(wrong.is_empty(), "{}\n{struck:?}", wrong.join("\n"));
    let count: Vec<String> = count.iter().map(|(end, n)| format!("{n} {end}")).collect();
    format!("{} posts: {}", items.0.len(), count.join(", "))
}

/// One post; answers how it ended.
fn one(
    bench: &Bench,
    item: &Item,
    wall: &Wall,
    posts: &[PostView],
    struck: &Struck,
    wrong: &mut Vec<String>,
) -> &'static str {
    for (account, version) in item
        .accounts()
        .iter()
        .flat_map(|a| item.dead.iter().map(move |v| (a, v)))
    {
        for token in (0..item.parts()).map(|part| item.token(*version, part)) {
            if !wall.ids(account, &token).is_empty() {
                wrong.push(format!("OUT THOUGH TAKEN BACK: {token} on {account}"));
            }
        }
    }
    let mine: Vec<&PostView> = posts.iter().filter(|p| p.file == item.name()).collect();
    if item.removed {
        let open = |d: &&DeliveryView| d.outcome.as_ref().is_none_or(|o| o.ended != Ended::Cancelled);
        let still: Vec<_> = mine.iter().flat_map(|p| &p.deliveries).filter(open).collect();
        if !still.is_empty() {
            wrong.push(format!("{} was removed, but {still:?}", item.name()));
        }
        return "taken back";
    }
    let [post] = mine[..] else {
        wrong.push(format!(
            "{} has {} posts in the database",
            item.name(),
            mine.len()
        ));
        return "lost";
    };
    for delivery in &post.deliveries {
        outcome(item, delivery, wall, struck, wrong);
    }
    if post.deliveries.iter().any(|d| d.outcome.is_none()) {
        if !bench
            .spool(item.queue(), &format!("sending/{}", item.name()))
            .exists()
        {
            wrong.push(format!("LOST: {} is held, but not in sending/", item.name()));
        }
        return "held for a true reason";
    }
    match place(bench, item) {
        Some("sent") => {
            receipt(bench, item, wall, wrong);
            "sent"
        }
        Some(_) => "failed for a true reason",
        None => {
            wrong.push(format!("LOST: {} lies nowhere: {item:?}", item.name()));
            "lost"
        }
    }
}

fn place(bench: &Bench, item: &Item) -> Option<&'static str> {
    ["sent", "failed"].into_iter().find(|place| {
        let note = if *place == "sent" {
            "receipt.toml"
        } else {
            "why.txt"
        };
        bench
            .spool(item.queue(), &format!("{place}/{}", item.name()))
            .exists()
            && bench
                .spool(item.queue(), &format!("{place}/{}.{note}", item.stem()))
                .exists()
    })
}

/// Every id of a receipt exists, and is that of its post.
fn receipt(bench: &Bench, item: &Item, wall: &Wall, wrong: &mut Vec<String>) {
    let path = bench.spool(item.queue(), &format!("sent/{}.receipt.toml", item.stem()));
    let table: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    for delivery in table["delivery"].as_array().unwrap() {
        let account = delivery["account"].as_str().unwrap();
        let live = delivery["live"].as_array().unwrap();
        if live.len() != item.parts() {
            wrong.push(format!("{}: {} live parts: {delivery}", item.name(), live.len()));
        }
        if item.kind == Kind::Mail {
            continue;
        }
        for (part, one) in live.iter().enumerate() {
            let Some(id) = one.get("remote_id").and_then(toml::Value::as_str) else {
                continue;
            };
            let true_id = item.alive.iter().any(|version| {
                wall.ids(account, &item.token(*version, part))
                    .contains(&id.to_owned())
            });
            if !true_id {
                wrong.push(format!("{}: part {part} on {account} is not {id}", item.name()));
            }
        }
    }
}

/// What the database says of a delivery, against the world.
fn outcome(item: &Item, delivery: &DeliveryView, wall: &Wall, struck: &Struck, wrong: &mut Vec<String>) {
    let account = delivery.account.as_str();
    let out: Vec<usize> = (0..item.parts())
        .map(|part| {
            let ids = item
                .alive
                .iter()
                .map(|v| wall.ids(account, &item.token(*v, part)).len());
            ids.sum()
        })
        .collect();
    if let Some(lie) = reason::lie(delivery, struck) {
        wrong.push(format!("{} on {account}: {lie}", item.name()));
    }
    let live = out.iter().filter(|n| **n > 0).count();
    let fits = match delivery.outcome.as_ref().map(|o| o.ended) {
        Some(Ended::Published) => out.iter().all(|n| *n == 1),
        Some(Ended::Refused | Ended::GaveUp | Ended::Cancelled | Ended::Skipped) => live == 0,
        Some(Ended::Partial) => live > 0 && live < item.parts(),
        // What is held may be out in part; all of it is not.
        None => live < item.parts(),
    };
    if !fits {
        wrong.push(format!(
            "{} on {account}: {out:?} are out, but {:?}",
            item.name(),
            delivery.outcome
        ));
    }
}

/// Nothing stays behind that nobody will look at again: what lies there belongs to an open post.
fn left_over(bench: &Bench, posts: &[PostView], wrong: &mut Vec<String>) {
    let open: Vec<&PostView> = posts
        .iter()
        .filter(|post| post.deliveries.iter().any(|d| d.outcome.is_none()))
        .collect();
    for place in ["spool/news/sending", "spool/mail/sending", "state/media"] {
        let entries = fs::read_dir(bench.path(place)).into_iter().flatten();
        for entry in entries.flatten() {
            let name = entry.file_name().into_string().unwrap();
            if !open.iter().any(|post| post.file == name || post.id == name) {
                wrong.push(format!("LEFT BEHIND: {}", entry.path().display()));
            }
        }
    }
}
