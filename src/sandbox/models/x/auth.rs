//! Login and tokens (`x.md` 2.1 to 2.6).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::refusal::{Answer, Refusal};
use super::{Call, Code, Refresh, Token, X, page};
use crate::sandbox::exchange::{Params, SandboxReply};

/// Every scope that X knows (`x.md` 2.2, and the moderation of replies).
pub(super) const SCOPES: [&str; 15] = [
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "follows.read",
    "follows.write",
    "offline.access",
    "space.read",
    "like.read",
    "like.write",
    "list.read",
    "bookmark.read",
    "media.write",
    "dm.read",
    "dm.write",
];
const STATE_MAX: usize = 500;
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

/// What the authorise page was asked for.
pub(super) struct Asked {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    pub(super) state: String,
    challenge: String,
    plain: bool,
}

impl X {
    /// The authorise page: GET shows it, POST is the person's decision.
    pub(super) fn authorize(&mut self, call: &Call<'_>) -> SandboxReply {
        let params = call.params();
        let asked = match self.asked(&params) {
            Ok(asked) => asked,
            Err(message) => return SandboxReply::html(400, page::refused(&message)),
        };
        let auto = params.get("_sandbox_auto").or(call.req.header("x-sandbox-auto"));
        let decision = if call.req.method == "POST" {
            params.get("decision")
        } else {
            auto
        };
        let decision = decision.or(self.settings.auto_allow.then_some("allow"));
        match decision {
            Some("allow" | "1") => self.allow(&asked, params.get("_sandbox_account"), call.now),
            Some(_) => {
                let pairs = [("error", "access_denied"), ("state", asked.state.as_str())];
                SandboxReply::redirect(&with_pairs(&asked.redirect_uri, &pairs))
            }
            None => {
                let names: Vec<&str> = self.accounts.iter().map(|a| a.username.as_str()).collect();
                SandboxReply::html(200, page::authorize(&asked, &names))
            }
        }
    }

    fn asked(&self, params: &Params) -> Result<Asked, String> {
        let required = |name: &str| {
            let value = params.get(name).map(str::to_owned);
            value.ok_or_else(|| format!("The parameter {name} is required."))
        };
        let (client_id, redirect_uri) = (required("client_id")?, required("redirect_uri")?);
        if client_id != self.app.0 {
            return Err(format!("There is no app with the client id {client_id}."));
        }
        if required("response_type")? != "code" {
            return Err("response_type must be \"code\".".to_owned());
        }
        let registered = &self.settings.redirect_uris;
        if !registered.is_empty() && !registered.contains(&redirect_uri) {
            return Err(format!(
                "The callback {redirect_uri} is not registered with this app."
            ));
        }
        let parsed =
            url::Url::parse(&redirect_uri).map_err(|_| "redirect_uri is not an address.".to_owned())?;
        let local = matches!(parsed.host_str(), Some("127.0.0.1" | "[::1]"));
        if parsed.scheme() != "https" && !(parsed.scheme() == "http" && local) {
            return Err("redirect_uri must be https, or http on 127.0.0.1 (not localhost).".to_owned());
        }
        let scopes: Vec<String> = required("scope")?.split_whitespace().map(str::to_owned).collect();
        if let Some(wrong) = scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
            return Err(format!("There is no scope {wrong}."));
        }
        let state = required("state")?;
        if state.chars().count() > STATE_MAX {
            return Err(format!("state is longer than {STATE_MAX} characters."));
        }
        let challenge = required("code_challenge")?;
        let plain = match required("code_challenge_method")?.as_str() {
            "S256" if challenge.len() == 43 => false,
            "S256" => return Err("code_challenge is not the base64url of a SHA-256.".to_owned()),
            "plain" if VERIFIER.contains(&challenge.len()) => true,
            "plain" => return Err("code_challenge must have 43 to 128 characters.".to_owned()),
            other => return Err(format!("There is no code_challenge_method {other}.")),
        };
        Ok(Asked {
            client_id,
            redirect_uri,
            scopes,
            state,
            challenge,
            plain,
        })
    }

    fn allow(&mut self, asked: &Asked, chosen: Option<&str>, now: i64) -> SandboxReply {
        let first = self.accounts.first().map(|a| a.username.clone());
        let username = chosen.map(str::to_owned).or(first);
        let account = self.account_named(username.as_deref().unwrap_or("crier"));
        let value = self.secret("code");
        self.codes.push(Code {
            value: value.clone(),
            account,
            scopes: asked.scopes.clone(),
            redirect_uri: asked.redirect_uri.clone(),
            challenge: asked.challenge.clone(),
            plain: asked.plain,
            issued_ms: now,
            used: false,
        });
        let pairs = [("state", asked.state.as_str()), ("code", value.as_str())];
        SandboxReply::redirect(&with_pairs(&asked.redirect_uri, &pairs))
    }

    /// Whether the client says who it is in the way of its kind (`x.md` 2.3).
    fn client(&self, params: &Params, call: &Call<'_>) -> Answer<()> {
        let missing = || Refusal::oauth(401, "unauthorized_client", "Missing valid authorization header");
        let header = call.req.header("authorization");
        if self.settings.public_client {
            if header.is_some() {
                return Err(missing());
            }
            return match params.get("client_id") {
                Some(id) if id == self.app.0 => Ok(()),
                Some(_) => Err(Refusal::oauth(
                    400,
                    "invalid_request",
                    "Value passed for the client id was invalid.",
                )),
                None => Err(Refusal::oauth(
                    400,
                    "invalid_request",
                    "Missing required parameter [client_id].",
                )),
            };
        }
        let basic = header
            .and_then(|h| h.strip_prefix("Basic "))
            .and_then(|b| STANDARD.decode(b.trim()).ok());
        let expected = format!("{}:{}", self.app.0, self.app.1);
        if basic.as_deref() == Some(expected.as_bytes()) {
            Ok(())
        } else {
            Err(missing())
        }
    }

    pub(super) fn token_call(&mut self, call: &Call<'_>) -> Answer {
        let params = call.params();
        self.client(&params, call)?;
        match params.get("grant_type") {
            Some("authorization_code") => self.exchange(&params, call.now),
            Some("refresh_token") => self.refresh(&params, call.now),
            Some(_) => Err(Refusal::oauth(
                400,
                "unsupported_grant_type",
                "Value passed for the grant type was invalid.",
            )),
            None => Err(Refusal::oauth(
                400,
                "invalid_request",
                "Missing required parameter [grant_type].",
            )),
        }
    }

    fn exchange(&mut self, params: &Params, now: i64) -> Answer {
        let invalid = |what: &str| Refusal::oauth(400, "invalid_request", what);
        let gone = || invalid("Value passed for the authorization code was invalid.");
        let life = self.settings.code_life_ms;
        let value = params.get("code").unwrap_or("");
        let code = self
            .codes
            .iter_mut()
            .find(|code| code.value == value)
            .ok_or_else(gone)?;
        if code.used {
            self.violations.code_reused += 1;
            return Err(gone());
        }
        if now - code.issued_ms >= life {
            return Err(gone());
        }
        if params.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
            return Err(invalid(
                "Value passed for the redirect uri did not match the uri of the authorization code.",
            ));
        }
        let verifier = params.get("code_verifier").unwrap_or("");
        let hashed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let proof = if code.plain { verifier } else { &hashed };
        if !VERIFIER.contains(&verifier.len()) || proof != code.challenge {
            return Err(invalid(
                "Value passed for the code verifier did not match the code challenge.",
            ));
        }
        code.used = true;
        let (account, scopes) = (code.account, code.scopes.clone());
        Ok(self.tokens_answer(account, scopes, now).0)
    }

    /// A refresh token works once; its successor comes with the answer (`x.md` 2.4 and 2.5).
    fn refresh(&mut self, params: &Params, now: i64) -> Answer {
        let words = self.settings.refresh_refusal.clone();
        let invalid = || Refusal::oauth(400, "invalid_request", &words);
        let value = params.get("refresh_token").unwrap_or("");
        let at = self
            .refreshes
            .iter()
            .position(|r| r.value == value)
            .ok_or_else(invalid)?;
        let old = &self.refreshes[at];
        if old.used || old.revoked {
            // Who used the new access token has received it, and must not come with the old one again.
            let received = old
                .successor
                .as_ref()
                .is_some_and(|new| self.tokens.iter().any(|t| &t.value == new && t.used));
            self.violations.refresh_reused += u32::from(received);
            return Err(invalid());
        }
        let (account, scopes, access) = (old.account, old.scopes.clone(), old.access.clone());
        let (answer, new) = self.tokens_answer(account, scopes, now);
        self.refreshes[at].used = true;
        self.refreshes[at].successor = Some(new);
        if self.settings.refresh_ends_old {
            self.end_token(&access, now);
        }
        Ok(answer)
    }

    pub(super) fn revoke_call(&mut self, call: &Call<'_>) -> Answer {
        let params = call.params();
        self.client(&params, call)?;
        let value = params.get("token").unwrap_or("");
        if value.is_empty() {
            return Err(Refusal::oauth(
                400,
                "invalid_request",
                "Missing required parameter [token].",
            ));
        }
        for token in self.tokens.iter_mut().filter(|t| t.value == value) {
            token.revoked = true;
        }
        for refresh in self.refreshes.iter_mut().filter(|r| r.value == value) {
            refresh.revoked = true;
        }
        Ok((200, json!({"revoked": true})))
    }

    /// Issues both tokens; answers the body and the access token.
    fn tokens_answer(
        &mut self,
        account: usize,
        scopes: Vec<String>,
        now: i64,
    ) -> ((u16, serde_json::Value), String) {
        let life = self.settings.token_life_s;
        let access = self.issue(account, scopes.clone(), now);
        let mut body = json!({
            "token_type": "bearer",
            "expires_in": life,
            "access_token": access,
            "scope": scopes.iter().rev().map(String::as_str).collect::<Vec<_>>().join(" "),
        });
        if self.settings.omit_expires_in
            && let Some(map) = body.as_object_mut()
        {
            map.remove("expires_in");
        }
        if scopes.iter().any(|scope| scope == "offline.access") {
            let value = self.secret("rt");
            body["refresh_token"] = json!(value);
            self.refreshes.push(Refresh {
                value,
                account,
                scopes,
                used: false,
                revoked: false,
                access: access.clone(),
                successor: None,
            });
        }
        ((200, body), access)
    }

    /// A new access token.
    pub(super) fn issue(&mut self, account: usize, scopes: Vec<String>, now: i64) -> String {
        let value = self.secret("at");
        let expires_ms = now.saturating_add(self.settings.token_life_s.saturating_mul(1_000));
        self.tokens.push(Token {
            value: value.clone(),
            account,
            scopes,
            expires_ms,
            revoked: false,
            used: false,
        });
        value
    }

    pub(super) fn end_token(&mut self, value: &str, now: i64) {
        for token in self.tokens.iter_mut().filter(|t| t.value == value) {
            token.expires_ms = token.expires_ms.min(now);
        }
    }

    /// The person removes the app: every token of the profile is dead (`x.md` 2.6).
    pub(super) fn disconnect(&mut self, account: usize) {
        for token in self.tokens.iter_mut().filter(|t| t.account == account) {
            token.revoked = true;
        }
        for refresh in self.refreshes.iter_mut().filter(|r| r.account == account) {
            refresh.revoked = true;
        }
        self.pairs.retain(|pair| pair.account != account);
    }

    fn secret(&mut self, kind: &str) -> String {
        let raw = format!("{:016x}{:016x}:{kind}:1", self.next_random(), self.next_random());
        URL_SAFE_NO_PAD.encode(raw)
    }
}

fn with_pairs(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", form.finish())
}
