//! Times as documents demand them.

use crate::BomError;

/// `YYYY-MM-DDThh:mm:ssZ`, the only form that SPDX 3.0.1 takes, from RFC 3339 in UTC.
pub(crate) fn without_fraction(text: &str) -> Result<String, BomError> {
    utc(text).ok_or_else(|| BomError::Timestamp { found: text.to_owned() })
}

/// The same, none where the text is no such time; a date alone is its first second.
pub(crate) fn utc(text: &str) -> Option<String> {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let dated = format!("{text}T00:00:00Z");
    let text = if text.len() == 10 { dated.as_str() } else { text };
    let (head, tail) = text.split_at_checked(shape.len())?;
    let fits = head.bytes().zip(shape.bytes()).all(|(c, want)| match want {
        b'd' => c.is_ascii_digit(),
        b'T' => matches!(c, b'T' | b' '),
        _ => c == want,
    });
    let number = |at: std::ops::Range<usize>| head.get(at).and_then(|n| n.parse::<u32>().ok());
    let within = |at, low, high| number(at).is_some_and(|n| (low..=high).contains(&n));
    let real = within(5..7, 1, 12)
        && within(8..10, 1, 31)
        && within(11..13, 0, 23)
        && within(14..16, 0, 59)
        && within(17..19, 0, 59);
    let zone = tail.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let is_utc = matches!(zone, "Z" | "+00:00" | "");
    (fits && real && is_utc).then(|| format!("{}Z", head.replace(' ', "T")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_in_utc_are_taken() {
        for (given, wanted) in [
            ("2026-01-31T12:00:00Z", Some("2026-01-31T12:00:00Z")),
            ("2026-01-31T12:00:00.123456Z", Some("2026-01-31T12:00:00Z")),
            ("2026-01-31 12:00:00+00:00", Some("2026-01-31T12:00:00Z")),
            ("2026-01-31", Some("2026-01-31T00:00:00Z")),
            ("2026-13-31T12:00:00Z", None),
            ("2026-01-31T12:00:00+02:00", None),
            ("2026-01-31T25:00:00Z", None),
            ("yesterday", None),
            ("", None),
            ("2026-01-3é", None),
        ] {
            assert_eq!(utc(given).as_deref(), wanted, "{given}");
        }
        assert!(without_fraction("x").is_err());
    }
}
