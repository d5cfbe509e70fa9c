//! Model signatures that other tools made, of every age, and our own.

use std::collections::BTreeMap;

use sealkit_attest::oms::{GitPaths, Ignores, SignedTree, Tree, TreeManifest};
use sealkit_attest::{
    Bundle, HintStyle, Legacy, Material, PublicKey, Role, TrustRoot, TrustedAuthority, TrustedKey,
    TrustedSigner, Verifier,
};
use sealkit_oci::Digest;
use sealkit_report::{Hint as _, Outcome, Step};

use crate::common::{NOW, key, testdata, trusting};
use crate::interop::{golden, pem};

/// A day on which the golden certificates are valid.
const GOLDEN_DAY: i64 = 1_796_000_000;
const ROOT: &str = "8c2d645cb6b51b8ac38bcec7ead12b42cabe11f8e70f3323c1758c6bdb534388";

/// The files of a model below `prefix`, as a verifier hashes them.
fn tree(files: &BTreeMap<String, Vec<u8>>, prefix: &str, ignores: &Ignores) -> Tree {
    let below = files.iter().filter_map(|(name, bytes)| Some((name.strip_prefix(prefix)?, bytes)));
    let mut tree = Tree::default();
    for (name, bytes) in below {
        if ignores.covers(name) {
            tree.ignored.push(name.to_owned());
        } else {
            tree.files.insert(name.to_owned(), Digest::of(bytes));
        }
    }
    tree
}

pub(crate) fn outcomes(steps: &[Step]) -> Vec<(&str, Outcome)> {
    steps.iter().map(|step| (step.id.as_str(), step.outcome)).collect()
}

fn none() -> Ignores {
    Ignores::default()
}

pub(crate) fn authority(name: &str, certificate: String) -> TrustedAuthority {
    let (name, role) = (name.to_owned(), Role::Signer);
    TrustedAuthority {
        name,
        role,
        certificate,
        subjects: Vec::new(),
        valid_from: None,
        valid_until: None,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn only(key: PublicKey) -> TrustRoot {
    let mut trust = TrustRoot::default();
    trust.add(TrustedKey::new(key, "test", Role::Signer)).unwrap();
    trust
}

#[test]
fn the_golden_model_verifies_by_its_key_and_each_change_is_named() {
    let Some(files) = golden() else { return };
    let trust = only(pem(&files["golden/key.pub"]));
    let result = Verifier::new(&trust, NOW).check_model(&files["golden/model/model.sig"]);
    let signed = result.into_result().unwrap();
    assert_eq!(signed.value().subject().hex(), ROOT);
    assert_eq!(signed.value().name(), "model");
    let signed = signed.value();
    let ignores = signed.ignores(GitPaths::Ignore, &none()).unwrap();
    let good = tree(&files, "golden/model/", &ignores);
    assert!(good.ignored.iter().any(|path| path == "model.sig"), "{:?}", good.ignored);
    let steps = signed.compare(&good, false);
    assert!(steps.iter().all(|step| matches!(step.outcome, Outcome::Pass | Outcome::Skip)));

    let mut changed = good.clone();
    changed.files.insert("weights.bin".into(), Digest::of(b"x"));
    changed.files.insert("d/.git/x".into(), Digest::of(b"y"));
    let moved = changed.files.remove("sub/ünï.txt").unwrap();
    changed.files.insert("sub/other.txt".into(), moved);
    changed.files.remove("empty.txt");
    let steps = signed.compare(&changed, false);
    assert_eq!(
        outcomes(&steps)[..3],
        [
            ("digest-mismatch", Outcome::Fail),
            ("missing", Outcome::Fail),
            ("unsigned-file", Outcome::Fail),
        ]
    );
    assert_eq!(steps[0].subjects, ["weights.bin"]);
    assert_eq!(steps[1].subjects, ["empty.txt", "sub/ünï.txt"]);
    assert!(steps[1].reason.contains("`sub/ünï.txt` was renamed to `sub/other.txt`"));
    assert_eq!(steps[2].subjects, ["d/.git/x", "sub/other.txt"]);

    let strict = signed.ignores(GitPaths::Check, &none()).unwrap();
    let steps = signed.compare(&tree(&files, "golden/model/", &strict), false);
    assert_eq!(steps[2].subjects, [".git/HEAD", ".gitignore"]);
}

#[test]
fn the_golden_certificate_verifies_under_its_authority_alone() {
    let Some(files) = golden() else { return };
    let sig = &files["golden/cert/model2-cert.sig"];
    let mut trust = TrustRoot::default();
    trust.add_authority(authority("ours", text(&files["golden/cert/ca.pem"]))).unwrap();
    let signed = Verifier::new(&trust, GOLDEN_DAY).check_model(sig).into_result().unwrap();
    let TrustedSigner::Certified(by, subject, _) = signed.signer() else { panic!() };
    assert_eq!((by.name.as_str(), subject.value.as_str()), ("ours", "dev@example.com"));
    let ignores = signed.value().ignores(GitPaths::Ignore, &none()).unwrap();
    let found = tree(&files, "golden/cert/model2/", &ignores);
    let steps = signed.value().compare(&found, false);
    assert!(steps.iter().all(|step| step.outcome != Outcome::Fail), "{steps:?}");

    for (day, code) in
        [(NOW, "certificate-invalid"), (GOLDEN_DAY + 40_000_000, "certificate-invalid")]
    {
        let error = Verifier::new(&trust, day).check_model(sig).into_result().unwrap_err();
        assert_eq!(error.code(), code);
    }
    let nobody = TrustRoot::default();
    let error = Verifier::new(&nobody, GOLDEN_DAY).check_model(sig).into_result().unwrap_err();
    assert_eq!(error.code(), "untrusted-certificate");
    assert!(error.to_string().contains("dev@example.com"), "{error}");
}

#[test]
fn our_signature_of_the_golden_tree_has_its_root_in_the_order_of_the_spec() {
    let Some(files) = golden() else { return };
    let signed_names = ["a.txt", "a/b", "config.json", "empty.txt", "sub/ünï.txt", "weights.bin"];
    let listed = signed_names
        .map(|name| (name.to_owned(), Digest::of(&files[&format!("golden/model/{name}")])));
    let made = TreeManifest::new("model", listed, none()).unwrap();
    let order: Vec<_> = made.files().keys().map(String::as_str).collect();
    assert_eq!(order, signed_names);
    // Another order of two files is another root, and both are valid.
    assert_ne!(made.root().hex(), ROOT);
    let statement = made.statement().unwrap();
    let read = SignedTree::read(&statement, Legacy::default()).unwrap();
    assert_eq!(read.files(), made.files());
}

/// Reads a file of the historical bundles; text before the PEM is cut off.
fn historical(path: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(testdata()?.join("oms/historical").join(path)).unwrap())
}

fn folder(name: &str, ignores: &Ignores) -> Tree {
    let root = testdata().unwrap().join("oms/historical").join(name);
    let mut tree = Tree::default();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if !ignores.covers(&file) {
            tree.files.insert(file, Digest::of(&std::fs::read(&path).unwrap()));
        }
    }
    tree
}

#[test]
fn historical_bundles_verify_with_what_their_age_needs_and_not_without() {
    let Some(ca) = historical("keys/certificate/ca-cert.pem") else { return };
    let public = historical("keys/certificate/signing-key-pub.pem").unwrap();
    let at = public.windows(5).position(|part| part == b"-----").unwrap();
    let mut trust = only(pem(&public[at..]));
    trust.add_authority(authority("old", text(&ca))).unwrap();
    let ca_signer = Legacy { ca_signer: true, ..Legacy::default() };
    let all = Legacy { format: true, ..ca_signer };
    for (name, legacy, refused_without) in [
        ("v0.3.1-elliptic-key", Legacy::default(), ""),
        ("v1.0.0-elliptic-key", Legacy::default(), ""),
        ("v1.0.1-elliptic-key", Legacy::default(), ""),
        ("v1.1.0-elliptic-key", Legacy::default(), ""),
        ("v0.2.0-certificate", all, "legacy-refused"),
        ("v0.3.1-certificate", ca_signer, "certificate-invalid"),
        ("v1.0.0-certificate", ca_signer, "certificate-invalid"),
        ("v1.0.1-certificate", ca_signer, "certificate-invalid"),
        ("v1.1.0-certificate", ca_signer, "certificate-invalid"),
    ] {
        let bytes = historical(&format!("{name}/model.sig")).unwrap();
        let plain = Verifier::new(&trust, NOW);
        if !refused_without.is_empty() {
            let checks = plain.check_model(&bytes).checks;
            assert!(checks.iter().any(|check| check.code() == Some(refused_without)), "{name}");
            assert!(plain.check_model(&bytes).verified().is_none(), "{name}");
        }
        let result = plain.insecure_allowing_legacy(legacy).check_model(&bytes).into_result();
        let signed = result.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let more = ["model.sig", "ignore-me"].map(str::to_owned);
        let more = Ignores::new(more).unwrap();
        let signed = signed.value();
        let ignores = signed.ignores(GitPaths::Ignore, &more).unwrap();
        let mut found = folder(name, &ignores);
        if signed.is_single() {
            let (_, digest) = found.files.pop_first().unwrap();
            found.files.insert(".".to_owned(), digest);
        }
        let steps = signed.compare(&found, false);
        assert!(steps.iter().all(|step| step.outcome != Outcome::Fail), "{name}: {steps:?}");
    }
}

#[test]
fn the_keyless_historical_bundles_are_left_to_logs() {
    for name in ["v1.0.0-sigstore", "v1.1.0-sigstore"] {
        let Some(bytes) = historical(&format!("{name}/model.sig")) else { return };
        let bundle = Bundle::parse(bytes.clone()).unwrap();
        assert!(matches!(bundle.material(), Material::Certificate(_)));
        let trust = TrustRoot::default();
        assert!(Verifier::new(&trust, NOW).check_model(&bytes).verified().is_none(), "{name}");
    }
}

#[test]
fn the_same_tree_and_key_give_the_same_bytes() {
    let signer = key("oms");
    let files = || {
        [("b", "2"), ("a", "1")].map(|(name, text)| (name.to_owned(), Digest::of(text.as_bytes())))
    };
    let ignores = Ignores::new(["model.sig".to_owned(), ".git".to_owned()]).unwrap();
    let made = TreeManifest::new("m", files(), ignores).unwrap();
    let statement = made.statement().unwrap();
    assert_eq!(
        std::str::from_utf8(statement.payload()).unwrap(),
        concat!(
            r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"m","digest":{"sha256":""#,
            "4295f72eeb1e3507b8461e240e3b8d18c1e7bd2f1122b11fc9ec40a65894031a",
            r#""}}],"predicateType":"https://model_signing/signature/v1.0","predicate":{"#,
            r#""serialization":{"method":"files","hash_type":"sha256","allow_symlinks":false,"#,
            r#""ignore_paths":[".git","model.sig"]},"resources":[{"name":"a","algorithm":"sha256","#,
            r#""digest":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},"#,
            r#"{"name":"b","algorithm":"sha256","digest":"#,
            r#""d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"}]}}"#,
        )
    );
    let bundle =
        || Bundle::sign(&statement, &signer, HintStyle::ModelSigning).unwrap().into_bytes();
    assert_eq!(bundle(), bundle());
    let trust = trusting(&[&signer]);
    Verifier::new(&trust, NOW).check_model(&bundle()).into_result().unwrap();
}
