//! The XML form, brought into the shape of the JSON form.
//!
//! Source: DataCite Metadata Schema 4.5, `metadata.xsd`.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use crate::pick::head;
use crate::xml::{self, Element};
use crate::{InspectError, ReadAt};

/// Longest document that is read, in bytes.
const MAX: u64 = 4 << 20;
/// Lists, the elements in them, and the key that their text has in JSON.
const LISTS: &[(&str, &str, &str)] = &[
    ("alternateIdentifiers", "alternateIdentifier", "alternateIdentifier"),
    ("contributors", "contributor", "name"),
    ("creators", "creator", "name"),
    ("dates", "date", "date"),
    ("descriptions", "description", "description"),
    ("relatedIdentifiers", "relatedIdentifier", "relatedIdentifier"),
    ("rightsList", "rights", "rights"),
    ("subjects", "subject", "subject"),
    ("titles", "title", "title"),
];
/// Elements of a person that hold their own text.
const NAMES: &[(&str, &str)] = &[
    ("contributorName", "name"),
    ("creatorName", "name"),
    ("familyName", "familyName"),
    ("givenName", "givenName"),
];

/// Whether a text starts as a record in XML does.
pub(super) fn looks_like_it(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<') && (text.contains("<resource") || text.contains(":resource "))
}

/// The record, under the name of its element.
pub(super) fn record(
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Result<Map<String, Json>, InspectError> {
    let (text, whole) = head(source, budget, MAX)?;
    if !whole {
        return Err(InspectError::malformed(
            "DataCite",
            "a document above the limit of 4 MiB",
            MAX,
        ));
    }
    let root = xml::parse(text.trim_start_matches('\u{feff}'), budget)?;
    if root.name != "resource" {
        return Err(InspectError::malformed("DataCite", "no `resource` at the root", 0));
    }
    let mut record = Map::new();
    for element in &root.inside {
        let list = LISTS.iter().find(|(list, ..)| *list == element.name);
        if let Some((_, item, key)) = list {
            let items = element.all(item).map(|item| entry(item, key)).collect();
            record.insert(element.name.clone(), Json::Array(items));
        } else if element.name == "identifier" {
            let identifier = entry(element, "identifier");
            record.insert("identifiers".to_owned(), Json::Array(vec![identifier]));
        } else if element.inside.is_empty() {
            record.insert(element.name.clone(), text_of(element));
        }
    }
    Ok(Map::from_iter([("resource".to_owned(), Json::Object(record))]))
}

/// An element as an object: its text under `key`, its attributes, and what a person has inside.
fn entry(element: &Element, key: &str) -> Json {
    let mut object = attributes(element);
    if element.inside.is_empty() {
        object.insert(key.to_owned(), text_of(element));
    }
    for (name, key) in NAMES {
        if let Some(inside) = element.all(name).next() {
            object.insert((*key).to_owned(), text_of(inside));
            // The kind of a name stands on the name.
            object.extend(attributes(inside));
        }
    }
    let identifiers = element.all("nameIdentifier").map(|id| entry(id, "nameIdentifier"));
    let identifiers: Vec<Json> = identifiers.collect();
    if !identifiers.is_empty() {
        object.insert("nameIdentifiers".to_owned(), Json::Array(identifiers));
    }
    Json::Object(object)
}

fn attributes(element: &Element) -> Map<String, Json> {
    let all = element.attributes.iter().map(|(key, value)| {
        // JSON writes this one otherwise.
        let key = if key == "rightsURI" { "rightsUri" } else { key };
        (key.to_owned(), Json::String(value.clone()))
    });
    all.collect()
}

fn text_of(element: &Element) -> Json {
    Json::String(element.text.trim().to_owned())
}
