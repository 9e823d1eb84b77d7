//! Looking at posts: one, several, a profile's, a conversation's (`x.md` 5).

use serde_json::{Value, json};

use super::limits::{self, afford, pay};
use super::refusal::{Answer, Refusal};
use super::show::Post;
use super::{Call, Caller, X, user_id};

/// How many of the latest posts a list goes back.
const HISTORY_MAX: usize = 3_200;
const SEARCH_MS: i64 = 604_800_000;
const IDS_MAX: usize = 100;

/// What a list was asked for.
struct Window {
    since_id: u64,
    until_id: u64,
    start_ms: i64,
    end_ms: i64,
    most: usize,
    skip: usize,
}

impl X {
    /// `GET /2/tweets/{id}`.
    pub(super) fn get(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        self.looked(false, caller);
        let number = id
            .parse()
            .map_err(|_| Refusal::invalid("id", &json!(id), "The id is not valid"))?;
        let Some(at) = self.live(number) else {
            return Ok((200, json!({"errors": [self.not_found("id", id)]})));
        };
        self.bill_posts(&[at], caller, call.now)?;
        Ok((200, json!({"data": self.full(&self.posts[at], caller, call)})))
    }

    fn not_found(&self, parameter: &str, id: &str) -> Value {
        Refusal::missing("tweet", parameter, id).partial(&self.settings)
    }

    /// `GET /2/tweets?ids=`: what is missing comes as errors in a 200.
    pub(super) fn get_many(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        self.looked(false, caller);
        let ids: Vec<String> = call
            .query("ids")
            .unwrap_or("")
            .split(',')
            .map(str::to_owned)
            .collect();
        if ids.len() > IDS_MAX || ids.iter().any(|id| id.parse::<u64>().is_err()) {
            return Err(Refusal::invalid(
                "ids",
                &json!(call.query("ids")),
                "The ids must be 1 to 100 numbers",
            ));
        }
        let found: Vec<usize> = ids
            .iter()
            .filter_map(|id| self.live(id.parse().unwrap_or(0)))
            .collect();
        self.bill_posts(&found, caller, call.now)?;
        let data: Vec<Value> = found
            .iter()
            .map(|at| self.full(&self.posts[*at], caller, call))
            .collect();
        let gone = ids
            .iter()
            .filter(|id| self.live(id.parse().unwrap_or(0)).is_none());
        let errors: Vec<Value> = gone.map(|id| self.not_found("ids", id)).collect();
        let mut body = json!({});
        if !data.is_empty() {
            body["data"] = json!(data);
        }
        if !errors.is_empty() {
            body["errors"] = json!(errors);
        }
        Ok((200, body))
    }

    /// `GET /2/users/{id}/tweets`, the newest first.
    pub(super) fn list(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        self.looked(false, caller);
        let Some(account) = self.account_by_id(id) else {
            let missing = Refusal::missing("user", "id", id).partial(&self.settings);
            return Ok((200, json!({ "errors": [missing] })));
        };
        let window = window(call, 5)?;
        let exclude = call.query("exclude").unwrap_or("").to_owned();
        let (replies, reposts) = (exclude.contains("replies"), exclude.contains("retweets"));
        let wanted = |post: &Post| {
            post.account == account
                && !(replies && post.reply_to.is_some())
                && !(reposts && post.repost_of.is_some())
        };
        self.page(&window, &wanted, caller, call)
    }

    /// `GET /2/tweets/search/recent?query=conversation_id:ID`, the last seven days.
    pub(super) fn search(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        self.looked(false, caller);
        let query = call.query("query").unwrap_or("").to_owned();
        let conversation = query
            .strip_prefix("conversation_id:")
            .and_then(|id| id.trim().parse::<u64>().ok());
        let author = query.strip_prefix("from:").map(|name| name.trim().to_lowercase());
        if conversation.is_none() && author.is_none() {
            return Err(Refusal::invalid(
                "query",
                &json!(query),
                "This query is not understood here",
            ));
        }
        let mut window = window(call, 10)?;
        window.start_ms = window.start_ms.max(call.now - SEARCH_MS);
        let names: Vec<String> = self.accounts.iter().map(|a| a.username.to_lowercase()).collect();
        let wanted = |post: &Post| match conversation {
            Some(id) => post.conversation == id && post.id != id && post.repost_of.is_none(),
            None => author.as_ref() == names.get(post.account),
        };
        self.page(&window, &wanted, caller, call)
    }

    fn page(
        &mut self,
        window: &Window,
        wanted: &dyn Fn(&Post) -> bool,
        caller: &Caller,
        call: &Call<'_>,
    ) -> Answer {
        let lag = self.settings.list_lag_ms;
        let seen = |post: &Post| {
            post.deleted_ms.is_none()
                && !post.superseded
                && call.now.saturating_sub(post.at_ms) >= lag
                && post.id > window.since_id
                && post.id < window.until_id
                && (window.start_ms..window.end_ms).contains(&post.at_ms)
        };
        let all: Vec<usize> = (0..self.posts.len())
            .rev()
            .filter(|at| seen(&self.posts[*at]) && wanted(&self.posts[*at]))
            .take(HISTORY_MAX)
            .collect();
        let shown: Vec<usize> = all.iter().copied().skip(window.skip).take(window.most).collect();
        self.bill_posts(&shown, caller, call.now)?;
        let data: Vec<Value> = shown
            .iter()
            .map(|at| self.full(&self.posts[*at], caller, call))
            .collect();
        let mut meta = json!({"result_count": data.len()});
        if let (Some(newest), Some(oldest)) = (shown.first(), shown.last()) {
            meta["newest_id"] = json!(self.posts[*newest].id.to_string());
            meta["oldest_id"] = json!(self.posts[*oldest].id.to_string());
        }
        if window.skip + shown.len() < all.len() {
            meta["next_token"] = next_token(window.skip + shown.len());
        }
        let mut body = json!({ "meta": meta });
        if !data.is_empty() {
            body["data"] = json!(data);
        }
        Ok((200, body))
    }

    /// Reads cost money once a day and post; own posts are cheap for who owns the app (`x.md` 6.3).
    fn bill_posts(&mut self, found: &[usize], caller: &Caller, now: i64) -> Answer<()> {
        let mut price = 0_i64;
        afford(&self.settings, 0)?;
        for own in [true, false] {
            let of = |at: &&usize| (self.posts[**at].account == caller.account && self.settings.owner) == own;
            let ids: Vec<String> = found
                .iter()
                .filter(of)
                .map(|at| format!("post {}", self.posts[*at].id))
                .collect();
            let each = if own { limits::READ_OWN } else { limits::READ_POST };
            price = price.saturating_add(each * self.meter.unpaid(&ids, now));
        }
        pay(&mut self.settings, price);
        Ok(())
    }

    /// `GET /2/users/me`.
    pub(super) fn me(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        self.user(caller.account, call)
    }

    /// A profile by its name.
    pub(super) fn user_by_name(&mut self, name: &str, call: &Call<'_>) -> Answer {
        let found = self
            .accounts
            .iter()
            .position(|a| a.username.eq_ignore_ascii_case(name));
        match found {
            Some(account) => self.user(account, call),
            None => {
                let missing = Refusal::missing("user", "username", name).partial(&self.settings);
                Ok((200, json!({ "errors": [missing] })))
            }
        }
    }

    fn user(&mut self, account: usize, call: &Call<'_>) -> Answer {
        afford(&self.settings, 0)?;
        let ids = [format!("user {}", user_id(account))];
        let price = limits::READ_USER * self.meter.unpaid(&ids, call.now);
        pay(&mut self.settings, price);
        let premium = self.premium(account);
        let who = &self.accounts[account];
        let mut data = json!({"id": user_id(account), "name": who.name, "username": who.username});
        for field in call.query("user.fields").unwrap_or("").split(',') {
            let value = match field.trim() {
                "verified" => json!(premium),
                "verified_type" => json!(if premium { "blue" } else { "none" }),
                "subscription_type" => json!(if premium { "Premium" } else { "None" }),
                "protected" => json!(false),
                "created_at" => json!("2013-12-14T04:35:55.000Z"),
                "profile_image_url" => json!("https://pbs.twimg.com/profile_images/1/normal.jpg"),
                "public_metrics" => {
                    let posts = self
                        .posts
                        .iter()
                        .filter(|p| p.account == account && p.deleted_ms.is_none());
                    json!({"followers_count": 0, "following_count": 0, "tweet_count": posts.count(), "listed_count": 0})
                }
                _ => continue,
            };
            data[field.trim()] = value;
        }
        Ok((200, json!({ "data": data })))
    }
}

/// Where the page after `seen` entries begins.
pub(super) fn next_token(seen: usize) -> Value {
    json!(format!("{TOKEN}{seen}"))
}

/// How many entries the pages before this one had.
pub(super) fn skipped(call: &Call<'_>) -> Answer<usize> {
    let token = call.query("pagination_token").or(call.query("next_token"));
    let number = |text: &str| text.strip_prefix(TOKEN)?.parse().ok();
    token.map_or(Ok(0), |text| {
        number(text).ok_or_else(|| {
            let message = "The `pagination_token` query parameter value is not valid";
            Refusal::invalid("pagination_token", &json!(text), message)
        })
    })
}

const TOKEN: &str = "7140dibdnow9c7btw";

fn window(call: &Call<'_>, fewest: usize) -> Answer<Window> {
    let wrong = |name: &str| {
        let value = json!(call.query(name));
        Refusal::invalid(
            name,
            &value,
            format!("The `{name}` query parameter value is not valid"),
        )
    };
    let id = |name: &str, without: u64| match call.query(name) {
        None => Ok(without),
        Some(text) => text.parse::<u64>().map_err(|_| wrong(name)),
    };
    let time = |name: &str, without: i64| match call.query(name) {
        None => Ok(without),
        Some(text) => text
            .parse::<jiff::Timestamp>()
            .map(jiff::Timestamp::as_millisecond)
            .map_err(|_| wrong(name)),
    };
    let most = match call.query("max_results") {
        None => 10,
        Some(text) => text.parse().map_err(|_| wrong("max_results"))?,
    };
    if !(fewest..=100).contains(&most) {
        return Err(wrong("max_results"));
    }
    let skip = skipped(call)?;
    Ok(Window {
        since_id: id("since_id", 0)?,
        until_id: id("until_id", u64::MAX)?,
        start_ms: time("start_time", i64::MIN)?,
        end_ms: time("end_time", i64::MAX)?,
        most,
        skip,
    })
}
