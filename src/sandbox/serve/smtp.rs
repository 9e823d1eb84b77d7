//! The two SMTP ports: bytes in and out for [`Session`].

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::Shared;
use crate::sandbox::models::mail::{Reaction, Session};

/// Sessions at once on one port.
const SESSIONS: usize = 64;
/// The longest line that is read at all.
const LINE_MAX: usize = 64 * 1024;
/// How long a client may be silent.
const IDLE: Duration = Duration::from_secs(300);

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, acceptor: TlsAcceptor, implicit: bool) {
    let limit = Arc::new(Semaphore::new(SESSIONS));
    let mut stopped = shared.stopped();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // The semaphore is never closed, so this only waits.
        let Ok(permit) = Arc::clone(&limit).acquire_owned().await else {
            return;
        };
        let (shared, acceptor, mut stopped) = (Arc::clone(&shared), acceptor.clone(), shared.stopped());
        tokio::spawn(async move {
            let session = async {
                if implicit {
                    let stream = timeout(IDLE, acceptor.accept(stream))
                        .await
                        .map_err(io::Error::other)??;
                    talk(&shared, BufReader::new(stream), Session::new(true), true)
                        .await
                        .map(drop)
                } else {
                    start_plain(&shared, BufReader::new(stream), &acceptor).await
                }
            };
            tokio::select! {
                // An error here is the client's going away.
                _ = session => {}
                _ = stopped.changed() => {}
            }
            drop(permit);
        });
    }
}

async fn start_plain<S>(shared: &Shared, stream: BufReader<S>, acceptor: &TlsAcceptor) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some((stream, mut session)) = talk(shared, stream, Session::new(false), true).await? else {
        return Ok(());
    };
    // What the client sent before the handshake is forgotten with the buffer.
    let stream = timeout(IDLE, acceptor.accept(stream.into_inner()))
        .await
        .map_err(io::Error::other)??;
    session.encrypted();
    talk(shared, BufReader::new(stream), session, false)
        .await
        .map(drop)
}

/// Talks until the end, or until the handshake of STARTTLS is due.
async fn talk<S>(
    shared: &Shared,
    mut stream: BufReader<S>,
    mut session: Session,
    greet: bool,
) -> io::Result<Option<(BufReader<S>, Session)>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut reaction = None;
    if greet {
        let mut world = shared.world();
        let world = &mut *world;
        reaction = Some(session.greeting(&world.mail, &mut world.faults));
    }
    loop {
        match reaction.take() {
            None => {}
            Some(Reaction::Say(text)) => write(&mut stream, &text).await?,
            Some(Reaction::StartTls(text)) => {
                write(&mut stream, &text).await?;
                return Ok(Some((stream, session)));
            }
            Some(Reaction::Body(text)) => {
                write(&mut stream, &text).await?;
                let most = shared
                    .world()
                    .mail
                    .settings
                    .size
                    .saturating_mul(2)
                    .saturating_add(LINE_MAX);
                reaction = Some(match body(&mut stream, most).await? {
                    Some(data) => shared
                        .act(|world, now| session.on_message(&mut world.mail, &mut world.faults, &data, now)),
                    None => session.on_overflow(),
                });
                continue;
            }
            Some(Reaction::Close(text)) => {
                write(&mut stream, &text).await?;
                stream.shutdown().await?;
                return Ok(None);
            }
            Some(Reaction::Drop { .. }) => return Ok(None),
            Some(Reaction::Hang { .. }) => return pending().await,
        }
        let Some(line) = line(&mut stream).await? else {
            return Ok(None);
        };
        reaction =
            Some(shared.act(|world, now| session.on_line(&mut world.mail, &mut world.faults, &line, now)));
    }
}

async fn write<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await
}

/// One line with its line end; nothing at the end of the stream.
async fn line<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let (piece, ended) = piece(stream).await?;
        if piece.is_empty() {
            return Ok(None);
        }
        line.extend_from_slice(&piece);
        if ended {
            return Ok(Some(line));
        }
        if line.len() > LINE_MAX {
            return Err(io::Error::other("line too long"));
        }
    }
}

/// What is buffered, up to and with the next LF, and whether that LF is there.
async fn piece<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>) -> io::Result<(Vec<u8>, bool)> {
    let buffer = timeout(IDLE, stream.fill_buf())
        .await
        .map_err(io::Error::other)??;
    let end = buffer.iter().position(|b| *b == b'\n').map(|at| at + 1);
    let piece = buffer[..end.unwrap_or(buffer.len())].to_vec();
    stream.consume(piece.len());
    Ok((piece, end.is_some()))
}

/// The message up to CRLF `.` CRLF, which alone ends it; nothing when it was longer than `most`.
async fn body<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    most: usize,
) -> io::Result<Option<Vec<u8>>> {
    let (mut data, mut overflow) = (Vec::new(), false);
    let mut line: Vec<u8> = Vec::new();
    let mut clean_start = true;
    loop {
        let (piece, ended) = piece(stream).await?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.extend_from_slice(&piece);
        if !ended && line.len() < LINE_MAX {
            continue;
        }
        if clean_start && line == b".\r\n" {
            return Ok((!overflow).then_some(data));
        }
        clean_start = line.ends_with(b"\r\n");
        overflow |= data.len() + line.len() > most;
        if !overflow {
            data.extend_from_slice(&line);
        }
        line.clear();
    }
}
