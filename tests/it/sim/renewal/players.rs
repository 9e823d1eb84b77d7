//! Who renews: each way of logging in, without any page but where the page is the only way to a refresh token.

use crier::core::login::{RefreshRule, TokenSet};
use crier::domain::time::{Span, Timestamp};
use crier::sandbox::exchange::SandboxRequest;
use crier::sandbox::model::Model as _;
use crier::sandbox::models::instagram::GrantBy;
use crier::sandbox::world::World;
use sha2::{Digest as _, Sha256};

use crate::sim::cast;
use crate::sim::request::Files;

/// One way of logging in.
pub struct Player {
    /// In words, for messages.
    pub name: &'static str,
    pub platform: &'static str,
    pub account: &'static str,
    pub options: &'static [(&'static str, &'static str)],
    /// The model's step that renews.
    pub step: &'static str,
    /// Crash points that are tried: those of the first renewals.
    pub points: u32,
    pub log_in: fn(&mut World, &str, Timestamp) -> TokenSet,
}

pub static ALL: &[Player] = &[
    Player {
        name: "x",
        platform: "x",
        account: "bird",
        options: &[],
        step: "x.token",
        points: 14,
        log_in: x,
    },
    Player {
        name: "tiktok",
        platform: "tiktok",
        account: "dancer",
        options: &[],
        step: "tiktok.token",
        points: 14,
        log_in: tiktok,
    },
    Player {
        name: "x-ends-the-old",
        platform: "x",
        account: "bird",
        options: &[],
        step: "x.token",
        points: 10,
        log_in: |world, account, now| {
            world.x.settings.refresh_ends_old = true;
            x(world, account, now)
        },
    },
    Player {
        name: "x-other-words",
        platform: "x",
        account: "bird",
        options: &[],
        step: "x.token",
        points: 6,
        log_in: |world, account, now| {
            "Value passed for the refresh token was invalid."
                .clone_into(&mut world.x.settings.refresh_refusal);
            x(world, account, now)
        },
    },
    Player {
        name: "tiktok-ends-the-old",
        platform: "tiktok",
        account: "dancer",
        options: &[],
        step: "tiktok.token",
        points: 10,
        log_in: |world, account, now| {
            world.tiktok.settings.refresh_ends_old = true;
            tiktok(world, account, now)
        },
    },
    Player {
        name: "threads",
        platform: "threads",
        account: "club",
        options: &[],
        step: "threads.refresh",
        points: 8,
        log_in: |world, account, now| granted(world, "threads", account, now),
    },
    Player {
        name: "instagram",
        platform: "instagram",
        account: "gram",
        options: &[("login", "instagram")],
        step: "instagram.refresh",
        points: 8,
        log_in: |world, account, now| granted(world, "instagram", account, now),
    },
    Player {
        name: "instagram-by-facebook",
        platform: "instagram",
        account: "gram",
        options: &[("login", "facebook")],
        step: "instagram.exchange",
        points: 0,
        log_in: |world, account, now| {
            world.instagram.settings.grant_by = GrantBy::Facebook;
            granted(world, "instagram", account, now)
        },
    },
    Player {
        name: "facebook",
        platform: "facebook",
        account: "page",
        options: &[],
        step: "facebook.exchange",
        points: 0,
        log_in: |world, account, now| granted(world, "facebook", account, now),
    },
];

/// How long a life is looked at: a few renewals.
pub fn unit(set: &TokenSet, rule: Option<RefreshRule>) -> Span {
    let life = match (set.expires, set.issued) {
        (Some(end), Some(begin)) => end.since(begin),
        _ => Span::days(60),
    };
    let margin = |rule: RefreshRule| {
        let third = if rule.third { life.0 / 3 } else { 0 };
        Span::secs(rule.margin_secs).0.max(third)
    };
    let between = rule.map_or(life, |rule| Span(life.0 - margin(rule)));
    Span(between.max(Span::hours(1)).0 * 2 + Span::mins(30).0)
}

fn x(world: &mut World, account: &str, now: Timestamp) -> TokenSet {
    let renews = cast::ALL
        .iter()
        .find(|c| c.platform == "x")
        .and_then(|c| c.renews);
    complete(renews.unwrap()(world, account, now))
}

/// Meta's tokens of 60 days, as a login ends with them.
fn granted(world: &mut World, platform: &str, account: &str, now: Timestamp) -> TokenSet {
    let model = world.vendor_mut(platform).unwrap();
    model.add_account(account);
    let token = model.grant(account, &[], now.0);
    complete(TokenSet {
        access: Some(token.into()),
        expires: Some(now.after_secs(60 * 86_400)),
        issued: Some(now),
        ..TokenSet::default()
    })
}

/// What a login learns beside the tokens.
fn complete(set: TokenSet) -> TokenSet {
    TokenSet {
        scopes: vec!["posting".into()],
        user_id: Some("17".into()),
        ..set
    }
}

/// A login through the page, with both tokens.
fn tiktok(world: &mut World, account: &str, now: Timestamp) -> TokenSet {
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CALLBACK: &str = "http://127.0.0.1:8080/callback";
    world.tiktok.add_account(account);
    let hash = Sha256::digest(VERIFIER);
    let challenge: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut page = SandboxRequest::new("GET", "/v2/auth/authorize/");
    "auth_base".clone_into(&mut page.host_role);
    for (name, value) in [
        ("response_type", "code"),
        ("client_key", "sandbox-app"),
        ("redirect_uri", CALLBACK),
        ("scope", "user.info.basic,video.publish,video.upload"),
        ("state", "st"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("_sandbox_auto", "allow"),
        ("_sandbox_account", account),
    ] {
        page = page.with_query(name, value);
    }
    let reply = world.tiktok.answer(&page, now.0, &mut Files::default());
    let address = url::Url::parse(reply.header("location").unwrap()).unwrap();
    let code = address.query_pairs().find(|(name, _)| name == "code").unwrap().1;
    let mut exchange = SandboxRequest::new("POST", "/v2/oauth/token/").with_form(&[
        ("client_key", "sandbox-app"),
        ("client_secret", "sandbox-secret"),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]);
    "api_base".clone_into(&mut exchange.host_role);
    let set = world
        .tiktok
        .answer(&exchange, now.0, &mut Files::default())
        .value();
    let token = |name: &str| set[name].as_str().map(|t| t.to_owned().into());
    let after = |name: &str| set[name].as_i64().map(|s| now.after_secs(s));
    complete(TokenSet {
        access: token("access_token"),
        refresh: token("refresh_token"),
        expires: after("expires_in"),
        refresh_expires: after("refresh_expires_in"),
        issued: Some(now),
        ..TokenSet::default()
    })
}
