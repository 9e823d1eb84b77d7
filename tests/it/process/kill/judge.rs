//! What must be true at the end.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::faults::Struck;
use super::items::{Item, Items};
use super::kind::Kind;
use super::reason;
use super::stage::{MAIL, STAGE};
use crate::process::bench::Bench;
use crier::admin::types::{DeliveryView, Ended, HoldView, PostView};

/// What the models count as wrong, and a crash may bring about.
const FORGIVEN: &[&str] = &[
    "facebook: bytes were sent again after the upload was whole",
    "facebook: a message outside its window was tried again",
];
/// How a post stands whose last call is still looked for.
const LOOKED_FOR: &str = "still looked for";
/// How what was there before begins.
const OWN: &[&str] = &["Before.", "Hello?"];

/// What the world has seen: posts by account and token, each with all ids that its platform has for it.
pub struct Wall {
    seen: BTreeMap<(String, String), Vec<Vec<String>>>,
    violations: Vec<String>,
}

fn first_word(text: &str) -> String {
    text.split_whitespace()
        .find(|word| !word.starts_with('@'))
        .unwrap_or_default()
        .to_owned()
}

/// By what a post on the wall is told.
fn token(post: &Value) -> String {
    if let Some(of) = post["repost_of"].as_str() {
        return format!("repost:{of}");
    }
    let text = post["sent"]
        .as_str()
        .or(post["text"].as_str())
        .unwrap_or_default();
    if text.is_empty() {
        return format!("bytes:{}", post["media"][0]["bytes"]);
    }
    first_word(text)
}

/// All ids of a post: its own, without its Page's, its video's.
fn ids(post: &Value) -> Vec<String> {
    let id = post["id"].as_str().unwrap();
    let labels = post["labels"].as_array().into_iter().flatten();
    let video = labels.filter_map(|label| label.as_str()?.strip_prefix("video "));
    let bare = id.split_once('_').map(|(_, bare)| bare);
    let all = std::iter::once(id).chain(bare).chain(video);
    all.map(str::to_owned).collect()
}

impl Wall {
    pub async fn look(bench: &Bench) -> Self {
        let state = bench.state().await;
        let mut seen: BTreeMap<(String, String), Vec<Vec<String>>> = BTreeMap::new();
        let mut violations = Vec::new();
        for (platform, vendor) in state.as_object().unwrap() {
            let Some(posts) = vendor["posts"].as_array() else {
                continue;
            };
            for post in posts {
                let account = post["username"].as_str().unwrap();
                if STAGE.accounts.contains(&account) {
                    let key = (account.to_owned(), token(post));
                    seen.entry(key).or_default().push(ids(post));
                }
            }
            let told = vendor["violations"].as_array().unwrap().iter();
            violations.extend(told.map(|what| format!("{platform}: {}", what.as_str().unwrap())));
        }
        for mail in state["mail"]["messages"].as_array().unwrap() {
            let key = (MAIL.to_owned(), first_word(mail["subject"].as_str().unwrap()));
            let id = mail["message_id"].as_str().unwrap().to_owned();
            seen.entry(key).or_default().push(vec![id]);
        }
        violations.retain(|what| !FORGIVEN.iter().any(|words| what.starts_with(words)));
        Self { seen, violations }
    }

    fn count(&self, account: &str, token: &str) -> usize {
        self.posts(account, token).len()
    }

    fn posts(&self, account: &str, token: &str) -> &[Vec<String>] {
        self.seen
            .get(&(account.to_owned(), token.to_owned()))
            .map_or(&[], Vec::as_slice)
    }

    /// The id of what a delivery waits to hear about, if it is out.
    pub fn find(&self, items: &Items, post: &PostView, delivery: &DeliveryView) -> Option<String> {
        let item = items.of(&post.file)?;
        let part = delivery.live.len();
        let tokens = item.versions().map(|version| item.token(version, part));
        let found = tokens.flat_map(|token| self.posts(&delivery.account, &token).to_vec());
        found.flatten().next()
    }
}

/// Looks at everything; what is wrong is told all at once.
pub fn judge(bench: &Bench, items: &Items, wall: &Wall, posts: &[PostView], struck: &Struck) -> String {
    let mut wrong = Vec::new();
    for ((account, token), ids) in &wall.seen {
        if ids.len() > 1 && !OWN.contains(&token.as_str()) {
            wrong.push(format!("TWICE: {token} on {account}: {ids:?}"));
        }
    }
    wrong.extend(wall.violations.iter().map(|v| format!("the sandbox says: {v}")));
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &items.all {
        let end = one(bench, item, wall, posts, struck, &mut wrong);
        *count.entry(end).or_default() += 1;
    }
    left_over(bench, posts, &mut wrong);
    let looked_for = count.get(LOOKED_FOR).copied().unwrap_or_default();
    if looked_for > 2 + items.all.len() / 20 {
        wrong.push(format!("{looked_for} posts are still looked for"));
    }
    assert!(wrong.is_empty(), "{}\n{struck:?}", wrong.join("\n"));
    let count: Vec<String> = count.iter().map(|(end, n)| format!("{n} {end}")).collect();
    format!("{} posts: {}", items.all.len(), count.join(", "))
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
        .accounts
        .iter()
        .flat_map(|a| item.dead.iter().map(move |v| (a, v)))
    {
        for token in (0..item.parts()).map(|part| item.token(*version, part)) {
            if wall.count(account, &token) > 0 {
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
        let open = post.deliveries.iter().filter(|d| d.outcome.is_none());
        let mut holds = open.filter_map(|d| d.hold.as_ref());
        return if holds.any(reason::looks) {
            LOOKED_FOR
        } else {
            "held for a true reason"
        };
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
        let note = delivery.get("note").and_then(toml::Value::as_str);
        if live.len() != item.parts() && !note.is_some_and(reason::comment_in_doubt) {
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
                let posts = wall.posts(account, &item.token(*version, part));
                posts.iter().flatten().any(|known| known == id)
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
                .map(|v| wall.count(account, &item.token(*v, part)));
            ids.sum()
        })
        .collect();
    if let Some(lie) = reason::lie(delivery, struck) {
        wrong.push(format!("{} on {account}: {lie}", item.name()));
    }
    let live = out.iter().filter(|n| **n > 0).count();
    let fits = match delivery.outcome.as_ref().map(|o| o.ended) {
        Some(Ended::Published) => {
            let words = delivery.outcome.as_ref().and_then(|o| o.words.as_deref());
            let doubt = words.is_some_and(reason::comment_in_doubt);
            out.iter()
                .enumerate()
                .all(|(part, n)| *n == 1 || doubt && part == 1 && *n == 0)
        }
        Some(Ended::Refused | Ended::GaveUp | Ended::Cancelled | Ended::Skipped) => live == 0,
        Some(Ended::Partial) => live > 0 && live < item.parts(),
        // What is looked for may be out, as may what waits to be asked about; what is held otherwise is not, as a whole.
        None => {
            let waits = |hold: &HoldView| reason::looks(hold) || hold.kind == "limit";
            live < item.parts() || delivery.hold.as_ref().is_some_and(waits)
        }
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
