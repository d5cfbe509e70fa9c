//! A kit as verbs see it: manifest, Kitfile and which layer is which part.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use futures_util::TryStreamExt;
use sealkit_inspect::Facts;
use sealkit_kitfile::{Kitfile, Part};
use sealkit_oci::{
    Descriptor, Digest, FileTable, KitFormat, LayerRole, LayerType, Manifest, Raw, Target,
    media_type,
};
use sealkit_store::Repository;

use crate::synthesise::synthesise;
use crate::{Context, OpsError, Place};

/// Largest config blob that is read, in bytes: a Kitfile is text that people write.
pub(crate) const MAX_CONFIG: u64 = 4 << 20;
/// Largest file table that is read, in bytes: enough for a million files.
pub(crate) const MAX_FILE_TABLE: u64 = 256 << 20;
/// Most attached documents that are looked at: whoever may attach could list them without end.
pub(crate) const MAX_REFERRERS: usize = 4096;

/// One layer of a kit.
#[derive(Clone, Debug)]
pub struct KitLayer {
    /// Its descriptor in the manifest.
    pub descriptor: Descriptor,
    /// What its media type says; none for a type that is not known.
    pub layer_type: Option<LayerType>,
    /// The element of the Kitfile that it holds; none where no element fits.
    pub part: Option<Part>,
}

/// A kit that was resolved once: everything after uses its digest.
#[derive(Clone)]
pub struct Kit {
    /// What the person typed, for messages.
    pub reference: String,
    /// Where the kit is.
    pub repository: Arc<dyn Repository>,
    /// The manifest with its exact bytes.
    pub manifest: Raw<Manifest>,
    /// ModelKit or ModelPack.
    pub format: KitFormat,
    /// The Kitfile; none for a ModelPack that was made without.
    pub kitfile: Option<Kitfile>,
    /// The layers in the manifest's order.
    pub layers: Vec<KitLayer>,
}

impl Kit {
    /// Resolves the kit at `place` and reads its manifest and Kitfile.
    pub async fn open(context: &Context, place: &Place) -> Result<Self, OpsError> {
        let repository = context.repository(place)?;
        let target = target_of(&*repository, place).await?;
        Self::load(repository, &target, &place.to_string()).await
    }

    /// The kit at `place` by its manifest alone, for whoever has to name it although its config can not be read.
    pub(crate) async fn bare(context: &Context, place: &Place) -> Result<Self, OpsError> {
        let repository = context.repository(place)?;
        let target = target_of(&*repository, place).await?;
        let mut kit = Self::of_manifest(repository, &target, &place.to_string()).await?;
        kit.layers = match_layers(kit.manifest.value(), None);
        Ok(kit)
    }

    /// Reads manifest and Kitfile of the kit at `target`.
    pub async fn load(
        repository: Arc<dyn Repository>,
        target: &Target,
        reference: &str,
    ) -> Result<Self, OpsError> {
        let mut kit = Self::of_manifest(repository, target, reference).await?;
        kit.kitfile = kit.read_kitfile().await?;
        kit.layers = match_layers(kit.manifest.value(), kit.kitfile.as_ref());
        Ok(kit)
    }

    async fn of_manifest(
        repository: Arc<dyn Repository>,
        target: &Target,
        reference: &str,
    ) -> Result<Self, OpsError> {
        let stored = repository.manifest(target).await?.ok_or_else(|| OpsError::KitNotFound {
            reference: reference.to_owned(),
            place: repository.place(),
        })?;
        let media_type = stored.descriptor.media_type.as_str();
        let digest = &stored.descriptor.digest;
        if !media_type::is_manifest(media_type) {
            return Err(not_a_kit(reference, media_type));
        }
        let manifest = Raw::<Manifest>::parse_expected(media_type, stored.bytes.to_vec(), digest)
            .map_err(|source| document(reference, digest.to_string(), source))?;
        let own = manifest.value().media_type.as_deref();
        if let Some(other) = own.filter(|own| !media_type::is_manifest(own)) {
            return Err(not_a_kit(reference, other));
        }
        let format = manifest
            .value()
            .kit_format()
            .ok_or_else(|| not_a_kit(reference, manifest.value().effective_artifact_type()))?;
        Ok(Self {
            reference: reference.to_owned(),
            repository,
            manifest,
            format,
            kitfile: None,
            layers: Vec::new(),
        })
    }

    /// The Kitfile, or the one that is made where there is none.
    pub(crate) async fn any_kitfile(&mut self) -> Result<Kitfile, OpsError> {
        match &self.kitfile {
            Some(kitfile) => Ok(kitfile.clone()),
            None => Ok(self.made_kitfile().await?.0),
        }
    }

    /// The Kitfile that stands for a ModelPack's missing one, told from layers and config; the
    /// layers are matched with it. Nothing of it is written anywhere. With what the config says, as facts.
    pub(crate) async fn made_kitfile(&mut self) -> Result<(Kitfile, Facts), OpsError> {
        let made = synthesise(self).await?;
        self.layers = match_layers(self.manifest.value(), Some(&made.0));
        Ok(made)
    }

    /// Digest of the manifest: the identity of the kit.
    pub fn digest(&self) -> &sealkit_oci::Digest {
        self.manifest.digest()
    }

    /// The file table that is attached to the kit, with its descriptor. Its content is not proven
    /// by this: only a verified statement that names its digest proves it. Tables that do not fit
    /// the kit's layers are passed over.
    pub async fn file_table(&self) -> Result<Option<(Descriptor, FileTable)>, OpsError> {
        for blob in self.file_table_blobs().await? {
            if let Some(table) = self.load_file_table(&blob).await? {
                return Ok(Some((blob, table)));
            }
        }
        Ok(None)
    }

    /// The blobs of all file tables that are attached to the kit; anybody may have attached them.
    pub async fn file_table_blobs(&self) -> Result<Vec<Descriptor>, OpsError> {
        let kind = Some(media_type::FILE_TABLE);
        let mut blobs = Vec::new();
        for referrer in self.repository.referrers(self.digest(), kind).await? {
            let target = Target::Digest(referrer.digest.clone());
            let Some(stored) = self.repository.manifest(&target).await? else { continue };
            let Ok(manifest) = serde_json::from_slice::<Manifest>(&stored.bytes) else { continue };
            let [layer] = manifest.layers() else { continue };
            if layer.media_type == media_type::FILE_TABLE && layer.size <= MAX_FILE_TABLE {
                blobs.push(layer.clone());
            }
        }
        Ok(blobs)
    }

    /// Reads the file table in `blob`; none where it does not fit the kit's layers.
    pub async fn load_file_table(&self, blob: &Descriptor) -> Result<Option<FileTable>, OpsError> {
        let bytes = self.read_blob(blob, MAX_FILE_TABLE).await?;
        Ok(self.parse_file_table(&bytes))
    }

    /// Reads a file table and checks that it speaks of exactly the layers of this kit.
    pub fn parse_file_table(&self, bytes: &[u8]) -> Option<FileTable> {
        let table: FileTable = serde_json::from_slice(bytes).ok()?;
        table.validate().ok()?;
        let of_table = table.layers.iter().map(|layer| &layer.digest);
        let of_kit = self.layers.iter().map(|layer| &layer.descriptor.digest);
        of_table.eq(of_kit).then_some(table)
    }

    /// Reads a whole small blob of the kit and checks its size and digest.
    pub async fn read_blob(&self, blob: &Descriptor, limit: u64) -> Result<Vec<u8>, OpsError> {
        if blob.size > limit {
            return Err(OpsError::DocumentTooLarge {
                reference: self.reference.clone(),
                digest: blob.digest.to_string(),
                size: blob.size,
                limit,
            });
        }
        let mut bytes = Vec::new();
        let mut stream = self.repository.read(&blob.digest, 0..blob.size).await?;
        while let Some(chunk) = stream.try_next().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > blob.size {
                break;
            }
        }
        if bytes.len() as u64 == blob.size && blob.digest.matches(&bytes) {
            return Ok(bytes);
        }
        Err(sealkit_store::StoreError::DigestMismatch {
            expected: blob.digest.clone(),
            actual: sealkit_oci::Digest::of(&bytes),
            place: self.repository.place(),
        }
        .into())
    }

    async fn read_kitfile(&self) -> Result<Option<Kitfile>, OpsError> {
        let manifest = self.manifest.value();
        if self.format == KitFormat::ModelKit {
            let bytes = self.read_blob(&manifest.config, MAX_CONFIG).await?;
            return Ok(Some(Kitfile::from_json(&bytes)?));
        }
        match manifest.annotations.get(media_type::ANNOTATION_KITFILE) {
            Some(json) => Ok(Some(Kitfile::from_json(json.as_bytes())?)),
            None => Ok(None),
        }
    }
}

/// What has to be equal where a layer holds an element: the digest that the element names, if it
/// names one, its role, and whether it is a prompt (see [`Part::fits`]).
type Fit = (Option<Digest>, LayerRole, bool);

/// Says which layer holds which element of the Kitfile: by digest where the element names one, else
/// by order among the elements of the same kind (kits made before elements had digests). Elements
/// are looked up and not searched: a hostile kit has a hundred thousand of each.
pub(crate) fn match_layers(manifest: &Manifest, kitfile: Option<&Kitfile>) -> Vec<KitLayer> {
    let mut parts: HashMap<Fit, VecDeque<Part>> = HashMap::new();
    for part in kitfile.map(Kitfile::parts).unwrap_or_default() {
        let fit = (part.layer.digest.clone(), part.role, part.is_prompt);
        parts.entry(fit).or_default().push_back(part);
    }
    let mut take = |fit: &Fit| parts.get_mut(fit).and_then(VecDeque::pop_front);
    let layer = |layer: &Descriptor| {
        let layer_type = layer.media_type.parse::<LayerType>().ok();
        let subtype = layer.annotations.get(media_type::ANNOTATION_LAYER_SUBTYPE);
        let is_prompt = subtype.is_some_and(|subtype| subtype == "prompt");
        let part = layer_type.and_then(|known| {
            let named = take(&(Some(layer.digest.clone()), known.role, is_prompt));
            named.or_else(|| take(&(None, known.role, is_prompt)))
        });
        KitLayer { part, layer_type, descriptor: layer.clone() }
    };
    manifest.layers().iter().map(layer).collect()
}

/// What of its repository a place means.
pub(crate) async fn target_of(
    repository: &dyn Repository,
    place: &Place,
) -> Result<Target, OpsError> {
    let target = match place {
        Place::Local(reference) | Place::Remote(reference) | Place::Served(reference) => {
            reference.target()
        }
        Place::Layout { target, .. } => match target {
            Some(target) => Some(target.clone()),
            None => only_tag(repository).await?,
        },
        Place::Archive(_) | Place::Folder(_) => None,
    };
    target.ok_or_else(|| OpsError::NoTarget { reference: place.to_string() })
}

async fn only_tag(repository: &dyn Repository) -> Result<Option<Target>, OpsError> {
    let tags = repository.tags(&sealkit_store::Page::default()).await?;
    match tags.as_slice() {
        [tag] => Ok(Some(Target::Tag(tag.clone()))),
        _ => Ok(None),
    }
}

pub(crate) fn not_a_kit(reference: &str, artifact_type: &str) -> OpsError {
    let (reference, artifact_type) = (reference.to_owned(), artifact_type.to_owned());
    OpsError::NotAKit { reference, artifact_type }
}

fn document(reference: &str, digest: String, source: sealkit_oci::RawError) -> OpsError {
    OpsError::Document { reference: reference.to_owned(), digest, source }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    use super::*;

    const CODE: &str = "application/vnd.kitops.modelkit.code.v1.tar";
    const DATASET: &str = "application/vnd.kitops.modelkit.dataset.v1.tar";

    fn manifest(media_type: &str, digests: &[Digest]) -> Manifest {
        let mut layers = String::new();
        for digest in digests {
            let comma = if layers.is_empty() { "" } else { "," };
            let _ = write!(
                layers,
                r#"{comma}{{"mediaType":"{media_type}","digest":"{digest}","size":1}}"#
            );
        }
        let config = Digest::of(b"{}");
        let text = format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"c","digest":"{config}","size":2}},"layers":[{layers}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn kitfile(digests: &[Option<&Digest>]) -> Kitfile {
        let element = |(at, digest): (usize, Option<&Digest>)| match digest {
            Some(digest) => format!(r#"{{"path":"p{at}","digest":"{digest}"}}"#),
            None => format!(r#"{{"path":"p{at}"}}"#),
        };
        let datasets: Vec<String> = digests.iter().copied().enumerate().map(element).collect();
        let text = format!(r#"{{"manifestVersion":"1.0.0","datasets":[{}]}}"#, datasets.join(","));
        Kitfile::from_json(text.as_bytes()).unwrap()
    }

    #[test]
    fn layers_find_their_element_by_digest_and_else_by_order() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|text| Digest::of(text));
        let kitfile = kitfile(&[None, Some(&c), None, Some(&a)]);
        let layers = match_layers(&manifest(DATASET, &[a.clone(), b, c, a]), Some(&kitfile));
        let paths: Vec<_> =
            layers.iter().map(|layer| layer.part.as_ref().unwrap().path.as_str()).collect();
        assert_eq!(paths, ["p3", "p0", "p1", "p2"]);
    }

    #[test]
    fn a_kit_of_many_layers_and_elements_is_matched_at_once() {
        let kitfile = kitfile(&vec![None; 100_000]);
        let manifest = manifest(CODE, &vec![Digest::of(b"y"); 25_000]);
        let start = Instant::now();
        assert!(match_layers(&manifest, Some(&kitfile)).iter().all(|layer| layer.part.is_none()));
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
}
