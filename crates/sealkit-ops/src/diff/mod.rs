//! `diff`: in what two kits differ: fields of the Kitfile, annotations, parts, and the files inside
//! layers. A folder stands for the kit that packing it would make.

mod fields;
mod files;
mod side;
mod tensors;

use std::collections::HashMap;
use std::sync::Arc;

use sealkit_oci::{Annotations, Descriptor, Digest, KitFormat, media_type};
use serde_json::Value;

pub use files::{FileChange, FileChanges, FileState};
pub use side::layer_kind;
pub use tensors::{
    ComparedTensor, TensorPage, TensorReading, compare_tensors, diff_tensors, hashed_tensors,
    layer_of, natural,
};

use self::side::Side;
use crate::files::TableTrust;
use crate::{Context, OpsError, Place};

/// One of the two that were compared.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What the person named, without its prefix.
    pub reference: String,
    /// The same with its registry, `localhost` for the local store, as `kit` writes it.
    pub full_reference: String,
    /// Where it is, e.g. `local store`.
    pub place: String,
    /// Digest of the manifest; none for a folder.
    pub digest: Option<Digest>,
    /// Digest of the config; none for a folder.
    pub config: Option<Digest>,
    /// ModelKit or ModelPack.
    pub format: KitFormat,
    /// The layers, in the manifest's order.
    pub layers: Vec<Descriptor>,
}

/// A field that differs: none where one of the two does not have it.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Its path, e.g. `model.parameters.lr` or `datasets[data].description`.
    pub path: String,
    /// Its value in the first.
    pub old: Option<Value>,
    /// Its value in the second.
    pub new: Option<Value>,
}

/// A part whose layer differs: none where one of the two does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartChange {
    /// What it is, in `kit`'s words.
    pub kind: &'static str,
    /// Its path in the kit.
    pub path: String,
    /// Its layer in the first.
    pub old: Option<Digest>,
    /// Its layer in the second.
    pub new: Option<Digest>,
}

/// In what two kits differ.
#[derive(Clone, Debug)]
pub struct Diff {
    /// The first.
    pub a: Compared,
    /// The second.
    pub b: Compared,
    /// Fields of the Kitfile.
    pub kitfile: Vec<FieldChange>,
    /// Annotations of the manifests; empty where one is a folder, which has none.
    pub annotations: Vec<FieldChange>,
    /// Parts.
    pub parts: Vec<PartChange>,
    /// Files inside the layers that differ.
    pub files: FileChanges,
    /// Whether the list of files rests on a file table that nobody vouches for. That something
    /// differs is certain even then: the digests of the layers tell it.
    pub unproven_files: bool,
}

impl Diff {
    /// Whether both are one manifest.
    pub fn is_identical(&self) -> bool {
        self.a.digest.is_some() && self.a.digest == self.b.digest
    }

    /// Whether no difference was found, though the manifests may not be one.
    pub fn is_same(&self) -> bool {
        self.is_identical()
            || self.a.format == self.b.format
                && self.kitfile.is_empty()
                && self.annotations.is_empty()
                && self.parts.is_empty()
                && self.files.is_empty()
    }
}

/// Compares two places. A reference without a prefix means the local store first, then its
/// registry.
pub async fn diff(
    context: &Context,
    a: Place,
    b: Place,
    trust: &Arc<dyn TableTrust>,
) -> Result<Diff, OpsError> {
    let (mut a, mut b) =
        (Side::open(context, a, trust).await?, Side::open(context, b, trust).await?);
    let unproven_files = files::load(&mut a, &mut b).await?;
    let differs = a.compared.digest.is_none() || a.compared.digest != b.compared.digest;
    let mut found = Diff {
        kitfile: Vec::new(),
        annotations: Vec::new(),
        parts: Vec::new(),
        files: FileChanges::default(),
        unproven_files,
        a: a.compared.clone(),
        b: b.compared.clone(),
    };
    if differs {
        found.kitfile = fields::kitfiles(a.kitfile.as_ref(), b.kitfile.as_ref())?;
        if let (Some(old), Some(new)) = (&a.annotations, &b.annotations) {
            found.annotations = fields::values(&annotations(old), &annotations(new));
        }
        found.parts = parts(&a, &b);
        found.files = files::compare(&a, &b);
    }
    Ok(found)
}

/// The annotations as a tree, without the copy of the Kitfile, which is compared by itself.
fn annotations(annotations: &Annotations) -> Value {
    let own = annotations.iter().filter(|(key, _)| *key != media_type::ANNOTATION_KITFILE);
    own.map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect()
}

fn parts(a: &Side, b: &Side) -> Vec<PartChange> {
    let of = |side: &'_ Side| -> HashMap<(&'static str, String), Digest> {
        // The first of several with one name counts.
        let all: Vec<_> = side.parts().collect();
        let all = all.into_iter().rev();
        all.map(|(kind, path, digest)| ((kind, path.to_owned()), digest.clone())).collect()
    };
    let (in_a, in_b) = (of(a), of(b));
    let mut changes = Vec::new();
    for (kind, path, old) in a.parts() {
        let new = in_b.get(&(kind, path.to_owned()));
        if new != Some(old) {
            let (path, old, new) = (path.to_owned(), Some(old.clone()), new.cloned());
            changes.push(PartChange { kind, path, old, new });
        }
    }
    for (kind, path, new) in b.parts() {
        if !in_a.contains_key(&(kind, path.to_owned())) {
            let (path, new) = (path.to_owned(), Some(new.clone()));
            changes.push(PartChange { kind, path, old: None, new });
        }
    }
    changes
}
