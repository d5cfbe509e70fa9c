//! The text of a kit that a search reads.

use sealkit_aibom::{Component, Kind};
use sealkit_inspect::{Value, property};

use crate::Entry;

/// Most bytes of text that a search reads of one kit.
const MAX_TEXT: usize = 64 << 10;

/// What a search reads: names first, then what cards say of models and data, within the bound.
pub(crate) fn words(entry: &Entry, all: &[&Component], cards: &str) -> String {
    const SAID: [&str; 7] = [
        property::DESCRIPTION,
        property::TASK,
        property::INTENDED_USE,
        property::LIMITATION,
        property::LANGUAGE,
        property::TRAINING_DATA,
        property::AUTHOR,
    ];
    let mut words = Words::default();
    words.add(&entry.repository.replace(['/', '-', '_', '.'], " "));
    words.add(&entry.repository);
    words.add(entry.title.as_deref().unwrap_or_default());
    words.add(entry.description.as_deref().unwrap_or_default());
    for component in all.iter().filter(|component| component.kind != Kind::File) {
        words.add(&component.name);
    }
    for component in all.iter().filter(|component| component.kind.is_inside()) {
        for property in component.properties.iter().filter(|p| SAID.contains(&p.name.as_str())) {
            match &property.value {
                Value::Text(text) => words.add(text),
                Value::List(list) => list.iter().for_each(|text| words.add(text)),
                _ => {}
            }
        }
    }
    words.add(cards);
    for component in all.iter().filter(|component| component.kind == Kind::File) {
        words.add(&component.name);
    }
    words.0
}

#[derive(Default)]
struct Words(String);

impl Words {
    fn add(&mut self, text: &str) {
        let room = MAX_TEXT.saturating_sub(self.0.len() + 1);
        let cut = (0..=room.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
        let Some(text) = cut.and_then(|at| text.get(..at)).filter(|text| !text.is_empty()) else {
            return;
        };
        self.0.push_str(text);
        self.0.push('\n');
    }
}
