//! SPDX 2.3 JSON of others, read only: packages, files, relationships, licences.
//!
//! Source: spdx-spec v2.3, clauses 6 to 11.

use std::collections::BTreeSet;

use sealkit_inspect::{LinkInfo, PartyInfo, Value, property};
use sealkit_report::{Evidence, Known};
use serde_json::{Map, Value as Json};

use super::tools;
use crate::{
    Bom, BomError, Component, ComponentId, Hash, Kind, Property, Relation, RelationKind, Residue,
    name,
};

/// The family name of the residue: nothing is written in this format.
const FAMILY: &str = "SPDX-2.3";
/// Most elements of one document.
const MAX_ELEMENTS: usize = 1_000_000;
/// What the document itself is called in its relationships.
const DOCUMENT: &str = "SPDXRef-DOCUMENT";

pub(super) fn bom(document: Map<String, Json>) -> Result<Bom, BomError> {
    let version = word(&document, "spdxVersion").unwrap_or_default();
    if !matches!(version, "SPDX-2.2" | "SPDX-2.3") {
        return Err(BomError::Version { found: version.chars().take(80).collect() });
    }
    let packages = list(&document, "packages").filter_map(Json::as_object).map(package);
    let files = list(&document, "files").filter_map(Json::as_object).map(file);
    let mut components: Vec<Component> = packages.chain(files).collect();
    if components.len() > MAX_ELEMENTS {
        return Err(BomError::TooMany { what: "elements", limit: MAX_ELEMENTS });
    }
    let mut ids = BTreeSet::new();
    for component in &components {
        if !ids.insert(component.id.clone()) {
            return Err(BomError::Duplicate { reference: component.id.0.clone() });
        }
    }
    let described = described(&document);
    let at = components.iter().position(|c| described.contains(c.id.0.as_str()));
    let first = || components.iter().position(|c| c.kind != Kind::File);
    let subject = match at.or_else(first) {
        Some(at) => components.remove(at),
        None => return Err(BomError::NoSubject),
    };
    let mut bom = Bom::new(subject);
    bom.components = components;
    let relations = list(&document, "relationships").filter_map(|tie| relation(tie, &ids));
    bom.relations = relations.collect();
    let creators = document.get("creationInfo").and_then(|info| info.get("creators"));
    for creator in creators.and_then(Json::as_array).into_iter().flatten() {
        let party = creator.as_str().and_then(actor);
        bom.properties.extend(party.map(|party| Property::new(name::BOM_AUTHOR, party, None)));
        let tool = creator.as_str().and_then(|text| text.strip_prefix("Tool:"));
        bom.properties.extend(tool.and_then(tools::read));
    }
    let created = document.get("creationInfo").and_then(|info| info.get("created"));
    if let Some(time) = created.and_then(Json::as_str) {
        bom.properties.push(Property::text(property::CREATED, time, None));
    }
    let is_read = |key: &str| matches!(key, "packages" | "files" | "relationships");
    let fields = document.into_iter().filter(|(key, _)| !is_read(key)).collect();
    bom.residue = Some(Residue { format: FAMILY, fields });
    bom.normalise();
    Ok(bom)
}

fn word<'a>(map: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Json::as_str)
}

/// A text that says something.
fn said<'a>(map: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    word(map, key).filter(|text| !text.is_empty() && !matches!(*text, "NOASSERTION" | "NONE"))
}

fn list<'a>(map: &'a Map<String, Json>, key: &str) -> impl Iterator<Item = &'a Json> {
    map.get(key).and_then(Json::as_array).into_iter().flatten()
}

fn described(document: &Map<String, Json>) -> BTreeSet<&str> {
    let listed = list(document, "documentDescribes").filter_map(Json::as_str);
    let tied = list(document, "relationships").filter_map(|tie| {
        let is = |key: &str, text: &str| tie.get(key).and_then(Json::as_str) == Some(text);
        let fits = is("relationshipType", "DESCRIBES") && is("spdxElementId", DOCUMENT);
        tie.get("relatedSpdxElement").and_then(Json::as_str).filter(|_| fits)
    });
    listed.chain(tied).collect()
}

fn package(map: &Map<String, Json>) -> Component {
    let id = word(map, "SPDXID").unwrap_or_default();
    let kind = match word(map, "primaryPackagePurpose") {
        Some("LIBRARY" | "FRAMEWORK") => Kind::Library,
        Some("CONTAINER") => Kind::Container,
        Some("DEVICE") => Kind::Device,
        Some("SOURCE") => Kind::Code,
        _ => Kind::Other,
    };
    let mut component =
        Component::new(ComponentId(id.to_owned()), kind, word(map, "name").unwrap_or(id));
    common(&mut component, map);
    let properties = &mut component.properties;
    let texts = [
        ("versionInfo", property::VERSION),
        ("description", property::DESCRIPTION),
        ("builtDate", property::CREATED),
        ("releaseDate", property::RELEASED),
    ];
    for (key, name) in texts {
        properties.extend(said(map, key).map(|text| Property::text(name, text, None)));
    }
    for (key, kind) in [("downloadLocation", "distribution"), ("homepage", "website")] {
        let link = |url: &str| LinkInfo { kind: kind.to_owned(), url: url.to_owned() };
        let found = said(map, key).map(|url| Value::Link(link(url)));
        properties.extend(found.map(|link| Property::new(property::LINK, link, None)));
    }
    for (key, name) in [("supplier", name::SUPPLIER), ("originator", property::PARTY)] {
        let party = said(map, key).and_then(actor);
        properties.extend(party.map(|party| Property::new(name, party, None)));
    }
    let purl = list(map, "externalRefs").find_map(|reference| {
        let kind = reference.get("referenceType").and_then(Json::as_str);
        reference.get("referenceLocator").and_then(Json::as_str).filter(|_| kind == Some("purl"))
    });
    component.purl = purl.map(str::to_owned);
    if component.kind == Kind::Other
        && component.purl.as_deref().is_some_and(|purl| purl.starts_with("pkg:huggingface/"))
    {
        component.kind = Kind::Model;
    }
    component
}

fn file(map: &Map<String, Json>) -> Component {
    let id = word(map, "SPDXID").unwrap_or_default();
    let name = word(map, "fileName").unwrap_or(id).trim_start_matches("./");
    let mut component = Component::new(ComponentId(id.to_owned()), Kind::File, name);
    component.path = Some(name.to_owned());
    common(&mut component, map);
    component
}

/// What packages and files share: digests, licences, and what is not read.
fn common(component: &mut Component, map: &Map<String, Json>) {
    let hash = |checksum: &Json| {
        let name = checksum.get("algorithm")?.as_str()?.to_ascii_lowercase();
        let algorithm = crate::HashAlgorithm::from_name(&name)?;
        Hash::new(algorithm, checksum.get("checksumValue")?.as_str()?, None)
    };
    component.hashes = list(map, "checksums").filter_map(hash).collect();
    let inferred = Evidence {
        known: Known::Inferred,
        file: String::new(),
        place: String::new(),
        digest: None,
    };
    for (key, evidence) in [("licenseDeclared", None), ("licenseConcluded", Some(inferred))] {
        if let Some(text) = said(map, key) {
            let licence = Property::text(property::LICENCE, text, evidence);
            component.properties.push(licence);
        }
    }
    component.residue = Some(Residue { format: FAMILY, fields: map.clone() });
}

fn relation(tie: &Json, ids: &BTreeSet<ComponentId>) -> Option<Relation> {
    let id = |key: &str| {
        let id = ComponentId(tie.get(key)?.as_str()?.to_owned());
        ids.contains(&id).then_some(id)
    };
    let (from, to) = (id("spdxElementId")?, id("relatedSpdxElement")?);
    let (kind, turned) = match tie.get("relationshipType")?.as_str()? {
        "CONTAINS" => (RelationKind::Contains, false),
        "CONTAINED_BY" => (RelationKind::Contains, true),
        "DEPENDS_ON" => (RelationKind::DependsOn, false),
        "DEPENDENCY_OF" | "RUNTIME_DEPENDENCY_OF" | "BUILD_DEPENDENCY_OF" | "DEV_DEPENDENCY_OF" => {
            (RelationKind::DependsOn, true)
        }
        "DESCENDANT_OF" | "GENERATED_FROM" | "VARIANT_OF" => (RelationKind::DerivedFrom, false),
        "ANCESTOR_OF" | "GENERATES" => (RelationKind::DerivedFrom, true),
        "DOCUMENTATION_OF" => (RelationKind::Documents, false),
        _ => return None,
    };
    let (from, to) = if turned { (to, from) } else { (from, to) };
    Some(Relation::new(&from, kind, &to))
}

/// `Organization: NAME (MAIL)` or `Person: NAME (MAIL)`; a tool is nobody.
fn actor(text: &str) -> Option<Value> {
    let (kind, rest) = text.split_once(':')?;
    let organisation = match kind {
        "Organization" => true,
        "Person" => false,
        _ => return None,
    };
    let (name, email) = match rest.trim().strip_suffix(')').and_then(|t| t.rsplit_once('(')) {
        Some((name, mail)) => (name.trim(), Some(mail.trim()).filter(|mail| !mail.is_empty())),
        None => (rest.trim(), None),
    };
    (!name.is_empty()).then(|| {
        Value::Party(PartyInfo {
            name: name.to_owned(),
            email: email.map(str::to_owned),
            organisation,
            ..PartyInfo::default()
        })
    })
}
