//! Ties between components. CycloneDX knows two: nesting (`components` in a component) and
//! `dependencies`. What kind of tie a dependency is follows from what it ties, as far as it is the
//! usual kind for the two and says nothing more; else the tie stands in full as the property
//! `sealkit:relation` of the component where it starts, and once more in `dependencies`.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::Evidence;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::own::Named;
use crate::{Bom, Component, ComponentId, Kind, Relation, RelationKind, name};

/// Role of a tie that a document writes as nesting.
pub(super) const NESTED: &str = "assembly";

/// A tie in full.
#[derive(Serialize, Deserialize)]
struct Full {
    /// Where it starts; left out where that is the component that has the property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    kind: String,
    to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

/// The kind that a dependency between two components has, unless something else is said.
pub(super) fn usual_kind(from: Option<&Component>, to: Option<&Component>) -> RelationKind {
    let (Some(from), Some(to)) = (from, to) else { return RelationKind::DependsOn };
    match (from.kind, to.kind) {
        (_, Kind::BaseModel) => RelationKind::DerivedFrom,
        (_, Kind::ExternalModel) => RelationKind::Loads,
        (_, Kind::ExternalDataset) => RelationKind::TrainedOn,
        (from, Kind::Dataset) if from.is_model() => RelationKind::TrainedOn,
        (Kind::Kit, kind) if kind.is_inside() => RelationKind::Contains,
        (_, Kind::File) => RelationKind::Contains,
        _ => RelationKind::DependsOn,
    }
}

/// Whether a component is written as a service.
pub(super) fn is_service(component: &Component) -> bool {
    let bare = component.hashes.is_empty()
        && component.purl.is_none()
        && component.media_type.is_none()
        && component.kind == Kind::Other;
    let mut types = component.of(name::COMPONENT_TYPE);
    let (first, second) = (types.next(), types.next());
    let says_so = |claim: &crate::Property| {
        let plain = claim.subject.is_empty() && claim.evidence.is_none();
        plain && claim.as_text() == Some("service")
    };
    bare && second.is_none() && first.is_some_and(says_so)
}

/// The ties of an AIBOM, arranged for writing.
pub(super) struct Ties<'a> {
    pub(super) components: BTreeMap<&'a str, &'a Component>,
    /// Which component a nested one is written in.
    parents: BTreeMap<&'a str, &'a str>,
    /// The other ties by where they start.
    from: BTreeMap<&'a str, Vec<&'a Relation>>,
    /// What something in the kit loads when it runs.
    loaded: BTreeSet<&'a str>,
}

impl<'a> Ties<'a> {
    pub(super) fn new(bom: &'a Bom) -> Self {
        let components: BTreeMap<_, _> = bom.all().map(|c| (c.id.0.as_str(), c)).collect();
        let mut ties = Self {
            components,
            parents: BTreeMap::new(),
            from: BTreeMap::new(),
            loaded: BTreeSet::new(),
        };
        for tie in &bom.relations {
            let is_adapter = tie.role.as_deref() == Some("adapter");
            if tie.kind == RelationKind::Loads
                || (tie.kind == RelationKind::DerivedFrom && is_adapter)
            {
                ties.loaded.insert(&tie.to.0);
            }
            if !ties.nest(tie, &bom.subject.id) {
                ties.from.entry(&tie.from.0).or_default().push(tie);
            }
        }
        ties
    }

    /// Notes a tie as nesting, where it is one and every component still lies in one other at most.
    fn nest(&mut self, tie: &'a Relation, subject: &ComponentId) -> bool {
        let (from, to) = (tie.from.0.as_str(), tie.to.0.as_str());
        let says_so = tie.kind == RelationKind::Contains && tie.role.as_deref() == Some(NESTED);
        let (Some(outer), Some(inner)) = (self.components.get(from), self.components.get(to))
        else {
            return false;
        };
        let fits = is_service(outer) == is_service(inner) && tie.to != *subject;
        if !says_so || !fits || tie.evidence.is_some() || self.parents.contains_key(to) {
            return false;
        }
        let mut above = Some(from);
        while let Some(id) = above {
            if id == to {
                return false;
            }
            above = self.parents.get(id).copied();
        }
        self.parents.insert(to, from);
        true
    }

    /// Whether something in the kit loads this component when it runs, as an adapter its base.
    pub(super) fn is_loaded(&self, id: &str) -> bool {
        self.loaded.contains(id)
    }

    /// Where a component is nested.
    pub(super) fn parent(&self, id: &str) -> Option<&'a str> {
        self.parents.get(id).copied()
    }

    fn of(&self, id: &str) -> &[&'a Relation] {
        self.from.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a component is tied to by one of these kinds, each once.
    pub(super) fn targets(&self, id: &str, kinds: &[RelationKind]) -> BTreeSet<&'a str> {
        let fits = self.of(id).iter().filter(|tie| kinds.contains(&tie.kind));
        fits.map(|tie| tie.to.0.as_str()).filter(|to| !to.is_empty()).collect()
    }

    /// The ties of this kind that lead to a component which the AIBOM lists.
    pub(super) fn leading_to(
        &self,
        id: &str,
        kind: RelationKind,
    ) -> impl Iterator<Item = (&'a Relation, &'a Component)> {
        let fits = self.of(id).iter().copied().filter(move |tie| tie.kind == kind);
        fits.filter_map(|tie| Some((tie, *self.components.get(tie.to.0.as_str())?)))
    }

    /// The ties that start here and that `dependencies` cannot tell, as properties.
    pub(super) fn properties(&self, id: &str) -> Vec<Named> {
        self.full(id).into_iter().map(|tie| named(tie, None)).collect()
    }

    /// The same for ties that start at nothing that the AIBOM lists.
    pub(super) fn loose_properties(&self) -> Vec<Named> {
        let loose = self.from.keys().filter(|id| !self.components.contains_key(*id));
        loose.flat_map(|id| self.full(id)).map(|tie| named(tie, Some(tie.from.0.clone()))).collect()
    }

    fn full(&self, id: &str) -> Vec<&'a Relation> {
        let mut pairs: BTreeMap<&str, Vec<&Relation>> = BTreeMap::new();
        for tie in self.of(id) {
            pairs.entry(&tie.to.0).or_default().push(tie);
        }
        let from = self.components.get(id).copied();
        let is_usual = |tie: &Relation| {
            let to = self.components.get(tie.to.0.as_str()).copied();
            tie.kind == usual_kind(from, to)
                && tie.role.is_none()
                && tie.evidence.is_none()
                && !tie.to.0.is_empty()
        };
        let full = pairs.into_values().filter(|ties| !matches!(ties[..], [tie] if is_usual(tie)));
        full.flatten().collect()
    }

    /// Every component has an entry, so that "depends on nothing" is said rather than left open.
    /// A document does not depend on what it is about.
    pub(super) fn dependencies(&self) -> Vec<Json> {
        let all: BTreeSet<&str> = self.components.keys().chain(self.from.keys()).copied().collect();
        let kinds: Vec<RelationKind> =
            RelationKind::ALL.into_iter().filter(|k| *k != RelationKind::Documents).collect();
        let entry = |id: &str| match self.targets(id, &kinds) {
            none if none.is_empty() => json!({"ref": id}),
            targets => json!({"ref": id, "dependsOn": targets}),
        };
        all.into_iter().filter(|id| !id.is_empty()).map(entry).collect()
    }
}

fn named(tie: &Relation, from: Option<String>) -> Named {
    let full = Full {
        from,
        kind: tie.kind.name().to_owned(),
        to: tie.to.0.clone(),
        role: tie.role.clone(),
        evidence: tie.evidence.clone(),
    };
    // Texts always have a JSON form.
    Named::own(name::RELATION, serde_json::to_string(&full).unwrap_or_default())
}

/// Reads a tie that a property of `holder` states in full.
pub(super) fn read(holder: &ComponentId, text: &str) -> Option<Relation> {
    let full: Full = serde_json::from_str(text).ok()?;
    Some(Relation {
        from: full.from.map_or_else(|| holder.clone(), ComponentId),
        to: ComponentId(full.to),
        kind: RelationKind::from_name(&full.kind)?,
        role: full.role,
        evidence: full.evidence,
    })
}
