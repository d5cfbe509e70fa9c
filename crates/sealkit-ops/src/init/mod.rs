//! `init`: a Kitfile for a folder that has none, from what its files are.

mod card;
mod content;
mod hidden;
mod listing;
mod remote;
mod write;

use std::path::{Path, PathBuf};

pub use sealkit_kitfile::Package;
use sealkit_kitfile::{GenerateOptions, Kitfile, Listed, generate};

pub(crate) use content::{Content, read_file};
pub(crate) use listing::Looker;
pub use remote::init_remote;
pub use write::KitfileOutput;

use sealkit_pack::Ignore as _;

use crate::OpsError;
use crate::pack::{FolderRules, find_kitfile};

/// How a Kitfile is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InitOptions {
    /// What the person says about the kit; wins over everything that is found.
    pub package: Package,
    /// Levels of folders below the first that are read file by file; none for every level.
    pub depth: Option<usize>,
}

/// A Kitfile that was made, and what the person should know about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitOutcome {
    /// The Kitfile.
    pub kitfile: Kitfile,
    /// The same as text.
    pub yaml: String,
    /// Text of a `.kitignore` that keeps hidden files out of the kit; none where none is needed or
    /// the folder has one.
    pub ignore: Option<String>,
    /// What `ignore` names.
    pub kept_out: Vec<String>,
    /// What else the person should know.
    pub warnings: Vec<String>,
    /// Folders that could not be listed, and why, where that is no error.
    pub unlisted: Vec<(String, String)>,
    /// The files that were written.
    pub written: Vec<PathBuf>,
}

/// Makes a Kitfile for the folder `dir` and writes nothing.
pub fn generate_for(dir: &Path, options: &InitOptions) -> Result<InitOutcome, OpsError> {
    generate_from(dir, options, false, &listing::Headers)
}

/// Does the same by what `looker` sees, and where `tolerant` leaves out what can not be listed, and
/// tells it.
pub(crate) fn generate_from(
    dir: &Path,
    options: &InitOptions,
    tolerant: bool,
    looker: &dyn Looker,
) -> Result<InitOutcome, OpsError> {
    find_kitfile(dir)?;
    let mut found = listing::of(dir, levels(options), tolerant, looker)?;
    // What is not packed is no part, and its name is nobody's business.
    let rules = FolderRules::read(dir)?;
    found.entries.retain(|entry| !rules.ignores(&entry.path));
    let mut outcome = from_listing(&found.entries, found.card, options);
    outcome.warnings.splice(0..0, found.warnings);
    outcome.unlisted = found.unlisted;
    hidden::settle(&found.entries, &rules, &mut outcome);
    Ok(outcome)
}

/// Makes a Kitfile for the folder `dir` and writes it, with a `.kitignore` where one is needed. A
/// Kitfile that is there stays as it is unless `force` says otherwise.
pub fn init(
    dir: &Path,
    options: &InitOptions,
    output: &KitfileOutput,
    force: bool,
) -> Result<InitOutcome, OpsError> {
    output.check(dir, force)?;
    let mut outcome = generate_for(dir, options)?;
    outcome.written = output.write(dir, &outcome, force)?;
    Ok(outcome)
}

/// Makes a Kitfile from a listing whose files were looked into, with what the model card says.
pub(crate) fn from_listing(
    entries: &[Listed],
    card: sealkit_kitfile::Facts,
    options: &InitOptions,
) -> InitOutcome {
    let depth = options.depth.unwrap_or(usize::MAX);
    let generate_options =
        GenerateOptions { package: options.package.clone(), depth, include_hidden: false };
    let mut generated = generate(entries, &generate_options);
    card::apply(&mut generated.kitfile, card);
    let left_out = generated
        .left_out
        .iter()
        .map(|path| format!("`{path}` is in no part of the Kitfile: it would not be packed"));
    let hidden = generated.hidden.iter().map(|path| {
        format!("hidden `{path}` is in no part of the Kitfile: it would not be packed")
    });
    InitOutcome {
        warnings: left_out.chain(hidden).collect(),
        yaml: generated.kitfile.to_yaml(),
        kitfile: generated.kitfile,
        ..InitOutcome::default()
    }
}

/// Levels of folders whose files matter one by one.
fn levels(options: &InitOptions) -> usize {
    options.depth.map_or(usize::MAX, |depth| depth.saturating_add(2))
}
