//! The bundles of sigstore-conformance, and that of a log of tiles, offline.

use std::path::Path;

use sealkit_attest::{
    AttestError, Bundle, Content, PublicKey, Role, SigstoreInstance, SigstoreRoot, SubjectKind,
    SubjectRule, TrustRoot, TrustedIdentity, TrustedKey, TrustedSigner, Verifier, Witnesses,
    verify_message,
};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;

use crate::common::testdata;

/// Some time after all of the bundles were made, and before some claim to have been.
pub(crate) const NOW: i64 = 1_795_600_000;

/// The trusted root of Sigstore's public instance, as its TUF repository had it (Apache-2.0).
pub(crate) const PUBLIC_GOOD: &[u8] = include_bytes!("../data/sigstore-public-good.json");

const BEACON: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ACTIONS: &str = "https://token.actions.githubusercontent.com";

pub(crate) fn instance(root: &[u8]) -> Result<TrustRoot, AttestError> {
    let mut trust = TrustRoot::default();
    let root = SigstoreRoot::parse(root.to_vec())?;
    trust.add_sigstore(SigstoreInstance { name: "instance".into(), root })?;
    Ok(trust)
}

pub(crate) fn identity(name: &str, subject: SubjectRule, issuer: &str) -> TrustedIdentity {
    TrustedIdentity {
        name: name.into(),
        role: Role::Signer,
        issuer: issuer.into(),
        subject,
        valid_from: None,
        valid_until: None,
    }
}

/// Reads a file of a case, if the case has it.
fn file(case: &Path, name: &str) -> Option<Vec<u8>> {
    std::fs::read(case.join(name)).ok()
}

fn line(case: &Path, name: &str) -> Option<String> {
    Some(String::from_utf8(file(case, name)?).unwrap().trim().to_owned())
}

/// The trust of a case: its root or the public one, its key or identity or the usual ones.
pub(crate) fn trust_of(case: &Path) -> Result<TrustRoot, AttestError> {
    let root = file(case, "trusted_root.json");
    let mut trust = instance(root.as_deref().unwrap_or(PUBLIC_GOOD))?;
    if let Some(key) = line(case, "key.pub") {
        trust.add(TrustedKey::new(PublicKey::from_pem(&key)?, "key", Role::Signer))?;
    }
    let subject = line(case, "identity");
    let kind = if subject.is_some() { SubjectKind::Email } else { SubjectKind::Uri };
    let rule = SubjectRule::exactly(kind, subject.unwrap_or(BEACON.into()));
    let issuer = line(case, "issuer").unwrap_or(ACTIONS.into());
    trust.add_identity(identity("beacon", rule, &issuer))?;
    Ok(trust)
}

/// Verifies a case as a user would who has its files.
pub(crate) fn run(case: &Path) -> Result<(TrustedSigner, Witnesses), AttestError> {
    let trust = trust_of(case)?;
    let artifact =
        file(case, "artifact").unwrap_or_else(|| std::fs::read(case.join("../../a.txt")).unwrap());
    let digest = Digest::of(&artifact);
    let bytes = file(case, "bundle.sigstore.json").unwrap();
    let dsse = matches!(Bundle::parse(bytes.clone())?.content(), Content::Dsse(_));
    if dsse {
        let found = Verifier::new(&trust, NOW).verify(&bytes, &digest)?;
        Ok((found.signer().clone(), found.witnesses().clone()))
    } else {
        let found = verify_message(&bytes, &digest, &trust, NOW)?;
        Ok((found.signer().clone(), found.witnesses().clone()))
    }
}

#[test]
fn every_case_of_sigstore_conformance_goes_as_its_name_says() {
    let Some(data) = testdata() else { return };
    let mut cases: Vec<_> = std::fs::read_dir(data.join("sigstore-conformance/bundle-verify"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert_eq!(cases.len(), 70);
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let result = run(case);
        let code = result.as_ref().map_or_else(|error| error.code(), |_| "verified");
        println!("{name}: {code} {:?}", result.as_ref().err().map(AttestError::full_message));
        if result.is_ok() == name.ends_with("_fail") {
            wrong.push(name.to_owned());
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
