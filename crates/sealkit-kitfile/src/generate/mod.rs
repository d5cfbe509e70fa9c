//! A Kitfile for a folder that has none, from a listing of its files. What a file is comes from
//! its content where the caller knows it, else from its name by the rules of `kit init`.

mod classify;
mod folder;
mod model;
mod names;

use std::collections::{BTreeSet, HashSet};

use classify::Builder;
use folder::Folder;
pub use names::class_by_name;

use crate::{Kitfile, Package, Value, path};

/// Deepest level down to which folders are read file by file.
const MAX_DEPTH: usize = 16;

/// What a file is by its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// Weights of a model.
    Model,
    /// A further part of a model: adapter, tokenizer.
    Part,
    /// Data.
    Dataset,
    /// Documentation.
    Docs,
    /// Code.
    Code,
    /// A prompt.
    Prompt,
    /// The text of a licence, with its SPDX identifier.
    Licence(String),
    /// An MCP bundle.
    Mcpb,
    /// Configuration: part of the model where there is one, else a dataset.
    Metadata,
    /// The content says nothing; the name decides.
    Unknown,
}

/// What the content of a file, or a card beside it, says about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Name of the model or skill.
    pub name: Option<String>,
    /// Description of the model or skill.
    pub description: Option<String>,
    /// Version of the model.
    pub version: Option<String>,
    /// Licence, an SPDX identifier by convention.
    pub licence: Option<String>,
    /// Framework, such as `pytorch`.
    pub framework: Option<String>,
    /// Format, such as `safetensors`.
    pub format: Option<String>,
    /// Free data for `parameters`.
    pub parameters: Option<Value>,
}

/// One file or folder of a listing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Path inside the folder, slash-separated.
    pub path: String,
    /// Size in bytes; of no meaning for a folder.
    pub size: u64,
    /// Whether it is a folder. Folders above listed files need not be listed.
    pub is_dir: bool,
    /// What the content says it is; none where it was not read.
    pub class: Option<Class>,
    /// What the content says about it.
    pub facts: Facts,
}

/// How a Kitfile is generated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenerateOptions {
    /// What the user says about the kit; wins over everything that is found.
    pub package: Package,
    /// Levels of folders below the first that are read file by file. At zero, folders are taken
    /// as a whole.
    pub depth: usize,
    /// Whether hidden files and folders become parts like any other, as `kit init` has it.
    pub include_hidden: bool,
}

/// A generated Kitfile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generated {
    /// The Kitfile.
    pub kitfile: Kitfile,
    /// Hidden files and folders that lie in none of its parts, and so would not be packed.
    pub hidden: Vec<String>,
    /// Visible files that lie in none of its parts: the rules of `kit init` leave out metadata
    /// beside MCP bundles.
    pub left_out: Vec<String>,
}

/// Generates a Kitfile for a folder. The order of the listing does not matter.
pub fn generate(listing: &[Listed], options: &GenerateOptions) -> Generated {
    let depth = options.depth.min(MAX_DEPTH);
    let (root, hidden) = Folder::of(listing, depth + 2, options.include_hidden);
    let mut builder = Builder::new(options.package.clone());
    builder.root(&root, depth);
    let kitfile = builder.kitfile;
    let parts: HashSet<String> = kitfile.parts().into_iter().map(|part| part.path).collect();
    let is_left = |path: &str| {
        let mut above = path.match_indices('/').map(|(at, _)| path.split_at(at).0);
        !parts.contains(".") && !parts.contains(path) && !above.any(|path| parts.contains(path))
    };
    let hidden: Vec<String> = hidden.into_iter().filter(|path| is_left(path)).collect();
    let left_out = visible_files(listing).filter(|path| is_left(path));
    let told: HashSet<&String> = hidden.iter().collect();
    let left_out: BTreeSet<String> = left_out.filter(|path| !told.contains(path)).collect();
    Generated { left_out: left_out.into_iter().collect(), hidden, kitfile }
}

/// The files of a listing that would be packed by any part above them.
fn visible_files(listing: &[Listed]) -> impl Iterator<Item = String> {
    let files = listing.iter().filter(|entry| !entry.is_dir);
    let paths = files.map(|entry| path::clean(&entry.path));
    paths.filter(|path| {
        !matches!(path.as_str(), "." | "Kitfile" | "kitfile" | ".kitfile" | ".kitignore")
    })
}
