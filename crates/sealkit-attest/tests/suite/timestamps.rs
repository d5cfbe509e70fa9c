//! RFC 3161 timestamps that OpenSSL made.

use sealkit_attest::{AttestError, SigstoreRoot};
use sealkit_report::Hint as _;
use serde_json::{Value, json};

const RESPONSE: &[u8] = include_bytes!("../data/openssl-ts/response.tsr");
const CA: &str = include_str!("../data/openssl-ts/ca.pem");
const TSA: &str = include_str!("../data/openssl-ts/tsa.pem");
const EVIL: &str = include_str!("../data/openssl-ts/evil.pem");
const SIGNATURE: &[u8] = b"a signature";
/// 2026-11-25T13:06:55Z
const TIME: i64 = 1_795_612_015;

fn root(chain: &[&str], since: &str, until: Option<&str>) -> SigstoreRoot {
    let certificate = |pem: &&str| -> Value {
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        json!({ "rawBytes": body })
    };
    let certificates: Vec<Value> = chain.iter().map(certificate).collect();
    let json = json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot.v0.2+json",
        "timestampAuthorities": [{
            "uri": "https://tsa.example",
            "certChain": { "certificates": certificates },
            "validFor": { "start": since, "end": until },
        }],
    });
    SigstoreRoot::parse(serde_json::to_vec(&json).unwrap()).unwrap()
}

fn verify(chain: &[&str]) -> Result<Option<i64>, AttestError> {
    root(chain, "2020-01-01T00:00:00Z", None).timestamp(RESPONSE, SIGNATURE, TIME)
}

#[test]
fn openssl_s_timestamp_gives_its_time() {
    // The root may name the signer, or only the authority: then the signer comes with the token.
    assert_eq!(verify(&[TSA, CA]).unwrap(), Some(TIME));
    assert_eq!(verify(&[CA]).unwrap(), Some(TIME));
    assert_eq!(verify(&[TSA]).unwrap(), Some(TIME));
}

#[test]
fn another_certificate_of_the_same_name_and_number_is_not_the_signer() {
    assert_eq!(verify(&[EVIL, CA]).unwrap(), None);
}

#[test]
fn a_token_of_an_authority_that_is_not_trusted_says_nothing() {
    let public = SigstoreRoot::parse(crate::conformance::PUBLIC_GOOD.to_vec()).unwrap();
    assert_eq!(public.timestamp(RESPONSE, SIGNATURE, TIME).unwrap(), None);
    // The right signer below a root that did not issue it.
    assert_eq!(verify(&[TSA, EVIL]).unwrap_err().code(), "timestamp-invalid");
}

#[test]
fn a_token_over_another_signature_or_of_the_future_is_refused() {
    let root = root(&[TSA, CA], "2020-01-01T00:00:00Z", None);
    let code = |result: Result<Option<i64>, AttestError>| result.unwrap_err().code();
    assert_eq!(code(root.timestamp(RESPONSE, b"another", TIME)), "timestamp-invalid");
    assert_eq!(code(root.timestamp(RESPONSE, SIGNATURE, TIME - 1)), "timestamp-invalid");
}

#[test]
fn the_authority_s_window_counts_and_both_ends_belong_to_it() {
    let at =
        |since, until| root(&[TSA, CA], since, Some(until)).timestamp(RESPONSE, SIGNATURE, TIME);
    let exactly = "2026-11-25T13:06:55Z";
    assert_eq!(at(exactly, exactly).unwrap(), Some(TIME));
    assert!(at("2026-11-25T13:06:56Z", "2030-01-01T00:00:00Z").is_err());
    assert!(at("2026-11-25T13:06:55.5Z", "2030-01-01T00:00:00Z").is_err());
    assert!(at("2020-01-01T00:00:00Z", "2026-11-25T13:06:54.999Z").is_err());
}

#[test]
fn no_byte_of_a_token_can_change_unseen() {
    let root = root(&[TSA, CA], "2020-01-01T00:00:00Z", None);
    for at in (0..RESPONSE.len()).step_by(9) {
        let mut bytes = RESPONSE.to_vec();
        bytes[at] ^= 1;
        // The certificates that came along are not signed, and are not used.
        let result = root.timestamp(&bytes, SIGNATURE, TIME);
        assert!(matches!(result, Err(_) | Ok(None | Some(TIME))), "byte {at}: {result:?}");
    }
    for length in [0, 1, RESPONSE.len() - 1] {
        assert!(root.timestamp(&RESPONSE[..length], SIGNATURE, TIME).is_err());
    }
    let longer = [RESPONSE, b"\0"].concat();
    assert!(root.timestamp(&longer, SIGNATURE, TIME).is_err());
    let huge = vec![0x30; 1 << 17];
    assert_eq!(root.timestamp(&huge, SIGNATURE, TIME).unwrap_err().code(), "limit-exceeded");
}
