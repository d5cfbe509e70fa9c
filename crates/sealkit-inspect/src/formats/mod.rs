//! One module for each format, or for a family that is recognised in one way.

pub(crate) mod arrow;
pub(crate) mod card;
mod columns;
pub(crate) mod config;
mod features;
pub(crate) mod gguf;
mod gguf_types;
pub(crate) mod licence;
pub(crate) mod named;
pub(crate) mod npy;
pub(crate) mod onnx;
pub(crate) mod parquet;
pub(crate) mod pickle;
pub(crate) mod rows;
pub(crate) mod safetensors;
pub(crate) mod text;
pub(crate) mod zips;
