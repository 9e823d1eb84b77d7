//! The few pages that people see: HTML without scripts, the style inside, every text escaped.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::desk::{CallbackPage, DeletionStatus};

/// `Content-Security-Policy` of every page: its own style by hash, and nothing else from anywhere.
pub static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

const STYLE: &str = include_str!("pages.css");

/// Longest text from elsewhere on a page, in characters.
const TEXT_MAX: usize = 300;

/// What a page is about, for its colour and sign.
#[derive(Clone, Copy)]
enum Mood {
    Good,
    Calm,
    Bad,
}

/// Status and HTML after an OAuth callback; `None` for [`CallbackPage::NotFound`].
pub fn callback(page: &CallbackPage) -> Option<(u16, String)> {
    Some(match page {
        CallbackPage::Connected {
            platform,
            account,
            handle,
        } => {
            let who = match handle {
                Some(handle) => format!("<p class=\"who\">{}</p>", escape(handle)),
                None => String::new(),
            };
            let body = format!(
                "{who}<p>The account <b>{}</b> can now publish on {}.</p><p class=\"hint\">You can close this page. <code>crierctl accounts</code> shows it.</p>",
                escape(account),
                escape(platform)
            );
            let title = format!("{} is connected", escape(platform));
            (200, page_of(Mood::Good, &title, &body))
        }
        CallbackPage::Cancelled { platform } => {
            let body = format!(
                "<p>{} was told not to let crier in, so nothing was changed.</p><p class=\"hint\">To try again, run <code>crierctl connect</code> once more.</p>",
                escape(platform)
            );
            (200, page_of(Mood::Calm, "Nothing was connected", &body))
        }
        CallbackPage::Expired => (
            400,
            page_of(
                Mood::Calm,
                "This link is no longer good",
                "<p>A login link works once, and only for a short while. This one was used already, is too old, or was not made here.</p><p class=\"hint\">Run <code>crierctl connect</code> for a new one.</p>",
            ),
        ),
        CallbackPage::Failed { why, advice } => {
            let body = format!("<p>{}</p><p class=\"hint\">{}</p>", escape(why), escape(advice));
            (400, page_of(Mood::Bad, "That did not work", &body))
        }
        CallbackPage::NotFound => return None,
    })
}

/// The state of a deletion, which Meta links to (meta-common.md 8).
pub fn deletion(code: &str, status: &DeletionStatus) -> String {
    let code = escape(code);
    let asked = escape(&status.requested.to_string());
    match status.done {
        Some(done) => page_of(
            Mood::Good,
            "Your data is deleted",
            &format!(
                "<p>What crier kept about the account was deleted.</p><dl><dt>Confirmation</dt><dd><code>{code}</code></dd><dt>Asked for</dt><dd>{asked}</dd><dt>Done</dt><dd>{}</dd></dl>",
                escape(&done.to_string())
            ),
        ),
        None => page_of(
            Mood::Calm,
            "Your data is being deleted",
            &format!(
                "<p>The request is noted and will be carried out.</p><dl><dt>Confirmation</dt><dd><code>{code}</code></dd><dt>Asked for</dt><dd>{asked}</dd></dl>"
            ),
        ),
    }
}

/// `title` and `body` are HTML.
fn page_of(mood: Mood, title: &str, body: &str) -> String {
    let (class, sign) = match mood {
        Mood::Good => ("good", "<path d=\"M14 25l7 7 14-15\"/>"),
        Mood::Calm => ("calm", "<path d=\"M24 14v13M24 33.5v.5\"/>"),
        Mood::Bad => ("bad", "<path d=\"M16 16l16 16M32 16L16 32\"/>"),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n<title>{title} · crier</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main class=\"{class}\">\n<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\"><circle cx=\"24\" cy=\"24\" r=\"22\"/>{sign}</svg>\n<h1>{title}</h1>\n{body}\n</main>\n<footer>crier</footer>\n</body>\n</html>\n"
    )
}

/// A text from elsewhere as HTML: printable, not too long, nothing in it markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text, TEXT_MAX).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Without control characters and those that reorder or hide text; at most `max` characters.
pub(super) fn plain(text: &str, max: usize) -> String {
    let mut chars = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(u32::from(*c), 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 | 0xFEFF));
    let mut out: String = chars.by_ref().take(max).collect();
    if chars.next().is_some() {
        out.pop();
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_become_markup() {
        let evil = "<script>alert('x')</script>\"&\u{202e}\u{0}";
        let page = CallbackPage::Failed {
            why: evil.into(),
            advice: evil.into(),
        };
        let (status, html) = callback(&page).unwrap();
        assert_eq!(status, 400);
        assert!(!html.contains("<script") && !html.contains('\u{202e}') && !html.contains('\0'));
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
        let connected = CallbackPage::Connected {
            platform: evil.into(),
            account: evil.into(),
            handle: Some("x".repeat(5000)),
        };
        let (_, html) = callback(&connected).unwrap();
        assert!(!html.contains("<script") && html.len() < 8000);
    }

    #[test]
    fn the_policy_names_the_styles_hash_and_nothing_else() {
        assert!(POLICY.starts_with("default-src 'none'; style-src 'sha256-"));
        assert!(!POLICY.contains("unsafe"));
        let (_, html) = callback(&CallbackPage::Expired).unwrap();
        let style = html
            .split_once("<style>")
            .unwrap()
            .1
            .split_once("</style>")
            .unwrap()
            .0;
        assert!(POLICY.contains(&STANDARD.encode(Sha256::digest(style.as_bytes()))));
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('<'));
    }
}
