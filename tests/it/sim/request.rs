//! What crier asks a vendor for, as the sandbox's models take it: the files and secrets filled in.

use std::sync::LazyLock;

use base64::Engine as _;
use bytes::Bytes;
use crier::core::call::{Auth, Body, FilePart, HttpCall, Method, SecretName, Value};
use crier::domain::media::{Media, MediaFacts, MediaId, MediaKind};
use crier::domain::time::Timestamp;
use crier::sandbox::exchange::SandboxRequest;
use crier::sandbox::model::{FetchedMedia, MediaFetcher};
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::Sha256;

/// The boundary of multipart bodies.
const BOUNDARY: &str = "simulated-boundary";

/// One file of `tests/media`, as its number in contents has it.
struct File {
    name: &'static str,
    mime: &'static str,
    size: (u32, u32),
    duration_ms: Option<u64>,
}

const FILES: [File; 5] = [
    picture("tiny-200.jpg", 200),
    picture("square-1080.jpg", 1080),
    picture("square-1080.jpg", 1080),
    File {
        name: "silent-square-3s.mp4",
        mime: "video/mp4",
        size: (200, 200),
        duration_ms: Some(3000),
    },
    File {
        name: "reel-9x16-4s-h264-aac.mp4",
        mime: "video/mp4",
        size: (1080, 1920),
        duration_ms: Some(4000),
    },
];

const fn picture(name: &'static str, side: u32) -> File {
    File {
        name,
        mime: "image/jpeg",
        size: (side, side),
        duration_ms: None,
    }
}

static BYTES: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let read = |file: &File| {
        let path = format!("{}/tests/media/{}", env!("CARGO_MANIFEST_DIR"), file.name);
        Bytes::from(std::fs::read(path).unwrap())
    };
    FILES.iter().map(read).collect()
});

fn number(id: MediaId) -> usize {
    usize::try_from(id.0).unwrap()
}

/// Media number `n` of a content.
pub fn medium(n: u32) -> Media {
    let id = MediaId(n);
    let file = &FILES[number(id)];
    let video = file.duration_ms.is_some();
    Media {
        cover: None,
        thumb_ms: None,
        id,
        file: if video { "v.mp4" } else { "p.jpg" }.into(),
        alt: (!video).then(|| "a picture".into()),
        facts: MediaFacts {
            kind: if video { MediaKind::Video } else { MediaKind::Image },
            mime: file.mime.into(),
            bytes: BYTES[number(id)].len() as u64,
            width: file.size.0,
            height: file.size.1,
            duration_ms: file.duration_ms,
            video_codec: None,
            audio_codec: None,
            moov_first: Some(true),
            notes: Default::default(),
            sha256: format!("{n:064}"),
        },
    }
}

/// What lies under the addresses that crier gives vendors.
#[derive(Default)]
pub struct Files {
    /// They are closed: what handed them out is known to have done nothing.
    pub closed: bool,
    /// Some were fetched.
    pub fetched: bool,
}

impl MediaFetcher for Files {
    fn fetch(&mut self, url: &str) -> Result<FetchedMedia, String> {
        if self.closed {
            return Err("404".to_owned());
        }
        self.fetched = true;
        let n = url.strip_prefix(URL).and_then(|n| n.parse::<u32>().ok());
        let id = MediaId(n.ok_or("no such file")?);
        Ok(FetchedMedia {
            content_type: Some(FILES[number(id)].mime.to_owned()),
            bytes: BYTES[number(id)].clone(),
        })
    }
}

const URL: &str = "https://media.example/";

fn bytes(id: MediaId, offset: u64, length: u64) -> Bytes {
    let (from, many) = (usize::try_from(offset).unwrap(), usize::try_from(length).unwrap());
    BYTES[number(id)].slice(from..from + many)
}

/// Which secret a name stands for.
pub type Secrets<'a> = &'a dyn Fn(SecretName) -> String;

/// The token signed with the secret of the sandbox's app.
pub fn proof(token: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"sandbox-secret").unwrap();
    mac.update(token.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// The call of whoever has these secrets.
pub fn of(call: &HttpCall, secrets: Secrets<'_>) -> SandboxRequest {
    let value = |v: &Value| match v {
        Value::Text(text) => text.clone(),
        Value::MediaUrl(id) => format!("{URL}{}", id.0),
        Value::Secret(name) => secrets(*name),
        Value::Proof(name) => proof(&secrets(*name)),
    };
    let method = match call.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let mut request = SandboxRequest::new(method, &call.path);
    call.host.clone_into(&mut request.host_role);
    for (k, v) in &call.query {
        request = request.with_query(k, &value(v));
    }
    for (k, v) in &call.headers {
        request = request.with_header(k, &value(v));
    }
    request = match call.auth {
        Auth::Bearer => request.with_bearer(&secrets(SecretName::AccessToken)),
        Auth::BearerProven => {
            let token = secrets(SecretName::AccessToken);
            request
                .with_query("appsecret_proof", &proof(&token))
                .with_bearer(&token)
        }
        Auth::OAuth => {
            let token = secrets(SecretName::AccessToken);
            request.with_header("Authorization", &format!("OAuth {token}"))
        }
        Auth::Query(name) => request.with_query(name, &secrets(SecretName::AccessToken)),
        Auth::Basic => {
            let pair = [SecretName::ClientId, SecretName::ClientSecret]
                .map(secrets)
                .join(":");
            let pair = base64::engine::general_purpose::STANDARD.encode(pair);
            request.with_header("Authorization", &format!("Basic {pair}"))
        }
        Auth::None => request,
        // Signed once it is whole: [`signed`].
        Auth::OAuth1 => request,
    };
    with_body(request, &call.body, &value)
}

/// What a signature leaves as it is (RFC 5849 3.6).
const STRICT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request with the signature of OAuth 1.0a (x.md 2.7), by a token and its secret: `TOKEN:SECRET`. Written after RFC 5849,
/// not after the wire.
pub fn signed(request: SandboxRequest, pair: &str, nonce: &str, now: Timestamp) -> SandboxRequest {
    let encode = |text: &str| utf8_percent_encode(text, STRICT).to_string();
    let (token, secret) = pair.split_once(':').unwrap();
    let seconds = now.as_secs().to_string();
    let own = [
        ("oauth_consumer_key", "sandbox-consumer"),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", &seconds),
        ("oauth_token", token),
        ("oauth_version", "1.0"),
    ];
    let query = request.query.iter().map(|(k, v)| (k.as_str(), v.as_str()));
    let mut all: Vec<String> = own
        .into_iter()
        .chain(query)
        .map(|(k, v)| format!("{}={}", encode(k), encode(v)))
        .collect();
    all.sort();
    let address = format!("https://api.x.com{}", request.path);
    let base = [&request.method, &address, &all.join("&")]
        .map(|part| encode(part))
        .join("&");
    let key = format!("sandbox-consumer-secret&{}", encode(secret));
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(base.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let parts = own.into_iter().chain([("oauth_signature", signature.as_str())]);
    let parts: Vec<String> = parts.map(|(k, v)| format!("{k}=\"{}\"", encode(v))).collect();
    request.with_header("Authorization", &format!("OAuth {}", parts.join(", ")))
}

fn with_body(mut request: SandboxRequest, body: &Body, value: &dyn Fn(&Value) -> String) -> SandboxRequest {
    match body {
        Body::Empty => request,
        Body::Form(fields) => {
            let pairs: Vec<(&str, String)> = fields.iter().map(|(k, v)| (k.as_str(), value(v))).collect();
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (*k, v.as_str())).collect();
            request.with_form(&pairs)
        }
        Body::Json(json) => with_json(request, json),
        Body::JsonWith { json, put } => {
            let mut json = json.clone();
            for (pointer, v) in put {
                *json.pointer_mut(pointer).unwrap() = value(v).into();
            }
            with_json(request, &json)
        }
        Body::Multipart { fields, part } => {
            let fields: Vec<(&str, String)> = fields.iter().map(|(k, v)| (k.as_str(), value(v))).collect();
            request.body = multipart(&fields, part);
            request.with_header(
                "Content-Type",
                &format!("multipart/form-data; boundary={BOUNDARY}"),
            )
        }
        Body::Media {
            id,
            mime,
            offset,
            length,
        } => {
            request.body = bytes(*id, *offset, *length).to_vec();
            request.with_header("Content-Type", mime)
        }
    }
}

fn with_json(mut request: SandboxRequest, json: &serde_json::Value) -> SandboxRequest {
    request.body = json.to_string().into_bytes();
    request.with_header("Content-Type", "application/json")
}

fn multipart(fields: &[(&str, String)], part: &FilePart) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in fields {
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        body.extend_from_slice(head.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
        part.field, part.file_name, part.mime
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&bytes(part.id, part.offset, part.length));
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}
