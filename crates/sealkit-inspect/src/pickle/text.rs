//! Operands that are text: numbers, names and strings, the way the C unpickler takes them.

/// A whole number that a text operand says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// One that fits.
    Small(i64),
    /// One of `I00` and `I01`.
    Truth(bool),
    /// One that is larger.
    Large,
}

/// Operand of `INT`: first as `strtol` with base 0 takes it, then as a Python literal
/// (`load_int` in `_pickle.c`).
pub(super) fn int(line: &[u8]) -> Option<Whole> {
    if line.is_empty() {
        return None;
    }
    let until_nul = line.split(|byte| *byte == 0).next().unwrap_or(line);
    match c_int(until_nul) {
        Some(n @ (0 | 1)) if line.len() == 2 => Some(Whole::Truth(n == 1)),
        Some(n) => Some(Whole::Small(n)),
        None => literal(until_nul, 0),
    }
}

/// Operand of `LONG`: a Python literal with or without an `L` behind it (`load_long`).
pub(super) fn long(line: &[u8]) -> Option<Whole> {
    let until_nul = line.split(|byte| *byte == 0).next().unwrap_or(line);
    literal(until_nul.strip_suffix(b"L").unwrap_or(until_nul), 0)
}

/// Operand of `GET` and `PUT`: a Python literal with base 10.
pub(super) fn index(line: &[u8]) -> Option<u64> {
    match literal(line, 10)? {
        Whole::Small(n) => u64::try_from(n).ok(),
        _ => None,
    }
}

/// Operand of `FLOAT`.
pub(super) fn float(line: &[u8]) -> Option<f64> {
    let until_nul = line.split(|byte| *byte == 0).next().unwrap_or(line);
    let number: f64 = std::str::from_utf8(until_nul).ok()?.parse().ok()?;
    // What is too large for a double is an error, not infinity.
    let named = until_nul.iter().any(|c| c.eq_ignore_ascii_case(&b'i'));
    (number.is_finite() || number.is_nan() || named).then_some(number)
}

/// `strtol` with base 0: white space before, a sign, `0x` or `0`; `None` if anything is left.
fn c_int(line: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(trim(line, false));
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, digits),
    };
    number(negative, digits, base)
}

/// What `int(text, base)` takes: white space around, a sign, a prefix with base 0, underscores.
fn literal(line: &[u8], base: u32) -> Option<Whole> {
    let (negative, digits) = sign(trim(line, true));
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] if base == 0 => {
            (16, rest.strip_prefix(b"_").unwrap_or(rest))
        }
        [b'0', b'o' | b'O', rest @ ..] if base == 0 => (8, rest.strip_prefix(b"_").unwrap_or(rest)),
        [b'0', b'b' | b'B', rest @ ..] if base == 0 => (2, rest.strip_prefix(b"_").unwrap_or(rest)),
        [b'0', rest @ ..] if base == 0 && rest.iter().any(|c| !matches!(c, b'0' | b'_')) => {
            return None;
        }
        _ => (10, digits),
    };
    let between = |pair: &[u8]| pair != b"__";
    let bare: Vec<u8> = digits.iter().copied().filter(|c| *c != b'_').collect();
    let underscores = digits.windows(2).all(between)
        && digits.first() != Some(&b'_')
        && digits.last() != Some(&b'_');
    if bare.is_empty() || !underscores || !bare.iter().all(|c| char::from(*c).is_digit(base)) {
        return None;
    }
    Some(number(negative, &bare, base).map_or(Whole::Large, Whole::Small))
}

/// Without the white space of C before it, and behind it where that is allowed.
fn trim(line: &[u8], behind: bool) -> &[u8] {
    let is_space = |c: &u8| c.is_ascii_whitespace() || *c == 0x0B;
    let start = line.iter().position(|c| !is_space(c)).unwrap_or(line.len());
    let end = if behind { line.iter().rposition(|c| !is_space(c)) } else { None };
    line.get(start..end.map_or(line.len(), |at| at + 1)).unwrap_or_default()
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn number(negative: bool, digits: &[u8], base: u32) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_i64, |sum, digit| {
        let digit = i64::from(char::from(*digit).to_digit(base)?);
        let sum = sum.checked_mul(i64::from(base))?;
        if negative { sum.checked_sub(digit) } else { sum.checked_add(digit) }
    })
}

/// Bytes of a quoted `STRING` operand, its escapes resolved; `None` without the quotes.
pub(super) fn unquote(line: &[u8]) -> Option<Vec<u8>> {
    let ([b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"']) = line else { return None };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'\\' {
            bytes.push(*byte);
            continue;
        }
        let (escape, after) = rest.split_first()?;
        rest = after;
        match escape {
            b'\n' => {}
            b'a' => bytes.push(7),
            b'b' => bytes.push(8),
            b'f' => bytes.push(12),
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b't' => bytes.push(b'\t'),
            b'v' => bytes.push(11),
            b'\\' | b'\'' | b'"' => bytes.push(*escape),
            b'x' => {
                let (digits, after) = rest.split_at_checked(2)?;
                bytes.push(digit_run(digits, 16)? as u8);
                rest = after;
            }
            b'0'..=b'7' => {
                let more = rest.iter().take(2).take_while(|c| matches!(c, b'0'..=b'7')).count();
                let (digits, after) = rest.split_at_checked(more)?;
                let first = u32::from(escape - b'0');
                let value = digits.iter().fold(first, |sum, c| sum * 8 + u32::from(c - b'0'));
                bytes.push(value as u8);
                rest = after;
            }
            other => bytes.extend([b'\\', *other]),
        }
    }
    Some(bytes)
}

/// Text of a `UNICODE` operand: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
pub(super) fn raw_unicode(line: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let [byte, after @ ..] = rest {
        rest = after;
        let count = match (byte, rest.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            (b'\\', Some(b'\\')) => {
                // The pair stays as it is, and its second half starts no escape.
                text.push_str("\\\\");
                rest = rest.get(1..)?;
                continue;
            }
            _ => {
                text.push(char::from(*byte));
                continue;
            }
        };
        let digits = rest.get(1..=count)?;
        let code = digit_run(digits, 16)?;
        if code > 0x10_FFFF {
            return None;
        }
        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = rest.get(count + 1..)?;
    }
    Some(text)
}

fn digit_run(digits: &[u8], base: u32) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, digit| {
        sum.checked_mul(base)?.checked_add(char::from(*digit).to_digit(base)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int_is_read_by_c_first_and_by_python_second() {
        for (line, value) in [
            ("017", Some(Whole::Small(15))),
            ("0x41", Some(Whole::Small(65))),
            ("0b11", Some(Whole::Small(3))),
            ("1_0", Some(Whole::Small(10))),
            (" -5 ", Some(Whole::Small(-5))),
            ("5\0x", Some(Whole::Small(5))),
            ("01", Some(Whole::Truth(true))),
            ("+0", Some(Whole::Truth(false))),
            ("1", Some(Whole::Small(1))),
            ("-9223372036854775808", Some(Whole::Small(i64::MIN))),
            ("9223372036854775808", Some(Whole::Large)),
            ("", None),
            ("09", None),
            ("0x", None),
            ("1__0", None),
            ("_1", None),
            ("one", None),
        ] {
            assert_eq!(int(line.as_bytes()), value, "{line}");
        }
    }

    #[test]
    fn long_takes_an_l_and_index_takes_base_10() {
        assert_eq!(long(b"12L"), Some(Whole::Small(12)));
        assert_eq!(long(b"0x41L"), Some(Whole::Small(65)));
        assert_eq!((long(b"017L"), long(b"L"), long(b"5L\r")), (None, None, None));
        assert_eq!((index(b"007"), index(b"+8"), index(b" 1_0")), (Some(7), Some(8), Some(10)));
        assert_eq!((index(b"-1"), index(b"0x1"), index(b"")), (None, None, None));
    }

    #[test]
    fn floats_are_those_of_python() {
        assert_eq!(
            (float(b"1."), float(b".5"), float(b"-inf")),
            (Some(1.0), Some(0.5), Some(f64::NEG_INFINITY))
        );
        assert_eq!(
            (float(b"1_0"), float(b" 1"), float(b"1e400"), float(b"")),
            (None, None, None, None)
        );
        assert!(float(b"nan").is_some_and(f64::is_nan));
    }

    #[test]
    fn strings_lose_their_quotes_and_escapes() {
        let text = |line: &[u8]| unquote(line).and_then(|bytes| String::from_utf8(bytes).ok());
        assert_eq!(text(b"'a\\x41\\101\\n\\q'").as_deref(), Some("aAA\n\\q"));
        assert_eq!(text(b"\"it's\"").as_deref(), Some("it's"));
        for broken in [&b"'a"[..], b"a", b"'", b"'a\\'", b"'\\x4'", b"'a\""] {
            assert_eq!(text(broken), None, "{broken:?}");
        }
        assert_eq!(raw_unicode(b"a\\u0041\\x41\xe9").as_deref(), Some("aA\\x41\u{e9}"));
        assert_eq!(raw_unicode(b"\\\\u0041").as_deref(), Some("\\\\u0041"));
        assert_eq!((raw_unicode(b"\\u12"), raw_unicode(b"\\U00110000")), (None, None));
    }
}
