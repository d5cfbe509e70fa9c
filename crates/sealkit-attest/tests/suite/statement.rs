//! Statements and predicates.

use proptest::prelude::*;
use sealkit_attest::{
    AnyPredicate, AttestError, CosignSign, CycloneDxBom, KitSeal, Predicate, Statement, Subject,
};
use sealkit_oci::{Descriptor, Digest, media_type};
use sealkit_report::Hint as _;

use crate::common::{kit, statement};

fn parse(text: &str) -> Result<Statement, AttestError> {
    Statement::parse(text.as_bytes().to_vec())
}

#[test]
fn a_bare_signature_has_the_bytes_that_cosign_signs() {
    let expected = format!(
        "{{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{{\"digest\":{{\"sha256\":\"{}\"}}}}],\
         \"predicateType\":\"https://sigstore.dev/cosign/sign/v1\",\"predicate\":{{}}}}",
        kit().hex()
    );
    assert_eq!(std::str::from_utf8(statement().payload()).unwrap(), expected);
    assert_eq!(statement().digest(), Digest::of(expected.as_bytes()));
}

#[test]
fn only_the_signed_mark_says_that_a_hub_made_it() {
    let made = Statement::new(vec![Subject::looked_at_by_hub(&kit())], &CosignSign {}).unwrap();
    assert!(made.is_made_by_hub() && made.check_subject(&kit()).is_ok());
    assert!(!statement().is_made_by_hub());
    let text = std::str::from_utf8(made.payload()).unwrap();
    assert!(text.contains(r#""annotations":{"sealkit.dev/made-by":"hub"}"#), "{text}");
    for other in
        [r#""sealkit.dev/made-by":"Hub""#, r#""sealkit.dev/made-by":["hub"]"#, r#""made-by":"hub""#]
    {
        let other = text.replace(r#""sealkit.dev/made-by":"hub""#, other);
        assert!(!parse(&other).unwrap().is_made_by_hub(), "{other}");
    }
}

#[test]
fn the_seal_names_its_blobs_as_documented() {
    let table = Descriptor::of(media_type::FILE_TABLE, b"").annotated("a", "dropped");
    let bom = Descriptor::of(media_type::CYCLONEDX, b"foo");
    let seal = KitSeal::new(&table, Some(&bom));
    let read = Statement::new(vec![Subject::of(&kit())], &seal).unwrap();
    assert_eq!(
        read.raw_predicate(),
        "{\"fileTable\":{\"mediaType\":\"application/vnd.sealkit.file-table.v1+json\",\
         \"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"size\":0},\
         \"bom\":{\"mediaType\":\"application/vnd.cyclonedx+json\",\
         \"digest\":\"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\",\"size\":3}}"
    );
    assert_eq!(read.predicate::<KitSeal>().unwrap(), seal);
    assert!(
        matches!(read.any_predicate().unwrap(), AnyPredicate::KitSeal(found) if *found == seal)
    );
}

#[test]
fn a_bom_is_embedded_byte_for_byte() {
    let document = "{ \"bomFormat\" : \"CycloneDX\",\n \"x\": 1.50, \"é\": \"\\u00e9\" }";
    let bom = CycloneDxBom::new(document.as_bytes()).unwrap();
    let read = Statement::new(vec![Subject::of(&kit())], &bom).unwrap();
    assert_eq!(read.predicate::<CycloneDxBom>().unwrap().document(), document);
    assert_eq!(read.raw_predicate(), document);
    assert_eq!(read.predicate_type(), "https://cyclonedx.org/bom/v1.6");
}

#[test]
fn a_bom_that_is_no_strict_json_is_not_embedded() {
    assert_eq!(CycloneDxBom::new(b"{\"a\":1,\"a\":2}").unwrap_err().code(), "duplicate-key");
    assert_eq!(CycloneDxBom::new(b"{").unwrap_err().code(), "parse-error");
    let list = CycloneDxBom::new(b"[]").unwrap();
    let made = Statement::new(vec![Subject::of(&kit())], &list);
    assert_eq!(made.unwrap_err().code(), "statement-invalid");
}

#[test]
fn the_type_of_a_bom_is_matched_with_or_without_version() {
    for good in ["https://cyclonedx.org/bom", "https://cyclonedx.org/bom/v1.7"] {
        assert!(CycloneDxBom::matches(good), "{good}");
    }
    for bad in ["https://cyclonedx.org/bombast", "https://cyclonedx.org/", "cyclonedx.org/bom", ""]
    {
        assert!(!CycloneDxBom::matches(bad), "{bad}");
    }
}

#[test]
fn unknown_fields_survive_byte_for_byte() {
    let hex = kit().hex().to_owned();
    let text = format!(
        "{{ \"later\": [1], \"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{{\"uri\":\"u\",\"name\":\"n\",\
         \"digest\":{{\"sha256\":\"{hex}\"}},\"annotations\":{{\"a\":1}}}}],\
         \"predicateType\":\"https://example.com/p\", \"predicate\":{{\"n\": 1.0}} }}\n"
    );
    let read = parse(&text).unwrap();
    assert_eq!(read.payload(), text.as_bytes());
    assert_eq!(read.raw_predicate(), "{\"n\": 1.0}");
    assert_eq!(read.subjects()[0].name.as_deref(), Some("n"));
    let unknown = read.any_predicate().unwrap();
    assert!(matches!(unknown, AnyPredicate::Unknown(name) if name == "https://example.com/p"));
}

#[test]
fn a_predicate_of_another_type_is_not_read() {
    let error = statement().predicate::<KitSeal>().unwrap_err();
    assert_eq!(error.code(), "predicate-type-mismatch");
    assert_eq!(
        error.to_string(),
        "statement has predicate type `https://sigstore.dev/cosign/sign/v1`: \
         `https://sealkit.dev/attestations/kit/v1` is expected"
    );
}

#[test]
fn a_seal_without_its_table_is_invalid() {
    let text = String::from_utf8(statement().payload().to_vec()).unwrap();
    let read = parse(&text.replace(CosignSign::TYPE, KitSeal::TYPE)).unwrap();
    assert_eq!(read.predicate::<KitSeal>().unwrap_err().code(), "predicate-invalid");
    assert!(read.any_predicate().is_err());
}

#[test]
fn no_statement_without_its_parts() {
    let good = String::from_utf8(statement().payload().to_vec()).unwrap();
    parse(&good).unwrap();
    let subject = format!("[{{\"digest\":{{\"sha256\":\"{}\"}}}}]", kit().hex());
    for (from, to) in [
        ("Statement/v1", "Statement/v0.1"),
        ("Statement/v1", "Statement/v2"),
        (subject.as_str(), "[]"),
        (subject.as_str(), "null"),
        (subject.as_str(), "[{}]"),
        (subject.as_str(), "[{\"digest\":{}}]"),
        (subject.as_str(), "[{\"digest\":{\"sha256\":1}}]"),
        ("\"subject\"", "\"subjects\""),
        ("\"predicate\":{}", "\"predicate\":null"),
        ("\"predicate\":{}", "\"predicate\":[]"),
        ("\"predicate\":{}", "\"predicated\":{}"),
        ("https://sigstore.dev/cosign/sign/v1", ""),
        ("\"_type\"", "\"type\""),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        assert_eq!(parse(&bad).unwrap_err().code(), "statement-invalid", "{bad}");
    }
}

#[test]
fn a_statement_needs_a_subject_when_it_is_made_too() {
    let error = Statement::new(Vec::new(), &CosignSign {}).unwrap_err();
    assert_eq!(error.to_string(), "statement is not valid: it has no subject");
}

#[test]
fn any_subject_of_several_binds() {
    let subjects = vec![Subject::of(&Digest::of(b"other")), Subject::of(&kit())];
    let read = Statement::new(subjects, &CosignSign {}).unwrap();
    read.check_subject(&kit()).unwrap();
    let error = read.check_subject(&Digest::of(b"third")).unwrap_err();
    assert_eq!(error.code(), "subject-mismatch");
}

proptest! {
    #[test]
    fn statements_reverse(names in prop::collection::vec(".{0,20}", 1..5), document in "[a-z]{0,9}") {
        let subjects: Vec<_> = names
            .iter()
            .map(|name| Subject { name: Some(name.clone()), ..Subject::of(&Digest::of(name.as_bytes())) })
            .collect();
        let bom = CycloneDxBom::new(format!("{{\"a\":\"{document}\"}}").as_bytes()).unwrap();
        let made = Statement::new(subjects.clone(), &bom).unwrap();
        let read = Statement::parse(made.payload().to_vec()).unwrap();
        prop_assert_eq!(read.subjects(), subjects.as_slice());
        prop_assert_eq!(read.raw_predicate(), made.raw_predicate());
    }

    #[test]
    fn random_statements_never_panic(bytes: Vec<u8>) {
        prop_assert!(Statement::parse(bytes).is_err());
    }
}
