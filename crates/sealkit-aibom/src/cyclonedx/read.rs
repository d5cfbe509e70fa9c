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
use super::tie::{self, NESTED, Ties, usual_kind};
use super::types::SerialNumber;
use super::{Context, Version, alias, claims, document, entry, patch, run};
use crate::{
    Bom, BomError, Completeness, Component, ComponentId, Composition, Hash, Kind, Property,
    Relation, RelationKind, Residue, name,
};
use sealkit_inspect::Value;

/// Most components of one document.
const MAX_COMPONENTS: usize = 1_000_000;
/// Most ties of one document.
const MAX_TIES: usize = 4_000_000;
/// Most problems that are named.
const MAX_PROBLEMS: usize = 1000;

/// Everything that is found on the way.
struct Reader {
    version: Version,
    components: Vec<Component>,
    /// The entry of each component, without what is nested in it.
    entries: BTreeMap<ComponentId, Map<String, Json>>,
    relations: Vec<Relation>,
    /// Ties that the document states by nesting.
    nesting: Vec<Relation>,
    problems: Vec<String>,
    references: BTreeSet<String>,
    unnamed: usize,
}

pub(super) fn bom(root: Map<String, Json>, version: Version) -> Result<Bom, BomError> {
    let references = references(&root);
    let mut reader = Reader {
        version,
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
    let derived = document::derived_number(&root)?;
    let subject = match take_subject(&mut root) {
        Some(entry) => reader.add(entry, Role::Subject)?,
        None => reader.placeholder(),
    };
    reader.add_lists(&mut root, None)?;
    let at = reader.components.iter().position(|component| component.id == subject);
    let subject = at.map(|at| reader.components.remove(at)).ok_or(BomError::NoSubject)?;
    let mut bom = Bom::new(subject);
    bom.components = std::mem::take(&mut reader.components);
    let root = Json::Object(root);
    reader.statements(&mut bom, &root);
    bom.compositions = compositions(&root);
    bom.runs = run::read(&root, version);
    reader.ties(&mut bom, &root)?;
    let Json::Object(mut root) = root else { return Ok(bom) };
    match serial {
        Some(Json::String(number)) if number == derived => {}
        Some(Json::String(number)) if SerialNumber::new(&number).is_some() => {
            let claim = Property::text(name::SERIAL_NUMBER, number, None);
            bom.properties.insert(0, claim);
        }
        Some(other) => drop(root.insert("serialNumber".to_owned(), other)),
        None => drop(root.insert("serialNumber".to_owned(), Json::Null)),
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
enum Role {
    Subject,
    Thing,
    Service,
}

impl Reader {
    fn problem(&mut self, text: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(text.into());
        }
    }

    /// A name that nothing in the document has.
    fn invented(&mut self, word: &str) -> ComponentId {
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

    /// Adds the entries of both lists, each with everything nested in it.
    fn add_lists(
        &mut self,
        holder: &mut Map<String, Json>,
        outer: Option<&ComponentId>,
    ) -> Result<(), BomError> {
        for (key, role) in [("components", Role::Thing), ("services", Role::Service)] {
            let fits = |list: &Vec<Json>| !list.is_empty() && list.iter().all(Json::is_object);
            if !holder.get(key).and_then(Json::as_array).is_some_and(fits) {
                continue;
            }
            let Some(Json::Array(list)) = holder.shift_remove(key) else { continue };
            for inner in list {
                let Json::Object(inner) = inner else { continue };
                let to = self.add(inner, role)?;
                let tie = outer.map(|from| Relation::new(from, RelationKind::Contains, &to));
                self.nesting.extend(tie.map(|tie| tie.role(Some(NESTED))));
            }
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
        self.add_lists(&mut entry, Some(&id))?;
        let component = self.component(id.clone(), &Json::Object(entry.clone()), role);
        self.components.push(component);
        self.entries.insert(id.clone(), entry);
        Ok(id)
    }

    fn component(&mut self, id: ComponentId, entry: &Json, role: Role) -> Component {
        let text = |key: &str| entry.get(key).and_then(Json::as_str).filter(|t| !t.is_empty());
        let mut own = Own::default();
        for home in Home::ALL {
            own.read(entry.pointer(home.path()).unwrap_or(&Json::Null));
        }
        let said = if role == Role::Service { "service" } else { text("type").unwrap_or_default() };
        let kind = own.fixed.remove("kind").and_then(|name| Kind::from_name(&name));
        let usual = entry::kind_of(said, role == Role::Subject);
        let kind = kind.unwrap_or(usual);
        let name = text("name").filter(|_| !own.fixed.contains_key("unnamed"));
        let mut component = Component::new(id, kind, name.unwrap_or_default());
        component.path = own.fixed.remove("path");
        component.size = own.fixed.remove("size").and_then(|size| size.parse().ok());
        component.media_type =
            text("mime-type").map(str::to_owned).or_else(|| own.fixed.remove("media-type"));
        component.purl = text("purl").map(str::to_owned).or_else(|| own.fixed.remove("purl"));
        component.hashes = self.hashes(&component.id, entry, &own);
        let context = Context { version: self.version, claims: &own.claims };
        let places = place::of_component(kind, role == Role::Service);
        component.properties = claims::join(&own, places, entry, &context);
        let repeats = alias::of(&component);
        let new = own.repeats.iter().filter(|named| !repeats.contains(named));
        component.properties.extend(new.filter_map(own::foreign));
        let is_known = entry::TYPES.contains(&said) || role == Role::Service;
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

    /// Base models that stand in a pedigree and that no tie leads to: those that a component has
    /// the package URL, or else the name and version of, are these; any other is a component of
    /// its own, which has no entry.
    fn ancestors(&mut self, bom: &mut Bom) -> Result<(), BomError> {
        let mut known: BTreeMap<String, ComponentId> = BTreeMap::new();
        for component in bom.all() {
            known.entry(likeness(component)).or_insert_with(|| component.id.clone());
        }
        let told = self.told_ancestors(bom)?;
        let mut open = Vec::new();
        for (holder, entry) in &self.entries {
            let list = entry.get("pedigree").and_then(|p| p.get("ancestors")?.as_array());
            let new = list.into_iter().flatten().filter(|ancestor| {
                !told.contains(&(holder.0.as_str(), patch::canonical(ancestor)))
            });
            open.extend(new.map(|ancestor| (holder.clone(), ancestor.clone())));
        }
        let mut bases = Vec::new();
        for (holder, ancestor) in open {
            let id = self.invented("ancestor");
            let mut base = self.component(id, &ancestor, Role::Thing);
            if base.kind == Kind::Model {
                base.kind = Kind::BaseModel;
            }
            base.residue = absent();
            let to = known.entry(likeness(&base)).or_insert_with(|| {
                bases.push(base.clone());
                base.id.clone()
            });
            self.relations.push(Relation::new(&holder, RelationKind::DerivedFrom, to));
        }
        bom.components.append(&mut bases);
        Ok(())
    }

    /// The ancestors that the ties so far would give each component.
    fn told_ancestors<'a>(
        &self,
        bom: &'a Bom,
    ) -> Result<BTreeSet<(&'a str, String)>, BomError> {
        let components: BTreeMap<&ComponentId, &'a Component> =
            bom.all().map(|component| (&component.id, component)).collect();
        let mut told = BTreeSet::new();
        for tie in self.relations.iter().filter(|tie| tie.kind == RelationKind::DerivedFrom) {
            let (Some(from), Some(base)) = (components.get(&tie.from), components.get(&tie.to))
            else {
                continue;
            };
            let ancestor = entry::ancestor(base, self.version)?;
            told.insert((from.id.0.as_str(), patch::canonical(&ancestor)));
        }
        Ok(told)
    }

    /// What `dependencies` and the model cards tie. A tie in full says what a dependency means.
    fn ties(&mut self, bom: &mut Bom, root: &Json) -> Result<(), BomError> {
        let components: BTreeMap<_, _> = bom.all().map(|c| (c.id.clone(), c)).collect();
        let pair = |tie: &Relation| (tie.from.clone(), tie.to.clone());
        let mut told: BTreeSet<_> = self.relations.iter().map(pair).collect();
        let list = root.get("dependencies").and_then(Json::as_array).into_iter().flatten();
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for dependency in list {
            let Some(from) = dependency.get("ref").and_then(Json::as_str) else { continue };
            let from = ComponentId(from.to_owned());
            if !seen.insert(from.clone()) {
                self.problem(format!("`{from}` has two entries in `dependencies`"));
            }
            let targets = dependency.get("dependsOn").and_then(Json::as_array);
            for to in targets.into_iter().flatten().filter_map(Json::as_str) {
                let to = ComponentId(to.to_owned());
                if told.insert((from.clone(), to.clone())) {
                    let ends = (components.get(&from).copied(), components.get(&to).copied());
                    found.push(Relation::new(&from, usual_kind(ends.0, ends.1), &to));
                }
                if self.relations.len() + found.len() > MAX_TIES {
                    return Err(BomError::TooMany { what: "dependencies", limit: MAX_TIES });
                }
            }
        }
        self.relations.append(&mut found);
        self.ancestors(bom)?;
        self.trained_on(bom);
        self.dangling(bom);
        bom.relations = std::mem::take(&mut self.relations);
        bom.relations.append(&mut self.nesting);
        Ok(())
    }

    /// Datasets of a model card that nothing else ties to the model.
    fn trained_on(&mut self, bom: &Bom) {
        let data = [RelationKind::TrainedOn, RelationKind::EvaluatedOn];
        let ties = self.relations.iter().filter(|tie| data.contains(&tie.kind));
        let told: BTreeSet<_> = ties.map(|tie| (tie.from.clone(), tie.to.clone())).collect();
        for model in bom.all().filter(|component| component.kind.is_model()) {
            let entry = self.entries.get(&model.id).and_then(|entry| entry.get("modelCard"));
            let list = entry.and_then(|card| card.pointer("/modelParameters/datasets")?.as_array());
            let refs = list.into_iter().flatten().filter_map(|data| data.get("ref")?.as_str());
            for to in refs.map(|to| ComponentId(to.to_owned())) {
                if !told.contains(&(model.id.clone(), to.clone())) {
                    self.relations.push(Relation::new(&model.id, RelationKind::TrainedOn, &to));
                }
            }
        }
    }

    /// Names the ties that lead to nothing. A link into another document is no such tie.
    fn dangling(&mut self, bom: &Bom) {
        let known: BTreeSet<&str> = bom.all().map(|component| component.id.0.as_str()).collect();
        let ends = self.relations.iter().flat_map(|tie| [&tie.from.0, &tie.to.0]);
        let parts = bom.compositions.iter().flat_map(|part| part.contents.iter().chain(&part.origins));
        let mut loose: BTreeSet<String> = ends.chain(parts.map(|id| &id.0)).cloned().collect();
        loose.retain(|id| !known.contains(id.as_str()) && !id.starts_with("urn:cdx:"));
        for id in loose {
            let what = if self.references.contains(&id) { "is no component" } else { "is not listed" };
            self.problem(format!("the document refers to `{id}`, which {what}"));
        }
    }

    /// What the document says of itself.
    fn statements(&mut self, bom: &mut Bom, root: &Json) {
        let mut own = Own::default();
        own.read(root.pointer("/metadata/properties").unwrap_or(&Json::Null));
        let nobody = ComponentId(String::new());
        self.relations.extend(own.relations.iter().filter_map(|text| tie::read(&nobody, text)));
        let context = Context { version: self.version, claims: &own.claims };
        bom.properties = claims::join(&own, place::of(On::Document), root, &context);
        bom.properties.extend(own.repeats.iter().filter_map(own::foreign));
        let supplier = root.pointer("/metadata/supplier");
        let supplier = supplier.and_then(|s| super::element::read_organisation(name::SUPPLIER, s));
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
        let bare = bom.clone();
        let ties = Ties::new(&bare);
        for component in bom.components.iter_mut().chain([&mut bom.subject]) {
            let Some(entry) = self.entries.get(&component.id) else { continue };
            let Some(plain) = ties.components.get(component.id.0.as_str()) else { continue };
            let is_subject = plain.id == bare.subject.id;
            let written = entry::write(plain, &ties, self.version, is_subject)?;
            component.residue = residue(patch::diff(&written.map, entry));
        }
        let mut plain = document::plain(bom, self.version)?;
        let is_unnumbered = said.get("serialNumber") == Some(&Json::Null);
        if is_unnumbered {
            said.shift_remove("serialNumber");
        }
        drop(take_subject(&mut plain));
        for key in ["components", "services"] {
            plain.shift_remove(key);
        }
        let mut fields = patch::diff(&plain, &said);
        if is_unnumbered {
            fields.insert(document::UNNUMBERED.to_owned(), json!(true));
        }
        bom.residue = residue(fields);
        for problem in &self.problems {
            bom.properties.push(Property::text(name::READING_PROBLEM, problem.clone(), None));
        }
        bom.normalise();
        Ok(())
    }
}

fn absent() -> Option<Residue> {
    residue(Map::from_iter([(document::ABSENT.to_owned(), json!(true))]))
}

fn residue(fields: Map<String, Json>) -> Option<Residue> {
    (!fields.is_empty()).then_some(Residue { format: document::FORMAT, fields })
}

/// What two entries share that mean the same component.
fn likeness(component: &Component) -> String {
    let version = component.text(sealkit_inspect::property::VERSION).unwrap_or_default();
    let named = || format!("{}\u{0}{version}", component.name);
    component.purl.clone().unwrap_or_else(named)
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
