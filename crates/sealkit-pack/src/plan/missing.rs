//! Whether the paths of a Kitfile are there, and what was probably meant where one is not.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use sealkit_kitfile::Part;
use sealkit_report::edit_distance;

use crate::path::{clean, join};
use crate::{PackError, path};

/// Checks that every part's path is safe and leads to something.
pub(super) fn check_parts(root: &Path, parts: &[Part]) -> Result<(), PackError> {
    for part in parts {
        let safe = clean(&part.path).map_err(|problem| PackError::BadPath {
            path: part.path.escape_debug().to_string(),
            problem,
        })?;
        match fs::symlink_metadata(root.join(safe.as_ref())) {
            Ok(_) => {}
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Err(PackError::MissingPart {
                    nearest: nearest(root, &safe),
                    path: part.path.clone(),
                    root: root.to_owned(),
                });
            }
            // The walk meets the cause, e.g. a link that loops, and names it.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            Err(error) => return Err(PackError::io("open", root.join(safe.as_ref()), error)),
        }
    }
    Ok(())
}

/// The path that is there and is most like `wanted`: the same folder, and the name with the fewest
/// changes, if these are few.
fn nearest(root: &Path, wanted: &str) -> Option<String> {
    let mut dir = ".".to_owned();
    for component in wanted.split('/') {
        let next = join(&dir, component);
        if fs::symlink_metadata(root.join(&next)).is_ok() {
            dir = next;
            continue;
        }
        let name = nearest_name(&root.join(&dir), component)?;
        return Some(join(&dir, &name));
    }
    None
}

fn nearest_name(dir: &Path, wanted: &str) -> Option<String> {
    let most = 1 + wanted.chars().count() / 3;
    let names = fs::read_dir(dir).ok()?.take(10_000).flatten();
    let scored = names.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let score =
            if path::fold(&name) == path::fold(wanted) { 0 } else { edit_distance(&name, wanted) };
        Some((score, name))
    });
    scored.min().filter(|(score, _)| *score <= most).map(|(_, name)| name)
}
