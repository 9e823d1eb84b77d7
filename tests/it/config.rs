//! The configuration: good ones, bad ones with their exact messages, drop-ins, reloads.

use std::path::{Path, PathBuf};

use crier::config::settings::*;
use crier::config::{Loaded, load, load_text};
use crier::core::diagnose::render;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bad-config")
}

fn told(loaded: &Loaded) -> String {
    render(&loaded.diagnostics, false)
}

fn good(text: &str) -> Settings {
    let loaded = load_text("crier.toml", text);
    assert!(loaded.diagnostics.is_empty(), "{}", told(&loaded));
    loaded.settings.expect("no problems")
}

#[test]
fn bad_configs_say_how_to_mend_them() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(fixtures())
        .expect("fixtures")
        .map(|entry| entry.expect("entry").path())
        .collect();
    files.sort();
    assert!(files.len() >= 42, "{} bad configs", files.len());
    for file in files {
        let name = file.file_stem().expect("name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("text");
        let loaded = load_text("crier.toml", &text);
        assert!(!loaded.diagnostics.is_empty(), "{name} has no mistake");
        let message = told(&loaded);
        assert!(!message.contains("hunter2"), "{name} shows a secret:\n{message}");
        assert!(
            !format!("{loaded:?}").contains("hunter2"),
            "{name} keeps a secret"
        );
        insta::with_settings!({ snapshot_path => "snapshots/config", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.as_str(), message);
        });
    }
}
