//! crierd.

fn main() -> std::process::ExitCode {
    crier::daemon::main()
}
