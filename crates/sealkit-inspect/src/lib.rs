//! Bytes become facts: one inspector for each file format.
//!
//! An inspector reads through [`ReadAt`] under a [`Budget`](sealkit_report::Budget) and returns
//! [`Facts`], each with the evidence it stands on. Nothing is executed, imported or unpickled.
//!
//! A new format is one module in `formats` and one line in [`INSPECTORS`].
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod address;
mod codec;
mod cursor;
mod encoding;
mod error;
mod fact;
mod flatbuffer;
mod format;
mod formats;
pub mod git;
mod hdf5;
mod hops;
mod hub;
mod identify;
mod inside;
mod inspector;
mod inventory;
pub mod json;
mod json_loose;
mod json_pruned;
mod json_scan;
mod kept;
pub mod licence;
mod local;
mod moment;
mod pages;
mod partial;
mod pick;
pub mod pickle;
pub mod property;
pub mod protobuf;
mod python;
mod read_at;
mod reference;
mod registry;
mod rules;
mod shards;
mod stream;
mod survey;
mod tally;
mod template;
mod tensor_digests;
mod toml;
mod ubjson;
mod value;
mod well_known;
mod xml;
mod yaml;
pub mod zip;

pub use address::without_credentials;
pub use cursor::Cursor;
pub use error::{InspectError, ReadError};
pub use fact::{Fact, Facts};
pub use format::{Class, Format};
pub use formats::{FirstRows, RowLimits, UnreadColumn, first_rows, lfs_pointer};
pub use hub::{HubKind, HubOrigin, hub_origin};
pub use identify::{Identified, identify, inspect, inspect_as};
pub use inspector::{Confidence, Inspector, Probe};
pub use kept::step as pointer_step;
pub use local::LocalModules;
pub use read_at::{ReadAt, Slice, end_within};
pub use registry::{Capability, INSPECTORS, capabilities};
pub use rules::RULES;
pub use shards::check_shards;
pub use stream::Stream;
pub use survey::{Folder, shard_of, survey};
pub use tally::Tally;
pub use tensor_digests::{TensorHash, tensor_digest, tensor_digests};
pub use value::{
    FileInfo, LinkInfo, MetricInfo, OriginInfo, PackageInfo, PartyInfo, Scope, TensorInfo, Value,
};
