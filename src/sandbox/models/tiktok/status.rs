//! How far a task is, and taking it back (`tiktok.md` 4.5 and 4.8).

use serde_json::{Value, json};

use super::refusal::{Answer, Refusal};
use super::settings::Spelling;
use super::task::{Source, Task};
use super::{Call, Caller, TikTok};

impl TikTok {
    fn own_task(&self, caller: &Caller, call: &Call<'_>) -> Answer<usize> {
        let body = call.body()?;
        let id = body.get("publish_id").and_then(Value::as_str).unwrap_or("");
        let found = self.tasks.iter().position(|task| task.id == id);
        let at =
            found.ok_or_else(|| Refusal::api(400, "invalid_publish_id", "The publish_id does not exist."))?;
        if self.tasks[at].account != caller.account {
            return Err(Refusal::api(
                400,
                "token_not_authorized_for_specified_publish_id",
                "The access_token does not have authorization for the specified publish_id.",
            ));
        }
        Ok(at)
    }

    /// `status/fetch`.
    pub(super) fn status(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        if caller.need("video.publish").is_err() {
            caller.need("video.upload")?;
        }
        let at = self.own_task(caller, call)?;
        self.tasks[at].looked = true;
        let task = &self.tasks[at];
        let mut data = json!({"status": stage(task), "fail_reason": task.failed.as_deref().unwrap_or("")});
        if let Source::File { size, .. } = &task.source {
            let uploaded = if task.done_ms.is_some() {
                *size
            } else {
                task.uploaded.len() as u64
            };
            data["uploaded_bytes"] = json!(uploaded);
        }
        let ids: Vec<Value> = self
            .available_id(at, call.now)
            .map(|id| {
                if self.settings.ids_as_strings {
                    json!(id.to_string())
                } else {
                    json!(id)
                }
            })
            .into_iter()
            .collect();
        let name = match self.settings.spelling {
            Spelling::Publicaly => "publicaly_available_post_id",
            Spelling::Publicly => "publicly_available_post_id",
        };
        data[name] = json!(ids);
        Ok(data)
    }

    /// `cancel`, best effort.
    pub(super) fn cancel(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        if caller.need("video.publish").is_err() {
            caller.need("video.upload")?;
        }
        let at = self.own_task(caller, call)?;
        let task = &mut self.tasks[at];
        if task.ended {
            return Err(Refusal::api(
                400,
                "publish_not_cancellable",
                "The post cannot be cancelled any more.",
            ));
        }
        task.ended = true;
        task.failed = Some("publish_cancelled".to_owned());
        task.uploaded = Vec::new();
        Ok(json!({}))
    }
}

fn stage(task: &Task) -> &'static str {
    if task.failed.is_some() {
        return "FAILED";
    }
    match (
        &task.source,
        task.ended,
        task.kind.direct || task.finished_ms.is_some(),
    ) {
        (Source::File { .. }, false, _) => "PROCESSING_UPLOAD",
        (Source::Url(_), false, _) => "PROCESSING_DOWNLOAD",
        (_, true, true) => "PUBLISH_COMPLETE",
        (_, true, false) => "SEND_TO_USER_INBOX",
    }
}
