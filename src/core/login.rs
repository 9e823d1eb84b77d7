//! Logins as data: how an account becomes connected and how its tokens are renewed.
//!
//! A platform describes the calls; the engine makes them and keeps the tokens. Tokens pass through here as
//! secrets only.

use secrecy::SecretString;

use super::call::{HttpCall, Reply};
use super::facts::Facts;
use super::flow::Charge;
use crate::domain::account::{MadeWith, Profile};
use crate::domain::time::Timestamp;

/// A set of tokens as a vendor handed it out. Has neither `Debug` nor `Serialize`.
#[derive(Clone, Default)]
pub struct TokenSet {
    /// The access token.
    pub access: Option<SecretString>,
    /// The refresh token, for vendors that have one.
    pub refresh: Option<SecretString>,
    /// When the access token ends; `None`: unknown.
    pub expires: Option<Timestamp>,
    /// When the refresh token ends; `None`: unknown, or there is none.
    pub refresh_expires: Option<Timestamp>,
    /// When it was issued.
    pub issued: Option<Timestamp>,
    /// Granted scopes, when told.
    pub scopes: Vec<String>,
    /// The vendor's user id, when told.
    pub user_id: Option<String>,
    /// When a renewal was begun of which no answer is known; a new set ends it.
    pub renewal_begun: Option<Timestamp>,
    /// What the login was made with; `None`: by a version that did not write it down.
    pub made_with: Option<MadeWith>,
}

impl TokenSet {
    /// This set with what `newer` has put over it: a set is never replaced by an emptier one (contract 5.9).
    pub fn merged(&self, newer: TokenSet) -> TokenSet {
        TokenSet {
            access: newer.access.or_else(|| self.access.clone()),
            refresh: newer.refresh.or_else(|| self.refresh.clone()),
            expires: newer.expires.or(self.expires),
            refresh_expires: newer.refresh_expires.or(self.refresh_expires),
            issued: newer.issued.or(self.issued),
            scopes: if newer.scopes.is_empty() {
                self.scopes.clone()
            } else {
                newer.scopes
            },
            user_id: newer.user_id.or_else(|| self.user_id.clone()),
            renewal_begun: newer.renewal_begun,
            made_with: newer.made_with.or_else(|| self.made_with.clone()),
        }
    }
}

/// How accounts of a platform become connected.
#[derive(Clone, Debug, PartialEq)]
pub enum LoginKind {
    /// OAuth with a browser.
    OAuth(OAuthLogin),
    /// The config holds all that is needed; connecting is checking.
    Password,
    /// The config says where the account's access token and its secret lie (OAuth 1.0a); connecting is checking.
    Tokens,
}

/// Proof keys for code exchange (RFC 7636), as vendors want them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    /// The vendor knows none.
    None,
    /// S256, base64url without padding.
    S256,
    /// S256, written as lower-case hex (tiktok.md 2.2).
    S256Hex,
}

/// What the authorize URL is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct OAuthLogin {
    /// Which host, and the path on it.
    pub host: &'static str,
    /// Path of the authorize page.
    pub path: &'static str,
    /// Name of the client id's parameter.
    pub client_id_param: &'static str,
    /// Scopes to ask for in the address; none when the vendor keeps the list itself ([`Login::scopes`] then says which).
    pub scopes: Vec<String>,
    /// Between scopes.
    pub scope_separator: &'static str,
    /// Which proof key the vendor wants.
    pub pkce: Pkce,
    /// Further parameters.
    pub extra: Vec<(&'static str, String)>,
}

/// What a login step may know besides the secrets that it names.
#[derive(Clone, Debug)]
pub struct LoginContext {
    /// The app's client id.
    pub client_id: String,
    /// The redirect URI, exactly as in the authorize URL.
    pub redirect_uri: String,
    /// The platform's numbers.
    pub facts: Facts,
    /// The account's own settings; a choice made for this login alone (`crierctl connect --page`) stands over the config's.
    pub options: std::collections::BTreeMap<String, String>,
    /// Who it is, as far as an earlier step of this login told; in a refresh: the account's profile.
    pub profile: Profile,
    /// What earlier steps of this login noted for later ones. Never a secret.
    pub notes: std::collections::BTreeMap<String, String>,
}

/// One call of a login or refresh, by number.
pub enum LoginNext {
    /// Make this call and hand its reply to [`Login::read`] with the same number.
    Call(HttpCall),
    /// This step is not needed (by what the notes say): go on with the next number.
    Pass,
    /// All tokens are there.
    Done,
}

/// What the reply to a login call means.
pub enum LoginReading {
    /// Tokens to put over those had so far.
    Tokens(TokenSet),
    /// Who it is.
    Profile(Profile),
    /// Tokens, and who they are for: of several identities of one login (Pages) the one that was chosen.
    Chosen(TokenSet, Profile),
    /// Something that later steps need to know: put into the notes.
    Noted(std::collections::BTreeMap<String, String>),
    /// Facts about the token (`debug_token`): scopes and expiry.
    Inspected(TokenSet),
    /// Did not work, but the old set may still be good; try later.
    Later(String),
    /// The vendor's final word: this login or token is dead.
    Dead(String),
    /// A renewal was refused without a word on why: the refresh token is used up if the answer to an earlier one was lost.
    Refused(String),
    /// A person must change something (secret wrong, scope missing).
    Blocked(String),
    /// A step that need not work; go on without it.
    Skip,
}

/// When a token is to be renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshRule {
    /// Not before the set is this many seconds old.
    pub min_age_secs: i64,
    /// Begin when fewer than this many seconds are left.
    pub margin_secs: i64,
    /// Begin when less than a third of the life that the vendor told is left, if that is earlier (short lives).
    pub third: bool,
    /// Warn a person when fewer than this many seconds are left and no refresh has worked.
    pub warn_secs: i64,
    /// Each refresh uses up the refresh token.
    pub rotating: bool,
}

/// The account's own settings.
pub type Options = std::collections::BTreeMap<String, String>;

/// Ten days: when a person is told of a token that nothing renews, unless its platform says otherwise.
const WARN_SECS: i64 = 10 * 86_400;

/// A platform's logins. Pure, like [`super::flow::Flow`].
pub trait Login: Send + Sync + 'static {
    /// How accounts become connected.
    fn kind(&self, facts: &Facts, options: &Options) -> LoginKind;
    /// Which of the platform's ways of logging in an account uses, in a word that lasts: tokens of one are no use to another.
    fn way(&self, facts: &Facts, options: &Options) -> &'static str {
        match self.kind(facts, options) {
            LoginKind::OAuth(_) => "",
            LoginKind::Password => "password",
            LoginKind::Tokens => "tokens",
        }
    }
    /// The scopes that crier uses, wherever they are asked for; none where a login has no such thing.
    fn scopes(&self, facts: &Facts, options: &Options) -> Vec<String> {
        match self.kind(facts, options) {
            LoginKind::OAuth(login) => login.scopes,
            LoginKind::Password | LoginKind::Tokens => Vec::new(),
        }
    }
    /// What a person must do at the vendor before another login can grant more scopes; `None`: nothing, agreeing is enough.
    fn before_granting(&self, _options: &Options) -> Option<String> {
        None
    }
    /// Where the vendor sends the browser when crier has no address of its own. Nothing needs to answer there: a person
    /// pastes what the browser shows.
    fn without_callback(&self) -> &'static str {
        "https://localhost/"
    }
    /// Whether an app may do without a client secret (a public client).
    fn public_apps(&self) -> bool {
        false
    }
    /// The `n`th call after the redirect, from 0: exchange, exchange for long, profile, inspection.
    fn connect_step(&self, n: usize, ctx: &LoginContext) -> LoginNext;
    /// What the `n`th call counts against and costs, as an enquiry does; where there is no room for it, it is left out. Only of
    /// calls that a login can do without.
    fn charges(&self, _n: usize, _facts: &Facts) -> Vec<Charge> {
        Vec::new()
    }
    /// What the reply to connect step `n` means.
    fn read(&self, n: usize, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading;
    /// When to renew; `None`: never, or not possible.
    fn refresh_rule(&self, facts: &Facts, options: &Options) -> Option<RefreshRule>;
    /// How many seconds before the end of its token a person is warned when nothing renews it by itself. Logins that cannot be renewed say it themselves.
    fn warn_secs(&self, facts: &Facts, options: &Options) -> i64 {
        let rule = self.refresh_rule(facts, options);
        rule.map_or(WARN_SECS, |rule| rule.warn_secs)
    }
    /// The call that takes the login back at the vendor when an account is disconnected; `None`: the vendor has none.
    /// Its failure does not stop the disconnecting.
    fn revoke_call(&self, _ctx: &LoginContext) -> Option<HttpCall> {
        None
    }
    /// Another call with the same effect, for when the vendor refuses the first: the token that goes with it may have ended.
    fn revoke_otherwise(&self, _ctx: &LoginContext) -> Option<HttpCall> {
        None
    }
    /// What a person should know about this login before it is begun: one sentence each (an audit that the app needs, a
    /// kind of account that cannot work).
    fn advice(&self, _ctx: &LoginContext) -> Vec<String> {
        Vec::new()
    }
    /// What an account with these settings cannot do, whoever logs in, and what the way around it is: said before each login
    /// and by `crierctl check`.
    fn walls(&self, _options: &Options) -> Vec<String> {
        Vec::new()
    }
    /// The call that renews; `None`: not possible.
    fn refresh_call(&self, ctx: &LoginContext) -> Option<HttpCall>;
    /// Whether the vendor calls back with requests signed by the app's secret (meta-common.md 8).
    fn signs_requests(&self) -> bool {
        false
    }
    /// What the reply to it means: `Tokens`, `Later`, `Dead`, `Refused` or `Blocked`.
    fn read_refresh(&self, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading;
}
