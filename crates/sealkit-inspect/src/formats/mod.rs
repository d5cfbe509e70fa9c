//! One module for each format, or for a family that is recognised in one way.

pub(crate) mod card;
pub(crate) mod config;
pub(crate) mod coreml;
pub(crate) mod gguf;
pub(crate) mod hdf5;
pub(crate) mod keras;
pub(crate) mod licence;
pub(crate) mod lightgbm;
pub(crate) mod named;
pub(crate) mod npy;
pub(crate) mod onnx;
pub(crate) mod openvino;
pub(crate) mod pickle;
pub(crate) mod recognised;
pub(crate) mod safetensors;
pub(crate) mod shard_index;
pub(crate) mod tables;
pub(crate) mod tensorflow;
pub(crate) mod text;
pub(crate) mod tflite;
pub(crate) mod xgboost;
pub(crate) mod zips;
