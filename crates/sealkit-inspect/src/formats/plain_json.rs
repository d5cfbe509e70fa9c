//! JSON that no other inspector knows: whether it is JSON at all.

use sealkit_report::Budget;

use crate::json_scan::{Scanner, Sink, Step};
use crate::{Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, read_at};

/// How much of the start is looked at: documents of a model are smaller, and of a remote
/// file no more is fetched.
const MAX_BYTES: u64 = 256 << 10;

/// Any JSON document.
pub(crate) struct Json {
    format: Format,
}

pub(crate) static JSON: Json = Json {
    format: Format::new("json", "JSON", Class::Metadata, &[".json"]).media("application/json"),
};

impl Inspector for Json {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = self.format.claims_name(probe.file_name());
        if probe.len == 0 {
            return if named { Confidence::Name } else { Confidence::No };
        }
        match probe.text().is_some_and(|text| text.trim_start().starts_with(['{', '['])) {
            true if named => Confidence::Content,
            true => Confidence::Guess,
            false => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        _path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let bytes = read_at::piece(source, budget, 0, MAX_BYTES)?;
        let mut scanner = Scanner::new();
        scanner.push(&bytes, &mut Nobody);
        let is_whole = source.len() <= MAX_BYTES && !source.is_empty();
        let broken = if is_whole { scanner.finish(&mut Nobody) } else { scanner.broken() };
        let broken = broken.filter(|_| !is_commented(&bytes, is_whole));
        broken.map_or_else(
            || Ok(Facts::default()),
            |(what, at)| Err(InspectError::malformed("JSON", what, at)),
        )
    }

    fn gives(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Whether it is JSON once comments and commas before a closing bracket are taken out, as editors and compilers have
/// it in their settings (`tsconfig.json`).
fn is_commented(bytes: &[u8], is_whole: bool) -> bool {
    let Some(plain) = uncommented(bytes) else { return false };
    let mut scanner = Scanner::new();
    scanner.push(&plain, &mut Nobody);
    let broken = if is_whole { scanner.finish(&mut Nobody) } else { scanner.broken() };
    broken.is_none()
}

/// The text without its comments and such commas; none where it has none of them.
fn uncommented(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut rest, mut is_text) = (Vec::new(), bytes, false);
    while let Some((&byte, tail)) = rest.split_first() {
        let len = match (is_text, rest) {
            (true, [b'\\', _, ..]) => 2,
            (false, [b'/', b'/', ..]) => {
                rest = end_of(rest, b"\n");
                continue;
            }
            (false, [b'/', b'*', ..]) => {
                rest = end_of(tail, b"*/");
                continue;
            }
            (false, [b'}' | b']', ..]) => {
                let kept = out.trim_ascii_end();
                let kept = kept.strip_suffix(b",").unwrap_or(kept).len();
                out.truncate(kept);
                1
            }
            _ => 1,
        };
        is_text ^= byte == b'"';
        let (taken, after) = rest.split_at_checked(len)?;
        out.extend_from_slice(taken);
        rest = after;
    }
    (out.len() < bytes.len()).then_some(out)
}

/// What follows the next `end`.
fn end_of<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    let at = text.windows(end.len()).position(|window| window == end);
    at.and_then(|at| text.get(at + end.len()..)).unwrap_or_default()
}

/// Values are of no interest here.
struct Nobody;

impl Sink for Nobody {
    fn scalar(&mut self, _path: &[Step], _text: &str, _quoted: bool) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect;

    fn incomplete(path: &str, bytes: &[u8]) -> Option<String> {
        let (_, facts) = inspect(path, &bytes, &mut Budget::default());
        let why = facts.findings.iter().find(|f| f.rule == "not-inspected");
        assert_eq!(facts.incomplete, why.is_some());
        why.map(|finding| finding.message.clone())
    }

    #[test]
    fn what_is_no_json_says_so() {
        for bytes in [
            b"[".repeat(200_000).as_slice(),
            b"{\"a\": 1, \"a\": 2}",
            b"{\"a\": ",
            b"[1, 2] 3",
            &[b"{\"a\":".repeat(100).as_slice(), b"1"].concat(),
        ] {
            for name in ["config.json", "deep.json", "noname"] {
                assert!(incomplete(name, bytes).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn comments_hide_nothing() {
        let settings: &[u8] =
            b"// a\n{ /* \"b\": */ \"c\": [1, 2, ], // d\n \"e\": \"//,]\\\"\", }\n";
        assert_eq!(incomplete("tsconfig.json", settings), None);
        for bytes in [b"{ \"a\": /* 1 }".as_slice(), b"{ // a", b"{\"a\": 1,, }", b"{\"a\": 1 /}"] {
            assert!(incomplete("tsconfig.json", bytes).is_some());
        }
    }

    #[test]
    fn what_is_json_says_nothing() {
        let long = [b"[".as_slice(), &b"1, ".repeat(200_000), b"1]"].concat();
        for bytes in [b"{\"a\": [NaN, 1.5e3]}\n".as_slice(), b"[]", b"", &long] {
            assert_eq!(incomplete("a.json", bytes), None);
        }
    }
}
