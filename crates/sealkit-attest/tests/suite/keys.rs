//! Keys: files, names, signatures.

use proptest::prelude::*;
use sealkit_attest::{
    AttestError, HintStyle, KeyAlgorithm, PrivateKey, PublicKey, Signer as _, base64,
    is_insecure_test_key, key_file_needs_password,
};
use sealkit_attest::{Role, TrustRoot, TrustedKey};
use sealkit_report::Hint as _;

use crate::common::{PLAIN, insecure_key, key, random};

/// The public half of `insecure-test-key` as OpenSSL and cosign write it.
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEPeQcXNZkfEaEn5llC+D05J+8H/5x
1CpAIDPttkthTAo1HvCPepmx3YNfdbqW/qGA0MGNSVRMcTIGNnt1auqljQ==
-----END PUBLIC KEY-----
";

/// The whole key, imported by cosign 3.1.3 with the password `hello`.
const COSIGN: &str = "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJ6eXBWcUxqYlpKU2prOUtWcHY2L3pFZ3pvWDZxR2Fv
WDNKelJvaWNhUm8wPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJxbzA3bGd5Wjh2clcyblFjWWZUeXNKWS81Nzh6NlZ3dCJ9LCJj
aXBoZXJ0ZXh0IjoiSC8yUHE0dnR1RnJvcU0yNjB3R2E4ZjJPcWdNSUl6c00vOUhn
d1RTcDN5QlhmaEZQbWwzQ2V6Nk1GU2NVYktnMnIwOTlwaWMxcmE3UnhJbnJNRjlu
cWpxVUsyTFJJQWxrZ2hXblhUWmRMRGhMMXMzNk9zMm5TUFRWWmRkdHN3VlAxWG5L
OWdDSjV0NW93bmw5K3NpNHFWZzU1YUdaY2tJZ3pHcHZhZ1R4ZS9FU2tVNEZlWW05
S1dIb0RoMjU4eXFQMjJzbE1DQktHSExHTVE9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
";

fn unhex(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn code(text: &str, password: Option<&[u8]>) -> &'static str {
    PrivateKey::from_pem(text, password).unwrap_err().code()
}

/// The JSON inside a key file, changed, in a key file again.
fn altered(from: &str, to: &str) -> String {
    let body: String = COSIGN.lines().filter(|line| !line.starts_with('-')).collect();
    let json = String::from_utf8(base64::decode(&body, "body").unwrap()).unwrap();
    let changed = json.replacen(from, to, 1);
    assert_ne!(changed, json, "{from}");
    let label = "ENCRYPTED SIGSTORE PRIVATE KEY";
    let body = base64::encode(changed.as_bytes());
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

#[test]
fn a_key_file_made_by_cosign_opens() {
    for text in
        [COSIGN.to_owned(), COSIGN.replace("SIGSTORE", "COSIGN"), COSIGN.replace('\n', "\r\n")]
    {
        assert!(key_file_needs_password(&text).unwrap());
        let opened = PrivateKey::from_pem(&text, Some(b"hello")).unwrap();
        assert_eq!(opened.public_key().to_pem(), PUBLIC);
    }
}

#[test]
fn a_key_file_of_ours_opens_with_its_password_alone() {
    let key = key("ours");
    let text = key.to_encrypted_pem(b"", &mut random("salt")).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
    assert!(text.lines().all(|line| line.len() <= 64));
    let opened = PrivateKey::from_pem(&text, Some(b"")).unwrap();
    assert_eq!(opened.public_key(), key.public_key());
    assert_eq!(code(&text, Some(b"other")), "wrong-password");
    assert_eq!(code(&text, None), "password-needed");
    assert_ne!(text, key.to_encrypted_pem(b"", &mut random("other salt")).unwrap());
}

#[test]
fn a_key_file_of_ours_has_cosigns_bytes() {
    let text = key("ours").to_encrypted_pem(b"x", &mut |out| out.fill(7)).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let json = String::from_utf8(base64::decode(&body, "body").unwrap()).unwrap();
    let head = format!(
        "{{\"kdf\":{{\"name\":\"scrypt\",\"params\":{{\"N\":65536,\"r\":8,\"p\":1}},\"salt\":\"{}\"}},\
         \"cipher\":{{\"name\":\"nacl/secretbox\",\"nonce\":\"{}\"}},\"ciphertext\":\"",
        base64::encode(&[7; 32]),
        base64::encode(&[7; 24]),
    );
    assert!(json.starts_with(&head), "{json}");
}

#[test]
fn other_derivations_and_ciphers_are_refused_before_any_work() {
    for (from, to) in [
        ("\"N\":65536", "\"N\":1073741824"),
        ("\"N\":65536", "\"N\":16384"),
        ("\"N\":65536", "\"N\":65537"),
        ("\"N\":65536", "\"N\":0"),
        ("\"r\":8", "\"r\":4294967295"),
        ("\"p\":1", "\"p\":2"),
        ("\"salt\":\"zypV", "\"salt\":\"AAAAzypV"),
        ("scrypt", "argon2id"),
        ("scrypt", ""),
        ("nacl/secretbox", "aes-256-gcm"),
        ("\"nonce\":\"qo07lgyZ8vrW2nQcYfTysJY/578z6Vwt\"", "\"nonce\":\"AAAA\""),
    ] {
        assert_eq!(code(&altered(from, to), Some(b"hello")), "kdf-params-refused", "{to}");
    }
}

#[test]
fn an_altered_key_file_does_not_open() {
    assert_eq!(code(&altered("H/2Pq4", "H/2Pq5"), Some(b"hello")), "wrong-password");
    assert_eq!(code(&altered("zypVqL", "zypVqM"), Some(b"hello")), "wrong-password");
    assert_eq!(code(&altered("{\"kdf\"", "{\"kdf\":{},\"kdf\""), Some(b"hello")), "duplicate-key");
    assert_eq!(code(&altered("\"N\":65536", "\"N\":65536.0"), Some(b"hello")), "parse-error");
    assert_eq!(code(&altered("\"ciphertext\"", "\"text\""), Some(b"hello")), "parse-error");
}

#[test]
fn every_allowed_cost_is_tried() {
    // Another cost derives another key, so that the password is wrong and not the cost refused.
    for cost in ["32768", "131072"] {
        let text = altered("\"N\":65536", &format!("\"N\":{cost}"));
        assert_eq!(code(&text, Some(b"hello")), "wrong-password", "{cost}");
    }
}

#[test]
fn a_key_written_in_the_clear_comes_back() {
    let key = sealkit_attest::PrivateKey::generate(&mut |out| out.fill(9)).unwrap();
    let text = key.to_secret_pem().unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let read = sealkit_attest::PrivateKey::from_pem(&text, None).unwrap();
    assert_eq!(read.to_pkcs8_der().unwrap(), key.to_pkcs8_der().unwrap());
}

#[test]
fn a_plain_key_file_opens_without_a_password() {
    assert!(!key_file_needs_password(PLAIN).unwrap());
    let opened = PrivateKey::from_pem(PLAIN, None).unwrap();
    assert_eq!(opened.public_key().to_pem(), PUBLIC);
    let der = opened.to_pkcs8_der().unwrap();
    let body: String = PLAIN.lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(base64::encode(&der), body);
}

#[test]
fn what_is_no_key_file_is_refused() {
    for text in [
        "",
        "x",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAA-_\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\ntrailing",
    ] {
        assert_eq!(code(text, None), "parse-error", "{text}");
    }
    let twice = format!("{PLAIN}{PLAIN}");
    assert_eq!(code(&twice, None), "parse-error");
    assert_eq!(code(&PLAIN.replace("PRIVATE KEY", "EC PRIVATE KEY"), None), "key-invalid");
    assert_eq!(
        code("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", None),
        "key-invalid"
    );
    assert_eq!(code(PUBLIC, None), "key-invalid");
    assert_eq!(code(&"x".repeat(100_000), None), "limit-exceeded");
}

#[test]
fn a_pem_of_another_kind_is_named_with_the_way_out() {
    let error = PrivateKey::from_pem(&PLAIN.replace("PRIVATE", "DSA PRIVATE"), None).unwrap_err();
    assert!(
        error.to_string().starts_with("PEM block `DSA PRIVATE KEY` is not supported"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("openssl pkcs8"));
    let error = PublicKey::from_pem(PLAIN).unwrap_err();
    assert!(error.to_string().contains("`PUBLIC KEY` is expected"), "{error}");
}

#[test]
fn names_of_a_key_are_those_of_its_peers() {
    // Computed with sha256sum and base64 from the file that OpenSSL wrote.
    let key = PublicKey::from_pem(PUBLIC).unwrap();
    assert_eq!(key.id(), "be656b214a0cc6bef4673e7da84469f5b6416835f298c76d07c77167c6cc1d0e");
    assert_eq!(key.fingerprint(), "SHA256:be65 6b21 4a0c c6be");
    assert_eq!(key.hint(HintStyle::Cosign), "vmVrIUoMxr70Zz59qERp9bZBaDXymMdtB8dxZ8bMHQ4=");
    assert_eq!(key.hint(HintStyle::ModelSigning), sealkit_oci::Digest::of(PUBLIC.as_bytes()).hex());
    for style in [HintStyle::Cosign, HintStyle::ModelSigning] {
        assert!(key.is_hinted(&key.hint(style)));
    }
    assert!(key.is_hinted(&key.id()) && !key.is_hinted(""));
}

#[test]
fn a_public_key_reads_back() {
    let key = key("a").public_key();
    assert_eq!(PublicKey::from_der(key.to_der()).unwrap(), key);
    assert_eq!(key.to_pem().parse::<PublicKey>().unwrap(), key);
    let mut longer = key.to_der().to_vec();
    longer.push(0);
    assert_eq!(PublicKey::from_der(&longer).unwrap_err().code(), "key-invalid");
    let mut off_curve = key.to_der().to_vec();
    *off_curve.last_mut().unwrap() ^= 1;
    assert_eq!(PublicKey::from_der(&off_curve).unwrap_err().code(), "key-invalid");
}

#[test]
fn keys_of_other_kinds_are_named() {
    let ed25519 = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAuTEwK/iwuile45geGkehkCkg8iWxBjEt75xUUvORxqw=
-----END PUBLIC KEY-----
";
    let error = PublicKey::from_pem(ed25519).unwrap_err();
    assert_eq!(error.to_string(), "key algorithm Ed25519 is not supported here");
    // Whoever verifies may hold a key of another curve than whoever signs.
    assert!(error.hint().unwrap().contains("P-384 and P-521 are verified"), "{error:?}");
    assert_eq!(error.code(), "unsupported-algorithm");
    let spki =
        |oids: &[u8]| [&[0x30, oids.len() as u8 + 4], oids, &[0x03, 0x02, 0x00, 0x04]].concat();
    let k1 = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x0a";
    let rsa = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    for (oids, name) in [(k1.as_slice(), "secp256k1"), (rsa.as_slice(), "RSA")] {
        let error = PublicKey::from_der(&spki(oids)).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// Keys as `openssl ecparam -genkey` writes them: of P-256, its public half, and of secp256k1.
const SEC1: [&str; 3] = [
    "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIGwv5LUvGvJj14ZQbloptzw8VSpmu9mV4H4BWvuSWNS2oAoGCCqGSM49
AwEHoUQDQgAE6moJl3v3QceO9qx7ObY07NOIaffuSriZKhjOcTox04E7f7DcyEP8
azEXTF/Nb3K5HNNWQ6ZqE5bZUYAinXxxkw==
-----END EC PRIVATE KEY-----
",
    "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE6moJl3v3QceO9qx7ObY07NOIaffu
SriZKhjOcTox04E7f7DcyEP8azEXTF/Nb3K5HNNWQ6ZqE5bZUYAinXxxkw==
-----END PUBLIC KEY-----
",
    "-----BEGIN EC PRIVATE KEY-----
MHQCAQEEIJeXVWX6dO+ksSP+TnlyqCvctlLn6iU+atBNnCw30yGFoAcGBSuBBAAK
oUQDQgAEVrBOpSPyIbyRYnWLFcNNaz4KokEkRWa20HWCLrUQjMCt4VrHpszkBjYt
QiGq5rVPmGsVPLP+lvGELZLmdvy0Tg==
-----END EC PRIVATE KEY-----
",
];

#[test]
fn keys_of_openssls_older_form_are_read_if_they_are_of_our_curve() {
    let key = PrivateKey::from_pem(SEC1[0], None).unwrap();
    assert_eq!(key.public_key().to_pem(), SEC1[1]);
    let error = PrivateKey::from_pem(SEC1[2], None).unwrap_err();
    assert_eq!(error.code(), "key-invalid");
}

/// A key of OpenSSL and its signature over `message`.
const P521: &str = "-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAAI6szffleD7sTRn7rXarpbi/IeeD
vAwOhw3G4AhENleg4UCkS/8kWmWdedXlaMm66i0YDUgkRdNp+jBgDHOFQK0AvDQF
2d8LwK8D0McByqWqxDAa0oPAHJycAkmgk7DJ6GlUgZkJRw90cf9JzB28s9X3Ha2p
uuatE9prHzT4A9SZfGg=
-----END PUBLIC KEY-----
";
const P521_SIGNATURE: &str = "MIGIAkIBnihWR9wJrY5t72b/M+svjsw9tKrc7lZ5fqzh3pZ++wTbiAeg8JMiOQqVBOvzimlwHucIExjPlIzc0tAqwQ4PjO0CQgF95iW+uVNUjdCKXhtrx32ed0rWpsoZkLHED4c6pfX318EZww2BC/i0dlMo0tpnBdKsoqNDiHMIJI7bifgB3RL6Cg==";

#[test]
fn p521_verifies() {
    let key = PublicKey::from_pem(P521).unwrap();
    assert_eq!(key.algorithm().name(), "ECDSA P-521");
    assert_eq!(key.to_pem(), P521);
    let signature = sealkit_attest::base64::decode(P521_SIGNATURE, "sig").unwrap();
    key.verify(b"message", &signature).unwrap();
    assert!(key.verify(b"massage", &signature).is_err());
    assert!(key.verify(b"message", &signature[1..]).is_err());
    let mut trust = TrustRoot::default();
    trust.add(TrustedKey::new(key, "p521", Role::Signer)).unwrap();
    assert_eq!(TrustRoot::parse(&trust.to_json().unwrap()).unwrap(), trust);
}

#[test]
fn p384_verifies() {
    use p384::ecdsa::signature::Signer as _;
    use p384::pkcs8::EncodePublicKey as _;
    let secret = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
    let der = secret.verifying_key().to_public_key_der().unwrap();
    let key = PublicKey::from_der(der.as_bytes()).unwrap();
    assert_eq!(key.algorithm(), KeyAlgorithm::EcdsaP384);
    let signature: p384::ecdsa::Signature = secret.sign(b"message");
    key.verify(b"message", signature.to_der().as_bytes()).unwrap();
    assert!(key.verify(b"massage", signature.to_der().as_bytes()).is_err());
    let digest = sealkit_oci::Digest::of(b"message");
    assert!(key.verify_digest(&digest, signature.to_der().as_bytes()).is_err());
}

#[test]
fn signatures_are_those_of_rfc_6979() {
    // RFC 6979 A.2.5, P-256 with SHA-256, message "sample".
    let scalar = unhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
    let key = PrivateKey::generate(&mut |out| out.copy_from_slice(&scalar)).unwrap();
    let expected = "3046022100EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716\
                    022100F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";
    assert_eq!(key.sign(b"sample").unwrap(), unhex(expected));
}

#[test]
fn a_useless_random_source_is_an_error() {
    let error = PrivateKey::generate(&mut |out| out.fill(0)).unwrap_err();
    assert_eq!(error.code(), "random-source");
    assert!(PrivateKey::generate(&mut |out| out.fill(0xff)).is_err());
}

#[test]
fn no_secret_in_the_debug_form() {
    let key = insecure_key();
    let text = format!("{key:?} {:?}", Some(&key));
    assert!(text.contains(&key.public_key().id()));
    assert!(!text.to_lowercase().contains("0dcccbfe") && !text.contains("13, 204"), "{text}");
}

#[test]
fn the_test_key_is_known_by_its_public_half() {
    assert!(is_insecure_test_key(&PublicKey::from_pem(PUBLIC).unwrap()));
    #[cfg(debug_assertions)]
    assert_eq!(
        sealkit_attest::insecure_test_key().unwrap().public_key(),
        insecure_key().public_key()
    );
    assert!(!is_insecure_test_key(&key("a").public_key()));
}

#[test]
fn errors_tell_the_next_step() {
    let error = PrivateKey::from_pem(COSIGN, None).unwrap_err();
    assert!(matches!(error, AttestError::PasswordNeeded));
    assert!(error.hint().unwrap().contains("SEALKIT_PASSWORD"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn signing_and_verifying_reverse(seed in "[a-z]{6}", message: Vec<u8>, at: prop::sample::Index) {
        let key = key(&seed);
        let signature = key.sign(&message).unwrap();
        key.public_key().verify(&message, &signature).unwrap();
        let mut other = signature.clone();
        other[at.index(signature.len())] ^= 1;
        prop_assert!(key.public_key().verify(&message, &other).is_err());
        let text = key.public_key().to_pem();
        prop_assert_eq!(PublicKey::from_pem(&text).unwrap(), key.public_key());
    }

    #[test]
    fn random_keys_never_panic(bytes: Vec<u8>, text: String) {
        prop_assert!(PublicKey::from_der(&bytes).is_err());
        prop_assert!(PrivateKey::from_pkcs8_der(&bytes).is_err());
        prop_assert!(PublicKey::from_pem(&text).is_err());
        prop_assert!(key("a").public_key().verify(&text.into_bytes(), &bytes).is_err());
    }
}
