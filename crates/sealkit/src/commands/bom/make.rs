//! `sealkit bom`: the AIBOM of a kit, a folder or a repository of a hub.

use std::path::Path;
use std::sync::Arc;

use sealkit_ops::bom::aibom::Supplied;
use sealkit_ops::bom::{
    BomOutcome, BomRequest, BomSource, BomSubject, Reading, TensorHash, bom, folder_overlay, party,
    read_overlay, with_flags,
};
use sealkit_ops::import::{Source, Tool, parse_source};
use sealkit_ops::time::rfc3339;
use sealkit_ops::verify::SealedTables;
use sealkit_ops::{Context, OpsError, Place};

use super::output::{Writing, targets, write_all};
use crate::app::{App, Exit};
use crate::cli::{BomMakeArgs, SuppliedArgs, TensorHashArg};
use crate::commands::import::hub_token;
use crate::commands::pack::source_date_epoch;
use crate::console::{Failure, escape, human_size};

/// Prints or writes an AIBOM.
pub(super) fn run(app: &App, args: &BomMakeArgs) -> Result<Exit, Failure> {
    let targets = targets(&args.format, &args.output)?;
    let context = app.context(Some(&args.network))?;
    let request = request(&context, args)?;
    let Some(found) = app.block_on(bom(&context, &request))? else {
        return Ok(Exit::Interrupted);
    };
    let is_kit = matches!(request.subject, BomSubject::Kit(_));
    if is_kit && !request.wants_new() && matches!(found.source, BomSource::Made(_)) {
        app.console.warn("the kit has no AIBOM: it was made just now");
    }
    remark(app, &found.source);
    let timestamp = timestamp(&found)?;
    let schemas = args.schema.as_deref();
    // As it was signed, byte for byte, where its format is the one that is wanted.
    let signed = found.document.as_deref();
    let how = Writing { timestamp, signed, schemas, what: "the AIBOM that was made" };
    write_all(app, found.bom, &targets, &how)?;
    Ok(Exit::Yes)
}

/// The time that documents name: `SOURCE_DATE_EPOCH`, else when the kit was made, else when the
/// youngest file of the folder was written. Never the time of day: two runs say the same.
fn timestamp(found: &BomOutcome) -> Result<Option<String>, Failure> {
    Ok(source_date_epoch()?.and_then(rfc3339).or_else(|| found.created.clone()))
}

fn request(context: &Context, args: &BomMakeArgs) -> Result<BomRequest, Failure> {
    let subject = subject(&args.subject, args.remote, &args.endpoint)?;
    let dir = match &subject {
        BomSubject::Folder(dir) => Some(dir.as_path()),
        _ => None,
    };
    Ok(BomRequest {
        supplied: supplied(&args.supplied, dir)?,
        subject,
        fresh: args.fresh,
        tensors: args.tensors.map(|hash| match hash {
            TensorHashArg::Sha256 => TensorHash::Sha256,
            TensorHashArg::Blake3 => TensorHash::Blake3,
        }),
        trust: Arc::new(SealedTables::new(context)?),
    })
}

/// What a person typed: a folder, a repository of a hub, or a kit.
pub(super) fn subject(text: &str, remote: bool, endpoint: &str) -> Result<BomSubject, Failure> {
    if text.starts_with("hf://") {
        let (name, revision) = match text.rsplit_once('@') {
            Some((name, revision)) if !revision.contains('/') => (name, revision),
            _ => (text, "main"),
        };
        return match parse_source(name, Some(Tool::Hub), endpoint)? {
            Source::Hub(repository) => Ok(BomSubject::Hub {
                repository,
                revision: revision.to_owned(),
                endpoint: endpoint.to_owned(),
                token: hub_token(),
            }),
            _ => {
                Err(OpsError::usage("not-a-repository", format!("`{text}` is no repository"))
                    .into())
            }
        };
    }
    Ok(match Place::parse(text, !remote)? {
        Place::Folder(dir) if dir.is_dir() => BomSubject::Folder(dir),
        Place::Folder(dir) => {
            let message = format!("`{}` is not a folder", dir.display());
            return Err(OpsError::usage("not-a-folder", message).into());
        }
        place if remote => BomSubject::Kit(place.at_registry()?),
        Place::Local(reference) => BomSubject::Kit(Place::Local(reference.or_latest())),
        place => BomSubject::Kit(place),
    })
}

/// What the person supplies: the overlay, and over it what flags say.
pub(crate) fn supplied(args: &SuppliedArgs, dir: Option<&Path>) -> Result<Supplied, Failure> {
    let overlay = match (&args.overlay, dir) {
        (Some(path), _) => read_overlay(path)?,
        (None, Some(dir)) => folder_overlay(dir)?,
        (None, None) => Supplied::default(),
    };
    let named = |text: &String, organisation| {
        party(text, organisation).ok_or_else(|| {
            let message = format!("`{}` names nobody", escape(text));
            OpsError::usage("party-malformed", message).with_hint("write `NAME` or `NAME <MAIL>`")
        })
    };
    let authors = args.author.iter().map(|text| named(text, false)).collect::<Result<_, _>>()?;
    let supplier = args.supplier.as_ref().map(|text| named(text, true)).transpose()?;
    Ok(with_flags(overlay, authors, supplier))
}

fn remark(app: &App, source: &BomSource) {
    match source {
        BomSource::Signed(_) => {}
        BomSource::Untrusted => {
            app.console.warn("nobody whom you trust has signed this AIBOM: see `sealkit verify`");
        }
        BomSource::Made(reading) => read(app, reading),
    }
}

fn read(app: &App, reading: &Reading) {
    for warning in &reading.warnings {
        app.console.warn(escape(warning));
    }
    if reading.unverified {
        app.console.warn("read by ranges that no trusted file table vouches for");
    }
    if reading.fetched > 0 {
        let (fetched, total) = (human_size(reading.fetched), human_size(reading.total));
        app.console.info(format!("read {fetched} of {total} over the network"));
    }
}
