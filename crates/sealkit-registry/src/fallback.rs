//! Referrers that clients listed under a tag, at a registry that had no referrers API
//! (distribution-spec, Referrers Tag Schema).

use std::collections::HashSet;

use sealkit_oci::{Descriptor, Digest, Index, Target, media_type};
use sealkit_store::Repository;

use crate::RegistryError;

/// Most entries of such a list that are looked at. Clients write it, and each costs a look-up.
const MAX_ENTRIES: usize = 1000;

/// The tag under which clients list what refers to `subject`.
fn tag(subject: &Digest) -> String {
    let algorithm: String = subject.algorithm().name().chars().take(32).collect();
    let encoded: String = subject.hex().chars().take(64).collect();
    format!("{algorithm}-{encoded}")
}

/// Adds what a fallback tag lists to what the store found by subject. Entries whose manifest is
/// not here are left out, and media type and size are those of the manifest: a list is not believed
/// in what can be looked up.
pub(crate) async fn fold(
    repository: &dyn Repository,
    subject: &Digest,
    artifact_type: Option<&str>,
    found: &mut Vec<Descriptor>,
) -> Result<(), RegistryError> {
    let Some(list) = repository.manifest(&Target::Tag(tag(subject))).await? else { return Ok(()) };
    if !media_type::is_index(&list.descriptor.media_type) {
        return Ok(());
    }
    // A tag of this form can be anybody's for anything.
    let Ok(list) = serde_json::from_slice::<Index>(&list.bytes) else { return Ok(()) };
    let mut known: HashSet<Digest> = found.iter().map(|one| one.digest.clone()).collect();
    for mut entry in list.manifests.into_iter().take(MAX_ENTRIES) {
        let fits =
            artifact_type.is_none_or(|wanted| entry.artifact_type.as_deref() == Some(wanted));
        if !fits || known.contains(&entry.digest) {
            continue;
        }
        let target = Target::Digest(entry.digest.clone());
        let Some(manifest) = repository.manifest(&target).await? else { continue };
        entry.media_type = manifest.descriptor.media_type;
        entry.size = manifest.descriptor.size;
        known.insert(entry.digest.clone());
        found.push(entry);
    }
    Ok(())
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
