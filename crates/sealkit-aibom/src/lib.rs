//! Facts become an AIBOM: one internal model, with a codec for each document format.
//!
//! Pure: no file, socket, clock, environment or randomness; time is an argument of the codec.
//! Equal input gives equal bytes, whatever the order of the input.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod codec;
mod cyclonedx;
mod error;
mod identity;
mod input;
mod licence;
mod model;
pub mod name;
pub mod purl;
pub mod schema;

pub use codec::{BomCodec, CODECS, EncodeOptions, codec};
pub use cyclonedx::CycloneDx;
pub use error::BomError;
pub use input::{FileInput, Input, PartInput, Subject, Supplied};
pub use licence::{LicenceForm, licence_form};
pub use model::{
    Bom, Completeness, Component, ComponentId, Composition, Hash, HashAlgorithm, Kind, Property,
    Relation, RelationKind, Residue, Run,
};
