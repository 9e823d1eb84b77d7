//! The command line.

use std::path::PathBuf;

use clap::Parser;

use super::verb::Verb;

/// Where crierd listens when nobody says otherwise.
pub(super) const SOCKET: &str = "/run/crier/admin.sock";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "crierctl",
    version,
    about = "Talks to crierd: what waits, why it waits, and what is to be done",
    after_help = "Examples:\n  crierctl status                      the daemon in one look\n  crierctl queue                       what waits, and why\n  crierctl why hello.toml              the whole chain of reasons for one post\n  crierctl connect club-threads        connect an account in a browser\n  crierctl post news hello.toml        hand a post over, with its media\n  crierctl freeze --reason 'wrong list'  stop everything at once\n\nPOST is an id, the first characters of one, or the file's name. Exit codes are those of sysexits(3):\n64 usage, 65 data, 66 not found, 69 no daemon, 75 try again, 77 not permitted, 78 config.",
    disable_help_subcommand = true
)]
pub struct Cli {
    /// The admin socket [default: $CRIER_SOCKET or /run/crier/admin.sock]
    #[arg(long, global = true, value_name = "PATH", help_heading = "Everywhere")]
    pub socket: Option<PathBuf>,
    /// Print JSON, for programs
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// A name as clap wants its errors.
pub(super) fn name<T>(text: &str) -> Result<T, String>
where
    T: TryFrom<String>,
    T::Error: std::fmt::Display,
{
    T::try_from(text.to_owned()).map_err(|e| e.to_string())
}
