//! The names of a kit's entries, checked without unpacking anything.

use sealkit_oci::{Digest, FileKind};

use super::Limits;
use super::guard::{Guard, Refusal};
use crate::error::EntryProblem;
use crate::tar::TarKind;
use crate::{PackError, path};

/// Admits the entries of all layers of one kit by the rules of [`crate::unpack`]: files and folders
/// with safe names, each once, and no two that are one file on another system.
pub struct EntryNames(Guard);

impl EntryNames {
    /// No name has been seen yet.
    pub fn new(limits: Limits) -> Self {
        Self(Guard::new(limits))
    }

    /// Admits one entry of `layer`, which is unpacked into the folder `base` (none: the kit's own).
    pub fn admit(
        &self,
        layer: &Digest,
        base: Option<&str>,
        name: &str,
        kind: TarKind,
    ) -> Result<(), PackError> {
        let refused = |problem: EntryProblem| PackError::Entry {
            layer: layer.clone(),
            path: name.escape_debug().to_string(),
            problem,
        };
        let kind = match kind {
            TarKind::File => FileKind::File,
            TarKind::Dir => FileKind::Dir,
            other => return Err(refused(EntryProblem::Kind(other.name()))),
        };
        let clean = path::clean(name).map_err(|problem| refused(problem.into()))?;
        match (clean == ".", kind) {
            (true, FileKind::Dir) => return Ok(()),
            (true, FileKind::File) => return Err(refused(EntryProblem::FileAndFolder)),
            (false, _) => {}
        }
        let joined = path::join(base.unwrap_or("."), &clean);
        let joined = path::clean(&joined).map_err(|problem| refused(problem.into()))?;
        self.0.admit(&joined, kind).map_err(|refusal| match refusal {
            Refusal::Problem(problem) => refused(problem),
            Refusal::Limit(source) => PackError::Limit { layer: layer.clone(), source },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealkit_report::Hint as _;

    fn code(names: &EntryNames, base: Option<&str>, name: &str, kind: TarKind) -> &'static str {
        names.admit(&Digest::of(b""), base, name, kind).map_or_else(|error| error.code(), |()| "ok")
    }

    #[test]
    fn what_unpack_refuses_is_refused_here_with_its_code() {
        let names = EntryNames::new(Limits::default());
        for (name, kind, expected) in [
            ("a/b", TarKind::File, "ok"),
            ("a/", TarKind::Dir, "ok"),
            ("./", TarKind::Dir, "ok"),
            (".", TarKind::File, "path-collision"),
            ("../x", TarKind::File, "unsafe-path"),
            ("/x", TarKind::Dir, "unsafe-path"),
            ("C:\\x", TarKind::File, "unsafe-path"),
            ("l", TarKind::Symlink, "unsafe-entry"),
            ("l", TarKind::Hardlink, "unsafe-entry"),
            ("l", TarKind::Device, "unsafe-entry"),
            ("l", TarKind::Fifo, "unsafe-entry"),
            ("a/B", TarKind::File, "path-collision"),
            ("a/b.", TarKind::File, "path-collision"),
            ("a//b", TarKind::File, "path-collision"),
            ("a", TarKind::File, "path-collision"),
            ("z\u{e9}", TarKind::File, "ok"),
            ("ze\u{301}", TarKind::File, "path-collision"),
        ] {
            assert_eq!(code(&names, None, name, kind), expected, "{name}");
        }
    }

    #[test]
    fn a_base_is_part_of_the_name_and_may_not_leave_either() {
        let names = EntryNames::new(Limits { entries: 4, ..Limits::default() });
        assert_eq!(code(&names, Some("src"), "a", TarKind::File), "ok");
        assert_eq!(code(&names, None, "src/a", TarKind::File), "path-collision");
        assert_eq!(code(&names, Some("../.."), "a", TarKind::File), "unsafe-path");
        assert_eq!(code(&names, None, "x/y", TarKind::File), "ok");
        assert_eq!(code(&names, None, "z", TarKind::File), "limit-exceeded");
    }
}
