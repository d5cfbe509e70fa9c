//! Which properties belong together.

use sealkit_inspect::property;

use crate::name;

/// How much is known and not listed, or was left out of a document.
pub(super) const LEFT_OUT: &str = "left-out";
/// The media type that says nothing.
pub(super) const ANY_BYTES: &str = "application/octet-stream";

/// Properties that say how something was found, and not what it is.
pub(super) const SILENT: &[&str] = &[
    name::UNKNOWN,
    name::UNREADABLE,
    name::READING_PROBLEM,
    name::CONFLICT,
    property::NOT_MEASURED,
    property::LICENCE_CONFIDENCE,
    LEFT_OUT,
    "variant-of",
    "component-type",
];

/// What the weights say of numbers and types.
pub(super) const PARAMETERS: &[&str] = &[
    property::PARAMETERS,
    property::PARAMETERS_OF_TYPE,
    property::TENSORS,
    property::TENSOR,
    property::TENSOR_SHA256,
    property::TENSOR_BLAKE3,
    property::DTYPE,
    property::QUANTISATION,
    property::SHARDS,
    property::BYTE_ORDER,
];

/// How a model is built.
pub(super) const ARCHITECTURE: &[&str] = &[
    property::ARCHITECTURE,
    property::MODEL_CLASS,
    property::CONTEXT_LENGTH,
    property::VOCABULARY,
    property::CHAT_TEMPLATE_DIGEST,
    property::TOKENIZER,
    property::LAYERS,
    property::LAYER_KIND,
    property::HEADS,
    property::KEY_VALUE_HEADS,
    property::HIDDEN_SIZE,
    property::FEED_FORWARD_SIZE,
    property::INPUT,
    property::INPUT_TYPE,
    property::OUTPUT,
    property::OUTPUT_TYPE,
    property::OPERATOR_SET,
    property::CUSTOM_OPERATOR,
];

/// What is in data.
pub(super) const DATA: &[&str] = &[
    property::ROWS,
    property::ROWS_OF_SPLIT,
    property::COLUMNS,
    property::COLUMN,
    property::COLUMN_TYPE,
    property::MODALITY,
    property::FILES_OF_TYPE,
    property::SHAPE,
    name::DATA_VERSION,
    "files",
];

/// What can run when a file is loaded.
pub(super) const CODE: &[&str] =
    &[property::CAN_RUN_CODE, property::CALLABLE, property::PICKLE_PROTOCOL];

/// Fields of documents that state a fact which a value states too.
pub(super) const FACTS: &[&str] = &[
    "authors",
    "compositions",
    "copyright",
    "data",
    "dependencies",
    "description",
    "group",
    "hashes",
    "licenses",
    "manufacturer",
    "mime-type",
    "modelCard",
    "name",
    "pedigree",
    "publisher",
    "purl",
    "supplier",
    "type",
    "version",
];
