//! What stands at the place that a fact names, read again by other means than the inspector's.

use saphyr_parser::{Event, Parser};
use sealkit_inspect::{Fact, Value};
use serde_json::{Map, Value as Json};

/// A file as whoever checks a place reads it.
pub(crate) struct Source<'a> {
    bytes: &'a [u8],
    text: String,
    trees: Vec<Json>,
    /// Whether places are those of what is inside.
    is_packed: bool,
}

impl<'a> Source<'a> {
    pub(crate) fn new(path: &str, bytes: &'a [u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let is_packed = [".gz", ".zst", ".lz4"].iter().any(|end| path.ends_with(end));
        Self { bytes, trees: trees(path, &text), text, is_packed }
    }

    /// What stands at a place as text; none where there is no such place. A place of another form is an error.
    pub(crate) fn at(&self, place: &str) -> Result<Option<String>, ()> {
        if self.is_packed {
            return Err(());
        }
        if place.is_empty() {
            return Ok(Some(self.text.clone()));
        }
        if place.starts_with("bytes ") {
            return Ok(self.range(place).map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
        }
        if let Some(line) = place.strip_prefix("line ") {
            return Ok(number(line).and_then(|line| self.lines(line, line)));
        }
        if let Some(lines) = place.strip_prefix("lines ") {
            let ends = lines.split_once('-').and_then(|(a, b)| number(a).zip(number(b)));
            return Ok(ends.and_then(|(first, last)| self.lines(first, last)));
        }
        if place.starts_with('/') && !self.trees.is_empty() {
            // A line of a cell of a notebook.
            let (pointer, line) =
                place.split_once(" line ").map_or((place, None), |(a, b)| (a, Some(b)));
            let found = self.trees.iter().find_map(|tree| tree.pointer(pointer));
            let text = found.map(flat);
            return Ok(match line {
                Some(line) => text.and_then(|text| {
                    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
                    lines.get(number(line)?.checked_sub(1)?).map(|line| (*line).to_owned())
                }),
                None => text.map(|text| format!("{place}\n{text}")),
            });
        }
        Err(())
    }

    fn lines(&self, first: usize, last: usize) -> Option<String> {
        let lines: Vec<&str> = self.text.lines().collect();
        (first >= 1 && first <= last).then(|| lines.get(first - 1..last).map(|of| of.join("\n")))?
    }

    /// The bytes that a place names; none for a place of another form, and for one that is not there.
    pub(crate) fn range(&self, place: &str) -> Option<&'a [u8]> {
        let (from, to) = place.strip_prefix("bytes ")?.split_once('-')?;
        let bytes = self.bytes.get(number(from)?..number(to)?)?;
        (!bytes.is_empty()).then_some(bytes)
    }
}

fn number(text: &str) -> Option<usize> {
    text.parse().ok()
}

/// The file as JSON, TOML or YAML, or the front matter of a Markdown file.
fn trees(path: &str, text: &str) -> Vec<Json> {
    if let Ok(tree) = serde_json::from_str(text) {
        return vec![tree];
    }
    let ends = |all: &[&str]| all.iter().any(|end| path.ends_with(end));
    let table = ends(&[".toml", ".lock", "Pipfile"]).then(|| toml::from_str::<toml::Table>(text));
    if let Some(Ok(table)) = table {
        return serde_json::to_value(table).into_iter().collect();
    }
    let front = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---"));
    match front {
        Some((front, _)) if ends(&[".md"]) => yaml(front).into_iter().collect(),
        _ if ends(&[".yml", ".yaml", ".cff", ".dvc", "MLmodel", ".lock"]) => {
            yaml(text).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The first document of a YAML text; every scalar is a text.
pub(crate) fn yaml(text: &str) -> Option<Json> {
    let mut open: Vec<(Json, Option<String>)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let done = match event.ok()?.0 {
            Event::Scalar(text, ..) => Json::String(text.into_owned()),
            Event::SequenceStart(..) => {
                open.push((Json::Array(Vec::new()), None));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((Json::Object(Map::new()), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop()?.0,
            _ => continue,
        };
        match open.last_mut() {
            None => return Some(done),
            Some((Json::Array(list), _)) => list.push(done),
            Some((Json::Object(map), key)) => match key.take() {
                Some(key) => drop(map.insert(key, done)),
                None => *key = Some(done.as_str().unwrap_or_default().to_owned()),
            },
            Some(_) => return None,
        }
    }
    None
}

/// Keys and values of a tree, one in a line.
fn flat(tree: &Json) -> String {
    match tree {
        Json::String(text) => text.clone(),
        Json::Array(list) => list.iter().map(flat).collect::<Vec<_>>().join("\n"),
        Json::Object(map) => {
            let each = map.iter().map(|(key, value)| format!("{key}\n{}", flat(value)));
            each.collect::<Vec<_>>().join("\n")
        }
        plain => plain.to_string(),
    }
}

/// Letters and digits, so that other quotes, line breaks and ways to write a name are the same.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether all words of a text stand in another, in whatever order and form.
pub(crate) fn has_words(text: &str, words: &str) -> bool {
    let text = plain(text);
    words.split(|c: char| !c.is_alphanumeric()).all(|word| text.contains(&plain(word)))
}

/// Whether the bytes of a range hold a number, as formats write it: of two, four or eight bytes in either order, as one
/// byte, or as a number of seven bits a byte.
pub(crate) fn has_number(bytes: &[u8], number: u64) -> bool {
    let (little, big) = (number.to_le_bytes(), number.to_be_bytes());
    let needed = (8 - number.leading_zeros() as usize / 8).max(1);
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let mut seven = Vec::new();
    let mut rest = number;
    while rest >= 0x80 {
        seven.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    seven.push(rest as u8);
    has(&little[..needed]) || has(&big[8 - needed..]) || has(&seven)
}

/// The texts that have to stand where a value was found; none for one that is concluded.
pub(crate) fn needles(value: &Value) -> Vec<String> {
    let last = |path: &str| path.rsplit(['/', ':', '@']).next().unwrap_or_default().to_owned();
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::Uint(number) => vec![number.to_string()],
        Value::Int(number) => vec![number.to_string()],
        Value::Float(_) | Value::Bool(_) | Value::Tensor(_) => Vec::new(),
        Value::List(texts) => texts.clone(),
        Value::Package(package) => {
            let mut all = vec![last(&package.name)];
            all.extend(package.version.iter().cloned());
            all.extend(package.requirement.iter().cloned());
            all
        }
        Value::Origin(origin) => {
            vec![last(&origin.name)]
        }
        Value::Metric(metric) => vec![metric.value.clone()],
        Value::File(file) => vec![last(&file.path)],
        Value::Link(link) => vec![last(link.url.trim_end_matches('/'))],
        Value::Party(party) => vec![party.name.clone()],
    }
}

/// What is said of a fact that is not where it says.
pub(crate) fn told(path: &str, fact: &Fact) -> String {
    let (property, subject, place) = (&fact.property, &fact.subject, &fact.evidence.place);
    format!("{path}: {property}[{subject}] = {} @{place}", fact.value)
}
