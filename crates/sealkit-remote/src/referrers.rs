//! Referrers: the API (distribution-spec end-12), and the tag that clients keep in its place where
//! a registry has none (distribution-spec, Referrers Tag Schema).

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Annotations, Descriptor, Digest, Index, Raw, Target, media_type};
use sealkit_store::{RefStore, Referrers, StoreError};
use serde::Deserialize;

use crate::Remote;
use crate::auth::Scopes;
use crate::listing::{Listing, PageReply, Read};

/// How often a fallback index is written again because somebody else wrote it meanwhile.
const WRITE_ATTEMPTS: u32 = 5;

/// What a manifest or index says that its referrer descriptor repeats.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    artifact_type: Option<String>,
    config: Option<Config>,
    subject: Option<Descriptor>,
    #[serde(default)]
    annotations: Option<Annotations>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    media_type: Option<String>,
}

#[async_trait]
impl Referrers for Remote {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        let mut found = match self.referrers_by_api(subject, artifact_type).await? {
            Some(found) => found,
            None => self.fallback_index(subject).await?.1,
        };
        // A registry may have left the filter out, and says so only by what it leaves out.
        found.retain(|one| artifact_type.is_none_or(|t| one.artifact_type.as_deref() == Some(t)));
        Ok(found)
    }
}

impl Remote {
    /// None where the registry has no such API.
    async fn referrers_by_api(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Option<Vec<Descriptor>>, StoreError> {
        let mut first = self.url(&format!("referrers/{subject}"))?;
        if let Some(artifact_type) = artifact_type {
            first.query_pairs_mut().append_pair("artifactType", artifact_type);
        }
        let scopes = Scopes::pull(&self.repository);
        let accept = Some(media_type::OCI_INDEX);
        let listing = Listing { what: "referrers", first, accept, scopes };
        self.list(&listing, read_index).await
    }

    /// The index that stands in for the API, and what it lists; empty where there is none.
    async fn fallback_index(
        &self,
        subject: &Digest,
    ) -> Result<(Option<Digest>, Vec<Descriptor>), StoreError> {
        let target = Target::Tag(fallback_tag(subject));
        let Some(stored) = self.manifest(&target).await? else { return Ok((None, Vec::new())) };
        if !media_type::is_index(&stored.descriptor.media_type) {
            return Err(self.broken(format!("tag `{target}` is not an index of referrers")));
        }
        let index = Raw::<Index>::parse(media_type::OCI_INDEX, stored.bytes.to_vec());
        let index = index.map_err(|source| StoreError::Document {
            name: target.to_string(),
            place: self.name(),
            source,
        })?;
        Ok((Some(stored.descriptor.digest), index.value().manifests.clone()))
    }

    /// Lists a manifest that was stored without the registry taking note of its subject.
    pub(crate) async fn attach_by_tag(
        &self,
        stored: &Descriptor,
        bytes: &Bytes,
    ) -> Result<(), StoreError> {
        let Ok(parsed) = serde_json::from_slice::<Attached>(bytes) else { return Ok(()) };
        let Some(subject) = &parsed.subject else { return Ok(()) };
        let subject = subject.digest.clone();
        let mut entry = stored.bare();
        let config_type = || parsed.config.and_then(|config| config.media_type);
        entry.artifact_type = parsed.artifact_type.or_else(config_type);
        entry.annotations = parsed.annotations.unwrap_or_default();
        self.change_fallback(&subject, |all| {
            let is_new = all.iter().all(|one| one.digest != entry.digest);
            if is_new {
                all.push(entry.clone());
            }
            is_new
        })
        .await
    }

    /// The subject of a manifest that is about to be removed, where only the tag knows of it.
    pub(crate) async fn subject_by_tag(
        &self,
        digest: &Digest,
    ) -> Result<Option<Digest>, StoreError> {
        let Some(stored) = self.manifest(&Target::Digest(digest.clone())).await? else {
            return Ok(None);
        };
        let parsed: Option<Attached> = serde_json::from_slice(&stored.bytes).ok();
        let Some(subject) = parsed.and_then(|parsed| parsed.subject) else { return Ok(None) };
        let (_, listed) = self.fallback_index(&subject.digest).await?;
        Ok(listed.iter().any(|one| one.digest == *digest).then_some(subject.digest))
    }

    /// Takes a removed manifest out of its subject's list.
    pub(crate) async fn detach_by_tag(
        &self,
        subject: &Digest,
        gone: &Digest,
    ) -> Result<(), StoreError> {
        self.change_fallback(subject, |all| {
            let before = all.len();
            all.retain(|one| one.digest != *gone);
            all.len() != before
        })
        .await
    }

    /// Reads, changes and writes the fallback index. A registry can not compare and swap, so it is
    /// read again afterwards: a change that somebody else wrote over is made again.
    async fn change_fallback(
        &self,
        subject: &Digest,
        change: impl Fn(&mut Vec<Descriptor>) -> bool,
    ) -> Result<(), StoreError> {
        let tag = fallback_tag(subject);
        for attempt in 0..WRITE_ATTEMPTS {
            let (_, mut listed) = self.fallback_index(subject).await?;
            if !change(&mut listed) {
                return Ok(());
            }
            let built = Raw::build(media_type::OCI_INDEX, Index::of(listed));
            let index = built.map_err(|source| StoreError::Document {
                name: tag.clone(),
                place: self.name(),
                source,
            })?;
            let bytes = Bytes::from(index.into_bytes());
            Box::pin(self.put_manifest(media_type::OCI_INDEX, bytes, Some(&tag))).await?;
            let jitter = (self.client.options().retry.jitter)().clamp(0.0, 1.0);
            let wait = Duration::from_millis(20 * u64::from(attempt)).mul_f64(jitter);
            tokio::time::sleep(wait).await;
        }
        let (_, mut listed) = self.fallback_index(subject).await?;
        if change(&mut listed) { Err(StoreError::Conflict { tag }) } else { Ok(()) }
    }
}

/// The descriptors of one page. An answer that is no index is not the API but something that
/// answers everything.
fn read_index(page: &PageReply) -> Read<Descriptor> {
    let header = page.reply.header("content-type").unwrap_or_default();
    if header.split(';').next().map(str::trim) != Some(media_type::OCI_INDEX) {
        return Read::Absent;
    }
    let index: Option<Index> = serde_json::from_slice(&page.bytes).ok();
    Read::of(index.map(|index| index.manifests))
}

/// `algorithm-encoded`, cut as the specification says.
fn fallback_tag(subject: &Digest) -> String {
    let encoded = subject.hex().get(..64).unwrap_or(subject.hex());
    format!("{}-{encoded}", subject.algorithm().name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fallback_tag_is_a_valid_tag() {
        let subject = Digest::of(b"x");
        assert_eq!(fallback_tag(&subject), format!("sha256-{}", subject.hex()));
        let long: Digest = format!("sha512:{}", "ab".repeat(64)).parse().unwrap();
        assert_eq!(fallback_tag(&long).len(), "sha512-".len() + 64);
    }
}
