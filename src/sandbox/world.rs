//! The whole small world: Threads, the mail server, and the faults that strike both.

use serde_json::json;

use super::exchange::{Exchange, SandboxReply, SandboxRequest};
use super::faults::{FaultKind, Faults};
use super::models::mail::{Auth, Mail, MailOutcome};
use super::models::threads::{FetchedMedia, MediaFetcher, Threads};

/// Everything that can be published to, in memory.
#[derive(Clone, Debug)]
pub struct World {
    /// The model of Threads.
    pub threads: Threads,
    /// The model of a mail server.
    pub mail: Mail,
    /// The faults in force.
    pub faults: Faults,
}

/// A fetcher that finds nothing: media then come from [`Threads::put_media`] alone.
struct Nothing;

impl MediaFetcher for Nothing {
    fn fetch(&mut self, _url: &str) -> Result<FetchedMedia, String> {
        Err("no such file".to_owned())
    }
}

impl World {
    /// An empty world. The same seed and the same calls give the same world.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            threads: Threads::new(seed),
            mail: Mail::new(),
            faults: Faults::new(seed),
        }
    }

    /// One HTTP call, with the fault that strikes it, at this time (Unix milliseconds).
    pub fn http(&mut self, req: &SandboxRequest, now_ms: i64) -> Exchange {
        self.http_with(req, now_ms, &mut Nothing)
    }

    /// As [`World::http`], with files from `fetcher`.
    pub fn http_with(
        &mut self,
        req: &SandboxRequest,
        now_ms: i64,
        fetcher: &mut dyn MediaFetcher,
    ) -> Exchange {
        let step = self.threads.step_of(req);
        match self.faults.strike(step, &req.path) {
            None => Exchange::Reply(self.threads.handle_with(req, now_ms, fetcher)),
            Some(fault) => self.struck(&fault, step, req, now_ms, fetcher),
        }
    }

    /// One mail transaction, with the faults that strike its steps.
    pub fn transact(
        &mut self,
        from: &str,
        rcpts: &[String],
        message: &[u8],
        auth: &Auth,
        now_ms: i64,
    ) -> MailOutcome {
        self.mail
            .transact(&mut self.faults, from, rcpts, message, auth, now_ms)
    }

    fn struck(
        &mut self,
        fault: &FaultKind,
        step: &str,
        req: &SandboxRequest,
        now: i64,
        fetcher: &mut dyn MediaFetcher,
    ) -> Exchange {
        match fault {
            FaultKind::LostBefore => Exchange::Dropped { applied: false },
            FaultKind::LostAfter => {
                self.threads.handle_with(req, now, fetcher);
                Exchange::Dropped { applied: true }
            }
            FaultKind::Hang { applied } => {
                if *applied {
                    self.threads.handle_with(req, now, fetcher);
                }
                Exchange::Hang { applied: *applied }
            }
            FaultKind::Truncated => {
                let reply = self.threads.handle_with(req, now, fetcher);
                let sent = reply.body.len() / 2;
                Exchange::Truncated { reply, sent }
            }
            FaultKind::StuckContainer | FaultKind::FailedContainer { .. } => {
                Exchange::Reply(self.spoil_container(fault, step, req, now, fetcher))
            }
            FaultKind::ServerErrorAfter { .. } | FaultKind::GraphTwoAfter | FaultKind::RestrictedAfter => {
                self.threads.handle_with(req, now, fetcher);
                Exchange::Reply(error_of(fault))
            }
            FaultKind::GraphError { applied, .. } => {
                if *applied {
                    self.threads.handle_with(req, now, fetcher);
                }
                Exchange::Reply(error_of(fault))
            }
            FaultKind::RequestRepeated { status } => Exchange::Reply(repeated(*status, req)),
            FaultKind::ServerError { .. }
            | FaultKind::RateLimited { .. }
            | FaultKind::MediaNotFound
            | FaultKind::MediaNotFetched
            | FaultKind::SmtpReply { .. } => Exchange::Reply(error_of(fault)),
            FaultKind::TokenExpired | FaultKind::TokenRevoked { .. } => {
                self.spoil_token(fault, req, now);
                Exchange::Reply(self.threads.handle_with(req, now, fetcher))
            }
            FaultKind::ListLag { ms } => {
                let before = std::mem::replace(&mut self.threads.settings.list_lag_ms, *ms);
                let reply = self.threads.handle_with(req, now, fetcher);
                self.threads.settings.list_lag_ms = before;
                Exchange::Reply(reply)
            }
        }
    }

    fn spoil_container(
        &mut self,
        fault: &FaultKind,
        step: &str,
        req: &SandboxRequest,
        now: i64,
        fetcher: &mut dyn MediaFetcher,
    ) -> SandboxReply {
        let reply = self.threads.handle_with(req, now, fetcher);
        if step == "threads.create" && reply.status == 200 {
            match fault {
                FaultKind::FailedContainer { message } => self.threads.fail_last_container(message),
                _ => self.threads.stick_last_container(),
            }
        }
        reply
    }

    fn spoil_token(&mut self, fault: &FaultKind, req: &SandboxRequest, now: i64) {
        let Some(token) = Threads::token_of(req) else {
            return;
        };
        match fault {
            FaultKind::TokenRevoked { subcode } => self.threads.revoke_token(&token, *subcode),
            _ => self.threads.expire_token(&token, now),
        };
    }
}

/// The body of a fault that is an answer.
fn error_of(fault: &FaultKind) -> SandboxReply {
    let graph = |status: u16, mut error: serde_json::Value| {
        error["type"] = json!("OAuthException");
        error["fbtrace_id"] = json!("AFaultOnRequest");
        SandboxReply::json(status, &json!({ "error": error }))
    };
    match fault {
        FaultKind::GraphTwoAfter => graph(
            500,
            json!({"message": "An unexpected error has occurred. Please retry your request later.", "code": 2, "is_transient": true}),
        ),
        FaultKind::RestrictedAfter => graph(
            400,
            json!({"message": "Application request limit reached", "code": 4, "error_subcode": 2_207_051,
                "is_transient": false, "error_user_title": "Action is blocked",
                "error_user_msg": "We restrict certain activity to protect our community."}),
        ),
        FaultKind::MediaNotFound => graph(
            400,
            json!({"message": "The requested resource does not exist", "code": 24, "error_subcode": 4_279_009,
                "is_transient": false, "error_user_title": "Media Not Found", "error_user_msg": "The media cannot be found."}),
        ),
        FaultKind::MediaNotFetched => graph(
            400,
            json!({"message": "The media could not be fetched from this URI", "code": 9004, "error_subcode": 2_207_052, "is_transient": false}),
        ),
        FaultKind::GraphError {
            status,
            code,
            subcode,
            ..
        } => {
            let mut error = json!({"message": format!("(#{code}) An error on request"), "code": code});
            if let Some(subcode) = subcode {
                error["error_subcode"] = json!(subcode);
            }
            graph(*status, error)
        }
        FaultKind::RateLimited { retry_after_s } => {
            let mut reply = graph(
                429,
                json!({"message": "(#4) Application request limit reached", "code": 4, "is_transient": true}),
            );
            reply
                .headers
                .push(("Retry-After".to_owned(), retry_after_s.to_string()));
            reply
        }
        FaultKind::ServerError { status } | FaultKind::ServerErrorAfter { status } => outage(*status),
        _ => outage(500),
    }
}

/// Everything that the request held, as words of an error.
fn repeated(status: u16, req: &SandboxRequest) -> SandboxReply {
    let words = format!(
        "Malformed request: {} {}?{:?} {:?} {}",
        req.method,
        req.path,
        req.query,
        req.header("authorization"),
        String::from_utf8_lossy(&req.body)
    );
    if status >= 500 {
        return SandboxReply::html(status, format!("<html><body>{words}</body></html>"));
    }
    let error = json!({"message": words.as_str(), "type": "OAuthException", "code": 100, "is_transient": false,
        "error_user_title": words.as_str(), "error_user_msg": words, "fbtrace_id": "AFaultOnRequest"});
    SandboxReply::json(status, &json!({ "error": error }))
}

/// Shape (e): an outage page that is no JSON (meta-common.md 3e).
fn outage(status: u16) -> SandboxReply {
    SandboxReply::html(
        status,
        "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1>\
         <p>We're working on it and we'll get it fixed as soon as we can.</p></body></html>"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::faults::FaultRule;

    const NOW: i64 = 1_767_225_600_000;

    /// A container that is ready, and the request that publishes it.
    fn ready() -> (World, SandboxRequest) {
        let mut world = World::new(3);
        let token = world.threads.with_account("ada", NOW);
        let create = SandboxRequest::new("POST", "/v1.0/me/threads")
            .with_bearer(&token)
            .with_form(&[("media_type", "TEXT"), ("text", "a")]);
        let id = world.threads.handle(&create, NOW - 5_000).value()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let publish = SandboxRequest::new("POST", "/v1.0/me/threads_publish")
            .with_bearer(&token)
            .with_form(&[("creation_id", &id)]);
        (world, publish)
    }

    #[test]
    fn faults_say_one_thing_and_do_another() {
        let cases = [
            (FaultKind::LostBefore, "dropped", 0),
            (FaultKind::LostAfter, "dropped", 1),
            (FaultKind::Hang { applied: true }, "hang", 1),
            (FaultKind::Hang { applied: false }, "hang", 0),
            (FaultKind::Truncated, "cut", 1),
            (FaultKind::ServerError { status: 503 }, "503 html", 0),
            (FaultKind::ServerErrorAfter { status: 502 }, "502 html", 1),
            (FaultKind::GraphTwoAfter, "500 code 2", 1),
            (
                FaultKind::GraphError {
                    status: 403,
                    code: 368,
                    subcode: None,
                    applied: false,
                },
                "403 code 368",
                0,
            ),
            (
                FaultKind::GraphError {
                    status: 400,
                    code: 1,
                    subcode: Some(99),
                    applied: true,
                },
                "400 code 1",
                1,
            ),
            (FaultKind::RestrictedAfter, "400 code 4", 1),
            (FaultKind::MediaNotFound, "400 code 24", 0),
            (FaultKind::MediaNotFetched, "400 code 9004", 0),
            (FaultKind::RateLimited { retry_after_s: 30 }, "429 code 4", 0),
            (FaultKind::RequestRepeated { status: 400 }, "400 code 100", 0),
            (FaultKind::RequestRepeated { status: 502 }, "502 html", 0),
            (FaultKind::TokenExpired, "400 code 190", 0),
            (FaultKind::TokenRevoked { subcode: Some(460) }, "400 code 190", 0),
        ];
        for (kind, seen, posts) in cases {
            let (mut world, publish) = ready();
            world.faults.add(FaultRule::once("threads.publish", kind.clone()));
            let said = match world.http(&publish, NOW) {
                Exchange::Dropped { .. } => "dropped".to_owned(),
                Exchange::Hang { .. } => "hang".to_owned(),
                Exchange::Truncated { reply, sent } => {
                    assert!(sent < reply.body.len());
                    "cut".to_owned()
                }
                Exchange::Reply(reply) => match reply.value()["error"]["code"].as_i64() {
                    Some(code) => format!("{} code {code}", reply.status),
                    None => format!("{} html", reply.status),
                },
            };
            assert_eq!(
                (said.as_str(), world.threads.published().len()),
                (seen, posts),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn containers_can_be_spoilt_and_lists_can_lag() {
        for (kind, expected) in [
            (FaultKind::StuckContainer, "IN_PROGRESS"),
            (
                FaultKind::FailedContainer {
                    message: "UNKNOWN".to_owned(),
                },
                "ERROR",
            ),
        ] {
            let mut world = World::new(3);
            let token = world.threads.with_account("ada", NOW);
            world.faults.add(FaultRule::once("threads.create", kind));
            let form = [("media_type", "TEXT"), ("text", "a")];
            let create = SandboxRequest::new("POST", "/v1.0/me/threads")
                .with_bearer(&token)
                .with_form(&form);
            let Exchange::Reply(made) = world.http(&create, NOW) else {
                panic!()
            };
            let id = made.value()["id"].as_str().unwrap().to_owned();
            let status = SandboxRequest::new("GET", &format!("/v1.0/{id}?fields=status")).with_bearer(&token);
            let Exchange::Reply(reply) = world.http(&status, NOW + 60_000) else {
                panic!()
            };
            assert_eq!(reply.value()["status"], expected);
        }
        let (mut world, publish) = ready();
        world.http(&publish, NOW);
        world
            .faults
            .add(FaultRule::once("threads.list", FaultKind::ListLag { ms: 60_000 }));
        let list = SandboxRequest {
            method: "GET".to_owned(),
            path: "/v1.0/me/threads".to_owned(),
            ..publish
        };
        let mut count = || match world.http(&list, NOW + 30_000) {
            Exchange::Reply(reply) => reply.value()["data"].as_array().unwrap().len(),
            other => panic!("{other:?}"),
        };
        assert_eq!((count(), count()), (0, 1));
    }
}
