//! Model signatures under attack: lists of other kits, tables that lie, pieces of files, old formats.
#![allow(clippy::unwrap_used, reason = "a test that can not set its stage must fail at once")]

#[path = "common/local.rs"]
mod local;

use std::fs;
use std::path::{Path, PathBuf};

use local::{Stage, parse};
use sealkit_attest::oms::TreeManifest;
use sealkit_attest::{Bundle, HintStyle, Legacy, PrivateKey, PublicKey, Signer as _, Statement};
use sealkit_oci::{Digest, media_type};
use sealkit_ops::Place;
use sealkit_ops::keys::SigningIdentity;
use sealkit_ops::model::{GitPaths, ModelVerifyRequest, verify_model};
use sealkit_ops::sign::{SignRequest, SignedKit, sign_kit};
use sealkit_ops::trust::{Role, Trusted, TrustedAuthority, TrustedKey};
use sealkit_ops::verify::{Verification, VerifyRequest, verify_kit};
use sealkit_report::{Outcome, Verdict};
use sealkit_testkit::KitBuilder;

fn key() -> PrivateKey {
    let mut seed = 0;
    PrivateKey::generate(&mut |out| {
        seed += 1;
        out.fill(seed);
    })
    .unwrap()
}

fn trusting(key: PublicKey) -> Trusted {
    let keys = vec![TrustedKey::new(key, "ada", Role::Signer)];
    Trusted { keys, ..Trusted::default() }
}

async fn sign(stage: &Stage, name: &str) -> SignedKit {
    let place = Place::Local(parse(name));
    let identity = SigningIdentity::of_key(key());
    sign_kit(&stage.context, SignRequest { place, identity, created: None }).await.unwrap()
}

async fn verify(stage: &Stage, name: &str) -> Verification {
    let place = Place::Local(parse(name));
    let trusted = trusting(key().public_key());
    let request = VerifyRequest { trusted, ..VerifyRequest::default() };
    verify_kit(&stage.context, &place, &request).await.unwrap()
}

fn step<'a>(found: &'a Verification, id: &str) -> &'a sealkit_report::Step {
    found.report.steps.iter().find(|step| step.id == id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_anybody_attached_is_not_what_gets_signed() {
    let (honest, lied_to) = (Stage::new(), Stage::new());
    honest.kit("localhost/a", "v1", "weights").await;
    let mut kit = lied_to.kit("localhost/a", "v1", "weights").await;
    kit.table.layers[0].files.last_mut().unwrap().digest = Some(Digest::of(b"evil"));
    kit.store_table(&*lied_to.repository("localhost/a")).await;
    let signed = sign(&lied_to, "a:v1").await;
    assert_eq!(signed.root, sign(&honest, "a:v1").await.root);
    let found = verify(&lied_to, "a:v1").await;
    assert_eq!(step(&found, "model-signing").outcome, Outcome::Pass, "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_another_kit_is_not_this_ones() {
    let stage = Stage::new();
    stage.kit("localhost/a", "v1", "one").await;
    let other = stage.kit("localhost/b", "v1", "two").await;
    sign(&stage, "b:v1").await;
    let files = [("m.bin".to_owned(), Digest::of(b"one"))];
    let list = TreeManifest::new("a", files, sealkit_attest::oms::Ignores::default()).unwrap();
    let bundle = Bundle::sign(&list.statement().unwrap(), &key(), HintStyle::ModelSigning).unwrap();
    let repository = stage.repository("localhost/b");
    other.attach(&*repository, media_type::SIGSTORE_BUNDLE, bundle.bytes()).await;
    let found = verify(&stage, "b:v1").await;
    let step = step(&found, "model-signing");
    assert_eq!(step.outcome, Outcome::Fail, "{step:?}");
    assert!(step.reason.contains("`m.bin` was changed"), "{step:?}");
    assert_eq!(found.report.verdict(), Verdict::No);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_layers_that_disagree_about_a_file_are_not_signed() {
    let stage = Stage::new();
    let part = |text: &'static [u8]| -> [(&'static str, &'static [u8]); 1] { [("x/f", text)] };
    KitBuilder::new("kit")
        .part("dataset", "x", &part(b"1"))
        .part("code", "x", &part(b"2"))
        .store(&*stage.repository("localhost/a"), "v1")
        .await;
    let identity = SigningIdentity::of_key(key());
    let place = Place::Local(parse("a:v1"));
    let request = SignRequest { place, identity, created: None };
    let error = sign_kit(&stage.context, request).await.unwrap_err();
    assert_eq!(sealkit_report::Hint::code(&error), "manifest-invalid");
}

async fn model(
    stage: &Stage,
    model: &Path,
    signature: &Path,
    trusted: Trusted,
    legacy: Legacy,
) -> Verification {
    let request = ModelVerifyRequest {
        model: model.to_owned(),
        signature: signature.to_owned(),
        trusted,
        ignore: vec!["ignore-me".to_owned()],
        git: GitPaths::Ignore,
        unsigned_ok: false,
        legacy,
    };
    verify_model(&stage.context, request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_of_files_count_only_where_they_are_asked_for_and_only_whole() {
    let stage = Stage::new();
    let dir = tempfile::tempdir().unwrap();
    let (folder, signature) = (dir.path().join("m"), dir.path().join("m.sig"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("w"), b"0123456789abc").unwrap();
    let pieces = [("w:0:10", &b"0123456789"[..]), ("w:10:13", b"abc")];
    let raw: Vec<u8> = pieces.iter().flat_map(|(_, text)| Digest::of(text).raw()).collect();
    let resource = |(name, text): &(&str, &[u8])| {
        let digest = Digest::of(text);
        format!(r#"{{"name":"{name}","algorithm":"sha256","digest":"{}"}}"#, digest.hex())
    };
    let text = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"m","digest":{{"sha256":"{}"}}}}],"predicateType":"https://model_signing/signature/v1.0","predicate":{{"serialization":{{"method":"shards","hash_type":"sha256","allow_symlinks":false,"shard_size":10}},"resources":[{}]}}}}"#,
        Digest::of(&raw).hex(),
        pieces.iter().map(resource).collect::<Vec<_>>().join(",")
    );
    let statement = Statement::parse(text.into_bytes()).unwrap();
    let bundle = Bundle::sign(&statement, &key(), HintStyle::ModelSigning).unwrap();
    fs::write(&signature, bundle.bytes()).unwrap();
    let trust = || trusting(key().public_key());
    let allowed = Legacy { shards: true, ..Legacy::default() };
    let found = model(&stage, &folder, &signature, trust(), Legacy::default()).await;
    assert_eq!(found.report.verdict(), Verdict::Unknown);
    assert!(step(&found, "model-manifest").reason.contains("--insecure-allow-shards"));
    let found = model(&stage, &folder, &signature, trust(), allowed).await;
    assert_eq!(found.report.verdict(), Verdict::Yes, "{found:?}");
    let mut revoker = trust();
    revoker.keys[0].role = "revoker".parse().unwrap();
    let found = model(&stage, &folder, &signature, revoker, allowed).await;
    assert_eq!(found.report.verdict(), Verdict::Unknown, "{found:?}");
    assert!(step(&found, "signer-role").reason.contains("vouches for no kit"), "{found:?}");
    assert!(found.signed_by.is_empty(), "{found:?}");
    for changed in [&b"0123456789abX"[..], b"0123456789ab", b"0123456789abcd", b""] {
        fs::write(folder.join("w"), changed).unwrap();
        let found = model(&stage, &folder, &signature, trust(), allowed).await;
        assert_eq!(step(&found, "digest-mismatch").subjects, ["w"], "{changed:?}");
        assert_eq!(found.report.verdict(), Verdict::No);
    }
    fs::remove_file(folder.join("w")).unwrap();
    let found = model(&stage, &folder, &signature, trust(), allowed).await;
    assert_eq!(step(&found, "missing").subjects, ["w"]);
}

fn historical() -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("SEALKIT_TESTDATA")?).join("oms/historical"))
}

#[tokio::test(flavor = "multi_thread")]
async fn models_of_every_age_verify_as_folders_and_as_single_files() {
    let Some(root) = historical() else { return };
    let read = |name: &str| fs::read_to_string(root.join("keys/certificate").join(name)).unwrap();
    let public = read("signing-key-pub.pem");
    let at = public.find("-----BEGIN").unwrap();
    let mut trust = trusting(public[at..].parse().unwrap());
    trust.authorities.push(TrustedAuthority {
        name: "root".to_owned(),
        role: Role::Signer,
        certificate: read("ca-cert.pem"),
        subjects: Vec::new(),
        valid_from: None,
        valid_until: None,
    });
    let mut stage = Stage::new();
    stage.context.clock = || 1_790_000_000;
    let old = Legacy { format: true, ca_signer: true, shards: false };
    for (name, file, legacy) in [
        ("v0.3.1-elliptic-key", "signme-1", Legacy::default()),
        ("v1.0.0-elliptic-key", "signme-1", Legacy::default()),
        ("v1.0.1-elliptic-key", "", Legacy::default()),
        ("v1.1.0-elliptic-key", "", Legacy::default()),
        ("v0.2.0-certificate", "", old),
        ("v1.0.0-certificate", "", old),
        ("v1.1.0-certificate", "", old),
    ] {
        let (folder, signature) = (root.join(name), root.join(name).join("model.sig"));
        let what = if file.is_empty() { folder } else { folder.join(file) };
        let found = model(&stage, &what, &signature, trust.clone(), legacy).await;
        assert_eq!(found.report.verdict(), Verdict::Yes, "{name}: {:?}", found.report);
        if legacy != Legacy::default() {
            let strict = model(&stage, &what, &signature, trust.clone(), Legacy::default()).await;
            assert_ne!(strict.report.verdict(), Verdict::Yes, "{name}");
        }
    }
}
