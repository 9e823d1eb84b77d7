//! The vendors' fetchers, over real HTTP: the files are got before the model is asked (meta-common.md 11).

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::Semaphore;

use crate::sandbox::model::{FetchedMedia, MediaFetcher};

/// The most bytes of all files of one request that the sandbox keeps. Threads itself takes up to 1 GB of video.
const FILES_MAX: usize = 128 * 1024 * 1024;
/// The most files that one request may name.
const FILES: usize = 20;
/// Requests whose files are fetched at once.
const AT_ONCE: usize = 4;
/// The time that a whole download may take.
const TIME_MAX: Duration = Duration::from_secs(60);

/// What fetches.
pub(super) struct Fetcher {
    client: reqwest::Client,
    slots: Semaphore,
}

pub(super) fn client() -> io::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent("facebookexternalhit/1.1 (crier-sandbox)")
        .connect_timeout(Duration::from_secs(5))
        .timeout(TIME_MAX)
        .redirect(reqwest::redirect::Policy::limited(3))
        .no_proxy()
        .build()
        .map_err(io::Error::other)
}

/// What was fetched for one request; the model takes it from here.
#[derive(Debug, Default)]
pub(super) struct Fetched(HashMap<String, Result<FetchedMedia, String>>);

impl Fetched {
    /// The bytes of all files.
    pub(super) fn size(&self) -> usize {
        let files = self.0.values().flatten();
        files.map(|file| file.bytes.len()).sum()
    }
}

impl MediaFetcher for Fetched {
    fn fetch(&mut self, url: &str) -> Result<FetchedMedia, String> {
        match self.0.get(url) {
            Some(result) => result.clone(),
            None => Err("not fetched".to_owned()),
        }
    }
}

impl Fetcher {
    pub(super) fn new(client: reqwest::Client) -> Self {
        Self {
            client,
            slots: Semaphore::new(AT_ONCE),
        }
    }

    /// Fetches these files; what comes after the first [`FILES`] is not fetched.
    pub(super) async fn fetch(&self, urls: Vec<String>) -> Fetched {
        let mut fetched = Fetched::default();
        if urls.is_empty() {
            return fetched;
        }
        // The semaphore is never closed, so this only waits.
        let Ok(_slot) = self.slots.acquire().await else {
            return fetched;
        };
        for url in urls.into_iter().take(FILES) {
            let room = FILES_MAX.saturating_sub(fetched.size());
            let result = get(&self.client, &url, room).await;
            fetched.0.insert(url, result);
        }
        fetched
    }
}

async fn get(client: &reqwest::Client, url: &str, room: usize) -> Result<FetchedMedia, String> {
    let mut response = client
        .get(url)
        .send()
        .await
        .map_err(|e| e.without_url().to_string())?;
    if !response.status().is_success() {
        return Err(format!("status {}", response.status()));
    }
    let kind = response
        .headers()
        .get(reqwest::header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .map(str::to_owned);
    let mut bytes = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| e.without_url().to_string())? {
        if bytes.len() + chunk.len() > room {
            return Err("the file is too large for the sandbox".to_owned());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(FetchedMedia {
        content_type: kind,
        bytes: Bytes::from(bytes),
    })
}
