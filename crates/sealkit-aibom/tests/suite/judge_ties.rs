//! Ties of a document: whether they resolve, make sense, and are those that the artifact names.

use crate::judging::{at, declared, failure, id, kit, of, prop, sha, step, text, verdict};
use sealkit_aibom::{
    Bom, Completeness, Component, Composition, JudgeOptions, Kind, Property, Relation,
    RelationKind, judge, name,
};
use sealkit_inspect::{Value, property};
use sealkit_report::{Known, Outcome, Verdict};

#[test]
fn one_version_of_data_has_one_content() {
    let mut bom = kit();
    of(&mut bom, "data").hashes = vec![sha('f')];
    prop(of(&mut bom, "data"), name::DATA_VERSION).value = text(&sha('f').to_string());
    let (_, report) = verdict(&bom);
    let found = step(&report, "data-versions", Outcome::Fail);
    assert!(found.reason.starts_with("version `v1` of `data` has two contents"), "{found:?}");
    // Two datasets of one document.
    let mut bom = kit();
    let mut twin = of(&mut bom, "data").clone();
    twin.id = id("twin");
    twin.path = None;
    twin.kind = Kind::Dataset;
    twin.hashes = vec![sha('f')];
    twin.properties.retain(|p| p.name == property::VERSION);
    bom.components.push(twin);
    step(&verdict(&bom).1, "data-versions", Outcome::Fail);
}

#[test]
fn origins_that_the_artifact_does_not_name_fail() {
    let mut bom = kit();
    let other = Component::new(id("other"), Kind::BaseModel, "org/better");
    bom.components.push(other);
    let tie = Relation::new(&id("model"), RelationKind::DerivedFrom, &id("other"));
    bom.relations.push(tie.because(at(Known::Declared, "README.md", "/base_model")));
    let step = failure(&bom);
    assert_eq!(step.id, "lineage");
    let wanted = "`model` derived from base-model `org/better`, and the artifact does not say so";
    assert_eq!(step.reason, wanted);
}

#[test]
fn origins_that_the_document_hides_fail() {
    for (kind, step) in [
        (RelationKind::DerivedFrom, "lineage"),
        (RelationKind::TrainedOn, "lineage"),
        (RelationKind::DependsOn, "dependencies"),
    ] {
        let mut bom = kit();
        bom.relations.retain(|tie| tie.kind != kind);
        let found = failure(&bom);
        assert_eq!(found.id, step);
        assert!(found.reason.ends_with("is found and not stated"), "{found:?}");
    }
}

#[test]
fn a_tie_to_another_meaning_is_not_the_same() {
    let mut bom = kit();
    let tie = bom.relations.iter_mut().find(|tie| tie.kind == RelationKind::TrainedOn).unwrap();
    tie.kind = RelationKind::EvaluatedOn;
    assert_eq!(failure(&bom).id, "lineage");
}

#[test]
fn references_that_lead_nowhere_fail() {
    let mut bom = kit();
    bom.relations.push(Relation::new(&id("model"), RelationKind::Contains, &id("ghost")));
    bom.compositions.push(Composition {
        completeness: Completeness::Complete,
        contents: vec![id("spirit")],
        origins: Vec::new(),
    });
    bom.runs[0].inputs.push(id("shade"));
    let step = failure(&bom);
    assert_eq!((step.id.as_str(), step.subjects.len()), ("references", 3));
    assert!(step.reason.contains("contains refers to `ghost`, which is not listed"));
    let mut bom = kit();
    bom.runs[0].inputs.push(id("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#x"));
    assert_eq!(verdict(&bom).0, Verdict::Unknown, "another document is not there");
}

#[test]
fn two_components_of_one_reference_fail() {
    let mut bom = kit();
    let mut twin = of(&mut bom, "far").clone();
    twin.name = "other".to_owned();
    bom.components.push(twin);
    assert_eq!(failure(&bom).id, "references");
}

#[test]
fn ties_that_make_no_sense_fail() {
    let tie = |from: &str, kind, to: &str| Relation::new(&id(from), kind, &id(to));
    let cases = [
        (tie("base", RelationKind::DerivedFrom, "model"), "is derived from itself"),
        (tie("model", RelationKind::Contains, "kit"), "holds itself"),
        (tie("numpy", RelationKind::TrainedOn, "far"), "but no model"),
        (tie("model", RelationKind::TrainedOn, "base"), "which is no data"),
    ];
    for (tie, reason) in cases {
        let mut bom = kit();
        bom.relations.push(tie);
        let found = step(&verdict(&bom).1, "graph", Outcome::Fail);
        assert!(found.reason.contains(reason), "{found:?}");
    }
}

#[test]
fn a_long_chain_and_a_wide_circle_take_bounded_time() {
    let mut bom = kit();
    for at in 0..50_000 {
        bom.components.push(Component::new(id(&format!("c{at}")), Kind::Other, "c"));
        let next = id(&format!("c{}", (at + 1) % 50_000));
        bom.relations.push(Relation::new(&id(&format!("c{at}")), RelationKind::Contains, &next));
    }
    let found = step(&verdict(&bom).1, "graph", Outcome::Fail);
    assert!(found.reason.ends_with("and 49900 more"));
}

#[test]
fn a_model_cannot_know_less_than_its_data() {
    let sensitive = |yes| {
        Property::new(property::SENSITIVE_DATA, Value::Bool(yes), at(Known::Declared, "", "--x"))
    };
    let mut bom = kit();
    of(&mut bom, "far").properties.push(sensitive(true));
    of(&mut bom, "model").properties.push(sensitive(false));
    assert_eq!(failure(&bom).id, "graph");
}

#[test]
fn fields_of_spdx_are_named_and_decide_only_where_asked() {
    let (answer, report) = verdict(&kit());
    assert_eq!(answer, Verdict::Yes);
    let silent = step(&report, "spdx-fields", Outcome::Skip);
    assert!(
        silent.reason.contains("`model` has no release time, no version, no download location")
    );
    let options = JudgeOptions { demand_fields: true, ..JudgeOptions::default() };
    let report = judge(&kit(), &kit(), &options);
    assert_eq!(report.verdict(), Verdict::Unknown);
    // What is said to be unknown is said.
    let mut bom = kit();
    let model = of(&mut bom, "model");
    model.purl = Some("pkg:generic/tiny".to_owned());
    let unknown = Property::text(name::UNKNOWN, "nobody says", at(Known::Inferred, "model", ""));
    model.properties.push(unknown.clone().about(property::VERSION));
    model.properties.push(unknown.about(property::RELEASED));
    let report = judge(&bom, &bom, &options);
    let open = step(&report, "spdx-fields", Outcome::Unknown);
    assert!(!open.subjects.contains(&"model".to_owned()), "{open:?}");
}

#[test]
fn what_is_called_complete_is_complete() {
    let mut bom = kit();
    bom.compositions[1].completeness = Completeness::Complete;
    let step = failure(&bom);
    assert_eq!(step.id, "completeness");
    assert!(step.reason.starts_with("origins of `model` is called complete, and is not"));
    // To know less than there is, is no lie.
    let mut bom = kit();
    bom.compositions[0].completeness = Completeness::Unknown;
    assert_eq!(verdict(&bom).0, Verdict::Yes);
}

#[test]
fn data_elsewhere_that_both_only_name_contradicts_nothing() {
    let mut bom = kit();
    of(&mut bom, "far").properties = vec![declared("README.md", property::VERSION, "0a1b2c")];
    let options = JudgeOptions::default();
    let report = judge(&bom, &bom, &options);
    step(&report, "data-versions", Outcome::Pass);
    assert_eq!(report.verdict(), Verdict::Yes, "{report:#?}");
    // Where the artifact knows the content, a document that is silent of it leaves that open.
    let mut made = bom.clone();
    of(&mut made, "far").hashes = vec![sha('9')];
    step(&judge(&bom, &made, &options), "data-versions", Outcome::Unknown);
}

#[test]
fn the_digest_of_a_layer_and_that_of_files_are_of_different_bytes() {
    let layer = |bom: &mut Bom, digest: char| {
        let data = prop(of(bom, "data"), name::DATA_VERSION);
        data.value = text(&sha(digest).to_string());
        data.evidence.as_mut().unwrap().place = "layer".to_owned();
    };
    let mut made = kit();
    layer(&mut made, '5');
    let options = JudgeOptions::default();
    for (stated, made) in [(kit(), made.clone()), (made.clone(), kit())] {
        let report = judge(&stated, &made, &options);
        step(&report, "claims-data", Outcome::Unknown);
        assert_eq!(report.verdict(), Verdict::Unknown, "{report:#?}");
    }
    let mut stated = kit();
    layer(&mut stated, '6');
    step(&judge(&stated, &made, &options), "claims-data", Outcome::Fail);
}

#[test]
fn a_kit_and_its_folder_have_package_urls_with_digests_of_their_own() {
    let purl = |purl: &str| {
        let mut bom = kit();
        of(&mut bom, "model").purl = Some(purl.to_owned());
        bom
    };
    let folder = |mut bom: Bom| {
        let lifecycle = bom.properties.iter_mut().find(|p| p.name == name::LIFECYCLE).unwrap();
        lifecycle.value = text(name::PRE_BUILD);
        bom
    };
    let options = JudgeOptions::default();
    let denied = |stated: &Bom, made: &Bom| {
        let report = judge(stated, made, &options);
        report.steps.iter().any(|s| s.id == "declared-values" && s.outcome == Outcome::Fail)
    };
    let [one, other] =
        ["5", "6"].map(|c| format!("pkg:generic/tiny?checksum=sha256:{}", c.repeat(64)));
    assert!(!denied(&purl(&one), &folder(purl(&other))));
    assert!(denied(&purl(&one), &purl(&other)), "of two kits they are to be the same");
    for wrong in ["pkg:generic/huge?checksum=sha256:55", "pkg:generic/tiny@2.0", "pkg:pypi/tiny"] {
        assert!(denied(&purl(wrong), &folder(purl(&other))), "{wrong}");
    }
}
