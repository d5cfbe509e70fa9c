//! Registries that lie, break or answer nonsense: no verb panics, hangs, says yes to what is not
//! there, or leaves half of something; and each error says which place, why and what next.

use std::time::{Duration, Instant};

use sealkit_oci::{Descriptor, Digest, Manifest, media_type};
use sealkit_ops::Place;
use sealkit_ops::transfer::{ReferrerPolicy, pull};
use sealkit_testkit::{Auth, FaultSet, Instead, TestRegistry};

use crate::common::{Stage, whole};
use crate::reading::{Said, VERBS, every, one};

/// How a registry goes wrong, by a kit's manifest.
type Lie = fn(&mut FaultSet, &Kit);

struct Kit {
    digest: Digest,
    bytes: Vec<u8>,
    manifest: Manifest,
}

/// What a registry gives for the manifest.
fn gives(faults: &mut FaultSet, media_type: &str, body: &[u8]) {
    faults.instead.push(Instead::bytes("/manifests/v1", media_type, body));
}

fn fails(faults: &mut FaultSet, path_end: &str, status: u16) {
    let (headers, body) = (vec![("content-type", "text/html".to_owned())], b"<html>".to_vec());
    faults.instead.push(Instead { path_end: path_end.to_owned(), status, headers, body });
}

/// Lies about the manifest: no verb can go on, so each gives this code, or where it is a judge could
/// not tell.
const OF_MANIFEST: &[(&str, Lie, &str)] = &[
    ("a page", |f, _| gives(f, "text/html", b"<html>hello</html>"), "document-malformed"),
    ("no JSON", |f, _| gives(f, media_type::OCI_MANIFEST, b"<html>"), "document-malformed"),
    ("nothing", |f, _| gives(f, media_type::OCI_MANIFEST, b""), "document-malformed"),
    ("null", |f, _| gives(f, media_type::OCI_MANIFEST, b"null"), "document-malformed"),
    ("no field", |f, _| gives(f, media_type::OCI_MANIFEST, b"{}"), "document-malformed"),
    (
        "deep",
        |f, _| gives(f, media_type::OCI_MANIFEST, "[".repeat(200_000).as_bytes()),
        "document-malformed",
    ),
    ("no UTF-8", |f, _| gives(f, media_type::OCI_MANIFEST, b"{\"a\xff\":1}"), "document-malformed"),
    ("an index", |f, _| gives(f, media_type::OCI_INDEX, b"{\"schemaVersion\":2}"), "not-a-kit"),
    ("gone", |f, _| fails(f, "/manifests/v1", 404), "kit-not-found"),
    ("forbidden", |f, _| fails(f, "/manifests/v1", 403), "registry-denied"),
    ("broken", |f, _| fails(f, "/manifests/v1", 500), "registry-refused"),
    ("a teapot", |f, _| fails(f, "/manifests/v1", 418), "registry-refused"),
    ("busy", |f, _| f.too_many_requests = 1000, "registry-busy"),
    ("down", |f, _| f.server_errors = 1000, "registry-refused"),
    (
        "closed",
        |f, _| f.auth = Auth::Basic { user: "a".to_owned(), password: "b".to_owned() },
        "unauthorized",
    ),
    ("wrong digest", |f, _| f.wrong_digest = true, "digest-mismatch"),
];

/// Lies about content that verbs which read content must find.
const OF_CONTENT: &[(&str, Lie)] = &[
    ("wrong bytes", |f, _| f.wrong_bytes = true),
    ("short bodies", |f, _| f.short_body = Some(3)),
    ("cut bodies", |f, _| f.drop_after = Some(3)),
    ("no config", |f, kit| fails(f, &kit.manifest.config.digest.to_string(), 404)),
    ("a broken config", |f, kit| fails(f, &kit.manifest.config.digest.to_string(), 500)),
    ("no layer", |f, kit| fails(f, &kit.manifest.layers()[1].digest.to_string(), 404)),
    ("a page for a layer", |f, kit| {
        let path = kit.manifest.layers()[1].digest.to_string();
        f.instead.push(Instead::bytes(path, "text/html", b"<html>"));
    }),
    ("another layer", |f, kit| {
        let path = kit.manifest.layers()[1].digest.to_string();
        f.instead.push(Instead::bytes(path, "application/octet-stream", &[0; 2048]));
    }),
];

/// Lies about what is attached: the kit itself is whole.
const OF_ATTACHED: &[(&str, Lie)] = &[
    ("no list", |f, _| f.no_referrers = true),
    ("a list without end", |f, _| f.endless_pages = true),
    ("a list that is a page", |f, kit| {
        let path = format!("/referrers/{}", kit.digest);
        f.instead.push(Instead::bytes(path, "text/html", b"<html>"));
    }),
    ("an empty list", |f, kit| listed(f, kit, &[])),
    ("a list of the kit itself", |f, kit| {
        let own = Descriptor::of(media_type::OCI_MANIFEST, &kit.bytes);
        listed(f, kit, &[own]);
    }),
    ("a list of what is not there", |f, kit| {
        let mut gone = Descriptor::of(media_type::OCI_MANIFEST, b"gone");
        gone.artifact_type = Some(media_type::SIGSTORE_BUNDLE.to_owned());
        listed(f, kit, &[gone]);
    }),
    ("a forbidden list", |f, kit| fails(f, &format!("/referrers/{}", kit.digest), 403)),
];

fn listed(faults: &mut FaultSet, kit: &Kit, referrers: &[Descriptor]) {
    let index = serde_json::json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": referrers,
    });
    let path = format!("/referrers/{}", kit.digest);
    let body = index.to_string();
    faults.instead.push(Instead::bytes(path, media_type::OCI_INDEX, body.as_bytes()));
}

async fn stage() -> (Stage, TestRegistry, Place, Kit) {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let place = stage.published(&registry).await;
    let store = stage.context.store().unwrap();
    let Place::Remote(name) = &place else { panic!() };
    let digest = store.resolve(name).unwrap().unwrap().descriptor.digest;
    let bytes = std::fs::read(store.blob_path(&digest)).unwrap();
    let manifest = serde_json::from_slice(&bytes).unwrap();
    (stage, registry, place, Kit { digest, bytes, manifest })
}

/// What the verbs say under a lie, each soon.
async fn under(
    stage: &Stage,
    registry: &TestRegistry,
    place: &Place,
    lie: Lie,
    kit: &Kit,
) -> Vec<Said> {
    registry.faults().set(|faults| lie(faults, kit));
    let start = Instant::now();
    let said = every(stage, place).await;
    registry.faults().clear();
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    assert_eq!(stage.beside(), ["project"], "nothing is left");
    said
}

/// What an error of a registry lacks: which registry or kit it is about, in one line.
fn is_not_told(
    lie: &str,
    verb: &str,
    said: &Said,
    registry: &TestRegistry,
    kit: &Kit,
) -> Option<String> {
    let Said::Error(code, text, _) = said else { return None };
    let digests = kit.manifest.layers().iter().map(|layer| layer.digest.to_string());
    let mut names: Vec<String> = digests.collect();
    names.extend([registry.host(), kit.digest.to_string(), kit.manifest.config.digest.to_string()]);
    let is_named = names.iter().any(|name| text.contains(name));
    let is_short = !text.contains('\n') && text.len() < 1000;
    (!is_named || !is_short).then(|| format!("{lie}, {verb}: {code}: {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_does_right_gives_every_verb_its_answer() {
    let (stage, _registry, place, _) = stage().await;
    for (verb, said) in VERBS.iter().zip(every(&stage, &place).await) {
        assert_eq!(said, Said::Yes, "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_is_none_is_told_by_every_verb_alike() {
    let (stage, registry, place, kit) = stage().await;
    let mut wrong = Vec::new();
    for (lie, change, code) in OF_MANIFEST {
        let all = under(&stage, &registry, &place, *change, &kit).await;
        for (verb, said) in VERBS.iter().zip(&all) {
            let is_right = match *verb {
                // Judges give a report in any case; what they could not read is never a yes.
                "verify" | "check" => *said != Said::Yes,
                _ => said.code() == *code,
            };
            if !is_right {
                wrong.push(format!("{lie}, {verb}: {said:?}"));
            }
            wrong.extend(is_not_told(lie, verb, said, &registry, &kit));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_is_not_what_it_is_called_is_never_used() {
    let (stage, registry, place, kit) = stage().await;
    let mut wrong = Vec::new();
    for (lie, change) in OF_CONTENT {
        let all = under(&stage, &registry, &place, *change, &kit).await;
        for (verb, said) in VERBS.iter().zip(&all) {
            // All that read whole layers.
            if matches!(*verb, "copy" | "unpack" | "verify" | "check") && *said == Said::Yes {
                wrong.push(format!("{lie}, {verb}: {said:?}"));
            }
            wrong.extend(is_not_told(lie, verb, said, &registry, &kit));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_that_is_kept_back_only_denies() {
    let (stage, registry, place, kit) = stage().await;
    let mut wrong = Vec::new();
    for (lie, change) in OF_ATTACHED {
        let all = under(&stage, &registry, &place, *change, &kit).await;
        for (verb, said) in VERBS.iter().zip(&all) {
            let is_right = match *verb {
                "verify" | "check" | "attest" | "download" => *said != Said::Yes,
                "inspect" | "info" => *said == Said::Yes,
                _ => true,
            };
            if !is_right {
                wrong.push(format!("{lie}, {verb}: {said:?}"));
            }
            wrong.extend(is_not_told(lie, verb, said, &registry, &kit));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lying_registry_gives_is_not_kept() {
    let (_stage, registry, place, kit) = stage().await;
    let Place::Remote(name) = &place else { panic!() };
    let lies = OF_MANIFEST.iter().map(|(lie, change, _)| (lie, change));
    for (lie, change) in lies.chain(OF_CONTENT.iter().map(|(lie, change)| (lie, change))) {
        let fresh = Stage::new();
        registry.faults().set(|faults| change(faults, &kit));
        let result = pull(&fresh.context, name, ReferrerPolicy::Try).await;
        registry.faults().clear();
        let text = whole(&result.expect_err(lie));
        assert!(fresh.context.store().unwrap().list().unwrap().is_empty(), "{lie}: {text}");
        // Without the lie the same store takes it, whatever was left of the attempt.
        pull(&fresh.context, name, ReferrerPolicy::Require).await.unwrap();
        assert_eq!(one(&fresh, &Place::Local(name.clone()), "verify").await, Said::Yes, "{lie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bytes_of_a_registry_and_of_the_store_have_each_their_own_remedy() {
    let (stage, registry, place, kit) = stage().await;
    registry.faults().set(|faults| faults.wrong_bytes = true);
    let remedy = |said: Said| match said {
        Said::Error("digest-mismatch", _, hint) => hint.unwrap(),
        other => panic!("{other:?}"),
    };
    let there = remedy(one(&stage, &place, "inspect").await);
    assert!(there.contains("do not trust") && !there.contains("fsck"), "{there}");
    let config = stage.blob(&kit.manifest.config.digest);
    let mut bytes = std::fs::read(&config).unwrap();
    bytes[0] ^= 1;
    crate::common::overwrite(&config, &bytes);
    let Place::Remote(name) = place else { panic!() };
    let here = remedy(one(&stage, &Place::Local(name), "inspect").await);
    assert!(here.contains("sealkit fsck"), "{here}");
}
