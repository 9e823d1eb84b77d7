//! Direct messages (`x.md` 5.1).

use serde_json::{Map, Value, json};

use super::create::known;
use super::limits::{self, afford, pay};
use super::read::{next_token, skipped};
use super::refusal::{Answer, Refusal};
use super::{Call, Caller, X, text, timestamp, user_id};
use crate::sandbox::model::{WallKind, WallMedia, WallPost};

const TEXT_MAX: usize = 10_000;
const THIRTY_DAYS_MS: i64 = 2_592_000_000;

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) conversation: String,
    pub(super) account: usize,
    /// Everybody in the conversation.
    pub(super) members: Vec<usize>,
    pub(super) text: String,
    pub(super) media: Vec<WallMedia>,
    pub(super) at_ms: i64,
    pub(super) deleted_ms: Option<i64>,
}

impl X {
    /// `POST /2/dm_conversations/with/{id}/messages`.
    pub(super) fn send_to(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        let body = call.body()?;
        let other = self.account_by_id(id).filter(|other| *other != caller.account);
        let other = other.ok_or_else(|| Refusal::missing("user", "participant_id", id))?;
        let conversation = one_to_one(caller.account, other);
        self.send(&body, conversation, vec![caller.account, other], caller, call)
    }

    /// `POST /2/dm_conversations/{id}/messages`.
    pub(super) fn send_in(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        let body = call.body()?;
        let known = self
            .messages
            .iter()
            .find(|m| m.conversation == id && m.members.contains(&caller.account));
        let members = known.map(|m| m.members.clone());
        let members = members.ok_or_else(|| Refusal::missing("dm_conversation", "dm_conversation_id", id))?;
        self.send(&body, id.to_owned(), members, caller, call)
    }

    /// `POST /2/dm_conversations`: a new group.
    pub(super) fn send_group(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        let body = call.body()?;
        known(&body, &["conversation_type", "participant_ids", "message"], "$")?;
        if body.get("conversation_type") != Some(&json!("Group")) {
            let value = body.get("conversation_type").cloned().unwrap_or_default();
            return Err(Refusal::invalid(
                "conversation_type",
                &value,
                "$.conversation_type: must be Group",
            ));
        }
        let ids = super::create::strings(&body, "participant_ids")?.unwrap_or_default();
        let mut members = vec![caller.account];
        for id in &ids {
            members.push(
                self.account_by_id(id)
                    .ok_or_else(|| Refusal::missing("user", "participant_ids", id))?,
            );
        }
        if !(2..=49).contains(&ids.len()) {
            return Err(Refusal::invalid(
                "participant_ids",
                &json!(ids),
                "There must be 2 to 49 participants",
            ));
        }
        let message = body
            .get("message")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let conversation = self.next_id(call.now).to_string();
        self.send(&message, conversation, members, caller, call)
    }

    fn send(
        &mut self,
        body: &Map<String, Value>,
        conversation: String,
        members: Vec<usize>,
        caller: &Caller,
        call: &Call<'_>,
    ) -> Answer {
        self.note_repeat(true, caller, call);
        known(body, &["text", "attachments"], "$")?;
        let text = body.get("text").and_then(Value::as_str).unwrap_or("").to_owned();
        let attachments = body
            .get("attachments")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if (text.is_empty() && attachments.is_empty())
            || text.chars().count() > TEXT_MAX
            || attachments.len() > 1
        {
            let value = Value::Object(body.clone());
            return Err(Refusal::invalid(
                "message",
                &value,
                "A message has 1 to 10,000 characters, or one attachment",
            ));
        }
        let closed = |m: &&usize| {
            **m != caller.account && self.settings.no_messages.contains(&self.accounts[**m].username)
        };
        if members.iter().any(|m| closed(&m)) {
            return Err(Refusal::forbidden("You cannot send messages to this user."));
        }
        let mut media = Vec::new();
        for attachment in &attachments {
            let id = attachment["media_id"].as_str().unwrap_or("").to_owned();
            let found = self.message_media(&id, caller.account, call.now);
            media.push(
                found.ok_or_else(|| {
                    Refusal::invalid("attachments", attachment, "Your media IDs are invalid.")
                })?,
            );
        }
        afford(&self.settings, limits::MESSAGE)?;
        pay(&mut self.settings, limits::MESSAGE);
        let id = self.next_id(call.now);
        self.messages.push(Message {
            id,
            conversation: conversation.clone(),
            account: caller.account,
            members,
            text,
            media,
            at_ms: call.now,
            deleted_ms: None,
        });
        self.version += 1;
        self.remember(true, caller.account, call);
        Ok((
            201,
            json!({"data": {"dm_conversation_id": conversation, "dm_event_id": id.to_string()}}),
        ))
    }

    /// `GET /2/dm_conversations/with/{id}/dm_events`.
    pub(super) fn messages_with(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        let other = self
            .account_by_id(id)
            .ok_or_else(|| Refusal::missing("user", "participant_id", id))?;
        self.events(Some(&one_to_one(caller.account, other)), caller, call)
    }

    /// `GET /2/dm_conversations/{id}/dm_events`.
    pub(super) fn messages_in(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        self.events(Some(id), caller, call)
    }

    /// `GET /2/dm_events`.
    pub(super) fn all_messages(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        self.events(None, caller, call)
    }

    fn events(&mut self, conversation: Option<&str>, caller: &Caller, call: &Call<'_>) -> Answer {
        self.looked(true, caller);
        let most: usize = call
            .query("max_results")
            .and_then(|n| n.parse().ok())
            .unwrap_or(100);
        if !(1..=100).contains(&most) {
            return Err(Refusal::invalid(
                "max_results",
                &json!(most),
                "must be between 1 and 100",
            ));
        }
        let lag = self.settings.message_lag_ms.unwrap_or(self.settings.list_lag_ms);
        let seen = |m: &&Message| {
            m.members.contains(&caller.account)
                && m.deleted_ms.is_none()
                && conversation.is_none_or(|id| id == m.conversation)
                && (lag..=THIRTY_DAYS_MS).contains(&call.now.saturating_sub(m.at_ms))
        };
        let skip = skipped(call)?;
        let mut rest = self.messages.iter().rev().filter(seen).skip(skip);
        let shown: Vec<&Message> = rest.by_ref().take(most).collect();
        let more = rest.next().is_some();
        afford(&self.settings, 0)?;
        let ids: Vec<String> = shown.iter().map(|m| format!("message {}", m.id)).collect();
        let asked = call.query("dm_event.fields").unwrap_or("").to_owned();
        let short = self.settings.shorten_messages;
        let data: Vec<Value> = shown.iter().map(|m| event(m, &asked, short)).collect();
        let price = limits::READ_MESSAGE * self.meter.unpaid(&ids, call.now);
        pay(&mut self.settings, price);
        let mut body = json!({"meta": {"result_count": data.len()}});
        if more {
            body["meta"]["next_token"] = next_token(skip + data.len());
        }
        if !data.is_empty() {
            body["data"] = json!(data);
        }
        Ok((200, body))
    }

    /// `DELETE /2/dm_events/{id}`, for oneself.
    pub(super) fn delete_message(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        let number: u64 = id.parse().unwrap_or(0);
        let mine = |m: &&mut Message| m.id == number && m.account == caller.account && m.deleted_ms.is_none();
        let message = self.messages.iter_mut().find(mine);
        let message = message.ok_or_else(|| Refusal::missing("dm_event", "event_id", id))?;
        message.deleted_ms = Some(call.now);
        self.version += 1;
        Ok((200, json!({"data": {"deleted": true}})))
    }

    pub(super) fn message_wall(&self, message: &Message) -> WallPost {
        let account = &self.accounts[message.account];
        let others = message.members.iter().filter(|m| **m != message.account);
        let names: Vec<String> = others
            .map(|m| format!("@{}", self.accounts[*m].username))
            .collect();
        WallPost {
            id: message.id.to_string(),
            username: account.username.clone(),
            name: account.name.clone(),
            at_ms: message.at_ms,
            kind: WallKind::Message,
            text: message.text.clone(),
            media: message.media.clone(),
            to: Some(names.join(", ")),
            permalink: format!(
                "{}/messages/{}",
                self.settings.permalink_base, message.conversation
            ),
            deleted_ms: message.deleted_ms,
            ..WallPost::default()
        }
    }
}

fn event(message: &Message, asked: &str, short: bool) -> Value {
    let mut n = 0;
    let slug = || {
        n += 1;
        format!("m{}n{n}", message.id)
    };
    let text = if short {
        text::shorten(&message.text, slug).0
    } else {
        message.text.clone()
    };
    let mut shown = json!({"id": message.id.to_string(), "event_type": "MessageCreate", "text": text});
    for field in asked.split(',') {
        match field.trim() {
            "created_at" => shown["created_at"] = json!(timestamp(message.at_ms)),
            "sender_id" => shown["sender_id"] = json!(user_id(message.account)),
            "dm_conversation_id" => shown["dm_conversation_id"] = json!(message.conversation),
            _ => {}
        }
    }
    shown
}

fn one_to_one(a: usize, b: usize) -> String {
    format!("{}-{}", user_id(a.min(b)), user_id(a.max(b)))
}
