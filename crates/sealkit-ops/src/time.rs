//! Times as documents write them.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::OpsError;

/// Seconds since 1970 as RFC 3339 in UTC, e.g. `1980-01-01T00:00:00Z`. None outside of the years
/// that the format can write.
pub fn rfc3339(seconds: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()?.format(&Rfc3339).ok()
}

/// Reads what `--created` and `SOURCE_DATE_EPOCH` may hold: seconds since 1970, or RFC 3339.
pub fn parse_time(text: &str) -> Result<i64, OpsError> {
    let text = text.trim();
    let seconds = text
        .parse::<i64>()
        .ok()
        .or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp));
    seconds.filter(|&seconds| rfc3339(seconds).is_some()).ok_or_else(|| {
        OpsError::usage("time-malformed", format!("`{text}` is not a time"))
            .with_hint("write seconds since 1970, or a time such as `2026-01-31T12:00:00Z`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_mean_the_same() {
        assert_eq!(parse_time("315532800").unwrap(), 315_532_800);
        assert_eq!(parse_time("1980-01-01T00:00:00Z").unwrap(), 315_532_800);
        assert_eq!(parse_time("1980-01-01T01:00:00+01:00").unwrap(), 315_532_800);
        assert_eq!(rfc3339(315_532_800).unwrap(), "1980-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "1.5", "99999999999999"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
