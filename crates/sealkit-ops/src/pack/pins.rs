//! Which digests the kits have that a Kitfile refers to: a tag may move on, and what was meant is what
//! was there when the kit was packed. The Kitfile keeps its bytes.

use std::collections::BTreeMap;

use sealkit_kitfile::Kitfile;
use sealkit_oci::Digest;
use sealkit_store::Layout;

use crate::OpsError;

/// The digest of each kit that `kitfile` refers to and the local store has, by the reference as it
/// is written.
pub(super) fn pins(
    store: &Layout,
    kitfile: &Kitfile,
) -> Result<BTreeMap<String, Digest>, OpsError> {
    let data = kitfile.dataset_references().into_iter().map(|(_, kit)| kit);
    let mut pins = BTreeMap::new();
    for reference in kitfile.model_reference().into_iter().chain(data) {
        if let Some(found) = store.resolve(&reference)? {
            pins.insert(reference.to_string(), found.descriptor.digest);
        }
    }
    Ok(pins)
}
