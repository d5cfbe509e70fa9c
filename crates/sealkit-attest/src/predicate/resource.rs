//! in-toto's ResourceDescriptor v1: what names a thing that is not the subject.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::values::{DigestSet, Uri};

/// The annotation that says what a dependency was to the build.
pub const ANNOTATION_ROLE: &str = "role";

/// The annotation that says which version of a dataset or model was taken.
pub const ANNOTATION_VERSION: &str = "version";

/// A thing, by name and digest (in-toto v1, ResourceDescriptor). One of `uri`, `digest` and
/// `content` is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceDescriptor {
    /// A name, for people and for matching inside one statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is called everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Uri>,
    /// Its digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestSet>,
    /// Its bytes in base64, for very small things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Where it can be had, where that is not `uri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download_location: Option<Uri>,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Anything more; `role` and `version` are ours.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String, Value>,
}

impl ResourceDescriptor {
    /// A thing with a name and a SHA-256 digest.
    pub fn named(name: impl Into<String>, digest: &Digest) -> Self {
        Self { name: Some(name.into()), digest: Some(DigestSet::of(digest)), ..Self::default() }
    }

    /// The same with a role.
    #[must_use]
    pub fn with_role(self, role: Role) -> Self {
        self.annotated(ANNOTATION_ROLE, role.name())
    }

    /// The same with one more annotation.
    #[must_use]
    pub fn annotated(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.annotations.insert(key.to_owned(), value.into());
        self
    }

    /// What it was to the build; none where nothing is said or the role is not one of ours.
    pub fn role(&self) -> Option<Role> {
        self.annotation(ANNOTATION_ROLE).and_then(Role::read)
    }

    /// Which version was taken.
    pub fn version(&self) -> Option<&str> {
        self.annotation(ANNOTATION_VERSION)
    }

    /// The SHA-256 digest, where it has one.
    pub fn sha256(&self) -> Option<Digest> {
        self.digest.as_ref().and_then(DigestSet::sha256)
    }

    /// What to call it: the name, else the URI.
    pub fn title(&self) -> Option<&str> {
        let uri = || self.uri.as_ref().map(Uri::as_str);
        self.name.as_deref().filter(|name| !name.is_empty()).or_else(uri)
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<String> {
        if self.uri.is_none() && self.digest.is_none() && self.content.is_none() {
            return Some("a resource has neither `uri` nor `digest` nor `content`".to_owned());
        }
        let content = self.content.as_deref();
        let bad = content.is_some_and(|text| crate::base64::decode(text, "content").is_err());
        bad.then(|| "the `content` of a resource is not standard base64".to_owned())
    }
}

/// The first fault of several resources.
pub(super) fn fault_in<'a>(
    resources: impl IntoIterator<Item = &'a ResourceDescriptor>,
) -> Option<String> {
    resources.into_iter().find_map(ResourceDescriptor::fault)
}

/// What a dependency was to the build that used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The model that was trained further, quantised, merged or converted.
    BaseModel,
    /// The model that a smaller one learnt from.
    Teacher,
    /// Data that was trained on, or that was prepared.
    Dataset,
    /// Data that was evaluated on.
    Evaluation,
    /// The tokenizer.
    Tokenizer,
    /// Source code.
    Code,
    /// Container, lock file or package.
    Environment,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::BaseModel,
        Self::Teacher,
        Self::Dataset,
        Self::Evaluation,
        Self::Tokenizer,
        Self::Code,
        Self::Environment,
    ];

    /// How it is written in the annotation.
    pub fn name(self) -> &'static str {
        match self {
            Self::BaseModel => "base-model",
            Self::Teacher => "teacher",
            Self::Dataset => "dataset",
            Self::Evaluation => "eval",
            Self::Tokenizer => "tokenizer",
            Self::Code => "code",
            Self::Environment => "environment",
        }
    }

    /// The role of this name.
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
