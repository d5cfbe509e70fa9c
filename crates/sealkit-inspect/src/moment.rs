//! Moments as documents write them.

use sealkit_report::calendar::civil;

/// Seconds since 1970 in RFC 3339, for years of four digits (proleptic Gregorian calendar, UTC).
pub(crate) fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", date(days.cast_signed()))
}

/// The day so many days after 1970-01-01: `YYYY-MM-DD`.
pub(crate) fn date(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (20_783, "2026-11-26"),
            (-719_528, "0000-01-01"),
            (2_932_896, "9999-12-31"),
        ] {
            assert_eq!(date(days), text);
        }
        for far in [i64::MAX, i64::MIN] {
            assert!(!date(far).is_empty());
        }
    }

    #[test]
    fn the_last_second_of_four_digits_is_written() {
        assert_eq!(rfc3339(253_402_300_799), "9999-12-31T23:59:59Z");
    }
}
