//! A CycloneDX document, own or foreign, as the model.
//!
//! What the model has a place for is read into it. Then the model is written as it stands, and what
//! the document says differently or beyond becomes residue (`patch.rs`): nothing is lost, whether
//! anybody knew of it or not. What the schema allows is read; what is odd about it is named in
//! claims of the AIBOM called `reading-problem`, for whoever judges the document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::own::{self, Own};
use super::place::{self, Home, On};
use super::tie::{self, MAX_NESTING, NESTED, Ties};
use super::types::SerialNumber;
use super::{Context, Version, alias, claims, document, entry, patch, run};
use crate::identity::urn_uuid_of;
use crate::{
    Bom, BomError, Completeness, Component, ComponentId, Composition, Hash, Kind, Property,
    Relation, RelationKind, Residue, name,
};
use sealkit_inspect::Value;

/// Most components of one document.
const MAX_COMPONENTS: usize = 1_000_000;
/// Most problems that are named.
const MAX_PROBLEMS: usize = 1000;

/// Everything that is found on the way.
pub(super) struct Reader {
    pub(super) version: Version,
    /// Whether the document is of a version that is read and not written.
    is_older: bool,
    /// Whether it has no serial number.
    is_unnumbered: bool,
    /// Whether what went into the making stands apart, in a formulation of ours.
    is_parted: bool,
    /// How deep the component lies that is being read.
    level: usize,
    pub(super) components: Vec<Component>,
    /// The entry of each component, without what is nested in it.
    pub(super) entries: BTreeMap<ComponentId, Map<String, Json>>,
    pub(super) relations: Vec<Relation>,
    /// Ties that the document states by nesting.
    pub(super) nesting: Vec<Relation>,
    pub(super) problems: Vec<String>,
    pub(super) references: BTreeSet<String>,
    pub(super) unnamed: usize,
}

pub(super) fn bom(root: Map<String, Json>, version: Version) -> Result<Bom, BomError> {
    let references = references(&root);
    let said = root.get("specVersion").and_then(Json::as_str);
    let mut reader = Reader {
        version,
        is_unnumbered: false,
        is_parted: false,
        level: 0,
        is_older: said != Some(version.number()),
        components: Vec::new(),
        entries: BTreeMap::new(),
        relations: Vec::new(),
        nesting: Vec::new(),
        problems: Vec::new(),
        references,
        unnamed: 0,
    };
    let mut root = root;
    let serial = root.shift_remove("serialNumber");
    let derived = urn_uuid_of(&root)?;
    let subject = match take_subject(&mut root) {
        Some(entry) => reader.add(entry, Role::Subject)?,
        None => reader.placeholder(),
    };
    reader.add_list(&mut root, Role::Thing, None)?;
    reader.add_list(&mut root, Role::Service, None)?;
    if let Some(formula) = run::own_formula(&mut root) {
        reader.is_parted = true;
        reader.add_list(formula, Role::Thing, None)?;
    }
    let at = reader.components.iter().position(|component| component.id == subject);
    let subject = at.map(|at| reader.components.remove(at)).ok_or(BomError::NoSubject)?;
    let mut bom = Bom::new(subject);
    bom.components = std::mem::take(&mut reader.components);
    let root = Json::Object(root);
    reader.statements(&mut bom, &root);
    bom.compositions = compositions(&root);
    reader.runs(&mut bom, &root);
    reader.ties(&mut bom, &root)?;
    let Json::Object(mut root) = root else { return Ok(bom) };
    match serial {
        Some(Json::String(number)) if number == derived => {}
        Some(Json::String(number)) if SerialNumber::new(&number).is_some() => {
            let claim = Property::text(name::SERIAL_NUMBER, number, None);
            bom.properties.insert(0, claim);
        }
        Some(other) => drop(root.insert("serialNumber".to_owned(), other)),
        None => reader.is_unnumbered = true,
    }
    bom.normalise();
    reader.rest(&mut bom, root)?;
    Ok(bom)
}

/// Every reference of the document's components and services, so that no invented one is among
/// them.
fn references(root: &Map<String, Json>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut open: Vec<&Json> = root.values().collect();
    while let Some(value) = open.pop() {
        match value {
            Json::Object(map) => {
                all.extend(map.get("bom-ref").and_then(Json::as_str).map(str::to_owned));
                open.extend(map.values());
            }
            Json::Array(list) => open.extend(list),
            _ => {}
        }
    }
    all
}

fn take_subject(root: &mut Map<String, Json>) -> Option<Map<String, Json>> {
    let metadata = root.get_mut("metadata")?.as_object_mut()?;
    metadata.get("component")?.as_object()?;
    match metadata.shift_remove("component") {
        Some(Json::Object(entry)) => Some(entry),
        _ => None,
    }
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Subject,
    Thing,
    Service,
}

impl Reader {
    pub(super) fn problem(&mut self, text: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(text.into());
        }
    }

    /// A name that nothing in the document has.
    pub(super) fn invented(&mut self, word: &str) -> ComponentId {
        loop {
            self.unnamed += 1;
            let id = format!("{word}:{}", self.unnamed);
            if self.references.insert(id.clone()) {
                return ComponentId(id);
            }
        }
    }

    /// What stands for a subject that the document does not name.
    fn placeholder(&mut self) -> ComponentId {
        self.problem("the document has no `metadata.component`: it does not say what it describes");
        let id = self.invented("unnamed");
        let mut component = Component::new(id.clone(), Kind::Other, "unknown");
        component.residue = absent();
        self.components.push(component);
        id
    }

    /// Adds the entries of one list, each with everything nested in it.
    fn add_list(
        &mut self,
        holder: &mut Map<String, Json>,
        role: Role,
        outer: Option<&ComponentId>,
    ) -> Result<(), BomError> {
        let key = if role == Role::Service { "services" } else { "components" };
        let fits = |list: &Vec<Json>| !list.is_empty() && list.iter().all(Json::is_object);
        if !holder.get(key).and_then(Json::as_array).is_some_and(fits) {
            return Ok(());
        }
        let Some(Json::Array(list)) = holder.shift_remove(key) else { return Ok(()) };
        for inner in list {
            let Json::Object(inner) = inner else { continue };
            let to = self.add(inner, role)?;
            let tie = outer.map(|from| Relation::new(from, RelationKind::Contains, &to));
            self.nesting.extend(tie.map(|tie| tie.role(Some(NESTED))));
        }
        Ok(())
    }

    fn add(&mut self, mut entry: Map<String, Json>, role: Role) -> Result<ComponentId, BomError> {
        if self.components.len() >= MAX_COMPONENTS {
            return Err(BomError::TooMany { what: "components", limit: MAX_COMPONENTS });
        }
        let said = entry.get("bom-ref").and_then(Json::as_str).filter(|text| !text.is_empty());
        let id = match said.map(|text| ComponentId(text.to_owned())) {
            Some(id) if !self.entries.contains_key(&id) => id,
            Some(id) => {
                self.problem(format!("two components have the reference `{id}`"));
                self.invented(&id.0)
            }
            None => self.invented("unnamed"),
        };
        // Reserved before anything nested, so that the outer of two keeps its name.
        self.entries.insert(id.clone(), Map::new());
        if self.level >= MAX_NESTING {
            return Err(BomError::TooMany { what: "levels of components", limit: MAX_NESTING });
        }
        self.level += 1;
        // Services lie in services, and components in everything else.
        let inside = if role == Role::Service { Role::Service } else { Role::Thing };
        self.add_list(&mut entry, inside, Some(&id))?;
        self.level -= 1;
        let component = self.component(id.clone(), &Json::Object(entry.clone()), role);
        self.components.push(component);
        self.entries.insert(id.clone(), entry);
        Ok(id)
    }

    pub(super) fn component(&mut self, id: ComponentId, entry: &Json, role: Role) -> Component {
        let text = |key: &str| entry.get(key).and_then(Json::as_str).filter(|t| !t.is_empty());
        let mut own = Own::default();
        for home in Home::ALL {
            own.read(entry.pointer(home.path()).unwrap_or(&Json::Null));
        }
        let said = if role == Role::Service { "service" } else { text("type").unwrap_or_default() };
        let is_service = role == Role::Service;
        let kind = own.fixed.remove("kind").filter(|_| !is_service);
        let usual = entry::kind_of(said, role == Role::Subject);
        let kind = kind.and_then(|name| Kind::from_name(&name)).unwrap_or(usual);
        let name = text("name").filter(|_| !own.fixed.contains_key("unnamed"));
        let mut component = Component::new(id, kind, name.unwrap_or_default());
        component.path = own.fixed.remove("path");
        component.size = own.fixed.remove("size").and_then(|size| size.parse().ok());
        if !is_service {
            component.media_type =
                text("mime-type").map(str::to_owned).or_else(|| own.fixed.remove("media-type"));
            component.purl = text("purl").map(str::to_owned).or_else(|| own.fixed.remove("purl"));
            component.hashes = self.hashes(&component.id, entry, &own);
        }
        let context = Context::new(self.version, &own.claims);
        let places = place::of_component(kind, is_service);
        component.properties = claims::join(&own, places, entry, &context);
        let repeats = alias::of(&component);
        let new = own.repeats.iter().filter(|named| !repeats.contains(named));
        component.properties.extend(new.filter_map(own::foreign));
        if is_service || (role == Role::Thing && tie::is_service(&component)) {
            // Where an entry stands says whether it is a service, and no claim of it.
            component.properties.retain(|claim| claim.name != name::COMPONENT_TYPE);
        }
        let is_known = entry::TYPES.contains(&said) || is_service;
        if entry::type_of(kind) != said && kind == usual && is_known {
            component.properties.push(Property::text(name::COMPONENT_TYPE, said, None));
        }
        let ties = own.relations.iter().filter_map(|text| tie::read(&component.id, text));
        self.relations.extend(ties);
        component
    }

    fn hashes(&mut self, id: &ComponentId, entry: &Json, own: &Own) -> Vec<Hash> {
        let list = entry.get("hashes").and_then(Json::as_array).into_iter().flatten();
        let mut all = Vec::new();
        for (of, element) in list.enumerate() {
            let text = |key: &str| element.get(key).and_then(Json::as_str).unwrap_or_default();
            let row = entry::ALGORITHMS.iter().find(|row| row.1 == text("alg"));
            let Some((algorithm, _)) = row else { continue };
            let evidence = own.evidence.get(&("hash".to_owned(), of)).cloned();
            match Hash::new(*algorithm, text("content"), evidence) {
                Some(hash) => all.push(hash),
                None => self.problem(format!("component `{id}` has a malformed digest")),
            }
        }
        all
    }

    /// The workflows, but for those that another thing shares its name with.
    fn runs(&mut self, bom: &mut Bom, root: &Json) {
        let mut seen = BTreeSet::new();
        for run in run::read(root, self.version) {
            let is_taken = !seen.insert(run.id.clone());
            if is_taken || self.entries.contains_key(&run.id) {
                self.problem(format!(
                    "a workflow and another thing have the reference `{}`",
                    run.id
                ));
            } else {
                bom.runs.push(run);
            }
        }
    }

    /// What the document says of itself.
    fn statements(&mut self, bom: &mut Bom, root: &Json) {
        let mut own = Own::default();
        own.read(root.pointer("/metadata/properties").unwrap_or(&Json::Null));
        let nobody = ComponentId(String::new());
        self.relations.extend(own.relations.iter().filter_map(|text| tie::read(&nobody, text)));
        let context = Context::new(self.version, &own.claims);
        bom.properties = claims::join(&own, place::of(On::Document), root, &context);
        bom.properties.extend(own.repeats.iter().filter_map(own::foreign));
        let supplier = root.pointer("/metadata/supplier");
        let supplier = supplier.and_then(|s| super::party::read_organisation(name::SUPPLIER, s));
        if bom.subject.of(name::SUPPLIER).next().is_none() {
            bom.subject.properties.extend(supplier);
        }
        if let Some(number @ 2..) = root.get("version").and_then(Json::as_u64) {
            let claim = Property::new(name::BOM_VERSION, Value::Uint(number), None);
            bom.properties.insert(0, claim);
        }
    }

    /// What the document says beyond the model.
    fn rest(&self, bom: &mut Bom, mut said: Map<String, Json>) -> Result<(), BomError> {
        let is_together = !self.is_parted && Ties::new(bom).has_ingredients();
        let together = Map::from_iter([(document::TOGETHER.to_owned(), json!(true))]);
        if is_together {
            bom.residue = residue(together.clone());
        }
        let bare = bom.clone();
        let ties = Ties::new(&bare);
        for component in bom.components.iter_mut().chain([&mut bom.subject]) {
            let Some(entry) = self.entries.get(&component.id) else { continue };
            let Some(plain) = ties.components.get(component.id.0.as_str()) else { continue };
            let is_subject = plain.id == bare.subject.id;
            let mut written = entry::write(plain, &ties, self.version, is_subject)?;
            written.join_ties();
            component.residue = residue(patch::diff(&written.map, entry));
        }
        let mut plain = document::plain(bom, self.version)?;
        drop(take_subject(&mut plain));
        for key in ["components", "services"] {
            plain.shift_remove(key);
        }
        if let Some(formula) = run::own_formula(&mut plain) {
            formula.shift_remove("components");
        }
        // An older version is written as the oldest that is.
        said.insert("specVersion".to_owned(), json!(self.version.number()));
        if self.is_older && said.contains_key("$schema") {
            said.insert("$schema".to_owned(), json!(self.version.schema()));
        }
        let mut fields = patch::diff(&plain, &said);
        if self.is_unnumbered {
            fields.insert(document::UNNUMBERED.to_owned(), json!(true));
        }
        let beyond = !fields.is_empty() || bom.all().any(|component| component.residue.is_some());
        if self.version == Version::V1_7 && beyond {
            fields.insert(document::NEWER.to_owned(), json!(true));
        }
        if is_together {
            fields.extend(together);
        }
        bom.residue = residue(fields);
        for problem in &self.problems {
            bom.properties.push(Property::text(name::READING_PROBLEM, problem.clone(), None));
        }
        bom.normalise();
        Ok(())
    }
}

pub(super) fn absent() -> Option<Residue> {
    residue(Map::from_iter([(document::ABSENT.to_owned(), json!(true))]))
}

fn residue(fields: Map<String, Json>) -> Option<Residue> {
    (!fields.is_empty()).then_some(Residue { format: document::FORMAT, fields })
}

/// Every value but `complete` and `unknown` names what is missing; `not_specified` says nothing.
fn compositions(root: &Json) -> Vec<Composition> {
    let list = root.get("compositions").and_then(Json::as_array).into_iter().flatten();
    let ids = |entry: &Json, key: &str| {
        let all = entry.get(key).and_then(Json::as_array).into_iter().flatten();
        all.filter_map(|id| Some(ComponentId(id.as_str()?.to_owned()))).collect()
    };
    let read = |entry: &Json| {
        let completeness = match entry.get("aggregate")?.as_str()? {
            "complete" => Completeness::Complete,
            "unknown" => Completeness::Unknown,
            "not_specified" => return None,
            _ => Completeness::Incomplete,
        };
        let (contents, origins) = (ids(entry, "assemblies"), ids(entry, "dependencies"));
        Some(Composition { completeness, contents, origins })
    };
    list.filter_map(read).collect()
}
