//! What was heard, and the search for secrets in it in every form that they could take.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// So many of a secret's first characters are a secret too: a text that was cut off.
const PREFIX: usize = 14;
/// By so many bytes a form is looked up.
const BEGINNING: usize = 8;

/// Everything that was heard, with where.
#[derive(Default)]
pub struct Net {
    heard: Vec<(String, Vec<u8>)>,
}

impl Net {
    /// Keeps something.
    pub fn keep(&mut self, place: &str, bytes: impl Into<Vec<u8>>) {
        self.heard.push((place.to_owned(), bytes.into()));
    }

    /// Keeps all files below a directory and all their names, but for these in it.
    pub fn keep_tree(&mut self, root: &Path, but: &[&str]) {
        for entry in walkdir::WalkDir::new(root) {
            let entry = entry.unwrap();
            let name = entry
                .path()
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            self.keep("the name of a file", name.clone());
            if entry.file_type().is_file() && !but.contains(&name.as_str()) {
                self.keep(&name, std::fs::read(entry.path()).unwrap());
            }
        }
    }

    /// Whether something was heard from a place whose name begins so.
    pub fn has(&self, place: &str) -> bool {
        self.heard
            .iter()
            .any(|(name, bytes)| name.starts_with(place) && !bytes.is_empty())
    }

    /// Every place where a secret lies, with what is around it.
    pub fn search(&self, secrets: &Secrets) -> Vec<String> {
        let mut found = BTreeSet::new();
        for (place, bytes) in &self.heard {
            for (what, at) in secrets.within(bytes) {
                let around = &bytes[at.saturating_sub(120)..bytes.len().min(at + 60)];
                found.insert(format!("{what} is in {place}: {}", around.escape_ascii()));
            }
        }
        found.into_iter().collect()
    }
}

/// What must not be found, in all its forms.
#[derive(Default)]
pub struct Secrets {
    forms: Vec<(String, Vec<u8>)>,
}

impl Secrets {
    /// Adds a text.
    pub fn add(&mut self, what: &str, text: &str) {
        self.add_bytes(what, text.as_bytes());
        self.form(
            what,
            "cut off",
            text.as_bytes()[..text.len().min(PREFIX)].to_vec(),
        );
        let escaped = serde_json::to_string(text).unwrap();
        self.form(what, "as JSON", escaped.as_bytes()[1..escaped.len() - 1].to_vec());
        let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        self.form(what, "in a form", form.into_bytes());
        let percent = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
        self.form(what, "in a URL", percent.to_string().into_bytes());
    }

    /// Adds bytes.
    pub fn add_bytes(&mut self, what: &str, bytes: &[u8]) {
        self.form(what, "as it is", bytes.to_vec());
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        self.form(what, "in capital hex", hex.to_uppercase().into_bytes());
        self.form(what, "in hex", hex.into_bytes());
        let list: Vec<String> = bytes.iter().map(ToString::to_string).collect();
        self.form(what, "as numbers", list.join(", ").into_bytes());
        self.form(what, "as numbers", list.join(",").into_bytes());
        // Wherever it begins in a longer text: the characters that are made of it alone.
        for skip in 0..3 {
            let padded = [&b"\0\0\0"[..skip], bytes].concat();
            for code in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                let text = code.encode(&padded);
                let from = (skip * 8).div_ceil(6);
                let to = padded.len() * 8 / 6;
                self.form(what, "in base64", text.as_bytes()[from..to].to_vec());
            }
        }
    }

    fn form(&mut self, what: &str, how: &str, bytes: Vec<u8>) {
        assert!(bytes.len() >= 12, "{what} {how} is too short to be looked for");
        self.forms.push((format!("{what} ({how})"), bytes));
    }

    /// Which of them lie in these bytes, and where first: one pass, by the first bytes of each form.
    pub fn within<'a>(&'a self, bytes: &[u8]) -> BTreeMap<&'a str, usize> {
        let mut begins = vec![false; 1 << 16];
        let mut forms: HashMap<&[u8], Vec<&(String, Vec<u8>)>> = HashMap::new();
        for form in &self.forms {
            begins[pair(&form.1)] = true;
            forms.entry(&form.1[..BEGINNING]).or_default().push(form);
        }
        let mut found = BTreeMap::new();
        for (at, window) in bytes.windows(BEGINNING).enumerate() {
            if !begins[pair(window)] {
                continue;
            }
            for (what, form) in forms.get(window).into_iter().flatten() {
                if bytes[at..].starts_with(form) {
                    found.entry(what.as_str()).or_insert(at);
                }
            }
        }
        found
    }
}

/// The first two bytes as a number.
fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// The search is searched: every form of a planted secret is found, and nothing in what is clean.
pub fn finds_what_is_planted(secrets: &Secrets, secret: &str) {
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let plain = STANDARD_NO_PAD.encode(format!("\0news@club.example\0{secret}"));
    let numbers = format!("{:?}", secret.as_bytes());
    for planted in [secret, &hex, &form, &plain, &numbers, &secret[..20]] {
        let mut net = Net::default();
        net.keep(
            "a log",
            [b"\xff{\"words\":\"", planted.as_bytes(), b"\"}\0"].concat(),
        );
        assert!(!net.search(secrets).is_empty(), "not found: {planted}");
    }
    let mut clean = Net::default();
    clean.keep("a log", "account club: connected as club [redacted]");
    assert!(clean.search(secrets).is_empty());
}

/// Bytes written in hex.
pub fn from_hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

/// One request to the admin socket: head and body as they came.
pub async fn get(socket: &Path, route: &str) -> Vec<u8> {
    let mut stream = tokio::net::UnixStream::connect(socket).await.unwrap();
    let request = format!("GET {route} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(std::time::Duration::from_secs(20), read)
        .await
        .unwrap()
        .unwrap();
    answer
}
