//! Referrers that clients listed under a tag, at a registry that had no referrers API
//! (distribution-spec, Referrers Tag Schema).

use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Target, media_type};
use sealkit_store::Repository;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::RegistryError;

/// The tag under which clients list what refers to `subject`.
fn tag(subject: &Digest) -> String {
    let algorithm: String = subject.algorithm().name().chars().take(32).collect();
    let encoded: String = subject.hex().chars().take(64).collect();
    format!("{algorithm}-{encoded}")
}

/// What a fallback tag lists: an index, or nothing.
pub(crate) async fn list(
    repository: &dyn Repository,
    subject: &Digest,
) -> Result<Bytes, RegistryError> {
    let found = repository.manifest(&Target::Tag(tag(subject))).await?;
    // A tag of this form can be anybody's for anything.
    let found = found.filter(|found| media_type::is_index(&found.descriptor.media_type));
    Ok(found.map(|found| found.bytes).unwrap_or_default())
}

/// The entries of a list, as they are in it: each is read when it is come to.
#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    manifests: Vec<&'a RawValue>,
}

/// What is read of each entry to find its place.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    digest: Digest,
    artifact_type: Option<String>,
}

/// An entry of a list.
pub(crate) struct Listed<'a> {
    /// Digest of the manifest that it is about.
    pub(crate) digest: Digest,
    entry: &'a RawValue,
}

/// The entries after `after`, sorted by digest, each once. All of a list is looked at: a manifest is of bounded size.
pub(crate) fn entries<'a>(
    list: &'a [u8],
    artifact_type: Option<&str>,
    after: Option<&str>,
) -> Vec<Listed<'a>> {
    let Ok(List { manifests }) = serde_json::from_slice(list) else { return Vec::new() };
    let mut all = Vec::new();
    for entry in manifests {
        let Ok(key) = serde_json::from_str::<Key>(entry.get()) else { continue };
        let fits = artifact_type.is_none_or(|wanted| key.artifact_type.as_deref() == Some(wanted));
        if fits && after.is_none_or(|after| key.digest.to_string().as_str() > after) {
            all.push(Listed { digest: key.digest, entry });
        }
    }
    all.sort_by(|one, other| one.digest.cmp(&other.digest));
    all.dedup_by(|one, other| one.digest == other.digest);
    all
}

impl Listed<'_> {
    /// Its descriptor; none where its manifest is not here. Media type and size are those of the manifest: a list is
    /// not believed in what can be looked up.
    pub(crate) async fn look_up(
        &self,
        repository: &dyn Repository,
    ) -> Result<Option<Descriptor>, RegistryError> {
        let Ok(mut entry) = serde_json::from_str::<Descriptor>(self.entry.get()) else {
            return Ok(None);
        };
        let target = Target::Digest(self.digest.clone());
        let Some(manifest) = repository.manifest(&target).await? else { return Ok(None) };
        entry.media_type = manifest.descriptor.media_type;
        entry.size = manifest.descriptor.size;
        Ok(Some(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_the_digest_cut_to_what_a_tag_may_have() {
        let sha256 = Digest::of(b"");
        assert_eq!(tag(&sha256), sha256.to_string().replace(':', "-"));
        let long: Digest = format!("sha512:{}", "a".repeat(128)).parse().unwrap();
        assert_eq!(tag(&long), format!("sha512-{}", "a".repeat(64)));
    }
}
