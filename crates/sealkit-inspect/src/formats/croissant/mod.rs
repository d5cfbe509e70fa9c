//! Croissant: a dataset described in JSON-LD, with the vocabulary for responsible AI.
//!
//! Source: MLCommons Croissant format specification 1.0 and 1.1, RAI specification 1.0.

mod content;
mod node;

use sealkit_report::Budget;

use self::node::Node;
use crate::address::clean;
use crate::pick::object;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, LinkInfo, PartyInfo, Probe, ReadAt,
    Value, property,
};

const FORMAT: Format = Format::new("croissant", "Croissant", Class::Dataset, &[".croissant"])
    .media("application/ld+json");
const VOCABULARY: &str = "mlcommons.org/croissant/";

/// Properties that are one or more texts, and what they are here.
const TEXTS: &[(&str, &str)] = &[
    ("name", property::NAME),
    ("version", property::VERSION),
    ("description", property::DESCRIPTION),
    ("license", property::LICENCE),
    ("citeAs", property::CITATION),
    ("citation", property::CITATION),
    ("datePublished", property::RELEASED),
    ("dateCreated", property::CREATED),
    ("keywords", property::TAG),
    ("inLanguage", property::LANGUAGE),
    ("dataCollection", property::COLLECTION),
    ("dataCollectionType", property::COLLECTION),
    ("dataCollectionMissingData", property::COLLECTION),
    ("dataCollectionRawData", property::COLLECTION),
    ("dataCollectionTimeframe", property::COLLECTION),
    // As the library `mlcroissant` spells two of them.
    ("dataCollectionTimeFrame", property::COLLECTION),
    ("dataDataManipulationProtocol", property::PREPROCESSING),
    ("dataAnnotationProtocol", property::ANNOTATION),
    ("dataAnnotationPlatform", property::ANNOTATION),
    ("dataAnnotationAnalysis", property::ANNOTATION),
    ("annotationsPerItem", property::ANNOTATION),
    ("annotatorDemographics", property::ANNOTATION),
    ("machineAnnotationTools", property::ANNOTATION),
    ("dataPreprocessingProtocol", property::PREPROCESSING),
    ("dataManipulationProtocol", property::PREPROCESSING),
    ("dataImputationProtocol", property::PREPROCESSING),
    ("dataBiases", property::BIAS),
    ("dataLimitations", property::LIMITATION),
    ("personalSensitiveInformation", property::SENSITIVE_DATA),
    ("dataUseCases", property::INTENDED_USE),
    ("dataSocialImpact", property::ETHICS),
    ("dataReleaseMaintenancePlan", property::UPDATES),
];

pub(crate) struct Croissant;

impl Inspector for Croissant {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = probe.lower_name().contains("croissant");
        match probe.text().filter(|text| text.trim_start().starts_with('{')) {
            Some(text) if text.contains(VOCABULARY) => Confidence::Content,
            // The context can be longer than the head.
            Some(text) if named && text.contains("\"@context\"") => Confidence::Content,
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let root = object(source, budget)?;
        let mut facts = Facts::default();
        let root = Node::new(&root);
        // Expanded files keep their nodes in a graph.
        let graph = root.nodes("@graph");
        let dataset = graph.into_iter().find(|node| node.kind() == "Dataset").unwrap_or(root);
        versions(&dataset, path, &mut facts);
        for (name, property) in TEXTS {
            for said in dataset.texts(name) {
                facts.declared(path, &said.pointer, property, Value::Text(said.text));
            }
        }
        for said in dataset.texts("isLiveDataset").into_iter().filter(|said| said.text == "true") {
            let live = Value::Text("live".to_owned());
            facts.declared(path, &said.pointer, property::UPDATES, live);
        }
        parties(&dataset, path, &mut facts);
        for (name, kind) in [("url", "website"), ("sameAs", "website")] {
            for said in dataset.texts(name) {
                let link = LinkInfo { kind: kind.to_owned(), url: clean(&said.text) };
                facts.declared(path, &said.pointer, property::LINK, Value::Link(link));
            }
        }
        content::say(&dataset, path, &mut facts);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::NAME,
            property::VERSION,
            property::DESCRIPTION,
            property::LICENCE,
            property::CITATION,
            property::RELEASED,
            property::CREATED,
            property::TAG,
            property::LANGUAGE,
            property::PARTY,
            property::LINK,
            property::FILE_REFERENCE,
            property::COLUMN_TYPE,
            property::MODALITY,
            property::COLLECTION,
            property::ANNOTATION,
            property::PREPROCESSING,
            property::BIAS,
            property::LIMITATION,
            property::SENSITIVE_DATA,
            property::INTENDED_USE,
            property::ETHICS,
            property::UPDATES,
        ]
    }
}

/// `conformsTo`: the version of the vocabulary.
fn versions(dataset: &Node<'_>, path: &str, facts: &mut Facts) {
    for said in dataset.texts("conformsTo") {
        let version =
            said.text.split_once(VOCABULARY).map(|(_, version)| version.trim_matches('/'));
        if let Some(version) =
            version.filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        {
            let version = Value::Text(version.to_owned());
            facts.declared(path, &said.pointer, property::FORMAT_VERSION, version);
        }
    }
}

/// Creators, publishers and the like: objects, or texts that are names.
fn parties(dataset: &Node<'_>, path: &str, facts: &mut Facts) {
    for role in ["creator", "author", "publisher", "contributor", "funder", "maintainer"] {
        let nodes = dataset.nodes(role);
        for node in &nodes {
            let party = PartyInfo {
                name: node.text("name").unwrap_or_default(),
                email: node.text("email"),
                url: node.text("url").map(|url| clean(&url)),
                organisation: node.kind().ends_with("Organization"),
                role: Some(role.to_owned()),
            };
            if !party.name.is_empty() {
                facts.declared(path, &node.pointer, property::PARTY, Value::Party(party));
            }
        }
        for said in dataset.texts(role) {
            if nodes.iter().all(|node| node.pointer != said.pointer) {
                let role = Some(role.to_owned());
                let party = PartyInfo { name: said.text, role, ..PartyInfo::default() };
                facts.declared(path, &said.pointer, property::PARTY, Value::Party(party));
            }
        }
    }
}
