//! What can be set about the model beside the login with Facebook: waiting times, limits, and what Meta does not
//! document.

use serde::{Deserialize, Serialize};

/// What a second publish of the same container does; Meta does not say (meta-common.md 13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Republish {
    /// Error 24/2207008.
    #[default]
    Error24,
    /// A second post.
    SecondPost,
}

/// What a read of a published container says (instagram.md 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterPublish {
    /// `PUBLISHED`.
    #[default]
    Published,
    /// 24/2207008, as if it had never been.
    NotFound,
}

/// How `permissions` stand in a token answer (instagram.md 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionsAs {
    /// `a,b`.
    #[default]
    Text,
    /// `["a", "b"]`.
    List,
    /// Not at all.
    Absent,
}

/// Which login a token without any login page is for, when its permissions do not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantBy {
    /// Instagram Login.
    #[default]
    Instagram,
    /// Facebook Login: a Page token.
    Facebook,
}

/// Everything that can be set; a JSON object with any of these names changes those alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Milliseconds until an image container is `FINISHED`.
    pub image_delay_ms: i64,
    /// Milliseconds until a video container is `FINISHED`.
    pub video_delay_ms: i64,
    /// Milliseconds until a carousel container is `FINISHED`.
    pub carousel_delay_ms: i64,
    /// How many milliseconds a new post takes to appear in lists.
    pub list_lag_ms: i64,
    /// What a second publish of one container does.
    pub republish: Republish,
    /// What a read of a published container says.
    pub after_publish: AfterPublish,
    /// Posts in rolling 24 hours: 100, 50 and 25 are all documented (instagram.md 6).
    pub post_quota: usize,
    /// How many of them other apps have used.
    pub used_by_others: usize,
    /// Containers in rolling 24 hours.
    pub container_quota: usize,
    /// Whether the code exchange and `/me` answer wrapped in `data`.
    pub wrapped: bool,
    /// Whether `user_id` of the code exchange is a JSON number.
    pub user_id_number: bool,
    /// How `permissions` stand in token answers.
    pub permissions_as: PermissionsAs,
    /// Whether a refresh ends the old token at once.
    pub refresh_ends_old: bool,
    /// Usernames whose profile was turned into a personal one.
    pub personal: Vec<String>,
    /// Usernames that are restricted or must pass a check (25/2207050).
    pub restricted: Vec<String>,
    /// How many Pages of the person have no Instagram account.
    pub pages_without_instagram: usize,
    /// Whether profiles may use trial reels (else 2207081).
    pub trial_reels: bool,
    /// Whether captions come back without `@` signs.
    pub captions_without_at: bool,
    /// The largest video in bytes.
    pub video_max_bytes: u64,
    /// The longest reel in seconds.
    pub reel_max_s: u64,
    /// Whether `DELETE` fails as it did until August 2026 (2207085).
    pub delete_broken: bool,
    /// Whether metrics that are gone since v22 are refused.
    pub old_metrics_gone: bool,
    /// Whether the app has the Human Agent permission.
    pub human_agent: bool,
    /// Names of people who are not available for messages (551).
    pub unavailable: Vec<String>,
    /// Whether conversations are not shown, as for a person whom the app may not see.
    pub conversations_hidden: bool,
    /// Which login a token without a login page is for.
    pub grant_by: GrantBy,
    /// What permalinks begin with.
    pub permalink_base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            image_delay_ms: 2_000,
            video_delay_ms: 4_000,
            carousel_delay_ms: 2_000,
            list_lag_ms: 0,
            republish: Republish::Error24,
            after_publish: AfterPublish::Published,
            post_quota: 100,
            used_by_others: 0,
            container_quota: 400,
            wrapped: false,
            user_id_number: true,
            permissions_as: PermissionsAs::Text,
            refresh_ends_old: false,
            personal: Vec::new(),
            restricted: Vec::new(),
            pages_without_instagram: 0,
            trial_reels: true,
            captions_without_at: false,
            video_max_bytes: 300 * 1024 * 1024,
            reel_max_s: 900,
            delete_broken: false,
            old_metrics_gone: true,
            human_agent: false,
            unavailable: Vec::new(),
            conversations_hidden: false,
            grant_by: GrantBy::Instagram,
            permalink_base: "https://www.instagram.com".to_owned(),
        }
    }
}
