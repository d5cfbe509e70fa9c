//! The one list of inspectors, and the table of what they can do.

use serde::Serialize;

use crate::formats::{
    arrow, card, config, coreml, croissant, datapackage, gguf, hdf5, hf_dataset, keras, licence,
    lightgbm, media, named, npy, onnx, openvino, parquet, pickle, recognised, rows, safetensors,
    shard_index, sqlite, tar, tensorflow, text, tflite, tfrecord, xgboost, zips,
};
use crate::{Format, Inspector};

/// Every inspector, from the special to the general: the first of equals wins.
pub static INSPECTORS: &[&dyn Inspector] = &[
    &safetensors::Safetensors,
    &gguf::Gguf,
    &onnx::Onnx,
    &npy::Npy,
    &tensorflow::SAVED_MODEL,
    &tensorflow::META_GRAPH,
    &tensorflow::GRAPH,
    &tensorflow::BUNDLE,
    &zips::MCPB,
    &zips::TORCHSCRIPT,
    &zips::PYTORCH,
    &keras::Keras,
    &zips::NPZ,
    &named::LLAMAFILE,
    &named::MATLAB,
    &hdf5::Hdf5,
    &tflite::TfLite,
    &coreml::CoreMl,
    &recognised::NEMO,
    &recognised::CATBOOST,
    &recognised::TENSORRT,
    &recognised::EXECUTORCH,
    &recognised::FLAX,
    &recognised::PADDLE,
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
    &shard_index::ShardIndex,
    &coreml::Package,
    &openvino::OpenVino,
    &recognised::ORBAX,
    &recognised::PMML,
    &xgboost::XgBoost,
    &xgboost::Legacy,
    &lightgbm::LightGbm,
    &config::HfConfig,
    &config::AdapterConfig,
    &named::MODEL_FILES,
    &hf_dataset::DatasetInfo,
    &hf_dataset::DatasetState,
    &croissant::Croissant,
    &datapackage::DataPackage,
    &text::NOTEBOOK,
    &licence::LicenceText,
    &card::Prompt,
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
