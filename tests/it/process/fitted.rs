//! Media that are made to fit, beside everything else that a queue does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crier::admin::types::{PostFilter, PostState, PreparingView};
use crier::domain::time::{Span, Timestamp};
use image::{Rgb, RgbImage};

use super::bench::{Bench, PATIENCE, until};

const CLIP: &str = "accounts = [\"club\"]\nfit = \"auto\"\nmedia = [\"clip.webm\"]\n";

/// A bench whose ffmpeg is a script: it waits for a file, and gives a video that was made before, which stands behind
/// its own words, for it is fenced in and reads nothing else. With the file `never` it fails.
async fn with_script(seed: u64) -> Bench {
    let mut bench = Bench::new(seed).await;
    let dir = bench.path("");
    let dir = dir.display();
    let words = format!(
        "#!/bin/sh\nfor last; do :; done\n[ -e {dir}/never ] && exit 7\n\
         while [ ! -e {dir}/go ]; do /bin/sleep 0.02; done\n/usr/bin/tail -n +7 \"$0\" >\"$last\"\nexit\n"
    );
    let film = fs::read(sample("silent-square-3s.mp4")).unwrap();
    let program = bench.path("ffmpeg");
    fs::write(&program, [words.as_bytes(), film.as_slice()].concat()).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let config = fs::read_to_string(bench.path("crier.toml")).unwrap();
    let config = config.replace("[queue.news]\n", "[queue.news]\nprepare = \"0s\"\n");
    let media = format!("\n[media]\nffmpeg = \"{}\"\n", program.display());
    fs::write(bench.path("crier.toml"), config + &media).unwrap();
    bench.start();
    bench.ready().await;
    bench.connect("club").await;
    bench.connect("shop").await;
    bench
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/media")
        .join(name)
}

/// A bundle of the words and a clip that has to be made anew.
fn drop_clip(bench: &Bench, name: &str, words: &str) {
    let partial = bench.spool("news", &format!(".{name}.part"));
    fs::create_dir(&partial).unwrap();
    fs::copy(sample("vp9-2s.webm"), partial.join("clip.webm")).unwrap();
    fs::write(partial.join("post.toml"), words.to_owned() + CLIP).unwrap();
    fs::rename(&partial, bench.spool("news", name)).unwrap();
}

/// The processes that are the script now; not what it forked and has not become another program yet.
fn running(bench: &Bench) -> Vec<String> {
    let program = bench.path("ffmpeg").display().to_string();
    let is_it = |pid: &str| {
        let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.starts_with("/bin/sh\0") && line.split('\0').nth(1) == Some(program.as_str())
    };
    let parent = |pid: &str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let rest = stat.rsplit(')').next().unwrap_or_default().to_owned();
        rest.split_whitespace().nth(1).unwrap_or_default().to_owned()
    };
    let entries = fs::read_dir("/proc").unwrap();
    let all = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
    all.filter(|pid| pid.bytes().all(|b| b.is_ascii_digit()) && is_it(pid) && !is_it(&parent(pid)))
        .collect()
}

/// Waits for a call of the script that is none of `before`.
async fn begins(bench: &Bench, before: &[&str]) -> String {
    until("ffmpeg is called", PATIENCE, async || {
        running(bench)
            .into_iter()
            .find(|pid| !before.contains(&pid.as_str()))
    })
    .await
}

/// Waits until a process is gone.
async fn dies(pid: &str) {
    until("ffmpeg is dead", PATIENCE, async || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        (stat.is_empty() || stat.contains(") Z ")).then_some(())
    })
    .await;
}

async fn preparing(bench: &Bench) -> Vec<PreparingView> {
    let page = bench.client().posts(&PostFilter::default()).await.unwrap();
    page.preparing
}

fn said(output: &std::process::Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_made_to_fit_and_shown_and_the_original_kept() {
    let mut bench = Bench::connected(31).await;
    let partial = bench.spool("news", ".banner.post.part");
    fs::create_dir(&partial).unwrap();
    let banner = RgbImage::from_fn(2200, 100, |x, _| Rgb([(x / 10) as u8, 90, 160]));
    banner.save(partial.join("banner.png")).unwrap();
    let original = fs::read(partial.join("banner.png")).unwrap();
    let words = "text = \"Wide\"\naccounts = [\"club\"]\nfit = \"auto\"\nmedia = [{ file = \"banner.png\", alt = \"a\" }]\n";
    fs::write(partial.join("post.toml"), words).unwrap();
    fs::rename(&partial, bench.spool("news", "banner.post")).unwrap();

    let receipt = bench.appears("news", "sent/banner.receipt.toml").await;
    let table: toml::Table = receipt.parse().unwrap();
    let note = table["notes"][0].as_str().unwrap();
    assert!(note.starts_with("banner.png ("), "{note}");
    let whole = " PNG, 2200 x 100) was made banner.jpg (";
    assert!(
        note.contains(whole) && note.ends_with(", 2200 x 220) for club"),
        "{note}"
    );
    let shown = said(&bench.ctl(&["show", "banner.post"]));
    // The terminal is narrow; words stay words.
    let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(whole) && flat.contains("2200 x 220) for club"),
        "{shown}"
    );
    let kept = bench.spool("news", "sent/banner.post/banner.png");
    let kept = until("the file has moved", PATIENCE, async || fs::read(&kept).ok()).await;
    assert_eq!(kept, original);
    let published = &bench.state().await["threads"]["published"][0];
    assert_eq!(published["text"], "Wide", "{published}");
    assert!(!bench.spool("news", "sent/banner.post/banner.jpg").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_run_of_ffmpeg_holds_nothing_up_and_survives_a_restart() {
    let mut bench = with_script(32).await;
    drop_clip(&bench, "clip.post", "text = \"Moving\"\n");
    let first = begins(&bench, &[]).await;
    let views = preparing(&bench).await;
    assert_eq!(views.len(), 1, "{views:?}");
    assert!(
        views[0].running && views[0].file == "clip.post" && views[0].media == ["clip.webm"],
        "{views:?}"
    );
    for asked in [&["queue"][..], &["status"]] {
        let told = said(&bench.ctl(asked));
        assert!(
            told.contains("news/clip.post is being prepared: clip.webm is made to fit, since"),
            "{told}"
        );
    }
    let told = said(&bench.ctl(&["show", "clip.post"]));
    assert!(
        told.contains("is no post yet: clip.webm is made to fit"),
        "{told}"
    );

    bench.drop_file("news", "door.txt", "We open at nine.");
    bench.appears("news", "sent/door.receipt.toml").await;
    assert!(bench.stop().await.success());
    dies(&first).await;
    assert!(bench.spool("news", "clip.post/clip.webm").exists());

    bench.start();
    bench.ready().await;
    begins(&bench, &[&first]).await;
    fs::write(bench.path("go"), "").unwrap();
    let receipt = bench.appears("news", "sent/clip.receipt.toml").await;
    assert!(receipt.contains("was made clip.mp4 ("), "{receipt}");
    assert!(preparing(&bench).await.is_empty());

    // The same bytes again, in another life of the daemon: what was made is still there.
    fs::write(bench.path("never"), "").unwrap();
    assert!(bench.stop().await.success());
    bench.start();
    bench.ready().await;
    drop_clip(&bench, "again.post", "text = \"Still moving\"\n");
    bench.appears("news", "sent/again.receipt.toml").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_wants_any_more_is_not_made() {
    let mut bench = with_script(33).await;
    drop_clip(&bench, "gone.post", "text = \"Gone\"\n");
    let first = begins(&bench, &[]).await;
    // It goes out of the queue's way whole.
    fs::rename(bench.spool("news", "gone.post"), bench.path("gone.post")).unwrap();
    dies(&first).await;
    until("nothing is prepared", PATIENCE, async || {
        preparing(&bench).await.is_empty().then_some(())
    })
    .await;

    // A change of a post that is cancelled meanwhile.
    bench.drop_file(
        "news",
        "plain.toml",
        "at = 2999-01-01T09:00:00\ntext = \"Plain\"\n",
    );
    let id = until("it waits", PATIENCE, async || {
        bench.posts(PostState::Open).await.first().map(|p| p.id.clone())
    })
    .await;
    fs::copy(sample("vp9-2s.webm"), bench.spool("news", "clip.webm")).unwrap();
    bench.drop_file("news", "plain.toml", &format!("text = \"Plain\"\n{CLIP}"));
    let child = begins(&bench, &[&first]).await;
    let shown = said(&bench.ctl(&["show", &id]));
    let flat = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("its file was changed; the change is in force when it is prepared"),
        "{shown}"
    );
    assert!(bench.ctl(&["cancel", &id]).status.success());
    dies(&child).await;
    bench.appears("news", "failed/plain.why.txt").await;

    // What is wrong besides is told before anything is made.
    fs::write(bench.path("never"), "").unwrap();
    drop_clip(&bench, "wrong.post", &format!("text = \"{}\"\n", "x".repeat(501)));
    let why = bench.appears("news", "failed/wrong.why.txt").await;
    assert!(why.contains("501") && !why.contains("ffmpeg"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_is_due_waits_for_its_new_media() {
    let mut bench = with_script(34).await;
    let now = || Timestamp::from(jiff::Timestamp::now());
    let due = now() + Span::secs(6);
    bench.drop_file(
        "news",
        "soon.toml",
        &format!("at = {due}\naccounts = [\"club\"]\ntext = \"Old\"\n"),
    );
    until("it waits", PATIENCE, async || {
        (bench.posts(PostState::Open).await.len() == 1).then_some(())
    })
    .await;
    fs::copy(sample("vp9-2s.webm"), bench.spool("news", "clip.webm")).unwrap();
    bench.drop_file(
        "news",
        "soon.toml",
        &format!("at = {due}\ntext = \"New\"\n{CLIP}"),
    );
    begins(&bench, &[]).await;
    until("it is due", PATIENCE, async || {
        (now() > due + Span::secs(1)).then_some(())
    })
    .await;
    assert_eq!(
        bench.state().await["threads"]["published"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    fs::write(bench.path("go"), "").unwrap();
    bench.appears("news", "sent/soon.receipt.toml").await;
    let state = bench.state().await;
    let published = state["threads"]["published"].as_array().unwrap();
    assert_eq!(published.len(), 1, "{state}");
    assert_eq!(published[0]["text"], "New", "{state}");
}
