//! Statements that agree, and statements that can not all be true.

use std::collections::BTreeMap;

use sealkit_aibom::{Bom, Component, ComponentId, Hash, HashAlgorithm, Kind};
use sealkit_attest::{
    Bundle, CosignSign, DatasetVersion, DependencyRole, HintStyle, Lineage, Predicate, PrivateKey,
    Provenance, ResourceDescriptor, Role, Signer as _, Statement, Subject, TrustRoot, TrustedKey,
    VerifiedStatement, Verifier,
};
use sealkit_oci::{Digest, FileEntry, FileKind, FileTable, LayerTable};
use sealkit_report::Outcome;
use serde_json::{Value, json};

use super::{Said, steps};

const NOW: i64 = 1_790_000_000;

fn kit() -> Digest {
    Digest::of(b"the manifest")
}

fn verified<P: Predicate>(predicate: &P, more: &[(&str, &Digest)]) -> VerifiedStatement {
    let key = PrivateKey::generate(&mut |out: &mut [u8]| out.fill(7)).unwrap();
    let mut trust = TrustRoot::default();
    trust.add(TrustedKey::new(key.public_key(), "Ada", Role::Signer)).unwrap();
    let named = |(name, digest): &(&str, &Digest)| Subject {
        name: Some((*name).to_owned()),
        ..Subject::of(digest)
    };
    let subjects = [Subject::of(&kit())].into_iter().chain(more.iter().map(named)).collect();
    let statement = Statement::new(subjects, predicate).unwrap();
    let bundle = Bundle::sign(&statement, &key, HintStyle::Cosign).unwrap();
    Verifier::new(&trust, NOW).verify(bundle.bytes(), &kit()).unwrap()
}

fn of<P: Predicate>(value: Value) -> P {
    serde_json::from_value(value).unwrap()
}

fn used(name: &str, role: DependencyRole, bytes: &[u8], version: Option<&str>) -> Value {
    let used = ResourceDescriptor::named(name, &Digest::of(bytes)).with_role(role);
    let used = match version {
        Some(version) => used.annotated("version", version),
        None => used,
    };
    serde_json::to_value(used).unwrap()
}

fn run(used: &[Value], from: &str, to: &str) -> Provenance {
    of(json!({
        "buildDefinition": {
            "buildType": "https://sealkit.dev/buildtypes/train/v1",
            "externalParameters": {}, "resolvedDependencies": used,
        },
        "runDetails": {
            "builder": {"id": "https://example.com/ci"},
            "metadata": {"startedOn": from, "finishedOn": to},
        },
    }))
}

fn data(id: &str, version: &str, split: &[u8], taken: &str) -> DatasetVersion {
    of(json!({
        "id": id, "version": version, "snapshotTime": taken,
        "splits": {"train": {"digest": {"sha256": Digest::of(split).hex()}}},
    }))
}

fn lineage(name: &str, version: &str, bytes: &[u8]) -> Lineage {
    of(json!({
        "nodes": [
            {"id": "m", "kind": "model", "digest": {"sha256": kit().hex()}},
            {"id": "d", "kind": "dataset", "name": name, "version": version,
             "digest": {"sha256": Digest::of(bytes).hex()}},
        ],
        "edges": [{"from": "m", "to": "d", "type": "trained-on"}],
    }))
}

fn table(files: &[(&str, &[u8])]) -> FileTable {
    let file = |(path, bytes): &(&str, &[u8])| FileEntry {
        path: (*path).to_owned(),
        kind: FileKind::File,
        mode: 0o644,
        offset: 0,
        size: bytes.len() as u64,
        digest: Some(Digest::of(bytes)),
        segments: String::new(),
    };
    let files = files.iter().map(file).collect();
    let layer = LayerTable { digest: Digest::of(b"l"), diff_id: Digest::of(b"l"), files };
    FileTable::new(vec![layer])
}

/// Outcome and reason of each step, by id.
fn outcomes(
    statements: &[VerifiedStatement],
    bom: Option<&Bom>,
    table: Option<&FileTable>,
) -> BTreeMap<String, (Outcome, String)> {
    let steps = steps(&Said { statements, bom, table, now: NOW });
    steps.into_iter().map(|step| (step.id, (step.outcome, step.reason))).collect()
}

fn assert_fails(found: &BTreeMap<String, (Outcome, String)>, id: &str, reason: &str) {
    for (other, (outcome, why)) in found {
        let expected = if other == id { Outcome::Fail } else { Outcome::Pass };
        assert!(*outcome == expected || *outcome == Outcome::Skip, "{other}: {why}");
    }
    let (outcome, why) = &found[id];
    assert_eq!(*outcome, Outcome::Fail, "{id}");
    assert!(why.contains(reason), "{why}");
}

/// A folder that a run read, as `record` names it.
fn folder(path: &str, files: &[(&str, &[u8])], is_named: bool) -> Value {
    let lines = files.iter().map(|(name, bytes)| format!("{}  {name}\n", Digest::of(bytes).hex()));
    let whole = Digest::of(lines.collect::<String>().as_bytes());
    let named = files.iter().map(|(name, bytes)| (*name, Digest::of(bytes).to_string()));
    let mut annotations = json!({ "role": "dataset", "version": "v2", "path": path });
    if is_named {
        annotations["files"] = json!(named.collect::<BTreeMap<_, _>>());
    }
    json!({ "name": "org/reviews", "digest": { "dirHash1": whole.hex() }, "annotations": annotations })
}

#[test]
fn a_file_of_a_recorded_folder_that_was_swapped_is_found() {
    let (model, good): (&[u8], &[u8]) = (b"weights", b"1,2");
    let kit = |text: &[u8]| table(&[("data/t.csv", text), ("model/m.bin", model)]);
    // Recorded where it was sealed, and in the folder above.
    for (path, output) in [("data", "model/m.bin"), ("rp/data", "rp/model/m.bin")] {
        let used = folder(path, &[("t.csv", good)], true);
        let provenance = run(&[used], "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z");
        let said = [verified(&provenance, &[(output, &Digest::of(model))])];
        let found = outcomes(&said, None, Some(&kit(good)));
        assert_eq!(found["statements-fit-files"].0, Outcome::Pass, "{path}: {found:?}");
        let found = outcomes(&said, None, Some(&kit(b"6,6")));
        assert_fails(&found, "statements-fit-files", "`data/t.csv` is not the file");
    }
    // Where the record names no files, all of them are compared at once.
    let used = folder("data", &[("t.csv", good)], false);
    let said = [verified(&run(&[used], "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"), &[])];
    let outcome = |kit| outcomes(&said, None, Some(&kit))["statements-fit-files"].0;
    assert_eq!(outcome(kit(good)), Outcome::Pass);
    assert_eq!(outcome(kit(b"6,6")), Outcome::Unknown);
    assert_eq!(outcome(table(&[("model/m.bin", model)])), Outcome::Skip);
}

fn data_bom(name: &str) -> Bom {
    let subject = Component::new(ComponentId("kit:1".into()), Kind::Kit, "kit");
    let mut bom = Bom::new(subject);
    bom.components.push(Component::new(ComponentId("data:1".into()), Kind::ExternalDataset, name));
    bom
}

const EARLY: &str = "2026-01-01T00:00:00Z";
const LATER: &str = "2026-02-01T00:00:00Z";
const LATEST: &str = "2026-03-01T00:00:00Z";

#[test]
fn documents_that_agree_pass_in_every_step() {
    let inputs = [used("hf://org/grain@abc", DependencyRole::Dataset, b"rows", Some("v2"))];
    let statements = [
        verified(&run(&inputs, LATER, LATEST), &[("m.bin", &Digest::of(b"weights"))]),
        verified(&lineage("org/grain", "v2", b"rows"), &[]),
        verified(&data("org/grain", "v2", b"rows", EARLY), &[]),
        verified(&CosignSign {}, &[]),
    ];
    let (bom, table) = (data_bom("org/grain"), table(&[("m.bin", b"weights")]));
    for (id, (outcome, reason)) in outcomes(&statements, Some(&bom), Some(&table)) {
        assert_eq!(outcome, Outcome::Pass, "{id}: {reason}");
    }
}

#[test]
fn nothing_said_is_nothing_claimed() {
    for (id, (outcome, _)) in outcomes(&[verified(&CosignSign {}, &[])], None, None) {
        assert_eq!(outcome, Outcome::Skip, "{id}");
    }
}

#[test]
fn one_version_name_with_two_contents_is_a_conflict() {
    let inputs = [used("org/grain", DependencyRole::Dataset, b"rows", Some("v2"))];
    let trained = verified(&run(&inputs, LATER, LATEST), &[]);
    let drawn = verified(&lineage("org/grain", "v2", b"other rows"), &[]);
    let found = outcomes(&[trained.clone(), drawn], None, None);
    assert_fails(&found, "version-conflict", "`org/grain` version `v2` is sha256:");
    // Another version, or a model of that name, is another thing.
    let newer = verified(&lineage("org/grain", "v3", b"other rows"), &[]);
    let (outcome, _) = &outcomes(&[trained, newer], None, None)["version-conflict"];
    assert_eq!(*outcome, Outcome::Skip);
}

#[test]
fn a_split_that_changed_under_its_version_is_a_conflict() {
    let (old, new) = (data("grain", "v1", b"old", EARLY), data("grain", "v1", b"new", EARLY));
    let found = outcomes(&[verified(&old, &[]), verified(&new, &[])], None, None);
    assert_fails(&found, "version-conflict", "(train)");
}

#[test]
fn the_digest_of_an_external_dataset_in_the_aibom_counts_too() {
    let mut bom = data_bom("org/grain");
    let component = &mut bom.components[0];
    component
        .hashes
        .push(Hash::new(HashAlgorithm::Sha256, Digest::of(b"rows").hex(), None).unwrap());
    component.properties.push(sealkit_aibom::Property::new(
        sealkit_inspect::property::VERSION,
        sealkit_inspect::Value::Text("v2".into()),
        None,
    ));
    let drawn = verified(&lineage("org/grain", "v2", b"other rows"), &[]);
    let found = outcomes(&[drawn], Some(&bom), None);
    assert_fails(&found, "version-conflict", "the AIBOM");
}

#[test]
fn a_file_that_is_not_the_one_a_statement_speaks_of_is_named() {
    let table = table(&[("data/train.csv", b"swapped"), ("m.bin", b"weights")]);
    let inputs = [used("data/train.csv", DependencyRole::Dataset, b"rows", None)];
    let swapped = verified(&run(&inputs, EARLY, LATER), &[]);
    let found = outcomes(&[swapped], None, Some(&table));
    assert_fails(
        &found,
        "statements-fit-files",
        "`data/train.csv` is not the file that was trained",
    );
    let mut plain = used("data/train.csv", DependencyRole::Dataset, b"rows", None);
    plain.as_object_mut().unwrap().remove("annotations");
    let found = outcomes(&[verified(&run(&[plain], EARLY, LATER), &[])], None, Some(&table));
    assert_fails(&found, "statements-fit-files", "is not the file that went into it");
    let output = verified(&run(&[], EARLY, LATER), &[("./m.bin", &Digest::of(b"other"))]);
    let found = outcomes(&[output], None, Some(&table));
    assert_fails(&found, "statements-fit-files", "`./m.bin` is not the file that a statement");
    let elsewhere = verified(&run(&[], EARLY, LATER), &[("else.bin", &Digest::of(b"x"))]);
    let (outcome, _) = &outcomes(&[elsewhere], None, Some(&table))["statements-fit-files"];
    assert_eq!(*outcome, Outcome::Skip);
}

#[test]
fn a_split_of_a_dataset_in_the_kit_has_to_be_in_the_kit() {
    let table = table(&[("data/train.csv", b"rows!"), ("database/x", b"x")]);
    let said = verified(&data("data", "v1", b"rows?", EARLY), &[]);
    let found = outcomes(&[said], None, Some(&table));
    assert_fails(&found, "statements-fit-files", "split `train` of `data` version `v1`");
    let good = verified(&data("data", "v1", b"rows!", EARLY), &[]);
    let (outcome, _) = &outcomes(&[good], None, Some(&table))["statements-fit-files"];
    assert_eq!(*outcome, Outcome::Pass);
}

#[test]
fn time_runs_forward() {
    let input = |bytes: &[u8]| [used("grain", DependencyRole::Dataset, bytes, Some("v1"))];
    let trained = verified(&run(&input(b"rows"), EARLY, LATER), &[]);
    let made = |to| verified(&run(&[], EARLY, to), &[("rows.csv", &Digest::of(b"rows"))]);
    let found = outcomes(&[trained.clone(), made(LATEST)], None, None);
    assert_fails(&found, "statement-times", "`grain` was made after the run that used it began");
    let taken = verified(&data("grain", "v1", b"rows", LATEST), &[]);
    let found = outcomes(&[trained.clone(), taken], None, None);
    assert_fails(&found, "statement-times", "was taken after the run that used it began");
    let (outcome, _) = &outcomes(&[trained, made(EARLY)], None, None)["statement-times"];
    assert_eq!(*outcome, Outcome::Pass);
    let future = verified(&run(&[], EARLY, "2099-01-01T00:00:00Z"), &[]);
    let found = outcomes(&[future], None, None);
    assert_fails(&found, "statement-times", "still to come");
}

#[test]
fn what_one_document_leaves_out_is_told() {
    let inputs = [
        used("org/grain", DependencyRole::Dataset, b"rows", None),
        used("org/base", DependencyRole::BaseModel, b"base", None),
    ];
    let trained = verified(&run(&inputs, EARLY, LATER), &[]);
    let bom = data_bom("org/grain");
    let found = outcomes(&[trained], Some(&bom), None);
    let (outcome, reason) = &found["statements-complete"];
    assert_eq!(*outcome, Outcome::Skip);
    assert_eq!(reason, "model `org/base` is named by provenance and not by the AIBOM");
}
