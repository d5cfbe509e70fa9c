//! What the catalogue learns of one kit, and catalogues of places that have no hub.

mod ask;
mod code;
mod csv;
mod own;
mod unread;

use std::collections::BTreeSet;
use std::sync::Arc;

use sealkit_aibom::{Bom, Supplied};
use sealkit_api::{CodeFact, Signer};
use sealkit_attest::PublicKey;
use sealkit_catalog::{About, AttestedTie, Catalog, Entry, Packed};
use sealkit_oci::{Digest, media_type};
use sealkit_report::Finding;

use crate::attest::{bundles, is_bom, trust_used};
use crate::bom::gather::{self, Gathered, MOST_FILES};
use crate::diff::{ComparedTensor, hashed_tensors};
use crate::fault::{is_of_the_kit, told};
use crate::tags::shown;
use crate::verify::{SealedTables, roles};
use crate::{Context, Kit, OpsError, Place, trust};

pub(crate) use ask::{ask, ask_with, read};
pub use ask::{impact_hub, search_hub};
pub use csv::{impact_csv, incomplete, search_csv};
pub use own::OwnBom;
pub use sealkit_catalog as index;
use unread::{empty, not_indexed, partly_read};

/// Longest name of a signer that is kept, in bytes.
const MAX_SIGNER: usize = 200;

/// What is known of one version, made from its bytes and what is attached to it.
#[derive(Clone, Debug)]
pub struct Described {
    /// Digest of its manifest.
    pub digest: Digest,
    /// Its AIBOM, made from the bytes.
    pub bom: Bom,
    /// What inspection found.
    pub findings: Vec<Finding>,
    /// Who signed statements about it.
    pub signers: Vec<Signer>,
    /// What its files say of code in them.
    pub code: Vec<CodeFact>,
    /// What statements say that it came from, those of strangers behind those that are verified.
    pub attested: Vec<AttestedTie>,
    /// Whom the trust store trusts: the digest of the trust root; empty for nobody.
    pub trust: String,
    /// Whether somebody else attached an AIBOM.
    pub has_aibom: bool,
    /// Bytes of config and layers together.
    pub size: u64,
    /// Its artifact type.
    pub artifact_type: String,
    /// When its manifest says that it was made.
    pub created: Option<String>,
    /// The beginnings of its cards, as text.
    pub cards: String,
    /// What could not be read, and so is not known of it.
    pub gaps: Vec<String>,
}

impl Described {
    /// Its entry in a catalogue: as `repository`, there since `pushed` (seconds since 1970).
    pub fn entry(&self, repository: &str, pushed: i64) -> Entry {
        let about = About {
            repository,
            digest: &self.digest,
            pushed,
            size: self.size,
            artifact_type: &self.artifact_type,
            findings: &self.findings,
            code: self.code.clone(),
            attested: &self.attested,
            trust: self.trust.clone(),
            signers: self.signers.clone(),
            cards: &self.cards,
            has_aibom: self.has_aibom,
            problem: (!self.gaps.is_empty()).then(|| self.gaps.join("; ")),
        };
        Entry::of(&self.bom, about)
    }
}

/// Whom a trust root trusts, as entries have it: its digest, empty for nobody.
///
/// # Errors
/// When it can not be written down.
pub fn trust_digest(trust: &trust::TrustRoot) -> Result<String, OpsError> {
    Ok(trust_used(trust)?.digest.map(|digest| digest.to_string()).unwrap_or_default())
}

/// Looks at a kit: every file is read and inspected once, signatures are verified under the trust store. What
/// `own`, the key of a hub, signed is left out: it is made of this, and who has it learns nothing more. A kit that
/// can not be read is described by its manifest, and why is among the gaps.
///
/// # Errors
/// When there is no kit, or the fault lies with the place and not with the kit: another try may end otherwise.
pub async fn describe(
    context: &Context,
    place: &Place,
    own: Option<&PublicKey>,
) -> Result<Described, OpsError> {
    let kit = match Kit::open(context, place).await {
        Ok(kit) => kit,
        Err(error) if is_of_the_kit(&error) => {
            return describe_unread(context, place, own, &told(&error)).await;
        }
        Err(error) => return Err(error),
    };
    let tables = Arc::new(SealedTables::new(context)?);
    let gathered = match gather::of_kit(context, place, tables, None, MOST_FILES).await {
        Ok(gathered) => gathered,
        Err(error) if is_of_the_kit(&error) => gather::of_manifest(&kit, told(&error)),
        Err(error) => return Err(error),
    };
    described(context, &kit, own, gathered).await
}

/// Describes a kit by its manifest alone, since for the reason `why` nothing else of it could be read.
///
/// # Errors
/// When its manifest can not be read, or what is attached to it.
pub async fn describe_unread(
    context: &Context,
    place: &Place,
    own: Option<&PublicKey>,
    why: &str,
) -> Result<Described, OpsError> {
    let kit = Kit::bare(context, place).await?;
    let gathered = gather::of_manifest(&kit, why.to_owned());
    described(context, &kit, own, gathered).await
}

async fn described(
    context: &Context,
    kit: &Kit,
    own: Option<&PublicKey>,
    gathered: Gathered,
) -> Result<Described, OpsError> {
    let trust = trust::load(&context.home)?;
    let mut gaps = gathered.reading.gaps.clone();
    let (checked, more) = bundles(kit, &trust, (context.clock)(), true).await?;
    let (mut signers, mut has_aibom) = (BTreeSet::new(), false);
    let (mut attested, mut claimed) = (Vec::new(), Vec::new());
    for one in checked {
        if own.is_some_and(|own| own::is_by(&one, own)) {
            continue;
        }
        let stated = match &one.result {
            Ok(verified) => Some(verified.value().predicate_type().to_owned()),
            Err(_) => one.annotated.clone(),
        };
        let statement = stated.unwrap_or_default();
        match &one.result {
            Ok(verified) => attested.extend(code::attested(verified, kit.digest())),
            Err(_) => claimed.extend(code::claimed(&one.bytes, one.claimed.as_ref(), kit.digest())),
        }
        has_aibom |= is_bom(&statement);
        let (name, verified) = match &one.result {
            Ok(verified) => {
                (verified.signer().name().to_owned(), roles::uncounted(verified).is_none())
            }
            Err(_) => match &one.claimed {
                Some(key) => (key.fingerprint(), false),
                None => continue,
            },
        };
        if name.len() <= MAX_SIGNER {
            signers.insert(Signer { name, statement, verified });
        } else {
            gaps.push("who signed it has a name that is too long to be kept".to_owned());
        }
    }
    // What is verified comes first, so that no stranger's words take its room.
    attested.extend(claimed);
    has_aibom |= has_bare_aibom(kit).await?;
    let manifest = kit.manifest.value();
    let (code, more_code) = code::code(&gathered.facts);
    gaps.extend(more_code.then(|| "more code is in it than is listed".to_owned()));
    gaps.extend(more.then(|| "more is attached than is looked at".to_owned()));
    gaps.extend(partly_read(&gathered.facts, &empty(&gathered.parts)));
    gaps.extend(not_indexed(&gathered.facts));
    let trust = trust_digest(&trust)?;
    Ok(Described {
        digest: kit.digest().clone(),
        bom: gathered.assemble(&[], &Supplied::default()),
        findings: gathered.findings(),
        code,
        attested,
        trust,
        signers: signers.into_iter().collect(),
        has_aibom,
        size: manifest.total_size(),
        artifact_type: manifest.effective_artifact_type().to_owned(),
        created: manifest.annotations.get(media_type::ANNOTATION_CREATED).cloned(),
        cards: gathered.cards,
        gaps,
    })
}

/// Whether an AIBOM is attached that nobody signed.
async fn has_bare_aibom(kit: &Kit) -> Result<bool, OpsError> {
    for kind in [media_type::CYCLONEDX, media_type::SPDX] {
        if !kit.repository.referrers(kit.digest(), Some(kind)).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A catalogue in memory.
#[derive(Debug)]
pub struct Gathering {
    /// What could not be looked at, and why.
    pub left_out: Vec<String>,
    /// Kits that were looked at.
    pub kits: usize,
    /// Those kits: repository, digest of the manifest, and where each is.
    looked: Vec<(String, Digest, Place)>,
}

/// Catalogues every kit of the local store, or the kits at `places` where some are given.
pub async fn gather_local(
    context: &Context,
    places: &[Place],
) -> Result<(Catalog, Gathering), OpsError> {
    let catalog = Catalog::in_memory()?;
    let mut gathering = Gathering { left_out: Vec::new(), kits: 0, looked: Vec::new() };
    let all = if places.is_empty() { stored(context)? } else { named(places) };
    context.progress.start("looking at kits", Some(all.len() as u64));
    for (repository, tags, place) in all {
        match describe(context, &place, None).await {
            Ok(described) => {
                catalog.put(&described.entry(&repository, 0))?;
                for tag in &tags {
                    catalog.set_tag(&repository, tag, &described.digest)?;
                }
                gathering.kits += 1;
                gathering.looked.push((repository, described.digest, place));
            }
            Err(OpsError::NotAKit { .. }) if places.is_empty() => {}
            Err(error) => gathering.left_out.push(format!("{place}: {error}")),
        }
        context.progress.advance(1);
    }
    context.progress.finish();
    Ok((catalog, gathering))
}

/// Adds the digest of each tensor of what was gathered, as a hub has them. Every byte of those kits is read.
pub async fn gather_tensors(
    context: &Context,
    catalog: &Catalog,
    gathering: &mut Gathering,
) -> Result<(), OpsError> {
    context.progress.start("hashing tensors", Some(gathering.looked.len() as u64));
    for (repository, digest, place) in &gathering.looked {
        match hashed_tensors(context, place).await {
            Ok((side, tensors)) => {
                let tensors = tensors.into_iter().map(ComparedTensor::kept).collect();
                let packed = Packed { tensors, formats: side.formats, whole: !side.incomplete };
                catalog.put_packed(repository, digest, &packed)?;
                catalog.tensors_done(repository, digest)?;
            }
            Err(error) => gathering.left_out.push(format!("{place}: {error}")),
        }
        context.progress.advance(1);
    }
    context.progress.finish();
    Ok(())
}

type Named = (String, Vec<String>, Place);

/// Every kit of the local store by its digest.
fn stored(context: &Context) -> Result<Vec<Named>, OpsError> {
    let mut all = Vec::new();
    for entry in context.store()?.list()? {
        // What refers to another manifest may be a kit all the same.
        let Some(name) = &entry.repository else { continue };
        if !media_type::is_manifest(&entry.descriptor.media_type) {
            continue;
        }
        let reference: sealkit_oci::Reference = name.parse()?;
        let reference = reference.with_digest(entry.descriptor.digest.clone());
        let short = shown(name).to_owned();
        all.push((short, entry.tags, Place::Local(reference)));
    }
    Ok(all)
}

fn named(places: &[Place]) -> Vec<Named> {
    let name = |place: &Place| match place {
        Place::Local(reference) | Place::Remote(reference) | Place::Served(reference) => {
            let tags = reference.tag().map(str::to_owned).into_iter().collect();
            (shown(&reference.name()).to_owned(), tags, place.clone())
        }
        other => (other.to_string(), Vec::new(), other.clone()),
    };
    places.iter().map(name).collect()
}
