//! What one AIBOM says, for people.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use sealkit_api::{
    AibomComponent, AibomEntry, AibomGap, AibomRelation, AibomScore, AibomStatement, AibomSummary,
    SCHEMA_VERSION,
};
use sealkit_inspect::property;
use sealkit_ops::OpsError;
use sealkit_ops::bom::StoredDocument;
use sealkit_ops::bom::aibom::{
    Bom, Component, ComponentId, ElementResult, Kind, Profile, Property, Requirement, ScoreContext,
    State as Said, decode_any, profile_ids, render, score,
};
use sealkit_report::Known;

use super::routes::{Wanted, blocking, came, entry, read};
use crate::HubError;
use crate::api;
use crate::hub::Shared;
use crate::reader::Kit;

/// Components that are told; the document has all.
const MAX_COMPONENTS: usize = 1_000;
/// Statements that are told of one component.
const MAX_STATEMENTS: usize = 200;
/// Ties that are told.
const MAX_RELATIONS: usize = 2_000;
/// Longest text that is told, in characters.
const MAX_TEXT: usize = 2_000;

/// `GET /api/v1/kits/{name}/versions/{reference}/aibom/summary?digest=`.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, reference)): Path<(String, String)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<AibomSummary>, HubError> {
    let wanted = wanted.map_err(|_| HubError::Query("digest"))?.0;
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open_any(&shared, &name, &reference).await?;
    let StoredDocument { about, document, .. } =
        read(&shared, &kit, wanted.digest.as_deref()).await?;
    let kept = match &shared.aiboms {
        Some(aiboms) => aiboms.of_kit(&kit.name, &kit.digest).await?.0,
        None => Vec::new(),
    };
    let came = came(&shared, &kit, &about.referrer, &kept).await?;
    let entry = entry(&kit, about, came);
    Ok(Json(blocking(move || summary(&kit, entry, &document)).await?))
}

fn summary(kit: &Kit, aibom: AibomEntry, document: &[u8]) -> Result<AibomSummary, OpsError> {
    let bom = decode_any(document)?;
    let inside = || bom.all().filter(|component| component.kind != Kind::File);
    Ok(AibomSummary {
        schema_version: SCHEMA_VERSION,
        name: kit.name.clone(),
        digest: kit.digest.clone(),
        components: inside().take(MAX_COMPONENTS).map(component).collect(),
        relations: relations(&bom, inside().take(MAX_COMPONENTS)),
        count: inside().count() as u64,
        files: bom.of_kind(Kind::File).count() as u64,
        completeness: render::completeness(&bom),
        scores: profile_ids()
            .filter_map(Profile::built_in)
            .map(|p| scored(&bom, &p, &aibom))
            .collect(),
        aibom,
    })
}

fn component(component: &Component) -> AibomComponent {
    let licences = component.of(property::LICENCE).filter_map(Property::as_text);
    let mut statements: Vec<AibomStatement> = Vec::new();
    for line in render::lines(component).into_iter().take(MAX_STATEMENTS) {
        let (what, value, source) = (cut(&line.title), cut(&line.value), cut(&line.place));
        statements.push(AibomStatement { what, value, known: line.known.to_owned(), source });
    }
    AibomComponent {
        kind: component.kind.name().to_owned(),
        name: cut(&component.name),
        version: component.text(property::VERSION).map(cut),
        licences: distinct(licences.take(MAX_STATEMENTS)),
        purl: component.purl.as_deref().map(cut),
        known: known(component),
        statements,
    }
}

/// The ties between the components that are told.
fn relations<'a>(bom: &'a Bom, told: impl Iterator<Item = &'a Component>) -> Vec<AibomRelation> {
    let places: HashMap<&ComponentId, usize> =
        told.enumerate().map(|(at, component)| (&component.id, at)).collect();
    let tie = |relation: &'a sealkit_ops::bom::aibom::Relation| {
        let evidence = relation.evidence.as_ref();
        Some(AibomRelation {
            from: *places.get(&relation.from)?,
            to: *places.get(&relation.to)?,
            relation: relation.kind.name().to_owned(),
            role: relation.role.as_deref().map(cut),
            known: evidence.map_or(Known::Declared, |evidence| evidence.known),
            source: evidence.map_or_else(String::new, |evidence| cut(&evidence.file)),
        })
    };
    bom.relations.iter().filter_map(tie).take(MAX_RELATIONS).collect()
}

/// What says that it is there: its bytes, else its version, its name or the best of the rest.
fn known(component: &Component) -> Known {
    if component.kind.is_inside() && !component.hashes.is_empty() {
        return Known::Measured;
    }
    let named = [property::VERSION, property::NAME].iter().find_map(|name| component.first(name));
    let said = named.or_else(|| component.properties.first());
    let evidence = said.and_then(|property| property.evidence.as_ref());
    evidence.map_or(Known::Declared, |evidence| evidence.known)
}

fn scored(bom: &Bom, profile: &Profile, aibom: &AibomEntry) -> AibomScore {
    let context = ScoreContext {
        format: Some(&aibom.format),
        signed: aibom.verified,
        ..ScoreContext::default()
    };
    let scored = score(bom, profile, &context);
    let wanted = |element: &&ElementResult| {
        let is_said = matches!(element.state, Said::Present | Said::NotApplicable);
        !is_said && element.requirement != Requirement::May
    };
    let gap = |element: &ElementResult| AibomGap {
        id: element.id.clone(),
        title: element.title.clone(),
        demanded: element.requirement == Requirement::Must,
        supply: supply(element),
    };
    let missing = scored.elements.iter().filter(wanted).map(gap).collect();
    AibomScore { profile: scored.profile, title: scored.title, percent: scored.percent, missing }
}

fn supply(element: &ElementResult) -> String {
    let how = &element.how_to_supply;
    let flag = how.flag.iter().map(|flag| format!("`{flag}`"));
    let overlay = how.overlay.iter().map(|key| format!("`{key}` in aibom.yaml"));
    let ways = flag.chain(overlay).chain(how.file.clone()).chain(how.step.clone());
    ways.collect::<Vec<_>>().join(", or ")
}

/// The texts, each once: as it was said and as it is spelled may differ in case alone.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts.map(cut) {
        if !all.iter().any(|known| known.eq_ignore_ascii_case(&text)) {
            all.push(text);
        }
    }
    all
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}
