//! Facts from verified values: what is about another thing has no way in.

use sealkit_attest::{
    ANNOTATION_SEQUENCE, Bundle, CosignSign, DigestSet, HintStyle, Lineage, LineageNode, NodeKind,
    Predicate, PrivateKey, Release, Role, Signer as _, Statement, Subject as Named, TrustRoot,
    TrustedKey, Uri, VerifiedStatement, Verifier,
};
use sealkit_oci::{Digest, Manifest, Raw, media_type};
use sealkit_policy::{BomFacts, Facts, LineageFacts, Policy, PolicyError, Seen, Subject};

use super::common::NOW;

fn verified(digest: &Digest) -> VerifiedStatement {
    signed(digest, Named::of(digest), &CosignSign {})
}

fn signed(digest: &Digest, subject: Named, predicate: &impl Predicate) -> VerifiedStatement {
    signed_as(Role::Signer, digest, subject, predicate)
}

fn signed_as(
    role: Role,
    digest: &Digest,
    subject: Named,
    predicate: &impl Predicate,
) -> VerifiedStatement {
    let key = PrivateKey::generate(&mut |out: &mut [u8]| out.fill(7)).unwrap();
    let statement = Statement::new(vec![subject], predicate).unwrap();
    let bundle = Bundle::sign(&statement, &key, HintStyle::Cosign).unwrap();
    let mut trust = TrustRoot::default();
    trust.add(TrustedKey::new(key.public_key(), "Ada", role)).unwrap();
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

fn released(kit: &str, sequence: u64, version: &str) -> (Digest, VerifiedStatement) {
    let digest = Digest::of(kit.as_bytes());
    let mut subject = Named::of(&digest);
    let number = (ANNOTATION_SEQUENCE.to_owned(), sequence.into());
    subject.annotations = Some(serde_json::Map::from_iter([number]));
    let purl = Uri::try_from(format!("pkg:oci/model@{version}")).unwrap();
    let statement = signed(&digest, subject, &Release { purl, package_id: None });
    (digest, statement)
}

/// What is remembered of a release, after what was seen.
fn remembered(rule: &str, release: Option<(u64, &str)>, seen: Seen) -> (bool, Option<Seen>) {
    let (digest, statement) = release.map_or_else(
        || released("kit", 0, "0"),
        |(number, version)| released("kit", number, version),
    );
    let mut facts = Facts::about(subject(&digest)).seen(seen);
    if release.is_some() {
        facts = facts.statement(&statement).unwrap();
    }
    let text = format!("{{schemaVersion: 1, name: p, rules: [{{id: a, check: pinned}}, {rule}]}}");
    let answer = Policy::parse(text.as_bytes()).unwrap().evaluate(&facts.build(), NOW);
    (answer.is_allowed(), answer.remember().cloned())
}

#[test]
fn only_a_release_that_is_not_older_is_remembered() {
    const ENFORCED: &str = "{id: r, check: {release: {order: sequence}}}";
    const WARNS: &str = "{id: r, mode: warn, check: {release: {order: sequence}}}";
    const ELSEWHERE: &str =
        "{id: r, scope: {kinds: [dataset]}, check: {release: {order: sequence}}}";
    let seen = |sequence, version: &str, kit: &str| Seen {
        sequence: Some(sequence),
        version: Some(version.to_owned()),
        digest: Some(Digest::of(kit.as_bytes())),
    };
    let old = || seen(5, "1.5.0", "old");
    let new = seen(6, "1.6.0", "kit");
    assert_eq!(remembered(ENFORCED, Some((6, "1.6.0")), old()), (true, Some(new)));
    // The greater of both stays.
    let mixed = seen(6, "1.5.0", "kit");
    assert_eq!(remembered(ENFORCED, Some((6, "1.0.0")), old()), (true, Some(mixed)));
    assert_eq!(remembered(ENFORCED, Some((4, "1.4.0")), old()), (false, None));
    // An older one, another one of that number, or one without a word is let in by a rule that only warns:
    // what was seen is not taken for its.
    for release in [Some((4, "1.4.0")), Some((5, "1.5.0")), None] {
        assert_eq!(remembered(WARNS, release, old()), (true, None), "{release:?}");
    }
    let mut subject = subject(&Digest::of(b"kit"));
    subject.kinds = vec![sealkit_policy::KitKind::Model];
    let facts =
        Facts::about(subject).seen(old()).statement(&released("kit", 6, "1.6.0").1).unwrap();
    let text =
        format!("{{schemaVersion: 1, name: p, rules: [{{id: a, check: pinned}}, {ELSEWHERE}]}}");
    let answer = Policy::parse(text.as_bytes()).unwrap().evaluate(&facts.build(), NOW);
    assert!(answer.is_allowed() && answer.remember().is_none(), "its rule is not for this kit");
}

#[test]
fn what_was_made_from_nothing_is_said_by_provenance_or_lineage() {
    let digest = Digest::of(b"kit");
    let policy =
        Policy::parse(b"{schemaVersion: 1, name: p, rules: [{id: r, check: {lineage: {}}}]}")
            .unwrap();
    let allows = |statement: &VerifiedStatement| {
        let facts = Facts::about(subject(&digest)).statement(statement).unwrap();
        let walked = LineageFacts { complete: true, ..LineageFacts::default() };
        policy.evaluate(&facts.lineage(walked).unwrap().build(), NOW).is_allowed()
    };
    let node = |digest: &Digest| LineageNode {
        id: "kit".to_owned(),
        digest: Some(DigestSet::of(digest)),
        kind: NodeKind::Kit,
        media_type: None,
        name: None,
        version: None,
    };
    let alone = |digest: &Digest| Lineage { nodes: vec![node(digest)], edges: vec![] };
    let named = || Named::of(&digest);
    assert!(allows(&signed(&digest, named(), &alone(&digest))));
    assert!(!allows(&signed(&digest, named(), &alone(&Digest::of(b"other")))));
    assert!(!allows(&signed(&digest, named(), &CosignSign {})));
}

/// A file table counts where somebody sealed it who vouches for kits.
#[test]
fn the_table_of_a_seal_by_a_revoker_is_refused() {
    let manifest = manifest();
    let kit = manifest.digest();
    let table = br#"{"schemaVersion":1,"layers":[]}"#;
    let layer = sealkit_oci::Descriptor::of(media_type::FILE_TABLE, table);
    let seal = sealkit_attest::KitSeal::new(&layer, None);
    let with = |role: Role| {
        let said = signed_as(role, kit, Named::of(kit), &seal);
        Facts::about(subject(kit)).statement(&said).unwrap().file_table(table).map(|_| ())
    };
    assert!(!matches!(with(Role::Signer), Err(PolicyError::OtherSubject { .. })));
    for role in [Role::REVOKER, Role::HUB] {
        let found = with(role.parse().unwrap());
        assert!(matches!(found, Err(PolicyError::OtherSubject { .. })), "{role}");
    }
}
