//! Components as elements: packages, AI packages, dataset packages and files.

use sealkit_inspect::{LinkInfo, MetricInfo, Value, property};
use serde::Serialize as _;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Map, Value as Json, json};

use super::graph::{CREATION, Element, Graph};
use super::read_component::read_alone;
use super::{FAMILY, agents, licences};
use crate::time::utc;
use crate::{Component, Hash, HashAlgorithm, Kind, Property, name};

/// Puts a component among the elements, with its annotation, its licences and the people it names. Its
/// own element and the annotation are made when they are written.
pub(super) fn add<'a>(graph: &mut Graph<'a>, component: &'a Component) {
    let Some(id) = graph.id(&component.id.0).map(str::to_owned) else { return };
    if kept(component).is_some() {
        // What was read from elsewhere says already all that is known of it.
        graph.put(id, Element::Component(component));
        return;
    }
    let supplier = component.first(name::SUPPLIER);
    for party in supplier.into_iter().chain(originators(component)) {
        agents::add(graph, party);
    }
    match component.kind {
        kind if kind.is_model() => graph.uses("ai"),
        kind if kind.is_data() => graph.uses("dataset"),
        _ => {}
    }
    graph.put(id.clone(), Element::Component(component));
    licences::add(graph, component, &id);
    let note = graph.own_id("note", &component.id.0);
    graph.put(note, Element::Note(component));
}

/// The fields of a component that was read from a document of this format.
fn kept(component: &Component) -> Option<&Map<String, Json>> {
    let residue = component.residue.as_ref().filter(|residue| residue.format == FAMILY)?;
    Some(&residue.fields)
}

/// Writes the element `id` of a component, member by member.
pub(super) fn write<S: Serializer>(
    namespace: &str,
    (id, component): (&str, &Component),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if let Some(kept) = kept(component) {
        return changed(component, kept).serialize(serializer);
    }
    let mut members = serializer.serialize_map(None)?;
    members.serialize_entry("type", element_type(component.kind))?;
    members.serialize_entry("spdxId", id)?;
    members.serialize_entry("creationInfo", CREATION)?;
    let mut written = Ok(());
    native(namespace, component, &mut |key, value| {
        if written.is_ok() {
            written = members.serialize_entry(key, &value);
        }
    });
    written?;
    members.end()
}

/// The fields as they were read, but for those that say something else now.
fn changed(component: &Component, kept: &Map<String, Json>) -> Map<String, Json> {
    let mut fields = kept.clone();
    let before = read_alone(kept);
    let all = |component: &Component| {
        let mut all = Map::new();
        native("", component, &mut |key, value| drop(all.insert(key.to_owned(), value)));
        all
    };
    let was = all(&before);
    for (key, value) in all(component) {
        let agents = matches!(key.as_str(), "suppliedBy" | "originatedBy");
        if !agents && was.get(&key) != Some(&value) {
            fields.insert(key, value);
        }
    }
    fields
}

/// The class of a kind of component.
pub(super) fn element_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Model | Kind::BaseModel | Kind::ExternalModel => "ai_AIPackage",
        Kind::Dataset | Kind::ExternalDataset => "dataset_DatasetPackage",
        Kind::File => "software_File",
        _ => "software_Package",
    }
}

/// `SoftwarePurpose` of a kind of component.
fn purpose(kind: Kind) -> &'static str {
    match kind {
        Kind::Kit => "archive",
        Kind::Model | Kind::BaseModel | Kind::ExternalModel => "model",
        Kind::ModelPart | Kind::Prompt => "configuration",
        Kind::Dataset | Kind::ExternalDataset => "data",
        Kind::Code => "source",
        Kind::Docs => "documentation",
        Kind::McpServer => "application",
        Kind::File => "file",
        Kind::Library => "library",
        Kind::Container => "container",
        Kind::Device => "device",
        Kind::Other => "other",
    }
}

/// What SPDX has a field for.
fn native(namespace: &str, component: &Component, to: &mut dyn FnMut(&str, Json)) {
    let mut put = |key: &str, value: Json| {
        let empty = matches!(&value, Json::Null)
            || value.as_array().is_some_and(Vec::is_empty)
            || value.as_str().is_some_and(str::is_empty);
        if !empty {
            to(key, value);
        }
    };
    let text = |name: &str| component.text(name).map_or(Json::Null, Json::from);
    put("name", component.name.as_str().into());
    put("description", text(property::DESCRIPTION));
    put("verifiedUsing", component.hashes.iter().map(hash).collect());
    put("software_primaryPurpose", purpose(component.kind).into());
    let time = |name: &str| component.text(name).and_then(utc).map_or(Json::Null, Json::from);
    put("builtTime", time(property::CREATED));
    put("releaseTime", time(property::RELEASED));
    let supplier = component.first(name::SUPPLIER).and_then(|party| agents::id(namespace, party));
    put("suppliedBy", supplier.map_or(Json::Null, Json::from));
    let mut by: Vec<String> =
        originators(component).filter_map(|party| agents::id(namespace, party)).collect();
    by.sort();
    by.dedup();
    put("originatedBy", by.into());
    put("externalRef", component.of(property::LINK).filter_map(external).collect());
    if component.kind == Kind::File {
        let media = component.media_type.as_deref().filter(|text| is_media_type(text));
        put("contentType", media.map_or(Json::Null, Json::from));
        return;
    }
    let version = component.text(property::VERSION).or_else(|| component.text(name::DATA_VERSION));
    put("software_packageVersion", version.map_or(Json::Null, Json::from));
    put("software_packageUrl", component.purl.as_deref().map_or(Json::Null, Json::from));
    put("software_downloadLocation", link(component, &["distribution"]));
    put("software_homePage", link(component, &["website"]));
    match component.kind {
        kind if kind.is_model() => model(component, &mut put),
        kind if kind.is_data() => dataset(component, &mut put),
        _ => {}
    }
}

/// Fields of the AI profile.
fn model(component: &Component, put: &mut dyn FnMut(&str, Json)) {
    let list = |names: &[&str]| -> Json {
        let all = names.iter().flat_map(|name| component.of(name));
        let mut texts: Vec<String> = all.flat_map(|property| texts(&property.value)).collect();
        texts.dedup();
        texts.into()
    };
    let joined = |names: &[&str]| -> Json {
        let all: Vec<_> = names.iter().flat_map(|name| component.of(name)).collect();
        let all: Vec<String> = all.into_iter().flat_map(|p| texts(&p.value)).collect();
        all.join("\n\n").into()
    };
    put("ai_typeOfModel", list(&[property::ARCHITECTURE, property::MODEL_CLASS]));
    put("ai_domain", list(&[property::TASK, name::APPLICATION_DOMAIN]));
    put("ai_hyperparameter", hyperparameters(component).into());
    put("ai_metric", component.of(property::METRIC).filter_map(metric).collect());
    put("ai_metricDecisionThreshold", entries(component, name::METRIC_THRESHOLD).into());
    put(
        "ai_limitation",
        joined(&[property::LIMITATION, property::OUT_OF_SCOPE_USE, property::BIAS]),
    );
    let application = [property::INTENDED_USE, property::USERS];
    put("ai_informationAboutApplication", joined(&application));
    let training = [property::TRAINING_PROCEDURE, property::TRAINING_DATA];
    put("ai_informationAboutTraining", joined(&training));
    put("ai_modelDataPreprocessing", list(&[property::PREPROCESSING]));
    put("ai_modelExplainability", list(&[name::EXPLAINABILITY]));
    put("ai_standardCompliance", list(&[name::STANDARD]));
    let autonomy = component
        .text(name::AUTONOMY)
        .map(|word| if word == "unknown" { "noAssertion" } else { word });
    put("ai_autonomyType", one_of(autonomy, &["yes", "no", "noAssertion"]));
    let risk = component.text(name::SAFETY_RISK);
    put("ai_safetyRiskAssessment", one_of(risk, &["serious", "high", "medium", "low"]));
    let sensitive = component.text(property::SENSITIVE_DATA);
    put("ai_useSensitivePersonalInformation", sensitive_word(sensitive));
    put("ai_energyConsumption", energy(component));
}

/// Fields of the Dataset profile.
fn dataset(component: &Component, put: &mut dyn FnMut(&str, Json)) {
    let list = |name: &str| -> Json {
        component.of(name).flat_map(|property| texts(&property.value)).collect()
    };
    let joined = |name: &str| -> Json {
        let all: Vec<String> = component.of(name).flat_map(|p| texts(&p.value)).collect();
        all.join("\n\n").into()
    };
    put("dataset_datasetType", dataset_types(component).into());
    put("dataset_datasetSize", component.uint(property::ROWS).map_or(Json::Null, Json::from));
    put("dataset_dataCollectionProcess", joined(property::COLLECTION));
    put("dataset_dataPreprocessing", list(property::PREPROCESSING));
    put("dataset_intendedUse", joined(property::INTENDED_USE));
    put("dataset_knownBias", list(property::BIAS));
    put("dataset_anonymizationMethodUsed", list(property::ANONYMISATION));
    put("dataset_datasetUpdateMechanism", joined(property::UPDATES));
    let sensitive = component.text(property::SENSITIVE_DATA);
    put("dataset_hasSensitivePersonalInformation", sensitive_word(sensitive));
}

/// `DatasetType` of what is known of the data; `noAssertion` where nothing is.
fn dataset_types(component: &Component) -> Vec<&'static str> {
    let known = [
        ("audio", "audio"),
        ("image", "image"),
        ("video", "video"),
        ("text", "text"),
        ("tabular", "structured"),
        ("graph", "graph"),
        ("timeseries", "timeseries"),
    ];
    let said: Vec<String> =
        component.of(property::MODALITY).flat_map(|property| texts(&property.value)).collect();
    let mut types: Vec<&str> =
        known.iter().filter(|(word, _)| said.iter().any(|s| s == word)).map(|row| row.1).collect();
    if types.is_empty() {
        types.push("noAssertion");
    }
    types
}

/// Settings of training and what else is a number of the model, by name.
fn hyperparameters(component: &Component) -> Vec<Json> {
    const NUMBERS: &[&str] = &[
        property::PARAMETERS,
        property::PARAMETERS_OF_TYPE,
        property::DTYPE,
        property::QUANTISATION,
        property::CONTEXT_LENGTH,
        property::VOCABULARY,
        property::LAYERS,
        property::HEADS,
        property::KEY_VALUE_HEADS,
        property::HIDDEN_SIZE,
        property::FEED_FORWARD_SIZE,
        property::SHARDS,
        property::SEED,
        property::CHAT_TEMPLATE_DIGEST,
    ];
    let mut all = entries(component, property::HYPERPARAMETER);
    for name in NUMBERS {
        for property in component.of(name) {
            let key = match property.subject.as_str() {
                "" => (*name).to_owned(),
                subject => format!("{name}:{subject}"),
            };
            all.push(entry(&key, &property.value.to_string()));
        }
    }
    all
}

fn entries(component: &Component, name: &str) -> Vec<Json> {
    let one = |property: &Property| {
        let key = if property.subject.is_empty() { name } else { &property.subject };
        entry(key, &property.value.to_string())
    };
    component.of(name).map(one).collect()
}

pub(super) fn entry(key: &str, value: &str) -> Json {
    json!({ "type": "DictionaryEntry", "key": key, "value": value })
}

fn metric(property: &Property) -> Option<Json> {
    let Value::Metric(MetricInfo { name, value, dataset, split, .. }) = &property.value else {
        return None;
    };
    let mut key = name.clone();
    for part in [dataset, split].into_iter().flatten() {
        key.push(' ');
        key.push_str(part);
    }
    Some(entry(&key, value))
}

/// Energy in the one unit that is known; SPDX wants the number as text.
fn energy(component: &Component) -> Json {
    let activity = component.text(property::ENERGY_ACTIVITY).unwrap_or("training");
    let key = match activity {
        "inference" => "ai_inferenceEnergyConsumption",
        "fine-tuning" | "fine_tuning" | "finetuning" => "ai_finetuningEnergyConsumption",
        _ => "ai_trainingEnergyConsumption",
    };
    let number = component.first(property::ENERGY_KWH).map(|property| property.value.to_string());
    let digits = |text: &String| {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let all = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        all(whole) && all(part)
    };
    let Some(number) = number.filter(digits) else { return Json::Null };
    let description = json!([{
        "type": "ai_EnergyConsumptionDescription",
        "ai_energyQuantity": number,
        "ai_energyUnit": "kilowattHour",
    }]);
    let mut energy = Map::new();
    energy.insert("type".into(), "ai_EnergyConsumption".into());
    energy.insert(key.into(), description);
    Json::Object(energy)
}

/// Who made it.
fn originators(component: &Component) -> impl Iterator<Item = &Property> {
    component.of(property::PARTY).chain(component.of(property::AUTHOR))
}

/// Algorithms by SPDX's names.
pub(super) const ALGORITHMS: [(HashAlgorithm, &str); 12] = [
    (HashAlgorithm::Md5, "md5"),
    (HashAlgorithm::Sha1, "sha1"),
    (HashAlgorithm::Sha256, "sha256"),
    (HashAlgorithm::Sha384, "sha384"),
    (HashAlgorithm::Sha512, "sha512"),
    (HashAlgorithm::Sha3_256, "sha3_256"),
    (HashAlgorithm::Sha3_384, "sha3_384"),
    (HashAlgorithm::Sha3_512, "sha3_512"),
    (HashAlgorithm::Blake2b256, "blake2b256"),
    (HashAlgorithm::Blake2b384, "blake2b384"),
    (HashAlgorithm::Blake2b512, "blake2b512"),
    (HashAlgorithm::Blake3, "blake3"),
];

fn hash(hash: &Hash) -> Json {
    let row = ALGORITHMS.iter().find(|row| row.0 == hash.algorithm());
    let algorithm = row.map_or("other", |row| row.1);
    json!({ "type": "Hash", "algorithm": algorithm, "hashValue": hash.hex() })
}

/// Kinds of links by SPDX's names; CycloneDX's name, SPDX's name.
pub(super) const LINKS: [(&str, &str); 12] = [
    ("vcs", "vcs"),
    ("website", "altWebPage"),
    ("documentation", "documentation"),
    ("model-card", "documentation"),
    ("distribution", "altDownloadLocation"),
    ("license", "license"),
    ("release-notes", "releaseNotes"),
    ("issue-tracker", "issueTracker"),
    ("risk-assessment", "riskAssessment"),
    ("security-contact", "securityPolicy"),
    ("quality-metrics", "metrics"),
    ("advisories", "securityAdvisory"),
];

fn external(property: &Property) -> Option<Json> {
    let Value::Link(LinkInfo { kind, url }) = &property.value else { return None };
    let row = LINKS.iter().find(|row| row.0 == kind);
    let kind = row.map_or("other", |row| row.1);
    Some(json!({ "type": "ExternalRef", "externalRefType": kind, "locator": [url] }))
}

/// The first link of these kinds that is an IRI.
fn link(component: &Component, kinds: &[&str]) -> Json {
    let found = component.of(property::LINK).find_map(|property| match &property.value {
        Value::Link(link) if kinds.contains(&link.kind.as_str()) => Some(&link.url),
        _ => None,
    });
    found.filter(|url| url.contains(':')).map_or(Json::Null, |url| url.as_str().into())
}

fn sensitive_word(text: Option<&str>) -> Json {
    match text.map(str::to_ascii_lowercase).as_deref() {
        Some("yes" | "true") => "yes".into(),
        Some("no" | "false" | "none") => "no".into(),
        _ => "noAssertion".into(),
    }
}

fn one_of(text: Option<&str>, allowed: &[&str]) -> Json {
    text.filter(|text| allowed.contains(text)).map_or(Json::Null, Json::from)
}

fn is_media_type(text: &str) -> bool {
    text.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains('/'))
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(texts) => texts.clone(),
        other => vec![other.to_string()],
    }
}
