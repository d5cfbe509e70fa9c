//! A compressed layer, unpacked beside the store while its files are read.

use std::path::Path;

use sealkit_oci::LayerTable;
use sealkit_pack::{LayerSource, PackError, UnpackLayer, UnpackOptions};

use crate::scratch::Scratch;
use crate::{Context, OpsError};

/// Streams a compressed layer once, verifies it, and keeps its files aside. It may take half of what is free there, so
/// that nothing that is looked at fills the disk of a store that others write to.
pub(super) fn unpack(
    context: &Context,
    layer: &UnpackLayer,
    source: &dyn LayerSource,
) -> Result<(Scratch, LayerTable), OpsError> {
    let aside = Scratch::new(&context.home)?;
    within(free(aside.path()).map(|free| free / 2), aside, layer, source)
}

/// The same within so many bytes.
fn within(
    room: Option<u64>,
    aside: Scratch,
    layer: &UnpackLayer,
    source: &dyn LayerSource,
) -> Result<(Scratch, LayerTable), OpsError> {
    let target = aside.path().join("files");
    let mut options = UnpackOptions::default();
    options.limits.bytes = options.limits.bytes.min(room.unwrap_or(u64::MAX));
    let layers = std::slice::from_ref(layer);
    let unpacked = sealkit_pack::unpack(layers, source, &target, &options, &|_| true, &|_| {});
    let unpacked = unpacked.map_err(|error| match error {
        // It may fit later: that is not of the kit.
        PackError::Limit { source, .. } if Some(source.limit) == room => full(aside.path()),
        other => other.into(),
    })?;
    let digest = &layer.descriptor.digest;
    let empty =
        || LayerTable { digest: digest.clone(), diff_id: digest.clone(), files: Vec::new() };
    Ok((aside, unpacked.tables.into_iter().next().unwrap_or_else(empty)))
}

/// Bytes that may be written below `folder`; none where that can not be told.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

#[cfg(unix)]
fn full(folder: &Path) -> OpsError {
    OpsError::io("unpack a layer into", folder, rustix::io::Errno::NOSPC.into())
}

#[cfg(not(unix))]
fn full(folder: &Path) -> OpsError {
    OpsError::io("unpack a layer into", folder, std::io::ErrorKind::StorageFull.into())
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Cursor, Read};

    use sealkit_oci::Descriptor;
    use sealkit_store::StoreError;
    use sealkit_testkit::TarBuilder;

    use super::*;
    use crate::{Home, fault};

    struct Bytes(Vec<u8>);

    impl LayerSource for Bytes {
        fn open(&self, _: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
            Ok(Box::new(Cursor::new(self.0.clone())))
        }
    }

    #[test]
    fn what_does_not_fit_is_the_disks_fault_and_leaves_nothing() {
        let content = vec![7; 300_000];
        let tar = TarBuilder::new().file("a.bin", &content).finish();
        let media_type = "application/vnd.kitops.modelkit.model.v1.tar";
        let descriptor = Descriptor::of(media_type, &tar);
        let layer = UnpackLayer { descriptor, diff_id: None, base: None };
        let (place, source) = (tempfile::tempdir().unwrap(), Bytes(tar));
        let scratch = || Scratch::new(&Home::new(place.path())).unwrap();
        let first = scratch();
        let root = first.path().parent().unwrap().to_owned();
        let folders = || {
            let all = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
            all.filter(|path| path.is_dir()).count()
        };
        let error = within(Some(200_000), first, &layer, &source).unwrap_err();
        assert!(!fault::is_of_the_kit(&error), "{error:?}");
        assert!(fault::told(&error).contains("No space left"), "{}", fault::told(&error));
        assert_eq!(folders(), 0);
        let (aside, table) = within(Some(2_000_000), scratch(), &layer, &source).unwrap();
        assert_eq!((folders(), table.files.len()), (1, 1));
        assert_eq!(std::fs::read(aside.path().join("files/a.bin")).unwrap(), content);
        assert!(free(aside.path()).is_some_and(|free| free > 0));
    }
}
