//! What is attached to a kit, taken away, swapped and added to: less of it is never a yes, and what is
//! about another kit, or by others, makes none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Manifest, Raw, Target, media_type};
use sealkit_ops::attest::{AttestationFilter, attestations, download};
use sealkit_ops::bom::{AttachRequest, attach_bom, download_bom, stored_boms};
use sealkit_ops::keys::{Signer as _, SigningIdentity};
use sealkit_ops::sign::{SignRequest, sign_kit};
use sealkit_ops::verify::{VerifyRequest, verify_kit};
use sealkit_ops::{Place, bom::aibom::Supplied};
use sealkit_report::{Outcome, Step};
use sealkit_store::{Repository, StoreError};
use sealkit_testkit::TestRegistry;

use crate::common::{Stage, key, local, reference, says};
use crate::reading::{Said, one};

/// Something attached: its manifest, and the one blob of it.
#[derive(Clone)]
pub(crate) struct Attached {
    manifest: Manifest,
    raw: Vec<u8>,
    pub(crate) blob: Vec<u8>,
}

/// What is attached to the kit, in the order of the kinds.
pub(crate) async fn attached(stage: &Stage, name: &str) -> Vec<Attached> {
    let store = stage.context.store().unwrap();
    let found = store.resolve(&reference(name)).unwrap().unwrap();
    let repository: Arc<dyn Repository> = Arc::new(store.repository(&found.repository));
    let mut all = Vec::new();
    for referrer in repository.referrers(&found.descriptor.digest, None).await.unwrap() {
        let stored = repository.manifest(&Target::Digest(referrer.digest)).await.unwrap().unwrap();
        let manifest: Manifest = serde_json::from_slice(&stored.bytes).unwrap();
        let blob = std::fs::read(stage.blob(&manifest.layers()[0].digest)).unwrap();
        all.push(Attached { manifest, raw: stored.bytes.to_vec(), blob });
    }
    all.sort_by_key(|one| {
        format!("{:?}{:?}", one.manifest.artifact_type, one.manifest.annotations)
    });
    all
}

pub(crate) async fn put(repository: &dyn Repository, bytes: &[u8]) {
    let blob = Descriptor::of("application/octet-stream", bytes);
    if repository.stat(&blob.digest).await.unwrap().is_none() {
        let mut upload = repository.write(&blob).await.unwrap();
        upload.append(Bytes::copy_from_slice(bytes)).await.unwrap();
        upload.finish().await.unwrap();
    }
}

/// What one of them is.
pub(crate) fn kind(one: &Attached) -> &'static str {
    let said = one.manifest.annotations.get(media_type::ANNOTATION_BUNDLE_PREDICATE);
    match said.map(String::as_str) {
        Some(kind) if kind.contains("cosign") => "signature",
        Some(kind) if kind.contains("/kit/") => "seal",
        Some(kind) if kind.contains("cyclonedx") => "bom",
        Some(kind) if kind.contains("model_signing") => "model",
        Some(kind) => panic!("{kind}"),
        None => "table",
    }
}

/// The same thing attached to the kit whose manifest is `subject`.
fn moved_to(one: &Attached, subject: &Descriptor) -> Attached {
    let manifest = Manifest { subject: Some(subject.clone()), ..one.manifest.clone() };
    let raw = Raw::build(media_type::OCI_MANIFEST, manifest.clone()).unwrap();
    Attached { manifest, raw: raw.bytes().to_vec(), blob: one.blob.clone() }
}

/// The kit of the local store in a repository of its own, with these things attached.
async fn published(stage: &Stage, registry: &TestRegistry, name: &str, with: &[Attached]) -> Place {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let repository = registry.repository(&format!("org/kit{number}"));
    let store = stage.context.store().unwrap();
    let digest = store.resolve(&reference(name)).unwrap().unwrap().descriptor.digest;
    let bytes = std::fs::read(stage.blob(&digest)).unwrap();
    let manifest: Manifest = serde_json::from_slice(&bytes).unwrap();
    for blob in manifest.layers().iter().chain([&manifest.config]) {
        put(&*repository, &std::fs::read(stage.blob(&blob.digest)).unwrap()).await;
    }
    put(&*repository, media_type::EMPTY_JSON).await;
    repository.put_manifest(media_type::OCI_MANIFEST, bytes.into(), Some("v1")).await.unwrap();
    for one in with {
        put(&*repository, &one.blob).await;
        let bytes = Bytes::from(one.raw.clone());
        let stored: Result<Descriptor, StoreError> =
            repository.put_manifest(media_type::OCI_MANIFEST, bytes, None).await;
        stored.unwrap();
    }
    Place::Remote(reference(&format!("{}/org/kit{number}:v1", registry.host())))
}

fn subject(stage: &Stage, name: &str) -> Descriptor {
    let store = stage.context.store().unwrap();
    store.resolve(&reference(name)).unwrap().unwrap().descriptor
}

#[tokio::test(flavor = "multi_thread")]
async fn only_all_of_the_evidence_is_a_yes() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    stage.sealed("small:v1").await;
    let all = attached(&stage, "small:v1").await;
    assert_eq!(all.len(), 5, "file table, signature, seal, AIBOM, model signature");
    for kept in 0..32_usize {
        let with: Vec<Attached> = all
            .iter()
            .enumerate()
            .filter(|(at, _)| kept & (1 << at) != 0)
            .map(|(_, one)| one.clone())
            .collect();
        let place = published(&stage, &registry, "small:v1", &with).await;
        let found = verify_kit(&stage.context, &place, &VerifyRequest::default()).await.unwrap();
        let uncoded = |step: &&Step| {
            matches!(step.outcome, Outcome::Fail | Outcome::Unknown) && step.codes.is_empty()
        };
        let uncoded: Vec<&Step> = found.report.steps.iter().filter(uncoded).collect();
        let said = one(&stage, &place, "verify").await;
        let checked = one(&stage, &place, "check").await;
        let kinds: Vec<&str> = with.iter().map(kind).collect();
        assert!(uncoded.is_empty(), "{kinds:?}: {uncoded:?}");
        // What is not there is not wrong.
        assert!(matches!(said, Said::Yes | Said::Unknown), "{kinds:?}: {said:?}");
        // Where the kit was sealed, the seal names the rest: nothing of it can be taken away unseen. One
        // that is only signed, as other tools do, is proven as far as that goes, and not enough for
        // the policy that comes with SealKit. A file table, which nobody signs, is nothing by itself.
        let all_there = kept == 31;
        let signed: Vec<&str> = kinds.iter().copied().filter(|kind| *kind != "table").collect();
        let only_signed = signed == ["signature"] || signed == ["model", "signature"];
        assert_eq!(said == Said::Yes, all_there || only_signed, "{kinds:?}: {said:?}");
        assert_eq!(checked == Said::Yes, all_there, "{kinds:?}: {checked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_of_another_kit_or_of_others_makes_no_yes() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    stage.sealed("small:v1").await;
    let good = attached(&stage, "small:v1").await;
    let kit = subject(&stage, "small:v1");
    // The same signer about another kit; a stranger about this one.
    stage.write("project/train.py", "print('other')\n");
    stage.seal("project", "other:v1").await.unwrap();
    let of_other: Vec<Attached> =
        attached(&stage, "other:v1").await.iter().map(|one| moved_to(one, &kit)).collect();
    let strange = Stage::distrusting();
    strange.project("project");
    let mut request = Stage::request(&strange.path("project"), "small:v1");
    request.key = key(2);
    sealkit_ops::seal::seal(&strange.context, request).await.unwrap();
    let of_stranger = attached(&strange, "small:v1").await;
    for (what, extra) in [("of another kit", &of_other), ("of a stranger", &of_stranger)] {
        // In the place of the right ones, each alone and all together.
        for at in 0..good.len() {
            let mut with = good.clone();
            with[at] = extra[at].clone();
            // The file table is the same whoever attaches it.
            if with[at].raw == good[at].raw {
                continue;
            }
            let place = published(&stage, &registry, "small:v1", &with).await;
            for verb in ["verify", "check"] {
                assert_ne!(one(&stage, &place, verb).await, Said::Yes, "{what}, {at}, {verb}");
            }
        }
        let place = published(&stage, &registry, "small:v1", extra).await;
        for verb in ["verify", "check"] {
            assert_ne!(one(&stage, &place, verb).await, Said::Yes, "only {what}, {verb}");
        }
    }
    // A stranger's word beside the right ones takes nothing away from them.
    let with: Vec<Attached> = good.iter().chain(&of_stranger).cloned().collect();
    let place = published(&stage, &registry, "small:v1", &with).await;
    assert_eq!(one(&stage, &place, "verify").await, Said::Yes);
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_with_a_changed_byte_are_no_evidence() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    stage.sealed("small:v1").await;
    let good = attached(&stage, "small:v1").await;
    for at in 0..good.len() {
        let length = good[at].blob.len();
        for place in [length / 7, length / 3, length / 2, length * 4 / 5] {
            let mut with = good.clone();
            let one_of = &mut with[at];
            one_of.blob[place] ^= 1;
            // With a right digest: only the signature can tell.
            let kind = one_of.manifest.layers()[0].media_type.clone();
            one_of.manifest.layers = Some(vec![Descriptor::of(kind, &one_of.blob)]);
            let raw = Raw::build(media_type::OCI_MANIFEST, one_of.manifest.clone()).unwrap();
            one_of.raw = raw.bytes().to_vec();
            let kit = published(&stage, &registry, "small:v1", &with).await;
            assert_ne!(one(&stage, &kit, "verify").await, Said::Yes, "{at}, byte {place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attestations_are_found_by_kind_and_digest_and_one_is_one() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    let place = local("small:v1");
    let all = attestations(&stage.context, &place, &AttestationFilter::default()).await.unwrap();
    assert_eq!(all.found.len(), 4);
    assert!(all.found.iter().all(|one| one.verified && one.signer.as_deref() == Some("ada")));
    for known in &all.found {
        let by = |digest: &Digest| AttestationFilter {
            digest: Some(digest.clone()),
            ..AttestationFilter::default()
        };
        let found = download(&stage.context, &place, &by(&known.bundle)).await.unwrap();
        assert_eq!(found.bytes, known.bytes);
        assert_eq!(Digest::of(&found.bytes), known.bundle);
        let statement = known.statement.as_ref().unwrap();
        assert_eq!(
            download(&stage.context, &place, &by(statement)).await.unwrap().bundle,
            known.bundle
        );
    }
    let kind = |kind: &str| AttestationFilter {
        kind: Some(kind.to_owned()),
        ..AttestationFilter::default()
    };
    let boms = attestations(&stage.context, &place, &kind("cyclonedx")).await.unwrap();
    assert_eq!(boms.found.len(), 1);
    let none = download(&stage.context, &place, &kind("https://nobody.example/said/v1")).await;
    says(none, "no-attestation", &["small:v1"], "sealkit attest list small:v1");
    let many = download(&stage.context, &place, &AttestationFilter::default()).await;
    says(many, "attestation-ambiguous", &["4 attestations"], "--digest");
    let odd = download(&stage.context, &place, &kind("no such kind")).await;
    says(odd, "predicate-type-unknown", &["no such kind"], "");
    // To whoever trusts nobody each is shown with the key that claims it, and none is verified.
    let other = Stage::distrusting();
    let home = stage.context.home.clone().with_trust(other.path("nobody.json"));
    let context = sealkit_ops::Context { home, ..stage.context.clone() };
    let found = attestations(&context, &place, &AttestationFilter::default()).await.unwrap().found;
    assert!(found.iter().all(|one| !one.verified && one.signer.is_none() && !one.failed));
    let print = key(1).public_key().fingerprint();
    assert!(found.iter().all(|one| one.claimed.as_ref() == Some(&print)), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aibom_is_attached_to_the_kit_that_it_is_about_and_to_no_other() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    let sealed = download_bom(&stage.context, &local("small:v1")).await.unwrap();
    assert!(sealed.proof.is_some());
    stage.write("project/train.py", "print('other')\n");
    stage.seal("project", "other:v1").await.unwrap();
    let attach = |name: &str, document: Option<Vec<u8>>, signs: bool| {
        let request = AttachRequest {
            place: local(name),
            document,
            supplied: Supplied::default(),
            key: signs.then(|| key(1)),
        };
        let context = stage.context.clone();
        async move { attach_bom(&context, request).await }
    };
    let swapped = attach("other:v1", Some(sealed.document.clone()), true).await;
    says(swapped, "bom-of-another", &["another thing"], "sealkit bom other:v1");
    for bad in [&b""[..], b"{}", b"[]", b"{\"bomFormat\":\"CycloneDX\"}", b"\xff"] {
        assert!(attach("small:v1", Some(bad.to_vec()), false).await.is_err(), "{bad:?}");
    }
    let nowhere = AttachRequest {
        place: Place::Remote(reference("127.0.0.1:1/a:v1")),
        document: None,
        supplied: Supplied::default(),
        key: None,
    };
    says(attach_bom(&stage.context, nowhere).await, "not-local", &["127.0.0.1:1/a:v1"], "pull it");
    // One that nobody signed is there too, and the signed one comes first.
    let made = attach("small:v1", None, false).await.unwrap();
    assert!(!made.signed);
    let (all, more) = stored_boms(&stage.context, &local("small:v1"), None).await.unwrap();
    assert!(!more && all.len() == 2, "{all:?}");
    let again = download_bom(&stage.context, &local("small:v1")).await.unwrap();
    assert_eq!(again.document, sealed.document);
    stage.write("bare/README.md", "# x\n");
    stage.write("bare/Kitfile", "manifestVersion: 1.0.0\ndocs: [{path: README.md}]\n");
    let bare = sealkit_ops::pack::PackRequest {
        dir: stage.path("bare"),
        kitfile: sealkit_ops::pack::KitfileSource::Folder,
        name: Some(reference("bare:v1")),
        options: sealkit_ops::pack::PackOptions::default(),
        symlinks: sealkit_ops::pack::Symlinks::Follow,
        stamp: sealkit_ops::pack::Stamp::default(),
    };
    sealkit_ops::pack::pack(&stage.context, &bare).unwrap();
    let none = download_bom(&stage.context, &local("bare:v1")).await.map(drop);
    says(none, "no-bom", &["bare:v1"], "sealkit bom bare:v1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signer_adds_and_does_not_replace() {
    let stage = Stage::new();
    let digest = stage.sealed("small:v1").await;
    let identity = SigningIdentity::of_key(key(2));
    let request = SignRequest { place: local("small:v1"), identity, created: None };
    let signed = sign_kit(&stage.context, request).await.unwrap();
    assert_eq!((signed.digest, signed.key), (digest, key(2).public_key().fingerprint()));
    // Signature, seal, AIBOM and model signature of each, over one file table.
    assert_eq!(attached(&stage, "small:v1").await.len(), 9);
    assert_eq!(one(&stage, &local("small:v1"), "verify").await, Said::Yes);
}
