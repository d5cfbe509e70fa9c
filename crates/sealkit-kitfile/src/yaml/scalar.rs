//! What a plain scalar means: yaml.v3's mix of YAML 1.1 and 1.2, which `kit` uses. `yes` and `no`
//! stay strings, `0o17`, `017` and `0xF` are numbers, underscores in numbers are dropped.

use super::time;

/// What a scalar resolves to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// A timestamp, in the form in which it is stored.
    Time(String),
    Text,
}

impl Scalar {
    /// The tag of the kind.
    pub(crate) fn tag(&self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Uint(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Time(_) => "!!timestamp",
            Self::Text => "!!str",
        }
    }

    /// The kind in words.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "a number",
            Self::Time(_) => "a timestamp",
            Self::Text => "a string",
        }
    }
}

/// Resolves a plain scalar without an explicit tag.
pub(crate) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.bytes().next() {
        Some(b'.') => float(text).map_or(Scalar::Text, Scalar::Float),
        Some(b'+' | b'-' | b'0'..=b'9') => {
            time::parse(text).map(Scalar::Time).or_else(|| number(text)).unwrap_or(Scalar::Text)
        }
        _ => Scalar::Text,
    }
}

/// Resolves a scalar that has one of YAML's own tags; none where it does not fit the tag.
pub(crate) fn resolve_tagged(text: &str, tag: &str) -> Option<Scalar> {
    if tag == "!!str" {
        return Some(Scalar::Text);
    }
    match (resolve(text), tag) {
        (Scalar::Int(value), "!!float") => Some(Scalar::Float(value as f64)),
        (value, tag) => (value.tag() == tag).then_some(value),
    }
}

fn number(text: &str) -> Option<Scalar> {
    let plain = text.replace('_', "");
    let (negative, signed, digits) = match plain.as_bytes().first()? {
        b'-' => (true, true, plain.get(1..)?),
        b'+' => (false, true, plain.get(1..)?),
        _ => (false, false, plain.as_str()),
    };
    if let Some(magnitude) = magnitude(digits) {
        if let Ok(value) = i64::try_from(magnitude) {
            return Some(Scalar::Int(if negative { -value } else { value }));
        }
        if negative && magnitude == i64::MIN.unsigned_abs() {
            return Some(Scalar::Int(i64::MIN));
        }
        if !signed {
            return Some(Scalar::Uint(magnitude));
        }
    }
    float(&plain).map(Scalar::Float)
}

/// A whole number with Go's prefixes: `0x`, `0o`, `0b`, and a bare `0` for octal.
fn magnitude(digits: &str) -> Option<u64> {
    let radix_of = |prefix: Option<&str>| match prefix {
        Some("0x" | "0X") => Some(16),
        Some("0o" | "0O") => Some(8),
        Some("0b" | "0B") => Some(2),
        _ => None,
    };
    let (radix, digits) = match radix_of(digits.get(..2)) {
        Some(radix) => (radix, digits.get(2..)?),
        None if digits.len() > 1 && digits.starts_with('0') => (8, digits.get(1..)?),
        None => (10, digits),
    };
    // `from_str_radix` would accept a sign of its own.
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, where it is not too large.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let are_digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && are_digits(fraction),
        Some((whole, fraction)) => are_digits(whole) && are_digits(fraction),
        None => !mantissa.is_empty() && are_digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|text| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && are_digits(digits)
    });
    if !mantissa_fits || !exponent_fits {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}
