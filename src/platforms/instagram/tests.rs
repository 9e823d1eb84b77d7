//! Each kind's requests, held against docs/facts/instagram.md 4, 5 and 8.

mod checks;
mod faults;
mod kinds;
mod login;
mod messages;
mod restricted;
mod rows;
mod states;
mod upload;

use crate::core::flow::Job;
use crate::domain::media::Media;
use crate::domain::post::{Content, Extra, Kind};
use crate::platforms::tests::{Event, job, media, ok, run, text};

/// Runs a content on an account with Instagram's own login.
fn own(content: Content, script: Vec<Event>) -> String {
    run(&job("instagram", content), "instagram", script)
}

/// A delivery of an account that is reached through a Page.
fn page_job(content: Content) -> Job {
    let mut job = job("instagram", content);
    job.options.insert("login".to_owned(), "facebook".to_owned());
    job.profile.facts.insert("page_id".to_owned(), "555".to_owned());
    job
}

/// Runs a content on an account with Facebook's login.
fn page(content: Content, script: Vec<Event>) -> String {
    run(&page_job(content), "instagram", script)
}

fn with_files(kind: Kind, words: &str, files: Vec<Media>) -> Content {
    let mut content = Content { kind, ..text(words) };
    content.segments[0].media = files;
    content
}

fn jpeg(n: u32, alt: Option<&str>) -> Media {
    media(n, "door.jpg", "image/jpeg", alt)
}

fn clip(n: u32) -> Media {
    media(n, "clip.mp4", "video/mp4", None)
}

fn photo(words: &str) -> Content {
    with_files(Kind::Post, words, vec![jpeg(0, None)])
}

fn flag(content: &mut Content, key: &str, value: bool) {
    content.extras.insert(key.to_owned(), Extra::Flag(value));
}

fn words(content: &mut Content, key: &str, value: &str) {
    content
        .extras
        .insert(key.to_owned(), Extra::Words(value.to_owned()));
}

fn list(content: &mut Content, key: &str, values: &[&str]) {
    let list = values.iter().map(|v| (*v).to_owned()).collect();
    content.extras.insert(key.to_owned(), Extra::List(list));
}

/// A container in this status.
fn status(code: &str) -> Event {
    ok(&format!(
        r#"{{"status_code":"{code}","status":"{code}: words","id":"11"}}"#
    ))
}

/// An answer with an id.
fn id(id: &str) -> Event {
    ok(&format!(r#"{{"id":"{id}"}}"#))
}

/// A permalink.
fn link(id: &str) -> Event {
    ok(&format!(
        r#"{{"id":"{id}","permalink":"https://www.instagram.com/p/{id}/","timestamp":"2027-01-15T08:00:05+0000"}}"#
    ))
}
