//! Whether the wall shows what was dropped, each exactly once.

use super::End;
use super::board::Board;
use super::cast;
use super::drops::{Answers, Dropped, Expected, Wish};
use super::paint::Paint;
use crate::sandbox::model::{WallKind, WallPost};
use crate::sandbox::models::mail::header;
use crate::sandbox::serve::Running;
use crate::sandbox::world::World;
use crate::say::say;

/// Counts, compares, and says so.
pub(super) fn speak(sandbox: &Running, all: &[Dropped], board: &Board, paint: Paint, took: &str) -> End {
    let world = sandbox.world();
    let wall = Wall::of(&world);
    let mut wrong = board.complaints();
    for one in all {
        let compared = compare(&one.expected, &wall, &world).into_iter();
        wrong.extend(compared.map(|what| format!("{}: {what}", one.name)));
    }
    wrong.extend(strangers(all, &wall, &world));
    let (posts, mails) = (wall.count(), world.mail.messages().len());
    drop(world);
    let refused = all
        .iter()
        .filter(|one| one.expected.accounts().is_empty())
        .count();
    if wrong.is_empty() {
        say!(
            "\n{} {posts} posts and {mails} mails are on the wall, each exactly once; {refused} file was refused. {took}",
            paint.good("✓")
        );
        return End::Whole;
    }
    say!(
        "\n{} {posts} posts and {mails} mails are on the wall, but:",
        paint.bad("✗")
    );
    for what in wrong {
        say!("  {what}");
    }
    End::Wanting
}

/// The posts of each account.
struct Wall(Vec<(&'static str, Vec<WallPost>)>);

impl Wall {
    fn of(world: &World) -> Self {
        let mut all = Vec::new();
        for part in cast::PARTS {
            let posts = world.vendor(part.platform).map(|vendor| vendor.posts());
            let posts = posts.unwrap_or_default();
            for role in part.roles {
                let own = |post: &&WallPost| post.username == role.profile && post.deleted_ms.is_none();
                all.push((role.account, posts.iter().filter(own).cloned().collect()));
            }
        }
        Self(all)
    }

    fn posts(&self, account: &str) -> &[WallPost] {
        let found = self.0.iter().find(|(name, _)| *name == account);
        found.map_or(&[], |(_, posts)| posts)
    }

    fn count(&self) -> usize {
        self.0.iter().map(|(_, posts)| posts.len()).sum()
    }
}

fn compare(expected: &Expected, wall: &Wall, world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut before: Option<&WallPost> = None;
    for wish in &expected.posts {
        let same = |post: &&WallPost| {
            let words = post.text == wish.text || post.sent.as_ref() == Some(&wish.text);
            // A repost has the words of the other's post.
            (words || wish.kind == WallKind::Repost) && post.kind == wish.kind
        };
        let found: Vec<&WallPost> = wall.posts(wish.account).iter().filter(same).collect();
        let shown = format!("{}: {:?}", wish.account, wish.text);
        let [post] = found.as_slice() else {
            wrong.push(format!(
                "{} times on the wall as {:?}: {shown}",
                found.len(),
                wish.kind
            ));
            continue;
        };
        wrong.extend(
            differences(wish, post, before)
                .into_iter()
                .map(|what| format!("{what}: {shown}")),
        );
        if expected.not_before.is_some_and(|due| post.at_ms < due) {
            wrong.push(format!("it went out before it was due: {shown}"));
        }
        before = Some(*post);
    }
    for (_, subject, to) in &expected.mails {
        let count = mails(world, subject, to);
        if count != 1 {
            wrong.push(format!("{count} mails {subject:?} to {to}, not 1"));
        }
    }
    wrong
}

fn differences(wish: &Wish, post: &WallPost, before: Option<&WallPost>) -> Vec<String> {
    let mut wrong = Vec::new();
    if post.media.len() != wish.media {
        wrong.push(format!(
            "{} pictures and films, not {}",
            post.media.len(),
            wish.media
        ));
    }
    if post.poll.len() != wish.choices {
        wrong.push(format!("a poll of {}, not of {}", post.poll.len(), wish.choices));
    }
    if post.link != wish.link {
        wrong.push(format!("a link to {:?}, not to {:?}", post.link, wish.link));
    }
    if post.to.as_deref() != wish.to {
        wrong.push(format!("sent to {:?}, not to {:?}", post.to, wish.to));
    }
    if post.quote.is_some() != wish.quotes {
        wrong.push("the quote is not as it was wished".to_owned());
    }
    let answers = match wish.answers {
        Answers::Nothing => post.reply_to.is_none(),
        Answers::Before => post.reply_to.as_ref() == before.map(|before| &before.id),
        Answers::Someone => post.reply_to.is_some(),
    };
    if !answers {
        wrong.push("it does not answer what it should".to_owned());
    }
    wrong
}

fn mails(world: &World, subject: &str, to: &str) -> usize {
    let messages = world.mail.messages().iter();
    messages
        .filter(|mail| mail.rcpts.iter().any(|rcpt| rcpt == to))
        .filter(|mail| header(&mail.bytes, "Subject").as_deref() == Some(subject))
        .count()
}

/// More than was dropped, or what the models complain about.
fn strangers(all: &[Dropped], wall: &Wall, world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    for role in cast::roles() {
        let wishes = all.iter().flat_map(|one| &one.expected.posts);
        let wished = wishes.filter(|wish| wish.account == role.account).count();
        if wall.posts(role.account).len() > wished {
            wrong.push(format!(
                "{} has more posts than the {wished} that were dropped",
                role.account
            ));
        }
    }
    let mails: usize = all.iter().map(|one| one.expected.mails.len()).sum();
    if world.mail.messages().len() > mails {
        wrong.push(format!("there are more mails than the {mails} that were dropped"));
    }
    for mail in world.mail.messages() {
        let complaints = mail.complaints.iter();
        wrong.extend(complaints.map(|what| format!("mail {}: {what}", mail.number)));
    }
    wrong.extend(
        world
            .violations()
            .into_iter()
            .map(|what| format!("a rule was broken: {what}")),
    );
    wrong
}
