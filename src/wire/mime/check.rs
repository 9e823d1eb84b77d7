//! What may go into a header, and what a finished message must be like.

/// Longest line of a message without its CRLF (RFC 5322 2.1.1).
pub const LINE_MAX: usize = 998;

/// Headers that the wire makes itself; a platform that sets one of these would forge it.
const OWN: [&str; 17] = [
    "bcc",
    "cc",
    "date",
    "from",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "references",
    "reply-to",
    "resent-from",
    "resent-to",
    "return-path",
    "sender",
    "subject",
    "to",
    "dkim-signature",
];

/// Refuses C0, DEL and C1: with them a value could become a header of its own (email.md 4.5).
pub(super) fn no_controls(what: &str, text: &str) -> Result<(), String> {
    match text.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(c) => Err(format!(
            "{what} has the control character U+{:04X}, which no mail header may have",
            u32::from(c)
        )),
    }
}

/// `<left@right>` of printable ASCII.
pub(super) fn message_id(id: &str) -> Result<(), String> {
    let inner = id.strip_prefix('<').and_then(|t| t.strip_suffix('>'));
    let fine = inner.is_some_and(|t| {
        t.len() <= 250
            && t.split('@').count() == 2
            && !t.starts_with('@')
            && !t.ends_with('@')
            && t.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
    });
    if fine {
        Ok(())
    } else {
        Err(format!("{id:?} is not a Message-ID such as <name@example.org>"))
    }
}

/// A field name of RFC 5322 that is not one of the wire's own.
pub(super) fn header_name(name: &str) -> Result<(), String> {
    let known = name.to_ascii_lowercase();
    if name.is_empty() || name.len() > 76 || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
        return Err(format!("{name:?} is no header name"));
    }
    if OWN.contains(&known.as_str()) || known.starts_with("content-") {
        return Err(format!(
            "the header {name:?} cannot be set: crier makes it itself"
        ));
    }
    Ok(())
}

/// The finished bytes: CRLF only, no NUL, no overlong line, ASCII but for headers with addresses. Tells
/// whether SMTPUTF8 is needed.
pub(super) fn message(bytes: &[u8]) -> Result<bool, String> {
    if !bytes.ends_with(b"\r\n") {
        return Err("the message does not end with a line".to_owned());
    }
    let mut length = 0;
    let mut last = 0u8;
    for &byte in bytes {
        match byte {
            b'\n' if last != b'\r' => return Err("the message has a bare line feed in it".to_owned()),
            b'\n' => length = 0,
            0 => return Err("the text has a NUL in it".to_owned()),
            _ if last == b'\r' => return Err("the text has a lone carriage return in it".to_owned()),
            b'\r' => {}
            _ => length += 1,
        }
        if length > LINE_MAX {
            return Err(format!("a line of the message has more than {LINE_MAX} octets"));
        }
        last = byte;
    }
    Ok(!bytes.is_ascii())
}
