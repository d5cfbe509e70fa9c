//! Bundles: their one written form, and the forms that are read.

use proptest::prelude::*;
use sealkit_attest::{
    Bundle, BundleVersion, Content, HintStyle, Material, Signer as _, base64, pae,
};
use sealkit_report::Hint as _;

use crate::common::{bundle, insecure_key, key, signed, statement};

fn text() -> String {
    String::from_utf8(bundle(&key("bundle"))).unwrap()
}

fn code(text: &str) -> &'static str {
    Bundle::parse(text.as_bytes().to_vec()).unwrap_err().code()
}

#[test]
fn pae_is_that_of_the_dsse_protocol() {
    let bytes = pae("http://example.com/HelloWorld", b"hello world");
    assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
}

#[test]
fn the_written_form_is_the_template() {
    let key = insecure_key();
    let made = Bundle::sign(&statement(), &key, HintStyle::Cosign).unwrap();
    let signature = key.sign(&pae("application/vnd.in-toto+json", statement().payload())).unwrap();
    let expected = format!(
        "{{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\
         \"verificationMaterial\":{{\"publicKey\":{{\"hint\":\"{}\"}},\"tlogEntries\":[]}},\
         \"dsseEnvelope\":{{\"payload\":\"{}\",\"payloadType\":\"application/vnd.in-toto+json\",\
         \"signatures\":[{{\"sig\":\"{}\",\"keyid\":\"\"}}]}}}}",
        key.public_key().hint(HintStyle::Cosign),
        base64::encode(statement().payload()),
        base64::encode(&signature),
    );
    assert_eq!(std::str::from_utf8(made.bytes()).unwrap(), expected);
}

#[test]
fn the_same_statement_and_key_give_the_same_bundle() {
    assert_eq!(bundle(&key("a")), bundle(&key("a")));
    assert_ne!(bundle(&key("a")), bundle(&key("b")));
}

#[test]
fn what_is_read_keeps_its_bytes() {
    let spaced = text().replace(':', " : ").replace("https : ", "https:");
    let spaced = spaced.replace(
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
    );
    let read = Bundle::parse(spaced.clone().into_bytes()).unwrap();
    assert_eq!(read.bytes(), spaced.as_bytes());
    assert_eq!(read.version(), BundleVersion::V03);
    assert_eq!(read.into_bytes(), spaced.into_bytes());
}

#[test]
fn the_media_types_of_all_versions_are_read_and_no_other() {
    let v03 = "application/vnd.dev.sigstore.bundle.v0.3+json";
    for (name, version) in [
        ("application/vnd.dev.sigstore.bundle+json;version=0.1", BundleVersion::V01),
        ("application/vnd.dev.sigstore.bundle+json;version=0.2", BundleVersion::V02),
        ("application/vnd.dev.sigstore.bundle+json;version=0.3", BundleVersion::V03),
    ] {
        let read = Bundle::parse(text().replace(v03, name).into_bytes()).unwrap();
        assert_eq!(read.version(), version);
    }
    for name in ["", "application/json", "application/vnd.dev.sigstore.bundle.v0.4+json"] {
        assert_eq!(code(&text().replace(v03, name)), "media-type-unsupported", "{name}");
    }
}

#[test]
fn every_kind_of_material_is_read() {
    let with = |material: &str| {
        let hint = key("bundle").public_key().hint(HintStyle::Cosign);
        let text = text().replace(&format!("\"publicKey\":{{\"hint\":\"{hint}\"}}"), material);
        Bundle::parse(text.into_bytes()).map(|read| read.material().clone())
    };
    let old = r#""publicKey":{"rawBytes":"AAAA","keyDetails":"PKIX_ECDSA_P256_SHA_256"}"#;
    assert_eq!(with(old).unwrap(), Material::PublicKey { hint: None });
    let certificate = r#""certificate":{"rawBytes":"AAAA"}"#;
    assert_eq!(with(certificate).unwrap(), Material::Certificate(vec![0; 3]));
    let chain =
        r#""x509CertificateChain":{"certificates":[{"rawBytes":"AAAA"},{"rawBytes":"AA=="}]}"#;
    assert_eq!(with(chain).unwrap(), Material::CertificateChain(vec![vec![0; 3], vec![0]]));
    for bad in [
        r#""x509CertificateChain":{"certificates":[]}"#,
        r#""x509CertificateChain":{}"#,
        r#""publicKey":{"hint":"x"},"certificate":{"rawBytes":"AAAA"}"#,
        r#""publicKey":null"#,
        r#""certificate":{"rawBytes":"AA"}"#,
        r#""certificate":{}"#,
        r#""secret":1"#,
    ] {
        assert_eq!(with(bad).unwrap_err().code(), "parse-error", "{bad}");
    }
}

#[test]
fn log_entries_and_timestamps_are_kept_and_counted() {
    let entries = |count: usize| {
        let list = vec![r#"{"logIndex":"1"}"#; count].join(",");
        text().replace("\"tlogEntries\":[]", &format!(
            "\"tlogEntries\":[{list}],\"timestampVerificationData\":{{\"rfc3161Timestamps\":[{{\"signedTimestamp\":\"AAAA\"}}]}}"
        ))
    };
    let read = Bundle::parse(entries(2).into_bytes()).unwrap();
    assert_eq!(read.log_entries()[1]["logIndex"], "1");
    assert_eq!(read.timestamps(), [vec![0; 3]]);
    assert_eq!(code(&entries(33)), "limit-exceeded");
    assert_eq!(code(&text().replace("\"tlogEntries\"", "\"tlog_entries\"")), "parse-error");
}

#[test]
fn certificates_and_timestamps_are_counted_too() {
    let list = |item: &str| vec![item; 33].join(",");
    let stamps = list(r#"{"signedTimestamp":"AAAA"}"#);
    let stamps = format!("\"timestampVerificationData\":{{\"rfc3161Timestamps\":[{stamps}]}}");
    assert_eq!(code(&text().replace("\"tlogEntries\":[]", &stamps)), "limit-exceeded");
    let chain = list(r#"{"rawBytes":"AAAA"}"#);
    let chain = format!("\"x509CertificateChain\":{{\"certificates\":[{chain}]}}");
    let hint = key("bundle").public_key().hint(HintStyle::Cosign);
    let key = format!("\"publicKey\":{{\"hint\":\"{hint}\"}}");
    assert_eq!(code(&text().replace(&key, &chain)), "limit-exceeded");
}

#[test]
fn a_message_signature_is_read() {
    let envelope = text().find("\"dsseEnvelope\"").unwrap();
    let head = &text()[..envelope];
    let message = r#""messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"AAAA"},"signature":"AA=="}"#;
    let read = Bundle::parse(format!("{head}{message}}}").into_bytes()).unwrap();
    let Content::Message { algorithm, digest, signature } = read.content() else {
        panic!("{read:?}")
    };
    assert_eq!(
        (algorithm.as_str(), digest.as_slice(), signature.as_slice()),
        ("SHA2_256", &[0_u8; 3][..], &[0_u8][..])
    );
    let both = format!("{head}{message},{}", &text()[envelope..]);
    assert_eq!(code(&both), "parse-error");
    assert_eq!(code(&format!("{}}}", head.trim_end_matches(','))), "parse-error");
}

#[test]
fn an_unknown_field_is_refused_where_it_could_change_what_is_verified() {
    for (from, to) in [
        ("{\"mediaType\"", "{\"x\":1,\"mediaType\""),
        ("{\"payload\"", "{\"x\":1,\"payload\""),
        ("{\"sig\"", "{\"x\":1,\"sig\""),
        ("{\"hint\"", "{\"x\":1,\"hint\""),
    ] {
        assert_eq!(code(&text().replace(from, to)), "parse-error", "{to}");
    }
}

#[test]
fn a_huge_bundle_is_refused_before_it_is_read() {
    let mut bytes = bundle(&key("a"));
    bytes.resize((32 << 20) + 1, b' ');
    assert_eq!(Bundle::parse(bytes).unwrap_err().code(), "limit-exceeded");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn bundles_reverse(kind in ".{0,40}", payload: Vec<u8>, seed in "[a-z]{4}") {
        let key = key(&seed);
        let read = Bundle::parse(signed(&key, &kind, &payload)).unwrap();
        let Content::Dsse(envelope) = read.content() else { panic!() };
        prop_assert_eq!(&envelope.payload, &payload);
        prop_assert_eq!(&envelope.payload_type, &kind);
        prop_assert!(read.hint().is_some_and(|hint| key.public_key().is_hinted(hint)));
        key.public_key().verify(&envelope.signed_bytes(), &envelope.signature).unwrap();
    }

    #[test]
    fn random_bundles_never_panic(bytes: Vec<u8>) {
        prop_assert!(Bundle::parse(bytes).is_err());
    }

    #[test]
    fn a_flipped_byte_never_panics(at: prop::sample::Index, with: u8) {
        let mut bytes = bundle(&key("bundle"));
        let at = at.index(bytes.len());
        bytes[at] = with;
        let _ = Bundle::parse(bytes);
    }
}
