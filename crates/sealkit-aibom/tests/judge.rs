//! A document is held against the artifact: every tampering is found, by the step that is for it.
#![expect(clippy::unwrap_used, reason = "a test that cannot read has failed")]

mod judging;

use judging::{
    at, declared, failure, foreign, id, kit, measured, of, prop, sha, statement, step, text,
    verdict,
};
use sealkit_aibom::{
    Completeness, Component, Composition, Hash, HashAlgorithm, JudgeOptions, Kind, Property,
    Relation, RelationKind, judge, name, sarif,
};
use sealkit_inspect::{Value, property};
use sealkit_report::{Evidence, Known, Outcome, Verdict};

#[test]
fn an_honest_document_passes() {
    let (verdict, report) = verdict(&kit());
    assert_eq!(verdict, Verdict::Yes, "{report:#?}");
    for id in [
        "document",
        "references",
        "subject",
        "files-listed",
        "file-hashes",
        "part-digests",
        "claims-format",
        "claims-parameters",
        "claims-architecture",
        "claims-data",
        "claims-code",
        "claims-licence",
        "declared-values",
        "data-versions",
        "lineage",
        "dependencies",
        "graph",
        "evidence",
        "attested",
    ] {
        step(&report, id, Outcome::Pass);
    }
}

#[test]
fn order_and_names_inside_do_not_matter() {
    let mut other = kit();
    other.components.reverse();
    for component in &mut other.components {
        component.id = id(&format!("x-{}", component.id.0));
    }
    let rename = |id: &mut sealkit_aibom::ComponentId| {
        if id.0 != "kit" {
            id.0 = format!("x-{}", id.0);
        }
    };
    for tie in &mut other.relations {
        rename(&mut tie.from);
        rename(&mut tie.to);
    }
    for composition in &mut other.compositions {
        composition.contents.iter_mut().chain(&mut composition.origins).for_each(rename);
    }
    for run in &mut other.runs {
        run.inputs.iter_mut().chain(&mut run.outputs).for_each(rename);
    }
    assert_eq!(verdict(&other).0, Verdict::Yes, "{:#?}", verdict(&other).1);
}

#[test]
fn bytes_that_changed_are_named_with_both_digests() {
    let mut bom = kit();
    of(&mut bom, "model/w.safetensors").hashes = vec![sha('f')];
    let step = failure(&bom);
    assert_eq!(step.id, "file-hashes");
    assert!(step.reason.starts_with("`model/w.safetensors` is stated as `sha256:ffff"), "{step:?}");
    assert!(step.reason.contains("and is `sha256:aaaa"));
    assert_eq!(step.subjects, ["model/w.safetensors"]);
    // One right digest does not cover for a wrong one.
    let mut bom = kit();
    of(&mut bom, "LICENSE").hashes.push(sha('f'));
    assert_eq!(failure(&bom).id, "file-hashes");
}

#[test]
fn sizes_are_compared() {
    let mut bom = kit();
    of(&mut bom, "LICENSE").size = Some(6);
    assert_eq!(failure(&bom).reason, "`LICENSE` is stated with 6 bytes, and has 5");
}

#[test]
fn missing_and_additional_files_are_named() {
    let mut bom = kit();
    bom.components.retain(|component| component.id.0 != "LICENSE");
    bom.relations.retain(|tie| tie.to.0 != "LICENSE");
    assert_eq!(failure(&bom).reason, "`LICENSE` is there and not listed");
    let mut bom = kit();
    let mut more = Component::new(id("more"), Kind::File, "more.bin");
    more.path = Some("more.bin".to_owned());
    more.hashes = vec![sha('8')];
    bom.components.push(more);
    let step = failure(&bom);
    assert_eq!(
        (step.id.as_str(), step.reason.as_str()),
        ("files-listed", "`more.bin` is listed and not there")
    );
}

#[test]
fn a_moved_file_is_found_by_its_bytes_and_fails() {
    let mut bom = kit();
    of(&mut bom, "LICENSE").path = Some("other/LICENSE".to_owned());
    let step = failure(&bom);
    assert_eq!(step.id, "files-listed");
    let wanted = "`other/LICENSE` is listed and not there: its bytes are those of `LICENSE`";
    assert_eq!(step.reason, wanted);
}

#[test]
fn equal_files_at_several_places_are_not_confused() {
    let twins = |last: char| {
        let mut bom = kit();
        for (at, digest) in ['a', 'a', last].into_iter().enumerate() {
            let path = format!("twins/{at}.bin");
            let mut twin = Component::new(id(&path), Kind::File, path.clone());
            twin.path = Some(path);
            twin.hashes = vec![sha(digest)];
            bom.components.push(twin);
        }
        bom
    };
    let options = JudgeOptions::default();
    assert_eq!(judge(&twins('a'), &twins('a'), &options).failures().count(), 0);
    let report = judge(&twins('a'), &twins('b'), &options);
    let failed: Vec<_> = report.failures().collect();
    assert_eq!((failed.len(), failed[0].subjects[0].as_str()), (1, "twins/2.bin"));
}

#[test]
fn a_file_without_a_digest_leaves_it_open() {
    let mut bom = kit();
    of(&mut bom, "LICENSE").hashes.clear();
    let (verdict, report) = verdict(&bom);
    assert_eq!(verdict, Verdict::Unknown);
    let step = step(&report, "file-hashes", Outcome::Unknown);
    assert_eq!(step.reason, "`LICENSE` is stated without a digest");
}

#[test]
fn other_algorithms_are_compared_where_both_have_them() {
    let blake =
        |c: char| Hash::new(HashAlgorithm::Blake3, &c.to_string().repeat(64), None).unwrap();
    let mut made = kit();
    of(&mut made, "LICENSE").hashes.push(blake('1'));
    let mut stated = kit();
    of(&mut stated, "LICENSE").hashes = vec![blake('1')];
    let options = JudgeOptions::default();
    assert_eq!(judge(&stated, &made, &options).verdict(), Verdict::Yes);
    of(&mut stated, "LICENSE").hashes = vec![blake('2')];
    assert_eq!(judge(&stated, &made, &options).failures().count(), 1);
    let report = judge(&stated, &kit(), &options);
    assert_eq!(report.verdict(), Verdict::Unknown, "no algorithm is on both sides");
}

#[test]
fn another_artifact_is_not_this_one() {
    let mut bom = kit();
    bom.subject.hashes = vec![sha('f')];
    let step = failure(&bom);
    assert_eq!((step.id.as_str(), step.subjects[0].as_str()), ("subject", "kit `acme/tiny`"));
}

#[test]
fn a_kit_cannot_be_told_from_a_folder() {
    let mut folder = kit();
    folder.properties.retain(|property| property.name != name::LIFECYCLE);
    folder.properties.push(Property::text(
        name::LIFECYCLE,
        name::PRE_BUILD,
        at(Known::Inferred, "", "folder"),
    ));
    folder.subject.hashes = vec![sha('f')];
    of(&mut folder, "model").hashes = vec![sha('f')];
    let report = judge(&kit(), &folder, &JudgeOptions::default());
    assert_eq!(report.verdict(), Verdict::Unknown, "{report:#?}");
    step(&report, "subject", Outcome::Unknown);
    step(&report, "file-hashes", Outcome::Pass);
}

#[test]
fn a_layer_that_changed_is_named() {
    let mut bom = kit();
    of(&mut bom, "model").hashes = vec![sha('f')];
    let step = failure(&bom);
    assert_eq!((step.id.as_str(), step.subjects[0].as_str()), ("part-digests", "model"));
}

/// A change of one value of one component, and what it is answered with.
#[test]
fn every_measurable_claim_is_measured_again() {
    let cases: &[(&str, &str, Value, &str, &str)] = &[
        (
            "model/old.bin",
            property::FORMAT,
            text("safetensors"),
            "claims-format",
            "`model/old.bin` is stated format `safetensors`, measured `pytorch`",
        ),
        (
            "model",
            property::PARAMETERS,
            Value::Uint(7),
            "claims-parameters",
            "`model` is stated parameters `7`, measured `22713216`",
        ),
        (
            "model",
            property::PARAMETERS_OF_TYPE,
            Value::Uint(7),
            "claims-parameters",
            "`model` is stated parameters-of-type of `F32` `7`, measured `22713216`",
        ),
        (
            "model",
            property::DTYPE,
            text("BF16"),
            "claims-parameters",
            "`model` is stated dtype `BF16`, measured `F32`",
        ),
        (
            "model",
            property::TENSORS,
            Value::Uint(1),
            "claims-parameters",
            "`model` is stated tensors `1`, measured `103`",
        ),
        (
            "model",
            property::CONTEXT_LENGTH,
            Value::Uint(4096),
            "claims-architecture",
            "`model` is stated context-length `4096`, measured `512`",
        ),
        (
            "data",
            property::ROWS,
            Value::Uint(11),
            "claims-data",
            "`data` is stated rows `11`, measured `10`",
        ),
        (
            "model/old.bin",
            property::CAN_RUN_CODE,
            Value::Bool(false),
            "claims-code",
            "`model/old.bin` is stated can-run-code `false`, measured `true`",
        ),
    ];
    for (component, name, value, step, reason) in cases {
        let mut bom = kit();
        prop(of(&mut bom, component), name).value = value.clone();
        let found = failure(&bom);
        assert_eq!((found.id.as_str(), found.reason.as_str()), (*step, *reason));
        assert_eq!(found.subjects, [*component]);
    }
}

#[test]
fn a_claim_that_calls_itself_declared_is_measured_too() {
    let mut bom = kit();
    let property = prop(of(&mut bom, "model"), property::PARAMETERS);
    property.value = Value::Uint(7);
    property.evidence = at(Known::Declared, "", "--parameters");
    assert_eq!(failure(&bom).id, "claims-parameters");
}

#[test]
fn what_runs_code_must_not_be_hidden() {
    let mut bom = kit();
    of(&mut bom, "model/old.bin").properties.retain(|p| p.name != property::CAN_RUN_CODE);
    let step = failure(&bom);
    assert_eq!(step.id, "claims-code");
    assert!(step.reason.ends_with("is measured can-run-code `true`, which is not stated"));
}

#[test]
fn what_is_measured_and_not_stated_is_open_unless_that_is_said() {
    let mut bom = kit();
    of(&mut bom, "data").properties.retain(|p| p.name != property::ROWS);
    let (answer, report) = verdict(&bom);
    assert_eq!(answer, Verdict::Unknown);
    step(&report, "claims-data", Outcome::Unknown);
    let unknown = Property::text(
        property::NOT_MEASURED,
        "read by ranges",
        at(Known::Measured, "data/a.csv", ""),
    );
    of(&mut bom, "data").properties.push(unknown.about(property::ROWS));
    assert_eq!(verdict(&bom).0, Verdict::Yes);
}

#[test]
fn a_measured_claim_that_measuring_does_not_find_fails() {
    let mut bom = kit();
    of(&mut bom, "model").properties.push(measured(
        "model/w.safetensors",
        property::VOCABULARY,
        Value::Uint(5),
    ));
    let step = failure(&bom);
    assert_eq!(step.id, "claims-architecture");
    assert!(step.reason.ends_with("which measuring does not find"), "{}", step.reason);
}

#[test]
fn a_declared_value_that_its_file_does_not_say_any_more_is_stale() {
    let mut bom = kit();
    prop(of(&mut bom, "model"), property::TASK).value = text("translation");
    let step = failure(&bom);
    assert_eq!(step.id, "declared-values");
    let wanted = "`model` is stated task `translation` by `README.md /x`, where it is not";
    assert_eq!(step.reason, wanted);
    // A run is held to its records in the same way.
    let mut bom = kit();
    bom.runs[0].properties[0].value = text("43");
    assert_eq!(failure(&bom).subjects, ["run `training of tiny`"]);
}

#[test]
fn the_word_of_people_decides_nothing() {
    let mut bom = kit();
    let said = |file: &str, place: &str| {
        Property::text(property::USERS, "everybody", at(Known::Declared, file, place))
    };
    of(&mut bom, "model").properties.push(said("", "--users"));
    let (answer, report) = verdict(&bom);
    assert_eq!(answer, Verdict::Yes);
    step(&report, "supplied-values", Outcome::Skip);
    of(&mut bom, "model").properties.push(said("aibom.yaml", "line 3"));
    assert_eq!(verdict(&bom).0, Verdict::Unknown, "the artifact has no such file");
    let options = JudgeOptions { overlay: Some("aibom.yaml"), ..JudgeOptions::default() };
    assert_eq!(judge(&bom, &kit(), &options).verdict(), Verdict::Yes);
}

#[test]
fn a_licence_that_the_text_contradicts_fails() {
    let mut bom = kit();
    let model = of(&mut bom, "model");
    model.properties.retain(|p| p.name != property::LICENCE);
    model.properties.push(declared("README.md", property::LICENCE, "MIT"));
    let step = failure(&bom);
    assert_eq!(step.id, "claims-licence");
    assert_eq!(step.reason, "`model` is stated `MIT`, but the licence text is of `Apache-2.0`");
    // Of a choice one is enough.
    prop(of(&mut bom, "model"), property::LICENCE).value = text("MIT OR Apache-2.0");
    assert_eq!(verdict(&bom).0, Verdict::Yes, "{:#?}", verdict(&bom).1);
}

#[test]
fn a_contradiction_of_the_artifact_itself_is_no_lie_of_the_document() {
    let mut made = kit();
    let model = of(&mut made, "model");
    prop(model, property::LICENCE).value = text("MIT");
    let conflict = Property::text(name::CONFLICT, "MIT, Apache-2.0", at(Known::Inferred, "", ""));
    model.properties.push(conflict.about(property::LICENCE));
    let report = judge(&made, &made, &JudgeOptions::default());
    assert_eq!(report.verdict(), Verdict::Yes, "{report:#?}");
}

#[test]
fn attested_values_name_a_statement_that_was_seen() {
    let attested = |digest| {
        Some(Evidence {
            known: Known::Attested,
            file: "provenance".to_owned(),
            place: String::new(),
            digest,
        })
    };
    let mut bom = kit();
    prop(of(&mut bom, "model"), property::TRAINING_SECONDS).evidence = attested(None);
    let (answer, report) = verdict(&bom);
    assert_eq!(answer, Verdict::Unknown);
    let reason = step(&report, "attested", Outcome::Unknown).reason;
    assert_eq!(reason, "`training-seconds` of `model` names no statement");
    let other = sealkit_oci::Digest::of(b"another statement");
    prop(of(&mut bom, "model"), property::TRAINING_SECONDS).evidence = attested(Some(other));
    assert!(step(&verdict(&bom).1, "attested", Outcome::Unknown).reason.contains("not verified"));
    prop(of(&mut bom, "model"), property::TRAINING_SECONDS).evidence = attested(Some(statement()));
    assert_eq!(verdict(&bom).0, Verdict::Yes);
}

#[test]
fn every_value_says_how_it_is_known() {
    let mut bom = kit();
    prop(of(&mut bom, "model"), property::TASK).evidence = None;
    let step = failure(&bom);
    assert_eq!(step.id, "evidence");
    assert_eq!(step.reason, "`task` of `model` does not say how it is known");
}

#[test]
fn evidence_of_other_bytes_is_no_evidence() {
    let mut bom = kit();
    let evidence = prop(of(&mut bom, "model"), property::TASK).evidence.as_mut().unwrap();
    evidence.digest = sha('c').digest();
    assert_eq!(verdict(&bom).0, Verdict::Yes, "README.md has these bytes");
    let evidence = prop(of(&mut bom, "model"), property::TASK).evidence.as_mut().unwrap();
    evidence.digest = sha('5').digest();
    let step = failure(&bom);
    assert_eq!(step.reason, "`task` of `model` comes from other bytes of `README.md`");
}

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
    model.properties.push(unknown.about(property::RELEASED));
    let report = judge(&bom, &bom, &options);
    let open = step(&report, "spdx-fields", Outcome::Unknown);
    assert!(!open.subjects.contains(&"model".to_owned()), "{open:?}");
}

#[test]
fn problems_of_reading_count() {
    let mut bom = kit();
    bom.properties.push(Property::text(name::READING_PROBLEM, "a field was changed", None));
    let step = failure(&bom);
    assert_eq!((step.id.as_str(), step.reason.as_str()), ("document", "a field was changed"));
}

#[test]
fn a_document_of_somebody_else_is_open_about_what_it_does_not_say() {
    let (answer, report) = verdict(&foreign());
    assert_eq!(answer, Verdict::Unknown, "{report:#?}");
    let extra = step(&report, "files-listed", Outcome::Unknown);
    assert_eq!(extra.subjects.len(), 6);
    step(&report, "subject", Outcome::Unknown);
    step(&report, "claims-parameters", Outcome::Pass);
    step(&report, "claims-licence", Outcome::Pass);
    step(&report, "file-hashes", Outcome::Pass);
    step(&report, "evidence", Outcome::Skip);
    step(&report, "lineage", Outcome::Unknown);
    step(&report, "dependencies", Outcome::Pass);
}

#[test]
fn a_document_of_somebody_else_cannot_lie() {
    let mut bom = foreign();
    prop(of(&mut bom, "m"), "metadata:model:parameterCount").value = text("7B");
    let found = failure(&bom);
    assert_eq!(found.reason, "model `tiny` is stated parameters `7B`, measured `22713216`");
    let mut bom = foreign();
    of(&mut bom, "w").hashes = vec![sha('f')];
    assert_eq!(failure(&bom).id, "file-hashes");
    let mut bom = foreign();
    prop(of(&mut bom, "m"), property::LICENCE).value = text("MIT");
    assert_eq!(failure(&bom).id, "claims-licence");
    let mut bom = foreign();
    of(&mut bom, "w").properties.push(Property::text("metadata:format", "gguf", None));
    assert_eq!(failure(&bom).id, "claims-format");
    // A format of the model is one of its files'.
    let mut bom = foreign();
    of(&mut bom, "m").properties.push(Property::text(property::FORMAT, "gguf", None));
    assert_eq!(failure(&bom).id, "claims-format");
    prop(of(&mut bom, "m"), property::FORMAT).value = text("safetensors");
    assert_eq!(verdict(&bom).1.failures().count(), 0);
    // Who says that everything is listed must list it.
    let mut bom = foreign();
    bom.compositions.push(Composition {
        completeness: Completeness::Complete,
        contents: vec![id("root")],
        origins: Vec::new(),
    });
    assert_eq!(failure(&bom).id, "files-listed");
}

#[test]
fn without_evidence_a_document_of_ours_is_no_better_than_others() {
    let mut bom = kit();
    for component in &mut bom.components {
        for property in &mut component.properties {
            property.evidence = None;
        }
    }
    let options = JudgeOptions { own: Some(true), ..JudgeOptions::default() };
    assert_eq!(judge(&bom, &kit(), &options).verdict(), Verdict::No);
    // Not known to be ours, what it says is held to the artifact all the same; what it hides then
    // leaves the answer open.
    assert_eq!(verdict(&bom).0, Verdict::Yes);
    bom.relations.retain(|tie| tie.kind != RelationKind::DerivedFrom);
    assert_eq!(verdict(&bom).0, Verdict::Unknown);
    prop(of(&mut bom, "model"), property::PARAMETERS).value = Value::Uint(7);
    assert_eq!(verdict(&bom).0, Verdict::No);
}

#[test]
fn an_artifact_that_could_not_be_listed_leaves_it_open() {
    let mut made = kit();
    made.compositions[0].completeness = Completeness::Incomplete;
    made.components.retain(|component| component.id.0 != "LICENSE");
    let report = judge(&kit(), &made, &JudgeOptions::default());
    let open = step(&report, "files-listed", Outcome::Unknown);
    assert!(open.reason.contains("`LICENSE` is listed and not there"));
}

#[test]
fn a_report_becomes_sarif() {
    let mut bom = kit();
    of(&mut bom, "model/w.safetensors").hashes = vec![sha('f')];
    of(&mut bom, "LICENSE").size = Some(6);
    let report = verdict(&bom).1;
    let document = sarif(&report, "bom.json", ("sealkit", "0.1.0"));
    let results = document["runs"][0]["results"].as_array().unwrap();
    let errors: Vec<_> = results.iter().filter(|result| result["level"] == "error").collect();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert_eq!(errors[0]["message"]["text"], "`LICENSE` is stated with 6 bytes, and has 5");
    assert_eq!(document, sarif(&report, "bom.json", ("sealkit", "0.1.0")));
}
