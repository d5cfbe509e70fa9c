//! Times and spans of time as a policy writes them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A span of time: a whole number and `m`, `h`, `d` or `w`, e.g. `90d`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Age(i64);

impl Age {
    /// Length in seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

const UNITS: [(char, i64); 4] = [('w', 7 * 86400), ('d', 86400), ('h', 3600), ('m', 60)];

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = || {
            let unit = text.chars().last()?;
            let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
            let digits = text.strip_suffix(unit)?;
            let fits =
                (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            let number = digits.parse::<i64>().ok().filter(|number| fits && *number > 0)?;
            number.checked_mul(*seconds)
        };
        let fault = || format!("`{}` is no span of time such as `90d`", crate::yaml::shown(&text));
        read().map(Self).ok_or_else(fault)
    }
}

impl From<Age> for String {
    fn from(age: Age) -> Self {
        age.to_string()
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().skip(1).find(|(_, seconds)| self.0 % seconds == 0);
        match whole {
            Some((unit, seconds)) => write!(f, "{}{unit}", self.0 / seconds),
            None => write!(f, "{}s", self.0),
        }
    }
}

/// A moment: a day in UTC (`2027-01-31`, its last second) or RFC 3339 (`2027-01-31T12:00:00Z`).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Moment(i64);

impl Moment {
    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let whole = if text.len() == 10 { format!("{text}T23:59:59Z") } else { text.clone() };
        let fault = || format!("`{}` is no day such as `2027-01-31`", crate::yaml::shown(&text));
        seconds(&whole).map(Self).ok_or_else(fault)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rfc3339(self.0))
    }
}

/// Seconds since 1970 that RFC 3339 text means.
fn seconds(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// Seconds since 1970 as RFC 3339; as a number outside of the years that the format has.
pub(crate) fn rfc3339(seconds: i64) -> String {
    sealkit_attest::Timestamp::shown(seconds)
}
