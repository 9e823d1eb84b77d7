//! Calls and replies as data: what a platform asks the wire to do, and what comes back.
//!
//! A call never holds a secret: it names one, and the wire puts it in at the last moment. So a call may
//! be printed, compared and kept.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::media::MediaId;
use crate::domain::time::Span;

/// One call to a vendor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Call {
    /// An HTTP request.
    Http(HttpCall),
    /// One mail transaction, from connecting to the answer after the final dot.
    Mail(Box<MailCall>),
    /// Connect, log in, say NOOP and leave: proves a mail account.
    MailCheck,
}

impl Call {
    /// What it shares with all calls to the same endpoint: [`HttpCall::label`]. Mail knows no such kinds.
    pub fn kind(&self) -> Option<&str> {
        match self {
            Call::Http(http) => Some(&http.label),
            Call::Mail(_) | Call::MailCheck => None,
        }
    }
}

/// HTTP methods that platforms use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

/// One HTTP request, without host, token or bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HttpCall {
    /// The method.
    pub method: Method,
    /// Which of the platform's hosts: a key of [`super::platform::Platform::hosts`], such as `api_base`.
    pub host: &'static str,
    /// The host that the vendor named in an earlier answer (an upload address): `upload.us.example.com`. It is
    /// used only when it lies in the same domain as the address that the config has for `host`; else, as behind a
    /// stand-in, the call goes to `host` itself.
    pub named_host: Option<String>,
    /// Path from the host's root, already percent-encoded, beginning with `/`.
    pub path: String,
    /// Query parameters in order.
    pub query: Vec<(String, Value)>,
    /// Further headers in order.
    pub headers: Vec<(String, Value)>,
    /// How the access token goes along.
    pub auth: Auth,
    /// The body.
    pub body: Body,
    /// The whole call may take this long; then its answer counts as lost.
    pub timeout: Span,
    /// Its name in transcripts and `why`: method and path pattern, no ids of people: `POST /{user}/threads`.
    pub label: String,
}

impl HttpCall {
    /// A call with the token as bearer, no query, no body, and a minute of time: the rest is set by whoever needs it.
    pub fn new(
        method: Method,
        host: &'static str,
        path: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self {
            method,
            host,
            named_host: None,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            auth: Auth::Bearer,
            body: Body::Empty,
            timeout: Span::secs(60),
            label: label.into(),
        }
    }
}

/// A value in a query, header or form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Value {
    /// As it stands.
    Text(String),
    /// The public, expiring URL under which the callback endpoint serves this media file.
    MediaUrl(MediaId),
    /// A secret that the wire knows by this name.
    Secret(SecretName),
    /// `appsecret_proof` of the token that the wire knows by this name: it signed with the app's secret (meta-common.md 6).
    Proof(SecretName),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

/// Secrets by name. Which value it is depends on the account and, for logins, on the login under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretName {
    /// The app's client id; no secret, but it goes where its secret goes.
    ClientId,
    /// The app's client secret.
    ClientSecret,
    /// Both joined by `|`: a token of the app itself (meta-common.md 6).
    AppToken,
    /// The account's access token; during a login the one just received.
    AccessToken,
    /// The account's refresh token.
    RefreshToken,
    /// The code of an OAuth redirect.
    Code,
    /// The PKCE verifier of the login under way.
    Verifier,
    /// The password of a mail account.
    Password,
    /// The secret that belongs to an OAuth 1.0a access token.
    TokenSecret,
}

/// How the access token goes along with an HTTP call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer TOKEN`
    Bearer,
    /// The same, and beside it `appsecret_proof`: the token signed with the app's secret, where the app has one
    /// (meta-common.md 6).
    BearerProven,
    /// `Authorization: OAuth TOKEN`
    OAuth,
    /// As this query parameter.
    Query(&'static str),
    /// `Authorization: Basic`, the app's client id and secret: for token calls. Of an app without a secret (a public
    /// client) the id goes into the form instead (RFC 6749 2.3.1, 3.2.1).
    Basic,
    /// Signed with the app's and the token's secret (OAuth 1.0a, HMAC-SHA1, RFC 5849). Forms are not sent with it.
    OAuth1,
}

/// The body of an HTTP call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Body {
    /// None.
    Empty,
    /// `application/x-www-form-urlencoded`
    Form(Vec<(String, Value)>),
    /// `application/json`
    Json(serde_json::Value),
    /// `application/json` with values that only the wire knows, each put at its JSON pointer (`/source/url`), where
    /// `json` has a string.
    JsonWith {
        /// The document.
        json: serde_json::Value,
        /// Pointer and value.
        put: Vec<(String, Value)>,
    },
    /// `multipart/form-data`: fields in order, then one file, or a part of it, streamed.
    Multipart {
        /// The fields before the file.
        fields: Vec<(String, Value)>,
        /// The field that holds the file.
        part: FilePart,
    },
    /// The bytes of a media file, or a part of them, streamed.
    Media {
        /// Which.
        id: MediaId,
        /// Content-Type.
        mime: String,
        /// First byte.
        offset: u64,
        /// How many.
        length: u64,
    },
}

/// A file in a multipart body.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FilePart {
    /// The field's name: `source`.
    pub field: String,
    /// The file name that the vendor sees; never the one in the spool.
    pub file_name: String,
    /// Which file.
    pub id: MediaId,
    /// Content-Type.
    pub mime: String,
    /// First byte.
    pub offset: u64,
    /// How many.
    pub length: u64,
}

/// One mail transaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MailCall {
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// The message; the same description always gives the same bytes.
    pub mail: Mail,
}

/// A message, described. The wire turns it into bytes: the same description, the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mail {
    /// `<...>`, built once from the delivery's id.
    pub message_id: String,
    /// `Date:`, the time of admission or due time; never the time of sending.
    pub date: crate::domain::time::Timestamp,
    /// `From:` as written in the config (display name and address).
    pub from: String,
    /// `Reply-To:`
    pub reply_to: Option<String>,
    /// `To:` as shown.
    pub to: Vec<String>,
    /// Subject.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: Option<String>,
    /// Attachments in order.
    pub attachments: Vec<Attachment>,
    /// `In-Reply-To:` and `References:`
    pub in_reply_to: Option<String>,
    /// Further headers with names known to be good: `List-Unsubscribe`, `List-Id`, `Auto-Submitted`.
    pub headers: Vec<(String, String)>,
}

/// A file in a mail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attachment {
    /// Which file.
    pub id: MediaId,
    /// Its name for the reader.
    pub name: String,
    /// MIME type.
    pub mime: String,
    /// `Content-Description:`, and `alt` of an inline picture.
    pub alt: Option<String>,
    /// Shown in the HTML part (`cid:`) rather than attached.
    pub inline: bool,
}

impl Attachment {
    /// The Content-ID of an inline picture, without angle brackets: the HTML part refers to it as `cid:...`.
    pub fn content_id(&self) -> String {
        format!("media{}@crier", self.id.0)
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// An HTTP answer.
    Http(HttpReply),
    /// An SMTP reply.
    Mail(MailReply),
}

/// An HTTP answer, capped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpReply {
    /// Status code.
    pub status: u16,
    /// Header names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, at most the wire's cap.
    pub body: Vec<u8>,
    /// The body was longer than the cap, or the connection ended before its length.
    pub truncated: bool,
}

impl HttpReply {
    /// The body as JSON; `None` when it is cut or not JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        if self.truncated {
            None
        } else {
            serde_json::from_slice(&self.body).ok()
        }
    }

    /// `Retry-After` in seconds, when it is a number.
    pub fn retry_after_secs(&self) -> Option<i64> {
        self.headers
            .get("retry-after")
            .and_then(|v| v.trim().parse().ok())
            .filter(|n| *n >= 0)
    }
}

/// Where in the SMTP dialogue a reply came (email.md 7.2: the phase matters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailPhase {
    /// Greeting.
    Connect,
    /// EHLO, STARTTLS.
    Hello,
    /// AUTH.
    Auth,
    /// NOOP of a check.
    Check,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, before the body.
    Data,
    /// After the final dot.
    Body,
}

/// One SMTP reply: a definite answer of the server (or, code 0, a local refusal such as SIZE or SMTPUTF8).
#[derive(Clone, Debug, PartialEq)]
pub struct MailReply {
    /// Where.
    pub phase: MailPhase,
    /// Three digits; 0: crier refused it after reading the EHLO reply, nothing was sent.
    pub code: u16,
    /// All lines, joined with `\n`, control characters removed.
    pub text: String,
    /// EHLO facts worth showing: host name, SIZE, mechanisms.
    pub server: BTreeMap<String, String>,
}

/// The wire's account of one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A complete answer.
    Answered(Reply),
    /// Nothing of it left this machine, or nothing that could have an effect did.
    NotSent(Trouble),
    /// It may have been carried out: no answer, or half of one.
    Lost(String),
}

/// Why a call was not sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// In words, without secrets or query strings.
    pub why: String,
    /// What mends it.
    pub kind: TroubleKind,
}

/// What mends a call that was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// Time: DNS, refused, unreachable, handshake cut.
    Network,
    /// A person at the config or the server: certificate, missing STARTTLS, no public URL.
    Setup,
    /// This machine, for now: what the config names as a secret cannot be read (a file that is being written anew, no
    /// descriptor left), or its clock is wrong. Tried again; then a person.
    Machine,
    /// A login: there is no token.
    NoToken,
    /// The media snapshot is gone or changed.
    Media,
}
