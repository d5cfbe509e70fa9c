//! Reading an archive into the local store: blobs first, index entries last.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use bytes::Bytes;
use sealkit_oci::{
    Descriptor, Digest, MAX_MANIFEST_BYTES, Manifest, Raw, RawError, Reference, media_type,
};
use sealkit_store::{CopyLimits, Layout, Links, StoreError};

use super::ArchiveError;
use super::unpack::unpack;
use crate::{Context, OpsError};

/// A kit that came out of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its name in the store; a bare digest where it has none.
    pub reference: Reference,
    /// Digest of its manifest.
    pub digest: Digest,
    /// Manifests attached to it, directly or not.
    pub attached: usize,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// Loads an archive into the local store. `name` replaces the name in the archive, which then must
/// hold one kit only; `label` names the archive in errors.
pub async fn load(
    context: &Context,
    input: Box<dyn Read + Send>,
    label: &str,
    name: Option<&Reference>,
) -> Result<Vec<Loaded>, OpsError> {
    let store = context.store()?;
    let plan = Plan::read(context, &store, input, label).await?;
    let failed = |source| OpsError::Archive { archive: label.to_owned(), source };
    if name.is_some() && plan.kits.len() != 1 {
        return Err(failed(ArchiveError::SeveralKits(plan.kits.len())));
    }
    let mut loaded = Vec::new();
    for kit in &plan.kits {
        let mut warnings = plan.warnings.clone();
        let reference = match name {
            Some(name) => name.clone().or_latest(),
            None => own_name(kit, &mut warnings),
        };
        let tags = reference.tag().into_iter();
        let tags = tags.chain(reference.extra_tags().iter().map(String::as_str));
        let repository = reference.name();
        let documents = plan.with_attached(&kit.descriptor.digest);
        // What is attached goes first, so that nobody sees the name without it.
        for document in documents.iter().rev() {
            let media_type = &document.descriptor.media_type;
            store.put_manifest(&repository, media_type, &document.bytes, None)?;
        }
        for tag in tags {
            let media_type = &kit.descriptor.media_type;
            store.put_manifest(&repository, media_type, &kit.bytes, Some(tag))?;
        }
        let digest = kit.descriptor.digest.clone();
        let attached = documents.len().saturating_sub(1);
        loaded.push(Loaded { reference, digest, attached, warnings });
    }
    Ok(loaded)
}

/// Reads an archive with one kit into a layout without naming it, and returns the kit's digest.
pub(super) async fn unpack_only(
    context: &Context,
    layout: &Layout,
    input: Box<dyn Read + Send>,
    label: &str,
) -> Result<Digest, OpsError> {
    let plan = Plan::read(context, layout, input, label).await?;
    let [kit] = plan.kits.as_slice() else {
        let source = ArchiveError::SeveralKits(plan.kits.len());
        return Err(OpsError::Archive { archive: label.to_owned(), source });
    };
    for document in plan.with_attached(&kit.descriptor.digest) {
        layout.put_manifest("", &document.descriptor.media_type, &document.bytes, None)?;
    }
    Ok(kit.descriptor.digest.clone())
}

/// The name that the archive gives. Other tools write a bare tag there.
fn own_name(kit: &Document, warnings: &mut Vec<String>) -> Reference {
    let digest = &kit.descriptor.digest;
    let Some(name) = kit.descriptor.annotations.get(media_type::ANNOTATION_REF_NAME) else {
        return Reference::unnamed(digest.clone());
    };
    let is_tag = !name.contains([':', '/', '@']);
    match name.parse::<Reference>() {
        Ok(reference) if !is_tag => reference,
        _ => {
            // What people copy into a shell must not be the archive's to choose.
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            let tag = if name.chars().all(is_plain) { name } else { "TAG" };
            warnings.push(format!(
                "the archive names the kit only `{name}`: give it a name with `sealkit tag {digest} NAME:{tag}`"
            ));
            Reference::unnamed(digest.clone())
        }
    }
}

/// A manifest out of the archive.
#[derive(Clone)]
struct Document {
    descriptor: Descriptor,
    bytes: Bytes,
    subject: Option<Digest>,
}

/// What the archive's index names, checked whole before anything is named in the store.
struct Plan {
    kits: Vec<Document>,
    attached: HashMap<Digest, Vec<Document>>,
    warnings: Vec<String>,
    /// Keeps `gc` from the blobs until they are named.
    _session: sealkit_store::LayoutRepository,
}

impl Plan {
    async fn read(
        context: &Context,
        store: &Layout,
        input: Box<dyn Read + Send>,
        label: &str,
    ) -> Result<Self, OpsError> {
        let session = store.repository("");
        let (own, to, name) = (context.clone(), session.clone(), label.to_owned());
        context.progress.start("loading", None);
        let work = tokio::task::spawn_blocking(move || unpack(&own, &to, input, &name)).await;
        context.progress.finish();
        let unpacked =
            work.map_err(|error| OpsError::io("read", label, std::io::Error::other(error)))??;
        let mut plan = Self {
            kits: Vec::new(),
            attached: HashMap::new(),
            warnings: Vec::new(),
            _session: session,
        };
        let mut by_digest = BTreeMap::new();
        for descriptor in unpacked.index.manifests {
            by_digest.entry(descriptor.digest.clone()).or_insert_with(Vec::new).push(descriptor);
        }
        let (mut manifests, mut bytes) = (0, 0);
        for descriptors in by_digest.into_values() {
            // A manifest with many names is read once.
            let mut known: Option<Document> = None;
            for descriptor in descriptors {
                let document = match known.take() {
                    Some(known) if known.descriptor.media_type == descriptor.media_type => {
                        Document { descriptor, ..known }
                    }
                    _ => {
                        let document = document(store, descriptor, label)?;
                        bytes += document.bytes.len();
                        document
                    }
                };
                manifests += 1;
                check_limits(manifests, bytes, label)?;
                known = Some(document.clone());
                plan.add(document, label)?;
            }
        }
        plan.finish(label)?;
        if unpacked.ignored > 0 {
            let text = format!("{} other files of the archive were left out", unpacked.ignored);
            plan.warnings.push(text);
        }
        Ok(plan)
    }

    fn add(&mut self, document: Document, label: &str) -> Result<(), OpsError> {
        if let Some(subject) = document.subject.clone() {
            self.attached.entry(subject).or_default().push(document);
            return Ok(());
        }
        let manifest = serde_json::from_slice::<Manifest>(&document.bytes);
        let is_kit = manifest.as_ref().is_ok_and(|manifest| manifest.kit_format().is_some());
        if !is_kit {
            let kind = manifest.map(|manifest| manifest.effective_artifact_type().to_owned());
            return Err(OpsError::NotAKit {
                reference: format!("{label}@{}", document.descriptor.digest),
                artifact_type: kind.unwrap_or(document.descriptor.media_type),
            });
        }
        self.kits.push(document);
        Ok(())
    }

    /// Checks that there is a kit, and that nothing hangs in the air.
    fn finish(&mut self, label: &str) -> Result<(), OpsError> {
        if self.kits.is_empty() {
            let source = ArchiveError::NoKit;
            return Err(OpsError::Archive { archive: label.to_owned(), source });
        }
        let placed: usize = self
            .kits
            .iter()
            .map(|kit| self.with_attached(&kit.descriptor.digest).len().saturating_sub(1))
            .sum();
        let all: usize = self.attached.values().map(Vec::len).sum();
        if all > placed {
            let text = format!(
                "{} documents of the archive are attached to nothing in it and were left out",
                all - placed
            );
            self.warnings.push(text);
        }
        Ok(())
    }

    /// The kit of this digest, then all that is attached to it, directly or not.
    fn with_attached(&self, kit: &Digest) -> Vec<&Document> {
        let root = self.kits.iter().find(|document| document.descriptor.digest == *kit);
        let mut found: Vec<&Document> = root.into_iter().collect();
        let mut next = 0;
        while let Some(document) = found.get(next).copied() {
            next += 1;
            let attached = self.attached.get(&document.descriptor.digest).into_iter().flatten();
            for document in attached {
                // A digest that refers to itself can not be made, but a guard costs nothing.
                let is_known =
                    |known: &&&Document| known.descriptor.digest == document.descriptor.digest;
                if !found.iter().any(|known| is_known(&known)) {
                    found.push(document);
                }
            }
        }
        found
    }
}

/// All manifests of an archive are held at once, so that they must be few.
fn check_limits(manifests: usize, bytes: usize, label: &str) -> Result<(), StoreError> {
    let limits = CopyLimits::default();
    let all = [
        ("manifests", manifests, limits.manifests),
        ("bytes of manifests", bytes, limits.manifest_bytes),
    ];
    match all.into_iter().find(|(_, count, limit)| count > limit) {
        Some((what, _, limit)) => Err(StoreError::Limit { what, limit, place: label.to_owned() }),
        None => Ok(()),
    }
}

/// Reads a manifest of the archive out of the store and checks that all that it names is there.
fn document(store: &Layout, descriptor: Descriptor, label: &str) -> Result<Document, OpsError> {
    let failed = |source| OpsError::Archive { archive: label.to_owned(), source };
    let digest = descriptor.digest.clone();
    let absent = |digest: &Digest| failed(ArchiveError::Absent(digest.clone()));
    let malformed =
        |source: RawError| failed(ArchiveError::Document { name: digest.to_string(), source });
    let size = store.blob_size(&digest)?.ok_or_else(|| absent(&digest))?;
    if size > MAX_MANIFEST_BYTES as u64 {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        return Err(malformed(RawError::TooLarge { size }));
    }
    let path = store.blob_path(&digest);
    let bytes = std::fs::read(&path).map_err(|source| OpsError::io("read", path, source))?;
    let links = Links::parse(&descriptor.media_type, &bytes).map_err(malformed)?;
    if media_type::is_manifest(&descriptor.media_type) {
        let raw = Raw::<Manifest>::parse_expected(&descriptor.media_type, bytes.clone(), &digest);
        raw.map_err(malformed)?;
    }
    let named = links.blobs.iter().filter(|blob| blob.urls.is_empty()).chain(&links.manifests);
    for blob in named {
        if store.blob_size(&blob.digest)? != Some(blob.size) {
            return Err(absent(&blob.digest));
        }
    }
    let bytes = Bytes::from(bytes);
    Ok(Document { descriptor, bytes, subject: links.subject.map(|subject| subject.digest) })
}
