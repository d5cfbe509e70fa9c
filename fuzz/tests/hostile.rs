//! The hostile corpus of AIBOMs, made by code of one good file of every kind that is inspected: cut
//! short at every byte, and with every eight bytes replaced by the lengths and counts that no file
//! can have. Whatever comes, time and memory are bounded, what is not read names its file, and the
//! AIBOM is made with the other files as they are.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use sealkit_aibom::{Bom, FileInput, Input, PartInput, Subject, Supplied, assemble};
use sealkit_fuzz::{seeds, targets::NAMES};
use sealkit_inspect::{Fact, Facts, identify, inspect, property};
use sealkit_kitfile::Kitfile;
use sealkit_oci::Digest;
use sealkit_report::Budget;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Most that one file of a few kilobytes may take, whatever it says of itself. A declared length is
/// either much less or much more.
const MOST_BYTES: usize = 8 << 20;
/// Longest that one such file may take on a slow and busy machine.
const LONGEST: Duration = Duration::from_secs(5);
/// Places in one file that are changed; in larger files they lie apart.
const MOST_PLACES: usize = 3000;
/// Lengths and counts that no file has, as eight bytes; the last is big-endian.
const LENGTHS: [[u8; 8]; 3] =
    [(1_u64 << 63).to_le_bytes(), u64::MAX.to_le_bytes(), (1_u64 << 63).to_be_bytes()];

const CARD_PATH: &str = "card/README.md";
const CARD: &str = "---\nlicense: mit\nbase_model: org/base\ndatasets: [org/data]\n---\n# Card\n";

/// A good file of each kind, by its name.
fn good_files() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    NAMES.iter().copied().zip(seeds::of("inspect").into_iter().map(|seed| seed[1..].to_vec()))
}

/// The bad copies of a good file, each with what was done to it.
fn bad_copies(good: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> {
    let step = good.len().div_ceil(MOST_PLACES).max(1);
    let cut = (0..good.len()).step_by(step);
    let cut = cut.map(|at| (format!("cut to {at} bytes"), good[..at].to_vec()));
    let places = (0..good.len().saturating_sub(7)).step_by(step);
    let changed = places.flat_map(move |at| {
        LENGTHS.iter().map(move |length| {
            let bytes = [&good[..at], length, &good[at + 8..]].concat();
            (format!("{length:02x?} at {at}"), bytes)
        })
    });
    cut.chain(changed)
}

fn budget() -> Budget {
    Budget::new(4 << 20, 10_000, 1_000_000, 32)
}

/// Everything that is done with one file: inspected, and read as it passes by.
fn read(name: &str, bytes: &[u8]) -> Facts {
    let (_, facts) = inspect(name, &bytes, &mut budget());
    let found = identify(name, &bytes, &mut budget()).ok().and_then(|found| found.inspector);
    if let Some(mut stream) = found.and_then(|inspector| inspector.stream(name)) {
        stream.push(bytes);
        drop(stream.finish());
    }
    facts
}

/// Whether every finding is about the file, and what is not read is said by one, or by a fact.
fn names_its_file(facts: &Facts, name: &str) -> bool {
    let says_why = |fact: &Fact| fact.property == property::NOT_MEASURED;
    let is_said = !facts.findings.is_empty() || facts.facts.iter().any(says_why);
    facts.findings.iter().all(|finding| finding.evidence.file == name)
        && (!facts.incomplete || is_said)
}

// One test, for memory is counted for the whole program.
#[test]
fn hostile_files_stay_cheap_and_leave_the_rest_of_the_aibom() {
    let alone = told_by_card(&made(&[(CARD_PATH, CARD.as_bytes())]));
    assert!(alone.len() >= 4, "{alone:?}");
    for (name, good) in good_files() {
        for (place, (what, bad)) in bad_copies(&good).enumerate() {
            let facts = read_cheaply(name, &what, &bad);
            assert!(names_its_file(&facts, name), "{name}, {what}: {:?}", facts.findings);
            if place % 61 == 0 {
                beside_card(name, &what, &bad, &alone);
            }
        }
    }
}

fn read_cheaply(name: &str, what: &str, bad: &[u8]) -> Facts {
    let start = Instant::now();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let facts = read(name, bad);
    let (used, took) = (MEMORY.peak_usage().saturating_sub(before), start.elapsed());
    assert!(used <= MOST_BYTES, "{name}, {what}: {used} bytes of memory");
    assert!(took <= LONGEST, "{name}, {what}: {took:?}");
    facts
}

/// A hostile file is in the AIBOM, marked where it was not read, and the card beside it says all
/// that it says alone.
fn beside_card(name: &str, what: &str, bad: &[u8], alone: &[String]) {
    let path = format!("odd/{name}");
    let incomplete = inspect(&path, &bad, &mut budget()).1.incomplete;
    let bom = made(&[(CARD_PATH, CARD.as_bytes()), (&path, bad)]);
    let component = bom.all().find(|component| component.path.as_deref() == Some(&path));
    let component = component.unwrap_or_else(|| panic!("{name}, {what}: not in the AIBOM"));
    assert_eq!(component.of("unreadable").next().is_some(), incomplete, "{name}, {what}");
    let told = told_by_card(&bom);
    for claim in alone {
        assert!(told.contains(claim), "{name}, {what}: {claim} is missing");
    }
}

/// What the AIBOM says with the card as its evidence.
fn told_by_card(bom: &Bom) -> Vec<String> {
    let of_card = |property: &&sealkit_aibom::Property| {
        property.evidence.as_ref().is_some_and(|evidence| evidence.file == CARD_PATH)
    };
    let properties = bom.all().flat_map(|component| &component.properties);
    properties.filter(of_card).map(|property| format!("{property:?}")).collect()
}

/// The AIBOM of a folder with these files.
fn made(files: &[(&str, &[u8])]) -> Bom {
    let facts: BTreeMap<String, Facts> = files
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), inspect(path, bytes, &mut budget()).1))
        .collect();
    let text = "manifestVersion: 1.0.0\nmodel: {path: .}\n";
    let kitfile = Kitfile::parse(text, "Kitfile").expect("a Kitfile").kitfile;
    let digests: Vec<Digest> = files.iter().map(|(_, bytes)| Digest::of(bytes)).collect();
    let listed = files.iter().zip(&digests).map(|((path, bytes), digest)| FileInput {
        path,
        size: bytes.len() as u64,
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
    assemble(&Input {
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
    })
}
