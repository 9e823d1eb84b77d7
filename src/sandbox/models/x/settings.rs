//! What can be set about the model: waiting times, limits, money, and what the sources leave open.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Which names the fields of a post have when read (`x.md` 5, field naming).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// `note_tweet`, `referenced_tweets`, `edit_history_tweet_ids`.
    #[default]
    Tweet,
    /// `note_post`, `referenced_posts`, `edit_history_post_ids`.
    Post,
}

/// Whether posts can be quoted (`x.md`, read first, 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quotes {
    /// Own posts, and posts that mention the caller.
    #[default]
    Own,
    /// No post at all.
    Refused,
    /// Every post (Enterprise).
    Allowed,
}

/// Which headers of limits come (`x.md` 6.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateHeaders {
    /// All.
    #[default]
    All,
    /// Those of the 24 hours are missing, as seen in February 2026.
    Short,
    /// None at all.
    Missing,
}

/// The period of a plan's cap (`x.md` 7, `usage-capped`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Until the UTC day ends.
    Daily,
    /// Until the month ends.
    Monthly,
}

/// What a token of OAuth 1.0a may do, as `x-access-level` says it (`x.md` 6.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Reads only.
    Read,
    /// Reads and writes.
    ReadWrite,
    /// Messages too.
    #[default]
    #[serde(rename = "read-write-directmessages")]
    ReadWriteMessages,
}

impl Access {
    /// The header's value.
    #[must_use]
    pub fn header(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadWrite => "read-write",
            Self::ReadWriteMessages => "read-write-directmessages",
        }
    }
}

/// Everything that can be set; a JSON object with any of these names changes those alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether the authorise page allows at once, without a person.
    pub auto_allow: bool,
    /// The redirect addresses that are registered; any when empty.
    pub redirect_uris: Vec<String>,
    /// Whether the app is a public client, without a secret (`x.md` 2.3).
    pub public_client: bool,
    /// Milliseconds that a code lives (`x.md` 2.1: 30 seconds).
    pub code_life_ms: i64,
    /// Seconds that an access token lives (`x.md` 2.4).
    pub token_life_s: i64,
    /// Whether `expires_in` is left out of the token's answer (`x.md` 9).
    pub omit_expires_in: bool,
    /// What a refresh token that is used up or revoked is refused with; X's own sentence is not verified (`x.md` 2.5).
    pub refresh_refusal: String,
    /// Whether a refresh ends the access token before it; not documented (`x.md` 2.4).
    pub refresh_ends_old: bool,
    /// The consumer key of OAuth 1.0a; its secret is `consumer_secret`.
    pub consumer_key: String,
    /// The consumer secret of OAuth 1.0a.
    pub consumer_secret: String,
    /// The token of OAuth 1.0a that belongs to the first profile; empty: none but granted ones.
    pub user_token: String,
    /// The secret of `user_token`.
    pub user_secret: String,
    /// What tokens of OAuth 1.0a may do.
    pub access: Access,
    /// What signed addresses may begin with, beside X's own hosts and the `Host` of the request.
    pub signing_bases: Vec<String>,
    /// Seconds by which the time of a signature may be off.
    pub clock_skew_s: i64,
    /// Usernames that have Premium: long posts, edits, long videos.
    pub premium: Vec<String>,
    /// Usernames that are suspended.
    pub suspended: Vec<String>,
    /// Usernames that take no messages.
    pub no_messages: Vec<String>,
    /// Whether the app is in no project of the right package (`x.md` 1.1, 2).
    pub not_enrolled: bool,
    /// Whether replies are only possible to own posts and to who mentions or quotes the caller (`x.md` 4.2).
    pub reply_rule: bool,
    /// Whether posts can be quoted.
    pub quotes: Quotes,
    /// Hosts whose links are refused.
    pub blocked_hosts: Vec<String>,
    /// How the fields of posts are spelled.
    pub spelling: Spelling,
    /// How many milliseconds a new post takes to appear in the lists (`x.md` 8.5).
    pub list_lag_ms: i64,
    /// The same of a message in its conversation; `null`: as long as posts.
    pub message_lag_ms: Option<i64>,
    /// Whether links of messages come back as `t.co`, without what they stand for; not documented.
    pub shorten_messages: bool,
    /// Within how many milliseconds the same text is refused as a duplicate; 0: never (`x.md` 8.2).
    pub duplicate_window_ms: i64,
    /// Whether polls and posts without words are checked for duplicates too.
    pub duplicate_polls: bool,
    /// How many creates from now on answer 503 after they took effect.
    pub create_503: u32,
    /// Milliseconds until a GIF is processed.
    pub gif_delay_ms: i64,
    /// Milliseconds until a video is processed.
    pub video_delay_ms: i64,
    /// The largest chunk in bytes (`x.md` 4.4).
    pub max_chunk: usize,
    /// What a larger chunk is answered with: 413 or 431.
    pub chunk_status: u16,
    /// Seconds that uploaded media can be used after the end of the upload.
    pub media_life_s: i64,
    /// What is left of the credits, in thousandths of a USD; `null`: endless.
    pub credits: Option<i64>,
    /// What was spent so far, in thousandths of a USD.
    pub spent: i64,
    /// Whether the caller owns the app, so that reads of own posts are cheap (`x.md` 6.3).
    pub owner: bool,
    /// Whether the plan's cap is reached, and which.
    pub usage_capped: Option<Period>,
    /// The status of `usage-capped`: 429 or 403.
    pub usage_cap_status: u16,
    /// Requests per 15 minutes and user, by step, where they differ from the table: `{"x.create": 2}`.
    pub user_limits: BTreeMap<String, u64>,
    /// Requests per 24 hours and app, by step, where they differ from the table.
    pub app_limits: BTreeMap<String, u64>,
    /// Posts and reposts per 3 hours and profile (`x.md` 6.1).
    pub posts_3h: usize,
    /// Posts and reposts per 24 hours and profile (`x.md` 6.1).
    pub posts_day: usize,
    /// Which headers of limits come.
    pub rate_headers: RateHeaders,
    /// Whether 429 has the old body with code 88.
    pub code_88: bool,
    /// What the `type` of problems begins with.
    pub problem_base: String,
    /// Whether errors come as `application/problem+json`.
    pub problem_json: bool,
    /// What permalinks begin with.
    pub permalink_base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_allow: false,
            redirect_uris: Vec::new(),
            public_client: false,
            code_life_ms: 30_000,
            token_life_s: 7_200,
            omit_expires_in: false,
            refresh_refusal: "Value passed for the token was invalid.".to_owned(),
            refresh_ends_old: false,
            consumer_key: "sandbox-consumer".to_owned(),
            consumer_secret: "sandbox-consumer-secret".to_owned(),
            user_token: String::new(),
            user_secret: String::new(),
            access: Access::ReadWriteMessages,
            signing_bases: Vec::new(),
            clock_skew_s: 300,
            premium: Vec::new(),
            suspended: Vec::new(),
            no_messages: Vec::new(),
            not_enrolled: false,
            reply_rule: true,
            quotes: Quotes::Own,
            blocked_hosts: Vec::new(),
            spelling: Spelling::Tweet,
            list_lag_ms: 0,
            message_lag_ms: None,
            shorten_messages: false,
            duplicate_window_ms: 86_400_000,
            duplicate_polls: false,
            create_503: 0,
            gif_delay_ms: 2_000,
            video_delay_ms: 4_000,
            max_chunk: 4 * 1024 * 1024,
            chunk_status: 413,
            media_life_s: 86_400,
            credits: None,
            spent: 0,
            owner: true,
            usage_capped: None,
            usage_cap_status: 429,
            user_limits: BTreeMap::new(),
            app_limits: BTreeMap::new(),
            posts_3h: 300,
            posts_day: 2_400,
            rate_headers: RateHeaders::All,
            code_88: false,
            problem_base: "https://api.x.com/2/problems/".to_owned(),
            problem_json: false,
            permalink_base: "https://x.com".to_owned(),
        }
    }
}
