//! Ties between components, what is complete, and runs that made something.

use sealkit_report::Evidence;

use super::{ComponentId, Property, property_order};

/// How two components belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RelationKind {
    /// The first holds the second.
    Contains,
    /// The first was made from the second.
    DerivedFrom,
    /// The first was trained on the second.
    TrainedOn,
    /// The first was evaluated on the second.
    EvaluatedOn,
    /// The first needs the second; what a foreign document says without a reason.
    DependsOn,
    /// The first loads the second by name while it runs.
    Loads,
    /// The first says something of the second: a card of its model.
    Documents,
}

impl RelationKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Contains,
        Self::DerivedFrom,
        Self::TrainedOn,
        Self::EvaluatedOn,
        Self::DependsOn,
        Self::Loads,
        Self::Documents,
    ];

    /// Stable name for documents and scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::DerivedFrom => "derived-from",
            Self::TrainedOn => "trained-on",
            Self::EvaluatedOn => "evaluated-on",
            Self::DependsOn => "depends-on",
            Self::Loads => "loads",
            Self::Documents => "documents",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A tie between two components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Where it starts.
    pub from: ComponentId,
    /// Where it ends.
    pub to: ComponentId,
    /// What it means.
    pub kind: RelationKind,
    /// What more can be said of it: `adapter`, `quantized` of a derivation; `development` of a need.
    pub role: Option<String>,
    /// Who says so; none where a document that was read says no more.
    pub evidence: Option<Evidence>,
}

impl Relation {
    /// A tie without a role.
    pub fn new(from: &ComponentId, kind: RelationKind, to: &ComponentId) -> Self {
        Self { from: from.clone(), to: to.clone(), kind, role: None, evidence: None }
    }

    /// The same tie with its role.
    #[must_use]
    pub fn role(mut self, role: Option<&str>) -> Self {
        self.role = role.map(str::to_owned);
        self
    }

    /// The same tie with who says so.
    #[must_use]
    pub fn because(mut self, evidence: Option<Evidence>) -> Self {
        self.evidence = evidence;
        self
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let place = |r: &Self| r.evidence.as_ref().map(|e| (e.file.clone(), e.place.clone()));
        (&self.from, &self.to, self.kind, &self.role)
            .cmp(&(&other.from, &other.to, other.kind, &other.role))
            .then_with(|| place(self).cmp(&place(other)))
    }
}

/// Sorts; of several sources for one tie the first stays, and a role is kept over none.
pub(super) fn normalise(relations: &mut Vec<Relation>) {
    relations.sort_by(Relation::order);
    relations.dedup_by(|later, kept| {
        let same = later.from == kept.from && later.to == kept.to && later.kind == kept.kind;
        if same && kept.role.is_none() {
            kept.role = later.role.take();
        }
        same
    });
}

/// Whether a list says all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Completeness {
    /// All there is.
    Complete,
    /// Something is known to be missing.
    Incomplete,
    /// It cannot be known.
    Unknown,
}

/// How complete the AIBOM is about some components.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Composition {
    /// How complete.
    pub completeness: Completeness,
    /// Components whose content is listed so far.
    pub contents: Vec<ComponentId>,
    /// Components whose origins and dependencies are listed so far.
    pub origins: Vec<ComponentId>,
}

impl Composition {
    pub(super) fn normalise(&mut self) {
        self.contents.sort();
        self.contents.dedup();
        self.origins.sort();
        self.origins.dedup();
    }
}

/// Something that was done and made something: a training, a conversion, an evaluation. Known from
/// records that lie in the kit (DVC, MLflow, a trainer's state) or from signed provenance.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its name inside the AIBOM.
    pub id: ComponentId,
    /// Name for people.
    pub name: String,
    /// What was done: `training`, `fine-tuning`, `evaluation`, `conversion`, `data-preparation`.
    pub activity: String,
    /// What went in.
    pub inputs: Vec<ComponentId>,
    /// What came out.
    pub outputs: Vec<ComponentId>,
    /// Settings, seed, software, times, commit, command: as properties.
    pub properties: Vec<Property>,
}

impl Run {
    pub(super) fn normalise(&mut self) {
        for list in [&mut self.inputs, &mut self.outputs] {
            list.sort();
            list.dedup();
        }
        property_order(&mut self.properties);
    }
}
