//! Where words go and come from, and how they may look.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use crate::domain::time::Timestamp;

/// How output may look.
#[derive(Clone, Debug)]
pub struct Look {
    /// Colours are welcome.
    pub colour: bool,
    /// Columns; `None`: as long as it takes (not a terminal).
    pub width: Option<u16>,
    /// A person can be asked.
    pub interactive: bool,
    /// The zone in which times are shown.
    pub zone: jiff::tz::TimeZone,
    /// This machine's time: only for checks that need no daemon, whose answers carry its own.
    pub now: Timestamp,
    /// The socket that the environment names.
    pub socket: Option<PathBuf>,
}

/// Standard input, output and error; or stand-ins for tests.
pub struct Terminal {
    /// Answers.
    pub out: Box<dyn Write + Send>,
    /// Notes and errors.
    pub err: Box<dyn Write + Send>,
    /// What a person types, or a file.
    pub input: Box<dyn BufRead + Send>,
    /// How it may look.
    pub look: Look,
}

/// Most bytes that are read from standard input.
const INPUT_MAX: u64 = 1024 * 1024;

impl Terminal {
    /// To the standard output. A reader that has gone (`| head`) is no error.
    pub fn say(&mut self, text: &str) {
        let _ = self
            .out
            .write_all(text.as_bytes())
            .and_then(|()| self.out.flush());
    }

    /// To the standard error.
    pub fn complain(&mut self, text: &str) {
        let _ = self
            .err
            .write_all(text.as_bytes())
            .and_then(|()| self.err.flush());
    }

    /// One line of input.
    pub fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        io::Read::take(&mut self.input, INPUT_MAX).read_line(&mut line)?;
        Ok(line)
    }

    /// All of the input, at most 1 MiB.
    pub fn read_all(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut limited = io::Read::take(&mut self.input, INPUT_MAX + 1);
        io::Read::read_to_end(&mut limited, &mut bytes)?;
        if bytes.len() as u64 > INPUT_MAX {
            return Err(io::Error::other("it is longer than 1 MiB"));
        }
        Ok(bytes)
    }
}
