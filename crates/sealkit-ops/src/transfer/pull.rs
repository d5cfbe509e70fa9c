//! `pull`: from a registry to the local store, with the kits that the kit refers to.

use std::collections::HashSet;
use std::sync::Arc;

use sealkit_oci::{Reference, Target};

use super::{Move, Moved, ReferrerPolicy, move_kit};
use crate::network::is_exposed;
use crate::{Context, Kit, OpsError, Place, log};

/// Longest chain of kits that refer to each other; `kit` has the same.
const MAX_CHAIN: usize = 10;
/// Most kits that one pull fetches.
const MAX_KITS: usize = 100;

/// A kit that was pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// Its name.
    pub reference: Reference,
    /// How it went.
    pub moved: Moved,
}

/// Pulls a kit into the local store under its own name, then the kits that its Kitfile refers to.
/// The kit that was asked for comes first.
pub async fn pull(
    context: &Context,
    reference: &Reference,
    referrers: ReferrerPolicy,
) -> Result<Vec<Pulled>, OpsError> {
    let mut waiting = vec![vec![reference.clone()]];
    let mut pulled: Vec<Pulled> = Vec::new();
    let mut seen = HashSet::new();
    if reference.is_remote() {
        log::guard(context, reference.registry()).await?;
    }
    while let Some(chain) = waiting.pop() {
        let Some(next) = chain.last() else { continue };
        check_chain(&chain)?;
        if chain.len() > 1 && !next.is_remote() {
            if let Some(first) = pulled.first_mut()
                && context.store()?.resolve(next)?.is_none()
            {
                first.moved.warnings.push(format!(
                    "kit `{next}`, to which the Kitfile refers, names no registry and is not in the local store"
                ));
            }
            continue;
        }
        if is_exposed(context.client.options(), Some(reference), next) {
            if let Some(first) = pulled.first_mut() {
                first.moved.warnings.push(format!(
                    "kit `{next}`, to which the Kitfile refers, is at another registry: `--plain-http` and `--tls-verify=false` were not meant for it, so it was not pulled"
                ));
            }
            continue;
        }
        if !seen.insert(next.to_string()) {
            continue;
        }
        if seen.len() > MAX_KITS {
            let message = format!("`{reference}` refers to more than {MAX_KITS} kits");
            return Err(OpsError::usage("limit-exceeded", message));
        }
        let (kit, moved) = pull_one(context, next, referrers).await?;
        pulled.push(Pulled { reference: next.clone(), moved });
        for parent in parents(&kit) {
            waiting.push(chain.iter().cloned().chain([parent.or_latest()]).collect());
        }
    }
    Ok(pulled)
}

async fn pull_one(
    context: &Context,
    reference: &Reference,
    referrers: ReferrerPolicy,
) -> Result<(Kit, Moved), OpsError> {
    let remote = context.repository(&Place::remote(reference.clone())?)?;
    let target = reference
        .target()
        .ok_or_else(|| OpsError::NoTarget { reference: reference.to_string() })?;
    let kit = open_remote(remote, &target, reference).await?;
    // The repository lives until the tag is set: so long no `gc` takes what came.
    let local = context.store()?.repository(&reference.name());
    let job = Move {
        what: "pulling",
        kit: &kit,
        to: &local,
        tag: reference.tag(),
        referrers,
        from_repo: None,
    };
    let moved = move_kit(context, job).await?;
    Ok((kit, moved))
}

/// Resolves the tag, once: everything after uses the digest.
async fn open_remote(
    remote: Arc<dyn sealkit_store::Repository>,
    target: &Target,
    reference: &Reference,
) -> Result<Kit, OpsError> {
    let name = reference.to_string();
    match Kit::load(remote, target, &name).await {
        Err(error @ OpsError::KitNotFound { .. }) => {
            let repository = format!("{}/{}", reference.registry(), reference.repository());
            Err(OpsError::usage("kit-not-found", error.to_string())
                .with_hint(format!("run `sealkit list {repository}` for the tags that are there")))
        }
        other => other,
    }
}

/// The kits that a kit refers to, unpinned as Kitfiles have them.
fn parents(kit: &Kit) -> Vec<Reference> {
    let Some(kitfile) = &kit.kitfile else { return Vec::new() };
    let datasets = kitfile.dataset_references().into_iter().map(|(_, reference)| reference);
    kitfile.model_reference().into_iter().chain(datasets).collect()
}

fn check_chain(chain: &[Reference]) -> Result<(), OpsError> {
    let shown = || chain.iter().map(ToString::to_string).collect::<Vec<_>>().join("=>");
    let Some((last, before)) = chain.split_last() else { return Ok(()) };
    if before.contains(last) {
        let message = format!("found cycle in modelkit references: [{}]", shown());
        return Err(OpsError::usage("reference-cycle", message));
    }
    if chain.len() > MAX_CHAIN {
        let message = format!("reached maximum number of model references: [{}]", shown());
        return Err(OpsError::usage("reference-chain", message));
    }
    Ok(())
}
