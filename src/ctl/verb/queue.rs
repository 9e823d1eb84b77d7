//! `crierctl queue`

use crate::admin::types::{DeliveryView, PostFilter, PostPage, PostState, PreparingView, QueueView};
use crate::ctl::args::name;
use crate::ctl::page::{Page, Tone, cut, short_id};
use crate::ctl::{Ctl, Failure};
use crate::domain::id::{AccountName, QueueName};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl queue                      what waits, and why\n  crierctl queue news --state held    what needs a person\n  crierctl queue --state failed\n  crierctl queue --overview           the queues themselves: slots, next due"
)]
pub(in crate::ctl) struct Args {
    /// Only this queue
    #[arg(value_parser = name::<QueueName>)]
    queue: Option<QueueName>,
    /// Only what goes to this account
    #[arg(long, short, value_name = "NAME", value_parser = name::<AccountName>)]
    account: Option<AccountName>,
    /// Which posts
    #[arg(long, value_enum, default_value = "open")]
    state: State,
    /// At most so many
    #[arg(long, value_name = "N", default_value = "500")]
    limit: u32,
    /// The queues themselves
    #[arg(long)]
    overview: bool,
}

/// Which posts.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum State {
    /// With a delivery that has not ended
    Open,
    /// With a delivery that is held
    Held,
    /// All published
    Sent,
    /// Ended, not all published
    Failed,
    /// Every post that is remembered
    All,
}

impl From<State> for PostState {
    fn from(state: State) -> PostState {
        match state {
            State::Open => PostState::Open,
            State::Held => PostState::Held,
            State::Sent => PostState::Sent,
            State::Failed => PostState::Failed,
            State::All => PostState::All,
        }
    }
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    if args.overview {
        return overview(args.queue, ctl).await;
    }
    let mut filter = PostFilter {
        queue: args.queue,
        account: args.account,
        state: args.state.into(),
        after: None,
        limit: Some(args.limit.min(1000)),
    };
    let mut page = ctl.client.posts(&filter).await?;
    let max = usize::try_from(args.limit).unwrap_or(usize::MAX);
    while page.next.is_some() && page.items.len() < max {
        filter.after = page.next.take();
        let more = ctl.client.posts(&filter).await?;
        page.items.extend(more.items);
        page.next = more.next;
    }
    page.items.truncate(max);
    ctl.show(&page, draw)
}

async fn overview(queue: Option<QueueName>, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let queues = match queue {
        None => ctl.client.queues().await?,
        Some(name) => vec![ctl.client.queue(&name).await?],
    };
    ctl.show(&queues, draw_queues)
}

fn draw(posts: &PostPage, page: &Page) -> String {
    if posts.items.is_empty() && posts.preparing.is_empty() {
        return "Nothing.".to_owned();
    }
    let mut parts = Vec::new();
    if !posts.items.is_empty() {
        parts.push(draw_posts(posts, page));
    }
    if !posts.preparing.is_empty() {
        parts.push(preparing(&posts.preparing, page));
    }
    if posts.next.is_some() {
        parts.push("There is more: give a higher --limit.".to_owned());
    }
    parts.join("\n\n")
}

/// Files that are no posts yet.
pub(super) fn preparing(all: &[PreparingView], page: &Page) -> String {
    let line = |p: &PreparingView| {
        let since = page.when(p.since);
        format!(
            "{}/{} is being prepared: {}, since {since}",
            p.queue,
            p.file,
            p.words()
        )
    };
    let lines: Vec<String> = all.iter().map(line).collect();
    lines.join("\n")
}

fn draw_posts(posts: &PostPage, page: &Page) -> String {
    let mut table = page.table(&["ID", "QUEUE", "FILE", "DUE"]);
    for post in &posts.items {
        table.add_row([
            page.cell(short_id(&post.id), Tone::Plain),
            page.cell(&post.queue, Tone::Plain),
            page.cell(cut(&post.file, 32), Tone::Plain),
            page.cell(page.when_or(post.due, "next slot"), Tone::Plain),
        ]);
    }
    // No column here may be broken, so that every post has one line; its deliveries follow it, as reasons
    // follow their message in `postqueue`.
    let drawn = page.drawn(&mut table);
    let mut lines = drawn.lines();
    let mut text = lines.next().unwrap_or_default().to_owned();
    for (line, post) in lines.zip(&posts.items) {
        text += &format!("\n{line}");
        for delivery in &post.deliveries {
            let state = page.paint(&state(delivery, page), tone(delivery));
            text += &format!("\n  {}: {state}", delivery.account);
        }
    }
    text
}

/// One delivery's state in a line.
pub(super) fn state(delivery: &DeliveryView, page: &Page) -> String {
    if let Some(outcome) = &delivery.outcome {
        let words = outcome.words.as_deref().map(|words| format!(": {words}"));
        return format!("{}{}", outcome.ended.word(), words.unwrap_or_default());
    }
    match (&delivery.hold, &delivery.step) {
        (Some(hold), _) => format!("{}, {}", delivery.phase.word(), page.hold(hold)),
        (None, Some(step)) => format!("{}: {step}", delivery.phase.word()),
        (None, None) => delivery.phase.word().to_owned(),
    }
}

/// How much a delivery's state wants to be seen.
pub(super) fn tone(delivery: &DeliveryView) -> Tone {
    match &delivery.outcome {
        Some(outcome) => Tone::of_end(outcome.ended),
        None => Tone::of_phase(delivery.phase),
    }
}

fn draw_queues(queues: &Vec<QueueView>, page: &Page) -> String {
    if queues.is_empty() {
        return "No queues. Declare one as [queue.NAME] in the config, then `crierctl reload`.".to_owned();
    }
    let mut table = page.table(&[
        "QUEUE",
        "OPEN",
        "HELD",
        "NEXT DUE",
        "NEXT SLOT",
        "ACCOUNTS",
        "DIRECTORY",
    ]);
    for queue in queues {
        let slot = queue.next_slots.first().copied();
        table.add_row([
            page.cell(&queue.name, Tone::Plain),
            page.cell(queue.open, Tone::Plain),
            page.cell(queue.held, if queue.held > 0 { Tone::Warn } else { Tone::Plain }),
            page.cell(page.when_or(queue.next_due, "-"), Tone::Plain),
            page.cell(page.when_or(slot, "at once"), Tone::Plain),
            page.cell(queue.accounts.join(", "), Tone::Plain),
            page.cell(&queue.directory, Tone::Plain),
        ]);
    }
    let mut text = page.drawn(&mut table);
    for queue in queues {
        if let Some(reason) = &queue.frozen {
            text += &format!("\n\n{} is frozen: {reason}", queue.name);
        }
        if let Some(trouble) = &queue.trouble {
            text += &format!(
                "\n\n{}",
                page.paint(&format!("{}: {trouble}", queue.name), Tone::Bad)
            );
        }
    }
    text
}
