//! `bom`: the AIBOM of a kit, as it was signed, or made anew where none is attached.

use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use sealkit_aibom::{Bom, BomCodec as _, CycloneDx16, KitInput, from_kit};
use sealkit_attest::{
    BUNDLE_LIMITS, Bundle, Content, CycloneDxBom, Predicate as _, Statement, Verifier,
};
use sealkit_oci::{Descriptor, FileTable, LayerTable, Manifest, Target, media_type};
use sealkit_pack::{LayerSource, Limits, UnpackLayer, index_layer};
use sealkit_store::{Layout, Naming, StoreError};

use crate::seal::{encode_options, facts};
use crate::verify::pipe::{Pipe, feed};
use crate::{Context, Kit, OpsError, Place, trust};

/// Most attached documents that are looked at.
const MAX_REFERRERS: usize = 1000;

/// Where an AIBOM comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BomSource {
    /// A trusted statement; what its signature proves, as a sentence.
    Signed(String),
    /// A statement that nobody trusted has signed.
    Untrusted,
    /// Made from the kit just now, since none is attached. `inspected` says whether the files were
    /// inspected too, or only listed.
    Made {
        /// Whether the files were inspected.
        inspected: bool,
    },
}

/// The AIBOM of a kit.
#[derive(Clone, Debug)]
pub struct BomOutcome {
    /// The CycloneDX document, byte for byte as it was signed.
    pub document: Vec<u8>,
    /// What it says.
    pub bom: Bom,
    /// Where it comes from.
    pub source: BomSource,
}

/// The AIBOM of the kit at `place`.
pub async fn bom(context: &Context, place: &Place) -> Result<BomOutcome, OpsError> {
    let mut kit = Kit::open(context, place).await?;
    let (document, source) = match attached(context, &kit).await? {
        Some(found) => found,
        None => make(context, place, &mut kit).await?,
    };
    Ok(BomOutcome { bom: CycloneDx16.decode(&document)?, document, source })
}

/// The AIBOM of a trusted statement, else of any statement about this kit.
async fn attached(context: &Context, kit: &Kit) -> Result<Option<(Vec<u8>, BomSource)>, OpsError> {
    let root = trust::load(&context.home)?;
    let verifier = Verifier::new(&root, (context.clock)())
        .expecting::<CycloneDxBom>()
        .allowing_statement_v01();
    let mut untrusted = None;
    let kind = Some(media_type::SIGSTORE_BUNDLE);
    let list = kit.repository.referrers(kit.digest(), kind).await?;
    for referrer in list.iter().take(MAX_REFERRERS) {
        let Some(bytes) = bundle(kit, referrer).await? else { continue };
        if let Ok(verified) = verifier.verify(&bytes, kit.digest()) {
            let bom: CycloneDxBom = verified.value().predicate()?;
            let proof = BomSource::Signed(verified.signer().proves());
            return Ok(Some((bom.document().as_bytes().to_vec(), proof)));
        }
        if untrusted.is_none() {
            untrusted = claimed(&bytes, kit);
        }
    }
    Ok(untrusted.map(|document| (document, BomSource::Untrusted)))
}

async fn bundle(kit: &Kit, referrer: &Descriptor) -> Result<Option<Vec<u8>>, OpsError> {
    let target = Target::Digest(referrer.digest.clone());
    let Some(stored) = kit.repository.manifest(&target).await? else { return Ok(None) };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&stored.bytes) else { return Ok(None) };
    let said = manifest.annotations.get(media_type::ANNOTATION_BUNDLE_PREDICATE);
    let other = said.is_some_and(|said| !CycloneDxBom::matches(said));
    match manifest.layers() {
        [layer] if !other && layer.size <= BUNDLE_LIMITS.bytes as u64 => {
            Ok(Some(kit.read_blob(layer, BUNDLE_LIMITS.bytes as u64).await?))
        }
        _ => Ok(None),
    }
}

/// What a bundle says that is about this kit, whoever signed it.
fn claimed(bytes: &[u8], kit: &Kit) -> Option<Vec<u8>> {
    let bundle = Bundle::parse(bytes.to_vec()).ok()?;
    let Content::Dsse(envelope) = bundle.content() else { return None };
    let statement = Statement::parse_allowing_v01(envelope.payload.clone()).ok()?;
    statement.check_subject(kit.digest()).ok()?;
    let bom: CycloneDxBom = statement.predicate().ok()?;
    Some(bom.document().as_bytes().to_vec())
}

/// Makes the AIBOM of a kit from its verified layers.
async fn make(
    context: &Context,
    place: &Place,
    kit: &mut Kit,
) -> Result<(Vec<u8>, BomSource), OpsError> {
    let kitfile = match &kit.kitfile {
        Some(kitfile) => kitfile.clone(),
        None => kit.made_kitfile().await?,
    };
    let mut tables = Vec::new();
    for layer in &kit.layers {
        tables.push(index(kit, &layer.descriptor).await?);
    }
    let table = FileTable::new(tables);
    let layers = kit.manifest.value().layers();
    let store = match place {
        Place::Local(_) => Some(context.store()?),
        Place::Layout { dir, .. } => Some(Layout::open(dir, Naming::Plain)?),
        _ => None,
    };
    let found = match &store {
        Some(store) => facts::inspect_store(store, layers, &table)?,
        None => facts::Inspected::default(),
    };
    let repository = match place {
        Place::Local(reference) | Place::Remote(reference) if reference.is_remote() => {
            Some(reference.name())
        }
        _ => None,
    };
    let bom = from_kit(&KitInput {
        kitfile: &kitfile,
        manifest: kit.manifest.descriptor(),
        layers,
        table: &table,
        facts: &found.facts,
        repository: repository.as_deref(),
    });
    let document = CycloneDx16.encode(&bom, &encode_options(None))?;
    Ok((document, BomSource::Made { inspected: store.is_some() }))
}

/// Reads one layer, whose digest is verified, and lists what is in it.
async fn index(kit: &Kit, blob: &Descriptor) -> Result<LayerTable, OpsError> {
    let (sender, pipe) = Pipe::new();
    let layer = UnpackLayer { descriptor: blob.clone(), diff_id: None, base: None };
    let reader = tokio::task::spawn_blocking(move || {
        index_layer(&layer, &Once(Mutex::new(Some(pipe))), &Limits::default(), &|_| {})
    });
    let fed = feed(&*kit.repository, blob, sender).await;
    let table = reader
        .await
        .map_err(|error| OpsError::io("read", blob.digest.to_string(), io::Error::other(error)))?;
    fed?;
    Ok(table?)
}

/// Gives a pipe away once.
pub(crate) struct Once(pub(crate) Mutex<Option<Pipe>>);

impl LayerSource for Once {
    fn open(&self, layer: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let gone = || io::Error::other("the layer was read already");
        let pipe = taken.ok_or_else(|| StoreError::io("read", layer.digest.to_string(), gone()))?;
        Ok(Box::new(pipe))
    }
}
