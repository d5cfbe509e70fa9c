//! Every target over its seeds and many changed copies of them.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use sealkit_fuzz::mutate::Mutator;
use sealkit_fuzz::{TARGETS, Target, seeds};

/// Changed copies for each target; `SEALKIT_FUZZ_CHANGES` asks for more.
fn changes() -> usize {
    let asked = std::env::var("SEALKIT_FUZZ_CHANGES").ok().and_then(|count| count.parse().ok());
    asked.unwrap_or(30_000)
}

#[test]
fn every_target_survives_its_seeds_and_changes_of_them() {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((name, target)) = TARGETS.get(next.fetch_add(1, Ordering::Relaxed)) {
            survives(name, *target);
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        (0..threads).for_each(|_| drop(scope.spawn(work)));
    });
}

fn survives(name: &str, target: Target) {
    let seeds = seeds::of(name);
    assert!(!seeds.is_empty(), "{name} has no seed");
    let mut mutator = Mutator::new(0x5ea1);
    for seed in &seeds {
        target(seed);
        for _ in 0..changes() / seeds.len() {
            let input = mutator.change(seed);
            // Names the input, since a panic alone does not.
            let result = std::panic::catch_unwind(|| target(&input));
            assert!(result.is_ok(), "{name} fails on {:?}", String::from_utf8_lossy(&input));
        }
    }
}

#[test]
fn every_target_survives_nothing_and_noise() {
    let mut mutator = Mutator::new(7);
    for (_, target) in TARGETS {
        target(b"");
        let mut noise = vec![0; 64];
        for _ in 0..500 {
            noise = mutator.change(&noise);
            target(&noise);
        }
    }
}

#[test]
fn there_is_a_program_for_each_target() {
    let manifest = include_str!("../Cargo.toml");
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}

/// The seeds that are meant to be good are accepted: a seed that no parser takes teaches nothing.
#[test]
fn good_seeds_are_accepted() {
    use sealkit_aibom::{Advisories, BomCodec as _, CycloneDx, Spdx3};
    use sealkit_attest::{Bundle, Statement};
    use sealkit_kitfile::{IgnoreRules, Kitfile};
    use sealkit_oci::{Manifest, Raw, Reference};

    let first = |name: &str| seeds::of(name).remove(0);
    assert!(Advisories::default().add(&first("advisory")).unwrap());
    assert_eq!(Spdx3.decode(&first("judge")).unwrap().relations.len(), 2);
    let text = |name: &str| String::from_utf8(first(name)).unwrap();
    Kitfile::parse(&text("kitfile"), "Kitfile").unwrap();
    Kitfile::from_json(&first("kit_config")).unwrap();
    IgnoreRules::parse(&text("ignore")).unwrap();
    Raw::<Manifest>::parse("m", first("manifest")).unwrap();
    text("reference").parse::<Reference>().unwrap();
    Statement::parse(first("statement")).unwrap();
    Bundle::parse(first("bundle")).unwrap();
    let listed = Statement::parse(first("model")).unwrap();
    sealkit_attest::oms::SignedTree::read(&listed, sealkit_attest::Legacy::default()).unwrap();
    assert!(!first("certificate").is_empty());
    let claimed = sealkit_attest::claimed_identity(&first("authority"), &[]).unwrap();
    assert_eq!(claimed.subject.value, "dev@example.com");
    sealkit_attest::log::Checkpoint::parse(&text("checkpoint")).unwrap();
    let root = sealkit_attest::SigstoreRoot::parse(first("trusted_root")).unwrap();
    let stamp = root.timestamp(&first("timestamp"), b"a signature", 1_800_000_000).unwrap();
    assert_eq!(stamp, Some(1_795_612_015));
    assert!(sealkit_fuzz::witnesses::verifies(&first("keyless")));
    CycloneDx::V1_6.decode(&first("cyclonedx")).unwrap();
    sealkit_aibom::purl::Purl::parse(&text("purl")).unwrap();
}
