//! An AIBOM against the files that are really there.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_oci::{Digest, FileKind, FileTable};

use crate::{Bom, Kind};

/// How an AIBOM and a file table differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// The AIBOM lists a file that is not there.
    Missing {
        /// Path of the file.
        path: String,
    },
    /// A file is there that the AIBOM does not list.
    Unlisted {
        /// Path of the file.
        path: String,
    },
    /// The AIBOM lists the file without a digest that could be compared.
    NoDigest {
        /// Path of the file.
        path: String,
    },
    /// The file has other bytes than the AIBOM says.
    Changed {
        /// Path of the file.
        path: String,
        /// What the AIBOM says.
        stated: Vec<Digest>,
        /// What is there.
        actual: Vec<Digest>,
    },
    /// The file has another size than the AIBOM says.
    Resized {
        /// Path of the file.
        path: String,
    },
}

impl Difference {
    /// Path of the file.
    pub fn path(&self) -> &str {
        match self {
            Self::Missing { path }
            | Self::Unlisted { path }
            | Self::NoDigest { path }
            | Self::Changed { path, .. }
            | Self::Resized { path } => path,
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing { path } => write!(f, "`{path}` is listed, but not there"),
            Self::Unlisted { path } => write!(f, "`{path}` is there, but not listed"),
            Self::NoDigest { path } => write!(f, "`{path}` is listed without a SHA-256"),
            Self::Changed { path, .. } => write!(f, "`{path}` has another content than is listed"),
            Self::Resized { path } => write!(f, "`{path}` has another size than is listed"),
        }
    }
}

/// One file as one side knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    digest: Option<Digest>,
    size: Option<u64>,
}

/// Compares the files that the AIBOM lists with those of the table, in the order of their paths.
/// Empty means that both hold the same files with the same content, none less and none more, but for as many
/// as the AIBOM says that it leaves to the table ([`Bom::files_left`]).
pub fn check_against(bom: &Bom, table: &FileTable) -> Vec<Difference> {
    let mut stated: BTreeMap<&str, Vec<Seen>> = BTreeMap::new();
    for file in bom.of_kind(Kind::File) {
        let path = file.path.as_deref().unwrap_or(&file.name);
        stated.entry(path).or_default().push(Seen { digest: file.sha256(), size: file.size });
    }
    let mut actual: BTreeMap<&str, Vec<Seen>> = BTreeMap::new();
    for (_, file) in table.entries().filter(|(_, file)| file.kind == FileKind::File) {
        let seen = Seen { digest: file.digest.clone(), size: Some(file.size) };
        actual.entry(&file.path).or_default().push(seen);
    }
    let paths: BTreeSet<&str> = stated.keys().chain(actual.keys()).copied().collect();
    let compared = |path| compare(path, stated.get(path), actual.get(path));
    let mut all: Vec<Difference> = paths.into_iter().filter_map(compared).collect();
    let unlisted = |one: &&Difference| matches!(one, Difference::Unlisted { .. });
    let count: usize = all.iter().filter(unlisted).map(|one| files_at(&actual, one.path())).sum();
    if count > 0 && count as u64 == bom.files_left() {
        all.retain(|one| !unlisted(&one));
    }
    all
}

/// How many files of the table have this path.
fn files_at(actual: &BTreeMap<&str, Vec<Seen>>, path: &str) -> usize {
    actual.get(path).map_or(0, Vec::len)
}

fn compare(
    path: &str,
    stated: Option<&Vec<Seen>>,
    actual: Option<&Vec<Seen>>,
) -> Option<Difference> {
    let path = path.to_owned();
    let (Some(stated), Some(actual)) = (stated, actual) else {
        let missing = stated.is_some();
        return Some(if missing {
            Difference::Missing { path }
        } else {
            Difference::Unlisted { path }
        });
    };
    if stated.iter().any(|seen| seen.digest.is_none()) {
        return Some(Difference::NoDigest { path });
    }
    // The same path may stand in two layers; order means nothing, number does.
    let digests = |side: &[Seen]| {
        let mut all: Vec<Digest> = side.iter().filter_map(|seen| seen.digest.clone()).collect();
        all.sort();
        all
    };
    let (said, real) = (digests(stated), digests(actual));
    if said != real {
        return Some(Difference::Changed { path, stated: said, actual: real });
    }
    let sorted = |side: &[Seen]| {
        let mut all = side.to_vec();
        all.sort();
        all
    };
    // A foreign AIBOM may state no sizes; where it states them all, they must be right.
    let sized = stated.iter().all(|seen| seen.size.is_some());
    (sized && sorted(stated) != sorted(actual)).then_some(Difference::Resized { path })
}
