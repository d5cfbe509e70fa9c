//! The values that CycloneDX has a place for, each with a reader and a writer. A writer gives none
//! where the place cannot hold the claim; a reader takes what is well-formed and leaves the rest.

use sealkit_inspect::{LinkInfo, MetricInfo, PackageInfo, Scope, Value, property};
use sealkit_report::{Evidence, Known};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::shape::with;
use super::types::{Address, Filled, Mail, Timestamp, VersionText};
use crate::{Property, name};

/// The value as JSON; our element types always have a JSON form.
pub(super) fn json_of(element: &impl Serialize) -> Option<Json> {
    serde_json::to_value(element).ok()
}

/// A filled text about the whole component.
fn whole_text(claim: &Property) -> Option<&str> {
    claim.as_text().filter(|text| claim.subject.is_empty() && !text.is_empty())
}

pub(super) fn read_text(claim: &'static str, element: &Json) -> Option<Property> {
    let text = element.as_str().filter(|text| !text.is_empty())?;
    Some(Property::text(claim, text, None))
}

pub(super) fn text(claim: &Property) -> Option<Json> {
    json_of(&Filled::new(whole_text(claim)?)?)
}

pub(super) fn version(claim: &Property) -> Option<Json> {
    json_of(&VersionText::new(whole_text(claim)?)?)
}

pub(super) fn time(claim: &Property) -> Option<Json> {
    json_of(&Timestamp::new(whole_text(claim)?)?)
}

/// A time; one of another zone is the same moment in UTC.
pub(super) fn read_time(name: &'static str, json: &Json) -> Option<Property> {
    let read = read_text(name, json)?;
    if time(&read).is_some() {
        return Some(read);
    }
    let moment = crate::time::in_utc(whole_text(&read)?)?;
    Some(Property::text(name, moment, None)).filter(|claim| time(claim).is_some())
}

/// One of a fixed list of words.
pub(super) fn word(claim: &Property, words: &[&str]) -> Option<Json> {
    whole_text(claim).filter(|text| words.contains(text)).map(Json::from)
}

/// A member of an object: `{"format": "…"}`, `{"uid": "…"}`.
pub(super) fn member(claim: &Property, key: &str) -> Option<Json> {
    Some(json!({key: text(claim)?}))
}

pub(super) fn read_member(claim: &'static str, key: &str, element: &Json) -> Option<Property> {
    read_text(claim, element.get(key)?)
}

/// What a package is needed for, as CycloneDX has it; a claim of the scope itself first.
pub(super) fn scope(claim: &Property) -> Option<Json> {
    match &claim.value {
        Value::Package(package) if claim.subject.is_empty() => {
            Some(Json::from(match package.scope {
                Scope::Runtime => "required",
                Scope::Optional => "optional",
                Scope::Development | Scope::Build => "excluded",
            }))
        }
        _ => word(claim, &["required", "optional", "excluded"]),
    }
}

pub(super) fn lifecycle(claim: &Property) -> Option<Json> {
    let phases =
        ["design", "pre-build", "build", "post-build", "operations", "discovery", "decommission"];
    match word(claim, &phases) {
        Some(phase) => Some(json!({"phase": phase})),
        None => member(claim, "name"),
    }
}

pub(super) fn read_lifecycle(element: &Json) -> Option<Property> {
    read_text(name::LIFECYCLE, element.get("phase").or_else(|| element.get("name"))?)
}

pub(super) fn tool(claim: &Property) -> Option<Json> {
    let Value::Package(package) = &claim.value else { return None };
    let tool = json!({"type": "application", "name": Filled::new(&package.name)?});
    let version = package.version.as_deref().and_then(VersionText::new);
    Some(with(tool, "version", version.map(|version| json!(version))))
}

pub(super) fn read_tool(element: &Json) -> Option<Property> {
    let text = |key: &str| element.get(key)?.as_str().filter(|text| !text.is_empty());
    let package = PackageInfo {
        name: text("name")?.to_owned(),
        version: text("version").map(str::to_owned),
        ..PackageInfo::default()
    };
    Some(Property::new(name::TOOL, Value::Package(package), None))
}

pub(super) fn without_reference(element: &Json) -> Json {
    let mut element = element.clone();
    if let Some(map) = element.as_object_mut() {
        map.shift_remove("bom-ref");
    }
    element
}

/// A result, told apart by the data that it was reached on: `slice`.
pub(super) fn metric(claim: &Property) -> Option<Json> {
    let Value::Metric(metric) = &claim.value else { return None };
    let out = json!({"type": Filled::new(&metric.name)?, "value": Filled::new(&metric.value)?});
    let data = [&metric.dataset, &metric.config, &metric.split];
    let slice: Vec<&str> = data.into_iter().flatten().map(String::as_str).collect();
    let slice = Filled::new(&slice.join(" / ")).map(|slice| json!(slice));
    Some(with(out, "slice", slice))
}

pub(super) fn read_metric(element: &Json) -> Option<Property> {
    let text = |key: &str| element.get(key)?.as_str().filter(|t| !t.is_empty()).map(str::to_owned);
    let metric = MetricInfo {
        name: text("type")?,
        value: text("value")?,
        dataset: text("slice"),
        ..MetricInfo::default()
    };
    Some(Property::new(property::METRIC, Value::Metric(metric), None))
}

/// Types of external references that both versions have.
const LINKS: &[&str] = &[
    "vcs",
    "issue-tracker",
    "website",
    "advisories",
    "bom",
    "mailing-list",
    "social",
    "chat",
    "documentation",
    "support",
    "source-distribution",
    "distribution",
    "distribution-intake",
    "license",
    "build-meta",
    "build-system",
    "release-notes",
    "security-contact",
    "model-card",
    "log",
    "configuration",
    "evidence",
    "formulation",
    "attestation",
    "threat-model",
    "adversary-model",
    "risk-assessment",
    "vulnerability-assertion",
    "exploitability-statement",
    "pentest-report",
    "static-analysis-report",
    "dynamic-analysis-report",
    "runtime-analysis-report",
    "component-analysis-report",
    "maturity-report",
    "certification-report",
    "codified-infrastructure",
    "quality-metrics",
    "poam",
    "electronic-signature",
    "digital-signature",
    "rfc-9116",
    "other",
];

/// An external reference. What CycloneDX has no type for becomes `other` with a comment.
pub(super) fn link(claim: &Property) -> Option<Json> {
    if claim.name == property::DOI {
        let doi = whole_text(claim)?;
        let url =
            if doi.contains("://") { doi.to_owned() } else { format!("https://doi.org/{doi}") };
        return Some(json!({"type": "other", "url": Address::new(&url)?, "comment": "doi"}));
    }
    if claim.name == property::SECURITY_CONTACT {
        let text = whole_text(claim)?;
        let url =
            if Mail::new(text).is_some() { format!("mailto:{text}") } else { text.to_owned() };
        return Some(json!({"type": "security-contact", "url": Address::new(&url)?}));
    }
    let Value::Link(link) = &claim.value else { return None };
    let url = Address::new(&link.url)?;
    if LINKS.contains(&link.kind.as_str()) {
        return Some(json!({"type": link.kind, "url": url}));
    }
    Some(json!({"type": "other", "url": url, "comment": Filled::new(&link.kind)?}))
}

pub(super) fn read_link(element: &Json) -> Option<Property> {
    let text = |key: &str| element.get(key)?.as_str().filter(|t| !t.is_empty()).map(str::to_owned);
    let link = LinkInfo { kind: text("type")?, url: text("url")? };
    Some(Property::new(property::LINK, Value::Link(link), None))
}

/// How CycloneDX says how a licence is known; none where nobody says so.
pub(super) fn acknowledgement(claim: &Property) -> Option<&'static str> {
    Some(match claim.evidence.as_ref()?.known {
        Known::Declared | Known::Attested => "declared",
        Known::Inferred | Known::Measured => "concluded",
    })
}

/// The evidence that an acknowledgement alone stands for.
pub(super) fn acknowledged(word: Option<&str>) -> Option<Evidence> {
    let known = match word? {
        "declared" => Known::Declared,
        "concluded" => Known::Inferred,
        _ => return None,
    };
    Some(Evidence { known, file: String::new(), place: String::new(), digest: None })
}

/// The first of a list of texts.
pub(super) fn first(claim: &Property) -> Option<Json> {
    match &claim.value {
        Value::List(texts) if claim.subject.is_empty() => {
            json_of(&texts.iter().find_map(|text| Filled::new(text))?)
        }
        _ => None,
    }
}

pub(super) fn approach(claim: &Property) -> Option<Json> {
    let words = [
        "supervised",
        "unsupervised",
        "reinforcement-learning",
        "semi-supervised",
        "self-supervised",
    ];
    word(claim, &words)
}

/// A CPE, in one of its two forms.
pub(super) fn cpe(claim: &Property) -> Option<Json> {
    let text = whole_text(claim)?;
    let plain = text.bytes().all(|c| c.is_ascii_graphic());
    let known = text.starts_with("cpe:2.3:") || text.starts_with("cpe:/");
    (plain && known).then(|| Json::from(text))
}

pub(super) fn swhid(claim: &Property) -> Option<Json> {
    let text = whole_text(claim)?;
    text.starts_with("swh:1:").then(|| Json::from(text))
}

/// A command line as the one command of a step.
pub(super) fn step(claim: &Property) -> Option<Json> {
    Some(json!({"commands": [{"executed": text(claim)?}]}))
}

pub(super) fn read_step(element: &Json) -> Option<Property> {
    read_text(name::COMMAND, element.pointer("/commands/0/executed")?)
}
