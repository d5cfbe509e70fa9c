//! Base models and datasets: numbered groups of keys.
//!
//! Source: `docs/gguf.md` of ggml, `general.base_model.{id}.*` and `general.dataset.{id}.*`.

use std::collections::BTreeMap;

use super::describe::place;
use super::reader::Entry;
use crate::{Facts, OriginInfo, Value, property};

/// Adds one origin for each base model and each dataset.
pub(super) fn add(entries: &[Entry], path: &str, facts: &mut Facts) {
    let kind = entries.iter().find(|entry| entry.key == "general.type").and_then(Entry::text);
    let role = (kind == Some("adapter")).then(|| "adapter".to_owned());
    for (at, origin) in group(entries, "general.base_model.") {
        let origin = OriginInfo { role: role.clone(), ..origin };
        facts.declared(path, &at, property::BASE_MODEL, Value::Origin(origin));
    }
    for (at, origin) in group(entries, "general.dataset.") {
        let origin = OriginInfo { role: Some("train".to_owned()), ..origin };
        facts.declared(path, &at, property::TRAINED_ON, Value::Origin(origin));
    }
    source(entries, path, facts);
    for entry in entries {
        let (property, names) = match (entry.key.as_str(), &entry.value) {
            ("general.datasets", Value::List(names)) => (property::TRAINED_ON, names.clone()),
            // Keys of the first draft, one text each.
            ("general.source.huggingface.repository", Value::Text(name)) => {
                (property::BASE_MODEL, vec![name.clone()])
            }
            _ => continue,
        };
        for name in names {
            let value = Value::Origin(OriginInfo::named(name));
            facts.declared(path, &place(entry), property, value);
        }
    }
}

/// Adds the model that the file was converted or quantised from.
fn source(entries: &[Entry], path: &str, facts: &mut Facts) {
    let find = |key: &str| {
        let entry = entries.iter().find(|entry| entry.key == key)?;
        Some((entry, entry.text().map(str::trim).filter(|text| !text.is_empty())?))
    };
    let found = find("general.source.repo_url").or_else(|| find("general.source.url"));
    let Some((entry, url)) = found else { return };
    let name = repository(url).unwrap_or(url);
    let origin = OriginInfo { url: Some(url.to_owned()), ..OriginInfo::named(name) };
    facts.declared(path, &place(entry), property::BASE_MODEL, Value::Origin(origin));
}

/// The origins under a prefix, each with the place of the key that names it, in the order of their numbers.
fn group(entries: &[Entry], prefix: &str) -> Vec<(String, OriginInfo)> {
    let mut groups: BTreeMap<u64, BTreeMap<&str, &Entry>> = BTreeMap::new();
    for entry in entries {
        let field = entry.key.strip_prefix(prefix).and_then(|rest| rest.split_once('.'));
        let Some((number, field)) = field else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        groups.entry(number).or_default().entry(field).or_insert(entry);
    }
    let read = |fields: BTreeMap<&str, &Entry>| {
        let text = |field: &str| {
            let entry = fields.get(field)?;
            entry.text().map(str::trim).filter(|text| !text.is_empty())
        };
        let url = text("repo_url").or_else(|| text("url"));
        let hub_id = text("repo_url").and_then(repository);
        let (name, key) = match (hub_id, text("organization"), text("name")) {
            (Some(id), _, _) => (id.to_owned(), "repo_url"),
            (None, Some(owner), Some(name)) => (format!("{owner}/{name}"), "name"),
            (None, None, Some(name)) => (name.to_owned(), "name"),
            (None, _, None) if text("repo_url").is_some() => (url?.to_owned(), "repo_url"),
            (None, _, None) => (url?.to_owned(), "url"),
        };
        let version = text("version").map(str::to_owned);
        let origin = OriginInfo { version, url: url.map(str::to_owned), ..OriginInfo::named(name) };
        Some((place(fields.get(key)?), origin))
    };
    groups.into_values().filter_map(read).collect()
}

/// `owner/name` of the address of a repository: a path of just these two.
fn repository(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    let path = path.trim_end_matches('/');
    let path = path.strip_prefix("datasets/").unwrap_or(path);
    let (owner, name) = path.split_once('/')?;
    let is_name = |part: &str| !part.is_empty() && !part.contains(['/', '?', '#']);
    (is_name(owner) && is_name(name)).then_some(path)
}
