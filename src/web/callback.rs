//! What a browser brings back from a vendor's authorize page, parsed with limits.

use secrecy::SecretString;
use url::form_urlencoded;

/// Longest query, in bytes.
const QUERY_MAX: usize = 8 * 1024;
/// Longest code. Vendors' codes have a few hundred characters.
const CODE_MAX: usize = 4096;
/// Longest state; crier's own are far shorter.
const STATE_MAX: usize = 256;
/// Longest words of a vendor that are shown.
const WORDS_MAX: usize = 300;

/// The query of an OAuth callback. `Debug` shows neither code nor state.
#[derive(Clone, Debug)]
pub struct CallbackQuery {
    /// Which login it belongs to; single use.
    pub state: Option<SecretString>,
    /// What happened at the vendor.
    pub outcome: Outcome,
}

/// What happened at the vendor's authorize page.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A code to be exchanged, without Meta's trailing `#_`.
    Code(SecretString),
    /// The vendor's refusal, or the person's.
    Refused {
        /// `access_denied` and the like.
        error: String,
        /// Meta: `user_denied`.
        reason: Option<String>,
        /// Words, of whoever made the link: show them as somebody else's.
        description: Option<String>,
    },
    /// Neither a code nor an error.
    Empty,
}

impl Outcome {
    /// Whether the person said no, rather than something having gone wrong.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Outcome::Refused { error, reason, .. } => {
                error == "access_denied"
                    || error == "user_cancelled_authorize"
                    || error == "user_cancelled_login"
                    || reason.as_deref() == Some("user_denied")
            }
            Outcome::Code(_) | Outcome::Empty => false,
        }
    }
}

/// A query that no vendor would make: too long, or a parameter twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadQuery;

/// Parses the part of a redirect after `?`.
pub fn parse(query: &str) -> Result<CallbackQuery, BadQuery> {
    if query.len() > QUERY_MAX {
        return Err(BadQuery);
    }
    let mut found = Found::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        found.take(&name, &value)?;
    }
    let outcome = match (found.code, found.error) {
        // An error beside a code is no vendor's doing; the code is not used.
        (_, Some(error)) => Outcome::Refused {
            error: words(&error),
            reason: found.reason.as_deref().map(words),
            description: found.description.as_deref().map(words),
        },
        (Some(code), None) => Outcome::Code(code.into()),
        (None, None) => Outcome::Empty,
    };
    Ok(CallbackQuery {
        state: found.state.map(SecretString::from),
        outcome,
    })
}

/// Parses a whole redirect as a person pastes it: an address, or only its query.
pub fn parse_pasted(text: &str) -> Result<CallbackQuery, BadQuery> {
    let text = text.trim();
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    // `#_` at the end of the address is Meta's fragment; a code has no `#`.
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    parse(query)
}

#[derive(Default)]
struct Found {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    reason: Option<String>,
    description: Option<String>,
}

impl Found {
    fn take(&mut self, name: &str, value: &str) -> Result<(), BadQuery> {
        let (slot, max) = match name {
            "code" => (&mut self.code, CODE_MAX),
            "state" => (&mut self.state, STATE_MAX),
            "error" => (&mut self.error, QUERY_MAX),
            "error_reason" => (&mut self.reason, QUERY_MAX),
            "error_description" | "error_message" => (&mut self.description, QUERY_MAX),
            _ => return Ok(()),
        };
        let value = if name == "code" {
            without_fragment(value)
        } else {
            value
        };
        if value.is_empty() {
            return Ok(());
        }
        let strange = max < QUERY_MAX && !value.bytes().all(|b| b.is_ascii_graphic());
        if slot.is_some() || value.len() > max || strange {
            return Err(BadQuery);
        }
        *slot = Some(value.to_owned());
        Ok(())
    }
}

/// Meta puts `#_` behind the code (threads.md 2); some browsers and proxies encode it.
fn without_fragment(code: &str) -> &str {
    code.strip_suffix("#_").unwrap_or(code)
}

fn words(text: &str) -> String {
    super::pages::plain(text, WORDS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn code(query: &str) -> String {
        match parse(query).unwrap().outcome {
            Outcome::Code(code) => code.expose_secret().to_owned(),
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn codes_lose_their_fragment_however_it_came() {
        for query in [
            "code=AQx-y&state=s",
            "code=AQx-y#_",
            "code=AQx-y%23_&state=s",
            "state=s&code=AQx-y%23%5F",
        ] {
            assert_eq!(code(query), "AQx-y", "{query}");
        }
        let pasted =
            parse_pasted(" https://crier.example.org/oauth/threads/callback?code=AQ&state=s1#_\n").unwrap();
        assert_eq!(pasted.state.unwrap().expose_secret(), "s1");
        assert!(matches!(pasted.outcome, Outcome::Code(c) if c.expose_secret() == "AQ"));
    }

    #[test]
    fn refusals_keep_their_words() {
        let query =
            parse("error=access_denied&error_reason=user_denied&error_description=The+user%0Adenied&state=s")
                .unwrap();
        assert!(query.outcome.is_cancelled());
        match query.outcome {
            Outcome::Refused { description, .. } => assert_eq!(description.unwrap(), "The user denied"),
            other => panic!("{other:?}"),
        }
        assert!(!parse("error=server_error&code=x").unwrap().outcome.is_cancelled());
        assert!(matches!(
            parse("error=e&code=x").unwrap().outcome,
            Outcome::Refused { .. }
        ));
        assert!(matches!(parse("").unwrap().outcome, Outcome::Empty));
    }

    #[test]
    fn what_no_vendor_sends_is_refused() {
        for query in [
            "code=a&code=b",
            "state=a&state=b&code=c",
            "code=a%0Ab",
            "code=a%00",
            &format!("code={}", "a".repeat(4097)),
            &format!("code=a&state={}", "a".repeat(257)),
            &format!("x={}", "a".repeat(9000)),
        ] {
            assert!(parse(query).is_err(), "{}", &query[..query.len().min(40)]);
        }
        let debug = format!("{:?}", parse("code=MARKED&state=MARKED").unwrap());
        assert!(!debug.contains("MARKED"), "{debug}");
    }
}
