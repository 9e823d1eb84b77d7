//! `crierctl profile`

use crate::admin::types::ProfileView;
use crate::ctl::args::name;
use crate::ctl::page::Page;
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl profile club-threads\n  crierctl profile club-threads --force    ask the platform, not the record"
)]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    name: AccountName,
    /// Ask the platform, not the record
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let profile = ctl
        .ask(async |client| client.profile(&args.name, args.force).await)
        .await?;
    ctl.show(&profile, draw)
}

fn draw(profile: &ProfileView, page: &Page) -> String {
    let mut facts = vec![
        ("account", profile.account.clone()),
        ("handle", profile.handle.clone()),
        ("name", profile.display_name.clone().unwrap_or_default()),
        ("page", profile.url.clone().unwrap_or_default()),
        ("id", profile.remote_id.clone()),
    ];
    facts.extend(
        profile
            .facts
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    );
    facts.push(("as of", page.when_or(profile.as_of, "not told")));
    page.facts(&facts)
}
