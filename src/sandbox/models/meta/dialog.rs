//! The page on which a person allows an app, and its redirects (facebook.md 2, instagram.md 2, meta-common.md 3d).

use super::Call;
use super::login::{LoginSettings, page_id};
use crate::sandbox::exchange::{Params, SandboxReply, escape};

const STYLE: &str = include_str!("../page.css");

/// What a dialog was asked for.
pub(crate) struct Asked {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) state: Option<String>,
}

/// How one product's dialog differs from another's.
pub(crate) struct Style<'a> {
    /// `Facebook`.
    pub(crate) brand: &'a str,
    /// The path that the form is sent to.
    pub(crate) action: &'a str,
    /// The permissions that there are.
    pub(crate) known: &'a [&'a str],
    /// The permissions of a configuration of Facebook Login for Business; all that there are when empty.
    pub(crate) configuration: &'a [String],
    /// The permission without which there is no dialog.
    pub(crate) basic: Option<&'a str>,
    /// What the browser's address ends with after the redirect: `#_=_`.
    pub(crate) tail: &'a str,
    /// The `error_code` of a refusal, where the product sends one.
    pub(crate) error_code: Option<&'a str>,
}

/// What the person decided.
pub(crate) enum Decision {
    Allow,
    Refuse,
    /// Nothing yet: show the page.
    Open,
}

/// What a person may choose from.
pub(crate) enum Choice<'a> {
    /// Pages to tick: names in their order.
    Pages(&'a [String]),
    /// One account of these.
    Accounts(&'a [String]),
}

/// Reads a dialog's query; the error is what the page says instead.
pub(crate) fn asked(params: &Params, app: &str, uris: &[String], style: &Style<'_>) -> Result<Asked, String> {
    let required = |name: &str| {
        let value = params.get(name).map(str::to_owned);
        value.ok_or_else(|| format!("The parameter {name} is required."))
    };
    let (client_id, redirect_uri) = (required("client_id")?, required("redirect_uri")?);
    if client_id != app {
        return Err(format!(
            "Invalid App ID: the provided app ID {client_id} does not look like a valid app ID."
        ));
    }
    if params.get("response_type").is_some_and(|kind| kind != "code") {
        return Err("response_type must be \"code\".".to_owned());
    }
    if !uris.is_empty() && !uris.contains(&redirect_uri) {
        return Err(
            "URL Blocked. This redirect failed because the redirect URI is not whitelisted in the app's \
            Client OAuth Settings."
                .to_owned(),
        );
    }
    let parsed = url::Url::parse(&redirect_uri).map_err(|_| "redirect_uri is not an address.".to_owned())?;
    let local = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if parsed.scheme() != "https" && !(parsed.scheme() == "http" && local) {
        return Err("Insecure Login Blocked: redirect_uri must be an https address.".to_owned());
    }
    // Facebook Login for Business names a configuration in place of the scopes.
    let scope = match params.get("config_id") {
        Some(_) if params.get("scope").is_some() => params.get("scope").unwrap_or("").to_owned(),
        Some(_) if style.configuration.is_empty() => style.known.join(","),
        Some(_) => style.configuration.join(","),
        None => params.get("scope").unwrap_or("").to_owned(),
    };
    let scopes: Vec<String> = scope
        .split([',', ' '])
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect();
    if let Some(bad) = scopes.iter().find(|s| !style.known.contains(&s.as_str())) {
        return Err(format!(
            "Invalid Scopes: {bad}. This message is only shown to developers."
        ));
    }
    if style
        .basic
        .is_some_and(|basic| !scopes.iter().any(|s| s == basic))
    {
        return Err(format!(
            "The permission {} is always required.",
            style.basic.unwrap_or("")
        ));
    }
    Ok(Asked {
        client_id,
        redirect_uri,
        scopes,
        state: params.get("state").map(str::to_owned),
    })
}

/// What the person decided: in the form, by the sandbox's own words, or by a switch.
pub(crate) fn decision(call: &Call<'_>, settings: &LoginSettings) -> Decision {
    let spoken = if call.req.method.eq_ignore_ascii_case("POST") {
        call.params.get("decision")
    } else {
        call.params
            .get("_sandbox_auto")
            .or(call.req.header("x-sandbox-auto"))
    };
    match spoken {
        Some("allow" | "1") => Decision::Allow,
        Some(_) => Decision::Refuse,
        None if settings.auto_refuse => Decision::Refuse,
        None if settings.auto_allow => Decision::Allow,
        None => Decision::Open,
    }
}

/// The permissions that are granted, and which of the asked ones were not.
pub(crate) fn granted(asked: &Asked, settings: &LoginSettings) -> Vec<(String, bool)> {
    let declined = &settings.declined_scopes;
    asked
        .scopes
        .iter()
        .map(|scope| (scope.clone(), !declined.contains(scope)))
        .collect()
}

/// The Pages that were ticked: in the form, by name, or all but those that the switch leaves out.
pub(crate) fn ticked(call: &Call<'_>, names: &[String], settings: &LoginSettings) -> Vec<usize> {
    let places = 0..names.len();
    if call.params.get("pages_shown").is_some() {
        let form: Vec<String> = url::form_urlencoded::parse(&call.req.body)
            .filter(|(name, _)| name == "page")
            .map(|(_, value)| value.into_owned())
            .collect();
        return places.filter(|&index| form.contains(&page_id(index))).collect();
    }
    match call.params.get("_sandbox_account") {
        Some(only) => places.filter(|&index| names[index] == only).collect(),
        None => places
            .filter(|&index| !settings.unticked_pages.contains(&names[index]))
            .collect(),
    }
}

/// Back to the app with a code.
pub(crate) fn redirect_code(asked: &Asked, code: &str, style: &Style<'_>) -> SandboxReply {
    let mut pairs = vec![("code", code)];
    pairs.extend(asked.state.as_deref().map(|state| ("state", state)));
    SandboxReply::redirect(&format!(
        "{}{}",
        with_pairs(&asked.redirect_uri, &pairs),
        style.tail
    ))
}

/// Back to the app with shape (d): the person refused.
pub(crate) fn redirect_refused(asked: &Asked, style: &Style<'_>) -> SandboxReply {
    let mut pairs = vec![
        ("error", "access_denied"),
        ("error_reason", "user_denied"),
        ("error_description", "Permissions error"),
    ];
    if style.error_code.is_none() {
        pairs[2].1 = "The user denied your request";
    }
    pairs.extend(style.error_code.map(|code| ("error_code", code)));
    pairs.extend(asked.state.as_deref().map(|state| ("state", state)));
    SandboxReply::redirect(&format!(
        "{}{}",
        with_pairs(&asked.redirect_uri, &pairs),
        style.tail
    ))
}

fn with_pairs(uri: &str, pairs: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", form.finish())
}

/// The page with its two buttons.
pub(crate) fn page(asked: &Asked, choice: &Choice<'_>, style: &Style<'_>) -> SandboxReply {
    let (legend, boxes) = match choice {
        Choice::Pages(names) => ("Choose the Pages", page_boxes(names)),
        Choice::Accounts(names) => ("Continue as", account_boxes(names)),
    };
    let scope = asked.scopes.join(",");
    let hidden = [
        ("client_id", asked.client_id.as_str()),
        ("redirect_uri", &asked.redirect_uri),
        ("scope", &scope),
        ("response_type", "code"),
        ("state", asked.state.as_deref().unwrap_or("")),
    ];
    let fields: String = hidden
        .iter()
        .map(|(name, value)| format!("<input type=hidden name={name} value=\"{}\">", escape(value)))
        .collect();
    let wishes: String = asked
        .scopes
        .iter()
        .map(|scope| format!("<li><code>{}</code></li>", escape(scope)))
        .collect();
    let body = format!(
        "<p class=brand>{brand} <em>sandbox</em></p><h1>Let <b>{app}</b> use your account?</h1>\
         <form method=post action=\"{action}\">{fields}<fieldset><legend>{legend}</legend>{boxes}</fieldset>\
         <p class=what>It asks for:</p><ul>{wishes}</ul>\
         <div class=buttons><button class=yes name=decision value=allow>Allow</button>\
         <button name=decision value=cancel>Cancel</button></div></form>\
         <p class=foot>This is a stand-in on your own machine. Nothing here reaches Meta.</p>",
        brand = style.brand,
        app = escape(&asked.client_id),
        action = escape(style.action),
    );
    SandboxReply::html(200, shell("Allow access", &body))
}

fn page_boxes(names: &[String]) -> String {
    let mut boxes = "<input type=hidden name=pages_shown value=1>".to_owned();
    for (index, name) in names.iter().enumerate() {
        boxes.push_str(&label("checkbox", "page", &page_id(index), name, true));
    }
    boxes
}

fn account_boxes(names: &[String]) -> String {
    let boxes = names.iter().enumerate();
    boxes
        .map(|(index, name)| label("radio", "_sandbox_account", name, name, index == 0))
        .collect()
}

fn label(kind: &str, field: &str, value: &str, name: &str, checked: bool) -> String {
    let first = name
        .chars()
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    format!(
        "<label class=account><input type={kind} name={field} value=\"{}\"{}><span class=face>{}</span>\
         <span>{}</span></label>",
        escape(value),
        if checked { " checked" } else { "" },
        escape(&first),
        escape(name)
    )
}

/// The page for a request that Meta would not even show.
pub(crate) fn impossible(message: &str, style: &Style<'_>) -> SandboxReply {
    let body = format!(
        "<p class=brand>{} <em>sandbox</em></p><h1>This login cannot be shown</h1><p class=wrong>{}</p>\
         <p class=foot>The app that sent you here asked for something that is not possible.</p>",
        style.brand,
        escape(message)
    );
    SandboxReply::html(400, shell("Login not possible", &body))
}

fn shell(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
}
