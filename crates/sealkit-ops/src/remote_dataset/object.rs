//! One object of S3 storage, as `s3://bucket/key[?versionId=…]` names it.

use std::time::Duration;

use rusty_s3::actions::{GetObject, HeadObject, S3Action};
use rusty_s3::{Bucket, Credentials, UrlStyle};
use sealkit_kitfile::Dataset;
use sealkit_remote::RemoteError;
use sealkit_remote::web::{WebCall, WebReply, shown, shown_address};
use url::Url;

use super::{S3Settings, etag};
use crate::OpsError;

/// How long a signed request is good for.
const GOOD_FOR: Duration = Duration::from_mins(15);
const DEFAULT_REGION: &str = "us-east-1";

/// One object.
#[derive(Debug)]
pub(super) struct Object {
    bucket: String,
    key: String,
    version: Option<String>,
    /// ETag that it must have.
    pub(super) hash: String,
}

impl Object {
    /// The object of a dataset.
    pub(super) fn of(dataset: &Dataset) -> Result<Self, OpsError> {
        let malformed = |why: &str| {
            let place = shown_address(&dataset.remote_path);
            OpsError::usage("remote-path-malformed", format!("`{place}` {why}"))
                .with_hint("write it as `s3://bucket/key`")
        };
        let url = Url::parse(&dataset.remote_path).map_err(|_| malformed("is not a URL"))?;
        if url.scheme() != "s3" {
            return Err(malformed("is not an S3 address"));
        }
        // The parser drops `..`: the key is taken from the text.
        let rest = dataset.remote_path.get(5..).unwrap_or_default();
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let key = decode(key).ok_or_else(|| malformed("has a key that is not UTF-8"))?;
        if bucket.is_empty() || key.is_empty() {
            return Err(malformed("names no bucket or no key"));
        }
        if key.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(malformed("has a key with `.` or `..` in it"));
        }
        if dataset.remote_hash.is_empty() {
            return Err(malformed("has no `remoteHash` beside it"));
        }
        let version = url.query_pairs().find(|(name, _)| name == "versionId");
        Ok(Self {
            bucket: bucket.to_owned(),
            key,
            version: version.map(|(_, value)| value.into_owned()),
            hash: dataset.remote_hash.trim_matches('"').to_owned(),
        })
    }

    /// A signed request for it, or for its head.
    pub(super) fn call(
        &self,
        settings: &S3Settings,
        head: bool,
        what: String,
    ) -> Result<WebCall, OpsError> {
        let region = settings.region.clone().unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let own = format!("https://s3.{region}.amazonaws.com");
        let endpoint = settings.endpoint.as_deref().unwrap_or(&own);
        let malformed = || {
            let message = format!("`{}` is not an S3 endpoint", shown_address(endpoint));
            OpsError::usage("endpoint-malformed", message)
                .with_hint("set S3_API_ENDPOINT to a URL such as `https://s3.example.com`")
        };
        let url = Url::parse(endpoint).map_err(|_| malformed())?;
        // A certificate for `*.host` does not fit a bucket with a dot in its name.
        let by_host = settings.endpoint.is_none() && !self.bucket.contains('.');
        let style = if by_host { UrlStyle::VirtualHost } else { UrlStyle::Path };
        let bucket =
            Bucket::new(url, style, self.bucket.clone(), region).map_err(|_| malformed())?;
        let credentials = settings.credentials.as_ref();
        let credentials = credentials.map(|(key, secret)| Credentials::new(key, secret.expose()));
        let credentials = credentials.as_ref();
        let url = if head {
            self.sign(HeadObject::new(&bucket, credentials, &self.key))
        } else {
            self.sign(GetObject::new(&bucket, credentials, &self.key))
        };
        Ok(WebCall { head, ..WebCall::get(url, what) })
    }

    fn sign<'a>(&'a self, mut action: impl S3Action<'a>) -> Url {
        if let Some(version) = &self.version {
            action.query_mut().insert("versionId", version.as_str());
        }
        action.sign(GOOD_FOR)
    }

    /// Fails where the answer is for other content than the Kitfile names.
    pub(super) fn compare(&self, dataset: &Dataset, reply: &WebReply) -> Result<(), OpsError> {
        match etag(reply) {
            Some(actual) if actual == self.hash => Ok(()),
            Some(actual) => Err(self.changed(dataset, &format!("it is now `{}`", shown(actual)))),
            None => Err(self.changed(dataset, "the storage names none")),
        }
    }

    /// The object is not what the Kitfile names.
    pub(super) fn changed(&self, dataset: &Dataset, how: &str) -> OpsError {
        let message = format!(
            "remote dataset `{}` is not what the Kitfile names: its hash must be `{}`, {how}",
            dataset.path, self.hash
        );
        OpsError::usage("remote-dataset-changed", message)
            .with_hint("set `remoteHash` to the new ETag if the change is meant")
    }

    /// An answer that is not the one hoped for.
    pub(super) fn refused(&self, what: &str, reply: &WebReply) -> OpsError {
        let place = format!("s3://{}/{}", shown(&self.bucket), shown(&self.key));
        let status = reply.status();
        let message = format!("could not {what}: the storage replied HTTP {status} for `{place}`");
        let error = OpsError::usage("s3-refused", message);
        match status {
            301 | 307 | 400 => error.with_hint("check S3_REGION and S3_API_ENDPOINT"),
            403 => {
                error.with_hint("check S3_ACCESS_KEY_ID and S3_SECRET_KEY, and what they may read")
            }
            404 => error.with_hint("check `remotePath`"),
            _ => error,
        }
    }

    /// A failed connection as an error of this storage.
    pub(super) fn failed(&self, error: RemoteError) -> OpsError {
        OpsError::Store(error.at(format!("s3://{}", shown(&self.bucket))))
    }
}

/// Takes percent escapes back.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(path: &str, hash: &str) -> Result<Object, OpsError> {
        let (remote_path, remote_hash) = (path.to_owned(), hash.to_owned());
        Object::of(&Dataset { remote_path, remote_hash, ..Dataset::default() })
    }

    #[test]
    fn an_address_names_bucket_key_and_version() {
        let found = object("s3://lab-7/a%20b/c.tar?versionId=v1", "\"h\"").unwrap();
        assert_eq!((found.bucket.as_str(), found.key.as_str()), ("lab-7", "a b/c.tar"));
        assert_eq!((found.version.as_deref(), found.hash.as_str()), (Some("v1"), "h"));
    }

    #[test]
    fn other_addresses_are_refused() {
        for path in ["s3://b", "s3:///k", "http://b/k", "s3://b/a/../k", "s3://b/%zz", "s3://b/%ff"]
        {
            assert!(object(path, "h").is_err(), "{path}");
        }
        assert!(object("s3://b/k", "").is_err());
    }

    #[test]
    fn requests_are_signed_where_there_are_credentials() {
        let found = object("s3://b/k?versionId=v1", "h").unwrap();
        let mut settings = S3Settings::default();
        let url = |settings: &S3Settings| {
            found.call(settings, true, String::new()).unwrap().url.to_string()
        };
        assert_eq!(url(&settings), "https://b.s3.us-east-1.amazonaws.com/k?versionId=v1");
        settings.endpoint = Some("http://127.0.0.1:1/s3".to_owned());
        settings.credentials = Some(("key".to_owned(), sealkit_remote::Secret::new("secret")));
        let signed = url(&settings);
        assert!(signed.starts_with("http://127.0.0.1:1/s3/b/k?"), "{signed}");
        assert!(signed.contains("X-Amz-Signature=") && signed.contains("versionId=v1"), "{signed}");
        assert!(!signed.contains("secret"), "{signed}");
    }
}
