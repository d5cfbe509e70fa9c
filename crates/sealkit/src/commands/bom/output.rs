//! Where AIBOMs are written, in which formats.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sealkit_ops::OpsError;
use sealkit_ops::bom::BomFormat;
use sealkit_ops::bom::aibom::{Bom, BomError, render};
use sealkit_ops::output::{self, Output};

use super::schema;
use crate::app::App;
use crate::console::{Failure, Table, human_size};

/// Digits of a digest that a table shows.
const SHOWN_DIGITS: usize = 12;

/// One format at one place.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) format: BomFormat,
    /// None for standard output.
    path: Option<PathBuf>,
}

/// What `--format` and `--output` ask for.
pub(super) fn targets(format: &str, outputs: &[String]) -> Result<Vec<Target>, Failure> {
    let usual = BomFormat::named(format)?;
    if outputs.is_empty() {
        return Ok(vec![Target { format: usual, path: None }]);
    }
    let target = |output: &String| {
        let (format, path) = match output.split_once('=') {
            // A path may hold `=` too: what could be no format is part of it.
            Some((name, path)) => match BomFormat::named(name) {
                Ok(format) => (format, path),
                Err(_) if is_path(name) => (usual, output.as_str()),
                Err(unknown) => return Err(unknown.into()),
            },
            // The habit of other tools: a format alone goes to standard output.
            None => match BomFormat::named(output) {
                Ok(format) => (format, "-"),
                Err(unknown) if is_like_format(output) => return Err(unknown.into()),
                Err(_) => (usual, output.as_str()),
            },
        };
        let path = (path != "-").then(|| PathBuf::from(path));
        Ok(Target { format, path })
    };
    let all: Vec<Target> = outputs.iter().map(target).collect::<Result<_, Failure>>()?;
    let stdout = Path::new("-");
    let mut paths: Vec<&Path> =
        all.iter().map(|target| target.path.as_deref().unwrap_or(stdout)).collect();
    paths.sort_unstable();
    if let Some([twice, _]) = paths.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
        let message = format!("`{}` is named twice for output", twice.display());
        return Err(OpsError::usage("output-twice", message).into());
    }
    Ok(all)
}

/// Whether a name may be the beginning of a path, and is no format in a version that is not written.
fn is_path(name: &str) -> bool {
    name.contains(['/', '.', '\\']) && !is_like_format(name)
}

/// Whether a text is a format as other tools call theirs: a file of that name would be a surprise.
fn is_like_format(text: &str) -> bool {
    let is_family = ["cyclonedx", "spdx"].iter().any(|family| text.starts_with(family));
    is_family
        && !text.contains(['/', '\\'])
        && Path::new(text.split('@').next().unwrap_or(text)).extension().is_none()
}

/// What matters to every document that is written.
pub(super) struct Writing<'a> {
    /// Time of making, RFC 3339 in UTC.
    pub(super) timestamp: Option<String>,
    /// A document that is there already, and written as it is where its format is asked for.
    pub(super) signed: Option<&'a [u8]>,
    /// The folder of official schemas that documents are held against.
    pub(super) schemas: Option<&'a Path>,
    /// What a document is called that a schema refuses.
    pub(super) what: &'a str,
}

/// Writes an AIBOM to each target; files get their places when all are written.
pub(super) fn write_all(
    app: &App,
    bom: Bom,
    targets: &[Target],
    how: &Writing<'_>,
) -> Result<(), Failure> {
    let mut files = Vec::new();
    if let Some((last, others)) = targets.split_last() {
        for target in others {
            files.extend(write(app, bom.clone(), target, how)?);
        }
        files.extend(write(app, bom, last, how)?);
    }
    for file in files {
        file.finish()?;
    }
    Ok(())
}

/// Writes to one target; gives the file that is still to get its place.
fn write(
    app: &App,
    bom: Bom,
    target: &Target,
    how: &Writing<'_>,
) -> Result<Option<Output>, Failure> {
    let Some(path) = &target.path else {
        let mut out = app.console.raw_output();
        let written = fill(&mut out, bom, target.format, how)?;
        written.and_then(|()| out.flush()).map_err(|source| failed(&source))?;
        return Ok(None);
    };
    let file = Output::begin(path)?;
    let mut out = BufWriter::new(file.writer());
    let written = fill(&mut out, bom, target.format, how)?;
    let written = written.and_then(|()| out.flush());
    written.map_err(|source| OpsError::io("write", path, source))?;
    Ok(Some(file))
}

/// Writes one document: what is made just now as it is made, unless a schema is to see it first. What
/// failed may be the document, or the place that it is written to.
fn fill(
    out: &mut dyn Write,
    bom: Bom,
    format: BomFormat,
    how: &Writing<'_>,
) -> Result<io::Result<()>, Failure> {
    let mut whole = Vec::new();
    match how.signed.filter(|document| format.is_of(document)) {
        _ if matches!(format, BomFormat::Table) => whole.extend(table(&bom).bytes()),
        Some(document) => whole.extend(document),
        None => {
            let is_seen = how.schemas.is_some() && matches!(format, BomFormat::Document(_));
            let out: &mut dyn Write = if is_seen { &mut whole } else { &mut *out };
            match format.write(bom, how.timestamp.clone(), out) {
                Err(BomError::Output(source)) => return Ok(Err(source)),
                made => made.map_err(OpsError::from)?,
            }
        }
    }
    if let (Some(dir), BomFormat::Document(_)) = (how.schemas, format) {
        schema::check(dir, &whole, how.what)?;
    }
    if !whole.is_empty() && !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    Ok(out.write_all(&whole))
}

fn failed(source: &io::Error) -> Failure {
    Failure::new("io", "could not write the AIBOM").caused_by(source)
}

/// Writes bytes to a file whole, or to standard output.
pub(super) fn put(app: &App, path: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(path) = path {
        return Ok(output::write(path, bytes)?);
    }
    app.console.answer_bytes(bytes).map_err(|source| failed(&source))
}

fn table(bom: &Bom) -> String {
    let mut rows = render::table(bom).into_iter();
    let heading = rows.next().unwrap_or_default();
    let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
    let mut table = Table::new(&heading);
    for [kind, name, version, licence, size, digest] in rows {
        let size = size.parse().map(human_size).unwrap_or_default();
        let digest: String = digest.chars().take(SHOWN_DIGITS).collect();
        let version: String = version.chars().take(40).collect();
        table.row([kind.as_str(), &name, &version, &licence, &size, &digest]);
    }
    table.render()
}
