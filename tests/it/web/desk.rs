//! An engine behind the door that notes what it is asked.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use crier::domain::time::Timestamp;
use crier::web::{
    AppSecret, CallbackPage, CallbackQuery, DeletionAnswer, DeletionStatus, HookEnd, MediaFile, Outcome,
    SignedRequest, WebDesk,
};
use secrecy::ExposeSecret;

/// Notes what it is asked.
#[derive(Default)]
pub struct Desk {
    pub asked: Mutex<Vec<String>>,
    pub media: Vec<u8>,
    pub no_apps: bool,
    pub slow_login: Option<Duration>,
}

impl Desk {
    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }
}

#[async_trait]
impl WebDesk for Desk {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_291_836_900)
    }

    async fn oauth_callback(&self, platform: &str, query: CallbackQuery) -> CallbackPage {
        if let Some(time) = self.slow_login {
            tokio::time::sleep(time).await;
        }
        let state = query
            .state
            .map(|s| s.expose_secret().to_owned())
            .unwrap_or_default();
        let cancelled = query.outcome.is_cancelled();
        let code = match query.outcome {
            Outcome::Code(code) => code.expose_secret().to_owned(),
            Outcome::Refused { error, .. } => error,
            Outcome::Empty => String::new(),
        };
        self.note(format!("{platform} {state} {code}"));
        let title = "Threads".to_owned();
        match (platform, state.as_str(), cancelled) {
            ("threads", "good", true) => CallbackPage::Cancelled { platform: title },
            ("threads", "good", false) => CallbackPage::Connected {
                platform: title,
                account: "club-threads".into(),
                handle: Some("@<b>club</b>".into()),
            },
            ("threads", "panic", _) => panic!("inside"),
            ("threads", _, _) => CallbackPage::Expired,
            _ => CallbackPage::NotFound,
        }
    }

    fn meta_apps(&self) -> Vec<AppSecret> {
        if self.no_apps {
            return vec![];
        }
        vec![AppSecret {
            name: "threads".into(),
            secret: "0123456789abcdef0123456789abcdef".to_owned().into(),
        }]
    }

    async fn hook(&self, platform: &str, headers: &http::HeaderMap, body: &[u8]) -> HookEnd {
        let signature = headers.get("tiktok-signature").and_then(|v| v.to_str().ok());
        self.note(format!("hook {platform} {signature:?} {}", body.len()));
        match (platform, signature) {
            ("tiktok", Some("good")) => HookEnd::Taken,
            ("tiktok", _) => HookEnd::Unbelieved,
            _ => HookEnd::NotFound,
        }
    }

    async fn meta_deauthorize(&self, request: SignedRequest) {
        self.note(format!(
            "deauthorize {} {}",
            request.apps.join(" "),
            request.user_id
        ));
    }

    async fn meta_data_deletion(&self, request: SignedRequest) -> DeletionAnswer {
        self.note(format!("delete {}", request.user_id));
        DeletionAnswer {
            url: "https://crier.example.org/meta/deletion/abc123".into(),
            code: "abc123".into(),
        }
    }

    async fn deletion_status(&self, code: &str) -> Option<DeletionStatus> {
        (code == "abc123").then(|| DeletionStatus {
            requested: Timestamp::from_secs(1_291_836_900),
            done: None,
        })
    }

    async fn media(&self, token: &str) -> Option<MediaFile> {
        let mime = match token {
            "picture" => "image/jpeg",
            "page" => "text/html",
            _ => return None,
        };
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&self.media).unwrap();
        Some(MediaFile {
            file,
            mime: mime.into(),
            length: self.media.len() as u64,
            etag: "abcdef".into(),
        })
    }
}
