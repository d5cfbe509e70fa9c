//! A kit that several sign: what each of them seals, and what is verified by whoever trusts one alone.

use std::sync::Arc;

use bytes::Bytes;
use sealkit_attest::KitSeal;
use sealkit_oci::{Descriptor, Digest, Manifest, Raw, media_type};
use sealkit_ops::files::{Proof, TableTrust, list_files};
use sealkit_ops::keys::{Signer as _, SigningIdentity};
use sealkit_ops::sign::{SignRequest, SignedKit, sign_kit};
use sealkit_ops::trust::{Role, Trusted, TrustedKey, add};
use sealkit_ops::verify::{SealedTables, Verification, VerifyRequest, verify_kit};
use sealkit_report::{Outcome, Verdict};
use sealkit_store::Repository;

use crate::common::{Stage, key, local, reference};
use crate::evidence::{attached, kind, put};

/// Signs the kit with the key `number`.
async fn signed_by(stage: &Stage, name: &str, number: u8) -> SignedKit {
    let identity = SigningIdentity::of_key(key(number));
    let request = SignRequest { place: local(name), identity, created: None };
    sign_kit(&stage.context, request).await.unwrap()
}

/// Verifies where the key `number` is trusted and no other.
async fn by_key(stage: &Stage, name: &str, number: u8, dir: Option<&str>) -> Verification {
    let home = stage.context.home.clone().with_trust(stage.path("nobody.json"));
    let context = sealkit_ops::Context { home, ..stage.context.clone() };
    let keys = vec![TrustedKey::new(key(number).public_key(), "one", Role::Signer)];
    let trusted = Trusted { keys, ..Trusted::default() };
    let dir = dir.map(|dir| stage.path(dir));
    let request = VerifyRequest { trusted, dir, ..VerifyRequest::default() };
    verify_kit(&context, &local(name), &request).await.unwrap()
}

fn outcome(found: &Verification, id: &str) -> Outcome {
    found.report.steps.iter().find(|step| step.id == id).unwrap().outcome
}

const SEALED: [&str; 4] = ["signature", "kit-seal", "file-table", "files"];

/// A key service signs what somebody else sealed: whoever trusts it alone verifies all of the seal.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_second_signer_signs_verifies_by_that_signer_alone() {
    let stage = Stage::new();
    stage.write("project/.kitignore", "*.tmp\n");
    stage.sealed("small:v1").await;
    let signed = signed_by(&stage, "small:v1", 2).await;
    assert!(signed.bom.is_some() && signed.warnings.is_empty(), "{signed:?}");
    let found = by_key(&stage, "small:v1", 2, Some("project")).await;
    assert_eq!(found.report.verdict(), Verdict::Yes, "{:#?}", found.report);
    for id in SEALED.iter().chain(&["bom", "model-signing", "folder-files", "folder-ignore"]) {
        assert_eq!(outcome(&found, id), Outcome::Pass, "{id}: {:#?}", found.report);
    }
    // Signing again writes the same bytes.
    let before = attached(&stage, "small:v1").await.len();
    assert_eq!(signed_by(&stage, "small:v1", 2).await, signed);
    assert_eq!(attached(&stage, "small:v1").await.len(), before);
    // The ignore rules are those of the first seal.
    stage.write("project/b.tmp", "x");
    let found = by_key(&stage, "small:v1", 2, Some("project")).await;
    assert_eq!(found.report.verdict(), Verdict::Yes, "ignored as it was sealed");
}

/// Where nobody who is trusted here sealed the kit, its own bytes are sealed, and nothing that is attached.
#[tokio::test(flavor = "multi_thread")]
async fn a_signer_seals_what_the_layers_hold_and_not_what_is_attached() {
    let stage = Stage::distrusting();
    stage.sealed("small:v1").await;
    let lie = {
        let all = attached(&stage, "small:v1").await;
        let table = all.iter().find(|one| kind(one) == "table").unwrap();
        let mut table: serde_json::Value = serde_json::from_slice(&table.blob).unwrap();
        table["references"] = serde_json::json!({"other:v1": Digest::of(b"x").to_string()});
        serde_json::to_vec(&table).unwrap()
    };
    let store = stage.context.store().unwrap();
    let found = store.resolve(&reference("small:v1")).unwrap().unwrap();
    let repository: Arc<dyn Repository> = Arc::new(store.repository(&found.repository));
    put(&*repository, &lie).await;
    let layer = Descriptor::of(media_type::FILE_TABLE, &lie);
    let manifest = Manifest::referrer(media_type::FILE_TABLE, layer, &found.descriptor);
    let raw = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    let bytes = Bytes::copy_from_slice(raw.bytes());
    repository.put_manifest(media_type::OCI_MANIFEST, bytes, None).await.unwrap();

    let signed = signed_by(&stage, "small:v1", 2).await;
    assert_eq!(signed.bom, None, "nobody here knows whose the AIBOM is");
    let found = by_key(&stage, "small:v1", 2, Some("project")).await;
    assert_eq!(found.report.verdict(), Verdict::Yes, "{:#?}", found.report);
    for id in SEALED.iter().chain(&["model-signing", "folder-files"]) {
        assert_eq!(outcome(&found, id), Outcome::Pass, "{id}: {:#?}", found.report);
    }
    assert_eq!(outcome(&found, "bom"), Outcome::Skip, "{:#?}", found.report);
    let sealed = found.statements.iter().find_map(|said| said.predicate::<KitSeal>().ok()).unwrap();
    assert_ne!(sealed.value().file_table.digest, Digest::of(&lie));
    // What was sealed first verifies by its own signer as before, and by both.
    for number in [1, 2] {
        let found = by_key(&stage, "small:v1", number, None).await;
        assert_eq!(found.report.verdict(), Verdict::Yes, "{number}: {:#?}", found.report);
    }
}

/// Whoever is trusted to revoke, or as a hub, seals no file table that is believed.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_believed_by_the_role_of_who_sealed_it() {
    for (role, proven) in [("revoker", false), ("hub", false), ("signer", true), ("ci", true)] {
        let stage = Stage::distrusting();
        stage.sealed("small:v1").await;
        let sealer = TrustedKey::new(key(1).public_key(), "sec", role.parse().unwrap());
        add(&stage.context.home, sealer).unwrap();
        let trust: Arc<dyn TableTrust> = Arc::new(SealedTables::new(&stage.context).unwrap());
        let found = list_files(&stage.context, local("small:v1"), &trust).await.unwrap();
        assert_eq!(found.proof == Proof::TrustedTable, proven, "{role}: {:?}", found.proof);
    }
}
