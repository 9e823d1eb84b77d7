//! Connecting: the authorize URL, what comes back, the tokens, the proof.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use super::exchange::Unfinished;
use super::{PAGE, declared, declared_as, detail, login_context};
use crate::core::call::{Answer as WireAnswer, Reply};
use crate::core::desk::{AccountSpec, Input};
use crate::core::login::{LoginContext, LoginKind, OAuthLogin, Pkce};
use crate::core::platform::{Platform, Told, Which};
use crate::domain::account::{Connection, ConnectionStatus, MadeWith, Profile};
use crate::domain::id::{AccountName, PlatformName};
use crate::domain::time::Timestamp;
use crate::engine::api::{Answer, Caller, ConnectStart, EventKind, Problem, ProblemKind};
use crate::engine::logins::{self, LOGIN_LIFE, Pending};
use crate::engine::{Handle, Shared, journal, message_id};
use crate::store::random;

/// Bytes of randomness in a state and in a PKCE verifier.
const STATE_BYTES: usize = 32;

/// What a vendor's redirect said.
pub enum Callback {
    /// A person agreed.
    Code {
        /// Whose login.
        state: String,
        /// The code.
        code: SecretString,
    },
    /// A person refused, or the vendor did.
    Refused {
        /// Whose login.
        state: String,
        /// In the vendor's words.
        why: String,
    },
}

/// What a person should be shown.
pub enum CallbackEnd {
    /// The account works.
    Connected {
        /// Which.
        account: AccountName,
        /// As whom.
        handle: String,
    },
    /// The person refused.
    Cancelled {
        /// Which.
        account: AccountName,
    },
    /// The state is unknown, used up or too old.
    Stale,
    /// The vendor gave tokens, and the login is not over: it is gone on with by itself.
    Waits {
        /// Which.
        account: AccountName,
        /// What is missing, after “the platform gave its tokens, and”.
        why: String,
    },
    /// It did not work.
    Failed {
        /// Which.
        account: AccountName,
        /// Why and what to do.
        why: String,
    },
}

impl Handle {
    /// Begins to connect an account.
    pub(in crate::engine) async fn begin_connect(
        &self,
        who: &Caller,
        name: &AccountName,
        page: Option<&str>,
    ) -> Answer<ConnectStart> {
        let mut spec = declared(&self.shared, name)?;
        if let (Some(page), Some(configured)) = (page, spec.options.get(PAGE))
            && page.trim() != configured.trim()
        {
            let why = format!("the config says `page = \"{configured}\"` for account {name}, not “{page}”");
            let help = "change it there and reload, or connect without --page";
            return Err(Problem::new(ProblemKind::Conflict, why).help(help));
        }
        choose(&mut spec, page);
        match spec.platform.login().kind(&spec.facts, &spec.options) {
            LoginKind::OAuth(login) => self.begin_oauth(who, name, &spec, &login, page).await,
            LoginKind::Password | LoginKind::Tokens => self.connect_by_password(who, name, &spec).await,
        }
    }

    async fn begin_oauth(
        &self,
        who: &Caller,
        name: &AccountName,
        spec: &AccountSpec,
        login: &OAuthLogin,
        page: Option<&str>,
    ) -> Answer<ConnectStart> {
        let now = self.shared.clock.now();
        let state = random::token(STATE_BYTES);
        let verifier = (login.pkce != Pkce::None).then(|| SecretString::from(random::token(STATE_BYTES)));
        let (redirect_uri, note) = self.redirect_uri(spec.platform);
        let platform = platform_name(spec)?;
        let ctx = login_context(&self.shared, name, spec, &redirect_uri);
        let authorize_url = self.authorize_url(spec, login, &ctx, &state, verifier.as_ref())?;
        let until = now + LOGIN_LIFE;
        let pending = Pending {
            account: name.clone(),
            platform,
            redirect_uri: redirect_uri.clone(),
            verifier,
            page: page.map(str::to_owned),
            until,
        };
        logins::remember(&self.shared, &state, &pending)
            .await
            .map_err(|e| crate::engine::run::storage(&e))?;
        self.change(
            who,
            "account.connect",
            name.as_str(),
            Vec::new(),
            detail(&[("step", "begun")]),
        )
        .await?;
        let advice = spec.platform.login().advice(&ctx);
        let note =
            Some(note.into_iter().chain(advice).collect::<Vec<_>>().join("\n")).filter(|n| !n.is_empty());
        Ok(ConnectStart::Visit {
            authorize_url,
            state_expires: until.into(),
            redirect_uri,
            note,
        })
    }

    /// Where the vendor sends the browser; without a public URL the person pastes what the browser shows.
    fn redirect_uri(&self, platform: &dyn Platform) -> (String, Option<String>) {
        match &self.shared.live().settings.callback {
            Some(callback) => (
                format!(
                    "{}/oauth/{}/callback",
                    callback.public_url.trim_end_matches('/'),
                    platform.name()
                ),
                None,
            ),
            None => {
                let note = "there is no [callback] in the config: after you agree, the browser shows an address that does not load; paste it with `crierctl connect ACCOUNT --paste`";
                (
                    platform.login().without_callback().to_owned(),
                    Some(note.to_owned()),
                )
            }
        }
    }

    fn authorize_url(
        &self,
        spec: &AccountSpec,
        login: &OAuthLogin,
        ctx: &LoginContext,
        state: &str,
        verifier: Option<&SecretString>,
    ) -> Answer<String> {
        let bad = |why: String| Problem::new(ProblemKind::Internal, why);
        let base = self
            .shared
            .live()
            .outside
            .host(spec.platform, login.host)
            .ok_or_else(|| bad(format!("no host {}", login.host)))?;
        let mut url = Url::parse(&format!("{}{}", base.trim_end_matches('/'), login.path))
            .map_err(|e| bad(e.to_string()))?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair(login.client_id_param, &ctx.client_id);
            query.append_pair("redirect_uri", &ctx.redirect_uri);
            // What is asked for may stand in a configuration at the vendor instead.
            if !login.scopes.is_empty() {
                query.append_pair("scope", &login.scopes.join(login.scope_separator));
            }
            query.append_pair("response_type", "code");
            query.append_pair("state", state);
            if let Some(verifier) = verifier {
                query.append_pair("code_challenge", &challenge(login.pkce, verifier));
                query.append_pair("code_challenge_method", "S256");
            }
            for (key, value) in &login.extra {
                query.append_pair(key, value);
            }
        }
        // Some vendors read `+` as itself (x.md 2.1: scopes are "space-separated, encoded %20").
        Ok(url.as_str().replace('+', "%20"))
    }

    async fn connect_by_password(
        &self,
        who: &Caller,
        name: &AccountName,
        spec: &AccountSpec,
    ) -> Answer<ConnectStart> {
        let profile = self.ask_profile(name, spec, &Connection::default()).await?;
        let now = self.shared.clock.now();
        let connection = Connection {
            status: ConnectionStatus::Connected,
            profile: Some(profile.clone()),
            connected: Some(now),
            last_verified: Some(now),
            made_with: made_with(&self.shared, name, None),
            ..Connection::default()
        };
        self.connected(who, name, connection).await?;
        let account = self.account_view(name).await?;
        let note = Some(format!("logged in as {}", profile.handle));
        Ok(ConnectStart::Connected {
            account: Box::new(account),
            note,
        })
    }

    /// A vendor's redirect, from the callback endpoint or pasted by a person.
    pub(in crate::engine) async fn finish_connect(
        &self,
        who: &Caller,
        platform: Option<&str>,
        callback: Callback,
    ) -> CallbackEnd {
        let now = self.shared.clock.now();
        let (Callback::Code { state, .. } | Callback::Refused { state, .. }) = &callback;
        let pending = match logins::take(&self.shared, state, now).await {
            Ok(Some(pending)) if platform.is_none_or(|p| p == pending.platform.as_str()) => pending,
            Ok(_) => return CallbackEnd::Stale,
            Err(error) => {
                tracing::error!("a login could not be looked up: {error}");
                return CallbackEnd::Stale;
            }
        };
        let account = pending.account.clone();
        match callback {
            Callback::Refused { why, .. } => {
                self.not_connected(&account, &why, now);
                CallbackEnd::Cancelled { account }
            }
            Callback::Code { code, .. } => match self.exchange(who, &pending, code).await {
                Ok(handle) => CallbackEnd::Connected { account, handle },
                Err(Unfinished::Waits(why)) => {
                    tracing::warn!(
                        "account {account}: its login is not over yet: its platform gave its tokens, and {why}"
                    );
                    CallbackEnd::Waits { account, why }
                }
                Err(Unfinished::Failed(problem)) => {
                    let why = problem.to_string();
                    self.not_connected(&account, &why, now);
                    CallbackEnd::Failed { account, why }
                }
            },
        }
    }

    /// Whoever waits for the end of this login hears of it.
    pub(super) fn not_connected(&self, account: &AccountName, why: &str, now: Timestamp) {
        journal::account(
            &self.shared,
            account,
            EventKind::LoginFailed,
            message_id::LOGIN_FAILED,
            &format!("not connected: {why}"),
            now,
        );
    }

    /// An account works: written down, told, and whatever waited for it goes on.
    pub(super) async fn connected(
        &self,
        who: &Caller,
        name: &AccountName,
        connection: Connection,
    ) -> Answer<()> {
        let handle = connection
            .profile
            .as_ref()
            .map(|p| p.handle.clone())
            .unwrap_or_default();
        let input = Input::Account(name.clone(), Box::new(connection));
        self.change(
            who,
            "account.connect",
            name.as_str(),
            vec![input],
            detail(&[("as", &handle)]),
        )
        .await?;
        let now = self.shared.clock.now();
        let words = match handle.as_str() {
            "" => "connected; its platform has not said yet as whom".to_owned(),
            handle => format!("connected as {handle}"),
        };
        journal::account(
            &self.shared,
            name,
            EventKind::Connected,
            message_id::CONNECTED,
            &words,
            now,
        );
        Ok(())
    }

    /// The cheap call that proves an account and tells who it is.
    pub(in crate::engine) async fn ask_profile(
        &self,
        name: &AccountName,
        spec: &AccountSpec,
        connection: &Connection,
    ) -> Answer<Profile> {
        told_of(name, self.ask_who(name, spec, connection).await?)
    }

    /// As [`Self::ask_profile`], in the platform's own terms.
    pub(in crate::engine) async fn ask_who(
        &self,
        name: &AccountName,
        spec: &AccountSpec,
        connection: &Connection,
    ) -> Answer<Told<Profile>> {
        let enquiry = super::enquiry(&self.shared, spec, connection);
        let call = spec.platform.enquiries().profile(&enquiry);
        let reply = self.ask(name, spec, Which::Profile, &call, &enquiry).await?;
        Ok(spec.platform.enquiries().read_profile(&enquiry, &reply))
    }
}

/// As [`told`], with the account's name in the help.
pub(in crate::engine) fn told_of<T>(name: &AccountName, said: Told<T>) -> Answer<T> {
    told(said).map_err(|problem| {
        if problem.kind == ProblemKind::NotConnected {
            problem.help(format!("`crierctl connect {name}`"))
        } else {
            problem
        }
    })
}

/// A choice made for one login stands over the config's.
pub(super) fn choose(spec: &mut AccountSpec, page: Option<&str>) {
    if let Some(page) = page {
        spec.options.insert(PAGE.to_owned(), page.to_owned());
    }
}

/// What an account that is connected now is connected with, and which identity was named for it.
pub(super) fn made_with(shared: &Shared, name: &AccountName, page: Option<&str>) -> Option<MadeWith> {
    let declared = declared_as(&shared.live(), name)?;
    Some(MadeWith {
        page: page.map(str::to_owned).or(declared.page),
        ..declared
    })
}

fn platform_name(spec: &AccountSpec) -> Answer<PlatformName> {
    PlatformName::new(spec.platform.name()).map_err(|e| Problem::new(ProblemKind::Internal, e.to_string()))
}

/// The verifier's hash as the vendor wants it (RFC 7636 4.2).
fn challenge(pkce: Pkce, verifier: &SecretString) -> String {
    use base64::Engine as _;
    let hash = Sha256::digest(verifier.expose_secret().as_bytes());
    match pkce {
        Pkce::None | Pkce::S256 => base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash),
        Pkce::S256Hex => hex::encode(hash),
    }
}

/// A complete answer, or a problem in the wire's words.
pub(in crate::engine) fn answered(answer: WireAnswer) -> Answer<Reply> {
    match answer {
        WireAnswer::Answered(reply) => Ok(reply),
        WireAnswer::NotSent(trouble) => Err(Problem::new(ProblemKind::PlatformUnavailable, trouble.why)),
        WireAnswer::Lost(why) => Err(Problem::new(ProblemKind::PlatformUnavailable, why)),
    }
}

/// What was asked for, or a problem of the fitting kind.
pub(in crate::engine) fn told<T>(told: Told<T>) -> Answer<T> {
    match told {
        Told::Yes(value) => Ok(value),
        Told::Later(why) => Err(Problem::new(ProblemKind::PlatformUnavailable, why)),
        Told::Reauthorise(why) | Told::Revoked(why) => {
            Err(Problem::new(ProblemKind::NotConnected, why).help("`crierctl connect ACCOUNT`"))
        }
        Told::Blocked(why) | Told::Unsupported(why) | Told::No(why) => {
            Err(Problem::new(ProblemKind::PlatformRefused, why))
        }
    }
}
