//! `tag`, `remove` and `history`: names of kits.

use std::collections::BTreeSet;

use sealkit_oci::{Digest, Reference, Target};
use sealkit_store::{Expect, Layout};

use crate::{Context, OpsError, Place};

/// Gives the kit `source` of the local store every tag of `target`, and says which names that are.
pub fn tag(
    context: &Context,
    source: &Reference,
    target: &Reference,
) -> Result<Vec<Reference>, OpsError> {
    require_target(source)?;
    require_target(target)?;
    if !source.extra_tags().is_empty() {
        let message = format!("`{source}` names several kits");
        return Err(OpsError::usage("several-names", message).with_hint("name one tag"));
    }
    if target.digest().is_some() {
        let message = format!("`{target}` names a digest: a digest can not be chosen");
        return Err(OpsError::usage("no-tag", message).with_hint("name a tag alone"));
    }
    let targets = wanted(target)?;
    let store = context.store()?;
    let found = store.resolve(source)?.ok_or_else(|| not_found(source))?;
    let wanted = Target::Digest(found.descriptor.digest.clone());
    let stored = store.manifest(&found.repository, &wanted)?.ok_or_else(|| not_found(source))?;
    let media_type = &stored.descriptor.media_type;
    for one in &targets {
        store.put_manifest(&one.name(), media_type, &stored.bytes, one.tag())?;
    }
    copy_referrers(&store, &found.repository, &target.name(), &stored.descriptor.digest)?;
    Ok(targets)
}

/// What is attached to a kit follows it into its new repository: blobs are shared, so this writes
/// index entries only.
fn copy_referrers(store: &Layout, from: &str, to: &str, digest: &Digest) -> Result<(), OpsError> {
    if from == to {
        return Ok(());
    }
    let mut waiting = vec![digest.clone()];
    let mut seen = BTreeSet::new();
    while let Some(subject) = waiting.pop() {
        for referrer in store.referrers(from, &subject, None)? {
            if !seen.insert(referrer.digest.clone()) {
                continue;
            }
            let target = Target::Digest(referrer.digest.clone());
            if let Some(stored) = store.manifest(from, &target)? {
                store.put_manifest(to, &stored.descriptor.media_type, &stored.bytes, None)?;
                waiting.push(referrer.digest);
            }
        }
    }
    Ok(())
}

/// What to remove.
#[derive(Clone, Debug, Default)]
pub struct RemoveRequest {
    /// The kit; none with `all`.
    pub reference: Option<Reference>,
    /// All kits without a tag.
    pub all: bool,
    /// The kit with all its tags; with `all` every kit.
    pub force: bool,
    /// Only say what would be removed.
    pub dry_run: bool,
}

/// Something that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its name as people write it.
    pub name: String,
    /// Digest of its manifest.
    pub digest: Digest,
}

/// Removes kits or tags from the local store. Their bytes go with the next `gc`. Where one of several is
/// not there, none is removed.
pub fn remove(context: &Context, request: &RemoveRequest) -> Result<Vec<Removed>, OpsError> {
    let store = context.store()?;
    let Some(reference) = &request.reference else { return remove_all(&store, request) };
    require_target(reference)?;
    let mut all = Vec::new();
    for wanted in wanted(reference)? {
        let found = store.resolve(&wanted)?.ok_or_else(|| not_found(&wanted))?;
        all.push((wanted, found));
    }
    let mut gone = BTreeSet::new();
    for (_, found) in all.iter().filter(|_| !request.dry_run) {
        let digest = &found.descriptor.digest;
        match &found.tag {
            Some(tag)
                if !request.force && has_other_tags(&store, &found.repository, digest, tag)? =>
            {
                store.untag(&found.repository, tag, &Expect::Digest(digest.clone()))?;
            }
            // With all its tags: the next name may be one of them.
            _ => {
                if gone.insert(digest) {
                    store.remove(&found.repository, digest)?;
                }
            }
        }
    }
    let removed = all.iter().map(|(wanted, found)| Removed {
        name: wanted.to_string(),
        digest: found.descriptor.digest.clone(),
    });
    Ok(removed.collect())
}

fn remove_all(store: &Layout, request: &RemoveRequest) -> Result<Vec<Removed>, OpsError> {
    let mut removed = Vec::new();
    for entry in store.list()? {
        let is_kit = entry.subject.is_none();
        let Some(repository) = entry.repository.filter(|_| is_kit) else { continue };
        if !request.force && !entry.tags.is_empty() {
            continue;
        }
        if !request.dry_run {
            store.remove(&repository, &entry.descriptor.digest)?;
        }
        let digest = entry.descriptor.digest;
        removed.push(Removed { name: format!("{}@{digest}", shown(&repository)), digest });
    }
    Ok(removed)
}

/// Removes kits or tags from their registry. Where one of several is not there, none is removed.
pub async fn remove_remote(
    context: &Context,
    request: &RemoveRequest,
) -> Result<Vec<Removed>, OpsError> {
    let Some(reference) = &request.reference else {
        return Err(OpsError::usage("no-reference", "removing from a registry needs a reference"));
    };
    require_target(reference)?;
    let repository = context.repository(&Place::remote(reference.clone())?)?;
    let mut all = Vec::new();
    for wanted in wanted(reference)? {
        let Some(target) = wanted.target() else { continue };
        let stored = repository.manifest(&target).await?.ok_or_else(|| not_found(&wanted))?;
        all.push((wanted, target, stored.descriptor.digest));
    }
    let mut gone = BTreeSet::new();
    for (_, target, digest) in all.iter().filter(|_| !request.dry_run) {
        if !request.force {
            repository.delete_manifest(target).await?;
        } else if gone.insert(digest) {
            repository.delete_manifest(&Target::Digest(digest.clone())).await?;
        }
    }
    let removed = all
        .iter()
        .map(|(wanted, _, digest)| Removed { name: wanted.to_string(), digest: digest.clone() });
    Ok(removed.collect())
}

/// One reference for each tag of `repo:tag1,tag2`.
fn wanted(reference: &Reference) -> Result<Vec<Reference>, OpsError> {
    if reference.digest().is_some() {
        return Ok(vec![reference.clone()]);
    }
    let tags = reference.tag().into_iter().chain(reference.extra_tags().iter().map(String::as_str));
    let mut seen = BTreeSet::new();
    Ok(tags
        .filter(|tag| seen.insert(*tag))
        .map(|tag| reference.with_tag(tag))
        .collect::<Result<_, _>>()?)
}

fn has_other_tags(
    store: &Layout,
    repository: &str,
    digest: &Digest,
    tag: &str,
) -> Result<bool, OpsError> {
    let entries = store.list()?;
    let own = |entry: &&sealkit_store::Entry| {
        entry.repository.as_deref() == Some(repository) && entry.descriptor.digest == *digest
    };
    Ok(entries.iter().find(own).is_some_and(|entry| entry.tags.iter().any(|other| other != tag)))
}

/// A move of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The tag with its repository, as people write it.
    pub reference: String,
    /// Where it pointed before; none where it was new.
    pub old: Option<Digest>,
    /// Where it points since; none where it was removed.
    pub new: Option<Digest>,
}

/// The moves of a tag, or of every tag of a repository, oldest first.
pub fn history(context: &Context, reference: &Reference) -> Result<Vec<Move>, OpsError> {
    let store = context.store()?;
    let moves = store.history(Some(&reference.name()), reference.tag())?;
    Ok(moves
        .into_iter()
        .map(|moved| Move {
            time: i64::try_from(moved.time).unwrap_or(i64::MAX),
            reference: shown(&moved.reference).to_owned(),
            old: moved.old,
            new: moved.new,
        })
        .collect())
}

/// A name of the store as people write it: without the registry that it stands for itself.
pub(crate) fn shown(name: &str) -> &str {
    name.strip_prefix("localhost/").unwrap_or(name)
}

fn require_target(reference: &Reference) -> Result<(), OpsError> {
    match reference.target() {
        Some(_) => Ok(()),
        None => Err(OpsError::NoTarget { reference: reference.to_string() }),
    }
}

fn not_found(reference: &Reference) -> OpsError {
    let place = if reference.is_remote() { reference.registry() } else { "the local store" };
    OpsError::KitNotFound { reference: reference.to_string(), place: place.to_owned() }
}
