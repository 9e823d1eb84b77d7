//! Keys that only some platforms know: whether anybody here knows them.

use super::draft::{Draft, Fields, WrittenExtra};
use super::{Context, Target, keys};
use crate::core::diagnose::{Diagnostic, Diagnostics, nearest};

/// Tells of each key that no account of the post knows; in `[only.X]`, that X's platform does not know.
pub(super) fn check(draft: &Draft, chosen: &[Target<'_>], context: &Context<'_>, told: &mut Diagnostics) {
    let known: Vec<&str> = own_keys(context.targets.iter());
    unknown(draft, &draft.base, &known, "", told);
    for (name, fields) in &draft.only {
        let target = chosen.iter().filter(|t| t.account.as_str() == name.value);
        let known = own_keys(target);
        unknown(draft, fields, &known, &format!(" in [only.{}]", name.value), told);
    }
}

fn own_keys<'a>(targets: impl Iterator<Item = &'a Target<'a>>) -> Vec<&'a str> {
    targets
        .flat_map(|t| t.platform.fields())
        .map(|spec| spec.key)
        .collect()
}

fn unknown(draft: &Draft, fields: &Fields, known: &[&str], place: &str, told: &mut Diagnostics) {
    for (key, written) in &fields.extras {
        if !known.contains(&key.as_str()) {
            told.push(error(draft, key, written, known, place));
        }
    }
}

fn error(draft: &Draft, key: &str, written: &WrittenExtra, known: &[&str], place: &str) -> Diagnostic {
    let message = format!("unknown key `{key}`{place}");
    let error = Diagnostic::error(&draft.source, written.key.clone(), message);
    let top: &[keys::Key] = if place.is_empty() { keys::TOP } else { &[] };
    let here = [&keys::names(top), &keys::names(keys::WHAT), known].concat();
    match nearest(key, here.iter().copied()) {
        Some(near) => error.label(format!("did you mean `{near}`?")),
        None => error.help(format!("known here: {}", here.join(", "))),
    }
}
