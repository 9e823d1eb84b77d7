//! Videos, reels and video stories: phases, bytes, processing (facebook.md 4.3 to 4.5, 8A).

use bytes::Bytes;
use serde_json::{Value, json};

use super::photos::file_or_url;
use super::route::What;
use super::{Facebook, Fate, Finish, FinishAgain, Node, State, Video, video_id};
use crate::sandbox::model::WallKind;
use crate::sandbox::models::meta::media::film;
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::{Call, RUPLOAD, in_last_day, times};
use crate::sandbox::models::multipart;

/// 10 GB (facebook.md 4.3).
const SIZE_MAX: u64 = 10 * 1024 * 1024 * 1024;

impl Facebook {
    /// `upload_phase=start`.
    pub(super) fn start(&mut self, what: What, page: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_manage_posts", call)?;
        let mut size = 0;
        if what == What::Video {
            let text = call.need("file_size")?;
            size = text.parse().unwrap_or(0);
            if size == 0 || size > SIZE_MAX {
                return Err(Refusal::parameter("(#100) Param file_size is not valid"));
            }
        } else {
            self.reel_quota(what, page, call.now)?;
        }
        let index = self.put_video(what, page, size, call.now);
        let id = self.said(&video_id(index));
        if what == What::Video {
            let end = size.min(self.settings.chunk_bytes.max(1));
            return Ok(
                json!({"video_id": id, "start_offset": self.said("0"), "end_offset": self.said(&end.to_string()),
                "upload_session_id": self.videos[index].session}),
            );
        }
        let address = format!(
            "{RUPLOAD}/video-upload/{}/{}",
            call.path.version_text(),
            video_id(index)
        );
        Ok(json!({"video_id": id, "upload_url": address}))
    }

    fn put_video(&mut self, what: What, page: usize, size: u64, now: i64) -> usize {
        let session = (self.login.book.chance.number() >> 14).to_string();
        self.videos.push(Video {
            page,
            what,
            session,
            size,
            buffer: Vec::new(),
            media: None,
            made_ms: now,
            finish: None,
            fate: Fate::Finishes,
            cancelled: false,
            deleted: false,
        });
        self.videos.len() - 1
    }

    /// A number as a string, as documented, or as a number.
    fn said(&self, number: &str) -> Value {
        match number.parse::<u64>() {
            Ok(value) if self.settings.numbers => json!(value),
            Ok(_) | Err(_) => json!(number),
        }
    }

    /// 30 reels in rolling 24 hours, enforced at `video_reels` (facebook.md 4.4).
    fn reel_quota(&self, what: What, page: usize, now: i64) -> Answer<()> {
        let reels = self
            .videos
            .iter()
            .filter(|v| v.page == page && v.what == What::Reel);
        let finished = reels.filter_map(|v| v.finish.as_ref().map(|f| f.at_ms));
        if what == What::Reel && in_last_day(finished, now) >= self.settings.reels_quota {
            let text = "Calls to this api have exceeded the rate limit.";
            return Err(Refusal::code(
                self.settings.quota_code,
                format!("(#{}) {text}", self.settings.quota_code),
            ));
        }
        Ok(())
    }

    fn by_session(&self, page: usize, call: &Call<'_>) -> Answer<usize> {
        let session = call.need("upload_session_id")?;
        let found = self
            .videos
            .iter()
            .position(|v| v.session == session && v.page == page && !v.cancelled && !v.deleted);
        found.ok_or_else(|| Refusal::parameter("(#100) Invalid upload session").sub(1_363_041))
    }

    /// `upload_phase=transfer`: one chunk from where the server stands.
    pub(super) fn transfer(&mut self, page: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_manage_posts", call)?;
        let index = self.by_session(page, call)?;
        let chunk = multipart::file(call.req, "video_file_chunk")
            .ok_or_else(|| Refusal::parameter("(#100) The parameter video_file_chunk is required"))?;
        let offset: u64 = call.need("start_offset")?.parse().unwrap_or(u64::MAX);
        let video = &mut self.videos[index];
        let have = video.buffer.len() as u64;
        if video.media.is_some() {
            self.violations.uploaded_again += 1;
            return Err(wrong_offset());
        }
        if offset != have || have + chunk.len() as u64 > video.size {
            return Err(wrong_offset());
        }
        let kept = kept(&self.settings, chunk.len());
        video.buffer.extend_from_slice(&chunk[..kept]);
        if kept < chunk.len() {
            return Err(broken_off());
        }
        let (have, size) = (video.buffer.len() as u64, video.size);
        if have == size {
            self.whole(index);
        }
        let end = size.min(have + self.settings.chunk_bytes.max(1));
        Ok(json!({"start_offset": self.said(&have.to_string()), "end_offset": self.said(&end.to_string())}))
    }

    pub(super) fn cancel(&mut self, page: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_manage_posts", call)?;
        let index = self.by_session(page, call)?;
        self.videos[index].cancelled = true;
        Ok(json!({"success": true}))
    }

    /// `POST rupload.facebook.com/video-upload/{version}/{video}`: bytes from an offset, or a `file_url`.
    pub(super) fn take_bytes(&mut self, id: &str, call: &mut Call<'_>) -> Answer {
        let upload = |kind, text: &str| Refusal::Upload(kind, text.to_owned());
        let header = call.req.header("authorization").unwrap_or("");
        if !header.to_ascii_lowercase().starts_with("oauth ") {
            return Err(upload("NotAuthorizedError", "unauthorized user request"));
        }
        let token = self
            .login
            .uploader(call)
            .map_err(|_| upload("NotAuthorizedError", "unauthorized user request"))?;
        let found = match self.node_of(id) {
            Some(Node::Video(index)) if token.page == Some(self.videos[index].page) => index,
            Some(_) | None => return Err(upload("NotAuthorizedError", "unauthorized user request")),
        };
        if self.videos[found].media.is_some() {
            self.violations.uploaded_again += 1;
            return Err(upload("OffsetInvalidError", "the upload is complete"));
        }
        if let Some(url) = call.req.header("file_url").map(str::to_owned) {
            let file = call.fetch(&url);
            let file = file.map_err(|_| upload("ProcessingFailedError", "the file could not be fetched"))?;
            self.videos[found].buffer = file.bytes.to_vec();
            self.whole(found);
            return Ok(json!({"success": true}));
        }
        let number = |name: &str| call.req.header(name).and_then(|v| v.trim().parse::<u64>().ok());
        let (Some(offset), Some(size)) = (number("offset"), number("file_size")) else {
            return Err(upload(
                "HeaderError",
                "the headers offset and file_size are required",
            ));
        };
        let video = &mut self.videos[found];
        if offset != video.buffer.len() as u64 || offset + call.req.body.len() as u64 > size {
            return Err(upload(
                "OffsetInvalidError",
                "the offset is not where the upload stands",
            ));
        }
        video.size = size;
        let kept = kept(&self.settings, call.req.body.len());
        video.buffer.extend_from_slice(&call.req.body[..kept]);
        if (video.buffer.len() as u64) < size {
            return Err(upload(
                "PartialRequestError",
                "the request ended before the file did",
            ));
        }
        self.whole(found);
        Ok(json!({"success": true}))
    }

    /// All bytes are there: what is wrong with them shows while they are processed.
    fn whole(&mut self, index: usize) {
        let settings = &self.settings;
        let video = &mut self.videos[index];
        let bytes = Bytes::from(std::mem::take(&mut video.buffer));
        video.size = bytes.len() as u64;
        let mut fails = |why: &str| video.fate = Fate::Fails(why.to_owned());
        let Some((media, facts)) = film(bytes.clone()) else {
            fails("The video file you selected is in a format that we don't support.");
            video.media = Some(Default::default());
            return;
        };
        let (w, h) = facts.size;
        // 9:16 to within a few hundredths, as cameras round (facebook.md 4.4).
        let upright = (w * 1600).abs_diff(h * 900) <= h * 30;
        match video.what {
            What::Reel if !upright => fails("Reels need an aspect ratio of 9:16."),
            What::Reel if w < settings.reel_min_width || h < settings.reel_min_width * 16 / 9 => {
                fails("The resolution of the reel is too low.")
            }
            What::Reel if !(3_000..=settings.reel_max_s * 1000).contains(&facts.duration_ms) => {
                fails("The reel must be 3 to 90 seconds long.");
            }
            What::Story if facts.duration_ms > 60_999 => fails("The story must be at most 60 seconds long."),
            What::Video | What::Reel | What::Story => {}
        }
        video.media = Some(media);
    }

    /// `upload_phase=finish`: only acknowledged; the status says what came of it (facebook.md 4.4).
    pub(super) fn finish(&mut self, what: What, page: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_manage_posts", call)?;
        let index = if what == What::Video {
            self.by_session(page, call)?
        } else {
            let id = call.need("video_id")?;
            match self.node_of(id) {
                Some(Node::Video(index))
                    if self.videos[index].page == page && !self.videos[index].deleted =>
                {
                    index
                }
                Some(_) | None => return Err(Refusal::missing(id)),
            }
        };
        let text = call.params.get("description").unwrap_or("").to_owned();
        self.check_words(&text)?;
        let state = match (what, call.params.get("video_state")) {
            (What::Reel, Some("DRAFT")) => State::Draft,
            (What::Reel, Some("SCHEDULED")) => {
                let at = times::parse(call.need("scheduled_publish_time")?).unwrap_or(0);
                self.check_schedule(at, call.now)?;
                State::Scheduled(at)
            }
            (What::Reel, Some("PUBLISHED")) | (What::Story, _) => State::Published,
            (What::Reel, _) => {
                return Err(Refusal::parameter(
                    "(#100) Param video_state must be one of DRAFT, SCHEDULED, PUBLISHED",
                ));
            }
            (What::Video, _) => self.state_of(call, None)?,
        };
        if self.videos[index].media.is_none() {
            self.violations.finished_early += 1;
            return Err(Refusal::code(
                6_000,
                "There was a problem uploading your video file. Please try again.",
            )
            .sub(1_363_030));
        }
        let again = self.videos[index].finish.is_some() && self.posted_or_coming(index);
        if again {
            self.violations.finished_twice += 1;
            match self.settings.finish_again {
                FinishAgain::Success => return Ok(self.finished(index)),
                FinishAgain::Refused => {
                    return Err(Refusal::parameter("(#100) The upload was already finished"));
                }
                FinishAgain::SecondPost => {}
            }
        }
        self.may_publish(page, state, call.now)?;
        self.reel_quota(what, page, call.now)?;
        self.set_finish(index, text, call, state);
        Ok(self.finished(index))
    }

    /// Whether the first finish worked: the video is out or on its way.
    fn posted_or_coming(&self, index: usize) -> bool {
        !matches!(self.videos[index].fate, Fate::Fails(_))
    }

    fn set_finish(&mut self, index: usize, text: String, call: &Call<'_>, state: State) {
        let page = self.videos[index].page;
        let post = self.next_post(page);
        self.videos[index].finish = Some(Finish {
            at_ms: call.now,
            text,
            title: call.params.get("title").map(str::to_owned),
            state,
            post,
            seen: false,
        });
    }

    fn finished(&self, index: usize) -> Value {
        let video = &self.videos[index];
        let mut answer = json!({"success": true});
        let post = video.finish.as_ref().map(|f| f.post.as_str());
        if video.what == What::Story || self.settings.finish_says_post_id {
            answer["post_id"] = json!(post);
        }
        answer
    }

    /// One shot: `file_url` or a multipart `source` (facebook.md 4.3).
    pub(super) fn whole_video(&mut self, what: What, page: &str, call: &mut Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_manage_posts", call)?;
        if what != What::Video {
            return Err(Refusal::parameter(
                "(#100) The parameter upload_phase is required",
            ));
        }
        let text = call.params.get("description").unwrap_or("").to_owned();
        self.check_words(&text)?;
        let state = self.state_of(call, call.params.get("unpublished_content_type"))?;
        self.may_publish(page, state, call.now)?;
        let bytes = file_or_url(call, "source", "file_url")
            .map_err(|_| Refusal::code(389, "(#389) Unable to fetch video file from URL."))?;
        let index = self.put_video(what, page, 0, call.now);
        self.videos[index].buffer = bytes.to_vec();
        self.whole(index);
        self.set_finish(index, text, call, state);
        Ok(json!({"id": video_id(index)}))
    }

    /// Videos whose processing is over become posts, in the order of their times.
    pub(super) fn advance_videos(&mut self, now: i64) {
        let delay = self.settings.video_delay_ms;
        let mut due: Vec<(i64, usize)> = Vec::new();
        for (index, video) in self.videos.iter().enumerate() {
            let Some(finish) = video.finish.as_ref().filter(|f| !f.seen) else {
                continue;
            };
            let at = match finish.state {
                State::Published => finish.at_ms.saturating_add(delay),
                State::Scheduled(at) => at.max(finish.at_ms.saturating_add(delay)),
                State::Draft => continue,
            };
            if at <= now && video.fate == Fate::Finishes && !video.deleted {
                due.push((at, index));
            }
        }
        due.sort_unstable();
        for (at, index) in due {
            let kind = match self.videos[index].what {
                What::Video => WallKind::Post,
                What::Reel => WallKind::Reel,
                What::Story => WallKind::Story,
            };
            let page = self.videos[index].page;
            let Some(finish) = self.videos[index].finish.as_mut() else {
                continue;
            };
            finish.seen = true;
            let (id, text) = (finish.post.clone(), finish.text.clone());
            let post = self.push_post(id, page, kind, State::Published, at);
            (self.posts[post].message, self.posts[post].video) = (text, Some(index));
        }
    }

    /// The `status` of a video (facebook.md 4.4).
    pub(super) fn video_status(&self, index: usize, now: i64) -> Value {
        let video = &self.videos[index];
        let have = video
            .media
            .as_ref()
            .map_or(video.buffer.len() as u64, |_| video.size);
        let uploading = match (&video.media, have) {
            (Some(_), _) => "complete",
            (None, 0) => "not_started",
            (None, _) => "in_progress",
        };
        let mut status = json!({
            "video_status": if video.media.is_some() { "upload_complete" } else { "uploading" },
            "uploading_phase": {"status": uploading, "bytes_transferred": have},
            "processing_phase": {"status": "not_started"},
            "publishing_phase": {"status": "not_started", "publish_status": "draft"},
        });
        let Some(finish) = &video.finish else {
            return status;
        };
        let over = finish.at_ms.saturating_add(self.settings.video_delay_ms) <= now;
        match &video.fate {
            Fate::Fails(why) if over => {
                status["video_status"] = json!("error");
                status["processing_phase"] =
                    json!({"status": "error", "errors": [{"code": 1_363_024, "message": why}]});
            }
            Fate::Finishes if over => {
                status["video_status"] = json!("ready");
                status["processing_phase"] = json!({"status": "complete"});
                status["publishing_phase"] = publishing(finish);
            }
            Fate::Fails(_) | Fate::Finishes | Fate::Stuck => {
                status["video_status"] = json!("processing");
                status["processing_phase"] = json!({"status": "in_progress"});
                // It is accepted: no longer "not_started", which would mean that the finish never came.
                let wish = if finish.state == State::Draft {
                    "draft"
                } else {
                    "published"
                };
                status["publishing_phase"] = json!({"status": "in_progress", "publish_status": wish});
            }
        }
        status
    }
}

fn publishing(finish: &Finish) -> Value {
    match finish.state {
        State::Draft => json!({"status": "complete", "publish_status": "draft"}),
        State::Scheduled(at) if !finish.seen => {
            json!({"status": "not_started", "publish_status": "scheduled", "publish_time": at / 1000})
        }
        State::Published | State::Scheduled(_) => {
            json!({"status": "complete", "publish_status": "published"})
        }
    }
}

/// How many of so many bytes an upload keeps before its line is cut.
fn kept(settings: &super::Settings, bytes: usize) -> usize {
    match settings.upload_keeps {
        0 => bytes,
        most => bytes.min(most),
    }
}

fn broken_off() -> Refusal {
    Refusal::code(
        6_000,
        "There was a problem uploading your video file. Please try again.",
    )
    .sub(1_363_030)
}

fn wrong_offset() -> Refusal {
    Refusal::code(
        6_001,
        "There was a problem uploading your video file. Please try again with another file.",
    )
    .sub(1_363_037)
}
