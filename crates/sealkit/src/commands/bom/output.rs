//! Where AIBOMs are written, in which formats.

use std::path::{Path, PathBuf};

use sealkit_ops::bom::BomFormat;
use sealkit_ops::bom::aibom::{Bom, render};
use sealkit_ops::{OpsError, output};

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
                Err(_) if name.contains(['/', '.', '\\']) => (usual, output.as_str()),
                Err(unknown) => return Err(unknown.into()),
            },
            None => (usual, output.as_str()),
        };
        let path = (path != "-").then(|| PathBuf::from(path));
        Ok(Target { format, path })
    };
    let all: Vec<Target> = outputs.iter().map(target).collect::<Result<_, Failure>>()?;
    let mut paths: Vec<&Path> = all.iter().filter_map(|target| target.path.as_deref()).collect();
    paths.sort_unstable();
    if let Some([twice, _]) = paths.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
        let message = format!("`{}` is named twice for output", twice.display());
        return Err(OpsError::usage("output-twice", message).into());
    }
    Ok(all)
}

/// Writes what was made; a table is drawn for the place that it goes to.
pub(super) fn write_all(
    app: &App,
    bom: &Bom,
    targets: &[Target],
    documents: &[Vec<u8>],
) -> Result<(), Failure> {
    for (target, document) in targets.iter().zip(documents) {
        let drawn = match target.format {
            BomFormat::Table => Some(table(bom)),
            _ => None,
        };
        let mut bytes = drawn.map_or_else(|| document.clone(), String::into_bytes);
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        put(app, target.path.as_deref(), &bytes)?;
    }
    Ok(())
}

/// Writes bytes to a file whole, or to standard output.
pub(super) fn put(app: &App, path: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(path) = path {
        return Ok(output::write(path, bytes)?);
    }
    app.console
        .answer_bytes(bytes)
        .map_err(|source| Failure::new("io", "could not write the AIBOM").caused_by(&source))
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
