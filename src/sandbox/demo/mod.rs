//! `crier-sandbox demo`: the sandbox, a real crierd and two accounts in a temporary directory, and a few
//! dropped files that appear on the wall. Nothing leaves the machine.

mod board;
mod child;
mod desk;
mod drops;
mod ending;
mod house;
mod login;
mod paint;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use futures_util::StreamExt as _;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::Signals;

use self::board::Board;
use self::child::{Crierd, Program};
use self::desk::Desk;
use self::house::House;
use self::paint::Paint;
use super::serve::{self, Running};

/// The longest that the whole demonstration may take, in seconds; it needs about fifteen.
const PATIENCE_S: u64 = 90;

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
            eprintln!("{} {words}", paint.bad("crier-sandbox demo:"));
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
        println!(
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
    let end = tokio::select! {
        end = show(demo, paint, house, sandbox, &program) => end,
        status = crierd.ended() => Err(format!("crierd ended by itself: {status}")),
        _ = signals.next() => {
            println!();
            Ok(End::Interrupted)
        }
    };
    crierd.stop().await;
    if !matches!(end, Ok(End::Whole | End::Interrupted)) {
        eprintln!(
            "{}",
            paint.dim(&format!("The end of crierd's log:\n{}", house.log_tail()))
        );
    }
    end
}

/// The whole evening, from the empty house to the last line.
async fn show(demo: &Demo, paint: Paint, house: &House, sandbox: &Running, program: &Program) -> Told<End> {
    let base = &sandbox.addresses.base;
    println!("{}", paint.bold("crier: files become posts"));
    println!("  in       {}", house.root().display());
    println!(
        "  sandbox  {base}  {}",
        paint.dim("plays Threads and a mail server")
    );
    let desk = Desk::open(house).await?;
    println!("  crierd   {}", program.path().display());
    login::threads(&desk, paint).await?;
    login::mail(&desk, paint).await?;
    let mut events = desk.events().await?;
    let clock = sandbox.clock();
    let all = drops::all(clock.now_ms());
    let mut board = Board::new(paint, clock.now_ms(), &all);
    println!("\nDropping {} files into {}", all.len(), house.queue().display());
    drops::drop_all(house, &all)?;
    board.begin();
    let patience = tokio::time::sleep(std::time::Duration::from_secs(PATIENCE_S));
    tokio::pin!(patience);
    while !board.finished() {
        tokio::select! {
            event = events.next() => board.take(&event?, clock.now_ms()),
            () = &mut patience => break,
        }
    }
    board.end();
    ending::tell(house, sandbox, paint).await;
    let end = verdict::speak(sandbox, &all, &board, paint, clock.now_ms());
    if demo.once || matches!(end, End::Wanting) {
        return Ok(end);
    }
    ending::advice(house, sandbox, paint);
    loop {
        board.take(&events.next().await?, clock.now_ms());
    }
}
