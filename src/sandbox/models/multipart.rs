//! The parts of a `multipart/form-data` body, files included.

use bytes::Bytes;

use crate::sandbox::exchange::SandboxRequest;

/// The largest number of parts read.
const PARTS_MAX: usize = 32;

/// One part.
pub(crate) struct Part {
    pub(crate) name: String,
    /// A part with a file name is a file.
    pub(crate) file: bool,
    pub(crate) bytes: Bytes,
}

/// Takes the body apart; nothing when the header names no boundary.
pub(crate) fn parts(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = parameter(content_type, "boundary")?;
    let marker = format!("--{boundary}").into_bytes();
    let mut rest = &body[find(body, &marker)? + marker.len()..];
    let mut found = Vec::new();
    while found.len() < PARTS_MAX && rest.starts_with(b"\r\n") {
        let end = find(rest, &marker)?;
        // The line break before the boundary belongs to the boundary.
        let part = rest.get(2..end.checked_sub(2)?)?;
        let head_end = find(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&part[..head_end]).into_owned();
        let line = head
            .lines()
            .find(|l| l.to_ascii_lowercase().starts_with("content-disposition:"));
        if let Some(name) = line.and_then(|l| parameter(l, "name")) {
            found.push(Part {
                name,
                file: line.is_some_and(|l| parameter(l, "filename").is_some()),
                bytes: Bytes::copy_from_slice(&part[head_end + 4..]),
            });
        }
        rest = &rest[end + marker.len()..];
    }
    Some(found)
}

/// The bytes of the part with this name that has a file name; none when the body is no form, or has no such part.
pub(crate) fn file(req: &SandboxRequest, name: &str) -> Option<Bytes> {
    let kind = req.header("content-type")?;
    let form = kind
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("multipart/form-data");
    let parts = form.then(|| parts(kind, &req.body)).flatten()?;
    let wanted = parts.into_iter().find(|part| part.file && part.name == name);
    wanted.map(|part| part.bytes)
}

fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|piece| {
        let (key, value) = piece.trim().split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// Skips from one first byte to the next: bodies are megabytes.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = 0;
    while let Some(step) = haystack.get(at..)?.iter().position(|byte| *byte == first) {
        at += step;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parts_with_a_file_name_are_files() {
        let mut req =
            SandboxRequest::new("POST", "/").with_header("Content-Type", "multipart/form-data; boundary=xx");
        req.body = b"--xx\r\nContent-Disposition: form-data; name=\"source\"\r\n\r\nno\r\n--xx\r\n\
            Content-Disposition: form-data; name=\"source\"; filename=\"a.jpg\"\r\n\r\n\r\n-\xff\r\n--xx--\r\n"
            .to_vec();
        assert_eq!(file(&req, "source").as_deref(), Some(&b"\r\n-\xff"[..]));
        assert_eq!(file(&req, "thumb"), None);
        req.headers.clear();
        assert_eq!(file(&req, "source"), None);
    }

    #[test]
    fn files_come_out_byte_for_byte() {
        let body = b"--q\r\nContent-Disposition: form-data; name=\"segment_index\"\r\n\r\n3\r\n--q\r\n\
            Content-Disposition: form-data; name=\"media\"; filename=\"b\"\r\nContent-Type: x/y\r\n\r\n\0\r\n-\r\n\r\n--q--\r\n";
        let found = parts("multipart/form-data; boundary=q", body).unwrap();
        assert_eq!(
            (found[0].name.as_str(), &found[0].bytes[..]),
            ("segment_index", &b"3"[..])
        );
        assert_eq!(
            (found[1].name.as_str(), &found[1].bytes[..]),
            ("media", &b"\0\r\n-\r\n"[..])
        );
        assert!(parts("multipart/form-data", body).is_none());
    }
}
