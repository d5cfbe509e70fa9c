//! JSON as Python writes and reads it, beyond the standard: `NaN`, `Infinity`, and half of a surrogate pair
//! in an escape.

/// What stands in for a number without bounds: a number with a fraction.
const NUMBER: &[u8] = b"0.5";

/// The line in the standard's words, as far as kinds of values go: `null` for `NaN`, which pandas takes for a
/// missing value, some number for an infinite one, some character for half of one. None where nothing was to change.
pub(crate) fn strict(line: &[u8]) -> Option<Vec<u8>> {
    with(line, NUMBER)
}

/// The same where values are kept: what is no number is `null`, so that none is made up.
pub(crate) fn without_numbers(text: &[u8]) -> Option<Vec<u8>> {
    with(text, b"null")
}

fn with(line: &[u8], infinite: &[u8]) -> Option<Vec<u8>> {
    let is_rare = |pair: &[u8; 2]| matches!(pair, b"Na" | b"In" | b"\\u");
    line.array_windows().any(is_rare).then(|| changed(line, infinite)).flatten()
}

fn changed(line: &[u8], infinite: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut rest, mut is_text, mut is_changed) = (line, false, false);
    while let Some((&byte, tail)) = rest.split_first() {
        let (put, after): (&[u8], &[u8]) = match (is_text, byte) {
            (true, b'\\') => {
                let escape = || rest.split_at_checked(pair_or_escape(rest)).unwrap_or((rest, &[]));
                half_of_pair(rest).map_or_else(escape, |after| (b"?", after))
            }
            (false, b'N' | b'I' | b'-') => match word(rest) {
                Some((true, after)) => (infinite, after),
                Some((false, after)) => (b"null", after),
                None => (std::slice::from_ref(&byte), tail),
            },
            _ => (std::slice::from_ref(&byte), tail),
        };
        is_changed |= !rest.starts_with(put);
        is_text ^= byte == b'"';
        out.extend_from_slice(put);
        rest = after;
    }
    is_changed.then_some(out)
}

/// Whether a word that only Python knows stands first, and is infinite; and what follows it.
fn word(rest: &[u8]) -> Option<(bool, &[u8])> {
    let words: [(&[u8], bool); 3] = [(b"NaN", false), (b"Infinity", true), (b"-Infinity", true)];
    words.into_iter().find_map(|(word, is_infinite)| Some((is_infinite, rest.strip_prefix(word)?)))
}

/// The unit of a `\uXXXX` that stands first.
fn unit(rest: &[u8]) -> Option<u16> {
    let digits = rest.strip_prefix(b"\\u")?.first_chunk::<4>()?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// What follows an escape that is half of a pair, without its other half.
fn half_of_pair(rest: &[u8]) -> Option<&[u8]> {
    let after = rest.get(6..)?;
    let is_half = match unit(rest)? {
        0xD800..=0xDBFF => !matches!(unit(after), Some(0xDC00..=0xDFFF)),
        0xDC00..=0xDFFF => true,
        _ => false,
    };
    is_half.then_some(after)
}

/// Length of an escape, with both of its halves.
fn pair_or_escape(rest: &[u8]) -> usize {
    if matches!(unit(rest), Some(0xD800..=0xDBFF)) { 12 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Option<String> {
        strict(line.as_bytes()).map(|line| String::from_utf8(line).unwrap())
    }

    #[test]
    fn only_what_the_standard_lacks_is_changed() {
        let cases = [
            (r#"{"a":NaN,"b":[-Infinity,Infinity]}"#, r#"{"a":null,"b":[0.5,0.5]}"#),
            (r#"{"a":"\ud83d"}"#, r#"{"a":"?"}"#),
            (r#"{"a":"\ude00\ud83d\ude00"}"#, r#"{"a":"?\ud83d\ude00"}"#),
            (r#"{"\ud83dx":"\"NaN"}"#, r#"{"?x":"\"NaN"}"#),
        ];
        for (line, expected) in cases {
            assert_eq!(shown(line).as_deref(), Some(expected), "{line}");
        }
        let values = without_numbers(br#"{"a":NaN,"b":[-Infinity,1]}"#).unwrap();
        assert_eq!(values, br#"{"a":null,"b":[null,1]}"#);
        for line in [
            "",
            r#"{"a":"NaN"}"#,
            r#"{"a":"\\ud83d"}"#,
            r#"{"a":"\"Infinity"}"#,
            r#"{"a":"\ud83d\ude00\u00e9"}"#,
            r#"{"a":-1}"#,
            r#"{"a":"\u"#,
        ] {
            assert_eq!(shown(line), None, "{line}");
        }
    }
}
