//! The score of the OWASP AIBOM generator over a document: points of five categories, each by the
//! share of its fields that are there, less a penalty for important ones that are not.
//!
//! As that program does, it looks at the first component alone, where most fields are found by their
//! name: as members of the component or its card, or as properties.

use serde_json::{Value, json};

/// How much a field matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    Critical,
    Important,
    Other,
    /// Counts only where it is present.
    Extra,
}

use Tier::{Critical, Extra, Important, Other};

/// A category: its points, and its fields with the place in the document or in the component.
type Category = (f64, &'static [(&'static str, Tier, &'static str)]);

const CATEGORIES: &[Category] = &[
    (
        20.0,
        &[
            ("bomFormat", Critical, "/bomFormat"),
            ("specVersion", Critical, "/specVersion"),
            ("serialNumber", Critical, "/serialNumber"),
            ("version", Critical, "/version"),
        ],
    ),
    (
        20.0,
        &[
            ("primaryPurpose", Critical, ""),
            ("suppliedBy", Critical, ""),
            ("standardCompliance", Other, ""),
            ("domain", Other, ""),
            ("autonomyType", Other, ""),
        ],
    ),
    (
        20.0,
        &[
            ("name", Critical, "/components/0/name"),
            ("type", Critical, "/components/0/type"),
            ("component_version", Critical, "/components/0/version"),
            ("purl", Important, "/components/0/purl"),
            ("description", Important, "/components/0/description"),
            ("licenses", Important, "/components/0/licenses"),
            ("external_references", Other, ""),
        ],
    ),
    (30.0, MODEL_CARD),
    (
        10.0,
        &[
            ("downloadLocation", Important, ""),
            ("vcs", Other, ""),
            ("website", Other, ""),
            ("paper", Other, ""),
        ],
    ),
];

const MODEL_CARD: &[(&str, Tier, &str)] = &[
    ("datasets", Important, ""),
    ("ethicalConsiderations", Important, ""),
    ("energyConsumption", Important, ""),
    ("hyperparameter", Important, ""),
    ("technicalLimitations", Important, ""),
    ("safetyRiskAssessment", Important, ""),
    ("intendedUse", Important, ""),
    ("typeOfModel", Important, "/components/0/modelCard/modelParameters/modelArchitecture"),
    ("modelExplainability", Other, ""),
    ("energyQuantity", Other, ""),
    ("energyUnit", Other, ""),
    ("informationAboutTraining", Other, ""),
    ("informationAboutApplication", Other, ""),
    ("metric", Other, ""),
    ("metricDecisionThreshold", Other, ""),
    ("modelDataPreprocessing", Other, ""),
    ("useSensitivePersonalInformation", Other, ""),
    ("vocab_size", Extra, ""),
    ("tokenizer_class", Extra, ""),
    ("context_length", Extra, ""),
    ("embedding_length", Extra, ""),
    ("block_count", Extra, ""),
    ("attention_head_count", Extra, ""),
    ("attention_head_count_kv", Extra, ""),
    ("feed_forward_length", Extra, ""),
    ("rope_dimension_count", Extra, ""),
    ("quantization_version", Extra, ""),
    ("quantization_file_type", Extra, ""),
];

/// The score of a document, of 100.
pub(super) fn score(document: &Value) -> f64 {
    let (mut points, mut critical, mut important) = (0.0, 0, 0);
    for (weight, fields) in CATEGORIES {
        let (mut present, mut total) = (0_u32, 0_u32);
        for (name, tier, place) in *fields {
            let is_there = is_there(document, name, place);
            present += u32::from(is_there);
            total += u32::from(is_there || *tier != Extra);
            critical += u32::from(!is_there && *tier == Critical);
            important += u32::from(!is_there && *tier == Important);
        }
        points += weight * f64::from(present) / f64::from(total);
    }
    let for_critical = match critical {
        4.. => 0.8,
        2..=3 => 0.9,
        _ => 1.0,
    };
    let for_important = if important >= 5 { 0.95 } else { 1.0 };
    (points * for_critical * for_important * 10.0).round() / 10.0
}

fn is_there(document: &Value, name: &str, place: &str) -> bool {
    let component = &document["components"][0];
    let card = &component["modelCard"];
    let considerations = &card["considerations"];
    let holders = [
        document,
        &document["metadata"],
        component,
        card,
        &card["modelParameters"],
        considerations,
    ];
    let lists = ["/metadata/properties", "/components/0/properties"];
    let mut named = lists.iter().filter_map(|at| document.pointer(at)?.as_array()).flatten();
    let is_name = |text: &str| text.strip_prefix("spdx:").unwrap_or(text) == name;
    let links = component["externalReferences"].as_array();
    let is_linked = |kinds: &[&str]| {
        let mut all = links.into_iter().flatten().filter_map(|link| link["type"].as_str());
        all.any(|kind| kinds.contains(&kind))
    };
    let other = match name {
        "safetyRiskAssessment" => considerations.get("ethicalConsiderations").is_some(),
        "energyConsumption" => considerations.get("environmentalConsiderations").is_some(),
        "downloadLocation" => is_linked(&["distribution", "website"]),
        "vcs" => is_linked(&["vcs"]),
        "website" => is_linked(&["website"]),
        "paper" => is_linked(&["documentation"]),
        _ => false,
    };
    let native = document.pointer(place).filter(|_| !place.is_empty());
    other
        || native.is_some_and(|value| !value.is_null() && value != "" && value != &json!([]))
        || holders.iter().any(|holder| holder.get(name).is_some())
        || named.any(|property| property["name"].as_str().is_some_and(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_document_has_little() {
        let bare = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "x",
            "version": 1, "components": [{"type": "machine-learning-model", "name": "tiny"}]});
        // 20 for the format, 2 of 7 for the component; three critical and many important fields are
        // missing.
        assert!((score(&bare) - 22.0).abs() < 0.05, "{}", score(&bare));
    }

    #[test]
    fn extra_fields_count_only_where_they_are() {
        let with = |name: &str| json!({"components": [{"properties": [{"name": format!("spdx:{name}"), "value": "1"}]}]});
        assert!(is_there(&with("vocab_size"), "vocab_size", ""));
        assert!(!is_there(&with("other"), "vocab_size", ""));
        assert!(score(&with("vocab_size")) > score(&with("other")));
    }
}
