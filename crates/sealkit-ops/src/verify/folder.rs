//! A folder against the kit: what is missing, changed or added.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sealkit_kitfile::{IgnoreRules, Kitfile, KitfileError, LayerInfo};
use sealkit_oci::{Digest, FileTable};
use sealkit_pack::{Difference, Ignore, Progress as Event, VerifyOptions, verify_tree};
use sealkit_report::{Code, Hint as _, Step, counted};

use crate::pack::{FolderRules, IGNORE_FILE, KITFILE_NAMES, find_kitfile, read_text};
use crate::seal::outside::content;
use crate::seal::record::SealedFolder;
use crate::{OpsError, Progress};

const FILES: &str = "files of the folder are those of the kit";
const KITFILE: &str = "Kitfile of the folder is that of the kit";
const IGNORED: &str = "ignore rules of the folder are those of the seal";
const OUTSIDE: &str = "files outside of every part are as they were";
/// Files read at the same time.
const THREADS: usize = 2;

/// A folder and what it must be.
pub(super) struct Comparison {
    /// The folder.
    pub(super) dir: PathBuf,
    /// What was remembered when it was sealed; none for another folder than that.
    pub(super) record: Option<SealedFolder>,
    /// The Kitfile of the kit.
    pub(super) kitfile: Option<Kitfile>,
    /// Digests of the ignore rules that trusted seals name.
    pub(super) ignores: Vec<Digest>,
    /// What the kit holds: the file table that was sealed, else what its layers say.
    pub(super) table: Option<FileTable>,
}

impl Comparison {
    /// Compares and gives the steps.
    pub(super) fn run(&self, progress: &dyn Progress) -> Result<Vec<Step>, OpsError> {
        let mut steps = Vec::new();
        steps.push(self.kitfile()?);
        let (rules, step) = self.rules();
        steps.push(step);
        let Some(table) = &self.table else {
            let reason = "the layers of the kit could not be read to compare them";
            let step = Step::unknown("folder-files", FILES, reason);
            steps.push(step.coded(["not-checked"]));
            return Ok(steps);
        };
        let parts = self.kitfile.iter().flat_map(Kitfile::parts).map(|part| part.path).collect();
        let options = VerifyOptions { parts, threads: Some(THREADS), ..VerifyOptions::default() };
        progress.start("comparing", None);
        let advance = |event: Event| {
            if let Event::Bytes { count, .. } = event {
                progress.advance(count);
            }
        };
        let found = verify_tree(&self.dir, table, &*rules, &options, &advance);
        progress.finish();
        let (outside, inside) = self.split(found?);
        steps.push(files(&self.dir, &inside, table));
        steps.extend(self.outside(&outside)?);
        Ok(steps)
    }

    /// Added files that were there when the folder was sealed are no difference yet.
    fn split(&self, all: Vec<Difference>) -> (Vec<String>, Vec<Difference>) {
        let known = |path: &str| {
            self.record.as_ref().is_some_and(|record| record.outside.contains_key(path))
        };
        let (outside, inside): (Vec<_>, Vec<_>) = all.into_iter().partition(
            |difference| matches!(difference, Difference::Added { path, .. } if known(path)),
        );
        (outside.into_iter().map(|difference| difference.path().to_owned()).collect(), inside)
    }

    fn outside(&self, present: &[String]) -> Result<Option<Step>, OpsError> {
        let id = "folder-outside";
        let Some(record) = self.record.as_ref().filter(|record| !record.outside.is_empty()) else {
            return Ok(None);
        };
        let mut faults: BTreeMap<&str, (&'static str, Code)> = BTreeMap::new();
        for (path, digest) in &record.outside {
            if !present.contains(path) {
                faults.insert(path, ("is missing", "missing-file"));
            } else if content(&self.dir.join(path))? != *digest {
                faults.insert(path, ("was changed", "digest-mismatch"));
            }
        }
        if faults.is_empty() {
            let reason = format!("not signed: {}", quoted(record.outside.keys()));
            let step = Step::pass(id, OUTSIDE).because(reason);
            return Ok(Some(step.about(record.outside.keys().cloned())));
        }
        let texts: Vec<_> =
            faults.iter().map(|(path, (what, _))| format!("`{path}` {what}")).collect();
        let names = faults.keys().map(|path| (*path).to_owned());
        let step = Step::fail(id, OUTSIDE, texts.join("; "));
        Ok(Some(step.coded(faults.values().map(|(_, code)| code)).about(names)))
    }

    /// The folder's Kitfile must mean the same as the kit's, and in the folder that was sealed be
    /// the same byte for byte.
    fn kitfile(&self) -> Result<Step, OpsError> {
        let id = "folder-kitfile";
        let Some(path) = find_kitfile(&self.dir)? else {
            let recorded = self.record.as_ref().map(|record| record.kitfile.as_ref());
            return Ok(match recorded {
                Some(Some(kitfile)) => {
                    let name = kitfile.name.clone();
                    let step = Step::fail(id, KITFILE, format!("`{name}` is missing"));
                    step.coded(["missing-file"]).about([name])
                }
                _ => Step::skip(id, KITFILE, "the folder has none"),
            });
        };
        let name = file_name(&path);
        let fail = |code: Code, reason: String| {
            Step::fail(id, KITFILE, reason).coded([code]).about([name.clone()])
        };
        if let Some(record) = self.record.as_ref().and_then(|record| record.kitfile.as_ref())
            && (record.name != name || content(&path)? != record.digest)
        {
            return Ok(fail("digest-mismatch", format!("`{name}` was changed")));
        }
        if let Some(other) = self.other_kitfile(&name) {
            let step = Step::fail(id, KITFILE, format!("`{other}` was added"));
            return Ok(step.coded(["unsigned-file"]).about([other]));
        }
        if self.record.as_ref().is_some_and(|record| record.kitfile.is_none()) {
            return Ok(Step::skip(id, KITFILE, "the kit was sealed with another Kitfile"));
        }
        let Some(expected) = &self.kitfile else {
            let step = Step::unknown(id, KITFILE, "the kit's own Kitfile could not be read");
            return Ok(step.coded(["not-checked"]));
        };
        let found = read_text(&path)
            .and_then(|text| Ok(Kitfile::parse(&text, &path.display().to_string())?.kitfile));
        Ok(match found {
            Ok(found) if meaning(&found)? == meaning(expected)? => Step::pass(id, KITFILE),
            Ok(_) => {
                fail("kitfile-mismatch", format!("`{name}` says something else than the kit's"))
            }
            Err(error) => fail(error.code(), format!("`{name}` can not be read: {error}")),
        })
    }

    /// A second file under one of the names of a Kitfile; no file table lists these names.
    fn other_kitfile(&self, used: &str) -> Option<String> {
        let there = |name: &&str| *name != used && self.dir.join(name).symlink_metadata().is_ok();
        let same = |name: &str| {
            // One file under two names, where the file system ignores case.
            let canonical = |name: &str| std::fs::canonicalize(self.dir.join(name)).ok();
            canonical(name) == canonical(used)
        };
        let other = KITFILE_NAMES.into_iter().filter(there).find(|name| !same(name))?;
        Some(other.to_owned())
    }

    /// The ignore rules to compare under: the folder's own only where the seal names them.
    fn rules(&self) -> (Box<dyn Ignore>, Step) {
        let id = "folder-ignore";
        let plain = || -> Box<dyn Ignore> { Box::new(IgnoreRules::default()) };
        let path = self.dir.join(IGNORE_FILE);
        // A kit may have been sealed more than once; the record says which rules held here.
        let held = |digest: &Digest| {
            self.record.as_ref().is_none_or(|record| record.ignore.as_ref() == Some(digest))
        };
        let sealed: Vec<&Digest> = self.ignores.iter().filter(|digest| held(digest)).collect();
        if path.symlink_metadata().is_err() {
            let was_here = self.record.as_ref().and_then(|record| record.ignore.as_ref());
            let step = match was_here {
                Some(_) => Step::fail(id, IGNORED, format!("`{IGNORE_FILE}` is missing"))
                    .coded(["missing-file"])
                    .about([IGNORE_FILE.to_owned()]),
                None => Step::skip(id, IGNORED, "the folder has none"),
            };
            return (plain(), step);
        }
        let (what, code) = match sealed.as_slice() {
            [] => ("was added", "unsigned-file"),
            _ => ("was changed", "digest-mismatch"),
        };
        let fail = || {
            let reason = format!("`{IGNORE_FILE}` {what}, and is not followed");
            Step::fail(id, IGNORED, reason).coded([code]).about([IGNORE_FILE.to_owned()])
        };
        if sealed.is_empty() || !path.is_file() {
            return (plain(), fail());
        }
        let Ok(rules) = FolderRules::read(&self.dir) else { return (plain(), fail()) };
        match rules.digest.clone().filter(|digest| sealed.contains(&digest)) {
            Some(digest) => (Box::new(rules), Step::pass(id, IGNORED).proven_by(digest)),
            None => (plain(), fail()),
        }
    }
}

fn files(dir: &Path, differences: &[Difference], table: &FileTable) -> Step {
    let id = "folder-files";
    if differences.is_empty() {
        let count = table.entries().count();
        return Step::pass(id, FILES).because(counted(count, "entry"));
    }
    let texts: Vec<String> = differences.iter().map(describe).collect();
    let names = differences.iter().map(|difference| difference.path().to_owned());
    let codes = differences.iter().map(|difference| code(dir, difference));
    Step::fail(id, FILES, texts.join("; ")).coded(codes).about(names)
}

/// The stable name of a difference.
fn code(dir: &Path, difference: &Difference) -> Code {
    let is_link = || {
        let meta = std::fs::symlink_metadata(dir.join(difference.path()));
        meta.is_ok_and(|meta| meta.is_symlink())
    };
    match difference {
        Difference::Unreadable { .. } if is_link() => "unsafe-entry",
        Difference::Missing { .. } => "missing-file",
        Difference::Changed { .. } => "digest-mismatch",
        Difference::Kind { .. } => "unsafe-entry",
        Difference::Mode { .. } => "mode-mismatch",
        Difference::Unreadable { .. } => "unreadable-file",
        Difference::Added { .. } => "unsigned-file",
    }
}

fn describe(difference: &Difference) -> String {
    let path = difference.path();
    match difference {
        Difference::Missing { .. } => format!("`{path}` is missing"),
        Difference::Changed { .. } => format!("`{path}` was changed"),
        Difference::Kind { actual, .. } => format!("`{path}` is a {actual} now"),
        Difference::Mode { expected, actual, .. } => {
            format!("`{path}` has mode {actual:o}, not {expected:o}")
        }
        Difference::Unreadable { reason, .. } => format!("`{path}` could not be read: {reason}"),
        Difference::Added { .. } => format!("`{path}` was added"),
    }
}

/// A Kitfile without what packing adds, as the config of a kit would hold it: numbers lose there
/// whether they were written as whole or with a fraction.
fn meaning(kitfile: &Kitfile) -> Result<Vec<u8>, KitfileError> {
    let mut plain = kitfile.clone();
    let count = plain.parts().len();
    // The number fits by construction.
    let _ = plain.set_layers(vec![LayerInfo::default(); count]);
    Kitfile::from_json(&plain.to_json()?)?.to_json()
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn quoted<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
