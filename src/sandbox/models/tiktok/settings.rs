//! What can be set about the model: waiting times, limits, people, and what the sources leave open.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How a PKCE challenge is written (`tiktok.md` 2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Challenge {
    /// 64 lower-case hex digits, as the vendor's page on desktop apps says.
    #[default]
    Hex,
    /// As RFC 7636 says.
    Base64url,
}

/// How the list of post ids is spelled (`tiktok.md` 4.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// `publicaly_available_post_id`, which is real.
    #[default]
    Publicaly,
    /// `publicly_available_post_id`.
    Publicly,
}

/// Everything that can be set; a JSON object with any of these names changes those alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether the authorise page allows at once, without a person.
    pub auto_allow: bool,
    /// Scopes that the person does not grant.
    pub untick: Vec<String>,
    /// Scopes that the app is not approved for.
    pub unapproved: Vec<String>,
    /// The redirect addresses that are registered, with `*` for any port; any when empty.
    pub redirect_uris: Vec<String>,
    /// How challenges are written.
    pub challenge: Challenge,
    /// The HTTP status of OAuth errors: 200 or 4xx (`tiktok.md` 2.6).
    pub oauth_error_status: u16,
    /// Whether tokens live 24 hours and 365 days, as before autumn 2026 (`tiktok.md` 2.5).
    pub old_lifetimes: bool,
    /// Whether a refresh brings a new refresh token and ends the old one.
    pub refresh_rotates: bool,
    /// Whether a refresh ends the access token before it; not documented.
    pub refresh_ends_old: bool,
    /// Whether the app passed the audit; else it can post `SELF_ONLY` from private accounts alone.
    pub audited: bool,
    /// How many people may post with an unaudited app in 24 hours.
    pub unaudited_users: usize,
    /// How many people may post with an audited app in 24 hours; `null`: any number.
    pub user_cap: Option<usize>,
    /// Usernames whose accounts are private.
    pub private: Vec<String>,
    /// Usernames that allow no comments.
    pub comment_disabled: Vec<String>,
    /// Usernames that allow no duets.
    pub duet_disabled: Vec<String>,
    /// Usernames that allow no stitches.
    pub stitch_disabled: Vec<String>,
    /// The longest video in seconds (`max_video_post_duration_sec`).
    pub max_duration_s: u64,
    /// The shortest video in milliseconds.
    pub min_duration_ms: u64,
    /// An error code that creator info answers with HTTP 200: `spam_risk_user_banned_from_posting`.
    pub creator_error: Option<String>,
    /// Direct posts per person in 24 hours, over all apps (`tiktok.md` 6).
    pub posts_day: usize,
    /// How many of them other apps used up.
    pub foreign_posts: usize,
    /// Drafts per person that may wait in 24 hours.
    pub pending_shares: usize,
    /// Whether the person's TikTok app is too old for photo drafts.
    pub old_app: bool,
    /// Calls per minute by step, where they differ: `{"tiktok.status": 2}`.
    pub limits: BTreeMap<String, usize>,
    /// What a megabyte is in the rules of chunks: 1000000 or 1048576.
    pub megabyte: u64,
    /// Whether `Content-Range` of an upload's answer names the last byte, not the number of bytes.
    pub range_last_byte: bool,
    /// Whether upload addresses name the second host that was seen.
    pub second_upload_host: bool,
    /// Milliseconds that an upload address lives.
    pub upload_life_ms: i64,
    /// The beginnings of addresses that the app has proved to own (`tiktok.md` 4.5); any when empty.
    pub verified_prefixes: Vec<String>,
    /// Whether files may come from plain http, for a media server on this machine.
    pub plain_http: bool,
    /// Milliseconds from the last byte to the end of processing.
    pub processing_ms: i64,
    /// Milliseconds from the end of processing until the post's id is told.
    pub moderation_ms: i64,
    /// Milliseconds more until a post appears in lists.
    pub list_lag_ms: i64,
    /// Milliseconds after which the person finishes a draft; `null`: never.
    pub finish_drafts_ms: Option<i64>,
    /// How the list of post ids is spelled.
    pub spelling: Spelling,
    /// Whether post ids come as strings.
    pub ids_as_strings: bool,
    /// What permalinks begin with.
    pub permalink_base: String,
}

impl Settings {
    /// Lives of access and refresh tokens in seconds.
    #[must_use]
    pub fn lives(&self) -> (i64, i64) {
        if self.old_lifetimes {
            (86_400, 31_536_000)
        } else {
            (7_200, 15_552_000)
        }
    }

    /// The host of upload addresses.
    #[must_use]
    pub fn upload_host(&self) -> &'static str {
        if self.second_upload_host {
            "https://upload.us.tiktokapis.com"
        } else {
            "https://open-upload.tiktokapis.com"
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_allow: false,
            untick: Vec::new(),
            unapproved: Vec::new(),
            redirect_uris: Vec::new(),
            challenge: Challenge::Hex,
            oauth_error_status: 400,
            old_lifetimes: false,
            refresh_rotates: true,
            refresh_ends_old: false,
            audited: true,
            unaudited_users: 5,
            user_cap: None,
            private: Vec::new(),
            comment_disabled: Vec::new(),
            duet_disabled: Vec::new(),
            stitch_disabled: Vec::new(),
            max_duration_s: 300,
            min_duration_ms: 2_900,
            creator_error: None,
            posts_day: 15,
            foreign_posts: 0,
            pending_shares: 5,
            old_app: false,
            limits: BTreeMap::new(),
            megabyte: 1_000_000,
            range_last_byte: false,
            second_upload_host: false,
            upload_life_ms: 3_600_000,
            verified_prefixes: Vec::new(),
            plain_http: false,
            processing_ms: 5_000,
            moderation_ms: 30_000,
            list_lag_ms: 0,
            finish_drafts_ms: None,
            spelling: Spelling::Publicaly,
            ids_as_strings: false,
            permalink_base: "https://www.tiktok.com".to_owned(),
        }
    }
}
