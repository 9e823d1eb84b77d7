//! Markdown to HTML for mail. Raw HTML becomes text, addresses are http, https or mailto, pictures are the
//! post's own: a reader's mail program fetches nothing.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::core::call::Attachment;

/// A picture that the HTML may show.
pub(super) struct Inline<'a> {
    /// The name by which the text refers to it.
    pub(super) file: &'a str,
    /// The attachment.
    pub(super) attachment: &'a Attachment,
}

/// The HTML part. Pictures that the text does not mention follow at its end.
pub(super) fn to_html(text: &str, pictures: &[Inline<'_>]) -> String {
    let mut shown = vec![false; pictures.len()];
    let mut writer = Rewriter {
        pictures,
        shown: &mut shown,
        open: Vec::new(),
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut body = String::new();
    let events: Vec<Event<'_>> = Parser::new_ext(text, options)
        .flat_map(|e| writer.rewrite(e))
        .collect();
    html::push_html(&mut body, events.into_iter());
    for (picture, shown) in pictures.iter().zip(&shown) {
        if !shown {
            let alt = escape(picture.attachment.alt.as_deref().unwrap_or_default());
            body.push_str(&format!(
                "<p><img src=\"cid:{}\" alt=\"{alt}\"></p>\n",
                picture.attachment.content_id()
            ));
        }
    }
    format!("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n{body}</body></html>\n")
}

/// What an opened link or picture became, so that its end becomes the same.
enum Opened {
    /// As it was.
    Kept,
    /// Its frame is left out, its words stay.
    Dropped,
    /// A link instead of a picture from elsewhere.
    Linked,
}

struct Rewriter<'p, 's> {
    pictures: &'p [Inline<'p>],
    shown: &'s mut [bool],
    open: Vec<Opened>,
}

impl Rewriter<'_, '_> {
    fn rewrite<'e>(&mut self, event: Event<'e>) -> Vec<Event<'e>> {
        match event {
            Event::Html(raw) | Event::InlineHtml(raw) => vec![Event::Text(raw)],
            Event::Start(Tag::HtmlBlock) => vec![Event::Start(Tag::Paragraph)],
            Event::End(TagEnd::HtmlBlock) => vec![Event::End(TagEnd::Paragraph)],
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                if !is_safe(&dest_url) {
                    self.open.push(Opened::Dropped);
                    return Vec::new();
                }
                self.open.push(Opened::Kept);
                vec![Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    id,
                })]
            }
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => self.picture(link_type, &dest_url, title, id),
            Event::End(TagEnd::Link) => match self.open.pop() {
                Some(Opened::Kept) => vec![Event::End(TagEnd::Link)],
                Some(Opened::Dropped | Opened::Linked) | None => Vec::new(),
            },
            Event::End(TagEnd::Image) => match self.open.pop() {
                Some(Opened::Kept) => vec![Event::End(TagEnd::Image)],
                Some(Opened::Linked) => vec![Event::End(TagEnd::Link)],
                Some(Opened::Dropped) | None => Vec::new(),
            },
            // The library's own enum, far wider than what is rewritten here.
            other => vec![other],
        }
    }

    /// A picture of the post is shown, one from elsewhere becomes a link, anything else its words.
    fn picture<'e>(
        &mut self,
        link_type: pulldown_cmark::LinkType,
        dest: &CowStr<'e>,
        title: CowStr<'e>,
        id: CowStr<'e>,
    ) -> Vec<Event<'e>> {
        if let Some(n) = self.pictures.iter().position(|p| p.file == dest.as_ref()) {
            self.shown[n] = true;
            self.open.push(Opened::Kept);
            let cid = format!("cid:{}", self.pictures[n].attachment.content_id());
            return vec![Event::Start(Tag::Image {
                link_type,
                dest_url: cid.into(),
                title,
                id,
            })];
        }
        if is_safe(dest) && self.open.is_empty() {
            self.open.push(Opened::Linked);
            return vec![Event::Start(Tag::Link {
                link_type,
                dest_url: dest.clone(),
                title,
                id,
            })];
        }
        self.open.push(Opened::Dropped);
        Vec::new()
    }
}

/// Addresses that a mail may link to.
fn is_safe(url: &str) -> bool {
    let url = url.trim().to_ascii_lowercase();
    ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
