//! Disconnecting: what becomes of a login at its vendor. A login may be shared: Meta's covers every Page and profile of
//! one person and one app, and taking it back for one account would log out the others.

use super::{declared_as, forget_half, login_context};
use crate::core::call::{Answer as WireAnswer, Call, HttpCall, Reply};
use crate::core::desk::AccountSpec;
use crate::core::login::TokenSet;
use crate::core::platform::Platform;
use crate::domain::account::{Connection, USER_ID};
use crate::domain::id::AccountName;
use crate::engine::Handle;
use crate::engine::outside::Extra;
use crate::engine::vault::fits;
use crate::store::StoreError;

impl Handle {
    /// Takes the login back at the vendor, where it has a call for that and no other account lives of it; says what came
    /// of it in a sentence. Disconnecting goes on, whatever it is.
    pub(in crate::engine) async fn let_login_go(
        &self,
        name: &AccountName,
        spec: Option<&AccountSpec>,
    ) -> Option<String> {
        let set = self.shared.vault.get(name).filter(|set| set.access.is_some())?;
        let declared = declared_as(&self.shared.live(), name);
        let Some(spec) = spec.filter(|_| declared.is_some_and(|declared| fits(&set, &declared))) else {
            return Some(left_behind(&set));
        };
        let title = spec.platform.title();
        let mut ctx = login_context(&self.shared, name, spec, "");
        let connection = self.connection(name).await.unwrap_or_default();
        ctx.profile = connection.profile.clone().unwrap_or_default();
        let login = spec.platform.login();
        let Some(call) = login.revoke_call(&ctx) else {
            return Some(format!(
                "{title} has no call that takes a login back: it ends when its token does, or when its owner removes the app there"
            ));
        };
        let others = self.sharers(name, &set, &connection).await;
        if let Some(words) = shared_with(title, &others) {
            return Some(words);
        }
        let mut ended = self.take_back_login(name, call).await;
        if let (Err(why), Some(call)) = (&ended, login.revoke_otherwise(&ctx)) {
            tracing::info!(
                "account {name}: {title} did not take its login back ({why}); asking once more in another way"
            );
            ended = self.take_back_login(name, call).await;
        }
        Some(match ended {
            Ok(()) => format!("its login was taken back at {title}"),
            Err(why) => format!(
                "{title} did not take its login back ({why}): its owner can remove the app in the account's settings there"
            ),
        })
    }

    /// Forgets an account's tokens, those of a login that came half way too.
    pub(in crate::engine) async fn forget_tokens(&self, name: &AccountName) -> Result<(), StoreError> {
        self.shared.vault.forget(&*self.shared.store, name).await?;
        forget_half(&self.shared, name).await
    }

    async fn take_back_login(&self, name: &AccountName, call: HttpCall) -> Result<(), String> {
        let (live, now) = (self.shared.live(), self.shared.clock.now());
        let (call, extra) = (Call::Http(call), Extra::default());
        let asked = live.outside.call(&self.shared, name, None, &call, &extra, now);
        let (answer, transcript) = asked.await;
        tracing::info!("account {name}: {transcript}");
        match answer {
            WireAnswer::Answered(Reply::Http(reply)) if (200..300).contains(&reply.status) => Ok(()),
            WireAnswer::Answered(_) => Err(format!(
                "status {}: {}",
                transcript.status.unwrap_or_default(),
                transcript.detail
            )),
            WireAnswer::NotSent(trouble) => Err(trouble.why),
            WireAnswer::Lost(why) => Err(why),
        }
    }

    /// Other accounts with tokens of the same app and the same user.
    async fn sharers(&self, name: &AccountName, set: &TokenSet, connection: &Connection) -> Vec<String> {
        let user = user_of(set, Some(connection));
        let app = self.client_id(name, set);
        let mut others = Vec::new();
        for other in self.shared.vault.names() {
            let Some(theirs) = self.shared.vault.get(&other).filter(|set| set.access.is_some()) else {
                continue;
            };
            if other == *name || self.client_id(&other, &theirs) != app {
                continue;
            }
            let connection = self.connection(&other).await.ok();
            if user.is_some() && user_of(&theirs, connection.as_ref()) == user {
                others.push(other.to_string());
            }
        }
        others
    }

    /// The app that a set was made with, or that is declared where the set does not say.
    fn client_id(&self, name: &AccountName, set: &TokenSet) -> Option<String> {
        let made = set.made_with.clone();
        let made = made.or_else(|| declared_as(&self.shared.live(), name));
        made.map(|made| made.client_id)
    }
}

/// Of a login that the config gives nobody the means to take back.
fn left_behind(set: &TokenSet) -> String {
    let made = set.made_with.as_ref();
    let place = made
        .and_then(|made| crate::platforms::by_name(&made.platform))
        .map_or("its platform", Platform::title);
    format!(
        "the config does not declare it as it was connected, so its login stays at {place} until its owner removes the app there"
    )
}

fn shared_with(title: &str, others: &[String]) -> Option<String> {
    let use_it = match others {
        [] => return None,
        [_] => "uses it",
        [_, _, ..] => "use it",
    };
    Some(format!(
        "its login stays at {title}: {} {use_it}",
        others.join(", ")
    ))
}

/// The vendor's id of whoever logged in: not always the account itself.
fn user_of(set: &TokenSet, connection: Option<&Connection>) -> Option<String> {
    let was = connection.map(|c| c.set_aside.as_deref().unwrap_or(c));
    let profile = was.and_then(|c| c.profile.as_ref());
    let told = profile.and_then(|p| p.facts.get(USER_ID));
    let own = || profile.map(|p| p.remote_id.clone());
    told.or(set.user_id.as_ref()).cloned().or_else(own)
}
