//! What the signed AIBOM says, as far as a policy asks.

use std::collections::BTreeMap;

use sealkit_aibom::{
    Bom, Component, Kind, Profile, Property, Requirement, ScoreContext, State, codec_of,
    profile_ids, score,
};
use sealkit_attest::{AnyPredicate, KitSeal, VerifiedStatement};
use sealkit_inspect::{Value, property};
use sealkit_oci::Digest;
use sealkit_policy::{
    Ancestor, AncestorState, BomElement, BomFacts, BomPart, BomScoreFacts, PartKind,
};
use sealkit_report::Known;

use crate::Kit;

/// The AIBOM that a verified seal names, else the first that is signed, by a hub only where no other is; none
/// where none is.
pub(crate) fn facts(statements: &[VerifiedStatement], kit: &Kit) -> Option<BomFacts> {
    let named =
        statements.iter().find_map(|said| said.predicate::<KitSeal>().ok()?.value().bom.clone());
    let mut said: Vec<&VerifiedStatement> = statements.iter().collect();
    said.sort_by_key(|said| (said.value().is_made_by_hub(), said.evidence()));
    let mut all = said.into_iter().filter_map(document);
    let is_named = |(bytes, _): &(Vec<u8>, &Digest)| {
        named.as_ref().is_none_or(|named| Digest::of(bytes) == named.digest)
    };
    let (bytes, evidence) = &all.find(is_named)?;
    // One that does not parse is no AIBOM: the step of verification says what is wrong with it.
    let Ok(codec) = codec_of(bytes) else { return None };
    let Ok(bom) = codec.decode(bytes) else { return None };
    if bom.subject_digest().as_ref() != Some(kit.digest()) {
        return None;
    }
    let parts = bom.components.iter().filter_map(|component| part(component, kit)).collect();
    let scores = scores(&bom, codec.name());
    Some(BomFacts { evidence: (*evidence).clone(), parts, scores })
}

fn document(said: &VerifiedStatement) -> Option<(Vec<u8>, &Digest)> {
    let bytes = match said.value().any_predicate().ok()? {
        AnyPredicate::CycloneDx(bom) => bom.document().as_bytes().to_vec(),
        AnyPredicate::Spdx(bom) => bom.document().as_bytes().to_vec(),
        _ => return None,
    };
    Some((bytes, said.evidence()))
}

fn part(component: &Component, kit: &Kit) -> Option<BomPart> {
    let kind = match component.kind {
        Kind::Model => PartKind::Model,
        Kind::Dataset | Kind::ExternalDataset => PartKind::Dataset,
        Kind::BaseModel => PartKind::BaseModel,
        Kind::Code => PartKind::Code,
        Kind::ExternalModel => PartKind::Other,
        _ => return None,
    };
    let licences = component.of(property::LICENCE).filter_map(|said| match &said.value {
        Value::Text(text) => Some((text.clone(), known(said))),
        _ => None,
    });
    Some(BomPart {
        kind,
        name: component.name.clone(),
        version: component.text(property::VERSION).map(str::to_owned),
        digest: component.sha256().or_else(|| layer(component, kit)),
        licences: licences.collect(),
    })
}

/// How a value is known; what nothing proves is at best a conclusion.
fn known(said: &Property) -> Known {
    said.evidence.as_ref().map_or(Known::Inferred, |evidence| evidence.known)
}

/// The layer that holds a part of the kit: its digest is in the manifest.
fn layer(component: &Component, kit: &Kit) -> Option<Digest> {
    let path = component.path.as_deref().filter(|_| component.kind.is_inside())?;
    let holds = |layer: &&crate::KitLayer| {
        layer.part.as_ref().is_some_and(|part| part.path.trim_end_matches('/') == path)
    };
    kit.layers.iter().find(holds).map(|layer| layer.descriptor.digest.clone())
}

fn scores(bom: &Bom, format: &str) -> BTreeMap<String, BomScoreFacts> {
    let context = ScoreContext { format: Some(format), signed: true, ..ScoreContext::default() };
    let profiles = profile_ids().filter_map(Profile::built_in);
    profiles
        .map(|profile| {
            let scored = score(bom, &profile, &context);
            let elements = scored.elements.into_iter().map(|element| BomElement {
                demanded: element.requirement == Requirement::Must,
                said: match element.state {
                    State::Present => Some(true),
                    State::NotApplicable => None,
                    State::Missing | State::ExplicitUnknown => Some(false),
                },
                id: element.id,
            });
            let facts = BomScoreFacts { percent: scored.percent, elements: elements.collect() };
            (profile.id, facts)
        })
        .collect()
}

/// What an AIBOM names outside of the kit.
pub(super) fn ancestors(bom: &BomFacts) -> Vec<Ancestor> {
    let outside = |part: &&BomPart| {
        part.kind == PartKind::BaseModel
            || (part.kind == PartKind::Dataset && part.digest.is_none())
    };
    let all = bom.parts.iter().filter(outside);
    all.map(|part| Ancestor {
        name: part.name.clone(),
        digest: part.digest.clone(),
        kind: part.kind,
        depth: 1,
        state: AncestorState::Declared,
        reason: None,
        signers: Vec::new(),
        evidence: Some(bom.evidence.clone()),
    })
    .collect()
}
