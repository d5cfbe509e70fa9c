//! Datasets as the trainer of sentence-transformers lists them in the cards that it writes: under
//! a heading for training or evaluation, the name with its commit and the number of samples.

use super::markdown::{Document, Kind};
use super::prose::place;
use super::{hyper, links, titles};
use crate::pick::{Pen, grouped, is_placeholder};
use crate::{OriginInfo, Value, property};

/// Most datasets of one card.
const MAX_DATASETS: usize = 1000;

/// Reads the lists under "Training Dataset" and "Evaluation Dataset".
pub(super) fn read(pen: &mut Pen<'_>, document: &Document) {
    let mut under = None;
    let mut found: Vec<(u64, &'static str, OriginInfo)> = Vec::new();
    for line in &document.lines {
        if let Kind::Heading(level, title) = &line.kind {
            under = match (titles::normal(title).as_str(), under) {
                ("training dataset" | "training datasets", _) => {
                    Some((*level, property::TRAINED_ON, "train"))
                }
                ("evaluation dataset" | "evaluation datasets", _) => {
                    Some((*level, property::EVALUATED_ON, "test"))
                }
                // A heading for each dataset stands below.
                (_, Some(known)) if *level > known.0 => Some(known),
                _ => None,
            };
            continue;
        }
        let Some((_, property, role)) = under.filter(|_| line.kind == Kind::Text) else { continue };
        let Some((label, value)) = hyper::item(&line.text) else { continue };
        match label.to_lowercase().as_str() {
            "dataset" if found.len() < MAX_DATASETS => {
                if let Some(origin) = dataset(&value, role) {
                    found.push((line.number, property, origin));
                }
            }
            "size" => {
                let count = value.split_whitespace().next().and_then(grouped);
                // The size belongs to the dataset above it in the same list.
                let last = found.last_mut().filter(|(at, ..)| line.number - at <= 3);
                if let Some((_, _, origin)) = last {
                    origin.rows = count;
                }
            }
            _ => {}
        }
    }
    for (number, property, origin) in found {
        pen.declared(&place(number, number), property, Value::Origin(origin));
    }
}

/// `[name](address) at [b089f72](address of the commit)`.
fn dataset(value: &str, role: &str) -> Option<OriginInfo> {
    let links = links::links(value);
    let first = links.first();
    let name = match first {
        Some(link) => links::id_of(&link.url).unwrap_or(&link.text).to_owned(),
        None => links::plain(value),
    };
    let is_hex = |part: &&str| part.len() == 40 && part.bytes().all(|b| b.is_ascii_hexdigit());
    let commit = links.get(1).and_then(|link| link.url.rsplit('/').find(is_hex));
    (!is_placeholder(&name)).then(|| OriginInfo {
        role: Some(role.to_owned()),
        revision: commit.map(str::to_owned),
        url: first.map(|link| link.url.clone()),
        ..OriginInfo::named(name)
    })
}
