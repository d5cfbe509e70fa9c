//! What a component is.

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The kit or the folder that the AIBOM describes.
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
    /// A model outside of the kit that code inside loads.
    ExternalModel,
    /// A dataset outside of the kit.
    ExternalDataset,
    /// A software package that is needed.
    Library,
    /// A container image that is needed.
    Container,
    /// Hardware that was used or is needed.
    Device,
    /// Something that a foreign document lists.
    Other,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
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
        Self::ExternalModel,
        Self::ExternalDataset,
        Self::Library,
        Self::Container,
        Self::Device,
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
            Self::ExternalModel => "external-model",
            Self::ExternalDataset => "external-dataset",
            Self::Library => "library",
            Self::Container => "container",
            Self::Device => "device",
            Self::Other => "other",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the thing lies inside of what the AIBOM describes.
    pub fn is_inside(self) -> bool {
        !matches!(
            self,
            Self::BaseModel
                | Self::ExternalModel
                | Self::ExternalDataset
                | Self::Library
                | Self::Container
                | Self::Device
                | Self::Other
        )
    }

    /// Whether it is a model, inside or outside.
    pub fn is_model(self) -> bool {
        matches!(self, Self::Model | Self::BaseModel | Self::ExternalModel)
    }

    /// Whether it is data, inside or outside.
    pub fn is_data(self) -> bool {
        matches!(self, Self::Dataset | Self::ExternalDataset)
    }
}
