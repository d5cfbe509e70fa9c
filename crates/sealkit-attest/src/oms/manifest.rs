//! The list of files to sign.

use std::collections::BTreeMap;

use sealkit_oci::{Digest, Sha256};

use super::wire::{PredicateJson, ResourceJson, SerializationJson, invalid};
use super::{Ignores, check_names};
use crate::{AttestError, Statement, Subject};

/// Every file of a model with the SHA-256 of its content, and the paths that were left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeManifest {
    name: String,
    /// By name: strings sort by their bytes in UTF-8, which is the code point order of the spec.
    files: BTreeMap<String, Digest>,
    ignores: Ignores,
}

impl TreeManifest {
    /// Makes the list. `name` is what the model is called, for people. A name twice, an unsafe one,
    /// two that are one elsewhere, and a list without a file are errors.
    pub fn new(
        name: impl Into<String>,
        files: impl IntoIterator<Item = (String, Digest)>,
        ignores: Ignores,
    ) -> Result<Self, AttestError> {
        let mut sorted = BTreeMap::new();
        for (path, digest) in files {
            if sorted.insert(path.clone(), digest).is_some() {
                return Err(invalid(format!("`{}` is there twice", AttestError::quote(&path))));
            }
        }
        if sorted.is_empty() {
            return Err(invalid("there is no file to sign"));
        }
        check_names(sorted.keys().map(String::as_str))?;
        ignores.check_against(sorted.keys().map(String::as_str))?;
        Ok(Self { name: name.into(), files: sorted, ignores })
    }

    /// The files by name.
    pub fn files(&self) -> &BTreeMap<String, Digest> {
        &self.files
    }

    /// The root digest: SHA-256 over the raw digests in order. It does not cover the names, so it
    /// identifies no tree by itself.
    pub fn root(&self) -> Digest {
        root(self.files.values())
    }

    /// The statement to sign: the same tree gives the same bytes.
    pub fn statement(&self) -> Result<Statement, AttestError> {
        let resource = |(name, digest): (&String, &Digest)| ResourceJson {
            name: name.clone(),
            algorithm: "sha256".to_owned(),
            digest: digest.hex().to_owned(),
        };
        let ignored = self.ignores.paths();
        let predicate = PredicateJson {
            serialization: SerializationJson {
                method: "files".to_owned(),
                hash_type: "sha256".to_owned(),
                allow_symlinks: false,
                shard_size: None,
                ignore_paths: (!ignored.is_empty()).then(|| ignored.to_vec()),
            },
            resources: self.files.iter().map(resource).collect(),
        };
        let subject = Subject { name: Some(self.name.clone()), ..Subject::of(&self.root()) };
        Statement::new(vec![subject], &predicate)
    }
}

/// SHA-256 over raw digests.
pub(super) fn root<'a>(digests: impl IntoIterator<Item = &'a Digest>) -> Digest {
    let mut hasher = Sha256::default();
    digests.into_iter().for_each(|digest| hasher.update(&digest.raw()));
    hasher.finish()
}
