//! Meta's platforms, end to end: two apps in the config that are one at Meta.

use super::rig::Rig;

/// A person's Pages, and the Instagram profile of one: two apps in the config that are one at Meta.
pub(super) struct Meta {
    pub(super) rig: Rig,
}

impl Meta {
    pub(super) async fn new() -> Self {
        let rig = Rig::new().await;
        let meta = Self { rig };
        for (platform, name) in [("facebook", "Pub"), ("facebook", "Bar"), ("instagram", "shop")] {
            let new = serde_json::json!({"platform": platform, "username": name});
            meta.sandbox("accounts", &new).await;
        }
        meta
    }

    pub(super) async fn sandbox(&self, path: &str, body: &serde_json::Value) -> serde_json::Value {
        let url = format!("{}/_sandbox/{path}", self.rig.sandbox.addresses.base);
        let answer = self.rig.http.post(url).json(body).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Both hosts of Facebook's and Instagram's, the apps, and these accounts.
    pub(super) fn configure(&self, accounts: &str) {
        let base = &self.rig.sandbox.addresses.base;
        let secret = self.rig.path("meta.secret");
        let app = |name: &str, platform: &str| {
            format!(
                "[app.{name}]\nplatform = \"{platform}\"\nclient_id = \"sandbox-app\"\nclient_secret = {{ file = \"{}\" }}\n",
                secret.display()
            )
        };
        let hosts = |name: &str| {
            let keys = crier::platforms::by_name(name).unwrap().hosts().iter();
            let lines = keys.map(|host| format!("{0} = \"{base}/{name}/{0}\"\n", host.key));
            // A Page publishes once a minute (facebook.md 6), tests do not wait for that.
            let more = if name == "facebook" {
                "posts_at_once = 100\n"
            } else {
                ""
            };
            format!("[platform.{name}]\n{more}{}", lines.collect::<String>())
        };
        self.rig.configure(&format!(
            "{}{}{}{}{accounts}",
            hosts("facebook"),
            hosts("instagram"),
            app("pages", "facebook"),
            app("profiles", "instagram"),
        ));
    }

    pub(super) async fn connect(&self, account: &str) {
        let start = self.rig.ctl(&["connect", account, "--json"]).json();
        let end = self
            .rig
            .agree(start["authorize_url"].as_str().unwrap(), "allow")
            .await;
        let (status, page) = self.rig.visit(&end).await;
        assert_eq!(status, 200, "{page}");
    }

    pub(super) fn status(&self, account: &str) -> (String, String) {
        let view = self.rig.ctl(&["accounts", account, "--json"]).json();
        let word = |key: &str| view[key].as_str().unwrap_or_default().to_owned();
        (word("status"), word("reason"))
    }
}

pub(super) const PUB: &str = "[account.pub-page]\napp = \"pages\"\npage = \"Pub\"\n";
pub(super) const BAR: &str = "[account.bar-page]\napp = \"pages\"\npage = \"Bar\"\n";
pub(super) const SHOP: &str = "[account.shop]\napp = \"profiles\"\nlogin = \"facebook\"\npage = \"shop\"\n";

/// A story has numbers of its own: asked like a picture's, Meta would refuse them all.
#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_of_a_story_are_those_of_stories() {
    let mut meta = Meta::new().await;
    let queue = "[queue.shop]\naccounts = [\"shop\"]\nspacing = \"0s\"\n";
    meta.configure(&[SHOP, queue].concat());
    meta.rig.start("info").await;
    meta.connect("shop").await;
    meta.rig.drop_bundle(
        "shop",
        "story",
        "kind = \"story\"\nmedia = [{ file = \"square-1080.jpg\" }]\n",
        &["square-1080.jpg"],
    );
    let seen = meta.rig.phase("story.post", "ended").await;
    let id = seen["live"][0]["remote_id"].as_str().unwrap().to_owned();
    let ran = meta.rig.ctl(&["insights", "shop", &id]).ends(75);
    assert!(ran.err.contains("once five people have seen it"), "{}", ran.err);
    let later = serde_json::json!({"advance_ms": 120_000});
    meta.sandbox("clock", &later).await;
    let told = meta.rig.ctl(&["insights", "shop", &id, "--json"]).json();
    let names: Vec<&str> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["views", "reach", "replies", "navigation", "shares"]);
    assert_eq!(meta.rig.stop().await, Some(0));
}

/// A configuration of Facebook Login for Business grants what it names: what it lacks is told, and where to add it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_configuration_lacks_is_told() {
    let mut meta = Meta::new().await;
    let few = [
        "pages_show_list",
        "pages_manage_posts",
        "pages_read_engagement",
        "business_management",
    ];
    let switches = serde_json::json!({"facebook": {"configuration_scopes": few}});
    meta.sandbox("settings", &switches).await;
    meta.configure(&[BAR, "config_id = \"980000000000001\"\n"].concat());
    meta.rig.start("info").await;
    meta.connect("bar-page").await;
    let account = meta.rig.ctl(&["accounts", "bar-page", "--json"]).json();
    let missing = [
        "pages_manage_engagement",
        "pages_read_user_content",
        "read_insights",
        "pages_messaging",
    ];
    assert_eq!(account["missing_scopes"], serde_json::json!(missing));
    let first = "add what is missing to the configuration 980000000000001 at Meta";
    let tokens = meta.rig.ctl(&["tokens"]).ends(0);
    assert!(
        tokens.out.contains("read_insights") && tokens.out.contains(first),
        "{}",
        tokens.out
    );
    let refused = meta.rig.ctl(&["insights", "bar-page"]);
    assert!(
        refused.code != 0 && refused.err.contains(first) && refused.err.contains("crierctl connect"),
        "{}",
        refused.err
    );
    assert_eq!(meta.rig.stop().await, Some(0));
}

/// An app that requires its secret ("Require App Secret") is answered from the login to its end.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_proven() {
    let mut meta = Meta::new().await;
    let switches = serde_json::json!({"proof_required": true, "video_delay_ms": 0});
    let switches = serde_json::json!({"facebook": switches, "instagram": switches});
    meta.sandbox("settings", &switches).await;
    let queue = |name: &str| format!("[queue.{name}]\naccounts = [\"{name}\"]\nspacing = \"0s\"\n");
    let bar = [BAR, &queue("bar-page")].concat();
    let shop = [SHOP, &queue("shop")].concat();
    meta.configure(&bar);
    meta.rig.start("info").await;
    let scopes = ["pages_manage_posts", "instagram_content_publish"];
    for (account, config, platform) in [("bar-page", bar, "Facebook"), ("shop", shop, "Instagram")] {
        meta.configure(&config);
        meta.rig.ctl(&["reload"]).ends(0);
        meta.connect(account).await;
        let view = meta.rig.ctl(&["accounts", account, "--json"]).json();
        let told = view["scopes"].to_string();
        assert!(scopes.iter().any(|scope| told.contains(scope)), "{view:#}");
        for (name, kind, file) in [
            ("photo", "", "square-1080.jpg"),
            ("reel", "kind = \"reel\"\n", "reel-9x16-4s-h264-aac.mp4"),
        ] {
            let name = format!("{account}-{name}");
            let text = format!("text = \"{name}\"\n{kind}media = [{{ file = \"{file}\" }}]\n");
            meta.rig.drop_bundle(account, &name, &text, &[file]);
            let seen = meta.rig.phase(&format!("{name}.post"), "ended").await;
            assert_eq!(seen["outcome"]["ended"], "published", "{seen:#}");
            // A reel's receipt names the video, which has numbers of its own.
            let id = seen["live"][0]["remote_id"].as_str().unwrap();
            let told = meta.rig.ctl(&["insights", account, id, "--json"]).json();
            assert!(told.as_array().is_some_and(|all| !all.is_empty()), "{told:#}");
        }
        let ran = meta.rig.ctl(&["disconnect", account, "--yes"]).ends(0);
        let words = format!("its login was taken back at {platform}");
        assert!(ran.out.contains(&words), "{}", ran.out);
    }
    assert_eq!(meta.rig.stop().await, Some(0));
}

/// The person's token lives for 60 days, the Page's goes on: taking the login back then goes with the app's own.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_login_can_be_left() {
    let mut meta = Meta::new().await;
    meta.configure(BAR);
    meta.rig.start("info").await;
    meta.connect("bar-page").await;
    let later = serde_json::json!({"advance_ms": 61_i64 * 86_400_000});
    meta.sandbox("clock", &later).await;
    meta.rig.ctl(&["validate", "bar-page"]).ends(0);
    let ran = meta.rig.ctl(&["disconnect", "bar-page", "--yes"]).ends(0);
    assert!(
        ran.out.contains("its login was taken back at Facebook"),
        "{}",
        ran.out
    );
    let log = meta.rig.file("log").await;
    assert!(
        log.contains("asking once more in another way"),
        "the person's token came first"
    );
    assert_eq!(meta.rig.stop().await, Some(0));
}
