//! "Did you mean": the nearest known name, and never nonsense.

/// The known name that `written` was probably meant to be.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    by_edits(written, &known).or_else(|| by_part(written, &known))
}

/// The only known name that has the written one as one of its words: `per_message` for
/// `recipients_per_message`.
fn by_part<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let wrapped = |name: &str| format!("_{}_", name.to_lowercase().replace(['-', '.', ' '], "_"));
    let part = wrapped(written);
    let mut with = known
        .iter()
        .filter(|name| written.len() >= 4 && wrapped(name).contains(&part));
    let first = with.next()?;
    with.next().is_none().then_some(*first)
}

fn by_edits<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    // Longer names are no slips of known ones, and comparing them would take long.
    if written.len() > 100 {
        return None;
    }
    known
        .iter()
        .copied()
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
