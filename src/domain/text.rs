//! Ways of counting text: every platform has its own.

mod weighted;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// What a limit on text counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Unicode scalar values.
    Chars,
    /// Unicode scalar values; perhaps UTF-16 code units, which the vendor does not document (instagram.md 4.3).
    CharsOrUtf16,
    /// UTF-8 bytes.
    Bytes,
    /// UTF-16 code units.
    Utf16,
    /// Grapheme clusters.
    Graphemes,
    /// Grapheme clusters, but a cluster that has an emoji counts its UTF-8 bytes (threads.md 4.5).
    GraphemesEmojiBytes,
    /// X's weights: most scripts one, others and emoji two, a link 23 (x.md 4.3).
    Weighted,
}

impl Counting {
    /// The length of `text` in this way of counting.
    pub fn count(self, text: &str) -> usize {
        match self {
            Counting::Chars | Counting::CharsOrUtf16 => text.chars().count(),
            Counting::Bytes => text.len(),
            Counting::Utf16 => text.encode_utf16().count(),
            Counting::Graphemes => text.graphemes(true).count(),
            Counting::GraphemesEmojiBytes => text
                .graphemes(true)
                .map(|g| if g.chars().any(is_emoji) { g.len() } else { 1 })
                .sum(),
            Counting::Weighted => weighted::count(text),
        }
    }

    /// Where the vendor does not document what it counts: what it counts at worst.
    pub fn at_worst(self) -> Option<Counting> {
        match self {
            Counting::CharsOrUtf16 => Some(Counting::Utf16),
            Counting::GraphemesEmojiBytes => Some(Counting::Bytes),
            Counting::Chars
            | Counting::Bytes
            | Counting::Utf16
            | Counting::Graphemes
            | Counting::Weighted => None,
        }
    }

    /// The unit in words, for messages.
    pub fn unit(self) -> &'static str {
        match self {
            Counting::Chars | Counting::CharsOrUtf16 => "characters",
            Counting::Bytes => "bytes",
            Counting::Utf16 => "UTF-16 units",
            Counting::Graphemes => "characters",
            Counting::GraphemesEmojiBytes => "characters (an emoji counts its bytes)",
            Counting::Weighted => "weighted characters (a link counts 23, an emoji 2)",
        }
    }
}

pub use weighted::links as weighted_links;

/// Whether a character belongs to the one before it (accents, vowel signs).
fn is_mark(c: char) -> bool {
    !c.is_ascii() && unicode_normalization::char::is_combining_mark(c)
}

/// Whether a character is shown as a picture by default or asks for it (Unicode's emoji blocks).
pub fn is_emoji(c: char) -> bool {
    matches!(u32::from(c),
        0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x2300..=0x23FF
        | 0xFE0F | 0x20E3 | 0x3030 | 0x303D | 0x3297 | 0x3299 | 0xE0020..=0xE007F)
}
