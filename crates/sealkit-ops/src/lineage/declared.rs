//! What files declare of where a kit came from: model cards, adapter and training configs, run
//! records, and the Kitfile. The inspectors read them; here their facts become ties.

use sealkit_attest::{Declared, EdgeKind, NodeKind};
use sealkit_inspect::{OriginInfo, Value, property};
use sealkit_oci::{Digest, FileTable};
use sealkit_report::Known;

use crate::bom::gather::Gathered;

/// Most ties that are taken of one kit.
const MAX_DECLARED: usize = 1_000;

/// The ties that a kit declares.
pub(super) fn of(gathered: &Gathered, table: Option<&FileTable>) -> Vec<Declared> {
    let mut found = of_kitfile(gathered, table);
    for facts in gathered.facts.values() {
        for fact in &facts.facts {
            let Value::Origin(origin) = &fact.value else { continue };
            // What a rule concluded from a name is nobody's word.
            if fact.evidence.known == Known::Inferred || origin.name.is_empty() {
                continue;
            }
            let Some((edge, kind)) = tie(&fact.property, origin) else { continue };
            let one = Declared {
                edge,
                kind,
                name: origin.name.clone(),
                version: origin.version.clone().or_else(|| origin.revision.clone()),
                digest: origin.digests.iter().find_map(|digest| digest.parse().ok()),
                source: format!("{}{}", fact.evidence.file, place(&fact.evidence.place)),
            };
            if found.len() < MAX_DECLARED && !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

fn place(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!(" {place}") }
}

fn tie(property: &str, origin: &OriginInfo) -> Option<(EdgeKind, NodeKind)> {
    Some(match property {
        property::BASE_MODEL => (from_base(origin.role.as_deref()), NodeKind::Model),
        property::TRAINED_ON => (EdgeKind::TrainedOn, NodeKind::Dataset),
        property::EVALUATED_ON => (EdgeKind::EvaluatedOn, NodeKind::Dataset),
        _ => return None,
    })
}

fn from_base(role: Option<&str>) -> EdgeKind {
    match role {
        Some("adapter") => EdgeKind::AdapterOf,
        Some("quantized" | "quantised") => EdgeKind::QuantizedFrom,
        Some("merge" | "merged") => EdgeKind::MergedFrom,
        Some("distilled" | "distillation") => EdgeKind::DistilledFrom,
        Some("converted" | "conversion") => EdgeKind::ConvertedFrom,
        _ => EdgeKind::FineTunedFrom,
    }
}

/// The kits that the Kitfile refers to: pinned to a digest where `pack` could resolve them.
fn of_kitfile(gathered: &Gathered, table: Option<&FileTable>) -> Vec<Declared> {
    let model =
        gathered.kitfile.model_reference().map(|kit| (kit, "Kitfile model.path".to_owned()));
    let data = gathered.kitfile.dataset_references().into_iter();
    let data = data.map(|(at, kit)| (kit, format!("Kitfile datasets[{at}].remotePath")));
    let declared = |(kit, source): (sealkit_oci::Reference, String)| {
        let name = kit.to_string();
        let pin = table.and_then(|table| table.references.get(&name));
        let digest: Option<Digest> = kit.digest().or(pin).cloned();
        Declared {
            edge: EdgeKind::PackagedIn,
            kind: NodeKind::Kit,
            name,
            version: None,
            digest,
            source,
        }
    };
    model.into_iter().chain(data).map(declared).collect()
}
