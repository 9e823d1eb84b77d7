//! The exit codes, and the one place that ends the process. The codes are those of `sysexits.h`.

use std::fmt;

/// How a program of crier's ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok,
    /// The command line is wrong.
    Usage,
    /// The database is damaged, or emptier than it must be: restore a backup.
    StoreDamaged,
    /// What was named does not exist.
    NoInput,
    /// The daemon cannot be reached.
    Unavailable,
    /// A defect of crier's.
    Software,
    /// The system refused something it usually grants: threads, sockets, memory.
    Os,
    /// A file or directory cannot be made.
    CannotCreate,
    /// Reading or writing failed.
    Io,
    /// Not now; the same again may work.
    TryAgain,
    /// The caller may not do this.
    NotPermitted,
    /// The config has errors. systemd does not restart after it.
    Config,
}

impl Exit {
    /// All, in the order of their codes.
    pub const ALL: [Exit; 12] = [
        Exit::Ok,
        Exit::Usage,
        Exit::StoreDamaged,
        Exit::NoInput,
        Exit::Unavailable,
        Exit::Software,
        Exit::Os,
        Exit::CannotCreate,
        Exit::Io,
        Exit::TryAgain,
        Exit::NotPermitted,
        Exit::Config,
    ];

    /// The number the caller sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Usage => 64,
            Exit::StoreDamaged => 65,
            Exit::NoInput => 66,
            Exit::Unavailable => 69,
            Exit::Software => 70,
            Exit::Os => 71,
            Exit::CannotCreate => 73,
            Exit::Io => 74,
            Exit::TryAgain => 75,
            Exit::NotPermitted => 77,
            Exit::Config => 78,
        }
    }

    /// What it means, for the manual.
    pub const fn words(self) -> &'static str {
        match self {
            Exit::Ok => "done",
            Exit::Usage => "the command line is wrong",
            Exit::StoreDamaged => "the database is damaged",
            Exit::NoInput => "what was named does not exist",
            Exit::Unavailable => "crierd cannot be reached",
            Exit::Software => "a defect of crier's",
            Exit::Os => "the system refused something it usually grants",
            Exit::CannotCreate => "a file or directory cannot be made",
            Exit::Io => "reading or writing failed",
            Exit::TryAgain => "not now; the same again may work",
            Exit::NotPermitted => "you may not do this",
            Exit::Config => "the config has errors",
        }
    }

    /// Ends the process without unwinding. Prefer returning from `main` ([`std::process::ExitCode`]).
    pub fn leave(self) -> ! {
        #[expect(clippy::disallowed_methods, reason = "this file owns the exit")]
        std::process::exit(i32::from(self.code()))
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rise_and_are_those_of_sysexits() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|e| e.code()).collect();
        assert_eq!(codes, [0, 64, 65, 66, 69, 70, 71, 73, 74, 75, 77, 78]);
    }
}
