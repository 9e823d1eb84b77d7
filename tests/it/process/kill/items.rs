//! The posts of a marathon, and what is done to them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::dice::Dice;
use super::kind::{KINDS, Kind, Sheet};
use super::stage::{self, Others};
use crate::process::bench::Bench;

/// The most versions of one post.
const VERSIONS: u32 = 16;

/// One post and its story.
#[derive(Debug)]
pub struct Item {
    pub number: usize,
    pub kind: Kind,
    pub accounts: Vec<&'static str>,
    /// Exactly one of these versions goes out.
    pub alive: Vec<u32>,
    /// None of these does.
    pub dead: Vec<u32>,
    version: u32,
    /// What each version reposts.
    reposted: BTreeMap<u32, String>,
    pub removed: bool,
}

impl Item {
    fn new(number: usize, dice: &mut Dice) -> Self {
        let kind = dice.pick(&KINDS);
        let mut accounts = vec![dice.pick(kind.accounts())];
        // Some go to a second account, some to all.
        if !kind.about_somebody() && dice.chance(40) {
            accounts.push(dice.pick(kind.accounts()));
            if dice.chance(25) {
                accounts.extend(kind.accounts());
            }
        }
        accounts.sort_unstable();
        accounts.dedup();
        Self {
            number,
            kind,
            accounts,
            alive: vec![0],
            dead: Vec::new(),
            version: 0,
            reposted: BTreeMap::new(),
            removed: false,
        }
    }

    pub fn queue(&self) -> &'static str {
        self.kind.queue()
    }

    pub fn parts(&self) -> usize {
        self.kind.parts()
    }

    pub fn stem(&self) -> String {
        format!("k{:04}", self.number)
    }

    pub fn name(&self) -> String {
        format!("{}.{}", self.stem(), self.kind.ending())
    }

    /// By what a part of a version is told on the wall: its first word, which no other text in the world has, or
    /// what takes the place of words.
    pub fn token(&self, version: u32, part: usize) -> String {
        if self.kind.by_length() {
            return format!("bytes:{}", self.kind.length(self.mark(version)));
        }
        if self.kind == Kind::Repost {
            let of = self.reposted.get(&version).map_or("", String::as_str);
            return format!("repost:{of}");
        }
        format!("k{:04}v{version}p{part}", self.number)
    }

    /// All versions that there ever were.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        0..=self.version
    }

    fn mark(&self, version: u32) -> usize {
        self.number * VERSIONS as usize + version as usize
    }

    /// Another version, with somebody's post to repost where that is what it does.
    async fn renewed(&mut self, bench: &Bench) {
        self.version += 1;
        assert!(self.version < VERSIONS);
        self.prepared(bench).await;
    }

    async fn prepared(&mut self, bench: &Bench) {
        if self.kind == Kind::Repost {
            let post = stage::somebody_posts(bench, self.accounts[0]).await;
            self.reposted.insert(self.version, post);
        }
    }

    fn sheet<'a>(&'a self, at: Option<&'a str>) -> Sheet<'a> {
        Sheet {
            kind: self.kind,
            accounts: &self.accounts,
            at,
            tokens: (0..self.parts())
                .map(|part| format!("k{:04}v{}p{part}", self.number, self.version))
                .collect(),
            reposted: self.reposted.get(&self.version).map(String::as_str),
            mark: self.mark(self.version),
        }
    }

    /// The current version under a name that crier leaves alone.
    fn write_aside(&self, bench: &Bench, others: &Others, at: Option<&str>) -> PathBuf {
        let aside = bench.spool(self.queue(), &format!(".{}-{}.part", self.stem(), self.version));
        self.sheet(at).write(&aside, others);
        aside
    }
}

fn soon(dice: &mut Dice) -> Option<String> {
    dice.chance(60).then(|| {
        let now = crier::engine::clock::Clock.now().0;
        let at = now + i64::try_from(dice.below(4000)).unwrap();
        crier::domain::time::Timestamp(at).to_string()
    })
}

/// All of them.
pub struct Items {
    pub all: Vec<Item>,
    others: Others,
}

impl Items {
    /// None yet; the others are there.
    pub fn new(others: Others) -> Self {
        Self {
            all: Vec::new(),
            others,
        }
    }

    /// Drops a file, edits one, or takes one away.
    pub async fn act(&mut self, bench: &Bench, dice: &mut Dice) {
        match dice.below(10) {
            0..6 => self.drop_one(bench, dice).await,
            6 | 7 => self.edit(bench, dice).await,
            8 => self.edit_in_place(bench, dice).await,
            _ => self.remove(bench, dice),
        }
    }

    async fn drop_one(&mut self, bench: &Bench, dice: &mut Dice) {
        let mut item = Item::new(self.all.len(), dice);
        item.prepared(bench).await;
        let aside = item.write_aside(bench, &self.others, soon(dice).as_deref());
        fs::rename(aside, bench.spool(item.queue(), &item.name())).unwrap();
        self.all.push(item);
    }

    /// One of the last few that were dropped: older ones have begun.
    fn recent(&self, dice: &mut Dice) -> Option<usize> {
        let from = self.all.len().saturating_sub(4);
        let open: Vec<usize> = (from..self.all.len()).filter(|i| !self.all[*i].removed).collect();
        (!open.is_empty()).then(|| dice.pick(&open))
    }

    /// New and old change places in one step: either crier has not claimed the old one, or nothing happens.
    async fn edit(&mut self, bench: &Bench, dice: &mut Dice) {
        let at = soon(dice);
        let Some(chosen) = self.recent(dice) else { return };
        let item = &mut self.all[chosen];
        item.renewed(bench).await;
        let aside = item.write_aside(bench, &self.others, at.as_deref());
        let home = bench.spool(item.queue(), &item.name());
        if renameat_with(CWD, &aside, CWD, &home, RenameFlags::EXCHANGE).is_ok() {
            item.dead.append(&mut item.alive);
            item.alive.push(item.version);
        } else {
            item.dead.push(item.version);
        }
    }

    /// As an editor does that writes into the file itself: which version goes out is a matter of luck, but one.
    async fn edit_in_place(&mut self, bench: &Bench, dice: &mut Dice) {
        let at = soon(dice);
        let Some(chosen) = self.recent(dice) else { return };
        let item = &mut self.all[chosen];
        if item.kind.bundle() {
            return;
        }
        let home = bench.spool(item.queue(), &item.name());
        let Ok(mut file) = fs::OpenOptions::new().write(true).open(home) else {
            return;
        };
        item.renewed(bench).await;
        item.alive.push(item.version);
        let text = item.sheet(at.as_deref()).text(&self.others);
        file.set_len(0).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    }

    /// Away with it, unless crier has claimed it.
    fn remove(&mut self, bench: &Bench, dice: &mut Dice) {
        let Some(chosen) = self.recent(dice) else { return };
        let item = &mut self.all[chosen];
        let home = bench.spool(item.queue(), &item.name());
        let away = bench.path("removed");
        fs::create_dir_all(&away).unwrap();
        if fs::rename(home, away.join(item.name())).is_ok() {
            item.removed = true;
            item.dead.append(&mut item.alive);
        }
    }

    /// Whose post this is.
    pub fn of(&self, file: &str) -> Option<&Item> {
        self.all.iter().find(|item| item.name() == file)
    }

    /// Those whose file still lies in its queue's directory or in `sending/`.
    pub fn untaken(&self, bench: &Bench) -> Vec<String> {
        let lies = |item: &&Item| {
            bench.spool(item.queue(), &item.name()).exists()
                || bench
                    .spool(item.queue(), &format!("sending/{}", item.name()))
                    .exists()
        };
        self.all.iter().filter(lies).map(Item::name).collect()
    }
}
