//! What went into the making as `formulation`: one workflow for each run, and the components that are
//! not in the kit and that nothing in it needs when it runs.

use std::collections::BTreeSet;

use sealkit_inspect::property;
use serde_json::{Map, Value as Json, json};

use super::own::{self, Named, Own};
use super::place::{self, On};
use super::shape::{insert, order};
use super::{Context, Version, claims};
use crate::{ComponentId, Property, Run};

/// Order of keys, as the schema lists them.
const KEYS: &[&str] = &[
    "bom-ref",
    "uid",
    "name",
    "resourceReferences",
    "tasks",
    "taskDependencies",
    "taskTypes",
    "trigger",
    "steps",
    "inputs",
    "outputs",
    "timeStart",
    "timeEnd",
    "workspaces",
    "runtimeTopology",
    "properties",
];

/// The types of tasks that CycloneDX has. There is none for training, so that building a model is
/// a build and evaluating it a test; what was really done is the property `sealkit:activity`.
const TASKS: &[&str] = &[
    "copy", "clone", "lint", "scan", "merge", "build", "test", "deliver", "deploy", "release",
    "clean", "other",
];

fn task(activity: &str) -> &str {
    match activity {
        "training" | "fine-tuning" | "conversion" | "quantisation" | "data-preparation" => "build",
        "evaluation" => "test",
        other if TASKS.contains(&other) => other,
        _ => "other",
    }
}

/// The activity that a type of task alone stands for.
fn implied(task: &str) -> &str {
    if task == "other" { "" } else { task }
}

/// Name of a formula with components of ours: those of other documents stay as they are.
pub(super) const FORMULA: &str = "sealkit:formulation";

/// The one formula; none where nothing is known of the making.
pub(super) fn write(runs: &[Run], components: Vec<Json>, version: Version) -> Option<Json> {
    let workflows: Vec<Json> = runs.iter().map(|run| workflow(run, version)).collect();
    let mut formula = Map::new();
    if !components.is_empty() {
        formula.insert("bom-ref".to_owned(), json!(FORMULA));
        formula.insert("components".to_owned(), json!(components));
    }
    if !workflows.is_empty() {
        formula.insert("workflows".to_owned(), json!(workflows));
    }
    (!formula.is_empty()).then(|| json!([formula]))
}

/// The formula whose components are components of the document.
pub(super) fn own_formula(root: &mut Map<String, Json>) -> Option<&mut Map<String, Json>> {
    match root.get_mut("formulation")?.as_array_mut()?.as_mut_slice() {
        [Json::Object(formula)] => {
            Some(formula).filter(|f| f.get("bom-ref").and_then(Json::as_str) == Some(FORMULA))
        }
        _ => None,
    }
}

fn workflow(run: &Run, version: Version) -> Json {
    let context = Context::new(version, &run.properties);
    let split = claims::split(place::of(On::Run), &context);
    let mut map = Map::new();
    map.insert("bom-ref".to_owned(), json!(run.id.0));
    map.insert("uid".to_owned(), json!(run.id.0));
    if !run.name.is_empty() {
        map.insert("name".to_owned(), json!(run.name));
    }
    map.insert("taskTypes".to_owned(), json!([task(&run.activity)]));
    for id in run.inputs.iter().filter(|id| !id.0.is_empty()) {
        insert(&mut map, "/inputs", true, json!({"resource": {"ref": id.0}}));
    }
    let parameters = parameters(&run.properties);
    if !parameters.is_empty() {
        insert(&mut map, "/inputs", true, json!({"parameters": parameters}));
    }
    for id in run.outputs.iter().filter(|id| !id.0.is_empty()) {
        let output = json!({"type": "artifact", "resource": {"ref": id.0}});
        insert(&mut map, "/outputs", true, output);
    }
    for shown in &split.shown {
        insert(&mut map, shown.place.path, shown.place.many, shown.element.clone());
    }
    let mut all = Vec::new();
    if implied(task(&run.activity)) != run.activity {
        all.push(Named::own("activity", run.activity.clone()));
    }
    for (name, of, evidence) in &split.evidence {
        all.push(own::native_evidence(name, *of, evidence));
    }
    all.extend(split.full.iter().flat_map(|claim| own::write(claim)));
    for named in all {
        insert(&mut map, "/properties", true, json!(named));
    }
    order(&mut map, KEYS);
    Json::Object(map)
}

/// Settings once more where other tools look for them.
fn parameters(claims: &[Property]) -> Vec<Json> {
    let mut all: Vec<Json> = Vec::new();
    let mut seen = BTreeSet::new();
    for claim in claims {
        let key = match claim.name.as_str() {
            property::HYPERPARAMETER => claim.subject.as_str(),
            property::SEED => "seed",
            _ => continue,
        };
        let value = claim.value.to_string();
        if !key.is_empty() && !value.is_empty() && seen.insert((key, value.clone())) {
            all.push(json!({"name": key, "value": value}));
        }
    }
    all
}

/// The runs of a document. More than one formula is kept as it is.
pub(super) fn read(root: &Json, version: Version) -> Vec<Run> {
    let formulas = root.get("formulation").and_then(Json::as_array);
    let Some([formula]) = formulas.map(Vec::as_slice) else { return Vec::new() };
    let workflows = formula.get("workflows").and_then(Json::as_array);
    workflows.into_iter().flatten().filter_map(|w| read_workflow(w, version)).collect()
}

fn read_workflow(workflow: &Json, version: Version) -> Option<Run> {
    let text = |key: &str| workflow.get(key).and_then(Json::as_str).filter(|t| !t.is_empty());
    let mut own = Own::default();
    own.read(workflow.get("properties").unwrap_or(&Json::Null));
    let context = Context::new(version, &own.claims);
    let task = workflow.pointer("/taskTypes/0").and_then(Json::as_str).unwrap_or_default();
    let refs = |key: &str| {
        let list = workflow.get(key).and_then(Json::as_array).into_iter().flatten();
        let id = |entry: &Json| Some(ComponentId(entry.pointer("/resource/ref")?.as_str()?.into()));
        list.filter_map(id).collect()
    };
    let mut claims = claims::join(&own, place::of(On::Run), workflow, &context);
    claims.extend(own.repeats.iter().filter_map(own::foreign));
    Some(Run {
        id: ComponentId(text("bom-ref")?.to_owned()),
        name: text("name").unwrap_or_default().to_owned(),
        activity: own.fixed.get("activity").map_or(implied(task), String::as_str).to_owned(),
        inputs: refs("inputs"),
        outputs: refs("outputs"),
        properties: claims,
    })
}
