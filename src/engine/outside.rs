//! Calls to vendors on behalf of accounts: hosts from the config, secrets from vault and config, media from
//! the snapshots. Which transport a call takes is written in the call.

use std::collections::BTreeMap;
use std::fs::File;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Shared;
use super::accounts::declared_as;
use super::event::Event;
use super::shared::{Live, SecretPlaces};
use crate::config::settings::{Account, App, SecretSource, Settings, SmtpAuth, SmtpTls};
use crate::core::call::{Answer, Call, Reply, SecretName, Trouble, TroubleKind};
use crate::core::clocks::Clocks;
use crate::core::desk::{FullCalls, Input, Retired};
use crate::core::platform::{Heard, Platform};
use crate::domain::id::{AccountName, DeliveryId, PlatformName};
use crate::domain::media::MediaId;
use crate::domain::time::{Span, Timestamp};
use crate::spool::snapshot;
use crate::store::random;
use crate::web::media_token::{self, MediaGrant};
use crate::wire::smtp::{MailAuth, MailTls, SmtpSettings, SmtpWire};
use crate::wire::{HttpWire, MediaSource, Secrets, Target, Transcript, WireSettings, machine};

/// A media URL is good for this long: containers live a day (threads.md 4.1).
const MEDIA_LIFE: Span = Span::hours(25);

/// Bytes of chance in what makes a signature different from every other.
const NONCE_BYTES: usize = 24;

/// The ways out, made from one config.
pub struct Outside {
    http: HttpWire,
    hosts: BTreeMap<PlatformName, BTreeMap<String, Url>>,
    mail: BTreeMap<AccountName, SmtpWire>,
    public_url: Option<String>,
}

/// For which delivery a call is made.
#[derive(Clone, Copy)]
pub struct Errand<'a> {
    /// Whose media it may hand out.
    pub delivery: &'a DeliveryId,
    /// The attempt, when it is a commit.
    pub commit: Option<u32>,
}

/// Secrets of a login under way, beside those of the account.
#[derive(Default)]
pub struct Extra(BTreeMap<SecretName, SecretString>);

impl Extra {
    /// Adds one.
    pub fn put(&mut self, name: SecretName, secret: SecretString) {
        self.0.insert(name, secret);
    }
}

impl Outside {
    /// Builds the clients; the trouble names the setting that is wrong.
    pub fn new(settings: &Settings) -> Result<Self, Trouble> {
        let http = HttpWire::new(&WireSettings {
            proxy: settings.http.proxy.clone(),
            ca_file: settings.http.ca_file.clone(),
            user_agent: concat!("crier/", env!("CARGO_PKG_VERSION")).to_owned(),
        })?;
        let mut hosts = BTreeMap::new();
        for platform in crate::platforms::ALL {
            if let Ok(name) = PlatformName::new(platform.name()) {
                hosts.insert(name.clone(), hosts_of(*platform, settings, &name)?);
            }
        }
        let public_url = settings
            .callback
            .as_ref()
            .map(|c| c.public_url.trim_end_matches('/').to_owned());
        let mut mail = BTreeMap::new();
        for name in settings.accounts.keys() {
            if let Some(server) = smtp_settings(settings, name) {
                mail.insert(name.clone(), SmtpWire::new(server)?);
            }
        }
        Ok(Self {
            http,
            hosts,
            mail,
            public_url,
        })
    }

    /// The base URL of one of a platform's hosts.
    pub fn host(&self, platform: &dyn Platform, key: &str) -> Option<String> {
        let name = PlatformName::new(platform.name()).ok()?;
        self.hosts
            .get(&name)?
            .get(key)
            .map(|url| url.as_str().trim_end_matches('/').to_owned())
    }

    /// Makes one call for an account; never tries twice.
    pub async fn call(
        &self,
        shared: &Shared,
        account: &AccountName,
        errand: Option<Errand<'_>>,
        call: &Call,
        extra: &Extra,
        now: Timestamp,
    ) -> (Answer, Transcript) {
        let (live, asked) = (shared.live(), now);
        let secrets = AccountSecrets {
            shared,
            settings: &live.settings,
            account,
            extra,
        };
        let media = Snapshots {
            shared,
            errand,
            public_url: self.public_url.as_deref(),
            now,
        };
        let (answer, transcript) = match call {
            Call::Http(http) => {
                let platform = live.settings.accounts.get(account).map(|a| a.platform.clone());
                let hosts = platform
                    .and_then(|p| self.hosts.get(&p).cloned())
                    .unwrap_or_default();
                let nonce = random::token(NONCE_BYTES);
                let target = Target { hosts, now, nonce };
                self.http.perform(http, &target, &secrets, &media).await
            }
            Call::Mail(mail) => match self.mail.get(account) {
                Some(server) => server.send(mail, now, &secrets, &media).await,
                None => no_server(account, now),
            },
            Call::MailCheck => match self.mail.get(account) {
                Some(server) => server.check(now, &secrets).await,
                None => no_server(account, now),
            },
        };
        let now = shared.clock.now();
        if let (None, Answer::Answered(reply)) = (errand, &answer) {
            for heard in overheard(&live, account, call, reply, (asked, now)) {
                let must = matches!(heard, Input::Retired(..));
                let event = Event::Input(Box::new(heard));
                // The loop hears of its own calls anyway; of these it may miss some. It may have ended.
                if must {
                    let _ = shared.tx.send(event).await;
                } else {
                    let _ = shared.tx.try_send(event);
                }
            }
        }
        (answer, transcript.ended_at(now))
    }
}

/// What the answer to a call that belongs to no delivery told of the vendor's time, of room for calls of its kind, and of
/// a version that has ended.
fn overheard(
    live: &Live,
    account: &AccountName,
    call: &Call,
    reply: &Reply,
    (asked, now): (Timestamp, Timestamp),
) -> Vec<Input> {
    let clocks = Clocks::heard(reply, now).map(|clocks| Input::Heard(account.clone(), clocks));
    let spec = live.house.accounts.get(account);
    let told = spec.map_or_else(Vec::new, |spec| spec.platform.heard(&spec.facts, reply, now));
    let more = told.into_iter().filter_map(|heard| match heard {
        Heard::CallsFull { until, why } => {
            let kind = call.kind()?.to_owned();
            Some(Input::Full(account.clone(), kind, FullCalls { until, why }))
        }
        Heard::VersionEnded { fact, why } => {
            let retired = Retired { asked, fact, why };
            Some(Input::Retired(account.clone(), Box::new(retired)))
        }
        // What befalls a whole account is told to its deliveries.
        Heard::Quota(_) | Heard::FullUntil { .. } | Heard::Revoked { .. } => None,
    });
    clocks.into_iter().chain(more).collect()
}

fn no_server(account: &AccountName, now: Timestamp) -> (Answer, Transcript) {
    let why = format!("account {account} has no `smtp` in the config");
    let transcript = Transcript {
        label: "SMTP".to_owned(),
        sent: now,
        ended: now,
        status: None,
        detail: why.clone(),
    };
    (
        Answer::NotSent(Trouble {
            why,
            kind: TroubleKind::Setup,
        }),
        transcript,
    )
}

fn hosts_of(
    platform: &dyn Platform,
    settings: &Settings,
    name: &PlatformName,
) -> Result<BTreeMap<String, Url>, Trouble> {
    let mut hosts = BTreeMap::new();
    for spec in platform.hosts() {
        let base = settings.host(name, spec.key, spec.default);
        let url = Url::parse(base).map_err(|e| Trouble {
            why: format!("[platform.{name}] {} = {base:?} is no URL: {e}", spec.key),
            kind: TroubleKind::Setup,
        })?;
        hosts.insert(spec.key.to_owned(), url);
    }
    Ok(hosts)
}

fn smtp_settings(settings: &Settings, account: &AccountName) -> Option<SmtpSettings> {
    let smtp = settings.accounts.get(account)?.smtp.clone()?;
    Some(SmtpSettings {
        host: smtp.host,
        port: smtp.port,
        tls: match smtp.tls {
            SmtpTls::Implicit => MailTls::Implicit,
            SmtpTls::Starttls => MailTls::Starttls,
            SmtpTls::None => MailTls::None,
        },
        auth: match (&smtp.username, smtp.auth) {
            (None, _) => MailAuth::None,
            (Some(_), SmtpAuth::Auto) => MailAuth::Auto,
            (Some(_), SmtpAuth::Plain) => MailAuth::Plain,
            (Some(_), SmtpAuth::Login) => MailAuth::Login,
            (Some(_), SmtpAuth::Xoauth2) => MailAuth::Xoauth2,
        },
        username: smtp.username.unwrap_or_default(),
        helo_name: smtp.helo_name,
        ca_file: settings.http.ca_file.clone(),
    })
}

/// The secrets of one account, and of the login under way.
struct AccountSecrets<'a> {
    shared: &'a Shared,
    settings: &'a Settings,
    account: &'a AccountName,
    extra: &'a Extra,
}

impl Secrets for AccountSecrets<'_> {
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, Trouble> {
        if let Some(secret) = self.extra.0.get(&name) {
            return Ok(Some(secret.clone()));
        }
        let Some(account) = self.settings.accounts.get(self.account) else {
            return Ok(None);
        };
        let (smtp, tokens) = (account.smtp.as_ref(), account.tokens.as_ref());
        match name {
            // A mail server that wants an access token gets what the config names.
            SecretName::AccessToken if smtp.is_some() => self.read(smtp.and_then(|s| s.password.as_ref())),
            SecretName::AccessToken if tokens.is_some() => self.read(tokens.map(|t| &t.access)),
            SecretName::TokenSecret => self.read(tokens.map(|t| &t.secret)),
            SecretName::AccessToken | SecretName::RefreshToken => {
                let declared = declared_as(&self.shared.live(), self.account);
                Ok(declared.and_then(|declared| self.shared.vault.secret(self.account, &declared, name)))
            }
            SecretName::ClientId => {
                let app = self.app(account);
                Ok(app.map(|app| SecretString::from(app.client_id.clone())))
            }
            SecretName::ClientSecret => self.read(self.app(account).and_then(|a| a.client_secret.as_ref())),
            SecretName::AppToken => {
                let (id, secret) = (
                    self.get(SecretName::ClientId)?,
                    self.get(SecretName::ClientSecret)?,
                );
                let joined = id.zip(secret).map(|(id, secret)| {
                    let joined = format!("{}|{}", id.expose_secret(), secret.expose_secret());
                    SecretString::from(joined)
                });
                Ok(joined)
            }
            SecretName::Password => self.read(smtp.and_then(|s| s.password.as_ref())),
            SecretName::Code | SecretName::Verifier => Ok(None),
        }
    }

    fn public_client(&self) -> bool {
        let account = self.settings.accounts.get(self.account);
        account
            .and_then(|account| self.app(account))
            .is_some_and(|app| app.client_secret.is_none())
    }
}

impl AccountSecrets<'_> {
    fn app(&self, account: &Account) -> Option<&App> {
        self.settings.apps.get(account.app.as_ref()?)
    }

    /// Reads a secret where the config says it lies. One that is named and cannot be read is no sign of a lost login.
    fn read(&self, source: Option<&SecretSource>) -> Result<Option<SecretString>, Trouble> {
        let places: &SecretPlaces = &self.shared.secrets;
        let read = |source: &SecretSource| source.read(places.credentials.as_deref(), &places.env);
        source.map(read).transpose().map_err(|error| {
            tracing::warn!("account {}: {error}", self.account);
            machine(error.to_string())
        })
    }
}

/// The media snapshots of one delivery's post.
struct Snapshots<'a> {
    shared: &'a Shared,
    errand: Option<Errand<'a>>,
    public_url: Option<&'a str>,
    now: Timestamp,
}

impl MediaSource for Snapshots<'_> {
    fn public_url(&self, id: MediaId) -> Result<String, Trouble> {
        let Some(base) = self.public_url else {
            let why = "this platform fetches media by URL, and there is no [callback] with a public_url in the config";
            return Err(Trouble {
                why: why.to_owned(),
                kind: TroubleKind::Setup,
            });
        };
        let errand = self.errand.ok_or_else(no_post)?;
        let grant = MediaGrant {
            delivery: errand.delivery.clone(),
            media: id,
            commit: errand.commit,
            expires: self.now + MEDIA_LIFE,
        };
        let token = media_token::make(&grant, self.shared.vault.keys().media_token_key().expose_secret());
        Ok(format!("{base}/media/{token}"))
    }

    fn open(&self, id: MediaId) -> Result<(File, u64), Trouble> {
        let delivery = self.errand.ok_or_else(no_post)?.delivery;
        let path = snapshot::path(&self.shared.media_dir(), &delivery.post, id);
        let gone = |e: std::io::Error| Trouble {
            why: format!("the snapshot of media file {} cannot be read: {e}", id.0),
            kind: TroubleKind::Media,
        };
        let file = File::open(path).map_err(gone)?;
        let length = file.metadata().map_err(gone)?.len();
        Ok((file, length))
    }
}

fn no_post() -> Trouble {
    Trouble {
        why: "a call without a post asked for media".to_owned(),
        kind: TroubleKind::Setup,
    }
}
