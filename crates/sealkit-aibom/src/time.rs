//! Times as documents demand them.

use sealkit_inspect::property;
use sealkit_report::calendar::{civil, days};

use crate::{Bom, BomError};

/// When the document was made that an AIBOM was read from, in UTC; none where it does not say so.
pub(crate) fn created(bom: &Bom) -> Option<String> {
    let mut said = bom.properties.iter().filter(|p| p.name == property::CREATED);
    said.find(|p| p.subject.is_empty()).and_then(|p| p.as_text()).and_then(in_utc)
}

/// The same time in UTC, where it is of another zone (`+02:00`), without parts of seconds; none where
/// there is no such time, or its year in UTC is not of four digits.
pub(crate) fn in_utc(text: &str) -> Option<String> {
    if let Some(time) = utc(text) {
        return Some(time);
    }
    let (head, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let east = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let within = |text: &str, last: i64| {
        let is_plain = text.len() == 2 && text.bytes().all(|c| c.is_ascii_digit());
        text.parse::<i64>().ok().filter(|number| is_plain && *number <= last)
    };
    let zone = within(hours, 23)? * 60 + within(minutes, 59)?;
    let (here, rest) = local(head)?;
    let is_plain = rest.is_empty() && head.len() > DATE;
    let number = |at: std::ops::Range<usize>| here.get(at)?.parse::<i64>().ok();
    let clock = number(11..13)? * 60 + number(14..16)?;
    let all = day(&here)? * 1440 + clock - east * zone;
    let (year, month, day) = civil(all.div_euclid(1440));
    let clock = all.rem_euclid(1440);
    let seconds = here.get(17..19)?;
    let (hour, minute) = (clock / 60, clock % 60);
    (is_plain && (0..=9999).contains(&year))
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{seconds}Z"))
}

/// Days since 1970 of what starts with a date; none where the calendar has no such day.
fn day(text: &str) -> Option<i64> {
    let (year, month) = (text.get(0..4)?.parse().ok()?, text.get(5..7)?.parse().ok()?);
    days(year, month, text.get(8..10)?.parse().ok()?)
}

/// `YYYY-MM-DDThh:mm:ssZ`, the only form that SPDX 3.0.1 takes, from RFC 3339 in UTC.
pub(crate) fn without_fraction(text: &str) -> Result<String, BomError> {
    utc(text).ok_or_else(|| BomError::Timestamp { found: text.to_owned() })
}

/// The same, none where the text is no such time; a date alone is its first second.
pub(crate) fn utc(text: &str) -> Option<String> {
    let (time, zone) = local(text)?;
    matches!(zone, "Z" | "+00:00" | "").then(|| format!("{time}Z"))
}

/// What a time looks like.
const TIME: &str = "dddd-dd-ddTdd:dd:dd";
/// Length of a date alone.
const DATE: usize = 10;

/// A time without its zone and without parts of seconds, and what follows these.
fn local(text: &str) -> Option<(String, &str)> {
    let dated = text.len() == DATE;
    let (head, tail) = text.split_at_checked(if dated { DATE } else { TIME.len() })?;
    let head = if dated { format!("{head}T00:00:00") } else { head.replace(' ', "T") };
    let fits = head.bytes().zip(TIME.bytes()).all(|(c, want)| match want {
        b'd' => c.is_ascii_digit(),
        _ => c == want,
    });
    let within = |at: std::ops::Range<usize>, last: u8| {
        head.get(at).and_then(|n| n.parse::<u8>().ok()).is_some_and(|n| n <= last)
    };
    let real = fits && within(11..13, 23) && within(14..16, 59) && within(17..19, 59);
    let zone = match tail.strip_prefix('.') {
        None => tail,
        Some(part) => {
            let zone = part.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == part.len() {
                return None;
            }
            zone
        }
    };
    (real && day(&head).is_some()).then_some((head, zone))
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
            ("2026-02-29T12:00:00Z", None),
            ("2024-02-29T12:00:00Z", Some("2024-02-29T12:00:00Z")),
            ("2026-04-31", None),
            ("2026-01-31T12:00:00.Z", None),
            ("2026-01-31T12:00:001Z", None),
            ("2026-01-31T12:00:00.1.2Z", None),
            ("2026 01-31T12:00:00Z", None),
            ("+026-01-31T12:00:00Z", None),
        ] {
            assert_eq!(utc(given).as_deref(), wanted, "{given}");
        }
        assert!(without_fraction("x").is_err());
    }

    #[test]
    fn times_of_other_zones_are_the_same_moment() {
        for (given, wanted) in [
            ("2024-05-01T10:11:12-04:00", Some("2024-05-01T14:11:12Z")),
            ("2024-05-01T10:11:12.5+05:30", Some("2024-05-01T04:41:12Z")),
            ("2024-03-01T00:30:00+01:00", Some("2024-02-29T23:30:00Z")),
            ("2023-12-31T23:59:59-00:01", Some("2024-01-01T00:00:59Z")),
            ("2000-01-01T00:00:00+14:00", Some("1999-12-31T10:00:00Z")),
            ("2100-02-28T23:00:00-02:00", Some("2100-03-01T01:00:00Z")),
            ("2024-05-01T10:11:12Z", Some("2024-05-01T10:11:12Z")),
            ("2024-05-01T10:11:12+2:00", None),
            ("2024-05-01T10:11:12*02:00", None),
            ("+02:00", None),
            ("é", None),
            ("2024-05-01T10:11:12++1:30", None),
            ("2024-05-01T10:11:12+01:+3", None),
            ("2024-05-01T10:11:12+24:00", None),
            ("2024-05-01T10:11:12+01:60", None),
            ("2024-05-01T10:11:12Z+01:00", None),
            ("2024-05-01T10:11:12+00:00+01:00", None),
            ("2024-05-01+01:00", None),
            ("9999-12-31T23:30:00-01:00", None),
            ("9999-12-31T23:30:00-00:29", Some("9999-12-31T23:59:00Z")),
            ("0000-01-01T00:30:00+01:00", None),
            ("0000-01-01T01:00:00+01:00", Some("0000-01-01T00:00:00Z")),
            ("2026-02-29T12:00:00+01:00", None),
        ] {
            assert_eq!(in_utc(given).as_deref(), wanted, "{given}");
        }
    }
}
