//! What is known of a component: the one shape of all claims.

use sealkit_inspect::{Fact, Value};
use sealkit_report::{Evidence, Known};

/// One thing known of a component, of a run or of the AIBOM itself.
///
/// Version, description, licences, task, metrics, authors and all the rest have this shape, so that
/// each of them says how it is known. Where a name stands several times for one component, the
/// first is the one that documents with a single place for it show.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// One of `sealkit_inspect::property`, of [`crate::name`], or `metadata:KEY` of a foreign
    /// document.
    pub name: String,
    /// What inside the component it is about: a column, a setting; empty for the whole.
    pub subject: String,
    /// The value.
    pub value: Value,
    /// Where it comes from; none where a document that was read says no more than the value.
    pub evidence: Option<Evidence>,
}

impl Property {
    /// A property about the whole component.
    pub fn new(name: &str, value: Value, evidence: Option<Evidence>) -> Self {
        Self { name: name.to_owned(), subject: String::new(), value, evidence }
    }

    /// A text about the whole component.
    pub fn text(name: &str, text: impl Into<String>, evidence: Option<Evidence>) -> Self {
        Self::new(name, Value::Text(text.into()), evidence)
    }

    /// The same property about something inside the component.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// How it is known; declared where a document says no more than the value.
    pub fn known(&self) -> Known {
        self.evidence.as_ref().map_or(Known::Declared, |evidence| evidence.known)
    }

    /// The text, where the value is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What orders equal names: better known first, then by what is said and where.
    pub(crate) fn sort_key(&self) -> (String, u8, String, String, String) {
        let rank = match self.known() {
            Known::Measured => 0,
            Known::Attested => 1,
            Known::Declared => 2,
            Known::Inferred => 3,
        };
        // A value always has a JSON form: its floats were finite when they were read.
        let value = serde_json::to_string(&self.value).unwrap_or_default();
        let evidence = self.evidence.as_ref();
        let place = evidence.map(|e| format!("{}\u{0}{}", e.file, e.place)).unwrap_or_default();
        (self.name.clone(), rank, self.subject.clone(), place, value)
    }
}

impl From<&Fact> for Property {
    fn from(fact: &Fact) -> Self {
        Self {
            name: fact.property.to_string(),
            subject: fact.subject.clone(),
            value: fact.value.clone(),
            evidence: Some(fact.evidence.clone()),
        }
    }
}
