//! The files of a folder, looked into as far as a Kitfile needs.

use std::collections::HashMap;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use sealkit_kitfile::{Facts, Listed};
use sealkit_pack::{Links, Symlinks};

use super::card;
use super::content::{Content, read_file};
use crate::OpsError;
use crate::parallel::{parallel, processors};

/// Most entries that a folder may have.
const MAX_ENTRIES: usize = 1_000_000;
/// Most files that are opened; what comes after is known by its name only.
const MAX_OPENED: usize = 50_000;

/// What a folder holds.
#[derive(Default)]
pub(super) struct Listing {
    /// Files and hidden folders, in byte order of their paths within each folder.
    pub(super) entries: Vec<Listed>,
    /// What the card and the configuration at the top say of the model.
    pub(super) card: Facts,
    /// What the person should know.
    pub(super) warnings: Vec<String>,
    /// Folders that could not be listed, and why.
    pub(super) unlisted: Vec<(String, String)>,
}

/// Looks into the files of a folder, several at a time.
pub(crate) trait Looker: Sync {
    /// Told of each file that is no link and not hidden, as soon as it is listed.
    fn meet(&self, path: &str, meta: &Metadata) {
        let _ = (path, meta);
    }

    /// Told how many bytes the files have that will be looked into.
    fn start(&self, total: u64);

    /// Looks into the file at `place`, `len` bytes long, which is called `path` in the kit.
    fn look(&self, path: &str, place: &Path, len: u64) -> io::Result<Content>;
}

/// Reads what the headers of a file say, and no more.
pub(super) struct Headers;

impl Looker for Headers {
    fn start(&self, _: u64) {}

    fn look(&self, path: &str, place: &Path, len: u64) -> io::Result<Content> {
        read_file(path, place, len)
    }
}

/// Lists a folder. Files that lie less than `levels` deep are looked into. Hidden folders are not
/// entered, links are followed only as `pack` does. Where `tolerant`, a folder below that can not be
/// listed is told.
pub(super) fn of(
    dir: &Path,
    levels: usize,
    tolerant: bool,
    looker: &dyn Looker,
) -> Result<Listing, OpsError> {
    let root = fs::canonicalize(dir).map_err(|error| OpsError::io("open", dir, error))?;
    let links = Links::new(&root, Symlinks::Follow);
    let (found, files) = (Listing::default(), Vec::new());
    let mut walker = Walker { root: &root, links, levels, tolerant, looker, found, files };
    walker.run()?;
    let Walker { mut found, files, .. } = walker;
    found.card = card::of(&look_into(&mut found.entries, files, looker));
    Ok(found)
}

/// A file that is to be looked into.
struct ToLook {
    /// Its place among the entries.
    at: usize,
    place: PathBuf,
}

/// Looks into files and notes what they are; gives what those at the top say.
fn look_into(
    entries: &mut [Listed],
    files: Vec<ToLook>,
    looker: &dyn Looker,
) -> HashMap<String, Content> {
    let listed: Vec<(&Listed, &ToLook)> =
        files.iter().filter_map(|file| Some((entries.get(file.at)?, file))).collect();
    looker.start(listed.iter().map(|(listed, _)| listed.size).fold(0, u64::saturating_add));
    let seen = parallel(&listed, processors(), |(listed, file)| {
        // A file that can not be read is known by its name; `pack` says what is wrong with it.
        let content = looker.look(&listed.path, &file.place, listed.size).ok()?;
        let (class, facts) = (content.class(&listed.path), content.facts(&listed.path));
        Some((class, facts, (!listed.path.contains('/')).then_some(content)))
    });
    let mut top = HashMap::new();
    for (file, seen) in files.iter().zip(seen) {
        let (Some(listed), Some((class, facts, content))) = (entries.get_mut(file.at), seen) else {
            continue;
        };
        (listed.class, listed.facts) = (class, facts);
        top.extend(content.map(|content| (listed.path.clone(), content)));
    }
    top
}

struct Walker<'a> {
    root: &'a Path,
    links: Links,
    levels: usize,
    tolerant: bool,
    looker: &'a dyn Looker,
    found: Listing,
    files: Vec<ToLook>,
}

impl Walker<'_> {
    fn run(&mut self) -> Result<(), OpsError> {
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let place = self.root.join(&folder);
            let read = |error| OpsError::io("list", &place, error);
            let mut names = Vec::new();
            let items = match fs::read_dir(&place) {
                Err(error) if self.tolerant && !folder.is_empty() => {
                    self.found.unlisted.push((folder, error.to_string()));
                    continue;
                }
                items => items.map_err(read)?,
            };
            for item in items {
                let item = item.map_err(read)?;
                match item.file_name().into_string() {
                    Ok(name) => names.push((name, item)),
                    Err(name) => self.found.warnings.push(format!(
                        "the name `{}` is not UTF-8: it can not be packed",
                        place.join(name).display()
                    )),
                }
                if self.found.entries.len().saturating_add(names.len()) > MAX_ENTRIES {
                    return Err(too_many(self.root));
                }
            }
            names.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            for (name, item) in names {
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                folders.extend(self.visit(path, &item)?);
            }
        }
        Ok(())
    }

    /// Lists one entry, and gives it back where it is a folder to be entered.
    fn visit(&mut self, path: String, item: &DirEntry) -> Result<Option<String>, OpsError> {
        let place = self.root.join(&path);
        // Asked of the open folder: the way there is long for each of many files.
        let meta = item.metadata();
        let meta = meta.map_err(|error| OpsError::io("open", &place, error))?;
        let is_hidden = path.rsplit('/').next().is_some_and(|name| name.starts_with('.'));
        if meta.is_dir() && !is_hidden {
            return Ok(Some(path));
        }
        let mut listed = Listed { path, is_dir: meta.is_dir(), ..Listed::default() };
        let real = if meta.is_file() {
            if !is_hidden {
                self.looker.meet(&listed.path, &meta);
            }
            Some((place, meta))
        } else if meta.is_symlink() {
            // What a link may not mean, `pack` refuses by name; here it is a file like any other.
            self.links.resolve(&place).ok()
        } else {
            None
        };
        if let Some((place, meta)) = real {
            listed.size = meta.len();
            let depth = listed.path.matches('/').count();
            if !is_hidden && depth < self.levels && self.files.len() < MAX_OPENED {
                self.files.push(ToLook { at: self.found.entries.len(), place });
            }
        }
        self.found.entries.push(listed);
        Ok(None)
    }
}

fn too_many(root: &Path) -> OpsError {
    let message = format!("`{}` holds more than {MAX_ENTRIES} entries", root.display());
    OpsError::usage("too-many-entries", message)
        .with_hint("write a Kitfile by hand, or start in a smaller folder")
}
