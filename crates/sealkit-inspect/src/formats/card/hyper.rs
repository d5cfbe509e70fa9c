//! Settings of training in the text of a card: lists as the Hugging Face trainer writes them,
//! tables of two columns, and sentences. Versions of the libraries too.

use super::markdown::{Document, Kind, Line};
use super::prose::place;
use super::sections::Section;
use super::{links, phrases, tables, titles};
use crate::pick::{Pen, cut, is_placeholder, number};
use crate::{Value, property};

/// Longest name of a setting, in bytes.
const MAX_NAME: usize = 64;
/// Longest value, in bytes.
const MAX_VALUE: usize = 1024;
/// Headings under which every list item is a setting.
const LISTS: &[&str] =
    &["hyperparameter", "hyper parameter", "training arguments", "training configuration"];

/// Reads one section about training.
pub(super) fn read(pen: &mut Pen<'_>, section: &Section<'_>) {
    let is_list = LISTS.iter().any(|phrase| section.title.contains(phrase));
    let mut seen: Vec<(String, Value)> = Vec::new();
    for line in section.lines.iter().filter(|line| line.kind == Kind::Text) {
        let listed = if is_list { listed(&line.text) } else { None };
        let found = match listed {
            Some(setting) => vec![setting],
            None => phrases::settings(&line.text)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        };
        for setting in found.into_iter().filter(|(name, _)| !name.is_empty()) {
            if seen.contains(&setting) {
                continue;
            }
            let place = place(line.number, line.number);
            pen.about(&setting.0, &place, property::HYPERPARAMETER, setting.1.clone());
            seen.push(setting);
        }
    }
}

/// `- learning_rate: 2e-05`, `- **Training regime:** fp16`, `| Epochs | 3 |`.
fn listed(line: &str) -> Option<(String, Value)> {
    let cells = tables::cells(line);
    let (name, value) = match cells.as_deref() {
        Some([name, value]) => (name.clone(), value.clone()),
        Some(_) => return None,
        None => {
            let (name, value) = item(line)?;
            (name, links::plain(&value))
        }
    };
    let name = links::plain(&name).to_lowercase();
    let is_head = matches!(name.as_str(), "parameter" | "hyperparameter" | "name" | "setting");
    let is_rule = value.bytes().all(|b| matches!(b, b'-' | b':' | b' '));
    if name.is_empty() || name.len() > MAX_NAME || is_head || is_rule || is_placeholder(&value) {
        return None;
    }
    let value = links::plain(&value);
    let value = number(&value).unwrap_or_else(|| Value::Text(cut(&value, MAX_VALUE).to_owned()));
    Some((name.replace([' ', '-'], "_"), value))
}

/// A list item `- name: value` in its two parts; marks of bold and code may stand around the name.
pub(super) fn item(line: &str) -> Option<(String, String)> {
    let text = line.trim_start();
    let text = ["- ", "* ", "+ "].iter().find_map(|mark| text.strip_prefix(mark))?.trim();
    let (name, value) = text.split_once(':')?;
    // `**Name:** value` has its colon inside of the marks.
    let value = value.trim_start_matches("**").trim();
    let name = name.trim().trim_matches(['*', '`', '_']).trim();
    // The `//` of an address is no value.
    (!name.is_empty() && !value.starts_with("//")).then(|| (name.to_owned(), value.to_owned()))
}

/// The list under "Framework versions": `- Transformers 4.41.2`, `- PyTorch: 2.3.0+cu121`.
pub(super) fn versions(pen: &mut Pen<'_>, document: &Document) {
    let mut inside = false;
    for line in &document.lines {
        match &line.kind {
            Kind::Heading(_, title) => {
                let title = titles::normal(title);
                inside = matches!(title.as_str(), "framework versions" | "software versions");
            }
            Kind::Text if inside => version(pen, line),
            _ => {}
        }
    }
}

fn version(pen: &mut Pen<'_>, line: &Line) {
    let text = links::plain(line.text.trim().trim_start_matches(['-', '*', '+', ' ']));
    let Some((name, version)) = text.rsplit_once([' ', ':']) else { return };
    let name = name.trim_end_matches([':', ' ']).to_lowercase();
    let package = match name.as_str() {
        // The interpreter is no package of this ecosystem.
        "" | "python" => return,
        "pytorch" => "torch".to_owned(),
        other => other.replace([' ', '_'], "-"),
    };
    let is_name = package.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    if is_name && package.len() <= MAX_NAME {
        pen.package(&place(line.number, line.number), &package, version);
    }
}
