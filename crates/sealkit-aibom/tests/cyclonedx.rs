//! AIBOMs become valid documents, and documents become the same AIBOM again.

mod cdx;

use cdx::{BOTH, any, corpus, decode, encode, judge, options, sorted};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use sealkit_aibom::{Bom, BomCodec, CycloneDx, EncodeOptions};
use sealkit_inspect::property;
use serde_json::Value;

/// Reading problems are of the reading, not of the AIBOM.
fn without_problems(mut bom: Bom) -> Bom {
    bom.properties.retain(|claim| claim.name != sealkit_aibom::name::READING_PROBLEM);
    bom
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn an_aibom_comes_back(bom in any::bom()) {
        for version in BOTH {
            let document = encode(version, &bom);
            let back = without_problems(decode(&document));
            prop_assert_eq!(&back, &bom, "{}", serde_json::to_string_pretty(&document).unwrap());
            prop_assert_eq!(encode(version, &back), document);
        }
    }

    #[test]
    fn whatever_an_aibom_says_its_document_is_valid(bom in any::bom()) {
        thread_local! {
            static JUDGES: Option<Vec<sealkit_aibom::schema::Validator>> =
                BOTH.into_iter().map(judge).collect();
        }
        let wrong = JUDGES.with(|judges| {
            let judges = judges.as_ref()?;
            let of = |(version, judge): (_, &sealkit_aibom::schema::Validator)| {
                judge.errors(&encode(version, &bom))
            };
            Some(BOTH.into_iter().zip(judges).flat_map(of).collect::<Vec<_>>())
        });
        prop_assert_eq!(wrong.unwrap_or_default(), Vec::<String>::new());
    }
}

#[test]
fn every_valid_document_of_the_corpus_says_the_same_when_it_is_written_again() {
    for version in BOTH {
        let Some(corpus) = corpus(version) else { return };
        let mut read = 0;
        for (name, bytes) in corpus.iter().filter(|(name, _)| name.starts_with("valid-")) {
            let document: Value = serde_json::from_slice(bytes).unwrap();
            let bom = version.decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            let again = encode(version, &bom);
            assert_eq!(sorted(&again), sorted(&document), "{name}");
            read += 1;
        }
        assert_eq!(read, if version == CycloneDx::V1_6 { 45 } else { 61 });
    }
}

#[test]
fn the_schemas_give_every_document_of_the_corpus_its_verdict() {
    for version in BOTH {
        let (Some(corpus), Some(judge)) = (corpus(version), judge(version)) else { return };
        for (name, bytes) in &corpus {
            let document: Value = serde_json::from_slice(bytes).unwrap();
            let is_valid = judge.errors(&document).is_empty();
            assert_eq!(is_valid, name.starts_with("valid-"), "{name}");
        }
    }
}

#[test]
fn when_and_with_what_a_document_was_made_comes_back() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let bom = any::bom().new_tree(&mut runner).unwrap().current();
    let bytes = CycloneDx::V1_6.encode(&bom, &options()).unwrap();
    let back = CycloneDx::V1_6.decode(&bytes).unwrap();
    let of = |name: &str| back.properties.iter().filter(|c| c.name == name).count();
    assert!(of(property::CREATED) == 1 && of(sealkit_aibom::name::TOOL) >= 1);
    assert_eq!(CycloneDx::V1_6.encode(&back, &EncodeOptions::default()).unwrap(), bytes);
    assert_eq!(CycloneDx::V1_6.encode(&back, &options()).unwrap(), bytes);
}

#[test]
fn what_was_1_7_is_valid_as_1_6_and_says_what_it_left_out() {
    let (Some(corpus), Some(judge)) = (corpus(CycloneDx::V1_7), judge(CycloneDx::V1_6)) else {
        return;
    };
    let mut left_out = 0;
    for (name, bytes) in corpus.iter().filter(|(name, _)| name.starts_with("valid-")) {
        let document = encode(CycloneDx::V1_6, &CycloneDx::V1_7.decode(bytes).unwrap());
        assert_eq!(judge.errors(&document), Vec::<String>::new(), "{name}");
        left_out += document.to_string().matches("sealkit:left-out").count();
    }
    assert!(left_out > 20, "{left_out}");
}

#[test]
fn what_was_1_6_is_valid_as_1_7() {
    let (Some(corpus), Some(judge)) = (corpus(CycloneDx::V1_6), judge(CycloneDx::V1_7)) else {
        return;
    };
    for (name, bytes) in corpus.iter().filter(|(name, _)| name.starts_with("valid-")) {
        let document = encode(CycloneDx::V1_7, &CycloneDx::V1_7.decode(bytes).unwrap());
        assert_eq!(judge.errors(&document), Vec::<String>::new(), "{name}");
    }
}
