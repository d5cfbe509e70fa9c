//! skops: a tree of named types as JSON, and arrays beside it.
//!
//! Source: `skops/io` 0.16: every node names `__module__`, `__class__` and the `__loader__` that builds it.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Severity};
use serde_json::Value as Json;

use crate::zip::Archive;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, json, kept,
    partial, property, read_at,
};

const FORMAT: Format =
    Format::new("skops", "skops", Class::Model, &[".skops"]).read_by("scikit-learn");
const SCHEMA: &str = "schema.json";
/// Names that are told.
const MAX_NAMES: usize = 1000;
/// Packages whose types skops itself trusts.
const TRUSTED: &[&str] = &["sklearn", "numpy", "scipy", "collections"];
/// Types of Python that hold values and nothing else.
const VALUES: &[&str] = &[
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "set",
    "slice",
    "str",
    "tuple",
];
/// Loaders that look an attribute up or call something.
const CALLING: &[&str] =
    &["ConstructorFromReduceNode", "MethodNode", "OperatorFuncNode", "ReduceNode"];

pub(crate) struct Skops;

impl Inspector for Skops {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = FORMAT.claims_name(probe.file_name());
        let is_skops = named && probe.zip.is_some_and(|members| members.has(SCHEMA));
        if is_skops { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let archive = Archive::open(source, path, &mut facts, budget)?;
        for member in archive.directory.members.iter().filter(|member| member.name == SCHEMA) {
            let mut read = || -> Result<Json, InspectError> {
                let (_, packed) = archive.packed(member, &mut facts, budget)?;
                let content = member.content(&packed, budget)?;
                if content.len() > json::MAX_BYTES {
                    return Err(InspectError::malformed("skops", "a schema above 8 MiB", 0));
                }
                json::parse_python(&read_at::whole(&*content, budget)?, budget)
            };
            match read() {
                Ok(schema) => types(&schema, path, &mut facts),
                Err(error) => partial::note(&mut facts, path, SCHEMA, &error),
            }
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::MEMBERS, property::UNPACKED_SIZE, property::CALLABLE, property::CAN_RUN_CODE]
    }
}

/// Lists the types that loading looks up, and whether any of them is more than data.
fn types(schema: &Json, path: &str, facts: &mut Facts) {
    let mut found = BTreeMap::new();
    let mut runs = false;
    let mut open = vec![(schema, SCHEMA.to_owned())];
    while let Some((node, place)) = open.pop() {
        match node {
            Json::Object(map) => {
                let text = |key: &str| map.get(key).and_then(Json::as_str);
                let names_type = map.contains_key("__class__") || map.contains_key("__module__");
                if names_type {
                    let (module, class) = (text("__module__"), text("__class__"));
                    let loader = text("__loader__").unwrap_or_default();
                    runs |= CALLING.contains(&loader) || !is_trusted(module, class);
                    let name = [module.unwrap_or("?"), class.unwrap_or("?")].join(".");
                    if found.len() < MAX_NAMES {
                        found.entry(name).or_insert_with(|| place.clone());
                    }
                }
                for (key, child) in map {
                    open.push((child, format!("{place}/{}", kept::step(key))));
                }
            }
            Json::Array(items) => {
                for (index, child) in items.iter().enumerate() {
                    open.push((child, format!("{place}/{index}")));
                }
            }
            _ => {}
        }
    }
    for (name, place) in found {
        facts.declared(path, &place, property::CALLABLE, Value::Text(name));
    }
    facts.measured(path, SCHEMA, property::CAN_RUN_CODE, Value::Bool(runs));
    if runs {
        let message = "loading looks up what is no type of scikit-learn, NumPy or SciPy";
        facts.find("skops-untrusted", Severity::High, (path, SCHEMA), message);
    }
}

fn is_trusted(module: Option<&str>, class: Option<&str>) -> bool {
    let (Some(module), Some(class)) = (module, class) else { return false };
    let package = module.split('.').next().unwrap_or_default();
    TRUSTED.contains(&package) || module == "builtins" && VALUES.contains(&class)
}
