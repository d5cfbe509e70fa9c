//! Times as documents demand them.

use sealkit_inspect::property;

use crate::{Bom, BomError};

/// When the document was made that an AIBOM was read from, in UTC; none where it does not say so.
pub(crate) fn created(bom: &Bom) -> Option<String> {
    let mut said = bom.properties.iter().filter(|p| p.name == property::CREATED);
    said.find(|p| p.subject.is_empty()).and_then(|p| p.as_text()).and_then(in_utc)
}

/// The same time in UTC, where it is of another zone (`+02:00`), without parts of seconds.
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
    let two = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok()).flatten();
    let (hours, minutes) = (i64::from(two(hours)?), i64::from(two(minutes)?));
    let here = utc(head)?;
    let number = |at: std::ops::Range<usize>| here.get(at)?.parse::<i64>().ok();
    let day = days(number(0..4)?, number(5..7)?, number(8..10)?);
    let clock = number(11..13)? * 60 + number(14..16)?;
    let all = day * 1440 + clock - east * (hours * 60 + minutes);
    let (year, month, day) = date(all.div_euclid(1440));
    let clock = all.rem_euclid(1440);
    let seconds = here.get(17..19)?;
    let (hour, minute) = (clock / 60, clock % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{seconds}Z"))
}

/// Days from the first of March of year 0, in the calendar of today.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month < 3 { year - 1 } else { year };
    let months = (month + 9) % 12;
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (months * 153 + 2) / 5
        + day
        - 1
}

/// Year, month and day of so many days.
fn date(days: i64) -> (i64, i64, i64) {
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let months = (5 * of_year + 2) / 153;
    let month = if months < 10 { months + 3 } else { months - 9 };
    let year = year + era * 400 + i64::from(month < 3);
    (year, month, of_year - (153 * months + 2) / 5 + 1)
}

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
        ] {
            assert_eq!(in_utc(given).as_deref(), wanted, "{given}");
        }
    }
}
