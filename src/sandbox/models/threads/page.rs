//! The authorise page that a person sees.

use super::auth::Asked;
use super::{Scopes, scope};
use crate::sandbox::exchange::escape;

const STYLE: &str = include_str!("../page.css");

/// The page with its two buttons.
pub(super) fn authorize(asked: &Asked, usernames: &[&str]) -> String {
    let mut accounts = String::new();
    for (index, name) in usernames.iter().enumerate() {
        let name = escape(name);
        let checked = if index == 0 { " checked" } else { "" };
        accounts.push_str(&format!(
            "<label class=account><input type=radio name=_sandbox_account value=\"{name}\"{checked}>\
             <span class=face>{}</span><span>@{name}</span></label>",
            name.chars()
                .next()
                .map(|c| c.to_uppercase().to_string())
                .unwrap_or_default()
        ));
    }
    let hidden = [
        ("client_id", asked.client_id.as_str()),
        ("redirect_uri", &asked.redirect_uri),
        ("scope", &asked.scope),
        ("response_type", "code"),
        ("state", asked.state.as_deref().unwrap_or("")),
    ];
    let fields: String = hidden
        .iter()
        .map(|(name, value)| format!("<input type=hidden name={name} value=\"{}\">", escape(value)))
        .collect();
    let body = format!(
        "<p class=brand>Threads <em>sandbox</em></p><h1>Let <b>{app}</b> use your profile?</h1>\
         <form method=post action=\"/oauth/authorize\">{fields}<fieldset><legend>Continue as</legend>{accounts}</fieldset>\
         <p class=what>It will be able to:</p><ul>{wishes}</ul>\
         <div class=buttons><button class=yes name=decision value=allow>Allow</button>\
         <button name=decision value=cancel>Cancel</button></div></form>\
         <p class=foot>This is a stand-in on your own machine. Nothing here reaches Meta.</p>",
        app = escape(&asked.client_id),
        wishes = wishes(asked.scopes),
    );
    shell("Allow access", &body)
}

/// The page for a request that Meta would not even show.
pub(super) fn refused(message: &str) -> String {
    let body = format!(
        "<p class=brand>Threads <em>sandbox</em></p><h1>This login cannot be shown</h1><p class=wrong>{}</p>\
         <p class=foot>The app that sent you here asked for something that is not possible.</p>",
        escape(message)
    );
    shell("Login not possible", &body)
}

fn wishes(scopes: Scopes) -> String {
    scope::ALL
        .iter()
        .filter(|(scope, _)| scopes.has(*scope))
        .map(|(scope, name)| format!("<li>{}<code>{name}</code></li>", words(*scope)))
        .collect()
}

fn words(scope: scope::Scope) -> &'static str {
    match scope {
        scope::Scope::Basic => "see your profile and posts",
        scope::Scope::Publish => "publish posts for you",
        scope::Scope::ManageReplies => "write and manage replies",
        scope::Scope::ReadReplies => "read replies",
        scope::Scope::Insights => "see how your posts do",
        scope::Scope::Delete => "delete your posts",
        scope::Scope::Search => "search public posts",
        scope::Scope::Mentions => "see who mentions you",
        scope::Scope::Locations => "find and tag places",
        scope::Scope::Profiles => "look up public profiles",
        scope::Scope::ShareToInstagram => "share to your Instagram story",
    }
}

fn shell(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
}
