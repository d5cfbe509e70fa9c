//! Facts from verified values: what is about another thing has no way in.

use sealkit_attest::{
    Bundle, CosignSign, HintStyle, PrivateKey, Role, Signer as _, Statement, Subject as Named,
    TrustRoot, TrustedKey, VerifiedStatement, Verifier,
};
use sealkit_oci::{Digest, Manifest, Raw, media_type};
use sealkit_policy::{BomFacts, Facts, Policy, PolicyError, Subject};

use super::common::NOW;

fn verified(digest: &Digest) -> VerifiedStatement {
    let key = PrivateKey::generate(&mut |out: &mut [u8]| out.fill(7)).unwrap();
    let statement = Statement::new(vec![Named::of(digest)], &CosignSign {}).unwrap();
    let bundle = Bundle::sign(&statement, &key, HintStyle::Cosign).unwrap();
    let mut trust = TrustRoot::default();
    trust.add(TrustedKey::new(key.public_key(), "Ada", Role::Signer)).unwrap();
    Verifier::new(&trust, NOW).verify(bundle.bytes(), digest).unwrap()
}

fn subject(digest: &Digest) -> Subject {
    Subject {
        digest: digest.clone(),
        repository: None,
        pinned: true,
        kinds: vec![],
        environment: None,
    }
}

fn manifest() -> Raw<Manifest> {
    let text = br#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0},"layers":[]}"#;
    Raw::parse(media_type::OCI_MANIFEST, text.to_vec()).unwrap()
}

#[test]
fn a_verified_signature_is_enough_for_a_rule_that_asks_for_one() {
    let manifest = manifest();
    let facts = Facts::about(subject(manifest.digest()));
    let facts = facts.statement(&verified(manifest.digest())).unwrap().manifest(&manifest).unwrap();
    let policy = Policy::parse(
        b"{schemaVersion: 1, name: p, rules: [{id: r, check: {signers: {by: {names: [Ada]}}}}]}",
    )
    .unwrap();
    let facts = facts.build();
    let answer = policy.evaluate(&facts, NOW);
    assert!(answer.is_allowed(), "{:?}", answer.report());
    assert_eq!(answer, policy.evaluate(&facts, NOW));
    let again = sealkit_policy::HypotheticalFacts::parse(&facts.to_json().unwrap()).unwrap();
    assert_eq!(
        &policy.rehearse(&again, NOW).report,
        answer.report(),
        "facts survive being written down"
    );
}

#[test]
fn what_is_about_another_thing_is_refused() {
    let (kit, other) = (Digest::of(b"kit"), Digest::of(b"other"));
    let refused = |result: Result<_, PolicyError>| {
        matches!(
            result.map(|_: sealkit_policy::FactsBuilder| ()),
            Err(PolicyError::OtherSubject { .. })
        )
    };
    assert!(refused(Facts::about(subject(&kit)).statement(&verified(&other))));
    assert!(refused(Facts::about(subject(&kit)).manifest(&manifest())));
    assert!(refused(Facts::about(subject(&kit)).file_table(b"{}")));
    let bom =
        BomFacts { evidence: other, parts: vec![], scores: std::collections::BTreeMap::default() };
    assert!(refused(Facts::about(subject(&kit)).bom(bom)));
}
