//! The keys that sign short-lived tokens: one file in the hub's folder, for its owner alone.

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use sealkit_oci::Digest;
use sealkit_store::{Readers, replace_file};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::AccessError;
use super::grant::Grant;

/// The file in the hub's folder.
const FILE: &str = "token-keys.json";
/// A key signs for so long, in seconds; the one before it still verifies.
const ROTATION: i64 = 30 * 24 * 60 * 60;
/// Most keys that are kept: the one that signs and the one before.
const KEPT: usize = 2;
/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 16 << 10;
/// Issuer and audience. Hubs have different keys, so that no token of another one holds here.
pub(super) const SERVICE: &str = "sealkit-hub";

/// The claims of a token (token authentication implementation). Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) aud: String,
    pub(super) exp: i64,
    pub(super) nbf: i64,
    pub(super) iat: i64,
    pub(super) jti: String,
    pub(super) access: Vec<Grant>,
    /// Number of the token that it was given for, which must still hold; none for nobody known.
    #[serde(rename = "sealkit.dev/token", default, skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<i64>,
}

/// The keys of one hub.
pub struct TokenKeys {
    path: PathBuf,
    clock: fn() -> i64,
    /// The newest first.
    keys: RwLock<Vec<Key>>,
}

/// A key as it is kept.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    created: i64,
    seed: String,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Document {
    keys: Vec<Kept>,
}

struct Key {
    id: String,
    kept: Kept,
    signs: EncodingKey,
    verifies: DecodingKey,
}

impl TokenKeys {
    /// The keys in `folder`; the first is made where there is none.
    pub fn open(folder: &Path) -> Result<Self, AccessError> {
        Self::with_clock(folder, super::now)
    }

    /// The same with a clock in seconds since 1970.
    pub fn with_clock(folder: &Path, clock: fn() -> i64) -> Result<Self, AccessError> {
        let path = folder.join(FILE);
        let keys = read(&path)?;
        let keys = Self { path, clock, keys: RwLock::new(keys) };
        keys.rotate()?;
        Ok(keys)
    }

    /// A token that says this.
    pub(super) fn sign(&self, claims: &Claims) -> Result<String, AccessError> {
        self.rotate()?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.first().ok_or(AccessError::Random)?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.id.clone());
        let signed = jsonwebtoken::encode(&header, claims, &key.signs);
        signed.map_err(|error| self.unusable(error.to_string()))
    }

    /// What a token says, where one of these keys signed it for this hub and it holds now.
    pub(super) fn verify(&self, token: &str) -> Option<Claims> {
        if token.len() > MAX_TOKEN {
            return None;
        }
        let named = jsonwebtoken::decode_header(token).ok()?.kid?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys.iter().find(|key| key.id == named)?;
        // Whatever the token names: this algorithm and no other. Times go by the hub's own clock.
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.required_spec_claims.clear();
        (rules.validate_exp, rules.validate_aud) = (false, false);
        let claims = jsonwebtoken::decode::<Claims>(token, &key.verifies, &rules).ok()?.claims;
        let now = (self.clock)();
        let is_ours = claims.iss == SERVICE && claims.aud == SERVICE;
        (is_ours && claims.nbf <= now && now < claims.exp).then_some(claims)
    }

    /// Now, in seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Makes a new key where there is none, or the newest has signed for long enough.
    fn rotate(&self) -> Result<(), AccessError> {
        let now = (self.clock)();
        let is_due = |keys: &[Key]| {
            keys.first().is_none_or(|key| now.saturating_sub(key.kept.created) >= ROTATION)
        };
        if !is_due(&self.keys.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(());
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if !is_due(&keys) {
            return Ok(());
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| AccessError::Random)?;
        let seed = STANDARD.encode(seed.as_ref());
        let kept = Kept { created: now, seed };
        let new = Key::of(kept.clone()).ok_or(AccessError::Random)?;
        let old = keys.first().map(|key| key.kept.clone());
        let document = Document { keys: std::iter::once(kept).chain(old).collect() };
        let bytes = serde_json::to_vec_pretty(&document).map(Zeroizing::new);
        let bytes = bytes.map_err(|error| self.unusable(error.to_string()))?;
        // Nothing is signed by a key that a restart would not know.
        replace_file(&self.path, &bytes, Readers::Owner)
            .map_err(|error| self.unusable(error.to_string()))?;
        keys.insert(0, new);
        keys.truncate(KEPT);
        Ok(())
    }

    fn unusable(&self, reason: String) -> AccessError {
        AccessError::Keys { path: self.path.clone(), reason }
    }
}

fn read(path: &Path) -> Result<Vec<Key>, AccessError> {
    let unusable = |reason: String| AccessError::Keys { path: path.to_owned(), reason };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(error.to_string())),
    };
    // The cause is not told: it could quote a key.
    let document: Document =
        serde_json::from_slice(&bytes).map_err(|_| unusable("it is damaged".to_owned()))?;
    let keys = document.keys.into_iter().take(KEPT).map(Key::of);
    keys.collect::<Option<_>>().ok_or_else(|| unusable("a key in it is damaged".to_owned()))
}

impl Key {
    fn of(kept: Kept) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(kept.seed.as_bytes()).ok()?);
        let seed = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?);
        let key = SigningKey::from_bytes(&seed);
        let public = key.verifying_key().to_bytes();
        let id = Digest::of(&public).hex().get(..16)?.to_owned();
        let signs = EncodingKey::from_ed_der(key.to_pkcs8_der().ok()?.as_bytes());
        let verifies = DecodingKey::from_ed_components(&URL_SAFE_NO_PAD.encode(public)).ok()?;
        Some(Self { id, kept, signs, verifies })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn claims(now: i64) -> Claims {
        let service = || SERVICE.to_owned();
        Claims {
            iss: service(),
            sub: "ci".to_owned(),
            aud: service(),
            exp: now + 300,
            nbf: now,
            iat: now,
            jti: "1".to_owned(),
            access: Vec::new(),
            token: Some(7),
        }
    }

    #[test]
    fn a_token_holds_for_its_time_and_under_its_key_alone() {
        static CLOCK: AtomicI64 = AtomicI64::new(1_000);
        let clock: fn() -> i64 = || CLOCK.load(Ordering::SeqCst);
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let keys = TokenKeys::with_clock(folder.path(), clock).unwrap();
        let token = keys.sign(&claims(1_000)).unwrap();
        assert_eq!(keys.verify(&token), Some(claims(1_000)));
        let again = TokenKeys::with_clock(folder.path(), clock).unwrap();
        assert_eq!(again.verify(&token), Some(claims(1_000)), "after a restart");
        let strange = TokenKeys::with_clock(other.path(), clock).unwrap();
        assert_eq!(strange.verify(&token), None);
        for (at, good) in [(999, false), (1_299, true), (1_300, false)] {
            CLOCK.store(at, Ordering::SeqCst);
            assert_eq!(keys.verify(&token).is_some(), good, "{at}");
        }
        CLOCK.store(1_000, Ordering::SeqCst);
        for wrong in [
            Claims { aud: "other".to_owned(), ..claims(1_000) },
            Claims { iss: "other".to_owned(), ..claims(1_000) },
            Claims { nbf: 1_001, ..claims(1_000) },
        ] {
            assert_eq!(keys.verify(&keys.sign(&wrong).unwrap()), None, "{wrong:?}");
        }
    }

    #[test]
    fn keys_rotate_and_the_one_before_still_verifies() {
        static CLOCK: AtomicI64 = AtomicI64::new(1_000);
        let clock: fn() -> i64 = || CLOCK.load(Ordering::SeqCst);
        let folder = tempfile::tempdir().unwrap();
        let keys = TokenKeys::with_clock(folder.path(), clock).unwrap();
        let far = |sub: &str| Claims { exp: i64::MAX, sub: sub.to_owned(), ..claims(0) };
        let first = keys.sign(&far("first")).unwrap();
        CLOCK.fetch_add(ROTATION, Ordering::SeqCst);
        let second = keys.sign(&far("second")).unwrap();
        assert_ne!(kid(&first), kid(&second));
        assert!(keys.verify(&first).is_some() && keys.verify(&second).is_some());
        CLOCK.fetch_add(ROTATION, Ordering::SeqCst);
        let keys = TokenKeys::with_clock(folder.path(), clock).unwrap();
        assert!(keys.verify(&first).is_none() && keys.verify(&second).is_some());
    }

    fn kid(token: &str) -> String {
        jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
    }

    /// A token of these parts, signed by nobody.
    fn forged(header: &str, claims: &Claims, signature: &[u8]) -> String {
        let claims = serde_json::to_vec(claims).unwrap();
        let parts =
            [header.as_bytes(), &claims, signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        parts.join(".")
    }

    #[test]
    fn what_no_key_signed_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let keys = TokenKeys::with_clock(folder.path(), || 1_000).unwrap();
        let good = keys.sign(&claims(1_000)).unwrap();
        let id = kid(&good);
        for header in [
            format!(r#"{{"typ":"JWT","alg":"none","kid":"{id}"}}"#),
            format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{id}"}}"#),
            format!(r#"{{"typ":"JWT","alg":"ES256","kid":"{id}"}}"#),
            format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{id}"}}"#),
            r#"{"typ":"JWT","alg":"EdDSA","kid":"other"}"#.to_owned(),
            r#"{"typ":"JWT","alg":"EdDSA"}"#.to_owned(),
        ] {
            for signature in [&b""[..], &[0; 64], &[0; 3]] {
                assert_eq!(keys.verify(&forged(&header, &claims(1_000), signature)), None);
            }
        }
        let mut parts: Vec<&str> = good.split('.').collect();
        let other = keys.sign(&Claims { sub: "admin".to_owned(), ..claims(1_000) }).unwrap();
        parts[1] = other.split('.').nth(1).unwrap();
        assert_eq!(keys.verify(&parts.join(".")), None);
        for text in ["", ".", "..", "a.b.c", &good[1..], &"x".repeat(100_000)] {
            assert_eq!(keys.verify(text), None);
        }
    }

    #[test]
    fn a_damaged_file_of_keys_is_no_reason_to_make_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for text in ["", "{", r#"{"keys":[{"created":1,"seed":"c2hvcnQ="}]}"#] {
            std::fs::write(&path, text).unwrap();
            assert!(TokenKeys::open(folder.path()).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_keys() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        TokenKeys::open(folder.path()).unwrap();
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
