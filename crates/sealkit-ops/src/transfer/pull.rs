//! `pull`: from a registry to the local store, with the kits that the kit refers to.

use std::collections::HashSet;
use std::sync::Arc;

use sealkit_oci::{Digest, Reference, Target};

use super::{Move, Moved, ReferrerPolicy, move_kit};
use crate::network::is_exposed;
use crate::references::{Pin, Pins, gone, means_here, means_there};
use crate::verify::SealedTables;
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

/// Pulls a kit into the local store under its own name, then the kits that its Kitfile refers to: those that
/// its file table pins, where it names any. The kit that was asked for comes first.
pub async fn pull(
    context: &Context,
    reference: &Reference,
    referrers: ReferrerPolicy,
) -> Result<Vec<Pulled>, OpsError> {
    let mut waiting = vec![Wanted { chain: vec![reference.clone()], pinned: None }];
    let mut pulled: Vec<Pulled> = Vec::new();
    let mut seen = HashSet::new();
    if reference.is_remote() {
        log::guard(context, reference.registry()).await?;
    }
    while let Some(wanted) = waiting.pop() {
        let Some(next) = wanted.chain.last() else { continue };
        check_chain(&wanted.chain)?;
        if let Some(why) = not_pulled(context, reference, &wanted)? {
            if let (Some(first), false) = (pulled.first_mut(), why.is_empty()) {
                first.moved.warnings.push(why);
            }
            continue;
        }
        let digest = wanted.pinned.as_ref().map(|pinned| pinned.digest.clone());
        if !seen.insert((next.to_string(), digest)) {
            continue;
        }
        if seen.len() > MAX_KITS {
            let message = format!("`{reference}` refers to more than {MAX_KITS} kits");
            return Err(OpsError::usage("limit-exceeded", message));
        }
        let (kit, mut moved) = match &wanted.pinned {
            Some(pinned) => pull_pinned(context, next, pinned, referrers).await?,
            None => pull_one(context, next, referrers).await?,
        };
        for (parent, pinned) in parents(context, reference, &kit, &mut moved.warnings).await? {
            let chain = wanted.chain.iter().cloned().chain([parent]).collect();
            waiting.push(Wanted { chain, pinned });
        }
        pulled.push(Pulled { reference: next.clone(), moved });
    }
    Ok(pulled)
}

/// A kit that is to be pulled.
struct Wanted {
    /// The references that lead to it, its own last.
    chain: Vec<Reference>,
    pinned: Option<Pinned>,
}

/// Which kit a reference has to mean.
struct Pinned {
    /// The kit that refers.
    from: String,
    digest: Digest,
    /// What the tag means at the registry now.
    now: Option<Digest>,
}

/// Why a kit is not pulled that is referred to; empty where nothing has to be said. None where it is.
fn not_pulled(
    context: &Context,
    asked: &Reference,
    wanted: &Wanted,
) -> Result<Option<String>, OpsError> {
    let Some(next) = wanted.chain.last() else { return Ok(None) };
    if wanted.chain.len() > 1 && !next.is_remote() {
        let why = format!(
            "kit `{next}`, to which the Kitfile refers, names no registry and is not in the local store"
        );
        let is_here = context.store()?.resolve(next)?.is_some();
        return Ok(Some(if is_here { String::new() } else { why }));
    }
    let is_exposed = is_exposed(context.client.options(), Some(asked), next);
    Ok(is_exposed.then(|| {
        format!(
            "kit `{next}`, to which the Kitfile refers, is at another registry: `--plain-http` and `--tls-verify=false` were not meant for it, so it was not pulled"
        )
    }))
}

/// Pulls the kit that a reference is pinned to. Its tag comes along where it means this kit still: another
/// meaning is left to whoever asks for that name.
async fn pull_pinned(
    context: &Context,
    reference: &Reference,
    pinned: &Pinned,
    referrers: ReferrerPolicy,
) -> Result<(Kit, Moved), OpsError> {
    if pinned.now.as_ref() == Some(&pinned.digest) {
        let target = Target::Digest(pinned.digest.clone());
        return pull_target(context, reference, &target, referrers).await;
    }
    let exact = reference.with_digest(pinned.digest.clone());
    let (kit, mut moved) = match pull_one(context, &exact, referrers).await {
        Err(error) if sealkit_report::Hint::code(&error) == "kit-not-found" => {
            return Err(gone(&pinned.from, reference, &pinned.digest, pinned.now.as_ref()));
        }
        pulled => pulled?,
    };
    moved.warnings.push(format!(
            "`{reference}` means another kit now: the one that `{}` was packed with was pulled, without its tag",
        pinned.from
    ));
    Ok((kit, moved))
}

async fn pull_one(
    context: &Context,
    reference: &Reference,
    referrers: ReferrerPolicy,
) -> Result<(Kit, Moved), OpsError> {
    let target = reference
        .target()
        .ok_or_else(|| OpsError::NoTarget { reference: reference.to_string() })?;
    pull_target(context, reference, &target, referrers).await
}

async fn pull_target(
    context: &Context,
    reference: &Reference,
    target: &Target,
    referrers: ReferrerPolicy,
) -> Result<(Kit, Moved), OpsError> {
    let remote = context.repository(&Place::remote(reference.clone())?)?;
    let kit = open_remote(remote, target, reference).await?;
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

/// The kits that a kit refers to, each with the digest that the file table of the kit pins it to.
async fn parents(
    context: &Context,
    asked: &Reference,
    kit: &Kit,
    warnings: &mut Vec<String>,
) -> Result<Vec<(Reference, Option<Pinned>)>, OpsError> {
    let Some(kitfile) = &kit.kitfile else { return Ok(Vec::new()) };
    let datasets = kitfile.dataset_references().into_iter().map(|(_, reference)| reference);
    let all: Vec<Reference> = kitfile.model_reference().into_iter().chain(datasets).collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let pins = Pins::of(kit, &SealedTables::new(context)?).await?;
    let mut parents = Vec::with_capacity(all.len());
    for reference in all {
        let from = kit.reference.clone();
        let now = now(context, asked, &reference).await?;
        let pinned = match pins.pin(&reference, now.as_ref()) {
            Pin::At(digest) => Some(Pinned { from, digest, now }),
            Pin::Open => {
                warnings.push(format!(
                    "kit `{reference}`, to which `{from}` refers, is not pinned to a digest: what its tag means now is pulled"
                ));
                None
            }
            Pin::Disputed(_) => {
                warnings.push(format!(
                    "kit `{reference}`, to which `{from}` refers, was not pulled: file tables that nobody whom you trust has sealed pin it to different digests"
                ));
                continue;
            }
        };
        parents.push((reference.or_latest(), pinned));
    }
    Ok(parents)
}

/// What a reference means where it would be pulled from, which is not asked where it will not be.
async fn now(
    context: &Context,
    asked: &Reference,
    reference: &Reference,
) -> Result<Option<Digest>, OpsError> {
    let is_exposed = is_exposed(context.client.options(), Some(asked), reference);
    match reference.digest() {
        Some(digest) => Ok(Some(digest.clone())),
        None if !reference.is_remote() => means_here(context, reference),
        None if is_exposed => Ok(None),
        None => Ok(means_there(context, reference).await),
    }
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
