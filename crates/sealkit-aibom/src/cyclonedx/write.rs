//! The model as a CycloneDX document.

use std::collections::BTreeMap;

use sealkit_inspect::property;
use sealkit_oci::{Algorithm, Digest};
use sealkit_report::Known;

use super::document::{
    Aggregate, Data, Dependency, Document, Entry, Hash, License, LicenseChoice, Link, Metadata,
    ModelCard, ModelParameters, Named, Pedigree, SCHEMA, Tools,
};
use super::evidence::{self, PREFIX};
use crate::{
    Bom, BomError, Completeness, Component, EncodeOptions, Kind, Licence, LicenceForm,
    RelationKind, licence_form,
};

/// Identifiers of the SPDX list 3.29 that the licence list of the 1.6 schema does not have yet.
const NOT_IN_1_6: &[&str] = &[
    "BSD-2-Clause-pos-unchanged",
    "BSD-3-Clause-OpenWebUI",
    "BSD-Source-Code-no-disclaimer",
    "BSD-Source-alt-GPL",
    "BSD-ask-to-endorse",
    "Brian-Gladman-3-Clause-no-conversion",
    "Bugroff",
    "CC-BY-NC-3.0-IGO",
    "FDK-MPEG-H",
    "GFDL-1.1-invariants",
    "GFDL-1.1-no-invariants",
    "GFDL-1.2-invariants",
    "GFDL-1.2-no-invariants",
    "GFDL-1.3-invariants",
    "GFDL-1.3-no-invariants",
    "Hippocratic-3.0-core",
    "Informatica",
    "MVT-1.1",
    "NOASSERTION",
    "atc-game",
];

pub(super) fn document(bom: &Bom, options: &EncodeOptions) -> Result<Document, BomError> {
    let ties = Ties::new(bom);
    let mut components = Vec::new();
    for component in &bom.components {
        components.push(entry(component, &ties)?);
    }
    Ok(Document {
        schema: Some(SCHEMA.to_owned()),
        bom_format: "CycloneDX".to_owned(),
        spec_version: "1.6".to_owned(),
        serial_number: None,
        version: 1,
        metadata: Metadata {
            timestamp: options.timestamp.as_deref().map(timestamp).transpose()?,
            tools: options.tool.as_ref().map(tool),
            component: Some(entry(&bom.subject, &ties)?),
        },
        components,
        services: Vec::new(),
        dependencies: dependencies(bom),
        compositions: bom.compositions.iter().map(aggregate).collect(),
    })
}

/// Which origins a component has.
struct Ties<'a> {
    ancestors: BTreeMap<&'a str, Vec<&'a Component>>,
    datasets: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Ties<'a> {
    fn new(bom: &'a Bom) -> Self {
        let by_id: BTreeMap<_, _> = bom.components.iter().map(|c| (&c.id, c)).collect();
        let mut ties = Self { ancestors: BTreeMap::new(), datasets: BTreeMap::new() };
        for relation in &bom.relations {
            let from = relation.from.0.as_str();
            match relation.kind {
                RelationKind::DerivedFrom => {
                    ties.ancestors.entry(from).or_default().extend(by_id.get(&relation.to));
                }
                RelationKind::TrainedOn => {
                    ties.datasets.entry(from).or_default().push(&relation.to.0);
                }
                RelationKind::Contains | RelationKind::DependsOn => {}
            }
        }
        ties
    }
}

fn entry(component: &Component, ties: &Ties<'_>) -> Result<Entry, BomError> {
    let id = component.id.0.as_str();
    let is_data = matches!(component.kind, Kind::Dataset | Kind::ExternalDataset);
    let name = component.name.clone();
    let data = is_data.then(|| Data { kind: "dataset", name: name.clone() });
    let ancestors = ties.ancestors.get(id).map(|all| all.iter().map(|a| ancestor(a)).collect());
    Ok(Entry {
        kind: component_type(component.kind).to_owned(),
        mime_type: component.media_type.clone().filter(|text| is_media_type(text)),
        bom_ref: Some(id.to_owned()),
        name,
        version: component.version.clone().filter(|version| fits_version(version)),
        description: component.description.clone(),
        hashes: component.digests.iter().map(hash).collect(),
        licenses: licenses(&component.licences),
        purl: component.purl.clone(),
        pedigree: ancestors.map(|ancestors| Pedigree { ancestors }),
        components: Vec::new(),
        services: Vec::new(),
        model_card: model_card(component, ties.datasets.get(id)),
        data: data.into_iter().collect(),
        properties: properties(component)?,
    })
}

/// A kit may hold no model, or several, beside data and code that belong together: as a whole it
/// is an application, and `machine-learning-model` with its card is each model inside.
fn component_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Kit | Kind::Code | Kind::McpServer => "application",
        Kind::Model | Kind::BaseModel => "machine-learning-model",
        Kind::Dataset | Kind::ExternalDataset => "data",
        Kind::ModelPart | Kind::Docs | Kind::Prompt | Kind::File => "file",
        Kind::Other => "library",
    }
}

/// Ancestors cannot be links in CycloneDX, so the name and the package URL stand here once more.
fn ancestor(component: &Component) -> Entry {
    Entry {
        kind: component_type(component.kind).to_owned(),
        name: component.name.clone(),
        version: component.version.clone(),
        purl: component.purl.clone(),
        ..Entry::default()
    }
}

fn model_card(component: &Component, datasets: Option<&Vec<&str>>) -> Option<ModelCard> {
    if component.kind != Kind::Model {
        return None;
    }
    let first = |name| component.values(name).next().map(str::to_owned);
    let links = datasets.into_iter().flatten();
    let parameters = ModelParameters {
        task: first(property::TASK),
        architecture_family: first(property::ARCHITECTURE),
        model_architecture: first(property::MODEL_CLASS),
        datasets: links.map(|id| Link { reference: (*id).to_owned() }).collect(),
    };
    Some(ModelCard { parameters })
}

fn properties(component: &Component) -> Result<Vec<Named>, BomError> {
    let own = |name: &str, value: String| Named { name: format!("{PREFIX}{name}"), value };
    let mut all = vec![own("kind", component.kind.name().to_owned())];
    all.extend(component.path.clone().map(|path| own("path", path)));
    all.extend(component.size.map(|size| own("size", size.to_string())));
    let long = component.version.clone().filter(|version| !fits_version(version));
    all.extend(long.map(|version| own("version", version)));
    // The schema's pattern is narrower than what may stand in a manifest.
    let odd = component.media_type.clone().filter(|text| !is_media_type(text));
    all.extend(odd.map(|text| own("media-type", text)));
    for property in &component.properties {
        all.extend(evidence::write(property)?);
    }
    Ok(all)
}

/// The schema allows a version of at most 1024 characters.
fn fits_version(version: &str) -> bool {
    version.chars().count() <= 1024
}

/// The schema's pattern for `mime-type`: `^[-+a-z0-9.]+/[-+a-z0-9.]+$`.
fn is_media_type(text: &str) -> bool {
    let fits = |part: &str| {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-+.".contains(&c);
        !part.is_empty() && part.bytes().all(plain)
    };
    text.split_once('/').is_some_and(|(kind, rest)| fits(kind) && fits(rest))
}

fn hash(digest: &Digest) -> Hash {
    let alg = match digest.algorithm() {
        Algorithm::Sha256 => "SHA-256",
        Algorithm::Sha512 => "SHA-512",
    };
    Hash { alg: alg.to_owned(), content: digest.hex().to_owned() }
}

/// CycloneDX 1.6 takes either one expression alone or a list of licences.
fn licenses(licences: &[Licence]) -> Vec<LicenseChoice> {
    let forms: Vec<_> =
        licences.iter().filter_map(|l| Some((licence_form(&l.text)?, l.known))).collect();
    if let [(LicenceForm::Expression(text), known)] = forms.as_slice() {
        let acknowledgement = Some(acknowledgement(*known));
        return vec![LicenseChoice {
            expression: Some(text.clone()),
            acknowledgement,
            ..LicenseChoice::default()
        }];
    }
    let one = |(form, known): (LicenceForm, Known)| {
        let acknowledgement = Some(acknowledgement(known));
        let (id, name) = match form {
            LicenceForm::Id(id) if NOT_IN_1_6.contains(&id) => (None, Some(id.to_owned())),
            LicenceForm::Id(id) => (Some(id.to_owned()), None),
            LicenceForm::Expression(text) | LicenceForm::Name(text) => (None, Some(text)),
        };
        let license = Some(License { id, name, acknowledgement });
        LicenseChoice { license, ..LicenseChoice::default() }
    };
    forms.into_iter().map(one).collect()
}

fn acknowledgement(known: Known) -> String {
    match known {
        Known::Declared | Known::Attested => "declared",
        Known::Inferred | Known::Measured => "concluded",
    }
    .to_owned()
}

/// Every component has an entry, so that "depends on nothing" is said rather than left open.
fn dependencies(bom: &Bom) -> Vec<Dependency> {
    let mut edges: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for component in std::iter::once(&bom.subject).chain(&bom.components) {
        edges.entry(&component.id.0).or_default();
    }
    for relation in &bom.relations {
        edges.entry(&relation.from.0).or_default().push(relation.to.0.clone());
    }
    let dependency = |(reference, mut depends_on): (&str, Vec<String>)| {
        depends_on.sort();
        depends_on.dedup();
        Dependency { reference: reference.to_owned(), depends_on }
    };
    edges.into_iter().map(dependency).collect()
}

fn aggregate(composition: &crate::Composition) -> Aggregate {
    let aggregate = match composition.completeness {
        Completeness::Complete => "complete",
        Completeness::Incomplete => "incomplete",
        Completeness::Unknown => "unknown",
    };
    let texts = |ids: &[crate::ComponentId]| ids.iter().map(|id| id.0.clone()).collect();
    Aggregate {
        completeness: aggregate.to_owned(),
        assemblies: texts(&composition.contents),
        dependencies: texts(&composition.origins),
    }
}

fn tool((name, version): &(String, String)) -> Tools {
    let component = Entry {
        kind: "application".to_owned(),
        name: name.clone(),
        version: Some(version.clone()),
        ..Entry::default()
    };
    Tools { components: vec![component] }
}

/// Checks the shape `YYYY-MM-DDThh:mm:ss[.f]Z`, so that no document is invalid for its time.
fn timestamp(text: &str) -> Result<String, BomError> {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let (head, tail) = text.split_at_checked(shape.len()).unwrap_or((text, ""));
    let fits = head.len() == shape.len()
        && head.bytes().zip(shape.bytes()).all(|(c, want)| match want {
            b'd' => c.is_ascii_digit(),
            _ => c == want,
        });
    let number = |at: std::ops::Range<usize>| head.get(at).and_then(|n| n.parse::<u32>().ok());
    let within = |at, low, high| number(at).is_some_and(|n| (low..=high).contains(&n));
    let real = within(5..7, 1, 12)
        && within(8..10, 1, 31)
        && within(11..13, 0, 23)
        && within(14..16, 0, 59)
        && within(17..19, 0, 59);
    let fraction = tail.strip_suffix('Z').map(|rest| rest.strip_prefix('.').unwrap_or(rest));
    let ends = fraction.is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit()));
    if fits && real && ends && tail != ".Z" {
        return Ok(text.to_owned());
    }
    Err(BomError::Timestamp { found: text.to_owned() })
}
