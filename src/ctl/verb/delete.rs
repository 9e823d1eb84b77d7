//! `crierctl delete`

use crate::ctl::args::name;
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl delete club-threads 18012345678901234\n\nIds: `crierctl show POST` or `crierctl history ACCOUNT`. To stop a post that is not out yet: `crierctl cancel`."
)]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    account: AccountName,
    /// The platform's id of the post
    id: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let question = format!("Take {} back from {}? The world loses it.", args.id, args.account);
    ctl.confirm(&question, args.yes)?;
    let deleted = ctl
        .ask(async |client| client.delete_remote(&args.account, &args.id).await)
        .await?;
    ctl.show(&deleted, |_, _| {
        format!("{} is no longer on {}.", args.id, args.account)
    })
}
