//! A mail server by hand: it says what a test tells it to, and notes what it heard.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio_rustls::TlsAcceptor;

/// What happens after the final dot.
#[derive(Clone)]
pub(crate) enum AfterDot {
    Say(&'static str),
    Close,
    Silence,
}

/// How the server behaves.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    pub(crate) implicit: bool,
    pub(crate) greeting: &'static str,
    pub(crate) abilities: Vec<&'static str>,
    /// Replies by the beginning of a command, one after the other; the last is repeated.
    pub(crate) replies: BTreeMap<&'static str, Vec<&'static str>>,
    /// Said together with the reply to STARTTLS, before TLS.
    pub(crate) injected: &'static str,
    /// Close the connection when this many bytes of the message have come.
    pub(crate) cut_message_at: Option<usize>,
    pub(crate) after_dot: AfterDot,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            tls: None,
            implicit: false,
            greeting: "220 mx.example ESMTP ready",
            abilities: vec![
                "SIZE 100000",
                "8BITMIME",
                "AUTH LOGIN PLAIN XOAUTH2",
                "ENHANCEDSTATUSCODES",
            ],
            replies: BTreeMap::new(),
            injected: "",
            cut_message_at: None,
            after_dot: AfterDot::Say("250 2.0.0 Ok: queued as 4F1B23C04D"),
        }
    }
}

impl Script {
    pub(crate) fn saying(mut self, command: &'static str, replies: &[&'static str]) -> Self {
        self.replies.insert(command, replies.to_vec());
        self
    }
}

/// A running server.
pub(crate) struct MailServer {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    pub(crate) async fn start(script: Script) -> Self {
        // Small buffers, so that a message cannot disappear in them.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(64).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let session = Session {
                    script: script.clone(),
                    notes: Arc::clone(&notes),
                    said: BTreeMap::new(),
                };
                tokio::spawn(session.start(stream));
            }
        });
        Self { port, heard }
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

struct Session {
    script: Script,
    notes: Arc<Mutex<Vec<String>>>,
    said: BTreeMap<&'static str, usize>,
}

impl Session {
    async fn start(mut self, stream: tokio::net::TcpStream) {
        let greeting = format!("{}\r\n", self.script.greeting);
        let tls = self.script.tls.clone().map(TlsAcceptor::from);
        if self.script.implicit {
            if let Ok(stream) = tls.unwrap().accept(stream).await {
                self.talk(BufReader::new(stream), &greeting).await;
            }
            return;
        }
        let Some(plain) = self.talk(BufReader::new(stream), &greeting).await else {
            return;
        };
        if let Ok(stream) = tls.unwrap().accept(plain.into_inner()).await {
            self.note("(tls)");
            self.talk(BufReader::new(stream), "").await;
        }
    }

    fn note(&self, line: &str) {
        self.notes.lock().unwrap().push(line.to_owned());
    }

    fn reply(&mut self, line: &str) -> String {
        let told = self.script.replies.keys().copied().find(|k| line.starts_with(k));
        if let Some(key) = told {
            let list = &self.script.replies[key];
            let n = self.said.entry(key).or_default();
            let reply = list[(*n).min(list.len() - 1)];
            *n += 1;
            return format!("{reply}\r\n");
        }
        match line.split(' ').next().unwrap_or_default() {
            // The empty answer to a challenge that says no.
            "" => "535 5.7.8 Username and Password not accepted\r\n".into(),
            "EHLO" => {
                let mut all = "250-mx.example greets you\r\n".to_owned();
                for ability in &self.script.abilities {
                    all.push_str(&format!("250-{ability}\r\n"));
                }
                all + "250 HELP\r\n"
            }
            "STARTTLS" => format!("220 go\r\n{}", self.script.injected),
            "AUTH" => "235 2.7.0 Accepted\r\n".into(),
            "DATA" => "354 Go ahead\r\n".into(),
            "QUIT" => "221 2.0.0 bye\r\n".into(),
            _ => "250 2.1.0 OK\r\n".into(),
        }
    }

    /// Gives the stream back when TLS begins.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        mut stream: BufReader<S>,
        greeting: &str,
    ) -> Option<BufReader<S>> {
        stream.write_all(greeting.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                self.note("(gone)");
                return None;
            }
            let line = line.trim_end_matches("\r\n").to_owned();
            self.note(&line);
            let reply = self.reply(&line);
            if reply.starts_with("(close)") {
                return None;
            }
            if reply.starts_with("(silence)") {
                std::future::pending::<()>().await;
            }
            stream.write_all(reply.as_bytes()).await.ok()?;
            stream.flush().await.ok()?;
            if line == "STARTTLS" && reply.starts_with("220") {
                return Some(stream);
            }
            if line == "DATA" && reply.starts_with("354") {
                self.message(&mut stream).await?;
            }
            if line == "QUIT" {
                return None;
            }
        }
    }

    async fn message<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut BufReader<S>) -> Option<()> {
        let mut message = Vec::new();
        while !message.ends_with(b"\r\n.\r\n") {
            if self.script.cut_message_at.is_some_and(|n| message.len() >= n) {
                self.note("(cut)");
                return None;
            }
            if stream.read_until(b'\n', &mut message).await.ok()? == 0 {
                self.note("(gone)");
                return None;
            }
        }
        self.note(&String::from_utf8_lossy(&message));
        match self.script.after_dot {
            AfterDot::Say(reply) => {
                stream.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
                stream.flush().await.ok()
            }
            AfterDot::Close => None,
            AfterDot::Silence => std::future::pending().await,
        }
    }
}
