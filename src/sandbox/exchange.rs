//! What goes in and out of a model: one request, one reply, and the ways in which a reply can fail to arrive.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The largest number of parameters read from one request.
const MAX_PARAMS: usize = 200;

/// One HTTP request as a model sees it: no sockets, no streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SandboxRequest {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// Which of the vendor's hosts it was meant for, by its key in the config: `api_base`, `auth_base`.
    pub host_role: String,
    /// The path, without the query, still percent-encoded.
    pub path: String,
    /// The query's pairs, decoded, in their order.
    pub query: Vec<(String, String)>,
    /// The headers in their order; names in any case.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

/// One HTTP reply of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxReply {
    /// The status code.
    pub status: u16,
    /// The headers; `Content-Length` is left to the server.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

/// What a caller sees of one call, faults included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The whole reply arrived.
    Reply(SandboxReply),
    /// The connection ended without a byte of a reply.
    Dropped {
        /// Whether the call took effect all the same.
        applied: bool,
    },
    /// Nothing ever comes; the caller's time limit decides.
    Hang {
        /// Whether the call took effect all the same.
        applied: bool,
    },
    /// The head promises the whole body, and the connection ends in the middle of it.
    Truncated {
        /// The whole reply, of which only the first `sent` bytes of the body arrive.
        reply: SandboxReply,
        /// How many bytes of the body arrive.
        sent: usize,
    },
}

impl SandboxRequest {
    /// A request to the API host without parameters. A query in `target` is taken apart.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            host_role: "api_base".to_owned(),
            path: path.to_owned(),
            query: decode_pairs(query.as_bytes()),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a pair to the query.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `Authorization: Bearer`.
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        self.with_header("Authorization", &format!("Bearer {token}"))
    }

    /// Makes the body a URL-encoded form of these pairs.
    #[must_use]
    pub fn with_form(mut self, pairs: &[(&str, &str)]) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        self.body = form.finish().into_bytes();
        self.with_header("Content-Type", "application/x-www-form-urlencoded")
    }

    /// The first header of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The parameters of query and body together; the body's win (meta-common.md 2).
    #[must_use]
    pub fn params(&self) -> Params {
        let kind = self.header("content-type").unwrap_or("");
        let mime = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        let (body, json) = match mime.as_str() {
            "application/json" => (json_pairs(&self.body), true),
            "multipart/form-data" => (multipart_pairs(kind, &self.body), false),
            "" | "application/x-www-form-urlencoded" => (decode_pairs(&self.body), false),
            // The bytes of a picture or video are no pairs.
            _ => (Vec::new(), false),
        };
        Params {
            body,
            query: self.query.clone(),
            json,
        }
    }
}

impl SandboxReply {
    /// A reply with a JSON body.
    #[must_use]
    pub fn json(status: u16, value: &Value) -> Self {
        Self::with_type(
            status,
            "application/json; charset=UTF-8",
            value.to_string().into_bytes(),
        )
    }

    /// A reply with an HTML body.
    #[must_use]
    pub fn html(status: u16, page: String) -> Self {
        Self::with_type(status, "text/html; charset=utf-8", page.into_bytes())
    }

    /// A redirect to `location`.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self {
            status: 302,
            headers: vec![("Location".to_owned(), location.to_owned())],
            body: Vec::new(),
        }
    }

    fn with_type(status: u16, mime: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), mime.to_owned())],
            body,
        }
    }

    /// Says when it was made (Unix milliseconds): the `Date` of every HTTP answer (RFC 9110 6.6.1).
    pub fn date(&mut self, now_ms: i64) {
        if let Ok(time) = jiff::Timestamp::from_millisecond(now_ms) {
            let date = time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            self.headers.push(("Date".to_owned(), date));
        }
    }

    /// The first header of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON, `null` when it is none.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// The parameters of one request.
#[derive(Clone, Debug, Default)]
pub struct Params {
    body: Vec<(String, String)>,
    query: Vec<(String, String)>,
    json: bool,
}

impl Params {
    /// The value of this name, when there is one and it is not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.body.iter().chain(&self.query);
        pairs
            .find(|(n, v)| n == name && !v.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// As [`Params::get`], but nothing when the body was JSON: Meta has been seen to drop such
    /// optional fields from a JSON body in silence (meta-common.md 2, the trap).
    #[must_use]
    pub fn form_only(&self, name: &str) -> Option<&str> {
        if self.json { None } else { self.get(name) }
    }

    /// Whether this name is the string `true`.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.form_only(name)
            .is_some_and(|v| v.eq_ignore_ascii_case("true"))
    }
}

fn decode_pairs(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes)
        .take(MAX_PARAMS)
        .map(|(k, v)| (k.into_owned(), v.into_owned()))
        .collect()
}

fn json_pairs(bytes: &[u8]) -> Vec<(String, String)> {
    let Ok(Value::Object(map)) = serde_json::from_slice(bytes) else {
        return Vec::new();
    };
    map.into_iter()
        .take(MAX_PARAMS)
        .map(|(name, value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        })
        .collect()
}

/// The text fields of a multipart form; parts with a file name are left out.
fn multipart_pairs(content_type: &str, body: &[u8]) -> Vec<(String, String)> {
    let Some(boundary) = parameter(content_type, "boundary") else {
        return Vec::new();
    };
    let marker = format!("--{boundary}");
    let mut pairs = Vec::new();
    for part in split_on(body, marker.as_bytes())
        .into_iter()
        .skip(1)
        .take(MAX_PARAMS)
    {
        let part = part.strip_prefix(b"\r\n").unwrap_or(part);
        let part = part.strip_suffix(b"\r\n").unwrap_or(part);
        let Some(at) = find(part, b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&part[..at]).into_owned();
        let line = head
            .lines()
            .find(|l| l.to_ascii_lowercase().starts_with("content-disposition:"));
        if let Some(name) = line.and_then(|l| parameter(l, "name"))
            && line.and_then(|l| parameter(l, "filename")).is_none()
        {
            pairs.push((name, String::from_utf8_lossy(&part[at + 4..]).into_owned()));
        }
    }
    pairs
}

/// The value of a `name=value` parameter of a header, with or without quotes.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|piece| {
        let (key, value) = piece.trim().split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn split_on<'a>(mut rest: &'a [u8], marker: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = find(rest, marker) {
        parts.push(&rest[..at]);
        rest = &rest[at + marker.len()..];
    }
    parts.push(rest);
    parts
}

/// Percent-decodes one path segment.
#[must_use]
pub fn decode_segment(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Writes text into HTML: nothing of it can become markup.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_from_query_form_multipart_and_json() {
        let form =
            SandboxRequest::new("POST", "/v1.0/me/threads?text=query&a=1").with_form(&[("text", "a b&c")]);
        assert_eq!(form.params().get("text"), Some("a b&c"), "the body wins");
        assert_eq!(form.params().get("a"), Some("1"));

        let mut multi = SandboxRequest::new("POST", "/")
            .with_header("content-type", "multipart/form-data; boundary=\"xx\"");
        multi.body = b"--xx\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\nAQ\r\nB\r\n--xx\r\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nZ\r\n--xx--\r\n"
            .to_vec();
        assert_eq!(multi.params().get("code"), Some("AQ\r\nB"));
        assert_eq!(multi.params().get("f"), None);

        let mut json = SandboxRequest::new("POST", "/").with_header("Content-Type", "application/json");
        json.body = br#"{"text":"t","topic_tag":"x","n":3}"#.to_vec();
        assert_eq!(json.params().get("n"), Some("3"));
        assert_eq!(json.params().form_only("topic_tag"), None, "dropped in silence");
    }

    #[test]
    fn nothing_escapes_from_html() {
        assert_eq!(escape("<b a='\"&"), "&lt;b a=&#39;&quot;&amp;");
    }
}
