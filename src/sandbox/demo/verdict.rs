//! Whether the wall shows what was dropped, each exactly once.

use super::End;
use super::board::Board;
use super::drops::{Dropped, Expected};
use super::paint::Paint;
use crate::sandbox::models::mail::header;
use crate::sandbox::serve::Running;
use crate::sandbox::world::World;
use crate::say::say;

/// Counts, compares, and says so.
pub(super) fn speak(sandbox: &Running, all: &[Dropped], board: &Board, paint: Paint, took: &str) -> End {
    let world = sandbox.world();
    let mut wrong = board.complaints();
    for one in all {
        wrong.extend(
            compare(&one.expected, &world)
                .into_iter()
                .map(|w| format!("{}: {w}", one.name)),
        );
    }
    wrong.extend(strangers(all, &world));
    let (posts, mails) = (world.threads.published().len(), world.mail.messages().len());
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

fn compare(expected: &Expected, world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut before: Option<&str> = None;
    for (text, pictures) in &expected.posts {
        let found: Vec<_> = world
            .threads
            .published()
            .iter()
            .filter(|p| p.text == *text)
            .collect();
        let [post] = found.as_slice() else {
            wrong.push(format!("{} times on the wall: {text:?}", found.len()));
            continue;
        };
        if post.media.len() != *pictures {
            wrong.push(format!("{} pictures, not {pictures}: {text:?}", post.media.len()));
        }
        if post.reply_to.as_deref() != before {
            wrong.push(format!("it does not answer the one before: {text:?}"));
        }
        if expected.not_before.is_some_and(|due| post.at_ms < due) {
            wrong.push(format!("it went out before it was due: {text:?}"));
        }
        before = Some(&post.id);
    }
    for (subject, to) in &expected.mails {
        let count = mails(world, subject, to);
        if count != 1 {
            wrong.push(format!("{count} mails {subject:?} to {to}, not 1"));
        }
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
fn strangers(all: &[Dropped], world: &World) -> Vec<String> {
    let posts: usize = all.iter().map(|one| one.expected.posts.len()).sum();
    let mails: usize = all.iter().map(|one| one.expected.mails.len()).sum();
    let mut wrong = Vec::new();
    if world.threads.published().len() > posts {
        wrong.push(format!("there are more posts than the {posts} that were dropped"));
    }
    if world.mail.messages().len() > mails {
        wrong.push(format!("there are more mails than the {mails} that were dropped"));
    }
    for mail in world.mail.messages() {
        wrong.extend(
            mail.complaints
                .iter()
                .map(|c| format!("mail {}: {c}", mail.number)),
        );
    }
    if world.threads.violations != Default::default() {
        wrong.push(format!(
            "rules of Threads were broken: {:?}",
            world.threads.violations
        ));
    }
    wrong
}
