//! The beginnings: creator info and the four inits (`tiktok.md` 4.1 to 4.6).

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::refusal::{Answer, Refusal};
use super::task::{Fate, Info, Kind, Source, Task};
use super::{Call, Caller, DAY_MS, FRESH_MS, REPEAT_MS, TikTok, check};
use crate::sandbox::model::{MediaFetcher, WallMedia};

const TITLE_MAX: usize = 2_200;
const PHOTO_TITLE_MAX: usize = 90;
const DESCRIPTION_MAX: usize = 4_000;
const PHOTOS: std::ops::RangeInclusive<usize> = 1..=35;
const VIDEO_MAX: u64 = 4 * 1024 * 1024 * 1024;
const CHUNKS_MAX: u64 = 1_000;

type Object = Map<String, Value>;

impl TikTok {
    /// `creator_info/query`: what this person may do now. Refusals of posting come with HTTP 200 (`tiktok.md` 4.2).
    pub(super) fn creator_info(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        caller.need("video.publish")?;
        if let Some(code) = &self.settings.creator_error {
            return Err(Refusal::spam(code, 200));
        }
        self.quota(true, caller.account, 200, call.now)?;
        let account = &mut self.accounts[caller.account];
        account.creator_seen = Some(call.now);
        let account = &self.accounts[caller.account];
        let settings = &self.settings;
        let has = |list: &[String]| list.contains(&account.username);
        Ok(json!({
            "creator_avatar_url": "https://p16.tiktokcdn.example/avatar.jpeg",
            "creator_username": account.username,
            "creator_nickname": account.name,
            "privacy_level_options": self.options(caller.account),
            "comment_disabled": has(&settings.comment_disabled),
            "duet_disabled": has(&settings.duet_disabled),
            "stitch_disabled": has(&settings.stitch_disabled),
            "max_video_post_duration_sec": settings.max_duration_s,
        }))
    }

    fn options(&self, account: usize) -> [&'static str; 3] {
        let first = if self.private(account) {
            "FOLLOWER_OF_CREATOR"
        } else {
            "PUBLIC_TO_EVERYONE"
        };
        [first, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    }

    /// Posts, drafts and people in 24 hours (`tiktok.md` 6).
    fn quota(&self, direct: bool, account: usize, status: u16, now: i64) -> Answer<()> {
        let recent = |t: &&Task| t.counts() && now - t.created_ms < DAY_MS;
        let mine = || self.tasks.iter().filter(recent).filter(|t| t.account == account);
        if !direct {
            let waiting = mine()
                .filter(|t| !t.kind.direct && t.finished_ms.is_none())
                .count();
            if waiting >= self.settings.pending_shares {
                return Err(Refusal::spam("spam_risk_too_many_pending_share", status));
            }
            return Ok(());
        }
        if mine().filter(|t| t.kind.direct).count() + self.settings.foreign_posts >= self.settings.posts_day {
            return Err(Refusal::spam("spam_risk_too_many_posts", status));
        }
        let cap = if self.settings.audited {
            self.settings.user_cap
        } else {
            Some(self.settings.unaudited_users)
        };
        let people: HashSet<usize> = self
            .tasks
            .iter()
            .filter(recent)
            .filter(|t| t.kind.direct)
            .map(|t| t.account)
            .collect();
        if cap.is_some_and(|cap| !people.contains(&account) && people.len() >= cap) {
            return Err(Refusal::spam("reached_active_user_cap", status));
        }
        Ok(())
    }

    /// `video/init` and `inbox/video/init`.
    pub(super) fn video_init(
        &mut self,
        direct: bool,
        caller: &Caller,
        call: &Call<'_>,
        fetcher: &mut dyn MediaFetcher,
    ) -> Answer {
        caller.need(if direct { "video.publish" } else { "video.upload" })?;
        let body = call.body()?;
        let kind = Kind {
            direct,
            photos: false,
        };
        // Drafts have no settings at all: whatever came is dropped.
        let info = if direct {
            self.video_info(&body, caller, call.now)?
        } else {
            Info::default()
        };
        let source = object(&body, "source_info")?;
        match text(source, "source") {
            "FILE_UPLOAD" => {
                let (size, chunk, count) = self.chunks(source)?;
                self.quota(direct, caller.account, 403, call.now)?;
                let token = format!("{:016x}{:016x}", self.next_random(), self.next_random());
                let source = Source::File {
                    token,
                    size,
                    chunk,
                    count,
                };
                Ok(self.begin(kind, info, source, caller, call))
            }
            "PULL_FROM_URL" => {
                let url = text(source, "video_url").to_owned();
                self.pullable(&url)?;
                self.quota(direct, caller.account, 403, call.now)?;
                let video = fetcher.fetch(&url).ok().map(|fetched| {
                    vec![WallMedia {
                        video: true,
                        mime: "video/mp4".to_owned(),
                        bytes: fetched.bytes,
                        ..WallMedia::default()
                    }]
                });
                Ok(self.begin(kind, info, Source::Url(video), caller, call))
            }
            _ => Err(Refusal::param("The source of the video is invalid.")),
        }
    }

    /// `content/init`: photos.
    pub(super) fn content_init(
        &mut self,
        caller: &Caller,
        call: &Call<'_>,
        fetcher: &mut dyn MediaFetcher,
    ) -> Answer {
        let body = call.body()?;
        let direct = match text(&body, "post_mode") {
            "DIRECT_POST" => true,
            "MEDIA_UPLOAD" => false,
            _ => return Err(Refusal::param("The post mode is invalid.")),
        };
        caller.need(if direct { "video.publish" } else { "video.upload" })?;
        if text(&body, "media_type") != "PHOTO" {
            return Err(Refusal::param("The media type is invalid."));
        }
        if !direct && self.settings.old_app {
            return Err(Refusal::api(
                400,
                "app_version_check_failed",
                "The user's TikTok app is older than 31.8.",
            ));
        }
        let source = object(&body, "source_info")?;
        if text(source, "source") != "PULL_FROM_URL" {
            return Err(Refusal::param("Photos can only be pulled from URLs."));
        }
        let urls = source
            .get("photo_images")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let urls: Vec<String> = urls.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let cover = source
            .get("photo_cover_index")
            .and_then(Value::as_u64)
            .and_then(|n| usize::try_from(n).ok());
        if !PHOTOS.contains(&urls.len()) || cover.is_none_or(|cover| cover >= urls.len()) {
            return Err(Refusal::param("The photo images or the cover index are invalid."));
        }
        let info = self.photo_info(&body, direct, caller, call.now)?;
        for url in &urls {
            self.pullable(url)?;
        }
        self.quota(direct, caller.account, 403, call.now)?;
        let photos: Option<Vec<WallMedia>> = urls
            .iter()
            .map(|url| fetcher.fetch(url).ok().map(check::photo))
            .collect();
        Ok(self.begin(
            Kind { direct, photos: true },
            info,
            Source::Url(photos),
            caller,
            call,
        ))
    }

    fn begin(&mut self, kind: Kind, info: Info, source: Source, caller: &Caller, call: &Call<'_>) -> Value {
        let same = |t: &&Task| {
            t.account == caller.account
                && t.kind == kind
                && t.counts()
                && !t.looked
                && call.now - t.created_ms < REPEAT_MS
                && (t.request == call.req.body || (matches!(t.source, Source::Url(_)) && t.info == info))
        };
        let blind = self.tasks.iter().any(|t| same(&t));
        self.violations.blind_repeat += u32::from(blind);
        let (place, version) = match (&source, kind.direct) {
            (Source::File { .. }, true) => ("v_pub_file", "v2-1"),
            (Source::File { .. }, false) => ("v_inbox_file", "v2-1"),
            (Source::Url(_), true) if kind.photos => ("p_pub_url", "v2"),
            (Source::Url(_), true) => ("v_pub_url", "v2-1"),
            (Source::Url(_), false) => ("v_inbox_url", "v2-1"),
        };
        let number = self.next_random() >> 4;
        let id = format!("{place}~{version}.{number}");
        let mut data = json!({ "publish_id": id });
        let mut task = Task::new(id, kind, caller.account, source, call.now);
        task.info = info;
        task.request.clone_from(&call.req.body);
        match &task.source {
            Source::File { token, .. } => {
                let host = self.settings.upload_host();
                data["upload_url"] = json!(format!("{host}/video/?upload_id={number}&upload_token={token}"));
            }
            Source::Url(_) => {
                task.done_ms = Some(call.now);
                task.ready_ms = call.now.saturating_add(self.settings.processing_ms);
                task.fate = Fate::Finishes;
            }
        }
        self.tasks.push(task);
        data
    }

    /// The arithmetic of chunks (`tiktok.md` 4.4).
    fn chunks(&self, source: &Object) -> Answer<(u64, u64, u64)> {
        let number = |name: &str| source.get(name).and_then(Value::as_u64);
        let (Some(size), Some(chunk), Some(count)) = (
            number("video_size"),
            number("chunk_size"),
            number("total_chunk_count"),
        ) else {
            return Err(Refusal::param(
                "video_size, chunk_size and total_chunk_count are required.",
            ));
        };
        let megabyte = self.settings.megabyte;
        if size == 0 || size > VIDEO_MAX {
            return Err(Refusal::param("The video size is invalid."));
        }
        let whole = chunk == size && size <= 64 * megabyte;
        if !whole && (size < 5 * megabyte || chunk > size || !(5 * megabyte..=64 * megabyte).contains(&chunk))
        {
            return Err(Refusal::param("The chunk size is invalid."));
        }
        // Rounded down: the last chunk takes what remains.
        if count != size / chunk || !(1..=CHUNKS_MAX).contains(&count) {
            return Err(Refusal::param("The total chunk count is invalid."));
        }
        Ok((size, chunk, count))
    }

    /// Whether TikTok would pull from there (`tiktok.md` 4.5).
    fn pullable(&self, url: &str) -> Answer<()> {
        let parsed = url::Url::parse(url).map_err(|_| Refusal::param("The URL is invalid."))?;
        let plain = self.settings.plain_http;
        let named = matches!(parsed.host(), Some(url::Host::Domain(_)));
        if !plain && (parsed.scheme() != "https" || !named) {
            return Err(Refusal::param(
                "The URL must be https, and its host must not be an IP address.",
            ));
        }
        let prefixes = &self.settings.verified_prefixes;
        if prefixes.is_empty() || prefixes.iter().any(|prefix| url.starts_with(prefix)) {
            return Ok(());
        }
        Err(Refusal::api(
            403,
            "url_ownership_unverified",
            "Please review our URL ownership verification rules at https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide#pull_from_url",
        ))
    }

    fn video_info(&mut self, body: &Object, caller: &Caller, now: i64) -> Answer<Info> {
        let post = object(body, "post_info")?;
        let title = text(post, "title");
        if utf16(title) > TITLE_MAX {
            return Err(Refusal::param("The title is longer than 2200 characters."));
        }
        let mut info = Info {
            text: title.to_owned(),
            ..Info::default()
        };
        let ai = flag(post, "is_aigc")?;
        self.settings_of(post, ai, &["comment", "duet", "stitch"], caller, now, &mut info)?;
        Ok(info)
    }

    fn photo_info(&mut self, body: &Object, direct: bool, caller: &Caller, now: i64) -> Answer<Info> {
        let none = Map::new();
        let post = if direct {
            object(body, "post_info")?
        } else {
            object(body, "post_info").unwrap_or(&none)
        };
        let (title, description) = (text(post, "title"), text(post, "description"));
        if utf16(title) > PHOTO_TITLE_MAX || utf16(description) > DESCRIPTION_MAX {
            return Err(Refusal::param("The title or the description is too long."));
        }
        let words: Vec<&str> = [title, description]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let mut info = Info {
            text: words.join("\n"),
            ..Info::default()
        };
        if direct {
            let ai = flag(body, "is_aigc")?;
            self.settings_of(post, ai, &["comment"], caller, now, &mut info)?;
        }
        Ok(info)
    }

    /// Privacy, interactions and disclosures of a direct post.
    fn settings_of(
        &mut self,
        post: &Object,
        ai: bool,
        kinds: &[&str],
        caller: &Caller,
        now: i64,
        info: &mut Info,
    ) -> Answer<()> {
        text(post, "privacy_level").clone_into(&mut info.privacy);
        let seen = self.accounts[caller.account].creator_seen;
        let fresh = seen.is_some_and(|at| now - at <= FRESH_MS);
        self.violations.stale_creator_info += u32::from(!fresh);
        if info.privacy.is_empty() {
            return Err(Refusal::param("The privacy level is required."));
        }
        if !self.options(caller.account).contains(&info.privacy.as_str()) {
            self.violations.privacy_not_offered += 1;
            return Err(Refusal::api(
                403,
                "privacy_level_option_mismatch",
                "The privacy level is not among the options of creator info.",
            ));
        }
        if !self.settings.audited && (info.privacy != "SELF_ONLY" || !self.private(caller.account)) {
            return Err(Refusal::unaudited());
        }
        let username = &self.accounts[caller.account].username;
        let mut forced = false;
        for kind in kinds {
            let off = flag(post, &format!("disable_{kind}"))?;
            let list = match *kind {
                "comment" => &self.settings.comment_disabled,
                "duet" => &self.settings.duet_disabled,
                _ => &self.settings.stitch_disabled,
            };
            forced |= !off && list.contains(username);
            if off {
                info.labels.push(format!("No {kind}"));
            }
        }
        self.violations.interaction_forced += u32::from(forced);
        let (branded, organic) = (
            flag(post, "brand_content_toggle")?,
            flag(post, "brand_organic_toggle")?,
        );
        if branded && info.privacy == "SELF_ONLY" {
            return Err(Refusal::param("Branded content cannot be private."));
        }
        let labels = [
            (branded, "Paid partnership"),
            (organic, "Promotional content"),
            (ai, "AI-generated"),
        ];
        info.labels.extend(
            labels
                .iter()
                .filter(|(on, _)| *on)
                .map(|(_, label)| (*label).to_owned()),
        );
        Ok(())
    }
}

/// The addresses that an init asks TikTok to pull.
pub(super) fn pulled_urls(body: &[u8]) -> Vec<String> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let source = &value["source_info"];
    let photos = source["photo_images"].as_array().cloned().unwrap_or_default();
    let all = photos.iter().chain(std::iter::once(&source["video_url"]));
    all.filter_map(Value::as_str)
        .take(*PHOTOS.end())
        .map(str::to_owned)
        .collect()
}

fn object<'a>(body: &'a Object, name: &str) -> Answer<&'a Object> {
    body.get(name)
        .and_then(Value::as_object)
        .ok_or_else(|| Refusal::param(&format!("{name} is required.")))
}

fn text<'a>(body: &'a Object, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or("")
}

fn flag(body: &Object, name: &str) -> Answer<bool> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(value) => value
            .as_bool()
            .ok_or_else(|| Refusal::param(&format!("{name} is not a boolean."))),
    }
}

fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}
