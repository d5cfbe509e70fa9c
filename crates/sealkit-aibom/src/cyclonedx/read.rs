//! A CycloneDX document, own or foreign, as the model.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_oci::Digest;
use sealkit_report::Known;

use super::document::{Aggregate, Dependency, Document, Entry, Hash, LicenseChoice};
use super::evidence;
use crate::{
    Bom, BomError, Completeness, Component, ComponentId, Composition, Kind, Licence, Relation,
    RelationKind,
};

/// Most components of one document.
const MAX_COMPONENTS: usize = 1_000_000;
/// Most ties of one document.
const MAX_TIES: usize = 4_000_000;

pub(super) fn bom(document: Document) -> Result<Bom, BomError> {
    if document.bom_format != "CycloneDX" {
        return Err(BomError::Format { found: document.bom_format });
    }
    if !matches!(document.spec_version.as_str(), "1.4" | "1.5" | "1.6" | "1.7") {
        return Err(BomError::Version { found: document.spec_version });
    }
    let root = document.metadata.component.ok_or(BomError::NoSubject)?;
    let mut reader = Reader { components: Vec::new(), relations: Vec::new(), unnamed: 0 };
    let subject = reader.add(root)?;
    for entry in document.components.into_iter().chain(document.services) {
        reader.add(entry)?;
    }
    let mut components = reader.components;
    let mut kinds = BTreeMap::new();
    for component in &components {
        if kinds.insert(component.id.clone(), component.kind).is_some() {
            return Err(BomError::Duplicate { reference: component.id.0.clone() });
        }
    }
    let mut relations = reader.relations;
    for dependency in document.dependencies {
        relate(dependency, &kinds, &mut relations)?;
    }
    let compositions = document.compositions.into_iter().filter_map(composition).collect();
    let at = components.iter().position(|component| component.id == subject);
    let subject = at.map(|at| components.remove(at)).ok_or(BomError::NoSubject)?;
    let mut bom = Bom { subject, components, relations, compositions };
    bom.normalise();
    Ok(bom)
}

struct Reader {
    components: Vec<Component>,
    relations: Vec<Relation>,
    unnamed: usize,
}

impl Reader {
    /// Adds an entry and everything nested in it; gives its id.
    fn add(&mut self, mut entry: Entry) -> Result<ComponentId, BomError> {
        if self.components.len() >= MAX_COMPONENTS {
            return Err(BomError::TooMany { what: "components", limit: MAX_COMPONENTS });
        }
        let mut nested = std::mem::take(&mut entry.components);
        nested.append(&mut entry.services);
        let component = self.component(entry)?;
        let id = component.id.clone();
        self.components.push(component);
        for inner in nested {
            let to = self.add(inner)?;
            let from = id.clone();
            self.relations.push(Relation { from, to, kind: RelationKind::Contains });
        }
        Ok(id)
    }

    fn component(&mut self, entry: Entry) -> Result<Component, BomError> {
        let id = entry.bom_ref.unwrap_or_else(|| {
            // Only a component without a reference: nothing in the document can point at it.
            self.unnamed += 1;
            format!("unnamed:{}", self.unnamed)
        });
        let mut properties = evidence::read(entry.properties);
        let mut take = |name: &str| {
            let at = properties.iter().position(|p| p.name == name && p.evidence.is_none())?;
            Some(properties.remove(at).value)
        };
        let kind = take("kind").and_then(|name| Kind::from_name(&name));
        let path = take("path");
        let size = take("size").and_then(|size| size.parse().ok());
        let long_version = take("version");
        let media_type = entry.mime_type.or_else(|| take("media-type"));
        let mut component = Component::new(
            ComponentId(id),
            kind.unwrap_or_else(|| kind_of(&entry.kind)),
            entry.name,
        );
        component.version = entry.version.or(long_version);
        component.description = entry.description;
        component.path = path;
        component.size = size;
        component.media_type = media_type;
        component.purl = entry.purl;
        component.digests = digests(&component.id, &entry.hashes)?;
        component.licences = entry.licenses.into_iter().filter_map(licence).collect();
        component.properties = properties;
        Ok(component)
    }
}

fn kind_of(kind: &str) -> Kind {
    match kind {
        "machine-learning-model" => Kind::Model,
        "data" => Kind::Dataset,
        "file" => Kind::File,
        _ => Kind::Other,
    }
}

/// The digests that can be checked; algorithms that SealKit does not have are left out, and their
/// absence can only deny.
fn digests(id: &ComponentId, hashes: &[Hash]) -> Result<Vec<Digest>, BomError> {
    let mut all = Vec::new();
    for hash in hashes {
        let name = match hash.alg.as_str() {
            "SHA-256" => "sha256",
            "SHA-512" => "sha512",
            _ => continue,
        };
        let text = format!("{name}:{}", hash.content.to_ascii_lowercase());
        let digest = text.parse().map_err(|_| BomError::Digest { reference: id.0.clone() })?;
        all.push(digest);
    }
    Ok(all)
}

fn licence(choice: LicenseChoice) -> Option<Licence> {
    let outer = choice.acknowledgement;
    let (text, inner) = match choice.license {
        Some(license) => (license.id.or(license.name)?, license.acknowledgement),
        None => (choice.expression?, None),
    };
    let is_concluded = inner.or(outer).is_some_and(|word| word == "concluded");
    let known = if is_concluded { Known::Inferred } else { Known::Declared };
    Some(Licence { text, known })
}

fn relate(
    dependency: Dependency,
    kinds: &BTreeMap<ComponentId, Kind>,
    relations: &mut Vec<Relation>,
) -> Result<(), BomError> {
    let from = ComponentId(dependency.reference);
    let dangling = |id: &ComponentId| BomError::Dangling { reference: id.0.clone() };
    let from_kind = *kinds.get(&from).ok_or_else(|| dangling(&from))?;
    let targets: BTreeSet<String> = dependency.depends_on.into_iter().collect();
    if relations.len() + targets.len() > MAX_TIES {
        return Err(BomError::TooMany { what: "dependencies", limit: MAX_TIES });
    }
    for to in targets {
        let to = ComponentId(to);
        let to_kind = *kinds.get(&to).ok_or_else(|| dangling(&to))?;
        let kind = relation_kind(from_kind, to_kind);
        relations.push(Relation { from: from.clone(), to, kind });
    }
    Ok(())
}

/// CycloneDX has one kind of tie; what it means follows from what it ties, as `write` makes them.
fn relation_kind(from: Kind, to: Kind) -> RelationKind {
    match (from, to) {
        (_, Kind::BaseModel) => RelationKind::DerivedFrom,
        (_, Kind::ExternalDataset) => RelationKind::TrainedOn,
        (Kind::Kit, _) | (_, Kind::File) => RelationKind::Contains,
        _ => RelationKind::DependsOn,
    }
}

fn composition(aggregate: Aggregate) -> Option<Composition> {
    let completeness = match aggregate.completeness.as_str() {
        "complete" => Completeness::Complete,
        "not_specified" => return None,
        "unknown" => Completeness::Unknown,
        // Every other value names what is missing.
        _ => Completeness::Incomplete,
    };
    let ids = |texts: Vec<String>| texts.into_iter().map(ComponentId).collect();
    let (contents, origins) = (ids(aggregate.assemblies), ids(aggregate.dependencies));
    Some(Composition { completeness, contents, origins })
}
