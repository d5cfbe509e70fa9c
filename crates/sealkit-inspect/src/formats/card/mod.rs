//! Cards of models and datasets, and prompts: YAML front matter and the text under it.
//!
//! Facts from the front matter have a JSON pointer into it as their place (`/datasets/3`), facts
//! from the text have lines of the file (`lines 110-113`).

mod bounds;
mod dataset;
mod emissions;
mod front;
mod generated;
mod hardware;
mod hyper;
mod labels;
mod links;
mod markdown;
mod model;
mod phrases;
mod prose;
mod results;
mod sections;
mod tables;
mod titles;

use sealkit_report::{Budget, Severity};

use crate::format::ends_with;
use crate::pick::{Pen, head, take};
use crate::{Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, property};

const MODEL: Format =
    Format::new("model-card", "model card", Class::Docs, &[]).media("text/markdown");
const DATASET: Format =
    Format::new("dataset-card", "dataset card", Class::Docs, &[]).media("text/markdown");
const PROMPT: Format = Format::new("prompt", "prompt", Class::Prompt, &[]).media("text/markdown");
/// Longest card that is read, in bytes. Long ones have some 100 KiB.
const MAX_CARD: u64 = 2 << 20;

/// What a card is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Model,
    Dataset,
}

pub(crate) struct ModelCard;

impl Inspector for ModelCard {
    fn format(&self) -> &Format {
        &MODEL
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if front::about(probe) == Some(About::Model) { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        read(source, path, budget, About::Model)
    }

    fn gives(&self) -> &'static [&'static str] {
        model::GIVES
    }
}

pub(crate) struct DatasetCard;

impl Inspector for DatasetCard {
    fn format(&self) -> &Format {
        &DATASET
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_it = front::about(probe) == Some(About::Dataset);
        if is_it { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        read(source, path, budget, About::Dataset)
    }

    fn gives(&self) -> &'static [&'static str] {
        dataset::GIVES
    }
}

/// Front matter that cannot be read does not take the text with it, nor the text what was read.
fn read(
    source: &dyn ReadAt,
    path: &str,
    budget: &mut Budget,
    about: About,
) -> Result<Facts, InspectError> {
    let (text, whole) = head(source, budget, MAX_CARD)?;
    let mut facts = Facts::default();
    let card = front::split(&text);
    match card.parse(budget) {
        Ok(map) => {
            let mut pen = Pen { path, facts: &mut facts };
            match about {
                About::Model => model::front(&mut pen, &map),
                About::Dataset => dataset::front(&mut pen, &map),
            }
        }
        Err(error) => {
            facts.find("front-matter", Severity::Medium, (path, "line 1"), error.to_string());
            facts.incomplete = true;
        }
    }
    match markdown::Document::parse(card.body, card.first_line, budget) {
        Ok(document) => prose::read(&mut Pen { path, facts: &mut facts }, &document, about),
        Err(error) => {
            facts.find("not-inspected", Severity::Medium, (path, ""), error.to_string());
            facts.incomplete = true;
        }
    }
    if !whole {
        let message = "only the first 2 MiB of the card were read";
        facts.find("card-too-long", Severity::Low, (path, ""), message);
        facts.incomplete = true;
    }
    Ok(facts)
}

pub(crate) struct Prompt;

impl Inspector for Prompt {
    fn format(&self) -> &Format {
        &PROMPT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let name = probe.lower_name();
        let named =
            matches!(&*name, "agents.md" | "skill.md" | "claude.md") || name.contains(".prompt");
        let is_text = probe.len == 0 || probe.text().is_some();
        if named && is_text { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let (text, whole) = head(source, budget, MAX_CARD)?;
        let mut facts = Facts::default();
        let card = front::split(&text);
        if !whole && card.front.is_none() && front::opens(&text) {
            let what = "front matter above the limit of 2 MiB";
            return Err(InspectError::malformed("prompt", what, MAX_CARD));
        }
        let wanted = [
            ("/name", property::NAME),
            ("/description", property::DESCRIPTION),
            ("/license", property::LICENCE),
            ("/version", property::VERSION),
        ];
        take(&card.parse(budget)?, &wanted, path, &mut facts);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::NAME, property::DESCRIPTION, property::LICENCE, property::VERSION]
    }
}

/// Whether a file is called as cards are.
pub(crate) fn is_card_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let names = ["readme.md", "model_card.md", "modelcard.md", "model-card.md"];
    let more = ["dataset_card.md", "datasetcard.md", "dataset-card.md", "datacard.md"];
    ends_with(&name, ".md") && (names.contains(&name.as_str()) || more.contains(&name.as_str()))
}
