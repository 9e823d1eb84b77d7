//! What most verbs about posts take: a post, and perhaps one of its accounts.

use crate::admin::types::Target;
use crate::ctl::args::name;
use crate::domain::id::AccountName;

/// A post and perhaps one of its accounts.
#[derive(Debug, clap::Args)]
pub(super) struct TargetArgs {
    /// Id, first characters of an id, or the file's name
    #[arg(value_name = "POST")]
    pub(super) post: String,
    /// Only the delivery to this account
    #[arg(long, short, value_name = "NAME", value_parser = name::<AccountName>)]
    pub(super) account: Option<AccountName>,
    /// Only if the delivery is still at this revision (`crierctl show` prints it)
    #[arg(long, value_name = "N")]
    pub(super) if_revision: Option<u64>,
}

impl From<TargetArgs> for Target {
    fn from(args: TargetArgs) -> Target {
        Target {
            post: args.post,
            account: args.account,
            if_revision: args.if_revision,
        }
    }
}
