//! The elements of a document that is read: by identifier, and those that are components.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{LinkInfo, MetricInfo, PartyInfo, Value, property};
use sealkit_report::{Evidence, Known};
use serde_json::{Map, Value as Json};

use super::component::{ALGORITHMS, LINKS};
use super::licences::NO_ASSERTION;
use super::{read, tools};
use crate::{BomError, Component, ComponentId, Hash, Kind, Property, Relation, name};

/// The elements of a document by identifier.
pub(super) struct Index<'a> {
    elements: BTreeMap<&'a str, &'a Map<String, Json>>,
    /// Licence expressions by the component that has them; whether they are concluded.
    licences: BTreeMap<&'a str, Vec<(bool, &'a str)>>,
}

/// Whether an element is a component of the model.
pub(super) fn is_component(element: &Json) -> bool {
    element.get("type").and_then(Json::as_str).is_some_and(is_component_type)
}

fn is_component_type(kind: &str) -> bool {
    matches!(kind, "ai_AIPackage" | "dataset_DatasetPackage" | "software_Package" | "software_File")
}

fn word<'a>(element: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    element.get(key).and_then(Json::as_str)
}

fn list<'a>(element: &'a Map<String, Json>, key: &str) -> impl Iterator<Item = &'a Json> {
    element.get(key).and_then(Json::as_array).into_iter().flatten()
}

impl<'a> Index<'a> {
    pub(super) fn new(all: &'a [Json]) -> Result<Self, BomError> {
        let mut elements = BTreeMap::new();
        for element in all {
            let Some(map) = element.as_object() else {
                let reason = "an element of `@graph` is no object".to_owned();
                return Err(BomError::Shape { reason });
            };
            let Some(id) = word(map, "spdxId").or_else(|| word(map, "@id")) else { continue };
            if elements.insert(id, map).is_some() {
                return Err(BomError::Duplicate { reference: read::shorten(id) });
            }
        }
        let mut index = Self { elements, licences: BTreeMap::new() };
        index.licences = index.find_licences();
        Ok(index)
    }

    fn find_licences(&self) -> BTreeMap<&'a str, Vec<(bool, &'a str)>> {
        let mut found: BTreeMap<&str, Vec<(bool, &str)>> = BTreeMap::new();
        for element in self.elements.values() {
            let concluded = match word(element, "relationshipType") {
                Some("hasDeclaredLicense") => false,
                Some("hasConcludedLicense") => true,
                _ => continue,
            };
            let Some(from) = word(element, "from") else { continue };
            for to in list(element, "to").filter_map(Json::as_str) {
                let licence = self.elements.get(to);
                let text = licence.and_then(|l| word(l, "simplelicensing_licenseExpression"));
                if let Some(text) = text.filter(|text| *text != NO_ASSERTION) {
                    found.entry(from).or_default().push((concluded, text));
                }
            }
        }
        found
    }

    /// The components with their identifiers.
    pub(super) fn components(&self) -> impl Iterator<Item = (&'a str, &'a Map<String, Json>)> {
        let fits = |e: &&Map<String, Json>| word(e, "type").is_some_and(is_component_type);
        self.elements.iter().filter(move |(_, e)| fits(e)).map(|(id, element)| (*id, *element))
    }

    /// Every element with its identifier.
    pub(super) fn elements(&self) -> impl Iterator<Item = (&'a str, &'a Map<String, Json>)> {
        self.elements.iter().map(|(id, element)| (*id, *element))
    }

    /// Whether there is an element of this identifier.
    pub(super) fn has(&self, id: &str) -> bool {
        self.elements.contains_key(id)
    }

    /// The name space of a document of ours.
    pub(super) fn namespace(&self) -> Option<&'a str> {
        let document = self.of_type("SpdxDocument").next();
        document.and_then(|(id, _)| id.strip_suffix("#document"))
    }

    /// When the document was made.
    pub(super) fn created(&self) -> Option<String> {
        let creation = self.of_type("CreationInfo").next();
        creation.and_then(|(_, element)| word(element, "created")).map(str::to_owned)
    }

    /// The software that made a document of others.
    pub(super) fn tools(&self) -> Vec<Property> {
        let creation = |key| {
            let all = self.of_type("CreationInfo").flat_map(move |(_, e)| list(e, key));
            let ids: BTreeSet<&str> = all.filter_map(Json::as_str).collect();
            ids.into_iter().filter_map(|id| self.elements.get(id).copied())
        };
        let software = creation("createdBy").filter(|e| word(e, "type") == Some("SoftwareAgent"));
        let names = creation("createdUsing").chain(software).filter_map(|e| word(e, "name"));
        let mut all: Vec<Property> = Vec::new();
        for tool in names.filter_map(tools::read) {
            if !all.contains(&tool) {
                all.push(tool);
            }
        }
        all
    }

    /// The elements of one type.
    pub(super) fn of_type(
        &self,
        kind: &'static str,
    ) -> impl Iterator<Item = (&'a str, &'a Map<String, Json>)> {
        let all = self.elements.iter().map(|(id, element)| (*id, *element));
        all.filter(move |(_, element)| word(element, "type") == Some(kind))
    }

    /// Statements of our annotations, by what they are about.
    pub(super) fn notes(&self) -> BTreeMap<&'a str, &'a str> {
        let notes = self.elements.values().filter(|element| read::is_note(element));
        notes.filter_map(|note| Some((word(note, "subject")?, word(note, "statement")?))).collect()
    }

    /// What the SBOM is about.
    pub(super) fn root(&self) -> Option<&'a str> {
        let sbom = self.of_type("software_Sbom").chain(self.of_type("SpdxDocument"));
        let mut roots = sbom.flat_map(|(_, e)| list(e, "rootElement")).filter_map(Json::as_str);
        let is_component = |id: &&str| {
            let element = self.elements.get(id);
            element.and_then(|e| word(e, "type")).is_some_and(is_component_type)
        };
        roots.find(is_component)
    }

    /// Ties between components.
    pub(super) fn relations(&self, ids: &BTreeMap<String, ComponentId>) -> Vec<Relation> {
        self.elements.values().flat_map(|element| read::ties(element, ids)).collect()
    }

    /// Who made the document, people and organisations alone.
    pub(super) fn authors(&self) -> Vec<Value> {
        let creation = self.of_type("CreationInfo").flat_map(|(_, e)| list(e, "createdBy"));
        let ids: BTreeSet<&str> = creation.filter_map(Json::as_str).collect();
        let agents = ids.into_iter().filter_map(|id| self.elements.get(id).copied());
        agents.filter(|a| word(a, "type") != Some("SoftwareAgent")).filter_map(party).collect()
    }

    fn agent(&self, id: &str) -> Option<Value> {
        self.elements.get(id).copied().and_then(party)
    }
}

fn party(agent: &Map<String, Json>) -> Option<Value> {
    let name = word(agent, "name").filter(|name| *name != "NOASSERTION")?.to_owned();
    let mail = list(agent, "externalIdentifier").find_map(|identifier| {
        let kind = identifier.get("externalIdentifierType").and_then(Json::as_str);
        identifier.get("identifier").and_then(Json::as_str).filter(|_| kind == Some("email"))
    });
    let pages = list(agent, "externalRef").filter_map(|reference| reference.get("locator"));
    let url = pages.filter_map(|all| all.get(0)).find_map(Json::as_str);
    Some(Value::Party(PartyInfo {
        name,
        email: mail.map(str::to_owned),
        url: url.map(str::to_owned),
        organisation: word(agent, "type") == Some("Organization"),
        role: None,
    }))
}

/// One component by its fields.
pub(super) fn component(index: &Index<'_>, id: &str, element: &Map<String, Json>) -> Component {
    let kind = kind_of(element);
    let name = word(element, "name").unwrap_or(id);
    let mut component = Component::new(ComponentId(id.to_owned()), kind, name);
    component.purl = word(element, "software_packageUrl").map(str::to_owned);
    component.media_type = word(element, "contentType").map(str::to_owned);
    if kind == Kind::File {
        component.path = Some(name.to_owned());
    }
    component.hashes = list(element, "verifiedUsing").filter_map(hash).collect();
    let properties = &mut component.properties;
    for (key, name) in TEXTS {
        let texts = element.get(*key).into_iter().flat_map(all_texts);
        properties.extend(texts.map(|text| Property::text(name, text, None)));
    }
    let settings = list(element, "ai_hyperparameter");
    properties.extend(settings.filter_map(|entry| pair(entry, property::HYPERPARAMETER)));
    properties.extend(list(element, "ai_metric").filter_map(metric));
    if let Some(size) = element.get("dataset_datasetSize").and_then(Json::as_u64) {
        properties.push(Property::new(property::ROWS, Value::Uint(size), None));
    }
    let supplier = word(element, "suppliedBy").and_then(|id| index.agent(id));
    properties.extend(supplier.map(|party| Property::new(name::SUPPLIER, party, None)));
    let makers = list(element, "originatedBy").filter_map(|id| index.agent(id.as_str()?));
    properties.extend(makers.map(|party| Property::new(property::PARTY, party, None)));
    properties.extend(links(element));
    for (concluded, text) in index.licences.get(id).into_iter().flatten() {
        let evidence = concluded.then(|| Evidence {
            known: Known::Inferred,
            file: String::new(),
            place: String::new(),
            digest: None,
        });
        properties.push(Property::text(property::LICENCE, *text, evidence));
    }
    component
}

/// A component by its own fields, without what other elements say of it.
pub(super) fn read_alone(element: &Map<String, Json>) -> Component {
    let index = Index { elements: BTreeMap::new(), licences: BTreeMap::new() };
    component(&index, word(element, "spdxId").unwrap_or_default(), element)
}

/// Fields that are texts, one or several, and the properties that they are.
const TEXTS: &[(&str, &str)] = &[
    ("description", property::DESCRIPTION),
    ("software_packageVersion", property::VERSION),
    ("builtTime", property::CREATED),
    ("releaseTime", property::RELEASED),
    ("ai_typeOfModel", property::ARCHITECTURE),
    ("ai_domain", property::TASK),
    ("ai_limitation", property::LIMITATION),
    ("ai_informationAboutApplication", property::INTENDED_USE),
    ("ai_informationAboutTraining", property::TRAINING_PROCEDURE),
    ("ai_modelDataPreprocessing", property::PREPROCESSING),
    ("ai_modelExplainability", name::EXPLAINABILITY),
    ("ai_standardCompliance", name::STANDARD),
    ("ai_autonomyType", name::AUTONOMY),
    ("ai_safetyRiskAssessment", name::SAFETY_RISK),
    ("ai_useSensitivePersonalInformation", property::SENSITIVE_DATA),
    ("dataset_datasetType", property::MODALITY),
    ("dataset_dataCollectionProcess", property::COLLECTION),
    ("dataset_dataPreprocessing", property::PREPROCESSING),
    ("dataset_intendedUse", property::INTENDED_USE),
    ("dataset_knownBias", property::BIAS),
    ("dataset_anonymizationMethodUsed", property::ANONYMISATION),
    ("dataset_datasetUpdateMechanism", property::UPDATES),
    ("dataset_hasSensitivePersonalInformation", property::SENSITIVE_DATA),
];

fn all_texts(value: &Json) -> Vec<String> {
    match value {
        Json::String(text) => vec![text.clone()],
        Json::Array(all) => all.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn kind_of(element: &Map<String, Json>) -> Kind {
    match word(element, "type") {
        Some("ai_AIPackage") => Kind::Model,
        Some("dataset_DatasetPackage") => Kind::Dataset,
        Some("software_File") => Kind::File,
        _ => match word(element, "software_primaryPurpose") {
            Some("library" | "framework" | "module") => Kind::Library,
            Some("container") => Kind::Container,
            Some("device") => Kind::Device,
            Some("model") => Kind::Model,
            Some("data") => Kind::Dataset,
            Some("source") => Kind::Code,
            Some("documentation") => Kind::Docs,
            _ => Kind::Other,
        },
    }
}

fn hash(method: &Json) -> Option<Hash> {
    let algorithm = method.get("algorithm")?.as_str()?;
    let row = ALGORITHMS.iter().find(|row| row.1 == algorithm)?;
    Hash::new(row.0, method.get("hashValue")?.as_str()?, None)
}

fn pair(entry: &Json, name: &str) -> Option<Property> {
    let key = entry.get("key")?.as_str()?;
    let value = entry.get("value").and_then(Json::as_str).unwrap_or_default();
    Some(Property::text(name, value, None).about(key))
}

fn metric(entry: &Json) -> Option<Property> {
    let name = entry.get("key")?.as_str()?.to_owned();
    let value = entry.get("value").and_then(Json::as_str).unwrap_or_default().to_owned();
    let metric = MetricInfo { name, value, ..MetricInfo::default() };
    Some(Property::new(property::METRIC, Value::Metric(metric), None))
}

fn links(element: &Map<String, Json>) -> Vec<Property> {
    let link = |kind: &str, url: &str| {
        let link = LinkInfo { kind: kind.to_owned(), url: url.to_owned() };
        Property::new(property::LINK, Value::Link(link), None)
    };
    let mut all = Vec::new();
    all.extend(word(element, "software_downloadLocation").map(|url| link("distribution", url)));
    all.extend(word(element, "software_homePage").map(|url| link("website", url)));
    for reference in list(element, "externalRef") {
        let kind = reference.get("externalRefType").and_then(Json::as_str).unwrap_or_default();
        let kind = LINKS.iter().find(|row| row.1 == kind).map_or("other", |row| row.0);
        let urls = reference.get("locator").and_then(Json::as_array).into_iter().flatten();
        all.extend(urls.filter_map(Json::as_str).map(|url| link(kind, url)));
    }
    all
}
