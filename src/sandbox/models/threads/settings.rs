//! What can be set about the model: waiting times, limits, and the behaviours that Meta does not document.

use serde::{Deserialize, Serialize};

/// What a second publish of the same container does; Meta does not say (meta-common.md 13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Republish {
    /// Error 24/4279009.
    #[default]
    Error24,
    /// A second post.
    SecondPost,
}

/// What a status read of a published container says (`threads.md` 8, three answers seen).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterPublish {
    /// `PUBLISHED`, the documented answer.
    #[default]
    Published,
    /// 100, "Tried accessing nonexisting field (status)".
    NonexistingField,
    /// 24/4279009, as if it had never been.
    NotFound,
}

/// Where an error that Meta documents by name alone stands in its body (meta-common.md 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedErrors {
    /// At the start of `message`.
    #[default]
    Message,
    /// In `error_user_msg`.
    UserMessage,
    /// As a string in `code`.
    Code,
}

/// Everything that can be set; a JSON object with any of these names changes those alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Milliseconds until a text container is `FINISHED`.
    pub text_delay_ms: i64,
    /// Milliseconds until an image container is `FINISHED`.
    pub image_delay_ms: i64,
    /// Milliseconds until a video container is `FINISHED`.
    pub video_delay_ms: i64,
    /// Milliseconds until a carousel container is `FINISHED`.
    pub carousel_delay_ms: i64,
    /// How many milliseconds a new post takes to appear in the lists (meta-common.md 12).
    pub list_lag_ms: i64,
    /// How many milliseconds a post must be old before it can be answered (`threads.md` 4.3, chains).
    pub parent_settle_ms: i64,
    /// What a second publish of one container does.
    pub republish: Republish,
    /// What a status read of a published container says.
    pub after_publish: AfterPublish,
    /// Where named errors stand.
    pub named_errors: NamedErrors,
    /// Posts in 24 hours (`threads.md` 6).
    pub post_quota: usize,
    /// Replies in 24 hours (`threads.md` 6).
    pub reply_quota: usize,
    /// Deletions in 24 hours (`threads.md` 6).
    pub delete_quota: usize,
    /// The `code` of the error beyond a quota; not documented (`threads.md` 6).
    pub quota_code: i64,
    /// The percentage in `X-App-Usage`; without one the header is left out.
    pub app_usage: Option<u8>,
    /// The HTTP status of error 190: 400 or 401 (`threads.md` 2).
    pub token_error_status: u16,
    /// Whether a refresh ends the old token at once; not documented (`threads.md` 2).
    pub refresh_ends_old: bool,
    /// Whether the in-text topic comes back without its `#` (`threads.md` 8).
    pub strip_topic_hash: bool,
    /// Whether the authorise page allows at once, without a person.
    pub auto_allow: bool,
    /// The redirect addresses that are registered; any when empty.
    pub redirect_uris: Vec<String>,
    /// What permalinks begin with.
    pub permalink_base: String,
    /// Whether the profiles may restrict posts to countries.
    pub geo_gating: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            text_delay_ms: 1_000,
            image_delay_ms: 2_000,
            video_delay_ms: 4_000,
            carousel_delay_ms: 2_000,
            list_lag_ms: 0,
            parent_settle_ms: 0,
            republish: Republish::Error24,
            after_publish: AfterPublish::Published,
            named_errors: NamedErrors::Message,
            post_quota: 250,
            reply_quota: 1_000,
            delete_quota: 100,
            quota_code: 4,
            app_usage: None,
            token_error_status: 400,
            refresh_ends_old: false,
            strip_topic_hash: true,
            auto_allow: false,
            redirect_uris: Vec::new(),
            permalink_base: "https://www.threads.net".to_owned(),
            geo_gating: false,
        }
    }
}
