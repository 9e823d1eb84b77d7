//! Meta's fetcher, over real HTTP: gets the file before the model is asked (meta-common.md 11).

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::models::threads::{FetchedMedia, MediaFetcher};

/// The most bytes of one file that the sandbox keeps. Threads itself takes up to 1 GB of video.
const FILE_MAX: usize = 128 * 1024 * 1024;
/// The time that a whole download may take.
const TIME_MAX: Duration = Duration::from_secs(60);

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
pub(super) struct Fetched {
    url: String,
    result: Option<Result<FetchedMedia, String>>,
}

impl MediaFetcher for Fetched {
    fn fetch(&mut self, url: &str) -> Result<FetchedMedia, String> {
        match &self.result {
            Some(result) if url == self.url => result.clone(),
            _ => Err("not fetched".to_owned()),
        }
    }
}

/// Fetches what the request names, if it names a file.
pub(super) async fn fetch_for(client: &reqwest::Client, req: &SandboxRequest) -> Fetched {
    let params = req.params();
    let url = match params.get("media_type") {
        Some("IMAGE") => params.get("image_url"),
        Some("VIDEO") => params.get("video_url"),
        _ => None,
    };
    let Some(url) = url else { return Fetched::default() };
    let result = get(client, url).await;
    Fetched {
        url: url.to_owned(),
        result: Some(result),
    }
}

async fn get(client: &reqwest::Client, url: &str) -> Result<FetchedMedia, String> {
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
        if bytes.len() + chunk.len() > FILE_MAX {
            return Err("the file is too large for the sandbox".to_owned());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(FetchedMedia {
        content_type: kind,
        bytes: Bytes::from(bytes),
    })
}
