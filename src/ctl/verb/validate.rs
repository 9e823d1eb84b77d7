//! `crierctl validate`

use super::accounts;
use crate::ctl::args::name;
use crate::ctl::{Ctl, Failure};
use crate::domain::id::AccountName;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  crierctl validate club-threads && echo good")]
pub(in crate::ctl) struct Args {
    /// The account
    #[arg(value_parser = name::<AccountName>)]
    name: AccountName,
}

pub(super) async fn run(args: Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let account = ctl.ask(async |client| client.validate(&args.name).await).await?;
    ctl.show(&account, accounts::one)?;
    if account.status.usable() {
        return Ok(());
    }
    Err(Failure::Data(format!(
        "{} is {}. Connect it again with `crierctl connect {}`.",
        account.name,
        account.status.word(),
        account.name
    )))
}
