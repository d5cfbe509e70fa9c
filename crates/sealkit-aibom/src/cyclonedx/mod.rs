//! CycloneDX as JSON (ECMA-424): 1.6 and 1.7 written, 1.4 to 1.7 read, own or foreign.
//!
//! - `place.rs` is the table of where each claim goes; `element.rs`, `party.rs` and `licence.rs`
//!   write and read the values; `claims.rs` decides which claims need a property besides; `own.rs` is the form of
//!   these properties; `alias.rs` repeats some under other names.
//! - `entry.rs` writes a component with its evidence (`known.rs`), `bare.rs` a file of which little is known, `tie.rs` the ties, `run.rs` the runs, `citation.rs` the
//!   citations of 1.7, `statements.rs` what the AIBOM says of itself, `document.rs` all of it, entry by entry.
//! - `read.rs` reads, `read_ties.rs` the ties, and `patch.rs` keeps what the model has no place for. Vulnerabilities and
//!   everything else that nobody reads yet are kept like that. What was read as 1.7 and is written as
//!   1.6 leaves out what is newer (`older.rs`).
//!
//! What is read and written again in its own version says the same; only the order of members and
//! of list elements may differ. What is written and read again is the same AIBOM.

mod alias;
mod bare;
mod citation;
mod claims;
mod document;
mod element;
mod entry;
mod known;
mod licence;
mod older;
mod own;
mod party;
mod patch;
mod place;
mod read;
mod read_ties;
mod run;
mod shape;
mod statements;
mod tie;
mod types;

use std::collections::BTreeMap;
use std::io;

use sealkit_inspect::{InspectError, Value, json, property};
use sealkit_report::Budget;
use serde::de::Error as _;

use crate::{Bom, BomCodec, BomError, EncodeOptions, Property, codec};
use types::Timestamp;

/// Largest document that is read: 64 MiB.
const MAX_BYTES: u64 = 64 << 20;
/// Most values in a document.
const MAX_VALUES: u64 = 16_000_000;
/// Deepest nesting.
const MAX_DEPTH: u32 = 120;

/// The codec of CycloneDX as JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CycloneDx {
    /// Version 1.6.
    #[default]
    V1_6,
    /// Version 1.7.
    V1_7,
}

use CycloneDx as Version;

impl Version {
    fn number(self) -> &'static str {
        match self {
            Self::V1_6 => "1.6",
            Self::V1_7 => "1.7",
        }
    }

    fn schema(self) -> &'static str {
        match self {
            Self::V1_6 => "http://cyclonedx.org/schema/bom-1.6.schema.json",
            Self::V1_7 => "http://cyclonedx.org/schema/bom-1.7.schema.json",
        }
    }
}

/// What a value is written for.
struct Context<'a> {
    version: Version,
    /// All claims of the same component.
    claims: &'a [Property],
    /// How many of them are licences.
    licences: usize,
    /// Types of inputs and outputs, by claim and subject.
    types: BTreeMap<(&'a str, &'a str), &'a Value>,
}

impl<'a> Context<'a> {
    fn new(version: Version, claims: &'a [Property]) -> Self {
        let licences = claims.iter().filter(|claim| claim.name == property::LICENCE).count();
        let mut types = BTreeMap::new();
        for claim in claims {
            if [property::INPUT_TYPE, property::OUTPUT_TYPE].contains(&claim.name.as_str()) {
                types.entry((claim.name.as_str(), claim.subject.as_str())).or_insert(&claim.value);
            }
        }
        Self { version, claims, licences, types }
    }
}

impl BomCodec for CycloneDx {
    fn id(&self) -> &'static str {
        match self {
            Self::V1_6 => "cyclonedx-json",
            Self::V1_7 => "cyclonedx-json@1.7",
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::V1_6 => "CycloneDX 1.6",
            Self::V1_7 => "CycloneDX 1.7",
        }
    }

    fn media_type(&self) -> &'static str {
        sealkit_oci::media_type::CYCLONEDX
    }

    fn write(
        &self,
        mut bom: Bom,
        options: &EncodeOptions,
        out: &mut dyn io::Write,
    ) -> Result<(), BomError> {
        state(&mut bom, options)?;
        bom.normalise();
        codec::finish(out, |out| document::write(&bom, *self, out))
    }

    fn decode(&self, bytes: &[u8]) -> Result<Bom, BomError> {
        let size = bytes.len() as u64;
        if size > MAX_BYTES {
            return Err(BomError::TooLarge { size, limit: MAX_BYTES });
        }
        let mut budget = Budget::new(MAX_BYTES, MAX_VALUES, 0, MAX_DEPTH);
        let root = json::parse(bytes, &mut budget).map_err(|error| match error {
            InspectError::Json(error) => BomError::Json(error),
            other => BomError::Json(serde_json::Error::custom(other)),
        })?;
        let serde_json::Value::Object(root) = root else {
            return Err(BomError::Json(serde_json::Error::custom("expected an object")));
        };
        let text = |key: &str| root.get(key).and_then(|v| v.as_str()).unwrap_or_default();
        let (format, version) = (text("bomFormat"), text("specVersion"));
        if format != document::FORMAT {
            return Err(BomError::Format { found: format.to_owned() });
        }
        let version = match version {
            "1.4" | "1.5" | "1.6" => Version::V1_6,
            "1.7" => Version::V1_7,
            other => return Err(BomError::Version { found: other.to_owned() }),
        };
        read::bom(root, version)
    }
}

/// Puts on the AIBOM when and with what the document is made.
fn state(bom: &mut Bom, options: &EncodeOptions) -> Result<(), BomError> {
    if let Some(time) = &options.timestamp {
        if Timestamp::new(time).is_none() {
            return Err(BomError::Timestamp { found: time.clone() });
        }
        bom.properties.retain(|claim| claim.name != property::CREATED);
        bom.properties.push(Property::text(property::CREATED, time.as_str(), None));
    }
    crate::codec::add_tool(bom, options);
    Ok(())
}
