//! What Meta counts in a caption (instagram.md 4.2, meta-common.md 4.3).

use crate::sandbox::models::meta::refusal::{Answer, Refusal};

const LENGTH: usize = 2_200;
const HASHTAGS: usize = 30;
const MENTIONS: usize = 20;

/// At most 2,200 characters, 30 hashtags, 20 tags of people.
pub(super) fn check(caption: &str) -> Answer<()> {
    if caption.chars().count() > LENGTH || marks(caption, '#') > HASHTAGS {
        return Err(Refusal::code(36_004, "The caption was too long.").sub(2_207_010).user(
            "Caption Too Long",
            "The caption was too long. The caption must be at most 2,200 characters, 30 hashtags, and 20 @ tags.",
        ));
    }
    if marks(caption, '@') > MENTIONS {
        return Err(
            Refusal::parameter("Too many tags in the caption. The maximum number of @ tags is 20.")
                .sub(2_207_040),
        );
    }
    Ok(())
}

/// How many words begin with this mark.
fn marks(text: &str, mark: char) -> usize {
    let mut before = ' ';
    let mut count = 0;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let word = rest
            .peek()
            .is_some_and(|next| next.is_alphanumeric() || *next == '_');
        count += usize::from(c == mark && !before.is_alphanumeric() && word);
        before = c;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_counted_at_the_edge() {
        assert!(check(&"ä".repeat(2_200)).is_ok() && check(&"ä".repeat(2_201)).is_err());
        assert!(check(&"#a ".repeat(30)).is_ok() && check(&"#a ".repeat(31)).is_err());
        assert!(check(&"@a ".repeat(20)).is_ok() && check(&"@a ".repeat(21)).is_err());
        assert_eq!((marks("a@b.c # #", '#'), marks("a@b.c @d", '@')), (0, 1));
    }
}
