//! Documents of others say less, and what they say must hold.

use crate::judging::{failure, foreign, id, kit, of, prop, sha, step, text, verdict};
use sealkit_aibom::{Completeness, Composition, JudgeOptions, Property, RelationKind, judge};
use sealkit_inspect::{Value, property};
use sealkit_report::{Outcome, Verdict};

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
