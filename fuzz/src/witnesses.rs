//! Targets for what independent witnesses say: certificates, logs, timestamps, trusted roots.

use std::sync::OnceLock;

use sealkit_attest::log::{
    Checkpoint, HashedRekord, LogLeaf, NoteKey, SignedNote, TilePath, decode_entries, decode_tile,
    encode_entries, verify_consistency, verify_inclusion,
};
use sealkit_attest::{
    Role, SigstoreInstance, SigstoreRoot, SubjectKind, SubjectRule, TrustRoot, TrustedIdentity,
    Verifier, check_authority_pem, claimed_identity,
};
use sealkit_oci::Digest;

use crate::seeds;

/// After everything in the seeds.
const NOW: i64 = 1_800_000_000;

/// A signer's certificate, DER, or an authority's, PEM. A claim names somebody.
pub fn certificate(data: &[u8]) {
    if let Ok(identity) = claimed_identity(data, &[data.to_vec()]) {
        assert!(identity.issuer.len() + identity.subject.value.len() <= data.len());
    }
    if let Ok(text) = std::str::from_utf8(data) {
        drop(check_authority_pem(text));
    }
}

/// A checkpoint, a note or a note key. What is accepted is written in the one way that it was read.
pub fn checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = text.parse::<NoteKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(note) = SignedNote::parse(text) {
        assert!(text.starts_with(note.text()) && !note.signatures().is_empty());
    }
    let Ok(checkpoint) = Checkpoint::parse(text) else { return };
    let (size, root) = (checkpoint.size(), checkpoint.root());
    drop(checkpoint.verify_follows(&checkpoint, &[]));
    let hashes: Vec<[u8; 32]> = data.chunks_exact(32).filter_map(|c| c.try_into().ok()).collect();
    let index = size.wrapping_sub(data.len() as u64);
    assert!(hashes.is_empty() || verify_inclusion(root, index, size, &hashes, root).is_err());
    drop(verify_consistency((index, root), (size, root), &hashes));
}

/// What a log serves: a path of a tile, a bundle of entries, a tile, an entry. What is accepted is
/// written in the one way that it was read.
pub fn log(data: &[u8]) {
    if let Ok(path) = String::from_utf8_lossy(data).parse::<TilePath>() {
        assert_eq!(path.to_string().as_bytes(), data);
    }
    let width = data.len().clamp(1, 256) as u16;
    for width in [1, 2, 3, width] {
        if let Ok(entries) = decode_entries(data, width) {
            let bytes = encode_entries(&entries).expect("entries that were just read");
            assert!(data.starts_with(&bytes) && entries.len() == usize::from(width));
        }
        if let Ok(hashes) = decode_tile(data, width) {
            assert!(data.starts_with(&hashes.concat()));
        }
    }
    if let Ok(leaf) = LogLeaf::parse(data) {
        assert_eq!(leaf.encode().expect("an entry that was just read"), data);
    }
    if let Ok(rekord) = HashedRekord::parse(data) {
        assert_eq!(rekord.encode().expect("an entry that was just read"), data);
    }
    if let Ok(rekord) = HashedRekord::from_request(data) {
        let again = HashedRekord::from_request(rekord.request().to_string().as_bytes());
        assert_eq!(again.ok(), Some(rekord));
    }
}

/// A trusted root keeps its bytes, inside a trust root too.
pub fn trusted_root(data: &[u8]) {
    let Ok(root) = SigstoreRoot::parse(data.to_vec()) else { return };
    assert_eq!(root.bytes(), data);
    let mut trust = TrustRoot::default();
    if trust.add_sigstore(SigstoreInstance { name: "a".into(), root }).is_ok() {
        let file = trust.to_json().expect("a trust root that was just made");
        let again = TrustRoot::parse(&file).expect("a file that was just written");
        assert_eq!(again.sigstore()[0].root.bytes(), data);
    }
}

/// A timestamp by an authority of a trusted root. Nobody else's gives another time.
pub fn timestamp(data: &[u8]) {
    static ROOT: OnceLock<SigstoreRoot> = OnceLock::new();
    let root = ROOT.get_or_init(|| {
        SigstoreRoot::parse(seeds::of("trusted_root").remove(0)).expect("a good seed")
    });
    if let Ok(time) = root.timestamp(data, b"a signature", NOW) {
        assert!(time.is_none_or(|time| time == 1_795_612_015), "{time:?}");
    }
}

/// A keyless bundle, under the trusted root of the seeds. It says what was signed, or nothing.
pub fn keyless(data: &[u8]) {
    verifies(data);
}

/// Whether a bundle verifies; if so, it says what was signed.
pub fn verifies(data: &[u8]) -> bool {
    static TRUST: OnceLock<TrustRoot> = OnceLock::new();
    let trust = TRUST.get_or_init(|| {
        let root = SigstoreRoot::parse(seeds::of("trusted_root").remove(0)).expect("a good seed");
        let mut trust = TrustRoot::default();
        let subject = SubjectRule::exactly(SubjectKind::Email, "dev@example.com");
        let identity = TrustedIdentity {
            name: "dev".into(),
            role: Role::Signer,
            issuer: "https://issuer.example".into(),
            subject,
            valid_from: None,
            valid_until: None,
        };
        trust.add_sigstore(SigstoreInstance { name: "a".into(), root }).expect("a good root");
        trust.add_identity(identity).expect("a good identity");
        trust
    });
    let result = Verifier::new(trust, NOW).check(data, &Digest::of(b"kit"));
    if let Some(verified) = result.verified() {
        assert_eq!(verified.signer().name(), "dev");
        assert_eq!(verified.value().predicate_type(), "https://sigstore.dev/cosign/sign/v1");
    }
    result.verified().is_some()
}
