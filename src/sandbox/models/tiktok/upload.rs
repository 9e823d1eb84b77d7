//! Chunks: `PUT {upload_url}` (`tiktok.md` 4.4).

use super::task::Source;
use super::{Call, TikTok};
use crate::sandbox::exchange::SandboxReply;

const TYPES: [&str; 3] = ["video/mp4", "video/quicktime", "video/webm"];

impl TikTok {
    /// One chunk; the address itself is the permission.
    pub(super) fn upload(&mut self, call: &Call<'_>) -> SandboxReply {
        let given = call.query("upload_token").unwrap_or("");
        let found = self.tasks.iter().position(|task| match &task.source {
            Source::File { token, .. } => token == given,
            Source::Url(_) => false,
        });
        let Some(at) = found else { return said(404, None) };
        let task = &mut self.tasks[at];
        if task.failed.as_deref() == Some("publish_cancelled") {
            self.violations.upload_after_cancel += 1;
            return said(404, None);
        }
        let Source::File {
            size, chunk, count, ..
        } = &task.source
        else {
            return said(404, None);
        };
        let (size, chunk, count) = (*size, *chunk, *count);
        if call.now - task.created_ms >= self.settings.upload_life_ms {
            return said(403, None);
        }
        let last_byte = self.settings.range_last_byte;
        let range = |uploaded: u64| {
            let shown = if last_byte {
                uploaded.saturating_sub(1)
            } else {
                uploaded
            };
            format!("bytes 0-{shown}/{size}")
        };
        let uploaded = if task.done_ms.is_some() {
            size
        } else {
            task.uploaded.len() as u64
        };
        let kind = call.req.header("content-type").unwrap_or("");
        let Some((first, last, total)) = call.req.header("content-range").and_then(content_range) else {
            return said(400, None);
        };
        let length = call.req.body.len() as u64;
        let told = call
            .req
            .header("content-length")
            .and_then(|n| n.trim().parse::<u64>().ok());
        if !TYPES.contains(&kind) || total != size || last < first || last - first + 1 != length {
            return said(400, None);
        }
        if told.is_some_and(|told| told != length) {
            return said(400, None);
        }
        if first != uploaded {
            self.violations.chunk_out_of_order += u32::from(first > uploaded);
            return said(416, Some(&range(uploaded)));
        }
        let end = if first / chunk + 1 >= count {
            size - 1
        } else {
            first + chunk - 1
        };
        if last != end {
            return said(400, None);
        }
        task.uploaded.extend_from_slice(&call.req.body);
        kind.clone_into(&mut task.mime);
        if last + 1 < size {
            return said(206, Some(&range(last + 1)));
        }
        task.done_ms = Some(call.now);
        task.ready_ms = call.now.saturating_add(self.settings.processing_ms);
        said(201, Some(&range(size)))
    }
}

/// `bytes {first}-{last}/{total}`.
fn content_range(header: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = header.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((
        first.trim().parse().ok()?,
        last.trim().parse().ok()?,
        total.trim().parse().ok()?,
    ))
}

fn said(status: u16, range: Option<&str>) -> SandboxReply {
    let range = range.map(|range| ("Content-Range".to_owned(), range.to_owned()));
    SandboxReply {
        status,
        headers: range.into_iter().collect(),
        body: Vec::new(),
    }
}
