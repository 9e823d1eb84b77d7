//! One-off questions to platforms: proof, quotas, history, numbers, taking back.

use super::connect::{answered, told, told_of};
use super::{declared, enquiry, reach_of};
use crate::core::call::{Answer as WireAnswer, Call, Reply};
use crate::core::desk::{AccountSpec, Denial, House, Input, Proof, Request};
use crate::core::flow::Charge;
use crate::core::login::LoginKind;
use crate::core::platform::{Enquiry, Insight, RemotePost, Standing, Told, Which};
use crate::core::standing;
use crate::core::why::{hold_help, hold_words};
use crate::domain::account::{ConnectionStatus, Profile};
use crate::domain::hold::Hold;
use crate::domain::id::{AccountName, DeliveryId, PostId};
use crate::domain::post::{Content, Kind};
use crate::engine::api::{Answer, EventKind, Problem, ProblemKind};
use crate::engine::event::Event;
use crate::engine::outside::Extra;
use crate::engine::{Engine, Handle, Live, journal, message_id};

impl Engine {
    /// Asks every connected account's quota endpoint.
    pub(in crate::engine) fn ask_quotas(&self) {
        for name in self.accounts_that(ConnectionStatus::usable) {
            let handle = Handle::new(self.shared.clone());
            tokio::spawn(async move {
                if let Err(problem) = handle.ask_quota(&name).await {
                    tracing::debug!("account {name}: its quota was not told: {problem}");
                }
            });
        }
    }

    /// Proves every account that has a login with a cheap call, those too of which its platform wants something: they may
    /// work again as they are.
    pub(in crate::engine) fn validate_all(&self) {
        for name in self.accounts_that(ConnectionStatus::has_login) {
            let handle = Handle::new(self.shared.clone());
            tokio::spawn(async move {
                if let Err(problem) = handle.prove(&name).await {
                    tracing::info!("account {name}: not proved today: {problem}");
                }
            });
        }
    }

    /// Asks restricted accounts again at once of which the config now says something else than it did: what was wrong may
    /// have been that. Without a config of before: all of them.
    pub(in crate::engine) fn prove_restricted(&self, before: Option<&House>) {
        let now = &self.desk.house().accounts;
        for name in self.accounts_that(|status| status.has_login() && !status.usable()) {
            let was = before.and_then(|house| house.accounts.get(&name));
            let same = was.zip(now.get(&name));
            if same.is_some_and(|(was, is)| (&was.facts, &was.options) == (&is.facts, &is.options)) {
                continue;
            }
            let handle = Handle::new(self.shared.clone());
            tokio::spawn(async move {
                if let Err(problem) = handle.prove(&name).await {
                    tracing::info!("account {name}: not proved: {problem}");
                }
            });
        }
    }

    fn accounts_that(&self, are: impl Fn(ConnectionStatus) -> bool) -> Vec<AccountName> {
        let accounts = self.desk.house().accounts.keys();
        accounts
            .filter(|n| self.desk.account(n).is_some_and(|a| are(a.connection.status)))
            .cloned()
            .collect()
    }
}

impl Handle {
    /// Proves the token; who the account is may have changed. It holds the account's turn, so that nothing that it found
    /// out is put over what somebody else did meanwhile.
    pub(in crate::engine) async fn prove(&self, name: &AccountName) -> Answer<Profile> {
        let spec = declared(&self.shared, name)?;
        let _turn = self.shared.turns.of(name).await;
        let before = self.connection(name).await?;
        if matches!(
            spec.platform.login().kind(&spec.facts, &spec.options),
            LoginKind::OAuth(_)
        ) {
            self.has_token(name)?;
        }
        if let (Some(_), Some(why)) = (&before.set_aside, &before.reason) {
            return Err(Problem::new(ProblemKind::NotConnected, why.clone()));
        }
        let asked = self.shared.clock.now();
        let said = self.ask_who(name, &spec, &before).await?;
        let proof = Proof {
            asked,
            told: said.clone(),
        };
        self.send(Event::Input(Box::new(Input::Proved(
            name.clone(),
            Box::new(proof),
        ))))
        .await;
        let profile = told_of(name, said)?;
        let restricted = before.status.has_login() && !before.status.usable();
        if restricted {
            journal::account(
                &self.shared,
                name,
                EventKind::Connected,
                message_id::CONNECTED,
                &format!("works again as {}", profile.handle),
                self.shared.clock.now(),
            );
        }
        Ok(profile)
    }

    async fn ask_quota(&self, name: &AccountName) -> Answer<()> {
        let (spec, ctx) = self.asking(name, None).await?;
        let Some(call) = spec.platform.enquiries().quota(&ctx) else {
            return Ok(());
        };
        let reply = self.ask(name, &spec, Which::Quota, &call, &ctx).await?;
        let reports = told(spec.platform.enquiries().read_quota(&ctx, &reply))?;
        self.send(Event::Input(Box::new(Input::Quota(name.clone(), reports))))
            .await;
        Ok(())
    }

    pub(in crate::engine) async fn ask_history(
        &self,
        name: &AccountName,
        limit: u32,
    ) -> Answer<Vec<RemotePost>> {
        let (spec, ctx) = self.asking(name, Some("history")).await?;
        let call = spec.platform.enquiries().history(&ctx, limit);
        let call = call.ok_or_else(|| cannot(spec.platform.offers().history.rule(&spec.facts).err()))?;
        let reply = self.ask(name, &spec, Which::History(limit), &call, &ctx).await?;
        told(spec.platform.enquiries().read_history(&ctx, &reply))
    }

    pub(in crate::engine) async fn ask_insights(
        &self,
        name: &AccountName,
        id: Option<&str>,
    ) -> Answer<Vec<Insight>> {
        let (spec, mut ctx) = self.asking(name, Some("insights")).await?;
        if let Some(id) = id {
            ctx.of = self.published_as(name, id).await?;
        }
        let call = spec.platform.enquiries().insights(&ctx, id);
        let call = call.ok_or_else(|| cannot(spec.platform.offers().insights.rule(&spec.facts).err()))?;
        let reply = self.ask(name, &spec, Which::Insights, &call, &ctx).await?;
        told(spec.platform.enquiries().read_insights(&ctx, &reply))
    }

    /// Takes a live post back; repeating it is harmless, so a lost answer is simply asked again by a person.
    pub(in crate::engine) async fn ask_delete(&self, name: &AccountName, id: &str) -> Answer<()> {
        let (spec, mut ctx) = self.asking(name, Some("delete")).await?;
        ctx.of = self.published_as(name, id).await?;
        if ctx
            .of
            .as_ref()
            .is_some_and(|content| content.kind == Kind::Message)
        {
            let why = "a message cannot be taken back: who got it keeps it";
            return Err(Problem::new(ProblemKind::Unsupported, why));
        }
        let call = spec.platform.enquiries().delete(&ctx, id);
        let call = call.ok_or_else(|| cannot(spec.platform.offers().delete.rule(&spec.facts).err()))?;
        let (reply, counted) = self.ask_counted(name, &spec, Which::Delete, &call, &ctx).await?;
        let said = spec.platform.enquiries().read_delete(&ctx, &reply);
        match &said {
            // It may have come to something.
            Told::Yes(()) | Told::Later(_) => {}
            Told::Reauthorise(_)
            | Told::Revoked(_)
            | Told::Blocked(_)
            | Told::Unsupported(_)
            | Told::No(_) => self.undone(name, counted).await,
        }
        told(said)
    }

    /// What crier published under this id, as far as it remembers.
    async fn published_as(&self, name: &AccountName, id: &str) -> Answer<Option<Content>> {
        let (account, wanted) = (name.clone(), id.to_owned());
        self.look(move |engine| engine.desk.published_as(&account, &wanted).cloned())
            .await
    }

    /// What a request about a connected account may know; `cell`: what must not be refused to this account.
    async fn asking(&self, name: &AccountName, cell: Option<&str>) -> Answer<(AccountSpec, Enquiry)> {
        let spec = declared(&self.shared, name)?;
        let connection = self.connection(name).await?;
        if !connection.status.usable() {
            let why = connection
                .reason
                .unwrap_or_else(|| format!("account {name} {}", connection.status.predicate()));
            return Err(
                Problem::new(ProblemKind::NotConnected, why).help(format!("`crierctl connect {name}`"))
            );
        }
        let ctx = enquiry(&self.shared, &spec, &connection);
        match cell.and_then(|cell| refused(&self.shared.live(), (name, &spec), &ctx, cell)) {
            Some(why) => Err(Problem::new(ProblemKind::Unsupported, why)),
            None => Ok((spec, ctx)),
        }
    }

    /// Makes the call of a request, once the loop has let it go.
    pub(super) async fn ask(
        &self,
        name: &AccountName,
        spec: &AccountSpec,
        which: Which,
        call: &Call,
        ctx: &Enquiry,
    ) -> Answer<Reply> {
        let asked = self.ask_counted(name, spec, which, call, ctx).await;
        asked.map(|(reply, _)| reply)
    }

    /// The same, with what its rows of the ledger are known by.
    async fn ask_counted(
        &self,
        name: &AccountName,
        spec: &AccountSpec,
        which: Which,
        call: &Call,
        ctx: &Enquiry,
    ) -> Answer<(Reply, Option<PostId>)> {
        let charges = spec.platform.enquiries().charges(ctx, which);
        let changes = match which {
            Which::Delete => true,
            Which::Profile | Which::Quota | Which::History(_) | Which::Insights => false,
        };
        let counted = self.count(name, call, charges, changes).await?;
        // While the disk was full that took its time, and a signed call says when it is made.
        let (live, now) = (self.shared.live(), self.shared.clock.now());
        let (answer, _) = live
            .outside
            .call(&self.shared, name, None, call, &Extra::default(), now)
            .await;
        if let WireAnswer::NotSent(_) = &answer {
            self.undone(name, counted.clone()).await;
        }
        Ok((answered(answer)?, counted))
    }

    /// Nothing came of a request: what it counted against is free again.
    pub(super) async fn undone(&self, name: &AccountName, counted: Option<PostId>) {
        if let Some(post) = counted {
            let account = name.clone();
            let undone = Input::Undone(DeliveryId { post, account });
            self.send(Event::Input(Box::new(undone))).await;
        }
    }

    /// Enters what a call costs and counts against, and says under which id; or says what holds it.
    async fn count(
        &self,
        name: &AccountName,
        call: &Call,
        charges: Vec<Charge>,
        changes: bool,
    ) -> Answer<Option<PostId>> {
        let kind = call.kind().map(str::to_owned);
        if !changes && charges.is_empty() && kind.is_none() {
            return Ok(None);
        }
        let id = self.new_id()?;
        let request = Request {
            account: name.clone(),
            kind,
            charges,
            changes,
            id: id.clone(),
        };
        self.may_ask(request).await?;
        Ok(Some(id))
    }

    /// Whether a call of a login is made: one that costs is left out where there is no room for it. As whom it counts.
    pub(super) async fn may_log_in_with(
        &self,
        name: &AccountName,
        call: &Call,
        charges: Vec<Charge>,
    ) -> Answer<Option<PostId>> {
        if charges.is_empty() {
            return Ok(None);
        }
        self.count(name, call, charges, false).await
    }

    fn new_id(&self) -> Answer<PostId> {
        let millis = u64::try_from(self.shared.clock.now().0).unwrap_or(0);
        PostId::new(self.shared.ids.new_ulid(millis))
            .map_err(|e| Problem::new(ProblemKind::Internal, e.to_string()))
    }
}

/// Why this account cannot do it though its platform can.
fn refused(
    live: &Live,
    (name, spec): (&AccountName, &AccountSpec),
    ctx: &Enquiry,
    cell: &str,
) -> Option<String> {
    let standing = Standing {
        options: &ctx.options,
        scopes: &ctx.scopes,
        profile: &ctx.profile,
        facts: &ctx.facts,
    };
    standing::refusals(spec.platform, name.as_str(), &standing, reach_of(live, spec)).remove(cell)
}

/// What holds a request, in the words that hold a post.
pub(in crate::engine) fn held(name: &AccountName, (hold, until): &Denial) -> Problem {
    let limit = matches!(hold, Hold::Limit(_));
    let kind = if limit {
        ProblemKind::PlatformUnavailable
    } else {
        ProblemKind::Conflict
    };
    let help = match until {
        Some(until) => Some(format!(
            "there is room again at {until}; `crierctl limits {name}` shows what is used"
        )),
        None if limit => Some(format!(
            "it never fits: `crierctl limits {name}` shows the limit, the config can set another"
        )),
        None => hold_help(hold),
    };
    let problem = Problem::new(kind, hold_words(hold));
    match help {
        Some(help) => problem.help(help),
        None => problem,
    }
}

fn cannot(reason: Option<&'static str>) -> Problem {
    Problem::new(
        ProblemKind::Unsupported,
        reason.unwrap_or("the platform has no such call"),
    )
}
