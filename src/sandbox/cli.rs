//! The command line of `crier-sandbox`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use futures_util::StreamExt as _;
use serde_json::Value;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook_tokio::Signals;

use super::demo::{self, Demo};
use super::models::mail::StartTls;
use super::serve::{Addresses, Options, start};
use crate::say::complain;

/// A stand-in for social platforms and for a mail server, on this machine.
#[derive(Debug, Parser)]
#[command(name = "crier-sandbox", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until Ctrl-C.
    Serve(Box<Serve>),
    /// Show the whole of crier at work: files are dropped and appear on a wall. Nothing leaves the machine.
    Demo(Demo),
}

#[derive(Debug, Args)]
struct Serve {
    /// Where the API, the login page and the wall listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where SMTP with STARTTLS listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    smtp: SocketAddr,
    /// Where SMTP with implicit TLS listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    smtps: SocketAddr,
    /// Write the chosen addresses to this file as JSON, once everything listens.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Write the certificate authority of the SMTP ports to this file as PEM.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The app's id.
    #[arg(long, default_value = "sandbox-app")]
    client_id: String,
    /// The app's secret.
    #[arg(long, default_value = "sandbox-secret")]
    client_secret: String,
    /// A profile that the login pages offer, at one platform or at all; may be given several times.
    #[arg(
        long = "account",
        value_name = "[PLATFORM:]USERNAME",
        default_value = "crier_demo"
    )]
    accounts: Vec<String>,
    /// Allow every login at once, without a person.
    #[arg(long)]
    auto_allow: bool,
    /// A switch of a platform's model, as `GET /_sandbox/settings` lists them; may be given several times.
    #[arg(long = "set", value_name = "PLATFORM.SWITCH=JSON", value_parser = switch)]
    switches: Vec<(String, String, Value)>,
    /// A mail user as NAME:PASSWORD; may be given several times.
    #[arg(long = "mail-user", value_name = "NAME:PASSWORD", value_parser = name_and_secret)]
    mail_users: Vec<(String, String)>,
    /// Refuse everything before STARTTLS on the plain port.
    #[arg(long)]
    require_starttls: bool,
    /// Milliseconds until a text container is ready; pictures take twice, videos four times as long.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i64).range(0..=86_400_000))]
    delay: i64,
    /// The seed of ids, tokens and dice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn name_and_secret(text: &str) -> Result<(String, String), String> {
    let (name, secret) = text.split_once(':').ok_or("it must be NAME:PASSWORD")?;
    Ok((name.to_owned(), secret.to_owned()))
}

fn switch(text: &str) -> Result<(String, String, Value), String> {
    let form = || "it must be PLATFORM.SWITCH=JSON, such as threads.text_delay_ms=0".to_owned();
    let (name, value) = text.split_once('=').ok_or_else(form)?;
    let (platform, name) = name.split_once('.').ok_or_else(form)?;
    // A bare word is a text.
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((platform.to_owned(), name.to_owned(), value))
}

/// Reads the arguments and does what they say.
#[must_use]
pub fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime.and_then(|runtime| {
        runtime.block_on(async {
            match command {
                Command::Serve(serve) => run(*serve).await.map(|()| ExitCode::SUCCESS),
                Command::Demo(demo) => Ok(demo::main(demo).await),
            }
        })
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            complain!("crier-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

impl From<&Serve> for Options {
    fn from(serve: &Serve) -> Self {
        let mut options = Self {
            listen: serve.listen,
            smtp: serve.smtp,
            smtps: serve.smtps,
            ca_file: serve.ca_file.clone(),
            seed: serve.seed,
            app: (serve.client_id.clone(), serve.client_secret.clone()),
            accounts: serve.accounts.clone(),
            ..Self::default()
        };
        for (platform, name, value) in &serve.switches {
            options.switch(platform, name, value.clone());
        }
        options.auto_allow = serve.auto_allow;
        options.delay_ms = Some(serve.delay);
        if serve.require_starttls {
            options.mail.starttls = StartTls::Required;
        }
        if !serve.mail_users.is_empty() {
            options.mail.users.clone_from(&serve.mail_users);
        }
        options
    }
}

async fn run(serve: Serve) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let running = start(Options::from(&serve)).await?;
    report(&running.addresses, serve.ready_file.as_ref())?;
    signals.next().await;
    running.stop().await;
    Ok(())
}

/// Prints the addresses as one line of JSON; the ready file appears whole or not at all.
fn report(addresses: &Addresses, ready_file: Option<&PathBuf>) -> std::io::Result<()> {
    let text = serde_json::to_string(addresses)?;
    let mut out = std::io::stdout();
    writeln!(out, "{text}")?;
    out.flush()?;
    if let Some(file) = ready_file {
        let partial = file.with_extension("partial");
        std::fs::write(&partial, &text)?;
        std::fs::rename(&partial, file)?;
    }
    Ok(())
}
