//! The keys of an issuer (RFC 7517), each with the one algorithm that it is for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Largest set of keys in bytes.
pub(super) const MAX_SET: usize = 256 << 10;
/// Most keys of a set.
const MAX_KEYS: usize = 64;

/// Why keys can not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// It is no set of keys.
    #[error("this is no JSON Web Key Set of at most 256 KiB and 64 keys")]
    Malformed,
    /// There is none that can verify a token.
    #[error(
        "none of the keys has a `kid` and is RSA (2,048 to 4,096 bits), P-256, P-384 or Ed25519"
    )]
    NoneOfUse,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// A key as it is written. What is missing is empty.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Jwk {
    kty: String,
    kid: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: String,
    x: String,
    y: String,
    n: String,
    e: String,
}

struct Key {
    id: String,
    algorithm: Algorithm,
    verifies: DecodingKey,
}

/// Whether some key of the set can be used.
pub(super) fn check(set: &str) -> Result<(), KeysError> {
    let keys = read(set)?;
    if keys.is_empty() { Err(KeysError::NoneOfUse) } else { Ok(()) }
}

/// What a token says, where a key of the set signed it.
pub(super) fn verified(set: &str, token: &str) -> Option<Map<String, Value>> {
    let header = jsonwebtoken::decode_header(token).ok()?;
    let named = header.kid?;
    if demands_more(token) {
        return None;
    }
    let keys = read(set).ok()?;
    let mut with_name = keys.iter().filter(|key| key.id == named);
    let key = with_name.next()?;
    // Which of two keys of one name is meant can not be told.
    if with_name.next().is_some() {
        return None;
    }
    // The key says which algorithm, whatever the token says.
    let mut rules = Validation::new(key.algorithm);
    rules.required_spec_claims.clear();
    (rules.validate_exp, rules.validate_aud) = (false, false);
    Some(jsonwebtoken::decode(token, &key.verifies, &rules).ok()?.claims)
}

/// Whether the header of a token demands extensions to be understood, of which none is here (RFC 7515 §4.1.11).
fn demands_more(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).ok();
    let header = header.and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok());
    header.is_none_or(|header| header.contains_key("crit"))
}

/// Whether a token names a key that the set has not.
pub(super) fn lacks(set: &str, token: &str) -> bool {
    let named = jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid);
    let keys = read(set).unwrap_or_default();
    named.is_some_and(|named| keys.iter().all(|key| key.id != named))
}

fn read(set: &str) -> Result<Vec<Key>, KeysError> {
    if set.len() > MAX_SET {
        return Err(KeysError::Malformed);
    }
    let set: Set = serde_json::from_str(set).map_err(|_| KeysError::Malformed)?;
    if set.keys.len() > MAX_KEYS {
        return Err(KeysError::Malformed);
    }
    // Keys of other kinds stand in sets as well.
    let keys = set.keys.into_iter().filter_map(|key| Key::of(&serde_json::from_value(key).ok()?));
    Ok(keys.collect())
}

impl Key {
    fn of(jwk: &Jwk) -> Option<Self> {
        if jwk.kid.is_empty() || jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let length = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().map(|bytes| bytes.len());
        let (algorithm, key) = match (jwk.kty.as_str(), jwk.crv.as_str()) {
            ("RSA", _) if (256..=512).contains(&length(&jwk.n)?) => {
                (Algorithm::RS256, DecodingKey::from_rsa_components(&jwk.n, &jwk.e))
            }
            ("EC", "P-256") if length(&jwk.x)? == 32 && length(&jwk.y)? == 32 => {
                (Algorithm::ES256, DecodingKey::from_ec_components(&jwk.x, &jwk.y))
            }
            ("EC", "P-384") if length(&jwk.x)? == 48 && length(&jwk.y)? == 48 => {
                (Algorithm::ES384, DecodingKey::from_ec_components(&jwk.x, &jwk.y))
            }
            ("OKP", "Ed25519") if length(&jwk.x)? == 32 => {
                (Algorithm::EdDSA, DecodingKey::from_ed_components(&jwk.x))
            }
            _ => return None,
        };
        let name = format!("{algorithm:?}");
        if jwk.alg.as_ref().is_some_and(|alg| *alg != name) {
            return None;
        }
        Some(Self { id: jwk.kid.clone(), algorithm, verifies: key.ok()? })
    }
}
