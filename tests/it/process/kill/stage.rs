//! Who plays in the marathon: an account on each platform, and others whom they answer.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::process::bench::{Bench, Ground, Stage};

pub const THREADS: &str = "club";
/// The second of Threads, as no account is asked often in a minute.
pub const SHOP: &str = "shop";
/// Instagram with its own login.
pub const GALLERY: &str = "gallery";
/// Instagram with Facebook's login.
pub const BOUTIQUE: &str = "boutique";
pub const PAGE: &str = "house";
pub const TIKTOK: &str = "clips";
/// TikTok where a person finishes what is handed in.
pub const DRAFTS: &str = "drafts";
pub const X: &str = "bird";
pub const MAIL: &str = "letters";

/// More than a marathon needs.
const MANY: u64 = 1_000_000;

/// Everybody.
pub const STAGE: Stage = Stage {
    profiles: &[
        "threads:club",
        "threads:shop",
        "instagram:gallery",
        "instagram:boutique",
        "facebook:house",
        "tiktok:clips",
        "tiktok:drafts",
        "x:bird",
        "x:neighbour",
    ],
    accounts: &[THREADS, SHOP, GALLERY, BOUTIQUE, PAGE, TIKTOK, DRAFTS, X, MAIL],
    switches,
    config,
};

/// Whose refresh tokens work once, so that a kill can cost the account its login.
pub const ROTATING: [&str; 3] = [TIKTOK, DRAFTS, X];

fn switches() -> Value {
    let many = |steps: &[&str]| -> Value {
        steps
            .iter()
            .map(|step| ((*step).to_owned(), json!(MANY)))
            .collect()
    };
    json!({
        "threads": {"post_quota": MANY, "reply_quota": MANY},
        "instagram": {"post_quota": MANY, "container_quota": MANY,
            "image_delay_ms": 100, "video_delay_ms": 200, "carousel_delay_ms": 100},
        "facebook": {"reels_quota": MANY, "video_delay_ms": 200},
        "tiktok": {"plain_http": true, "refresh_ends_old": true, "processing_ms": 200, "moderation_ms": 100,
            "posts_day": MANY, "pending_shares": MANY,
            "limits": many(&["tiktok.video_init", "tiktok.inbox_init", "tiktok.content_init",
                "tiktok.creator_info", "tiktok.status", "tiktok.video_list"])},
        "x": {"video_delay_ms": 200, "refresh_ends_old": true, "posts_3h": MANY, "posts_day": MANY,
            "user_limits": many(&["x.create", "x.repost", "x.message", "x.messages", "x.list", "x.me", "x.media_status",
                "x.upload", "x.metadata"]),
            "app_limits": many(&["x.create", "x.message"])},
    })
}

/// Waits are short here: what a lost answer asks for takes seconds, not minutes.
fn config(ground: &Ground<'_>) -> String {
    let Ground { dir, base, smtp } = ground;
    let dir = dir.display();
    let app = |name: &str| {
        format!(
            "[app.{name}]\nplatform = \"{name}\"\nclient_id = \"sandbox-app\"\n\
             client_secret = {{ file = \"{dir}/meta.secret\" }}\n"
        )
    };
    let hosts = |platform: &str, names: &[&str]| -> String {
        let line = |name: &&str| format!("{name} = \"{base}/{platform}/{name}\"\n");
        format!(
            "[platform.{platform}]\n{}",
            names.iter().map(line).collect::<String>()
        )
    };
    let queue = |name: &str, accounts: &[&str]| {
        format!(
            "[queue.{name}]\naccounts = {accounts:?}\ntimezone = \"UTC\"\nspacing = \"0s\"\nduplicate_window = \"0s\"\n\
             late = {{ within = \"30d\", then = \"hold\" }}\non_unknown = \"hold\"\n\n"
        )
    };
    [
        hosts("threads", &["api_base", "auth_base"]),
        "posts = 100000\nreplies = 100000\nchain_pause_secs = 0\nlook_pause_secs = 2\nlook_round_secs = 1\nlost_pause_secs = 1\n"
            .to_owned(),
        app("threads"),
        format!("[account.{THREADS}]\napp = \"threads\"\n[account.{SHOP}]\napp = \"threads\"\n"),
        instagram(&hosts),
        app("instagram"),
        format!("[account.{GALLERY}]\napp = \"instagram\"\n"),
        format!("[account.{BOUTIQUE}]\napp = \"instagram\"\nlogin = \"facebook\"\npage = \"{BOUTIQUE}\"\n"),
        hosts("facebook", &["api_base", "auth_base", "upload_base"]),
        "posts = 100000\nposts_at_once = 100000\nreels = 100000\nlook_pause_secs = 2\nlook_second_secs = 1\n\
         look_third_secs = 1\nidle_pause_secs = 1\nlost_pause_secs = 1\n"
            .to_owned(),
        app("facebook"),
        format!("[account.{PAGE}]\napp = \"facebook\"\npage = \"{PAGE}\"\n"),
        tiktok(&hosts),
        app("tiktok"),
        format!(
            "[account.{TIKTOK}]\napp = \"tiktok\"\naudited = \"true\"\nprivacy = \"PUBLIC_TO_EVERYONE\"\n\
             [account.{DRAFTS}]\napp = \"tiktok\"\nmode = \"inbox\"\n"
        ),
        x(&hosts),
        app("x"),
        format!("[account.{X}]\napp = \"x\"\nmessages = \"true\"\n"),
        "[platform.email]\nmessages = 100000\nrecipients = 100000\n".to_owned(),
        mail(&dir.to_string(), smtp),
        queue("news", &[THREADS, SHOP, GALLERY, BOUTIQUE, PAGE, TIKTOK, DRAFTS, X]),
        queue("mail", &[MAIL]),
    ]
    .concat()
}

fn instagram(hosts: &dyn Fn(&str, &[&str]) -> String) -> String {
    let names = [
        "api_base",
        "auth_base",
        "token_base",
        "fb_api_base",
        "fb_auth_base",
        "fb_upload_base",
    ];
    hosts("instagram", &names)
        + "posts = 100000\ncontainers = 100000\nlook_pause_secs = 2\nlook_round_secs = 1\nlost_pause_secs = 1\nfetch_pause_secs = 1\nrepublish_pause_secs = 1\n"
}

fn tiktok(hosts: &dyn Fn(&str, &[&str]) -> String) -> String {
    format!(
        "{}posts = 100000\ndrafts = 100000\ninits = 100000\nstatus_calls = 100000\ncreator_infos = 100000\nlook_first_secs = 2\n\
         look_pause_secs = 1\nrefresh_min_age_secs = 0\n",
        hosts("tiktok", &["api_base", "auth_base", "upload_base"])
    )
}

fn x(hosts: &dyn Fn(&str, &[&str]) -> String) -> String {
    format!(
        "{}posts = 100000\nposts_3h = 100000\nposts_day = 100000\nreposts = 100000\nmessages = 100000\n\
         messages_day = 100000\nlook_first_secs = 2\nlook_second_secs = 1\nlook_third_secs = 1\nlimit_pause_secs = 1\n\
         refresh_min_age_secs = 0\n",
        hosts("x", &["api_base", "auth_base"])
    )
}

fn mail(dir: &str, smtp: &str) -> String {
    format!(
        r#"[account.{MAIL}]
platform = "email"
from = "The Club <news@club.example>"
to = "readers@club.example"
smtp = {{ host = "127.0.0.1", port = {smtp}, tls = "starttls", username = "crier@sandbox.example", password = {{ file = "{dir}/smtp.secret" }} }}
"#
    )
}

/// Others, and what they wrote.
#[derive(Debug, Default)]
pub struct Others {
    posts: BTreeMap<&'static str, String>,
    people: BTreeMap<&'static str, String>,
}

impl Others {
    /// Puts them there.
    pub async fn come(bench: &Bench) -> Self {
        let mut others = Self::default();
        for account in [THREADS, X] {
            others.posts.insert(account, somebody_posts(bench, account).await);
        }
        let page = profile(bench, "facebook", PAGE).await;
        let path = format!("facebook/api_base/v25.0/{}/feed", page.0);
        let made = bench
            .vendor(&path, &[("message", "Before."), ("access_token", &page.1)])
            .await;
        others.posts.insert(PAGE, made["id"].as_str().unwrap().to_owned());
        for (account, platform) in [
            (GALLERY, "instagram"),
            (BOUTIQUE, "instagram"),
            (PAGE, "facebook"),
        ] {
            let letter = json!({"platform": platform, "username": account, "from": "Ada", "text": "Hello?"});
            let person = bench.control("messages", &letter).await;
            others
                .people
                .insert(account, person["id"].as_str().unwrap().to_owned());
        }
        others.people.insert(X, profile(bench, "x", "neighbour").await.0);
        others
    }

    /// The post that an account answers, comments or quotes.
    pub fn post(&self, account: &str) -> &str {
        &self.posts[account]
    }

    /// Whom an account may write to.
    pub fn person(&self, account: &str) -> &str {
        &self.people[account]
    }
}

/// A profile's id, and a token for it.
async fn profile(bench: &Bench, platform: &str, username: &str) -> (String, String) {
    let made = bench
        .control("accounts", &json!({"platform": platform, "username": username}))
        .await;
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

/// A new post of somebody else on the platform of this account.
pub async fn somebody_posts(bench: &Bench, account: &str) -> String {
    let platform = if account == X { "x" } else { "threads" };
    let post = json!({"platform": platform, "username": "neighbour", "text": format!("What do you say, @{account}?")});
    let made = bench.control("posts", &post).await;
    made["id"].as_str().unwrap().to_owned()
}
