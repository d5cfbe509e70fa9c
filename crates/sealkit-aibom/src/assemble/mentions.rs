//! Every place where something names a model or a dataset that it comes from, was held against, or
//! loads.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Fact, Facts, OriginInfo, Value, property};
use sealkit_report::{Evidence, Known};

use super::draft::Draft;
use super::evidence::kitfile;
use super::owners::{Owner, Owners};
use super::parts::Ids;
use super::units::Units;
use super::world::{File, World};
use super::{datasets, limits, origins, topics};
use crate::licence::folded;
use crate::{ComponentId, Property, RelationKind, name};

/// One place that names a model or a dataset.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    /// The property that says it.
    pub(super) property: &'static str,
    pub(super) origin: OriginInfo,
    pub(super) evidence: Evidence,
    /// What says it of itself.
    pub(super) from: Vec<ComponentId>,
    /// Folder that a relative path starts in.
    pub(super) folder: String,
    /// What else the same file says of it.
    pub(super) more: Vec<Property>,
}

impl Mention {
    /// Whether a dataset is named, and not a model.
    pub(super) fn is_data(&self) -> bool {
        !matches!(self.property, property::BASE_MODEL | property::LOADS_MODEL)
    }

    /// The tie to what is named.
    pub(super) fn relation(&self) -> RelationKind {
        match self.property {
            property::BASE_MODEL | property::SOURCE_DATASET => RelationKind::DerivedFrom,
            property::EVALUATED_ON => RelationKind::EvaluatedOn,
            property::LOADS_MODEL | property::LOADS_DATASET => RelationKind::Loads,
            _ => RelationKind::TrainedOn,
        }
    }

    /// What more the tie can say.
    pub(super) fn role(&self) -> Option<&str> {
        let split = self.origin.split.as_deref().filter(|_| self.is_data());
        self.origin.role.as_deref().or(split)
    }
}

/// Properties that name origins.
const NAMING: &[&str] = &[
    property::BASE_MODEL,
    property::TRAINED_ON,
    property::EVALUATED_ON,
    property::SOURCE_DATASET,
    property::LOADS_MODEL,
    property::LOADS_DATASET,
];

/// Everything that is named, in the order of the files; second, how many names are too long.
pub(super) fn collect(
    draft: &Draft,
    world: &World<'_>,
    units: &Units,
    owners: &Owners,
    ids: &Ids,
) -> (Vec<Mention>, u64) {
    let main = units.main.and_then(|at| ids.units.get(at)).unwrap_or(&draft.subject.id).clone();
    let mut all = Collector { found: Vec::new(), too_long: 0 };
    let input = world.input;
    let whole = [input.config, &input.supplied.model, &input.supplied.kit];
    for facts in input.attested.iter().chain(whole) {
        all.facts(facts, "", |_| vec![main.clone()]);
    }
    for (at, file) in world.files.iter().enumerate() {
        let Some(facts) = file.facts else { continue };
        let places = Places { draft, ids, owners: owners.of(at), part: file.part, main: &main };
        all.facts(facts, file.folder(), |fact| places.from(file, fact));
    }
    for (index, data) in input.kitfile.datasets.iter().enumerate() {
        if data.remote_path.is_empty() {
            continue;
        }
        let name = if data.name.is_empty() { &data.remote_path } else { &data.name };
        let reference = sealkit_kitfile::path::reference(&data.remote_path);
        let digest = reference.as_ref().and_then(|kit| origins::pinned(world, kit));
        let digest = digest.map(ToString::to_string);
        let origin = OriginInfo {
            url: Some(data.remote_path.clone()),
            version: Some(data.remote_hash.clone()).filter(|hash| !hash.is_empty()),
            digests: digest.into_iter().collect(),
            ..OriginInfo::named(name)
        };
        // That the kit names it is declared; what it is to the model is a conclusion from that.
        let place = format!("/datasets/{index}/remotePath");
        let evidence = Evidence { known: Known::Inferred, ..kitfile(&place) };
        all.push(property::TRAINED_ON, origin, (evidence, vec![main.clone()], ""), Vec::new());
    }
    (all.found, all.too_long)
}

/// What models are called at the hub that name themselves as what they were loaded from.
pub(super) fn own_names(
    draft: &Draft,
    world: &World<'_>,
    units: &Units,
    owners: &Owners,
    ids: &Ids,
) -> Vec<(ComponentId, Property)> {
    let main = units.main.and_then(|at| ids.units.get(at)).unwrap_or(&draft.subject.id);
    let mut all = Vec::new();
    for (at, file) in world.files.iter().enumerate() {
        let Some(facts) = file.facts else { continue };
        let places = Places { draft, ids, owners: owners.of(at), part: file.part, main };
        let is_meant = |fact: &&Fact| {
            fact.property == property::BASE_MODEL && fact.evidence.known == Known::Inferred
        };
        for fact in facts.facts.iter().filter(is_meant) {
            let name = fact.value.to_string();
            let Some(id) = origins::hub_id(&name) else { continue };
            let called = Property::text(name::HUB_ID, id, Some(world.proved(&fact.evidence)));
            all.extend(places.own(file, fact).into_iter().map(|own| (own, called.clone())));
        }
    }
    all
}

/// Adds these names to the models that have not got them.
pub(super) fn name_own(draft: &mut Draft, names: Vec<(ComponentId, Property)>) {
    for (id, called) in names {
        let Some(model) = draft.get_mut(&id) else { continue };
        let is_there = model.of(name::HUB_ID).any(|known| known.value == called.value);
        if !is_there && model.of(name::HUB_ID).count() < limits::MENTIONS {
            model.properties.push(called);
        }
    }
}

/// Ties the datasets of the kit to its model: that the Kitfile lists both lets conclude it.
pub(super) fn tie_local(
    draft: &mut Draft,
    world: &World<'_>,
    units: &Units,
    owners: &Owners,
    ids: &Ids,
) {
    let Some(main) = units.main.and_then(|at| ids.units.get(at)) else { return };
    let elements = super::kitfile::Elements::new(world.input);
    for (data, id) in owners.data.iter().zip(&ids.data).filter(|(data, _)| data.is_part) {
        let element = world.element(data.part);
        let Some(element) = element else { continue };
        let splits: Vec<_> =
            world.pick(&data.files).filter_map(|file| datasets::split(file.path)).collect();
        let is_test = !splits.is_empty() && splits.iter().all(|split| *split != "train");
        let relation = if is_test { RelationKind::EvaluatedOn } else { RelationKind::TrainedOn };
        let evidence = Evidence { known: Known::Inferred, ..elements.evidence(element) };
        draft.tie((main, relation, id), None, evidence);
    }
}

struct Places<'p> {
    draft: &'p Draft,
    ids: &'p Ids,
    owners: &'p [Owner],
    part: usize,
    main: &'p ComponentId,
}

impl Places<'_> {
    /// What a fact of a file is about: models come from models, data from data, and what loads is
    /// code, or the model whose settings say so.
    fn from(&self, file: &File<'_>, fact: &Fact) -> Vec<ComponentId> {
        let owned = |wanted: fn(&Owner) -> bool| -> Vec<ComponentId> {
            let fits = self.owners.iter().filter(|owner| wanted(owner));
            fits.filter_map(|owner| self.id(*owner)).collect()
        };
        let models = owned(|owner| matches!(owner, Owner::Model(_)));
        let data = owned(|owner| matches!(owner, Owner::Data(_)));
        match &*fact.property {
            property::SOURCE_DATASET if !data.is_empty() => data,
            property::LOADS_MODEL | property::LOADS_DATASET if models.is_empty() => {
                self.ids.parts.get(self.part).cloned().into_iter().collect()
            }
            property::BASE_MODEL if fact.evidence.known == Known::Inferred => {
                let all = if models.is_empty() { vec![self.main.clone()] } else { models };
                all.into_iter().filter(|id| !self.is_own(file, fact, id)).collect()
            }
            _ if models.is_empty() => vec![self.main.clone()],
            _ => models,
        }
    }

    /// Whether a model names itself as what it was loaded from, as one does that was saved again.
    fn is_own(&self, file: &File<'_>, fact: &Fact, id: &ComponentId) -> bool {
        let name = fact.value.to_string();
        let last = folded(name.rsplit('/').next().unwrap_or_default());
        let folder = file.folder().rsplit('/').next().unwrap_or_default();
        self.draft.get(id).is_some_and(|own| folded(&own.name) == last) || folded(folder) == last
    }

    /// The models of a file that name themselves so in a fact.
    fn own(&self, file: &File<'_>, fact: &Fact) -> Vec<ComponentId> {
        let models = self.owners.iter().filter(|owner| matches!(owner, Owner::Model(_)));
        let mut all: Vec<ComponentId> = models.filter_map(|owner| self.id(*owner)).collect();
        if all.is_empty() {
            all.push(self.main.clone());
        }
        all.retain(|id| self.is_own(file, fact, id));
        all
    }

    fn id(&self, owner: Owner) -> Option<ComponentId> {
        match owner {
            Owner::Model(at) => self.ids.units.get(at).cloned(),
            Owner::Data(at) => self.ids.data.get(at).cloned(),
            Owner::Part(at) => self.ids.parts.get(at).cloned(),
            Owner::Kit => None,
        }
    }
}

struct Collector {
    found: Vec<Mention>,
    too_long: u64,
}

impl Collector {
    fn facts(&mut self, facts: &Facts, folder: &str, from: impl Fn(&Fact) -> Vec<ComponentId>) {
        let revision = facts.text(property::BASE_MODEL_REVISION);
        let relation = facts.text(property::BASE_MODEL_RELATION);
        let mut more: BTreeMap<&str, Vec<Property>> = BTreeMap::new();
        for fact in facts.facts.iter().filter(|fact| topics::is_of_origin(fact)) {
            let about = Property { subject: String::new(), ..Property::from(fact) };
            more.entry(&fact.subject).or_default().push(about);
        }
        // The same dataset stands under thousands of results of one evaluation.
        let mut results: BTreeSet<(String, Option<String>, Option<String>)> = BTreeSet::new();
        for fact in &facts.facts {
            if let Value::Metric(metric) = &fact.value {
                let Some(name) = metric.dataset.clone() else { continue };
                let key = (name.clone(), metric.config.clone(), metric.split.clone());
                if results.insert(key) {
                    let origin = OriginInfo {
                        config: metric.config.clone(),
                        split: metric.split.clone(),
                        revision: metric.revision.clone(),
                        ..OriginInfo::named(name)
                    };
                    let at = (fact.evidence.clone(), from(fact), folder);
                    self.push(property::EVALUATED_ON, origin, at, Vec::new());
                }
                continue;
            }
            let naming = NAMING.iter().find(|name| **name == fact.property);
            let Some(property) = naming.copied() else { continue };
            for mut origin in origins(&fact.value) {
                if property == property::BASE_MODEL {
                    origin.revision = origin.revision.or_else(|| revision.map(str::to_owned));
                    origin.role = origin.role.or_else(|| relation.map(str::to_owned));
                }
                // The first mention of a file carries what the file says more.
                let more = more.remove(origin.name.as_str()).unwrap_or_default();
                self.push(property, origin, (fact.evidence.clone(), from(fact), folder), more);
            }
        }
    }

    fn push(
        &mut self,
        property: &'static str,
        mut origin: OriginInfo,
        (evidence, from, folder): (Evidence, Vec<ComponentId>, &str),
        more: Vec<Property>,
    ) {
        let name = origin.name.trim().to_owned();
        origin.name = name;
        if origin.name.len() > limits::ORIGIN_NAME {
            self.too_long += 1;
        } else if !origin.name.is_empty() && !from.is_empty() {
            let folder = folder.to_owned();
            self.found.push(Mention { property, origin, evidence, from, folder, more });
        }
    }
}

fn origins(value: &Value) -> Vec<OriginInfo> {
    match value {
        Value::Origin(origin) => vec![origin.clone()],
        Value::Text(text) => vec![OriginInfo::named(text)],
        Value::List(texts) => texts.iter().map(OriginInfo::named).collect(),
        _ => Vec::new(),
    }
}
