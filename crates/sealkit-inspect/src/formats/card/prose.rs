//! What the text of a card says.

use std::collections::BTreeSet;

use super::markdown::{BOLD, Document, Kind, Line};
use super::sections::{Section, quote, sections};
use super::{About, bounds, generated, hardware, hyper, labels, links, tables, titles};
use crate::pick::{MAX_TEXT, Pen, cut, is_placeholder};
use crate::{OriginInfo, Value, property};

/// How far a link beside the word "pretrained" can be believed to be the base model.
const FROM_PROSE: f64 = 0.7;
/// How far before a link the words stand that make it a base model, in bytes.
const NEAR: usize = 80;
/// Most facts of one kind that prose gives.
const MAX_FOUND: usize = 1000;

/// Reads the whole text.
pub(super) fn read(pen: &mut Pen<'_>, document: &Document, about: About) {
    description(pen, document, about);
    citations(pen, document);
    labels::read(pen, document, about);
    for section in sections(document, about).iter().take(MAX_FOUND) {
        quoted(pen, section);
        if about == About::Model {
            let training = [property::TRAINING_DATA, property::TRAINING_PROCEDURE];
            if section.properties.iter().any(|p| training.contains(p)) {
                hyper::read(pen, section);
            }
            let says = |property| section.properties.contains(&property);
            if says(property::INTENDED_USE) && !says(property::LIMITATION) {
                bounds::read(pen, section);
            }
        }
    }
    if about == About::Model {
        hardware::read(pen, &document.lines);
        tables::read(pen, document);
        generated::read(pen, document);
        base_models(pen, document);
        hyper::versions(pen, document);
        tables::evaluation(pen, document);
    }
}

/// Place of lines in the file.
pub(super) fn place(first: u64, last: u64) -> String {
    if first == last { format!("line {first}") } else { format!("lines {first}-{last}") }
}

fn quoted(pen: &mut Pen<'_>, section: &Section<'_>) {
    for property in &section.properties {
        let lines = match *property {
            property::DESCRIPTION => before_labels(section.lines),
            _ => section.lines,
        };
        let Some((text, first, last)) = quote(lines) else { continue };
        // The entry itself says more than the words around it, and was taken already.
        let is_known = *property == property::DESCRIPTION
            && pen.facts.of(property).any(|fact| fact.value == Value::Text(text.clone()));
        let has_entry =
            *property == property::CITATION && text.contains("```") && text.contains('@');
        if !has_entry && !is_known {
            pen.declared(&place(first, last), property, Value::Text(text.clone()));
        }
    }
}

/// The lines before a list of labels, which are read one by one.
fn before_labels(lines: &[Line]) -> &[Line] {
    let label = |line: &Line| line.text.starts_with("- **") && line.text.contains(":**");
    let end = lines.iter().position(label).unwrap_or(lines.len());
    lines.get(..end).unwrap_or_default()
}

/// The first paragraph of prose before the first section that says something else.
fn description(pen: &mut Pen<'_>, document: &Document, about: About) {
    let mut paragraph: Vec<&Line> = Vec::new();
    for line in &document.lines {
        match &line.kind {
            Kind::Heading(level, title) if *level < BOLD => {
                let says = titles::properties(title, about);
                if !paragraph.is_empty() || says.iter().any(|p| *p != property::DESCRIPTION) {
                    break;
                }
            }
            Kind::Text if is_prose(&line.text, paragraph.is_empty()) => paragraph.push(line),
            _ if !paragraph.is_empty() => break,
            _ => {}
        }
    }
    let (Some(first), Some(last)) = (paragraph.first(), paragraph.last()) else { return };
    let text = paragraph.iter().map(|line| line.text.trim()).collect::<Vec<_>>().join("\n");
    let text = cut(&text, MAX_TEXT).to_owned();
    let place = place(first.number, last.number);
    pen.declared(&place, property::DESCRIPTION, Value::Text(text));
}

/// A line that can start a paragraph, or go on with one: no table, list, quote, badge or HTML.
fn is_prose(line: &str, starts: bool) -> bool {
    let text = line.trim();
    let other = ["|", "- ", "* ", "+ ", ">", "<", "![", "[!["];
    if !starts {
        return !["|", "- ", "* ", "+ "].iter().any(|mark| text.starts_with(mark));
    }
    let words = links::plain(text);
    !other.iter().any(|mark| text.starts_with(mark))
        && !is_placeholder(text)
        && words.split(' ').count() >= 3
}

/// BibTeX entries in blocks of code.
fn citations(pen: &mut Pen<'_>, document: &Document) {
    for block in document.lines.chunk_by(|a, b| (a.kind == Kind::Code) == (b.kind == Kind::Code)) {
        let is_fence = |line: &&Line| line.text.trim_start().starts_with(['`', '~']);
        // Blocks may follow each other without a line between.
        for inner in block.split(|line| is_fence(&line)) {
            let is_code = inner.first().is_some_and(|line| line.kind == Kind::Code);
            let Some(start) = inner.iter().position(|line| !line.text.trim().is_empty()) else {
                continue;
            };
            let lines = inner.get(start..).unwrap_or_default();
            if !is_code || !lines.first().is_some_and(|line| is_entry(&line.text)) {
                continue;
            }
            if let Some((text, first, last)) = quote(lines) {
                pen.declared(&place(first, last), property::CITATION, Value::Text(text));
            }
        }
    }
}

/// The start of a BibTeX entry: `@article{key,`.
fn is_entry(line: &str) -> bool {
    let Some((kind, _)) = line.trim().strip_prefix('@').and_then(|rest| rest.split_once('{'))
    else {
        return false;
    };
    let kind = kind.trim();
    !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphabetic())
}

/// Links to a model in sentences that say that it was the start of the training.
fn base_models(pen: &mut Pen<'_>, document: &Document) {
    const STARTS: &[&str] = &[
        "pretrained",
        "pre-trained",
        "fine-tuned version of",
        "finetuned version of",
        "fine-tuned from",
        "finetuned from",
        "initialized from",
        "initialised from",
        "quantized version of",
        "distilled version of",
    ];
    // What is declared as a base need not be concluded.
    let known = pen.facts.origins(property::BASE_MODEL);
    let mut seen: BTreeSet<String> = known.map(|origin| origin.name.clone()).collect();
    for line in document.lines.iter().filter(|line| line.kind == Kind::Text) {
        let lower = line.text.to_lowercase();
        if lower.len() != line.text.len() || seen.len() >= MAX_FOUND {
            continue;
        }
        for link in links::links(&line.text) {
            // Only what is said in the same sentence, shortly before the link.
            let mut start = link.start.saturating_sub(NEAR);
            while !lower.is_char_boundary(start) {
                start += 1;
            }
            let before = lower.get(start..link.start).unwrap_or_default();
            let sentence = before.rsplit(". ").next().unwrap_or_default();
            let near = STARTS.iter().filter_map(|p| Some((sentence.rfind(p)?, *p))).max();
            let name = links::id_of(&link.url).filter(|id| links::is_id(id) || *id == link.text);
            let (Some((_, phrase)), Some(name)) = (near, name) else { continue };
            if link.url.contains("/datasets/") || !seen.insert(name.to_owned()) {
                continue;
            }
            let role = if phrase.starts_with("quantized") { "quantized" } else { "finetune" };
            let origin = OriginInfo {
                role: Some(role.to_owned()),
                url: Some(link.url.clone()),
                ..OriginInfo::named(name)
            };
            let place = place(line.number, line.number);
            pen.inferred(&place, property::BASE_MODEL, Value::Origin(origin));
            let sure = (property::BASE_MODEL_CONFIDENCE, Value::Float(FROM_PROSE));
            pen.facts.about(name, sealkit_report::Known::Inferred, (pen.path, &place), sure);
        }
    }
}
