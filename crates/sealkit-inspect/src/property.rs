//! The names of properties. They are stable: AIBOMs and policies speak of them.

macro_rules! properties {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal;)*) => {
        $($(#[doc = $doc])* pub const $name: &str = $text;)*
        /// Every property, in the order of this list.
        pub const ALL: &[&str] = &[$($name),*];
        /// What each of them means, in the same order; lines as they stand here.
        pub const ABOUT: &[&[&str]] = &[$(&[$($doc),*]),*];
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
    /// Model that this one was made from: an origin.
    BASE_MODEL = "base-model";
    /// Revision of that model.
    BASE_MODEL_REVISION = "base-model-revision";
    /// How it was made from the base model: `adapter`, `finetune`.
    BASE_MODEL_RELATION = "base-model-relation";
    /// Dataset that the model was trained on: an origin.
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
    /// Name of a dataset that the model was evaluated on.
    EVALUATED_ON = "evaluated-on";
    /// Dataset that this dataset was made from.
    SOURCE_DATASET = "source-dataset";
    /// Model that code loads by name.
    LOADS_MODEL = "loads-model";
    /// Dataset that code loads by name.
    LOADS_DATASET = "loads-dataset";
    /// A result of an evaluation.
    METRIC = "metric";
    /// A setting of training; the subject is its name.
    HYPERPARAMETER = "hyperparameter";
    /// A software package that the file names.
    PACKAGE = "package";
    /// Module that code imports.
    IMPORT = "import";
    /// Callable that loading the file would look up: `collections.OrderedDict`.
    CALLABLE = "callable";
    /// Another file that this one needs or describes.
    FILE_REFERENCE = "file-reference";
    /// Where more can be read or had.
    LINK = "link";
    /// Digital object identifier.
    DOI = "doi";
    /// How to cite the thing.
    CITATION = "citation";
    /// Who made or keeps the thing, with more than a name.
    PARTY = "party";
    /// When it was made, RFC 3339 or a date.
    CREATED = "created";
    /// When it was published, RFC 3339 or a date.
    RELEASED = "released";
    /// What the thing is meant for, as its authors write.
    INTENDED_USE = "intended-use";
    /// What it is not meant for.
    OUT_OF_SCOPE_USE = "out-of-scope-use";
    /// Who is meant to use it.
    USERS = "users";
    /// What it cannot do well.
    LIMITATION = "limitation";
    /// Known bias.
    BIAS = "bias";
    /// Ethical considerations.
    ETHICS = "ethics";
    /// What is written of the training data.
    TRAINING_DATA = "training-data";
    /// What is written of the training.
    TRAINING_PROCEDURE = "training-procedure";
    /// What is written of the evaluation.
    EVALUATION = "evaluation";
    /// How to report a security problem.
    SECURITY_CONTACT = "security-contact";
    /// Carbon dioxide equivalent, in grams.
    CO2_GRAMS = "co2-grams";
    /// Energy, in kilowatt hours.
    ENERGY_KWH = "energy-kwh";
    /// What the energy was spent on: `training`, `fine-tuning`.
    ENERGY_ACTIVITY = "energy-activity";
    /// Where the energy was spent.
    ENERGY_REGION = "energy-region";
    /// Hardware that training or running used.
    HARDWARE = "hardware";
    /// Duration of training, in seconds.
    TRAINING_SECONDS = "training-seconds";
    /// Floating point operations of training.
    TRAINING_FLOPS = "training-flops";
    /// Random seed.
    SEED = "seed";
    /// Number of layers or blocks.
    LAYERS = "layers";
    /// Number of attention heads.
    HEADS = "heads";
    /// Number of key and value heads.
    KEY_VALUE_HEADS = "key-value-heads";
    /// Width of the hidden state.
    HIDDEN_SIZE = "hidden-size";
    /// Width of the feed-forward layers.
    FEED_FORWARD_SIZE = "feed-forward-size";
    /// Kind of one layer of the network, with how often it occurs; the subject is the kind.
    LAYER_KIND = "layer-kind";
    /// Class or algorithm of the tokenizer.
    TOKENIZER = "tokenizer";
    /// SHA-256 of one tensor's bytes; the subject is its name.
    TENSOR_SHA256 = "tensor-sha256";
    /// BLAKE3 of one tensor's bytes; the subject is its name.
    TENSOR_BLAKE3 = "tensor-blake3";
    /// Number of files that a model is split into.
    SHARDS = "shards";
    /// Operator that the format does not define.
    CUSTOM_OPERATOR = "custom-operator";
    /// Element type and shape of an input; the subject is its name.
    INPUT_TYPE = "input-type";
    /// Element type and shape of an output; the subject is its name.
    OUTPUT_TYPE = "output-type";
    /// Number of rows, records or samples.
    ROWS = "rows";
    /// Number of rows of one split; the subject is the split.
    ROWS_OF_SPLIT = "rows-of-split";
    /// Type of a column; the subject is the column.
    COLUMN_TYPE = "column-type";
    /// What the data is: `text`, `image`, `audio`, `tabular`.
    MODALITY = "modality";
    /// Number of files of one type; the subject is the type.
    FILES_OF_TYPE = "files-of-type";
    /// How the data was collected.
    COLLECTION = "collection";
    /// How the data was annotated.
    ANNOTATION = "annotation";
    /// How the data was prepared.
    PREPROCESSING = "preprocessing";
    /// How people in the data were made unrecognisable.
    ANONYMISATION = "anonymisation";
    /// Whether, and which, personal or sensitive information is in the data.
    SENSITIVE_DATA = "sensitive-data";
    /// How often the data changes.
    UPDATES = "updates";
    /// Commit of the source repository.
    COMMIT = "commit";
    /// Branch of the source repository.
    BRANCH = "branch";
    /// Whether files differ from the commit.
    DIRTY = "dirty";
    /// A thing that could have been measured and was not, and why; the subject is the property.
    NOT_MEASURED = "not-measured";
}
