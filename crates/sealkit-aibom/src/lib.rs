//! Facts become an AIBOM: one internal model, with a codec for each document format.
//!
//! Pure: no file, socket, clock, environment or randomness; time is an argument of the codec.
//! Equal input gives equal bytes, whatever the order of the input.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod check;
mod codec;
mod cyclonedx;
mod error;
mod from_kit;
mod identity;
mod licence;
mod lineage;
mod model;
mod summary;

pub use check::{Difference, check_against};
pub use codec::{BomCodec, EncodeOptions};
pub use cyclonedx::CycloneDx16;
pub use error::BomError;
pub use from_kit::{KitInput, from_kit};
pub use licence::{LicenceForm, licence_form};
pub use model::{
    Bom, Completeness, Component, ComponentId, Composition, Kind, Licence, Property, Relation,
    RelationKind,
};
