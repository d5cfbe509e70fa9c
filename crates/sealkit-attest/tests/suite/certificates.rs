//! Signers whom certificates name: each rule of a chain, broken once.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
    date_time_ymd,
};
use sealkit_attest::{
    AttestError, Bundle, Certificate, CosignSign, Material, PrivateKey, SubjectKind, SubjectRule,
    TrustRoot, TrustedSigner, Verification, Verifier, check_authority_pem,
};
use sealkit_report::Hint as _;

use crate::common::{NOW, key, kit, statement, trusting};
use crate::oms::authority;

/// A certificate with its key and what it was made from.
struct Made {
    params: CertificateParams,
    key: KeyPair,
    certificate: Certificate,
}

type Change<'a> = &'a dyn Fn(&mut CertificateParams);

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

fn finish(params: CertificateParams, by: Option<&Made>) -> Made {
    let key = KeyPair::generate().unwrap();
    let made = match by {
        None => params.self_signed(&key).unwrap(),
        Some(by) => params.signed_by(&key, &Issuer::from_params(&by.params, &by.key)).unwrap(),
    };
    let certificate = Certificate::from_der(made.der()).unwrap();
    Made { params, key, certificate }
}

fn ca(name: &str, by: Option<&Made>, change: Change<'_>) -> Made {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    change(&mut params);
    finish(params, by)
}

fn leaf(by: &Made, change: Change<'_>) -> Made {
    let mut params = params("signer");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    params.subject_alt_names = vec![
        SanType::Rfc822Name("dev@example.com".try_into().unwrap()),
        SanType::URI("https://example.com/ci".try_into().unwrap()),
    ];
    change(&mut params);
    finish(params, Some(by))
}

fn as_is(_: &mut CertificateParams) {}

fn private(made: &Made) -> PrivateKey {
    PrivateKey::from_pkcs8_der(made.key.serialized_der()).unwrap()
}

fn sign(leaf: &Made, rest: &[&Made]) -> Vec<u8> {
    let chain: Vec<_> = [leaf].iter().chain(rest).map(|made| made.certificate.clone()).collect();
    Bundle::sign_certified(&statement(), &private(leaf), &chain).unwrap().into_bytes()
}

fn root_of(made: &Made, subjects: Vec<SubjectRule>) -> TrustRoot {
    let mut authority = authority("ours", made.certificate.to_pem());
    authority.subjects = subjects;
    let mut trust = TrustRoot::default();
    trust.add_authority(authority).unwrap();
    trust
}

fn verify(trust: &TrustRoot, bundle: &[u8]) -> Verification {
    Verifier::new(trust, NOW).expecting::<CosignSign>().check(bundle, &kit())
}

fn refused(trust: &TrustRoot, bundle: &[u8]) -> AttestError {
    let result = verify(trust, bundle);
    assert!(result.verified().is_none());
    result.into_result().unwrap_err()
}

#[test]
fn a_chain_names_its_signer() {
    let root = ca("root", None, &as_is);
    let middle = ca("middle", Some(&root), &as_is);
    let signer = leaf(&middle, &as_is);
    let trust = root_of(&root, Vec::new());
    for rest in [vec![&middle], vec![&middle, &root], vec![&root, &middle]] {
        let verified = verify(&trust, &sign(&signer, &rest)).into_result().unwrap();
        let TrustedSigner::Certified(by, subject, _) = verified.signer() else { panic!() };
        assert_eq!((by.name.as_str(), subject.kind), ("ours", SubjectKind::Email));
        // Key and certificates are known too: either can be revoked.
        let with = verified.signer().certificate().unwrap();
        assert_eq!(with.key, signer.certificate.public_key().unwrap().id());
        let all = [&signer].into_iter().chain(rest.iter().copied());
        let all: Vec<_> = all.map(|made| made.certificate.fingerprint()).collect();
        assert_eq!(with.fingerprints, all);
        assert_eq!(verified.signer().key_id(), Some(with.key.clone()));
        assert_eq!(verified.signer().id(), "ours|email:dev@example.com");
    }
    // Nothing leads from the signer to the root without the middle.
    assert_eq!(refused(&trust, &sign(&signer, &[&root])).code(), "untrusted-certificate");
    assert_eq!(refused(&trust, &sign(&signer, &[])).code(), "untrusted-certificate");
    // Whoever trusts the middle needs no root.
    verify(&root_of(&middle, Vec::new()), &sign(&signer, &[])).into_result().unwrap();
}

#[test]
fn a_single_certificate_without_a_log_is_one_of_a_private_authority() {
    let root = ca("root", None, &as_is);
    let signer = leaf(&root, &as_is);
    let chained = Bundle::parse(sign(&signer, &[])).unwrap();
    let sealkit_attest::Content::Dsse(envelope) = chained.content().clone() else { panic!() };
    let material = Material::Certificate(signer.certificate.to_der().to_vec());
    let single = Bundle::of_material(envelope, material).unwrap();
    let trust = root_of(&root, Vec::new());
    verify(&trust, single.bytes()).into_result().unwrap();
    assert_eq!(Bundle::parse(single.bytes().to_vec()).unwrap().material(), single.material());
}

#[test]
fn only_the_named_subjects_are_trusted() {
    let root = ca("root", None, &as_is);
    let bundle = sign(&leaf(&root, &as_is), &[]);
    let uri = SubjectRule::exactly(SubjectKind::Uri, "https://example.com/ci");
    let verified = verify(&root_of(&root, vec![uri]), &bundle).into_result().unwrap();
    assert_eq!(verified.signer().id(), "ours|uri:https://example.com/ci");
    for stranger in [
        SubjectRule::exactly(SubjectKind::Email, "dev@example.com.evil.org"),
        SubjectRule::exactly(SubjectKind::Uri, "dev@example.com"),
        SubjectRule::fitting(SubjectKind::Email, "*@example.org"),
        SubjectRule::exactly(SubjectKind::Name, "CN=signer"),
    ] {
        let error = refused(&root_of(&root, vec![stranger]), &bundle);
        assert_eq!(error.code(), "identity-mismatch");
        assert!(error.to_string().contains("dev@example.com"), "{error}");
    }
    let bare = leaf(&root, &|params| params.subject_alt_names.clear());
    let named = SubjectRule::exactly(SubjectKind::Name, "CN=signer");
    verify(&root_of(&root, vec![named]), &sign(&bare, &[])).into_result().unwrap();
    let nameless = leaf(&root, &|params| {
        params.subject_alt_names.clear();
        params.distinguished_name = rcgen::DistinguishedName::new();
    });
    let error = refused(&root_of(&root, Vec::new()), &sign(&nameless, &[]));
    assert_eq!(error.code(), "identity-mismatch");
}

fn critical(params: &mut CertificateParams) {
    let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4, 5], vec![5, 0]);
    extension.set_criticality(true);
    params.custom_extensions.push(extension);
}

#[test]
fn a_signer_that_may_not_sign_is_refused() {
    let root = ca("root", None, &as_is);
    let trust = root_of(&root, Vec::new());
    let early = |p: &mut CertificateParams| p.not_after = date_time_ymd(2026, 2, 1);
    let late = |p: &mut CertificateParams| p.not_before = date_time_ymd(2026, 12, 1);
    let server = |p: &mut CertificateParams| {
        p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    };
    let agree = |p: &mut CertificateParams| p.key_usages = vec![KeyUsagePurpose::KeyAgreement];
    let is_ca = |p: &mut CertificateParams| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let silent = |p: &mut CertificateParams| {
        p.key_usages.clear();
        p.extended_key_usages.clear();
    };
    let cases: [(&str, Change<'_>); 7] = [
        ("expired", &early),
        ("not yet", &late),
        ("code signing", &server),
        ("digital signature", &agree),
        ("authority", &is_ca),
        ("may sign", &silent),
        ("1.2.3.4.5", &critical),
    ];
    for (word, change) in cases {
        let error = refused(&trust, &sign(&leaf(&root, change), &[]));
        assert_eq!(error.code(), "certificate-invalid", "{word}");
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    let only_usage = |p: &mut CertificateParams| p.extended_key_usages.clear();
    verify(&trust, &sign(&leaf(&root, &only_usage), &[])).into_result().unwrap();
    let harmless = |p: &mut CertificateParams| {
        let extension = CustomExtension::from_oid_content(&[1, 2, 3, 4, 5], vec![5, 0]);
        p.custom_extensions.push(extension);
    };
    verify(&trust, &sign(&leaf(&root, &harmless), &[])).into_result().unwrap();
}

#[test]
fn an_authority_that_no_verifier_would_read_is_not_taken_in() {
    let of = |size: usize| {
        let mut params = params("root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let oid = [1, 2, 3, 4, 5];
        params.custom_extensions = vec![CustomExtension::from_oid_content(&oid, vec![5; size])];
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let der = sealkit_attest::base64::encode(made.der());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
        check_authority_pem(&pem)
    };
    of(30 << 10).unwrap();
    assert_eq!(of(40 << 10).unwrap_err().code(), "limit-exceeded");
}

#[test]
fn an_authority_that_may_not_certify_is_refused() {
    let root = ca("root", None, &as_is);
    let trust = root_of(&root, Vec::new());
    let early = |p: &mut CertificateParams| p.not_after = date_time_ymd(2026, 2, 1);
    let no_ca = |p: &mut CertificateParams| p.is_ca = IsCa::NoCa;
    let no_sign = |p: &mut CertificateParams| p.key_usages = vec![KeyUsagePurpose::CrlSign];
    let server = |p: &mut CertificateParams| {
        p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    };
    let constrained = |p: &mut CertificateParams| {
        let permitted_subtrees = vec![GeneralSubtree::Rfc822Name("example.org".to_owned())];
        p.name_constraints =
            Some(NameConstraints { permitted_subtrees, excluded_subtrees: vec![] });
    };
    let cases: [(&str, Change<'_>); 6] = [
        ("expired", &early),
        ("not the certificate of an authority", &no_ca),
        ("certificate signing", &no_sign),
        ("code signing", &server),
        ("name constraints", &constrained),
        ("1.2.3.4.5", &critical),
    ];
    for (word, change) in cases {
        let middle = ca("middle", Some(&root), change);
        let error = refused(&trust, &sign(&leaf(&middle, &as_is), &[&middle]));
        assert_eq!(error.code(), "certificate-invalid", "{word}");
        assert!(error.to_string().contains(word), "{word}: {error}");
        // The root itself is held to the same rules.
        let bad = ca("bad root", None, change);
        let error = refused(&root_of(&bad, Vec::new()), &sign(&leaf(&bad, &as_is), &[]));
        assert_eq!(error.code(), "certificate-invalid", "{word}");
    }
}

#[test]
fn paths_are_as_long_as_their_authorities_allow() {
    let short = |p: &mut CertificateParams| p.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let root = ca("root", None, &short);
    let trust = root_of(&root, Vec::new());
    verify(&trust, &sign(&leaf(&root, &as_is), &[])).into_result().unwrap();
    let middle = ca("middle", Some(&root), &as_is);
    let error = refused(&trust, &sign(&leaf(&middle, &as_is), &[&middle]));
    assert_eq!(error.code(), "certificate-invalid");

    let mut chain = vec![ca("0", None, &as_is)];
    for at in 1..10 {
        let next = ca(&at.to_string(), chain.last(), &as_is);
        chain.push(next);
    }
    let rest: Vec<&Made> = chain.iter().collect();
    let signer = leaf(&chain[9], &as_is);
    let error = refused(&root_of(&chain[0], Vec::new()), &sign(&signer, &rest));
    assert_eq!(error.code(), "untrusted-certificate");
}

#[test]
fn many_ways_that_lead_nowhere_end_soon() {
    // Thirty authorities of one name and one key: every order of them is a way.
    let root = ca("x", None, &as_is);
    let other = ca("x", None, &as_is);
    let mut chain = vec![leaf(&root, &as_is).certificate];
    for _ in 0..30 {
        let mut params = params("x");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let made = params.self_signed(&root.key).unwrap();
        chain.push(Certificate::from_der(made.der()).unwrap());
    }
    let signer = leaf(&root, &as_is);
    chain[0] = signer.certificate.clone();
    let bundle = Bundle::sign_certified(&statement(), &private(&signer), &chain).unwrap();
    let start = std::time::Instant::now();
    let error = refused(&root_of(&other, Vec::new()), bundle.bytes());
    assert_eq!(error.code(), "certificate-invalid");
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn a_certificate_of_the_bundle_lends_no_trust() {
    let evil = ca("root", None, &as_is);
    let root = ca("root", None, &as_is);
    let signer = leaf(&evil, &as_is);
    // An authority of the same name, with its root beside it.
    let bundle = sign(&signer, &[&evil]);
    assert_eq!(refused(&root_of(&root, Vec::new()), &bundle).code(), "untrusted-certificate");
    assert_eq!(refused(&TrustRoot::default(), &bundle).code(), "untrusted-certificate");
    // Nor does a trusted key vouch for a certificate.
    assert_eq!(refused(&trusting(&[&private(&signer)]), &bundle).code(), "untrusted-certificate");
    // A good certificate beside the signature of somebody else.
    let good = leaf(&root, &as_is);
    let chained = Bundle::parse(bundle).unwrap();
    let sealkit_attest::Content::Dsse(envelope) = chained.content().clone() else { panic!() };
    let material = Material::CertificateChain(vec![good.certificate.to_der().to_vec()]);
    let forged = Bundle::of_material(envelope, material).unwrap();
    let error = refused(&root_of(&root, Vec::new()), forged.bytes());
    assert_eq!(error.code(), "signature-invalid");
}

#[test]
fn authorities_have_windows_and_must_be_readable() {
    let root = ca("root", None, &as_is);
    let bundle = sign(&leaf(&root, &as_is), &[]);
    for (from, until, code) in
        [(Some(NOW + 1), None, "key-not-yet-valid"), (None, Some(NOW - 1), "key-expired")]
    {
        let mut one = authority("ours", root.certificate.to_pem());
        (one.valid_from, one.valid_until) = (from, until);
        let mut trust = TrustRoot::default();
        trust.add_authority(one).unwrap();
        assert_eq!(refused(&trust, &bundle).code(), code);
    }
    let two = format!("{0}{0}", root.certificate.to_pem());
    for broken in ["x".to_owned(), two] {
        let mut trust = TrustRoot::default();
        trust.add_authority(authority("ours", broken)).unwrap();
        assert_eq!(refused(&trust, &bundle).code(), "trust-root-invalid");
    }
}

#[test]
fn the_key_must_be_the_certificates() {
    let root = ca("root", None, &as_is);
    let signer = leaf(&root, &as_is);
    let chain = [signer.certificate.clone()];
    let error = Bundle::sign_certified(&statement(), &key("another"), &chain).unwrap_err();
    assert_eq!(error.code(), "certificate-invalid");
    assert!(Bundle::sign_certified(&statement(), &private(&signer), &[]).is_err());
}

#[test]
fn files_of_certificates_may_have_text_and_must_be_whole() {
    let root = ca("root", None, &as_is);
    let pem = root.certificate.to_pem();
    let file = format!("Subject: root\n{pem}\nmore\n{pem}");
    assert_eq!(Certificate::from_pem_file(&file).unwrap().len(), 2);
    assert_eq!(Certificate::from_pem_file(&pem).unwrap()[0], root.certificate);
    for broken in ["", "text", &pem[..pem.len() - 10], &pem.replace("MII", "MIJ")] {
        assert!(Certificate::from_pem_file(broken).is_err(), "{broken}");
    }
    let der = root.certificate.to_der();
    for end in [0, 1, 10, der.len() - 1] {
        assert!(Certificate::from_der(&der[..end]).is_err());
    }
    assert!(Certificate::from_der(&[der, &[0]].concat()).is_err());
}
