//! The kit of an archive file, unpacked aside while it is read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkit_oci::{Digest, Target};
use sealkit_store::{Layout, Naming, Repository};

use super::load::unpack_only;
use super::open;
use crate::scratch::Scratch;
use crate::{Context, Kit, OpsError, Place};

/// A layout with one kit, that is gone when this is dropped.
pub(crate) struct Aside {
    layout: Layout,
    place: Place,
    digest: Digest,
    /// What people call it.
    label: String,
    _dir: Scratch,
}

impl Aside {
    /// Where the kit is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The kit, by the name of its archive.
    pub(crate) async fn kit(&self) -> Result<Kit, OpsError> {
        let repository: Arc<dyn Repository> = Arc::new(self.layout.repository(""));
        Kit::load(repository, &Target::Digest(self.digest.clone()), &self.label).await
    }
}

/// Unpacks the archive `file`, which must hold one kit.
pub(crate) async fn aside(context: &Context, file: &Path) -> Result<Aside, OpsError> {
    let scratch = Scratch::new(&context.home)?;
    let dir: PathBuf = scratch.path().join("layout");
    let (input, label) = (open(file)?, Place::Archive(file.to_owned()).to_string());
    let layout = Layout::open_or_create(&dir, Naming::Plain)?;
    let digest = unpack_only(context, &layout, input, &label).await?;
    let place = Place::Layout { dir, target: Some(Target::Digest(digest.clone())) };
    Ok(Aside { layout, place, digest, label, _dir: scratch })
}
