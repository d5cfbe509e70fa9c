//! `Range` of downloads (RFC 9110 §14) and `Content-Range` of uploads (distribution-spec).

use std::ops::Range;

/// What to answer to a `Range` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeAnswer {
    /// The whole content: there is no range, or one that is not understood.
    Whole,
    /// These bytes, with 206.
    Part(Range<u64>),
    /// The range lies outside: 416.
    Unsatisfiable,
}

/// Reads a `Range` header for content of `size` bytes. Several ranges in one header are answered
/// with the whole content, as RFC 9110 allows.
pub fn parse_range(header: Option<&str>, size: u64) -> RangeAnswer {
    let Some((first, last)) = header
        .and_then(|text| text.trim().strip_prefix("bytes="))
        .filter(|spec| !spec.contains(','))
        .and_then(|spec| spec.trim().split_once('-'))
    else {
        return RangeAnswer::Whole;
    };
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => RangeAnswer::Whole,
        (Some(first), _) if first >= size && (last.is_empty() || number(last).is_some()) => {
            RangeAnswer::Unsatisfiable
        }
        (Some(first), Some(last)) => RangeAnswer::Part(first..last.saturating_add(1).min(size)),
        (Some(first), None) if last.is_empty() => RangeAnswer::Part(first..size),
        (None, Some(0)) if first.is_empty() => RangeAnswer::Unsatisfiable,
        (None, Some(_)) if first.is_empty() && size == 0 => RangeAnswer::Unsatisfiable,
        (None, Some(length)) if first.is_empty() => {
            RangeAnswer::Part(size.saturating_sub(length)..size)
        }
        _ => RangeAnswer::Whole,
    }
}

/// Reads the `Content-Range` of a chunk: `<first>-<last>`, without unit, both inclusive. A leading
/// `bytes ` and a trailing `/<total>` are taken too: some clients write RFC 9110's form.
pub(crate) fn parse_content_range(text: &str) -> Option<Range<u64>> {
    let text = text.trim();
    let text = text.strip_prefix("bytes ").or_else(|| text.strip_prefix("bytes=")).unwrap_or(text);
    let text = text.split_once('/').map_or(text, |(range, _)| range);
    let (first, last) = text.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    let end = last.checked_add(1)?;
    (first < end).then_some(first..end)
}

/// The `Range` header of an upload that has `offset` bytes. An empty one is `0-0`, as every
/// registry writes it: the protocol has no form for nothing.
pub(crate) fn progress(offset: u64) -> String {
    format!("0-{}", offset.saturating_sub(1))
}

/// A number that is written in digits alone.
pub(crate) fn number(text: &str) -> Option<u64> {
    // `parse` alone would accept a leading `+`.
    if text.is_empty() || !text.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    // More digits than 64 bits hold mean as many as there are.
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_answered_as_http_asks() {
        use RangeAnswer::{Part, Unsatisfiable, Whole};
        for (header, answer) in [
            ("bytes=0-0", Part(0..1)),
            ("bytes=5-", Part(5..10)),
            ("bytes=5-100", Part(5..10)),
            ("bytes=-3", Part(7..10)),
            ("bytes=-30", Part(0..10)),
            ("bytes=9-9", Part(9..10)),
            ("bytes=10-", Unsatisfiable),
            ("bytes=10-11", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=7-3", Whole),
            ("bytes=0-99999999999999999999999", Part(0..10)),
            ("bytes=1-2,4-5", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=1-x", Whole),
            ("bytes=-", Whole),
            ("items=1-2", Whole),
        ] {
            assert_eq!(parse_range(Some(header), 10), answer, "{header}");
        }
        assert_eq!(parse_range(None, 10), Whole);
        assert_eq!(parse_range(Some("bytes=-1"), 0), Unsatisfiable);
        assert_eq!(parse_range(Some("bytes=0-"), 0), Unsatisfiable);
    }

    #[test]
    fn content_ranges_are_inclusive() {
        assert_eq!(parse_content_range("0-9"), Some(0..10));
        assert_eq!(parse_content_range("bytes 10-19/100"), Some(10..20));
        for bad in ["", "-", "1", "9-1", "a-b", "0--1", "0-18446744073709551615"] {
            assert_eq!(parse_content_range(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_part_always_lies_inside(header in "bytes=[0-9]{0,21}-[0-9]{0,21}", size in 0_u64..100) {
            if let RangeAnswer::Part(range) = parse_range(Some(&header), size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
