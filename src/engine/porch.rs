//! The public endpoint's requests, answered by the engine.

use std::collections::BTreeSet;
use std::fs::File;

use async_trait::async_trait;
use http::HeaderMap;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::accounts::{Callback, CallbackEnd, declared_as, detail};
use super::api::{Caller, EventKind, Role};
use super::event::Event;
use super::{Handle, journal, message_id};
use crate::core::desk::Input;
use crate::core::hook::{Told, What, is_past};
use crate::core::platform::Platform;
use crate::domain::account::{Connection, ConnectionStatus, USER_ID};
use crate::domain::id::{AccountName, AppName, PlatformName};
use crate::domain::media::Media;
use crate::domain::time::{Span, Timestamp};
use crate::spool::snapshot;
use crate::store::keys::{Key, KeyReader};
use crate::store::{Batch, Table, random};
use crate::web::media_token::MediaGrant;
use crate::web::{
    AppSecret, CallbackPage, CallbackQuery, DeletionAnswer, DeletionStatus, HookEnd, MediaFile, Outcome,
    SignedRequest, WebDesk,
};
use crate::web::{hook, media_token};

/// Letters and digits of a deletion's code.
const CODE_LENGTH: usize = 24;

/// Between two tries to forget tokens that the disk does not let go.
const FORGET_PAUSE: Span = Span::secs(30);

/// A data deletion that Meta asked for.
#[derive(Serialize, Deserialize)]
struct Deletion {
    requested: Timestamp,
    done: Option<Timestamp>,
    /// Whose tokens are not known to be gone, so that the next start can go on with it.
    #[serde(default)]
    left: Vec<AccountName>,
    /// When Meta said so, by its clock.
    #[serde(default)]
    told: Option<Timestamp>,
}

/// What in the daemon acted, for audit records.
pub(super) fn callback_caller() -> Caller {
    Caller {
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        pid: rustix::process::getpid().as_raw_nonzero().get(),
        role: Role::All,
        name: "callback".to_owned(),
    }
}

#[async_trait]
impl WebDesk for Handle {
    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    async fn oauth_callback(&self, platform: &str, query: CallbackQuery) -> CallbackPage {
        let Some(known) = crate::platforms::by_name(platform) else {
            return CallbackPage::NotFound;
        };
        let title = known.title().to_owned();
        let cancelled = query.outcome.is_cancelled();
        let Some(callback) = callback(query) else {
            return CallbackPage::Expired;
        };
        match self
            .finish_connect(&callback_caller(), Some(platform), callback)
            .await
        {
            CallbackEnd::Connected { account, handle } => CallbackPage::Connected {
                platform: title,
                account: account.to_string(),
                handle: (!handle.is_empty()).then_some(handle),
            },
            CallbackEnd::Cancelled { .. } if cancelled => CallbackPage::Cancelled { platform: title },
            CallbackEnd::Cancelled { account } => failed(&account, format!("{title} refused the login")),
            CallbackEnd::Stale => CallbackPage::Expired,
            CallbackEnd::Waits { account, why } => CallbackPage::Failed {
                why: format!("{title} gave its tokens, and {why}"),
                advice: format!(
                    "Nothing is lost: crier asks again by itself. `crierctl accounts {account}` says when it is connected."
                ),
            },
            CallbackEnd::Failed { account, why } => failed(&account, why),
        }
    }

    fn meta_apps(&self) -> Vec<AppSecret> {
        self.secrets_of(|platform| platform.login().signs_requests())
    }

    async fn hook(&self, platform: &str, headers: &HeaderMap, body: &[u8]) -> HookEnd {
        let Some(hooks) = crate::platforms::by_name(platform).and_then(Platform::hooks) else {
            return HookEnd::NotFound;
        };
        let apps = self.secrets_of(|p| p.name() == platform);
        if apps.is_empty() {
            return HookEnd::NotFound;
        }
        let header = headers.get(hooks.header()).and_then(|value| value.to_str().ok());
        let signed = header.and_then(|header| hooks.signed(header, body));
        let now = self.shared.clock.now();
        let signers = signed.map(|signed| (hook::signers(&signed, &apps, now), signed.at));
        let Some((signers, signed)) = signers.filter(|(signers, _)| !signers.is_empty()) else {
            tracing::info!(
                platform,
                "a message that says it is the platform's was not believed"
            );
            return HookEnd::Unbelieved;
        };
        if let Some(told) = hooks.read(body) {
            self.told(&signers, told, signed).await;
        }
        HookEnd::Taken
    }

    async fn meta_deauthorize(&self, request: SignedRequest) {
        for account in self.accounts_of(&request.apps, request.user_id).await {
            let why = "its owner removed the app at the platform";
            self.taken_away(&account, why, request.issued).await;
        }
    }

    async fn meta_data_deletion(&self, request: SignedRequest) -> DeletionAnswer {
        let code: String = random::token(48)
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(CODE_LENGTH)
            .collect();
        let deletion = Deletion {
            requested: self.shared.clock.now(),
            done: None,
            left: self.accounts_of(&request.apps, request.user_id).await,
            told: Some(request.issued),
        };
        self.note_deletion(&code, &deletion).await;
        self.carry_out(code.clone(), deletion).await;
        let live = self.shared.live();
        let base = live
            .settings
            .callback
            .as_ref()
            .map(|c| c.public_url.clone())
            .unwrap_or_default();
        DeletionAnswer {
            url: format!("{base}/meta/deletion/{code}"),
            code,
        }
    }

    async fn deletion_status(&self, code: &str) -> Option<DeletionStatus> {
        let value = self
            .shared
            .store
            .get(Table::Deletions, &Key::new().text(code).bytes())
            .ok()??;
        let deletion: Deletion = serde_json::from_slice(&value).ok()?;
        Some(DeletionStatus {
            requested: deletion.requested,
            done: deletion.done,
        })
    }

    async fn media(&self, token: &str) -> Option<MediaFile> {
        let key = self
            .shared
            .vault
            .keys()
            .media_token_key()
            .expose_secret()
            .to_vec();
        let grant = media_token::verify(token, &key, self.shared.clock.now()).ok()?;
        let mut media = self.media_of(&grant).await?;
        if let (Some(attempt), false) = (grant.commit, media.1) {
            // Before it gets a byte: whoever asks later whether the commit has arrived must know. It may have been closed
            // meanwhile.
            self.fetched(grant.delivery.clone(), attempt).await.ok()?;
            media = self.media_of(&grant).await?;
        }
        let media = media.0;
        let path = snapshot::path(&self.shared.media_dir(), &grant.delivery.post, grant.media);
        let file = File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        Some(MediaFile {
            file,
            mime: media.facts.mime,
            length,
            etag: media.facts.sha256,
        })
    }
}

/// Whether an account is, or was before it was declared anew, connected as this user with one of these apps.
fn is_of(engine: &super::Engine, name: &AccountName, clients: &BTreeSet<String>, user: &str) -> bool {
    let record = engine.desk.account(name).map(|a| &a.connection);
    let was = record.map(|c| c.set_aside.as_deref().unwrap_or(c));
    let set = engine.shared.vault.get(name);
    let made = was.and_then(|c| c.made_with.clone());
    let made = made
        .or_else(|| set.as_ref()?.made_with.clone())
        .or_else(|| declared_as(&engine.shared.live(), name));
    // What does not say with which app it was connected is of every app: such ids are one app's alone.
    let of_app = made.is_none_or(|made| clients.contains(&made.client_id));
    let told = set.is_some_and(|set| set.user_id.as_deref() == Some(user));
    let profile = was.and_then(|c| c.profile.as_ref());
    // Who logged in may be somebody else than the account: a person for a Page.
    let known =
        profile.is_some_and(|p| p.remote_id == user || p.facts.get(USER_ID).is_some_and(|id| id == user));
    of_app && (told || known)
}

fn failed(account: &AccountName, why: String) -> CallbackPage {
    CallbackPage::Failed {
        why,
        advice: format!("Ask whoever runs crier to begin again: crierctl connect {account}"),
    }
}

fn callback(query: CallbackQuery) -> Option<Callback> {
    let state = query.state?.expose_secret().to_owned();
    match query.outcome {
        Outcome::Code(code) => Some(Callback::Code { state, code }),
        Outcome::Refused {
            error, description, ..
        } => Some(Callback::Refused {
            state,
            why: description.unwrap_or(error),
        }),
        Outcome::Empty => None,
    }
}

/// The file, as long as its delivery has not ended, and what handed it out may still come to something: a vendor that
/// fetched by the announcement of before would publish it twice (tiktok.md 8.2). And whether it is noted that this was
/// fetched.
fn media_of(engine: &super::Engine, grant: &MediaGrant) -> Option<(Media, bool)> {
    let delivery = &grant.delivery;
    let look = engine.desk.delivery(delivery)?;
    let step = look.record.phase.step()?;
    if grant.commit.is_some_and(|attempt| attempt <= step.closed) {
        return None;
    }
    let noted = grant.commit.is_none_or(|attempt| attempt <= step.fetched);
    let content = engine
        .desk
        .post(&delivery.post)?
        .post
        .contents
        .get(&delivery.account)?;
    let media = content.files().find(|m| m.id == grant.media)?;
    Some((media.clone(), noted))
}

impl Handle {
    async fn media_of(&self, grant: &MediaGrant) -> Option<(Media, bool)> {
        let grant = grant.clone();
        self.look(move |engine| media_of(engine, &grant)).await.ok()?
    }

    /// The apps of such platforms, with their secrets.
    fn secrets_of(&self, wanted: impl Fn(&dyn Platform) -> bool) -> Vec<AppSecret> {
        let live = self.shared.live();
        let wanted = |name: &PlatformName| crate::platforms::by_name(name.as_str()).is_some_and(&wanted);
        let apps = live.settings.apps.iter().filter(|(_, app)| wanted(&app.platform));
        apps.filter_map(|(name, app)| {
            let places = &self.shared.secrets;
            let secret = app
                .client_secret
                .as_ref()?
                .read(places.credentials.as_deref(), &places.env)
                .ok()?;
            Some(AppSecret {
                name: name.to_string(),
                secret,
            })
        })
        .collect()
    }

    /// What a vendor told by itself, done.
    async fn told(&self, apps: &[String], told: Told, signed: Timestamp) {
        let at = told.at.unwrap_or(signed);
        for account in self.accounts_of(apps, told.user).await {
            match &told.what {
                What::Removed(why) => {
                    self.taken_away(&account, why, at).await;
                }
                What::Note(words) => tracing::info!(
                    crier_account = account.to_string(),
                    "account {account}: its platform tells that {}",
                    journal::plain(words)
                ),
            }
            if let Some(news) = &told.post {
                let input = Input::News(account, news.clone());
                // With a stopped loop the next start asks the platform itself.
                let _ = self.shared.tx.send(Event::Input(Box::new(input))).await;
            }
        }
    }

    /// The accounts that were connected as this user with one of the apps whose secret signed the request, also those that
    /// the config declares no more.
    async fn accounts_of(&self, apps: &[String], user: String) -> Vec<AccountName> {
        let live = self.shared.live();
        let clients: BTreeSet<String> = apps
            .iter()
            .filter_map(|app| live.settings.apps.get(&AppName::new(app.clone()).ok()?))
            .map(|app| app.client_id.clone())
            .collect();
        let found = self.look(move |engine| {
            let mut names: BTreeSet<AccountName> = engine.shared.vault.names().into_iter().collect();
            names.extend(engine.desk.accounts().map(|(name, _)| name.clone()));
            let theirs = |name: &AccountName| is_of(engine, name, &clients, &user);
            names.into_iter().filter(theirs).collect()
        });
        found.await.unwrap_or_default()
    }

    /// Tokens go, the account says why. Whether both are on the disk. What happened at `at`, by the vendor's clock, ends
    /// no login of after it.
    async fn taken_away(&self, account: &AccountName, why: &str, at: Timestamp) -> bool {
        // A renewal or a proof that is under way must not bring them back.
        let _turn = self.shared.turns.of(account).await;
        if self.is_past(account, at).await {
            self.left_alone(account, why, at);
            return true;
        }
        let forgotten = self.forget_tokens(account).await;
        if let Err(error) = &forgotten {
            tracing::error!("the tokens of {account} could not be forgotten, which is tried again: {error}");
            self.forget_later(account, at);
        }
        let connection = Connection {
            status: ConnectionStatus::Revoked,
            reason: Some(format!("{why}; `crierctl connect {account}` connects it again")),
            ..Connection::default()
        };
        let input = Input::Account(account.clone(), Box::new(connection));
        let caller = callback_caller();
        // The loop answers as long as it runs; when it stops, Meta asks again.
        let changed = self
            .change(
                &caller,
                "account.revoked",
                account.as_str(),
                vec![input],
                detail(&[("why", why)]),
            )
            .await;
        journal::account(
            &self.shared,
            account,
            EventKind::Disconnected,
            message_id::DISCONNECTED,
            why,
            self.shared.clock.now(),
        );
        forgotten.is_ok() && changed.is_ok()
    }

    /// Tokens that the disk did not let go are forgotten as soon as it does, unless the account is connected again.
    fn forget_later(&self, account: &AccountName, at: Timestamp) {
        let (handle, account) = (self.clone(), account.clone());
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(FORGET_PAUSE.to_std()).await;
                let _turn = handle.shared.turns.of(&account).await;
                if handle.is_past(&account, at).await || handle.forget_tokens(&account).await.is_ok() {
                    return;
                }
            }
        });
    }

    /// Nobody is told that it is done before it is; what failed stands in the journal, and is tried again.
    async fn carry_out(&self, code: String, mut deletion: Deletion) {
        let at = deletion.told.unwrap_or(deletion.requested);
        let mut left = Vec::new();
        for account in std::mem::take(&mut deletion.left) {
            let why = "its owner asked for the deletion of their data";
            if !self.taken_away(&account, why, at).await {
                left.push(account);
            }
        }
        deletion.left = left;
        if !deletion.left.is_empty() || !self.note_done(&code, &mut deletion).await {
            self.note_when_done(code, deletion);
        }
    }

    async fn note_done(&self, code: &str, deletion: &mut Deletion) -> bool {
        deletion.done = Some(self.shared.clock.now());
        self.note_deletion(code, deletion).await
    }

    /// A deletion is called done when nothing of it is left.
    fn note_when_done(&self, code: String, mut deletion: Deletion) {
        let handle = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(FORGET_PAUSE.to_std()).await;
                let at = deletion.told.unwrap_or(deletion.requested);
                let mut still = Vec::new();
                for account in std::mem::take(&mut deletion.left) {
                    let kept = handle.shared.vault.get(&account).is_some();
                    if kept && !handle.is_past(&account, at).await {
                        still.push(account);
                    }
                }
                deletion.left = still;
                if deletion.left.is_empty() {
                    if handle.note_done(&code, &mut deletion).await {
                        return;
                    }
                } else {
                    // The first note may not have come on the disk.
                    handle.note_deletion(&code, &deletion).await;
                }
            }
        });
    }

    /// What the last run did not come to the end of.
    async fn resume_deletion(&self, code: String, mut deletion: Deletion) {
        let mut left = Vec::new();
        for account in std::mem::take(&mut deletion.left) {
            let status = self.connection(&account).await.unwrap_or_default().status;
            let gone = self.shared.vault.get(&account).is_none();
            if !gone || status.has_login() {
                left.push(account);
            }
        }
        deletion.left = left;
        self.carry_out(code, deletion).await;
    }

    /// Whether the account was connected after what its vendor tells of.
    async fn is_past(&self, account: &AccountName, at: Timestamp) -> bool {
        let name = account.clone();
        let found = self.look(move |engine| {
            let record = engine.desk.account(&name)?;
            let was = record.connection.set_aside.as_deref();
            let login = was.unwrap_or(&record.connection).connected;
            Some(is_past(at, login, record.heard))
        });
        found.await.ok().flatten().unwrap_or_default()
    }

    /// An older word about an account says nothing of its login, and a proof says whether that is so.
    fn left_alone(&self, account: &AccountName, why: &str, at: Timestamp) {
        tracing::info!(
            crier_account = account.to_string(),
            "account {account}: its platform tells of {at} that {}; it was connected again since, so it is only asked",
            journal::plain(why)
        );
        let (handle, name) = (self.clone(), account.clone());
        tokio::spawn(async move {
            if let Err(problem) = handle.prove(&name).await {
                tracing::info!("account {name}: not proved: {problem}");
            }
        });
    }

    async fn note_deletion(&self, code: &str, deletion: &Deletion) -> bool {
        let mut batch = Batch::new();
        // Plain data: serde_json cannot fail on it.
        batch.put(
            Table::Deletions,
            Key::new().text(code),
            serde_json::to_vec(deletion).unwrap_or_default(),
        );
        let noted = self.shared.store.commit(batch).await;
        if let Err(error) = &noted {
            tracing::error!("a data deletion could not be noted, which is tried again: {error}");
        }
        noted.is_ok()
    }
}

/// Deletions that the last run did not come to the end of are gone on with.
pub(super) fn resume_deletions(handle: &Handle) {
    let records = handle.shared.store.load(Table::Deletions);
    let records = records.unwrap_or_else(|error| {
        tracing::error!("the data deletions of before cannot be read: {error}");
        Vec::new()
    });
    for (key, value) in records {
        let code = KeyReader::new(&key).text();
        let Some((code, deletion)) = code.zip(serde_json::from_slice::<Deletion>(&value).ok()) else {
            continue;
        };
        // One of an older version does not say whose data it was about.
        if deletion.done.is_none() && deletion.told.is_some() {
            let handle = handle.clone();
            tokio::spawn(async move { handle.resume_deletion(code, deletion).await });
        }
    }
}
