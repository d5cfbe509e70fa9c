//! How much of what one file says is kept. A file of some megabytes can say a million things, and those of all
//! files of a kit are kept together.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sealkit_report::Finding;
use serde::{Deserialize, Serialize};

use crate::{Fact, Value, property};

/// Memory that the facts of one file may take, in bytes: those of 100,000 tensors take less.
const FACTS: u64 = 64 << 20;
/// Facts of one property that are kept even so.
const FIRST: u64 = 16;
/// Longest fact that is kept even so, in bytes.
const SHORT: u64 = 4 << 10;
/// Most entries of a file's own metadata: writers have dozens, and an AIBOM lists fewer.
const METADATA: u64 = 4096;
/// Most findings of one rule.
const OF_RULE: u64 = 256;
/// Memory that findings may take, in bytes; of each rule one is kept even so.
const FINDINGS: u64 = 4 << 20;

/// What was kept so far, and how much was not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Cow<'static, str>, u64>", into = "BTreeMap<Cow<'static, str>, u64>")]
pub struct Tally {
    kept: BTreeMap<Cow<'static, str>, u64>,
    bytes: u64,
    left_out: BTreeMap<Cow<'static, str>, u64>,
    /// Findings of each rule, and whether it was said that more were found.
    rules: BTreeMap<String, (u64, bool)>,
    finding_bytes: u64,
}

/// Whether a finding is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Kept,
    /// It is the first of its rule that is not.
    FirstLeft,
    Left,
}

impl Tally {
    /// How many facts of each property were found and not kept.
    pub fn left_out(&self) -> impl Iterator<Item = (&str, u64)> {
        self.left_out.iter().map(|(property, count)| (&**property, *count))
    }

    /// Whether all that was found was kept.
    pub fn is_whole(&self) -> bool {
        self.left_out.is_empty()
    }

    /// Counts facts that are not kept.
    pub(crate) fn leave(&mut self, property: Cow<'static, str>, count: u64) {
        let slot = self.left_out.entry(property).or_default();
        *slot = slot.saturating_add(count);
    }

    pub(crate) fn into_left_out(self) -> BTreeMap<Cow<'static, str>, u64> {
        self.left_out
    }

    /// Counts a fact, and says whether it is kept.
    pub(crate) fn takes(&mut self, fact: &Fact) -> bool {
        let size = size_of_fact(fact);
        let count = self.kept.entry(fact.property.clone()).or_default();
        let is_many = fact.property == property::METADATA && *count >= METADATA;
        let fits = self.bytes.saturating_add(size) <= FACTS;
        if is_many || !(fits || (*count < FIRST && size <= SHORT)) {
            return false;
        }
        *count += 1;
        self.bytes = self.bytes.saturating_add(size);
        true
    }

    /// Counts a finding, and says whether it is kept.
    pub(crate) fn finds(&mut self, finding: &Finding) -> Place {
        let size = size_of_finding(finding);
        let (count, is_said) = self.rules.entry(finding.rule.clone()).or_default();
        let fits = self.finding_bytes.saturating_add(size) <= FINDINGS && *count < OF_RULE;
        if fits || *count == 0 {
            *count += 1;
            self.finding_bytes = self.finding_bytes.saturating_add(size);
            return Place::Kept;
        }
        if std::mem::replace(is_said, true) { Place::Left } else { Place::FirstLeft }
    }
}

/// Two are equal where they left out the same.
impl PartialEq for Tally {
    fn eq(&self, other: &Self) -> bool {
        self.left_out == other.left_out
    }
}

impl From<BTreeMap<Cow<'static, str>, u64>> for Tally {
    fn from(left_out: BTreeMap<Cow<'static, str>, u64>) -> Self {
        Self { left_out, ..Self::default() }
    }
}

impl From<Tally> for BTreeMap<Cow<'static, str>, u64> {
    fn from(tally: Tally) -> Self {
        tally.into_left_out()
    }
}

/// Bytes that a fact takes in memory, about.
pub(crate) fn size_of_fact(fact: &Fact) -> u64 {
    let texts = [&fact.subject, &fact.evidence.file, &fact.evidence.place];
    let texts = texts.iter().map(|text| text.len()).fold(0, usize::saturating_add);
    let value = size_of_value(&fact.value);
    (size_of::<Fact>().saturating_add(texts).saturating_add(value)) as u64
}

/// Bytes that a finding takes in memory, about.
pub(crate) fn size_of_finding(finding: &Finding) -> u64 {
    let texts = [&finding.rule, &finding.message, &finding.evidence.file, &finding.evidence.place];
    let texts = texts.iter().map(|text| text.len()).fold(0, usize::saturating_add);
    size_of::<Finding>().saturating_add(texts) as u64
}

fn size_of_value(value: &Value) -> usize {
    let texts = |all: &[&str]| all.iter().map(|text| text.len()).fold(0, usize::saturating_add);
    match value {
        Value::Text(text) => text.len(),
        Value::List(list) => {
            let of = |text: &String| text.len().saturating_add(size_of::<String>());
            list.iter().map(of).fold(0, usize::saturating_add)
        }
        Value::Tensor(tensor) => {
            let shape = tensor.shape.len().saturating_mul(size_of::<u64>());
            texts(&[&tensor.name, &tensor.dtype]).saturating_add(shape)
        }
        Value::File(file) => {
            let digest = |digest: &String| digest.len().saturating_add(size_of::<String>());
            let digests = file.digests.iter().map(digest).fold(0, usize::saturating_add);
            file.path.len().saturating_add(digests)
        }
        Value::Link(link) => texts(&[&link.kind, &link.url]),
        Value::Uint(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => 0,
        // These have many parts, of which none is long as a rule: as they are written.
        Value::Package(_) | Value::Origin(_) | Value::Metric(_) | Value::Party(_) => {
            serde_json::to_string(value).map_or(0, |text| text.len())
        }
    }
}
