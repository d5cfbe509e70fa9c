//! The AIBOM as types, free of the shapes of any document format.

mod component;
mod hash;
mod kind;
mod property;
mod relation;

pub use component::{Component, ComponentId, Residue};
pub use hash::{Hash, HashAlgorithm};
pub use kind::Kind;
pub use property::Property;
pub use relation::{Completeness, Composition, Relation, RelationKind, Run};

use std::collections::{BTreeSet, HashSet};

use sealkit_inspect::Value;
use sealkit_oci::Digest;

/// An AIBOM.
#[derive(Clone, Debug, PartialEq)]
pub struct Bom {
    /// What it describes: the kit, or the folder.
    pub subject: Component,
    /// Everything else: models first, the main one before the others, then the rest by kind and
    /// name.
    pub components: Vec<Component>,
    /// The ties.
    pub relations: Vec<Relation>,
    /// What is complete and what is not.
    pub compositions: Vec<Composition>,
    /// Runs that made something: training, conversion, evaluation.
    pub runs: Vec<Run>,
    /// What the AIBOM says of itself: authors, lifecycle.
    pub properties: Vec<Property>,
    /// What a document that was read says beside, so that it is not lost.
    pub residue: Option<Residue>,
}

impl Bom {
    /// An AIBOM that says nothing but what it is about.
    pub fn new(subject: Component) -> Self {
        Self {
            subject,
            components: Vec::new(),
            relations: Vec::new(),
            compositions: Vec::new(),
            runs: Vec::new(),
            properties: Vec::new(),
            residue: None,
        }
    }

    /// The digest of the kit's manifest, where the AIBOM states it.
    pub fn subject_digest(&self) -> Option<Digest> {
        self.subject.digest()
    }

    /// The subject and all components.
    pub fn all(&self) -> impl Iterator<Item = &Component> {
        std::iter::once(&self.subject).chain(&self.components)
    }

    /// The components of one kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(move |component| component.kind == kind)
    }

    /// The component of this name.
    pub fn component(&self, id: &ComponentId) -> Option<&Component> {
        self.all().find(|c| c.id == *id)
    }

    /// What is tied to the component by this kind of tie.
    pub fn tied<'a>(
        &'a self,
        from: &'a ComponentId,
        kind: RelationKind,
    ) -> impl Iterator<Item = &'a ComponentId> {
        let fits = move |tie: &&Relation| tie.kind == kind && tie.from == *from;
        self.relations.iter().filter(fits).map(|tie| &tie.to)
    }

    /// Brings everything into one order and removes what stands twice, so that equal content has
    /// equal bytes. Models come first, in the order in which they stand, which says which of them
    /// counts most: readers exist that look at the first component alone.
    pub fn normalise(&mut self) {
        order(&mut self.components);
        for component in self.components.iter_mut().chain([&mut self.subject]) {
            component.normalise();
        }
        property_order(&mut self.properties);
        for run in &mut self.runs {
            run.normalise();
        }
        self.runs.sort_by(|a, b| a.id.cmp(&b.id));
        relation::normalise(&mut self.relations);
        for composition in &mut self.compositions {
            composition.normalise();
        }
        self.compositions.retain(|c| !c.contents.is_empty() || !c.origins.is_empty());
        self.compositions.sort();
        self.compositions.dedup();
    }
}

/// Brings components into their order; of several of one name the first stays.
fn order(components: &mut Vec<Component>) {
    let ids: HashSet<&ComponentId> = components.iter().map(|c| &c.id).collect();
    let is_unique = ids.len() == components.len();
    if !is_unique {
        components.sort_by(Component::order);
        let mut seen = HashSet::new();
        components.retain(|component| seen.insert(component.id.clone()));
        return;
    }
    if components.is_sorted_by(|a, b| a.order(b).is_le()) {
        return;
    }
    // What follows the models has one order only, and is sorted where it lies: components are large, and
    // there may be as many as files.
    let models = components.iter().take_while(|component| component.kind == Kind::Model).count();
    match components.get_mut(models..) {
        Some(rest) if rest.iter().all(|component| component.kind > Kind::Model) => {
            rest.sort_unstable_by(Component::order);
        }
        _ => components.sort_by(Component::order),
    }
}

/// Sorts by name; within a name the order stays, as it says which comes first.
fn property_order(properties: &mut Vec<Property>) {
    for property in properties.iter_mut() {
        // No document has such a number.
        if let Value::Float(number) = property.value
            && !number.is_finite()
        {
            property.value = Value::Text(number.to_string());
        }
    }
    if properties.len() < 2 {
        return;
    }
    properties.sort_by(|a, b| a.name.cmp(&b.name));
    let mut seen = BTreeSet::new();
    properties.retain(|property| seen.insert(property.sort_key()));
}
