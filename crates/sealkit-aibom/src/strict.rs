//! Documents of strangers as JSON: a key may stand only once; size, nodes and depth are limited.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use crate::BomError;

/// Most nodes of a document.
const MAX_NODES: u64 = 20_000_000;
/// Deepest nesting.
const MAX_DEPTH: u32 = 256;

/// Parses a document, whose root must be an object.
pub(crate) fn parse(bytes: &[u8]) -> Result<Map<String, Json>, BomError> {
    let mut budget = Budget::new(bytes.len() as u64, MAX_NODES, 0, MAX_DEPTH);
    match sealkit_inspect::json::parse(bytes, &mut budget) {
        Ok(Json::Object(map)) => Ok(map),
        Ok(_) => Err(BomError::Shape { reason: "its root is no object".to_owned() }),
        Err(error) => Err(BomError::Shape { reason: error.to_string() }),
    }
}
