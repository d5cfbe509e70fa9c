//! A kit with a file far larger than what was written: what follows its beginning is a hole in the store.

use std::sync::Arc;

use sealkit_hub::StoreNames;
use sealkit_oci::{Descriptor, Raw, media_type};
use sealkit_store::{Layout, Naming};
use sealkit_testkit::{KitBuilder, TarBuilder, TarHeader};

use super::TestHub;

/// A hub with `k:v1`, whose one layer is that of `kit` with a file of `size` bytes instead, `start` and then
/// zeros. The store lives in `folder`.
pub async fn hub(
    folder: &std::path::Path,
    kit: KitBuilder,
    (path, start, size): (&str, &[u8], u64),
) -> TestHub {
    let layout = Layout::open_or_create(folder, Naming::Store).unwrap();
    let hub = TestHub::over(Arc::new(StoreNames::new(Arc::new(layout))), |_| {}).await;
    let tar = TarBuilder::new().raw(&TarHeader::file(path, size).block()).raw(start);
    let mut kit = kit.build();
    let mut manifest = kit.manifest.value().clone();
    kit.layers[0] = tar.unfinished();
    let layer = &mut manifest.layers.as_mut().unwrap()[0];
    *layer = Descriptor::of(layer.media_type.clone(), &kit.layers[0]);
    let blob = folder.join("blobs/sha256").join(layer.digest.hex());
    kit.manifest = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    kit.store(hub.repository("k").as_ref(), Some("v1")).await;
    let mut permissions = std::fs::metadata(&blob).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false, reason = "a file of this test alone")]
    permissions.set_readonly(false);
    std::fs::set_permissions(&blob, permissions).unwrap();
    let hole = std::fs::OpenOptions::new().write(true).open(&blob).unwrap();
    hole.set_len((512 + size).next_multiple_of(512) + 1024).unwrap();
    hub
}
