//! The AIBOM as types, free of the shapes of any document format.

use std::fmt;

use sealkit_oci::Digest;
use sealkit_report::{Evidence, Known};

/// Names a component inside one AIBOM. Derived from content, so that equal things have equal
/// names in every run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentId(pub String);

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The kit itself.
    Kit,
    /// A model of the kit.
    Model,
    /// A further part of the model: tokenizer, config, adapter.
    ModelPart,
    /// A dataset of the kit.
    Dataset,
    /// Code.
    Code,
    /// Documentation.
    Docs,
    /// A prompt.
    Prompt,
    /// An MCP bundle.
    McpServer,
    /// One file inside a part.
    File,
    /// A model outside of the kit that one inside was made from.
    BaseModel,
    /// A dataset outside of the kit.
    ExternalDataset,
    /// Something that a foreign document lists.
    Other,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Kit,
        Self::Model,
        Self::ModelPart,
        Self::Dataset,
        Self::Code,
        Self::Docs,
        Self::Prompt,
        Self::McpServer,
        Self::File,
        Self::BaseModel,
        Self::ExternalDataset,
        Self::Other,
    ];

    /// Stable name for documents and scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kit => "kit",
            Self::Model => "model",
            Self::ModelPart => "model-part",
            Self::Dataset => "dataset",
            Self::Code => "code",
            Self::Docs => "docs",
            Self::Prompt => "prompt",
            Self::McpServer => "mcp-server",
            Self::File => "file",
            Self::BaseModel => "base-model",
            Self::ExternalDataset => "external-dataset",
            Self::Other => "other",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A licence as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Licence {
    /// The text, as it came.
    pub text: String,
    /// How it is known.
    pub known: Known,
}

/// One thing known of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Name: one of `sealkit_inspect::property`, or `metadata:KEY`.
    pub name: String,
    /// Value as text.
    pub value: String,
    /// Where it comes from; none where the AIBOM itself says so.
    pub evidence: Option<Evidence>,
}

/// One thing that the kit holds or depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name inside the AIBOM.
    pub id: ComponentId,
    /// What it is.
    pub kind: Kind,
    /// Name for people; for a file its path.
    pub name: String,
    /// Version.
    pub version: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Path inside the kit, where it lies there.
    pub path: Option<String>,
    /// Digests of its bytes: of a file, of a part's layer, of a kit's manifest.
    pub digests: Vec<Digest>,
    /// Size of these bytes.
    pub size: Option<u64>,
    /// Media type.
    pub media_type: Option<String>,
    /// Licences.
    pub licences: Vec<Licence>,
    /// Package URL.
    pub purl: Option<String>,
    /// What else is known.
    pub properties: Vec<Property>,
}

impl Component {
    /// A component of which only kind and name are known.
    pub fn new(id: ComponentId, kind: Kind, name: impl Into<String>) -> Self {
        Self {
            id,
            kind,
            name: name.into(),
            version: None,
            description: None,
            path: None,
            digests: Vec::new(),
            size: None,
            media_type: None,
            licences: Vec::new(),
            purl: None,
            properties: Vec::new(),
        }
    }

    /// The values of a property.
    pub fn values<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.properties.iter().filter(move |p| p.name == name).map(|p| p.value.as_str())
    }
}

/// How two components belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RelationKind {
    /// The first holds the second.
    Contains,
    /// The first was made from the second.
    DerivedFrom,
    /// The first was trained on the second.
    TrainedOn,
    /// The first needs the second; what a foreign document says without a reason.
    DependsOn,
}

/// A tie between two components.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Relation {
    /// Where it starts.
    pub from: ComponentId,
    /// Where it ends.
    pub to: ComponentId,
    /// What it means.
    pub kind: RelationKind,
}

/// Whether a list says all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Completeness {
    /// All there is.
    Complete,
    /// Something is known to be missing.
    Incomplete,
    /// It cannot be known.
    Unknown,
}

/// How complete the AIBOM is about some components.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Composition {
    /// How complete.
    pub completeness: Completeness,
    /// Components whose content is listed so far.
    pub contents: Vec<ComponentId>,
    /// Components whose origins and dependencies are listed so far.
    pub origins: Vec<ComponentId>,
}

/// An AIBOM.
#[derive(Clone, Debug, PartialEq)]
pub struct Bom {
    /// The kit that it describes.
    pub subject: Component,
    /// Everything else.
    pub components: Vec<Component>,
    /// The ties.
    pub relations: Vec<Relation>,
    /// What is complete and what is not.
    pub compositions: Vec<Composition>,
}

impl Bom {
    /// The digest of the kit's manifest, where the AIBOM states it.
    pub fn subject_digest(&self) -> Option<&Digest> {
        self.subject.digests.first()
    }

    /// The components of one kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(move |component| component.kind == kind)
    }

    /// The component of this name.
    pub fn component(&self, id: &ComponentId) -> Option<&Component> {
        std::iter::once(&self.subject).chain(&self.components).find(|c| c.id == *id)
    }

    /// Brings everything into one order and removes what stands twice, so that equal content has
    /// equal bytes.
    pub fn normalise(&mut self) {
        self.components.sort_by(|a, b| a.id.cmp(&b.id));
        self.components.dedup_by(|a, b| a.id == b.id);
        for component in self.components.iter_mut().chain([&mut self.subject]) {
            component.digests.sort();
            component.digests.dedup();
            component.licences.sort();
            component.licences.dedup();
            component.properties.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
            component.properties.dedup();
        }
        self.relations.sort();
        self.relations.dedup();
        for composition in &mut self.compositions {
            composition.contents.sort();
            composition.contents.dedup();
            composition.origins.sort();
            composition.origins.dedup();
        }
        self.compositions.retain(|c| !c.contents.is_empty() || !c.origins.is_empty());
        self.compositions.sort();
    }
}

fn sort_key(property: &Property) -> (&str, &str, Option<(Known, &str, &str)>) {
    let evidence = property.evidence.as_ref();
    let place = evidence.map(|e| (e.known, e.file.as_str(), e.place.as_str()));
    (&property.name, &property.value, place)
}
