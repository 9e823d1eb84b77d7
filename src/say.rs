//! Words to the standard output and to the standard error, for people: the one place that writes there.
//! A reader that has gone (`| head`, a terminal that was closed) is no error, and nothing dies of it, as
//! `println!` would. (crierctl has its own [`crate::ctl::terminal::Terminal`], which tests read.)

use std::fmt::Arguments;
use std::io::Write;

/// A line to the standard output.
pub(crate) fn line(words: Arguments<'_>) {
    write(std::io::stdout().lock(), words);
}

/// A line to the standard error.
pub(crate) fn complaint(words: Arguments<'_>) {
    write(std::io::stderr().lock(), words);
}

fn write(mut to: impl Write, words: Arguments<'_>) {
    // Whoever does not read any more cannot be told so.
    let _ = to
        .write_all(format!("{words}\n").as_bytes())
        .and_then(|()| to.flush());
}

/// `println!` that survives a closed pipe.
macro_rules! say {
    ($($words:tt)*) => { $crate::say::line(format_args!($($words)*)) };
}

/// `eprintln!` that survives a closed pipe.
macro_rules! complain {
    ($($words:tt)*) => { $crate::say::complaint(format_args!($($words)*)) };
}

pub(crate) use {complain, say};

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_line_is_written_whole_and_a_reader_that_has_gone_is_no_error() {
        let mut there = Vec::new();
        write(&mut there, format_args!("two {}", "words"));
        assert_eq!(there, b"two words\n");
        write(Gone, format_args!("nobody reads this"));
    }
}
