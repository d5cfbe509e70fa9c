//! A signed list of files against a tree: what was changed, is missing, was added or renamed.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_oci::Digest;
use sealkit_report::{Code, Step};

use super::SignedTree;
use crate::AttestError;

/// Stable names of the steps, each the code of what it refuses.
pub mod step {
    /// Every signed file has the signed content.
    pub const UNCHANGED: &str = "digest-mismatch";
    /// Every signed file is there, under its name.
    pub const COMPLETE: &str = "missing";
    /// Nothing is there that was not signed.
    pub const SIGNED: &str = "unsigned-file";
    /// Nothing is there but regular files and folders.
    pub const SAFE: &str = "unsafe-entry";
    /// What was passed over.
    pub const IGNORED: &str = "ignored-paths";
}

/// Names that a reason repeats; the step's subjects have them all.
const SHOWN: usize = 10;

/// Something in a tree that is no file that could be hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFault {
    /// Its path.
    pub path: String,
    /// What it is, e.g. `is a symbolic link`.
    pub what: String,
    /// Whether it could not be looked at, rather than being something that may not be there.
    pub unread: bool,
}

/// A tree that was hashed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The files that were not passed over, by path. For a file that is signed in pieces, see
    /// `shards`.
    pub files: BTreeMap<String, Digest>,
    /// Whether the pieces of each file that is signed in pieces are the signed ones, up to its end.
    pub shards: BTreeMap<String, bool>,
    /// What is there and is no regular file.
    pub faults: Vec<TreeFault>,
    /// Paths that are there and were passed over; not what lies below them.
    pub ignored: Vec<String>,
}

impl SignedTree {
    /// Compares, and says of each way in which they can differ what came of it. With `unsigned_ok`
    /// files that were not signed take nothing from the answer.
    pub fn compare(&self, tree: &Tree, unsigned_ok: bool) -> Vec<Step> {
        let renamed = self.renamed(tree);
        vec![
            self.unchanged(tree),
            self.complete(tree, &renamed),
            self.signed(tree, &renamed, unsigned_ok),
            safe(tree),
            ignored(tree),
        ]
    }

    /// Missing files whose content is there under a name that was not signed: old name to new.
    fn renamed<'a>(&'a self, tree: &'a Tree) -> BTreeMap<&'a str, &'a str> {
        let mut by_digest: BTreeMap<&Digest, Vec<&str>> = BTreeMap::new();
        for (path, digest) in tree.files.iter().rev() {
            if !self.files().contains_key(path) {
                by_digest.entry(digest).or_default().push(path);
            }
        }
        let gone = self.files().iter().filter(|(name, _)| !tree.files.contains_key(*name));
        gone.filter_map(|(name, digest)| Some((name.as_str(), by_digest.get_mut(digest)?.pop()?)))
            .collect()
    }

    fn unchanged(&self, tree: &Tree) -> Step {
        let title = "files have the content that was signed";
        let whole = self
            .files()
            .iter()
            .filter(|(name, digest)| tree.files.get(*name).is_some_and(|found| found != *digest));
        let pieces = tree.shards.iter().filter(|(_, good)| !**good).map(|(name, _)| name);
        let changed: BTreeSet<&str> =
            whole.map(|(name, _)| name).chain(pieces).map(String::as_str).collect();
        if changed.is_empty() {
            let count = self.names().count();
            return Step::pass(step::UNCHANGED, title).because(format!("{count} signed files"));
        }
        let texts =
            changed.iter().map(|name| format!("`{}` was changed", AttestError::quote(name)));
        failed(step::UNCHANGED, title, texts, changed.iter().copied())
    }

    fn complete(&self, tree: &Tree, renamed: &BTreeMap<&str, &str>) -> Step {
        let title = "every signed file is there";
        let there = |name: &str| tree.files.contains_key(name) || tree.shards.contains_key(name);
        let missing: Vec<&str> = self.names().filter(|name| !there(name)).collect();
        if missing.is_empty() {
            return Step::pass(step::COMPLETE, title);
        }
        let texts = missing.iter().map(|name| match renamed.get(name) {
            Some(new) => {
                let (old, new) = (AttestError::quote(name), AttestError::quote(new));
                format!("`{old}` was renamed to `{new}`")
            }
            None => format!("`{}` is missing", AttestError::quote(name)),
        });
        failed(step::COMPLETE, title, texts, missing.iter().copied())
    }

    fn signed(&self, tree: &Tree, renamed: &BTreeMap<&str, &str>, unsigned_ok: bool) -> Step {
        let title = "no file is there that was not signed";
        let known =
            |name: &str| self.files().contains_key(name) || self.shards().contains_key(name);
        let added: Vec<&str> =
            tree.files.keys().map(String::as_str).filter(|name| !known(name)).collect();
        if added.is_empty() {
            return Step::pass(step::SIGNED, title);
        }
        let new: BTreeMap<&str, &str> = renamed.iter().map(|(old, new)| (*new, *old)).collect();
        let texts = added.iter().map(|name| match new.get(name) {
            Some(old) => {
                let (old, name) = (AttestError::quote(old), AttestError::quote(name));
                format!("`{name}` is the signed `{old}` under another name")
            }
            None => format!("`{}` was not signed", AttestError::quote(name)),
        });
        if unsigned_ok {
            let reason = format!("passed over as asked: {}", shown(texts));
            return Step::skip(step::SIGNED, title, reason)
                .about(added.iter().map(|&name| name.to_owned()));
        }
        failed(step::SIGNED, title, texts, added.iter().copied())
    }
}

/// What is neither file nor folder could lead out of the tree, or never end.
fn safe(tree: &Tree) -> Step {
    let title = "there are regular files and folders only";
    let of = |unread: bool| -> Vec<&TreeFault> {
        tree.faults.iter().filter(|fault| fault.unread == unread).collect()
    };
    let text = |fault: &&TreeFault| format!("`{}` {}", AttestError::quote(&fault.path), fault.what);
    let names = |faults: &[&TreeFault]| -> Vec<String> {
        faults.iter().map(|fault| fault.path.clone()).collect()
    };
    let (unsafe_ones, unread) = (of(false), of(true));
    if !unsafe_ones.is_empty() {
        let reason = shown(unsafe_ones.iter().map(text));
        return Step::fail(step::SAFE, title, reason).about(names(&unsafe_ones));
    }
    if !unread.is_empty() {
        let reason = shown(unread.iter().map(text));
        return Step::unknown(step::SAFE, title, reason).about(names(&unread));
    }
    Step::pass(step::SAFE, title)
}

fn ignored(tree: &Tree) -> Step {
    let title = "files that were passed over";
    if tree.ignored.is_empty() {
        return Step::skip(step::IGNORED, title, "there are none");
    }
    let names = tree.ignored.iter().map(|path| format!("`{}`", AttestError::quote(path)));
    let reason = format!("not signed and not checked: {}", shown(names));
    Step::skip(step::IGNORED, title, reason).about(tree.ignored.iter().cloned())
}

fn failed<'a>(
    id: Code,
    title: &str,
    texts: impl Iterator<Item = String>,
    names: impl Iterator<Item = &'a str>,
) -> Step {
    Step::fail(id, title, shown(texts)).about(names.map(str::to_owned))
}

/// The first few, and how many more there are.
fn shown(texts: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = texts.collect();
    let first = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    match all.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first}; and {more} more"),
    }
}
