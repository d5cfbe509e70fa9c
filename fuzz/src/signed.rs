//! Lists of signed files, and the certificates that name who signed them.

use sealkit_attest::oms::{GitPaths, Ignores, SignedTree, Tree, TreeManifest};
use sealkit_attest::{Certificate, Legacy, Role, Statement, TrustRoot, TrustedAuthority, Verifier};
use sealkit_report::Outcome;

/// A model signature's statement.
const MODEL: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"m","digest":{"sha256":"4295f72eeb1e3507b8461e240e3b8d18c1e7bd2f1122b11fc9ec40a65894031a"}}],"predicateType":"https://model_signing/signature/v1.0","predicate":{"serialization":{"method":"files","hash_type":"sha256","allow_symlinks":false,"ignore_paths":[".git","model.sig"]},"resources":[{"name":"a","algorithm":"sha256","digest":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},{"name":"b","algorithm":"sha256","digest":"d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"}]}}"#;

/// The same in pieces.
const SHARDS: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"m","digest":{"sha256":"4295f72eeb1e3507b8461e240e3b8d18c1e7bd2f1122b11fc9ec40a65894031a"}}],"predicateType":"https://model_signing/signature/v1.0","predicate":{"serialization":{"method":"shards","hash_type":"sha256","allow_symlinks":false,"shard_size":10},"resources":[{"name":"w:0:10","algorithm":"sha256","digest":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},{"name":"w:10:13","algorithm":"sha256","digest":"d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"}]}}"#;

/// The format of `model_signing` 0.2.
const LEGACY: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"sha256":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}}],"predicateType":"https://model_signing/Digests/v0.1","predicate":{"unused":"x"}}"#;

/// A root and a certificate that it issued.
const CERTIFICATES: &[u8] = include_bytes!("seeds/certificates.pem");

/// Good lists of each kind.
pub fn models() -> Vec<Vec<u8>> {
    [MODEL, SHARDS, LEGACY].map(|text| text.as_bytes().to_vec()).into()
}

/// The certificates, DER, one after the other with a length before each.
pub fn chains() -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(CERTIFICATES);
    let all = Certificate::from_pem_file(&text).unwrap_or_default();
    let piece = |one: &Certificate| {
        let length = u16::try_from(one.to_der().len()).unwrap_or_default();
        [&length.to_be_bytes(), one.to_der()].concat()
    };
    vec![all.iter().flat_map(piece).collect(), CERTIFICATES.to_vec()]
}

/// A list that is read can be compared, is equal to itself, and signs as what it is.
pub fn model(data: &[u8]) {
    let Ok(statement) = Statement::parse(data.to_vec()) else { return };
    let strict = SignedTree::read(&statement, Legacy::default());
    let all = Legacy { format: true, ca_signer: true, shards: true };
    let Ok(read) = SignedTree::read(&statement, all) else {
        assert!(strict.is_err());
        return;
    };
    let shards = read.shards().keys().map(|path| (path.clone(), true)).collect();
    let tree = Tree { files: read.files().clone(), shards, ..Tree::default() };
    assert!(read.compare(&tree, false).iter().all(|step| step.outcome != Outcome::Fail));
    let empty = read.compare(&Tree::default(), false);
    assert!(empty.iter().any(|step| step.outcome == Outcome::Fail));
    for git in [GitPaths::Ignore, GitPaths::Check] {
        if let Ok(ignores) = read.ignores(git, &Ignores::default()) {
            assert!(read.names().all(|name| !ignores.covers(name)));
        }
    }
    if strict.is_ok() && !read.is_single() {
        let ignores = read.ignored().clone();
        let again = TreeManifest::new(read.name(), read.files().clone(), ignores);
        let again = again.and_then(|made| made.statement());
        let again = again.and_then(|made| SignedTree::read(&made, Legacy::default()));
        assert_eq!(again.map(|tree| tree.files().clone()).ok().as_ref(), Some(read.files()));
    }
}

/// A chain never panics, and proves nobody where nobody is trusted.
pub fn certificate(data: &[u8]) {
    let _ = std::str::from_utf8(data).map(Certificate::from_pem_file);
    let (mut rest, mut chain) = (data, Vec::new());
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (one, left) = after.split_at(length);
        if let Ok(read) = Certificate::from_der(one) {
            assert_eq!(read.to_der(), one);
            let _ = (read.subjects(), read.public_key(), read.subject(), read.fingerprint());
            chain.push(read);
        }
        rest = left;
    }
    let [root, leaf, ..] = chain.as_slice() else { return };
    let mut trust = TrustRoot::default();
    let entry = TrustedAuthority {
        name: "a".to_owned(),
        role: Role::Signer,
        certificate: root.to_pem(),
        subjects: Vec::new(),
        valid_from: None,
        valid_until: None,
    };
    if trust.add_authority(entry).is_err() {
        return;
    }
    let coded = sealkit_attest::base64::encode(leaf.to_der());
    let bundle = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"x509CertificateChain":{{"certificates":[{{"rawBytes":"{coded}"}}]}}}},"dsseEnvelope":{{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{{"sig":"MAYCAQECAQE="}}]}}}}"#
    );
    let verifier = Verifier::new(&trust, 1_790_000_000);
    assert!(verifier.check_model(bundle.as_bytes()).verified().is_none());
}
