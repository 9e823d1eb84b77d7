//! "Did you mean": the nearest known name, and never nonsense.

/// The known name that `written` was probably meant to be.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(written, name),
                strsim::jaro_winkler(written, name),
                name,
            )
        })
        .filter(|(edits, alike, name)| {
            *edits <= 1 || (*edits <= 3 && *edits * 3 <= name.len()) || *alike > 0.92
        })
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))
        .map(|(_, _, name)| name)
}
