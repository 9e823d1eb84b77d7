//! From an [`HttpCall`] to a request with host, secrets and bytes.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::net::IpAddr;

use base64::Engine as _;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;
use url::{Host, Url};

use super::oauth1::Signer;
use super::ports::{MediaSource, Secrets, Target};
use super::proof;
use super::redact::Scrubber;
use super::trouble::{media, no_token, setup};
use crate::core::call::{Auth, Body, FilePart, HttpCall, Method, SecretName, Trouble, Value};
use crate::domain::media::MediaId;

/// Read size of a streamed upload.
const CHUNK: usize = 64 * 1024;

/// Fills in what a call only names. Remembers each secret that it uses, so that it can be taken out again.
pub(super) struct Filling<'a> {
    pub(super) at: &'a Target,
    pub(super) secrets: &'a dyn Secrets,
    pub(super) media: &'a dyn MediaSource,
    pub(super) scrub: &'a mut Scrubber,
}

impl Filling<'_> {
    /// The request, ready to be sent.
    pub(super) fn build(&mut self, client: &Client, call: &HttpCall) -> Result<reqwest::Request, Trouble> {
        let url = self.url(call)?;
        let mut request = client.request(method(call.method), url.clone());
        for (name, value) in &call.headers {
            request = request.header(header_name(name)?, self.header_value(name, value)?);
        }
        request = match call.auth {
            Auth::OAuth1 => self.signed(request, call, &url)?,
            other @ (Auth::None
            | Auth::Bearer
            | Auth::BearerProven
            | Auth::OAuth
            | Auth::Query(_)
            | Auth::Basic) => self.authorise(request, other)?,
        };
        request = self.body(request, call)?;
        request.build().map_err(|e| {
            setup(format!(
                "{} cannot be made into a request: {}",
                call.label,
                e.without_url()
            ))
        })
    }

    fn url(&mut self, call: &HttpCall) -> Result<Url, Trouble> {
        let base = self
            .at
            .hosts
            .get(call.host)
            .ok_or_else(|| setup(format!("no address is known for `{}`", call.host)))?;
        check_base(call.host, base)?;
        check_path(&call.path)?;
        let mut url = base.clone();
        if let Some(named) = &call.named_host
            && same_domain(base, named)
        {
            url.set_host(Some(named)).map_err(|_| {
                setup(format!(
                    "the vendor named {named:?} as the address of an upload, which is no host"
                ))
            })?;
        }
        let path = format!("{}{}", base.path().trim_end_matches('/'), call.path);
        url.set_path(&path);
        url.set_query(None);
        url.set_fragment(None);
        let pairs = self.pairs(&call.query)?;
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(&pairs);
        }
        if let Auth::Query(name) = call.auth {
            let token = self.secret(SecretName::AccessToken)?;
            url.query_pairs_mut().append_pair(name, token.expose_secret());
        }
        Ok(url)
    }

    fn pairs(&mut self, pairs: &[(String, Value)]) -> Result<Vec<(String, String)>, Trouble> {
        pairs
            .iter()
            .map(|(name, value)| Ok((name.clone(), self.value(value)?)))
            .collect()
    }

    fn value(&mut self, value: &Value) -> Result<String, Trouble> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            Value::MediaUrl(id) => self.media.public_url(*id),
            Value::Secret(name) => Ok(self.secret(*name)?.expose_secret().to_owned()),
            Value::Proof(name) => {
                let (token, secret) = (self.secret(*name)?, self.secret(SecretName::ClientSecret)?);
                let proof = proof::of(&token, &secret).ok_or_else(|| setup("the call cannot be proven"))?;
                self.scrub.learn(&proof);
                Ok(proof.expose_secret().to_owned())
            }
        }
    }

    fn secret(&mut self, name: SecretName) -> Result<SecretString, Trouble> {
        let secret = self.secrets.get(name)?.ok_or_else(|| missing(name))?;
        self.scrub.learn(&secret);
        if name == SecretName::AppToken {
            // An answer that repeats a part of it must not show that either.
            self.secret(SecretName::ClientSecret)?;
        }
        Ok(secret)
    }

    fn header_value(&mut self, name: &str, value: &Value) -> Result<HeaderValue, Trouble> {
        let mut header = HeaderValue::from_str(&self.value(value)?).map_err(|_| {
            setup(format!(
                "the value of the header `{name}` has characters that HTTP forbids"
            ))
        })?;
        header.set_sensitive(matches!(value, Value::Secret(_) | Value::Proof(_)));
        Ok(header)
    }

    fn authorise(&mut self, request: RequestBuilder, auth: Auth) -> Result<RequestBuilder, Trouble> {
        let scheme = match auth {
            // The query parameter is part of the URL already; a signature needs all of the call.
            Auth::None | Auth::Query(_) | Auth::OAuth1 => return Ok(request),
            // Its id stands in the form.
            Auth::Basic if self.secrets.public_client() => return Ok(request),
            Auth::Basic => return self.basic(request),
            Auth::Bearer | Auth::BearerProven => "Bearer",
            Auth::OAuth => "OAuth",
        };
        let token = self.secret(SecretName::AccessToken)?;
        let mut header = HeaderValue::from_str(&format!("{scheme} {}", token.expose_secret()))
            .map_err(|_| setup("the access token has characters that HTTP forbids"))?;
        header.set_sensitive(true);
        let request = request.header(AUTHORIZATION, header);
        match auth {
            Auth::BearerProven => self.proven(request, &token),
            Auth::None | Auth::Bearer | Auth::OAuth | Auth::Query(_) | Auth::Basic | Auth::OAuth1 => {
                Ok(request)
            }
        }
    }

    /// With a proof of the token, where the app has a secret.
    fn proven(&mut self, request: RequestBuilder, token: &SecretString) -> Result<RequestBuilder, Trouble> {
        let secret = self.secrets.get(SecretName::ClientSecret)?;
        let Some(proof) = secret.and_then(|secret| proof::of(token, &secret)) else {
            return Ok(request);
        };
        self.scrub.learn(&proof);
        Ok(request.query(&[(proof::PARAMETER, proof.expose_secret())]))
    }

    /// The app's own id and secret, form-encoded before they are joined (RFC 6749 2.3.1).
    fn basic(&mut self, request: RequestBuilder) -> Result<RequestBuilder, Trouble> {
        let encoded = |secret: &SecretString| -> String {
            url::form_urlencoded::byte_serialize(secret.expose_secret().as_bytes()).collect()
        };
        let id = encoded(&self.secret(SecretName::ClientId)?);
        let secret = encoded(&self.secret(SecretName::ClientSecret)?);
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
        // An answer that repeats the header must not show it.
        self.scrub.learn(&SecretString::from(pair.clone()));
        let mut header = HeaderValue::from_str(&format!("Basic {pair}"))
            .map_err(|_| setup("the app's id and secret cannot stand in a header"))?;
        header.set_sensitive(true);
        Ok(request.header(AUTHORIZATION, header))
    }

    fn signed(
        &mut self,
        request: RequestBuilder,
        call: &HttpCall,
        url: &Url,
    ) -> Result<RequestBuilder, Trouble> {
        let form = match &call.body {
            Body::Form(pairs) => self.pairs(pairs)?,
            Body::Empty
            | Body::Json(_)
            | Body::JsonWith { .. }
            | Body::Multipart { .. }
            | Body::Media { .. } => Vec::new(),
        };
        let signer = Signer {
            consumer_key: self.secret(SecretName::ClientId)?,
            consumer_secret: self.secret(SecretName::ClientSecret)?,
            token: self.secret(SecretName::AccessToken)?,
            token_secret: self.secret(SecretName::TokenSecret)?,
            nonce: self.at.nonce.clone(),
            timestamp: self.at.now.as_secs(),
        };
        let mut header = HeaderValue::from_str(&signer.header(call.method, url, &form))
            .map_err(|_| setup("the call cannot be signed"))?;
        header.set_sensitive(true);
        Ok(request.header(AUTHORIZATION, header))
    }

    fn body(&mut self, request: RequestBuilder, call: &HttpCall) -> Result<RequestBuilder, Trouble> {
        match &call.body {
            Body::Empty => Ok(request),
            Body::Form(pairs) => {
                let mut pairs = self.pairs(pairs)?;
                if call.auth == Auth::Basic && self.secrets.public_client() {
                    let id = self.secret(SecretName::ClientId)?;
                    pairs.push(("client_id".to_owned(), id.expose_secret().to_owned()));
                }
                Ok(request.form(&pairs))
            }
            Body::Json(value) => Ok(request.json(value)),
            Body::JsonWith { json, put } => {
                let mut json = json.clone();
                for (pointer, value) in put {
                    let value = self.value(value)?;
                    let place = json
                        .pointer_mut(pointer)
                        .ok_or_else(|| setup(format!("a body has no place {pointer}")))?;
                    *place = serde_json::Value::String(value);
                }
                Ok(request.json(&json))
            }
            Body::Multipart { fields, part } => {
                let mut form = reqwest::multipart::Form::new();
                for (name, value) in self.pairs(fields)? {
                    form = form.text(name, value);
                }
                Ok(request.multipart(form.part(part.field.clone(), self.part(part)?)))
            }
            Body::Media {
                id,
                mime,
                offset,
                length,
            } => {
                let file = self.range(*id, *offset, *length)?;
                let stream = ReaderStream::with_capacity(file.take(*length), CHUNK);
                Ok(request
                    .header(CONTENT_TYPE, mime)
                    .header(CONTENT_LENGTH, *length)
                    .body(reqwest::Body::wrap_stream(stream)))
            }
        }
    }

    fn part(&self, part: &FilePart) -> Result<reqwest::multipart::Part, Trouble> {
        let file = self.range(part.id, part.offset, part.length)?;
        let stream = ReaderStream::with_capacity(file.take(part.length), CHUNK);
        reqwest::multipart::Part::stream_with_length(reqwest::Body::wrap_stream(stream), part.length)
            .file_name(part.file_name.clone())
            .mime_str(&part.mime)
            .map_err(|_| media(format!("{:?} is no media type", part.mime)))
    }

    /// The file, standing at `offset`, with at least `length` bytes after it.
    fn range(&self, id: MediaId, offset: u64, length: u64) -> Result<tokio::fs::File, Trouble> {
        let (mut file, size): (File, u64) = self.media.open(id)?;
        if offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(media(format!(
                "media file {} has {size} bytes, but bytes {offset} to {} are wanted",
                id.0,
                offset.saturating_add(length)
            )));
        }
        file.seek(SeekFrom::Start(offset))
            .map_err(|e| media(format!("media file {} cannot be read: {e}", id.0)))?;
        Ok(tokio::fs::File::from_std(file))
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn header_name(name: &str) -> Result<HeaderName, Trouble> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| setup(format!("{name:?} is not a header name")))
}

fn missing(name: SecretName) -> Trouble {
    match name {
        SecretName::AccessToken => no_token("there is no access token: connect the account"),
        SecretName::RefreshToken => no_token("there is no refresh token: connect the account again"),
        SecretName::Code | SecretName::Verifier => no_token("the login under way is gone: begin it again"),
        SecretName::ClientId => setup("the account has no app in the config"),
        SecretName::ClientSecret | SecretName::AppToken => {
            setup("the app has no client secret in the config")
        }
        SecretName::Password => setup("the account has no password in the config"),
        SecretName::TokenSecret => setup("the account has no `access_token_secret` in the config"),
    }
}

/// Plain HTTP only to this machine: everything else would show tokens to the network.
fn check_base(key: &str, base: &Url) -> Result<(), Trouble> {
    match base.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(base) => Ok(()),
        "http" => Err(setup(format!(
            "`{key}` is {}://{}: plain http is only for this machine (127.0.0.1, ::1, localhost); use https",
            base.scheme(),
            base.host_str().unwrap_or_default()
        ))),
        other => Err(setup(format!(
            "`{key}` begins with `{other}:`; only https is possible"
        ))),
    }
}

/// Whether the vendor's `named` host lies in the domain (the last two labels) of the base's host. An address by
/// number lies in none.
fn same_domain(base: &Url, named: &str) -> bool {
    let Some(Host::Domain(own)) = base.host() else {
        return false;
    };
    let labels: Vec<&str> = own.rsplitn(3, '.').collect();
    let [top, second, ..] = labels[..] else {
        return false;
    };
    let domain = format!(".{second}.{top}");
    named.to_ascii_lowercase().ends_with(&domain.to_ascii_lowercase())
        && named
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

/// Whether a URL means this machine by name or number.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => ip.to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// A path stays what the platform wrote: no dot segment climbs out of it, nothing smuggles a query in.
fn check_path(path: &str) -> Result<(), Trouble> {
    let climbs = path.split('/').any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    });
    let foreign = path
        .bytes()
        .any(|b| b <= b' ' || b >= 0x7f || matches!(b, b'?' | b'#' | b'\\'));
    if path.starts_with('/') && !climbs && !foreign {
        return Ok(());
    }
    Err(setup(format!("{path:?} is not a path that crier would send")))
}
