//! Generated documents: one definition, many documents, and a check that they have not drifted.

mod aibom;
mod api;
mod binary;
mod crates;
mod formats;
mod predicates;

use std::path::PathBuf;

use crate::run::{Outcome, has_flag, write_or_check};

/// A generated file: its path from the workspace's root, and its bytes.
pub(crate) type Generated = (PathBuf, Vec<u8>);

/// One source of generated documents.
struct Generator {
    name: &'static str,
    files: fn() -> Outcome<Vec<Generated>>,
}

static GENERATORS: &[Generator] = &[
    Generator { name: "crates", files: crates::files },
    Generator { name: "formats", files: formats::files },
    Generator { name: "aibom", files: aibom::files },
    Generator { name: "api", files: api::files },
    Generator { name: "predicates", files: predicates::files },
    Generator { name: "binary", files: binary::files },
];

/// `cargo xtask generate [--check] [NAME…]`: those of these names, or all.
pub(crate) fn task(args: &[String]) -> Outcome {
    let check = has_flag(args, "--check");
    let names: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |generator: &&Generator| {
        names.is_empty() || names.iter().any(|name| *name == generator.name)
    };
    for generator in GENERATORS.iter().filter(wanted) {
        let files = (generator.files)()?;
        let changed = write_or_check(&files, check, "cargo xtask generate")?;
        println!("{}: {} files, {} written", generator.name, files.len(), changed.len());
    }
    Ok(())
}
