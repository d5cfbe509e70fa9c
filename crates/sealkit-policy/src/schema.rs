//! The JSON Schema of a policy, for editors and for other tools.

use serde_json::Value;

use crate::model::Document;

/// The schema of a policy as YAML or JSON text. It knows the shape; what depends on several entries
/// is checked by [`crate::Policy::parse`].
pub fn schema() -> Value {
    schemars::schema_for!(Document).to_value()
}
