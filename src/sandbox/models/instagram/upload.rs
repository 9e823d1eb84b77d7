//! Resumable uploads: `POST rupload.facebook.com/ig-api-upload/{version}/{container}` (instagram.md 4.2).

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Instagram, Node};
use crate::sandbox::models::meta::Call;
use crate::sandbox::models::meta::refusal::{Answer, Refusal};

impl Instagram {
    /// The bytes from an offset, or a `file_url`; errors have shape (c).
    pub(super) fn take_bytes(&mut self, id: &str, call: &mut Call<'_>) -> Answer {
        let wrong = |kind, text: &str| Refusal::Upload(kind, text.to_owned());
        let unauthorized = || wrong("ProcessingFailedError", "unauthorized user request");
        let header = call.req.header("authorization").unwrap_or("");
        if !header.to_ascii_lowercase().starts_with("oauth ") {
            return Err(unauthorized());
        }
        let caller = self.caller(call).map_err(|_| unauthorized())?;
        let Some(Node::Container(index)) = self.node_of(id) else {
            return Err(unauthorized());
        };
        let owner = self.containers[index].account;
        let linked = self.accounts[owner].page;
        if owner != caller.account && !caller.token.targets.contains(&linked) {
            return Err(unauthorized());
        }
        let Some(upload) = &mut self.containers[index].upload else {
            return Err(wrong("ProcessingFailedError", "the container awaits no bytes"));
        };
        if upload.whole {
            self.violations.uploaded_again += 1;
            return Err(wrong("OffsetInvalidError", "the upload is complete"));
        }
        if let Some(url) = call.req.header("file_url").map(str::to_owned) {
            let file = call.fetch(&url);
            let file = file.map_err(|_| wrong("ProcessingFailedError", "the file could not be fetched"))?;
            self.whole(index, file.bytes, call.now);
            return Ok(done());
        }
        let number = |name: &str| call.req.header(name).and_then(|v| v.trim().parse::<u64>().ok());
        let (Some(offset), Some(size)) = (number("offset"), number("file_size")) else {
            return Err(wrong(
                "HeaderError",
                "the headers offset and file_size are required",
            ));
        };
        let have = upload.buffer.len() as u64;
        if offset != have || offset.saturating_add(call.req.body.len() as u64) > size {
            return Err(wrong(
                "OffsetInvalidError",
                "the offset is not where the upload stands",
            ));
        }
        upload.buffer.extend_from_slice(&call.req.body);
        upload.bytes = upload.buffer.len() as u64;
        if upload.bytes < size {
            return Err(wrong(
                "PartialRequestError",
                "the request ended before the file did",
            ));
        }
        let bytes = Bytes::from(std::mem::take(&mut upload.buffer));
        self.whole(index, bytes, call.now);
        Ok(done())
    }

    /// All bytes are there; from now on they are processed.
    fn whole(&mut self, index: usize, bytes: Bytes, now: i64) {
        let mut container = self.containers[index].clone();
        let size = bytes.len() as u64;
        self.judge(&mut container, bytes);
        container.ready_ms = Some(now.saturating_add(self.delay_of(container.draft.kind)));
        if let Some(upload) = &mut container.upload {
            (upload.whole, upload.bytes) = (true, size);
        }
        self.containers[index] = container;
    }

    /// `video_status` of a container, of resumable uploads alone.
    pub(super) fn video_status(&self, index: usize, now: i64) -> Value {
        let container = &self.containers[index];
        let Some(upload) = &container.upload else {
            return Value::Null;
        };
        let uploading = match (upload.whole, upload.bytes) {
            (true, _) => "complete",
            (false, 0) => "not_started",
            (false, _) => "in_progress",
        };
        let over = container.ready_ms.is_some_and(|ready| ready <= now);
        let processing = match (upload.whole, over) {
            (false, _) => "not_started",
            (true, false) => "in_progress",
            (true, true) => "complete",
        };
        json!({
            "uploading_phase": {"status": uploading, "bytes_transferred": upload.bytes},
            "processing_phase": {"status": processing},
        })
    }
}

fn done() -> Value {
    json!({"success": true, "message": "Upload successful."})
}
