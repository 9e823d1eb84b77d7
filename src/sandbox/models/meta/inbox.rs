//! The conversations of Pages and professional accounts: who wrote when, and what was answered (facebook.md 5,
//! instagram.md 5).

use serde_json::{Value, json};

use super::media::Media;
use super::refusal::{Answer, Refusal};
use super::times::timestamp;
use super::{Call, fields};
use crate::sandbox::model::{WallKind, WallPost};

const STRANGER_BASE: u64 = 5_275_811_702_471_000;

/// Somebody who wrote to one of the houses.
#[derive(Clone, Debug)]
pub(crate) struct Stranger {
    pub(crate) name: String,
    /// The place of the Page or account that they wrote to.
    pub(crate) house: usize,
    /// When they wrote last; none when they only wrote a comment.
    pub(crate) wrote_ms: Option<i64>,
    /// How many messages to them were refused because the window was closed.
    pub(crate) refused: u32,
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) stranger: usize,
    /// Whether the house sent it.
    pub(crate) sent: bool,
    pub(crate) text: String,
    pub(crate) media: Vec<Media>,
    pub(crate) at_ms: i64,
}

/// A file that was uploaded before its message (`message_attachments`).
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) id: String,
    pub(crate) house: usize,
    pub(crate) media: Media,
}

/// All conversations of one model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) strangers: Vec<Stranger>,
    pub(crate) messages: Vec<Message>,
    pub(crate) attachments: Vec<Attachment>,
    /// Who writes with the next call: house, name, text.
    pub(crate) coming: Vec<(usize, String, String)>,
    /// Comments that got their private reply.
    pub(crate) replied_comments: Vec<String>,
    /// Messages that were tried again after the window had been found closed.
    pub(crate) tried_again: u32,
}

impl Inbox {
    /// A person writes to a house, which opens its window; answers their id.
    pub(crate) fn person_writes(&mut self, house: usize, name: &str, text: &str, now: i64) -> String {
        let stranger = self.stranger(house, name);
        self.strangers[stranger].wrote_ms = Some(now);
        self.strangers[stranger].refused = 0;
        self.put(stranger, false, text, Vec::new(), now);
        stranger_id(stranger)
    }

    /// The person of this name who knows this house.
    pub(crate) fn stranger(&mut self, house: usize, name: &str) -> usize {
        let known = self
            .strangers
            .iter()
            .position(|s| s.house == house && s.name == name);
        known.unwrap_or_else(|| {
            self.strangers.push(Stranger {
                name: name.to_owned(),
                house,
                wrote_ms: None,
                refused: 0,
            });
            self.strangers.len() - 1
        })
    }

    /// Lets those write who wait since a switch was changed: switches know no time.
    pub(crate) fn let_come(&mut self, now: i64) {
        for (house, name, text) in std::mem::take(&mut self.coming) {
            self.person_writes(house, &name, &text, now);
        }
    }

    pub(crate) fn put(
        &mut self,
        stranger: usize,
        sent: bool,
        text: &str,
        media: Vec<Media>,
        now: i64,
    ) -> String {
        let number = self.messages.len() as u64 + 1;
        let id = format!("m_sandbox{:024x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self.messages.push(Message {
            id: id.clone(),
            stranger,
            sent,
            text: text.to_owned(),
            media,
            at_ms: now,
        });
        id
    }

    pub(crate) fn by_id(&self, id: &str, house: usize) -> Option<usize> {
        let index = id
            .parse::<u64>()
            .ok()?
            .checked_sub(STRANGER_BASE)?
            .checked_sub(1)?;
        let index = usize::try_from(index).ok()?;
        self.strangers
            .get(index)
            .filter(|s| s.house == house)
            .map(|_| index)
    }

    /// `GET /{house}/conversations`; messages that are younger than the lag are not shown.
    pub(crate) fn conversations(
        &self,
        house: usize,
        own_id: &str,
        own_name: &str,
        lag: i64,
        call: &Call<'_>,
    ) -> Answer {
        let only = call.params.get("user_id").map(|id| self.by_id(id, house));
        if only == Some(None) {
            return Ok(json!({"data": []}));
        }
        let seen = call.now.saturating_sub(lag);
        let mut talks: Vec<(i64, Value)> = Vec::new();
        for index in 0..self.strangers.len() {
            if self.strangers[index].house != house || only.flatten().is_some_and(|one| one != index) {
                continue;
            }
            let messages: Vec<&Message> = self
                .messages
                .iter()
                .rev()
                .filter(|m| m.stranger == index && m.at_ms <= seen)
                .collect();
            if let Some(last) = messages.first() {
                talks.push((last.at_ms, self.talk(index, &messages, own_id, own_name)));
            }
        }
        talks.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let talks: Vec<Value> = talks.into_iter().map(|(_, talk)| talk).collect();
        fields::list_page(&talks, call, "id,updated_time", "UnifiedThread", 25)
    }

    fn talk(&self, index: usize, messages: &[&Message], own_id: &str, own_name: &str) -> Value {
        let stranger = json!({"id": stranger_id(index), "name": self.strangers[index].name,
            "username": self.strangers[index].name.to_lowercase().replace(' ', "_")});
        let own = json!({"id": own_id, "name": own_name, "username": own_name});
        let nodes: Vec<Value> = messages
            .iter()
            .map(|m| {
                let (from, to) = if m.sent { (&own, &stranger) } else { (&stranger, &own) };
                let files: Vec<Value> = m
                    .media
                    .iter()
                    .map(|file| json!({"mime_type": file.mime, "size": file.bytes.len()}))
                    .collect();
                json!({"id": m.id, "created_time": timestamp(m.at_ms), "from": from, "to": {"data": [to]},
                    "message": m.text, "attachments": if files.is_empty() { Value::Null } else { json!({"data": files}) }})
            })
            .collect();
        json!({
            "id": format!("t_{}", stranger_id(index)),
            "updated_time": messages.first().map(|m| timestamp(m.at_ms)),
            "message_count": messages.len(),
            "participants": {"data": [stranger, own]},
            "messages": {"data": nodes},
        })
    }

    /// What the houses sent, as the wall shows it.
    pub(crate) fn wall<'a>(
        &'a self,
        name_of: impl Fn(usize) -> String + 'a,
    ) -> impl Iterator<Item = WallPost> + 'a {
        self.messages.iter().filter(|m| m.sent).map(move |m| {
            let stranger = &self.strangers[m.stranger];
            let name = name_of(stranger.house);
            WallPost {
                id: m.id.clone(),
                username: name.clone(),
                name,
                at_ms: m.at_ms,
                kind: WallKind::Message,
                text: m.text.clone(),
                media: m.media.iter().map(Media::wall).collect(),
                to: Some(stranger.name.clone()),
                ..WallPost::default()
            }
        })
    }

    /// Reads `{"to": house, "from": name, "text": words}` of the switch `write_first`.
    pub(crate) fn coming_from(value: &Value) -> Result<(String, String, String), String> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        match (text("to"), text("from")) {
            (Some(to), Some(from)) => Ok((to, from, text("text").unwrap_or_else(|| "Hello!".to_owned()))),
            (_, _) => {
                Err("write_first needs \"to\" (the account's name) and \"from\" (a person's name)".to_owned())
            }
        }
    }
}

/// The id of a person, as seen by the house (PSID, IGSID).
pub(crate) fn stranger_id(index: usize) -> String {
    (STRANGER_BASE + index as u64 + 1).to_string()
}

/// No such person for this house.
pub(crate) fn nobody() -> Refusal {
    Refusal::parameter("(#100) No matching user found").sub(2_018_001)
}
