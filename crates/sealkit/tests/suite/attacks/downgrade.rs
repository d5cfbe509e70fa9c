//! Cases 4 and 5: signatures that were taken away, and old ones that were left behind.

use sealkit_attest::{PrivateKey, Signer as _, base64};
use sealkit_oci::{Descriptor, Digest, Manifest, Raw, media_type};

use super::stage::{Stage, key, refused, step};

const FLAG: &[&str] = &["--key", "ana.pub", "--format", "json", "--insecure-legacy-signatures"];

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_whose_signatures_were_taken_away_is_never_verified() {
    let stage = Stage::signed().await;
    stage.verify().exits(0);
    let repository = stage.registry.repository("org/kit");
    for attached in repository.referrers(stage.digest(), None).await.unwrap() {
        let target = sealkit_oci::Target::Digest(attached.digest);
        repository.delete_manifest(&target).await.unwrap();
    }
    let run = refused(stage.verify(), 2, "signatures", "no-signature");
    refused(run.clone(), 2, "signature", "no-signature");
    refused(run, 2, "signer-trusted", "no-signature");
    let table = stage.verify_with(&["--key", "ana.pub"]).exits(2);
    assert!(!table.stdout.contains("Verified"), "{table}");
    assert_eq!(stage.verify_with(&["--key", "ana.pub", "-q"]).code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_without_a_list_of_what_is_attached_is_no_yes() {
    let stage = Stage::signed().await;
    stage.registry.faults().set(|faults| faults.no_referrers = true);
    refused(stage.verify(), 2, "signatures", "no-signature");
    stage.registry.faults().set(|faults| {
        let path = format!("/referrers/{}", stage.digest());
        let nothing = b"{\"schemaVersion\":2,\"manifests\":[]}";
        faults.instead =
            vec![sealkit_testkit::Instead::bytes(path, media_type::OCI_INDEX, nothing)];
    });
    refused(stage.verify(), 2, "signatures", "no-signature");
}

fn payload(digest: &Digest) -> Vec<u8> {
    format!(
        "{{\"critical\":{{\"identity\":{{\"docker-reference\":\"org/kit\"}},\"image\":\
         {{\"docker-manifest-digest\":\"{digest}\"}},\"type\":\"cosign container image signature\"}},\
         \"optional\":null}}"
    )
    .into_bytes()
}

/// Leaves a signature in cosign's old format beside the kit, as cosign 2 does.
async fn leave_old(stage: &Stage, signer: &PrivateKey, payload: &[u8]) {
    let repository = stage.registry.repository("org/kit");
    let signature = base64::encode(&signer.sign(payload).unwrap());
    let layer = Descriptor::of("application/vnd.dev.cosign.simplesigning.v1+json", payload)
        .annotated("dev.cosignproject.cosign/signature", signature);
    for bytes in [payload, media_type::EMPTY_JSON] {
        if repository.stat(&Digest::of(bytes)).await.unwrap().is_some() {
            continue;
        }
        let mut upload = repository.write(&Descriptor::of("x", bytes)).await.unwrap();
        upload.append(bytes.to_vec().into()).await.unwrap();
        upload.finish().await.unwrap();
    }
    let config = Descriptor::of("application/vnd.oci.image.config.v1+json", media_type::EMPTY_JSON);
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(media_type::OCI_MANIFEST.to_owned()),
        artifact_type: None,
        config,
        layers: Some(vec![layer]),
        subject: None,
        annotations: sealkit_oci::Annotations::default(),
    };
    let raw = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    let tag = format!("sha256-{}.sig", stage.digest().hex());
    let bytes = raw.into_bytes().into();
    repository.put_manifest(media_type::OCI_MANIFEST, bytes, Some(&tag)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_signature_left_behind_counts_only_under_a_loud_flag() {
    let stage = Stage::unsigned().await;
    leave_old(&stage, &key("ana"), &payload(stage.digest())).await;
    let run = refused(stage.verify(), 2, "legacy-signature", "format-downgrade");
    assert!(run.stdout.contains("--insecure-legacy-signatures"), "{run}");
    refused(run, 2, "signature", "no-signature");
    let allowed = stage.verify_with(FLAG).exits(0);
    assert_eq!(step(&allowed, "legacy-signature")["outcome"], "pass", "{allowed}");
    assert!(allowed.json()["signedBy"][0].as_str().unwrap().contains("old format"), "{allowed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_signature_is_not_looked_at_where_there_is_a_current_one() {
    let stage = Stage::signed().await;
    leave_old(&stage, &key("stranger"), &payload(stage.digest())).await;
    stage.registry.log().clear();
    stage.verify().exits(0);
    stage.verify_with(FLAG).exits(0);
    assert!(stage.registry.log().matching("GET", ".sig").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn even_under_the_flag_an_old_signature_must_be_trusted_and_about_this_kit() {
    let cases = [
        ("stranger", None, 2, "untrusted-key"),
        ("ana", Some(Digest::of(b"another kit")), 1, "subject-mismatch"),
    ];
    for (signer, digest, exit, code) in cases {
        let stage = Stage::unsigned().await;
        let digest = digest.unwrap_or_else(|| stage.digest().clone());
        leave_old(&stage, &key(signer), &payload(&digest)).await;
        refused(stage.verify_with(FLAG), exit, "legacy-signature", code);
    }
    let stage = Stage::unsigned().await;
    refused(stage.verify_with(FLAG), 2, "legacy-signature", "no-signature");
    leave_old(&stage, &key("ana"), &payload(stage.digest())).await;
    stage.sandbox.run(["trust", "add", "ana.pub", "--name", "Ana", "--role", "revoker"]).exits(0);
    refused(stage.verify_with(FLAG), 2, "legacy-signature", "signer-role");
}
