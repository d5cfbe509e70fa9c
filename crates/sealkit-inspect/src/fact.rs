//! Facts: what is known of a file, each with the evidence it stands on.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Evidence, Finding, Known, Severity};
use serde::{Deserialize, Serialize};

use crate::tally::{Place, Tally, size_of_fact, size_of_finding};
use crate::{OriginInfo, Value, property};

/// What is kept of a file whatever else is not.
const FIRST: &[&str] = &[
    property::FORMAT,
    property::CAN_RUN_CODE,
    property::EMBEDDED_CODE,
    property::PICKLE_PROTOCOL,
    property::CALLABLE,
];
/// Rule of the finding that says that a file says more than is kept.
const LIMIT: &str = "facts-limit";

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
    /// What was found and is not kept, because there is too much of it.
    #[serde(default, rename = "leftOut", skip_serializing_if = "Tally::is_whole")]
    pub tally: Tally,
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
        self.push(Fact {
            subject: subject.to_owned(),
            property: Cow::Borrowed(fact.0),
            value: fact.1,
            evidence: evidence(known, at.0, at.1),
        });
    }

    /// Adds a finding about `place` of `file`.
    pub fn find(
        &mut self,
        rule: &str,
        severity: Severity,
        at: (&str, &str),
        message: impl Into<String>,
    ) {
        self.note(Finding {
            rule: rule.to_owned(),
            severity,
            message: message.into(),
            evidence: evidence(Known::Measured, at.0, at.1),
        });
    }

    /// Adds a finding. Of a rule that finds very much only the first are kept, and that there are more.
    pub fn note(&mut self, finding: Finding) {
        match self.tally.finds(&finding) {
            Place::Kept => self.findings.push(finding),
            Place::FirstLeft => {
                let evidence = Evidence { place: String::new(), ..finding.evidence };
                let message = "more of this kind was found than is listed".to_owned();
                self.findings.push(Finding { message, evidence, ..finding });
            }
            Place::Left => {}
        }
    }

    /// Adds a fact; where the file says too much it is counted and the facts are incomplete.
    pub fn push(&mut self, fact: Fact) {
        if self.tally.takes(&fact) {
            self.facts.push(fact);
            return;
        }
        let is_first = self.tally.is_whole();
        let (property, file) = (fact.property, fact.evidence.file);
        self.incomplete = true;
        if is_first {
            let message = format!("it says more than is kept: only the first of `{property}` are");
            self.find(LIMIT, Severity::Medium, (&file, ""), message);
        }
        self.tally.leave(property, 1);
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
        for fact in new {
            self.push(fact);
        }
        for finding in other.findings {
            if !self.findings.contains(&finding) {
                self.note(finding);
            }
        }
        for (property, count) in other.tally.into_left_out() {
            self.tally.leave(property, count);
        }
        self.incomplete |= other.incomplete;
    }

    /// Bytes that all of it takes in memory, about.
    pub fn size(&self) -> u64 {
        let facts = self.facts.iter().map(size_of_fact);
        facts.chain(self.findings.iter().map(size_of_finding)).fold(0, u64::saturating_add)
    }

    /// Leaves out what does not fit into `room` bytes: what loading the file can do stays first, then what was
    /// found first, and the worst findings. What is left out is counted, and the facts are incomplete.
    pub fn cut(&mut self, file: &str, room: u64) {
        let mut left = room / 2;
        self.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        self.findings.retain(|finding| fits(&mut left, size_of_finding(finding)));
        let mut left = room / 2;
        let mut seen = BTreeSet::new();
        for property in FIRST {
            let whole = |fact: &&Fact| fact.property == *property;
            // Of yes and no the yes is the one to keep.
            let yes = self.facts.iter().filter(whole).position(|f| f.value == Value::Bool(true));
            let at = self.facts.iter().enumerate().filter(|(_, fact)| whole(fact));
            if let Some((at, fact)) = at.clone().nth(yes.unwrap_or(0)) {
                fits(&mut left, size_of_fact(fact));
                seen.insert(at);
            }
        }
        let mut at = 0;
        let mut out: BTreeMap<Cow<'static, str>, u64> = BTreeMap::new();
        self.facts.retain(|fact| {
            let is_kept = seen.contains(&at) || fits(&mut left, size_of_fact(fact));
            at += 1;
            if !is_kept {
                *out.entry(fact.property.clone()).or_default() += 1;
            }
            is_kept
        });
        for (property, count) in out {
            self.tally.leave(property, count);
        }
        self.incomplete = true;
        let message =
            "the files of the kit say more than is kept: of this one only the beginning is";
        self.findings.push(Finding {
            rule: LIMIT.to_owned(),
            severity: Severity::Medium,
            message: message.to_owned(),
            evidence: evidence(Known::Measured, file, ""),
        });
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
        self.push(Fact {
            subject: String::new(),
            property: Cow::Borrowed(property),
            value,
            evidence: evidence(known, file, place),
        });
    }
}

/// Takes `size` from what is left, where it fits.
fn fits(left: &mut u64, size: u64) -> bool {
    left.checked_sub(size).is_some_and(|rest| {
        *left = rest;
        true
    })
}

fn key(fact: &Fact) -> (&str, &str) {
    (&fact.subject, &fact.property)
}

fn evidence(known: Known, file: &str, place: &str) -> Evidence {
    Evidence { known, file: file.to_owned(), place: place.to_owned(), digest: None }
}
