//! What a hub's log says, and the key that signs it.

use proptest::prelude::*;
use sealkit_attest::log::{
    Checkpoint, HashedRekord, LogAct, LogLeaf, LogOutcome, Node, NoteKey, NoteSigner, empty_root,
    leaf_hash, node_hash, prove_inclusion, transparency_entry, trusted_root,
};
use sealkit_attest::{
    Bundle, Content, PrivateKey, Signer as _, SigstoreInstance, SigstoreRoot, TrustedLog, Verifier,
};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;
use serde_json::Value;

use crate::common::{NOW, bundle, key, kit, testdata, trusting};

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn leaf(act: LogAct) -> LogLeaf {
    let (actor, repository) = ("ana".to_owned(), "org/model".to_owned());
    LogLeaf { actor, time: 1_800_000_000, repository, act }
}

fn acts() -> Vec<LogAct> {
    let (a, b) = (digest("a"), digest("b"));
    let tag = || "v1".to_owned();
    vec![
        LogAct::Push {
            digest: a.clone(),
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
        },
        LogAct::Tag { tag: tag(), digest: b.clone(), old: None, previous: None },
        LogAct::Tag { tag: tag(), digest: b.clone(), old: Some(a.clone()), previous: Some(7) },
        LogAct::Untag { tag: tag(), old: b.clone(), previous: Some(8) },
        LogAct::Delete { digest: a.clone() },
        LogAct::Attest {
            digest: a.clone(),
            subject: b.clone(),
            predicate_type: Some("https://x.example/\"é\u{1}".into()),
        },
        LogAct::Attest { digest: a.clone(), subject: b.clone(), predicate_type: None },
        LogAct::Verdict { digest: a.clone(), policy: b.clone(), outcome: LogOutcome::Deny },
        LogAct::Quarantine { digest: a.clone() },
        LogAct::QuarantineLifted { digest: a.clone() },
        LogAct::Advisory { digest: a, subject: b },
    ]
}

#[test]
fn an_entry_has_one_form() {
    let tag = leaf(LogAct::Tag {
        tag: "v1".into(),
        digest: digest("b"),
        old: Some(digest("a")),
        previous: Some(7),
    });
    let golden = format!(
        r#"{{"actor":"ana","digest":"{}","old":"{}","previous":7,"repository":"org/model","schemaVersion":1,"tag":"v1","time":"2027-01-15T08:00:00Z","type":"tag"}}"#,
        digest("b"),
        digest("a")
    );
    assert_eq!(String::from_utf8(tag.encode().unwrap()).unwrap(), golden);
    for act in acts() {
        let leaf = leaf(act);
        let bytes = leaf.encode().unwrap();
        assert_eq!(LogLeaf::parse(&bytes).unwrap(), leaf);
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!(value["type"], leaf.act.name());
        // Another order, blanks, a missing, a foreign and an unknown field are other entries.
        let text = String::from_utf8(bytes).unwrap();
        let more = |field: &str| text.replacen('{', &format!("{{{field},"), 1);
        for bad in [
            format!("{text} "),
            text.replacen(':', ": ", 1),
            text.replacen("\"actor\":\"ana\",", "", 1),
            text.replacen("T08:00:00Z", "T08:00:00.0Z", 1),
            text.replacen("\"schemaVersion\":1", "\"schemaVersion\":2", 1),
            text.replacen("\"ana\"", "\"\\u0061na\"", 1),
            more("\"zzz\":1"),
            more("\"actor\":\"eve\""),
            more(r#""outcome":"allow""#),
        ] {
            assert!(LogLeaf::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

#[test]
fn what_has_no_form_is_refused() {
    let late = LogLeaf { time: i64::MAX, ..leaf(acts().remove(0)) };
    assert!(late.encode().is_err());
    let long = LogLeaf { actor: "x".repeat(70_000), ..leaf(acts().remove(0)) };
    assert_eq!(long.encode().unwrap_err().code(), "limit-exceeded");
    for bad in ["", "{}", "[]", "null", "{\"type\":\"push\"}"] {
        assert!(LogLeaf::parse(bad.as_bytes()).is_err());
    }
    let names: Vec<_> = acts().iter().map(LogAct::name).collect();
    assert_eq!(names.len(), 11);
    let found: Vec<_> = acts().iter().map(|act| act.digests().count()).collect();
    assert_eq!(found, [1, 1, 2, 1, 1, 2, 2, 1, 1, 1, 2]);
}

proptest! {
    #[test]
    fn any_bytes_are_one_entry_or_none(bytes in prop::collection::vec(any::<u8>(), 0..80), at in any::<usize>(), to in any::<u8>()) {
        drop(LogLeaf::parse(&bytes));
        let mut changed = leaf(acts().remove(2)).encode().unwrap();
        let at = at % changed.len();
        changed[at] = to;
        if let Ok(leaf) = LogLeaf::parse(&changed) {
            prop_assert_eq!(leaf.encode().unwrap(), changed);
        }
    }
}

#[test]
fn a_signer_signs_what_its_public_half_verifies() {
    let signer = NoteSigner::from_seed("hub.example/log", &[7; 32]).unwrap();
    let checkpoint = signer.sign_checkpoint(0, &empty_root());
    let parsed = Checkpoint::parse(&checkpoint).unwrap();
    parsed.verify(signer.public()).unwrap();
    assert_eq!((parsed.origin(), parsed.size()), ("hub.example/log", 0));
    assert_eq!(signer.sign_checkpoint(0, &empty_root()), checkpoint);
    let text = signer.to_secret_text();
    let again: NoteSigner = text.parse().unwrap();
    assert_eq!(again.public(), signer.public());
    let key: NoteKey = signer.public().to_string().parse().unwrap();
    assert_eq!(&key, signer.public());
    assert!(!format!("{signer:?}").contains(text.rsplit('+').next().unwrap()));
    for bad in [
        "",
        "PRIVATE+KEY+",
        &text[1..],
        &text[..text.len() - 1],
        &text.replacen("hub", "hux", 1),
        &text.replacen("PRIVATE+KEY+", "", 1),
    ] {
        assert_eq!(bad.parse::<NoteSigner>().unwrap_err().code(), "key-invalid", "{bad}");
    }
    for bad in ["", "a b", "a+b", "a\nb"] {
        assert!(NoteSigner::from_seed(bad, &[7; 32]).is_err(), "{bad:?}");
    }
    let other = NoteSigner::from_seed("hub.example/log", &[8; 32]).unwrap();
    assert!(parsed.verify(other.public()).is_err());
}

/// The example of Go's `note` package: what signs there signs here, with the same bytes.
#[test]
fn the_field_s_key_signs_the_field_s_note() {
    let text = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let signer: NoteSigner = text.parse().unwrap();
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(signer.public().to_string(), key);
}

/// A bundle, and the entry about its signature.
fn signed() -> (Bundle, HashedRekord, PrivateKey) {
    let key = key("signer");
    let bundle = Bundle::parse(bundle(&key)).unwrap();
    let Content::Dsse(envelope) = bundle.content() else { panic!("no envelope") };
    let signed = Digest::of(&envelope.signed_bytes());
    let rekord = HashedRekord::new(signed, &envelope.signature, key.public_key()).unwrap();
    (bundle, rekord, key)
}

#[test]
fn a_signature_is_logged_in_one_form_and_only_if_it_holds() {
    let (_, rekord, signer) = signed();
    let public = signer.public_key();
    let bytes = rekord.encode().unwrap();
    assert_eq!(HashedRekord::parse(&bytes).unwrap(), rekord);
    let request = serde_json::to_vec(&rekord.request()).unwrap();
    assert_eq!(HashedRekord::from_request(&request).unwrap(), rekord);
    assert_eq!((rekord.key(), rekord.digest().hex().len()), (&public, 64));
    let text = String::from_utf8(bytes).unwrap();
    let start = r#"{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":""#;
    assert!(text.starts_with(start), "{text}");
    for bad in [
        text.replacen("0.0.2", "0.0.1", 1),
        text.replacen("hashedrekord", "dsse", 1),
        text.replacen("SHA2_256", "SHA2_512", 1),
        text.replacen("PKIX_ECDSA_P256_SHA_256", "PKIX_ED25519", 1),
        format!("{text}\n"),
    ] {
        assert!(HashedRekord::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    let other = key("other");
    let foreign = serde_json::to_string(&rekord.request()).unwrap().replace(
        &sealkit_attest::base64::encode(public.to_der()),
        &sealkit_attest::base64::encode(other.public_key().to_der()),
    );
    let refused = HashedRekord::from_request(foreign.as_bytes()).unwrap_err();
    assert_eq!(refused.code(), "signature-invalid");
}

#[test]
fn the_shared_example_s_entry_is_ours() {
    let Some(folder) = testdata() else { return };
    let read = |name: &str| std::fs::read(folder.join("hub-log").join(name)).unwrap();
    let bundle: Value = serde_json::from_slice(&read("bundle.json")).unwrap();
    let entry = &bundle["verificationMaterial"]["tlogEntries"][0];
    let body = sealkit_attest::base64::decode(entry["canonicalizedBody"].as_str().unwrap(), "body")
        .unwrap();
    HashedRekord::parse(&body).unwrap();
    let root: Value = serde_json::from_slice(&read("trusted_root.json")).unwrap();
    let spki = sealkit_attest::base64::decode(
        root["tlogs"][0]["publicKey"]["rawBytes"].as_str().unwrap(),
        "key",
    )
    .unwrap();
    let key = NoteKey::ed25519("hub.example.com/log/2026", spki[12..].try_into().unwrap()).unwrap();
    assert_eq!(trusted_root(&key, "2020-01-01T00:00:00Z"), root);
    let checkpoint = entry["inclusionProof"]["checkpoint"]["envelope"].as_str().unwrap();
    let sibling = sealkit_attest::base64::decode(
        entry["inclusionProof"]["hashes"][0].as_str().unwrap(),
        "hash",
    )
    .unwrap();
    let made =
        transparency_entry(&key, 2, &body, &[sibling.try_into().unwrap()], checkpoint).unwrap();
    assert_eq!(&made, entry);
}

/// A bundle with the log's entry in it verifies with the log's trusted root.
#[test]
fn a_logged_bundle_verifies_with_the_log_s_trusted_root() {
    let (bundle, rekord, key) = signed();
    let signer = NoteSigner::from_seed("hub.example/log", &[7; 32]).unwrap();
    let body = rekord.encode().unwrap();
    let hashes = [leaf_hash(b"first"), leaf_hash(&body)];
    let root = node_hash(&hashes[0], &hashes[1]);
    let read = |node: Node| hashes.get(node.index as usize).copied().ok_or("no such node");
    let proof = prove_inclusion(1, 2, read).unwrap();
    let checkpoint = signer.sign_checkpoint(2, &root);
    let entry = transparency_entry(signer.public(), 1, &body, &proof, &checkpoint).unwrap();
    let logged = bundle.with_log_entry(entry).unwrap();
    assert_eq!(logged.log_entries().len(), 1);
    let trusted = trusted_root(signer.public(), "2020-01-01T00:00:00Z");
    let root = SigstoreRoot::parse(serde_json::to_vec(&trusted).unwrap()).unwrap();
    let mut by_root = trusting(&[&key]);
    by_root.add_sigstore(SigstoreInstance { name: "hub".into(), root }).unwrap();
    let mut by_key = trusting(&[&key]);
    let (public, valid_from, valid_until) = (signer.public().clone(), None, None);
    let log = TrustedLog { name: "hub".into(), key: public, valid_from, valid_until };
    by_key.add_log(log).unwrap();
    for trust in [by_root, by_key] {
        let found = Verifier::new(&trust, NOW).verify(logged.bytes(), &kit()).unwrap();
        let logs = &found.witnesses().logs;
        assert_eq!((logs.len(), logs[0].index), (1, 1));
    }
}
