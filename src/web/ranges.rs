//! Single byte ranges (RFC 9110 14).

/// Which part of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: no range, several, or one that is no range at all.
    Whole,
    /// From the first byte, this many.
    Some {
        /// First byte.
        start: u64,
        /// How many, at least 1.
        length: u64,
    },
    /// A range that the file does not have.
    Beyond,
}

/// What a `Range` header means for a file of this length.
pub(super) fn part(header: Option<&str>, length: u64) -> Part {
    let Some(spec) = header.and_then(|h| h.trim().strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    let Some((first, last)) = spec.trim().split_once('-') else {
        return Part::Whole;
    };
    match (number(first), number(last)) {
        (Ok(Some(first)), Ok(last)) => {
            let last = last.unwrap_or(u64::MAX).min(length.saturating_sub(1));
            match (first < length, last.checked_sub(first)) {
                (true, Some(more)) => Part::Some {
                    start: first,
                    length: more + 1,
                },
                // The last byte before the first is no range; the first beyond the end is one too far.
                (true, None) => Part::Whole,
                (false, _) => Part::Beyond,
            }
        }
        (Ok(None), Ok(Some(tail))) if tail > 0 && length > 0 => Part::Some {
            start: length.saturating_sub(tail),
            length: tail.min(length),
        },
        (Ok(None), Ok(Some(_))) => Part::Beyond,
        (Ok(None), Ok(None)) | (Err(()), _) | (_, Err(())) => Part::Whole,
    }
}

fn number(text: &str) -> Result<Option<u64>, ()> {
    match text.trim() {
        "" => Ok(None),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_ranges() {
        let some = |start, length| Part::Some { start, length };
        let cases = [
            (None, 10, Part::Whole),
            (Some("bytes=0-3"), 10, some(0, 4)),
            (Some("bytes=4-"), 10, some(4, 6)),
            (Some("bytes=9-9"), 10, some(9, 1)),
            (Some("bytes=5-100"), 10, some(5, 5)),
            (Some("bytes=-3"), 10, some(7, 3)),
            (Some("bytes=-30"), 10, some(0, 10)),
            (Some(" bytes= 1 - 2 "), 10, some(1, 2)),
            (Some("bytes=10-"), 10, Part::Beyond),
            (Some("bytes=10-5"), 10, Part::Beyond),
            (Some("bytes=-0"), 10, Part::Beyond),
            (Some("bytes=0-"), 0, Part::Beyond),
            (Some("bytes=-1"), 0, Part::Beyond),
            (Some("bytes=5-4"), 10, Part::Whole),
            (Some("bytes=0-1,3-4"), 10, Part::Whole),
            (Some("bytes=-"), 10, Part::Whole),
            (Some("bytes=a-b"), 10, Part::Whole),
            (Some("bytes=+1-2"), 10, Part::Whole),
            (Some("bytes=99999999999999999999-"), 10, Part::Whole),
            (Some("items=0-1"), 10, Part::Whole),
            (Some("bytes=18446744073709551615-"), u64::MAX, Part::Beyond),
            (Some("bytes=0-18446744073709551615"), u64::MAX, some(0, u64::MAX)),
        ];
        for (header, length, wanted) in cases {
            assert_eq!(part(header, length), wanted, "{header:?} of {length}");
        }
    }
}
