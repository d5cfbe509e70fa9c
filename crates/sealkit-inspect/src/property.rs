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
    /// Unique identifier of a model in a registry of models.
    MODEL_UUID = "model-uuid";
    /// Identifier of a logged model.
    MODEL_ID = "model-id";
    /// Identifier of the run that made the thing.
    RUN_ID = "run-id";
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
    /// A setting of the quantisation; the subject is its name.
    QUANTISATION_SETTING = "quantisation-setting";
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
    /// How far a base model that a rule concluded can be believed, 0 to 1; the subject is its name.
    BASE_MODEL_CONFIDENCE = "base-model-confidence";
    /// Model that its authors want to be used in place of this one: an origin.
    SUCCESSOR = "successor";
    /// Dataset that the model was trained on: an origin.
    TRAINED_ON = "trained-on";
    /// How often a dataset was drawn from, relative to others; the subject is its name.
    SAMPLING_WEIGHT = "sampling-weight";
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
    /// Source code inside the file that loading compiles or runs.
    EMBEDDED_CODE = "embedded-code";
    /// What a file of Python objects holds: `state-dict`, `checkpoint`, `module`, `tensor`,
    /// `tensors`, `arrays`, `estimator`, `settings`.
    HOLDS = "holds";
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
    /// Name of a metric that the authors use, without a result.
    METRIC_USED = "metric-used";
    /// A setting of training; the subject is its name.
    HYPERPARAMETER = "hyperparameter";
    /// A setting of how a language model writes; the subject is its name.
    GENERATION_SETTING = "generation-setting";
    /// A software package that the file names.
    PACKAGE = "package";
    /// Programming language of code, as the file names it.
    PROGRAMMING_LANGUAGE = "programming-language";
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
    /// What the number of carbon dioxide stands on: `codecarbon`.
    CO2_SOURCE = "co2-source";
    /// Energy, in kilowatt hours.
    ENERGY_KWH = "energy-kwh";
    /// What the energy was spent on: `training`, `fine-tuning`.
    ENERGY_ACTIVITY = "energy-activity";
    /// Where the energy was spent.
    ENERGY_REGION = "energy-region";
    /// What is written of the effect on the environment.
    ENVIRONMENT = "environmental-impact";
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
    /// Size of the vector that an embedding model gives.
    EMBEDDING_SIZE = "embedding-size";
    /// How an embedding model makes one vector out of many: `mean`.
    POOLING = "pooling";
    /// Number of experts of a layer.
    EXPERTS = "experts";
    /// Number of experts that work on one token.
    EXPERTS_USED = "experts-used";
    /// Classes that a classifier tells apart.
    LABELS = "labels";
    /// Kind of one layer of the network, with how often it occurs; the subject is the kind.
    LAYER_KIND = "layer-kind";
    /// Class or algorithm of the tokenizer.
    TOKENIZER = "tokenizer";
    /// A token with a meaning of its own; the subject is its role, `eos_token`.
    SPECIAL_TOKEN = "special-token";
    /// Number of merges of a tokenizer.
    MERGES = "merges";
    /// Class that makes pictures or sound ready.
    PROCESSOR = "processor";
    /// A setting of it; the subject is its name.
    PROCESSOR_SETTING = "processor-setting";
    /// SHA-256 of one tensor's bytes; the subject is its name.
    TENSOR_SHA256 = "tensor-sha256";
    /// BLAKE3 of one tensor's bytes; the subject is its name.
    TENSOR_BLAKE3 = "tensor-blake3";
    /// Number of files that a model is split into.
    SHARDS = "shards";
    /// Operator that the format does not define.
    CUSTOM_OPERATOR = "custom-operator";
    /// Function that the file itself defines for its graph.
    LOCAL_FUNCTION = "local-function";
    /// Element type and shape of an input; the subject is its name.
    INPUT_TYPE = "input-type";
    /// Element type and shape of an output; the subject is its name.
    OUTPUT_TYPE = "output-type";
    /// Number of rows, records or samples.
    ROWS = "rows";
    /// Splits of a dataset by name.
    SPLIT = "split";
    /// Number of rows of one split; the subject is the split.
    ROWS_OF_SPLIT = "rows-of-split";
    /// Type of a column; the subject is the column.
    COLUMN_TYPE = "column-type";
    /// What a column holds, as the authors of the dataset declare it: `ClassLabel(neg, pos)`; the
    /// subject is the column.
    FEATURE = "feature";
    /// Number of cells of a column that are empty or say so; the subject is the column.
    MISSING_VALUES = "missing-values";
    /// Number of rows that do not fit the table.
    BAD_ROWS = "bad-rows";
    /// Whether the first row names the columns.
    HEADER = "header";
    /// Number of row groups or record batches of a table.
    ROW_GROUPS = "row-groups";
    /// How the content is compressed: `zstd`.
    COMPRESSION = "compression";
    /// Whether content is encrypted.
    ENCRYPTED = "encrypted";
    /// Size of one split in bytes; the subject is the split.
    BYTES_OF_SPLIT = "bytes-of-split";
    /// Size of the data in bytes, once it is loaded.
    DATASET_SIZE = "dataset-size";
    /// Size in bytes of what is downloaded to have the data.
    DOWNLOAD_SIZE = "download-size";
    /// Classes that samples belong to; the subject is the column, or empty for folders.
    LABEL = "label";
    /// How files make samples: `webdataset`, `folders`.
    LAYOUT = "layout";
    /// Table of a database.
    TABLE = "table";
    /// Width of a picture in pixels.
    WIDTH = "width";
    /// Height of a picture in pixels.
    HEIGHT = "height";
    /// Samples of sound in a second.
    SAMPLE_RATE = "sample-rate";
    /// Channels of sound.
    CHANNELS = "channels";
    /// How long a recording is, in seconds.
    DURATION_SECONDS = "duration-seconds";
    /// What the data is: `text`, `image`, `audio`, `tabular`.
    MODALITY = "modality";
    /// Class of size of a dataset: `10K<n<100K`.
    SIZE_CATEGORY = "size-category";
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
    /// Id and commit of the hub repository that the file comes from: an origin; the subject is
    /// `model`, `dataset` or `space`.
    HUB_ID = "hub-id";
    /// Conditions under which the thing is given out.
    ACCESS = "access";
    /// Branch of the source repository.
    BRANCH = "branch";
    /// Whether files differ from the commit.
    DIRTY = "dirty";
    /// A thing that could have been measured and was not, and why; the subject is the property.
    NOT_MEASURED = "not-measured";
}
