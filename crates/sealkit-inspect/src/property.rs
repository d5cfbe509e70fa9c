//! The names of properties. They are stable: AIBOMs and policies speak of them.

macro_rules! properties {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*
        /// Every property, in the order of this list.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

properties! {
    /// Identifier of the file's format, `safetensors`.
    FORMAT = "format";
    /// Version of the file's format.
    FORMAT_VERSION = "format-version";
    /// Software that made or runs the model: `pytorch`, `transformers`.
    FRAMEWORK = "framework";
    /// Version of that software.
    FRAMEWORK_VERSION = "framework-version";
    /// Name of the thing, as the file gives it.
    NAME = "name";
    /// Version of the thing, as the file gives it.
    VERSION = "version";
    /// Description.
    DESCRIPTION = "description";
    /// Author or organisation.
    AUTHOR = "author";
    /// Licence, as it is written; an SPDX identifier where the evidence is a licence text.
    LICENCE = "licence";
    /// How well a licence text matches, 0 to 1.
    LICENCE_CONFIDENCE = "licence-confidence";
    /// Model family: `bert`, `llama`.
    ARCHITECTURE = "architecture";
    /// Classes that implement the model: `BertModel`.
    MODEL_CLASS = "model-class";
    /// Number of parameters.
    PARAMETERS = "parameters";
    /// Number of parameters of one element type; the subject is the type.
    PARAMETERS_OF_TYPE = "parameters-of-type";
    /// Element type of most parameters, or the one declared.
    DTYPE = "dtype";
    /// Quantisation: `Q4_K_M`, `bitsandbytes 4-bit`.
    QUANTISATION = "quantisation";
    /// Number of tensors.
    TENSORS = "tensors";
    /// One tensor.
    TENSOR = "tensor";
    /// Tokens that fit into the context.
    CONTEXT_LENGTH = "context-length";
    /// Size of the vocabulary.
    VOCABULARY = "vocabulary";
    /// SHA-256 of the chat template.
    CHAT_TEMPLATE_DIGEST = "chat-template-digest";
    /// One entry of the file's own metadata; the subject is its key.
    METADATA = "metadata";
    /// Byte order, where it is not little-endian.
    BYTE_ORDER = "byte-order";
    /// Software that wrote the file.
    PRODUCER = "producer";
    /// Version of that software.
    PRODUCER_VERSION = "producer-version";
    /// Name space of the model in its format.
    DOMAIN = "domain";
    /// Operator set that the model needs; the subject is its domain.
    OPERATOR_SET = "operator-set";
    /// Name of an input.
    INPUT = "input";
    /// Name of an output.
    OUTPUT = "output";
    /// Path of data that lies in another file.
    EXTERNAL_DATA = "external-data";
    /// Model that this one was made from.
    BASE_MODEL = "base-model";
    /// Revision of that model.
    BASE_MODEL_REVISION = "base-model-revision";
    /// How it was made from the base model: `adapter`, `finetune`.
    BASE_MODEL_RELATION = "base-model-relation";
    /// Dataset that the model was trained on, as the card names it.
    TRAINED_ON = "trained-on";
    /// Natural language.
    LANGUAGE = "language";
    /// Tag.
    TAG = "tag";
    /// Task: `sentence-similarity`.
    TASK = "task";
    /// Kind of parameter-efficient tuning: `LORA`.
    ADAPTER_TYPE = "adapter-type";
    /// Whether loading the file can run code that it holds.
    CAN_RUN_CODE = "can-run-code";
    /// Pickle protocol.
    PICKLE_PROTOCOL = "pickle-protocol";
    /// Shape of an array.
    SHAPE = "shape";
    /// Number of members of an archive.
    MEMBERS = "members";
    /// Bytes that an archive's members say they unpack to.
    UNPACKED_SIZE = "unpacked-size";
    /// Column of a table.
    COLUMN = "column";
    /// Number of columns of a table.
    COLUMNS = "columns";
}
