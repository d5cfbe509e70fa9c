//! `bom`: the AIBOM of a kit, a folder or a repository of a hub: as it was signed, or made anew.

mod attached;
pub(crate) mod gather;
mod provenance;

use std::path::PathBuf;
use std::sync::Arc;

use sealkit_aibom::{Bom, Supplied, decode_any};

pub use gather::Reading;
pub use sealkit_aibom as aibom;

use crate::files::TableTrust;
use crate::import::HubRepository;
use crate::network::Secret;
use crate::{Context, Kit, OpsError, Place};

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
    /// Which file tables are believed.
    pub trust: Arc<dyn TableTrust>,
}

/// Where an AIBOM comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BomSource {
    /// A trusted statement; what its signature proves, as a sentence.
    Signed(String),
    /// A statement that nobody trusted has signed.
    Untrusted,
    /// Made just now.
    Made(Reading),
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
}

/// Finds or makes an AIBOM.
pub async fn bom(context: &Context, request: &BomRequest) -> Result<BomOutcome, OpsError> {
    match &request.subject {
        BomSubject::Kit(place) => of_kit(context, place, request).await,
        BomSubject::Folder(dir) => {
            let (own, dir) = (context.clone(), dir.clone());
            let gathered = crate::files::blob::blocking(move || gather::of_folder(&own, &dir));
            Ok(made(&gathered.await?, &[], &request.supplied))
        }
        BomSubject::Hub { repository, revision, endpoint, token } => {
            let at = (endpoint.as_str(), token.clone());
            let gathered = gather::of_hub(context, repository, at, revision).await?;
            Ok(made(&gathered, &[], &request.supplied))
        }
    }
}

async fn of_kit(
    context: &Context,
    place: &Place,
    request: &BomRequest,
) -> Result<BomOutcome, OpsError> {
    let kit = Kit::open(context, place).await?;
    let attached = attached::attached(context, &kit).await?;
    let wants_new = request.fresh || request.supplied != Supplied::default();
    if let Some((document, source)) = attached.bom.filter(|_| !wants_new) {
        let bom = decode_any(&document)?;
        return Ok(BomOutcome { bom, document: Some(document), source });
    }
    let gathered = gather::of_kit(context, place, Arc::clone(&request.trust)).await?;
    Ok(made(&gathered, &attached.attested, &request.supplied))
}

fn made(
    gathered: &gather::Gathered,
    attested: &[sealkit_inspect::Facts],
    supplied: &Supplied,
) -> BomOutcome {
    let bom = gathered.assemble(attested, supplied);
    BomOutcome { bom, document: None, source: BomSource::Made(gathered.reading.clone()) }
}
