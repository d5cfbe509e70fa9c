//! Lock files and manifests of package managers, and what they install: which software a project names or holds.
//!
//! Each reader turns the file into a tree or lines and says which packages stand in it. Names stay
//! as they are written; whoever makes a package URL of them normalises there.

mod cargo;
mod compose;
mod conda;
mod docker;
mod go;
mod graph;
mod installed;
mod list;
mod npm;
mod out;
mod pep508;
mod pip;
mod pipfile;
mod pnpm;
mod poetry;
mod pylock;
mod pyproject;
mod setup_cfg;
mod setup_py;
mod uv;
mod yarn;

use sealkit_report::Budget;
use serde_json::Value as Json;

pub(crate) use docker::pip_install;
pub(crate) use list::*;
pub(crate) use out::Packages;
pub(crate) use pyproject::script;
pub(crate) use setup_py::setup;

use crate::{
    Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, json, read_at, toml, yaml,
};

/// Longest file that is read: 16 MiB; the lock file of a large web project has some 2 MiB.
const MAX_BYTES: u64 = 16 << 20;

type Tree = fn(&Json, &mut Packages<'_>) -> Result<(), InspectError>;
type Lines = fn(&str, &mut Packages<'_>) -> Result<(), InspectError>;

/// One kind of lock file or manifest.
pub(crate) struct PackageFile {
    format: Format,
    /// Whether a file name, in lower case, is one of this kind, or else the whole path.
    named: fn(&str, &str) -> bool,
    /// Whether the head of the file does not speak against it.
    fits: fn(&str) -> bool,
    read: Read,
    gives: &'static [&'static str],
}

/// How the file is turned into what its reader takes.
#[derive(Clone, Copy)]
enum Read {
    Json(Tree),
    Yaml(Tree),
    Toml(Tree),
    Lines(Lines),
}

impl Inspector for PackageFile {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if !(self.named)(&probe.lower_name(), probe.path) {
            return Confidence::No;
        }
        match probe.text() {
            // Of a long one the start does not tell what the rest says.
            Some(text) if probe.len > Probe::HEAD || (self.fits)(text) => Confidence::Content,
            None if probe.len == 0 => Confidence::Name,
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let text = text(source, budget, self.format.name)?;
        let tree = match self.read {
            Read::Json(_) => json::parse_python(text.as_bytes(), budget)?,
            Read::Yaml(_) => yaml::parse(&text, budget)?,
            Read::Toml(_) => toml::parse(&text, budget)?,
            Read::Lines(_) => Json::Null,
        };
        let mut packages = Packages::new(path, budget);
        let read = match self.read {
            Read::Json(read) | Read::Yaml(read) | Read::Toml(read) => read(&tree, &mut packages),
            Read::Lines(read) => read(&text, &mut packages),
        };
        packages.finish(read)
    }

    fn gives(&self) -> &'static [&'static str] {
        self.gives
    }
}

/// The whole file as text; bytes that are no UTF-8 are replaced.
pub(crate) fn text(
    source: &dyn ReadAt,
    budget: &mut Budget,
    format: &'static str,
) -> Result<String, InspectError> {
    if source.len() > MAX_BYTES {
        return Err(InspectError::malformed(format, "a file above the limit of 16 MiB", 0));
    }
    let bytes = read_at::whole(source, budget)?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    Ok(String::from_utf8_lossy(bytes).into_owned())
}
