//! The admin socket, as any stranger's program would use it.

use std::path::PathBuf;
use std::time::Duration;

use bytes::BytesMut;
use serde::Deserialize;
use serde_json::Value;

use super::Told;
use super::house::House;

/// How long crierd may take to open its socket.
const START_TIME: Duration = Duration::from_secs(30);
/// How long one answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// The longest line of the event stream.
const LINE_MAX: usize = 256 * 1024;

/// A client of the admin socket.
#[derive(Debug)]
pub(super) struct Desk {
    client: reqwest::Client,
}

impl Desk {
    /// Waits until crierd serves.
    pub(super) async fn open(house: &House) -> Told<Self> {
        let socket: PathBuf = house.socket();
        let client = reqwest::Client::builder()
            .unix_socket(socket.as_path())
            .no_proxy()
            .build()
            .map_err(|e| format!("no client for {}: {e}", socket.display()))?;
        let desk = Self { client };
        let ready = async {
            while desk.get("status").await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(START_TIME, ready)
            .await
            .map_err(|_| format!("crierd does not answer at {}", socket.display()))?;
        Ok(desk)
    }

    /// `GET /v1/PATH`
    pub(super) async fn get(&self, path: &str) -> Told<Value> {
        self.send(self.client.get(url(path))).await
    }

    /// `POST /v1/PATH` without a body.
    pub(super) async fn post(&self, path: &str) -> Told<Value> {
        self.send(self.client.post(url(path))).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Told<Value> {
        let response = request
            .timeout(ANSWER_TIME)
            .send()
            .await
            .map_err(|e| format!("the admin socket: {e}"))?;
        let good = response.status().is_success();
        let value: Value = response
            .json()
            .await
            .map_err(|e| format!("the admin socket: {e}"))?;
        if good {
            return Ok(value);
        }
        let part = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Err([part("title"), part("detail"), part("help")]
            .join(" ")
            .trim()
            .to_owned())
    }

    /// The stream of everything that happens from now on.
    pub(super) async fn events(&self) -> Told<Events> {
        let response = self
            .client
            .get(url("events"))
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|e| format!("the event stream: {e}"))?;
        Ok(Events {
            response,
            buffer: BytesMut::new(),
        })
    }
}

fn url(path: &str) -> String {
    format!("http://localhost/v1/{path}")
}

/// One thing that happened; what is of no use here is left out.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    /// The kind's word: `admitted`, `published`.
    pub(super) kind: String,
    /// The file's name.
    pub(super) file: Option<String>,
    /// The account.
    pub(super) account: Option<String>,
    /// In words.
    pub(super) words: String,
}

/// Events as they come, one JSON object a line.
#[derive(Debug)]
pub(super) struct Events {
    response: reqwest::Response,
    buffer: BytesMut,
}

impl Events {
    /// The next one. May be dropped while it waits: nothing is lost.
    pub(super) async fn next(&mut self) -> Told<Event> {
        loop {
            while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(end + 1);
                if let Ok(event) = serde_json::from_slice(&line) {
                    return Ok(event);
                }
            }
            if self.buffer.len() > LINE_MAX {
                return Err("the event stream: a line is too long".to_owned());
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.buffer.extend_from_slice(&chunk),
                Ok(None) => return Err("the event stream: crierd ended it".to_owned()),
                Err(e) => return Err(format!("the event stream: {e}")),
            }
        }
    }
}
