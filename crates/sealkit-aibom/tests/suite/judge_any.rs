//! Judging any document ends, and none that says what is found is called wrong.

use crate::judging::{at, id, kit};
use proptest::prelude::*;
use sealkit_aibom::{
    Bom, Component, Hash, HashAlgorithm, JudgeOptions, Kind, Property, Relation, RelationKind,
    diff, judge, sarif,
};
use sealkit_inspect::{Value, property};
use sealkit_report::{Known, Verdict};

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-zA-Z0-9 .;`-]{1,12}".prop_map(Value::Text),
        any::<u64>().prop_map(Value::Uint),
        any::<bool>().prop_map(Value::Bool),
        proptest::collection::vec("[a-z]{1,5}", 1..4).prop_map(Value::List),
    ]
}

fn claim() -> impl Strategy<Value = Property> {
    let names = proptest::sample::select(property::ALL);
    let known = proptest::sample::select(vec![Known::Measured, Known::Declared, Known::Inferred]);
    let file = proptest::sample::select(vec!["README.md", "Kitfile", "LICENSE", "", ".git/HEAD"]);
    (names, value(), known, file, "[a-z]{0,2}").prop_map(|(name, value, known, file, subject)| {
        Property::new(name, value, at(known, file, "/x")).about(subject)
    })
}

fn component() -> impl Strategy<Value = Component> {
    let kind = proptest::sample::select(Kind::ALL.to_vec());
    let hash = proptest::option::of("[0-9a-f]{64}");
    let path = proptest::option::of("[a-c]{1,2}(/[a-c]{1,2})?");
    let claims = proptest::collection::vec(claim(), 0..6);
    ("[a-e]{1,3}", kind, hash, path, claims).prop_map(|(name, kind, hash, path, claims)| {
        let mut component = Component::new(id(&name), kind, name);
        component.path = path.filter(|_| kind.is_inside() && kind != Kind::Kit);
        let hash = hash.map(|hex| Hash::new(HashAlgorithm::Sha256, &hex, None).unwrap());
        component.hashes = hash.into_iter().collect();
        component.properties = claims;
        component
    })
}

/// A kit with more things in it, each under an id of its own, tied along their order, so that no
/// circle can be.
fn bom() -> impl Strategy<Value = Bom> {
    let kinds = vec![RelationKind::DerivedFrom, RelationKind::DependsOn, RelationKind::Documents];
    let kinds = proptest::collection::vec(proptest::sample::select(kinds), 12);
    (proptest::collection::vec(component(), 0..12), kinds).prop_map(|(all, kinds)| {
        let mut bom = kit();
        for (at, mut component) in all.into_iter().enumerate() {
            component.id = id(&format!("any{at}"));
            if let (Some(kind), true) = (kinds.get(at), at > 0) {
                let tie = Relation::new(&id(&format!("any{}", at - 1)), *kind, &component.id);
                let evidence = crate::judging::at(Known::Declared, "README.md", "/x");
                bom.relations.push(tie.because(evidence));
            }
            bom.components.push(component);
        }
        bom.normalise();
        bom
    })
}

/// Steps that judge a document by itself: what they find is wrong whatever the artifact is.
const ALONE: &[&str] = &["data-versions", "graph"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_document_that_says_what_is_found_does_not_fail(bom in bom()) {
        let report = judge(&bom, &bom, &JudgeOptions::default());
        let failed: Vec<_> =
            report.failures().filter(|step| !ALONE.contains(&step.id.as_str())).collect();
        prop_assert!(failed.is_empty(), "{failed:#?}");
    }

    #[test]
    fn any_two_documents_are_judged(stated in bom(), made in bom(), own in any::<bool>()) {
        let options = JudgeOptions { own: Some(own), ..JudgeOptions::default() };
        let report = judge(&stated, &made, &options);
        prop_assert!(report.steps.len() >= 14);
        prop_assert_eq!(&report, &judge(&stated, &made, &options));
        let document = sarif(&report, "bom.json", ("sealkit", "0"));
        prop_assert!(document["runs"][0]["results"].as_array().unwrap().len() >= report.steps.len());
    }

    #[test]
    fn what_differs_is_not_answered_with_yes(stated in bom(), made in bom()) {
        let options = JudgeOptions { own: Some(true), ..JudgeOptions::default() };
        let report = judge(&stated, &made, &options);
        let is_byte = |row: &sealkit_aibom::BomDifference| {
            row.what == "digest" && row.subject.starts_with("file ")
        };
        if diff(&made, &stated).iter().any(is_byte) {
            prop_assert_ne!(report.verdict(), Verdict::Yes);
        }
    }
}
