//! What a file is by its name: the rules of `kit init`.

use super::folder::{base, trimmed};
use super::{Class, Listed};

/// What a file is. The order is that in which a folder's contents are weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Model,
    Dataset,
    Code,
    Docs,
    Metadata,
    Prompt,
    Mcpb,
    Unknown,
}

const MODEL: [&str; 24] = [
    ".safetensors",
    ".pkl",
    ".joblib",
    ".pth",
    ".pt",
    ".mar",
    ".pt2",
    ".ptl",
    ".pb",
    ".ckpt",
    ".tflite",
    ".tfrecords",
    ".npy",
    ".npz",
    ".keras",
    ".h5",
    ".caffemodel",
    ".pmml",
    ".coreml",
    ".gguf",
    ".ggml",
    ".ggmf",
    ".llamafile",
    ".onnx",
];
const DOCS: [&str; 4] = [".md", ".adoc", ".html", ".pdf"];
const METADATA: [&str; 4] = [".json", ".yaml", ".xml", ".txt"];
const DATASET: [&str; 4] = [".tar", ".zip", ".parquet", ".csv"];
const MCPB: [&str; 1] = [".mcpb"];
const PROMPTS: [&str; 3] = ["agents.md", "skill.md", "claude.md"];

/// What a file is, by its content where that is known, else by `name`.
pub(super) fn kind(file: &Listed, name: &str) -> Kind {
    match file.class {
        Some(Class::Model) => Kind::Model,
        Some(Class::Part | Class::Metadata) => Kind::Metadata,
        Some(Class::Dataset) => Kind::Dataset,
        Some(Class::Docs | Class::Licence(_)) => Kind::Docs,
        Some(Class::Code) => Kind::Code,
        Some(Class::Prompt) => Kind::Prompt,
        Some(Class::Mcpb) => Kind::Mcpb,
        Some(Class::Unknown) | None => by_name(name),
    }
}

/// What a file is by its name alone, as `kit init` has it; none where the name says nothing.
pub fn class_by_name(name: &str) -> Option<Class> {
    match by_name(base(name)) {
        Kind::Model => Some(Class::Model),
        Kind::Dataset => Some(Class::Dataset),
        Kind::Code => Some(Class::Code),
        Kind::Docs => Some(Class::Docs),
        Kind::Metadata => Some(Class::Metadata),
        Kind::Prompt => Some(Class::Prompt),
        Kind::Mcpb => Some(Class::Mcpb),
        Kind::Unknown => None,
    }
}

/// What a file is by its name or path.
fn by_name(name: &str) -> Kind {
    let lower = base(name).to_lowercase();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    if PROMPTS.contains(&lower.as_str()) || lower.contains(".prompt") {
        Kind::Prompt
    } else if ends(&MODEL) || is_pytorch_bin(name) {
        Kind::Model
    } else if ends(&METADATA) {
        Kind::Metadata
    } else if ends(&DOCS) {
        Kind::Docs
    } else if ends(&DATASET) {
        Kind::Dataset
    } else if ends(&MCPB) {
        Kind::Mcpb
    } else {
        Kind::Unknown
    }
}

/// `*pytorch_model*.bin`, where `*` does not cross a slash.
fn is_pytorch_bin(name: &str) -> bool {
    let stem = name.strip_suffix(".bin");
    !name.contains('/') && stem.is_some_and(|stem| stem.contains("pytorch_model"))
}

/// Whether the file is one of the Kitfile's own names.
pub(super) fn is_kitfile(file: &Listed) -> bool {
    matches!(base(trimmed(&file.path)), "Kitfile" | "kitfile" | ".kitfile")
}

/// Whether the name starts with a word, in any case.
pub(super) fn starts(file: &Listed, word: &str) -> bool {
    base(trimmed(&file.path)).to_lowercase().starts_with(word)
}
