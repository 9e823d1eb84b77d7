//! The published limits, read from the facts documents once more, and made small.

use std::collections::BTreeMap;

use crier::domain::time::Span;
use crier::sandbox::model::{WallKind, WallPost};
use crier::sandbox::world::World;

use crate::sim::cast::Cast;

/// What a limit counts.
pub enum Counted {
    /// Posts that these are.
    Posts(fn(&WallPost) -> bool),
    /// Calls of a step, whatever came of them.
    Calls(&'static str),
    /// Calls of a step that worked.
    Made(&'static str),
    /// Mails, or their recipients.
    Mails { recipients: bool },
}

/// One limit.
pub struct Limit {
    /// Its name in the facts.
    pub fact: &'static str,
    /// In words.
    pub words: &'static str,
    pub window: Span,
    /// The small number.
    pub max: usize,
    pub counted: Counted,
    /// A month must fill it.
    pub fills: bool,
}

fn posts(fact: &'static str, window: Span, max: usize, counted: fn(&WallPost) -> bool) -> Limit {
    Limit {
        fact,
        words: fact,
        window,
        max,
        counted: Counted::Posts(counted),
        fills: true,
    }
}

fn calls(fact: &'static str, words: &'static str, max: usize, step: &'static str) -> Limit {
    Limit {
        fact,
        words,
        window: Span::mins(1),
        max,
        counted: Counted::Calls(step),
        fills: false,
    }
}

fn public(post: &WallPost) -> bool {
    match post.kind {
        WallKind::Post | WallKind::Reel | WallKind::Story => true,
        WallKind::Repost | WallKind::Comment | WallKind::Message | WallKind::Draft => false,
    }
}

/// Those of a platform, and of this login or mode of it.
pub fn of(cast: &Cast) -> Vec<Limit> {
    let day = Span::days(1);
    let quarter = Span::mins(15);
    let inbox = cast.options.contains(&("mode", "inbox"));
    match cast.platform {
        // threads.md 6.
        "threads" => vec![
            posts("posts", day, 3, |p| p.reply_to.is_none()),
            posts("replies", day, 3, |p| p.reply_to.is_some()),
        ],
        // instagram.md 6.
        "instagram" => vec![
            posts("posts", day, 3, public),
            Limit {
                counted: Counted::Made("instagram.create"),
                ..posts("containers", day, 8, public)
            },
        ],
        // facebook.md 6 and 4.4.
        "facebook" => vec![
            posts("posts", day, 4, public),
            posts("posts_at_once", Span::mins(1), 1, public),
            posts("reels", day, 1, |p| p.kind == WallKind::Reel),
        ],
        // tiktok.md 6.
        "tiktok" => {
            let daily = if inbox {
                posts("drafts", day, 2, |p| p.kind == WallKind::Draft)
            } else {
                posts("posts", day, 3, public)
            };
            let words = "calls that announce a post";
            vec![
                daily,
                calls("inits", words, 2, "tiktok.video_init"),
                calls("inits", words, 2, "tiktok.inbox_init"),
                calls("inits", words, 2, "tiktok.content_init"),
                calls(
                    "creator_infos",
                    "calls for what it may do",
                    3,
                    "tiktok.creator_info",
                ),
                calls("status_calls", "calls for how it stands", 4, "tiktok.status"),
            ]
        }
        // x.md 6.1.
        "x" => vec![
            posts("posts", quarter, 3, public),
            posts("posts_3h", Span::hours(3), 5, |p| {
                public(p) || p.kind == WallKind::Repost
            }),
            posts("posts_day", day, 6, |p| public(p) || p.kind == WallKind::Repost),
            Limit {
                fills: false,
                ..posts("reposts", quarter, 1, |p| p.kind == WallKind::Repost)
            },
            Limit {
                fills: false,
                ..posts("messages", quarter, 1, |p| p.kind == WallKind::Message)
            },
        ],
        // email.md 6.
        "email" => vec![
            Limit {
                counted: Counted::Mails { recipients: true },
                fills: false,
                ..posts("recipients", day, 12, public)
            },
            Limit {
                counted: Counted::Mails { recipients: false },
                ..posts("messages", Span::mins(1), 3, public)
            },
        ],
        other => panic!("whoever adds {other} says here what limits it publishes"),
    }
}

/// About as many posts as a day takes.
pub fn daily(cast: &Cast) -> usize {
    match cast.platform {
        "x" | "email" => 6,
        _ => of(cast)
            .iter()
            .filter(|l| l.window == Span::days(1))
            .map(|l| l.max)
            .max()
            .unwrap_or(1)
            .min(4),
    }
}

/// The same small numbers for the vendor.
pub fn make_small(world: &mut World, cast: &Cast) {
    let small: BTreeMap<&str, usize> = of(cast).iter().map(|l| (l.fact, l.max)).collect();
    let number = |fact: &str| small.get(fact).copied().unwrap_or(1);
    match cast.platform {
        "threads" => {
            world.threads.settings.post_quota = number("posts");
            world.threads.settings.reply_quota = number("replies");
        }
        "instagram" => {
            world.instagram.settings.post_quota = number("posts");
            world.instagram.settings.container_quota = number("containers");
        }
        "facebook" => world.facebook.settings.reels_quota = number("reels"),
        "tiktok" => {
            let settings = &mut world.tiktok.settings;
            settings.old_lifetimes = true;
            settings.posts_day = number("posts");
            settings.pending_shares = number("drafts");
            for limit in of(cast) {
                if let Counted::Calls(step) = limit.counted {
                    settings.limits.insert(step.to_owned(), limit.max);
                }
            }
        }
        "x" => {
            let settings = &mut world.x.settings;
            // A month of logging in every two hours is not what is looked at.
            settings.token_life_s = 10_000_000;
            settings.posts_3h = number("posts_3h");
            settings.posts_day = number("posts_day");
            for (step, fact) in [
                ("x.create", "posts"),
                ("x.repost", "reposts"),
                ("x.message", "messages"),
            ] {
                settings.user_limits.insert(step.to_owned(), number(fact) as u64);
            }
        }
        "email" => world.mail.settings.day_quota = Some(number("recipients")),
        _ => {}
    }
}
