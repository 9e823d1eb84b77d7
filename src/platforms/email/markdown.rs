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
        unspoken: None,
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
    /// The words of a picture that has had none of its own so far.
    unspoken: Option<String>,
}

impl Rewriter<'_, '_> {
    fn rewrite<'e>(&mut self, event: Event<'e>) -> Vec<Event<'e>> {
        match event {
            Event::Text(words) => {
                self.unspoken = None;
                vec![Event::Text(words)]
            }
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
                Some(Opened::Kept) => {
                    let words = self.unspoken.take().map(|alt| Event::Text(alt.into()));
                    words.into_iter().chain([Event::End(TagEnd::Image)]).collect()
                }
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
            self.unspoken.clone_from(&self.pictures[n].attachment.alt);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::media::MediaId;

    fn html_of(text: &str) -> String {
        let attachment = Attachment {
            id: MediaId(7),
            name: "door.jpg".to_owned(),
            mime: "image/jpeg".to_owned(),
            alt: Some("The \"open\" door".to_owned()),
            inline: true,
        };
        let picture = Inline {
            file: "door.jpg",
            attachment: &attachment,
        };
        let html = to_html(text, &[picture]);
        let body = html.split("<body>\n").nth(1).unwrap();
        body.split("</body>").next().unwrap().trim_end().to_owned()
    }

    #[test]
    fn a_picture_without_words_gets_those_of_its_file() {
        let img = r#"<p><img src="cid:media7@crier" alt="The &quot;open&quot; door" /></p>"#;
        assert_eq!(html_of("![](door.jpg)"), img);
        assert_eq!(
            html_of("![Mine](door.jpg)"),
            r#"<p><img src="cid:media7@crier" alt="Mine" /></p>"#
        );
    }

    #[test]
    fn a_picture_that_is_not_mentioned_follows() {
        assert_eq!(
            html_of("Hi"),
            "<p>Hi</p>\n<p><img src=\"cid:media7@crier\" alt=\"The &quot;open&quot; door\"></p>"
        );
    }

    #[test]
    fn links_within_pictures_and_pictures_within_links() {
        for text in [
            "[![a](https://x.example/a.png)](https://x.example)",
            "![a [b](https://x.example) c](https://x.example/a.png)",
            "[![a](door.jpg)](javascript:x)",
            "![![![x](https://a.example)](https://b.example)](data:x)",
        ] {
            let html = html_of(text);
            assert!(!html.contains("<img src=\"http"), "{html}");
            assert!(!html.contains("javascript:") && !html.contains("data:"), "{html}");
            assert_eq!(
                html.matches("<a ").count(),
                html.matches("</a>").count(),
                "{html}"
            );
        }
    }
}
