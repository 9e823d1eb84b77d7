//! What a `publish_id` stands for, from its beginning to a post (`tiktok.md` 4.8).

use bytes::Bytes;
use serde_json::json;

use super::{Hook, Published, TikTok, check};
use crate::sandbox::model::{WallKind, WallMedia, WallPost};

/// Which of the four ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) direct: bool,
    pub(super) photos: bool,
}

/// Where the bytes come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Chunks to an upload address with this token.
    File {
        token: String,
        size: u64,
        chunk: u64,
        count: u64,
    },
    /// TikTok pulled them at once; none when it could not.
    Url(Option<Vec<WallMedia>>),
}

/// What becomes of it once its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Finishes,
    Fails(String),
    Stuck,
}

/// What a person sees of the post's settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Info {
    pub(super) text: String,
    pub(super) privacy: String,
    pub(super) labels: Vec<String>,
}

/// One publishing task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) account: usize,
    pub(super) source: Source,
    pub(super) info: Info,
    pub(super) request: Vec<u8>,
    pub(super) created_ms: i64,
    pub(super) uploaded: Vec<u8>,
    pub(super) mime: String,
    /// When all bytes were there.
    pub(super) done_ms: Option<i64>,
    pub(super) ready_ms: i64,
    pub(super) fate: Fate,
    /// Whether its end was worked out already.
    pub(super) ended: bool,
    pub(super) failed: Option<String>,
    pub(super) post: Option<usize>,
    /// When the person finished the draft.
    pub(super) finished_ms: Option<i64>,
    /// Whether somebody looked since all bytes were there.
    pub(super) looked: bool,
    /// Whether the post's id was told to the webhook.
    told: bool,
}

impl Task {
    pub(super) fn new(id: String, kind: Kind, account: usize, source: Source, now: i64) -> Self {
        Self {
            id,
            kind,
            account,
            source,
            info: Info::default(),
            request: Vec::new(),
            created_ms: now,
            uploaded: Vec::new(),
            mime: String::new(),
            done_ms: None,
            ready_ms: i64::MAX,
            fate: Fate::Finishes,
            ended: false,
            failed: None,
            post: None,
            finished_ms: None,
            looked: false,
            told: false,
        }
    }

    /// Whether it used up one of the posts or drafts of a day.
    pub(super) fn counts(&self) -> bool {
        self.done_ms.is_some() && self.failed.is_none()
    }

    fn publish_type(&self) -> &'static str {
        if self.kind.direct {
            "DIRECT_PUBLISH"
        } else {
            "INBOX_SHARE"
        }
    }
}

impl TikTok {
    /// Works out what happened until now: ends of processing, finished drafts, moderation.
    pub(super) fn settle(&mut self, now: i64) {
        for at in 0..self.tasks.len() {
            let task = &mut self.tasks[at];
            if task.done_ms.is_none() && !task.ended && now - task.created_ms >= self.settings.upload_life_ms
            {
                // Nobody sent the bytes in time.
                task.ended = true;
                task.failed = Some("internal".to_owned());
            }
            if task.done_ms.is_some() && !task.ended && task.ready_ms <= now && task.fate != Fate::Stuck {
                self.end(at);
            }
            self.finish_draft_in_time(at, now);
            self.moderate(at, now);
        }
    }

    fn end(&mut self, at: usize) {
        let task = &mut self.tasks[at];
        task.ended = true;
        let judged = match (&task.fate, &task.source) {
            (Fate::Fails(reason), _) => Err(reason.clone()),
            (Fate::Finishes | Fate::Stuck, Source::Url(None)) => Err(if task.kind.photos {
                "photo_pull_failed"
            } else {
                "video_pull_failed"
            }
            .to_owned()),
            (Fate::Finishes | Fate::Stuck, Source::Url(Some(media))) => {
                check::pulled(media, task.kind, &self.settings).map(|()| media.clone())
            }
            (Fate::Finishes | Fate::Stuck, Source::File { .. }) => {
                let bytes = Bytes::copy_from_slice(&task.uploaded);
                check::video(bytes, &task.mime, task.kind.direct, &self.settings).map(|media| vec![media])
            }
        };
        task.uploaded = Vec::new();
        let (account, when) = (task.account, task.ready_ms);
        let content = json!({"publish_id": task.id, "publish_type": task.publish_type()});
        match judged {
            Err(reason) => {
                let mut content = content;
                content["reason"] = json!(reason);
                task.failed = Some(reason);
                self.hooks
                    .push(Hook::new("post.publish.failed", account, content, when));
            }
            Ok(media) => {
                let direct = task.kind.direct;
                self.put_post(at, media, when);
                let event = if direct {
                    "post.publish.complete"
                } else {
                    "post.publish.inbox_delivered"
                };
                self.hooks.push(Hook::new(event, account, content, when));
            }
        }
    }

    fn put_post(&mut self, at: usize, media: Vec<WallMedia>, when: i64) {
        let seconds = u64::try_from(when.div_euclid(1_000)).unwrap_or(0);
        let id = (seconds << 32) | (self.posts.len() as u64 + 1);
        let task = &self.tasks[at];
        let account = &self.accounts[task.account];
        let public = task.kind.direct && task.info.privacy == "PUBLIC_TO_EVERYONE";
        let part = if task.kind.photos { "photo" } else { "video" };
        let wall = WallPost {
            id: id.to_string(),
            username: account.username.clone(),
            name: account.name.clone(),
            at_ms: when,
            kind: match (task.kind.direct, task.kind.photos) {
                (false, _) => WallKind::Draft,
                (true, true) => WallKind::Post,
                (true, false) => WallKind::Reel,
            },
            text: task.info.text.clone(),
            media,
            audience: Some(task.info.privacy.clone()).filter(|p| !public && !p.is_empty()),
            labels: task.info.labels.clone(),
            permalink: format!(
                "{}/@{}/{part}/{id}",
                self.settings.permalink_base, account.username
            ),
            ..WallPost::default()
        };
        let (account, photos) = (task.account, task.kind.photos);
        self.posts.push(Published {
            id,
            account,
            task: at,
            public,
            photos,
            wall,
        });
        self.tasks[at].post = Some(self.posts.len() - 1);
        self.version += 1;
    }

    fn finish_draft_in_time(&mut self, at: usize, now: i64) {
        let task = &self.tasks[at];
        let Some(wait) = self.settings.finish_drafts_ms else {
            return;
        };
        let due = task.ready_ms.saturating_add(wait);
        if !task.kind.direct && task.post.is_some() && task.finished_ms.is_none() && due <= now {
            let id = task.id.clone();
            self.finish_draft(&id, due);
        }
    }

    /// The person finishes a draft in the app and publishes it. Answers whether there is such a draft.
    pub fn finish_draft(&mut self, publish_id: &str, now_ms: i64) -> bool {
        let found = self
            .tasks
            .iter_mut()
            .find(|t| t.id == publish_id && !t.kind.direct && t.finished_ms.is_none());
        let Some((task, post)) = found.and_then(|task| task.post.map(|post| (task, post))) else {
            return false;
        };
        task.finished_ms = Some(now_ms);
        let content = json!({"publish_id": task.id, "publish_type": task.publish_type()});
        self.hooks
            .push(Hook::new("post.publish.complete", task.account, content, now_ms));
        let post = &mut self.posts[post];
        post.public = true;
        post.wall.at_ms = now_ms;
        post.wall.kind = if post.photos {
            WallKind::Post
        } else {
            WallKind::Reel
        };
        self.version += 1;
        true
    }

    fn moderate(&mut self, at: usize, now: i64) {
        if self.tasks[at].told {
            return;
        }
        let Some(id) = self.available_id(at, now) else {
            return;
        };
        let task = &mut self.tasks[at];
        task.told = true;
        let content =
            json!({"publish_id": task.id, "post_id": id.to_string(), "publish_type": task.publish_type()});
        self.hooks.push(Hook::new(
            "post.publish.publicly_available",
            task.account,
            content,
            now,
        ));
    }

    /// The id that everybody may know: of public posts, after moderation.
    pub(super) fn available_id(&self, at: usize, now: i64) -> Option<u64> {
        let post = &self.posts[self.tasks[at].post?];
        let passed = now >= post.wall.at_ms.saturating_add(self.settings.moderation_ms);
        (post.public && passed).then_some(post.id)
    }
}
