//! What can be set about the model beside the login: waiting times, limits, and what Meta does not document.

use serde::{Deserialize, Serialize};

/// What a post with the words of the one before gets (facebook.md 8E).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// It is published.
    #[default]
    Accepted,
    /// Code 506.
    Code506,
    /// Code 368, "You've already posted this".
    Code368,
}

/// What a second finish of one upload does; Meta does not say (facebook.md 8A).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishAgain {
    /// It says success and changes nothing.
    #[default]
    Success,
    /// It is refused.
    Refused,
    /// A second post.
    SecondPost,
}

/// Everything that can be set; a JSON object with any of these names changes those alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Milliseconds from the finish of a video to its being seen.
    pub video_delay_ms: i64,
    /// How many milliseconds a new post takes to appear in lists.
    pub list_lag_ms: i64,
    /// How many bytes of a chunked upload are wished at once.
    pub chunk_bytes: u64,
    /// What a post with the words of the one before gets.
    pub duplicates: Duplicates,
    /// What a second finish of an upload does.
    pub finish_again: FinishAgain,
    /// Whether a photo that was attached before is refused (1366051).
    pub photo_again_refused: bool,
    /// Hours that an unpublished photo lives.
    pub photo_life_h: i64,
    /// The largest photo in bytes (1366046).
    pub photo_max_bytes: usize,
    /// Reels in rolling 24 hours.
    pub reels_quota: usize,
    /// The code of the error beyond it; not documented.
    pub quota_code: i64,
    /// The longest reel in seconds.
    pub reel_max_s: u64,
    /// The smallest width of a reel in pixels; its least height is to that as 16 to 9.
    pub reel_min_width: u32,
    /// Seconds that must lie between posts of a Page (368/1390008); 0 for none.
    pub spacing_s: i64,
    /// The most days between a request and its scheduled time.
    pub schedule_max_days: i64,
    /// Whether posts say which app made them.
    pub says_application: bool,
    /// Whether the finish of a reel or video says `post_id`.
    pub finish_says_post_id: bool,
    /// Whether `video_id` and offsets are JSON numbers.
    pub numbers: bool,
    /// Whether `media_id` of a photo story is the photo's id.
    pub story_media_is_photo: bool,
    /// Whether the link of a post cannot be read (1609005).
    pub link_unreadable: bool,
    /// Words for which a post is refused as abusive (1346003).
    pub abusive_words: Vec<String>,
    /// A subcode that every publishing call gets: 1404078, 4854002, 1404112, ...
    pub refuse_publishing: Option<i64>,
    /// Whether metrics that ended on 2026-06-15 are refused.
    pub old_metrics_gone: bool,
    /// Whether the app is live; else its posts are seen by people with a role on it alone.
    pub app_is_live: bool,
    /// Whether the app has the Human Agent permission.
    pub human_agent: bool,
    /// Names of people who are not available for messages (551).
    pub unavailable: Vec<String>,
    /// Whether conversations are not shown, as for a person whom the app may not see.
    pub conversations_hidden: bool,
    /// How many bytes of one request an upload keeps before the line is cut; 0 for all.
    pub upload_keeps: usize,
    /// What permalinks begin with.
    pub permalink_base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            video_delay_ms: 4_000,
            list_lag_ms: 0,
            chunk_bytes: 1_048_576,
            duplicates: Duplicates::Accepted,
            finish_again: FinishAgain::Success,
            photo_again_refused: true,
            photo_life_h: 24,
            photo_max_bytes: 4_000_000,
            reels_quota: 30,
            quota_code: 613,
            reel_max_s: 90,
            reel_min_width: 540,
            spacing_s: 0,
            schedule_max_days: 30,
            says_application: true,
            finish_says_post_id: false,
            numbers: false,
            story_media_is_photo: true,
            link_unreadable: false,
            abusive_words: Vec::new(),
            refuse_publishing: None,
            old_metrics_gone: true,
            app_is_live: true,
            human_agent: false,
            unavailable: Vec::new(),
            conversations_hidden: false,
            upload_keeps: 0,
            permalink_base: "https://www.facebook.com".to_owned(),
        }
    }
}
