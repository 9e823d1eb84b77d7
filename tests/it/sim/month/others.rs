//! Somebody else who publishes with the account, by the vendor's own app; and how a vendor says that a limit is reached.

use crier::domain::time::Timestamp;
use crier::sandbox::exchange::{SandboxReply, SandboxRequest};
use crier::sandbox::model::Model as _;
use crier::sandbox::models::mail::Auth;
use crier::sandbox::world::World;

use super::limits;
use crate::sim::cast::Cast;
use crate::sim::request::Files;

/// What the words of others begin with.
pub const OTHERS: &str = "others";

/// `others N`: so many posts of theirs at once, or so many that count from now on.
pub fn publish(world: &mut World, cast: &Cast, account: &str, text: &str, now: Timestamp) {
    let many = text
        .rsplit(' ')
        .next()
        .and_then(|n| n.parse::<usize>().ok())
        .unwrap_or(0);
    match cast.platform {
        "instagram" => world.instagram.settings.used_by_others = many.min(2),
        "tiktok" => world.tiktok.settings.foreign_posts = many.min(2),
        "facebook" => {
            let all = limits::of(cast).into_iter().find(|l| l.fact == "reels");
            world.facebook.settings.reels_quota = all.map_or(0, |l| l.max.saturating_sub(many));
        }
        _ => (0..many).for_each(|n| one(world, cast, account, &format!("{OTHERS} {} {n}", now.0), now)),
    }
}

fn one(world: &mut World, cast: &Cast, account: &str, text: &str, now: Timestamp) {
    match cast.platform {
        "threads" => {
            world.threads.seed_post(account, text, None, now.0);
        }
        "x" => {
            let token = world.x.grant(account, &[], now.0);
            let mut request = SandboxRequest::new("POST", "/2/tweets").with_bearer(&token);
            "api_base".clone_into(&mut request.host_role);
            request.body = serde_json::json!({ "text": text }).to_string().into();
            let request = request.with_header("Content-Type", "application/json");
            world.x.answer(&request, now.0, &mut Files::default());
        }
        "email" => {
            let auth = Auth::Plain {
                user: "crier@sandbox.example".into(),
                password: "sandbox".into(),
            };
            let message = format!("From: {OTHERS}@club.example\r\nSubject: {text}\r\n\r\n{text}\r\n");
            let to = ["reader@elsewhere.example".to_owned()];
            let from = format!("{OTHERS}@club.example");
            world.mail.transact(
                &mut crier::sandbox::faults::Faults::new(1),
                &from,
                &to,
                message.as_bytes(),
                &auth,
                now.0,
            );
        }
        _ => {}
    }
}

/// Whether an answer says that a limit is reached, in any vendor's words.
pub fn says_full(reply: &SandboxReply) -> bool {
    let body = String::from_utf8_lossy(&reply.body[..reply.body.len().min(2_000)]).into_owned();
    let words = [
        "request limit reached",
        "spam_risk_too_many",
        "reached_active_user_cap",
        "rate_limit_exceeded",
        "\"code\":613",
        "\"code\":9,",
    ];
    reply.status == 429 || words.iter().any(|w| body.contains(w))
}
