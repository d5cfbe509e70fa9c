//! The kits that a kit refers to. A Kitfile names them by tag, and whoever may write that tag decides what it
//! means tomorrow: what holds is the digest that the file table has of them.

mod pins;
mod walk;

use sealkit_oci::{Digest, Reference};

pub(crate) use pins::{Pin, Pins};
pub(crate) use walk::{Link, State, Use, walk};

use crate::{Context, OpsError, Place};

/// Where the kit of this digest is that `reference` names: in the local store, there under any name, else at
/// the registry of its name.
pub(crate) fn pinned_place(
    context: &Context,
    reference: &Reference,
    digest: &Digest,
) -> Result<Place, OpsError> {
    let named = Place::Local(reference.with_digest(digest.clone())).local_or_registry(context)?;
    if !context.home.store().exists() {
        return Ok(named);
    }
    let store = context.store()?;
    let is_here = match &named {
        Place::Local(named) => store.resolve(named)?.is_some(),
        _ => false,
    };
    let unnamed = Reference::unnamed(digest.clone());
    if !is_here && store.resolve(&unnamed)?.is_some() {
        return Ok(Place::Local(unnamed));
    }
    Ok(named)
}

/// What `reference` means in the local store now.
pub(crate) fn means_here(
    context: &Context,
    reference: &Reference,
) -> Result<Option<Digest>, OpsError> {
    if !context.home.store().exists() {
        return Ok(None);
    }
    Ok(context.store()?.resolve(reference)?.map(|found| found.descriptor.digest))
}

/// What `reference` means at its registry now; none where that can not be told.
pub(crate) async fn means_there(context: &Context, reference: &Reference) -> Option<Digest> {
    let place = Place::remote(reference.clone()).ok()?;
    let target = reference.clone().or_latest().target()?;
    let stored = context.repository(&place).ok()?.manifest(&target).await.ok()??;
    Some(stored.descriptor.digest)
}

/// The error that a pinned kit is gone: `from` refers to `reference`, which was `expected`, and the tag means
/// `found` now.
pub(crate) fn gone(
    from: &str,
    reference: &Reference,
    expected: &Digest,
    found: Option<&Digest>,
) -> OpsError {
    let now = match found {
        Some(found) => format!("the tag means {found} now, which is another kit"),
        None => "nothing is found under the tag either".to_owned(),
    };
    let message = format!(
        "kit `{reference}`, to which `{from}` refers, can not be had as it was: expected {expected}; {now}"
    );
    let exact = reference.with_digest(expected.clone());
    let hint = format!(
        "have the kit that was meant pushed again as `{exact}`, or `{from}` packed and sealed again with the one that the tag means now"
    );
    OpsError::usage("pinned-kit-missing", message).with_hint(hint)
}

/// The error that tables which nobody trusted has signed pin one kit to several digests.
pub(crate) fn disputed(from: &str, reference: &Reference, digests: &[Digest]) -> OpsError {
    let all: Vec<String> = digests.iter().map(ToString::to_string).collect();
    let message = format!(
        "file tables of `{from}` that nobody whom you trust has sealed pin kit `{reference}` to different digests: {}",
        all.join(", ")
    );
    OpsError::usage("pins-differ", message).with_hint(
        "trust the signer with `sealkit trust add KEY`: then only what they sealed counts",
    )
}
