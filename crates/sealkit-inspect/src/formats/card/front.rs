//! The front matter of a card, and whether the card is one of a model or of a dataset.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use super::{About, is_card_name, titles};
use crate::format::ends_with;
use crate::{InspectError, Probe, yaml};

/// Keys that only dataset cards have.
const OF_DATASETS: &[&str] = &[
    "dataset_info:",
    "configs:",
    "size_categories:",
    "task_categories:",
    "task_ids:",
    "annotations_creators:",
    "source_datasets:",
    "language_creators:",
    "pretty_name:",
    "multilinguality:",
];
/// Keys that only model cards have.
const OF_MODELS: &[&str] = &[
    "pipeline_tag:",
    "library_name:",
    "base_model:",
    "base_model_relation:",
    "model-index:",
    "model_name:",
    "datasets:",
    "inference:",
    "widget:",
    "co2_eq_emissions:",
];

/// A card in its two parts.
pub(super) struct Card<'a> {
    /// The YAML between the first two fences; none where there is none.
    pub(super) front: Option<&'a str>,
    /// The text after it.
    pub(super) body: &'a str,
    /// Number of the first line of the text, from 1.
    pub(super) first_line: u64,
}

impl Card<'_> {
    /// The front matter as a map; empty where there is none.
    pub(super) fn parse(&self, budget: &mut Budget) -> Result<Map<String, Json>, InspectError> {
        match self.front.map(|front| yaml::parse(front, budget)).transpose()? {
            Some(Json::Object(map)) => Ok(map),
            _ => Ok(Map::new()),
        }
    }
}

/// Finds the front matter: it starts in the first line that is not empty, as `huggingface_hub` takes it
/// (`REGEX_YAML_BLOCK` of `repocard.py`). A line of dashes alone is none.
pub(super) fn split(text: &str) -> Card<'_> {
    let whole = Card { front: None, body: text, first_line: 1 };
    if !opens(text) {
        return whole;
    }
    let blank = text.split_inclusive('\n').take_while(|line| line.trim().is_empty());
    let (before, skipped) = blank.fold((0, 0), |(n, len), line| (n + 1, len + line.len()));
    let mut lines = text.get(skipped..).unwrap_or_default().split_inclusive('\n');
    let start = skipped + lines.next().map_or(0, str::len);
    let mut at = start;
    for (count, line) in (before + 2..).zip(lines) {
        if is_fence(Some(line)) {
            let front = text.get(start..at);
            let body = text.get(at + line.len()..).unwrap_or_default();
            return Card { front, body, first_line: count + 1 };
        }
        at += line.len();
    }
    whole
}

/// Whether a text begins with front matter.
pub(super) fn opens(text: &str) -> bool {
    is_fence(text.trim_start().lines().next())
}

/// Whether a line opens or closes front matter.
fn is_fence(line: Option<&str>) -> bool {
    line.is_some_and(|line| line.trim_end() == "---")
}

/// What a Markdown file is a card of. Without front matter it takes the name of a card and a
/// heading that only cards have.
pub(super) fn about(probe: &Probe<'_>) -> Option<About> {
    if !ends_with(probe.file_name(), ".md") {
        return None;
    }
    let text = probe.text()?;
    let has_front = opens(text);
    if !has_front && !is_card_name(probe.file_name()) {
        return None;
    }
    let card = split(text);
    // Front matter that is longer than the head has no end there.
    let front = if has_front { card.front.unwrap_or(text) } else { "" };
    let count =
        |keys: &[&str]| keys.iter().filter(|k| front.lines().any(|l| l.starts_with(**k))).count();
    let (datasets, models) = (count(OF_DATASETS), count(OF_MODELS));
    if !has_front && !titles::are_of_a_card(card.body) {
        return None;
    }
    Some(if datasets != models {
        if datasets > models { About::Dataset } else { About::Model }
    } else if card.body.contains("# Dataset Card") || lies_with_data(probe.path) {
        About::Dataset
    } else {
        About::Model
    })
}

fn lies_with_data(path: &str) -> bool {
    let folders = path.rsplit_once('/').map(|(folders, _)| folders).unwrap_or_default();
    folders.split('/').any(|folder| {
        matches!(folder.to_ascii_lowercase().as_str(), "data" | "dataset" | "datasets")
    })
}
