//! Bundles that other tools made, from the shared test data.

use std::collections::BTreeMap;
use std::io::Read as _;

use sealkit_attest::{
    Bundle, Content, HintStyle, Material, PrivateKey, PublicKey, Role, Signer as _, Statement,
    TrustRoot, TrustedKey, identify, verify_bundle, verify_message,
};
use sealkit_oci::Digest;

use crate::common::{NOW, testdata};

/// Regular files of a small tar archive, by name.
pub(crate) fn untar(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(archive).read_to_end(&mut tar).unwrap();
    let text = |field: &[u8]| String::from_utf8_lossy(field).trim_end_matches('\0').to_owned();
    let (mut files, mut rest) = (BTreeMap::new(), tar.as_slice());
    while rest.len() > 512 && rest[0] != 0 {
        let size = usize::from_str_radix(text(&rest[124..136]).trim(), 8).unwrap();
        if rest[156] == b'0' {
            files.insert(text(&rest[..100]), rest[512..512 + size].to_vec());
        }
        rest = &rest[512 + size.div_ceil(512) * 512..];
    }
    files
}

pub(crate) fn golden() -> Option<BTreeMap<String, Vec<u8>>> {
    Some(untar(&std::fs::read(testdata()?.join("oms/golden.tar.gz")).unwrap()))
}

pub(crate) fn pem(bytes: &[u8]) -> PublicKey {
    PublicKey::from_pem(std::str::from_utf8(bytes).unwrap()).unwrap()
}

fn trusting(key: PublicKey) -> TrustRoot {
    let mut trust = TrustRoot::default();
    trust.add(TrustedKey::new(key, "test", Role::Signer)).unwrap();
    trust
}

#[test]
fn model_signings_golden_bundle_verifies_and_is_written_alike() {
    let Some(files) = golden() else { return };
    let (key, sig) = (pem(&files["golden/key.pub"]), &files["golden/model/model.sig"]);
    let hint = "19404461a34c6308545c2edd945c5aaac891c3089983eb20f5e8dc53a0b06e0c";
    assert_eq!(key.hint(HintStyle::ModelSigning), hint);
    let bundle = Bundle::parse(sig.clone()).unwrap();
    assert_eq!(bundle.hint(), Some(hint));
    let Content::Dsse(envelope) = bundle.content() else { panic!() };
    assert_eq!(
        Digest::of(&envelope.payload).hex(),
        "f50eead91dfe03f3292cb8d3719f54ad6b6a645b646e177930b70ff8dfee01f8"
    );
    assert_eq!(
        Digest::of(&envelope.signed_bytes()).hex(),
        "732ce901f52f24a96f3b940fe0f69745891eec15915fd5490a1ed3196bd3c716"
    );
    assert!(identify(&bundle, &key).signature_valid);
    let again = Bundle::of_envelope(envelope.clone(), &key, HintStyle::ModelSigning).unwrap();
    assert_eq!(again.bytes(), sig);

    let root = "sha256:8c2d645cb6b51b8ac38bcec7ead12b42cabe11f8e70f3323c1758c6bdb534388";
    let verified = verify_bundle(sig, &root.parse().unwrap(), &trusting(key), NOW).unwrap();
    assert_eq!(verified.value().predicate_type(), "https://model_signing/signature/v1.0");
}

#[test]
fn model_signings_private_key_signs_the_same_statement() {
    let Some(files) = golden() else { return };
    let key = std::str::from_utf8(&files["golden/key.pem"]).unwrap();
    let key = PrivateKey::from_pem(key, None).unwrap();
    assert_eq!(key.public_key(), pem(&files["golden/key.pub"]));
    let bundle = Bundle::parse(files["golden/independent-signer.sig"].clone()).unwrap();
    assert!(identify(&bundle, &key.public_key()).signature_valid);
}

#[test]
fn certificate_bundles_are_read_and_count_under_no_key() {
    let Some(files) = golden() else { return };
    let sig = &files["golden/cert/model2-cert.sig"];
    let bundle = Bundle::parse(sig.clone()).unwrap();
    assert!(matches!(bundle.material(), Material::CertificateChain(chain) if !chain.is_empty()));
    let Content::Dsse(envelope) = bundle.content() else { panic!() };
    let statement = Statement::parse(envelope.payload.clone()).unwrap();
    let subject = format!("sha256:{}", statement.subjects()[0].digest["sha256"]).parse().unwrap();
    let key = pem(&files["golden/key.pub"]);
    let error = verify_bundle(sig, &subject, &trusting(key), NOW).unwrap_err();
    assert_eq!(sealkit_report::Hint::code(&error), "untrusted-certificate");
}

#[test]
fn a_logged_bundle_of_a_hub_verifies_by_its_key() {
    let Some(folder) = testdata() else { return };
    let read = |name: &str| std::fs::read(folder.join("hub-log").join(name)).unwrap();
    let (bundle, key) = (read("bundle.json"), pem(&read("key.pub")));
    let subject = Digest::of(&read("artifact"));
    let verified = verify_bundle(&bundle, &subject, &trusting(key), NOW).unwrap();
    assert_eq!(verified.evidence(), &Digest::of(&bundle));
    assert_eq!(Bundle::parse(bundle).unwrap().log_entries().len(), 1);
}

/// What came of one conformance case: read at all, and verified by its key.
fn conformance(case: &std::path::Path) -> (bool, bool) {
    let read = |name: &str| std::fs::read(case.join(name)).ok();
    let bundle = read("bundle.sigstore.json").unwrap();
    let artifact = read("artifact").or_else(|| std::fs::read(case.join("../../a.txt")).ok());
    let subject = Digest::of(&artifact.unwrap());
    let trust = read("key.pub")
        .and_then(|key| PublicKey::from_pem(std::str::from_utf8(&key).unwrap()).ok())
        .map_or_else(TrustRoot::default, trusting);
    let verified = verify_bundle(&bundle, &subject, &trust, NOW).is_ok()
        || verify_message(&bundle, &subject, &trust, NOW).is_ok();
    (Bundle::parse(bundle).is_ok(), verified)
}

#[test]
fn sigstore_conformance_cases_are_read_or_refused_as_they_should() {
    let Some(folder) = testdata() else { return };
    let (mut cases, mut unread, mut verified) = (0, Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder.join("sigstore-conformance/bundle-verify")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !path.is_dir() {
            continue;
        }
        cases += 1;
        let (readable, good) = conformance(&path);
        if !readable {
            unread.push(name.clone());
        }
        if good {
            verified.push(name);
        }
    }
    unread.sort();
    verified.sort();
    assert_eq!(cases, 70);
    assert_eq!(verified, ["managed-key-and-trusted-root", "managed-key-happy-path"]);
    assert!(unread.iter().all(|name| name.ends_with("_fail")), "{unread:?}");
    assert_eq!(
        unread,
        [
            "bundle-empty-certificate-chain_fail",
            "bundle-invalid-base64-signature_fail",
            "bundle-malformed-json_fail",
            "bundle-unknown-version_fail",
            // Its time stamp is base64 with line breaks.
            "rekor2-timestamp-with-incorrect-time_fail",
        ]
    );
}

#[test]
fn historical_model_signing_bundles_are_read() {
    let Some(folder) = testdata() else { return };
    let key =
        std::fs::read(folder.join("oms/historical/keys/certificate/signing-key-pub.pem")).unwrap();
    // The file has a description before the key.
    let at = key.windows(5).position(|part| part == b"-----").unwrap();
    let key = pem(&key[at..]);
    for (name, signed) in [
        ("v0.3.1-elliptic-key", true),
        ("v1.0.0-elliptic-key", true),
        ("v1.0.1-elliptic-key", true),
        ("v1.1.0-elliptic-key", true),
        ("v0.2.0-certificate", false),
        ("v1.0.0-certificate", false),
        ("v1.1.0-certificate", false),
        ("v1.0.0-sigstore", false),
        ("v1.1.0-sigstore", false),
    ] {
        let bytes =
            std::fs::read(folder.join("oms/historical").join(name).join("model.sig")).unwrap();
        let bundle = Bundle::parse(bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(identify(&bundle, &key).signature_valid, signed, "{name}");
    }
}
