//! `crierctl completions`

use crate::ctl::{Ctl, Failure, command};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  crierctl completions bash > /usr/share/bash-completion/completions/crierctl\n  crierctl completions zsh > /usr/share/zsh/vendor-completions/_crierctl\n  crierctl completions fish > ~/.config/fish/completions/crierctl.fish"
)]
pub(in crate::ctl) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args, ctl: &mut Ctl<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "crierctl", &mut script);
    let script = String::from_utf8(script).map_err(|e| Failure::Software(e.to_string()))?;
    if ctl.json {
        return ctl.print_json(&serde_json::json!({ "shell": args.shell.to_string(), "script": script }));
    }
    ctl.say(&script);
    Ok(())
}
