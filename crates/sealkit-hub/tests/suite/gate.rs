//! The gate, as the registry's clients meet it.

use std::sync::Arc;
use std::time::Duration;

use crate::common::TestHub;
use sealkit_hub::{Gate, GateOptions, PolicyFile};
use sealkit_oci::{Digest, Target, media_type};
use sealkit_ops::network::{Client, ClientOptions};
use sealkit_ops::{Context, Home, NoProgress};
use sealkit_store::{Memory, Namespace};
use sealkit_testkit::{Kit, KitBuilder, Reply};

const RULE: &str = "rules:\n  - {id: signed, check: {signers: {}}}\n";

/// A hub whose gate has a policy of this mode, and an unsigned kit under its digest.
struct Stage {
    hub: TestHub,
    gate: Gate,
    kit: Kit,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn start(mode: &str, change: impl FnOnce(&mut GateOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.yaml");
        std::fs::write(&path, policy(mode)).unwrap();
        let names: Arc<dyn Namespace> = Arc::new(Memory::new());
        let mut options = GateOptions::new(vec![PolicyFile { prefix: None, path }]);
        change(&mut options);
        let context = context(folder.path());
        let gate = Gate::new(Arc::clone(&names), context, options, None).unwrap();
        let given = gate.clone();
        let hub = TestHub::over(names, |options| options.gate = Some(given)).await;
        let repository = hub.repository("org/kit");
        let kit = KitBuilder::small("a").store(&*repository, "v0").await;
        repository.delete_manifest(&Target::Tag("v0".to_owned())).await.unwrap();
        Self { hub, gate, kit, folder }
    }

    async fn put(&self, to: &str, media_type: &str, bytes: &[u8]) -> Reply {
        let path = format!("/v2/org/kit/manifests/{to}");
        self.hub.client.send("PUT", &path, &[("Content-Type", media_type)], bytes).await
    }

    async fn put_kit(&self, to: &str) -> Reply {
        let kind = self.kit.manifest.descriptor().media_type.clone();
        self.put(to, &kind, self.kit.manifest.bytes()).await
    }

    async fn has(&self, tag: &str) -> bool {
        let target = Target::Tag(tag.to_owned());
        self.hub.repository("org/kit").manifest(&target).await.unwrap().is_some()
    }
}

fn policy(mode: &str) -> String {
    format!("schemaVersion: 1\nname: house\nmode: {mode}\n{RULE}")
}

fn context(home: &std::path::Path) -> Context {
    let client = ClientOptions { offline: true, ..ClientOptions::default() };
    Context {
        home: Home::new(home),
        client: Arc::new(Client::new(client)),
        concurrency: 1,
        progress: Arc::new(NoProgress),
        clock: || 1_800_000_000,
        served: None,
        s3: None,
    }
}

fn message(reply: &Reply) -> String {
    reply.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_tag_is_refused_with_the_rule_and_the_digest_is_taken() {
    let stage = Stage::start("enforce", |_| {}).await;
    let refused = stage.put_kit("v1").await;
    assert_eq!((refused.status, refused.error_code().as_str()), (403, "DENIED"));
    let text = message(&refused);
    assert!(text.contains("policy `house`: signed") && text.contains("org/kit@sha256:"), "{text}");
    assert!(!stage.has("v1").await);
    let digest = stage.kit.manifest.digest().to_string();
    assert_eq!(stage.put_kit(&digest).await.status, 201);
}

#[tokio::test]
async fn a_policy_that_warns_warns() {
    let stage = Stage::start("warn", |_| {}).await;
    let taken = stage.put_kit("v1").await;
    assert_eq!(taken.status, 201, "{}", message(&taken));
    assert!(
        taken.header("warning").contains("policy `house`: signed"),
        "{}",
        taken.header("warning")
    );
    assert!(stage.has("v1").await);
}

#[tokio::test]
async fn what_is_revoked_is_denied_by_a_policy_that_warns_too() {
    let stage = Stage::start("warn", |_| {}).await;
    let layer = &stage.kit.manifest.value().layers()[0].digest;
    let revoked = format!("revoked: {{digests: [{{digest: '{layer}', reason: poisoned}}]}}\n");
    let path = stage.folder.path().join("policy.yaml");
    std::fs::write(&path, policy("warn") + &revoked).unwrap();
    assert_eq!(stage.put_kit("v1").await.status, 201, "not read yet");
    stage.gate.reload().unwrap();
    let refused = stage.put_kit("v2").await;
    assert_eq!(refused.status, 403);
    assert!(message(&refused).contains("poisoned"), "{}", message(&refused));
    std::fs::write(&path, "rules: []\n").unwrap();
    assert!(stage.gate.reload().is_err());
    assert_eq!(stage.put_kit("v2").await.status, 403, "the old one is in force");
}

#[tokio::test]
async fn what_is_no_kit_is_not_judged() {
    let stage = Stage::start("enforce", |_| {}).await;
    let kit = stage.kit.manifest.descriptor();
    let config = stage.kit.manifest.value().config.clone();
    let referrer = serde_json::json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "artifactType": "application/vnd.example.note",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config.digest, "size": config.size},
        "layers": [], "subject": kit,
    });
    let referrer = serde_json::to_vec(&referrer).unwrap();
    assert_eq!(stage.put("note", media_type::OCI_MANIFEST, &referrer).await.status, 201);
}

#[tokio::test]
async fn what_can_not_be_judged_in_time_or_at_all_is_denied() {
    // No place to judge in ever gets free.
    let busy = Stage::start("enforce", |options| {
        options.concurrency = 0;
        options.timeout = Duration::from_millis(50);
    });
    let late = busy.await.put_kit("v1").await;
    assert_eq!(late.status, 403);
    assert!(message(&late).contains("could not be judged within"), "{}", message(&late));
    let stage = Stage::start("warn", |_| {}).await;
    std::fs::write(stage.folder.path().join("trust.json"), "{").unwrap();
    let refused = stage.put_kit("v1").await;
    assert_eq!(refused.status, 403);
    let text = message(&refused);
    assert!(text.contains("could not be judged") && !text.contains("trust.json"), "{text}");
}

/// An index over manifests of these digests.
fn index(members: &[(&str, String)]) -> Vec<u8> {
    let members: Vec<_> = members
        .iter()
        .map(|(kind, digest)| serde_json::json!({"mediaType": kind, "digest": digest, "size": 1}))
        .collect();
    let kind = media_type::OCI_INDEX;
    serde_json::to_vec(
        &serde_json::json!({"schemaVersion": 2, "mediaType": kind, "manifests": members}),
    )
    .unwrap()
}

#[tokio::test]
async fn a_tag_of_an_index_is_judged_by_the_kits_that_it_leads_to() {
    let stage = Stage::start("enforce", |_| {}).await;
    let kit = (media_type::OCI_MANIFEST, stage.kit.manifest.digest().to_string());
    let inner = index(&[kit]);
    let refused = stage.put("v1", media_type::OCI_INDEX, &inner).await;
    assert_eq!((refused.status, refused.error_code().as_str()), (403, "DENIED"));
    let text = message(&refused);
    assert!(
        text.contains("signed") && text.contains(&stage.kit.manifest.digest().to_string()),
        "{text}"
    );
    let by_digest = Digest::of(&inner).to_string();
    assert_eq!(stage.put(&by_digest, media_type::OCI_INDEX, &inner).await.status, 201);
    let outer = index(&[(media_type::OCI_INDEX, by_digest)]);
    assert_eq!(stage.put("v1", media_type::OCI_INDEX, &outer).await.status, 403, "however deep");
    let mut deep = outer;
    for _ in 0..6 {
        let digest = Digest::of(&deep).to_string();
        assert_eq!(stage.put(&digest, media_type::OCI_INDEX, &deep).await.status, 201);
        deep = index(&[(media_type::OCI_INDEX, digest)]);
    }
    let refused = stage.put("v1", media_type::OCI_INDEX, &deep).await;
    assert!(message(&refused).contains("leads to more than is judged"), "{}", message(&refused));
    assert!(!stage.has("v1").await);
    assert_eq!(stage.put("none", media_type::OCI_INDEX, &index(&[])).await.status, 201);
    let warns = Stage::start("warn", |_| {}).await;
    let taken = warns.put("v1", media_type::OCI_INDEX, &inner).await;
    assert_eq!(taken.status, 201);
    assert!(taken.header("warning").contains("signed"), "{}", taken.header("warning"));
}

#[tokio::test]
async fn what_has_the_parts_of_a_kit_is_judged_whatever_it_calls_itself() {
    let stage = Stage::start("enforce", |_| {}).await;
    let mut other = stage.kit.manifest.value().clone();
    other.artifact_type = Some("application/vnd.example.other".to_owned());
    other.config.media_type += "x";
    let other = serde_json::to_vec(&other).unwrap();
    let refused = stage.put("v1", media_type::OCI_MANIFEST, &other).await;
    assert_eq!(refused.status, 403);
    assert!(message(&refused).contains("could not be judged"), "{}", message(&refused));
}
