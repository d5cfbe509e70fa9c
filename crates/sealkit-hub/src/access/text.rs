//! The text of a token: `skt_`, 30 random characters of base 62 (178 bits), 6 that check them. Scanners
//! for secrets find the prefix and drop what only looks like it; the hub looks nothing up for it.

use sealkit_oci::Digest;

/// What every token begins with.
pub(super) const PREFIX: &str = "skt_";
const RANDOM: usize = 30;
const CHECK: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Bytes from here on would make the first characters likelier than the last ones.
const FAIR: u8 = 62 * 4;

/// A new token out of what `fill` gives; none where `fill` fails.
pub(super) fn new(mut fill: impl FnMut(&mut [u8]) -> bool) -> Option<String> {
    let mut text = String::from(PREFIX);
    while text.len() < PREFIX.len() + RANDOM {
        let mut bytes = [0; 64];
        if !fill(&mut bytes) {
            return None;
        }
        let missing = PREFIX.len() + RANDOM - text.len();
        let fair = bytes.iter().filter(|&&byte| byte < FAIR).take(missing);
        text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    let check = check(&text);
    Some(text + &check)
}

/// Whether `text` has the form of a token, its check included.
pub(super) fn is_token(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX) else { return false };
    rest.len() == RANDOM + CHECK
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.ends_with(&check(&text[..PREFIX.len() + RANDOM]))
}

/// What is stored of a token. A random text of this length needs no slow hash.
pub(super) fn hash(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()
}

/// The first 32 bits of the SHA-256 of the rest, as 6 characters.
fn check(text: &str) -> String {
    let digest = Digest::of(text.as_bytes());
    let head = digest.hex().get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let mut number = head.unwrap_or_default() as usize;
    let mut check = String::new();
    for _ in 0..CHECK {
        check.insert(0, char::from(ALPHABET[number % 62]));
        number /= 62;
    }
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted() -> String {
        let mut next = 0_u8;
        new(|bytes| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(7);
            }
            true
        })
        .unwrap()
    }

    #[test]
    fn a_token_is_told_from_what_looks_like_one() {
        let token = counted();
        assert_eq!(token.len(), 40);
        assert!(is_token(&token), "{token}");
        for at in 0..token.len() {
            let mut wrong = token.clone().into_bytes();
            wrong[at] = if wrong[at] == b'x' { b'y' } else { b'x' };
            assert!(!is_token(&String::from_utf8(wrong).unwrap()), "character {at}");
        }
        for wrong in ["", "skt_", &token[..39], &format!("{token}0"), &token[4..], "skt_é"] {
            assert!(!is_token(wrong), "{wrong}");
        }
        let wide = format!("skt_{}", "é".repeat(18));
        assert!(!is_token(&wide));
    }

    #[test]
    fn unfair_bytes_are_not_used_and_no_randomness_is_no_token() {
        let mut calls = 0;
        let token = new(|bytes| {
            bytes.fill(if calls == 0 { 255 } else { 61 });
            calls += 1;
            true
        });
        assert_eq!(calls, 2);
        assert!(token.unwrap().starts_with("skt_zzz"));
        assert_eq!(new(|_| false), None);
    }

    #[test]
    fn what_is_stored_is_not_the_token() {
        let token = counted();
        assert!(hash(&token).starts_with("sha256:"));
        assert!(!hash(&token).contains(&token[4..]));
    }
}
