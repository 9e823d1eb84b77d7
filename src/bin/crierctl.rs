//! crierctl.

fn main() -> std::process::ExitCode {
    crier::ctl::main()
}
