//! From a code to an account that works: the calls of a login, one after another.
//!
//! | step | on disk afterwards | a crash after it |
//! | --- | --- | --- |
//! | the vendor answers the code with tokens, and the account's turn has come | they, as a login that came half way | the next start goes on with the next step |
//! | longer tokens in their place | the same with them | the same |
//! | it says who it is, asked again while it does not answer | the same | it is asked again |
//! | the tokens take the place of the account's, the account is connected | both, and the half | what is connected since is not connected again, what was renewed since is kept |
//!
//! A disk that does not take what must be written ends no login: its tokens stay in memory until it does.
//!
//! Until its last step nothing of the account's own login changes.

use secrecy::SecretString;
use tokio::sync::OwnedMutexGuard;

use super::connect::{choose, made_with};
use super::half::{self, Half, HalfError};
use super::{declared, declared_as, login_context};
use crate::core::call::{Answer as WireAnswer, Call, HttpCall, HttpReply, Reply, SecretName};
use crate::core::desk::AccountSpec;
use crate::core::life;
use crate::core::login::{LoginContext, LoginNext, LoginReading, TokenSet};
use crate::domain::account::{Connection, ConnectionStatus};
use crate::domain::id::AccountName;
use crate::domain::time::Span;
use crate::engine::api::{Caller, Problem, ProblemKind};
use crate::engine::logins::Pending;
use crate::engine::outside::Extra;
use crate::engine::{Handle, Shared};

/// How often a call is made while it has no usable answer and a person waits.
const TRIES: u32 = 3;
/// Between two of these tries.
const PAUSE: Span = Span::secs(1);
/// A person at a browser does not wait longer than this for another try.
const PATIENCE: Span = Span::secs(20);
/// Between two tries to write down what a vendor gives only once.
const WRITE_PAUSE: Span = Span::secs(2);
/// How long a login that came half way is gone on with.
const HALF_LIFE: Span = Span::days(1);
/// When an account is asked who it is, after a login that did not say it.
const ASK_AFTER: Span = Span::mins(1);

/// Why a login has not come to its end.
pub(super) enum Unfinished {
    /// It never will: a person must begin again.
    Failed(Problem),
    /// Its tokens are kept, and it is gone on with by itself. What is missing, after “the platform gave its tokens, and”.
    Waits(String),
}

impl Unfinished {
    fn silent(why: &str) -> Self {
        Self::Waits(format!("it does not say yet whose they are: {why}"))
    }

    fn unwritten(why: impl std::fmt::Display) -> Self {
        Self::Waits(format!("they cannot be written down yet: {why}"))
    }
}

/// A login on its way.
struct Course {
    half: Half,
    spec: AccountSpec,
    ctx: LoginContext,
    extra: Extra,
    /// From the first tokens on nobody else changes the account's.
    turn: Option<OwnedMutexGuard<()>>,
    /// What the vendor gave last is not on the disk.
    unkept: bool,
}

impl Course {
    fn new(shared: &Shared, half: Half, mut spec: AccountSpec) -> Self {
        choose(&mut spec, half.page.as_deref());
        let mut ctx = login_context(shared, &half.account, &spec, &half.redirect_uri);
        half.tell(&mut ctx);
        let mut extra = Extra::default();
        if let Some(access) = &half.set.access {
            extra.put(SecretName::AccessToken, access.clone());
        }
        Self {
            half,
            spec,
            ctx,
            extra,
            turn: None,
            unkept: false,
        }
    }
}

impl Handle {
    /// A person agreed: the code becomes tokens, and these a connected account; answers its name at the vendor.
    pub(super) async fn exchange(
        &self,
        who: &Caller,
        pending: &Pending,
        code: SecretString,
    ) -> Result<String, Unfinished> {
        let name = &pending.account;
        let spec = declared(&self.shared, name).map_err(Unfinished::Failed)?;
        let now = self.shared.clock.now();
        let half = Half {
            page: pending.page.clone(),
            made_with: made_with(&self.shared, name, pending.page.as_deref()),
            ..Half::new(name.clone(), pending.redirect_uri.clone(), now)
        };
        let mut course = Course::new(&self.shared, half, spec);
        course.extra.put(SecretName::Code, code);
        if let Some(verifier) = &pending.verifier {
            course.extra.put(SecretName::Verifier, verifier.clone());
        }
        let ended = self.run(who, &mut course).await;
        if let Err(Unfinished::Waits(_)) = &ended {
            let (handle, name) = (self.clone(), name.clone());
            tokio::spawn(async move {
                let at_once = course.unkept;
                handle.keep_at_last(course).await;
                handle.go_on(&name, at_once).await;
            });
        }
        ended
    }

    /// To its end, or as far as it comes. What failed for good is forgotten.
    async fn run(&self, who: &Caller, course: &mut Course) -> Result<String, Unfinished> {
        let walked = self.walk(course).await;
        if let Err(Unfinished::Failed(_)) = &walked
            && course.half.set.access.is_some()
        {
            self.forget_half(&course.half.account).await;
        }
        walked?;
        self.settle(who, course).await
    }

    async fn walk(&self, course: &mut Course) -> Result<(), Unfinished> {
        let login = course.spec.platform.login();
        loop {
            let reading = match login.connect_step(course.half.n, &course.ctx) {
                LoginNext::Call(call) => self.ask_step(course, call).await?,
                LoginNext::Pass => LoginReading::Skip,
                LoginNext::Done => return Ok(()),
            };
            self.take_step(course, reading).await?;
        }
    }

    /// What the answer to a step's call means. Once the tokens are there a step only looks, so it is asked again.
    async fn ask_step(&self, course: &Course, call: HttpCall) -> Result<LoginReading, Unfinished> {
        let (name, call) = (&course.half.account, Call::Http(call));
        let charges = course
            .spec
            .platform
            .login()
            .charges(course.half.n, &course.ctx.facts);
        let begun = self.shared.clock.now();
        let mut tries = 0;
        loop {
            let Ok(counted) = self.may_log_in_with(name, &call, charges.clone()).await else {
                return Ok(LoginReading::Skip);
            };
            tries += 1;
            let (live, now) = (self.shared.live(), self.shared.clock.now());
            let asked = live
                .outside
                .call(&self.shared, name, None, &call, &course.extra, now);
            let (answer, _) = asked.await;
            let reading = match answer {
                WireAnswer::Answered(reply) => self.read_step(course, &reply),
                WireAnswer::NotSent(trouble) => {
                    self.undone(name, counted).await;
                    LoginReading::Later(trouble.why)
                }
                WireAnswer::Lost(why) => LoginReading::Later(why),
            };
            let LoginReading::Later(why) = reading else {
                return Ok(reading);
            };
            if course.half.set.access.is_none() {
                let problem = Problem::new(ProblemKind::PlatformUnavailable, why);
                let problem = problem.help("log in again: `crierctl connect`");
                return Err(Unfinished::Failed(problem));
            }
            if tries >= TRIES || self.shared.clock.now() > begun + PATIENCE {
                return self.without_answer(course, &why);
            }
            tokio::time::sleep(PAUSE.to_std()).await;
        }
    }

    fn read_step(&self, course: &Course, reply: &Reply) -> LoginReading {
        let (login, now) = (course.spec.platform.login(), self.shared.clock.now());
        login.read(course.half.n, &course.ctx, reply, now)
    }

    /// A step that need not work is left out, as the platform leaves it out when its server fails; any other waits.
    fn without_answer(&self, course: &Course, why: &str) -> Result<LoginReading, Unfinished> {
        let silence = Reply::Http(HttpReply {
            status: 503,
            ..HttpReply::default()
        });
        match self.read_step(course, &silence) {
            LoginReading::Skip => Ok(LoginReading::Skip),
            LoginReading::Tokens(_)
            | LoginReading::Profile(_)
            | LoginReading::Chosen(_, _)
            | LoginReading::Noted(_)
            | LoginReading::Inspected(_)
            | LoginReading::Later(_)
            | LoginReading::Dead(_)
            | LoginReading::Refused(_)
            | LoginReading::Blocked(_) => Err(Unfinished::silent(why)),
        }
    }

    async fn take_step(&self, course: &mut Course, reading: LoginReading) -> Result<(), Unfinished> {
        let proves = course.half.n > 0;
        course.half.n += 1;
        let found = match reading {
            LoginReading::Tokens(set) | LoginReading::Inspected(set) => return self.given(course, set).await,
            LoginReading::Chosen(set, found) => {
                course.ctx.profile = found.clone();
                course.half.profile = Some(found);
                course.half.proved |= proves;
                return self.given(course, set).await;
            }
            LoginReading::Profile(found) => found,
            LoginReading::Noted(notes) => {
                course.ctx.notes.extend(notes);
                return Ok(());
            }
            LoginReading::Skip => return Ok(()),
            LoginReading::Later(why) => return Err(Unfinished::silent(&why)),
            LoginReading::Dead(why) | LoginReading::Refused(why) | LoginReading::Blocked(why) => {
                let problem = Problem::new(ProblemKind::PlatformRefused, why);
                return Err(Unfinished::Failed(problem));
            }
        };
        course.ctx.profile = found.clone();
        course.half.profile = Some(found);
        course.half.proved |= proves;
        Ok(())
    }

    /// The vendor gave tokens: on disk before anything uses them, and from then on nobody else's login comes in between.
    async fn given(&self, course: &mut Course, newer: TokenSet) -> Result<(), Unfinished> {
        let half = &mut course.half;
        half.set = half.set.merged(newer);
        if let Some(access) = &half.set.access {
            course.extra.put(SecretName::AccessToken, access.clone());
        }
        if course.turn.is_none() {
            course.turn = Some(self.shared.turns.of(&half.account).await);
            // Whoever was connected while it was waited for was so before this login.
            half.begun = self.shared.clock.now();
        }
        self.keep(course).await.map_err(Unfinished::unwritten)
    }

    async fn keep(&self, course: &mut Course) -> Result<(), HalfError> {
        let kept = course.half.keep(&self.shared, &course.ctx).await;
        if let Err(error) = &kept {
            let name = &course.half.account;
            tracing::error!("account {name}: the tokens of its login cannot be written down now: {error}");
        }
        course.unkept = kept.is_err();
        kept
    }

    /// The account's turn ends only when what the vendor gave is on the disk.
    async fn keep_at_last(&self, mut course: Course) {
        while course.unkept {
            tokio::time::sleep(WRITE_PAUSE.to_std()).await;
            // It says itself what is wrong.
            let _ = self.keep(&mut course).await;
        }
    }

    /// The login is over: its tokens take the place of the account's, and the account works.
    async fn settle(&self, who: &Caller, course: &mut Course) -> Result<String, Unfinished> {
        let set = self.put_in_place(course).await?;
        let (half, now) = (&course.half, self.shared.clock.now());
        let name = &half.account;
        let connection = Connection {
            status: ConnectionStatus::Connected,
            profile: half.profile.clone(),
            scopes: set.scopes.clone(),
            issued: set.issued.or(Some(now)),
            expires: set.expires,
            renewal_ends: set.refresh_expires,
            connected: Some(now),
            last_verified: half.proved.then_some(now),
            made_with: half.made_with.clone(),
            ..Connection::default()
        };
        let connected = self.connected(who, name, connection).await;
        connected.map_err(|problem| Unfinished::unwritten(problem.detail))?;
        self.forget_half(name).await;
        if !half.proved {
            self.ask_soon(name);
        }
        Ok(half.profile.clone().map(|p| p.handle).unwrap_or_default())
    }

    /// Its tokens, in the place of the account's; what they became since they are there.
    async fn put_in_place(&self, course: &mut Course) -> Result<TokenSet, Unfinished> {
        let half = &mut course.half;
        let there = self.shared.vault.get(&half.account).filter(|_| half.settled);
        if let Some(there) = there {
            return Ok(there);
        }
        let mut set = half.set.clone();
        set.made_with.clone_from(&half.made_with);
        half.settled = true;
        let entry = half.entry(&self.shared, &course.ctx);
        let entry = entry.map_err(Unfinished::unwritten)?;
        let (name, store) = (&half.account, &*self.shared.store);
        let replaced = self.shared.vault.replace(store, name, set, entry).await;
        replaced.map_err(|why| {
            tracing::error!("account {name}: the tokens of its login cannot be put in place now: {why}");
            (half.settled, course.unkept) = (false, true);
            Unfinished::unwritten(why)
        })
    }

    async fn forget_half(&self, name: &AccountName) {
        if let Err(error) = half::forget(&self.shared, name).await {
            // The next start finds that it is over.
            tracing::error!("account {name}: what is left of a login could not be forgotten: {error}");
        }
    }

    /// Who did not say who it is at the login is asked again.
    fn ask_soon(&self, name: &AccountName) {
        let (handle, name) = (self.clone(), name.clone());
        tokio::spawn(async move {
            tokio::time::sleep(ASK_AFTER.to_std()).await;
            if let Err(problem) = handle.prove(&name).await {
                tracing::info!("account {name}: not proved after its login: {problem}");
            }
        });
    }

    /// Goes on with a login that came half way, now or later, until it is over.
    async fn go_on(&self, name: &AccountName, now: bool) {
        let mut over = now && self.resume(name).await;
        let mut failures = 0;
        while !over {
            failures += 1;
            tokio::time::sleep(life::backoff(failures).to_std()).await;
            over = self.resume(name).await;
        }
    }

    /// Goes on with it as far as it comes; whether it is over, one way or the other.
    async fn resume(&self, name: &AccountName) -> bool {
        loop {
            let turn = self.shared.turns.of(name).await;
            let half = match Half::load(&self.shared, name) {
                Ok(Some(half)) => half,
                Ok(None) => return true,
                Err(error) => {
                    tracing::error!("account {name}: its login cannot be read now: {error}");
                    return false;
                }
            };
            match self.resume_half(half, turn).await {
                None => return true,
                Some(course) if !course.unkept => return false,
                // Once the disk takes it nothing else is waited for.
                Some(course) => self.keep_at_last(course).await,
            }
        }
    }

    /// `Some`: it is not over.
    async fn resume_half(&self, half: Half, turn: OwnedMutexGuard<()>) -> Option<Course> {
        let name = &half.account.clone();
        let now = self.shared.clock.now();
        let spec = match self.still_wanted(&half).await {
            Ok(spec) => spec,
            Err(why) => {
                self.forget_half(name).await;
                if let Some(why) = why {
                    self.not_connected(name, &why, now);
                }
                return None;
            }
        };
        let mut course = Course::new(&self.shared, half, spec);
        course.turn = Some(turn);
        match self
            .run(&crate::engine::porch::callback_caller(), &mut course)
            .await
        {
            Ok(_) => None,
            Err(Unfinished::Failed(problem)) => {
                self.not_connected(name, &problem.to_string(), now);
                None
            }
            Err(Unfinished::Waits(why)) => {
                tracing::info!(
                    "account {name}: its login is not over yet: its platform gave its tokens, and {why}"
                );
                Some(course)
            }
        }
    }

    /// The account that it is for; otherwise why it came to nothing, if anybody needs to know.
    async fn still_wanted(&self, half: &Half) -> Result<AccountSpec, Option<String>> {
        let (name, now) = (&half.account, self.shared.clock.now());
        let spec = declared(&self.shared, name).map_err(|_| None)?;
        let declared = declared_as(&self.shared.live(), name);
        let same = |made| declared.as_ref().is_some_and(|declared| declared.fits(made));
        if !half.made_with.as_ref().is_none_or(same) {
            return Err(Some("it was declared anew while it was logged in".to_owned()));
        }
        let connection = self.connection(name).await.unwrap_or_default();
        if connection.connected.is_some_and(|at| at > half.begun) {
            return Err(None);
        }
        if half.settled {
            return Ok(spec);
        }
        let ended = half.set.expires.is_some_and(|at| at <= now);
        if ended || now > half.begun + HALF_LIFE {
            return Err(Some(
                "its platform gave tokens and never said whose they are: log in again".to_owned(),
            ));
        }
        Ok(spec)
    }
}

/// Logins that a crash cut off half way are gone on with.
pub(in crate::engine) fn resume_all(handle: &Handle) {
    for name in half::names(&handle.shared) {
        let handle = handle.clone();
        tokio::spawn(async move { handle.go_on(&name, true).await });
    }
}
