//! Tree of YAML nodes → Kitfile. Strict: an unknown key at any level is an error, and so is a
//! value of another kind. All problems are told, not just the first.

mod reader;
mod value;

pub use reader::nearest;

use reader::Reader;

use crate::yaml::{self, NodeId};
use crate::{
    Code, Dataset, Docs, Kitfile, KitfileError, McpServer, Model, ModelPart, Package, Prompt,
    Warning, json,
};

/// A Kitfile that was read, with what is odd about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The Kitfile.
    pub kitfile: Kitfile,
    /// What is allowed but probably not meant.
    pub warnings: Vec<Warning>,
}

impl Kitfile {
    /// Reads and validates the text of a Kitfile. `origin` names it in errors.
    ///
    /// # Errors
    /// [`KitfileError`] when the text is not YAML, goes beyond the limits, has unknown keys or
    /// values of another kind, or breaks a rule of [`Kitfile::validate`].
    pub fn parse(text: &str, origin: &str) -> Result<Parsed, KitfileError> {
        let (kitfile, has_more) = Self::read(text, origin)?;
        let mut warnings = kitfile.validate()?;
        if has_more {
            warnings.push(Warning::FurtherDocuments);
        }
        Ok(Parsed { kitfile, warnings })
    }

    /// Reads the text of a Kitfile without the rules of [`Kitfile::validate`].
    ///
    /// # Errors
    /// As for [`Kitfile::parse`].
    pub fn parse_unchecked(text: &str, origin: &str) -> Result<Self, KitfileError> {
        Ok(Self::read(text, origin)?.0)
    }

    /// Reads the config of a ModelKit. Lenient where `kit` is: unknown keys are ignored and keys
    /// may differ in case. Numbers become what `kit` makes of them (64-bit floats), except whole
    /// numbers that a float can not hold, which are kept as they are.
    ///
    /// # Errors
    /// [`KitfileError::Json`] when the bytes are no JSON object of a Kitfile's shape, and
    /// [`KitfileError::Limit`] when there are too many.
    pub fn from_json(bytes: &[u8]) -> Result<Self, KitfileError> {
        json::from_slice(bytes)
    }

    fn read(text: &str, origin: &str) -> Result<(Self, bool), KitfileError> {
        let tree = yaml::load(text, origin)?;
        let mut reader = Reader::new(&tree, text, origin);
        let kitfile = kitfile(&mut reader, tree.root);
        reader.finish()?;
        Ok((kitfile, tree.has_more))
    }
}

const KITFILE: &[&str] =
    &["manifestVersion", "package", "model", "code", "datasets", "docs", "prompts", "mcpServers"];
const PACKAGE: &[&str] = &["name", "version", "description", "license", "authors"];
const MODEL: &[&str] = &[
    "name",
    "path",
    "license",
    "framework",
    "format",
    "version",
    "description",
    "parts",
    "parameters",
];
const MODEL_PART: &[&str] = &["name", "path", "license", "type"];
const CODE: &[&str] = &["path", "description", "license"];
const DATASET: &[&str] =
    &["name", "path", "remotePath", "remoteHash", "description", "license", "parameters"];

fn kitfile(reader: &mut Reader<'_>, id: NodeId) -> Kitfile {
    let mut out = Kitfile::default();
    reader.fields(id, "", KITFILE, |reader, key, id| match key {
        "manifestVersion" => out.manifest_version = reader.string(id, key),
        "package" => out.package = package(reader, id),
        "model" => out.model = (!reader.is_null(id)).then(|| model(reader, id)),
        "code" => out.code = reader.list(id, key, code),
        "datasets" => out.datasets = reader.list(id, key, dataset),
        "docs" => out.docs = reader.list(id, key, docs),
        "prompts" => out.prompts = reader.list(id, key, prompt),
        _ => out.mcp_servers = reader.list(id, key, mcp_server),
    });
    out
}

fn package(reader: &mut Reader<'_>, id: NodeId) -> Package {
    let mut out = Package::default();
    reader.fields(id, "package", PACKAGE, |reader, key, id| match key {
        "name" => out.name = reader.string(id, "package.name"),
        "version" => out.version = reader.string(id, "package.version"),
        "description" => out.description = reader.string(id, "package.description"),
        "license" => out.license = reader.string(id, "package.license"),
        _ => {
            let authors = |reader: &mut Reader<'_>, id, field: &str| reader.string(id, field);
            out.authors = reader.list(id, "package.authors", authors);
        }
    });
    out
}

fn model(reader: &mut Reader<'_>, id: NodeId) -> Model {
    let mut out = Model::default();
    reader.fields(id, "model", MODEL, |reader, key, id| {
        let field = format!("model.{key}");
        match key {
            "name" => out.name = reader.string(id, &field),
            "path" => out.path = reader.string(id, &field),
            "license" => out.license = reader.string(id, &field),
            "framework" => out.framework = reader.string(id, &field),
            "format" => out.format = reader.string(id, &field),
            "version" => out.version = reader.string(id, &field),
            "description" => out.description = reader.string(id, &field),
            "parts" => out.parts = reader.list(id, &field, model_part),
            _ => out.parameters = reader.parameters(id, &field),
        }
    });
    out
}

fn model_part(reader: &mut Reader<'_>, id: NodeId, section: &str) -> ModelPart {
    let mut out = ModelPart::default();
    reader.strings(id, section, MODEL_PART, |key, value| match key {
        "name" => out.name = value,
        "path" => out.path = value,
        "license" => out.license = value,
        _ => out.kind = value,
    });
    out
}

fn code(reader: &mut Reader<'_>, id: NodeId, section: &str) -> Code {
    let mut out = Code::default();
    reader.strings(id, section, CODE, |key, value| match key {
        "path" => out.path = value,
        "description" => out.description = value,
        _ => out.license = value,
    });
    out
}

fn dataset(reader: &mut Reader<'_>, id: NodeId, section: &str) -> Dataset {
    let mut out = Dataset::default();
    reader.fields(id, section, DATASET, |reader, key, id| {
        let field = format!("{section}.{key}");
        match key {
            "name" => out.name = reader.string(id, &field),
            "path" => out.path = reader.string(id, &field),
            "remotePath" => out.remote_path = reader.string(id, &field),
            "remoteHash" => out.remote_hash = reader.string(id, &field),
            "description" => out.description = reader.string(id, &field),
            "license" => out.license = reader.string(id, &field),
            _ => out.parameters = reader.parameters(id, &field),
        }
    });
    out
}

fn docs(reader: &mut Reader<'_>, id: NodeId, section: &str) -> Docs {
    let mut out = Docs::default();
    reader.strings(id, section, &["path", "description"], |key, value| match key {
        "path" => out.path = value,
        _ => out.description = value,
    });
    out
}

fn prompt(reader: &mut Reader<'_>, id: NodeId, section: &str) -> Prompt {
    let mut out = Prompt::default();
    reader.strings(id, section, &["name", "path", "description"], |key, value| match key {
        "name" => out.name = value,
        "path" => out.path = value,
        _ => out.description = value,
    });
    out
}

fn mcp_server(reader: &mut Reader<'_>, id: NodeId, section: &str) -> McpServer {
    let mut out = McpServer::default();
    reader.strings(id, section, &["name", "path", "description"], |key, value| match key {
        "name" => out.name = value,
        "path" => out.path = value,
        _ => out.description = value,
    });
    out
}
