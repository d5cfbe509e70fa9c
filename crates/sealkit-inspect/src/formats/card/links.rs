//! Links and marks inside a line of Markdown.

use std::collections::BTreeMap;

/// A link: `[text](url)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// What is shown.
    pub(super) text: String,
    /// Where it leads.
    pub(super) url: String,
    /// Byte at which it starts.
    pub(super) start: usize,
    /// Byte after its last one.
    pub(super) end: usize,
}

/// The links of a line, pictures left out. Brackets inside the text or the address may nest.
pub(super) fn links(line: &str) -> Vec<Link> {
    let pairs = pairs(line);
    let mut found = Vec::new();
    let mut from = 0;
    for start in line.match_indices('[').map(|(at, _)| at) {
        let Some((close, end)) = target(&pairs, start).filter(|_| start >= from) else { continue };
        let is_picture = line.get(..start).is_some_and(|before| before.ends_with('!'));
        let inside = line.get(close + 2..end).unwrap_or_default();
        let url = inside.split_whitespace().next().unwrap_or_default();
        if !is_picture && !url.is_empty() {
            let text = plain(line.get(start + 1..close).unwrap_or_default());
            let url = url.trim_matches(['<', '>']).to_owned();
            found.push(Link { text, url, start, end: end + 1 });
        }
        from = end + 1;
    }
    found
}

/// Text without marks: links are their text, pictures nothing, `*`, `_` at the ends of words and
/// backticks are gone, space is single.
pub(super) fn plain(text: &str) -> String {
    let pairs = pairs(text);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for start in text.match_indices('[').map(|(at, _)| at) {
        let Some((close, end)) = target(&pairs, start).filter(|_| start >= from) else { continue };
        let before = text.get(from..start).unwrap_or_default();
        out.push_str(before.strip_suffix('!').unwrap_or(before));
        // The text of a link may be a picture.
        let inner = text.get(start + 1..close).unwrap_or_default();
        if !before.ends_with('!') && !inner.contains("](") {
            out.push_str(inner);
        }
        from = end + 1;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    let words = out.split_whitespace().map(|word| {
        let word = word.replace("**", "").replace('`', "");
        word.trim_matches(['*', '_']).to_owned()
    });
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Where each bracket that is opened is closed.
fn pairs(text: &str) -> BTreeMap<usize, usize> {
    let (mut pairs, mut square, mut round) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        let opened = match byte {
            b'[' => {
                square.push(at);
                continue;
            }
            b'(' => {
                round.push(at);
                continue;
            }
            b']' => square.pop(),
            b')' => round.pop(),
            _ => continue,
        };
        if let Some(opened) = opened {
            pairs.insert(opened, at);
        }
    }
    pairs
}

/// Where the text of the link that starts at `start` ends, and where its address does.
fn target(pairs: &BTreeMap<usize, usize>, start: usize) -> Option<(usize, usize)> {
    let close = *pairs.get(&start)?;
    Some((close, *pairs.get(&(close + 1))?))
}

/// Whether a text has the form of a repository's id: `owner/name`.
pub(super) fn is_id(text: &str) -> bool {
    let fits = |part: &str| {
        !part.is_empty()
            && part.len() <= 96
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    text.split_once('/').is_some_and(|(owner, name)| fits(owner) && fits(name))
}

/// The id that an address of a model or dataset ends with, whatever the host.
pub(super) fn id_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let path = path.strip_prefix("datasets/").unwrap_or(path);
    (is_id(path) || (!path.is_empty() && !path.contains('/'))).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_with_brackets_inside() {
        let line =
            "![x](y.png) AllNLI ([SNLI](https://a.b/s/) and [`Multi [x]`](<https://a.b/(m)>), [z](";
        let found: Vec<_> = links(line).into_iter().map(|l| (l.text, l.url)).collect();
        let expected = [("SNLI", "https://a.b/s/"), ("Multi [x]", "https://a.b/(m)")];
        assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(plain(line), "AllNLI (SNLI and Multi [x], [z](");
        assert_eq!(plain("**Total** `a_b` _c_ [![x](y)](z) d*"), "Total a_b c d");
    }

    #[test]
    fn ids_are_told_from_paths_and_addresses() {
        assert!(is_id("a-b/c.d_e") && !is_id("a/b/c") && !is_id("a b/c") && !is_id("abc"));
        assert_eq!(id_of("https://h.co/datasets/a/b?x"), Some("a/b"));
        assert_eq!(id_of("https://h.co/datasets/eli5"), Some("eli5"));
        assert_eq!(id_of("https://h.co/a/b/tree/main"), None);
        assert_eq!(id_of("a/b"), None);
    }

    #[test]
    fn a_line_of_brackets_takes_no_long_time() {
        let line = "[".repeat(100_000);
        assert_eq!(links(&line), []);
        assert_eq!(plain(&line).len(), 100_000);
    }
}
