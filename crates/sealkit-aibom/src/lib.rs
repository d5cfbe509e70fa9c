//! Facts become an AIBOM: one internal model, with a codec for each document format.
//!
//! Pure: no file, socket, clock, environment or randomness; time is an argument of the codec.
//! Equal input gives equal bytes, whatever the order of the input.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod assemble;
mod check;
mod codec;
mod cyclonedx;
mod diff;
mod error;
mod identity;
mod input;
mod judge;
mod licence;
mod model;
pub mod name;
mod overlay;
pub mod purl;
pub mod render;
pub mod schema;
mod score;
mod shorten;
mod spdx3;
mod strict;
mod taxonomy;
mod time;
mod vulns;

pub use assemble::assemble;
pub use check::{Difference, check_against};
pub use codec::{BomCodec, CODECS, EncodeOptions, codec, codec_of, decode_any};
pub use cyclonedx::CycloneDx;
pub use diff::{Area, BomDifference, Change, diff};
pub use error::BomError;
pub use input::{FileInput, Input, PartInput, Subject, Supplied};
pub use judge::{JudgeOptions, judge, sarif};
pub use licence::{LicenceForm, is_licence, licence_form, licence_keys};
pub use model::{
    Bom, Completeness, Component, ComponentId, Composition, Hash, HashAlgorithm, Kind, Property,
    Relation, RelationKind, Residue, Run,
};
pub use overlay::{OverlayError, OverlayProblem, overlay, overlay_schema};
pub use score::{
    Category, Element, ElementResult, Penalty, Profile, ProfileError, Requirement, Scope, Score,
    ScoreContext, State, Supply, profile_ids, score, score_html, score_markdown,
};
pub use shorten::encode_within;
pub use spdx3::Spdx3;
pub use taxonomy::{PropertyRow, property_reference, taxonomy};
pub use vulns::{
    Advisories, FoundBy, TieStep, Vulnerability, VulnerabilityStatus, cyclonedx_vex, is_version,
    is_version_range, openvex, package_name, vulnerabilities,
};
