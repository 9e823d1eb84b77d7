//! Tokens and codes: what was given out, to whom, how long it lives, and how it died (meta-common.md 4.2, 9).

use super::refusal::{Answer, token_refusal};
use super::times::timestamp;
use super::{Chance, HOUR_MS};
use crate::sandbox::exchange::SandboxRequest;

/// The life of a long token: about 60 days, as the recorded answers have it (meta-common.md 9).
pub(crate) const LONG_LIFE_S: i64 = 5_184_000;

/// The kinds of tokens (meta-common.md 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A Facebook user's, of one or two hours.
    UserShort,
    /// A Facebook user's, of 60 days.
    UserLong,
    /// A Page's; `me` is the Page.
    Page,
    /// Instagram Login, of one hour.
    IgShort,
    /// Instagram Login, of 60 days.
    IgLong,
}

impl Kind {
    /// Whether `graph.facebook.com` takes it; else `graph.instagram.com` does.
    pub(crate) fn is_facebook(self) -> bool {
        match self {
            Self::UserShort | Self::UserLong | Self::Page => true,
            Self::IgShort | Self::IgLong => false,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::UserShort | Self::UserLong | Self::Page => "EAAS",
            Self::IgShort | Self::IgLong => "IGAAS",
        }
    }

    /// How long it lives; none for Page tokens, which get the life of their user token.
    fn life_ms(self) -> i64 {
        match self {
            Self::UserShort | Self::Page => HOUR_MS + HOUR_MS / 2,
            Self::IgShort => HOUR_MS,
            Self::UserLong | Self::IgLong => LONG_LIFE_S * 1000,
        }
    }
}

/// One token.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) value: String,
    pub(crate) kind: Kind,
    /// The profile of an Instagram Login token; 0 for Facebook's one person.
    pub(crate) owner: usize,
    /// The Page of a Page token.
    pub(crate) page: Option<usize>,
    pub(crate) scopes: Vec<String>,
    /// The Pages that were ticked in the dialog.
    pub(crate) targets: Vec<usize>,
    pub(crate) issued_ms: i64,
    /// None: no expiry of its own.
    pub(crate) expires_ms: Option<i64>,
    /// Taken back, with this subcode of error 190.
    pub(crate) dead: Option<Option<i64>>,
}

impl Token {
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|s| s == scope)
    }
}

/// What a code or a token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) owner: usize,
    pub(crate) scopes: Vec<String>,
    pub(crate) targets: Vec<usize>,
}

/// One code of the dialog.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) value: String,
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    pub(crate) issued_ms: i64,
    pub(crate) used: bool,
}

/// Everything that was given out.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    pub(crate) tokens: Vec<Token>,
    pub(crate) codes: Vec<Code>,
    pub(crate) chance: Chance,
}

impl Book {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            tokens: Vec::new(),
            codes: Vec::new(),
            chance: Chance::new(seed),
        }
    }

    /// A new code of the dialog.
    pub(crate) fn code(&mut self, grant: Grant, redirect_uri: &str, now: i64) -> String {
        let value = format!(
            "AQ{:016x}-{:08x}",
            self.chance.number(),
            self.chance.number() >> 32
        );
        self.codes.push(Code {
            value: value.clone(),
            grant,
            redirect_uri: redirect_uri.to_owned(),
            issued_ms: now,
            used: false,
        });
        value
    }

    /// A new token of this kind, with the life of its kind.
    pub(crate) fn issue(&mut self, kind: Kind, grant: Grant, now: i64) -> String {
        let expires = Some(now.saturating_add(kind.life_ms()));
        self.issue_until(kind, grant, None, now, expires)
    }

    /// A Page's token, tied to the kind of the user's: from a long one it has no expiry, from a short one it dies
    /// with it (facebook.md 2). The same Page and user give the same token again.
    pub(crate) fn issue_page(&mut self, page: usize, user: &Token, now: i64) -> String {
        let expires = match user.kind {
            Kind::UserLong | Kind::Page => None,
            Kind::UserShort | Kind::IgShort | Kind::IgLong => user.expires_ms,
        };
        let same = self.tokens.iter().find(|t| {
            t.page == Some(page) && t.expires_ms == expires && t.dead.is_none() && t.scopes == user.scopes
        });
        if let Some(token) = same {
            return token.value.clone();
        }
        let grant = Grant {
            owner: user.owner,
            scopes: user.scopes.clone(),
            targets: user.targets.clone(),
        };
        self.issue_until(Kind::Page, grant, Some(page), now, expires)
    }

    fn issue_until(
        &mut self,
        kind: Kind,
        grant: Grant,
        page: Option<usize>,
        now: i64,
        expires_ms: Option<i64>,
    ) -> String {
        let (a, b) = (self.chance.number(), self.chance.number());
        let value = format!("{}{a:016x}{b:016x}", kind.prefix());
        self.tokens.push(Token {
            value: value.clone(),
            kind,
            owner: grant.owner,
            page,
            scopes: grant.scopes,
            targets: grant.targets,
            issued_ms: now,
            expires_ms,
            dead: None,
        });
        value
    }

    pub(crate) fn find(&self, value: &str) -> Option<&Token> {
        self.tokens.iter().rev().find(|t| t.value == value)
    }

    /// A token that lives, or error 190 with its subcode.
    pub(crate) fn live(&self, value: &str, now: i64, status: u16, app: &str) -> Answer<&Token> {
        let token = self.find(value).ok_or_else(|| token_refusal(status, None, ""))?;
        if let Some(subcode) = token.dead {
            return Err(token_refusal(status, subcode, app));
        }
        match token.expires_ms {
            Some(at) if at <= now => Err(token_refusal(status, Some(463), &timestamp(at))),
            Some(_) | None => Ok(token),
        }
    }

    /// Ends one token now, as if its time were over.
    pub(crate) fn expire(&mut self, value: &str, now: i64) {
        for token in self.tokens.iter_mut().filter(|t| t.value == value) {
            token.expires_ms = Some(token.expires_ms.map_or(now, |at| at.min(now)));
        }
    }

    /// Takes back every token that this is true of.
    pub(crate) fn kill(&mut self, subcode: Option<i64>, which: impl Fn(&Token) -> bool) {
        for token in self.tokens.iter_mut().filter(|t| which(t)) {
            token.dead = Some(subcode);
        }
    }

    /// Everything secret that was given out.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let codes = self.codes.iter().map(|code| code.value.clone());
        codes
            .chain(self.tokens.iter().map(|token| token.value.clone()))
            .collect()
    }
}

/// The token that a request carries: `Bearer`, `OAuth`, or a parameter (meta-common.md 2). Parameters of binary
/// uploads are not read from the body.
pub(crate) fn token_of(req: &SandboxRequest) -> Option<String> {
    let header = req
        .header("authorization")
        .and_then(|value| value.split_once(' '));
    if let Some((scheme, token)) = header
        && (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth"))
    {
        return Some(token.trim().to_owned());
    }
    let query = req.query.iter().find(|(name, _)| name == "access_token");
    query
        .map(|(_, value)| value.clone())
        .or_else(|| req.params().get("access_token").map(str::to_owned))
}
