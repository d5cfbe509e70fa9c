//! `quarantine`: keeps a hub from giving a kit out, and lifts that again.

use bytes::Bytes;
use sealkit_api::{QuarantineAnswer, QuarantineRequest};
use sealkit_oci::{Digest, Reference};

use crate::catalog::read;
use crate::{Context, OpsError};

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// What is to be put under quarantine, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineTarget {
    /// The hub: `host` or `host:port`.
    hub: String,
    /// Path of the API.
    path: String,
}

impl QuarantineTarget {
    /// A kit at `hub`, or at the hub that its reference names; or, with a hub, a digest in every
    /// repository of it.
    ///
    /// # Errors
    /// When no hub is named, or neither tag nor digest.
    pub fn parse(text: &str, hub: Option<&str>) -> Result<Self, OpsError> {
        let hub = hub.map(|hub| crate::login::registry_of(hub).to_owned());
        if let Ok(digest) = text.parse::<Digest>() {
            let hub = hub.ok_or_else(|| {
                OpsError::usage("no-hub", "a digest alone names no hub")
                    .with_hint("give the hub with `--hub HOST`, or write `HOST/NAME@DIGEST`")
            })?;
            return Ok(Self { hub, path: format!("api/v1/quarantine/{digest}") });
        }
        let reference: Reference = text.parse()?;
        let target =
            reference.target().ok_or_else(|| OpsError::NoTarget { reference: text.to_owned() })?;
        let is_remote = reference.is_remote();
        let (registry, repository) = (reference.registry(), reference.repository());
        let (hub, name) = match hub {
            // The first part of the name may look like a registry's.
            Some(hub) if is_remote => (hub, format!("{registry}/{repository}")),
            Some(hub) => (hub, repository.to_owned()),
            None if is_remote => (registry.to_owned(), repository.to_owned()),
            None => return Err(OpsError::NoRegistry { reference: text.to_owned() }),
        };
        let name = name.replace('/', "%2F");
        Ok(Self { hub, path: format!("api/v1/quarantine/{name}/{target}") })
    }

    /// The hub that is asked.
    pub fn hub(&self) -> &str {
        &self.hub
    }
}

/// Places it; gives what holds since, which may have held before, and of a digest alone what it keeps back.
///
/// # Errors
/// When the hub refuses, has no such kit, or knows no quarantine.
pub async fn place(
    context: &Context,
    target: &QuarantineTarget,
    reason: &str,
) -> Result<QuarantineAnswer, OpsError> {
    let body = serde_json::to_vec(&QuarantineRequest { reason: reason.to_owned() });
    let body = Bytes::from(body.unwrap_or_default());
    let QuarantineTarget { hub, path } = target;
    let answer = context.client.put_document(hub, path, body, MAX_ANSWER).await?;
    let answer = answer.ok_or_else(|| {
        OpsError::usage("not-found", format!("`{hub}` has no such kit, or is no SealKit hub"))
            .with_hint(format!("run `sealkit search --hub {hub}` for what is there"))
    })?;
    read(hub, &answer)
}

/// Lifts it; false where there is none.
///
/// # Errors
/// When the hub refuses.
pub async fn lift(context: &Context, target: &QuarantineTarget) -> Result<bool, OpsError> {
    Ok(context.client.delete_document(&target.hub, &target.path).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, hub: Option<&str>) -> Result<(String, String), String> {
        let target = QuarantineTarget::parse(text, hub);
        target.map(|it| (it.hub, it.path)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_kit_is_named_in_one_segment_and_a_digest_alone_is_meant_everywhere() {
        let of = |hub: &str, rest: &str| Ok((hub.to_owned(), format!("api/v1/quarantine/{rest}")));
        assert_eq!(parsed("h.io:5000/org/a:v1", None), of("h.io:5000", "org%2Fa/v1"));
        assert_eq!(parsed("org/a:v1", Some("https://h.io/x")), of("h.io", "org%2Fa/v1"));
        assert_eq!(parsed("my.org/a:v1", Some("h.io")), of("h.io", "my.org%2Fa/v1"));
        let digest = Digest::of(b"a").to_string();
        assert_eq!(parsed(&format!("h.io/a@{digest}"), None), of("h.io", &format!("a/{digest}")));
        assert_eq!(parsed(&digest, Some("h.io")), of("h.io", &digest));
        for (text, hub) in [(digest.as_str(), None), ("a:v1", None), ("h.io/a", None)] {
            assert!(parsed(text, hub).is_err(), "{text}");
        }
    }
}
