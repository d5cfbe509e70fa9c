//! Claims as CycloneDX properties, where CycloneDX has no place of its own for them.
//!
//! | property | says |
//! |---|---|
//! | `sealkit:NAME` | the value as text, or as compact JSON where it has a shape |
//! | `sealkit:NAME:SUBJECT` | the same about something inside the component |
//! | `…:type` right behind | the type of the value, where the name does not tell it |
//! | `…:evidence` right behind | how the value is known and where it stands, as compact JSON |
//! | `sealkit:NAME:evidence` alone | the evidence of the value at the native place of `NAME`; `of` tells which, from 0 |
//! | `sealkit:property` | a claim in full as JSON, where the forms above would be ambiguous |
//! | `sealkit:relation` | a tie in full as JSON, where `dependencies` cannot tell its kind |
//! | any other name | a property of somebody else, kept as it is |

use std::collections::BTreeMap;

use sealkit_inspect::{Value, property};
use sealkit_report::Evidence;
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Property, name};

pub(super) const PREFIX: &str = "sealkit:";
/// Prefix of a claim's name where another tool's document is its source.
pub(super) const FOREIGN: &str = "metadata:";
/// Prefix of what repeats a claim under the name that SPDX has for it.
pub(super) const SPDX: &str = "spdx:";
const EVIDENCE: &str = ":evidence";
const TYPE: &str = ":type";
/// The type of a text.
const TEXT: &str = "text";

/// Names that are not claims: the fixed parts of a component or a run.
pub(super) const FIXED: [&str; 7] =
    ["kind", "path", "size", "media-type", "purl", "unnamed", "activity"];

/// A property of a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) value: String,
}

impl Named {
    pub(super) fn own(name: &str, value: impl Into<String>) -> Self {
        Self { name: format!("{PREFIX}{name}"), value: value.into() }
    }
}

/// A claim in full.
#[derive(Serialize, Deserialize)]
struct Whole {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    subject: String,
    #[serde(rename = "type")]
    kind: String,
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

/// The evidence of a value at its native place.
#[derive(Serialize, Deserialize)]
struct Native {
    #[serde(default, skip_serializing_if = "is_zero")]
    of: usize,
    #[serde(flatten)]
    evidence: Evidence,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// The evidence of the value number `of` at the native place of `name`.
pub(super) fn native_evidence(name: &str, of: usize, evidence: &Evidence) -> Named {
    let native = Native { of, evidence: evidence.clone() };
    // Evidence always has a JSON form: texts and numbers.
    let value = serde_json::to_string(&native).unwrap_or_default();
    Named::own(&format!("{name}{EVIDENCE}"), value)
}

/// One claim as properties.
pub(super) fn write(claim: &Property) -> Vec<Named> {
    let (kind, value) = text_of(&claim.value);
    if let Some(key) = claim.name.strip_prefix(FOREIGN) {
        let is_plain = claim.evidence.is_none() && claim.subject.is_empty() && kind == TEXT;
        if is_plain && !value.is_empty() && !key.is_empty() && !is_ours(key) {
            return vec![Named { name: key.to_owned(), value }];
        }
    }
    if value.is_empty() || !is_plain_name(&claim.name) || is_ambiguous(&claim.subject) {
        return vec![whole(claim, kind, value)];
    }
    let full = match claim.subject.as_str() {
        "" => format!("{PREFIX}{}", claim.name),
        subject => format!("{PREFIX}{}:{subject}", claim.name),
    };
    let mut all = vec![Named { name: full.clone(), value }];
    if kind != usual_type(&claim.name) {
        all.push(Named { name: format!("{full}{TYPE}"), value: kind });
    }
    if let Some(evidence) = &claim.evidence {
        let value = serde_json::to_string(evidence).unwrap_or_default();
        all.push(Named { name: full + EVIDENCE, value });
    }
    all
}

/// A claim of the plainest form: its value, and behind it who says so. Most claims of most files are, and
/// they are written without being made first.
pub(super) struct Plain<'a> {
    name: &'a str,
    value: &'a str,
    evidence: Option<&'a Evidence>,
}

impl<'a> Plain<'a> {
    /// A claim that [`write`] would write in this form; none where it would take another one.
    pub(super) fn of(claim: &'a Property) -> Option<Self> {
        let Property { name, subject, value: Value::Text(value), evidence } = claim else {
            return None;
        };
        let fits = subject.is_empty()
            && !value.is_empty()
            && is_plain_name(name)
            && usual_type(name) == TEXT;
        fits.then_some(Self { name, value, evidence: evidence.as_ref() })
    }

    /// Writes the properties into a list.
    pub(super) fn write<L: SerializeSeq>(&self, list: &mut L) -> Result<(), L::Error> {
        list.serialize_element(&Lent { name: (self.name, ""), value: self.value })?;
        let Some(evidence) = self.evidence else { return Ok(()) };
        let evidence = serde_json::to_string(evidence).unwrap_or_default();
        list.serialize_element(&Lent { name: (self.name, EVIDENCE), value: &evidence })
    }
}

/// A property of ours that borrows its texts.
#[derive(Serialize)]
pub(super) struct Lent<'a> {
    /// The claim, and what follows its name.
    #[serde(serialize_with = "prefixed")]
    pub(super) name: (&'a str, &'static str),
    pub(super) value: &'a str,
}

fn prefixed<S: Serializer>(name: &(&str, &str), serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{PREFIX}{}{}", name.0, name.1))
}

fn whole(claim: &Property, kind: String, value: String) -> Named {
    let (name, subject) = (claim.name.clone(), claim.subject.clone());
    let whole = Whole { name, subject, kind, value, evidence: claim.evidence.clone() };
    Named::own("property", serde_json::to_string(&whole).unwrap_or_default())
}

fn is_ours(key: &str) -> bool {
    key.starts_with(PREFIX) || key.starts_with(SPDX)
}

fn is_plain_name(name: &str) -> bool {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let is_word = !name.is_empty() && name.bytes().all(fits);
    is_word && !FIXED.contains(&name) && !["property", "hash", name::RELATION].contains(&name)
}

/// Whether a subject could be taken for one of the properties that follow a value.
fn is_ambiguous(subject: &str) -> bool {
    [EVIDENCE, TYPE].iter().any(|end| subject == &end[1..] || subject.ends_with(end))
}

/// Type and text of a value.
fn text_of(value: &Value) -> (String, String) {
    match value {
        // Not by way of JSON: it has no infinity, and its numbers may lose their last digit.
        Value::Float(number) => return ("float".to_owned(), number.to_string()),
        // Most values are texts.
        Value::Text(text) => return (TEXT.to_owned(), text.clone()),
        _ => {}
    }
    let json = serde_json::to_value(value).unwrap_or_default();
    let kind = json.get("type").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    let text = match json.get("value") {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    (kind, text)
}

fn value_of(kind: &str, text: &str) -> Option<Value> {
    match kind {
        TEXT => Some(Value::Text(text.to_owned())),
        "float" => text.parse().ok().map(Value::Float),
        _ => {
            let value: serde_json::Value = serde_json::from_str(text).ok()?;
            serde_json::from_value(json!({"type": kind, "value": value})).ok()
        }
    }
}

/// The type of value that claims of this name have as a rule.
fn usual_type(claim: &str) -> &'static str {
    match claim {
        property::PARAMETERS
        | property::PARAMETERS_OF_TYPE
        | property::TENSORS
        | property::CONTEXT_LENGTH
        | property::VOCABULARY
        | property::LAYERS
        | property::HEADS
        | property::KEY_VALUE_HEADS
        | property::HIDDEN_SIZE
        | property::FEED_FORWARD_SIZE
        | property::ROWS
        | property::ROWS_OF_SPLIT
        | property::COLUMNS
        | property::MEMBERS
        | property::UNPACKED_SIZE
        | property::FILES_OF_TYPE
        | property::SHARDS
        | property::LAYER_KIND
        | name::BOM_VERSION => "uint",
        property::PACKAGE | name::TOOL => "package",
        property::BASE_MODEL
        | property::TRAINED_ON
        | property::EVALUATED_ON
        | property::SOURCE_DATASET
        | property::LOADS_MODEL
        | property::LOADS_DATASET => "origin",
        property::METRIC => "metric",
        property::LINK => "link",
        property::TENSOR => "tensor",
        property::FILE_REFERENCE => "file",
        property::PARTY | name::BOM_AUTHOR | name::SUPPLIER => "party",
        property::CO2_GRAMS | property::ENERGY_KWH => "float",
        property::CAN_RUN_CODE | property::DIRTY => "bool",
        _ => TEXT,
    }
}

/// What the properties of one component, run or document say.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// The fixed parts: kind, path, size and the like.
    pub(super) fixed: BTreeMap<String, String>,
    /// Ties, as they are written.
    pub(super) relations: Vec<String>,
    /// Evidence of values at their native places, by name and number.
    pub(super) evidence: BTreeMap<(String, usize), Evidence>,
    /// Properties that may repeat a claim.
    pub(super) repeats: Vec<Named>,
    /// The claims.
    pub(super) claims: Vec<Property>,
}

impl Own {
    /// Takes in a list of properties; gives back the number of those that are not ours.
    pub(super) fn read(&mut self, list: &serde_json::Value) {
        let pair = |entry: &serde_json::Value| {
            let text = |key: &str| entry.get(key)?.as_str().map(str::to_owned);
            Some(Named { name: text("name")?, value: text("value")? })
        };
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        let all: Vec<Named> = list.iter().filter_map(pair).collect();
        let mut rest = all.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            let used = self.take(first, behind);
            rest = behind.get(used..).unwrap_or_default();
        }
    }

    /// Takes in one property; tells how many of those behind belong to it.
    fn take(&mut self, first: &Named, behind: &[Named]) -> usize {
        let own = first.name.strip_prefix(PREFIX);
        if let Some(used) = own.and_then(|own| self.take_own(own, first, behind)) {
            return used;
        }
        if first.name.starts_with(SPDX) {
            self.repeats.push(first.clone());
        } else {
            self.claims.extend(foreign(first));
        }
        0
    }

    fn take_own(&mut self, own: &str, first: &Named, behind: &[Named]) -> Option<usize> {
        if FIXED.contains(&own) && !self.fixed.contains_key(own) && !first.value.is_empty() {
            self.fixed.insert(own.to_owned(), first.value.clone());
            return Some(0);
        }
        if own == name::RELATION {
            self.relations.push(first.value.clone());
            return Some(0);
        }
        if own == "property" {
            let whole: Whole = serde_json::from_str(&first.value).ok()?;
            let value = value_of(&whole.kind, &whole.value)?;
            let Whole { name, subject, evidence, .. } = whole;
            self.claims.push(Property { name, subject, value, evidence });
            return Some(0);
        }
        if let Some(name) = own.strip_suffix(EVIDENCE).filter(|name| is_plain(name)) {
            let native: Native = serde_json::from_str(&first.value).ok()?;
            let key = (name.to_owned(), native.of);
            if self.evidence.contains_key(&key) {
                return None;
            }
            self.evidence.insert(key, native.evidence);
            return Some(0);
        }
        self.take_claim(own, first, behind)
    }

    fn take_claim(&mut self, own: &str, first: &Named, behind: &[Named]) -> Option<usize> {
        let (name, subject) = own.split_once(':').unwrap_or((own, ""));
        let empty = subject.is_empty() && own.len() > name.len();
        if !is_plain_name(name) || is_ambiguous(subject) || empty {
            return None;
        }
        let follows = |at: usize, end: &str| {
            let next = behind.get(at)?;
            let is_it = next.name.strip_prefix(&first.name).is_some_and(|rest| rest == end);
            is_it.then_some(next.value.as_str())
        };
        let mut used = 0;
        let kind = follows(0, TYPE);
        used += usize::from(kind.is_some());
        let evidence = follows(used, EVIDENCE).map(serde_json::from_str).transpose().ok()?;
        used += usize::from(evidence.is_some());
        let value = value_of(kind.unwrap_or_else(|| usual_type(name)), &first.value)?;
        let (name, subject) = (name.to_owned(), subject.to_owned());
        self.claims.push(Property { name, subject, value, evidence });
        Some(used)
    }
}

/// A property of somebody else as a claim.
pub(super) fn foreign(named: &Named) -> Option<Property> {
    if named.name.is_empty() || named.value.is_empty() {
        return None;
    }
    Some(Property::text(&format!("{FOREIGN}{}", named.name), named.value.clone(), None))
}

fn is_plain(name: &str) -> bool {
    is_plain_name(name) || name == "hash"
}
