//! `crier-sandbox`: a stand-in for social platforms and for a mail server.
//!
//! Called by the name `crierd` it is crierd, so that `crier-sandbox demo` needs no other program to be built.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let name = std::env::args_os().next();
    if name.as_deref().map(Path::new).and_then(Path::file_name) == Some(OsStr::new("crierd")) {
        return crier::daemon::main();
    }
    crier::sandbox::cli::main()
}
