//! crierctl: one file per verb, tables for people, JSON for programs.
//!
//! A verb asks the daemon through [`crate::admin::client`] and hands the answer to [`Ctl::show`], which
//! prints it as JSON or lets the verb draw it. Nothing here builds a URL, reads a clock (the daemon's answers
//! carry its time; `check`, which needs no daemon, is told by `env`) or decides anything.

mod accounts;
mod args;
mod clean;
mod draft;
mod env;
mod exit;
mod page;
mod terminal;
mod verb;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::admin::client::{Client, Told};
use crate::domain::time::Timestamp;
pub use args::Cli;
pub use exit::Failure;
pub use page::Page;
pub use terminal::{Look, Terminal};

/// crierctl on the real terminal.
pub fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let mut terminal = env::terminal();
    match runtime {
        Ok(runtime) => ExitCode::from(runtime.block_on(run(std::env::args_os(), &mut terminal))),
        Err(error) => {
            terminal.complain(&format!("crierctl: cannot start: {error}\n"));
            ExitCode::from(exit::OSERR)
        }
    }
}

/// The command line as clap has it: for completions, manuals and tests.
pub fn command() -> clap::Command {
    Cli::command()
}

/// One run: arguments in, an exit code of sysexits out.
pub async fn run(args: impl IntoIterator<Item = OsString>, terminal: &mut Terminal) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, terminal),
    };
    let json = cli.json;
    let socket = cli
        .socket
        .or_else(|| terminal.look.socket.clone())
        .unwrap_or_else(|| args::SOCKET.into());
    let mut ctl = Ctl {
        client: Client::new(socket),
        json,
        terminal,
    };
    let outcome = verb::run(cli.verb, &mut ctl).await;
    ctl.warn_of_versions();
    match outcome {
        Ok(()) => exit::OK,
        Err(failure) => {
            let text = if json {
                failure.as_json()
            } else {
                failure.as_text(terminal.look.colour)
            };
            terminal.complain(&text);
            failure.code()
        }
    }
}

fn usage(error: &clap::Error, terminal: &mut Terminal) -> u8 {
    let text = error.render();
    let drawn = if terminal.look.colour {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    if error.use_stderr() {
        terminal.complain(&drawn);
        return exit::USAGE;
    }
    terminal.say(&drawn);
    exit::OK
}

/// After this long without an answer a person is told that crierctl waits.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);

/// What every verb works with.
pub(crate) struct Ctl<'a> {
    /// The daemon.
    pub(crate) client: Client,
    /// For programs.
    pub(crate) json: bool,
    /// For people.
    pub(crate) terminal: &'a mut Terminal,
}

impl Ctl<'_> {
    /// Asks the daemon for something that may take a while; a person at a terminal is told so.
    pub(crate) async fn ask<T>(&mut self, ask: impl AsyncFnOnce(&Client) -> Told<T>) -> Result<T, Failure> {
        let mut asking = std::pin::pin!(ask(&self.client));
        let patience = tokio::time::sleep(PATIENCE);
        tokio::select! {
            told = asking.as_mut() => return Ok(told?),
            () = patience => {}
        }
        if !self.terminal.look.interactive {
            return Ok(asking.await?);
        }
        self.terminal.complain("waiting for the answer ...");
        let told = asking.await;
        // Back to the line's beginning, and nothing on it.
        self.terminal.complain("\r\u{1b}[K");
        Ok(told?)
    }

    /// Prints an answer: as JSON, or as `draw` draws it. What it draws has no control characters in it.
    pub(crate) fn show<T, F>(&mut self, answer: &T, draw: F) -> Result<(), Failure>
    where
        T: Serialize + DeserializeOwned,
        F: FnOnce(&T, &Page) -> String,
    {
        if self.json {
            return self.print_json(answer);
        }
        let clean = clean::cleaned(answer)?;
        let text = draw(&clean, &self.page());
        self.say(&text);
        Ok(())
    }

    /// Prints a value as JSON.
    pub(crate) fn print_json<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(value).map_err(|e| Failure::Software(e.to_string()))?;
        text.push('\n');
        self.terminal.say(&text);
        Ok(())
    }

    /// Prints text as it is, with a line's end.
    pub(crate) fn say(&mut self, text: &str) {
        self.terminal.say(text.trim_end());
        self.terminal.say("\n");
    }

    /// Says something beside the answer; not when a program reads.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.json {
            self.terminal.complain(&format!("{}\n", clean::text(text)));
        }
    }

    /// How to draw, by the daemon's time.
    pub(crate) fn page(&self) -> Page {
        Page {
            look: self.terminal.look.clone(),
            now: self.client.now().unwrap_or(Timestamp::MIN),
        }
    }

    /// Asks a person; `yes` is the answer given ahead.
    pub(crate) fn confirm(&mut self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !self.terminal.look.interactive {
            return Err(Failure::Usage(format!(
                "{question}\nThere is nobody to ask here: say it with --yes."
            )));
        }
        self.terminal.complain(&format!("{question} [y/N] "));
        let answer = self
            .terminal
            .read_line()
            .map_err(|e| Failure::Io(e.to_string()))?;
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _other => Err(Failure::Usage("Nothing was changed.".to_owned())),
        }
    }

    fn warn_of_versions(&mut self) {
        if let Some(version) = self.client.other_version() {
            self.note(&format!(
                "note: crierd is {version}, this crierctl is {}; restart the one that was not upgraded (`systemctl restart crierd`)",
                env!("CARGO_PKG_VERSION")
            ));
        }
    }
}
