//! What a footer gives, and what in it cannot be true.

use sealkit_report::{Budget, Known, Severity};
use serde_json::Value as Json;

use super::footer::{Footer, codec};
use super::schema;
use crate::formats::{columns, features};
use crate::{Facts, Value, json, partial, property};

/// Longest metadata value that is told whole, in bytes.
const MAX_SHOWN: usize = 4096;

impl Footer {
    /// Adds what was read.
    pub(super) fn say(&self, path: &str, at: &str, budget: &mut Budget, facts: &mut Facts) {
        if let Some(version) = self.version {
            facts.measured(path, at, property::FORMAT_VERSION, Value::Text(version.to_string()));
        }
        if let Some(rows) = self.rows {
            facts.measured(path, at, property::ROWS, Value::Uint(rows));
        }
        if !self.schema.is_empty() {
            match schema::columns(&self.schema, budget) {
                Ok((columns, _)) => columns::add(facts, (path, at), columns),
                Err(error) => partial::note(facts, path, at, &error),
            }
        }
        let groups = &self.groups;
        facts.measured(path, at, property::ROW_GROUPS, Value::Uint(groups.count));
        if !groups.codecs.is_empty() {
            let codecs = groups.codecs.iter().map(|code| codec(*code)).collect();
            facts.measured(path, at, property::COMPRESSION, Value::List(codecs));
        }
        facts.declared(path, at, property::UNPACKED_SIZE, Value::Uint(groups.unpacked));
        for file in &groups.files {
            facts.declared(path, at, property::EXTERNAL_DATA, Value::Text(file.clone()));
        }
        if self.encrypted {
            facts.measured(path, at, property::ENCRYPTED, Value::Bool(true));
        }
        self.producer(path, at, facts);
        for (key, value) in &self.pairs {
            pair(key, value.as_deref(), (path, at), budget, facts);
        }
    }

    /// `parquet-cpp-arrow version 17.0.0`, with words behind that are not told.
    fn producer(&self, path: &str, at: &str, facts: &mut Facts) {
        let Some(text) = self.created_by.as_deref().filter(|text| !text.is_empty()) else { return };
        let (name, version) = text.split_once(" version ").unwrap_or((text, ""));
        facts.declared(path, at, property::PRODUCER, Value::Text(name.to_owned()));
        if let Some(version) = version.split_whitespace().next() {
            let version = Value::Text(version.to_owned());
            facts.declared(path, at, property::PRODUCER_VERSION, version);
        }
    }

    /// Finds what contradicts itself. `start` is the first byte of the footer.
    pub(super) fn check(mut self, path: &str, at: &str, start: u64, facts: &mut Facts) {
        self.groups.places.sort_unstable();
        let groups = &self.groups;
        let mut find = |rule: &str, severity, message: String| {
            facts.find(rule, severity, (path, at), message);
        };
        if let Some(rows) = self.rows.filter(|rows| *rows != groups.rows) {
            let message = format!("the footer states {rows} rows, its row groups {}", groups.rows);
            find("parquet-rows", Severity::Medium, message);
        }
        let leaves = schema::columns(&self.schema, &Budget::default()).map(|(_, leaves)| leaves);
        if let (Ok(leaves), Some((least, most))) = (leaves, groups.chunks)
            && (least != leaves || most != leaves)
        {
            let message = format!("{leaves} columns hold values, a row group has {least} chunks");
            find("parquet-columns", Severity::Medium, message);
        }
        let mut end = 4;
        for &(first, len) in &groups.places {
            let next = first.checked_add(len).filter(|next| *next <= start);
            let (Some(next), true) = (next, first >= 4) else {
                let message = format!("a column chunk of {len} bytes at {first} lies outside");
                find("parquet-places", Severity::High, message);
                break;
            };
            if first < end {
                let message = format!("a column chunk at byte {first} overlaps another");
                find("parquet-overlap", Severity::High, message);
                break;
            }
            end = next;
        }
        if !groups.files.is_empty() {
            let message = "column chunks lie in other files".to_owned();
            find("parquet-external", Severity::Low, message);
        }
        if self.more_pairs {
            let message = "the file's own metadata has more keys than are read".to_owned();
            find("parquet-metadata", Severity::Medium, message);
            facts.incomplete = true;
        }
    }
}

/// One entry of the file's own metadata.
fn pair(key: &str, value: Option<&str>, at: (&str, &str), budget: &mut Budget, facts: &mut Facts) {
    let Some(value) = value else {
        facts.incomplete = true;
        let message = format!("the metadata value `{key}` is too large or no text");
        facts.find("parquet-metadata", Severity::Medium, at, message);
        return;
    };
    match key {
        // The schema once more, in another encoding.
        "ARROW:schema" => {}
        "huggingface" => features::from_metadata(value.as_bytes(), at, budget, facts),
        "pandas" => pandas(value, at, budget, facts),
        _ => {
            let mut shown = value.to_owned();
            if shown.len() > MAX_SHOWN {
                shown.truncate(shown.floor_char_boundary(MAX_SHOWN));
                shown.push('…');
            }
            facts.about(key, Known::Declared, at, (property::METADATA, Value::Text(shown)));
        }
    }
}

/// What pandas writes of itself: `pandas_version`.
fn pandas(value: &str, at: (&str, &str), budget: &mut Budget, facts: &mut Facts) {
    let Ok(Json::Object(map)) = json::parse_python(value.as_bytes(), budget) else { return };
    if let Some(version) = map.get("pandas_version").and_then(Json::as_str) {
        let framework = Value::Text("pandas".to_owned());
        facts.declared(at.0, at.1, property::FRAMEWORK, framework);
        let version = Value::Text(version.to_owned());
        facts.declared(at.0, at.1, property::FRAMEWORK_VERSION, version);
    }
}
