//! Values as text, as their logical types mean them.
//!
//! Source: `LogicalTypes.md` of parquet-format 2.11.

use super::chunk::Leaf;
use super::values::Value;
use crate::address::hex;
use crate::moment::date;

/// Bytes of a binary value that are shown.
const MAX_BINARY: usize = 16;
/// The Julian day of 1970-01-01.
const JULIAN_EPOCH: i64 = 2_440_588;
const DAY: i64 = 86_400;

/// The value as text of at most `most` characters.
pub(super) fn text(value: Value<'_>, leaf: &Leaf<'_>, most: usize) -> String {
    let kind = leaf.element.plain_type();
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int32(value) => whole(i64::from(value), &kind, true),
        Value::Int64(value) => whole(value, &kind, false),
        Value::Int96(nanoseconds, day) => {
            let seconds = (i64::from(day) - JULIAN_EPOCH) * DAY;
            let of_day = i64::try_from(nanoseconds).unwrap_or(0);
            moment(
                seconds + of_day.div_euclid(1_000_000_000),
                of_day.rem_euclid(1_000_000_000),
                9,
                "",
            )
        }
        Value::Float(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Bytes(bytes) => of_bytes(bytes, &kind, most),
    }
}

fn of_bytes(bytes: &[u8], kind: &str, most: usize) -> String {
    let len = bytes.len();
    if ["string", "enum", "json"].contains(&kind) {
        // A character takes four bytes at most.
        let head = bytes.get(..most.saturating_mul(4)).unwrap_or(bytes);
        let text = String::from_utf8_lossy(head);
        let cut: String = text.chars().take(most).collect();
        let is_all = cut.len() == text.len() && head.len() == len;
        return if is_all { cut } else { format!("{cut}…") };
    }
    if let (Some(scale), 1..=16) = (scale(kind), len) {
        let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { -1 } else { 0 };
        let value = bytes.iter().fold(sign, |value: i128, byte| value << 8 | i128::from(*byte));
        return decimal(value, scale);
    }
    if kind == "uuid" && bytes.len() == 16 {
        let hex = hex(bytes);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        return format!(
            "{}-{}-{}-{}-{}",
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32)
        );
    }
    if let ("float16", &[low, high]) = (kind, bytes) {
        return half(u16::from_le_bytes([low, high])).to_string();
    }
    if bytes.is_empty() {
        return "0 bytes".to_owned();
    }
    let shown = hex(bytes.get(..MAX_BINARY).unwrap_or(bytes));
    let more = if len > MAX_BINARY { "…" } else { "" };
    let unit = if len == 1 { "byte" } else { "bytes" };
    format!("0x{shown}{more} ({len} {unit})")
}

/// A number of 16 bits (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let (exponent, part) = (i32::from(bits >> 10 & 0x1F), f32::from(bits & 0x3FF) / 1024.0);
    let size = match exponent {
        0 => part * 2_f32.powi(-14),
        31 if part == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        exponent => (1.0 + part) * 2_f32.powi(exponent - 15),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

fn whole(value: i64, kind: &str, is_short: bool) -> String {
    if kind == "date" {
        return date(value);
    }
    if let Some(scale) = scale(kind) {
        return decimal(i128::from(value), scale);
    }
    if kind.starts_with("uint") {
        // Written as signed numbers of the same bits.
        return if is_short { (value as u32).to_string() } else { (value as u64).to_string() };
    }
    let Some((name, rest)) = kind.split_once('[') else { return value.to_string() };
    let (digits, unit) = match rest {
        rest if rest.starts_with("ms") => (3, 1_000),
        rest if rest.starts_with("us") => (6, 1_000_000),
        rest if rest.starts_with("ns") => (9, 1_000_000_000),
        _ => return value.to_string(),
    };
    let (seconds, part) = (value.div_euclid(unit), value.rem_euclid(unit));
    match name {
        "timestamp" => moment(seconds, part, digits, if rest.contains("UTC") { "Z" } else { "" }),
        "time" => of_day(seconds, part, digits),
        _ => value.to_string(),
    }
}

/// The number of digits behind the point; none where it is no decimal.
fn scale(kind: &str) -> Option<usize> {
    let arguments = kind.strip_prefix("decimal(")?.strip_suffix(')')?;
    arguments.split_once(',')?.1.trim().parse().ok().filter(|scale| *scale <= 38)
}

fn decimal(value: i128, scale: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

fn moment(seconds: i64, part: i64, digits: usize, zone: &str) -> String {
    let day = date(seconds.div_euclid(DAY));
    format!("{day}T{}{zone}", of_day(seconds.rem_euclid(DAY), part, digits))
}

fn of_day(seconds: i64, part: i64, digits: usize) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let part = if part == 0 { String::new() } else { format!(".{part:0>digits$}") };
    format!("{hours:02}:{minutes:02}:{rest:02}{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_what_their_type_means() {
        for (value, kind, text) in [
            (-1, "int64", "-1"),
            (-1, "uint64", "18446744073709551615"),
            (12_345, "decimal(9, 2)", "123.45"),
            (-5, "decimal(9, 2)", "-0.05"),
            (7, "decimal(9, 0)", "7"),
            (1_800_000_000_123, "timestamp[ms, UTC]", "2027-01-15T08:00:00.123Z"),
            (-1, "timestamp[us]", "1969-12-31T23:59:59.999999"),
            (3_661_000_000_000, "time[ns]", "01:01:01"),
            (5, "timestamp[]", "5"),
        ] {
            assert_eq!(whole(value, kind, false), text, "{kind}");
        }
        assert_eq!(whole(-1, "uint32", true), "4294967295");
        for extreme in [i64::MIN, i64::MAX] {
            for kind in
                ["date", "timestamp[ms]", "timestamp[ns, UTC]", "time[us]", "decimal(38, 38)"]
            {
                assert!(!whole(extreme, kind, false).is_empty());
            }
        }
    }

    #[test]
    fn bytes_are_text_where_they_are_meant_as_text() {
        assert_eq!(of_bytes("modèle".as_bytes(), "string", 100), "modèle");
        assert_eq!(of_bytes(b"abcdef", "string", 3), "abc…");
        assert_eq!(of_bytes(&[b'a'; 9_000], "string", 300), format!("{}…", "a".repeat(300)));
        assert_eq!(
            of_bytes(&[0xFF; 20], "binary", 300),
            format!("0x{}… (20 bytes)", "ff".repeat(16))
        );
        assert_eq!(of_bytes(b"", "binary", 300), "0 bytes");
        assert_eq!(of_bytes(&[0xFF, 0x85], "decimal(4, 2)", 300), "-1.23");
        for (bits, text) in
            [(0x3C00_u16, "1"), (0xC100, "-2.5"), (0x7C00, "inf"), (1, "0.000000059604645")]
        {
            assert_eq!(of_bytes(&bits.to_le_bytes(), "float16", 300), text);
        }
        assert_eq!(of_bytes(&[0x11; 16], "uuid", 300), "11111111-1111-1111-1111-111111111111");
    }
}
