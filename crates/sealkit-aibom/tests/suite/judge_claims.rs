//! Every claim of a document that the artifact can tell is told again.

use crate::judging::{
    at, declared, failure, kit, measured, of, prop, sha, statement, step, text, verdict,
};
use sealkit_aibom::{JudgeOptions, Property, judge, name};
use sealkit_inspect::{Value, property};
use sealkit_report::{Evidence, Known, Outcome, Verdict};

/// A component, a claim of it, another value, the step that fails, and its reason.
type Case = (&'static str, &'static str, Value, &'static str, &'static str);

/// Changes of one value of one component, and what each is answered with.
fn changes() -> Vec<Case> {
    vec![
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
    ]
}

#[test]
fn every_measurable_claim_is_measured_again() {
    for (component, name, value, step, reason) in changes() {
        let mut bom = kit();
        prop(of(&mut bom, component), name).value = value;
        let found = failure(&bom);
        assert_eq!((found.id.as_str(), found.reason.as_str()), (step, reason));
        assert_eq!(found.subjects, [component]);
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
fn a_repository_that_moved_on_leaves_it_open() {
    let commit = |text: &str| {
        let at = at(Known::Measured, ".git/HEAD", "line 1");
        Property::text(property::COMMIT, text, at)
    };
    let with = |text: &str| {
        let mut bom = kit();
        bom.subject.properties.push(commit(text));
        bom
    };
    let options = JudgeOptions::default();
    assert_eq!(judge(&with("a"), &with("a"), &options).verdict(), Verdict::Yes);
    assert_eq!(judge(&with("a"), &with("b"), &options).verdict(), Verdict::Unknown);
    // A kit does not have its repository with it; what is not about the bytes need not be said.
    assert_eq!(judge(&with("a"), &kit(), &options).verdict(), Verdict::Yes);
    assert_eq!(judge(&kit(), &with("a"), &options).verdict(), Verdict::Yes);
}

#[test]
fn things_go_by_the_names_that_the_artifact_gives_them() {
    let mut bom = kit();
    of(&mut bom, "model").name = "great".to_owned();
    assert_eq!(failure(&bom).reason, "`model` is called `great`, by the artifact `tiny`");
    let named = Property::text(property::NAME, "great", at(Known::Declared, "", "--name"));
    of(&mut bom, "model").properties.push(named);
    assert_eq!(verdict(&bom).0, Verdict::Yes, "people may name a thing");
    let mut bom = kit();
    of(&mut bom, "base").purl = Some("pkg:huggingface/org/base@other".to_owned());
    assert_eq!(failure(&bom).id, "declared-values");
    // A kit may lie in another repository, but not be another kit.
    let mut bom = kit();
    bom.subject.purl = Some("pkg:oci/other@sha256%3A00?repository_url=b/other".to_owned());
    assert_eq!(verdict(&bom).0, Verdict::Yes);
    bom.subject.purl = Some("pkg:oci/tiny@sha256%3A01?repository_url=a/tiny".to_owned());
    assert_eq!(failure(&bom).id, "declared-values");
}

#[test]
fn what_a_document_says_of_itself_is_compared() {
    let mut bom = kit();
    bom.properties.retain(|property| property.name != name::LIFECYCLE);
    assert_eq!(verdict(&bom).0, Verdict::Unknown);
    let mut bom = kit();
    bom.properties[0].evidence = at(Known::Declared, "Kitfile", "/package/authors/0");
    bom.properties[0].value = text("Somebody");
    let found = failure(&bom);
    assert_eq!((found.id.as_str(), found.subjects[0].as_str()), ("declared-values", "document"));
}

#[test]
fn a_contradiction_is_not_hidden() {
    let mut made = kit();
    let conflict =
        Property::text(name::CONFLICT, "called `a`, also `b`", at(Known::Inferred, "", ""));
    of(&mut made, "model").properties.push(conflict.about(property::NAME));
    let report = judge(&kit(), &made, &JudgeOptions::default());
    assert_eq!(report.verdict(), Verdict::Unknown);
    assert!(step(&report, "declared-values", Outcome::Unknown).reason.contains("also `b`"));
}

#[test]
fn a_version_that_people_gave_may_stand_in_the_package_url() {
    let mut artifact = kit();
    let is = "pkg:generic/m?checksum=sha256:aa";
    of(&mut artifact, "model").purl = Some(is.to_owned());
    let answer = |purl: &str, version: &str, file: &str| {
        let mut bom = artifact.clone();
        let model = of(&mut bom, "model");
        model.purl = Some(purl.to_owned());
        model.properties.push(Property::text(
            property::VERSION,
            version,
            at(Known::Declared, file, "line 3"),
        ));
        let report = judge(
            &bom,
            &artifact,
            &JudgeOptions { overlay: Some("aibom.yaml"), ..JudgeOptions::default() },
        );
        let failed = report.steps.iter().find(|step| step.outcome == Outcome::Fail);
        failed.map(|step| step.id.clone())
    };
    let with = "pkg:generic/m@1.0%2B1?checksum=sha256:aa";
    assert_eq!(answer(with, "1.0+1", "aibom.yaml"), None);
    assert_eq!(answer(with, "1.0+1", "people.yaml"), None, "an overlay that lay elsewhere");
    let no = Some("declared-values".to_owned());
    assert_eq!(answer(with, "2.0", "aibom.yaml"), no, "another version");
    assert_eq!(answer(&with.replace("aa", "bb"), "1.0+1", "aibom.yaml"), no, "another digest");
    assert_eq!(answer(&with.replace("/m@", "/n@"), "1.0+1", "aibom.yaml"), no, "another name");
    assert_eq!(answer(with, "1.0+1", "Kitfile"), no, "the Kitfile does not say so");
    assert_eq!(answer("pkg:generic/m@1.0", "1.0", "aibom.yaml"), no, "no digest");
}

#[test]
fn the_media_type_of_a_file_is_that_of_its_bytes() {
    let mut artifact = kit();
    of(&mut artifact, "model/old.bin").media_type = Some("application/x-pytorch".to_owned());
    let answer = |said: &str| {
        let mut bom = artifact.clone();
        of(&mut bom, "model/old.bin").media_type = Some(said.to_owned());
        let report = judge(&bom, &artifact, &JudgeOptions::default());
        report.steps.into_iter().find(|step| step.outcome == Outcome::Fail)
    };
    assert_eq!(answer("application/x-pytorch"), None);
    let step = answer("application/x-safetensors").unwrap();
    assert_eq!(step.id, "claims-format");
    let expected =
        "`model/old.bin` is stated `application/x-safetensors`, and is `application/x-pytorch`";
    assert_eq!(step.reason, expected);
    // What any bytes are says nothing wrong.
    assert_eq!(answer("application/octet-stream"), None);
}
