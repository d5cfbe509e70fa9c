//! Picking values out of JSON and YAML trees: what says nothing is left out.

use sealkit_report::{Budget, Known};
use serde_json::{Map, Value as Json};

use crate::{
    Confidence, Facts, InspectError, PackageInfo, Probe, ReadAt, Scope, Value, json, kept,
    property, read_at,
};

/// Longest text that becomes one fact, in bytes; a longer one is cut at a character.
pub(crate) const MAX_TEXT: usize = 16 << 10;
/// Most items of one list that become facts.
pub(crate) const MAX_ITEMS: usize = 10_000;

/// Facts about one file in the making.
pub(crate) struct Pen<'a> {
    /// Path of the file.
    pub(crate) path: &'a str,
    /// What was found so far.
    pub(crate) facts: &'a mut Facts,
}

impl Pen<'_> {
    /// What the file says at `place`.
    pub(crate) fn declared(&mut self, place: &str, property: &'static str, value: Value) {
        self.facts.declared(self.path, place, property, value);
    }

    /// What a rule concludes from `place`.
    pub(crate) fn inferred(&mut self, place: &str, property: &'static str, value: Value) {
        self.facts.inferred(self.path, place, property, value);
    }

    /// What the file says at `place` about a name inside it.
    pub(crate) fn about(
        &mut self,
        subject: &str,
        place: &str,
        property: &'static str,
        value: Value,
    ) {
        self.facts.about(subject, Known::Declared, (self.path, place), (property, value));
    }

    /// Text at `place`, where it says something.
    pub(crate) fn text(&mut self, place: &str, property: &'static str, json: Option<&Json>) {
        if let Some(text) = json.and_then(text) {
            self.declared(place, property, Value::Text(text));
        }
    }

    /// One fact for each text of a text or a list.
    pub(crate) fn each(&mut self, place: &str, property: &'static str, json: Option<&Json>) {
        for (place, text) in json.map(|json| texts(place, json)).unwrap_or_default() {
            self.declared(&place, property, Value::Text(text));
        }
    }

    /// A Python package of one version that the file names as what it was made with.
    pub(crate) fn package(&mut self, place: &str, name: &str, version: &str) {
        let version = version.trim().trim_start_matches('v');
        if version.is_empty() || !version.starts_with(|c: char| c.is_ascii_digit()) {
            return;
        }
        let package = PackageInfo {
            ecosystem: "pypi".to_owned(),
            name: name.to_owned(),
            version: Some(version.to_owned()),
            direct: true,
            scope: Scope::Build,
            ..PackageInfo::default()
        };
        self.declared(place, property::PACKAGE, Value::Package(package));
    }

    /// Every plain value under `json`, each about its key; keys of maps inside are joined by dots.
    pub(crate) fn flat(
        &mut self,
        (prefix, place): (&str, &str),
        json: &Json,
        property: &'static str,
        depth: u32,
    ) {
        match json {
            Json::Object(map) if depth > 0 => {
                for (key, value) in map.iter().take(MAX_ITEMS) {
                    let name =
                        if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                    self.flat((&name, &step(place, key)), value, property, depth - 1);
                }
            }
            other => {
                if let Some(value) = plain(other) {
                    self.about(prefix, place, property, value);
                }
            }
        }
    }
}

/// The JSON object that the whole of `source` is.
pub(crate) fn object(
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Result<Map<String, Json>, InspectError> {
    match json::read(source, budget)? {
        Json::Object(map) => Ok(map),
        _ => Err(InspectError::malformed("JSON", "no object at the root", 0)),
    }
}

/// Text of at most `limit` bytes from the start of `source`, with whether that is all.
pub(crate) fn head(
    source: &dyn ReadAt,
    budget: &mut Budget,
    limit: u64,
) -> Result<(String, bool), InspectError> {
    let bytes = read_at::piece(source, budget, 0, limit)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok((text.to_owned(), source.len() <= limit))
}

/// Whether a text begins as a JSON object does, as far as it is seen.
fn begins_object(text: &str, probe: &Probe<'_>) -> bool {
    let text = text.trim_start();
    text.starts_with('{') || text.is_empty() && probe.len > Probe::HEAD
}

/// Whether the file has one of these names and begins as a JSON object does.
pub(crate) fn named_object(probe: &Probe<'_>, names: &[&str]) -> Confidence {
    let is_map = probe.text().is_some_and(|text| begins_object(text, probe));
    if probe.is_named(names) && is_map { Confidence::Content } else { Confidence::No }
}

/// Whether the file is called `name` and is a JSON object that holds one of the keys.
pub(crate) fn sniff(probe: &Probe<'_>, name: &str, keys: &[&str]) -> Confidence {
    let named = probe.is_named(&[name]);
    let text = probe.text().filter(|text| named && begins_object(text, probe));
    let fits = text.is_some_and(|text| keys.iter().any(|key| text.contains(key)));
    if fits { Confidence::Content } else { Confidence::No }
}

/// Declares the keys (given as JSON pointers of one step) that hold text, a number or texts.
pub(crate) fn take(
    map: &Map<String, Json>,
    wanted: &[(&'static str, &'static str)],
    path: &str,
    facts: &mut Facts,
) {
    for &(place, property) in wanted {
        if let Some(value) = map.get(place.trim_start_matches('/')).and_then(value) {
            facts.declared(path, place, property, value);
        }
    }
}

/// Text, a whole number or a list of texts, where it says something.
pub(crate) fn value(json: &Json) -> Option<Value> {
    match json {
        Json::Array(_) => {
            let texts: Vec<String> = texts("", json).into_iter().map(|(_, text)| text).collect();
            (!texts.is_empty()).then_some(Value::List(texts))
        }
        Json::Number(number) => {
            Some(number.as_u64().map_or_else(|| Value::Text(number.to_string()), Value::Uint))
        }
        Json::String(_) => text(json).map(Value::Text),
        _ => None,
    }
}

/// A plain value or a list of texts as it is; maps, and lists of anything else, are none.
pub(crate) fn plain(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(yes) => Some(Value::Bool(*yes)),
        Json::Number(_) => number(&json.to_string()),
        Json::String(_) => text(json).map(Value::Text),
        Json::Array(items) => {
            let texts: Vec<String> = items.iter().take(MAX_ITEMS).filter_map(text).collect();
            (!texts.is_empty() && texts.len() == items.len()).then_some(Value::List(texts))
        }
        _ => None,
    }
}

/// A number as it is written; none for anything else.
pub(crate) fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    let starts = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    if let Ok(number) = text.parse::<u64>() {
        return Some(Value::Uint(number));
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(Value::Int(number));
    }
    let float = text.parse::<f64>().ok().filter(|float| starts && float.is_finite());
    float.map(Value::Float)
}

/// Text that says something: trimmed, no placeholder, of bounded length. Numbers and booleans as
/// they are written.
pub(crate) fn text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => {
            let text = text.trim();
            (!is_placeholder(text)).then(|| cut(text, MAX_TEXT).to_owned())
        }
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// The texts of a text or of a list, each with its place; `place` is that of the whole.
pub(crate) fn texts(place: &str, json: &Json) -> Vec<(String, String)> {
    let each = ones(place, Some(json)).into_iter();
    each.filter_map(|(place, json)| Some((place, text(json)?))).collect()
}

/// A value, or each of a list, with its place; `place` is that of the whole.
pub(crate) fn ones<'j>(place: &str, json: Option<&'j Json>) -> Vec<(String, &'j Json)> {
    match json {
        Some(Json::Array(_)) => {
            items(json).map(|(at, item)| (format!("{place}/{at}"), item)).collect()
        }
        Some(one) => vec![(place.to_owned(), one)],
        None => Vec::new(),
    }
}

/// A whole number, or a text that is one; digits may be grouped by commas or underscores.
pub(crate) fn uint(json: &Json) -> Option<u64> {
    match json {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => grouped(text),
        _ => None,
    }
}

/// A number, or a text that is one.
pub(crate) fn float(json: &Json) -> Option<f64> {
    let number = match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

/// A whole number with its digits in groups: `1,170,060,424`, `100_000`.
pub(crate) fn grouped(text: &str) -> Option<u64> {
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_')).collect();
    digits.parse().ok()
}

/// Whether a text stands only where one should be written.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let inner = text.trim().trim_matches(|c: char| "[](){}<>*_`.:-… ".contains(c));
    let inner = inner.to_ascii_lowercase();
    matches!(
        inner.as_str(),
        "" | "more information needed"
            | "needs more information"
            | "information needed"
            | "todo"
            | "tbd"
            | "tba"
            | "n/a"
            | "na"
            | "null"
            | "none"
            | "unknown"
            | "coming soon"
            | "to be added"
            | "add text here"
    )
}

/// The start of `text` that has at most `limit` bytes and ends at a character.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// The items of a list, each with its number.
pub(crate) fn items(json: Option<&Json>) -> impl Iterator<Item = (usize, &Json)> {
    json.and_then(Json::as_array).into_iter().flatten().enumerate().take(MAX_ITEMS)
}

/// A JSON pointer one step further (RFC 6901).
pub(crate) fn step(base: &str, key: &str) -> String {
    format!("{base}/{}", kept::step(key))
}

/// What names a model or dataset in a path or an id without telling of the machine: an id or a reference to
/// a registry as it is, of a path on somebody's disk only its last part. The flag says whether it was such a path.
pub(crate) fn origin_name(text: &str) -> (String, bool) {
    let text = text.trim();
    let is_local = text.starts_with(['/', '.', '~', '\\'])
        || text.contains('\\')
        || text.get(1..2) == Some(":")
        || text.starts_with("file:")
        || (!text.contains("://") && text.matches('/').count() > 1 && !is_reference(text));
    if !is_local {
        return (text.to_owned(), false);
    }
    let mut parts = text.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".." | "~"));
    (parts.next_back().unwrap_or_default().to_owned(), true)
}

/// Whether a text names a kit at a registry: `HOST/NAME:TAG`, `HOST/NAME@DIGEST`, or `HOST/NAME` where the host is
/// surely one. Anything else could as well be a path.
fn is_reference(text: &str) -> bool {
    let reference = text.parse::<sealkit_oci::Reference>();
    let host = text.split('/').next().unwrap_or_default();
    reference.is_ok_and(|reference| {
        reference.is_remote() && (reference.target().is_some() || is_host(host))
    })
}

/// Ends of names of hosts that registries have; folders seldom end so.
const HOST_ENDS: [&str; 9] = ["ai", "cloud", "co", "com", "dev", "io", "net", "org", "example"];

/// Whether the first part of a path is surely a host: it has a port, or ends as hosts do.
fn is_host(first: &str) -> bool {
    let (name, port) =
        first.split_once(':').map_or((first, None), |(name, port)| (name, Some(port)));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let ends = name.rsplit_once('.').is_some_and(|(_, end)| HOST_ENDS.contains(&end));
    port.is_some_and(is_port) || ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_nothing_of_the_machine_and_keeps_its_registry() {
        let digest = sealkit_oci::Digest::of(b"x");
        let at = format!("hub.example.com/team/base@{digest}");
        for whole in [
            "google/bert",
            "bert",
            "127.0.0.1:5000/team/base:v1",
            "127.0.0.1:5000/team/base",
            "hub.example.com/team/base",
            &at,
            "oci://a.io/b/c:v1",
        ] {
            assert_eq!(origin_name(whole), (whole.to_owned(), false));
        }
        for (path, last) in [
            ("/root/out/base", "base"),
            ("out/run.1/base", "base"),
            ("run.1/out/base", "base"),
            ("a:b/out/base", "base"),
            ("Run.com/Out/base", "base"),
            ("C:\\models\\base", "base"),
            ("./base", "base"),
            ("../a:b/base:v1", "base:v1"),
        ] {
            assert_eq!(origin_name(path), (last.to_owned(), true), "{path}");
        }
    }
}
