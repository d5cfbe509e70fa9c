//! Profiles: lists of what a document should say, as data files.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::test::Test;

/// The profiles that come with SealKit, by id.
const PROFILES: &[(&str, &str)] = &[
    ("g7-ai", include_str!("../../profiles/g7-ai.json")),
    ("cisa-2026", include_str!("../../profiles/cisa-2026.json")),
    ("eu-ai-act-iv", include_str!("../../profiles/eu-ai-act-iv.json")),
    ("eu-ai-act-xi", include_str!("../../profiles/eu-ai-act-xi.json")),
    ("ntia", include_str!("../../profiles/ntia.json")),
    ("owasp-aibom", include_str!("../../profiles/owasp-aibom.json")),
];

/// A profile could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It is not JSON of the right form.
    #[error("not a valid profile: {0}")]
    Json(#[from] serde_json::Error),
    /// Two elements have one id.
    #[error("profile has two elements `{id}`")]
    Duplicate {
        /// The id.
        id: String,
    },
    /// An element names a test that there is not, or none.
    #[error("element `{id}` of the profile has no valid test: `{test}`")]
    Test {
        /// The element.
        id: String,
        /// The test.
        test: String,
    },
    /// An element belongs to a category that the profile does not have.
    #[error("element `{id}` is of the unknown category `{category}`")]
    Category {
        /// The element.
        id: String,
        /// The category.
        category: String,
    },
}

/// How much an element is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Requirement {
    /// It is demanded.
    Must,
    /// It is recommended.
    Should,
    /// It is welcome.
    May,
}

/// What an element is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The document.
    Bom,
    /// The kit.
    Kit,
    /// The first component of the document, which some readers take for the model.
    First,
    /// Every model of the kit.
    Model,
    /// Every dataset, inside and outside.
    Dataset,
    /// Every library and container.
    Library,
    /// Everything that is no file.
    Package,
    /// Everything.
    Component,
}

/// How an element can be supplied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Supply {
    /// Flag of the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// Key of the overlay, `model.intendedUse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<String>,
    /// File that says it, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Anything else that has to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// One thing that a document should say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Element {
    /// Its id in the profile.
    pub id: String,
    /// The group that it belongs to.
    pub cluster: String,
    /// What it is.
    pub title: String,
    /// How much it is needed.
    pub requirement: Requirement,
    /// What it is asked of.
    pub applies_to: Scope,
    /// What says it: names of properties and built-in tests; one of them is enough.
    pub satisfied_by: Vec<String>,
    /// How to supply it.
    pub supply: Supply,
    /// Whether it counts only where it is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_when_present: bool,
}

/// A group of elements that is worth a number of points, whatever their number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Category {
    /// The cluster of its elements.
    pub cluster: String,
    /// What it is worth.
    pub points: f64,
}

/// What is taken off when much is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Penalty {
    /// Of which requirement elements are missing.
    pub requirement: Requirement,
    /// How many at least.
    pub at_least: usize,
    /// What the points are multiplied by. Of several for one requirement the first counts.
    pub factor: f64,
}

/// A list of what a document should say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// Its id, as the command line has it.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Date or version of what it follows.
    pub edition: String,
    /// Who published what it follows.
    pub source: String,
    /// Points by cluster; where there are none, every element counts by its requirement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// What is taken off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub penalties: Vec<Penalty>,
    /// The elements in their order.
    pub elements: Vec<Element>,
}

/// The ids of the profiles that come with SealKit.
pub fn profile_ids() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|(id, _)| *id)
}

impl Profile {
    /// The profile of this id that comes with SealKit.
    pub fn built_in(id: &str) -> Option<Self> {
        let (_, text) = PROFILES.iter().find(|(known, _)| *known == id)?;
        Self::parse(text.as_bytes()).ok()
    }

    /// Reads a profile. Unknown keys and tests are errors.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProfileError> {
        let profile: Self = serde_json::from_slice(bytes)?;
        let mut ids = BTreeSet::new();
        for element in &profile.elements {
            let id = || element.id.clone();
            if !ids.insert(&element.id) {
                return Err(ProfileError::Duplicate { id: id() });
            }
            let bad = element.satisfied_by.iter().find(|test| Test::parse(test).is_none());
            if element.satisfied_by.is_empty() || bad.is_some() {
                let test = bad.cloned().unwrap_or_default();
                return Err(ProfileError::Test { id: id(), test });
            }
            let is_known = profile.categories.iter().any(|c| c.cluster == element.cluster);
            if !profile.categories.is_empty() && !is_known {
                let category = element.cluster.clone();
                return Err(ProfileError::Category { id: id(), category });
            }
        }
        Ok(profile)
    }
}
