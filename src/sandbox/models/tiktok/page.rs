//! The authorise page that a person sees.

use super::auth::Asked;
use crate::sandbox::exchange::escape;

const STYLE: &str = include_str!("../page.css");

/// The page with its two buttons; all scopes but the first can be unticked. The form goes back to the page's own
/// address, which carries the parameters.
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
    let wishes: String = asked.scopes.iter().map(|scope| wish(scope)).collect();
    let body = format!(
        "<p class=brand>TikTok <em>sandbox</em></p><h1><b>{app}</b> would like to access your account</h1>\
         <form method=post><fieldset><legend>Continue as</legend>{accounts}</fieldset>\
         <p class=what>It will be able to:</p><ul>{wishes}</ul>\
         <div class=buttons><button class=yes name=decision value=allow>Continue</button>\
         <button name=decision value=cancel>Cancel</button></div></form>\
         <p class=foot>This is a stand-in on your own machine. Nothing here reaches TikTok.</p>",
        app = escape(&asked.client_key),
    );
    shell("Log in with TikTok", &body)
}

fn wish(scope: &str) -> String {
    let words = match scope {
        "user.info.basic" => "read your avatar and display name",
        "user.info.profile" => "read your profile",
        "user.info.stats" => "read your statistics",
        "video.publish" => "post to your account",
        "video.upload" => "send drafts to your inbox",
        "video.list" => "read your public videos",
        _ => "more of your account",
    };
    let fixed = if scope == "user.info.basic" {
        " disabled"
    } else {
        ""
    };
    let name = escape(scope);
    format!(
        "<li><label><input type=checkbox name=ticked value=\"{name}\" checked{fixed}> {words}</label><code>{name}</code></li>"
    )
}

/// The page for a request that TikTok would not even show.
pub(super) fn refused(what: &str) -> String {
    let body = format!(
        "<p class=brand>TikTok <em>sandbox</em></p><h1>Something went wrong</h1>\
         <p class=wrong>We couldn't log in with TikTok. Correct the following and try again: <b>{}</b></p>\
         <p class=foot>error_type=param_error</p>",
        escape(what)
    );
    shell("Login not possible", &body)
}

fn shell(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
}
