//! Requests about accounts.

use secrecy::{ExposeSecret, SecretString};

use crate::core::desk::{AccountSpec, Desk, Input, Scope};
use crate::core::life;
use crate::core::login::LoginKind;
use crate::core::platform::Standing;
use crate::domain::account::{Connection, ConnectionStatus};
use crate::domain::id::AccountName;
use crate::domain::time::Timestamp;
use crate::engine::accounts::{self, Callback, CallbackEnd, declared, detail};
use crate::engine::api::{
    self, AccountView, Answer, Caller, Capabilities, Dependent, EventKind, PastedRedirect, Problem,
    ProblemKind, ProfileView, TokenView,
};
use crate::engine::{Engine, Handle, journal, message_id, run};
use crate::web::Outcome;
use crate::web::callback::parse_pasted;

impl Handle {
    pub(super) async fn account_views(&self) -> Answer<Vec<AccountView>> {
        self.look(|engine| {
            engine
                .desk
                .house()
                .accounts
                .iter()
                .map(|(name, spec)| view(&engine.desk, name, spec))
                .collect()
        })
        .await
    }

    /// The calendar: accounts that have or had a token, the one that ends first on top.
    pub(super) async fn token_views(&self) -> Answer<Vec<TokenView>> {
        self.look(|engine| {
            let accounts = engine.desk.house().accounts.iter();
            let with_tokens = accounts.filter(|(_, spec)| {
                matches!(
                    spec.platform.login().kind(&spec.facts, &spec.options),
                    LoginKind::OAuth(_)
                )
            });
            let mut views: Vec<TokenView> = with_tokens
                .map(|(name, spec)| token_view(engine, name, spec))
                .collect();
            views.extend(leftovers(engine));
            views.sort_by_key(|v| (v.expires.is_none(), v.expires));
            views
        })
        .await
    }

    pub(in crate::engine) async fn account_view(&self, name: &AccountName) -> Answer<AccountView> {
        let spec = declared(self.shared(), name)?;
        let wanted = name.clone();
        self.look(move |engine| view(&engine.desk, &wanted, &spec)).await
    }

    /// What a person pasted: the whole redirected address, or its query.
    pub(super) async fn complete_pasted(
        &self,
        who: &Caller,
        name: &AccountName,
        redirect: PastedRedirect,
    ) -> Answer<AccountView> {
        declared(self.shared(), name)?;
        let callback = pasted(&redirect.0)?;
        // In a task of its own: whoever goes away meanwhile must not break off an exchange of a code.
        let (handle, by) = (self.clone(), who.clone());
        let work = tokio::spawn(async move { handle.finish_connect(&by, None, callback).await });
        let inside = |_| Problem::new(ProblemKind::Internal, "crier failed inside: its log says more");
        match work.await.map_err(inside)? {
            CallbackEnd::Connected { account, .. } => self.account_view(&account).await,
            CallbackEnd::Cancelled { account } => Err(Problem::new(
                ProblemKind::PlatformRefused,
                format!("{account}: the login was cancelled at the platform"),
            )),
            CallbackEnd::Stale => Err(Problem::new(
                ProblemKind::Conflict,
                "this login is unknown, used up or older than 30 minutes",
            )
            .help(format!("begin again: `crierctl connect {name}`"))),
            CallbackEnd::Waits { account, why } => Err(Problem::new(
                ProblemKind::PlatformUnavailable,
                format!("{account}: the platform gave its tokens, and {why}"),
            )
            .help(format!(
                "crier asks again by itself: `crierctl accounts {account}` says when it is connected"
            ))),
            CallbackEnd::Failed { why, .. } => Err(Problem::new(ProblemKind::PlatformRefused, why)
                .help(format!("begin again: `crierctl connect {name}`"))),
        }
    }

    pub(super) async fn disconnect_account(&self, who: &Caller, name: &AccountName) -> Answer<AccountView> {
        let spec = match declared(self.shared(), name) {
            Ok(spec) => Some(spec),
            // Tokens outlive the config's word of their account: they can still be forgotten.
            Err(_) if self.shared().vault.get(name).is_some() => None,
            Err(unknown) => return Err(unknown),
        };
        let _turn = self.shared().turns.of(name).await;
        let login = self.let_login_go(name, spec.as_ref()).await;
        self.forget_tokens(name).await.map_err(|e| run::storage(&e))?;
        let login = login.map(|login| format!("; {login}")).unwrap_or_default();
        let words = format!("disconnected by {}{login}", who.name);
        let connection = Connection {
            reason: Some(words.clone()),
            ..Connection::default()
        };
        let input = Input::Account(name.clone(), Box::new(connection));
        self.change(who, "account.disconnect", name.as_str(), vec![input], detail(&[]))
            .await?;
        let now = self.shared().clock.now();
        journal::account(
            self.shared(),
            name,
            EventKind::Disconnected,
            message_id::DISCONNECTED,
            &words,
            now,
        );
        match spec {
            Some(_) => self.account_view(name).await,
            None => Ok(undeclared(name, words)),
        }
    }

    pub(super) async fn refresh_account(&self, who: &Caller, name: &AccountName) -> Answer<AccountView> {
        self.change(who, "account.refresh", name.as_str(), Vec::new(), detail(&[]))
            .await?;
        self.refresh_now(name).await?;
        self.account_view(name).await
    }

    pub(super) async fn validate_account(&self, who: &Caller, name: &AccountName) -> Answer<AccountView> {
        self.change(who, "account.validate", name.as_str(), Vec::new(), detail(&[]))
            .await?;
        let proved = self.prove(name).await;
        proved.map(|_| ())?;
        self.account_view(name).await
    }

    pub(super) async fn profile_view(&self, name: &AccountName, force: bool) -> Answer<ProfileView> {
        declared(self.shared(), name)?;
        if force {
            self.prove(name).await?;
        }
        let connection = self.connection(name).await?;
        let as_of = connection.last_verified.map(Into::into);
        match connection.profile {
            Some(profile) => Ok(ProfileView::new(name.as_str(), &profile, as_of)),
            None => Err(Problem::new(
                ProblemKind::NotConnected,
                format!("account {name} was never connected"),
            )
            .help(format!("`crierctl connect {name}`"))),
        }
    }

    pub(super) async fn capabilities_view(&self, name: &AccountName) -> Answer<Capabilities> {
        let spec = declared(self.shared(), name)?;
        let connection = self.connection(name).await?;
        let standing = Standing {
            options: &spec.options,
            scopes: &connection.scopes,
            facts: &spec.facts_of(&connection),
            profile: &connection.profile.unwrap_or_default(),
        };
        let live = self.shared().live();
        let reach = accounts::reach_of(&live, &spec);
        Ok(api::capabilities(name.as_str(), spec.platform, &standing, reach))
    }

    pub(super) async fn take_back(&self, who: &Caller, name: &AccountName, id: &str) -> Answer<()> {
        self.change(
            who,
            "remote.delete",
            name.as_str(),
            Vec::new(),
            detail(&[("remote_id", id)]),
        )
        .await?;
        self.ask_delete(name, id).await?;
        let now = self.shared().clock.now();
        journal::tell(
            self.shared(),
            Some(name),
            None,
            EventKind::Deleted,
            format!("{id} was taken back"),
            now,
        );
        Ok(())
    }
}

fn pasted(redirect: &SecretString) -> Answer<Callback> {
    let wrong = || {
        Problem::new(
            ProblemKind::BadRequest,
            "this is not the address that the platform sent the browser to: it has no `code` and `state`",
        )
        .help("copy the whole address from the browser's address bar after you have agreed")
    };
    let query = parse_pasted(redirect.expose_secret()).map_err(|_| wrong())?;
    let state = query.state.ok_or_else(wrong)?.expose_secret().to_owned();
    match query.outcome {
        Outcome::Code(code) => Ok(Callback::Code { state, code }),
        Outcome::Refused {
            error, description, ..
        } => Ok(Callback::Refused {
            state,
            why: description.unwrap_or(error),
        }),
        Outcome::Empty => Err(wrong()),
    }
}

fn view(desk: &Desk, name: &AccountName, spec: &AccountSpec) -> AccountView {
    let connection = desk
        .account(name)
        .map(|a| a.connection.clone())
        .unwrap_or_default();
    let open = desk.all_deliveries().filter(|l| {
        l.id.account == *name && !matches!(l.record.phase, crate::core::delivery::Phase::Ended { .. })
    });
    let profile = connection.profile.clone();
    AccountView {
        name: name.to_string(),
        platform: spec.platform.name().to_owned(),
        status: connection.status,
        reason: connection.reason.clone(),
        handle: profile.as_ref().map(|p| p.handle.clone()),
        url: profile.and_then(|p| p.url),
        connected: connection.connected.map(Into::into),
        expires: connection.expires.map(Into::into),
        last_verified: connection.last_verified.map(Into::into),
        next_refresh: life::refresh_at(&connection, accounts::rule(spec), None).map(Into::into),
        refresh_failures: connection.refresh_failures,
        missing_scopes: missing(spec, &connection),
        scopes: connection.scopes,
        waiting: open.count() as u64,
        frozen: super::looks::frozen(desk, &Scope::Account(name.clone())),
    }
}

/// An account that the config declares no more.
fn undeclared(name: &AccountName, reason: String) -> AccountView {
    AccountView {
        name: name.to_string(),
        platform: String::new(),
        status: ConnectionStatus::Never,
        reason: Some(reason),
        handle: None,
        url: None,
        connected: None,
        expires: None,
        last_verified: None,
        next_refresh: None,
        refresh_failures: 0,
        scopes: Vec::new(),
        missing_scopes: Vec::new(),
        waiting: 0,
        frozen: None,
    }
}

/// One account's line in the calendar.
fn token_view(engine: &Engine, name: &AccountName, spec: &AccountSpec) -> TokenView {
    let connection = engine
        .desk
        .account(name)
        .map(|a| a.connection.clone())
        .unwrap_or_default();
    let set = engine.shared.vault.get(name).unwrap_or_default();
    let next_refresh = life::refresh_at(&connection, accounts::rule(spec), set.renewal_begun);
    let ends = life::lives_until(&connection, accounts::rule(spec));
    TokenView {
        account: name.to_string(),
        platform: spec.platform.name().to_owned(),
        status: connection.status,
        reason: connection.reason.clone(),
        expires: connection.expires.map(Into::into),
        renewal_ends: set.refresh_expires.map(Into::into),
        next_refresh: next_refresh.map(Into::into),
        refreshes: connection.refreshes,
        refresh_failures: connection.refresh_failures,
        last_verified: connection.last_verified.map(Into::into),
        missing_help: missing_help(name, spec, &connection),
        missing_scopes: missing(spec, &connection),
        dependents: dependents(&engine.desk, name, ends),
    }
}

/// Token sets of accounts that the config declares no more.
fn leftovers(engine: &Engine) -> impl Iterator<Item = TokenView> {
    let declared = &engine.desk.house().accounts;
    let names = engine.shared.vault.names().into_iter();
    names.filter(|name| !declared.contains_key(name)).map(|name| {
        let set = engine.shared.vault.get(&name).unwrap_or_default();
        let connection = engine.desk.account(&name).map(|a| a.connection.clone());
        let connection = connection.unwrap_or_default();
        TokenView {
            account: name.to_string(),
            platform: set.made_with.map(|made| made.platform).unwrap_or_default(),
            status: connection.status,
            reason: Some(format!(
                "no longer declared in the config: `crierctl disconnect {name}` forgets its tokens"
            )),
            expires: set.expires.map(Into::into),
            renewal_ends: set.refresh_expires.map(Into::into),
            next_refresh: None,
            refreshes: connection.refreshes,
            refresh_failures: connection.refresh_failures,
            last_verified: connection.last_verified.map(Into::into),
            missing_scopes: Vec::new(),
            missing_help: None,
            dependents: Vec::new(),
        }
    })
}

/// The posts that wait for an account, the earliest first.
fn dependents(desk: &Desk, name: &AccountName, ends: Option<Timestamp>) -> Vec<Dependent> {
    let open = desk.all_deliveries().filter(|look| {
        look.id.account == *name && !matches!(look.record.phase, crate::core::delivery::Phase::Ended { .. })
    });
    let mut waiting: Vec<(Timestamp, Dependent)> = open
        .filter_map(|look| {
            let post = desk.post(&look.id.post)?;
            let due = post.due;
            let dependent = Dependent {
                post: look.id.post.to_string(),
                file: post.post.origin.name().to_owned(),
                due: due.into(),
                in_danger: ends.is_some_and(|at| at <= due),
            };
            Some((due, dependent))
        })
        .collect();
    waiting.sort_by_key(|(due, _)| *due);
    waiting.into_iter().map(|(_, dependent)| dependent).collect()
}

/// Scopes that crier uses and that were not granted; nothing while the grants are not known.
fn missing(spec: &AccountSpec, connection: &Connection) -> Vec<String> {
    let used = spec.platform.login().scopes(&spec.facts, &spec.options);
    life::missing_scopes(&used, connection)
}

/// What to do about them.
fn missing_help(name: &AccountName, spec: &AccountSpec, connection: &Connection) -> Option<String> {
    if missing(spec, connection).is_empty() {
        return None;
    }
    let again = format!("connect again with `crierctl connect {name}`");
    Some(match spec.platform.login().before_granting(&spec.options) {
        Some(first) => format!("{first}, then {again}"),
        None => again,
    })
}
