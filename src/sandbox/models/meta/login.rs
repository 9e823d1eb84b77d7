//! The login with Facebook: one person, their Pages, and the tokens of both (facebook.md 2, instagram.md 2 path F,
//! meta-common.md 4.2, 6, 7, 9).

use serde_json::{Value, json};

use super::dialog::{self, Decision};
use super::fields::{list_page, node};
use super::refusal::{Answer, Refusal, token_refusal};
use super::signed;
pub(crate) use super::switches::{LoginSettings, LongAgain, Retired};
use super::token::{Book, Grant, Kind, LONG_LIFE_S, Token, token_of};
use super::{Call, DAY_MS};
use crate::sandbox::exchange::SandboxReply;

/// The id of the one person who logs in.
pub(crate) const PERSON: &str = "10158000000000001";
const PERSON_NAME: &str = "Sam Sandbox";
const BUSINESS: &str = "2075000000000001";
const PAGE_BASE: u64 = 112_000_000_000_000;
const TASKS: [&str; 6] = [
    "ANALYZE",
    "ADVERTISE",
    "MESSAGING",
    "MODERATE",
    "CREATE_CONTENT",
    "MANAGE",
];

/// One Page.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) name: String,
    /// What a read of `instagram_business_account` says: an object with its `id`, or null.
    pub(crate) linked: Value,
}

/// The person's side of an app: Pages, tokens, dialogs.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) settings: LoginSettings,
    pub(crate) app: (String, String),
    pub(crate) book: Book,
    pub(crate) pages: Vec<Page>,
    /// The permissions of the last dialog and whether they were granted.
    pub(crate) asked: Vec<(String, bool)>,
    pub(crate) code_reused: u32,
}

impl Login {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            settings: LoginSettings::default(),
            app: ("sandbox-app".to_owned(), "sandbox-secret".to_owned()),
            book: Book::new(seed),
            pages: Vec::new(),
            asked: Vec::new(),
            code_reused: 0,
        }
    }

    /// The Page of this name, made unless it exists.
    pub(crate) fn page_named(&mut self, name: &str) -> usize {
        if let Some(index) = self.pages.iter().position(|p| p.name == name) {
            return index;
        }
        self.pages.push(Page {
            name: name.to_owned(),
            linked: Value::Null,
        });
        self.pages.len() - 1
    }

    /// Makes Pages until the person has as many as the switch says.
    pub(crate) fn fill_pages(&mut self) {
        while self.pages.len() < self.settings.pages.min(200) {
            let name = format!("Sandbox Page {}", self.pages.len() + 1);
            self.page_named(&name);
        }
    }

    pub(crate) fn page_by_id(&self, id: &str) -> Option<usize> {
        (0..self.pages.len()).find(|&index| page_id(index) == id)
    }

    /// A long user token and the Page's, without any dialog: the Page's.
    pub(crate) fn grant_page(&mut self, page: usize, scopes: Vec<String>, now: i64) -> String {
        let grant = Grant {
            owner: 0,
            scopes,
            targets: (0..self.pages.len()).collect(),
        };
        let user = self.book.issue(Kind::UserLong, grant, now);
        let Some(user) = self.book.find(&user).cloned() else {
            return user;
        };
        self.book.issue_page(page, &user, now)
    }

    /// Whether the version of the path is one that lives (meta-common.md 1).
    pub(crate) fn check_version(&self, call: &Call<'_>) -> Answer<()> {
        let Some((major, _)) = call.path.version else {
            return Ok(());
        };
        let settings = &self.settings;
        if major > settings.newest_version {
            return Err(Refusal::no_path(&call.req.path));
        }
        if major < settings.oldest_version && settings.retired == Retired::Refused {
            return Err(Refusal::code(
                2635,
                format!(
                    "(#2635) You are calling a deprecated version of the API. Please update to the latest version: v{}.0.",
                    settings.newest_version
                ),
            ));
        }
        Ok(())
    }

    /// Who calls `graph.facebook.com`, or error 190.
    pub(crate) fn caller(&self, call: &Call<'_>) -> Answer<Token> {
        let token = self.uploader(call)?;
        self.check_proof(call, &token.value)?;
        Ok(token)
    }

    /// Who sends bytes: `rupload.facebook.com` asks for no proof (meta-common.md 6).
    pub(crate) fn uploader(&self, call: &Call<'_>) -> Answer<Token> {
        let status = self.settings.token_error_status;
        let Some(value) = token_of(call.req) else {
            let text = "An access token is required to request this resource.";
            return Err(Refusal::code(104, text).http(status));
        };
        Ok(self.living(&value, call.now)?.clone())
    }

    /// Whether the app itself calls, with its own token (meta-common.md 6).
    fn is_app(&self, call: &Call<'_>) -> Answer<bool> {
        let app_token = format!("{}|{}", self.app.0, self.app.1);
        let called = token_of(call.req).as_deref() == Some(app_token.as_str());
        if called {
            self.check_proof(call, &app_token)?;
        }
        Ok(called)
    }

    fn living(&self, value: &str, now: i64) -> Answer<&Token> {
        let status = self.settings.token_error_status;
        let token = self.book.live(value, now, status, &self.app.0)?;
        if !token.kind.is_facebook() {
            return Err(token_refusal(status, None, ""));
        }
        if let Some(subcode) = self.settings.checkpoint {
            return Err(token_refusal(status, Some(subcode), ""));
        }
        let page = token.page.and_then(|page| self.pages.get(page));
        if page.is_some_and(|page| self.settings.lost_roles.contains(&page.name)) {
            return Err(token_refusal(status, Some(492), ""));
        }
        Ok(token)
    }

    /// A proof that is there must be right; one that is demanded must be there (meta-common.md 6, code 104).
    fn check_proof(&self, call: &Call<'_>, token: &str) -> Answer<()> {
        match call.params.get("appsecret_proof") {
            Some(proof) if proof == signed::proof(&self.app.1, token) => Ok(()),
            Some(_) => Err(Refusal::code(
                104,
                "Invalid appsecret_proof provided in the API argument",
            )),
            None if self.settings.proof_required => Err(Refusal::code(
                104,
                "API calls from the server require an appsecret_proof argument",
            )),
            None => Ok(()),
        }
    }

    /// The caller's Page, when the path names it and the token is the Page's own (facebook.md 4).
    pub(crate) fn page_caller(&self, id: &str, call: &Call<'_>) -> Answer<(Token, usize)> {
        let token = self.caller(call)?;
        let named = self.page_by_id(id);
        match token.page {
            Some(page) if id == "me" || named == Some(page) => Ok((token, page)),
            Some(_) => Err(Refusal::missing(id)),
            None if named.is_some() => Err(token_refusal(self.settings.token_error_status, None, "")
                .reworded(
                    "A Page access token is required for this call for the new Pages experience.",
                    Some(2_069_032),
                )),
            None => Err(Refusal::missing(id)),
        }
    }

    /// The dialog on `www.facebook.com`: GET shows it, POST is the person's decision (facebook.md 2).
    pub(crate) fn dialog(&mut self, call: &Call<'_>, known: &[&str]) -> SandboxReply {
        let configuration = self.settings.configuration_scopes.clone();
        let style = dialog::Style {
            brand: "Facebook",
            action: &call.req.path,
            known,
            configuration: &configuration,
            basic: None,
            tail: "#_=_",
            error_code: Some("200"),
        };
        let uris = &self.settings.redirect_uris;
        let asked = match dialog::asked(&call.params, &self.app.0, uris, &style) {
            Ok(asked) => asked,
            Err(message) => return dialog::impossible(&message, &style),
        };
        if let Some(name) = call.params.get("_sandbox_account") {
            self.page_named(name);
        } else if self.pages.is_empty() {
            self.page_named("crier");
        }
        let names: Vec<String> = self.pages.iter().map(|page| page.name.clone()).collect();
        match dialog::decision(call, &self.settings) {
            Decision::Open => dialog::page(&asked, &dialog::Choice::Pages(&names), &style),
            Decision::Refuse => dialog::redirect_refused(&asked, &style),
            Decision::Allow => {
                self.asked = dialog::granted(&asked, &self.settings);
                let granted = self.asked.iter().filter(|(_, yes)| *yes);
                let grant = Grant {
                    owner: 0,
                    scopes: granted.map(|(name, _)| name.clone()).collect(),
                    targets: dialog::ticked(call, &names, &self.settings),
                };
                let code = self.book.code(grant, &asked.redirect_uri, call.now);
                dialog::redirect_code(&asked, &code, &style)
            }
        }
    }

    /// `/oauth/access_token`: code, long exchange, app token (facebook.md 2); GET and POST alike.
    pub(crate) fn exchange(&mut self, call: &Call<'_>) -> Answer {
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
            Some("fb_exchange_token") => self.exchange_long(call),
            Some("client_credentials") => {
                Ok(json!({"access_token": format!("{}|{}", self.app.0, self.app.1), "token_type": "bearer"}))
            }
            Some("authorization_code") | None => self.exchange_code(call),
            Some(other) => Err(Refusal::parameter(format!("Invalid grant_type: {other}"))),
        }
    }

    fn exchange_code(&mut self, call: &Call<'_>) -> Answer {
        let value = call.need("code")?;
        let life = self.settings.code_life_s.saturating_mul(1000);
        let code = self.book.codes.iter_mut().find(|code| code.value == value);
        let code = code.ok_or_else(|| Refusal::parameter("Invalid verification code format."))?;
        if code.used {
            self.code_reused += 1;
            return Err(Refusal::parameter("This authorization code has been used.").sub(36_009));
        }
        if call.params.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
            return Err(Refusal::parameter(
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you \
                 used in the OAuth dialog request",
            )
            .sub(36_008));
        }
        if call.now.saturating_sub(code.issued_ms) >= life {
            return Err(Refusal::parameter("This authorization code has expired.").sub(36_007));
        }
        code.used = true;
        let grant = code.grant.clone();
        let token = self.book.issue(Kind::UserShort, grant, call.now);
        Ok(self.token_answer(&token, call.now))
    }

    fn exchange_long(&mut self, call: &Call<'_>) -> Answer {
        let old = self.living(call.need("fb_exchange_token")?, call.now)?.clone();
        let grant = Grant {
            owner: old.owner,
            scopes: old.scopes.clone(),
            targets: old.targets.clone(),
        };
        let token = self.book.issue(Kind::UserLong, grant, call.now);
        if old.kind == Kind::UserLong
            && self.settings.long_again == LongAgain::SameEnd
            && let Some(new) = self.book.tokens.last_mut()
        {
            new.expires_ms = old.expires_ms;
        }
        Ok(self.token_answer(&token, call.now))
    }

    fn token_answer(&self, value: &str, now: i64) -> Value {
        let mut answer = json!({"access_token": value, "token_type": "bearer"});
        let end = self.book.find(value).and_then(|token| token.expires_ms);
        if let Some(end) = end.filter(|_| self.settings.says_expires_in) {
            answer["expires_in"] = json!(((end - now) / 1000).min(LONG_LIFE_S));
        }
        answer
    }

    /// `debug_token`, asked by the app's own token or any living one (meta-common.md 7).
    pub(crate) fn debug_token(&self, call: &Call<'_>) -> Answer {
        if !self.is_app(call)? {
            self.caller(call)?;
        }
        let input = call.need("input_token")?;
        let Some(token) = self.book.find(input).filter(|token| token.kind.is_facebook()) else {
            return Ok(json!({"data": {"is_valid": false, "scopes": [],
                "error": {"code": 190, "message": "Invalid OAuth access token."}}}));
        };
        let targets: Vec<String> = token.targets.iter().map(|&page| page_id(page)).collect();
        let granular: Vec<Value> = token
            .scopes
            .iter()
            .map(|scope| json!({"scope": scope, "target_ids": targets}))
            .collect();
        let mut data = json!({
            "app_id": self.app.0,
            "type": if token.kind == Kind::Page { "PAGE" } else { "USER" },
            "application": "crier sandbox",
            "data_access_expires_at": token.issued_ms.saturating_add(90 * DAY_MS) / 1000,
            "expires_at": token.expires_ms.map_or(0, |at| at / 1000),
            "is_valid": true,
            "issued_at": token.issued_ms / 1000,
            "scopes": token.scopes,
            "granular_scopes": granular,
            "user_id": PERSON,
        });
        if let Some(page) = token.page {
            data["profile_id"] = json!(page_id(page));
        }
        if let Err(Refusal::Graph(graph)) = self.living(input, call.now) {
            data["is_valid"] = json!(false);
            data["error"] = json!({"code": 190, "subcode": graph.subcode, "message": graph.message});
        }
        Ok(json!({ "data": data }))
    }

    /// `/me/permissions`; `me` of a Page token is the Page, which has none (facebook.md 9).
    pub(crate) fn permissions(&self, call: &Call<'_>) -> Answer {
        let token = self.caller(call)?;
        if token.page.is_some() {
            return Err(Refusal::no_field("permissions", "Page"));
        }
        let declined = self.asked.iter().filter(|(_, granted)| !granted);
        let declined = declined.map(|(name, _)| json!({"permission": name, "status": "declined"}));
        let granted = token
            .scopes
            .iter()
            .map(|name| json!({"permission": name, "status": "granted"}));
        Ok(json!({"data": granted.chain(declined).collect::<Vec<_>>()}))
    }

    /// `DELETE /{user}/permissions[/{permission}]`: all of it is the app's removal (instagram.md 2).
    pub(crate) fn revoke(&mut self, user: &str, permission: Option<&str>, call: &Call<'_>) -> Answer {
        if self.is_app(call)? {
            if user != PERSON {
                return Err(Refusal::missing(user));
            }
        } else if self.caller(call)?.page.is_some() || (user != "me" && user != PERSON) {
            return Err(Refusal::missing(user));
        }
        match permission {
            None => self.book.kill(Some(458), |t| t.kind.is_facebook()),
            Some(name) => {
                for token in self.book.tokens.iter_mut().filter(|t| t.kind.is_facebook()) {
                    token.scopes.retain(|scope| scope != name);
                }
            }
        }
        Ok(json!({"success": true}))
    }

    /// `/me/accounts`: the Pages that were ticked (facebook.md 2).
    pub(crate) fn accounts(&mut self, call: &Call<'_>) -> Answer {
        let token = self.caller(call)?;
        if token.page.is_some() {
            return Err(Refusal::no_field("accounts", "Page"));
        }
        let hidden = self.settings.pages_in_business || !token.has("pages_show_list");
        self.page_list(
            if hidden { Vec::new() } else { token.targets.clone() },
            &token,
            call,
        )
    }

    /// `/me/businesses`, with `business_management`.
    pub(crate) fn businesses(&self, call: &Call<'_>) -> Answer {
        let token = self.caller(call)?;
        if !token.has("business_management") {
            return Err(Refusal::permission("business_management"));
        }
        let some = self.settings.pages_in_business;
        let data = if some {
            vec![json!({"id": BUSINESS, "name": "Sandbox Business"})]
        } else {
            Vec::new()
        };
        Ok(json!({ "data": data }))
    }

    /// `/{business}/owned_pages`.
    pub(crate) fn owned_pages(&mut self, business: &str, call: &Call<'_>) -> Answer {
        let token = self.caller(call)?;
        if business != BUSINESS || !self.settings.pages_in_business || !token.has("business_management") {
            return Err(Refusal::missing(business));
        }
        self.page_list(token.targets.clone(), &token, call)
    }

    fn page_list(&mut self, pages: Vec<usize>, token: &Token, call: &Call<'_>) -> Answer {
        let nodes: Vec<Value> = pages
            .iter()
            .map(|&page| self.page_node(page, token, call.now))
            .collect();
        list_page(
            &nodes,
            call,
            "access_token,category,name,id,tasks",
            "Page",
            self.settings.accounts_at_once,
        )
    }

    /// Everything that a read of a Page can show (facebook.md 3).
    pub(crate) fn page_node(&mut self, index: usize, token: &Token, now: i64) -> Value {
        let own = token.page == Some(index);
        let may =
            own || (token.page.is_none() && token.has("pages_show_list") && token.targets.contains(&index));
        let access = may.then(|| self.book.issue_page(index, token, now));
        let page = &self.pages[index];
        let lost = self.settings.lost_roles.contains(&page.name);
        let slug = page.name.to_lowercase().replace(' ', ".");
        json!({
            "id": page_id(index),
            "name": page.name,
            "username": slug,
            "category": "Software",
            "link": format!("https://www.facebook.com/{slug}"),
            "access_token": access,
            "tasks": if lost { Vec::new() } else { TASKS.to_vec() },
            "picture": {"data": {"url": format!("https://scontent.xx.fbcdn.net/v/{}.jpg", page_id(index)), "is_silhouette": false}},
            "fan_count": 42,
            "followers_count": 57,
            "is_published": true,
            "verification_status": "not_verified",
            "has_transitioned_to_new_page_experience": true,
            "instagram_business_account": page.linked,
        })
    }

    /// `GET /me` or `/{user}` or `/{page}`.
    pub(crate) fn profile(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let token = self.caller(call)?;
        let page = match token.page {
            Some(page) if id == "me" => Some(page),
            Some(_) | None => self.page_by_id(id),
        };
        if let Some(page) = page {
            let ticked = token.page == Some(page) || token.targets.contains(&page);
            if !ticked {
                return Err(Refusal::missing(id));
            }
            return node(&self.page_node(page, &token, call.now), call, "name,id", "Page");
        }
        if id != "me" && id != PERSON {
            return Err(Refusal::missing(id));
        }
        let picture =
            json!({"data": {"url": "https://scontent.xx.fbcdn.net/v/sam.jpg", "is_silhouette": false}});
        let full = json!({"id": PERSON, "name": PERSON_NAME, "picture": picture});
        node(&full, call, "name,id", "User")
    }

    /// Adds the usage headers that the switches ask for (meta-common.md 5).
    pub(crate) fn usage(&self, reply: &mut SandboxReply, object: &str, kind: &str) {
        if let Some(percent) = self.settings.app_usage {
            let usage = json!({"call_count": percent, "total_time": percent, "total_cputime": percent});
            reply.headers.push(("X-App-Usage".to_owned(), usage.to_string()));
        }
        if let Some(percent) = self.settings.business_usage {
            let entry = json!({"type": kind, "call_count": percent, "total_cputime": percent, "total_time": percent,
                "estimated_time_to_regain_access": self.settings.regain_minutes});
            let usage = json!({ object: [entry] }).to_string();
            reply
                .headers
                .push(("X-Business-Use-Case-Usage".to_owned(), usage));
        }
    }

    /// A fault's end of the request's token.
    pub(crate) fn spoil_token(&mut self, value: &str, revoked: bool, now: i64) {
        if revoked {
            self.book.kill(Some(460), |t| t.value == value);
        } else {
            self.book.expire(value, now);
        }
    }
}

/// The id of a Page by its place.
pub(crate) fn page_id(index: usize) -> String {
    (PAGE_BASE + (index as u64 + 1) * 7_919).to_string()
}
