//! YAML front matter of model cards and prompts.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use super::config::{take, value};
use crate::format::ends_with;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property, yaml,
};

const CARD: Format =
    Format::new("model-card", "model card", Class::Docs, &[]).media("text/markdown");
const PROMPT: Format = Format::new("prompt", "prompt", Class::Prompt, &[]).media("text/markdown");
/// Longest front matter that is read, in bytes. Cards with every language and many metrics have
/// some 100 KiB.
const MAX_FRONT: u64 = 1 << 20;

pub(crate) struct ModelCard;

impl Inspector for ModelCard {
    fn format(&self) -> &Format {
        &CARD
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_markdown = ends_with(probe.file_name(), ".md");
        let starts = probe.text().is_some_and(|text| is_fence(text.lines().next()));
        if is_markdown && starts { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let front = front_matter(source, budget)?;
        let wanted = [
            ("/license_name", property::LICENCE),
            ("/license", property::LICENCE),
            ("/base_model", property::BASE_MODEL),
            ("/base_model_relation", property::BASE_MODEL_RELATION),
            ("/datasets", property::TRAINED_ON),
            ("/language", property::LANGUAGE),
            ("/tags", property::TAG),
            ("/pipeline_tag", property::TASK),
            ("/library_name", property::FRAMEWORK),
            ("/model_name", property::NAME),
        ];
        take(&front, &wanted, path, &mut facts);
        // `license: other` says less than the name that stands beside it.
        facts
            .facts
            .retain(|f| f.property != property::LICENCE || f.value != Value::Text("other".into()));
        for entry in front.get("model-index").and_then(Json::as_array).into_iter().flatten() {
            if let Some(name) = entry.get("name").and_then(value) {
                facts.declared(path, "/model-index", property::NAME, name);
            }
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::LICENCE,
            property::BASE_MODEL,
            property::BASE_MODEL_RELATION,
            property::TRAINED_ON,
            property::LANGUAGE,
            property::TAG,
            property::TASK,
            property::FRAMEWORK,
            property::NAME,
        ]
    }
}

pub(crate) struct Prompt;

impl Inspector for Prompt {
    fn format(&self) -> &Format {
        &PROMPT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let name = probe.file_name().to_ascii_lowercase();
        let named = matches!(name.as_str(), "agents.md" | "skill.md" | "claude.md")
            || name.contains(".prompt");
        let is_text = probe.len == 0 || probe.text().is_some();
        if named && is_text { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let front = front_matter(source, budget)?;
        let wanted = [
            ("/name", property::NAME),
            ("/description", property::DESCRIPTION),
            ("/license", property::LICENCE),
            ("/version", property::VERSION),
        ];
        take(&front, &wanted, path, &mut facts);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::NAME, property::DESCRIPTION, property::LICENCE, property::VERSION]
    }
}

fn is_fence(line: Option<&str>) -> bool {
    line.is_some_and(|line| line.trim_end() == "---")
}

/// The YAML between the first two `---` lines; empty where there is none.
fn front_matter(
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Result<Map<String, Json>, InspectError> {
    let len = source.len().min(MAX_FRONT);
    budget.bytes(len)?;
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
    source.read_at(0, &mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut lines = text.split_inclusive('\n');
    if !is_fence(lines.next()) {
        return Ok(Map::new());
    }
    let mut front = String::new();
    for line in lines {
        if is_fence(Some(line)) {
            return match yaml::parse(&front, budget)? {
                Json::Object(map) => Ok(map),
                _ => Ok(Map::new()),
            };
        }
        front.push_str(line);
    }
    if source.len() > MAX_FRONT {
        return Err(InspectError::malformed(
            "model card",
            "front matter above the limit",
            MAX_FRONT,
        ));
    }
    // A line of dashes alone is no front matter.
    Ok(Map::new())
}
