//! Where a file was downloaded from, as its path tells.

use serde::{Deserialize, Serialize};

pub use crate::formats::hf::hub::hub_origin;

/// What a repository of the hub holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HubKind {
    /// A model.
    Model,
    /// A dataset.
    Dataset,
    /// An application.
    Space,
}

impl HubKind {
    /// The kind in one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Dataset => "dataset",
            Self::Space => "space",
        }
    }
}

/// A repository of the hub at one commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubOrigin {
    /// What it holds.
    pub kind: HubKind,
    /// Its id: `owner/name`, or a name alone for a few old models.
    pub name: String,
    /// The commit, 40 hexadecimal digits.
    pub commit: String,
}
