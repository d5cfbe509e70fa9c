//! Merkle proofs, signed notes and checkpoints.

use p256::ecdsa::signature::Signer as _;
use proptest::prelude::*;
use sealkit_attest::log::{
    Checkpoint, MerkleHash, NoteKey, SignedNote, leaf_hash, node_hash, verify_consistency,
    verify_inclusion,
};
use sealkit_attest::{AttestError, base64};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;

/// The tree of RFC 6962 §2.1, straight from its definition.
fn root(leaves: &[MerkleHash]) -> MerkleHash {
    match leaves {
        [] => Digest::of(b"").raw().try_into().unwrap(),
        [one] => *one,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            node_hash(&root(&leaves[..split]), &root(&leaves[split..]))
        }
    }
}

/// `PATH(m, D[n])` of RFC 6962 §2.1.1.
fn path(at: usize, leaves: &[MerkleHash]) -> Vec<MerkleHash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let split = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(split);
    let (mut proof, other) =
        if at < split { (path(at, left), right) } else { (path(at - split, right), left) };
    proof.push(root(other));
    proof
}

/// `SUBPROOF(m, D[n], b)` of RFC 6962 §2.1.2.
fn subproof(old: usize, leaves: &[MerkleHash], whole: bool) -> Vec<MerkleHash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let split = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(split);
    let (mut proof, other) = if old <= split {
        (subproof(old, left, whole), right)
    } else {
        (subproof(old - split, right, false), left)
    };
    proof.push(root(other));
    proof
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}

fn leaves(count: usize) -> Vec<MerkleHash> {
    (0..count).map(|at| leaf_hash(&at.to_le_bytes())).collect()
}

#[test]
fn the_empty_leaf_and_node_have_their_known_hashes() {
    // The first test vectors of certificate transparency.
    let empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(hex(&leaf_hash(b"")), empty);
    let two = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    assert_eq!(hex(&node_hash(&leaf_hash(b""), &leaf_hash(&[0]))), two);
}

#[test]
fn every_proof_of_every_small_tree_holds_and_no_other_does() {
    for size in 1..=33usize {
        let all = leaves(size);
        let top = root(&all);
        for at in 0..size {
            let proof = path(at, &all);
            let verify = |leaf: &MerkleHash, index: usize, size: usize, proof: &[MerkleHash]| {
                verify_inclusion(leaf, index as u64, size as u64, proof, &top)
            };
            verify(&all[at], at, size, &proof).unwrap();
            assert!(verify(&all[at], size, size, &proof).is_err());
            assert!(verify(&leaf_hash(b"?"), at, size, &proof).is_err());
            assert!(verify(&all[at], at, size, &[proof.as_slice(), &[top]].concat()).is_err());
            assert!(
                (0..size)
                    .all(|other| other == at || verify(&all[at], other, size, &proof).is_err())
            );
            if let Some((_, short)) = proof.split_last() {
                assert!(verify(&all[at], at, size, short).is_err());
            }
        }
        for old in 0..=size {
            let before = root(&all[..old]);
            let proof = if old == 0 { Vec::new() } else { subproof(old, &all, true) };
            let verify = |proof: &[MerkleHash], before: &MerkleHash| {
                verify_consistency((old as u64, before), (size as u64, &top), proof)
            };
            verify(&proof, &before).unwrap();
            assert!(verify(&[proof.as_slice(), &[top]].concat(), &before).is_err());
            if old > 0 {
                let code = verify(&proof, &leaf_hash(b"?")).unwrap_err().code();
                assert_eq!(code, "log-inconsistent");
            }
            if let Some((_, short)) = proof.split_last() {
                assert!(verify(short, &before).is_err());
            }
        }
    }
}

#[test]
fn a_log_that_shrinks_or_forks_is_told_apart() {
    let (old, new) = (leaves(4), leaves(6));
    let (before, after) = (root(&old), root(&new));
    let shrunk = verify_consistency((6, &after), (4, &before), &[]).unwrap_err();
    assert_eq!(shrunk.code(), "stale-checkpoint");
    let fork = verify_consistency((4, &before), (4, &after), &[]).unwrap_err();
    assert_eq!(fork.code(), "log-inconsistent");
    let other: Vec<_> = (0..6u8).map(|at| leaf_hash(&[at, 1])).collect();
    let proof = subproof(4, &other, true);
    let fork = verify_consistency((4, &before), (6, &root(&other)), &proof).unwrap_err();
    assert_eq!(fork.code(), "log-inconsistent");
}

proptest! {
    #[test]
    fn proofs_of_any_numbers_never_panic(
        index in any::<u64>(), size in any::<u64>(), old in any::<u64>(),
        proof in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let hash = [7; 32];
        prop_assert!(verify_inclusion(&hash, index, size, &proof, &hash).is_err() || proof.is_empty());
        let _ = verify_consistency((old, &hash), (size, &[8; 32]), &proof);
    }

    #[test]
    fn a_text_is_a_note_only_in_its_one_form(text in "(\u{2014} )?[a-z \n+=]{0,40}") {
        if let Ok(note) = SignedNote::parse(&text) {
            let mut lines = String::new();
            for line in note.signatures() {
                let bytes = [line.key_id.as_slice(), &line.signature].concat();
                lines.extend(["\u{2014} ", &line.name, " ", &base64::encode(&bytes), "\n"]);
            }
            prop_assert_eq!(format!("{}\n{lines}", note.text()), text);
        }
    }
}

/// The example of the C2SP specification of signed notes' Go implementation.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn the_field_s_example_note_verifies() {
    let key: NoteKey = PETER.parse().unwrap();
    assert_eq!(key.to_string(), PETER);
    let note = SignedNote::parse(NOTE).unwrap();
    key.verify(&note).unwrap();
    let changed = SignedNote::parse(&NOTE.replace("answer", "Answer")).unwrap();
    assert_eq!(key.verify(&changed).unwrap_err().code(), "log-proof-invalid");
    let renamed = SignedNote::parse(&NOTE.replace("\u{2014} Peter", "\u{2014} Paul")).unwrap();
    assert!(key.verify(&renamed).is_err());
}

#[test]
fn a_signature_with_a_colliding_id_hides_none() {
    let key: NoteKey = PETER.parse().unwrap();
    let (text, line) = NOTE.split_once("\n\n").unwrap();
    let bogus = base64::encode(&[&[0xc7, 0x4f, 0x20, 0xa3][..], &[0; 64]].concat());
    let both = format!("{text}\n\n\u{2014} PeterNeumann {bogus}\n{line}");
    key.verify(&SignedNote::parse(&both).unwrap()).unwrap();
    let only = format!("{text}\n\n\u{2014} PeterNeumann {bogus}\n");
    assert!(key.verify(&SignedNote::parse(&only).unwrap()).is_err());
}

#[test]
fn what_is_no_note_is_refused() {
    for bad in [
        "",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n\u{2014} name AAAAAA==\n",
        "text\n\n\u{2014} name AAAAAAA=",
        "text\n\n\u{2014} na+me AAAAAAA=\n",
        "text\n\n\u{2014}  AAAAAAA=\n",
        "text\n\n\u{2014} name AAAAAAA=\nmore\n",
        "te\rxt\n\n\u{2014} name AAAAAAA=\n",
    ] {
        assert!(SignedNote::parse(bad).is_err(), "{bad:?}");
    }
    let many = format!("t\n\n{}", "\u{2014} n AAAAAAA=\n".repeat(65));
    assert_eq!(SignedNote::parse(&many).unwrap_err().code(), "limit-exceeded");
    let long = format!("{}\n\n\u{2014} n AAAAAAA=\n", "x".repeat(70_000));
    assert_eq!(SignedNote::parse(&long).unwrap_err().code(), "limit-exceeded");
}

#[test]
fn what_is_no_note_key_is_refused() {
    for bad in [
        "",
        "name",
        "name+c74f20a3",
        "Paul+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc",
    ] {
        assert!(bad.parse::<NoteKey>().is_err(), "{bad}");
    }
    // A point of small order would verify signatures that nobody made.
    let mut weak = [0; 32];
    weak[0] = 1;
    assert!(NoteKey::ed25519("log", &weak).is_err());
}

/// A log with a key of P-256, and checkpoints of its trees.
fn ecdsa_log(name: &str) -> (NoteKey, impl Fn(&[MerkleHash]) -> String) {
    use p256::pkcs8::EncodePublicKey as _;
    let key = p256::ecdsa::SigningKey::from_slice(&[3; 32]).unwrap();
    let der = key.verifying_key().to_public_key_der().unwrap().into_vec();
    let id: [u8; 4] = Digest::of(&der).raw()[..4].try_into().unwrap();
    let hex = hex(&id);
    let text = format!("{name}+{hex}+{}", base64::encode(&[&[2], der.as_slice()].concat()));
    let name = name.to_owned();
    let checkpoint = move |leaves: &[MerkleHash]| {
        let text = format!("{name}\n{}\n{}\n", leaves.len(), base64::encode(&root(leaves)));
        let signature: p256::ecdsa::DerSignature = key.sign(text.as_bytes());
        let line = base64::encode(&[id.as_slice(), signature.as_bytes()].concat());
        format!("{text}\n\u{2014} {name} {line}\n")
    };
    (text.parse().unwrap(), checkpoint)
}

#[test]
fn a_checkpoint_follows_a_pinned_one_or_is_refused() {
    let (key, sign) = ecdsa_log("log.example/2026");
    let (three, five) = (leaves(3), leaves(5));
    let pinned = Checkpoint::parse(&sign(&three)).unwrap();
    let now = Checkpoint::parse(&sign(&five)).unwrap();
    pinned.verify(&key).unwrap();
    now.verify(&key).unwrap();
    let proof = subproof(3, &five, true);
    now.verify_follows(&pinned, &proof).unwrap();
    let rollback = pinned.verify_follows(&now, &[]).unwrap_err();
    assert!(matches!(rollback, AttestError::StaleCheckpoint { pinned: 5, found: 3 }));
    let (_, forked) = ecdsa_log("log.example/2026");
    let other: Vec<_> = (0..5u8).map(|at| leaf_hash(&[at, 9])).collect();
    let fork = Checkpoint::parse(&forked(&other)).unwrap();
    fork.verify(&key).unwrap();
    assert_eq!(fork.verify_follows(&pinned, &proof).unwrap_err().code(), "log-inconsistent");
    let (other_key, other_sign) = ecdsa_log("other.example");
    let other = Checkpoint::parse(&other_sign(&five)).unwrap();
    assert!(other.verify_follows(&pinned, &proof).is_err());
    assert!(other.verify(&key).is_err() && now.verify(&other_key).is_err());
}

#[test]
fn a_checkpoint_without_one_of_its_lines_is_refused() {
    let (_, sign) = ecdsa_log("log.example");
    let good = sign(&leaves(3));
    Checkpoint::parse(&good).unwrap();
    for (from, to) in [
        ("log.example\n3\n", "3\n"),
        ("log.example\n3\n", "\n3\n"),
        ("\n3\n", "\n03\n"),
        ("\n3\n", "\n+3\n"),
        ("\n3\n", "\n-3\n"),
        ("\n3\n", "\n18446744073709551616\n"),
        ("\n3\n", "\n"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_eq!(Checkpoint::parse(&bad).unwrap_err().code(), "log-proof-invalid", "{bad}");
    }
}
