//! Facts: what is known of a file, each with the evidence it stands on.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Evidence, Finding, Known, Severity};
use serde::{Deserialize, Serialize};

use crate::{OriginInfo, Value, property};

/// One thing that is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is about: empty for the file as a whole, else a name inside it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// Which property: one of [`crate::property`].
    pub property: Cow<'static, str>,
    /// The value.
    pub value: Value,
    /// How it is known.
    pub evidence: Evidence,
}

/// All that is known of one file, with what a person should know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The facts in the order in which they were found.
    pub facts: Vec<Fact>,
    /// What is wrong or odd.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Whether something could not be read, so that these facts are not all there is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

impl Facts {
    /// Adds what was measured on the bytes.
    pub fn measured(&mut self, file: &str, place: &str, property: &'static str, value: Value) {
        self.add(Known::Measured, file, place, property, value);
    }

    /// Adds what the file says of itself or of another.
    pub fn declared(&mut self, file: &str, place: &str, property: &'static str, value: Value) {
        self.add(Known::Declared, file, place, property, value);
    }

    /// Adds what a rule concludes.
    pub fn inferred(&mut self, file: &str, place: &str, property: &'static str, value: Value) {
        self.add(Known::Inferred, file, place, property, value);
    }

    /// Adds that `property` could have been measured and was not, and why.
    pub fn not_measured(&mut self, file: &str, place: &str, property: &str, why: &str) {
        let fact = (property::NOT_MEASURED, Value::Text(why.to_owned()));
        self.about(property, Known::Measured, (file, place), fact);
    }

    /// Adds a fact about a name inside the file.
    pub fn about(
        &mut self,
        subject: &str,
        known: Known,
        at: (&str, &str),
        fact: (&'static str, Value),
    ) {
        self.add(known, at.0, at.1, fact.0, fact.1);
        if let Some(last) = self.facts.last_mut() {
            subject.clone_into(&mut last.subject);
        }
    }

    /// Adds a finding about `place` of `file`.
    pub fn find(
        &mut self,
        rule: &str,
        severity: Severity,
        at: (&str, &str),
        message: impl Into<String>,
    ) {
        self.findings.push(Finding {
            rule: rule.to_owned(),
            severity,
            message: message.into(),
            evidence: evidence(Known::Measured, at.0, at.1),
        });
    }

    /// The facts about the whole file with this property.
    pub fn of<'a, 'p>(&'a self, property: &'p str) -> impl Iterator<Item = &'a Fact> + use<'a, 'p> {
        self.facts.iter().filter(move |f| f.subject.is_empty() && f.property == property)
    }

    /// The first text with this property.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.of(property).find_map(|fact| match &fact.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The first whole number with this property.
    pub fn uint(&self, property: &str) -> Option<u64> {
        self.of(property).find_map(|fact| match &fact.value {
            Value::Uint(number) => Some(*number),
            _ => None,
        })
    }

    /// The origins with this property.
    pub fn origins<'a, 'p>(
        &'a self,
        property: &'p str,
    ) -> impl Iterator<Item = &'a OriginInfo> + use<'a, 'p> {
        self.of(property).filter_map(|fact| match &fact.value {
            Value::Origin(origin) => Some(origin),
            _ => None,
        })
    }

    /// Takes in what another reading of the same file gave. What both found stands once, and what
    /// this one inferred or could not measure gives way to what the other measured.
    pub fn extend(&mut self, other: Self) {
        let given = |facts: &[Fact]| -> BTreeSet<String> {
            let whole = facts.iter().filter(|f| f.subject.is_empty());
            whole.map(|f| f.property.clone().into_owned()).collect()
        };
        let (mine, theirs) = (given(&self.facts), given(&other.facts));
        let is_answered = |fact: &Fact, by: &BTreeSet<String>| {
            fact.property == property::NOT_MEASURED && by.contains(&fact.subject)
        };
        let is_measured = |fact: &&Fact| fact.evidence.known == Known::Measured;
        let measured: BTreeSet<_> = other.facts.iter().filter(is_measured).map(key).collect();
        let gives_way =
            |fact: &Fact| fact.evidence.known == Known::Inferred && measured.contains(&key(fact));
        self.facts.retain(|fact| !is_answered(fact, &theirs) && !gives_way(fact));
        let mut known: BTreeMap<_, Vec<&Value>> = BTreeMap::new();
        for fact in &self.facts {
            known.entry(key(fact)).or_default().push(&fact.value);
        }
        let is_new = |fact: &Fact| {
            let is_known = known.get(&key(fact)).is_some_and(|old| old.contains(&&fact.value));
            !is_known && !is_answered(fact, &mine)
        };
        let new: Vec<Fact> = other.facts.into_iter().filter(is_new).collect();
        self.facts.extend(new);
        for finding in other.findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
        self.incomplete |= other.incomplete;
    }

    /// The texts of every list and text with this property, and the names of its origins.
    pub fn list(&self, property: &str) -> Vec<&str> {
        let mut all = Vec::new();
        for fact in self.of(property) {
            match &fact.value {
                Value::Text(text) => all.push(text.as_str()),
                Value::List(texts) => all.extend(texts.iter().map(String::as_str)),
                Value::Origin(origin) => all.push(&origin.name),
                _ => {}
            }
        }
        all
    }

    fn add(&mut self, known: Known, file: &str, place: &str, property: &'static str, value: Value) {
        self.facts.push(Fact {
            subject: String::new(),
            property: Cow::Borrowed(property),
            value,
            evidence: evidence(known, file, place),
        });
    }
}

fn key(fact: &Fact) -> (&str, &str) {
    (&fact.subject, &fact.property)
}

fn evidence(known: Known, file: &str, place: &str) -> Evidence {
    Evidence { known, file: file.to_owned(), place: place.to_owned(), digest: None }
}
