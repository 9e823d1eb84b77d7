//! Login and tokens (`tiktok.md` 2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::refusal::{Answer, Refusal};
use super::settings::Challenge;
use super::{Call, Code, Hook, Refresh, TikTok, Token, open_id, page};
use crate::sandbox::exchange::{Params, SandboxReply};

/// Every scope that is modelled (`tiktok.md` 2.3).
pub(super) const SCOPES: [&str; 6] = [
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.publish",
    "video.upload",
    "video.list",
];
const BASIC: &str = "user.info.basic";
const URI_MAX: usize = 512;
/// How long a code lives; the vendor's page names no figure, and a login takes seconds.
const CODE_MS: i64 = 600_000;
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

/// What the authorise page was asked for.
pub(super) struct Asked {
    pub(super) client_key: String,
    pub(super) redirect_uri: String,
    pub(super) scopes: Vec<String>,
    pub(super) state: String,
    challenge: Option<String>,
}

impl TikTok {
    /// The authorise page: GET shows it, POST is the person's decision.
    pub(super) fn authorize(&mut self, call: &Call<'_>) -> SandboxReply {
        let params = call.req.params();
        let asked = match self.asked(&params) {
            Ok(asked) => asked,
            Err(message) => return SandboxReply::html(400, page::refused(&message)),
        };
        let posted = call.req.method == "POST";
        let auto = params.get("_sandbox_auto").or(call.req.header("x-sandbox-auto"));
        let decision = if posted { params.get("decision") } else { auto };
        let decision = decision.or(self.settings.auto_allow.then_some("allow"));
        match decision {
            Some("allow" | "1") => {
                let form: Vec<(String, String)> =
                    url::form_urlencoded::parse(&call.req.body).into_owned().collect();
                let ticked = form
                    .iter()
                    .filter(|(n, _)| n == "ticked")
                    .map(|(_, v)| v.clone())
                    .collect();
                let ticked: Option<Vec<String>> = posted.then_some(ticked);
                self.allow(
                    &asked,
                    params.get("_sandbox_account"),
                    ticked.as_deref(),
                    call.now,
                )
            }
            Some(_) => {
                let pairs = [
                    ("error", "access_denied"),
                    ("error_description", "The user denied the authorization request."),
                    ("state", asked.state.as_str()),
                ];
                SandboxReply::redirect(&with_pairs(&asked.redirect_uri, &pairs))
            }
            None => {
                let names: Vec<&str> = self.accounts.iter().map(|a| a.username.as_str()).collect();
                SandboxReply::html(200, page::authorize(&asked, &names))
            }
        }
    }

    fn asked(&self, params: &Params) -> Result<Asked, String> {
        let required = |name: &str| params.get(name).map(str::to_owned).ok_or_else(|| name.to_owned());
        let (client_key, redirect_uri) = (required("client_key")?, required("redirect_uri")?);
        if client_key != self.app.0 {
            return Err("client_key".to_owned());
        }
        if required("response_type")? != "code" {
            return Err("response_type".to_owned());
        }
        let local = self.redirect(&redirect_uri).ok_or("redirect_uri")?;
        let scope = required("scope")?;
        let scopes: Vec<String> = scope.split(',').map(|s| s.trim().to_owned()).collect();
        let fits =
            |scope: &String| SCOPES.contains(&scope.as_str()) && !self.settings.unapproved.contains(scope);
        if !scopes.iter().all(fits) {
            return Err(format!("scope ({scope})"));
        }
        let challenge = params.get("code_challenge").map(str::to_owned);
        let well_formed = challenge
            .as_ref()
            .is_none_or(|text| match self.settings.challenge {
                Challenge::Hex => {
                    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                }
                Challenge::Base64url => text.len() == 43,
            });
        if !well_formed || (local && challenge.is_none()) {
            return Err("code_challenge".to_owned());
        }
        if challenge.is_some() && params.get("code_challenge_method") != Some("S256") {
            return Err("code_challenge_method".to_owned());
        }
        Ok(Asked {
            client_key,
            redirect_uri,
            scopes,
            state: required("state")?,
            challenge,
        })
    }

    /// Whether an address may be a redirect, and whether it is one of this machine (`tiktok.md` 2.1).
    fn redirect(&self, uri: &str) -> Option<bool> {
        let parsed = url::Url::parse(uri).ok()?;
        let local = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1"));
        let port = parsed.port();
        let fits = uri.len() < URI_MAX
            && parsed.query().is_none()
            && parsed.fragment().is_none()
            && if local {
                port.is_some()
            } else {
                parsed.scheme() == "https"
            };
        let registered = |pattern: &String| {
            let with_port = port.map(|port| pattern.replacen(":*/", &format!(":{port}/"), 1));
            pattern == uri || (local && with_port.as_deref() == Some(uri))
        };
        let all = &self.settings.redirect_uris;
        (fits && (all.is_empty() || all.iter().any(registered))).then_some(local)
    }

    fn allow(
        &mut self,
        asked: &Asked,
        chosen: Option<&str>,
        ticked: Option<&[String]>,
        now: i64,
    ) -> SandboxReply {
        let first = self.accounts.first().map(|a| a.username.clone());
        let username = chosen.map(str::to_owned).or(first);
        let account = self.account_named(username.as_deref().unwrap_or("crier"));
        let granted = |scope: &&String| {
            scope.as_str() == BASIC
                || (!self.settings.untick.contains(scope) && ticked.is_none_or(|list| list.contains(scope)))
        };
        let scopes: Vec<String> = asked.scopes.iter().filter(granted).cloned().collect();
        // Such characters must survive one decoding, and only one.
        let value = format!(
            "{:016x}*{:x}!{:04}.e1",
            self.next_random(),
            self.next_random(),
            account + 4_000
        );
        self.codes.push(Code {
            value: value.clone(),
            account,
            scopes: scopes.clone(),
            redirect_uri: asked.redirect_uri.clone(),
            challenge: asked.challenge.clone(),
            issued_ms: now,
            used: false,
        });
        let scopes = scopes.join(",");
        let pairs = [
            ("code", value.as_str()),
            ("scopes", &scopes),
            ("state", &asked.state),
        ];
        SandboxReply::redirect(&with_pairs(&asked.redirect_uri, &pairs))
    }

    fn client(&self, params: &Params) -> Answer<()> {
        let right = params.get("client_key") == Some(self.app.0.as_str())
            && params.get("client_secret") == Some(self.app.1.as_str());
        if right {
            Ok(())
        } else {
            Err(Refusal::oauth(
                "invalid_client",
                "Client key or secret is incorrect.",
            ))
        }
    }

    pub(super) fn token_call(&mut self, call: &Call<'_>) -> Answer {
        let kind = call.req.header("content-type").unwrap_or("");
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Refusal::oauth(
                "invalid_request",
                "Only `application/x-www-form-urlencoded` is supported.",
            ));
        }
        let params = call.req.params();
        self.client(&params)?;
        match params.get("grant_type") {
            Some("authorization_code") => self.exchange(&params, call.now),
            Some("refresh_token") => self.refresh(&params, call.now),
            _ => Err(Refusal::oauth(
                "unsupported_grant_type",
                "The grant type is not supported.",
            )),
        }
    }

    fn exchange(&mut self, params: &Params, now: i64) -> Answer {
        let gone = || Refusal::oauth("invalid_grant", "Authorization code is expired.");
        let value = params.get("code").unwrap_or("");
        let Some(code) = self.codes.iter_mut().find(|code| code.value == value) else {
            let decoded = crate::sandbox::exchange::decode_segment(value);
            self.violations.code_encoded += u32::from(self.codes.iter().any(|code| code.value == decoded));
            return Err(gone());
        };
        if code.used {
            self.violations.code_reused += 1;
            return Err(gone());
        }
        if now - code.issued_ms >= CODE_MS {
            return Err(gone());
        }
        if params.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
            return Err(Refusal::oauth(
                "invalid_request",
                "Redirect_uri is not matched with the uri when requesting code.",
            ));
        }
        if let Some(challenge) = &code.challenge {
            let verifier = params.get("code_verifier").unwrap_or("");
            let hash = Sha256::digest(verifier.as_bytes());
            let proof = match self.settings.challenge {
                Challenge::Hex => hex::encode(hash),
                Challenge::Base64url => URL_SAFE_NO_PAD.encode(hash),
            };
            if !VERIFIER.contains(&verifier.len()) || proof != *challenge {
                return Err(Refusal::oauth(
                    "invalid_request",
                    "Code verifier or code challenge is invalid.",
                ));
            }
        }
        code.used = true;
        let (account, scopes) = (code.account, code.scopes.clone());
        let until = now.saturating_add(self.settings.lives().1 * 1_000);
        Ok(self.tokens_answer(account, scopes, until, None, now).0)
    }

    /// The old refresh token stops with the answer (`tiktok.md` 2.5).
    fn refresh(&mut self, params: &Params, now: i64) -> Answer {
        let gone = || Refusal::oauth("invalid_grant", "Refresh token is invalid or expired.");
        let value = params.get("refresh_token").unwrap_or("");
        let at = self
            .refreshes
            .iter()
            .position(|r| r.value == value)
            .ok_or_else(gone)?;
        let old = self.refreshes[at].clone();
        if old.used {
            // Who used the new access token has received it, and must not come with the old one again.
            let received = self
                .tokens
                .iter()
                .any(|t| t.used && Some(&t.value) == old.successor.as_ref());
            self.violations.refresh_reused += u32::from(received);
        }
        if old.used || old.revoked || old.expires_ms <= now {
            return Err(gone());
        }
        // The old rule counted from the first login; the new one from each answer.
        let until = if self.settings.old_lifetimes {
            old.expires_ms
        } else {
            now.saturating_add(self.settings.lives().1 * 1_000)
        };
        let kept = (!self.settings.refresh_rotates).then(|| old.value.clone());
        let (answer, access) = self.tokens_answer(old.account, old.scopes, until, kept, now);
        if self.settings.refresh_rotates {
            self.refreshes[at].used = true;
            self.refreshes[at].successor = Some(access);
        }
        if self.settings.refresh_ends_old {
            self.end_token(&old.access, now);
        }
        Ok(answer)
    }

    pub(super) fn revoke_call(&mut self, call: &Call<'_>) -> Answer {
        let params = call.req.params();
        self.client(&params)?;
        let value = params.get("token").unwrap_or("");
        let found = self.tokens.iter().find(|t| t.value == value).map(|t| t.account);
        let found = found.or_else(|| {
            self.refreshes
                .iter()
                .find(|r| r.value == value)
                .map(|r| r.account)
        });
        match found {
            Some(account) => self.disconnect(account, 5, call.now),
            None => return Err(Refusal::oauth("invalid_request", "The token is invalid.")),
        }
        Ok(json!({}))
    }

    fn tokens_answer(
        &mut self,
        account: usize,
        scopes: Vec<String>,
        until: i64,
        kept: Option<String>,
        now: i64,
    ) -> (Value, String) {
        let access = self.issue(account, scopes.clone(), now);
        let rotated = kept.is_none();
        let value = match kept {
            Some(value) => value,
            None => format!(
                "rft.{:016x}{:016x}!{}.e1",
                self.next_random(),
                self.next_random(),
                account + 4_000
            ),
        };
        let body = json!({
            "access_token": access,
            "expires_in": self.settings.lives().0,
            "open_id": open_id(account),
            "refresh_expires_in": until.saturating_sub(now).div_euclid(1_000),
            "refresh_token": value,
            "scope": scopes.join(","),
            "token_type": "Bearer",
        });
        if rotated {
            self.refreshes.push(Refresh {
                value,
                account,
                scopes,
                expires_ms: until,
                used: false,
                revoked: false,
                access: access.clone(),
                successor: None,
            });
        }
        (body, access)
    }

    /// A new access token.
    pub(super) fn issue(&mut self, account: usize, scopes: Vec<String>, now: i64) -> String {
        let value = format!(
            "act.{:016x}{:016x}!{}.e1",
            self.next_random(),
            self.next_random(),
            account + 4_000
        );
        let expires_ms = now.saturating_add(self.settings.lives().0 * 1_000);
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

    /// Ends every token of a person, and tells it by webhook with this reason (`tiktok.md` 2.7).
    pub(super) fn disconnect(&mut self, account: usize, reason: u8, now: i64) {
        for token in self.tokens.iter_mut().filter(|t| t.account == account) {
            token.revoked = true;
        }
        for refresh in self.refreshes.iter_mut().filter(|r| r.account == account) {
            refresh.revoked = true;
        }
        let content = json!({ "reason": reason });
        self.hooks
            .push(Hook::new("authorization.removed", account, content, now));
    }
}

fn with_pairs(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    format!("{uri}?{}", form.finish())
}
