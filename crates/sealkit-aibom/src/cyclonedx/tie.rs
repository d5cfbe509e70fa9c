//! Ties between components. CycloneDX knows two: nesting (`components` in a component) and
//! `dependencies`. What kind of tie a dependency is follows from what it ties, as far as it is the
//! usual kind for the two and says nothing more; else the tie stands in full as the property
//! `sealkit:relation` of the component where it starts, and once more in `dependencies`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::Evidence;
use serde::{Deserialize, Serialize};

use super::document;
use super::own::Named;
use crate::{Bom, Component, ComponentId, Kind, Relation, RelationKind, name};

/// Role of a tie that a document writes as nesting.
pub(super) const NESTED: &str = "assembly";

/// Most levels of components inside each other.
pub(super) const MAX_NESTING: usize = 40;
/// Most base models that stand in pedigrees.
pub(super) const MAX_ANCESTORS: usize = 10_000;

/// A tie in full.
#[derive(Serialize, Deserialize)]
struct Full<'a> {
    /// Where it starts; left out where that is the component that has the property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Cow<'a, str>>,
    kind: Cow<'a, str>,
    to: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Cow<'a, Evidence>>,
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

/// Whether a tie asks to be written as nesting.
fn may_nest(tie: &Relation) -> bool {
    let says_so = tie.kind == RelationKind::Contains && tie.role.as_deref() == Some(NESTED);
    says_so && tie.evidence.is_none()
}

/// Which component each nested one is written in: the first that asks for it, if going outwards
/// from there ends, and soon enough.
fn nesting<'a>(
    bom: &'a Bom,
    components: &BTreeMap<&'a str, &'a Component>,
) -> BTreeMap<&'a str, &'a str> {
    let mut asked: BTreeMap<&str, &str> = BTreeMap::new();
    for tie in bom.relations.iter().filter(|tie| may_nest(tie) && tie.to != bom.subject.id) {
        let (from, to) = (tie.from.0.as_str(), tie.to.0.as_str());
        if let (Some(outer), Some(inner)) = (components.get(from), components.get(to))
            && (is_service(outer) && outer.id != bom.subject.id) == is_service(inner)
        {
            asked.entry(to).or_insert(from);
        }
    }
    let mut inner: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (to, from) in &asked {
        inner.entry(from).or_default().push(to);
    }
    let mut parents = BTreeMap::new();
    let outermost = components.keys().copied().filter(|id| !asked.contains_key(id));
    let mut level: Vec<&str> = outermost.collect();
    for _ in 1..MAX_NESTING {
        let mut next = Vec::new();
        for outer in level {
            for inside in inner.remove(outer).unwrap_or_default() {
                parents.insert(inside, outer);
                next.push(inside);
            }
        }
        level = next;
    }
    parents
}

/// What is outside the kit and nothing in it needs when it runs: base models of finished models, data
/// for training and evaluation, software of the making. CycloneDX has `formulation` for it.
fn ingredients(bom: &Bom) -> BTreeSet<&str> {
    if document::residue(bom.residue.as_ref()).is_some_and(|f| f.contains_key(document::TOGETHER)) {
        return BTreeSet::new();
    }
    let is_outside = |kind: Kind| {
        matches!(
            kind,
            Kind::BaseModel | Kind::ExternalModel | Kind::ExternalDataset | Kind::Library
        )
    };
    let mut made = BTreeSet::new();
    let mut needed = BTreeSet::new();
    for tie in &bom.relations {
        let role = tie.role.as_deref();
        let is_of_making = match tie.kind {
            RelationKind::DerivedFrom => role != Some("adapter"),
            RelationKind::TrainedOn | RelationKind::EvaluatedOn => true,
            RelationKind::DependsOn => role == Some("build"),
            RelationKind::Contains | RelationKind::Loads => false,
            RelationKind::Documents => continue,
        };
        let side = if is_of_making { &mut made } else { &mut needed };
        side.insert(tie.to.0.as_str());
    }
    let fits = |component: &&Component| {
        let id = component.id.0.as_str();
        is_outside(component.kind) && made.contains(id) && !needed.contains(id)
    };
    bom.components.iter().filter(fits).map(|component| component.id.0.as_str()).collect()
}

/// The ties of an AIBOM, arranged for writing.
pub(super) struct Ties<'a> {
    pub(super) components: BTreeMap<&'a str, &'a Component>,
    /// Which component a nested one is written in.
    parents: BTreeMap<&'a str, &'a str>,
    /// The other ties by where they start.
    from: BTreeMap<&'a str, Vec<&'a Relation>>,
    /// Base models by what was made from them; a pedigree repeats them whole, so there is a limit.
    ancestors: BTreeMap<&'a str, Vec<(&'a Relation, &'a Component)>>,
    /// What something in the kit loads when it runs.
    loaded: BTreeSet<&'a str>,
    /// What is not in the kit and only went into the making of what is.
    ingredients: BTreeSet<&'a str>,
    subject: &'a str,
}

impl<'a> Ties<'a> {
    pub(super) fn new(bom: &'a Bom) -> Self {
        let components: BTreeMap<_, _> = bom.all().map(|c| (c.id.0.as_str(), c)).collect();
        let parents = nesting(bom, &components);
        let mut ties = Self {
            components,
            parents,
            from: BTreeMap::new(),
            ancestors: BTreeMap::new(),
            loaded: BTreeSet::new(),
            ingredients: ingredients(bom),
            subject: &bom.subject.id.0,
        };
        let mut ancestors = 0;
        for tie in &bom.relations {
            let (from, to) = (tie.from.0.as_str(), tie.to.0.as_str());
            let is_adapter = tie.role.as_deref() == Some("adapter");
            let derived = tie.kind == RelationKind::DerivedFrom;
            if tie.kind == RelationKind::Loads || (derived && is_adapter) {
                ties.loaded.insert(to);
            }
            if derived
                && ancestors < MAX_ANCESTORS
                && let Some(base) = ties.components.get(to)
            {
                ancestors += 1;
                ties.ancestors.entry(from).or_default().push((tie, base));
            }
            let is_nested = may_nest(tie) && ties.parents.get(to) == Some(&from);
            if !is_nested {
                ties.from.entry(from).or_default().push(tie);
            }
        }
        ties
    }

    /// Whether a component is written as a service; what a document describes never is.
    pub(super) fn is_service(&self, component: &Component) -> bool {
        component.id.0 != self.subject && is_service(component)
    }

    /// Whether something in the kit loads this component when it runs, as an adapter its base.
    pub(super) fn is_loaded(&self, id: &str) -> bool {
        self.loaded.contains(id)
    }

    /// Whether this component is not in the kit and only went into its making.
    pub(super) fn is_ingredient(&self, id: &str) -> bool {
        self.ingredients.contains(id) && !self.parents.contains_key(id)
    }

    /// Whether there is any such component.
    pub(super) fn has_ingredients(&self) -> bool {
        self.ingredients.iter().any(|id| self.is_ingredient(id))
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

    /// The base models of a component that the AIBOM lists, with the ties that lead there.
    pub(super) fn ancestors(&self, id: &str) -> &[(&'a Relation, &'a Component)] {
        self.ancestors.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether no tie starts at a component.
    pub(super) fn start_nowhere(&self, id: &str) -> bool {
        self.of(id).is_empty() && self.ancestors(id).is_empty()
    }

    /// The same for ties that start at nothing that the AIBOM lists.
    pub(super) fn loose_properties(&self) -> Vec<Named> {
        let loose = self.from.keys().filter(|id| !self.components.contains_key(*id));
        loose.flat_map(|id| self.full(id)).map(|tie| full(tie, Some(&tie.from.0))).collect()
    }

    /// The ties that start here and that `dependencies` cannot tell.
    pub(super) fn full(&self, id: &str) -> Vec<&'a Relation> {
        let mut ties = self.of(id).to_vec();
        // As a rule they are in this order already.
        ties.sort_by(|a, b| a.to.cmp(&b.to));
        let from = self.components.get(id).copied();
        let is_usual = |tie: &Relation| {
            let is_bare = tie.role.is_none() && tie.evidence.is_none() && !tie.to.0.is_empty();
            let to = || self.components.get(tie.to.0.as_str()).copied();
            is_bare && tie.kind == usual_kind(from, to())
        };
        let pairs = ties.chunk_by(|a, b| a.to == b.to);
        let full = pairs.filter(|ties| !matches!(ties, [tie] if is_usual(tie)));
        full.flatten().copied().collect()
    }

    /// Every component has an entry, so that "depends on nothing" is said rather than left open.
    /// A document does not depend on what it is about.
    pub(super) fn dependencies(&self) -> impl Iterator<Item = Dependency<'a>> {
        let loose = self.from.keys().filter(|id| !self.components.contains_key(*id));
        let mut all: Vec<&str> = self.components.keys().chain(loose).copied().collect();
        all.sort_unstable();
        let kinds = RelationKind::ALL.into_iter().filter(|kind| *kind != RelationKind::Documents);
        let kinds: Vec<RelationKind> = kinds.collect();
        let entry = move |id| Dependency { id, depends_on: self.targets(id, &kinds) };
        all.into_iter().filter(|id| !id.is_empty()).map(entry)
    }
}

/// What a component depends on.
#[derive(Serialize)]
pub(super) struct Dependency<'a> {
    #[serde(rename = "ref")]
    id: &'a str,
    #[serde(rename = "dependsOn", skip_serializing_if = "BTreeSet::is_empty")]
    depends_on: BTreeSet<&'a str>,
}

/// A tie in full as a property of the component where it starts.
pub(super) fn named(tie: &Relation) -> Named {
    full(tie, None)
}

fn full(tie: &Relation, from: Option<&str>) -> Named {
    let full = Full {
        from: from.map(Cow::Borrowed),
        kind: Cow::Borrowed(tie.kind.name()),
        to: Cow::Borrowed(&tie.to.0),
        role: tie.role.as_deref().map(Cow::Borrowed),
        evidence: tie.evidence.as_ref().map(Cow::Borrowed),
    };
    // Texts always have a JSON form.
    Named::own(name::RELATION, serde_json::to_string(&full).unwrap_or_default())
}

/// Reads a tie that a property of `holder` states in full.
pub(super) fn read(holder: &ComponentId, text: &str) -> Option<Relation> {
    let full: Full<'_> = serde_json::from_str(text).ok()?;
    Some(Relation {
        from: full.from.map_or_else(|| holder.clone(), |from| ComponentId(from.into_owned())),
        to: ComponentId(full.to.into_owned()),
        kind: RelationKind::from_name(&full.kind)?,
        role: full.role.map(Cow::into_owned),
        evidence: full.evidence.map(Cow::into_owned),
    })
}
