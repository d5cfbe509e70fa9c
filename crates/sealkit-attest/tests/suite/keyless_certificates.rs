//! Certificates, chains and promises that break a rule.

use sealkit_attest::{SubjectKind, SubjectRule};
use sealkit_testkit::{FakeSigner, FakeSigstore, Flaw};
use serde_json::{Value, json};

use crate::conformance::{identity, instance};
use crate::keyless::{ISSUER, TIME, WHO, check, code, signed, signer, trust};

#[test]
fn a_certificate_that_breaks_a_rule_is_refused() {
    let fake = FakeSigstore::default();
    let trust = trust(&fake);
    let late = FakeSigner { valid: (TIME + 1, TIME + 600), ..signer() };
    let early = FakeSigner { valid: (TIME - 600, TIME - 1), ..signer() };
    for (name, signer) in [
        ("not yet valid", late),
        ("expired", early),
        ("wrong usage", FakeSigner { signs_code: false, ..signer() }),
        ("an authority", FakeSigner { is_authority: true, ..signer() }),
        ("unknown critical", FakeSigner { unknown_critical: true, ..signer() }),
        ("two names", FakeSigner { second_name: Some("https://b.example".into()), ..signer() }),
    ] {
        assert_eq!(code(&trust, &signed(&fake, &signer)), "certificate-invalid", "{name}");
    }
    // Without an issuer it is not of Fulcio's profile at all.
    let none = FakeSigner { issuer: None, ..signer() };
    assert_eq!(code(&trust, &signed(&fake, &none)), "material-unsupported");
    // Both ends of the window belong to it.
    for valid in [(TIME, TIME + 600), (TIME - 600, TIME)] {
        let edge = FakeSigner { valid, ..signer() };
        check(&trust, &signed(&fake, &edge)).into_result().unwrap();
    }
}

#[test]
fn a_chain_that_breaks_a_rule_is_refused() {
    for flaw in [
        Flaw::IntermediateExpired(TIME),
        Flaw::IntermediateNoAuthority,
        Flaw::PathLength,
        Flaw::NameConstraint,
    ] {
        let fake = FakeSigstore::new(flaw);
        let signer = FakeSigner { name: "dev@example.com".into(), ..signer() };
        assert_eq!(code(&trust(&fake), &signed(&fake, &signer)), "certificate-invalid", "{flaw:?}");
    }
}

#[test]
fn a_certificate_that_no_log_promised_to_show_is_refused() {
    let (fake, other) = (FakeSigstore::default(), FakeSigstore::default());
    let with = |root: &[u8]| {
        let mut trust = instance(root).unwrap();
        let rule = SubjectRule::exactly(SubjectKind::Uri, WHO);
        trust.add_identity(identity("ci", rule, ISSUER)).unwrap();
        trust
    };
    let root = fake.trusted_root_with_certificate_log();
    let promised = FakeSigner { promised: Some(TIME as u64 * 1000 + 7), ..signer() };
    check(&with(&root), &signed(&fake, &promised)).into_result().unwrap();
    assert_eq!(code(&with(&root), &signed(&fake, &signer())), "certificate-invalid");
    // Where the root lists no such log, a promise is not asked for and does no harm.
    check(&trust(&fake), &signed(&fake, &promised)).into_result().unwrap();
    // The log of another instance, the right one out of its window, and one that knows another key.
    let mut root: Value = serde_json::from_slice(&root).unwrap();
    let stranger: Value =
        serde_json::from_slice(&other.trusted_root_with_certificate_log()).unwrap();
    let good = root["ctlogs"][0].clone();
    let mut late = good.clone();
    late["publicKey"]["validFor"]["start"] = json!("2026-09-21T00:00:00Z");
    let mut swapped = good.clone();
    swapped["publicKey"]["rawBytes"] = stranger["ctlogs"][0]["publicKey"]["rawBytes"].clone();
    for log in [stranger["ctlogs"][0].clone(), late, swapped] {
        root["ctlogs"] = json!([log]);
        let trust = with(&serde_json::to_vec(&root).unwrap());
        assert_eq!(code(&trust, &signed(&fake, &promised)), "certificate-invalid");
    }
}
