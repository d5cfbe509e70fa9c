//! Cases 19 to 23 and 27: identities, certificates, logs and times that are not what they say.

use sealkit_testkit::{FakeSigner, FakeSigstore, Flaw};
use serde_json::{Value, json};

use super::stage::{Stage, refused};
use crate::common::Run;
use crate::keyless_common::{TIME, statement};

const IN_TOTO: &str = "application/vnd.in-toto+json";
const WHO: &str = "https://github.com/org/app/.github/workflows/ci.yml@refs/tags/v1";
const ISSUER: &str = "https://issuer.example";
const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn signer() -> FakeSigner {
    FakeSigner::new(WHO, ISSUER, TIME)
}

/// A kit with nothing attached but bundles of one instance.
struct Scene {
    stage: Stage,
    fake: FakeSigstore,
}

impl Scene {
    async fn of(fake: FakeSigstore) -> Self {
        let stage = Stage::unsigned().await;
        stage.sandbox.write("root.json", fake.trusted_root());
        Self { stage, fake }
    }

    async fn new() -> Self {
        Self::of(FakeSigstore::default()).await
    }

    fn payload(&self) -> Vec<u8> {
        statement(&self.stage.digest().to_string())
    }

    fn signed(&self, signer: &FakeSigner) -> Value {
        self.fake.sign(IN_TOTO, &self.payload(), signer, TIME)
    }

    async fn attach(&self, bundle: &Value) {
        self.stage.attach(&serde_json::to_vec(bundle).unwrap()).await;
    }

    fn verify_as(&self, who: &str, issuer: &str) -> Run {
        let (who_flag, issuer_flag) = ("--certificate-identity", "--certificate-oidc-issuer");
        let trust = ["--trusted-root", "root.json", who_flag, who, issuer_flag, issuer];
        self.stage.verify_with(&[&trust[..], &["--format", "json"]].concat())
    }

    fn verify(&self) -> Run {
        self.verify_as(WHO, ISSUER)
    }
}

/// What comes of one bundle that `change` altered.
async fn altered(change: impl FnOnce(&Scene, &mut Value)) -> Run {
    let scene = Scene::new().await;
    let mut bundle = scene.signed(&signer());
    change(&scene, &mut bundle);
    scene.attach(&bundle).await;
    scene.verify()
}

fn entry(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]["tlogEntries"][0]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bundle_that_the_attacks_begin_with_is_good() {
    altered(|_, _| ()).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_looks_like_the_trusted_one_is_another() {
    let names = [
        ("dev@example.com", "dev@example.com.evil.org", ISSUER),
        ("https://github.com/org/app", "https://github.com/org-evil/app", ISSUER),
        (WHO, WHO, "https://issuer.example.evil.org"),
        (WHO, WHO, "https://issuer.example/"),
    ];
    for (trusted, signs, issuer) in names {
        let scene = Scene::new().await;
        scene.attach(&scene.signed(&FakeSigner::new(signs, issuer, TIME))).await;
        refused(scene.verify_as(trusted, ISSUER), 2, "signer-trusted", "identity-mismatch");
        refused(scene.verify_as(trusted, ISSUER), 2, "signatures", "identity-mismatch");
    }
    // An address is no URI, and nobody is trusted without an issuer.
    let scene = Scene::new().await;
    scene.attach(&scene.signed(&signer())).await;
    let kind = ["--certificate-identity-kind", "email", "--format", "json"];
    let who = ["--certificate-identity", WHO, "--certificate-oidc-issuer", ISSUER];
    let args = [&["--trusted-root", "root.json"], &who[..], &kind].concat();
    refused(scene.stage.verify_with(&args), 2, "signatures", "identity-mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_breaks_a_rule_vouches_for_nobody() {
    let signers = [
        FakeSigner { valid: (TIME + 1, TIME + 600), ..signer() },
        FakeSigner { valid: (TIME - 600, TIME - 1), ..signer() },
        FakeSigner { signs_code: false, ..signer() },
        FakeSigner { is_authority: true, ..signer() },
        FakeSigner { unknown_critical: true, ..signer() },
    ];
    for signer in signers {
        let scene = Scene::new().await;
        scene.attach(&scene.signed(&signer)).await;
        refused(scene.verify(), 1, "signatures", "certificate-invalid");
    }
    let flaws = [
        Flaw::IntermediateExpired(TIME),
        Flaw::IntermediateNoAuthority,
        Flaw::PathLength,
        Flaw::NameConstraint,
    ];
    for flaw in flaws {
        let scene = Scene::of(FakeSigstore::new(flaw)).await;
        scene.attach(&scene.signed(&FakeSigner::new("dev@example.com", ISSUER, TIME))).await;
        let run = scene.verify_as("dev@example.com", ISSUER);
        refused(run, 1, "signatures", "certificate-invalid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_something_else_is_no_entry_of_this() {
    // Of another signature by the same identity, and of another content.
    let run = altered(|scene, bundle| {
        let mut other = scene.signed(&signer());
        *entry(bundle) = entry(&mut other).clone();
    });
    refused(run.await, 1, "signatures", "log-entry-mismatch");
    let run = altered(|scene, bundle| {
        let mut other = scene.fake.sign(IN_TOTO, b"{}", &signer(), TIME);
        *entry(bundle) = entry(&mut other).clone();
    });
    refused(run.await, 1, "signatures", "log-entry-mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_or_checkpoint_with_anything_changed_proves_nothing() {
    let changes: [(&str, Value); 9] = [
        ("/inclusionProof/rootHash", json!(ZEROS)),
        ("/inclusionProof/logIndex", json!("0")),
        ("/inclusionProof/logIndex", json!("-1")),
        ("/inclusionProof/treeSize", json!("2")),
        ("/inclusionProof/hashes", json!([])),
        ("/inclusionProof/hashes/0", json!(ZEROS)),
        ("/inclusionProof", json!(null)),
        ("/logId/keyId", json!(ZEROS)),
        ("/inclusionPromise/signedEntryTimestamp", json!("AAAA")),
    ];
    for (pointer, value) in changes {
        let run = altered(|_, bundle| {
            *entry(bundle).pointer_mut(pointer).unwrap() = value;
        });
        refused(run.await, 1, "signatures", "log-proof-invalid");
    }
    let lines: [fn(&str) -> String; 3] = [
        // Another origin, no size, and no root.
        |text| text.replacen("rekor", "rokor", 1),
        |text| text.replacen("\n3\n", "\n", 1),
        |text| {
            text.split('\n')
                .enumerate()
                .filter(|(at, _)| *at != 2)
                .map(|(_, line)| line)
                .collect::<Vec<_>>()
                .join("\n")
        },
    ];
    for change in lines {
        let run = altered(|_, bundle| {
            let text = &mut entry(bundle)["inclusionProof"]["checkpoint"]["envelope"];
            let changed = change(text.as_str().unwrap());
            assert_ne!(text.as_str().unwrap(), changed);
            *text = json!(changed);
        });
        refused(run.await, 1, "signatures", "log-proof-invalid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_or_instance_that_nobody_trusts_proves_nothing() {
    let scene = Scene::new().await;
    let other = FakeSigstore::default();
    let stranger = other.sign(IN_TOTO, &scene.payload(), &signer(), TIME);
    scene.attach(&stranger).await;
    let run = scene.verify();
    assert_ne!(run.json()["verdict"], "yes", "{run}");
    let scene = Scene { stage: Stage::unsigned().await, ..scene };
    scene.stage.sandbox.write("root.json", scene.fake.trusted_root());
    let mut bundle = scene.signed(&signer());
    *entry(&mut bundle) = entry(&mut stranger.clone()).clone();
    scene.attach(&bundle).await;
    refused(scene.verify(), 1, "signatures", "log-proof-invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_nobody_signed_or_of_the_future_is_no_time() {
    let run = altered(|_, bundle| {
        entry(bundle).as_object_mut().unwrap().remove("inclusionPromise");
    });
    refused(run.await, 1, "signatures", "timestamp-invalid");
    let scene = Scene::new().await;
    let future = 4_000_000_000;
    let later = FakeSigner::new(WHO, ISSUER, future);
    scene.attach(&scene.fake.sign(IN_TOTO, &scene.payload(), &later, future)).await;
    refused(scene.verify(), 1, "signatures", "timestamp-invalid");
}

/// The log gave two roots for three entries: both bundles are good by themselves.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_shows_two_histories_is_found_at_once_and_later() {
    let scene = Scene::new().await;
    scene.attach(&scene.signed(&signer())).await;
    scene.verify().exits(0);
    scene.attach(&scene.signed(&signer())).await;
    refused(scene.verify(), 1, "log-history", "log-inconsistent");
    let seen = scene.stage.sandbox.home().join("seen.json");
    // On a machine that saw nothing before, the two together are enough.
    std::fs::remove_file(&seen).unwrap();
    refused(scene.verify(), 1, "log-history", "log-inconsistent");
    // And one alone is, where the other was seen before.
    let other = Scene { stage: Stage::unsigned().await, fake: scene.fake };
    other.stage.sandbox.write("root.json", other.fake.trusted_root());
    other.attach(&other.signed(&signer())).await;
    other.verify().exits(0);
    let path = other.stage.sandbox.home().join("seen.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut memory: Value = serde_json::from_str(&text).unwrap();
    let logs = memory["logs"].as_object_mut().unwrap();
    logs.values_mut().next().unwrap()["3"] = json!("00");
    std::fs::write(&path, memory.to_string()).unwrap();
    refused(other.verify(), 1, "log-history", "log-inconsistent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_that_can_not_be_read_is_no_empty_one() {
    let scene = Scene::new().await;
    scene.attach(&scene.signed(&signer())).await;
    scene.verify().exits(0);
    std::fs::write(scene.stage.sandbox.home().join("seen.json"), "{}").unwrap();
    let run = scene.verify().exits(2);
    assert!(run.stderr.contains("memory-invalid"), "{run}");
}
