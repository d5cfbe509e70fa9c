//! Which advisories are attached to a kit, and which of them count.

use sealkit_attest::{Advisory, Bundle, Predicate as _, Verified, VerifiedStatement};
use sealkit_oci::{Digest, Reference};

use crate::attest::{Checked, bundles};
use crate::trust::Trusted;
use crate::verify::revoked::{holds, may_revoke};
use crate::{Context, Kit, OpsError, Place};

/// Kits of the local store that are looked at.
const MAX_KITS: usize = 10_000;

/// One advisory.
#[derive(Clone, Debug, PartialEq)]
pub struct AdvisoryEntry {
    /// What it says.
    pub advisory: Advisory,
    /// Who signed it, as the trust store names them; none where it is not verified.
    pub signer: Option<String>,
    /// Whether it is verified, by somebody who may revoke.
    pub counts: bool,
    /// Whether it makes `verify` and `check` say no: it counts and was not withdrawn.
    pub holds: bool,
    /// Digest of the bundle.
    pub bundle: Digest,
    /// Digest of the manifest that attaches it.
    pub referrer: Digest,
}

/// The advisories about one kit.
#[derive(Clone, Debug, PartialEq)]
pub struct Advised {
    /// The kit as it was asked for.
    pub reference: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// The advisories, the oldest first.
    pub found: Vec<AdvisoryEntry>,
    /// Whether more is attached than was looked at.
    pub more: bool,
}

/// The advisories that are attached to the kit at `place`, whoever signed them.
///
/// # Errors
/// When the kit or what is attached to it can not be read.
pub async fn advisories(
    context: &Context,
    place: &Place,
    trusted: &Trusted,
) -> Result<Advised, OpsError> {
    let trust = trusted.root(context)?;
    let kit = Kit::open(context, place).await?;
    let (all, more) = bundles(&kit, &trust, (context.clock)(), false).await?;
    let mut verified = Vec::new();
    let mut found = Vec::new();
    for one in all {
        match one.result {
            Ok(said) => verified.extend(advisory_of(&said).map(|said| (one.referrer, said))),
            Err(_) => found.extend(claimed(&one)),
        }
    }
    let counted: Vec<&Verified<Advisory>> =
        verified.iter().map(|(_, one)| one).filter(|one| may_revoke(one.signer().role())).collect();
    for (referrer, one) in &verified {
        let counts = may_revoke(one.signer().role());
        found.push(AdvisoryEntry {
            advisory: one.value().clone(),
            signer: Some(one.signer().name().to_owned()),
            counts,
            holds: counts && holds(one, &counted),
            bundle: one.evidence().clone(),
            referrer: referrer.clone(),
        });
    }
    let key = |one: &AdvisoryEntry| (one.advisory.issued_on.unix(), one.bundle.clone());
    found.sort_by_key(key);
    Ok(Advised { reference: place.to_string(), digest: kit.digest().clone(), found, more })
}

/// The advisory that a verified statement is; none where it is something else.
pub(crate) fn advisory_of(said: &VerifiedStatement) -> Option<Verified<Advisory>> {
    Advisory::matches(said.value().predicate_type()).then(|| said.predicate().ok()).flatten()
}

/// What a bundle that is not verified says: to be shown, never to be believed.
fn claimed(one: &Checked) -> Option<AdvisoryEntry> {
    let statement = Bundle::parse(one.bytes.clone()).ok()?.statement().ok()?;
    let is_one = Advisory::matches(statement.predicate_type());
    let advisory = is_one.then(|| statement.predicate::<Advisory>().ok()).flatten()?;
    let (bundle, referrer) = (one.bundle.clone(), one.referrer.clone());
    Some(AdvisoryEntry { advisory, signer: None, counts: false, holds: false, bundle, referrer })
}

/// Every kit of the local store, by name where it has one; true where there are more.
///
/// # Errors
/// When the store can not be read.
pub fn local_kits(context: &Context) -> Result<(Vec<Place>, bool), OpsError> {
    let mut places = Vec::new();
    let mut seen: Vec<Digest> = Vec::new();
    for entry in context.store()?.list()? {
        let digest = entry.descriptor.digest;
        let is_kit = sealkit_oci::media_type::is_manifest(&entry.descriptor.media_type);
        if entry.subject.is_some() || !is_kit || seen.contains(&digest) {
            continue;
        }
        if places.len() == MAX_KITS {
            return Ok((places, true));
        }
        let name = entry.repository.as_deref().and_then(|name| name.parse::<Reference>().ok());
        places.push(Place::Local(match name {
            Some(name) => name.with_digest(digest.clone()),
            None => Reference::unnamed(digest.clone()),
        }));
        seen.push(digest);
    }
    Ok((places, false))
}
