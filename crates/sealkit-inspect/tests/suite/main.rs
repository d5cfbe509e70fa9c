//! Everything that is tested from outside, in one program: each more would be linked on its own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that can not set up its stage has failed, and says what it skips"
)]

mod code;
mod common;
mod corpus;
mod data;
mod model_kit;
mod pickle_common;
mod place;
mod sqlite_kit;
mod told;

mod asked_code;
mod cards;
mod cards_hostile;
mod data_arrow;
mod data_datacite;
mod data_described;
mod data_found;
mod data_media;
mod data_other;
mod data_packed;
mod data_parquet;
mod data_rows;
mod data_tar;
mod data_zstd;
mod encodings;
mod evidence;
mod formats;
mod git;
mod git_tables;
mod hostile;
mod hostile_code;
mod identify;
mod inside;
mod licence;
mod limits;
mod mangled;
mod manifests;
mod manifests_more;
mod model_gguf;
mod model_golden;
mod model_hdf5;
mod model_onnx;
mod model_recognised;
mod model_safetensors;
mod model_tensorflow;
mod model_trees;
mod packages;
mod parquet_rows;
mod parquet_written;
mod pickle_files;
mod pickle_golden;
mod pickle_hostile;
mod pickle_machine;
mod pickle_streams;
mod real_models;
mod records;
mod records_store;
mod same_facts;
mod sources;
mod sqlite_written;
mod torch_golden;
mod torch_hostile;
mod written_data;
mod written_locks;
mod written_models;
mod zip_readers;
