//! Generated documents: one definition, many documents, and a check that they have not drifted.

mod aibom;
mod binary;
mod crates;
mod formats;

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
    Generator { name: "binary", files: binary::files },
];

/// `cargo xtask generate [--check]`.
pub(crate) fn task(args: &[String]) -> Outcome {
    let check = has_flag(args, "--check");
    for generator in GENERATORS {
        let files = (generator.files)()?;
        let changed = write_or_check(&files, check, "cargo xtask generate")?;
        println!("{}: {} files, {} written", generator.name, files.len(), changed.len());
    }
    Ok(())
}
