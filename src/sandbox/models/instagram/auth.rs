//! Instagram Login: dialog, code, exchange, refresh (instagram.md 2, path I).

use serde_json::{Value, json};

use super::{Instagram, PermissionsAs, account_id};
use crate::sandbox::exchange::SandboxReply;
use crate::sandbox::models::meta::dialog::{self, Choice, Decision, Style};
use crate::sandbox::models::meta::refusal::{Answer, Refusal, token_refusal};
use crate::sandbox::models::meta::token::{Grant, Kind, Token, token_of};
use crate::sandbox::models::meta::{Call, DAY_MS, HOUR_MS};

/// The permissions of Instagram Login; the older `business_*` names died on 2025-01-27.
pub(super) const IG_SCOPES: [&str; 5] = [
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_messages",
    "instagram_business_manage_insights",
];

/// The permissions of the login with Facebook.
pub(super) const FB_SCOPES: [&str; 14] = [
    "public_profile",
    "email",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "instagram_manage_messages",
    "instagram_manage_contents",
    "pages_show_list",
    "pages_read_engagement",
    "pages_messaging",
    "pages_manage_metadata",
    "business_management",
    "ads_read",
];

/// The seconds of the documented answers (instagram.md 2).
const SAID_LIFE_S: i64 = 5_183_944;

impl Instagram {
    /// `www.instagram.com/oauth/authorize`.
    pub(super) fn authorize(&mut self, call: &Call<'_>) -> SandboxReply {
        let style = Style {
            brand: "Instagram",
            action: &call.req.path,
            known: &IG_SCOPES,
            configuration: &[],
            basic: Some("instagram_business_basic"),
            tail: "#_",
            error_code: None,
        };
        let settings = &self.login.settings;
        let asked = match dialog::asked(&call.params, &self.login.app.0, &settings.redirect_uris, &style) {
            Ok(asked) => asked,
            Err(message) => return dialog::impossible(&message, &style),
        };
        match dialog::decision(call, settings) {
            Decision::Refuse => dialog::redirect_refused(&asked, &style),
            Decision::Open => {
                let names: Vec<String> = self.accounts.iter().map(|a| a.username.clone()).collect();
                dialog::page(&asked, &Choice::Accounts(&names), &style)
            }
            Decision::Allow => {
                let chosen = call.params.get("_sandbox_account").map(str::to_owned);
                let first = self.accounts.first().map(|a| a.username.clone());
                let username = chosen.or(first).unwrap_or_else(|| "crier".to_owned());
                if self.settings.personal.contains(&username) {
                    let text = "This app needs a professional account. Personal accounts cannot be used.";
                    return dialog::impossible(text, &style);
                }
                let granted = dialog::granted(&asked, settings);
                let owner = self.account_named(&username);
                let grant = Grant {
                    owner,
                    scopes: granted
                        .into_iter()
                        .filter(|(_, yes)| *yes)
                        .map(|(name, _)| name)
                        .collect(),
                    targets: Vec::new(),
                };
                let code = self.login.book.code(grant, &asked.redirect_uri, call.now);
                dialog::redirect_code(&asked, &code, &style)
            }
        }
    }

    /// `POST api.instagram.com/oauth/access_token`: code to a token of one hour.
    pub(super) fn exchange_code(&mut self, call: &Call<'_>) -> Answer {
        let wrong = |text: &str| Refusal::OAuth(text.to_owned());
        let params = &call.params;
        if !call.req.method.eq_ignore_ascii_case("POST") {
            return Err(wrong("Unsupported request method"));
        }
        if params.get("client_id") != Some(self.login.app.0.as_str()) {
            return Err(wrong("Invalid platform app"));
        }
        if params.get("client_secret") != Some(self.login.app.1.as_str()) {
            return Err(Refusal::code(1, "Error validating client secret."));
        }
        if params.get("grant_type") != Some("authorization_code") {
            return Err(wrong("Invalid grant_type"));
        }
        let value = params.get("code").unwrap_or("");
        let gone = || wrong("Matching code was not found or was already used");
        let code = self.login.book.codes.iter_mut().find(|code| code.value == value);
        let code = code.ok_or_else(gone)?;
        if code.used {
            self.login.code_reused += 1;
            return Err(gone());
        }
        if params.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
            return Err(wrong(
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you \
                 used in the OAuth dialog request",
            ));
        }
        if call.now.saturating_sub(code.issued_ms) >= HOUR_MS {
            return Err(wrong("This authorization code has expired"));
        }
        code.used = true;
        let grant = code.grant.clone();
        let owner = account_id(grant.owner);
        let permissions = self.permissions(&grant.scopes);
        let token = self.login.book.issue(Kind::IgShort, grant, call.now);
        let mut answer = json!({"access_token": token, "user_id": owner});
        if self.settings.user_id_number
            && let Ok(number) = owner.parse::<u64>()
        {
            answer["user_id"] = json!(number);
        }
        if !permissions.is_null() {
            answer["permissions"] = permissions;
        }
        Ok(if self.settings.wrapped {
            json!({"data": [answer]})
        } else {
            answer
        })
    }

    fn permissions(&self, scopes: &[String]) -> Value {
        match self.settings.permissions_as {
            PermissionsAs::Text => json!(scopes.join(",")),
            PermissionsAs::List => json!(scopes),
            PermissionsAs::Absent => Value::Null,
        }
    }

    /// `ig_exchange_token`: short to long.
    pub(super) fn exchange_short(&mut self, call: &Call<'_>) -> Answer {
        if call.params.get("grant_type") != Some("ig_exchange_token") {
            return Err(Refusal::parameter("Invalid grant_type"));
        }
        if call.params.get("client_secret") != Some(self.login.app.1.as_str()) {
            return Err(Refusal::code(1, "Error validating client secret."));
        }
        let token = self.token_asked(call)?;
        if token.kind != Kind::IgShort {
            return Err(
                Refusal::parameter("Session key invalid: only a short-lived token can be exchanged")
                    .kind("IGApiException"),
            );
        }
        Ok(self.long_answer(&token, call.now, false))
    }

    /// `ig_refresh_token`: at least 24 hours old, not over, with `instagram_business_basic`.
    pub(super) fn refresh(&mut self, call: &Call<'_>) -> Answer {
        if call.params.get("grant_type") != Some("ig_refresh_token") {
            return Err(Refusal::parameter("Invalid grant_type"));
        }
        let token = self.token_asked(call)?;
        if token.kind != Kind::IgLong {
            return Err(Refusal::parameter("Only a long-lived token can be refreshed").kind("IGApiException"));
        }
        if !token.has("instagram_business_basic") {
            return Err(Refusal::not_allowed());
        }
        if call.now.saturating_sub(token.issued_ms) < DAY_MS {
            self.violations.refreshed_early += 1;
            let text = "The access token must be at least 24 hours old to be refreshed";
            return Err(Refusal::parameter(text).kind("IGApiException"));
        }
        let answer = self.long_answer(&token, call.now, true);
        if self.settings.refresh_ends_old {
            self.login.book.expire(&token.value, call.now);
        }
        Ok(answer)
    }

    fn token_asked(&self, call: &Call<'_>) -> Answer<Token> {
        let status = self.login.settings.token_error_status;
        let value = token_of(call.req).ok_or_else(|| token_refusal(status, None, ""))?;
        let token = self
            .login
            .book
            .live(&value, call.now, status, &self.login.app.0)?;
        if token.kind.is_facebook() {
            return Err(token_refusal(status, None, ""));
        }
        Ok(token.clone())
    }

    fn long_answer(&mut self, token: &Token, now: i64, refreshed: bool) -> Value {
        let grant = Grant {
            owner: token.owner,
            scopes: token.scopes.clone(),
            targets: Vec::new(),
        };
        let value = self.login.book.issue(Kind::IgLong, grant, now);
        let mut answer = json!({"access_token": value, "token_type": "bearer"});
        if self.login.settings.says_expires_in {
            answer["expires_in"] = json!(SAID_LIFE_S);
        }
        let permissions = self.permissions(&token.scopes);
        if refreshed && !permissions.is_null() {
            answer["permissions"] = permissions;
        }
        answer
    }
}
