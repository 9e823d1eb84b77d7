//! Mail against docs/facts/email.md: the dialogue's meanings, the message, and what a hostile file cannot do.

mod flow;
mod message;
mod rows;

use crate::core::flow::Job;
use crate::domain::post::Content;
use crate::platforms::tests::job;

/// A mail from the club with these account settings.
fn mail(content: Content, options: &[(&str, &str)]) -> Job {
    let mut job = job("email", content);
    job.options
        .insert("from".to_owned(), "The Club <news@club.example>".to_owned());
    for (key, value) in options {
        job.options.insert((*key).to_owned(), (*value).to_owned());
    }
    job
}

/// A content to these recipients.
fn to(content: Content, recipients: &[&str]) -> Content {
    Content {
        to: recipients.iter().map(|r| (*r).to_owned()).collect(),
        ..content
    }
}
