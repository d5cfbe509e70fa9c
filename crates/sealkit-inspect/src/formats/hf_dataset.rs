//! What the `datasets` library writes beside data: `dataset_info.json`, the older
//! `dataset_infos.json`, and `state.json` and `dataset_dict.json` of datasets saved to disk.
//!
//! Source: `datasets` 4.4, `info.py`, `splits.py`, `arrow_dataset.py` (`save_to_disk`).

use sealkit_report::{Budget, Known};
use serde_json::{Map, Value as Json};

use super::document::text;
use super::features;
use crate::address::clean;
use crate::kept::step;
use crate::pick::{object, sniff};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, LinkInfo, Probe, ReadAt,
    Value, property,
};

const INFO: Format = Format::new("hf-dataset-info", "dataset description", Class::Dataset, &[])
    .media("application/json");
const STATE: Format =
    Format::new("hf-dataset-state", "saved dataset", Class::Dataset, &[]).media("application/json");

pub(crate) struct DatasetInfo;

impl Inspector for DatasetInfo {
    fn format(&self) -> &Format {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let keys = ["\"features\"", "\"splits\"", "\"builder_name\"", "\"download_checksums\""];
        let one = sniff(probe, "dataset_info.json", &keys);
        one.max(sniff(probe, "dataset_infos.json", &[&keys[..], &["\"description\""]].concat()))
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let root = object(source, budget)?;
        let mut facts = Facts::default();
        // The older file has one description for each configuration.
        let is_one =
            ["features", "splits", "builder_name"].iter().any(|key| root.contains_key(*key));
        if is_one {
            Info { map: &root, path, pointer: "", prefix: "" }.say(true, &mut facts);
            return Ok(facts);
        }
        let alone = root.len() == 1;
        for (name, info) in &root {
            let Json::Object(map) = info else { continue };
            let pointer = format!("/{}", step(name));
            let prefix = if alone { String::new() } else { format!("{name}/") };
            Info { map, path, pointer: &pointer, prefix: &prefix }.say(alone, &mut facts);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::NAME,
            property::VERSION,
            property::DESCRIPTION,
            property::CITATION,
            property::LICENCE,
            property::LINK,
            property::ROWS,
            property::ROWS_OF_SPLIT,
            property::BYTES_OF_SPLIT,
            property::DATASET_SIZE,
            property::DOWNLOAD_SIZE,
            property::COLUMNS,
            property::COLUMN,
            property::FEATURE,
            property::LABEL,
            property::MODALITY,
            property::FILE_REFERENCE,
        ]
    }
}

/// The description of one configuration.
struct Info<'a> {
    map: &'a Map<String, Json>,
    path: &'a str,
    pointer: &'a str,
    /// What stands before the name of a split, to tell configurations apart.
    prefix: &'a str,
}

impl Info<'_> {
    fn say(&self, alone: bool, facts: &mut Facts) {
        let mut texts = vec![
            ("description", property::DESCRIPTION),
            ("citation", property::CITATION),
            ("license", property::LICENCE),
        ];
        if alone {
            let named = ["dataset_name", "builder_name"];
            let key = named.into_iter().find(|key| text(self.map, key).is_some());
            texts.extend(key.map(|key| (key, property::NAME)));
        }
        for (key, property) in texts {
            if let Some(text) = text(self.map, key) {
                facts.declared(self.path, &self.at(key), property, Value::Text(text.to_owned()));
            }
        }
        if let Some(version) = text(self.map, "version").or_else(|| {
            self.map.get("version").and_then(|version| version.get("version_str")?.as_str())
        }) {
            let version = Value::Text(version.to_owned());
            facts.declared(self.path, &self.at("version"), property::VERSION, version);
        }
        if let Some(url) = text(self.map, "homepage") {
            let link = LinkInfo { kind: "website".to_owned(), url: clean(url) };
            facts.declared(self.path, &self.at("homepage"), property::LINK, Value::Link(link));
        }
        for (key, property) in
            [("dataset_size", property::DATASET_SIZE), ("download_size", property::DOWNLOAD_SIZE)]
        {
            if let Some(size) = self.map.get(key).and_then(Json::as_u64) {
                facts.declared(self.path, &self.at(key), property, Value::Uint(size));
            }
        }
        self.splits(alone, facts);
        self.columns(facts);
        self.checksums(facts);
    }

    fn splits(&self, alone: bool, facts: &mut Facts) {
        let Some(Json::Object(splits)) = self.map.get("splits") else { return };
        let mut total = Some(0_u64);
        for (name, split) in splits {
            let subject = format!("{}{}", self.prefix, if name.is_empty() { "?" } else { name });
            let at = format!("{}/splits/{}", self.pointer, step(name));
            for (key, property) in
                [("num_examples", property::ROWS_OF_SPLIT), ("num_bytes", property::BYTES_OF_SPLIT)]
            {
                let number = split.get(key).and_then(Json::as_u64);
                if let Some(number) = number {
                    let place = format!("{at}/{key}");
                    let fact = (property, Value::Uint(number));
                    facts.about(&subject, Known::Declared, (self.path, &place), fact);
                }
                if property == property::ROWS_OF_SPLIT {
                    total = total.zip(number).and_then(|(total, rows)| total.checked_add(rows));
                }
            }
        }
        if let Some(total) = total.filter(|_| alone && !splits.is_empty()) {
            facts.declared(self.path, &self.at("splits"), property::ROWS, Value::Uint(total));
        }
    }

    fn columns(&self, facts: &mut Facts) {
        let Some(Json::Object(map)) = self.map.get("features") else { return };
        let at = self.at("features");
        facts.declared(self.path, &at, property::COLUMNS, Value::Uint(map.len() as u64));
        let names = map.keys().cloned().collect();
        facts.declared(self.path, &at, property::COLUMN, Value::List(names));
        features::add(map, (self.path, &at), facts);
    }

    /// `download_checksums`: address, then size and SHA-256.
    fn checksums(&self, facts: &mut Facts) {
        let Some(Json::Object(files)) = self.map.get("download_checksums") else { return };
        for (url, about) in files {
            let checksum = about.get("checksum").and_then(Json::as_str);
            let is_sha256 =
                |text: &&str| text.len() == 64 && text.bytes().all(|c| c.is_ascii_hexdigit());
            let digests = checksum.filter(is_sha256).map(|hex| format!("sha256:{hex}"));
            let file = FileInfo {
                path: clean(url),
                size: about.get("num_bytes").and_then(Json::as_u64),
                digests: digests.into_iter().collect(),
            };
            let at = format!("{}/{}", self.at("download_checksums"), step(url));
            facts.declared(self.path, &at, property::FILE_REFERENCE, Value::File(file));
        }
    }

    fn at(&self, key: &str) -> String {
        format!("{}/{key}", self.pointer)
    }
}

pub(crate) struct DatasetState;

impl Inspector for DatasetState {
    fn format(&self) -> &Format {
        &STATE
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let state = sniff(probe, "state.json", &["\"_data_files\""]);
        state.max(sniff(probe, "dataset_dict.json", &["\"splits\""]))
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let root = object(source, budget)?;
        let mut facts = Facts::default();
        let list = |key: &str| root.get(key).and_then(Json::as_array).into_iter().flatten();
        for (index, file) in list("_data_files").enumerate() {
            if let Some(name) = file.get("filename").and_then(Json::as_str) {
                let file = FileInfo { path: name.to_owned(), ..FileInfo::default() };
                let at = format!("/_data_files/{index}/filename");
                facts.declared(path, &at, property::FILE_REFERENCE, Value::File(file));
            }
        }
        let splits: Vec<String> =
            list("splits").filter_map(Json::as_str).map(str::to_owned).collect();
        let split = root.get("_split").and_then(Json::as_str);
        if let Some(split) = split {
            let split = Value::List(vec![split.to_owned()]);
            facts.declared(path, "/_split", property::SPLIT, split);
        } else if !splits.is_empty() {
            facts.declared(path, "/splits", property::SPLIT, Value::List(splits));
        }
        if let Some(fingerprint) = root.get("_fingerprint").and_then(Json::as_str) {
            let fact = (property::METADATA, Value::Text(fingerprint.to_owned()));
            facts.about("_fingerprint", Known::Declared, (path, "/_fingerprint"), fact);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::FILE_REFERENCE, property::SPLIT, property::METADATA]
    }
}
