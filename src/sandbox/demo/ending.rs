//! What is shown when everything is out: the wall, a receipt, a reason, and what to try next.

use std::path::Path;
use std::time::Duration;

use super::house::House;
use super::paint::Paint;
use super::{cast, child};
use crate::sandbox::serve::Running;
use crate::say::say;

/// How long a note may come after the event that tells of it.
const NOTE_TIME: Duration = Duration::from_secs(5);

/// The wall, the receipt of a post, the reason of a refusal.
pub(super) async fn tell(house: &House, sandbox: &Running, paint: Paint) {
    say!("\n{} {}", paint.bold("The wall:"), sandbox.addresses.wall);
    let notes = [
        ("The proof of a post", "sent/hello.receipt.toml"),
        ("What a refusal says", "failed/wrong.why.txt"),
    ];
    for (title, name) in notes {
        say!("\n{}, news/{name}", paint.bold(title));
        match note(&house.queue().join(name)).await {
            Some(text) => text.trim_end().lines().for_each(|line| {
                say!("  {} {line}", paint.dim("│"));
            }),
            None => say!("  {}", paint.bad("it is not there")),
        }
    }
}

/// A note that crierd writes about now.
async fn note(path: &Path) -> Option<String> {
    let looking = async {
        loop {
            if let Ok(text) = std::fs::read_to_string(path) {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(NOTE_TIME, looking).await.ok()
}

/// What a person may do now.
pub(super) fn advice(house: &House, sandbox: &Running, paint: Paint) {
    let queue = house.queue();
    let queue = queue.display();
    let crierctl = child::beside("crierctl");
    let ctl = crierctl
        .as_ref()
        .map_or_else(|| "crierctl".to_owned(), |path| path.display().to_string());
    let ctl = format!("{ctl} --socket {}", house.socket().display());
    let first = cast::roles().next().map_or("ACCOUNT", |role| role.account);
    say!(
        "\n{}",
        paint.bold("It goes on until Ctrl-C. Try, in another terminal:")
    );
    for (what, command) in [
        (
            "drop a file of your own",
            format!("echo 'Hello from me' > {queue}/mine.txt"),
        ),
        ("why is a post where it is", format!("{ctl} why hello.txt")),
        ("the daemon in one look", format!("{ctl} status")),
        ("what was published", format!("{ctl} history {}", first)),
        ("everything as it happens", format!("{ctl} events -f")),
        (
            "mend the refused file, and try it again",
            format!(
                "echo 'text = \"Mended.\"' > {queue}/failed/wrong.toml && mv {queue}/failed/wrong.toml {queue}/"
            ),
        ),
        ("see it", format!("xdg-open {}", sandbox.addresses.wall)),
    ] {
        say!("  {}\n    {command}", paint.dim(what));
    }
    if crierctl.is_none() {
        say!(
            "  {}",
            paint.dim("(crierctl is not built yet: `cargo build --release` builds it)")
        );
    }
    say!("");
}
