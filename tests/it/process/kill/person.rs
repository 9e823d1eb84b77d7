//! The person who logs in again when crier says that it is needed.

use super::stage::{ROTATING, STAGE};
use crate::process::bench::Bench;
use crier::domain::account::ConnectionStatus;
use crier::domain::id::AccountName;

/// How often a login is tried while faults strike.
const TRIES: usize = 20;

/// What the person did.
#[derive(Debug, Default)]
pub struct Person {
    pub logins: usize,
}

impl Person {
    /// Looks at all accounts; answers whether one had to be connected again. crierd runs.
    pub async fn looks(&mut self, bench: &Bench) -> bool {
        let before = self.logins;
        for account in STAGE.accounts {
            let name = AccountName::new(*account).unwrap();
            let view = bench.client().account(&name).await.unwrap();
            let reason = view.reason.clone().unwrap_or_default();
            match view.status {
                ConnectionStatus::Connected => continue,
                ConnectionStatus::Expiring
                | ConnectionStatus::Expired
                | ConnectionStatus::Revoked
                | ConnectionStatus::Error
                | ConnectionStatus::Unsupported
                | ConnectionStatus::Never => {}
            }
            assert!(
                ROTATING.contains(account),
                "{account} needs a login, and nobody took its token away: {view:?}"
            );
            assert!(
                ["log in again", "connect", "could not be renewed"]
                    .iter()
                    .any(|words| reason.contains(words)),
                "{account} does not say what to do: {view:?}"
            );
            self.log_in(bench, account).await;
        }
        self.logins > before
    }

    async fn log_in(&mut self, bench: &Bench, account: &str) {
        let mut last = Ok(());
        for _ in 0..TRIES {
            last = bench.try_connect(account).await;
            if last.is_ok() {
                self.logins += 1;
                return;
            }
        }
        panic!("{account} cannot be connected again: {last:?}");
    }
}
