//! `sealkit bom convert`: an AIBOM file in another format.

use sealkit_ops::bom::aibom::name;
use sealkit_ops::bom::read_document;
use sealkit_ops::time::rfc3339;

use super::output::{Writing, targets, write_all};
use super::schema;
use crate::app::{App, Exit};
use crate::cli::BomConvertArgs;
use crate::commands::pack::source_date_epoch;
use crate::console::{Failure, escape};

/// Reads a document and writes it in other formats.
pub(super) fn run(app: &App, args: &BomConvertArgs) -> Result<Exit, Failure> {
    let targets = targets(&args.format, &args.output)?;
    let read = read_document(&args.file)?;
    if let Some(dir) = &args.schema {
        schema::check(dir, &read.bytes, &format!("`{}`", args.file.display()))?;
    }
    let problems = read.bom.properties.iter().filter(|p| p.name == name::READING_PROBLEM);
    for problem in problems {
        app.console.warn(escape(&problem.value.to_string()));
    }
    let timestamp = source_date_epoch()?.and_then(rfc3339);
    let schemas = args.schema.as_deref();
    let how = Writing { timestamp, signed: None, schemas, what: "what was written" };
    write_all(app, read.bom, &targets, &how)?;
    Ok(Exit::Yes)
}
