//! Table-like tests of the rules, by the section of `tiktok.md` that they come from.

mod login;
mod posting;
mod uploading;

use serde_json::{Value, json};

use super::TikTok;
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{FetchedMedia, MediaFetcher, Model};

/// 2026-01-01T00:00:00Z.
pub(super) const NOW: i64 = 1_767_225_600_000;

/// A media server with the files of `tests/media` under every host.
pub(super) struct Files;

impl MediaFetcher for Files {
    fn fetch(&mut self, url: &str) -> Result<FetchedMedia, String> {
        let name = url.rsplit('/').next().unwrap_or("");
        let path = format!("{}/tests/media/{name}", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
        Ok(FetchedMedia {
            content_type: None,
            bytes: bytes.into(),
        })
    }
}

pub(super) fn sample(name: &str) -> Vec<u8> {
    Files.fetch(name).unwrap().bytes.to_vec()
}

/// A world with one account, its token, and a clock.
pub(super) struct Bench {
    pub(super) tiktok: TikTok,
    pub(super) token: String,
    pub(super) now: i64,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(&[])
    }

    pub(super) fn with(scopes: &[&str]) -> Self {
        let mut tiktok = TikTok::new(7);
        let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
        let token = tiktok.grant("ada", &scopes, NOW);
        Self {
            tiktok,
            token,
            now: NOW,
        }
    }

    pub(super) fn send(&mut self, req: &SandboxRequest) -> SandboxReply {
        self.tiktok.answer(req, self.now, &mut Files)
    }

    pub(super) fn get(&mut self, target: &str) -> SandboxReply {
        let req = SandboxRequest::new("GET", target).with_bearer(&self.token);
        self.send(&req)
    }

    pub(super) fn post(&mut self, target: &str, body: &Value) -> SandboxReply {
        let mut req = SandboxRequest::new("POST", target)
            .with_bearer(&self.token)
            .with_header("Content-Type", "application/json; charset=UTF-8");
        req.body = body.to_string().into_bytes();
        self.send(&req)
    }

    /// A token that is fresh, however late it is.
    pub(super) fn renew(&mut self, username: &str) {
        self.token = self.tiktok.grant(username, &[], self.now);
    }

    pub(super) fn creator(&mut self) -> SandboxReply {
        self.post("/v2/post/publish/creator_info/query/", &json!({}))
    }

    pub(super) fn init(&mut self, privacy: &str, size: usize) -> SandboxReply {
        let body = json!({"post_info": {"title": "a #tag", "privacy_level": privacy},
            "source_info": {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": size, "total_chunk_count": 1}});
        self.post("/v2/post/publish/video/init/", &body)
    }

    pub(super) fn put(&mut self, upload_url: &str, range: &str, bytes: &[u8]) -> SandboxReply {
        let target = upload_url.split_once(".com").map_or(upload_url, |(_, rest)| rest);
        let mut req = SandboxRequest::new("PUT", target)
            .with_header("Content-Type", "video/mp4")
            .with_header("Content-Range", range);
        req.host_role = "upload_base".to_owned();
        req.body = bytes.to_vec();
        self.send(&req)
    }

    /// A whole direct post of this file; answers its publish id.
    pub(super) fn publish(&mut self, privacy: &str, file: &str) -> String {
        self.creator();
        let bytes = sample(file);
        let made = self.init(privacy, bytes.len()).value();
        let range = format!("bytes 0-{}/{}", bytes.len() - 1, bytes.len());
        let url = made["data"]["upload_url"].as_str().unwrap_or("").to_owned();
        assert_eq!(self.put(&url, &range, &bytes).status, 201, "{made}");
        made["data"]["publish_id"].as_str().unwrap().to_owned()
    }

    pub(super) fn status(&mut self, publish_id: &str) -> Value {
        let reply = self.post(
            "/v2/post/publish/status/fetch/",
            &json!({ "publish_id": publish_id }),
        );
        reply.value()["data"].clone()
    }
}

pub(super) fn code(reply: &SandboxReply) -> (u16, String) {
    let value = reply.value();
    (
        reply.status,
        value["error"]["code"]
            .as_str()
            .or(value["error"].as_str())
            .unwrap_or("")
            .to_owned(),
    )
}

pub(super) fn said(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
