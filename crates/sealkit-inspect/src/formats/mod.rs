//! One module for each format, or for a family that is recognised in one way.

mod address;
pub(crate) mod arrow;
pub(crate) mod card;
mod columns;
pub(crate) mod croissant;
pub(crate) mod datapackage;
mod document;
mod features;
pub(crate) mod gguf;
mod gguf_types;
pub(crate) mod hf;
pub(crate) mod hf_dataset;
pub(crate) mod licence;
pub(crate) mod media;
pub(crate) mod media_kind;
pub(crate) mod named;
pub(crate) mod npy;
pub(crate) mod onnx;
pub(crate) mod parquet;
pub(crate) mod pickle;
pub(crate) mod rows;
pub(crate) mod safetensors;
pub(crate) mod sqlite;
pub(crate) mod tar;
pub(crate) mod text;
pub(crate) mod tfrecord;
pub(crate) mod zips;
