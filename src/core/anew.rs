//! Accounts that the config declares anew: with another platform, way of logging in, app or Page. What was connected
//! before is set aside, and comes back when the config says so again.

use crate::domain::account::{Connection, ConnectionStatus, MadeWith, Profile};
use crate::domain::id::AccountName;

/// What the config that is in force makes of an account's record; `None`: it stays as it is. Records of older versions,
/// which do not say what they were made with, fit what is declared.
pub fn turned(account: &AccountName, connection: &Connection, declared: &MadeWith) -> Option<Connection> {
    let was = connection.set_aside.as_deref().unwrap_or(connection);
    let Some(made) = &was.made_with else {
        let known = was.status != ConnectionStatus::Never;
        return known.then(|| Connection {
            made_with: Some(declared.clone()),
            ..was.clone()
        });
    };
    let Some(why) = contradiction(account, was, made, declared) else {
        return connection.set_aside.as_deref().cloned();
    };
    if connection.set_aside.is_some() && connection.reason.as_ref() == Some(&why) {
        return None;
    }
    Some(Connection {
        reason: Some(why),
        set_aside: Some(Box::new(was.clone())),
        ..Connection::default()
    })
}

/// Why what was connected is not what is declared, and what to do.
fn contradiction(
    account: &AccountName,
    was: &Connection,
    made: &MadeWith,
    declared: &MadeWith,
) -> Option<String> {
    let how = if made.platform != declared.platform {
        format!("as {}, and its login is of {}", declared.platform, made.platform)
    } else if made.way != declared.way {
        "with another way of logging in".to_owned()
    } else if made.client_id != declared.client_id {
        "with another app, and its login is of the one before".to_owned()
    } else {
        return other_page(account, was, made, declared);
    };
    Some(format!("declared anew {how}: `crierctl connect {account}`"))
}

fn other_page(
    account: &AccountName,
    was: &Connection,
    made: &MadeWith,
    declared: &MadeWith,
) -> Option<String> {
    let wanted = declared.page.as_deref()?;
    let profile = was.profile.as_ref()?;
    let named = made.page.as_deref().is_some_and(|page| same(page, wanted));
    if named {
        return None;
    }
    not_the_page(account, profile, wanted)
}

/// Why who is connected is not the Page that the config names, by any of its names; `None`: it is.
pub fn not_the_page(account: &AccountName, profile: &Profile, wanted: &str) -> Option<String> {
    if answers_to(profile, wanted) {
        return None;
    }
    let name = profile.display_name.as_ref().unwrap_or(&profile.handle);
    Some(format!(
        "connected as Page “{name}”, the config says “{wanted}”: `crierctl connect {account}`"
    ))
}

/// Whether this is one of the names or ids of who is connected.
fn answers_to(profile: &Profile, wanted: &str) -> bool {
    let own = [&profile.remote_id, &profile.handle];
    let names = own.into_iter().chain(&profile.display_name);
    names.chain(profile.facts.values()).any(|name| same(name, wanted))
}

fn same(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.trim().trim_start_matches('@').to_lowercase();
    !plain(one).is_empty() && plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(platform: &str, way: &str, client_id: &str, page: Option<&str>) -> MadeWith {
        MadeWith {
            platform: platform.to_owned(),
            way: way.to_owned(),
            client_id: client_id.to_owned(),
            page: page.map(str::to_owned),
        }
    }

    fn connected(made_with: Option<MadeWith>) -> Connection {
        Connection {
            status: ConnectionStatus::Connected,
            profile: Some(Profile {
                remote_id: "101".to_owned(),
                handle: "club.page".to_owned(),
                display_name: Some("The Club".to_owned()),
                ..Profile::default()
            }),
            scopes: vec!["pages_manage_posts".to_owned()],
            made_with,
            ..Connection::default()
        }
    }

    fn turn(connection: &Connection, declared: &MadeWith) -> Option<Connection> {
        turned(&AccountName::new("club").unwrap(), connection, declared)
    }

    #[test]
    fn another_platform_login_or_app_sets_it_aside_until_it_is_declared_as_before() {
        let before = made("facebook", "page", "1", None);
        let connection = connected(Some(before.clone()));
        assert_eq!(turn(&connection, &before), None);
        for (declared, why) in [
            (
                made("tiktok", "", "1", None),
                "declared anew as tiktok, and its login is of facebook: `crierctl connect club`",
            ),
            (
                made("facebook", "own", "1", None),
                "declared anew with another way of logging in: `crierctl connect club`",
            ),
            (
                made("facebook", "page", "2", None),
                "declared anew with another app, and its login is of the one before: `crierctl connect club`",
            ),
        ] {
            let after = turn(&connection, &declared).unwrap();
            assert_eq!(after.status, ConnectionStatus::Never);
            assert_eq!(after.reason.as_deref(), Some(why));
            assert_eq!(
                (&after.profile, after.scopes.len()),
                (&None, 0),
                "nothing of it is judged by"
            );
            assert_eq!(turn(&after, &declared), None, "once");
            assert_eq!(turn(&after, &before), Some(connection.clone()));
        }
    }

    #[test]
    fn a_page_is_known_by_each_of_its_names() {
        let of = |page: Option<&str>| made("facebook", "", "1", page);
        let connection = connected(Some(of(None)));
        for name in ["101", "club.page", "@Club.Page", "the club", " The Club "] {
            assert_eq!(turn(&connection, &of(Some(name))), None, "{name}");
        }
        let after = turn(&connection, &of(Some("The Bar"))).unwrap();
        let why = "connected as Page “The Club”, the config says “The Bar”: `crierctl connect club`";
        assert_eq!(
            (after.status, after.reason.as_deref()),
            (ConnectionStatus::Never, Some(why))
        );
        let third = turn(&after, &of(Some("The Pub"))).unwrap();
        assert!(
            third.reason.unwrap().contains("The Pub"),
            "and nothing is set aside twice"
        );
        assert_eq!(
            turn(&after, &of(None)),
            Some(connection),
            "without a word either is right"
        );
        let by_name = connected(Some(of(Some("a name that only the login knew"))));
        assert_eq!(turn(&by_name, &of(Some("a name that only the login knew"))), None);
    }

    #[test]
    fn records_of_older_versions_fit_and_who_was_never_connected_has_nothing_to_lose() {
        let declared = made("facebook", "", "1", Some("The Bar"));
        let old = connected(None);
        let adopted = turn(&old, &declared).unwrap();
        assert_eq!(adopted, connected(Some(declared.clone())));
        assert_eq!(turn(&adopted, &declared), None);
        assert_eq!(turn(&Connection::default(), &declared), None);
        let json = serde_json::to_value(&old).unwrap();
        assert!(json.get("set_aside").is_none() && json.get("made_with").is_none());
        assert_eq!(serde_json::from_value::<Connection>(json).unwrap(), old);
    }
}
