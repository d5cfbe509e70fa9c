//! Words and patterns of a policy.

use std::fmt;

use schemars::JsonSchema;
use sealkit_attest::{CertifiedSubject, SubjectKind, SubjectRule};
use serde::{Deserialize, Serialize};

/// Longest text of a policy, in bytes.
const MAX_TEXT: usize = 2048;

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $fault:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let fault: fn(&str) -> Option<&'static str> = $fault;
                match fault(&text) {
                    Some(fault) => Err(format!("`{}`: {fault}", crate::yaml::shown(&text))),
                    None => Ok(Self(text)),
                }
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// A name: 1 to 64 letters, digits, `-`, `_` and `.`.
    Name, |text| {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let fits = (1..=64).contains(&text.len()) && text.chars().all(good);
        (!fits).then_some("a name has 1 to 64 letters, digits, `-`, `_` and `.`")
    }
}

text_type! {
    /// Text that is not empty and has no control character but line ends.
    Text, |text| {
        let bad = |c: char| c.is_control() && c != '\n';
        if text.trim().is_empty() {
            Some("it is empty")
        } else if text.len() > MAX_TEXT {
            Some("it is too long")
        } else {
            text.chars().any(bad).then_some("it has a control character")
        }
    }
}

text_type! {
    /// A pattern that has to fit the whole: `*` stands for any characters but `/` and `@`, `**` for any
    /// at all. Without a star it is the text itself.
    Pattern, |text| {
        if text.is_empty() || text.len() > MAX_TEXT {
            Some("a pattern is neither empty nor long")
        } else {
            text.chars().any(char::is_control).then_some("it has a control character")
        }
    }
}

impl Pattern {
    /// Whether the whole of `text` fits.
    pub fn matches(&self, text: &str) -> bool {
        let value = text.to_owned();
        SubjectRule::fitting(SubjectKind::Other, self.0.clone())
            .matches(&CertifiedSubject { kind: SubjectKind::Other, value })
    }
}

/// A share in percent, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64")]
pub struct Percent(f64);

impl Percent {
    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Percent {
    type Error = String;

    fn try_from(number: f64) -> Result<Self, String> {
        if (0.0..=100.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("{number} is not between 0 and 100"))
        }
    }
}

impl From<Percent> for f64 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}
