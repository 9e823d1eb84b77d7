//! What the admin socket asks of the engine: one method per request, and the plain data that they answer.
//!
//! The engine implements [`Desk`]; `admin` puts it on the socket, and `ctl` shows it to people. The data
//! here is the wire's: names are strings, times are [`Time`] (RFC 3339 in UTC), lengths of time are whole
//! seconds in fields that end in `_secs`. Nothing here ever holds a secret but [`PastedRedirect`].
//!
//! Every changing method gets the [`Caller`] and writes an audit record ([`crate::core::audit`]) in the
//! same commit as the change. Rights have been checked by the time a method is called.

mod account;
mod capabilities;
mod event;
mod post;
mod problem;
mod queue;
mod status;
mod submit;
mod time;

use async_trait::async_trait;
use tokio::sync::broadcast;

pub use crate::core::audit::{AuditRecord, Caller, Role};
pub use crate::core::platform::{Insight, RemotePost};
use crate::domain::id::{AccountName, QueueName};
use crate::domain::time::Timestamp;
pub use account::{AccountView, ConnectStart, Dependent, PastedRedirect, ProfileView, TokenView};
pub use capabilities::{Capabilities, Capability, LimitFact, capabilities, items as offered};
pub use event::{Event, EventKind};
pub use post::{
    AttemptView, DeliveryView, Ended, HoldView, LiveView, OutcomeView, PhaseName, PostFilter, PostPage,
    PostState, PostView, PreparingView, Target, Transcript, Verdict, Why, WhyDelivery, WhyLink,
};
pub use problem::{Problem, ProblemKind};
pub use queue::{Freeze, LimitView, QueueView, ReloadReport, Scope};
pub use status::{AccountsSummary, CallbackStatus, ConfigStatus, Counts, Status, StoreStatus};
pub use submit::{Format, Submission, Submitted, Upload};
pub use time::Time;

/// What every method answers.
pub type Answer<T> = Result<T, Problem>;

/// The engine as the admin socket sees it.
///
/// Posts are named by `&str`: the full id, any unambiguous beginning of it (four characters at least), or
/// the file's name in its queue. None found: `NotFound`; several: `Ambiguous`, with the candidates in the
/// help.
#[async_trait]
pub trait Desk: Send + Sync + 'static {
    /// The engine's time; answers carry it, so that clients can say "in 5 minutes" by the daemon's clock.
    fn now(&self) -> Timestamp;

    /// The daemon in one look. Must answer even when the engine is busy or the store has failed.
    async fn status(&self) -> Answer<Status>;

    /// All accounts of the config in its order.
    async fn accounts(&self) -> Answer<Vec<AccountView>>;
    /// One account.
    async fn account(&self, name: &AccountName) -> Answer<AccountView>;
    /// Begins to connect an account: an authorize URL; or, for accounts whose config holds all that is
    /// needed (mail), the check itself.
    /// `page`: which of several identities of the login (a Page, by id or name), over what the config says.
    async fn connect(&self, who: &Caller, name: &AccountName, page: Option<&str>) -> Answer<ConnectStart>;
    /// The calendar of tokens: what ends when, what renews it, what depends on it.
    async fn tokens(&self) -> Answer<Vec<TokenView>>;
    /// Finishes a login with the redirect's URL as a person pasted it, on machines without a public URL.
    async fn connect_complete(
        &self,
        who: &Caller,
        name: &AccountName,
        redirect: PastedRedirect,
    ) -> Answer<AccountView>;
    /// Forgets the account's tokens. Deliveries that wait for it are held.
    async fn disconnect(&self, who: &Caller, name: &AccountName) -> Answer<AccountView>;
    /// Renews the token now, whatever its age. An answer that is not final changes nothing.
    async fn refresh(&self, who: &Caller, name: &AccountName) -> Answer<AccountView>;
    /// Proves the token with a cheap call.
    async fn validate(&self, who: &Caller, name: &AccountName) -> Answer<AccountView>;
    /// Who the account is; `force` asks the platform instead of the record.
    async fn profile(&self, name: &AccountName, force: bool) -> Answer<ProfileView>;
    /// What the account can publish and do, with the limits and the reasons ([`capabilities`]).
    async fn capabilities(&self, name: &AccountName) -> Answer<Capabilities>;
    /// What the account published, by its platform's word, newest first; at most `limit`.
    async fn history(&self, name: &AccountName, limit: u32) -> Answer<Vec<RemotePost>>;
    /// Numbers of a live post (its platform's id), or of the account.
    async fn insights(&self, name: &AccountName, remote_id: Option<&str>) -> Answer<Vec<Insight>>;
    /// Takes a live post back at its platform. Gone already counts as done.
    async fn delete_remote(&self, who: &Caller, name: &AccountName, remote_id: &str) -> Answer<()>;

    /// Posts that pass the filter, oldest first, a page at a time.
    async fn posts(&self, filter: &PostFilter) -> Answer<PostPage>;
    /// One post with its deliveries.
    async fn post(&self, id: &str) -> Answer<PostView>;
    /// Where uploads for this queue are collected: a directory on the spool's file system that the scan
    /// leaves alone. Exists when this returns. `NotFound`: no such queue.
    async fn staging(&self, queue: &QueueName) -> Answer<std::path::PathBuf>;
    /// Admits a post as if its file had been dropped; durable when this returns. The staged uploads are
    /// taken (renamed) into the queue's directory. Mistakes: `PostInvalid` with the diagnostics, and
    /// nothing stays behind. A name that is taken: `Conflict`.
    async fn submit(&self, who: &Caller, submission: Submission) -> Answer<Submitted>;
    /// Cancels what has not gone out of the target. Nothing left to cancel: `Conflict` that says why.
    async fn cancel(&self, who: &Caller, target: &Target) -> Answer<PostView>;
    /// Tries again what failed or waits to be tried again; never what is out or in doubt.
    async fn retry(&self, who: &Caller, target: &Target) -> Answer<PostView>;
    /// A person's hold.
    async fn hold(&self, who: &Caller, target: &Target, reason: &str) -> Answer<PostView>;
    /// Ends a person's hold, and holds that ask for a person's leave (too late, duplicate).
    async fn release(&self, who: &Caller, target: &Target) -> Answer<PostView>;
    /// Settles an unknown outcome. The target must name an account, or the post have one delivery in doubt.
    async fn resolve(&self, who: &Caller, target: &Target, verdict: Verdict) -> Answer<PostView>;
    /// Why it has not gone out (or went out late) and when it will.
    async fn why(&self, id: &str) -> Answer<Why>;
    /// Every attempt of every delivery, redacted.
    async fn transcript(&self, id: &str) -> Answer<Transcript>;

    /// All queues of the config in its order.
    async fn queues(&self) -> Answer<Vec<QueueView>>;
    /// One queue.
    async fn queue(&self, name: &QueueName) -> Answer<QueueView>;
    /// How full each limit is, of all accounts or of one.
    async fn limits(&self, account: Option<&AccountName>) -> Answer<Vec<LimitView>>;

    /// Stops everything in the scope before its next call. Freezing twice replaces the reason.
    async fn freeze(&self, who: &Caller, scope: Scope, reason: &str) -> Answer<Vec<Freeze>>;
    /// Ends a freeze. Not frozen: `Conflict`.
    async fn thaw(&self, who: &Caller, scope: Scope) -> Answer<Vec<Freeze>>;
    /// Reads the config again: all or nothing. Mistakes: `ConfigInvalid` with the diagnostics.
    async fn reload(&self, who: &Caller) -> Answer<ReloadReport>;
    /// Audit records with a number above `after`, in order; at most `limit`.
    async fn audit(&self, after: u64, limit: u32) -> Answer<Vec<AuditRecord>>;
    /// What happens from now on. A receiver that is too slow loses the oldest and is told so.
    fn events(&self) -> broadcast::Receiver<Event>;
}
