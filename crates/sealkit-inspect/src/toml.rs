//! TOML as a tree under a budget.

use sealkit_report::Budget;
use serde::de::DeserializeSeed;
use serde_json::Value;

use crate::InspectError;
use crate::json::Node;

/// Parses a document. Spends one entry of the budget for each node; the parser itself refuses
/// nesting that could exhaust the stack, and keys that stand twice.
pub(crate) fn parse(text: &str, budget: &mut Budget) -> Result<Value, InspectError> {
    let malformed = |error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        InspectError::Toml {
            reason: error.message().to_owned(),
            line: before.matches('\n').count() as u64 + 1,
        }
    };
    let parser = toml::Deserializer::parse(text).map_err(malformed)?;
    Node::root(budget).deserialize(parser).map_err(malformed)
}
