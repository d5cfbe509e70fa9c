//! CycloneDX 1.6 as JSON (ECMA-424): written with keys in the schema's order, read from 1.4 on.

mod document;
mod evidence;
mod read;
mod write;

use crate::identity::urn_uuid;
use crate::{Bom, BomCodec, BomError, EncodeOptions};
use document::Document;

/// Largest document that is read: 64 MiB.
const MAX_BYTES: u64 = 64 << 20;

/// The codec of CycloneDX 1.6 JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct CycloneDx16;

impl BomCodec for CycloneDx16 {
    fn name(&self) -> &'static str {
        "CycloneDX 1.6"
    }

    fn media_type(&self) -> &'static str {
        sealkit_oci::media_type::CYCLONEDX
    }

    fn encode(&self, bom: &Bom, options: &EncodeOptions) -> Result<Vec<u8>, BomError> {
        let mut bom = bom.clone();
        bom.normalise();
        let mut document = write::document(&bom, options)?;
        // The serial number follows from everything else that is said: another statement gets
        // another number, the same statement the same one.
        document.serial_number = Some(urn_uuid(&serde_json::to_vec(&document)?));
        let mut bytes = serde_json::to_vec_pretty(&document)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Bom, BomError> {
        let size = bytes.len() as u64;
        if size > MAX_BYTES {
            return Err(BomError::TooLarge { size, limit: MAX_BYTES });
        }
        let document: Document = serde_json::from_slice(bytes)?;
        read::bom(document)
    }
}
