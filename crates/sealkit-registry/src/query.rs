//! Query strings.

use std::borrow::Cow;

use axum::http::Uri;
use sealkit_store::Page;

use crate::RegistryError;

/// The parameters of a query string, in order, decoded.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn of(uri: &Uri) -> Self {
        let text = uri.query().unwrap_or_default();
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key), decode(value))
        });
        Self(pairs.collect())
    }

    /// The first value of `name`.
    pub(crate) fn get<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// All values of `name`.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `n` and `last` of a listing; `n` is cut to `most`.
    pub(crate) fn page(&self, most: usize) -> Result<Page, RegistryError> {
        let limit = match self.get("n") {
            None => most,
            Some(text) => crate::ranges::number(text)
                .map(|number| usize::try_from(number).unwrap_or(usize::MAX))
                .ok_or(RegistryError::Query { name: "n" })?,
        };
        let after = self.get("last").filter(|last| !last.is_empty()).map(str::to_owned);
        Ok(Page { after, limit: Some(limit.min(most)) })
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let escaped = hex.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase()
}

/// Encodes a value for a query string.
pub(crate) fn encode(text: &str) -> Cow<'_, str> {
    let plain =
        |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~' | b'/' | b':');
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::new();
    for byte in text.bytes() {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
    Cow::Owned(encoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn query(text: &str) -> Query {
        Query::of(&format!("/x?{text}").parse().unwrap())
    }

    #[test]
    fn values_are_decoded_and_repeat() {
        let query = query("tag=a&tag=b%20c&digest=sha256%3Aab&x&artifactType=a%2Bb+c&bad=%zz%4");
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["a", "b c"]);
        assert_eq!(query.get("digest"), Some("sha256:ab"));
        assert_eq!(query.get("x"), Some(""));
        assert_eq!(query.get("artifactType"), Some("a+b c"));
        assert_eq!(query.get("bad"), Some("%zz%4"));
        assert_eq!(query.get("none"), None);
    }

    #[test]
    fn pages_are_bounded() {
        assert_eq!(query("n=5").page(3).unwrap().limit, Some(3));
        assert_eq!(query("last=a").page(3).unwrap().after.as_deref(), Some("a"));
        assert_eq!(query("n=0").page(3).unwrap().limit, Some(0));
        assert!(query("n=-1").page(3).is_err());
    }

    proptest! {
        #[test]
        fn encoding_reverses(text in "\\PC{0,30}") {
            prop_assert_eq!(decode(&encode(&text)), text);
        }
    }
}
