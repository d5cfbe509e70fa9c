//! Checking that a store holds what its index says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;

use sealkit_oci::{Algorithm, Descriptor, Digest, media_type};

use super::blobs::regular_files;
use super::index::{IndexFile, Row};
use super::lock::Lock;
use super::mark::Reach;
use super::{BUFFER, Layout, Naming};
use crate::hasher::Hasher;
use crate::{Links, StoreError};

/// Where damaged blobs go that are set aside.
const DAMAGED: &str = "damaged";

/// What is wrong with one piece of content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// It is not there.
    #[error("missing")]
    Missing,
    /// It is shorter or longer than its descriptor says.
    #[error("has {actual} bytes instead of {expected}")]
    WrongSize {
        /// Size in the descriptor, in bytes.
        expected: u64,
        /// Size of the file, in bytes.
        actual: u64,
    },
    /// Its bytes do not hash to its digest.
    #[error("holds wrong bytes, which hash to {actual}")]
    WrongBytes {
        /// The digest of the bytes.
        actual: Digest,
    },
    /// It is not the document that it should be.
    #[error("is malformed: {reason}")]
    Malformed {
        /// Why.
        reason: String,
    },
}

/// One fault of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The content that is damaged.
    pub descriptor: Descriptor,
    /// Whether it is a manifest or index, rather than a blob.
    pub is_manifest: bool,
    /// What is wrong with it.
    pub kind: ProblemKind,
    /// The references that need it: full names in the local store, tags in a plain layout, digests
    /// of untagged manifests.
    pub affects: Vec<String>,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FsckReport {
    /// Faults: something that a reference needs is not as it should be.
    pub problems: Vec<Problem>,
    /// Number of manifests that were checked.
    pub manifests: usize,
    /// Number of blobs that were checked.
    pub blobs: usize,
    /// Blobs that no reference needs: no fault, [`Layout::gc`] removes them.
    pub orphans: Vec<Digest>,
    /// Names of partial and temporary files in `ingest`: no fault either.
    pub leftovers: Vec<String>,
}

impl Layout {
    /// Checks that every manifest that the index reaches is present and right, and that every blob
    /// is present with the right size; `deep` reads every blob and checks its digest too. It may
    /// run while others write: what changed meanwhile is looked at again.
    pub fn fsck(&self, deep: bool) -> Result<FsckReport, StoreError> {
        let mut report = self.check_all(&self.load_index_fresh()?, |_| deep)?;
        if !report.problems.is_empty() {
            // A removal that ran beside this check looks like a loss; a second look tells. Only
            // what was wrong is read deeply again.
            let suspects: BTreeSet<Digest> =
                report.problems.iter().map(|p| p.descriptor.digest.clone()).collect();
            report = self.check_all(&self.load_index_fresh()?, |d| deep && suspects.contains(d))?;
        }
        Ok(report)
    }

    /// Moves a blob that is damaged into the folder `damaged`, so that the next pull, load or pack brings it again; false
    /// where it is not damaged any more. It is read once more before, while nobody writes.
    ///
    /// # Errors
    /// When it can not be read or moved.
    pub fn set_aside(&self, blob: &Descriptor) -> Result<bool, StoreError> {
        let _lock = Lock::exclusive(&self.inner.root)?;
        let found = self.check_blob(blob, true)?;
        let is_damaged = |kind: &ProblemKind| {
            matches!(kind, ProblemKind::WrongSize { .. } | ProblemKind::WrongBytes { .. })
        };
        if !found.as_ref().is_some_and(is_damaged) {
            return Ok(false);
        }
        let folder = self.inner.root.join(DAMAGED);
        fs::create_dir_all(&folder).map_err(|e| StoreError::io("create", &folder, e))?;
        let name = format!("{}-{}", blob.digest.algorithm().name(), blob.digest.hex());
        self.inner.disk.rename(&self.blob_path(&blob.digest), &folder.join(name))?;
        Ok(true)
    }

    fn check_all(
        &self,
        index: &IndexFile,
        deep: impl Fn(&Digest) -> bool,
    ) -> Result<FsckReport, StoreError> {
        let mut report = FsckReport::default();
        let (reach, mut faults) = self.check_manifests(index)?;
        report.manifests = reach.manifests.len();
        report.blobs = reach.blobs.len();
        for blob in reach.blobs.values() {
            if let Some(kind) = self.check_blob(blob, deep(&blob.digest))? {
                faults.insert((blob.digest.clone(), false), (blob.clone(), kind));
            }
        }
        let affected = if faults.is_empty() { Vec::new() } else { self.reach_by_name(index) };
        report.problems = faults
            .into_iter()
            .map(|((digest, is_manifest), (descriptor, kind))| Problem {
                affects: affected
                    .iter()
                    .filter(|(_, needs)| needs.contains(&digest))
                    .map(|(name, _)| name.clone())
                    .collect(),
                descriptor,
                is_manifest,
                kind,
            })
            .collect();
        self.list_leftovers(&reach, &mut report)?;
        Ok(report)
    }

    fn check_manifests(&self, index: &IndexFile) -> Result<(Reach, Faults), StoreError> {
        let mut reach = Reach::default();
        let mut faults = Faults::new();
        let mut open: Vec<Descriptor> = index.rows().map(|row| row.descriptor.clone()).collect();
        while let Some(descriptor) = open.pop() {
            if reach.manifests.contains_key(&descriptor.digest) {
                continue;
            }
            match self.check_manifest(&descriptor)? {
                Ok(links) => {
                    open.extend(links.manifests);
                    for blob in links.blobs {
                        reach.blobs.insert(blob.digest.clone(), blob);
                    }
                }
                Err(kind) => {
                    faults.insert((descriptor.digest.clone(), true), (descriptor.clone(), kind));
                }
            }
            reach.manifests.insert(descriptor.digest.clone(), descriptor);
        }
        Ok((reach, faults))
    }

    /// Reads the manifest from the disk, whatever was read before.
    fn check_manifest(
        &self,
        descriptor: &Descriptor,
    ) -> Result<Result<Links, ProblemKind>, StoreError> {
        let bytes = match self.document(&descriptor.digest) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Err(ProblemKind::Missing)),
            Err(StoreError::DigestMismatch { actual, .. }) => {
                return Ok(Err(ProblemKind::WrongBytes { actual }));
            }
            Err(StoreError::Document { source, .. }) => {
                return Ok(Err(ProblemKind::Malformed { reason: source.to_string() }));
            }
            Err(error) => return Err(error),
        };
        let (expected, actual) = (descriptor.size, bytes.len() as u64);
        if expected != actual {
            return Ok(Err(ProblemKind::WrongSize { expected, actual }));
        }
        let kind = match descriptor.media_type.as_str() {
            "" => media_type::OCI_MANIFEST,
            known => known,
        };
        Ok(Links::parse(kind, &bytes).map_err(|e| ProblemKind::Malformed { reason: e.to_string() }))
    }

    fn check_blob(&self, blob: &Descriptor, deep: bool) -> Result<Option<ProblemKind>, StoreError> {
        let Some(actual) = self.blob_size(&blob.digest)? else {
            // A blob with `urls` may live elsewhere (image-spec, descriptor.md).
            return Ok(blob.urls.is_empty().then_some(ProblemKind::Missing));
        };
        if actual != blob.size {
            return Ok(Some(ProblemKind::WrongSize { expected: blob.size, actual }));
        }
        if !deep {
            return Ok(None);
        }
        match self.hash_blob(&blob.digest) {
            Ok(actual) if actual == blob.digest => Ok(None),
            Ok(actual) => Ok(Some(ProblemKind::WrongBytes { actual })),
            Err(StoreError::NotFound { .. }) => Ok(Some(ProblemKind::Missing)),
            Err(error) => Err(error),
        }
    }

    fn hash_blob(&self, digest: &Digest) -> Result<Digest, StoreError> {
        let mut reader = self.read_blob(digest)?;
        let mut hasher = Hasher::new(digest.algorithm());
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = reader
                .read(&mut buffer)
                .map_err(|e| StoreError::io("read", self.blob_path(digest), e))?;
            if count == 0 {
                return Ok(hasher.finish()?);
            }
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
    }

    /// For every entry, how people call it and all that it needs.
    fn reach_by_name(&self, index: &IndexFile) -> Vec<(String, BTreeSet<Digest>)> {
        let needs = |row: &Row| {
            let mut needs = BTreeSet::new();
            let mut open = vec![row.descriptor.clone()];
            while let Some(descriptor) = open.pop() {
                if !needs.insert(descriptor.digest.clone()) {
                    continue;
                }
                if let Ok(Ok(links)) = self.check_manifest(&descriptor) {
                    open.extend(links.manifests);
                    needs.extend(links.blobs.into_iter().map(|blob| blob.digest));
                }
            }
            needs
        };
        index.rows().map(|row| (self.display_name(row), needs(row))).collect()
    }

    fn display_name(&self, row: &Row) -> String {
        let (repository, digest) = (row.repository.as_deref(), &row.descriptor.digest);
        match (self.inner.naming, repository, &row.tag) {
            (Naming::Store, Some(repository), Some(tag)) => format!("{repository}:{tag}"),
            (Naming::Store, Some(repository), None) => format!("{repository}@{digest}"),
            (_, _, Some(tag)) => tag.clone(),
            (_, _, None) => digest.to_string(),
        }
    }

    fn list_leftovers(&self, reach: &Reach, report: &mut FsckReport) -> Result<(), StoreError> {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let directory = self.inner.root.join("blobs").join(algorithm.name());
            for (path, _) in regular_files(&directory)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                match format!("{}:{name}", algorithm.name()).parse::<Digest>() {
                    Ok(digest)
                        if reach.blobs.contains_key(&digest)
                            || reach.manifests.contains_key(&digest) => {}
                    Ok(digest) => report.orphans.push(digest),
                    Err(_) => report.leftovers.push(name.into_owned()),
                }
            }
        }
        for (path, _) in regular_files(&self.ingest_dir())? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            report.leftovers.push(name.into_owned());
        }
        report.orphans.sort_unstable();
        report.leftovers.sort_unstable();
        Ok(())
    }
}

/// Faults by digest and by whether it is a manifest's.
type Faults = BTreeMap<(Digest, bool), (Descriptor, ProblemKind)>;
