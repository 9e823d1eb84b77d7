//! What the tests of the models of Meta share.

use std::collections::HashMap;

use serde_json::Value;

use crate::sandbox::exchange::SandboxReply;
use crate::sandbox::model::{FetchedMedia, MediaFetcher};

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_767_225_600_000;

/// Files by address.
#[derive(Default)]
pub(crate) struct Files(HashMap<String, Vec<u8>>);

impl Files {
    /// The samples of `tests/media` under `https://m.example/NAME`.
    pub(crate) fn with(names: &[&str]) -> Self {
        let files = names
            .iter()
            .map(|name| (format!("https://m.example/{name}"), sample(name)));
        Self(files.collect())
    }
}

impl MediaFetcher for Files {
    fn fetch(&mut self, url: &str) -> Result<FetchedMedia, String> {
        let bytes = self.0.get(url).ok_or("no such file")?;
        Ok(FetchedMedia {
            content_type: None,
            bytes: bytes.clone().into(),
        })
    }
}

pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/media/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// `code/subcode` of an error, `ok` otherwise.
pub(crate) fn code(reply: &SandboxReply) -> String {
    let value = reply.value();
    let error = &value["error"];
    match (&error["code"], &error["error_subcode"]) {
        (Value::Null, _) if reply.status < 400 => "ok".to_owned(),
        (Value::Null, _) => format!("status {}", reply.status),
        (code, Value::Null) => code.to_string(),
        (code, sub) => format!("{code}/{sub}"),
    }
}

/// The id in an answer.
pub(crate) fn id(reply: &SandboxReply) -> String {
    let value = reply.value();
    value["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id: {value}"))
        .to_owned()
}

/// The ids of a list.
pub(crate) fn ids(reply: &SandboxReply) -> Vec<String> {
    let value = reply.value();
    let data = value["data"]
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value}"));
    data.iter()
        .map(|item| item["id"].as_str().unwrap_or("-").to_owned())
        .collect()
}

/// The value of a parameter in the query of a redirect.
pub(crate) fn in_redirect(reply: &SandboxReply, name: &str) -> Option<String> {
    let address = url::Url::parse(reply.header("Location")?).ok()?;
    let found = address.query_pairs().find(|(key, _)| key == name)?;
    Some(found.1.into_owned())
}
