//! What the door needs from the engine behind it.

use std::fs::File;

use async_trait::async_trait;
use http::HeaderMap;
use secrecy::SecretString;

use super::callback::CallbackQuery;
use super::signed_request::SignedRequest;
use crate::domain::time::Timestamp;

/// The engine, as the public door sees it.
#[async_trait]
pub trait WebDesk: Send + Sync + 'static {
    /// The time, for ages of signed requests.
    fn now(&self) -> Timestamp;

    /// Somebody's browser came back from a vendor. The state is to be looked up and used up here; codes are
    /// exchanged before this returns. It runs to its end even when the browser goes away.
    async fn oauth_callback(&self, platform: &str, query: CallbackQuery) -> CallbackPage;

    /// The apps whose secrets may have signed a request of Meta's. Empty: the Meta routes do not exist.
    fn meta_apps(&self) -> Vec<AppSecret>;

    /// A vendor's own message. Must be durable when it returns; may come more than once.
    async fn hook(&self, platform: &str, headers: &HeaderMap, body: &[u8]) -> HookEnd;

    /// A user removed the app. Must be durable when it returns; may come more than once.
    async fn meta_deauthorize(&self, request: SignedRequest);

    /// A user wants their data deleted. Must be durable when it returns; may come more than once.
    async fn meta_data_deletion(&self, request: SignedRequest) -> DeletionAnswer;

    /// The state of a deletion; `None`: no such code.
    async fn deletion_status(&self, code: &str) -> Option<DeletionStatus>;

    /// The file of a media token, `None` when it is forged, expired, or its delivery is over. The file's
    /// bytes must not change while it is open.
    async fn media(&self, token: &str) -> Option<MediaFile>;
}

/// What the page says after an OAuth callback.
#[derive(Clone, Debug, PartialEq)]
pub enum CallbackPage {
    /// It worked.
    Connected {
        /// The platform's name for people.
        platform: String,
        /// The account's name in the config.
        account: String,
        /// Who it is at the platform: `@name`.
        handle: Option<String>,
    },
    /// The person said no at the vendor.
    Cancelled {
        /// The platform's name for people.
        platform: String,
    },
    /// The state is unknown, used up or too old.
    Expired,
    /// Something else went wrong.
    Failed {
        /// What happened, in a sentence, without secrets.
        why: String,
        /// What to do.
        advice: String,
    },
    /// There is no such platform here.
    NotFound,
}

/// An app and what it signs with.
#[derive(Clone)]
pub struct AppSecret {
    /// Its name in the config.
    pub name: String,
    /// Its secret. Facebook, Instagram and Threads have one each.
    pub secret: SecretString,
}

/// What became of a vendor's own message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookEnd {
    /// It was believed; whatever it says is done.
    Taken,
    /// It was not believed.
    Unbelieved,
    /// No app here gets such messages: there is no such route.
    NotFound,
}

/// What Meta is told about a deletion (meta-common.md 8).
#[derive(Clone, Debug, PartialEq)]
pub struct DeletionAnswer {
    /// Where a person sees its state: this door's `/meta/deletion/{code}` in public.
    pub url: String,
    /// Letters and digits.
    pub code: String,
}

/// How far a deletion is.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletionStatus {
    /// When it was asked for.
    pub requested: Timestamp,
    /// When it was done.
    pub done: Option<Timestamp>,
}

/// A file to be handed out.
pub struct MediaFile {
    /// Open for reading.
    pub file: File,
    /// MIME type by content.
    pub mime: String,
    /// Length in bytes.
    pub length: u64,
    /// Identifies the bytes: their hash in hex.
    pub etag: String,
}
