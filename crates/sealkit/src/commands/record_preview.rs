//! What a record says, as a person reads it before it is public.

use sealkit_ops::record::{Provenance, Statement};
use serde_json::{Map, Value};

use crate::console::escape;

/// Entries of a list that are shown.
const SHOWN: usize = 12;

/// The lines of a preview.
pub(super) fn preview(statement: &Statement, redacted: &[String], full: bool) -> Vec<String> {
    let mut lines = vec!["This will be signed, and public once it is attached:".to_owned()];
    match statement.predicate::<Provenance>() {
        Ok(made) if !full => summary(statement, &made, &mut lines),
        // What can not be summed up is shown whole.
        _ => lines.push(whole(statement)),
    }
    section("Taken out", redacted.to_vec(), &mut lines);
    lines.iter().map(|line| line.split('\n').map(escape).collect::<Vec<_>>().join("\n")).collect()
}

fn whole(statement: &Statement) -> String {
    let value = serde_json::from_slice::<Value>(statement.payload()).ok();
    let text = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    text.unwrap_or_else(|| String::from_utf8_lossy(statement.payload()).into_owned())
}

fn summary(statement: &Statement, made: &Provenance, lines: &mut Vec<String>) {
    let definition = &made.build_definition;
    let kind = definition.build_type.as_str();
    lines.push(format!("  Kind: {}", made.build_type().map_or(kind, |kind| kind.name())));
    let command = definition.external_parameters.get("command").and_then(Value::as_array);
    let words = command.into_iter().flatten().map(shown).collect::<Vec<_>>();
    lines.push(format!("  Command: {}", words.join(" ")));
    let outputs = statement.subjects().iter().map(|subject| {
        let digest = subject.digest.iter().next().map(|(name, hex)| format!("{name}:{hex}"));
        let name = subject.name.as_deref().unwrap_or_default();
        format!("{name} {}", digest.unwrap_or_default())
    });
    section("Outputs", outputs.collect(), lines);
    let (packages, inputs): (Vec<_>, Vec<_>) = definition
        .resolved_dependencies
        .iter()
        .partition(|one| one.uri.as_ref().is_some_and(|uri| uri.as_str().starts_with("pkg:")));
    let inputs = inputs.into_iter().map(|one| {
        let role = one.role().map_or("input", |role| role.name());
        let version = one.version().map(|version| format!("@{version}")).unwrap_or_default();
        let digest = one.digest.as_ref().and_then(|set| set.iter().next());
        let digest = digest.map(|(name, hex)| format!(" {name}:{hex}")).unwrap_or_default();
        format!("{role}: {}{version}{digest}", one.title().unwrap_or_default())
    });
    section("Inputs", inputs.collect(), lines);
    for (title, map) in
        [("Given", &definition.external_parameters), ("Found", &definition.internal_parameters)]
    {
        section(title, settings(map), lines);
    }
    let metrics = made.run_details.byproducts.iter().filter(|one| one.content.is_some());
    let metrics = metrics.map(|one| one.annotations.get("file").map(shown).unwrap_or_default());
    section("Metrics of", metrics.collect(), lines);
    if !packages.is_empty() {
        lines.push(format!("  Python packages: {}", packages.len()));
    }
    if let Some(times) = &made.run_details.metadata {
        let text = |time: &Option<_>| {
            time.as_ref().map_or("", sealkit_ops::record::Timestamp::as_str).to_owned()
        };
        lines.push(format!("  Time: {} to {}", text(&times.started_on), text(&times.finished_on)));
    }
}

/// Settings one by one, those in groups behind the name of the group.
fn settings(map: &Map<String, Value>) -> Vec<String> {
    let mut all = Vec::new();
    for (name, value) in map.iter().filter(|(name, _)| *name != "command") {
        match value {
            Value::Object(inner) => {
                all.extend(
                    inner.iter().map(|(key, value)| format!("{name}.{key} = {}", shown(value))),
                );
            }
            value => all.push(format!("{name} = {}", shown(value))),
        }
    }
    all
}

fn section(title: &str, all: Vec<String>, lines: &mut Vec<String>) {
    if all.is_empty() {
        return;
    }
    lines.push(format!("  {title}:"));
    let more = all.len().saturating_sub(SHOWN);
    lines.extend(all.into_iter().take(SHOWN).map(|one| format!("    {one}")));
    if more > 0 {
        lines.push(format!("    and {more} more: `--preview full`"));
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
