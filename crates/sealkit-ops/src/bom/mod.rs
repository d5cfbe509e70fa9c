//! `bom`: the AIBOM of a kit, a folder or a repository of a hub: as it was signed, or made anew.

mod attach;
mod attached;
mod document;
pub(crate) mod gather;
mod judge;
mod provenance;
mod stored;
mod supplied;

use std::path::PathBuf;
use std::sync::Arc;

use sealkit_aibom::{Bom, Supplied, decode_any};
use sealkit_oci::media_type;
use sealkit_report::Severity;

pub use attach::{AttachRequest, AttachedBom, DownloadedBom, attach_bom, download_bom};
pub use document::{BomFormat, ReadDocument, read_document};
pub(crate) use document::{files_left, statement_document};
pub use gather::{Reading, RunsCode};
pub use judge::{JudgeRequest, Judged, judge_bom};
pub(crate) use provenance::facts as provenance_facts;
pub use sealkit_aibom as aibom;
pub use sealkit_inspect::TensorHash;
pub use stored::{StoredBom, StoredDocument, StoredSigner, stored_bom, stored_boms};
pub(crate) use supplied::fits;
pub use supplied::{OVERLAY, folder_overlay, party, read_overlay, with_flags};

use crate::files::TableTrust;
use crate::import::HubRepository;
use crate::network::Secret;
use crate::{Context, Kit, OpsError, Place, archive};

/// Most contradictions that are told one by one.
const MAX_WARNINGS: usize = 20;

/// What to make an AIBOM of.
#[derive(Clone, Debug)]
pub enum BomSubject {
    /// A kit, wherever it is.
    Kit(Place),
    /// A folder.
    Folder(PathBuf),
    /// A repository of a hub.
    Hub {
        /// The repository.
        repository: HubRepository,
        /// Branch, tag or commit.
        revision: String,
        /// Address of the hub.
        endpoint: String,
        /// Token for the hub.
        token: Option<Secret>,
    },
}

/// What AIBOM is wanted.
#[derive(Clone)]
pub struct BomRequest {
    /// Of what.
    pub subject: BomSubject,
    /// What people supply. Where they do, the AIBOM is made anew.
    pub supplied: Supplied,
    /// Whether it is made anew even where one is attached.
    pub fresh: bool,
    /// With which hash each tensor is named; none names none.
    pub tensors: Option<TensorHash>,
    /// Which file tables are believed.
    pub trust: Arc<dyn TableTrust>,
}

impl BomRequest {
    /// Whether one that is attached is not what is wanted.
    pub fn wants_new(&self) -> bool {
        self.fresh || self.tensors.is_some() || self.supplied != Supplied::default()
    }
}

/// Where an AIBOM comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum BomSource {
    /// A trusted statement; what its signature proves, as a sentence.
    Signed(String),
    /// A statement that nobody trusted has signed.
    Untrusted,
    /// Made just now.
    Made(Box<Reading>),
}

/// The AIBOM of a kit.
#[derive(Clone, Debug)]
pub struct BomOutcome {
    /// What it says.
    pub bom: Bom,
    /// The document, byte for byte as it was signed; none where it was made just now.
    pub document: Option<Vec<u8>>,
    /// Where it comes from.
    pub source: BomSource,
    /// When the kit says that it was made, or when the youngest file of the folder was written;
    /// RFC 3339 UTC.
    pub created: Option<String>,
}

/// Finds or makes an AIBOM.
pub async fn bom(context: &Context, request: &BomRequest) -> Result<BomOutcome, OpsError> {
    match &request.subject {
        BomSubject::Kit(Place::Archive(file)) => {
            let aside = archive::aside(context, file).await?;
            of_kit(context, aside.place(), request).await
        }
        BomSubject::Kit(place) => of_kit(context, place, request).await,
        BomSubject::Folder(dir) => {
            let (own, dir, tensors) = (context.clone(), dir.clone(), request.tensors);
            let gathered =
                crate::files::blob::blocking(move || gather::of_folder(&own, &dir, tensors));
            made(gathered.await?, &[], &request.supplied)
        }
        BomSubject::Hub { repository, revision, endpoint, token } => {
            let at = (endpoint.as_str(), token.clone());
            let gathered =
                gather::of_hub(context, repository, at, revision, request.tensors).await?;
            made(gathered, &[], &request.supplied)
        }
    }
}

async fn of_kit(
    context: &Context,
    place: &Place,
    request: &BomRequest,
) -> Result<BomOutcome, OpsError> {
    let kit = Kit::open(context, place).await?;
    let created = kit.manifest.value().annotations.get(media_type::ANNOTATION_CREATED).cloned();
    let attached = attached::attached(context, &kit).await?;
    if let Some((document, source)) = attached.bom.filter(|_| !request.wants_new()) {
        let bom = decode_any(&document)?;
        return Ok(BomOutcome { bom, document: Some(document), source, created });
    }
    let gathered =
        gather::of_kit(context, place, Arc::clone(&request.trust), request.tensors, usize::MAX)
            .await?;
    let made = made(gathered, &attached.attested, &request.supplied)?;
    Ok(BomOutcome { created, ..made })
}

fn made(
    gathered: gather::Gathered,
    attested: &[sealkit_inspect::Facts],
    supplied: &Supplied,
) -> Result<BomOutcome, OpsError> {
    let bom = gathered.assemble(attested, supplied);
    supplied::fits(supplied, &bom)?;
    let contradictions = contradictions(&gathered);
    let mut reading = gathered.reading;
    reading.warnings.extend(contradictions);
    let source = BomSource::Made(Box::new(reading));
    let created = match gathered.described {
        gather::Described::Folder { newest, .. } => newest.and_then(crate::time::rfc3339),
        gather::Described::Kit { .. } => None,
    };
    Ok(BomOutcome { bom, document: None, source, created })
}

/// What files say that can not be so, as far as a person should read it now.
fn contradictions(gathered: &gather::Gathered) -> Vec<String> {
    let mut found = gathered.findings();
    found.retain(|finding| finding.severity >= Severity::High);
    let rest = found.len().saturating_sub(MAX_WARNINGS);
    let shown = found.iter().take(MAX_WARNINGS);
    let shown = shown.map(|finding| format!("`{}`: {}", finding.evidence.file, finding.message));
    shown.chain((rest > 0).then(|| format!("and {rest} more of this kind"))).collect()
}
