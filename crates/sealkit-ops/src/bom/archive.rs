//! The kit of an archive file, unpacked aside while it is read.

use std::path::Path;

use sealkit_oci::Target;
use sealkit_store::{Layout, Naming};

use crate::archive::{open, unpack_only};
use crate::scratch::Scratch;
use crate::{Context, OpsError, Place};

/// A layout that is gone when this is dropped.
pub(crate) struct Aside {
    place: Place,
    _dir: Scratch,
}

impl Aside {
    /// Where the kit is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }
}

/// Unpacks the archive `file`, which must hold one kit.
pub(crate) async fn aside(context: &Context, file: &Path) -> Result<Aside, OpsError> {
    let dir = Scratch::new(&context.home)?;
    let (input, label) = (open(file)?, format!("archive:{}", file.display()));
    let layout = Layout::open_or_create(dir.path().join("layout"), Naming::Plain)?;
    let digest = unpack_only(context, &layout, input, &label).await?;
    let (dir_of, target) = (dir.path().join("layout"), Some(Target::Digest(digest)));
    Ok(Aside { place: Place::Layout { dir: dir_of, target }, _dir: dir })
}
