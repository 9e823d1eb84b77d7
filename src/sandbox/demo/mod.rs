//! `crier-sandbox demo`: the sandbox, a real crierd and an account on every platform in a temporary directory,
//! and some dropped files that appear on the wall. Nothing leaves the machine.

mod board;
pub(in crate::sandbox) mod cast;
mod child;
mod desk;
pub(in crate::sandbox) mod drops;
mod ending;
pub(in crate::sandbox) mod house;
mod login;
mod paint;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt as _;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::Signals;

use self::board::Board;
use self::child::{Crierd, Program};
use self::desk::{Desk, Events};
use self::drops::Dropped;
use self::house::House;
use self::paint::Paint;
use super::serve::{self, Running};
use crate::say::{complain, say};

/// How long it is waited for what was dropped; it needs about twelve seconds.
const PATIENCE: Duration = Duration::from_secs(90);

/// What went wrong, for people.
type Told<T> = Result<T, String>;

/// The whole thing for a newcomer, on this machine alone.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// End when everything is out, with 0 only if the wall shows each post exactly once.
    #[arg(long)]
    once: bool,
    /// Use this directory, which must be new or empty, and leave it there.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// No colours.
    #[arg(long)]
    no_color: bool,
}

/// How the show ended.
enum End {
    /// Everything is out, and the wall agrees.
    Whole,
    /// Something is missing or too much; it was told.
    Wanting,
    /// A signal came.
    Interrupted,
}

/// Runs it, and leaves nothing behind: no process, no directory but a kept one.
pub(super) async fn main(demo: Demo) -> ExitCode {
    let paint = Paint::new(demo.no_color);
    match whole(&demo, paint).await {
        Ok(End::Whole) => ExitCode::SUCCESS,
        Ok(End::Wanting) => ExitCode::FAILURE,
        // As a shell says it of Ctrl-C.
        Ok(End::Interrupted) => ExitCode::from(130),
        Err(words) => {
            complain!("{} {words}", paint.bad("crier-sandbox demo:"));
            ExitCode::FAILURE
        }
    }
}

async fn whole(demo: &Demo, paint: Paint) -> Told<End> {
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|e| format!("no signals: {e}"))?;
    let house = House::build(demo.keep.as_deref())?;
    let sandbox = serve::start(house.sandbox_options())
        .await
        .map_err(|e| format!("the sandbox does not start: {e}"))?;
    let end = with_sandbox(demo, paint, &house, &sandbox, signals).await;
    sandbox.stop().await;
    if let Some(kept) = demo.keep.as_deref() {
        say!(
            "{}",
            paint.dim(&format!("Everything is still in {}", kept.display()))
        );
    }
    end
}

async fn with_sandbox(
    demo: &Demo,
    paint: Paint,
    house: &House,
    sandbox: &Running,
    mut signals: Signals,
) -> Told<End> {
    house.furnish(&sandbox.addresses)?;
    let program = Program::find()?;
    program.keygen(house)?;
    let mut crierd = Crierd::start(&program, house)?;
    let mut show = Show::new(paint, house, sandbox);
    let mut end = tokio::select! {
        end = show.run(&program) => end,
        status = crierd.ended() => Err(format!("crierd ended by itself: {status}")),
        _ = signals.next() => Ok(End::Interrupted),
    };
    if !demo.once && matches!(end, Ok(End::Whole)) {
        ending::advice(house, sandbox, paint);
        end = tokio::select! {
            words = show.follow() => Err(words),
            status = crierd.ended() => Err(format!("crierd ended by itself: {status}")),
            // That is how it is meant to end.
            _ = signals.next() => Ok(End::Whole),
        };
    }
    crierd.stop().await;
    if matches!(end, Ok(End::Wanting) | Err(_)) {
        complain!(
            "{}",
            paint.dim(&format!("The end of crierd's log:\n{}", house.log_tail()))
        );
    }
    end
}

/// What people see.
struct Show<'a> {
    paint: Paint,
    house: &'a House,
    sandbox: &'a Running,
    drops: Vec<Dropped>,
    board: Board,
    events: Option<Events>,
}

impl<'a> Show<'a> {
    fn new(paint: Paint, house: &'a House, sandbox: &'a Running) -> Self {
        Self {
            paint,
            house,
            sandbox,
            drops: Vec::new(),
            board: Board::new(paint, 0, &[]),
            events: None,
        }
    }

    /// From the empty house to the verdict.
    async fn run(&mut self, program: &Program) -> Told<End> {
        let (house, sandbox, paint) = (self.house, self.sandbox, self.paint);
        say!("{}", paint.bold("crier: files become posts"));
        say!("  in       {}", house.root().display());
        let titles: Vec<&str> = cast::roles().map(|role| role.title).collect();
        let plays = paint.dim(&format!("plays {}", titles.join(", ")));
        say!("  sandbox  {}  {plays}", sandbox.addresses.base);
        say!("  crierd   {}", program.path().display());
        let desk = Desk::open(house).await?;
        say!("");
        for role in cast::roles() {
            login::connect(&desk, role, paint).await?;
        }
        let events = self.events.insert(desk.events().await?);
        let clock = sandbox.clock();
        self.drops = cast::files(&mut sandbox.world(), clock.now_ms());
        self.board = Board::new(paint, clock.now_ms(), &self.drops);
        let count = self.drops.len();
        let spool = house.root().join("spool");
        say!("\nDropping {count} files into {}", spool.display());
        self.board.begin();
        drops::drop_all(house, &self.drops)?;
        let patience = tokio::time::sleep(PATIENCE);
        tokio::pin!(patience);
        while !self.board.finished() {
            tokio::select! {
                event = events.next() => self.board.take(&event?, clock.now_ms()),
                () = &mut patience => break,
            }
        }
        self.board.end();
        let took = self.board.seconds(clock.now_ms());
        ending::tell(house, sandbox, paint).await;
        Ok(verdict::speak(sandbox, &self.drops, &self.board, paint, &took))
    }

    /// Whatever happens from now on, until crierd is gone: answers why.
    async fn follow(&mut self) -> String {
        let Some(events) = &mut self.events else {
            return "the event stream was never opened".to_owned();
        };
        loop {
            match events.next().await {
                Ok(event) => self.board.take(&event, self.sandbox.clock().now_ms()),
                Err(words) => return words,
            }
        }
    }
}
