//! What goes into a run: base models, datasets and other inputs, as a person names them.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use sealkit_attest::{DependencyRole, DigestSet, ResourceDescriptor, Uri};
use sealkit_oci::{Digest, Reference};

use super::redact::Redactor;
use super::tree::{self, Tree};
use crate::{Context, OpsError, Progress};

/// Most files of an input folder that are named one by one; its digest covers all of them.
const MAX_NAMED: usize = 1000;

/// Most bytes of their names.
const MAX_NAMES: usize = 256 << 10;

/// One thing that goes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Material {
    /// What it is to the run.
    pub(super) role: Option<DependencyRole>,
    /// Its name; none calls it by its path.
    pub(super) name: Option<String>,
    /// Its version.
    pub(super) version: Option<String>,
    /// Where it is.
    pub(super) source: Source,
}

/// Where a material is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// On this machine, absolute; read before and after the run.
    Path(PathBuf),
    /// Elsewhere, known by digest alone.
    Digest(Digest),
}

/// What a person named, resolved.
pub(super) fn named(
    context: &Context,
    folder: &Path,
    inputs: &[PathBuf],
    bases: &[String],
    datasets: &[String],
) -> Result<Vec<Material>, OpsError> {
    let mut all = Vec::new();
    for path in inputs {
        let source = Source::Path(absolute(folder, path));
        all.push(Material { role: None, name: None, version: None, source });
    }
    for text in bases {
        all.push(base(context, folder, text)?);
    }
    for text in datasets {
        all.push(dataset(folder, text)?);
    }
    Ok(all)
}

/// `NAME=PATH`, a path, `NAME@sha256:…`, or a kit of the local store.
fn base(context: &Context, folder: &Path, text: &str) -> Result<Material, OpsError> {
    let material = |name: Option<&str>, source| Material {
        role: Some(DependencyRole::BaseModel),
        name: name.map(str::to_owned),
        version: None,
        source,
    };
    if let Some((name, path)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) {
        return Ok(material(Some(name), Source::Path(absolute(folder, Path::new(path)))));
    }
    let path = absolute(folder, Path::new(text));
    if path.exists() {
        return Ok(material(None, Source::Path(path)));
    }
    if let Some((name, digest)) = text.rsplit_once('@') {
        return Ok(material(Some(name), Source::Digest(digest.parse()?)));
    }
    let unknown = || {
        let message = format!("base model `{text}` is neither a path nor a kit of the local store");
        OpsError::usage("record-base-unknown", message)
            .with_hint("pin it: `--base NAME=PATH` or `--base NAME@sha256:DIGEST`")
    };
    let reference: Reference = text.parse().map_err(|_| unknown())?;
    let found = context.store()?.resolve(&reference.or_latest())?.ok_or_else(unknown)?;
    Ok(material(Some(text), Source::Digest(found.descriptor.digest)))
}

/// `NAME@VERSION=PATH`.
fn dataset(folder: &Path, text: &str) -> Result<Material, OpsError> {
    let parsed = text.split_once('=').and_then(|(name, path)| {
        let (name, version) = name.rsplit_once('@')?;
        let whole = !name.is_empty() && !version.is_empty() && !path.is_empty();
        whole.then_some((name, version, path))
    });
    let Some((name, version, path)) = parsed else {
        let message = format!("`{text}` does not name a dataset with its version and its path");
        return Err(OpsError::usage("record-dataset", message)
            .with_hint("write it as `--dataset NAME@VERSION=PATH`"));
    };
    Ok(Material {
        role: Some(DependencyRole::Dataset),
        name: Some(name.to_owned()),
        version: Some(version.to_owned()),
        source: Source::Path(absolute(folder, Path::new(path))),
    })
}

/// A path without `.` and `..`, from the root on. Links are kept: they are what a person named.
pub(super) fn absolute(folder: &Path, path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

/// Reads the materials that are on this machine, without the outputs that lie inside them.
pub(super) fn read(
    materials: &[Material],
    outputs: &BTreeSet<PathBuf>,
    progress: &dyn Progress,
) -> Result<Vec<Option<Tree>>, OpsError> {
    let read = |material: &Material| match &material.source {
        Source::Path(path) => tree::read(path, outputs, progress).map(Some),
        Source::Digest(_) => Ok(None),
    };
    materials.iter().map(read).collect()
}

/// Refuses inputs that are not as they were, and names the file.
pub(super) fn check_unchanged(
    before: &[Option<Tree>],
    after: &[Option<Tree>],
) -> Result<(), OpsError> {
    for (before, after) in before.iter().flatten().zip(after.iter().flatten()) {
        if let Some((file, how)) = after.difference(before) {
            let path = if file.is_empty() { before.root.clone() } else { before.root.join(file) };
            let message = format!("input `{}` {how} while the command ran", path.display());
            return Err(OpsError::usage("record-input-changed", message).with_hint(
                "what the command read can not be told: run it again, and name as `--output` what it writes",
            ));
        }
    }
    Ok(())
}

/// A material as the statement names it.
pub(super) fn describe(
    material: &Material,
    tree: Option<&Tree>,
    redactor: &mut Redactor,
) -> Result<ResourceDescriptor, OpsError> {
    let mut made = match (&material.source, tree) {
        (Source::Digest(digest), _) => ResourceDescriptor::named("", digest),
        (Source::Path(path), Some(tree)) => of_tree(&redactor.path(path), tree, redactor)?,
        (Source::Path(path), None) => {
            return Err(OpsError::io("read", path, std::io::ErrorKind::NotFound.into()));
        }
    };
    if let Some(name) = &material.name {
        let name = redactor.text(name, "name of an input");
        if let Some(path) = made.name.replace(name).filter(|path| !path.is_empty()) {
            made = made.annotated("path", path);
        }
    }
    if let Some(version) = &material.version {
        made = made.annotated("version", redactor.text(version, "version of a dataset"));
    }
    Ok(match material.role {
        Some(role) => made.with_role(role),
        None => made,
    })
}

/// A file by its digest; a folder by the digest of all its files, with their names as far as they are few.
fn of_tree(
    name: &str,
    tree: &Tree,
    redactor: &mut Redactor,
) -> Result<ResourceDescriptor, OpsError> {
    let digest = tree.digest();
    if !tree.folder {
        return Ok(ResourceDescriptor::named(name, &digest));
    }
    let mut made =
        ResourceDescriptor { name: Some(name.to_owned()), ..ResourceDescriptor::default() };
    made.digest = Some(folder_digest(&digest)?);
    made = made.annotated("fileCount", tree.files.len()).annotated("size", tree.size());
    let names: usize = tree.files.keys().map(String::len).sum();
    if tree.files.len() <= MAX_NAMED && names <= MAX_NAMES {
        let files = tree.files.iter().map(|(path, file)| {
            (redactor.text(path, "name of an input file"), file.digest.to_string().into())
        });
        let files: serde_json::Map<String, serde_json::Value> = files.collect();
        made = made.annotated("files", files);
    }
    Ok(made)
}

/// The digest of a folder, under the name that in-toto has for it.
pub(super) fn folder_digest(digest: &Digest) -> Result<DigestSet, OpsError> {
    let set = std::collections::BTreeMap::from([("dirHash1".to_owned(), digest.hex().to_owned())]);
    DigestSet::try_from(set).map_err(|error| {
        OpsError::usage("record-digest", format!("a digest can not be written: {error}"))
    })
}

/// A resource that only a URI names.
pub(super) fn by_uri(name: &str, uri: &str) -> Option<ResourceDescriptor> {
    let uri = Some(Uri::try_from(uri).ok()?);
    Some(ResourceDescriptor { name: Some(name.to_owned()), uri, ..ResourceDescriptor::default() })
}
