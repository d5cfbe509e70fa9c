//! The one list of inspectors, and the table of what they can do.

use serde::Serialize;

use crate::formats::{
    arrow, card, croissant, datapackage, gguf, hf, hf_dataset, licence, media, named, npy, onnx,
    parquet, pickle, rows, safetensors, sqlite, tar, text, tfrecord, training, zips,
};
use crate::{Format, Inspector};

/// Every inspector, from the special to the general: the first of equals wins.
pub static INSPECTORS: &[&dyn Inspector] = &[
    &safetensors::Safetensors,
    &gguf::Gguf,
    &onnx::Onnx,
    &npy::Npy,
    &zips::MCPB,
    &zips::TORCHSCRIPT,
    &zips::PYTORCH,
    &zips::KERAS,
    &zips::NPZ,
    &named::LLAMAFILE,
    &named::MATLAB,
    &named::HDF5,
    &named::TFLITE,
    &parquet::Parquet,
    &arrow::Arrow,
    &named::AVRO,
    &named::ORC,
    &named::Lance,
    &named::ZARR,
    &named::DUCKDB,
    &sqlite::Sqlite,
    &tfrecord::TfRecord,
    &media::PNG,
    &media::JPEG,
    &media::GIF,
    &media::WEBP,
    &media::WAV,
    &media::FLAC,
    &media::OGG,
    &media::MP3,
    &named::PDF,
    &named::ELF,
    &named::WINDOWS_PROGRAM,
    &tar::Tar,
    &named::GZIP,
    &named::ZSTD,
    &zips::ZIP,
    &pickle::Pickle,
    &hf::sentence::POOLING,
    &hf::config::HfConfig,
    &hf::adapter::AdapterConfig,
    &hf::generation::GenerationConfig,
    &hf::tokenizer::TokenizerConfig,
    &hf::tokenizer::SpecialTokens,
    &hf::tokenizer::ChatTemplate,
    &hf::tokenizer_json::Tokenizer,
    &hf::vocabulary::LINES,
    &hf::vocabulary::NUMBERED,
    &hf::vocabulary::MERGES,
    &hf::sentencepiece::SentencePiece,
    &hf::processor::ProcessorConfig,
    &hf::pipeline::ModelIndex,
    &hf::sentence::MODULES,
    &hf::sentence::TRANSFORMER,
    &hf::sentence::SETTINGS,
    &hf::sentence::TRAINING_FILES,
    &hf::hub::DownloadNote,
    &training::trainer::TrainerState,
    &training::results::TrainerResults,
    &training::results::TrainingArguments,
    &training::mlmodel::MlModel,
    &training::mlflow::MlflowRun,
    &training::dvc::Dvc,
    &training::codecarbon::Codecarbon,
    &training::citation::Citation,
    &training::security::SecurityPolicy,
    &training::recipe::AXOLOTL,
    &training::recipe::LLAMA_FACTORY,
    &training::recipe::MERGEKIT,
    &training::recipe::ACCELERATE,
    &named::MODEL_FILES,
    &hf_dataset::DatasetInfo,
    &hf_dataset::DatasetState,
    &croissant::Croissant,
    &datapackage::DataPackage,
    &text::NOTEBOOK,
    &licence::LicenceText,
    &card::Prompt,
    &card::DatasetCard,
    &card::ModelCard,
    &rows::JsonLines,
    &rows::CSV,
    &rows::TSV,
    &text::MARKDOWN,
    &text::HTML,
    &text::JSON,
    &text::YAML,
    &text::XML,
    &text::CODE,
    &text::PLAIN,
    &named::OTHER_MODELS,
    &named::OTHER_DATA,
];

/// One row of the capability table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Capability {
    /// The format.
    #[serde(flatten)]
    pub format: &'static Format,
    /// The properties that it can give beside its format; none for a format only recognised.
    pub properties: &'static [&'static str],
}

/// What every inspector can do, in the order of [`INSPECTORS`]; documents are made from it.
pub fn capabilities() -> impl Iterator<Item = Capability> {
    INSPECTORS.iter().map(|i| Capability { format: i.format(), properties: i.gives() })
}
