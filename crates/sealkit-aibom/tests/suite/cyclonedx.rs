//! AIBOMs become valid documents, and documents become the same AIBOM again.

use crate::cdx::{BOTH, any, corpus, decode, encode, judge, options, sorted};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use sealkit_aibom::{
    Bom, BomCodec, BomError, CODECS, Component, ComponentId, CycloneDx, EncodeOptions, Kind, Run,
};
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

    /// It is written entry by entry, and reads as if it had been one tree.
    #[test]
    fn a_document_has_the_bytes_of_its_tree(bom in any::bom()) {
        for version in BOTH {
            let bytes = version.encode(&bom, &options()).unwrap();
            let tree: Value = serde_json::from_slice(&bytes).unwrap();
            let text = serde_json::to_string_pretty(&tree).unwrap() + "\n";
            prop_assert_eq!(String::from_utf8(bytes).unwrap(), text);
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

/// Takes so many bytes and no more.
struct Full {
    room: usize,
    largest: usize,
    writes: usize,
}

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.largest = self.largest.max(bytes.len());
        self.writes += 1;
        self.room = self.room.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn large() -> Bom {
    let subject = Component::new(ComponentId("kit:1".into()), Kind::Kit, "kit");
    let file = |n: u32| Component::new(ComponentId(format!("file:{n}")), Kind::File, "a file");
    let mut bom = Bom::new(subject);
    bom.components = (0..3000).map(file).collect();
    bom
}

#[test]
fn a_large_document_is_never_held_whole() {
    for codec in CODECS {
        let size = codec.encode(&large(), &options()).unwrap().len();
        let mut out = Full { room: size, largest: 0, writes: 0 };
        codec.write(large(), &options(), &mut out).unwrap();
        assert_eq!(out.room, 0, "{}", codec.name());
        assert!(out.largest <= 64 << 10 && size > 5 * out.largest, "{}", codec.name());
        assert!(out.writes >= size >> 16, "{}", codec.name());
    }
}

#[test]
fn a_place_that_takes_no_more_is_told_from_a_document_that_can_not_be() {
    for codec in CODECS {
        let size = codec.encode(&large(), &options()).unwrap().len();
        for room in [0, 1, size / 2, size - 1] {
            let mut out = Full { room, largest: 0, writes: 0 };
            let error = codec.write(large(), &options(), &mut out).unwrap_err();
            assert!(matches!(error, BomError::Output(_)), "{}, {room}: {error:?}", codec.name());
        }
    }
    let mut twice = large();
    twice.runs = vec![run("file:1")];
    let mut out = Full { room: usize::MAX, largest: 0, writes: 0 };
    let error = CycloneDx::V1_6.write(twice, &options(), &mut out).unwrap_err();
    assert!(matches!(error, BomError::Duplicate { .. }) && out.writes == 0, "{error:?}");
}

fn run(id: &str) -> Run {
    Run {
        id: ComponentId(id.into()),
        name: String::new(),
        activity: "training".into(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        properties: Vec::new(),
    }
}
