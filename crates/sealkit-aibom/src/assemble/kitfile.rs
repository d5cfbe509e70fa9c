//! What the Kitfile says of each part, with the place where it says so.

use std::collections::BTreeMap;

use sealkit_inspect::{Value, pointer_step, property};
use sealkit_kitfile::{Kitfile, Part, Value as Free};
use sealkit_oci::LayerRole;
use sealkit_report::Evidence;
use serde_json::Value as Json;

use super::claims::{Claims, Speaker};
use super::evidence;
use crate::{Input, Property, name};

/// The Kitfile's elements by section and path.
pub(super) struct Elements<'a> {
    kitfile: &'a Kitfile,
    /// Whether nobody wrote it.
    is_made: bool,
    at: BTreeMap<(&'static str, &'a str), usize>,
}

impl<'a> Elements<'a> {
    pub(super) fn new(input: &Input<'a>) -> Self {
        let kitfile = input.kitfile;
        let mut at = BTreeMap::new();
        let mut note = |section, paths: Vec<&'a str>| {
            for (index, path) in paths.into_iter().enumerate() {
                at.entry((section, path)).or_insert(index);
            }
        };
        let parts = kitfile.model.iter().flat_map(|model| &model.parts);
        note("model/parts", parts.map(|part| part.path.as_str()).collect());
        note("code", kitfile.code.iter().map(|code| code.path.as_str()).collect());
        note("datasets", kitfile.datasets.iter().map(|data| data.path.as_str()).collect());
        note("docs", kitfile.docs.iter().map(|docs| docs.path.as_str()).collect());
        note("prompts", kitfile.prompts.iter().map(|prompt| prompt.path.as_str()).collect());
        note("mcpServers", kitfile.mcp_servers.iter().map(|s| s.path.as_str()).collect());
        Self { kitfile, is_made: input.kitfile_is_made, at }
    }

    /// Who says that there is this part: the Kitfile, or, where nobody wrote one, the folder.
    pub(super) fn evidence(&self, part: &Part) -> Evidence {
        if self.is_made {
            return evidence::inferred(&part.path, "");
        }
        evidence::kitfile(&self.place(part))
    }

    /// The name that the Kitfile gives a part, with the place where it does.
    pub(super) fn name<'p>(&self, part: &'p Part) -> Option<(&'p str, Evidence)> {
        let named = Some(part.name.as_str()).filter(|name| !name.is_empty() && !self.is_made)?;
        Some((named, evidence::kitfile(&format!("{}/name", self.place(part)))))
    }

    /// The JSON pointer of a part's element.
    fn place(&self, part: &Part) -> String {
        let section = section(part);
        match self.at.get(&(section, part.written_path.as_str())) {
            Some(index) => format!("/{section}/{index}"),
            None => format!("/{section}"),
        }
    }

    /// Adds what the Kitfile says of a part.
    pub(super) fn claim(&self, part: &Part, claims: &mut Claims) {
        let kitfile = self.kitfile;
        if self.is_made {
            return;
        }
        let base = self.place(part);
        let index = self.at.get(&(section(part), part.written_path.as_str())).copied();
        let mut say = |name: &str, key: &str, text: &str| {
            claims.text(Speaker::Kitfile, name, text, evidence::kitfile(&format!("{base}/{key}")));
        };
        let (description, licence) = (property::DESCRIPTION, property::LICENCE);
        if !part.name.is_empty() && part.role != LayerRole::Model {
            say(property::NAME, "name", &part.name);
        }
        match (part.role, index) {
            (LayerRole::Model, _) => {
                let Some(model) = &kitfile.model else { return };
                say(property::VERSION, "version", &model.version);
                say(description, "description", &model.description);
                say(licence, "license", &model.license);
                say(property::FRAMEWORK, "framework", &model.framework);
                say(property::FORMAT, "format", &model.format);
                if let Some(free) = &model.parameters {
                    parameters(free, &format!("{base}/parameters"), claims);
                }
            }
            (LayerRole::ModelPart, Some(at)) => {
                let all = kitfile.model.as_ref().map(|model| &model.parts);
                let Some(found) = all.and_then(|all| all.get(at)) else { return };
                say(licence, "license", &found.license);
                say(name::PART_TYPE, "type", &found.kind);
            }
            (LayerRole::Dataset, Some(at)) => {
                let Some(data) = kitfile.datasets.get(at) else { return };
                say(description, "description", &data.description);
                say(licence, "license", &data.license);
                if let Some(free) = &data.parameters {
                    parameters(free, &format!("{base}/parameters"), claims);
                }
            }
            (LayerRole::Code, Some(at)) if part.is_prompt => {
                let found = kitfile.prompts.get(at);
                say(description, "description", found.map_or("", |prompt| &prompt.description));
            }
            (LayerRole::Code, Some(at)) => {
                let Some(code) = kitfile.code.get(at) else { return };
                say(description, "description", &code.description);
                say(licence, "license", &code.license);
            }
            (LayerRole::Docs, Some(at)) => {
                let found = kitfile.docs.get(at);
                say(description, "description", found.map_or("", |docs| &docs.description));
            }
            (LayerRole::Mcpb, Some(at)) => {
                let found = kitfile.mcp_servers.get(at);
                say(description, "description", found.map_or("", |server| &server.description));
            }
            (_, None) => {}
        }
    }
}

fn section(part: &Part) -> &'static str {
    match part.role {
        LayerRole::Model => "model",
        LayerRole::ModelPart => "model/parts",
        LayerRole::Dataset => "datasets",
        LayerRole::Code if part.is_prompt => "prompts",
        LayerRole::Code => "code",
        LayerRole::Docs => "docs",
        LayerRole::Mcpb => "mcpServers",
    }
}

/// Keys of `parameters` that have a property of their own.
const KNOWN: &[(&str, &str)] = &[
    ("version", property::VERSION),
    ("dataversion", property::VERSION),
    ("datasetversion", property::VERSION),
    ("task", property::TASK),
    ("architecture", property::ARCHITECTURE),
    ("quantization", property::QUANTISATION),
    ("rows", property::ROWS),
    ("language", property::LANGUAGE),
];

/// Adds the free data under `parameters`: what has a property of its own as that, the rest as
/// metadata with its key.
fn parameters(free: &Free, base: &str, claims: &mut Claims) {
    let Free::Map(map) = free else { return };
    for (key, value) in map {
        let Some(value) = plain(value) else { continue };
        let place = format!("{base}/{}", pointer_step(key));
        let evidence = Some(evidence::kitfile(&place));
        let folded: String = key.chars().filter(|c| c.is_alphanumeric()).collect();
        let folded = folded.to_lowercase();
        let known = KNOWN.iter().find(|(name, _)| *name == folded).map(|(_, property)| *property);
        let is_number = matches!(value, Value::Uint(_));
        let property = match known {
            Some(property::ROWS) if !is_number => None,
            // A version is a text, whatever YAML takes it for.
            Some(property::ROWS) => Some(Property::new(property::ROWS, value.clone(), None)),
            Some(known) => Some(Property::text(known, value.to_string(), None)),
            None => None,
        };
        let property = property
            .unwrap_or_else(|| Property::new(property::METADATA, value, None).about(key.clone()));
        claims.add(Speaker::Kitfile, Property { evidence, ..property });
    }
}

fn plain(free: &Free) -> Option<Value> {
    Some(match free {
        Free::Null => return None,
        Free::Bool(yes) => Value::Bool(*yes),
        Free::Int(number) => u64::try_from(*number).map_or(Value::Int(*number), Value::Uint),
        Free::Uint(number) => Value::Uint(*number),
        Free::Float(number) => whole(*number)
            .map_or(Value::Float(*number), |n| u64::try_from(n).map_or(Value::Int(n), Value::Uint)),
        Free::String(text) => Value::Text(text.clone()),
        Free::List(_) | Free::Map(_) => {
            let mut json = serde_json::to_value(free).ok()?;
            settle(&mut json);
            Value::Text(json.to_string())
        }
    })
}

/// The whole number that `number` is. A packed Kitfile does not tell `3` from `3.0`, as its one in YAML
/// does; both are to say the same.
fn whole(number: f64) -> Option<i64> {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    let is_whole = number.fract() == 0.0 && number.abs() <= LARGEST_EXACT;
    is_whole.then(|| format!("{number:.0}").parse().ok()).flatten()
}

/// The same for every number inside.
fn settle(json: &mut Json) {
    match json {
        Json::Number(number) if number.is_f64() => {
            if let Some(whole) = number.as_f64().and_then(whole) {
                *json = whole.into();
            }
        }
        Json::Array(items) => items.iter_mut().for_each(settle),
        Json::Object(map) => map.values_mut().for_each(settle),
        _ => {}
    }
}
