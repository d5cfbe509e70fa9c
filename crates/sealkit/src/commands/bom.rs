//! `sealkit bom`.

use std::path::Path;

use sealkit_ops::bom::{BomOutcome, BomSource, bom};
use sealkit_ops::output;

use super::inspect::kit_place;
use crate::app::{App, Exit};
use crate::cli::BomArgs;
use crate::console::{Failure, Table, human_size};

/// Formats that can be asked for.
const FORMATS: [&str; 2] = ["cyclonedx-json", "table"];

/// Prints or writes the AIBOM of a kit.
pub(crate) fn run(app: &App, args: &BomArgs) -> Result<Exit, Failure> {
    let place = kit_place(&args.reference, args.remote)?;
    let context = app.context(Some(&args.network))?;
    let Some(found) = app.block_on(bom(&context, &place))? else { return Ok(Exit::Interrupted) };
    match &found.source {
        BomSource::Signed(_) => {}
        BomSource::Untrusted => {
            app.console.warn("nobody whom you trust has signed this AIBOM: see `sealkit verify`");
        }
        BomSource::Made { inspected } => {
            let how =
                if *inspected { "" } else { ", by listing its files: they were not inspected" };
            app.console.warn(format!("the kit has no AIBOM: it was made just now{how}"));
        }
    }
    if args.output.is_empty() {
        print(app, &args.format, &found)?;
    }
    for output in &args.output {
        let (format, path) = match output.split_once('=') {
            Some((format, path)) if FORMATS.contains(&format) => (format, path),
            _ => (args.format.as_str(), output.as_str()),
        };
        if path == "-" {
            print(app, format, &found)?;
        } else {
            output::write(Path::new(path), &bytes(format, &found))?;
        }
    }
    Ok(Exit::Yes)
}

fn bytes(format: &str, found: &BomOutcome) -> Vec<u8> {
    match format {
        "table" => format!("{}\n", table(found)).into_bytes(),
        _ => found.document.clone(),
    }
}

fn print(app: &App, format: &str, found: &BomOutcome) -> Result<(), Failure> {
    let mut bytes = bytes(format, found);
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    app.console
        .answer_bytes(&bytes)
        .map_err(|source| Failure::new("io", "could not write the AIBOM").caused_by(&source))
}

fn table(found: &BomOutcome) -> String {
    let mut table = Table::new(&["KIND", "NAME", "SIZE", "SHA-256"]);
    let all = std::iter::once(&found.bom.subject).chain(&found.bom.components);
    for component in all {
        let size = component.size.map(human_size).unwrap_or_default();
        let digest = component.digests.first().map(sealkit_oci::Digest::hex).unwrap_or_default();
        table.row([component.kind.name(), &component.name, &size, digest]);
    }
    table.render()
}
