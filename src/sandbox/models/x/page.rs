//! The authorise page that a person sees.

use super::auth::Asked;
use crate::sandbox::exchange::escape;

const STYLE: &str = include_str!("../page.css");

/// The page with its two buttons. The form goes back to the page's own address, which carries the parameters.
pub(super) fn authorize(asked: &Asked, usernames: &[&str]) -> String {
    let mut accounts = String::new();
    for (index, name) in usernames.iter().enumerate() {
        let name = escape(name);
        let checked = if index == 0 { " checked" } else { "" };
        let face = name
            .chars()
            .next()
            .map(|c| c.to_uppercase().to_string())
            .unwrap_or_default();
        accounts.push_str(&format!(
            "<label class=account><input type=radio name=_sandbox_account value=\"{name}\"{checked}>\
             <span class=face>{face}</span><span>@{name}</span></label>"
        ));
    }
    let wishes: String = asked
        .scopes
        .iter()
        .map(|scope| format!("<li>{}<code>{}</code></li>", words(scope), escape(scope)))
        .collect();
    let body = format!(
        "<p class=brand>X <em>sandbox</em></p><h1><b>{app}</b> wants to access your X account.</h1>\
         <form method=post><fieldset><legend>Continue as</legend>{accounts}</fieldset>\
         <p class=what>It will be able to:</p><ul>{wishes}</ul>\
         <div class=buttons><button class=yes name=decision value=allow>Authorize app</button>\
         <button name=decision value=cancel>Cancel</button></div></form>\
         <p class=foot>This is a stand-in on your own machine. Nothing here reaches X.</p>",
        app = escape(&asked.client_id),
    );
    shell("Authorize app", &body)
}

/// The page for a request that X would not even show.
pub(super) fn refused(message: &str) -> String {
    let body = format!(
        "<p class=brand>X <em>sandbox</em></p><h1>Something went wrong</h1><p class=wrong>{}</p>\
         <p class=foot>You weren't able to give access to the App. Go back and try logging in again.</p>",
        escape(message)
    );
    shell("Login not possible", &body)
}

fn words(scope: &str) -> &'static str {
    match scope {
        "tweet.read" => "see posts",
        "tweet.write" => "post and repost for you",
        "tweet.moderate.write" => "hide replies to your posts",
        "users.read" => "see profiles",
        "media.write" => "upload media",
        "dm.read" => "read your messages",
        "dm.write" => "send messages for you",
        "offline.access" => "stay connected until you revoke it",
        _ => "more of your account",
    }
}

fn shell(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
}
