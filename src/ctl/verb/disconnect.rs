//! `crierctl disconnect`

use super::accounts;
use crate::ctl::args::name;
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl disconnect club-threads\n  crierctl disconnect club-threads --yes     without asking, for scripts\n\nThe login is taken back at the platform too, where it has a call for that and no other account uses the same login (Meta's covers all\nPages and profiles of one person): the answer says what became of it. Also forgets tokens of accounts that the config no longer declares."
)]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    name: AccountName,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let question = format!(
        "Forget the tokens of {}? What waits for it is held until it is connected again.",
        args.name
    );
    ctl.confirm(&question, args.yes)?;
    let account = ctl.client.disconnect(&args.name).await?;
    ctl.show(&account, accounts::one)
}
