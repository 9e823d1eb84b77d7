//! A post with its media as one request, streamed from disk.

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};
use tokio_util::io::ReaderStream;

use super::send::{Ask, full, streamed};
use super::{ClientError, Told};

/// A queue file and its media, as they go to the daemon.
#[derive(Clone, Debug)]
pub struct Package {
    /// The file's name in the queue; ends in `.toml`, `.md` or `.txt`.
    pub name: String,
    /// The file.
    pub body: Vec<u8>,
    /// Media: the name by which the file refers to it, and where it lies here.
    pub media: Vec<(String, PathBuf)>,
}

/// A piece of the body.
enum Piece {
    Bytes(Bytes),
    File(tokio::fs::File),
}

impl Package {
    pub(super) async fn into_request(self, ask: Ask) -> Told<Ask> {
        if self.media.is_empty() {
            return Ok(ask.body("application/octet-stream", full(self.body.into())));
        }
        let boundary = self.boundary();
        let mut pieces = vec![
            Piece::Bytes(head(&boundary, "post", &self.name)),
            Piece::Bytes(self.body.into()),
        ];
        for (name, path) in self.media {
            let file = tokio::fs::File::open(&path)
                .await
                .map_err(|error| ClientError::File {
                    path: path.clone(),
                    error,
                })?;
            pieces.push(Piece::Bytes(head(&boundary, "media", &name)));
            pieces.push(Piece::File(file));
        }
        pieces.push(Piece::Bytes(format!("\r\n--{boundary}--\r\n").into()));
        let kind = format!("multipart/form-data; boundary={boundary}");
        Ok(ask.body(&kind, streamed(chunks(pieces))).patient())
    }

    /// A boundary that nobody can have put into a media file without knowing the post and this process. If
    /// somebody did, the form would be refused or the one file cut; nothing else.
    fn boundary(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(&self.body);
        hasher.update(std::process::id().to_le_bytes());
        for (name, path) in &self.media {
            hasher.update(name.as_bytes());
            hasher.update(path.as_os_str().as_encoded_bytes());
        }
        format!("crier-{}", &hex::encode(hasher.finalize())[..40])
    }
}

fn head(boundary: &str, part: &str, name: &str) -> Bytes {
    // The same escapes as browsers use in forms.
    let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    format!(
        "\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    .into()
}

fn chunks(pieces: Vec<Piece>) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + Sync + 'static {
    stream::iter(pieces)
        .map(|piece| match piece {
            Piece::Bytes(bytes) => stream::once(std::future::ready(Ok(bytes))).left_stream(),
            Piece::File(file) => ReaderStream::with_capacity(file, 64 * 1024).right_stream(),
        })
        .flatten()
}
