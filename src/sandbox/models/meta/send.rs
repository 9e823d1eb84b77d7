//! The Send API of Messenger and of Instagram: `POST /{house}/messages` (facebook.md 5, instagram.md 5).

use serde_json::{Value, json};

use super::inbox::{Attachment, Inbox, nobody, stranger_id};
use super::media::{Media, film, picture};
use super::refusal::{Answer, Refusal};
use super::{Call, DAY_MS};

const FILE_MAX: usize = 25 * 1024 * 1024;
const WEEK_MS: i64 = 7 * DAY_MS;

/// How the two products differ.
#[derive(Clone, Debug)]
pub(crate) struct Rules<'a> {
    /// The subcode of code 10 outside the window: 2018278 or 2534022.
    pub(crate) window_subcode: i64,
    /// The longest text.
    pub(crate) text_max: usize,
    /// Whether it is counted in bytes instead of characters.
    pub(crate) in_bytes: bool,
    /// Whether the app has the Human Agent permission.
    pub(crate) human_agent: bool,
    /// Whether only a JSON body is understood.
    pub(crate) json_only: bool,
    /// Names of people who are not available (551).
    pub(crate) unavailable: &'a [String],
    /// The largest picture in bytes.
    pub(crate) picture_max: usize,
}

/// Where a comment came from that a private reply answers: who wrote it and when.
pub(crate) struct CommentOf {
    pub(crate) stranger: usize,
    pub(crate) at_ms: i64,
}

impl Inbox {
    /// Sends one message; `comment` finds a comment on one of the house's posts, `share` the house's own media.
    pub(crate) fn send(
        &mut self,
        house: usize,
        rules: &Rules<'_>,
        call: &mut Call<'_>,
        comment: Option<CommentOf>,
        share: impl Fn(&str) -> Option<Vec<Media>>,
    ) -> Answer {
        let json_body = call
            .req
            .header("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
        if rules.json_only && !json_body {
            return Err(Refusal::parameter("(#100) param recipient must be non-empty."));
        }
        let recipient = object(call, "recipient")?;
        let message = object(call, "message")?;
        let stranger = match recipient["comment_id"].as_str() {
            Some(id) => self.private_reply(id, comment, call.now)?,
            None => {
                let id = id_text(&recipient["id"]);
                let stranger = self.by_id(&id, house).ok_or_else(nobody)?;
                self.check_window(stranger, rules, call)?;
                stranger
            }
        };
        if rules.unavailable.contains(&self.strangers[stranger].name) {
            return Err(Refusal::code(551, "(#551) This person isn't available right now.").sub(1_545_041));
        }
        let (text, media) = self.content(&message, house, rules, call, share)?;
        if let Some(id) = recipient["comment_id"].as_str() {
            self.replied_comments.push(id.to_owned());
        }
        let id = self.put(stranger, true, &text, media, call.now);
        Ok(json!({"recipient_id": stranger_id(stranger), "message_id": id}))
    }

    /// Once for a comment, within seven days.
    fn private_reply(&self, id: &str, comment: Option<CommentOf>, now: i64) -> Answer<usize> {
        let found = comment.ok_or_else(|| Refusal::missing(id))?;
        if self.replied_comments.iter().any(|done| done == id) {
            return Err(Refusal::code(10_900, "(#10900) Activity already replied to"));
        }
        if now.saturating_sub(found.at_ms) >= WEEK_MS {
            return Err(Refusal::code(
                10_903,
                "(#10903) This user can't reply to this activity",
            ));
        }
        Ok(found.stranger)
    }

    /// 24 hours after the person's last message, seven days for a human agent.
    fn check_window(&mut self, stranger: usize, rules: &Rules<'_>, call: &Call<'_>) -> Answer<()> {
        let tag = call.params.get("tag");
        let kind = call.params.get("messaging_type").unwrap_or("RESPONSE");
        let room = match (kind, tag) {
            (_, Some("HUMAN_AGENT")) if rules.human_agent => WEEK_MS,
            (_, Some("HUMAN_AGENT")) => {
                return Err(Refusal::parameter(
                    "(#100) The HUMAN_AGENT tag needs the Human Agent permission",
                ));
            }
            (_, Some(other)) => {
                return Err(Refusal::parameter(format!(
                    "(#100) Invalid or withdrawn message tag: {other}"
                )));
            }
            ("MESSAGE_TAG", None) => {
                return Err(Refusal::parameter(
                    "(#100) Param tag is required with messaging_type MESSAGE_TAG",
                ));
            }
            ("RESPONSE" | "UPDATE", None) => DAY_MS,
            (other, None) => {
                return Err(Refusal::parameter(format!(
                    "(#100) Param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG: {other}"
                )));
            }
        };
        let person = &mut self.strangers[stranger];
        if person
            .wrote_ms
            .is_some_and(|at| call.now.saturating_sub(at) < room)
        {
            return Ok(());
        }
        person.refused += 1;
        if person.refused > 1 {
            self.tried_again += 1;
        }
        Err(
            Refusal::code(10, "(#10) This message is sent outside of allowed window.")
                .sub(rules.window_subcode),
        )
    }

    fn content(
        &self,
        message: &Value,
        house: usize,
        rules: &Rules<'_>,
        call: &mut Call<'_>,
        share: impl Fn(&str) -> Option<Vec<Media>>,
    ) -> Answer<(String, Vec<Media>)> {
        let text = message["text"].as_str().unwrap_or("").to_owned();
        let long = if rules.in_bytes {
            text.len()
        } else {
            text.chars().count()
        };
        if long > rules.text_max {
            return Err(Refusal::parameter(format!(
                "(#100) Length of param message[text] must be less than or equal to {}",
                rules.text_max
            )));
        }
        let attachment = &message["attachment"];
        if attachment.is_null() {
            return if text.is_empty() {
                Err(Refusal::parameter(
                    "(#100) Message cannot be empty, must provide valid attachment or text",
                ))
            } else {
                Ok((text, Vec::new()))
            };
        }
        let payload = &attachment["payload"];
        let kind = attachment["type"].as_str().unwrap_or("");
        if kind.eq_ignore_ascii_case("media_share") {
            let id = id_text(&payload["id"]);
            let media = share(&id).ok_or_else(|| Refusal::missing(&id))?;
            return Ok((text, media));
        }
        if !payload["attachment_id"].is_null() {
            let id = id_text(&payload["attachment_id"]);
            let found = self.attachments.iter().find(|a| a.id == id && a.house == house);
            let found =
                found.ok_or_else(|| Refusal::parameter("(#100) Invalid attachment id").sub(2_018_074))?;
            return Ok((text, vec![found.media.clone()]));
        }
        Ok((text, vec![fetch(kind, payload, rules, call)?]))
    }

    /// `POST /{page}/message_attachments`: a file for later messages.
    pub(crate) fn upload(&mut self, house: usize, rules: &Rules<'_>, call: &mut Call<'_>) -> Answer {
        let message = object(call, "message")?;
        let attachment = &message["attachment"];
        let kind = attachment["type"].as_str().unwrap_or("");
        let media = fetch(kind, &attachment["payload"], rules, call)?;
        let id = (1_601_472_827_240_000 + self.attachments.len() as u64 + 1).to_string();
        self.attachments.push(Attachment {
            id: id.clone(),
            house,
            media,
        });
        Ok(json!({ "attachment_id": id }))
    }
}

fn fetch(kind: &str, payload: &Value, rules: &Rules<'_>, call: &mut Call<'_>) -> Answer<Media> {
    let wrong = |text: &str| Refusal::parameter(format!("(#100) {text}")).sub(2_018_047);
    let url = payload["url"].as_str().unwrap_or("");
    let fetched = call
        .fetch(url)
        .map_err(|_| Refusal::parameter("(#100) Failed to fetch the file from the url").sub(2_018_008))?;
    let bytes = fetched.bytes;
    if bytes.len() > FILE_MAX || (kind == "image" && bytes.len() > rules.picture_max) {
        return Err(wrong("The attachment is too large"));
    }
    match kind {
        "image" => picture(bytes, None).ok_or_else(|| wrong("The file is no image")),
        "video" => film(bytes)
            .map(|(media, _)| media)
            .ok_or_else(|| wrong("The file is no video")),
        "audio" | "file" => Ok(Media {
            mime: fetched
                .content_type
                .unwrap_or_else(|| "application/octet-stream".to_owned()),
            bytes,
            ..Media::default()
        }),
        other => Err(wrong(&format!("Unsupported attachment type {other}"))),
    }
}

/// A parameter that is a JSON object, whether the body was JSON or a form.
fn object(call: &Call<'_>, name: &str) -> Answer {
    let text = call.need(name)?;
    let value: Option<Value> = serde_json::from_str(text).ok().filter(Value::is_object);
    value.ok_or_else(|| Refusal::parameter(format!("(#100) Param {name} must be a JSON object")))
}

/// An id, as text or as a number.
pub(crate) fn id_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The file that a message or an attachment names, for the vendor to fetch.
pub(crate) fn file_of(req: &crate::sandbox::exchange::SandboxRequest) -> Option<String> {
    let params = req.params();
    let message: Value = serde_json::from_str(params.get("message")?).ok()?;
    message["attachment"]["payload"]["url"]
        .as_str()
        .map(str::to_owned)
}
