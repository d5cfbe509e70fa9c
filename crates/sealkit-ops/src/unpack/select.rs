//! Which files are wanted, told by their paths alone.

use sealkit_kitfile::Filter;
use sealkit_kitfile::Part;
use sealkit_kitfile::path::is_within;

use super::chain::Planned;

/// The wanted parts, and the files that are wanted of the others.
pub(super) struct Selection {
    filters: Vec<Filter>,
    owners: Vec<Owner>,
}

/// A part that is unpacked, wholly or partly.
struct Owner {
    /// Its path in the target.
    path: String,
    folder: Option<String>,
    part: Part,
    whole: bool,
}

impl Selection {
    pub(super) fn new(filters: &[Filter]) -> Self {
        Self { filters: filters.to_vec(), owners: Vec::new() }
    }

    pub(super) fn add(&mut self, item: Planned) {
        let path = match &item.folder {
            Some(folder) => sealkit_kitfile::path::clean(&format!("{folder}/{}", item.part.path)),
            None => item.part.path.clone(),
        };
        let Planned { part, folder, whole, .. } = item;
        self.owners.push(Owner { path, folder, part, whole });
    }

    /// Whether the file or folder at `path` is wanted. A file belongs to the part whose path is the
    /// longest above it; what lies outside of every part comes along with whole parts, as in `kit`.
    pub(super) fn selects(&self, path: &str) -> bool {
        if self.filters.is_empty() {
            return true;
        }
        let depth = |owner: &&Owner| if owner.path == "." { 0 } else { owner.path.len() };
        let above = self.owners.iter().filter(|owner| is_within(path, &owner.path));
        match above.max_by_key(depth) {
            Some(owner) => owner.whole || self.selects_in(owner, path),
            None => self.owners.iter().any(|owner| owner.whole),
        }
    }

    fn selects_in(&self, owner: &Owner, path: &str) -> bool {
        let inside = match &owner.folder {
            Some(folder) => {
                path.strip_prefix(folder).map_or(path, |rest| rest.trim_start_matches('/'))
            }
            None => path,
        };
        self.filters.iter().any(|filter| filter.selects_file(&owner.part, inside))
    }
}

/// Whether a file inside a part of which not all is wanted is.
pub(super) fn selects_file(filters: &[Filter], part: &Part, path: &str) -> bool {
    filters.iter().any(|filter| filter.selects_file(part, path))
}
