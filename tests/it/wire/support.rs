//! Secrets, media, certificates and sockets for the wire's tests.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crier::core::call::{SecretName, Trouble, TroubleKind};
use crier::domain::media::MediaId;
use crier::wire::{MediaSource, Secrets};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Secrets from a table.
pub(crate) struct Keys(pub(crate) BTreeMap<SecretName, &'static str>);

impl Keys {
    pub(crate) fn with(pairs: &[(SecretName, &'static str)]) -> Self {
        Self(pairs.iter().copied().collect())
    }
}

impl Secrets for Keys {
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, Trouble> {
        Ok(self.0.get(&name).map(|s| SecretString::from(*s)))
    }
}

/// Media files by number.
pub(crate) struct Shelf(pub(crate) Vec<PathBuf>);

impl MediaSource for Shelf {
    fn public_url(&self, id: MediaId) -> Result<String, Trouble> {
        Ok(format!("https://crier.example.org/media/{}", id.0))
    }

    fn open(&self, id: MediaId) -> Result<(File, u64), Trouble> {
        let gone = |e: std::io::Error| Trouble {
            why: e.to_string(),
            kind: TroubleKind::Media,
        };
        let path = self.0.get(id.0 as usize).ok_or_else(|| Trouble {
            why: "no such file".into(),
            kind: TroubleKind::Media,
        })?;
        let file = File::open(path).map_err(gone)?;
        let length = file.metadata().map_err(gone)?.len();
        Ok((file, length))
    }
}

pub(crate) fn write_file(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    File::create(&path).unwrap().write_all(bytes).unwrap();
    path
}

/// A certificate for localhost: PEM for `ca_file`, and what a server needs.
pub(crate) fn certificate(names: &[&str]) -> (String, Arc<rustls::ServerConfig>) {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (made.cert.pem(), Arc::new(config))
}

/// A server that reads one request whole and answers with these bytes, then closes. Gives back what it read.
pub(crate) async fn answering(answer: Vec<u8>) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let seen = read_request(&mut stream).await;
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        seen
    });
    (port, served)
}

/// Reads a request with its Content-Length.
pub(crate) async fn read_request<S: AsyncReadExt + Unpin>(stream: &mut S) -> String {
    let mut seen = Vec::new();
    let mut chunk = [0u8; 4096];
    loop {
        let n = stream.read(&mut chunk).await.unwrap();
        seen.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text[..head]
                .lines()
                .find_map(|l| {
                    l.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse::<usize>()
                        .ok()
                })
                .unwrap_or(0);
            if seen.len() >= head + 4 + length {
                return text;
            }
        }
        if n == 0 {
            return text;
        }
    }
}
