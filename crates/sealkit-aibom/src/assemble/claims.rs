//! What many files say of one component, in the order in which it counts.

use std::collections::BTreeMap;

use sealkit_inspect::{Fact, Value, property};
use sealkit_report::Evidence;

use super::evidence::{measured, rank};
use super::limits;
use super::world::World;
use crate::{Component, Property, name};

/// Who speaks, where several declare the same: the smaller counts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Speaker {
    /// A verified statement.
    Statement,
    /// A person who makes the AIBOM.
    Person,
    /// The Kitfile.
    Kitfile,
    /// A card, or what describes a dataset.
    Card,
    /// The file that holds the weights or the data.
    Content,
    /// A setting or a record beside it.
    Beside,
    /// The source repository or the hub.
    Project,
}

/// Claims about one component, collected before they are put on it.
#[derive(Default)]
pub(super) struct Claims {
    all: Vec<((u8, Speaker), Property)>,
}

impl Claims {
    /// Adds what somebody says.
    pub(super) fn add(&mut self, speaker: Speaker, property: Property) {
        self.all.push(((rank(property.evidence.as_ref()), speaker), property));
    }

    /// Adds a text that may be empty, which says nothing.
    pub(super) fn text(&mut self, speaker: Speaker, name: &str, text: &str, evidence: Evidence) {
        let text = text.trim();
        if !text.is_empty() {
            self.add(speaker, Property::text(name, text, Some(evidence)));
        }
    }

    /// Adds a fact, with the digest of the file that it stands in.
    pub(super) fn fact(&mut self, speaker: Speaker, world: &World<'_>, fact: &Fact) {
        let mut property = Property::from(fact);
        property.evidence = Some(world.proved(&fact.evidence));
        if fact.property == property::VERSION {
            // ONNX has a number, whose 0 stands for none.
            if fact.value == Value::Uint(0) {
                return;
            }
            property.value = Value::Text(fact.value.to_string());
        }
        self.add(speaker, property);
    }

    /// The claims of one name so far, as they will count.
    pub(super) fn of<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Property> {
        self.all.iter().map(|(_, property)| property).filter(move |p| p.name == name)
    }

    /// Brings the claims into the order in which they count. Those that count alike stay in the
    /// order in which they were added.
    pub(super) fn sort(&mut self) {
        self.all.sort_by_key(|claim| claim.0);
    }

    /// Puts everything on the component: equal values with the first few sources each, and no more
    /// values of one name than the limit. The values that are left out are counted.
    pub(super) fn settle(mut self, component: &mut Component) {
        self.sort();
        let mut sources: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        let mut values: BTreeMap<String, usize> = BTreeMap::new();
        let mut left: BTreeMap<String, (u64, Option<Evidence>)> = BTreeMap::new();
        for (_, property) in self.all {
            let shown = serde_json::to_string(&property.value).unwrap_or_default();
            let is_long = shown.len() > limits::TEXT || property.subject.len() > limits::TEXT;
            let key = (property.name.clone(), property.subject.clone(), shown);
            let same = sources.entry(key).or_insert(0);
            let of_name = values.entry(property.name.clone()).or_insert(0);
            let is_new = *same == 0;
            *same += 1;
            *of_name += usize::from(is_new);
            if !is_new && (is_long || *same > limits::SOURCES || *of_name > limits::VALUES) {
                continue;
            }
            if is_long || (is_new && *of_name > limits::VALUES) {
                let slot = left.entry(property.name).or_insert((0, property.evidence));
                slot.0 += 1;
                continue;
            }
            component.properties.push(property);
        }
        for (property, (count, evidence)) in left {
            component.properties.push(left_out(&property, count, evidence));
        }
    }
}

/// How many values of a property are known and not listed.
pub(super) fn left_out(property: &str, count: u64, evidence: Option<Evidence>) -> Property {
    let at = evidence.unwrap_or_else(|| measured("", ""));
    let counted = measured(&at.file, &at.place);
    Property::new(name::LEFT_OUT, Value::Uint(count), Some(counted)).about(property)
}

/// Something that the AIBOM cannot say, and why.
pub(super) fn unknown(property: &str, why: &str, evidence: Evidence) -> Property {
    Property::text(name::UNKNOWN, why, Some(evidence)).about(property)
}

/// Two sources that contradict each other.
pub(super) fn conflict(property: &str, what: String, evidence: Evidence) -> Property {
    Property::text(name::CONFLICT, what, Some(evidence)).about(property)
}

/// The texts of a value: of a list each, of an origin or a party its name.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(texts) => texts.clone(),
        Value::Tensor(_) | Value::Package(_) | Value::Metric(_) => Vec::new(),
        other => vec![other.to_string()],
    }
}
