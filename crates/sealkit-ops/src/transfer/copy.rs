//! `copy`: between any two of local store, registry, layout folder and archive.

use std::sync::Arc;

use sealkit_oci::{KitFormat, Reference, Target};
use sealkit_store::{Layout, Naming, Repository};

use super::push::check_digest;
use super::{Move, Moved, ReferrerPolicy, move_kit};
use crate::{Context, Kit, OpsError, Place, archive, convert, log};

/// What to copy.
#[derive(Clone, Debug)]
pub struct CopyRequest {
    /// From.
    pub source: Place,
    /// To.
    pub destination: Place,
    /// Whether what is attached to the kit goes too.
    pub recursive: bool,
    /// Format to convert to.
    pub format: Option<KitFormat>,
}

/// A kit that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyOutcome {
    /// How it went.
    pub moved: Moved,
    /// Whether the copy is a new kit in another format.
    pub converted: bool,
}

/// Copies a kit. A tag at the source is resolved once.
pub async fn copy(context: &Context, request: &CopyRequest) -> Result<CopyOutcome, OpsError> {
    for place in [&request.source, &request.destination] {
        if let Place::Remote(reference) = place {
            log::guard(context, reference.registry()).await?;
        }
    }
    let source = Source::open(context, &request.source).await?;
    let conversion = request.format.filter(|format| *format != source.kit.format);
    let mut warnings = Vec::new();
    let kit = match conversion {
        None => source.kit.clone(),
        Some(format) => {
            let converted = convert::convert(&source.kit, format).await?;
            warnings.extend(converted.warnings);
            converted.kit
        }
    };
    let referrers = if request.recursive { ReferrerPolicy::Require } else { ReferrerPolicy::Leave };
    let mut moved = deliver(context, &kit, request, referrers).await?;
    moved.warnings.extend(warnings);
    Ok(CopyOutcome { moved, converted: conversion.is_some() })
}

/// A kit and, where it came out of an archive, the folder it is in until the copy is done.
struct Source {
    kit: Kit,
    _unpacked: Option<archive::Aside>,
}

impl Source {
    async fn open(context: &Context, place: &Place) -> Result<Self, OpsError> {
        let Place::Archive(file) = place else {
            return Ok(Self { kit: Kit::open(context, place).await?, _unpacked: None });
        };
        let unpacked = archive::aside(context, file).await?;
        Ok(Self { kit: unpacked.kit().await?, _unpacked: Some(unpacked) })
    }
}

async fn deliver(
    context: &Context,
    kit: &Kit,
    request: &CopyRequest,
    referrers: ReferrerPolicy,
) -> Result<Moved, OpsError> {
    let source_tag = source_tag(&request.source);
    let (to, tag): (Arc<dyn Repository>, Option<String>) = match &request.destination {
        Place::Local(reference) => {
            check_digest(kit, reference)?;
            (Arc::new(context.store()?.repository(&reference.name())), own_tag(reference))
        }
        place @ Place::Remote(reference) => {
            check_digest(kit, reference)?;
            (context.repository(place)?, own_tag(reference))
        }
        Place::Layout { dir, target } => {
            let layout = Layout::open_or_create(dir, Naming::Plain)?;
            let tag = match target {
                None => source_tag,
                Some(Target::Tag(tag)) => Some(tag.clone()),
                Some(Target::Digest(digest)) if digest == kit.digest() => None,
                Some(Target::Digest(_)) => return Err(wrong_digest(kit, &request.destination)),
            };
            (Arc::new(layout.repository("")), tag)
        }
        Place::Archive(file) => {
            let name = match &request.source {
                Place::Local(reference) | Place::Remote(reference) => Some(reference.to_string()),
                _ => source_tag,
            };
            return archive::save_to_file(context, kit, name.as_deref(), referrers, file).await;
        }
        other @ (Place::Folder(_) | Place::Served(_)) => {
            return Err(OpsError::NotARepository { place: other.to_string() });
        }
    };
    let tag = tag.as_deref();
    let job = Move { what: "copying", kit, to: &*to, tag, referrers, from_repo: None };
    move_kit(context, job).await
}

/// The tag of a destination: `latest` where it has neither tag nor digest.
fn own_tag(reference: &Reference) -> Option<String> {
    reference.clone().or_latest().tag().map(str::to_owned)
}

fn source_tag(place: &Place) -> Option<String> {
    match place {
        Place::Local(reference) | Place::Remote(reference) => reference.tag().map(str::to_owned),
        Place::Layout { target: Some(Target::Tag(tag)), .. } => Some(tag.clone()),
        _ => None,
    }
}

fn wrong_digest(kit: &Kit, place: &Place) -> OpsError {
    let message = format!("`{place}` names another digest than the kit's: {}", kit.digest());
    OpsError::usage("digest-differs", message)
}
