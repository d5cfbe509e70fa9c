//! An AIBOM wherever it is: a file, or what a kit or a folder has or gives.

use std::path::Path;
use std::sync::Arc;

use sealkit_ops::Context;
use sealkit_ops::bom::aibom::Bom;
use sealkit_ops::bom::{BomRequest, BomSource, BomSubject, bom, read_document};
use sealkit_ops::verify::SealedTables;

use super::make::{subject, supplied};
use crate::app::App;
use crate::cli::SuppliedArgs;
use crate::console::Failure;

/// The usual hub, where none is named.
const HUB: &str = "https://huggingface.co";

/// An AIBOM with what is known of the document that it comes from.
pub(super) struct Side {
    pub(super) bom: Bom,
    /// The document, where there is one.
    pub(super) document: Option<Vec<u8>>,
    /// Whether somebody trusted has signed it.
    pub(super) signed: bool,
}

/// An AIBOM file where there is a file of this name, else a kit or a folder; none where the person
/// interrupted.
pub(super) fn side(
    app: &App,
    context: &Context,
    text: &str,
    (remote, fresh): (bool, bool),
    flags: &SuppliedArgs,
) -> Result<Option<Side>, Failure> {
    if Path::new(text).is_file() {
        let read = read_document(Path::new(text))?;
        return Ok(Some(Side { bom: read.bom, document: Some(read.bytes), signed: false }));
    }
    let subject = subject(text, remote, HUB)?;
    let dir = match &subject {
        BomSubject::Folder(dir) => Some(dir.clone()),
        _ => None,
    };
    let request = BomRequest {
        subject,
        supplied: supplied(flags, dir.as_deref())?,
        fresh,
        tensors: None,
        trust: Arc::new(SealedTables::new(context)?),
    };
    let found = app.block_on(bom(context, &request))?;
    Ok(found.map(|found| Side {
        signed: matches!(found.source, BomSource::Signed(_)),
        bom: found.bom,
        document: found.document,
    }))
}
