//! Addresses and header words: parsed strictly, so that nothing in them can become a header of its own
//! (email.md 4.5).

use crate::core::facts::Facts;

/// `Name <user@host>` or `user@host`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    /// The display name.
    pub(super) name: Option<String>,
    /// The address.
    pub(super) address: String,
}

/// Why a mailbox was refused, in words for a person.
pub(super) fn parse(text: &str, facts: &Facts) -> Result<Mailbox, String> {
    no_controls("an address", text)?;
    let text = text.trim();
    let (name, address) = match text.strip_suffix('>') {
        Some(rest) => match rest.rsplit_once('<') {
            Some((name, address)) => (name.trim(), address),
            None => return Err(format!("{text:?} has `>` without `<`")),
        },
        None => ("", text),
    };
    check_address(address, facts)?;
    let name = name.trim_matches('"').trim();
    if name.contains(['<', '>', '"', '\\']) {
        return Err(format!("the name in {text:?} may not have <, >, \" or \\"));
    }
    Ok(Mailbox {
        name: (!name.is_empty()).then(|| name.to_owned()),
        address: address.to_owned(),
    })
}

/// An address as SMTP takes it: one `@`, no spaces, no brackets, no quotes, lengths of RFC 5321.
fn check_address(address: &str, facts: &Facts) -> Result<(), String> {
    let bad = |what: &str| Err(format!("{address:?} is not a mail address: {what}"));
    let Some((local, domain)) = address.rsplit_once('@') else {
        return bad("it has no @");
    };
    if address.len() > super::offers::size(facts, "address_max") {
        return bad("it is too long");
    }
    if local.is_empty() || local.len() > super::offers::size(facts, "local_part_max") {
        return bad("the part before @ is empty or too long");
    }
    if !local.chars().all(is_atext) || local.starts_with('.') || local.ends_with('.') || local.contains("..")
    {
        return bad("the part before @ has a character or dot that does not belong there");
    }
    match ascii_domain(domain) {
        Some(ascii) if ascii.len() <= 255 => Ok(()),
        Some(_) | None => bad("the part after @ is no host name"),
    }
}

/// RFC 5322 `atext`, dots, and letters beyond ASCII (SMTPUTF8; the wire knows whether the server takes them).
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~.".contains(c)
        || (!c.is_ascii() && !c.is_control() && !c.is_whitespace() && !is_format(c))
}

/// Characters that change how text is shown without being seen.
fn is_format(c: char) -> bool {
    matches!(u32::from(c), 0x00AD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF)
}

/// A domain in ASCII form; `None` when it is no host name.
pub(super) fn ascii_domain(domain: &str) -> Option<String> {
    if domain.is_empty() || domain.ends_with('.') || domain.contains(['%', '/', ':', '?', '#', '@', '[']) {
        return None;
    }
    match url::Host::parse(domain).ok()? {
        url::Host::Domain(ascii) => ascii
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
            .then_some(ascii),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}

/// The domain of an address in ASCII form.
pub(super) fn domain_of(address: &str) -> Option<String> {
    ascii_domain(address.rsplit_once('@')?.1)
}

/// Refuses line ends and every other control character.
pub(super) fn no_controls(what: &str, text: &str) -> Result<(), String> {
    if text.chars().any(char::is_control) {
        return Err(format!(
            "{what} may not have line ends or other control characters: {:?}",
            crate::platforms::kit::text::plain(text, 60)
        ));
    }
    Ok(())
}

/// A Message-ID with its brackets: `<left@right>`, printable ASCII, without spaces.
pub(super) fn is_message_id(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) else {
        return false;
    };
    let fine = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
    };
    text.len() <= 250
        && inner
            .split_once('@')
            .is_some_and(|(left, right)| fine(left) && fine(right) && !right.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platforms::email::FACTS;

    #[test]
    fn good_addresses() {
        for (text, name, address) in [
            ("a@example.org", None, "a@example.org"),
            (
                "The Club <news@club.example>",
                Some("The Club"),
                "news@club.example",
            ),
            (
                "\"Club, The\" <news@club.example>",
                Some("Club, The"),
                "news@club.example",
            ),
            ("jörg@bücher.example", None, "jörg@bücher.example"),
            ("a+b.c=d@x.example", None, "a+b.c=d@x.example"),
        ] {
            let got = parse(text, &FACTS).unwrap();
            assert_eq!(got.name.as_deref(), name, "{text}");
            assert_eq!(got.address, address, "{text}");
        }
    }

    #[test]
    fn bad_addresses() {
        let long = format!("{}@example.org", "a".repeat(65));
        for text in [
            "",
            "a",
            "@example.org",
            "a@",
            "a b@example.org",
            "a@b@example.org ",
            "a..b@example.org",
            ".a@example.org",
            "a@exa mple.org",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example.org>",
            "<a@example.org",
            "x <a@example.org> y",
            "a@example.org\r\nBcc: b@example.org",
            "a\0@example.org",
            "Name\nX: y <a@example.org>",
            "a,b@example.org",
            "a@example.org,b@example.org",
            "\"a\"@example.org",
            "a\u{202e}b@example.org",
            long.as_str(),
        ] {
            assert!(parse(text, &FACTS).is_err(), "{text:?}");
        }
    }

    #[test]
    fn message_ids() {
        assert!(is_message_id("<a.b@example.org>"));
        for bad in [
            "a@b",
            "<a>",
            "<a b@c>",
            "<a@b>\r\nX: y",
            "<@b>",
            "<a@>",
            "<a@b@c>",
            "<a@b> <c@d>",
        ] {
            assert!(!is_message_id(bad), "{bad:?}");
        }
    }
}
