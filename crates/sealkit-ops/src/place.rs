//! Where a kit is: what a person types for it, taken apart.

use std::path::{Path, PathBuf};

use sealkit_oci::{Digest, Reference, Target};

use crate::{Context, OpsError};

/// A place that holds kits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A kit in the local store.
    Local(Reference),
    /// A kit at a registry.
    Remote(Reference),
    /// A kit in the namespace that the context serves, under its name without a registry: a hub's own.
    /// Nothing that a person types means it.
    Served(Reference),
    /// A kit in an OCI image layout folder.
    Layout {
        /// The folder.
        dir: PathBuf,
        /// Tag or digest, none where the layout holds one kit only.
        target: Option<Target>,
    },
    /// A kit in an archive file made by `save`.
    Archive(PathBuf),
    /// A folder with a Kitfile or without.
    Folder(PathBuf),
}

impl Place {
    /// Reads `local://REF`, `remote://REF`, `oci:DIR[:tag|@digest]`, `archive:FILE`, a folder where
    /// `folders` allows one, or a bare reference, which means the local store.
    ///
    /// A folder is what starts with `.` or `/`, or what is one.
    pub fn parse(text: &str, folders: bool) -> Result<Self, OpsError> {
        if let Some(reference) = text.strip_prefix("local://") {
            return Ok(Self::Local(reference.parse()?));
        }
        if let Some(reference) = text.strip_prefix("remote://") {
            return Self::remote(reference.parse()?);
        }
        if let Some(rest) = text.strip_prefix("oci:") {
            return layout(rest);
        }
        if let Some(file) = text.strip_prefix("archive:") {
            return Ok(Self::Archive(file.into()));
        }
        let looks_like_folder = text == "." || text == ".." || text.starts_with(['/', '~']);
        let looks_like_folder =
            looks_like_folder || text.starts_with("./") || text.starts_with("../");
        let is_path = looks_like_folder && !Path::new(text).is_file();
        if folders && (is_path || Path::new(text).is_dir()) {
            return Ok(Self::Folder(text.into()));
        }
        if folders && is_file(text, looks_like_folder) {
            let message = format!("`{text}` is a file, neither a kit nor a folder");
            let hint = "give the folder that it lies in; an archive is `archive:FILE`";
            return Err(OpsError::usage("not-a-folder", message).with_hint(hint));
        }
        Ok(Self::Local(text.parse()?))
    }

    /// A kit at the registry that `reference` names.
    pub fn remote(reference: Reference) -> Result<Self, OpsError> {
        if !reference.is_remote() {
            return Err(OpsError::NoRegistry { reference: reference.to_string() });
        }
        Ok(Self::Remote(reference))
    }

    /// The same place at this digest, so that a tag that moves meanwhile changes nothing; the name
    /// stays. None for what can not be asked by digest.
    pub(crate) fn at_digest(&self, digest: &Digest) -> Option<Self> {
        Some(match self {
            Self::Local(reference) => Self::Local(reference.with_digest(digest.clone())),
            Self::Remote(reference) => Self::Remote(reference.with_digest(digest.clone())),
            Self::Served(reference) => Self::Served(reference.with_digest(digest.clone())),
            Self::Layout { dir, .. } => {
                Self::Layout { dir: dir.clone(), target: Some(Target::Digest(digest.clone())) }
            }
            Self::Archive(_) | Self::Folder(_) => return None,
        })
    }

    /// A kit that is not in the local store is looked for at the registry that its reference names,
    /// as `kit` does; a missing tag means `latest`.
    pub fn local_or_registry(self, context: &Context) -> Result<Self, OpsError> {
        let Self::Local(reference) = self else { return Ok(self) };
        let reference = reference.or_latest();
        let is_here = match context.store() {
            Ok(store) => store.resolve(&reference)?.is_some(),
            // A home that can not be written and was never used holds nothing.
            Err(_) if reference.is_remote() && !context.home.store().exists() => false,
            Err(error) => return Err(error),
        };
        let is_local = is_here || !reference.is_remote();
        Ok(if is_local { Self::Local(reference) } else { Self::Remote(reference) })
    }

    /// The kit with this digest in repository `name` of the namespace that the context serves.
    ///
    /// # Errors
    /// When the name is no repository's.
    pub fn served(name: &str, digest: &Digest) -> Result<Self, OpsError> {
        Ok(Self::Served(format!("{name}@{digest}").parse()?))
    }

    /// The same place at the registry: for verbs with `--remote`.
    pub fn at_registry(self) -> Result<Self, OpsError> {
        match self {
            Self::Local(reference) => Self::remote(reference),
            other => Ok(other),
        }
    }
}

/// The repository that a reference to what a hub serves means: its first part may look like a registry's.
pub(crate) fn served_name(reference: &Reference) -> String {
    if reference.is_remote() { reference.name() } else { reference.repository().to_owned() }
}

/// Whether a file is meant: what is there under a path, with an ending, or under what is no reference. A kit
/// in the local store may be called as some file beside it is.
fn is_file(text: &str, is_path: bool) -> bool {
    let path = Path::new(text);
    let is_meant = is_path || path.extension().is_some() || text.parse::<Reference>().is_err();
    is_meant && path.is_file()
}

fn layout(rest: &str) -> Result<Place, OpsError> {
    if let Some((dir, digest)) = rest.split_once('@') {
        let target = Some(Target::Digest(digest.parse()?));
        return Ok(Place::Layout { dir: dir.into(), target });
    }
    // A colon after the last slash starts the tag; one before it belongs to the path.
    let name_start = rest.rfind('/').map_or(0, |slash| slash + 1);
    let tag_at = rest[name_start..].find(':').map(|colon| name_start + colon);
    let (dir, target) = match tag_at {
        Some(at) => (&rest[..at], Some(Target::Tag(rest[at + 1..].to_owned()))),
        None => (rest, None),
    };
    Ok(Place::Layout { dir: dir.into(), target })
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(reference) | Self::Remote(reference) | Self::Served(reference) => {
                reference.fmt(f)
            }
            Self::Layout { dir, target: None } => write!(f, "oci:{}", dir.display()),
            Self::Layout { dir, target: Some(Target::Tag(tag)) } => {
                write!(f, "oci:{}:{tag}", dir.display())
            }
            Self::Layout { dir, target: Some(Target::Digest(digest)) } => {
                write!(f, "oci:{}@{digest}", dir.display())
            }
            Self::Archive(file) => write!(f, "archive:{}", file.display()),
            Self::Folder(dir) => dir.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Place {
        Place::parse(text, true).unwrap()
    }

    #[test]
    fn every_kind_of_place_is_told_apart() {
        assert_eq!(parse("a:v1"), Place::Local("a:v1".parse().unwrap()));
        assert_eq!(parse("local://a.io/b:v1"), Place::Local("a.io/b:v1".parse().unwrap()));
        assert_eq!(parse("remote://a.io/b:v1"), Place::Remote("a.io/b:v1".parse().unwrap()));
        assert_eq!(parse("archive:x.tar"), Place::Archive("x.tar".into()));
        assert_eq!(parse("./x"), Place::Folder("./x".into()));
        assert_eq!(parse("."), Place::Folder(".".into()));
        let tagged = Place::Layout { dir: "a:b/c".into(), target: Some(Target::Tag("v1".into())) };
        assert_eq!(parse("oci:a:b/c:v1"), tagged);
        assert_eq!(tagged.to_string(), "oci:a:b/c:v1");
        assert_eq!(parse("oci:dir"), Place::Layout { dir: "dir".into(), target: None });
    }

    #[test]
    fn a_file_is_neither_a_kit_nor_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("m.gguf");
        std::fs::write(&file, b"x").unwrap();
        for folders in [true, false] {
            let error = Place::parse(file.to_str().unwrap(), folders).unwrap_err().to_string();
            assert_eq!(error.contains("is a file, neither a kit nor a folder"), folders, "{error}");
        }
        // A kit may be called as a file is.
        assert!(is_file("src/lib.rs", false) && !is_file("no/such.rs", false));
        assert_eq!(parse("src:v1"), Place::Local("src:v1".parse().unwrap()));
    }

    #[test]
    fn what_a_hub_serves_has_its_whole_name() {
        let digest = Digest::of(b"a");
        for name in ["kit", "org/kit", "my.org/kit"] {
            let Place::Served(reference) = Place::served(name, &digest).unwrap() else { panic!() };
            assert_eq!(served_name(&reference), name);
            assert_eq!(reference.digest(), Some(&digest));
        }
        assert!(Place::served("../x", &digest).is_err());
    }

    #[test]
    fn a_remote_place_needs_a_registry() {
        let error = Place::parse("remote://a:v1", true).unwrap_err();
        assert!(error.to_string().contains("names no registry"), "{error}");
    }
}
