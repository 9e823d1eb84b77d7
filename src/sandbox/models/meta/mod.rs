//! What the models of Meta's Graph have in common (meta-common.md): error bodies, tokens, the login with Facebook,
//! fields and pages of lists, media, messages, signed requests.

pub(crate) mod dialog;
pub(crate) mod fields;
pub(crate) mod inbox;
pub(crate) mod login;
pub(crate) mod media;
pub(crate) mod refusal;
pub(crate) mod send;
pub(crate) mod settings;
pub(crate) mod signed;
pub(crate) mod switches;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod times;
pub(crate) mod token;

use crate::sandbox::exchange::{Params, SandboxRequest, decode_segment};
use crate::sandbox::model::{FetchedMedia, MediaFetcher};
use refusal::{Answer, Refusal};

/// 24 hours in milliseconds: the window of the quotas and of messages, and the life of a container.
pub(crate) const DAY_MS: i64 = 86_400_000;
/// One hour in milliseconds.
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// Where the real answers point to; crier maps it by its config (meta-common.md 1).
pub(crate) const GRAPH: &str = "https://graph.facebook.com";
/// Where the real upload addresses point to.
pub(crate) const RUPLOAD: &str = "https://rupload.facebook.com";

/// One call on its way through a model.
pub(crate) struct Call<'a> {
    pub(crate) req: &'a SandboxRequest,
    /// Query and body together; empty for binary uploads.
    pub(crate) params: Params,
    pub(crate) now: i64,
    pub(crate) fetcher: &'a mut dyn MediaFetcher,
    pub(crate) path: GraphPath,
}

impl Call<'_> {
    /// Gets a file by URL, as Meta's fetcher does (meta-common.md 11): ASCII, http or https.
    pub(crate) fn fetch(&mut self, url: &str) -> Result<FetchedMedia, String> {
        let web = url.starts_with("https://") || url.starts_with("http://");
        if !web || !url.is_ascii() || url::Url::parse(url).is_err() {
            return Err("not an address that can be fetched".to_owned());
        }
        self.fetcher.fetch(url)
    }

    /// A parameter that must be there.
    pub(crate) fn need(&self, name: &str) -> Answer<&str> {
        self.params
            .get(name)
            .ok_or_else(|| Refusal::parameter(format!("(#100) The parameter {name} is required")))
    }
}

/// A path, taken apart: the version in front, and the segments behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GraphPath {
    /// `(25, 0)` of `v25.0`; none when the path has no version.
    pub(crate) version: Option<(u32, u32)>,
    pub(crate) segments: Vec<String>,
}

impl GraphPath {
    pub(crate) fn of(path: &str) -> Self {
        let mut segments: Vec<String> = path
            .split('/')
            .filter(|s| !s.is_empty())
            .take(8)
            .map(decode_segment)
            .collect();
        let version = segments.first().and_then(|first| version_of(first));
        if version.is_some() {
            segments.remove(0);
        }
        Self { version, segments }
    }

    /// The segments as words to match on.
    pub(crate) fn words(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// `v25.0`, as the call wrote it.
    pub(crate) fn version_text(&self) -> String {
        let (major, minor) = self.version.unwrap_or((25, 0));
        format!("v{major}.{minor}")
    }
}

fn version_of(segment: &str) -> Option<(u32, u32)> {
    let (major, minor) = segment.strip_prefix('v')?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The numbers of a model, from a seed (splitmix64): the same seed and calls give the same ids and tokens.
#[derive(Clone, Debug)]
pub(crate) struct Chance {
    seed: u64,
    counter: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.counter += 1;
        let mut z = self
            .seed
            .wrapping_add(self.counter.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// `fbtrace_id`.
    pub(crate) fn trace(&mut self) -> String {
        format!("A{:015x}", self.number() >> 4)
    }
}

/// How many of these times (milliseconds) lie in the rolling 24 hours that end now.
pub(crate) fn in_last_day(times: impl Iterator<Item = i64>, now: i64) -> usize {
    times.filter(|at| now.saturating_sub(*at) < DAY_MS).count()
}
