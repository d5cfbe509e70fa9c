//! Manifests and tags (distribution-spec end-3, end-7a, end-8, end-9).

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use sealkit_oci::{Descriptor, Digest, MAX_MANIFEST_BYTES, RawError, Target, media_type};
use sealkit_store::{Page, RefStore, StoreError, StoredManifest};
use serde::Deserialize;

use crate::client::Reply;
use crate::{Remote, RemoteError};

/// All that is read; a registry converts nothing that is on the list.
const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

#[derive(Deserialize)]
struct Typed {
    #[serde(default, rename = "mediaType")]
    media_type: Option<String>,
}

#[async_trait]
impl RefStore for Remote {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        let url = self.manifest_url(target)?;
        let what = format!("fetch manifest `{target}`");
        let call = self.call(Method::GET, url, what).header(ACCEPT, ACCEPTED);
        let mut reply = self.send(&call).await?;
        match reply.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            _ => return Err(self.refused(reply).await),
        }
        let limit = reply.bytes(MAX_MANIFEST_BYTES).await.map_err(|error| self.failed(error))?;
        let size = MAX_MANIFEST_BYTES + 1;
        let too_large = || self.malformed(target, RawError::TooLarge { size });
        let bytes = limit.ok_or_else(too_large)?;
        let digest = self.check_digest(target, &reply, &bytes)?;
        let media_type = self.check_type(target, &reply, &bytes)?;
        let descriptor = Descriptor::new(media_type, digest, bytes.len() as u64);
        Ok(Some(StoredManifest { descriptor, bytes }))
    }

    async fn put_manifest(
        &self,
        media_type: &str,
        bytes: Bytes,
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        let descriptor = Descriptor::of(media_type, &bytes);
        let target = match tag {
            Some(tag) => Target::Tag(tag.to_owned()),
            None => Target::Digest(descriptor.digest.clone()),
        };
        let url = self.manifest_url(&target)?;
        let what = format!("store manifest `{target}`");
        let call = self.call(Method::PUT, url, what);
        let call = call.header(CONTENT_TYPE, media_type).body(bytes.clone());
        let reply = self.send(&call).await?;
        if !reply.status().is_success() {
            return Err(self.refused(reply).await);
        }
        self.check_stored(&reply, &descriptor.digest)?;
        if reply.header("oci-subject").is_none() {
            self.attach_by_tag(&descriptor, &bytes).await?;
        }
        Ok(descriptor)
    }

    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError> {
        let detached = match target {
            Target::Digest(digest) => self.subject_by_tag(digest).await?,
            Target::Tag(_) => None,
        };
        let what = format!("remove `{target}`");
        let reply = self.send(&self.call(Method::DELETE, self.manifest_url(target)?, what)).await?;
        match (reply.status().as_u16(), target) {
            (200..=299, Target::Digest(digest)) => match detached {
                Some(subject) => self.detach_by_tag(&subject, digest).await,
                None => Ok(()),
            },
            (200..=299, Target::Tag(_)) => Ok(()),
            (404, Target::Tag(tag)) => Err(self.absent("tag", tag)),
            (404, Target::Digest(digest)) => Err(self.absent("manifest", digest)),
            // Registries that can not remove a tag alone read it as a malformed digest.
            (400 | 405, Target::Tag(_)) => {
                Err(StoreError::Unsupported { what: "removing a tag", place: self.name() })
            }
            (405, Target::Digest(_)) => {
                Err(StoreError::Unsupported { what: "removing manifests", place: self.name() })
            }
            _ => Err(self.refused(reply).await),
        }
    }

    /// All pages are read and sorted here, because registries sort in their own ways.
    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        let mut tags = self.all_tags().await?;
        tags.sort_unstable();
        tags.dedup();
        if let Some(after) = &page.after {
            tags.retain(|tag| tag > after);
        }
        tags.truncate(page.limit.unwrap_or(usize::MAX));
        Ok(tags)
    }
}

impl Remote {
    fn malformed(&self, name: impl ToString, source: RawError) -> StoreError {
        StoreError::Document { name: name.to_string(), place: self.name(), source }
    }

    fn mismatch(&self, expected: &Digest, bytes: &[u8]) -> StoreError {
        let (expected, actual) = (expected.clone(), Digest::of(bytes));
        StoreError::DigestMismatch { expected, actual, place: self.name() }
    }

    /// The digest of a manifest that came: the one it was asked for by, and the one the registry
    /// says it has, if it says so in an algorithm that can be checked.
    fn check_digest(
        &self,
        target: &Target,
        reply: &Reply,
        bytes: &[u8],
    ) -> Result<Digest, StoreError> {
        let said = reply.header("docker-content-digest").and_then(|text| text.parse().ok());
        let asked = match target {
            Target::Digest(digest) => Some(digest.clone()),
            Target::Tag(_) => None,
        };
        for expected in [&asked, &said].into_iter().flatten() {
            if !Digest::matches(expected, bytes) {
                return Err(self.mismatch(expected, bytes));
            }
        }
        Ok(asked.or(said).unwrap_or_else(|| Digest::of(bytes)))
    }

    /// The media type of a manifest that came: header and document must not contradict.
    fn check_type(
        &self,
        target: &Target,
        reply: &Reply,
        bytes: &[u8],
    ) -> Result<String, StoreError> {
        let inside: Typed = serde_json::from_slice(bytes)
            .map_err(|error| self.malformed(target, RawError::Json(error)))?;
        let header = reply.header("content-type").and_then(|text| text.split(';').next());
        let header = header.map(str::trim).filter(|text| text.starts_with("application/vnd."));
        match (header, inside.media_type) {
            (Some(header), Some(inside)) if header != inside => {
                Err(self.failed(RemoteError::MediaType(format!(
                    "manifest `{target}` is sent as `{}` and calls itself `{}`",
                    crate::redact::foreign(header),
                    crate::redact::foreign(&inside)
                ))))
            }
            (Some(header), _) => Ok(header.to_owned()),
            (None, Some(inside)) => Ok(inside),
            (None, None) => Ok(media_type::OCI_MANIFEST.to_owned()),
        }
    }

    /// That the registry stored under the digest that was meant.
    pub(crate) fn check_stored(&self, reply: &Reply, meant: &Digest) -> Result<(), StoreError> {
        let said = reply.header("docker-content-digest").and_then(|text| text.parse().ok());
        match said {
            Some(actual) if actual != *meant && same_kind(&actual, meant) => {
                let expected = meant.clone();
                Err(StoreError::DigestMismatch { expected, actual, place: self.name() })
            }
            _ => Ok(()),
        }
    }
}

fn same_kind(one: &Digest, other: &Digest) -> bool {
    one.algorithm() == other.algorithm()
}
