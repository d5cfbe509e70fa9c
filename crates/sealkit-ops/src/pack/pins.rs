//! Which digests the kits have that a Kitfile refers to: a tag may move on, and what was meant is what
//! was there when the kit was packed. The Kitfile keeps its bytes.

use std::collections::BTreeMap;

use sealkit_kitfile::Kitfile;
use sealkit_oci::Digest;

use crate::{Context, OpsError};

/// The digest of each kit that `kitfile` refers to and the local store has, by the reference as it
/// is written.
pub(crate) fn pins(
    context: &Context,
    kitfile: &Kitfile,
) -> Result<BTreeMap<String, Digest>, OpsError> {
    let data = kitfile.dataset_references().into_iter().map(|(_, kit)| kit);
    let all: Vec<_> = kitfile.model_reference().into_iter().chain(data).collect();
    let mut pins = BTreeMap::new();
    if all.is_empty() {
        return Ok(pins);
    }
    let store = context.store()?;
    for reference in all {
        if let Some(found) = store.resolve(&reference)? {
            pins.insert(reference.to_string(), found.descriptor.digest);
        }
    }
    Ok(pins)
}
