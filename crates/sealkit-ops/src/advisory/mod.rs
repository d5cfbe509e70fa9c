//! `revoke` and `advisories`: signed word that a kit must not be used, and who said so.

mod cyclonedx;
mod export;
mod hub;
mod list;
mod select;
mod withdraw;

use sealkit_attest::{Advisory, AdvisoryState, AttestError, Predicate as _, Timestamp};
pub use sealkit_attest::{AdvisorySeverity, ResourceDescriptor, Uri};
use sealkit_oci::Digest;

pub use cyclonedx::cyclonedx_vex;
pub use export::{csv, openvex};
pub use hub::{advised_kits, select_hub};
pub(crate) use list::advisory_of;
pub use list::{Advised, AdvisoryEntry, advisories, local_kits};
pub use select::{Concern, Selected, select};
pub use withdraw::NOTHING_TO_WITHDRAW;

use crate::attest::{AttestRequest, Attested, attest};
use crate::keys::{PrivateKey, Signer as _};
use crate::{Context, OpsError, Place};

/// What is to be said of a kit.
#[derive(Clone, Debug)]
pub struct RevokeRequest {
    /// The kit: in the local store, in a layout or at a registry.
    pub place: Place,
    /// What the matter is called; made of reason and time where none is given.
    pub id: Option<String>,
    /// Whether an earlier advisory of this id is taken back.
    pub withdraw: bool,
    /// Why.
    pub reason: String,
    /// How bad it is.
    pub severity: Option<AdvisorySeverity>,
    /// What the matter is in.
    pub concerns: Vec<ResourceDescriptor>,
    /// Where more can be read.
    pub references: Vec<Uri>,
    /// The key that signs.
    pub key: PrivateKey,
    /// When it is issued, in seconds since 1970.
    pub time: i64,
}

/// An advisory that was attached.
#[derive(Clone, Debug, PartialEq)]
pub struct Revoked {
    /// What it says.
    pub advisory: Advisory,
    /// Where it is.
    pub attested: Attested,
}

/// Signs an advisory about a kit and attaches it to the kit.
///
/// # Errors
/// When the reason is missing, nothing is withdrawn by name, the key said nothing that could be withdrawn, or it can not be signed or attached.
pub async fn revoke(context: &Context, request: RevokeRequest) -> Result<Revoked, OpsError> {
    let issued_on = Timestamp::from_unix(request.time).map_err(|error| {
        OpsError::usage("time-malformed", format!("the advisory can not be dated: {error}"))
    })?;
    let state = if request.withdraw { AdvisoryState::Withdrawn } else { AdvisoryState::Affected };
    let id = match (request.id, state) {
        (Some(id), _) => id,
        (None, AdvisoryState::Affected) => id_of(&request.reason, &issued_on),
        (None, AdvisoryState::Withdrawn) => {
            return Err(OpsError::usage("no-id", "which advisory is withdrawn is not said")
                .with_hint("give its id with `--id`: `sealkit advisories` shows it"));
        }
    };
    if state == AdvisoryState::Withdrawn {
        let key = request.key.public_key();
        withdraw::check(context, &request.place, key, &id, &issued_on).await?;
    }
    let advisory = Advisory {
        id,
        state,
        reason: request.reason,
        severity: request.severity,
        issued_on,
        concerns: request.concerns,
        references: request.references,
    };
    let predicate = serde_json::to_vec(&advisory)
        .map_err(|source| AttestError::Json { document: "advisory", source })?;
    let made = AttestRequest {
        place: request.place,
        kind: Advisory::TYPE.to_owned(),
        predicate,
        subjects: Vec::new(),
        sequence: None,
        key: request.key,
        skip_check: false,
        created: Some(advisory.issued_on.as_str().to_owned()),
    };
    Ok(Revoked { attested: attest(context, made).await?, advisory })
}

/// The same matter on the same day has the same id for every kit that it is said of.
fn id_of(reason: &str, issued_on: &Timestamp) -> String {
    let day: String = issued_on.as_str().chars().take(10).collect();
    let hex = Digest::of(reason.as_bytes());
    let short: String = hex.hex().chars().take(8).collect();
    format!("{day}-{short}")
}
