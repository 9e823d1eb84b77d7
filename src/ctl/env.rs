//! The environment of crierctl: the one file here that reads it.
#![expect(
    clippy::disallowed_methods,
    reason = "the one reader of crierctl's environment (NO_COLOR, TERM, CRIER_SOCKET), and of a clock where there is no daemon to tell the time (check)"
)]

use std::io::{self, BufReader, IsTerminal};
use std::path::PathBuf;

use super::terminal::{Look, Terminal};

/// The real terminal.
pub(super) fn terminal() -> Terminal {
    Terminal {
        out: Box::new(io::stdout()),
        err: Box::new(io::stderr()),
        input: Box::new(BufReader::new(io::stdin())),
        look: look(),
    }
}

fn look() -> Look {
    let terminal = io::stdout().is_terminal();
    let plain = set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    Look {
        colour: terminal && !plain,
        width: terminal.then(width).flatten(),
        interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
        zone: jiff::tz::TimeZone::system(),
        now: jiff::Timestamp::now().into(),
        socket: std::env::var_os("CRIER_SOCKET")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from),
    }
}

/// Set and not empty (no-color.org).
fn set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

fn width() -> Option<u16> {
    rustix::termios::tcgetwinsize(io::stdout())
        .ok()
        .map(|size| size.ws_col)
        .filter(|columns| *columns >= 40)
}
