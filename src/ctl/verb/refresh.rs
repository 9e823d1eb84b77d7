//! `crierctl refresh`

use super::accounts;
use crate::ctl::args::name;
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl refresh club-threads      crierd does this by itself, long before a token ends"
)]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    name: AccountName,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let account = ctl.ask(async |client| client.refresh(&args.name).await).await?;
    ctl.show(&account, accounts::one)
}
