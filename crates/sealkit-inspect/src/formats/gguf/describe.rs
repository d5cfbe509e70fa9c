//! What the keys of GGUF mean.

use std::collections::BTreeSet;

use sealkit_report::{Known, Severity};

use super::reader::Entry;
use super::{origins, split, types};
use crate::{Facts, LinkInfo, PartyInfo, Value, property};

/// Alignment of tensors where the file does not say.
const ALIGNMENT: u64 = 32;

/// The alignment of tensors in bytes.
pub(super) fn alignment(entries: &[Entry]) -> u64 {
    let entry = entries.iter().find(|entry| entry.key == "general.alignment");
    entry.and_then(Entry::uint).unwrap_or(ALIGNMENT)
}

/// Adds every entry as it is, and what the known keys mean.
pub(super) fn add(entries: &[Entry], path: &str, facts: &mut Facts) {
    let find = |key: &str| entries.iter().find(|entry| entry.key == key);
    let architecture = find("general.architecture").and_then(Entry::text).unwrap_or_default();
    let licence = find("general.license").and_then(Entry::text);
    let mut keys = BTreeSet::new();
    for entry in entries {
        let key = entry.key.as_str();
        let place = place(entry);
        if !keys.insert(key) {
            let message = format!("the key `{key}` stands twice");
            facts.find("gguf-duplicate-key", Severity::Medium, (path, &place), message);
        }
        let known = general(key, entry, licence).or_else(|| {
            let key = key.strip_prefix(architecture)?.strip_prefix('.')?;
            Some((size(key)?, size_value(&entry.value)?))
        });
        if let Some((property, value)) = known {
            facts.declared(path, &place, property, value);
        }
        special(entry, (path, &place), facts);
        keep(entry, (path, &place), facts);
    }
    origins::add(entries, path, facts);
    split::add(entries, path, facts);
}

/// Where an entry stands.
pub(super) fn place(entry: &Entry) -> String {
    format!("bytes {}-{}", entry.at.0, entry.at.1)
}

fn general(key: &str, entry: &Entry, licence: Option<&str>) -> Option<(&'static str, Value)> {
    let plain = |property| Some((property, entry.value.clone()));
    let link = |kind: &str| {
        let (kind, url) = (kind.to_owned(), entry.text()?.to_owned());
        Some((property::LINK, Value::Link(LinkInfo { kind, url })))
    };
    let party = |role: &str, organisation| {
        let (name, role) = (entry.text()?.to_owned(), Some(role.to_owned()));
        let party = PartyInfo { name, organisation, role, ..PartyInfo::default() };
        Some((property::PARTY, Value::Party(party)))
    };
    match key {
        "general.architecture" => plain(property::ARCHITECTURE),
        "general.name" => plain(property::NAME),
        "general.version" => plain(property::VERSION),
        "general.description" => plain(property::DESCRIPTION),
        "general.author" => plain(property::AUTHOR),
        "general.organization" => party("publisher", true),
        "general.quantized_by" => party("quantiser", false),
        "general.license" => plain(property::LICENCE),
        // The name says which licence `other` stands for.
        "general.license.name" if licence.is_none_or(|id| id.eq_ignore_ascii_case("other")) => {
            plain(property::LICENCE)
        }
        "general.license.link" => link("license"),
        "general.url" => link("website"),
        "general.repo_url" => link("vcs"),
        "general.source.url" | "general.source.repo_url" => link("source-distribution"),
        "general.doi" => plain(property::DOI),
        "general.tags" => plain(property::TAG),
        "general.languages" => plain(property::LANGUAGE),
        "tokenizer.ggml.model" | "tokenizer.huggingface.model" => plain(property::TOKENIZER),
        "adapter.type" => plain(property::ADAPTER_TYPE),
        _ => None,
    }
}

/// Property of a key of the architecture, without the architecture's name before it.
fn size(key: &str) -> Option<&'static str> {
    Some(match key {
        "context_length" => property::CONTEXT_LENGTH,
        "vocab_size" => property::VOCABULARY,
        "block_count" => property::LAYERS,
        "embedding_length" => property::HIDDEN_SIZE,
        "feed_forward_length" => property::FEED_FORWARD_SIZE,
        "attention.head_count" => property::HEADS,
        "attention.head_count_kv" => property::KEY_VALUE_HEADS,
        "expert_count" => property::EXPERTS,
        "expert_used_count" => property::EXPERTS_USED,
        _ => return None,
    })
}

/// A number, the one number of all layers, or the numbers of the layers.
fn size_value(value: &Value) -> Option<Value> {
    match value {
        Value::Uint(_) => Some(value.clone()),
        Value::List(items) => {
            let first = items.first()?;
            let same = items.iter().all(|item| item == first);
            let number = first.parse().ok().filter(|_| same);
            Some(number.map_or_else(|| value.clone(), Value::Uint))
        }
        _ => None,
    }
}

fn special(entry: &Entry, at: (&str, &str), facts: &mut Facts) {
    let (path, place) = at;
    match entry.key.as_str() {
        "general.file_type" => {
            let Some(kind) = entry.uint() else { return };
            let name = types::file_type(kind).map_or_else(|| kind.to_string(), str::to_owned);
            facts.declared(path, place, property::QUANTISATION, Value::Text(name));
        }
        "tokenizer.ggml.tokens" => {
            let len = Value::Uint(entry.len.unwrap_or(0));
            facts.measured(path, place, property::VOCABULARY, len);
        }
        "adapter.lora.alpha" => {
            let fact = (property::HYPERPARAMETER, entry.value.clone());
            facts.about("lora_alpha", Known::Declared, at, fact);
        }
        key => {
            let Some(digest) = entry.digest.clone() else { return };
            let name = key.trim_start_matches("tokenizer.chat_template").trim_start_matches('.');
            facts.about(name, Known::Measured, at, (property::CHAT_TEMPLATE_DIGEST, digest));
        }
    }
}

/// Keeps the entry as it is; of a long array only the length.
fn keep(entry: &Entry, at: (&str, &str), facts: &mut Facts) {
    let is_cut = |len: u64| matches!(&entry.value, Value::List(kept) if kept.len() as u64 != len);
    let value = match entry.len.filter(|len| is_cut(*len)) {
        Some(len) => Value::Text(format!("{len} elements")),
        None => entry.value.clone(),
    };
    facts.about(&entry.key, Known::Declared, at, (property::METADATA, value));
}
