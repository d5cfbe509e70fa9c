//! The targets. Each says what must hold besides not crashing.

use std::io::Read as _;

use sealkit_aibom::{
    Advisories, Bom, BomCodec as _, Component, ComponentId, JudgeOptions, Kind, Profile,
    ScoreContext, Spdx3, judge as judge_bom, profile_ids, sarif, score, score_html,
    vulnerabilities,
};
use sealkit_attest::{Bundle, Statement};
use sealkit_inspect::inspect as inspect_file;
use sealkit_kitfile::{IgnoreRules, Kitfile};
use sealkit_oci::{Manifest, Raw, Reference, media_type};
use sealkit_pack::tar::{Streamed, TarReader};
use sealkit_report::Budget;

/// A Kitfile that is accepted reads the same after it is written.
pub fn kitfile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Kitfile::parse(text, "Kitfile") {
        Ok(parsed) => {
            let written = parsed.kitfile.to_yaml();
            match Kitfile::parse(&written, "Kitfile") {
                Ok(again) => assert_eq!(again.kitfile.to_yaml(), written),
                // Known: `[a, b -]`, which `kit` writes and reads, is too much for the YAML parser.
                Err(error) if error.to_string().contains("cannot start with '-'") => {}
                Err(error) => panic!("{error} in what was written:\n{written}"),
            }
            if let Ok(config) = parsed.kitfile.to_json() {
                Kitfile::from_json(&config).expect("a config that was just written");
            }
        }
        Err(error) => drop(error.to_string()),
    }
}

/// The config blob of a kit.
pub fn kit_config(data: &[u8]) {
    if let Ok(kitfile) = Kitfile::from_json(data) {
        drop(kitfile.parts());
        drop(kitfile.validate());
    }
}

/// Ignore rules: the first line is the path, the rest are the rules.
pub fn ignore(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (path, rules) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(rules) = IgnoreRules::parse(rules) {
        // A folder that may be skipped must be one that is ignored.
        if rules.may_skip_dir(path) {
            assert!(rules.matches(path), "`{path}` is skipped and not ignored");
        }
    }
}

/// A manifest keeps its bytes and its digest.
pub fn manifest(data: &[u8]) {
    let Ok(raw) = Raw::<Manifest>::parse(media_type::OCI_MANIFEST, data.to_vec()) else { return };
    assert_eq!(raw.bytes(), data);
    assert!(raw.digest().matches(data));
    drop(raw.value().total_size());
    for layer in raw.value().layers() {
        drop(layer.media_type.parse::<sealkit_oci::LayerType>());
    }
}

/// A reference reads the same after it is shown.
pub fn reference(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(reference) = text.parse::<Reference>() else { return };
    let shown = reference.to_string();
    assert_eq!(shown.parse::<Reference>().ok().as_ref(), Some(&reference), "shown as `{shown}`");
}

/// An archive gives no more bytes than it has, and each body lies where its entry says.
pub fn tar(data: &[u8]) {
    let budget = Budget::new(1 << 20, 1_000, 100_000, 16);
    let mut reader = TarReader::new(Streamed::new(data), budget);
    while let Ok(Some(entry)) = reader.next_entry() {
        let mut body = Vec::new();
        if reader.read_to_end(&mut body).is_err() {
            break;
        }
        let start = usize::try_from(entry.offset).expect("an offset inside the data");
        assert_eq!(data.get(start..start + body.len()), Some(body.as_slice()), "{}", entry.path);
    }
}

/// A bundle keeps its bytes.
pub fn bundle(data: &[u8]) {
    if let Ok(bundle) = Bundle::parse(data.to_vec()) {
        assert_eq!(bundle.bytes(), data);
    }
}

/// A statement keeps its bytes, and its predicate reads or says why not.
pub fn statement(data: &[u8]) {
    if let Ok(statement) = Statement::parse(data.to_vec()) {
        assert_eq!(statement.payload(), data);
        drop(statement.any_predicate());
    }
}

/// Names that lead to each kind of inspector; the first byte of the data chooses.
pub static NAMES: &[&str] = &[
    "model.safetensors",
    "model.gguf",
    "model.onnx",
    "model.npy",
    "model.pt",
    "data.parquet",
    "config.json",
    "README.md",
    "LICENSE",
    "data.csv",
    "data.jsonl",
    "model.pkl",
    "unknown",
];

/// Any file, under any name, by every inspector.
pub fn inspect(data: &[u8]) {
    let Some((choice, content)) = data.split_first() else { return };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let first = inspect_file(name, &content, &mut budget);
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let second = inspect_file(name, &content, &mut budget);
    assert_eq!(format!("{first:?}"), format!("{second:?}"), "the same bytes give the same facts");
}

/// Any advisory is read or refused, and components are matched with it.
pub fn advisory(data: &[u8]) {
    let mut advisories = Advisories::default();
    if advisories.add(data).is_err() {
        assert!(advisories.is_empty());
        return;
    }
    let mut bom = Bom::new(Component::new(ComponentId("kit".to_owned()), Kind::Kit, "kit"));
    for purl in ["pkg:pypi/numpy@2.1.0", "pkg:npm/%40a/b@1.0.0", "pkg:huggingface/org/base"] {
        let mut library = Component::new(ComponentId(purl.to_owned()), Kind::Library, purl);
        library.purl = Some(purl.to_owned());
        bom.components.push(library);
    }
    drop(vulnerabilities(&bom, &advisories));
}

/// Any document that is read is judged and scored; judged by itself, it says what is found.
pub fn judge(data: &[u8]) {
    let Ok(bom) = Spdx3.decode(data) else { return };
    let options = JudgeOptions { own: Some(false), ..JudgeOptions::default() };
    let report = judge_bom(&bom, &bom, &options);
    for step in report.failures() {
        assert!(
            matches!(step.id.as_str(), "references" | "graph" | "data-versions" | "claims-licence"),
            "{step:?}"
        );
    }
    drop(sarif(&report, "bom.json", ("sealkit", "0")));
    for profile in profile_ids().filter_map(Profile::built_in) {
        let score = score(&bom, &profile, &ScoreContext::default());
        assert!((0.0..=100.0).contains(&score.percent));
        drop(score_html(&score));
    }
}
