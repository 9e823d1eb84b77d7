//! Tests of the rules, by the section of `instagram.md` that they come from.

mod login;
mod publishing;
mod talking;

use serde_json::{Map, Value};

use super::Instagram;
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{Model as _, WallPost};
use crate::sandbox::models::meta::testing::{Files, NOW, id};

pub(super) const JPG: &str = "https://m.example/square-1080.jpg";
pub(super) const REEL: &str = "https://m.example/reel-9x16-4s-h264-aac.mp4";

/// A world with one profile, its token of one login, and a clock.
pub(super) struct Bench {
    pub(super) instagram: Instagram,
    pub(super) files: Files,
    pub(super) account: String,
    pub(super) token: String,
    pub(super) host: &'static str,
    pub(super) now: i64,
}

impl Bench {
    /// With Instagram Login.
    pub(super) fn new() -> Self {
        Self::by("instagram", "api_base")
    }

    /// With Facebook Login: a Page token.
    pub(super) fn facebook() -> Self {
        Self::by("facebook", "fb_api_base")
    }

    fn by(login: &str, host: &'static str) -> Self {
        let mut instagram = Instagram::new(7);
        let mut changes = Map::new();
        changes.insert("grant_by".to_owned(), Value::from(login));
        instagram.change_settings(&changes).unwrap();
        let account = instagram.add_account("ada");
        let token = instagram.grant("ada", &[], NOW);
        let files = Files::with(&[
            "square-1080.jpg",
            "landscape.png",
            "wide-5x1.jpg",
            "reel-9x16-4s-h264-aac.mp4",
            "moov-last-16x9-6s.mp4",
        ]);
        Self {
            instagram,
            files,
            account,
            token,
            host,
            now: NOW,
        }
    }

    pub(super) fn send(&mut self, host: &str, mut req: SandboxRequest) -> SandboxReply {
        host.clone_into(&mut req.host_role);
        self.instagram.answer(&req, self.now, &mut self.files)
    }

    pub(super) fn get(&mut self, target: &str) -> SandboxReply {
        let req = SandboxRequest::new("GET", target).with_bearer(&self.token);
        self.send(self.host, req)
    }

    pub(super) fn post(&mut self, target: &str, form: &[(&str, &str)]) -> SandboxReply {
        let req = SandboxRequest::new("POST", target)
            .with_bearer(&self.token)
            .with_form(form);
        self.send(self.host, req)
    }

    pub(super) fn delete(&mut self, node: &str) -> SandboxReply {
        let req = SandboxRequest::new("DELETE", &format!("/v25.0/{node}")).with_bearer(&self.token);
        self.send(self.host, req)
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        let mut changes = Map::new();
        changes.insert(name.to_owned(), value);
        self.instagram.change_settings(&changes).unwrap();
    }

    pub(super) fn create(&mut self, form: &[(&str, &str)]) -> SandboxReply {
        self.post(&format!("/v25.0/{}/media", self.account), form)
    }

    pub(super) fn publish(&mut self, container: &str) -> SandboxReply {
        let target = format!("/v25.0/{}/media_publish", self.account);
        self.post(&target, &[("creation_id", container)])
    }

    pub(super) fn status(&mut self, container: &str) -> String {
        let value = self
            .get(&format!("/v25.0/{container}?fields=id,status_code,status"))
            .value();
        value["status_code"].as_str().unwrap_or("-").to_owned()
    }

    /// Creates, waits, publishes; answers the media id.
    pub(super) fn put(&mut self, form: &[(&str, &str)]) -> String {
        let container = id(&self.create(form));
        self.now += 10_000;
        id(&self.publish(&container))
    }

    pub(super) fn image(&mut self, caption: &str) -> String {
        self.put(&[("image_url", JPG), ("caption", caption)])
    }

    pub(super) fn list(&mut self, edge: &str) -> SandboxReply {
        self.get(&format!("/v25.0/{}/{edge}", self.account))
    }

    /// What readers see.
    pub(super) fn seen(&self) -> Vec<WallPost> {
        let posts = self.instagram.posts().into_iter();
        posts.filter(|post| post.deleted_ms.is_none()).collect()
    }
}
