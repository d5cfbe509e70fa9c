//! `sealkit inspect`.

use sealkit_oci::go_json;
use sealkit_ops::inspect::inspect;
use sealkit_ops::{OpsError, Place};

use crate::app::{App, Exit};
use crate::cli::InspectArgs;
use crate::console::Failure;

/// Prints manifest and Kitfile of a kit as JSON.
pub(crate) fn run(app: &App, args: &InspectArgs) -> Result<Exit, Failure> {
    let place = kit_place(&args.reference, args.remote)?;
    let context = app.context(Some(&args.network))?;
    let Some(inspected) = app.block_on(inspect(&context, &place))? else {
        return Ok(Exit::Interrupted);
    };
    if app.console.is_quiet() {
        app.console.answer(inspected.digest.to_string());
        return Ok(Exit::Yes);
    }
    let json = go_json::to_vec_pretty(&inspected)
        .map_err(|source| Failure::new("json", "could not write JSON").caused_by(&source))?;
    app.console.answer(String::from_utf8_lossy(&json));
    Ok(Exit::Yes)
}

/// The place of a kit: in the local store, or with `--remote` at its registry. It must have a tag
/// or a digest.
pub(crate) fn kit_place(text: &str, remote: bool) -> Result<Place, Failure> {
    let place = Place::parse(text, false)?;
    let place = if remote { place.at_registry()? } else { place };
    if let Place::Local(reference) | Place::Remote(reference) = &place
        && reference.target().is_none()
    {
        return Err(OpsError::NoTarget { reference: reference.to_string() }.into());
    }
    Ok(place)
}
