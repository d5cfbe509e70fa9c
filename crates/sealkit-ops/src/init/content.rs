//! What the bytes of one file say it is, in the words of a Kitfile.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use sealkit_inspect::{
    Class as Seen, Facts as SeenFacts, ReadAt, ReadError, inspect, property, shard_of,
};
use sealkit_kitfile::{Class, Facts, Value, class_by_name};
use sealkit_report::{Budget, Known};

/// General text formats are recognised by being text: that says nothing that the name does not.
const GENERAL: [&str; 6] = ["text", "json", "yaml", "xml", "html", "markdown"];
/// Formats of files whose content proves no single purpose: their name is asked first.
const CONTAINERS: [&str; 4] = ["zip", "tar", "gzip", "zstd"];

/// Lock files and manifests whose names alone would make them data: JSON and YAML.
const SOFTWARE: [&str; 8] = [
    "compose",
    "conda-environment",
    "conda-lock",
    "npm-lock",
    "npm-manifest",
    "pipfile-lock",
    "pixi-lock",
    "pnpm-lock",
];

/// Descriptions of datasets, which hold none of the data.
const DESCRIPTIONS: [&str; 4] = ["croissant", "datacite-dataset", "datapackage", "hf-dataset-info"];

/// What is asked of facts.
const ASKED: [&str; 13] = [
    property::FORMAT,
    property::NAME,
    property::DESCRIPTION,
    property::VERSION,
    property::LICENCE,
    property::FRAMEWORK,
    property::ARCHITECTURE,
    property::DTYPE,
    property::QUANTISATION,
    property::PARAMETERS,
    property::CONTEXT_LENGTH,
    property::VOCABULARY,
    property::BASE_MODEL,
];

/// What a file was found to be.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    seen: Seen,
    facts: Arc<SeenFacts>,
}

/// A file of known size.
struct Opened {
    file: File,
    len: u64,
}

impl ReadAt for Opened {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let len = buf.len() as u64;
        let failed = |error| ReadError::Source { offset, len, source: Box::new(error) };
        read_exact_at(&self.file, buf, offset).map_err(failed)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buf, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut buf: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buf.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, buf, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (_, rest) = buf.split_at_mut(read.min(buf.len()));
        buf = rest;
        offset = offset.saturating_add(read as u64);
    }
    Ok(())
}

/// Looks into the file at `place`, which is called `path` in the kit.
pub(crate) fn read_file(path: &str, place: &Path, len: u64) -> io::Result<Content> {
    Ok(read_content(path, &Opened { file: File::open(place)?, len }))
}

/// Looks into bytes.
pub(crate) fn read_content(path: &str, source: &dyn ReadAt) -> Content {
    let mut budget = Budget::new(32 << 20, 200_000, 10_000_000, 64);
    let (seen, facts) = inspect(path, source, &mut budget);
    Content { seen, facts: Arc::new(facts) }
}

impl Content {
    /// What inspection found a file to be, and what it says.
    pub(crate) fn new(seen: Seen, facts: Arc<SeenFacts>) -> Self {
        Self { seen, facts }
    }

    /// The same of a file that says very much: only what is asked of it here is kept.
    pub(crate) fn lean(seen: Seen, facts: &SeenFacts) -> Self {
        let asked = facts.facts.iter().filter(|fact| ASKED.contains(&&*fact.property));
        let facts = SeenFacts { facts: asked.cloned().collect(), ..SeenFacts::default() };
        Self { seen, facts: Arc::new(facts) }
    }

    /// What the content says that the name does not; none where the name decides, as `kit` has it.
    pub(crate) fn class(&self, path: &str) -> Option<Class> {
        if holds_tensors(path) {
            return Some(Class::Part);
        }
        let format = self.format()?;
        let by_name = class_by_name(path);
        if GENERAL.contains(&format) || (CONTAINERS.contains(&format) && by_name.is_some()) {
            return None;
        }
        // Which software is needed is no data and no part of a model, whatever the file is called.
        if SOFTWARE.contains(&format) {
            return Some(Class::Code);
        }
        // At the top it describes data that lies elsewhere; inside of a folder it is part of that.
        if DESCRIPTIONS.contains(&format) && !path.contains('/') {
            return Some(Class::Docs);
        }
        match self.seen {
            Seen::Model => Some(Class::Model),
            Seen::ModelPart => Some(Class::Part),
            Seen::Dataset => Some(Class::Dataset),
            Seen::Docs => Some(Class::Docs),
            Seen::Prompt => Some(Class::Prompt),
            Seen::Mcpb => Some(Class::Mcpb),
            Seen::Licence => Some(self.licence().map_or(Class::Docs, Class::Licence)),
            // `kit` takes many files that it does not know as one part: code alone is no news.
            Seen::Code => by_name.map(|_| Class::Code),
            Seen::Metadata | Seen::Unknown => None,
        }
    }

    /// What the content says about itself, where it is a model or a prompt.
    pub(crate) fn facts(&self, path: &str) -> Facts {
        if !matches!(self.class(path), Some(Class::Model | Class::Prompt)) {
            return Facts::default();
        }
        let is_model = self.seen == Seen::Model;
        Facts {
            name: self.text(property::NAME),
            description: self.text(property::DESCRIPTION),
            version: self.text(property::VERSION),
            licence: self.licence(),
            framework: self.text(property::FRAMEWORK),
            format: self.format().filter(|_| is_model).map(str::to_owned),
            parameters: is_model.then(|| self.parameters(path)).flatten(),
        }
    }

    /// The first text with this property.
    pub(super) fn text(&self, property: &str) -> Option<String> {
        self.facts.text(property).filter(|text| !text.trim().is_empty()).map(str::to_owned)
    }

    /// The texts with this property that the file itself says; a Kitfile holds no conclusions.
    pub(super) fn declared(&self, property: &str) -> Vec<String> {
        let said = self.facts.of(property).filter(|fact| fact.evidence.known == Known::Declared);
        let facts = SeenFacts { facts: said.cloned().collect(), ..SeenFacts::default() };
        facts.list(property).into_iter().map(str::to_owned).collect()
    }

    /// The licence that is declared or was recognised, as SPDX writes it where SPDX knows it.
    pub(super) fn licence(&self) -> Option<String> {
        self.text(property::LICENCE).map(|text| super::card::spdx(&text))
    }

    /// The format, where the content shows it.
    fn format(&self) -> Option<&str> {
        let mut formats = self.facts.of(property::FORMAT);
        formats.find(|fact| fact.evidence.known == Known::Measured)?;
        self.facts.text(property::FORMAT)
    }

    /// What is worth knowing of a model before it is loaded.
    pub(super) fn parameters(&self, path: &str) -> Option<Value> {
        // A shard knows its own parameters only.
        let is_shard = shard_of(path.rsplit('/').next().unwrap_or(path)).is_some();
        let texts = [
            ("architecture", property::ARCHITECTURE),
            ("dtype", property::DTYPE),
            ("quantisation", property::QUANTISATION),
        ];
        let numbers = [
            ("parameterCount", property::PARAMETERS),
            ("contextLength", property::CONTEXT_LENGTH),
            ("vocabularySize", property::VOCABULARY),
        ];
        let texts = texts.into_iter().filter_map(|(key, property)| {
            Some((key.to_owned(), Value::String(self.text(property)?)))
        });
        let whole = |key: &str| !(is_shard && key == "parameterCount");
        let numbers = numbers.into_iter().filter(|(key, _)| whole(key));
        let numbers = numbers.filter_map(|(key, property)| {
            let number = i64::try_from(self.facts.uint(property)?).ok()?;
            Some((key.to_owned(), Value::Int(number)))
        });
        let map: BTreeMap<String, Value> = texts.chain(numbers).collect();
        (!map.is_empty()).then_some(Value::Map(map))
    }
}

/// Whether a file is called as exporters call what an ONNX model keeps outside of itself. Its bytes are those of
/// tensors and nothing else.
fn holds_tensors(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let ending = path.rsplit_once(".onnx_data").map(|(_, ending)| ending);
    let is_number = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    path.ends_with(".onnx.data")
        || ending.is_some_and(|end| end.is_empty() || end.strip_prefix('_').is_some_and(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_beside_a_graph_are_a_part_of_the_model() {
        let content = read_content("x", &b"\0\0\x80\x3F".as_slice());
        for path in ["model.onnx.data", "onnx/model.onnx_data", "m.ONNX_data_1"] {
            assert_eq!(content.class(path), Some(Class::Part), "{path}");
        }
        for path in ["model.data", "model.onnx_data_x", "onnx_data", "model.onnx.datas"] {
            assert_eq!(content.class(path), None, "{path}");
        }
    }

    #[test]
    fn lock_files_and_manifests_are_code() {
        for (path, text) in [
            ("package.json", "{\"name\":\"x\",\"dependencies\":{}}"),
            ("package-lock.json", "{\"lockfileVersion\":3,\"packages\":{}}"),
            ("environment.yml", "dependencies:\n- numpy\n"),
            ("requirements/base.txt", "numpy==1.26.4\n"),
        ] {
            let content = read_content(path, &text.as_bytes());
            assert_eq!(content.class(path), Some(Class::Code), "{path}");
        }
        assert_eq!(read_content("other.json", &b"{\"a\":1}".as_slice()).class("other.json"), None);
    }

    #[test]
    fn a_description_of_data_at_the_top_is_no_dataset() {
        let text = br#"{"@context":{"@vocab":"https://schema.org/"},"@type":"sc:Dataset",
            "conformsTo":"http://mlcommons.org/croissant/1.0","name":"a","distribution":[]}"#;
        for (path, class) in
            [("croissant.json", Class::Docs), ("data/croissant.json", Class::Dataset)]
        {
            let content = read_content(path, &text.as_slice());
            assert_eq!(content.format(), Some("croissant"));
            assert_eq!(content.class(path), Some(class), "{path}");
        }
    }

    #[test]
    fn a_shard_does_not_speak_for_the_whole() {
        let header = br#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend([0; 8]);
        let said = |path: &str| {
            let facts = read_content(path, &bytes.as_slice()).facts(path);
            let Some(Value::Map(map)) = facts.parameters else { return Vec::new() };
            map.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(said("m/model.safetensors"), ["dtype", "parameterCount"]);
        assert_eq!(said("m/model-00001-of-00002.safetensors"), ["dtype"]);
    }
}
