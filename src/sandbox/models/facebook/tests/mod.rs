//! Tests of the rules, by the section of `facebook.md` that they come from.

mod login;
mod publishing;
mod talking;

use serde_json::{Map, Value, json};

use super::Facebook;
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{Model as _, WallPost};
use crate::sandbox::models::meta::testing::{Files, NOW, id, sample};

pub(super) const JPG: &str = "https://m.example/square-1080.jpg";
pub(super) const REEL: &str = "https://m.example/reel-9x16-4s-h264-aac.mp4";

/// A world with one Page, its token, and a clock.
pub(super) struct Bench {
    pub(super) facebook: Facebook,
    pub(super) files: Files,
    pub(super) page: String,
    pub(super) token: String,
    pub(super) now: i64,
}

impl Bench {
    pub(super) fn new() -> Self {
        let mut facebook = Facebook::new(7);
        let page = facebook.add_account("ada");
        let token = facebook.grant("ada", &[], NOW);
        let files = Files::with(&[
            "square-1080.jpg",
            "tiny-200.jpg",
            "square.webp",
            "reel-9x16-4s-h264-aac.mp4",
            "moov-last-16x9-6s.mp4",
        ]);
        Self {
            facebook,
            files,
            page,
            token,
            now: NOW,
        }
    }

    pub(super) fn send(&mut self, req: &SandboxRequest) -> SandboxReply {
        self.facebook.answer(req, self.now, &mut self.files)
    }

    pub(super) fn get(&mut self, target: &str) -> SandboxReply {
        let req = SandboxRequest::new("GET", target).with_bearer(&self.token);
        self.send(&req)
    }

    pub(super) fn post(&mut self, target: &str, form: &[(&str, &str)]) -> SandboxReply {
        let req = SandboxRequest::new("POST", target)
            .with_bearer(&self.token)
            .with_form(form);
        self.send(&req)
    }

    /// A call below the Page: `feed`.
    pub(super) fn page(&mut self, edge: &str, form: &[(&str, &str)]) -> SandboxReply {
        self.post(&format!("/v25.0/{}/{edge}", self.page), form)
    }

    pub(super) fn list(&mut self, edge: &str) -> SandboxReply {
        self.get(&format!("/v25.0/{}/{edge}", self.page))
    }

    pub(super) fn delete(&mut self, node: &str) -> SandboxReply {
        let req = SandboxRequest::new("DELETE", &format!("/v25.0/{node}")).with_bearer(&self.token);
        self.send(&req)
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        let mut changes = Map::new();
        changes.insert(name.to_owned(), value);
        self.facebook.change_settings(&changes).unwrap();
    }

    /// An unpublished photo.
    pub(super) fn photo(&mut self) -> String {
        id(&self.page("photos", &[("url", JPG), ("published", "false")]))
    }

    pub(super) fn attach(&mut self, photo: &str, text: &str) -> SandboxReply {
        let media = json!([{ "media_fbid": photo }]).to_string();
        self.page("feed", &[("message", text), ("attached_media", &media)])
    }

    /// Starts a reel or story and uploads the sample; answers the video's id.
    pub(super) fn uploaded(&mut self, edge: &str) -> String {
        let start = self.page(edge, &[("upload_phase", "start")]).value();
        let video = start["video_id"].as_str().unwrap().to_owned();
        let address = start["upload_url"].as_str().unwrap();
        assert_eq!(
            address,
            format!("https://rupload.facebook.com/video-upload/v25.0/{video}")
        );
        let bytes = sample("reel-9x16-4s-h264-aac.mp4");
        let reply = self.bytes(&video, 0, bytes.len(), bytes);
        assert_eq!(reply.value(), json!({"success": true}));
        video
    }

    pub(super) fn bytes(&mut self, video: &str, offset: usize, size: usize, body: Vec<u8>) -> SandboxReply {
        let mut req = SandboxRequest::new("POST", &format!("/video-upload/v25.0/{video}"))
            .with_header("Authorization", &format!("OAuth {}", self.token))
            .with_header("Content-Type", "application/octet-stream")
            .with_header("offset", &offset.to_string())
            .with_header("file_size", &size.to_string());
        "upload_base".clone_into(&mut req.host_role);
        req.body = body;
        self.send(&req)
    }

    /// `video_status processing publishing` of a video.
    pub(super) fn status(&mut self, video: &str) -> String {
        let value = self.get(&format!("/v25.0/{video}?fields=status")).value();
        let status = &value["status"];
        let phase = |name: &str| status[name]["status"].as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {} {}",
            status["video_status"].as_str().unwrap_or("-"),
            phase("uploading_phase"),
            phase("processing_phase"),
            phase("publishing_phase")
        )
    }

    /// What readers see.
    pub(super) fn seen(&self) -> Vec<WallPost> {
        let posts = self.facebook.posts().into_iter();
        posts.filter(|post| post.deleted_ms.is_none()).collect()
    }
}
