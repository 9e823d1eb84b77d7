//! Files inside a multipart form (facebook.md 4.2 and 4.3: `source`, `video_file_chunk`).

use bytes::Bytes;

use crate::sandbox::exchange::SandboxRequest;

/// The bytes of the part with this name that has a file name; none when there is no such part.
pub(crate) fn file(req: &SandboxRequest, name: &str) -> Option<Bytes> {
    let kind = req.header("content-type")?;
    if !kind
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("multipart/form-data")
    {
        return None;
    }
    let marker = format!("--{}", parameter(kind, "boundary")?);
    let mut rest: &[u8] = &req.body;
    rest = &rest[find(rest, marker.as_bytes())? + marker.len()..];
    loop {
        let end = find(rest, marker.as_bytes())?;
        let part = rest[..end].strip_prefix(b"\r\n").unwrap_or(&rest[..end]);
        let part = part.strip_suffix(b"\r\n").unwrap_or(part);
        rest = &rest[end + marker.len()..];
        if let Some(at) = find(part, b"\r\n\r\n")
            && is_file(&part[..at], name)
        {
            return Some(Bytes::copy_from_slice(&part[at + 4..]));
        }
    }
}

fn is_file(head: &[u8], name: &str) -> bool {
    let head = String::from_utf8_lossy(head);
    head.lines()
        .find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))
        .is_some_and(|line| {
            parameter(line, "name").as_deref() == Some(name) && parameter(line, "filename").is_some()
        })
}

fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|piece| {
        let (key, value) = piece.trim().split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// Where the needle begins; jumps from first byte to first byte, since bodies are large.
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
}
