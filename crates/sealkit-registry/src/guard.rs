//! Who may do what: the seam that access control and policy plug into.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::{Extensions, HeaderMap, Method};
use sealkit_oci::{Digest, Target};

/// What a request wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act<'a> {
    /// `/v2/`: to learn whether this is a registry and who may use it.
    Ping,
    /// To list the repositories. [`Guard::shows`] says which of them.
    Catalog,
    /// To list the extensions.
    Discover,
    /// To read a blob, or whether it is there.
    PullBlob(&'a Digest),
    /// To read a manifest, or whether it is there.
    PullManifest(&'a Target),
    /// To start, go on with, look at, finish or cancel the upload of a blob.
    PushBlob,
    /// To store a manifest. Where that sets tags, [`Guard::tag`] is asked too.
    PushManifest(&'a Target),
    /// To make a blob of the repository `from` available here. Only asked after
    /// [`Act::PushBlob`]. Without `from` the blob is looked for in the repository itself.
    Mount {
        /// The blob.
        digest: &'a Digest,
        /// The other repository.
        from: Option<&'a str>,
    },
    /// To delete a blob.
    DeleteBlob(&'a Digest),
    /// To delete a manifest with its tags, or a tag.
    DeleteManifest(&'a Target),
    /// To list the tags.
    ListTags,
    /// To list what refers to a manifest.
    ListReferrers(&'a Digest),
}

/// A question to a [`Guard`].
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The repository, none for acts that concern the whole registry.
    pub repository: Option<&'a str>,
    /// What is wanted.
    pub act: Act<'a>,
    /// How: `HEAD` gives no content away.
    pub method: &'a Method,
    /// Headers of the request, credentials included.
    pub headers: &'a HeaderMap,
    /// What layers before the registry noted of the request, such as the address of the client.
    pub extensions: &'a Extensions,
}

/// Tags that are about to be set, all in one act.
#[derive(Clone, Copy, Debug)]
pub struct TagChange<'a> {
    /// Each tag with what it points at now, none where it is new. Another request may move a tag
    /// between this question and the act.
    pub tags: &'a [(String, Option<Digest>)],
    /// What they will point at.
    pub digest: &'a Digest,
    /// Media type of the manifest or index.
    pub media_type: &'a str,
    /// Its bytes, which hash to `digest`.
    pub bytes: &'a [u8],
}

/// Permission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leave {
    /// Who acts, for whoever is told of the act; empty for nobody known.
    pub actor: String,
    /// What the client is told besides, as `Warning: 299`.
    pub warnings: Vec<String>,
}

/// Why an act is refused. Reasons are shown to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// Credentials are missing or do not suffice: 401.
    #[error("{reason}")]
    Unauthorized {
        /// The value of `WWW-Authenticate`.
        challenge: String,
        /// Why.
        reason: String,
    },
    /// Known, and not allowed: 403.
    #[error("{reason}")]
    Denied {
        /// Why.
        reason: String,
    },
    /// Whoever asks must not learn whether the repository is there: 404, as for one that is not.
    #[error("repository is not known")]
    Hidden,
    /// Too much at once: 429.
    #[error("{reason}")]
    TooMany {
        /// When to try again; told in whole seconds, at least one.
        retry_after: Duration,
        /// Why.
        reason: String,
    },
}

/// Decides about requests. Each is asked about before its body is read; [`Guard::more`] while it is.
#[async_trait]
pub trait Guard: Send + Sync {
    /// Whether the act may go on. A refused [`Act::Mount`] is no error for the client: it is told to
    /// upload, as for a blob that is not there.
    async fn ask(&self, ask: &Ask<'_>) -> Result<Leave, Denial>;

    /// Whether a body that did not say how long it is, and whose [`Act::PushBlob`] was allowed, may have so many `bytes` more.
    /// Asked again and again while it comes, before they are written. Who may push was asked before: a login that ends
    /// meanwhile ends no upload.
    async fn more(&self, _repository: &str, _bytes: u64) -> Result<(), Denial> {
        Ok(())
    }

    /// Whether tags may be set or moved. Asked after [`Guard::ask`] allowed to store the manifest,
    /// and before anything is stored. A manifest that is stored under its digest alone sets no tag.
    async fn tag(&self, _ask: &Ask<'_>, _change: &TagChange<'_>) -> Result<Leave, Denial> {
        Ok(Leave::default())
    }

    /// Whether the catalogue shows a repository to whoever asks.
    async fn shows(&self, _ask: &Ask<'_>, _repository: &str) -> bool {
        true
    }
}

/// Allows everything to everybody.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

#[async_trait]
impl Guard for AllowAll {
    async fn ask(&self, _ask: &Ask<'_>) -> Result<Leave, Denial> {
        Ok(Leave::default())
    }
}

/// Most bytes of all warnings of one answer (distribution-spec, Warnings).
const MAX_WARNINGS: usize = 4096;

/// The values of the header `Warning`. Text that a header can not carry becomes `?`; what does not
/// fit into 4,096 bytes together is left out.
pub(crate) fn warning_values(warnings: &[String]) -> Vec<String> {
    let mut left = MAX_WARNINGS;
    let values = warnings.iter().map(|text| format!("299 - \"{}\"", quoted(text)));
    values
        .take_while(|value| {
            let fits = value.len() <= left;
            left = left.saturating_sub(value.len());
            fits
        })
        .collect()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ => quoted.push('?'),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_stay_within_their_header() {
        let values = warning_values(&["a \"b\" \\ c\r\nX: é".to_owned()]);
        assert_eq!(values, [r#"299 - "a \"b\" \\ c??X: ?""#]);
        let many = vec!["x".repeat(1000); 10];
        let values = warning_values(&many);
        assert_eq!(values.len(), 4);
        assert!(values.iter().map(String::len).sum::<usize>() <= MAX_WARNINGS);
        assert!(warning_values(&["x".repeat(5000)]).is_empty());
    }
}
