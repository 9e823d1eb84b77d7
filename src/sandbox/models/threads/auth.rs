//! Login and tokens (`threads.md` 2, meta-common.md 7).

use serde_json::{Value, json};

use super::refusal::{Answer, Refusal, token_refusal};
use super::{Call, Code, DAY_MS, HOUR_MS, LONG_LIFE_S, Scope, Scopes, Threads, Token, account_id, page};
use crate::sandbox::exchange::{Params, SandboxReply};

/// What the authorise page was asked for.
pub(super) struct Asked {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) scopes: Scopes,
    pub(super) state: Option<String>,
}

impl Threads {
    /// The authorise page: GET shows it, POST is the person's decision (`threads.md` 2, Authorise).
    pub(super) fn authorize(&mut self, call: &Call<'_>) -> SandboxReply {
        let asked = match self.asked(&call.params) {
            Ok(asked) => asked,
            Err(message) => return SandboxReply::html(400, page::refused(&message)),
        };
        let header = call.req.header("x-sandbox-auto");
        let auto = call.params.get("_sandbox_auto").or(header);
        let decision = if call.req.method == "POST" {
            call.params.get("decision")
        } else {
            auto
        };
        let decision = decision.or(self.settings.auto_allow.then_some("allow"));
        match decision {
            Some("allow" | "1") => self.allow(&asked, call),
            Some(_) => SandboxReply::redirect(&cancelled(&asked)),
            None => {
                let names: Vec<&str> = self.usernames().collect();
                SandboxReply::html(200, page::authorize(&asked, &names))
            }
        }
    }

    fn asked(&self, params: &Params) -> Result<Asked, String> {
        let required = |name: &str| {
            params
                .get(name)
                .map(str::to_owned)
                .ok_or_else(|| format!("The parameter {name} is required."))
        };
        let (client_id, redirect_uri, scope) = (
            required("client_id")?,
            required("redirect_uri")?,
            required("scope")?,
        );
        if client_id != self.app.0 {
            return Err(format!("There is no app with the id {client_id}."));
        }
        if required("response_type")? != "code" {
            return Err("response_type must be \"code\".".to_owned());
        }
        let registered = &self.settings.redirect_uris;
        if !registered.is_empty() && !registered.contains(&redirect_uri) {
            return Err(format!(
                "The redirect address {redirect_uri} is not registered with this app."
            ));
        }
        let parsed =
            url::Url::parse(&redirect_uri).map_err(|_| "redirect_uri is not an address.".to_owned())?;
        let local = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if parsed.scheme() != "https" && !(parsed.scheme() == "http" && local) {
            return Err(
                "redirect_uri must be an https address (plain http is taken on this machine alone)."
                    .to_owned(),
            );
        }
        let scopes = Scopes::parse(&scope).map_err(|name| format!("Invalid scope: {name}"))?;
        if !scopes.has(Scope::Basic) {
            return Err("The permission threads_basic is always required.".to_owned());
        }
        Ok(Asked {
            client_id,
            redirect_uri,
            scope,
            scopes,
            state: params.get("state").map(str::to_owned),
        })
    }

    fn allow(&mut self, asked: &Asked, call: &Call<'_>) -> SandboxReply {
        let chosen = call.params.get("_sandbox_account").map(str::to_owned);
        let username = chosen.or_else(|| self.usernames().next().map(str::to_owned));
        let account = self.account_named(username.as_deref().unwrap_or("crier"));
        let value = format!("AQ{:016x}-{:08x}", self.next_random(), self.next_random() >> 32);
        self.codes.push(Code {
            value: value.clone(),
            account,
            scopes: asked.scopes,
            redirect_uri: asked.redirect_uri.clone(),
            issued_ms: call.now,
            used: false,
        });
        let mut pairs = vec![("code", value.as_str())];
        pairs.extend(asked.state.as_deref().map(|state| ("state", state)));
        // The trailing `#_` is Meta's; it is no part of the code.
        SandboxReply::redirect(&format!("{}#_", with_pairs(&asked.redirect_uri, &pairs)))
    }

    /// Code to short token, and the app token (`threads.md` 2).
    pub(super) fn exchange_code(&mut self, call: &Call<'_>) -> Answer {
        let params = &call.params;
        if params.get("client_id") != Some(self.app.0.as_str()) {
            return Err(Refusal::code(
                101,
                "Error validating application. Cannot get application info due to a system error.",
            ));
        }
        if params.get("client_secret") != Some(self.app.1.as_str()) {
            return Err(Refusal::code(1, "Error validating client secret."));
        }
        match params.get("grant_type") {
            Some("authorization_code") => {}
            Some("client_credentials") => {
                let token = format!("TH|{}|{}", self.app.0, self.app.1);
                return Ok(json!({"access_token": token, "token_type": "bearer"}));
            }
            _ => return Err(Refusal::OAuth("Invalid grant_type".to_owned())),
        }
        let value = params.get("code").unwrap_or("");
        let gone = || Refusal::OAuth("Matching code was not found or was already used".to_owned());
        let code = self
            .codes
            .iter_mut()
            .find(|code| code.value == value)
            .ok_or_else(gone)?;
        if code.used {
            self.violations.code_reused += 1;
            return Err(gone());
        }
        if params.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
            return Err(Refusal::OAuth(
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you \
                 used in the OAuth dialog request"
                    .to_owned(),
            ));
        }
        code.used = true;
        if call.now - code.issued_ms >= HOUR_MS {
            return Err(Refusal::OAuth("This authorization code has expired.".to_owned()));
        }
        let (account, scopes) = (code.account, code.scopes);
        let token = self.issue(account, scopes, false, call.now);
        // A bare number above 2^53, as the documentation shows it.
        let user: u64 = account_id(account).parse().unwrap_or(0);
        Ok(json!({"access_token": token, "user_id": user}))
    }

    /// Short to long (`threads.md` 2).
    pub(super) fn exchange_short(&mut self, call: &Call<'_>) -> Answer {
        let params = &call.params;
        if params.get("grant_type") != Some("th_exchange_token") {
            return Err(Refusal::parameter("Invalid grant_type"));
        }
        if params.get("client_secret") != Some(self.app.1.as_str()) {
            return Err(Refusal::code(1, "Error validating client secret."));
        }
        let token = self.token_param(call)?;
        if token.long {
            return Err(Refusal::parameter(
                "Session key invalid: only a short-lived token can be exchanged",
            ));
        }
        let (account, scopes) = (token.account, token.scopes);
        Ok(self.long_answer(account, scopes, call.now))
    }

    /// Refresh of a long token that is at least 24 hours old (`threads.md` 2).
    pub(super) fn refresh(&mut self, call: &Call<'_>) -> Answer {
        if call.params.get("grant_type") != Some("th_refresh_token") {
            return Err(Refusal::parameter("Invalid grant_type"));
        }
        let token = self.token_param(call)?;
        if !token.long {
            return Err(Refusal::parameter("Only a long-lived token can be refreshed"));
        }
        if call.now - token.issued_ms < DAY_MS {
            self.violations.refreshed_early += 1;
            return Err(Refusal::parameter(
                "The access token must be at least 24 hours old to be refreshed",
            ));
        }
        let (account, scopes, old) = (token.account, token.scopes, token.value.clone());
        let answer = self.long_answer(account, scopes, call.now);
        if self.settings.refresh_ends_old {
            self.expire_token(&old, call.now);
        }
        Ok(answer)
    }

    /// The documented inspection of a token (meta-common.md 7); a token may inspect itself.
    pub(super) fn debug_token(&self, call: &Call<'_>) -> Answer {
        self.caller(call)?;
        let input = call
            .params
            .get("input_token")
            .ok_or_else(|| Refusal::parameter("The parameter input_token is required"))?;
        let Some(token) = self.tokens.iter().rev().find(|t| t.value == input) else {
            return Ok(json!({"data": {"is_valid": false, "scopes": [],
                "error": {"code": 190, "message": "Invalid OAuth access token."}}}));
        };
        let mut data = json!({
            "type": "USER",
            "application": "crier sandbox",
            "data_access_expires_at": token.issued_ms.saturating_add(90 * DAY_MS) / 1000,
            "expires_at": token.expires_ms / 1000,
            "is_valid": true,
            "issued_at": token.issued_ms / 1000,
            "scopes": token.scopes.names(),
            "user_id": account_id(token.account),
        });
        if let Err(Refusal::Graph(graph)) = self.live_token(input, call.now) {
            data["is_valid"] = json!(false);
            data["error"] = json!({"code": 190, "subcode": graph.subcode, "message": graph.message});
        }
        Ok(json!({ "data": data }))
    }

    fn token_param(&self, call: &Call<'_>) -> Answer<&Token> {
        let value = call.params.get("access_token");
        let value = value.ok_or_else(|| token_refusal(self.settings.token_error_status, None, ""))?;
        self.live_token(value, call.now)
    }

    fn long_answer(&mut self, account: usize, scopes: Scopes, now: i64) -> Value {
        let token = self.issue(account, scopes, true, now);
        json!({"access_token": token, "token_type": "bearer", "expires_in": LONG_LIFE_S})
    }

    pub(super) fn issue(&mut self, account: usize, scopes: Scopes, long: bool, now: i64) -> String {
        let kind = if long { "L" } else { "S" };
        let value = format!("THQV{kind}{:016x}{:016x}", self.next_random(), self.next_random());
        let life = if long { LONG_LIFE_S * 1000 } else { HOUR_MS };
        self.tokens.push(Token {
            value: value.clone(),
            account,
            long,
            scopes,
            issued_ms: now,
            expires_ms: now.saturating_add(life),
            revoked: None,
        });
        value
    }
}

/// Shape (d): what a person's "Cancel" brings back (meta-common.md 3d).
fn cancelled(asked: &Asked) -> String {
    let mut pairs = vec![
        ("error", "access_denied"),
        ("error_reason", "user_denied"),
        ("error_description", "The user denied your request"),
    ];
    pairs.extend(asked.state.as_deref().map(|state| ("state", state)));
    with_pairs(&asked.redirect_uri, &pairs)
}

fn with_pairs(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", form.finish())
}
