//! The AIBOM in the making.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::Evidence;

use super::evidence::rank;
use crate::{
    Bom, Completeness, Component, ComponentId, Composition, Kind, Property, Relation, RelationKind,
    Run,
};

type Tie = (ComponentId, RelationKind, ComponentId);

/// Components, ties and runs so far.
pub(super) struct Draft {
    pub(super) subject: Component,
    /// What the AIBOM says of itself.
    pub(super) properties: Vec<Property>,
    pub(super) runs: Vec<Run>,
    /// In the order in which they came: among models, the order in which they count.
    components: Vec<Component>,
    /// Where each stands. Components are large, and there may be as many as files: a tree of them would be
    /// half as large again.
    places: BTreeMap<ComponentId, usize>,
    /// What holds what: a tree, so that no tie stands twice.
    contents: Vec<Relation>,
    ties: BTreeMap<Tie, (Option<String>, Option<Evidence>)>,
    compositions: BTreeMap<(Completeness, bool), BTreeSet<ComponentId>>,
}

impl Draft {
    pub(super) fn new(subject: Component) -> Self {
        Self {
            subject,
            properties: Vec::new(),
            runs: Vec::new(),
            components: Vec::new(),
            places: BTreeMap::new(),
            contents: Vec::new(),
            ties: BTreeMap::new(),
            compositions: BTreeMap::new(),
        }
    }

    /// Makes room for so many more components that others hold.
    pub(super) fn reserve(&mut self, count: usize) {
        self.components.reserve(count);
        self.contents.reserve(count);
    }

    /// Adds a component, or takes what it says into the one of the same name.
    pub(super) fn add(&mut self, component: Component) {
        let at = *self.places.entry(component.id.clone()).or_insert(self.components.len());
        match self.components.get_mut(at) {
            Some(known) => {
                known.properties.extend(component.properties);
                known.hashes.extend(component.hashes);
            }
            None => self.components.push(component),
        }
    }

    /// Adds a component that another holds.
    pub(super) fn hold(&mut self, holder: &ComponentId, component: Component, evidence: Evidence) {
        let tie = Relation::new(holder, RelationKind::Contains, &component.id);
        self.contents.push(tie.because(Some(evidence)));
        self.add(component);
    }

    /// Ties two components. Of several sources the one that knows best stays; a role is kept over
    /// none.
    pub(super) fn tie(
        &mut self,
        (from, kind, to): (&ComponentId, RelationKind, &ComponentId),
        role: Option<&str>,
        evidence: Evidence,
    ) {
        if from == to {
            return;
        }
        let known = self.ties.entry((from.clone(), kind, to.clone())).or_default();
        let is_better = match &known.1 {
            None => true,
            Some(old) => {
                let key = |e: &Evidence| (rank(Some(e)), e.file.clone(), e.place.clone());
                key(&evidence) < key(old)
            }
        };
        if is_better {
            known.1 = Some(evidence);
        }
        if role.is_some() && (known.0.is_none() || is_better) {
            known.0 = role.map(str::to_owned);
        }
    }

    /// Says how complete the list of a component's content is.
    pub(super) fn contents(&mut self, how: Completeness, id: &ComponentId) {
        self.compositions.entry((how, true)).or_default().insert(id.clone());
    }

    /// Says how complete the list of a component's origins and dependencies is.
    pub(super) fn origins(&mut self, how: Completeness, id: &ComponentId) {
        self.compositions.entry((how, false)).or_default().insert(id.clone());
    }

    /// The component of this name.
    pub(super) fn get_mut(&mut self, id: &ComponentId) -> Option<&mut Component> {
        if *id == self.subject.id {
            return Some(&mut self.subject);
        }
        self.components.get_mut(*self.places.get(id)?)
    }

    /// The component of this name.
    pub(super) fn get(&self, id: &ComponentId) -> Option<&Component> {
        if *id == self.subject.id {
            return Some(&self.subject);
        }
        self.components.get(*self.places.get(id)?)
    }

    /// The components so far, by name.
    pub(super) fn components(&self) -> impl Iterator<Item = &Component> {
        self.places.values().filter_map(|at| self.components.get(*at))
    }

    /// Where the ties of one kind that start at a component lead to.
    pub(super) fn tied(&self, from: &ComponentId, kind: RelationKind) -> Vec<ComponentId> {
        let start = (from.clone(), kind, ComponentId(String::new()));
        let all = self.ties.range(start..).map(|(tie, _)| tie);
        all.take_while(|tie| tie.0 == *from && tie.1 == kind).map(|tie| tie.2.clone()).collect()
    }

    /// In which roles the ties of one kind that start at a component lead somewhere.
    pub(super) fn roles(
        &self,
        from: &ComponentId,
        kind: RelationKind,
    ) -> impl Iterator<Item = &str> {
        let start = (from.clone(), kind, ComponentId(String::new()));
        let all =
            self.ties.range(start..).take_while(move |(tie, _)| tie.0 == *from && tie.1 == kind);
        all.filter_map(|(_, (role, _))| role.as_deref())
    }

    /// Everything in its order.
    pub(super) fn finish(mut self) -> Bom {
        let mut bom = Bom::new(self.subject);
        // Models first, in their order; normalising orders the rest.
        let is_model = |(_, component): &(usize, &Component)| component.kind == Kind::Model;
        let models: Vec<usize> =
            self.components.iter().enumerate().filter(is_model).map(|(at, _)| at).collect();
        for (to, at) in models.into_iter().enumerate() {
            self.components.swap(to, at);
        }
        drop(self.places);
        bom.components = self.components;
        bom.relations = self.contents;
        for ((from, kind, to), (role, evidence)) in self.ties {
            bom.relations.push(Relation { from, to, kind, role, evidence });
        }
        // One composition for each degree: contents and origins are said apart.
        for ((completeness, is_content), ids) in self.compositions {
            let ids: Vec<_> = ids.into_iter().collect();
            let (contents, origins) =
                if is_content { (ids, Vec::new()) } else { (Vec::new(), ids) };
            bom.compositions.push(Composition { completeness, contents, origins });
        }
        bom.runs = self.runs;
        bom.properties = self.properties;
        bom.normalise();
        bom
    }
}
