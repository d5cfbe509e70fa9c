//! The ties of a document that is read.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::property;
use serde_json::Value as Json;

use super::read::{Reader, Role, absent};
use super::tie::{MAX_ANCESTORS, usual_kind};
use super::{entry, patch};
use crate::{Bom, BomError, Component, ComponentId, Kind, Relation, RelationKind};

/// Most ties of one document.
const MAX_TIES: usize = 4_000_000;

impl Reader {
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
    fn told_ancestors<'a>(&self, bom: &'a Bom) -> Result<BTreeSet<(&'a str, String)>, BomError> {
        let components: BTreeMap<&ComponentId, &'a Component> =
            bom.all().map(|component| (&component.id, component)).collect();
        let mut told = BTreeSet::new();
        let derived = self.relations.iter().filter(|tie| tie.kind == RelationKind::DerivedFrom);
        for tie in derived.take(MAX_ANCESTORS) {
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
    pub(super) fn ties(&mut self, bom: &mut Bom, root: &Json) -> Result<(), BomError> {
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
        let parts =
            bom.compositions.iter().flat_map(|part| part.contents.iter().chain(&part.origins));
        let mut loose: BTreeSet<String> = ends.chain(parts.map(|id| &id.0)).cloned().collect();
        loose.retain(|id| !known.contains(id.as_str()) && !id.starts_with("urn:cdx:"));
        for id in loose {
            let what =
                if self.references.contains(&id) { "is no component" } else { "is not listed" };
            self.problem(format!("the document refers to `{id}`, which {what}"));
        }
    }
}

/// What two entries share that mean the same component.
fn likeness(component: &Component) -> String {
    let version = component.text(property::VERSION).unwrap_or_default();
    let named = || format!("{}\u{0}{version}", component.name);
    component.purl.clone().unwrap_or_else(named)
}
