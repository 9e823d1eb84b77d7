//! The verbs, one file each.

mod accounts;
mod audit;
mod cancel;
mod capabilities;
mod check;
mod completions;
mod connect;
mod delete;
mod disconnect;
mod events;
mod freeze;
mod history;
mod hold;
mod insights;
mod limits;
mod post;
mod profile;
mod queue;
mod refresh;
mod release;
mod reload;
mod resolve;
mod retry;
mod show;
mod status;
mod target;
mod thaw;
mod tokens;
mod validate;
mod why;

use clap::Subcommand;

use super::{Ctl, Failure};

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// The daemon in one look
    Status(status::Args),
    /// Accounts: how they stand, what they need
    Accounts(accounts::Args),
    /// Connect an account: in a browser, or by its password from the config
    Connect(connect::Args),
    /// Forget an account's tokens
    Disconnect(disconnect::Args),
    /// Renew an account's token now
    Refresh(refresh::Args),
    /// Prove an account's token with a cheap call
    Validate(validate::Args),
    /// Who an account is at its platform
    Profile(profile::Args),
    /// What an account can publish and do, and why not
    Capabilities(capabilities::Args),
    /// Hand a post over
    Post(post::Args),
    /// What waits, and why
    Queue(queue::Args),
    /// One post with its deliveries
    Show(show::Args),
    /// Why a post has not gone out, and when it will
    Why(why::Args),
    /// Hold a post until it is released
    Hold(hold::Args),
    /// End a hold
    Release(release::Args),
    /// Cancel what has not gone out of a post
    Cancel(cancel::Args),
    /// Try again what failed or waits to be tried again
    Retry(retry::Args),
    /// Settle an unknown outcome: say whether it is out
    Resolve(resolve::Args),
    /// Take a live post back at its platform
    Delete(delete::Args),
    /// What an account published, by its platform's word
    History(history::Args),
    /// Numbers of a live post or of an account
    Insights(insights::Args),
    /// The calendar of tokens: what ends when, what renews it, which posts depend on it
    Tokens(tokens::Args),
    /// How full each limit is: used, left, next free
    Limits(limits::Args),
    /// Check config and queue files, also before they are dropped; needs no daemon
    Check(check::Args),
    /// Read the config again: all or nothing
    Reload(reload::Args),
    /// Stop everything, or a platform, an account, a queue
    Freeze(freeze::Args),
    /// End a freeze
    Thaw(thaw::Args),
    /// What happens, as it happens
    Events(events::Args),
    /// Who changed what, chained by hashes
    Audit(audit::Args),
    /// Completions for a shell
    Completions(completions::Args),
}

/// Does it.
pub(super) async fn run(verb: Verb, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    match verb {
        Verb::Status(args) => status::run(args, ctl).await,
        Verb::Accounts(args) => accounts::run(args, ctl).await,
        Verb::Connect(args) => connect::run(args, ctl).await,
        Verb::Disconnect(args) => disconnect::run(args, ctl).await,
        Verb::Refresh(args) => refresh::run(args, ctl).await,
        Verb::Validate(args) => validate::run(args, ctl).await,
        Verb::Profile(args) => profile::run(args, ctl).await,
        Verb::Capabilities(args) => capabilities::run(args, ctl).await,
        Verb::Post(args) => post::run(args, ctl).await,
        Verb::Queue(args) => queue::run(args, ctl).await,
        Verb::Show(args) => show::run(args, ctl).await,
        Verb::Why(args) => why::run(args, ctl).await,
        Verb::Hold(args) => hold::run(args, ctl).await,
        Verb::Release(args) => release::run(args, ctl).await,
        Verb::Cancel(args) => cancel::run(args, ctl).await,
        Verb::Retry(args) => retry::run(args, ctl).await,
        Verb::Resolve(args) => resolve::run(args, ctl).await,
        Verb::Delete(args) => delete::run(args, ctl).await,
        Verb::History(args) => history::run(args, ctl).await,
        Verb::Insights(args) => insights::run(args, ctl).await,
        Verb::Tokens(args) => tokens::run(args, ctl).await,
        Verb::Limits(args) => limits::run(args, ctl).await,
        Verb::Check(args) => check::run(&args, ctl).await,
        Verb::Reload(args) => reload::run(args, ctl).await,
        Verb::Freeze(args) => freeze::run(args, ctl).await,
        Verb::Thaw(args) => thaw::run(args, ctl).await,
        Verb::Events(args) => events::run(args, ctl).await,
        Verb::Audit(args) => audit::run(args, ctl).await,
        Verb::Completions(args) => completions::run(&args, ctl),
    }
}
