//! Runs that made something: from records that lie in the kit, and from verified statements.

use std::collections::BTreeMap;

use sealkit_inspect::{Class, Fact, Value, property};

use super::claims::left_out;
use super::draft::Draft;
use super::evidence::inferred;
use super::limits;
use super::owners::{Owner, Owners};
use super::parts::Ids;
use super::units::Units;
use super::world::{File, World, upwards};
use super::{stages, topics};
use crate::identity::component_id;
use crate::{ComponentId, Kind, Property, RelationKind, Run};

/// Facts that say that something ran.
const OF_RUN: &[&str] = &[
    property::HYPERPARAMETER,
    property::SEED,
    property::TRAINING_SECONDS,
    property::TRAINING_FLOPS,
    property::ENERGY_KWH,
];
/// What else is said of a run.
const BESIDE: &[&str] = &[
    property::METRIC,
    property::CO2_GRAMS,
    property::ENERGY_ACTIVITY,
    property::ENERGY_REGION,
    property::HARDWARE,
    property::FRAMEWORK,
    property::FRAMEWORK_VERSION,
    property::CREATED,
    property::COMMIT,
    property::BRANCH,
    property::PARTY,
    property::PRODUCER,
    property::PRODUCER_VERSION,
    "run-id",
    "co2-source",
];

/// Adds the runs.
pub(super) fn add(draft: &mut Draft, world: &World<'_>, units: &Units, owners: &Owners, ids: &Ids) {
    let subject = draft.subject.id.clone();
    let main = units.main.and_then(|at| ids.units.get(at)).unwrap_or(&subject);
    for facts in world.input.attested {
        let Some(run) = attested(draft, main, &facts.facts) else { continue };
        // One statement may be attached several times: it tells of one run.
        match draft.runs.iter_mut().find(|known| known.id == run.id) {
            Some(known) => known.properties.extend(run.properties),
            None => draft.runs.push(run),
        }
    }
    // Records of one folder are of one run: a trainer writes several files.
    let mut records: BTreeMap<(ComponentId, String), Vec<Record<'_>>> = BTreeMap::new();
    for (at, file) in world.files.iter().enumerate().filter(|(_, file)| is_record(file)) {
        let model = owners.of(at).iter().find_map(|owner| match owner {
            Owner::Model(at) => ids.units.get(*at).cloned(),
            _ => None,
        });
        let model = model.unwrap_or_else(|| main.clone());
        for (of, record) in records_of(file) {
            records.entry((model.clone(), of)).or_default().push(record);
        }
    }
    let count = records.len();
    for ((model, of), records) in records.into_iter().take(limits::RUNS) {
        let run = recorded(draft, world, &model, (&of, &records));
        draft.runs.push(run);
    }
    let stages = stages::runs(draft, world);
    let more = |count: usize| count.saturating_sub(limits::RUNS) as u64;
    let left = more(count) + more(stages.len());
    draft.runs.extend(stages.into_iter().take(limits::RUNS));
    if left > 0 {
        draft.properties.push(left_out("run", left, None));
    }
}

/// What was said of one run: a file, or what it says of one run among others.
struct Record<'a> {
    file: &'a File<'a>,
    /// How the places of what is about this run start; empty for all of them.
    start: String,
    /// Whether the run is one of several, of which any may have made the model.
    is_one_of_many: bool,
}

impl<'a> Record<'a> {
    fn each(&self) -> impl Iterator<Item = &'a Fact> + '_ {
        self.file.each().filter(|fact| fact.evidence.place.starts_with(&self.start))
    }
}

/// The runs that a file is a record of, with what tells each of them from others.
fn records_of<'a>(file: &'a File<'a>) -> Vec<(String, Record<'a>)> {
    if file.format != topics::STORE {
        let record = Record { file, start: String::new(), is_one_of_many: false };
        return vec![(run_folder(file).to_owned(), record)];
    }
    let ids: Vec<&str> = file
        .all(property::RUN_ID)
        .filter_map(|fact| fact.evidence.place.strip_suffix("run_uuid"))
        .collect();
    let is_one_of_many = ids.len() > 1;
    let record = |start: &str| Record { file, start: start.to_owned(), is_one_of_many };
    ids.iter().map(|start| (format!("{}/{start}", file.path), record(start))).collect()
}

/// The folder whose records are of one run: that of a tracker (MLflow) is named by 32 hexadecimal
/// digits and has folders of its own.
fn run_folder<'a>(file: &File<'a>) -> &'a str {
    let is_run = |path: &&str| {
        let last = path.rsplit('/').next().unwrap_or_default();
        last.len() == 32 && last.bytes().all(|b| b.is_ascii_hexdigit())
    };
    upwards(file.folder()).find(is_run).unwrap_or(file.folder())
}

/// Whether the file records a run: not weights, cards and settings, which repeat what one was.
fn is_record(file: &File<'_>) -> bool {
    if file.format == "mlflow-run" || file.format == topics::STORE {
        return true;
    }
    let by_format = matches!(file.class, Class::Docs | Class::Dataset | Class::Code)
        || file.format.starts_with("hf-")
        || file.format == "dvc"
        || (file.class == Class::Model && !file.name().starts_with("training_args"));
    !by_format && file.each().any(|fact| OF_RUN.contains(&&*fact.property))
}

fn is_said(fact: &Fact) -> bool {
    OF_RUN.contains(&&*fact.property) || BESIDE.contains(&&*fact.property)
}

fn recorded(
    draft: &Draft,
    world: &World<'_>,
    model: &ComponentId,
    (of, records): (&str, &[Record<'_>]),
) -> Run {
    let id = component_id(Kind::Other, &["run", &model.0, of]);
    let (activity, mut inputs) = made_from(draft, model);
    let mut outputs = vec![model.clone()];
    if records.iter().any(|record| record.is_one_of_many) {
        (inputs, outputs) = (Vec::new(), Vec::new());
    }
    let mut properties = Vec::new();
    for record in records {
        for fact in record.each().filter(|fact| is_said(fact)) {
            let evidence = Some(world.proved(&fact.evidence));
            properties.push(Property { evidence, ..Property::from(fact) });
        }
    }
    cap(&mut properties);
    let of = draft.get(model).map_or("", |component| component.name.as_str());
    let named = records.iter().flat_map(Record::each).find(|fact| fact.property == property::NAME);
    let name = match named.map(|fact| &fact.value) {
        Some(Value::Text(name)) => name.clone(),
        _ => format!("{activity} of {of}"),
    };
    Run { id, name, activity: activity.to_owned(), inputs, outputs, properties }
}

/// What is known of a run that a verified statement tells.
fn attested(draft: &Draft, model: &ComponentId, facts: &[Fact]) -> Option<Run> {
    let ran = |fact: &&Fact| {
        is_said(fact) || matches!(&*fact.property, property::TRAINED_ON | property::BASE_MODEL)
    };
    let first = facts.iter().find(ran)?;
    let digest = first.evidence.digest.as_ref().map(ToString::to_string).unwrap_or_default();
    let id = component_id(Kind::Other, &["run", "attested", &first.evidence.file, &digest]);
    let (activity, inputs) = made_from(draft, model);
    let named = facts.iter().find(|fact| fact.property == property::NAME);
    let name = named.map_or_else(|| activity.to_owned(), |fact| fact.value.to_string());
    let mut properties: Vec<Property> = facts.iter().map(Property::from).collect();
    cap(&mut properties);
    let outputs = vec![model.clone()];
    Some(Run { id, name, activity: activity.to_owned(), inputs, outputs, properties })
}

/// What a model was made from, and what one calls making it.
fn made_from(draft: &Draft, model: &ComponentId) -> (&'static str, Vec<ComponentId>) {
    let mut inputs = draft.tied(model, RelationKind::DerivedFrom);
    let is_merged = draft.roles(model, RelationKind::DerivedFrom).any(|role| role == "merge");
    let activity = match inputs.as_slice() {
        [] => "training",
        _ if is_merged => "merging",
        _ => "fine-tuning",
    };
    inputs.extend(draft.tied(model, RelationKind::TrainedOn));
    (activity, inputs)
}

fn cap(properties: &mut Vec<Property>) {
    if let Some(more) = properties.get(limits::VALUES) {
        let count = (properties.len() - limits::VALUES) as u64;
        let evidence = more.evidence.clone().unwrap_or_else(|| inferred("", ""));
        let left = left_out(&more.name, count, Some(evidence));
        properties.truncate(limits::VALUES);
        properties.push(left);
    }
}
