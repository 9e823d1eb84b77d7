//! What a server reads in a message: its head, and the rules of email.md 4.3 and 4.4.

/// The longest line, with its CRLF (email.md 4.3).
const LINE_MAX: usize = 1_000;

/// The value of the first header of this name, unfolded; nothing when there is none.
#[must_use]
pub fn header(message: &[u8], name: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for line in message.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        let folded = line.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        match (&mut found, folded) {
            (Some(value), true) => {
                value.push(' ');
                value.push_str(String::from_utf8_lossy(line).trim());
            }
            (Some(_), false) => break,
            (None, true) => {}
            (None, false) => found = named(line, name),
        }
    }
    found
}

fn named(line: &[u8], name: &str) -> Option<String> {
    let rest = line.get(name.len()..)?.strip_prefix(b":")?;
    let same = line[..name.len()].eq_ignore_ascii_case(name.as_bytes());
    same.then(|| String::from_utf8_lossy(rest).trim().to_owned())
}

/// Takes the extra dot from lines that begin with one (email.md 4.4).
pub(super) fn unstuff(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut at_start = true;
    for &byte in data {
        if !(at_start && byte == b'.') {
            out.push(byte);
        }
        at_start = byte == b'\n';
    }
    out
}

/// Whether there is a CR without LF or a LF without CR (email.md 4.4, smuggling).
pub(super) fn has_bare(data: &[u8]) -> bool {
    let mut before = 0;
    for &byte in data {
        if (byte == b'\n') != (before == b'\r') {
            return true;
        }
        before = byte;
    }
    before == b'\r'
}

/// Whether a line is longer than SMTP allows.
pub(super) fn has_long_line(data: &[u8]) -> bool {
    data.split_inclusive(|b| *b == b'\n')
        .any(|line| line.len() > LINE_MAX)
}

/// What a strict reader finds wrong: the head's required lines, doubled ones, control characters.
pub(super) fn complaints(message: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["Date", "From", "Message-ID", "MIME-Version", "Content-Type"] {
        if header(message, name).is_none() {
            found.push(format!("there is no {name}"));
        }
    }
    let head_end = message
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .unwrap_or(message.len());
    let head = &message[..head_end];
    for name in [
        "Date",
        "From",
        "Message-ID",
        "Subject",
        "To",
        "Cc",
        "Sender",
        "MIME-Version",
    ] {
        let lines = head
            .split(|b| *b == b'\n')
            .filter(|line| named(line, name).is_some())
            .count();
        if lines > 1 {
            found.push(format!("there are {lines} {name} lines"));
        }
    }
    if head
        .iter()
        .any(|b| (*b < 32 && !matches!(b, b'\r' | b'\n' | b'\t')) || *b == 127)
    {
        found.push("there is a control character in the head".to_owned());
    }
    if message.contains(&0) {
        found.push("there is a NUL".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_unfolded() {
        let message = b"Subject: a\r\n b\r\nX: y\r\nmessage-id: <1@x>\r\n\r\nDate: body\r\n";
        assert_eq!(header(message, "subject").as_deref(), Some("a b"));
        assert_eq!(header(message, "Message-ID").as_deref(), Some("<1@x>"));
        assert_eq!(header(message, "Date"), None, "that one stands in the body");
    }

    #[test]
    fn dots_and_line_ends() {
        assert_eq!(unstuff(b"..a\r\n.b\r\nc.\r\n"), b".a\r\nb\r\nc.\r\n");
        for (data, bare) in [
            (&b"a\r\nb\r\n"[..], false),
            (b"a\nb", true),
            (b"a\rb", true),
            (b"a\r", true),
            (b"\r\r\n", true),
        ] {
            assert_eq!(has_bare(data), bare, "{data:?}");
        }
        assert!(has_long_line(&[b'x'; 1001]));
        assert!(!has_long_line(&[b'x'; 1000]));
    }
}
