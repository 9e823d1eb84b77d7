//! The only outbound HTTP client.
//!
//! Redirects are off (a redirected POST is not the same POST, and a token must not follow), there is no
//! cookie store, no proxy but a configured one, and nothing is retried. Plain HTTP goes to loopback only.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Certificate, Client, NoProxy, Proxy};

use super::oauth1;
use super::ports::{MediaSource, Secrets, Target};
use super::redact::Scrubber;
use super::request::Filling;
use super::response;
use super::transcript::Transcript;
use super::trouble::{certificate_fault, chain, network, setup};
use crate::core::call::{Answer, HttpCall, Reply, Trouble};

/// How long connecting, TLS included, may take.
const CONNECT: Duration = Duration::from_secs(15);

/// How long an unused connection is kept. Shorter than the five seconds after which common servers hang up:
/// a call written into a connection that the server closes at that moment has an unknown outcome.
const IDLE: Duration = Duration::from_secs(4);

/// Shortest and longest whole-call timeout that a platform can ask for.
const TIMEOUT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(6 * 3600));

/// What the HTTP client is built from.
#[derive(Clone, Debug, Default)]
pub struct WireSettings {
    /// Proxy for everything but loopback: `http://host:port`. The environment's proxies are never used.
    pub proxy: Option<String>,
    /// PEM file of further root certificates, beside the system's.
    pub ca_file: Option<PathBuf>,
    /// `User-Agent`.
    pub user_agent: String,
}

/// The HTTP client; cheap to clone, to be shared by all accounts.
#[derive(Clone)]
pub struct HttpWire {
    client: Client,
}

impl HttpWire {
    /// Reads the certificates and builds the client. The trouble names the setting that is wrong.
    pub fn new(settings: &WireSettings) -> Result<Self, Trouble> {
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .user_agent(&settings.user_agent);
        if let Some(address) = &settings.proxy {
            builder = builder.proxy(proxy(address)?);
        }
        if let Some(file) = &settings.ca_file {
            builder = builder.tls_certs_merge(certificates(file)?);
        }
        let client = builder
            .build()
            .map_err(|e| setup(format!("the HTTP client cannot be built: {}", chain(&e))))?;
        Ok(Self { client })
    }

    /// Makes one call. Never tries twice.
    ///
    /// `NotSent`: nothing was written. `Lost`: something was, and no complete answer came. `Answered`: a
    /// complete answer, whatever its status (bodies above 1 MiB are cut and marked).
    pub async fn perform(
        &self,
        call: &HttpCall,
        at: &Target,
        secrets: &dyn Secrets,
        media: &dyn MediaSource,
    ) -> (Answer, Transcript) {
        let mut scrub = Scrubber::default();
        let request = Filling {
            at,
            secrets,
            media,
            scrub: &mut scrub,
        }
        .build(&self.client, call);
        let answer = match request {
            Err(trouble) => Answer::NotSent(trouble),
            Ok(request) => oauth1::judged(call, at.now, self.exchange(call, request).await),
        };
        let answer = scrubbed(answer, &scrub);
        let detail = scrub.detail(&detail(&answer));
        let transcript = Transcript::of(&call.label, at.now, &answer, detail);
        (answer, transcript)
    }

    async fn exchange(&self, call: &HttpCall, request: reqwest::Request) -> Answer {
        let limit = call.timeout.to_std().clamp(TIMEOUT.0, TIMEOUT.1);
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let work = async {
            match self.client.execute(request).await {
                Err(error) => unanswered(&host, error.without_url()),
                Ok(response) => match response::read(response).await {
                    Ok(reply) => Answer::Answered(Reply::Http(reply)),
                    Err(why) => Answer::Lost(why),
                },
            }
        };
        match tokio::time::timeout(limit, work).await {
            Ok(answer) => answer,
            Err(_) => Answer::Lost(format!("no complete answer from {host} within {}", call.timeout)),
        }
    }
}

/// What an error without an answer means for the call.
fn unanswered(host: &str, error: reqwest::Error) -> Answer {
    let words = chain(&error);
    if error.is_connect() {
        return Answer::NotSent(match certificate_fault(&error) {
            Some(fault) => setup(format!(
                "the certificate of {host} is not to be trusted: {fault} (a private authority goes into `ca_file`)"
            )),
            None => network(format!("no connection to {host}: {words}")),
        });
    }
    if error.is_builder() || never_taken(&error) {
        return Answer::NotSent(network(format!("the call to {host} was not sent: {words}")));
    }
    Answer::Lost(format!("no answer from {host}: {words}"))
}

/// hyper hands a request back as cancelled only when it had not begun to write it.
fn never_taken(error: &reqwest::Error) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if cause
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_canceled)
        {
            return true;
        }
        next = cause.source();
    }
    false
}

fn scrubbed(answer: Answer, scrub: &Scrubber) -> Answer {
    match answer {
        Answer::Answered(Reply::Http(reply)) => {
            Answer::Answered(Reply::Http(response::scrubbed(reply, scrub)))
        }
        Answer::Answered(Reply::Mail(reply)) => Answer::Answered(Reply::Mail(reply)),
        Answer::NotSent(trouble) => Answer::NotSent(Trouble {
            why: scrub.detail(&trouble.why),
            kind: trouble.kind,
        }),
        Answer::Lost(why) => Answer::Lost(scrub.detail(&why)),
    }
}

fn detail(answer: &Answer) -> String {
    match answer {
        Answer::Answered(Reply::Http(reply)) => response::detail(reply),
        Answer::Answered(Reply::Mail(reply)) => reply.text.clone(),
        Answer::NotSent(trouble) => trouble.why.clone(),
        Answer::Lost(why) => why.clone(),
    }
}

fn proxy(address: &str) -> Result<Proxy, Trouble> {
    // The address may hold a password: it is not repeated.
    let proxy = Proxy::all(address)
        .map_err(|_| setup("`proxy` is not an address such as http://proxy.example.org:3128"))?;
    Ok(proxy.no_proxy(NoProxy::from_string("localhost,127.0.0.0/8,::1")))
}

fn certificates(file: &std::path::Path) -> Result<Vec<Certificate>, Trouble> {
    let pem = read_ca_file(file)?;
    let found = Certificate::from_pem_bundle(&pem)
        .map_err(|e| setup(format!("`ca_file` {}: {}", file.display(), chain(&e))))?;
    if found.is_empty() {
        return Err(setup(format!(
            "`ca_file` {} has no certificate in it",
            file.display()
        )));
    }
    Ok(found)
}

/// The bytes of a PEM file; at most 1 MiB.
pub(super) fn read_ca_file(file: &std::path::Path) -> Result<Vec<u8>, Trouble> {
    use std::io::Read as _;
    let unreadable = |e: std::io::Error| setup(format!("`ca_file` {} cannot be read: {e}", file.display()));
    let mut pem = Vec::new();
    std::fs::File::open(file)
        .map_err(unreadable)?
        .take(1024 * 1024)
        .read_to_end(&mut pem)
        .map_err(unreadable)?;
    Ok(pem)
}
