//! The transparency log of a running hub, as clients see it.

use std::sync::Arc;

use crate::common::TestHub;
use sealkit_attest::log::{
    Checkpoint, HashedRekord, LogAct, LogLeaf, NoteKey, NoteSigner, decode_entries, leaf_hash,
    verify_inclusion,
};
use sealkit_attest::{
    Bundle, Content, CosignSign, HintStyle, PrivateKey, Signer as _, Statement, Subject, base64,
};
use sealkit_hub::log::{Known, Log, LoggedNames, MemoryLog};
use sealkit_oci::{Digest, media_type};
use sealkit_store::{Memory, Namespace, RefStore as _};
use sealkit_testkit::{Kit, KitBuilder, Reply};
use serde_json::Value;

fn open() -> (Arc<Log>, Known) {
    let signer = NoteSigner::from_seed("hub.example", &[7; 32]).unwrap();
    let (log, known) = Log::open(Arc::new(MemoryLog::default()), signer).unwrap();
    (Arc::new(log), known)
}

async fn start(memory: Arc<dyn Namespace>) -> TestHub {
    let (log, known) = open();
    let names = Arc::new(LoggedNames::new(memory, Arc::clone(&log)));
    names.reconcile(known).await.unwrap();
    TestHub::over(names, |options| options.log = Some(log)).await
}

/// A kit whose blobs are there already.
async fn kit(memory: &Memory, name: &str, content: &str) -> Kit {
    let built = KitBuilder::small(content).build();
    built.store(&memory.repository(name), None).await;
    built
}

async fn put(hub: &TestHub, name: &str, reference: &str, kit: &Kit) -> Reply {
    let path = format!("/v2/{name}/manifests/{reference}");
    let kind = [("Content-Type", media_type::OCI_MANIFEST)];
    hub.client.send("PUT", &path, &kind, kit.manifest.bytes()).await
}

async fn checkpoint(hub: &TestHub) -> Checkpoint {
    let reply = hub.client.get("/log/checkpoint").await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-cache"));
    let info = hub.client.get("/api/v1/log").await.json();
    let key: NoteKey = info["key"].as_str().unwrap().parse().unwrap();
    let checkpoint = Checkpoint::parse(std::str::from_utf8(&reply.body).unwrap()).unwrap();
    checkpoint.verify(&key).unwrap();
    assert_eq!(info["origin"], "hub.example");
    checkpoint
}

/// All entries, by way of their bundle.
async fn leaves(hub: &TestHub) -> Vec<LogLeaf> {
    let size = checkpoint(hub).await.size() as u16;
    if size == 0 {
        return Vec::new();
    }
    let reply = hub.client.get(&format!("/log/tile/entries/000.p/{size}")).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("cache-control").contains("immutable"));
    let entries = decode_entries(&reply.body, size).unwrap();
    entries.into_iter().map(|entry| LogLeaf::parse(entry).unwrap()).collect()
}

fn names(leaves: &[LogLeaf]) -> Vec<&'static str> {
    leaves.iter().map(|leaf| leaf.act.name()).collect()
}

/// Verifies every proof of an answer; the acts.
fn proven(answer: &Value, proofs: &[&Value]) -> Vec<LogAct> {
    let checkpoint = Checkpoint::parse(answer["checkpoint"].as_str().unwrap()).unwrap();
    let act = |proof: &&Value| {
        let entry = base64::decode(proof["entry"].as_str().unwrap(), "entry").unwrap();
        let hashes = proof["hashes"].as_array().unwrap().iter().map(|hash| {
            base64::decode(hash.as_str().unwrap(), "hash").unwrap().try_into().unwrap()
        });
        let (index, hashes) = (proof["index"].as_u64().unwrap(), hashes.collect::<Vec<_>>());
        let (leaf, size) = (leaf_hash(&entry), checkpoint.size());
        verify_inclusion(&leaf, index, size, &hashes, checkpoint.root()).unwrap();
        LogLeaf::parse(&entry).unwrap().act
    };
    proofs.iter().map(act).collect()
}

#[tokio::test]
async fn every_act_is_in_the_log_before_it_is_acknowledged() {
    let memory = Arc::new(Memory::new());
    let (a, b) = (kit(&memory, "org/a", "a").await, kit(&memory, "org/a", "b").await);
    let hub = start(memory).await;
    assert!(leaves(&hub).await.is_empty());
    let reply = put(&hub, "org/a", "v1", &a).await;
    assert_eq!((reply.status, reply.header("sealkit-log-index")), (201, "0, 1"));
    let again = put(&hub, "org/a", "v1", &a).await;
    assert_eq!(again.header("sealkit-log-index"), "0, 1");
    assert_eq!(put(&hub, "org/a", "v1", &b).await.header("sealkit-log-index"), "2, 3");
    let by_digest = put(&hub, "org/a", &b.manifest.digest().to_string(), &b).await;
    assert_eq!(by_digest.header("sealkit-log-index"), "2");
    put(&hub, "org/a", "v2", &b).await;
    let gone = hub.client.call("DELETE", "/v2/org/a/manifests/v1").await;
    assert_eq!((gone.status, gone.header("sealkit-log-index")), (202, "5"));
    let path = format!("/v2/org/a/manifests/{}", b.manifest.digest());
    assert_eq!(hub.client.call("DELETE", &path).await.header("sealkit-log-index"), "6, 7");
    // What is refused, and what is read, is no act.
    assert_eq!(hub.client.call("DELETE", &path).await.status, 404);
    assert_eq!(hub.client.get("/v2/org/a/tags/list").await.header("sealkit-log-index"), "");
    let leaves = leaves(&hub).await;
    assert_eq!(names(&leaves), ["push", "tag", "push", "tag", "tag", "untag", "untag", "delete"]);
    assert!(leaves.iter().all(|leaf| leaf.repository == "org/a" && leaf.actor == "anonymous"));
    let (old, digest) = (Some(a.manifest.digest().clone()), b.manifest.digest().clone());
    let moved = LogAct::Tag { tag: "v1".into(), digest, old, previous: Some(1) };
    assert_eq!(leaves[3].act, moved);
}

#[tokio::test]
async fn a_proof_and_a_history_can_be_verified_and_are_whole() {
    let memory = Arc::new(Memory::new());
    let kits = [kit(&memory, "m", "a").await, kit(&memory, "m", "b").await];
    let hub = start(memory).await;
    for round in 0..4 {
        put(&hub, "m", "latest", &kits[round % 2]).await;
    }
    hub.client.call("DELETE", "/v2/m/manifests/latest").await;
    let digest = kits[0].manifest.digest();
    let answer = hub.client.get(&format!("/api/v1/log/proof?digest={digest}")).await.json();
    let proofs: Vec<&Value> = answer["proofs"].as_array().unwrap().iter().collect();
    let acts = proven(&answer, &proofs);
    assert!(acts.iter().all(|act| act.digests().any(|found| found == digest)), "{acts:?}");
    assert!(matches!(acts.last(), Some(LogAct::Push { .. })));
    let one = hub.client.get("/api/v1/log/proof?index=0").await.json();
    assert_eq!(one["proofs"][0], *proofs[proofs.len() - 1]);
    let history = hub.client.get("/api/v1/kits/m/tags/latest/history").await.json();
    let changes = history["changes"].as_array().unwrap();
    proven(&history, &changes.iter().map(|change| &change["proof"]).collect::<Vec<_>>());
    assert_eq!(changes.len(), 5);
    assert_eq!(changes[0].get("digest"), None);
    for (newer, older) in changes.iter().zip(&changes[1..]) {
        // The links leave no room for an entry that is not shown.
        assert_eq!(newer["previous"], older["proof"]["index"]);
        assert_eq!(newer["old"], older["digest"]);
    }
    assert_eq!(changes[4].get("previous"), None);
    let since = changes[2]["proof"]["index"].as_u64().unwrap();
    let rest = format!("/api/v1/kits/m/tags/latest/history?before={since}");
    assert_eq!(hub.client.get(&rest).await.json()["changes"].as_array().unwrap().len(), 2);
    for (path, status) in [
        ("/api/v1/log/proof", 400),
        ("/api/v1/log/proof?digest=x", 400),
        ("/api/v1/log/proof?index=99", 404),
        (&format!("/api/v1/log/proof?digest={}", Digest::of(b"never")), 404),
        (&format!("/api/v1/log/proof?digest={digest}&index=0"), 400),
        ("/api/v1/kits/m/tags/none/history", 404),
        ("/api/v1/kits/..%2Fm/tags/latest/history", 404),
        ("/api/v1/kits/m/tags/latest/history?before=x", 400),
        ("/log/tile/0/000", 404),
        ("/log/tile/0/000.p/200", 404),
        ("/log/tile/entries/../../key", 404),
        ("/log/tile/%2e%2e/key", 404),
        ("/log/key", 404),
        ("/log/open", 404),
    ] {
        assert_eq!(hub.client.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn what_was_done_without_the_hub_is_logged_when_it_starts() {
    let memory = Arc::new(Memory::new());
    let (a, b) = (kit(&memory, "m", "a").await, kit(&memory, "m", "b").await);
    let (log, known) = open();
    let names = LoggedNames::new(memory.clone(), Arc::clone(&log));
    names.reconcile(known).await.unwrap();
    let tag = |name: &'static str, kit: &Kit| {
        let (memory, kind, bytes) =
            (memory.clone(), media_type::OCI_MANIFEST, kit.manifest.bytes().to_vec());
        async move {
            memory.repository("m").put_manifest(kind, bytes.into(), Some(name)).await.unwrap();
        }
    };
    tag("v1", &a).await;
    tag("gone", &a).await;
    let digest = |kit: &Kit| kit.manifest.digest().clone();
    let known = |entries: &[(&str, &Kit)]| {
        entries
            .iter()
            .map(|(tag, kit)| (("m".to_owned(), (*tag).to_owned()), digest(kit)))
            .collect::<Known>()
    };
    names.reconcile(Known::new()).await.unwrap();
    memory.repository("m").delete_manifest(&sealkit_oci::Target::Tag("gone".into())).await.unwrap();
    tag("v1", &b).await;
    names.reconcile(known(&[("v1", &a), ("gone", &a)])).await.unwrap();
    // A start after which everything is as the log says adds nothing.
    let before = log.checkpoint();
    names.reconcile(known(&[("v1", &b)])).await.unwrap();
    assert_eq!(log.checkpoint(), before);
    let numbers: Vec<u64> = (0..Checkpoint::parse(&before).unwrap().size()).collect();
    let (_, proofs) = log.prove(&numbers).unwrap();
    let leaves: Vec<_> = proofs.iter().map(|proof| LogLeaf::parse(&proof.entry).unwrap()).collect();
    assert_eq!(names_of(&leaves), ["push", "tag", "tag", "push", "tag", "untag"]);
    assert!(leaves.iter().all(|leaf| leaf.actor == "hub"));
}

fn names_of(leaves: &[LogLeaf]) -> Vec<&'static str> {
    names(leaves)
}

#[tokio::test]
async fn an_attestation_is_logged_as_one() {
    let memory = Arc::new(Memory::new());
    let kit = kit(&memory, "m", "a").await;
    let hub = start(memory).await;
    put(&hub, "m", "v1", &kit).await;
    let repository = hub.repository("m");
    kit.attach(repository.as_ref(), media_type::SIGSTORE_BUNDLE, b"{}").await;
    kit.attach(repository.as_ref(), "application/x", b"{}").await;
    let leaves = leaves(&hub).await;
    assert_eq!(names(&leaves), ["push", "tag", "attest", "push"]);
    let LogAct::Attest { subject, .. } = &leaves[2].act else { panic!() };
    assert_eq!(subject, kit.manifest.digest());
}

/// A signed statement, and the entry about it.
fn signed(key: &PrivateKey, about: &Digest) -> (Bundle, HashedRekord) {
    let statement = Statement::new(vec![Subject::of(about)], &CosignSign {}).unwrap();
    let bundle = Bundle::sign(&statement, key, HintStyle::Cosign).unwrap();
    let Content::Dsse(envelope) = bundle.content() else { panic!() };
    let digest = Digest::of(&envelope.signed_bytes());
    let rekord = HashedRekord::new(digest, &envelope.signature, key.public_key()).unwrap();
    (bundle, rekord)
}

async fn add(hub: &TestHub, request: &[u8]) -> Reply {
    let kind = [("Content-Type", "application/json")];
    hub.client.send("POST", "/log/api/v2/log/entries", &kind, request).await
}

#[tokio::test]
async fn a_signature_is_logged_once_and_only_if_it_holds() {
    let hub = start(Arc::new(Memory::new())).await;
    let mut byte = 0x20;
    let key = PrivateKey::generate(&mut |bytes| {
        byte += 1;
        bytes.fill(byte);
    })
    .unwrap();
    let (_, rekord) = signed(&key, &Digest::of(b"kit"));
    let request = rekord.request().to_string();
    let first = add(&hub, request.as_bytes()).await;
    assert_eq!(first.status, 201, "{}", String::from_utf8_lossy(&first.body));
    assert_eq!(first.json()["logIndex"], "0");
    assert_eq!(add(&hub, request.as_bytes()).await.json()["logIndex"], "0");
    let path = format!("/api/v1/log/proof?digest={}", rekord.digest());
    assert_eq!(hub.client.get(&path).await.json()["proofs"][0]["index"], 0);
    let content = base64::encode(&[0x30, 6, 2, 1, 1, 2, 1, 1]);
    let mut forged = rekord.request();
    forged["hashedRekordRequestV002"]["signature"]["content"] = content.into();
    for bad in [forged.to_string().into_bytes(), b"{}".to_vec(), vec![b'['; 70_000], Vec::new()] {
        assert_eq!(add(&hub, &bad).await.status, 400);
    }
    assert_eq!(checkpoint(&hub).await.size(), 1);
}

/// The whole way: signed, logged by a hub that runs, verified by cosign with the hub's trusted root.
#[tokio::test]
async fn cosign_verifies_a_bundle_that_the_hub_logged() {
    let Some(cosign) = std::env::var_os("SEALKIT_COSIGN") else {
        println!("skipped: no SEALKIT_COSIGN");
        return;
    };
    let memory = Arc::new(Memory::new());
    let kit = kit(&memory, "m", "a").await;
    let hub = start(memory).await;
    put(&hub, "m", "v1", &kit).await;
    let mut byte = 0x20;
    let key = PrivateKey::generate(&mut |bytes| {
        byte += 1;
        bytes.fill(byte);
    })
    .unwrap();
    let (bundle, rekord) = signed(&key, kit.manifest.digest());
    let entry = add(&hub, rekord.request().to_string().as_bytes()).await.json();
    let logged = bundle.clone().with_log_entry(entry).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let root = write("root.json", &hub.client.get("/log/trusted_root.json").await.body);
    let public = write("key.pub", key.public_key().to_pem().as_bytes());
    let blob = write("manifest.json", kit.manifest.bytes());
    let verify = |bundle: &Bundle, root: &std::path::Path| {
        let bundle = write("bundle.json", bundle.bytes());
        let mut command = std::process::Command::new(&cosign);
        command.args(["verify-blob-attestation", "--type", "https://sigstore.dev/cosign/sign/v1"]);
        command.arg("--key").arg(&public).arg("--trusted-root").arg(root);
        command.arg("--bundle").arg(bundle).arg(&blob).env("HOME", dir.path());
        let output = command.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (accepted, said) = verify(&logged, &root);
    assert!(accepted, "{said}");
    // It is the log that cosign looks at: without the entry, or with the root of another log, no.
    assert!(!verify(&bundle, &root).0);
    let other = NoteSigner::from_seed("hub.example", &[8; 32]).unwrap();
    let other = sealkit_attest::log::trusted_root(other.public(), "2020-01-01T00:00:00Z");
    let other = write("other.json", other.to_string().as_bytes());
    assert!(!verify(&logged, &other).0);
}
