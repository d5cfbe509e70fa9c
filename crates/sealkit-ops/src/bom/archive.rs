//! The kit of an archive file, unpacked aside while it is read.

use std::path::Path;

use sealkit_oci::Target;
use sealkit_store::{Layout, Naming};
use tempfile::TempDir;

use crate::archive::{open, unpack_only};
use crate::{Context, OpsError, Place};

/// A layout that is gone when this is dropped.
pub(crate) struct Aside {
    place: Place,
    _dir: TempDir,
}

impl Aside {
    /// Where the kit is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }
}

/// Unpacks the archive `file`, which must hold one kit.
pub(crate) async fn aside(context: &Context, file: &Path) -> Result<Aside, OpsError> {
    let scratch = context.home.dir().join("tmp");
    let created = |error| OpsError::io("create", &scratch, error);
    std::fs::create_dir_all(&scratch).map_err(created)?;
    let dir = tempfile::tempdir_in(&scratch).map_err(created)?;
    let (input, label) = (open(file)?, format!("archive:{}", file.display()));
    let layout = Layout::open_or_create(dir.path().join("layout"), Naming::Plain)?;
    let digest = unpack_only(context, &layout, input, &label).await?;
    let (dir_of, target) = (dir.path().join("layout"), Some(Target::Digest(digest)));
    Ok(Aside { place: Place::Layout { dir: dir_of, target }, _dir: dir })
}
