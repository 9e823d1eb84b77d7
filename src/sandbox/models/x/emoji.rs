//! Emoji sequences, each of which counts 2 (`x.md` 4.3, step 3).

const JOINER: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// The length in bytes of the emoji sequence at the start of a text, if there is one.
pub(super) fn sequence(text: &str) -> Option<usize> {
    keycap(text).or_else(|| flag(text)).or_else(|| joined(text))
}

fn keycap(text: &str) -> Option<usize> {
    let mut chars = text.chars();
    let base = chars.next().filter(|c| matches!(c, '0'..='9' | '#' | '*'))?;
    let mut length = base.len_utf8();
    let mut next = chars.next()?;
    if next == EMOJI_STYLE {
        length += next.len_utf8();
        next = chars.next()?;
    }
    (next == KEYCAP).then(|| length + next.len_utf8())
}

fn flag(text: &str) -> Option<usize> {
    let regional = |c: &char| matches!(c, '\u{1F1E6}'..='\u{1F1FF}');
    let mut chars = text.chars().filter(regional);
    let starts = text.chars().take(2).filter(regional).count() == 2;
    starts.then(|| chars.by_ref().take(2).map(char::len_utf8).sum())
}

/// One pictograph with its modifiers, and what is joined to it.
fn joined(text: &str) -> Option<usize> {
    let mut end = single(text)?;
    while let Some(rest) = text[end..].strip_prefix(JOINER) {
        let Some(more) = single(rest) else { break };
        end += JOINER.len_utf8() + more;
    }
    Some(end)
}

fn single(text: &str) -> Option<usize> {
    let base = text.chars().next()?;
    let mut end = base.len_utf8();
    let styled = text[end..].starts_with(EMOJI_STYLE);
    // These two are plain letters unless the style mark says otherwise.
    let emoji = if matches!(base, '©' | '®') {
        styled
    } else {
        pictograph(base)
    };
    if !emoji {
        return None;
    }
    for c in text[end..].chars() {
        match c {
            EMOJI_STYLE | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}' => end += c.len_utf8(),
            _ => break,
        }
    }
    Some(end)
}

fn pictograph(c: char) -> bool {
    matches!(u32::from(c),
        0x203C | 0x2049 | 0x2122 | 0x2139 | 0x2194..=0x2199 | 0x21A9..=0x21AA | 0x231A..=0x231B | 0x2328 | 0x23CF
        | 0x23E9..=0x23F3 | 0x23F8..=0x23FA | 0x24C2 | 0x25AA..=0x25AB | 0x25B6 | 0x25C0 | 0x25FB..=0x25FE
        | 0x2600..=0x27BF | 0x2934..=0x2935 | 0x2B05..=0x2B07 | 0x2B1B..=0x2B1C | 0x2B50 | 0x2B55 | 0x3030 | 0x303D
        | 0x3297 | 0x3299 | 0x1F004 | 0x1F0CF | 0x1F170..=0x1F171 | 0x1F17E..=0x1F17F | 0x1F18E | 0x1F191..=0x1F19A
        | 0x1F201..=0x1F202 | 0x1F21A | 0x1F22F | 0x1F232..=0x1F23A | 0x1F250..=0x1F251 | 0x1F300..=0x1F64F
        | 0x1F680..=0x1F6FF | 0x1F7E0..=0x1F7EB | 0x1F7F0 | 0x1F90C..=0x1F9FF | 0x1FA70..=0x1FAFF)
}

#[cfg(test)]
mod tests {
    use super::sequence;

    #[test]
    fn sequences_are_taken_whole() {
        for whole in ["👨‍👩‍👧‍👦", "🙋🏽", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥", "©️"]
        {
            assert_eq!(sequence(whole), Some(whole.len()), "{whole}");
        }
        assert_eq!(sequence("🇩🇪🇫🇷"), Some(8), "two flags are two");
        assert_eq!(sequence("©"), None);
        assert_eq!(sequence("1"), None);
        assert_eq!(sequence("a🙂"), None);
    }
}
