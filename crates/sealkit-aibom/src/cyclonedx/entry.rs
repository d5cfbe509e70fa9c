//! One component as an entry of a document.

use std::collections::BTreeMap;

use sealkit_inspect::property;
use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::{Map, Value as Json, json};

use super::claims::{self, Shown};
use super::own::{self, Named};
use super::place::{self, Home};
use super::shape::{append, insert, order};
use super::tie::{self, Ties};
use super::types::{MediaType, Reference};
use super::{Context, Version, alias, known};
use crate::purl::Purl;
use crate::{
    BomError, Component, Hash, HashAlgorithm, Kind, Property, Relation, RelationKind, name,
};

/// Order of keys, as the schema lists them.
pub(super) const KEYS: &[&str] = &[
    "type",
    "mime-type",
    "bom-ref",
    "provider",
    "supplier",
    "manufacturer",
    "authors",
    "author",
    "publisher",
    "group",
    "name",
    "version",
    "versionRange",
    "isExternal",
    "description",
    "scope",
    "hashes",
    "licenses",
    "copyright",
    "cpe",
    "purl",
    "omniborId",
    "swhid",
    "swid",
    "pedigree",
    "externalReferences",
    "components",
    "services",
    "evidence",
    "releaseNotes",
    "modelCard",
    "data",
    "cryptoProperties",
    "properties",
    "tags",
    "signature",
];

/// Where the properties of a component stand.
const PROPERTIES: &str = "properties";

/// The `type` that a component of this kind has. A kit may hold no model, or several, beside data
/// and code that belong together: as a whole it is an application, and
/// `machine-learning-model` with its card is each model inside.
pub(super) fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Kit | Kind::Code | Kind::McpServer | Kind::Other => "application",
        Kind::Model | Kind::BaseModel | Kind::ExternalModel => "machine-learning-model",
        Kind::Dataset | Kind::ExternalDataset => "data",
        Kind::ModelPart | Kind::Docs | Kind::Prompt | Kind::File => "file",
        Kind::Library => "library",
        Kind::Container => "container",
        Kind::Device => "device",
    }
}

/// The kind that a component of this `type` has, unless something else is said.
pub(super) fn kind_of(kind: &str, is_subject: bool) -> Kind {
    match kind {
        "application" if is_subject => Kind::Kit,
        "machine-learning-model" => Kind::Model,
        "data" => Kind::Dataset,
        "file" => Kind::File,
        "library" | "framework" => Kind::Library,
        "container" => Kind::Container,
        "device" => Kind::Device,
        _ => Kind::Other,
    }
}

/// Every `type` of the schema.
pub(super) const TYPES: &[&str] = &[
    "application",
    "framework",
    "library",
    "container",
    "platform",
    "operating-system",
    "device",
    "device-driver",
    "firmware",
    "file",
    "machine-learning-model",
    "data",
    "cryptographic-asset",
];

/// Algorithm and its name in CycloneDX.
pub(super) const ALGORITHMS: [(HashAlgorithm, &str); 12] = [
    (HashAlgorithm::Md5, "MD5"),
    (HashAlgorithm::Sha1, "SHA-1"),
    (HashAlgorithm::Sha256, "SHA-256"),
    (HashAlgorithm::Sha384, "SHA-384"),
    (HashAlgorithm::Sha512, "SHA-512"),
    (HashAlgorithm::Sha3_256, "SHA3-256"),
    (HashAlgorithm::Sha3_384, "SHA3-384"),
    (HashAlgorithm::Sha3_512, "SHA3-512"),
    (HashAlgorithm::Blake2b256, "BLAKE2b-256"),
    (HashAlgorithm::Blake2b384, "BLAKE2b-384"),
    (HashAlgorithm::Blake2b512, "BLAKE2b-512"),
    (HashAlgorithm::Blake3, "BLAKE3"),
];

/// An entry, with what citations are made from.
pub(super) struct Entry<'a> {
    pub(super) map: Map<String, Json>,
    pub(super) shown: Vec<Shown<'a>>,
    /// Ties that are properties too, and where among the properties they stand. There may be as many as
    /// files, so that each is made when it is written.
    ties: Vec<&'a Relation>,
    at: usize,
}

impl Entry<'_> {
    /// Makes the ties properties like any other.
    pub(super) fn join_ties(&mut self) {
        let ties: Vec<Json> = self.ties.drain(..).map(|tie| json!(tie::named(tie))).collect();
        if let Some(Json::Array(list)) = self.map.get_mut(PROPERTIES) {
            let at = self.at.min(list.len());
            list.splice(at..at, ties);
        }
    }
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &self.map {
            match value {
                Json::Array(list) if key == PROPERTIES => {
                    let (before, after) = list.split_at(self.at.min(list.len()));
                    map.serialize_entry(key, &Joined { before, ties: &self.ties, after })?;
                }
                value => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

/// The properties of a component while they are written.
struct Joined<'a> {
    before: &'a [Json],
    ties: &'a [&'a Relation],
    after: &'a [Json],
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        self.before.iter().try_for_each(|named| list.serialize_element(named))?;
        self.ties.iter().try_for_each(|tie| list.serialize_element(&tie::named(tie)))?;
        self.after.iter().try_for_each(|named| list.serialize_element(named))?;
        list.end()
    }
}

/// Writes one component, without what is nested in it and without its residue; the keys are in no
/// order yet.
pub(super) fn write<'a>(
    component: &'a Component,
    ties: &Ties<'a>,
    version: Version,
    is_subject: bool,
) -> Result<Entry<'a>, BomError> {
    let service = ties.is_service(component) && !is_subject;
    let context = Context::new(version, &component.properties);
    let places = place::of_component(component.kind, service);
    let mut split = claims::split(places, &context);
    let id = Reference::new(&component.id.0).ok_or(BomError::Nameless)?;
    let (mut map, mut fixed) = (Map::new(), Vec::new());
    let kind = component_type(component, service, &mut split.full);
    if !service {
        map.insert("type".to_owned(), json!(kind));
    }
    map.insert("bom-ref".to_owned(), json!(id));
    let named = if component.name.is_empty() { "unnamed" } else { &component.name };
    map.insert("name".to_owned(), json!(named));
    if component.name.is_empty() {
        fixed.push(Named::own("unnamed", "true"));
    }
    if kind_of(&kind, is_subject) != component.kind {
        fixed.push(Named::own("kind", component.kind.name()));
    }
    bytes(component, &mut map, &mut fixed);
    if component.kind.is_data() {
        map.insert("data".to_owned(), json!([{"type": "dataset", "name": named}]));
    }
    for shown in &split.shown {
        insert(&mut map, shown.place.path, shown.place.many, shown.element.clone());
    }
    if !service {
        lineage(component, ties, &mut map, version)?;
        known::add(component, version, &mut map);
    }
    if version == Version::V1_7 && !is_subject && is_loaded(component, ties) {
        map.insert("isExternal".to_owned(), json!(true));
    }
    let (ties, at) = (ties.full(&component.id.0), fixed.len());
    properties(component, &split, fixed, &mut map);
    if !ties.is_empty() {
        map.entry(PROPERTIES).or_insert_with(|| json!([]));
    }
    Ok(Entry { map, shown: split.shown, ties, at })
}

/// The `type`; a claim that gives it needs no property then.
fn component_type(component: &Component, service: bool, full: &mut Vec<&Property>) -> String {
    let usual = type_of(component.kind).to_owned();
    let claims: Vec<&Property> = component.of(name::COMPONENT_TYPE).collect();
    let [claim] = claims[..] else { return usual };
    let Some(said) = claim.as_text().filter(|_| claim.subject.is_empty()) else { return usual };
    let fits = (TYPES.contains(&said)
        && said != usual
        && [true, false].iter().all(|subject| kind_of(said, *subject) == component.kind))
        || (said == "service" && service);
    if !fits || claim.evidence.is_some() {
        return usual;
    }
    full.retain(|other| other.name != name::COMPONENT_TYPE);
    said.to_owned()
}

/// What is said of the component's bytes and of its name elsewhere.
fn bytes(component: &Component, map: &mut Map<String, Json>, fixed: &mut Vec<Named>) {
    // An empty text says nothing.
    let filled = |text: &'_ Option<String>| text.clone().filter(|text| !text.is_empty());
    fixed.extend(filled(&component.path).map(|path| Named::own("path", path)));
    fixed.extend(component.size.map(|size| Named::own("size", size.to_string())));
    if let Some(text) = &filled(&component.media_type) {
        match MediaType::new(text) {
            Some(media) => drop(map.insert("mime-type".to_owned(), json!(media))),
            // The schema's pattern is narrower than what may stand in a manifest.
            None => fixed.push(Named::own("media-type", text)),
        }
    }
    if let Some(text) = &filled(&component.purl) {
        match Purl::parse(text) {
            Ok(_) => drop(map.insert("purl".to_owned(), json!(text))),
            Err(_) => fixed.push(Named::own("purl", text)),
        }
    }
    if !component.hashes.is_empty() {
        let hashes: Vec<Json> = component.hashes.iter().map(hash).collect();
        map.insert("hashes".to_owned(), json!(hashes));
    }
    for (of, hash) in component.hashes.iter().enumerate() {
        fixed.extend(hash.evidence.as_ref().map(|e| own::native_evidence("hash", of, e)));
    }
}

fn hash(hash: &Hash) -> Json {
    json!({"alg": algorithm(hash), "content": hash.hex()})
}

/// The algorithm of a digest by its name in CycloneDX.
pub(super) fn algorithm(hash: &Hash) -> &'static str {
    ALGORITHMS.iter().find(|row| row.0 == hash.algorithm()).map_or("", |row| row.1)
}

/// Base models stand whole in `pedigree`, as links are not allowed there; datasets as links in the
/// model card.
fn lineage(
    component: &Component,
    ties: &Ties<'_>,
    map: &mut Map<String, Json>,
    version: Version,
) -> Result<(), BomError> {
    let id = component.id.0.as_str();
    let mut notes = Vec::new();
    for (tie, base) in ties.ancestors(id) {
        insert(map, "/pedigree/ancestors", true, ancestor(base, version)?);
        notes.extend(tie.role.as_ref().map(|role| format!("{role} of {}", base.name)));
    }
    if !notes.is_empty() {
        insert(map, "/pedigree/notes", false, json!(notes.join("; ")));
    }
    if component.kind.is_model() {
        let kinds = [RelationKind::TrainedOn, RelationKind::EvaluatedOn];
        for data in ties.targets(id, &kinds) {
            let link = json!({"ref": data});
            insert(map, "/modelCard/modelParameters/datasets", true, link);
        }
    }
    Ok(())
}

/// What a reader needs to know the base model again: no reference, as that stands elsewhere.
pub(super) fn ancestor(base: &Component, version: Version) -> Result<Json, BomError> {
    let mut alone = crate::Component::new(base.id.clone(), base.kind, base.name.clone());
    alone.purl.clone_from(&base.purl);
    alone.hashes.clone_from(&base.hashes);
    let shown = [property::VERSION, property::DESCRIPTION, property::LICENCE, property::LINK];
    let fits = |claim: &&Property| shown.contains(&claim.name.as_str());
    alone.properties = base.properties.iter().filter(fits).cloned().collect();
    let bom = crate::Bom::new(alone);
    let mut map = write(&bom.subject, &Ties::new(&bom), version, false)?.map;
    for key in ["bom-ref", "properties", "evidence", "data", "isExternal"] {
        map.shift_remove(key);
    }
    order(&mut map, KEYS);
    Ok(Json::Object(map))
}

/// Whether the component is not in the kit but loaded beside it when the kit runs.
fn is_loaded(component: &Component, ties: &Ties<'_>) -> bool {
    matches!(component.kind, Kind::BaseModel | Kind::ExternalModel)
        && ties.is_loaded(&component.id.0)
}

/// The properties, each at the home of its name: fixed parts, evidence of native values, claims.
fn properties(
    component: &Component,
    split: &claims::Split<'_>,
    fixed: Vec<Named>,
    map: &mut Map<String, Json>,
) {
    let home = |claim: &str| Home::of(component.kind, claim);
    let mut homes = BTreeMap::from([(Home::Component, fixed)]);
    for (claim, of, evidence) in &split.evidence {
        let named = own::native_evidence(claim, *of, evidence);
        homes.entry(home(claim)).or_default().push(named);
    }
    for claim in &split.full {
        homes.entry(home(&claim.name)).or_default().extend(own::write(claim));
    }
    homes.entry(Home::Component).or_default().extend(alias::of(component));
    for (home, all) in homes {
        append(map, home.path(), all.into_iter().map(|named| json!(named)).collect());
    }
}
