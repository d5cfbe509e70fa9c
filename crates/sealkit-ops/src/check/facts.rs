//! From what was verified to the facts that a policy judges.

use std::collections::BTreeSet;
use std::sync::Arc;

use sealkit_attest::{KitSeal, VerifiedStatement};
use sealkit_inspect::{Class, capabilities, property};
use sealkit_oci::{KitFormat, LayerRole};
use sealkit_policy::{Ancestor, Facts, FactsBuilder, KitKind, LineageFacts, Subject};

use super::{CheckRequest, Checked, bom, files, lineage, referenced};
use crate::bom::gather::{self, Gathered};
use crate::kit::MAX_FILE_TABLE;
use crate::place::served_name;
use crate::verify::SealedTables;
use crate::verify::read::document;
use crate::{Context, Kit, OpsError, Place, memory};

/// Collects the facts about the kit that was verified. `at` names it by its digest.
pub(super) async fn collect(
    context: &Context,
    (asked, at): (&Place, &Place),
    pinned: bool,
    checked: &Checked,
    request: &CheckRequest,
) -> Result<Facts, OpsError> {
    let found = &checked.verification;
    let mut kit = Kit::open(context, at).await?;
    if kit.format == KitFormat::ModelPack && kit.kitfile.is_none() {
        kit.made_kitfile().await?;
    }
    let files = read_files(context, at, request).await?;
    let subject = Subject {
        digest: kit.digest().clone(),
        repository: repository(asked),
        pinned,
        kinds: kinds(&kit, &files),
        environment: request.environment.clone(),
    };
    let name = subject.repository.clone();
    let mut builder = Facts::about(subject).steps(&found.report).manifest(&kit.manifest)?;
    for statement in &found.statements {
        builder = builder.statement(statement)?;
    }
    builder = with_table(builder, &kit, &found.statements).await?;
    if let Some(mut said) = files::facts(&files, None)
        && referenced::add(context, at, &kit, request, &mut said).await?
    {
        builder = builder.files(said)?;
    }
    let bom = bom::facts(&found.statements, &kit);
    let lineage = with_declared(lineage::facts(context, at, request, &files).await?, bom.as_ref());
    if let Some(bom) = bom {
        builder = builder.bom(bom)?;
    }
    builder = builder.lineage(lineage)?;
    // Without a repository nothing was looked up: that is another thing than finding nothing.
    if let Some(name) = name {
        builder = builder.seen(memory::release(&context.home, &name)?);
    }
    Ok(builder.build())
}

/// The repository that rules name, with the registry where there is one.
fn repository(place: &Place) -> Option<String> {
    match place {
        Place::Local(reference) | Place::Remote(reference) if !reference.is_unnamed() => {
            Some(reference.name())
        }
        Place::Served(reference) => Some(served_name(reference)),
        _ => None,
    }
}

/// What a kit is about: what its parts are called, and a model wherever its bytes lie, so that no name takes it out
/// of the rules for models.
fn kinds(kit: &Kit, files: &Gathered) -> Vec<KitKind> {
    let of = |layer: &crate::KitLayer| {
        let is_prompt = layer.part.as_ref().is_some_and(|part| part.is_prompt);
        Some(match layer.layer_type?.role {
            LayerRole::Model | LayerRole::ModelPart => KitKind::Model,
            LayerRole::Dataset => KitKind::Dataset,
            LayerRole::Code if is_prompt => KitKind::Prompts,
            LayerRole::Code | LayerRole::Mcpb => KitKind::Code,
            LayerRole::Docs => KitKind::Docs,
        })
    };
    let mut all: Vec<KitKind> = kit.layers.iter().filter_map(of).collect();
    all.extend(may_hold_weights(files).then_some(KitKind::Model));
    // What comes along from other kits is of this one for whoever uses it.
    if let Some(kitfile) = &kit.kitfile {
        all.extend(kitfile.model_reference().map(|_| KitKind::Model));
        all.extend(kitfile.dataset_references().first().map(|_| KitKind::Dataset));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether a file is one of weights by its bytes, or could be because it was not listed.
fn may_hold_weights(files: &Gathered) -> bool {
    let formats = capabilities().map(|known| known.format);
    let weights: BTreeSet<&str> =
        formats.filter(|format| format.class == Class::Model).map(|format| format.id).collect();
    let mut found = files.facts.values().filter_map(|facts| facts.text(property::FORMAT));
    files.parts.iter().any(|part| part.files.is_none())
        || found.any(|format| weights.contains(format))
}

/// Adds the file table that a verified seal names, where it is there.
async fn with_table(
    builder: FactsBuilder,
    kit: &Kit,
    statements: &[VerifiedStatement],
) -> Result<FactsBuilder, OpsError> {
    let seals = statements.iter().filter_map(|said| said.predicate::<KitSeal>().ok());
    for seal in seals {
        let table = document(&*kit.repository, &seal.value().file_table, MAX_FILE_TABLE).await?;
        if let Some(bytes) = table.good() {
            return Ok(builder.file_table(bytes)?);
        }
    }
    Ok(builder)
}

/// What the bytes of every file of the kit at `at` say.
pub(super) async fn read_files(
    context: &Context,
    at: &Place,
    request: &CheckRequest,
) -> Result<Gathered, OpsError> {
    let trust = request.verify.trusted.root(context)?;
    let tables = Arc::new(SealedTables::under(trust, context));
    gather::of_kit(context, at, tables, None, usize::MAX).await
}

/// Adds ancestors that the AIBOM names and the walk did not meet: declared and no more. Of an ancestor
/// that was not looked at, nobody knows the ancestors.
fn with_declared(mut walked: LineageFacts, bom: Option<&sealkit_policy::BomFacts>) -> LineageFacts {
    let known = |one: &Ancestor, walked: &LineageFacts| {
        let same = |other: &Ancestor| {
            one.name == other.name || (one.digest.is_some() && one.digest == other.digest)
        };
        walked.ancestors.iter().any(same)
    };
    let more = bom.map(bom::ancestors).unwrap_or_default();
    let more: Vec<Ancestor> = more.into_iter().filter(|one| !known(one, &walked)).collect();
    walked.complete &= more.is_empty();
    walked.ancestors.extend(more);
    walked
}
