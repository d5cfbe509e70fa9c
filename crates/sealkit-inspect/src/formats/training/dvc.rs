//! Files of DVC: `NAME.dvc` for one tracked file or folder, `dvc.yaml` for the stages of a
//! pipeline, `dvc.lock` for what the stages read and wrote.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use super::{has_keys, yaml_map};
use crate::format::ends_with;
use crate::pick::{MAX_ITEMS, Pen, items, origin_name, step, text, uint};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, OriginInfo, Probe, ReadAt,
    Value, property,
};

const FORMAT: Format =
    Format::new("dvc", "DVC file", Class::Metadata, &[]).media("application/yaml");
/// Deepest nesting of parameters that is followed.
const MAX_DEPTH: u32 = 6;
/// Algorithms of the digests that DVC writes.
const DIGESTS: &[&str] = &["md5", "sha256"];

pub(crate) struct Dvc;

impl Inspector for Dvc {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let fits = match probe.file_name() {
            "dvc.yaml" => ["stages:", "artifacts:"].iter().any(|key| has_keys(probe, &[key])),
            "dvc.lock" => has_keys(probe, &["stages:"]),
            name => ends_with(name, ".dvc") && has_keys(probe, &["outs:"]),
        };
        if fits { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let map = yaml_map(source, budget)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        if ends_with(path, ".dvc") {
            pen.text("/desc", property::DESCRIPTION, map.get("desc"));
            files(&mut pen, "", ("", "outs"), map.get("outs"));
            sources(&mut pen, map.get("deps"));
        }
        let stages = map.get("stages").and_then(Json::as_object);
        for (name, entry) in stages.into_iter().flatten().take(MAX_ITEMS) {
            if let Json::Object(entry) = entry {
                stage(&mut pen, name, entry);
            }
        }
        let artifacts = map.get("artifacts").and_then(Json::as_object);
        for (name, entry) in artifacts.into_iter().flatten().take(MAX_ITEMS) {
            let base = step("/artifacts", name);
            if let Some(path) = entry.get("path") {
                file(&mut pen, (name, &step(&base, "path")), path);
            }
            if let Some(text) = entry.get("desc").and_then(text) {
                pen.about(name, &step(&base, "desc"), property::DESCRIPTION, Value::Text(text));
            }
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::DESCRIPTION,
            property::FILE_REFERENCE,
            property::VERSION,
            property::SOURCE_DATASET,
            property::TRAINING_PROCEDURE,
            property::HYPERPARAMETER,
        ]
    }
}

/// What a stage runs, reads, writes, and with which parameters.
fn stage(pen: &mut Pen<'_>, name: &str, entry: &Map<String, Json>) {
    let base = step("/stages", name);
    if let Some(command) = entry.get("cmd") {
        let lines: Vec<String> =
            crate::pick::texts("", command).into_iter().map(|(_, line)| line).collect();
        if !lines.is_empty() {
            let place = step(&base, "cmd");
            let command = Value::Text(lines.join("\n"));
            pen.about(name, &place, property::TRAINING_PROCEDURE, command);
        }
    }
    for key in ["deps", "outs", "metrics", "plots"] {
        files(pen, name, (&base, key), entry.get(key));
    }
    // `dvc.yaml` lists names of parameters; their values stand in `dvc.lock`.
    for (file, values) in entry.get("params").and_then(Json::as_object).into_iter().flatten() {
        let place = step(&step(&base, "params"), file);
        if values.is_object() {
            pen.flat(("", &place), values, property::HYPERPARAMETER, MAX_DEPTH);
        }
    }
}

fn files(pen: &mut Pen<'_>, subject: &str, (base, key): (&str, &str), json: Option<&Json>) {
    let place = step(base, key);
    for (at, item) in items(json) {
        file(pen, (subject, &format!("{place}/{at}")), item);
    }
}

/// A path alone, a map with a path and a digest, or a map of one path to its options.
fn file(pen: &mut Pen<'_>, (subject, place): (&str, &str), json: &Json) {
    let map = json.as_object();
    let path = map
        .and_then(|map| map.get("path"))
        .or_else(|| map.is_none().then_some(json))
        .and_then(text)
        .or_else(|| map.filter(|map| map.len() == 1)?.keys().next().cloned());
    let Some(stated) = path.filter(|path| !path.is_empty()) else { return };
    // Most paths are relative; one that is not tells of the machine.
    let path = if stated.starts_with('/') { origin_name(&stated).0 } else { stated };
    let digest = map.and_then(|map| {
        DIGESTS.iter().find_map(|name| Some(format!("{name}:{}", text(map.get(*name)?)?)))
    });
    if let Some(digest) = &digest {
        pen.about(&path, place, property::VERSION, Value::Text(digest.clone()));
    }
    let file = FileInfo {
        path,
        size: map.and_then(|map| map.get("size")).and_then(uint),
        // That of a folder is one of the list of its files, so that no bytes have it.
        digests: digest.into_iter().filter(|digest| !ends_with(digest, ".dir")).collect(),
    };
    pen.about(subject, place, property::FILE_REFERENCE, Value::File(file));
}

/// Where imported data comes from: another repository at a commit, or an address.
fn sources(pen: &mut Pen<'_>, json: Option<&Json>) {
    for (at, item) in items(json) {
        let Some(path) = item.get("path").and_then(text) else { continue };
        let place = format!("/deps/{at}");
        let of = |key: &str| item.get("repo").and_then(|repo| repo.get(key)).and_then(text);
        let is_address = path.contains("://");
        if !is_address && of("url").is_none() {
            file(pen, ("", &place), item);
            continue;
        }
        let digests = DIGESTS
            .iter()
            .filter_map(|name| Some(format!("{name}:{}", item.get(*name).and_then(text)?)));
        let origin = OriginInfo {
            revision: of("rev_lock").or_else(|| of("rev")),
            url: of("url").or_else(|| is_address.then(|| path.clone())),
            digests: digests.filter(|digest| !ends_with(digest, ".dir")).collect(),
            ..OriginInfo::named(path)
        };
        pen.declared(&place, property::SOURCE_DATASET, Value::Origin(origin));
    }
}
