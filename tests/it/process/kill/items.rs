//! The posts of a marathon, and what is done to them.

use std::fs;
use std::path::PathBuf;

use crate::process::bench::{Bench, MAIL, THREADS};
use rustix::fs::{CWD, RenameFlags, renameat_with};

/// Seeded dice (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize].clone()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text,
    Picture,
    Thread,
    Mail,
}

/// One post and its story.
#[derive(Debug)]
pub struct Item {
    pub number: usize,
    pub kind: Kind,
    /// Exactly one of these versions goes out.
    pub alive: Vec<u32>,
    /// None of these does.
    pub dead: Vec<u32>,
    version: u32,
    pub removed: bool,
}

impl Item {
    pub fn queue(&self) -> &'static str {
        match self.kind {
            Kind::Text | Kind::Picture | Kind::Thread => "news",
            Kind::Mail => "mail",
        }
    }

    pub fn accounts(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Text | Kind::Picture | Kind::Thread => &THREADS,
            Kind::Mail => &[MAIL],
        }
    }

    pub fn parts(&self) -> usize {
        match self.kind {
            Kind::Thread => 3,
            Kind::Text | Kind::Picture | Kind::Mail => 1,
        }
    }

    pub fn stem(&self) -> String {
        format!("k{:04}", self.number)
    }

    pub fn name(&self) -> String {
        let ending = match self.kind {
            Kind::Text | Kind::Thread => "toml",
            Kind::Picture => "post",
            Kind::Mail => "md",
        };
        format!("{}.{ending}", self.stem())
    }

    /// The first word of a part of a version; no other text in the world has it.
    pub fn token(&self, version: u32, part: usize) -> String {
        format!("k{:04}v{version}p{part}", self.number)
    }

    fn content(&self, at: Option<&str>) -> String {
        let token = |part| self.token(self.version, part);
        let at = at.map(|at| format!("at = {at}\n")).unwrap_or_default();
        match self.kind {
            Kind::Text => format!("{at}text = \"{} is what we say.\"\n", token(0)),
            Kind::Picture => format!(
                "{at}text = \"{} shows a door.\"\nmedia = [{{ file = \"door.jpg\", alt = \"A door\" }}]\n",
                token(0)
            ),
            Kind::Thread => format!(
                "{at}text = \"{} begins.\"\nthread = [{{ text = \"{} goes on.\" }}, {{ text = \"{} ends.\" }}]\n",
                token(0),
                token(1),
                token(2)
            ),
            Kind::Mail => format!("+++\n{at}subject = \"{} news\"\n+++\nDear reader.\n", token(0)),
        }
    }

    /// The current version under a name that crier leaves alone.
    fn write_aside(&self, bench: &Bench, at: Option<&str>) -> PathBuf {
        let aside = bench.spool(self.queue(), &format!(".{}-{}.part", self.stem(), self.version));
        let content = self.content(at);
        if self.kind == Kind::Picture {
            fs::create_dir(&aside).unwrap();
            fs::copy("tests/media/tiny-200.jpg", aside.join("door.jpg")).unwrap();
            fs::write(aside.join("post.toml"), content).unwrap();
        } else {
            fs::write(&aside, content).unwrap();
        }
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
#[derive(Default)]
pub struct Items(pub Vec<Item>);

impl Items {
    /// Drops a file, edits one, or takes one away.
    pub fn act(&mut self, bench: &Bench, dice: &mut Dice) {
        match dice.below(10) {
            0..6 => self.drop_one(bench, dice),
            6 | 7 => self.edit(bench, dice),
            8 => self.edit_in_place(bench, dice),
            _ => self.remove(bench, dice),
        }
    }

    fn drop_one(&mut self, bench: &Bench, dice: &mut Dice) {
        let item = Item {
            number: self.0.len(),
            kind: dice.pick(&[Kind::Text, Kind::Picture, Kind::Thread, Kind::Mail, Kind::Mail]),
            alive: vec![0],
            dead: Vec::new(),
            version: 0,
            removed: false,
        };
        let aside = item.write_aside(bench, soon(dice).as_deref());
        fs::rename(aside, bench.spool(item.queue(), &item.name())).unwrap();
        self.0.push(item);
    }

    /// One of the last few that were dropped: older ones have begun.
    fn recent(&mut self, dice: &mut Dice) -> Option<&mut Item> {
        let from = self.0.len().saturating_sub(4);
        let open: Vec<usize> = (from..self.0.len()).filter(|i| !self.0[*i].removed).collect();
        if open.is_empty() {
            return None;
        }
        let chosen = dice.pick(&open);
        Some(&mut self.0[chosen])
    }

    /// New and old change places in one step: either crier has not claimed the old one, or nothing happens.
    fn edit(&mut self, bench: &Bench, dice: &mut Dice) {
        let at = soon(dice);
        let Some(item) = self.recent(dice) else { return };
        item.version += 1;
        let aside = item.write_aside(bench, at.as_deref());
        let home = bench.spool(item.queue(), &item.name());
        if renameat_with(CWD, &aside, CWD, &home, RenameFlags::EXCHANGE).is_ok() {
            item.dead.append(&mut item.alive);
            item.alive.push(item.version);
        } else {
            item.dead.push(item.version);
        }
    }

    /// As an editor does that writes into the file itself: which version goes out is a matter of luck, but one.
    fn edit_in_place(&mut self, bench: &Bench, dice: &mut Dice) {
        let at = soon(dice);
        let Some(item) = self.recent(dice) else { return };
        if item.kind == Kind::Picture {
            return;
        }
        let home = bench.spool(item.queue(), &item.name());
        let Ok(mut file) = fs::OpenOptions::new().write(true).truncate(true).open(home) else {
            return;
        };
        item.version += 1;
        std::io::Write::write_all(&mut file, item.content(at.as_deref()).as_bytes()).unwrap();
        item.alive.push(item.version);
    }

    /// Away with it, unless crier has claimed it.
    fn remove(&mut self, bench: &Bench, dice: &mut Dice) {
        let Some(item) = self.recent(dice) else { return };
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
        self.0.iter().find(|item| item.name() == file)
    }

    /// Those whose file still lies in its queue's directory or in `sending/`.
    pub fn untaken(&self, bench: &Bench) -> Vec<String> {
        let lies = |item: &&Item| {
            bench.spool(item.queue(), &item.name()).exists()
                || bench
                    .spool(item.queue(), &format!("sending/{}", item.name()))
                    .exists()
        };
        self.0.iter().filter(lies).map(Item::name).collect()
    }
}
