//! One request over one connection, with limits on time and size.

use std::convert::Infallible;
use std::io;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, IF_MATCH};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::{Client, ClientError, Seen, Told};
use crate::admin::respond::{NOW_HEADER, VERSION_HEADER};
use crate::admin::types::{Problem, Target};

/// A little more than the daemon's own patience.
pub(super) const QUICK: Duration = Duration::from_secs(40);
/// Likewise, where a platform is asked.
pub(super) const PLATFORM: Duration = Duration::from_secs(190);
/// Connecting to a local socket.
const CONNECT: Duration = Duration::from_secs(10);
/// Events come at least this often (an empty line every 15 s).
const SILENCE: Duration = Duration::from_secs(60);
/// Most bytes of an answer.
const ANSWER_MAX: usize = 32 * 1024 * 1024;
/// Most bytes of one event.
const LINE_MAX: usize = 256 * 1024;

/// What a path's part may hold as it is.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) type Body = BoxBody<Bytes, io::Error>;

/// A request to be.
pub(super) struct Ask {
    method: Method,
    path: String,
    query: url::form_urlencoded::Serializer<'static, String>,
    headers: HeaderMap,
    body: Body,
    within: Option<Duration>,
}

impl Ask {
    pub(super) fn new(method: Method, parts: &[&str]) -> Self {
        let path = parts.iter().fold(String::new(), |mut path, part| {
            path.push('/');
            path.extend(utf8_percent_encode(part, PART));
            path
        });
        Self {
            method,
            path,
            query: url::form_urlencoded::Serializer::new(String::new()),
            headers: HeaderMap::new(),
            body: full(Bytes::new()),
            within: Some(QUICK),
        }
    }

    pub(super) fn get(parts: &[&str]) -> Self {
        Self::new(Method::GET, parts)
    }

    pub(super) fn post(parts: &[&str]) -> Self {
        Self::new(Method::POST, parts)
    }

    pub(super) fn delete(parts: &[&str]) -> Self {
        Self::new(Method::DELETE, parts)
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.append_pair(name, value);
        self
    }

    pub(super) fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            None => self,
            Some(value) => self.query(name, value),
        }
    }

    /// With the account and the revision of a target.
    pub(super) fn at(mut self, target: &Target) -> Self {
        if let Some(revision) = target.if_revision
            && let Ok(value) = HeaderValue::from_str(&format!("\"{revision}\""))
        {
            self.headers.insert(IF_MATCH, value);
        }
        self.maybe("account", target.account.as_ref().map(|name| name.as_str()))
    }

    pub(super) fn json<T: Serialize>(self, value: &T) -> Self {
        // Bodies are made of strings and numbers and cannot fail to serialize.
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        self.body("application/json", full(bytes.into()))
    }

    pub(super) fn body(mut self, content_type: &str, body: Body) -> Self {
        if let Ok(value) = HeaderValue::from_str(content_type) {
            self.headers.insert(CONTENT_TYPE, value);
        }
        self.body = body;
        self
    }

    pub(super) fn within(mut self, limit: Duration) -> Self {
        self.within = Some(limit);
        self
    }

    /// Takes as long as it takes (uploads: the daemon ends those that fall silent).
    pub(super) fn patient(mut self) -> Self {
        self.within = None;
        self
    }

    fn into_request(mut self) -> Result<Request<Body>, http::Error> {
        let query = self.query.finish();
        let target = if query.is_empty() {
            self.path
        } else {
            format!("{}?{query}", self.path)
        };
        let mut request = Request::builder()
            .method(self.method)
            .uri(target)
            .body(self.body)?;
        *request.headers_mut() = self.headers;
        request
            .headers_mut()
            .insert(HOST, HeaderValue::from_static("localhost"));
        Ok(request)
    }
}

/// Bytes as a body.
pub(super) fn full(bytes: Bytes) -> Body {
    Full::new(bytes)
        .map_err(|never: Infallible| match never {})
        .boxed()
}

/// A stream of bytes as a body.
pub(super) fn streamed(
    stream: impl futures_util::Stream<Item = io::Result<Bytes>> + Send + Sync + 'static,
) -> Body {
    BodyExt::boxed(StreamBody::new(stream.map(|chunk| chunk.map(Frame::data))))
}

impl Client {
    /// Sends and reads the whole answer.
    pub(super) async fn send<T: DeserializeOwned>(&self, ask: Ask) -> Told<T> {
        let limit = ask.within;
        let work = async {
            let response = self.exchange(ask).await?;
            let (parts, body) = response.into_parts();
            let bytes = Limited::new(body, ANSWER_MAX)
                .collect()
                .await
                .map_err(|e| ClientError::Broken(e.to_string()))?
                .to_bytes();
            self.read(parts.status.is_success(), &bytes)
        };
        match limit {
            None => work.await,
            Some(limit) => tokio::time::timeout(limit, work)
                .await
                .unwrap_or(Err(ClientError::Timeout {
                    secs: limit.as_secs(),
                })),
        }
    }

    /// Sends and leaves the answer open.
    pub(super) async fn open<T: DeserializeOwned>(&self, ask: Ask) -> Told<EventStream<T>> {
        let response = tokio::time::timeout(QUICK, self.exchange(ask))
            .await
            .unwrap_or(Err(ClientError::Timeout {
                secs: QUICK.as_secs(),
            }))?;
        if !response.status().is_success() {
            let bytes = Limited::new(response.into_body(), ANSWER_MAX)
                .collect()
                .await
                .map_err(|e| ClientError::Broken(e.to_string()))?
                .to_bytes();
            return Err(self.problem(&bytes));
        }
        Ok(EventStream {
            chunks: response.into_body().into_data_stream().boxed(),
            buffer: BytesMut::new(),
            of: PhantomData,
        })
    }

    async fn exchange(&self, ask: Ask) -> Told<Response<Incoming>> {
        let request = ask
            .into_request()
            .map_err(|e| ClientError::Broken(e.to_string()))?;
        let stream = tokio::time::timeout(CONNECT, UnixStream::connect(&self.socket))
            .await
            .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))
            .map_err(|e| ClientError::connect(&self.socket, e))?;
        let broken = |e: hyper::Error| ClientError::Broken(e.to_string());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        // Ends with the answer's body or with the sender, whichever is later; its error reaches the sender.
        tokio::spawn(connection);
        let response = sender.send_request(request).await.map_err(|e| self.unsent(&e))?;
        let text = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        self.note(Seen {
            version: text(VERSION_HEADER),
            now: text(NOW_HEADER)
                .and_then(|now| now.parse::<jiff::Timestamp>().ok())
                .map(Into::into),
        });
        Ok(response)
    }

    fn unsent(&self, error: &hyper::Error) -> ClientError {
        if error.is_parse() {
            return ClientError::NotCrier {
                path: self.socket.clone(),
                detail: error.to_string(),
            };
        }
        ClientError::Broken(error.to_string())
    }

    fn read<T: DeserializeOwned>(&self, success: bool, bytes: &[u8]) -> Told<T> {
        if !success {
            return Err(self.problem(bytes));
        }
        serde_json::from_slice(bytes).map_err(|e| self.strange(e.to_string()))
    }

    fn problem(&self, bytes: &[u8]) -> ClientError {
        match serde_json::from_slice::<Problem>(bytes) {
            Ok(problem) => ClientError::Problem(problem),
            Err(e) => self.strange(format!("an error that is no problem document ({e})")),
        }
    }

    fn strange(&self, detail: String) -> ClientError {
        let detail = match self.other_version() {
            None => detail,
            Some(version) => format!(
                "{detail} (it is crierd {version}, this is crierctl {})",
                crate::admin::respond::VERSION
            ),
        };
        ClientError::NotCrier {
            path: self.socket.clone(),
            detail,
        }
    }
}

/// JSON values as they come, one a line.
pub struct EventStream<T> {
    chunks: BoxStream<'static, Result<Bytes, hyper::Error>>,
    buffer: BytesMut,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned> EventStream<T> {
    /// The next one; `None` when the daemon ends the stream. Values of a kind that this version does not
    /// know are passed over.
    pub async fn next(&mut self) -> Option<Told<T>> {
        loop {
            while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(end + 1);
                if let Ok(value) = serde_json::from_slice(&line) {
                    return Some(Ok(value));
                }
            }
            if self.buffer.len() > LINE_MAX {
                return Some(Err(ClientError::Broken(
                    "a line of the stream is too long".to_owned(),
                )));
            }
            match tokio::time::timeout(SILENCE, self.chunks.next()).await {
                Ok(Some(Ok(chunk))) => self.buffer.extend_from_slice(&chunk),
                Ok(Some(Err(e))) => return Some(Err(ClientError::Broken(e.to_string()))),
                Ok(None) => return None,
                Err(_) => {
                    return Some(Err(ClientError::Timeout {
                        secs: SILENCE.as_secs(),
                    }));
                }
            }
        }
    }
}
