//! Accounts of a config that is being checked: how they stand, where a daemon answers, and what is to be known about them.

use crate::admin::types::{AccountView, TokenView};
use crate::config::settings::{Account, Settings};
use crate::core::anew::not_the_page;
use crate::core::diagnose::{Diagnostic, Diagnostics};
use crate::core::platform::{Platform, Standing};
use crate::core::standing::out_of_reach;
use crate::ctl::Ctl;
use crate::ctl::draft::{Connections, reach};
use crate::domain::account::{Connection, Profile};
use crate::domain::id::AccountName;
use crate::platforms;

/// How accounts stand, as far as a daemon told.
#[derive(Default)]
pub(super) struct Accounts {
    /// Of those that it knows as the config does; of the others nothing is known.
    pub(super) connections: Connections,
    /// Those that it has connected at another platform than the config says.
    elsewhere: Vec<(AccountName, String)>,
}

impl Accounts {
    /// Asks the daemon, where one answers.
    pub(super) async fn asked(settings: &Settings, ctl: &Ctl<'_>) -> Accounts {
        let mut all = Accounts::default();
        let Ok(views) = ctl.client.accounts().await else {
            return all;
        };
        let tokens = ctl.client.tokens().await.unwrap_or_default();
        for view in views {
            let Ok(name) = AccountName::new(view.name.clone()) else {
                continue;
            };
            let Some(account) = settings.accounts.get(&name) else {
                continue;
            };
            if account.platform.as_str() != view.platform {
                if view.status.usable() {
                    all.elsewhere.push((name, view.platform));
                }
                continue;
            }
            let profile = ctl.client.profile(&name, false).await.ok();
            let profile = profile.map(|told| Profile {
                remote_id: told.remote_id,
                handle: told.handle,
                display_name: told.display_name,
                url: told.url,
                facts: told.facts,
            });
            let token = tokens.iter().find(|token| token.account == view.name);
            all.connections.insert(name, connection(view, profile, token));
        }
        all
    }

    /// What is to be known about the accounts of this config beside their mistakes.
    pub(super) fn remarks(&self, settings: &Settings, told: &mut Diagnostics) {
        for (name, account) in &settings.accounts {
            let Some(platform) = platforms::by_name(account.platform.as_str()) else {
                continue;
            };
            let walls = platform.login().walls(&account.options);
            let reach = self.unreached(settings, name, account, platform);
            for words in walls
                .into_iter()
                .chain(reach)
                .chain(self.other_page(name, account))
            {
                told.push(Diagnostic::general(format!("account {name}: {words}")).warning());
            }
        }
        for (name, platform) in &self.elsewhere {
            let words = format!(
                "account {name}: connected at {platform}, the config declares another platform: `crierctl connect {name}` after the reload"
            );
            told.push(Diagnostic::general(words).warning());
        }
    }

    fn unreached(
        &self,
        settings: &Settings,
        name: &AccountName,
        account: &Account,
        platform: &dyn Platform,
    ) -> Option<String> {
        let never = Connection::default();
        let connection = self.connections.get(name).unwrap_or(&never);
        let nobody = Profile::default();
        let facts = platform
            .facts()
            .overridden(&settings.platform(&account.platform).facts);
        let standing = Standing {
            options: &account.options,
            scopes: &connection.scopes,
            profile: connection.profile.as_ref().unwrap_or(&nobody),
            facts: &facts,
        };
        out_of_reach(platform, &standing, reach(settings, platform))
    }

    fn other_page(&self, name: &AccountName, account: &Account) -> Option<String> {
        let wanted = account.options.get("page")?;
        not_the_page(name, self.connections.get(name)?.profile.as_ref()?, wanted)
    }
}

/// The parts of a connection that a judgement needs.
fn connection(view: AccountView, profile: Option<Profile>, token: Option<&TokenView>) -> Connection {
    Connection {
        status: view.status,
        reason: view.reason,
        profile,
        scopes: view.scopes,
        expires: view.expires.map(|at| at.0),
        renewal_ends: token.and_then(|token| token.renewal_ends).map(|at| at.0),
        // A token with an end that nothing renews any more; without a rule this says nothing new.
        renewal_over: token.is_some_and(|token| token.expires.is_some() && token.next_refresh.is_none()),
        ..Connection::default()
    }
}
