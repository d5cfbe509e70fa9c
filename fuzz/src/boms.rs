//! Targets about AIBOMs: overlays, assembling, documents of strangers, advisories.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_aibom::purl::Purl;
use sealkit_aibom::{
    Advisories, Bom, BomCodec, Component, ComponentId, CycloneDx, EncodeOptions, FileInput, Input,
    JudgeOptions, Kind, PartInput, Profile, ScoreContext, Spdx3, Subject, Supplied,
    judge as judge_bom, profile_ids, sarif, score, score_html, vulnerabilities,
};
use sealkit_inspect::{Facts, inspect as inspect_file};
use sealkit_kitfile::Kitfile;
use sealkit_oci::Digest;
use sealkit_report::Budget;

use crate::targets::NAMES;

/// An overlay that is accepted gives facts with the lines that they stand in.
pub fn overlay(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match sealkit_aibom::overlay(text, "aibom.yaml") {
        Ok(supplied) => {
            let facts =
                [&supplied.kit, &supplied.model].into_iter().chain(supplied.datasets.values());
            for fact in facts.flat_map(|facts| &facts.facts) {
                assert!(fact.evidence.place.starts_with("line "), "{fact:?}");
            }
        }
        Err(error) => drop(error.to_string()),
    }
}

/// Whatever files say, every value of the AIBOM has its evidence and every tie leads somewhere. The
/// pieces between zero bytes are the files; the first byte of each chooses its name.
pub fn assemble(data: &[u8]) {
    let mut files: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for piece in data.split(|byte| *byte == 0).take(8) {
        if let Some((choice, content)) = piece.split_first() {
            files.insert(NAMES[usize::from(*choice) % NAMES.len()], content);
        }
    }
    let mut facts: BTreeMap<String, Facts> = BTreeMap::new();
    for (name, content) in &files {
        let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
        facts.insert((*name).to_owned(), inspect_file(name, content, &mut budget).1);
    }
    let kitfile = "manifestVersion: 1.0.0\nmodel: {path: .}\n";
    let kitfile = Kitfile::parse(kitfile, "Kitfile").expect("a Kitfile").kitfile;
    let digests: Vec<Digest> = files.values().map(|content| Digest::of(content)).collect();
    let listed = files.iter().zip(&digests).map(|((path, content), digest)| FileInput {
        path,
        size: content.len() as u64,
        digest: Some(digest),
    });
    let element = kitfile.parts().into_iter().next();
    let part = PartInput {
        role: element.as_ref().map(|element| element.role),
        is_prompt: false,
        element,
        layer: None,
        files: Some(listed.collect()),
    };
    let bom = sealkit_aibom::assemble(&Input {
        subject: Subject::Folder { name: "folder" },
        kitfile: &kitfile,
        kitfile_is_made: false,
        config: &Facts::default(),
        references: &BTreeMap::new(),
        parts: vec![part],
        facts: &facts,
        project: &Facts::default(),
        attested: &[],
        supplied: &Supplied::default(),
    });
    let ids: BTreeSet<_> = bom.all().map(|component| &component.id).collect();
    assert_eq!(ids.len(), bom.components.len() + 1, "a name stands twice");
    assert!(bom.all().flat_map(|c| &c.properties).all(|property| property.evidence.is_some()));
    assert!(bom.relations.iter().all(|tie| ids.contains(&tie.from) && ids.contains(&tie.to)));
}

/// A CycloneDX document that is read says the same when it is written again in its version.
pub fn cyclonedx(data: &[u8]) {
    let Ok(bom) = CycloneDx::V1_6.decode(data) else { return };
    let said: serde_json::Value = serde_json::from_slice(data).expect("it was read as JSON");
    let version = match said["specVersion"].as_str() {
        Some("1.7") => CycloneDx::V1_7,
        _ => CycloneDx::V1_6,
    };
    let again = version.encode(&bom, &EncodeOptions::default()).expect("it was just read");
    version.decode(&again).expect("it was just written");
    if matches!(said["specVersion"].as_str(), Some("1.6" | "1.7")) {
        let again: serde_json::Value = serde_json::from_slice(&again).expect("it is JSON");
        assert_eq!(sorted(&again), sorted(&said));
    }
}

/// A text that two values share exactly when they are equal but for order.
fn sorted(value: &serde_json::Value) -> String {
    use serde_json::Value;
    let (mut all, ends) = match value {
        Value::Array(list) => (list.iter().map(sorted).collect::<Vec<_>>(), "[]"),
        Value::Object(map) => {
            (map.iter().map(|(key, value)| format!("{key:?}{}", sorted(value))).collect(), "{}")
        }
        other => return other.to_string(),
    };
    all.sort();
    format!("{}{}", all.join(","), ends)
}

/// What a package URL is read as is canonical.
pub fn purl(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(purl) = Purl::parse(text) {
        assert_eq!(Purl::parse(&purl.to_string()), Ok(purl));
    }
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
