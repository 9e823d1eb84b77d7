//! `/metrics`: the status as Prometheus text. Names and units are stable; nothing here names a post.

use std::fmt::Write as _;

use super::types::{Status, Time};

/// The status as Prometheus text (exposition format 0.0.4).
pub(super) fn render(status: &Status) -> String {
    let mut page = Page(String::with_capacity(2048));
    daemon(&mut page, status);
    deliveries(&mut page, status);
    parts(&mut page, status);
    page.0
}

fn daemon(page: &mut Page, status: &Status) {
    page.family("crier_info", "gauge", "Which crierd this is.");
    page.line(
        "crier_info",
        &format!("version=\"{}\"", escape(&status.version)),
        1,
    );
    page.value(
        "crier_start_time_seconds",
        "When the daemon started.",
        seconds(status.started),
    );
    let tick = seconds(status.last_tick);
    page.value(
        "crier_last_tick_time_seconds",
        "When the engine's loop last went round.",
        tick,
    );
    let loaded = seconds(status.config.loaded_at);
    page.value(
        "crier_config_loaded_time_seconds",
        "When the config in use was read.",
        loaded,
    );
    let refused = u8::from(status.config.error.is_some());
    page.value(
        "crier_config_reload_failed",
        "1 when the last reload was refused.",
        refused,
    );
}

fn deliveries(page: &mut Page, status: &Status) {
    let counts = &status.counts;
    page.family(
        "crier_deliveries",
        "gauge",
        "Deliveries that have not ended, by phase.",
    );
    for (phase, n) in [
        ("waiting", counts.waiting),
        ("ready", counts.ready),
        ("calling", counts.calling),
        ("held", counts.held),
    ] {
        page.line("crier_deliveries", &format!("phase=\"{phase}\""), n);
    }
    let late = counts.past_due;
    page.value(
        "crier_deliveries_past_due",
        "Deliveries past their due time without an end.",
        late,
    );
    page.family(
        "crier_deliveries_ended_total",
        "counter",
        "Deliveries that ended since the start.",
    );
    page.line(
        "crier_deliveries_ended_total",
        "outcome=\"published\"",
        counts.published,
    );
    page.line("crier_deliveries_ended_total", "outcome=\"other\"", counts.failed);
    if let Some(due) = status.next_due {
        page.value(
            "crier_next_due_time_seconds",
            "When the next delivery is due.",
            seconds(due),
        );
    }
}

fn parts(page: &mut Page, status: &Status) {
    page.value("crier_accounts", "Accounts in the config.", status.accounts.total);
    page.value(
        "crier_accounts_usable",
        "Accounts that can publish.",
        status.accounts.usable,
    );
    page.value("crier_freezes", "Freezes in force.", status.frozen.len());
    let failed = u8::from(status.store.error.is_some());
    page.value(
        "crier_store_failed",
        "1 when the store cannot be written.",
        failed,
    );
    if let Some(bytes) = status.store.bytes {
        page.value("crier_store_bytes", "Size of the store on disk.", bytes);
    }
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{{{labels}}} {value}");
    }

    fn value(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.family(name, "gauge", help);
        let _ = writeln!(self.0, "{name} {value}");
    }
}

fn seconds(time: Time) -> i64 {
    time.0.as_secs()
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
