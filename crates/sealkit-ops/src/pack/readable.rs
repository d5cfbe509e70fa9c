//! Whether what was packed is within the limits under which kits are read.

use sealkit_oci::FileTable;
use sealkit_pack::{Limits, PackedLayer};

/// Bytes of one block of an archive: a header is one, and bodies fill whole ones.
const BLOCK: u64 = 512;

/// What a reader would refuse of these layers unless its limits are raised.
pub(super) fn warnings(layers: &[PackedLayer], table: &FileTable) -> Vec<String> {
    let limits = Limits::default();
    let mut all = Vec::new();
    for layer in layers {
        let blocks = |size: u64| size.div_ceil(BLOCK).saturating_add(1).saturating_mul(BLOCK);
        let sizes = layer.table.files.iter().map(|file| blocks(file.size));
        let bytes = sizes.fold(0, u64::saturating_add);
        if let Some(limit) = limits.broken_by(layer.descriptor.size, bytes) {
            let path = &layer.part.path;
            all.push(format!(
                "layer of `{path}`: {limit} by its {bytes} bytes in {}: most commands will not read it, pack it without compression",
                layer.descriptor.size
            ));
        }
    }
    let entries = table.entries().count() as u64;
    if entries > limits.entries {
        all.push(format!(
            "the kit has {entries} files and folders, more than the limit of {}: most commands will not read it, put files into archives",
            limits.entries
        ));
    }
    all
}
