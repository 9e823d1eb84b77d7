//! `crierctl history`

use crate::admin::types::RemotePost;
use crate::ctl::args::name;
use crate::ctl::page::{Page, Tone, cut};
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl history club-threads\n  crierctl history club-threads --limit 5 --json | jq -r '.[].permalink'"
)]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    account: AccountName,
    /// At most so many
    #[arg(long, value_name = "N", default_value = "25")]
    limit: u32,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let posts = ctl
        .ask(async |client| client.history(&args.account, args.limit).await)
        .await?;
    ctl.show(&posts, draw)
}

fn draw(posts: &Vec<RemotePost>, page: &Page) -> String {
    if posts.is_empty() {
        return "The platform shows nothing.".to_owned();
    }
    let mut table = page.table(&["ID", "PUBLISHED", "KIND", "WORDS", "LINK"]);
    for post in posts {
        table.add_row([
            page.cell(&post.id, Tone::Plain),
            page.cell(post.published.as_deref().unwrap_or("-"), Tone::Plain),
            page.cell(&post.kind, Tone::Plain),
            page.cell(cut(&post.text, 40), Tone::Plain),
            page.cell(post.permalink.as_deref().unwrap_or("-"), Tone::Plain),
        ]);
    }
    page.drawn(&mut table)
}
