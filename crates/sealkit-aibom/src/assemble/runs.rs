//! Runs that made something: from records that lie in the kit, and from verified statements.

use std::collections::BTreeMap;

use sealkit_inspect::{Class, Fact, property};

use super::claims::left_out;
use super::draft::Draft;
use super::evidence::inferred;
use super::limits;
use super::owners::{Owner, Owners};
use super::parts::Ids;
use super::stages;
use super::units::Units;
use super::world::{File, World, upwards};
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
        let run = attested(draft, main, &facts.facts);
        draft.runs.extend(run);
    }
    // Records of one folder are of one run: a trainer writes several files.
    let mut records: BTreeMap<(ComponentId, &str), Vec<&File<'_>>> = BTreeMap::new();
    for (at, file) in world.files.iter().enumerate().filter(|(_, file)| is_record(file)) {
        let model = owners.of(at).iter().find_map(|owner| match owner {
            Owner::Model(at) => ids.units.get(*at).cloned(),
            _ => None,
        });
        let key = (model.unwrap_or_else(|| main.clone()), run_folder(file));
        records.entry(key).or_default().push(file);
    }
    let count = records.len();
    for ((model, folder), files) in records.into_iter().take(limits::RUNS) {
        let run = recorded(draft, world, &model, (folder, &files));
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
    if file.format == "mlflow-run" {
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
    (folder, files): (&str, &[&File<'_>]),
) -> Run {
    let id = component_id(Kind::Other, &["run", &model.0, folder]);
    let (activity, inputs) = made_from(draft, model);
    let mut properties = Vec::new();
    for file in files {
        for fact in file.each().filter(|fact| is_said(fact)) {
            let evidence = Some(world.proved(&fact.evidence));
            properties.push(Property { evidence, ..Property::from(fact) });
        }
    }
    cap(&mut properties);
    let of = draft.get(model).map_or("", |component| component.name.as_str());
    let named = files.iter().find_map(|file| file.facts?.text(property::NAME));
    let name = named.map_or_else(|| format!("{activity} of {of}"), str::to_owned);
    let outputs = vec![model.clone()];
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
    let activity = if inputs.is_empty() { "training" } else { "fine-tuning" };
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
