//! From host and port to a protected connection whose greeting has been read.
//!
//! STARTTLS is done here and not by lettre: lettre keeps what it had buffered when TLS began, so that somebody
//! on the way could put replies into the encrypted dialogue. Here a reply is read byte by byte, and whatever
//! comes after `220` goes into the TLS handshake, which fails on it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::line::{Io, Line, Meter};
use super::{MailAuth, MailTls, Patience, SmtpSettings, Stop, only_loopback};
use crate::core::call::{MailPhase, MailReply, Trouble};
use crate::wire::trouble::{certificate_fault, chain, network, setup};

/// Longest reply before TLS, all lines together.
const REPLY_MAX: usize = 16 * 1024;

/// Refuses what could never work.
pub(super) fn check_settings(settings: &SmtpSettings) -> Result<(), Trouble> {
    ServerName::try_from(settings.host.as_str())
        .map_err(|_| setup(format!("{:?} is not a host name or address", settings.host)))?;
    if settings.tls == MailTls::None && !may_be_loopback(&settings.host) {
        return Err(only_loopback(&settings.host));
    }
    if let Some(name) = &settings.helo_name
        && (name.is_empty() || name.len() > 255 || !name.bytes().all(|b| b.is_ascii_graphic()))
    {
        return Err(setup(format!("`helo_name` {name:?} is not a host name")));
    }
    if settings.auth != MailAuth::None && settings.username.is_empty() {
        return Err(setup("there is a login but no `username`"));
    }
    match settings.username.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(_) => Err(setup("`username` has a control character")),
    }
}

/// A name may mean this machine; the connection's own address decides later.
fn may_be_loopback(host: &str) -> bool {
    host.parse::<std::net::IpAddr>()
        .map_or(true, |ip| ip.is_loopback())
}

/// A connection for lettre, its bytes counted.
pub(super) struct Linked {
    pub(super) line: Line,
    pub(super) meter: Meter,
    /// `TLS 1.3`, or `none`.
    pub(super) protection: String,
}

/// Connects, protects, and reads the greeting.
pub(super) async fn connect(
    settings: &SmtpSettings,
    tls: &Arc<ClientConfig>,
    patience: &Patience,
    helo: &str,
) -> Result<Linked, Stop> {
    let (stream, peer) = tcp(settings, patience.connect).await.map_err(Stop::NotSent)?;
    let _ = stream.set_nodelay(true);
    let (io, protection): (Box<dyn Io>, String) = match settings.tls {
        MailTls::None if !peer.ip().is_loopback() => {
            return Err(Stop::NotSent(only_loopback(&settings.host)));
        }
        MailTls::None => (Box::new(greeted(stream, patience).await?), "none".to_owned()),
        MailTls::Implicit => {
            let stream = handshake(settings, tls, patience, stream).await?;
            let protection = version(&stream);
            (Box::new(greeted(stream, patience).await?), protection)
        }
        MailTls::Starttls => {
            let mut stream = greeted(stream, patience).await?;
            starttls(settings, patience, helo, &mut stream).await?;
            let stream = handshake(settings, tls, patience, stream).await?;
            let protection = version(&stream);
            (Box::new(stream), protection)
        }
    };
    let meter = Meter::default();
    Ok(Linked {
        line: Line::new(io, peer, meter.clone()),
        meter,
        protection,
    })
}

async fn tcp(settings: &SmtpSettings, patience: Duration) -> Result<(TcpStream, SocketAddr), Trouble> {
    let at = format!("{} port {}", settings.host, settings.port);
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((settings.host.as_str(), settings.port))
        .await
        .map_err(|e| network(format!("{} is not found: {e}", settings.host)))?
        .collect();
    let mut why = "it has no address".to_owned();
    for address in addresses {
        match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            Ok(Err(e)) => why = e.to_string(),
            Err(_) => why = format!("no connection within {} s", patience.as_secs()),
        }
    }
    Err(network(format!("no connection to {at}: {why}")))
}

type Tls = tokio_rustls::client::TlsStream<TcpStream>;

async fn handshake(
    settings: &SmtpSettings,
    tls: &Arc<ClientConfig>,
    patience: &Patience,
    stream: TcpStream,
) -> Result<Tls, Stop> {
    let host = &settings.host;
    let name = ServerName::try_from(host.clone())
        .map_err(|_| Stop::NotSent(setup(format!("{host:?} is not a host name or address"))))?;
    let connector = TlsConnector::from(Arc::clone(tls));
    match timeout(patience.tls, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(e)) => Err(Stop::NotSent(match certificate_fault(&e) {
            Some(fault) => setup(format!(
                "the certificate of {host} is not to be trusted: {fault} (a private authority goes into `ca_file`)"
            )),
            None => network(format!("TLS with {host} failed: {}", chain(&e))),
        })),
        Err(_) => Err(Stop::NotSent(network(format!(
            "TLS with {host} was not ready in time"
        )))),
    }
}

fn version(stream: &Tls) -> String {
    match stream.get_ref().1.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
        Some(_) | None => "TLS".to_owned(),
    }
}

async fn greeted<S: Io>(mut stream: S, patience: &Patience) -> Result<S, Stop> {
    let reply = read(&mut stream, patience, MailPhase::Connect, "a greeting").await?;
    if (200..300).contains(&reply.code) {
        Ok(stream)
    } else {
        Err(Stop::Reply(reply))
    }
}

async fn starttls(
    settings: &SmtpSettings,
    patience: &Patience,
    helo: &str,
    stream: &mut TcpStream,
) -> Result<(), Stop> {
    let hello = say(stream, patience, &format!("EHLO {helo}\r\n"), "an answer to EHLO").await?;
    let offered = hello
        .text
        .lines()
        .skip(1)
        .any(|line| line.trim().eq_ignore_ascii_case("STARTTLS"));
    if !offered {
        return Err(Stop::NotSent(setup(format!(
            "{} does not offer STARTTLS on port {}: crier will not go on in clear (port 465 wants implicit TLS)",
            settings.host, settings.port
        ))));
    }
    say(stream, patience, "STARTTLS\r\n", "an answer to STARTTLS").await?;
    Ok(())
}

/// One command before TLS and its 2xx reply.
async fn say(
    stream: &mut TcpStream,
    patience: &Patience,
    command: &str,
    what: &str,
) -> Result<MailReply, Stop> {
    let broken = |e: std::io::Error| Stop::NotSent(network(format!("the connection broke: {e}")));
    stream.write_all(command.as_bytes()).await.map_err(broken)?;
    let reply = read(stream, patience, MailPhase::Hello, what).await?;
    if (200..300).contains(&reply.code) {
        Ok(reply)
    } else {
        Err(Stop::Reply(reply))
    }
}

async fn read<S: Io>(
    stream: &mut S,
    patience: &Patience,
    phase: MailPhase,
    what: &str,
) -> Result<MailReply, Stop> {
    let not_sent = |why: String| Stop::NotSent(network(why));
    match timeout(patience.command, read_reply(stream)).await {
        Ok(Ok((code, text))) => Ok(MailReply {
            phase,
            code,
            text,
            server: std::collections::BTreeMap::new(),
        }),
        Ok(Err(why)) => Err(not_sent(format!(
            "no {}: {why}",
            what.trim_start_matches("an ").trim_start_matches("a ")
        ))),
        Err(_) => Err(not_sent(format!(
            "{what} did not come within {} s",
            patience.command.as_secs()
        ))),
    }
}

/// Reads one reply and not a byte more.
async fn read_reply<S: Io>(stream: &mut S) -> Result<(u16, String), String> {
    let mut total = 0;
    let mut lines: Vec<String> = Vec::new();
    loop {
        let mut line = Vec::new();
        loop {
            let byte = stream.read_u8().await.map_err(|e| e.to_string())?;
            total += 1;
            if total > REPLY_MAX {
                return Err("the server's reply is too long".to_owned());
            }
            if byte == b'\n' {
                break;
            }
            line.push(byte);
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let code = line
            .get(..3)
            .filter(|code| code.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|code| code.parse::<u16>().ok())
            .ok_or("the server does not speak SMTP")?;
        lines.push(line.get(4..).unwrap_or_default().to_owned());
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok((code, lines.join("\n")));
        }
    }
}
