//! SPDX 3.0.1 as JSON-LD: AI and Dataset profiles, and Build for runs.
//!
//! Source: spdx-spec v3.0.1 (model, JSON Schema, context). What SPDX has a field for stands there; all
//! that is known of an element, with its evidence, stands in one annotation of it besides, so that a
//! document of ours reads back as the AIBOM that it was made from.

mod agents;
mod compare;
mod component;
mod graph;
mod licences;
mod note;
mod read;
mod read_component;
mod relations;
mod runs;
mod tools;
mod v23;

use std::io;

use crate::identity::urn_uuid_of;
use crate::{Bom, BomCodec, BomError, EncodeOptions, codec};
use graph::Graph;

/// The only context that a document may name.
pub(crate) const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";
/// The family name of the residue.
pub(crate) const FAMILY: &str = "SPDX";
/// Time of making where none is given: SPDX demands one, and equal kits have equal documents.
pub(super) const NO_TIME: &str = "1970-01-01T00:00:00Z";
/// Largest document that is read: 64 MiB.
const MAX_BYTES: u64 = 64 << 20;

/// The codec of SPDX 3.0.1 JSON-LD; reads SPDX 2.3 JSON too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spdx3;

impl BomCodec for Spdx3 {
    fn id(&self) -> &'static str {
        "spdx3-json"
    }

    fn name(&self) -> &'static str {
        "SPDX 3.0.1"
    }

    fn media_type(&self) -> &'static str {
        "application/spdx+json"
    }

    fn write(
        &self,
        mut bom: Bom,
        options: &EncodeOptions,
        out: &mut dyn io::Write,
    ) -> Result<(), BomError> {
        if options.timestamp.is_some() {
            bom.properties.retain(|property| !note::is_time(property));
        }
        if graph::kept_elements(&bom).is_none() {
            crate::codec::add_tool(&mut bom, options);
        }
        bom.normalise();
        // The name space follows from everything else that is said: another statement gets another
        // one, the same statement the same.
        let number = urn_uuid_of(&document(&bom, options, "urn:uuid:0")?)?;
        let document = document(&bom, options, &number)?;
        codec::finish(out, |out| Ok(serde_json::to_writer_pretty(out, &document)?))
    }

    fn decode(&self, bytes: &[u8]) -> Result<Bom, BomError> {
        let size = bytes.len() as u64;
        if size > MAX_BYTES {
            return Err(BomError::TooLarge { size, limit: MAX_BYTES });
        }
        let document = crate::strict::parse(bytes)?;
        if document.get("spdxVersion").is_some() {
            return v23::bom(document);
        }
        read::bom(document)
    }
}

fn document<'a>(
    bom: &'a Bom,
    options: &EncodeOptions,
    namespace: &str,
) -> Result<Graph<'a>, BomError> {
    let created = match &options.timestamp {
        Some(time) => crate::time::without_fraction(time)?,
        None => crate::time::created(bom).unwrap_or_else(|| NO_TIME.to_owned()),
    };
    // A document of somebody else's is written back with its own frame.
    let framed = graph::kept_elements(bom).is_some();
    let mut graph = Graph::new(bom, namespace, &created);
    if !framed {
        agents::add_creation(&mut graph, bom);
    }
    for component in bom.all() {
        component::add(&mut graph, component);
    }
    relations::add(&mut graph, bom);
    runs::add(&mut graph, bom)?;
    if !framed {
        graph.add_collections(bom)?;
    }
    Ok(graph)
}
