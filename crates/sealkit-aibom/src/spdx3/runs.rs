//! Runs as builds (Build profile): what went in, what came out, with which settings.

use sealkit_inspect::property;
use serde_json::{Map, Value as Json, json};

use super::component::entry;
use super::graph::{Graph, fields};
use super::note;
use crate::time::utc;
use crate::{Bom, BomError, ComponentId, Run};

/// Type of a build by what was done.
const BUILD_TYPE: &str = "https://sealkit.dev/run/";

/// Adds the runs.
pub(super) fn add(graph: &mut Graph<'_>, bom: &Bom) -> Result<(), BomError> {
    for run in &bom.runs {
        graph.uses("build");
        let id = graph.own_id("run", &run.id.0);
        let mut build = build(run);
        build.insert("name".into(), run.name.as_str().into());
        graph.add(&id, "build_Build", build);
        for (kind, list) in [("hasInput", &run.inputs), ("hasOutput", &run.outputs)] {
            tie(graph, run, (kind, &id), list);
        }
        let statement = serde_json::to_string(&json!({
            "run": run.id.0,
            "name": run.name,
            "activity": run.activity,
            "inputs": texts(&run.inputs),
            "outputs": texts(&run.outputs),
            "properties": serde_json::to_value(note::write(&run.properties))?,
        }))?;
        note::add(graph, &run.id.0, &statement);
    }
    Ok(())
}

fn build(run: &Run) -> Map<String, Json> {
    let of = |name: &'static str| run.properties.iter().filter(move |p| p.name == name);
    let time = |name: &'static str| of(name).find_map(|p| p.as_text().and_then(utc));
    let parameters: Vec<Json> = of(property::HYPERPARAMETER)
        .map(|p| {
            entry(if p.subject.is_empty() { "value" } else { &p.subject }, &p.value.to_string())
        })
        .collect();
    let mut build = fields(json!({
        "build_buildType": format!("{BUILD_TYPE}{}", crate::identity::escape(&run.activity)),
        "build_buildId": run.id.0,
    }));
    if !parameters.is_empty() {
        build.insert("build_parameter".into(), parameters.into());
    }
    if let Some(end) = time(property::CREATED) {
        build.insert("build_buildEndTime".into(), end.into());
    }
    build
}

fn tie(graph: &mut Graph<'_>, run: &Run, (kind, id): (&str, &str), list: &[ComponentId]) {
    let to: Vec<Json> = list.iter().filter_map(|of| Some(graph.id(&of.0)?.into())).collect();
    if to.is_empty() {
        return;
    }
    graph.relate(kind, id, to, &run.id.0);
}

fn texts(ids: &[ComponentId]) -> Vec<&str> {
    ids.iter().map(|id| id.0.as_str()).collect()
}
