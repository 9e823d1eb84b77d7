//! Facts are asked for by names that are there, and each is asked for by somebody.

use std::collections::BTreeSet;
use std::path::Path;

use crier::platforms::ALL;

/// All code in this folder of `src/platforms`, without white space.
fn code_in(folder: &str) -> String {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/platforms")
        .join(folder);
    let mut code = String::new();
    for entry in walkdir::WalkDir::new(dir).into_iter().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|e| e == "rs") {
            let file = std::fs::read_to_string(entry.path()).unwrap();
            code.extend(file.split_whitespace());
        }
    }
    code
}

/// The names that this code asks facts for.
fn asked(code: &str) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for ask in [
        "facts.number(\"",
        "facts.word(\"",
        "size(facts,\"",
        "size(f,\"",
        "size(&job.facts,\"",
        "big(facts,\"",
        "u32(facts,\"",
    ] {
        let names = code.split(ask).skip(1);
        asked.extend(names.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    asked
}

/// Every name that a platform's code asks its facts for is there, and every fact is asked for, there or by its name in
/// `kit`, or is a quota.
#[test]
fn facts_that_are_asked_for_exist() {
    let shared = code_in("kit");
    for p in ALL {
        let asked = asked(&code_in(p.name()));
        for name in &asked {
            assert!(
                p.facts().get(name).is_some(),
                "{} asks for the fact {name}, which is not there",
                p.name()
            );
        }
        for (name, fact) in p.facts().iter() {
            let used =
                asked.contains(name) || shared.contains(&format!("\"{name}\"")) || fact.window_secs.is_some();
            assert!(used, "{} has the fact {name}, which nobody asks for", p.name());
        }
    }
}
