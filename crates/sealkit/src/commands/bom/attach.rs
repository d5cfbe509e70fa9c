//! `sealkit bom attach` and `sealkit bom download`.

use std::path::Path;

use sealkit_ops::bom::{AttachRequest, attach_bom, download_bom, read_document};

use super::make::supplied;
use super::output::put;
use crate::app::{App, Exit};
use crate::cli::{BomAttachArgs, BomDownloadArgs};
use crate::commands::inspect::kit_place;
use crate::commands::password::signer;
use crate::console::Failure;

/// Attaches an AIBOM to a kit of the local store.
pub(super) fn run(app: &App, args: &BomAttachArgs) -> Result<Exit, Failure> {
    let context = app.context(None)?;
    let place = kit_place(&args.reference, false)?;
    let document = args.file.as_deref().map(read_document).transpose()?;
    let key = if args.unsigned { None } else { Some(signer(app, &args.signing)?) };
    let request = AttachRequest {
        place,
        document: document.map(|read| read.bytes),
        supplied: supplied(&args.supplied, None)?,
        key: key.map(|key| key.key),
    };
    let Some(attached) = app.block_on(attach_bom(&context, request))? else {
        return Ok(Exit::Interrupted);
    };
    let how = if attached.signed { "signed" } else { "not signed" };
    app.console.info(format!("attached an AIBOM to {}, {how}", attached.kit));
    app.console.answer(attached.referrer.to_string());
    Ok(Exit::Yes)
}

/// Writes the AIBOM that is attached to a kit.
pub(super) fn download(app: &App, args: &BomDownloadArgs) -> Result<Exit, Failure> {
    let place = kit_place(&args.reference, args.remote)?;
    let context = app.context(Some(&args.network))?;
    let Some(found) = app.block_on(download_bom(&context, &place))? else {
        return Ok(Exit::Interrupted);
    };
    if let Some(proof) = &found.proof {
        app.console.info(format!("AIBOM {proof}"));
    } else {
        app.console.warn("nobody whom you trust has signed this AIBOM: see `sealkit verify`");
    }
    let path = (args.output != "-").then_some(Path::new(&args.output));
    put(app, path, &found.document)?;
    Ok(Exit::Yes)
}
