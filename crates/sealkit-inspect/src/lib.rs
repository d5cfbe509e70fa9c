//! Bytes become facts: one inspector for each file format.
//!
//! An inspector reads through [`ReadAt`] under a [`Budget`](sealkit_report::Budget) and returns
//! [`Facts`], each with the evidence it stands on. Nothing is executed, imported or unpickled.
//!
//! A new format is one module in `formats` and one line in [`INSPECTORS`].
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod cursor;
mod error;
mod fact;
mod format;
mod formats;
mod identify;
mod inspector;
pub mod json;
pub mod property;
pub mod protobuf;
mod read_at;
mod registry;
mod stream;
mod value;
mod yaml;
pub mod zip;

pub use cursor::Cursor;
pub use error::{InspectError, ReadError};
pub use fact::{Fact, Facts};
pub use format::{Class, Format};
pub use identify::{Identified, identify, inspect, inspect_as};
pub use inspector::{Confidence, Inspector, Probe};
pub use read_at::{ReadAt, Slice};
pub use registry::{Capability, INSPECTORS, capabilities};
pub use stream::Stream;
pub use value::{
    FileInfo, LinkInfo, MetricInfo, OriginInfo, PackageInfo, PartyInfo, Scope, TensorInfo, Value,
};
