//! The admin API's requests, answered by the engine.

mod accounts;
mod changes;
mod looks;

use async_trait::async_trait;
use tokio::sync::broadcast;

use super::Handle;
use super::api::{
    AccountView, Answer, AuditRecord, Caller, Capabilities, ConnectStart, Desk, Event, Freeze, Insight,
    LimitView, PastedRedirect, PostFilter, PostPage, PostView, ProfileView, QueueView, ReloadReport,
    RemotePost, Scope, Status, Submission, Submitted, Target, TokenView, Transcript, Verdict, Why,
};
use crate::domain::id::{AccountName, QueueName};
use crate::domain::time::Timestamp;

#[async_trait]
impl Desk for Handle {
    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }
    async fn status(&self) -> Answer<Status> {
        self.status_view().await
    }
    async fn accounts(&self) -> Answer<Vec<AccountView>> {
        self.account_views().await
    }
    async fn account(&self, name: &AccountName) -> Answer<AccountView> {
        self.account_view(name).await
    }
    async fn connect(&self, who: &Caller, name: &AccountName, page: Option<&str>) -> Answer<ConnectStart> {
        self.begin_connect(who, name, page).await
    }
    async fn tokens(&self) -> Answer<Vec<TokenView>> {
        self.token_views().await
    }
    async fn connect_complete(
        &self,
        who: &Caller,
        name: &AccountName,
        redirect: PastedRedirect,
    ) -> Answer<AccountView> {
        self.complete_pasted(who, name, redirect).await
    }
    async fn disconnect(&self, who: &Caller, name: &AccountName) -> Answer<AccountView> {
        self.disconnect_account(who, name).await
    }
    async fn refresh(&self, who: &Caller, name: &AccountName) -> Answer<AccountView> {
        self.refresh_account(who, name).await
    }
    async fn validate(&self, who: &Caller, name: &AccountName) -> Answer<AccountView> {
        self.validate_account(who, name).await
    }
    async fn profile(&self, name: &AccountName, force: bool) -> Answer<ProfileView> {
        self.profile_view(name, force).await
    }
    async fn capabilities(&self, name: &AccountName) -> Answer<Capabilities> {
        self.capabilities_view(name).await
    }
    async fn history(&self, name: &AccountName, limit: u32) -> Answer<Vec<RemotePost>> {
        self.ask_history(name, limit).await
    }
    async fn insights(&self, name: &AccountName, remote_id: Option<&str>) -> Answer<Vec<Insight>> {
        self.ask_insights(name, remote_id).await
    }
    async fn delete_remote(&self, who: &Caller, name: &AccountName, remote_id: &str) -> Answer<()> {
        self.take_back(who, name, remote_id).await
    }
    async fn posts(&self, filter: &PostFilter) -> Answer<PostPage> {
        self.post_page(filter.clone()).await
    }
    async fn post(&self, id: &str) -> Answer<PostView> {
        self.post_view(id).await
    }
    async fn staging(&self, queue: &QueueName) -> Answer<std::path::PathBuf> {
        self.staging_dir(queue).await
    }
    async fn submit(&self, who: &Caller, submission: Submission) -> Answer<Submitted> {
        self.submit_post(who, submission).await
    }
    async fn cancel(&self, who: &Caller, target: &Target) -> Answer<PostView> {
        self.cancel_post(who, target).await
    }
    async fn retry(&self, who: &Caller, target: &Target) -> Answer<PostView> {
        self.retry_post(who, target).await
    }
    async fn hold(&self, who: &Caller, target: &Target, reason: &str) -> Answer<PostView> {
        self.hold_post(who, target, reason).await
    }
    async fn release(&self, who: &Caller, target: &Target) -> Answer<PostView> {
        self.release_post(who, target).await
    }
    async fn resolve(&self, who: &Caller, target: &Target, verdict: Verdict) -> Answer<PostView> {
        self.resolve_post(who, target, verdict).await
    }
    async fn why(&self, id: &str) -> Answer<Why> {
        self.why_view(id).await
    }
    async fn transcript(&self, id: &str) -> Answer<Transcript> {
        self.transcript_view(id).await
    }
    async fn queues(&self) -> Answer<Vec<QueueView>> {
        self.queue_views().await
    }
    async fn queue(&self, name: &QueueName) -> Answer<QueueView> {
        self.queue_view(name).await
    }
    async fn limits(&self, account: Option<&AccountName>) -> Answer<Vec<LimitView>> {
        self.limit_views(account).await
    }
    async fn freeze(&self, who: &Caller, scope: Scope, reason: &str) -> Answer<Vec<Freeze>> {
        self.freeze_scope(who, scope, reason).await
    }
    async fn thaw(&self, who: &Caller, scope: Scope) -> Answer<Vec<Freeze>> {
        self.thaw_scope(who, scope).await
    }
    async fn reload(&self, who: &Caller) -> Answer<ReloadReport> {
        self.reload_config(who).await
    }
    async fn audit(&self, after: u64, limit: u32) -> Answer<Vec<AuditRecord>> {
        self.audit_records(after, limit)
    }
    fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }
}
