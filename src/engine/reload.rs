//! A new config beside the old one: whole, or not at all.

use std::path::PathBuf;
use std::sync::Arc;

use super::api::{Answer, Caller, EventKind, Problem, ProblemKind, ReloadReport};
use super::event::{Event, Reload};
use super::outside::Outside;
use super::shared::{Live, house};
use super::{Handle, accounts, journal, message_id};
use crate::config;
use crate::config::diff::{Change, How, diff};
use crate::config::settings::Settings;
use crate::core::diagnose;
use crate::domain::time::Timestamp;
use tokio::sync::oneshot;

/// Every shape of one config. The error names the setting that is wrong.
pub fn live(settings: Settings, loaded: Timestamp) -> Result<Live, String> {
    let outside = Outside::new(&settings).map_err(|trouble| trouble.why)?;
    let house = Arc::new(house(&settings));
    Ok(Live {
        settings: Arc::new(settings),
        house,
        outside,
        loaded,
    })
}

impl Handle {
    /// Reads the config again. With any mistake the old one stays, and everybody is told.
    pub async fn reload_config(&self, who: &Caller) -> Answer<ReloadReport> {
        let (path, dropins) = (self.shared.config_path.clone(), self.shared.dropins.clone());
        match self.read_config(path, dropins).await {
            Ok((settings, warnings)) => self.put_in_force(who, settings, warnings).await,
            Err(drawn) => Err(self.refused(drawn).await),
        }
    }

    /// Everybody is told why the old config stays.
    async fn refused(&self, drawn: String) -> Problem {
        let now = self.shared.clock.now();
        tracing::error!(
            message_id = message_id::RELOAD_FAILED.id(),
            "reload refused, the old config stays:\n{drawn}"
        );
        let words = "the new config has errors; the old one stays".to_owned();
        journal::tell(&self.shared, None, None, EventKind::ReloadFailed, words, now);
        self.send(Event::ReloadFailed(drawn.clone())).await;
        Problem::new(
            ProblemKind::ConfigInvalid,
            "the new config has errors; the old one stays in force",
        )
        .help("mend the config and reload again; `crierd --check` shows the same")
        .diagnostics(drawn)
    }

    async fn read_config(
        &self,
        path: PathBuf,
        dropins: Vec<PathBuf>,
    ) -> Result<(Settings, Option<String>), String> {
        let places = self.shared.secrets.clone();
        let loaded = tokio::task::spawn_blocking(move || {
            let mut loaded = config::load(&path, &dropins);
            // As at a start: a secret that cannot be read is found now, not at the next call.
            if let Some(settings) = &loaded.settings {
                let told = config::check_secrets(
                    settings,
                    &loaded.origins,
                    places.credentials.as_deref(),
                    &places.env,
                );
                loaded.diagnostics.extend(told);
            }
            loaded
        })
        .await;
        let loaded = loaded.map_err(|e| format!("the config could not be read: {e}"))?;
        let drawn = diagnose::render(&loaded.diagnostics, false);
        match loaded.settings {
            Some(settings) if !loaded.diagnostics.has_errors() => {
                Ok((settings, (!drawn.is_empty()).then_some(drawn)))
            }
            Some(_) | None => Err(drawn),
        }
    }

    async fn put_in_force(
        &self,
        who: &Caller,
        settings: Settings,
        warnings: Option<String>,
    ) -> Answer<ReloadReport> {
        let before = self.shared.live();
        let diff = diff(&before.settings, &settings);
        if !diff.fixed.is_empty() {
            return Err(self.refused(diff.fixed.join("\n")).await);
        }
        let live = live(settings, self.shared.clock.now())
            .map_err(|why| Problem::new(ProblemKind::ConfigInvalid, why))?;
        let (done, in_force) = oneshot::channel();
        self.send(Event::Reload(Box::new(Reload { live, done }))).await;
        let anew = in_force
            .await
            .map_err(|_| Problem::new(ProblemKind::Busy, "crierd is stopping"))?;
        let warnings: Vec<String> = warnings.into_iter().chain(anew).collect();
        let named = |how: How| {
            diff.changes
                .iter()
                .filter(|c| c.how == how)
                .map(Change::target)
                .collect()
        };
        let report = ReloadReport {
            added: named(How::Added),
            removed: named(How::Removed),
            changed: named(How::Changed),
            needs_restart: Vec::new(),
            warnings: (!warnings.is_empty()).then(|| warnings.join("\n")),
        };
        let counts = format!(
            "{} added, {} removed, {} changed",
            report.added.len(),
            report.removed.len(),
            report.changed.len()
        );
        self.change(
            who,
            "config.reload",
            counts.clone(),
            Vec::new(),
            accounts::detail(&[]),
        )
        .await?;
        tracing::info!(
            message_id = message_id::RELOADED.id(),
            "a new config is in force: {counts}"
        );
        journal::tell(
            &self.shared,
            None,
            None,
            EventKind::Reloaded,
            counts,
            self.shared.clock.now(),
        );
        Ok(report)
    }
}
