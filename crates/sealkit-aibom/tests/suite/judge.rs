//! A document is held against the bytes of the artifact: every tampering is found, by the step that is
//! for it.

use crate::judging::{at, failure, id, kit, of, sha, step, verdict};
use sealkit_aibom::{
    Completeness, Component, Hash, HashAlgorithm, JudgeOptions, Kind, Property, Residue, judge,
    name, sarif,
};
use sealkit_inspect::property;
use sealkit_report::{Known, Outcome, Verdict};

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
    // A version that follows from the layer is not that of the tree.
    let mut packed = kit();
    let version =
        Property::text(property::VERSION, sha('1').to_string(), at(Known::Inferred, "model", ""));
    of(&mut packed, "model").properties.push(version);
    let report = judge(&packed, &folder, &JudgeOptions::default());
    assert_eq!(report.failures().count(), 0, "{report:#?}");
}

#[test]
fn a_layer_that_changed_is_named() {
    let mut bom = kit();
    of(&mut bom, "model").hashes = vec![sha('f')];
    let step = failure(&bom);
    assert_eq!((step.id.as_str(), step.subjects[0].as_str()), ("part-digests", "model"));
}

#[test]
fn problems_of_reading_count() {
    let mut bom = kit();
    bom.properties.push(Property::text(name::READING_PROBLEM, "a field was changed", None));
    let step = failure(&bom);
    assert_eq!((step.id.as_str(), step.reason.as_str()), ("document", "a field was changed"));
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

#[test]
fn many_files_with_many_values_are_judged_in_bounded_time() {
    let mut bom = kit();
    for at in 0..5_000 {
        let path = format!("many/{at}.bin");
        let mut file = Component::new(id(&path), Kind::File, path.clone());
        file.path = Some(path.clone());
        file.hashes = vec![sha('e')];
        let callable =
            |n: usize| Property::text(property::CALLABLE, format!("m.f{n}"), at_header(&path));
        file.properties = (0..100).map(callable).collect();
        bom.components.push(file);
    }
    let report = judge(&bom, &bom, &JudgeOptions::default());
    assert_eq!(report.verdict(), Verdict::Yes);
}

fn at_header(file: &str) -> Option<sealkit_report::Evidence> {
    at(Known::Measured, file, "header")
}

#[test]
fn fields_beside_the_values_are_not_trusted() {
    let with = |json: serde_json::Value| {
        let mut bom = kit();
        let fields = json.as_object().unwrap().clone();
        of(&mut bom, "model").residue = Some(Residue { format: "CycloneDX", fields });
        bom
    };
    let licence = serde_json::json!({"in": {"licenses": {"add": ["x"]}}});
    let step = failure(&with(licence));
    assert_eq!(step.reason, "`licenses` of `model` is not what its values say");
    for open in [
        serde_json::json!({"add": {"hashes": [{"alg": "X", "content": "y"}]}}),
        serde_json::json!({"instead": {"evidence": ["a", "b"]}}),
        serde_json::json!({"comment": "x"}),
    ] {
        assert_eq!(verdict(&with(open)).0, Verdict::Unknown);
    }
}

#[test]
fn a_part_without_a_digest_or_at_another_place_is_named() {
    let mut bom = kit();
    of(&mut bom, "model").hashes.clear();
    let (answer, report) = verdict(&bom);
    assert_eq!(answer, Verdict::Unknown);
    let reason = step(&report, "part-digests", Outcome::Unknown).reason;
    assert_eq!(reason, "`model` is stated without a digest");
    let mut bom = kit();
    of(&mut bom, "model").path = Some("elsewhere".to_owned());
    assert_eq!(failure(&bom).reason, "`elsewhere` is listed and not there: it is `model`");
    let mut bom = kit();
    bom.subject.size = Some(3);
    let mut made = kit();
    made.subject.size = Some(4);
    let report = judge(&bom, &made, &JudgeOptions::default());
    assert_eq!(report.failures().next().unwrap().id, "subject");
}

#[test]
fn a_digest_that_nothing_was_compared_with_is_no_yes() {
    use HashAlgorithm::{Blake3, Md5, Sha1, Sha3_256, Sha512};
    for algorithm in [Md5, Sha1, Sha512, Sha3_256, Blake3] {
        let invented = Hash::new(algorithm, &"0".repeat(algorithm.hex_digits()), None).unwrap();
        for (name, id) in [("model/w.safetensors", "file-hashes"), ("model", "part-digests")] {
            let mut other = kit();
            of(&mut other, name).hashes.push(invented.clone());
            let (verdict, report) = verdict(&other);
            assert_eq!(verdict, Verdict::Unknown, "{name}: {report:#?}");
            let step = step(&report, id, Outcome::Unknown);
            assert!(step.reason.contains("which was not compared"), "{step:?}");
        }
        let mut other = kit();
        other.subject.hashes.push(invented);
        let (verdict, report) = verdict(&other);
        assert_eq!(verdict, Verdict::Unknown);
        step(&report, "subject", Outcome::Unknown);
    }
}
