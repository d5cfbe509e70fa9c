//! The words of the full-text index: those that people type, and marks for everything else.

use sealkit_oci::Digest;

use super::Search;
use crate::{Facet, Visible};

/// Mark of a version that a tag points at.
pub(crate) const TAGGED: &str = "xtagged";
/// Mark of the newest tagged version of its repository.
pub(crate) const NEWEST: &str = "xnewest";

/// Kinds of the marks of a repository: of itself alone, and of whatever is it or below it.
const ONLY: &str = "named";
const BELOW: &str = "repository";

/// Most words of a search.
const MAX_WORDS: usize = 16;
/// Most components of a repository's name that are marked.
const MAX_COMPONENTS: usize = 32;

/// The mark of a facet's value: one word, whatever is in the value. It is the same for upper and lower case,
/// so that `mit` finds `MIT`.
pub(crate) fn mark(facet: Facet, value: &str) -> String {
    of(facet.name(), &value.to_lowercase())
}

fn of(kind: &str, value: &str) -> String {
    let digest = Digest::of(value.as_bytes());
    format!("x{kind}{}", digest.hex().get(..16).unwrap_or_default())
}

/// Marks of a repository, of itself alone and of all that it lies below.
pub(crate) fn repository_marks(repository: &str) -> Vec<String> {
    let ends = repository.match_indices('/').map(|(at, _)| at).chain([repository.len()]);
    let below = ends.take(MAX_COMPONENTS).filter_map(|end| repository.get(..end));
    let below = below.map(|prefix| of(BELOW, prefix));
    [of(ONLY, repository)].into_iter().chain(below).collect()
}

/// The mark of what somebody may see.
fn seen(visible: &Visible) -> String {
    match visible {
        Visible::Only(name) => of(ONLY, name),
        Visible::Below(name) => of(BELOW, name),
    }
}

/// The query of the full-text index; none where nothing can fit.
pub(super) fn query(search: &Search) -> Option<String> {
    let mut parts = vec![marks(&[if search.all_versions { TAGGED } else { NEWEST }.to_owned()])];
    if let Some(visible) = &search.visible {
        if visible.is_empty() {
            return None;
        }
        parts.push(marks(&visible.iter().map(seen).collect::<Vec<_>>()));
    }
    if let Some(below) = &search.below {
        parts.push(marks(&[of(BELOW, below.trim_matches('/'))]));
    }
    for facet in crate::FACETS {
        let own = search.facets.iter().filter(|(asked, _)| *asked == facet);
        let any: Vec<String> = own.map(|(facet, value)| mark(*facet, value)).collect();
        if !any.is_empty() {
            parts.push(marks(&any));
        }
    }
    match text(&search.text) {
        Some(words) => parts.push(words),
        // `*` is what people call everything; no text holds nothing but other signs.
        None if search.text.trim().trim_matches('*').is_empty() => {}
        None => return None,
    }
    Some(parts.join(" AND "))
}

fn marks(any: &[String]) -> String {
    let any: Vec<String> = any.iter().map(|mark| format!("\"{mark}\"")).collect();
    format!("marks : ({})", any.join(" OR "))
}

/// Words as phrases: what they hold is never read as the index's own language.
fn text(text: &str) -> Option<String> {
    let cleaned: String =
        text.chars().map(|c| if c == '"' || c == '\0' { ' ' } else { c }).collect();
    let words: Vec<&str> = cleaned
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(MAX_WORDS)
        .collect();
    let phrases: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(at, word)| {
            // People look while they type: the last word is often not whole.
            let end = if at + 1 == words.len() { "*" } else { "" };
            format!("\"{word}\"{end}")
        })
        .collect();
    (!phrases.is_empty()).then(|| format!("text : ({})", phrases.join(" AND ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_never_read_as_a_query() {
        let of = |typed: &str| query(&Search { text: typed.to_owned(), ..Search::default() });
        for typed in ["a\" OR \"b", "NEAR(a b)", "marks:x", "*", "text : (", "^a", "a -"] {
            let query = of(typed).unwrap();
            let quotes = query.matches('"').count();
            assert_eq!(quotes % 2, 0, "{query}");
        }
        for nothing in ["-", "\0", "\"", "?! :", "* -"] {
            assert_eq!(of(nothing), None, "{nothing:?}");
        }
        assert_eq!(of(" * "), of(""));
        assert_eq!(text("  * - "), None);
        assert_eq!(text("llama 7b").as_deref(), Some("text : (\"llama\" AND \"7b\"*)"));
    }

    #[test]
    fn a_repository_is_marked_with_all_that_it_lies_below() {
        let marks = repository_marks("a/b/c");
        assert_eq!(
            marks,
            [of(ONLY, "a/b/c"), of(BELOW, "a"), of(BELOW, "a/b"), of(BELOW, "a/b/c")]
        );
    }
}
