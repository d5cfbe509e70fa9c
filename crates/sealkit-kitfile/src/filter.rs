//! The grammar of `--filter`: `type[,type…][:id[,id…]]`.

use std::str::FromStr;

use sealkit_oci::LayerRole;

use crate::{Kitfile, Part, path};

/// What a filter can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FilterType {
    /// The Kitfile itself.
    Kitfile,
    /// The model and its parts.
    Model,
    /// Datasets.
    Datasets,
    /// Code that is no prompt.
    Code,
    /// Prompts.
    Prompts,
    /// Documentation.
    Docs,
    /// MCP servers.
    McpServers,
}

/// Every type with the word that stands for it.
const WORDS: [(&str, FilterType); 7] = [
    ("kitfile", FilterType::Kitfile),
    ("model", FilterType::Model),
    ("datasets", FilterType::Datasets),
    ("code", FilterType::Code),
    ("prompts", FilterType::Prompts),
    ("docs", FilterType::Docs),
    ("mcpservers", FilterType::McpServers),
];

/// One filter: what is selected must be of one of the types and, where there are ids, have one of
/// them as its name or as its path exactly as the Kitfile writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    types: Vec<FilterType>,
    ids: Vec<String>,
}

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// There is more than one `:`.
    #[error("filter `{0}` has more than one `:`: use `type[,type]:id[,id]`")]
    Colons(String),
    /// A type is not known.
    #[error(
        "filter type `{0}` is not known: use `kitfile`, `model`, `datasets`, `code`, `prompts`, `docs` or `mcpservers`"
    )]
    Type(String),
}

impl FilterType {
    fn of(part: &Part) -> Self {
        match part.role {
            LayerRole::Model | LayerRole::ModelPart => Self::Model,
            LayerRole::Dataset => Self::Datasets,
            LayerRole::Code if part.is_prompt => Self::Prompts,
            LayerRole::Code => Self::Code,
            LayerRole::Docs => Self::Docs,
            LayerRole::Mcpb => Self::McpServers,
        }
    }
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// [`FilterError`] when there is a second `:` or an unknown type.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let (types, ids) = match text.split_once(':') {
            Some((_, ids)) if ids.contains(':') => {
                return Err(FilterError::Colons(text.to_owned()));
            }
            Some((types, ids)) => (types, ids.split(',').map(str::to_owned).collect()),
            None => (text, Vec::new()),
        };
        let types = types.split(',').map(parse_type).collect::<Result<_, _>>()?;
        Ok(Self { types, ids })
    }

    /// Whether the Kitfile itself is selected; ids are ignored here, as in `kit`.
    pub fn selects_kitfile(&self) -> bool {
        self.types.contains(&FilterType::Kitfile)
    }

    /// Whether the whole part is selected, exactly by `kit`'s rule. A part without a name is
    /// found by an empty id, as in `kit`; code and docs have no name at all.
    pub fn matches(&self, part: &Part) -> bool {
        if !self.types.contains(&FilterType::of(part)) {
            return false;
        }
        let has_name = part.is_prompt || !matches!(part.role, LayerRole::Code | LayerRole::Docs);
        let fits = |id: &String| *id == part.written_path || (has_name && *id == part.name);
        self.ids.is_empty() || self.ids.iter().any(fits)
    }

    /// Whether it can select anything of this type.
    pub fn names(&self, kind: FilterType) -> bool {
        self.types.contains(&kind)
    }

    /// Whether the part, or some file inside it, can be selected.
    pub fn reaches(&self, part: &Part) -> bool {
        self.matches(part)
            || self.ids.iter().any(|id| !id.is_empty() && self.selects_file(part, id))
    }

    /// Whether the file `file` (a path inside the kit) of this part is selected: the part is, or
    /// an id is the path of the file or of a folder above it that lies inside the part. This is
    /// more than `kit` can do, so it is kept apart from [`Filter::matches`].
    pub fn selects_file(&self, part: &Part, file: &str) -> bool {
        if self.matches(part) {
            return true;
        }
        if !self.types.contains(&FilterType::of(part)) {
            return false;
        }
        let file = path::clean(file);
        let below_part = |id: &str| path::is_within(id, &part.path);
        let selects = |id: &String| {
            let id = path::clean(id);
            below_part(&id) && path::is_within(&file, &id)
        };
        self.ids.iter().filter(|id| !id.is_empty()).any(selects)
    }
}

/// Whether any of the filters selects the part; no filter at all selects everything.
pub fn any_matches(filters: &[Filter], part: &Part) -> bool {
    filters.is_empty() || filters.iter().any(|filter| filter.matches(part))
}

/// Whether any of the filters selects something of the Kitfile, or the Kitfile itself. Remote
/// datasets and a model that is a reference count too, as in `kit list`.
pub fn any_matches_kitfile(filters: &[Filter], kitfile: &Kitfile) -> bool {
    let mut everything = kitfile.clone();
    for dataset in &mut everything.datasets {
        dataset.remote_path.clear();
    }
    let model = everything
        .model
        .as_ref()
        .filter(|model| kitfile.model_reference().is_some() || model.path.is_empty());
    let model = model.map(|model| Part {
        role: LayerRole::Model,
        is_prompt: false,
        name: model.name.clone(),
        path: path::clean(&model.path),
        written_path: model.path.clone(),
        layer: model.layer.clone(),
    });
    filters.is_empty()
        || filters.iter().any(Filter::selects_kitfile)
        || everything.parts().iter().chain(&model).any(|part| any_matches(filters, part))
}

fn parse_type(word: &str) -> Result<FilterType, FilterError> {
    let known = WORDS.iter().find(|(known, _)| *known == word);
    known.map(|(_, kind)| *kind).ok_or_else(|| FilterError::Type(word.to_owned()))
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}
