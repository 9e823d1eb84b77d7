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
            format!("[platform.{name}]\n{}", lines.collect::<String>())
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
