//! The Kitfile as the tree that is written, empty fields left out.

use sealkit_oci::go_json;

use super::order;
use crate::{Code, Dataset, Docs, Kitfile, McpServer, Model, ModelPart, Package, Prompt, Value};

/// A value that is written.
pub(super) enum Yaml<'a> {
    /// A number, a boolean or null.
    Plain(String),
    Text(&'a str),
    /// A list of strings on one line.
    Flow(Vec<&'a str>),
    List(Vec<Yaml<'a>>),
    Map(Pairs<'a>),
}

pub(super) type Pairs<'a> = Vec<(&'a str, Yaml<'a>)>;

pub(super) fn of(kitfile: &Kitfile) -> Pairs<'_> {
    let mut pairs = vec![("manifestVersion", Yaml::Text(&kitfile.manifest_version))];
    let package = package(&kitfile.package);
    if !package.is_empty() {
        pairs.push(("package", Yaml::Map(package)));
    }
    if let Some(it) = &kitfile.model {
        pairs.push(("model", Yaml::Map(model(it))));
    }
    list(&mut pairs, "code", &kitfile.code, code);
    list(&mut pairs, "datasets", &kitfile.datasets, dataset);
    list(&mut pairs, "docs", &kitfile.docs, docs);
    list(&mut pairs, "prompts", &kitfile.prompts, prompt);
    list(&mut pairs, "mcpServers", &kitfile.mcp_servers, mcp_server);
    pairs
}

fn list<'a, T>(
    pairs: &mut Pairs<'a>,
    key: &'a str,
    items: &'a [T],
    of: impl Fn(&'a T) -> Pairs<'a>,
) {
    if !items.is_empty() {
        pairs.push((key, Yaml::List(items.iter().map(|item| Yaml::Map(of(item))).collect())));
    }
}

fn texts<'a>(fields: &[(&'a str, &'a str)]) -> Pairs<'a> {
    let filled = fields.iter().filter(|(_, text)| !text.is_empty());
    filled.map(|(key, text)| (*key, Yaml::Text(text))).collect()
}

fn package(it: &Package) -> Pairs<'_> {
    let mut pairs = texts(&[
        ("name", &it.name),
        ("version", &it.version),
        ("description", &it.description),
        ("license", &it.license),
    ]);
    if !it.authors.is_empty() {
        pairs.push(("authors", Yaml::Flow(it.authors.iter().map(String::as_str).collect())));
    }
    pairs
}

fn model(it: &Model) -> Pairs<'_> {
    let mut pairs = texts(&[
        ("name", &it.name),
        ("path", &it.path),
        ("license", &it.license),
        ("framework", &it.framework),
        ("format", &it.format),
        ("version", &it.version),
        ("description", &it.description),
    ]);
    list(&mut pairs, "parts", &it.parts, model_part);
    parameters(&mut pairs, it.parameters.as_ref());
    pairs
}

fn model_part(it: &ModelPart) -> Pairs<'_> {
    texts(&[("name", &it.name), ("path", &it.path), ("license", &it.license), ("type", &it.kind)])
}

fn code(it: &Code) -> Pairs<'_> {
    texts(&[("path", &it.path), ("description", &it.description), ("license", &it.license)])
}

fn dataset(it: &Dataset) -> Pairs<'_> {
    let mut pairs = texts(&[
        ("name", &it.name),
        ("path", &it.path),
        ("remotePath", &it.remote_path),
        ("remoteHash", &it.remote_hash),
        ("description", &it.description),
        ("license", &it.license),
    ]);
    parameters(&mut pairs, it.parameters.as_ref());
    pairs
}

fn docs(it: &Docs) -> Pairs<'_> {
    let mut pairs = vec![("path", Yaml::Text(it.path.as_str()))];
    pairs.extend(texts(&[("description", &it.description)]));
    pairs
}

fn prompt(it: &Prompt) -> Pairs<'_> {
    texts(&[("name", &it.name), ("path", &it.path), ("description", &it.description)])
}

fn mcp_server(it: &McpServer) -> Pairs<'_> {
    texts(&[("name", &it.name), ("path", &it.path), ("description", &it.description)])
}

fn parameters<'a>(pairs: &mut Pairs<'a>, value: Option<&'a Value>) {
    if let Some(value) = value {
        pairs.push(("parameters", of_value(value)));
    }
}

fn of_value(value: &Value) -> Yaml<'_> {
    match value {
        Value::Null => Yaml::Plain("null".to_owned()),
        Value::Bool(value) => Yaml::Plain(value.to_string()),
        Value::Int(value) => Yaml::Plain(value.to_string()),
        Value::Uint(value) => Yaml::Plain(value.to_string()),
        Value::Float(value) => Yaml::Plain(float(*value)),
        Value::String(text) => Yaml::Text(text),
        Value::List(items) => Yaml::List(items.iter().map(of_value).collect()),
        Value::Map(map) => {
            let mut pairs: Pairs<'_> =
                map.iter().map(|(key, value)| (key.as_str(), of_value(value))).collect();
            order::sort(&mut pairs);
            Yaml::Map(pairs)
        }
    }
}

/// A float in Go's shortest form of `%g`: with an exponent of two digits or more below 1e-4 and
/// from 1e6 on.
fn float(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return go_json::format_float(value);
    }
    let text = format!("{value:e}");
    match text.split_once('e').map(|(digits, power)| (digits, power.parse::<i32>())) {
        Some((digits, Ok(power))) if !(-4..6).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", power.unsigned_abs())
        }
        _ => format!("{value}"),
    }
}
