//! `crier-sandbox`: a stand-in for Threads and for a mail server.

use std::process::ExitCode;

fn main() -> ExitCode {
    crier::sandbox::cli::main()
}
