//! A look inside one file of a kit, without pulling it.
//!
//! Everything here is text or numbers, cut to bounds, whatever the file holds. Text comes from the kit's
//! author: characters that control a terminal, or turn or hide text, are spelled out as `\u{…}`, and
//! whoever shows it as HTML still has to escape it.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use sealkit_report::{Finding, Known};
use serde::{Deserialize, Serialize};

use crate::{ColumnInfo, ColumnList, FileEntry, FileSource, SCHEMA_VERSION};

/// What one file of a version is and holds, as far as a look at it tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the manifest.
    pub digest: Digest,
    /// The file, as the list of files has it.
    pub file: FileEntry,
    /// How its place and digest are known.
    pub source: FileSource,
    /// What was looked at.
    #[serde(flatten)]
    pub look: Look,
    /// Bytes of the stored blobs that were read for this answer. They were not hashed.
    pub bytes_read: u64,
}

impl Preview {
    /// A look at `file` in the current version.
    pub fn new(name: String, digest: Digest, file: FileEntry, source: FileSource) -> Self {
        let look = Look::refused(String::new());
        Self { schema_version: SCHEMA_VERSION, name, digest, file, source, look, bytes_read: 0 }
    }
}

/// What a look at the bytes of a file gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Look {
    /// The format that its content has; none where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<FileFormat>,
    /// What it holds.
    pub content: PreviewContent,
    /// What its header says beside that; at most 200 facts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<PreviewFact>,
    /// What is wrong or odd with it; at most 20 findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Whether something in it could not be read, so that this is not all there is.
    pub incomplete: bool,
}

impl Look {
    /// A look that shows nothing, because of `reason`.
    pub fn refused(reason: String) -> Self {
        Self {
            format: None,
            content: PreviewContent::Refused { reason },
            facts: Vec::new(),
            findings: Vec::new(),
            incomplete: true,
        }
    }
}

/// A file format, as `docs/reference/formats.md` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileFormat {
    /// Stable identifier, `safetensors`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Media type; `application/octet-stream` where none is registered.
    pub media_type: String,
}

/// As what a file is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PreviewForm {
    /// As what its content is.
    #[default]
    Auto,
    /// As text, whatever it is.
    Text,
    /// As bytes in hexadecimal.
    Hex,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum PreviewContent {
    /// It has no bytes.
    Empty,
    /// Text, and source that is shown as text: JSON, YAML, Python, HTML, SVG, a Kitfile.
    Text(TextHead),
    /// Markdown, as source.
    Markdown(TextHead),
    /// The first rows of comma- or tab-separated values.
    Table(TableHead),
    /// A Jupyter notebook: source and text outputs.
    Notebook(NotebookHead),
    /// A picture.
    Image(ImageInfo),
    /// A table whose columns are known from its header or footer: Parquet, Arrow.
    Columns(ColumnList),
    /// What loading a file of Python objects looks up.
    Pickle(PickleImports),
    /// A graph of operators: ONNX.
    Graph(GraphSummary),
    /// A file of tensors. The tensors themselves are under `…/tensors?file=`.
    Tensors(TensorSummary),
    /// The members of an archive.
    Archive(ArchiveList),
    /// Bytes.
    Hex(HexDump),
    /// Nothing is shown.
    Refused {
        /// Why.
        reason: String,
    },
}

/// A part of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextHead {
    /// What it is written in, `json`; none where the name does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The text.
    pub text: String,
    /// Offset of its first byte in the file.
    pub offset: u64,
    /// Offset at which the text goes on; none where this is the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// Sequences of bytes that are no UTF-8 and were replaced by `U+FFFD`.
    pub replaced: u64,
    /// Whether line breaks and spaces were added between the values of a JSON text that has none.
    pub spread: bool,
}

/// The first rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableHead {
    /// The character between two cells.
    pub delimiter: char,
    /// The cells of the first row, which mostly names the columns.
    pub header: Vec<String>,
    /// The rows behind it; cells are cut to 300 characters.
    pub rows: Vec<Vec<String>>,
    /// Whether there are more rows.
    pub more_rows: bool,
    /// Cells that are left out of the widest of these rows.
    pub hidden_columns: u64,
}

/// The first cells of a notebook (nbformat 4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotebookHead {
    /// Language of its code, as it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The cells.
    pub cells: Vec<NotebookCell>,
    /// Number of cells that are left out.
    pub more_cells: u64,
}

/// A cell of a notebook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotebookCell {
    /// `code`, `markdown` or `raw`.
    pub kind: String,
    /// What is written in it.
    pub source: String,
    /// Its outputs that are text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Media types of outputs that are not shown: pictures, HTML.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// Whether something of it was cut.
    pub cut: bool,
}

/// A picture, from its header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageInfo {
    /// Media type, from its content.
    pub media_type: String,
    /// Width in pixels.
    pub width: u64,
    /// Height in pixels.
    pub height: u64,
    /// Why it is not given out as a picture; none where `…/image?file=` gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<String>,
}

/// What loading a file of Python objects would look up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PickleImports {
    /// Whether loading it can run code; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_run_code: Option<bool>,
    /// What is looked up, what runs code first; at most 1,000.
    pub imports: Vec<PickleImport>,
    /// Names that are left out.
    pub more_imports: u64,
}

/// A name that loading looks up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PickleImport {
    /// `module.name`, as Python 3 looks it up; `?` for a part that only running it would tell.
    pub path: String,
    /// What the name is known for.
    pub class: ImportClass,
    /// Where it is looked up first: a byte of the file or of a member of it.
    pub place: String,
    /// Opcode that looks it up; none where only its name was listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opcode: Option<String>,
    /// How often what was looked up is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<u64>,
}

/// What a name is known for. This is a reading aid and no scan: a name that is in neither list may do
/// anything.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ImportClass {
    /// It runs programs, evaluates code, opens files or connections, or reaches what does.
    RunsCode,
    /// Nothing is known of it: it may be anything.
    Unknown,
    /// It builds plain data or tensors.
    Data,
}

/// What a graph of operators is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphSummary {
    /// Operator sets with their versions.
    pub operator_sets: Vec<NamedCount>,
    /// Operators with how often each occurs, the most frequent first; at most 500.
    pub operators: Vec<NamedCount>,
    /// Inputs with their types.
    pub inputs: Vec<ColumnInfo>,
    /// Outputs with their types.
    pub outputs: Vec<ColumnInfo>,
    /// Number of initialisers: the tensors in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initializers: Option<u64>,
    /// Number of parameters in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
}

/// A name and a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedCount {
    /// The name.
    pub name: String,
    /// The number.
    pub count: u64,
}

/// What a file of tensors says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorSummary {
    /// Number of tensors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tensors: Option<u64>,
    /// Number of parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// Element type of most parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
}

/// The members of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveList {
    /// The members in the order of its directory; at most 1,000.
    pub members: Vec<ArchiveMember>,
    /// Members that are left out.
    pub more_members: u64,
    /// Bytes that all members say they unpack to.
    pub unpacked_size: u64,
}

/// A member of an archive, as its directory states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveMember {
    /// Name.
    pub name: String,
    /// Size in bytes that it says to unpack to.
    pub size: u64,
    /// Size in bytes inside the archive.
    pub packed: u64,
}

/// Bytes in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HexDump {
    /// Offset of the first byte in the file.
    pub offset: u64,
    /// The bytes, two digits each, without spaces.
    pub bytes: String,
    /// Offset at which the bytes go on; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// Something that a file says of itself, or that its header shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewFact {
    /// Which property, as `docs/reference/aibom-properties.md` lists it.
    pub property: String,
    /// What it is about: a key of the file's metadata, a name inside of it; empty for the file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The value as text, cut to 1,000 characters.
    pub value: String,
    /// How it is known.
    pub known: Known,
}
