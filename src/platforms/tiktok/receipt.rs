//! What a receipt says.

use super::calls;
use super::creator::is_user;
use super::enquiries::USERNAME;
use super::settings::{Mode, mode};
use super::state::{How, Step};
use crate::core::flow::Job;
use crate::domain::receipt::Live;

/// What is live in a last step.
pub(super) fn lives(job: &Job, step: &Step) -> Vec<Live> {
    let (ids, how, user, url) = match step {
        Step::Done { ids, how, user, url } => (ids.as_slice(), *how, user, url.as_ref()),
        Step::Named { task, .. } => (&[][..], How::Shown, &task.leave.user, None),
        Step::Creator { .. }
        | Step::Init { .. }
        | Step::Upload { .. }
        | Step::Watch { .. }
        | Step::Failed { .. }
        | Step::Seek { .. }
        | Step::Await { .. }
        | Step::Undecided { .. } => return Vec::new(),
    };
    if ids.is_empty() {
        return vec![Live {
            remote_id: None,
            permalink: url.cloned(),
            part: (how == How::Draft).then(|| "draft in the inbox".to_owned()),
        }];
    }
    ids.iter()
        .enumerate()
        .map(|(n, id)| Live {
            permalink: url.cloned().or_else(|| permalink(job, user.as_deref(), id)),
            remote_id: Some(id.clone()),
            // tiktok.md 4.8: a draft can yield several posts.
            part: (ids.len() > 1).then(|| format!("{} of {}", n + 1, ids.len())),
        })
        .collect()
}

/// tiktok.md 1.
fn permalink(job: &Job, user: Option<&str>, id: &str) -> Option<String> {
    let told = job.profile.facts.get(USERNAME).map(String::as_str);
    let user = user.or(told).filter(|name| is_user(name))?;
    let kind = if calls::video(job).is_some() {
        "video"
    } else {
        "photo"
    };
    Some(format!("https://www.tiktok.com/@{user}/{kind}/{id}"))
}

/// What a person should know.
pub(super) fn note(job: &Job, step: &Step) -> Option<String> {
    let Step::Done { ids, how, url, .. } = step else {
        return None;
    };
    match how {
        How::Draft => Some(draft(job)),
        How::Private => Some("only the account itself sees it; TikTok gives such posts no id".to_owned()),
        How::Few if ids.is_empty() => Some(
            "friends or followers see it; TikTok tells the ids of posts for everybody alone: look into the TikTok app".to_owned(),
        ),
        How::Shown if ids.is_empty() && url.is_none() => Some(
            "TikTok gives its id only after moderation, which may take hours: `crierctl history` shows it then"
                .to_owned(),
        ),
        How::Shown | How::Few => None,
    }
}

/// tiktok.md 4.1: a person must finish it; of a video's draft nothing but the video is kept.
fn draft(job: &Job) -> String {
    let within = "it is a draft: somebody must finish it in the TikTok app, from its inbox, within 24 hours";
    if mode(&job.options) == Mode::Inbox && calls::video(job).is_some() && !calls::words(job).is_empty() {
        format!("{within}; TikTok keeps no caption of a draft, so paste the text there")
    } else {
        within.to_owned()
    }
}
