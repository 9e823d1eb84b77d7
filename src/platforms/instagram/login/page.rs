//! Facebook's login (instagram.md 2, path F): the account is found through the Page that it is linked to.

use super::{PAGE_ID, Scopes, profile_of};
use crate::domain::account::Profile;
use crate::platforms::kit::meta_login::{Page, PageLogin};

pub(super) static SCOPES: Scopes = Scopes {
    basic: "instagram_basic",
    publish: "instagram_content_publish",
    comments: "instagram_manage_comments",
    // instagram.md 2: and the Page's own right to send.
    messages: &["instagram_manage_messages", "pages_messaging"],
    insights: "instagram_manage_insights",
    delete: Some("instagram_manage_contents"),
};

pub(super) static LOGIN: PageLogin = PageLogin {
    api: crate::platforms::instagram::FB_API,
    dialog: crate::platforms::instagram::FB_AUTH,
    scopes: &[
        SCOPES.basic,
        SCOPES.publish,
        SCOPES.comments,
        SCOPES.insights,
        "instagram_manage_messages",
        "pages_messaging",
        "instagram_manage_contents",
        "pages_show_list",
        "pages_read_engagement",
        "business_management",
    ],
    needed: &[SCOPES.basic, SCOPES.publish, "pages_show_list"],
    task: "CREATE_CONTENT",
    fields: "instagram_business_account{id,username,name,profile_picture_url}",
    profile,
    nothing: "this login shows no Page, and with `login = \"facebook\"` an Instagram account is reached through one: connect again and tick the Page and the Instagram account (in the dialog: “Edit settings”), whoever logs in must have a role on the Page; without a Page use `login = \"instagram\"`",
    unlinked: "no professional Instagram account is linked to it; in Instagram's app make the account Business or Creator (Settings, Account type and tools), link it to the Page (the Page's settings, Linked accounts), then connect again and tick both; without a Page use `login = \"instagram\"`",
};

pub(super) const ADVICE: &[&str] = &[
    "the Instagram account must be Business or Creator and linked to a Facebook Page, on which whoever logs in has full access or may create content",
    "if the Page demands Page Publishing Authorization or two-factor authentication, complete them first, or Instagram refuses every post",
    "in Facebook's dialog tick the Page and the Instagram account, leave those ticked that crier uses already (what is unticked there loses its connection), and leave every permission switched on",
];

/// The Instagram account of a Page; Pages without a linked one lack the field (instagram.md 2).
fn profile(page: &Page) -> Option<Profile> {
    let account = page.json.get("instagram_business_account")?;
    let mut profile = profile_of(account, &Profile::default())?;
    profile.facts.insert(PAGE_ID.to_owned(), page.id.clone());
    profile.facts.insert("page".to_owned(), page.name.clone());
    Some(profile)
}
