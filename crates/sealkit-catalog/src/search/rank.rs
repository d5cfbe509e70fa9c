//! Which of the versions that fit come first: those that are called what was typed. Whether a version fits is the
//! index's to say; how well it does is seen from the few fields that name it, so that a word which a hundred
//! thousand kits have costs no more than a rare one.

use std::cmp::Reverse;

use rusqlite::{Connection, Row, params};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::Facet;

/// What a word counts for in the name of a repository, in a title, in what a kit is made of, in a description.
const NAME: u32 = 8;
const TITLE: u32 = 6;
const MADE_OF: u32 = 4;
const SAID: u32 = 1;
/// Characters at the start of a description that are looked at.
const START: usize = 400;

/// Facets whose values name what a kit is made of.
const PARTS: [Facet; 3] = [Facet::Base, Facet::Dataset, Facet::Architecture];

/// The words that were typed, without case and accents.
pub(super) struct Asked(Vec<String>);

/// How well a version fits; the greatest is the best. Of those whose names fit, the one with the fewest other words
/// in its name is meant rather than the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Score(u32, Reverse<usize>);

impl Asked {
    /// What was typed; none where it holds no word.
    pub(super) fn new(text: &str) -> Option<Self> {
        let words: Vec<String> = words(&folded(text)).map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self(words))
    }

    /// How well version `id` fits, which has these values of facets.
    pub(super) fn score(
        &self,
        connection: &Connection,
        id: i64,
        facets: &[(String, String)],
    ) -> rusqlite::Result<Score> {
        let sql = "SELECT repository, coalesce(title, ''), coalesce(substr(description, 1, ?2), '')
            FROM kits WHERE id = ?1";
        let read = |row: &Row<'_>| Ok::<[String; 3], _>([row.get(0)?, row.get(1)?, row.get(2)?]);
        let mut row = connection.prepare_cached(sql)?;
        let [repository, title, description] = row.query_row(params![id, START], read)?;
        let is_part = |facet: &str| PARTS.iter().any(|part| part.name() == facet);
        let parts = facets.iter().filter(|(facet, _)| is_part(facet));
        let parts: Vec<&str> = parts.map(|(_, value)| value.as_str()).collect();
        Ok(self.of(&repository, &title, &parts.join(" "), &description))
    }

    fn of(&self, repository: &str, title: &str, parts: &str, description: &str) -> Score {
        let own = repository.rsplit('/').next().unwrap_or_default();
        let named = self.found(repository) + self.found(own);
        let others = words(own).filter(|word| named > 0 && !self.asks_for(word)).count();
        let rest = TITLE * self.found(title)
            + MADE_OF * self.found(parts)
            + SAID * self.found(description);
        Score(NAME * named + rest, Reverse(others))
    }

    /// How many of the words are in `text`, each counted once: two for a whole word, one for the beginning of one.
    fn found(&self, text: &str) -> u32 {
        let text = folded(text);
        let of = |asked: &String| {
            let fits = |word: &str| match word.strip_prefix(asked.as_str()) {
                Some("") => 2,
                Some(_) => 1,
                None => 0,
            };
            words(&text).map(fits).max().unwrap_or_default()
        };
        self.0.iter().map(of).sum()
    }

    fn asks_for(&self, word: &str) -> bool {
        self.0.iter().any(|asked| word.starts_with(asked.as_str()))
    }
}

/// Text without case and accents.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let plain: String = text.nfd().filter(|c| !is_combining_mark(*c)).collect();
    plain.to_lowercase()
}

/// Words as the index tells them apart: letters and digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_so_comes_before_what_only_speaks_of_it() {
        let asked = Asked::new("BERT").unwrap();
        let order = [
            asked.of("nlp/bert", "", "", ""),
            asked.of("nlp/bert-for-letters", "", "", ""),
            asked.of("nlp/bertram", "", "", ""),
            asked.of("bert/letters", "", "", ""),
            asked.of("nlp/a", "A small BERT", "", ""),
            asked.of("nlp/a", "", "google bert base", ""),
            asked.of("nlp/a", "", "", "Better than bert."),
            asked.of("nlp/a", "", "", "By Bertha"),
            asked.of("nlp/a-very-long-name", "", "", ""),
        ];
        assert!(order.is_sorted_by(|a, b| a > b), "{order:?}");
        assert_eq!(order[8], Score::default(), "a name that does not fit is not held against it");
    }

    #[test]
    fn words_are_found_without_case_and_accents_each_once() {
        let asked = Asked::new("  R\u{e9}sum\u{e9}-READER ").unwrap();
        assert_eq!(asked.0, ["resume", "reader"]);
        assert_eq!(asked.found("reader, Reader; RE\u{301}SUME\u{301}S"), 3);
        assert_eq!(asked.found("sume eader"), 0);
        assert!(Asked::new(" * - \u{0}").is_none());
    }
}
