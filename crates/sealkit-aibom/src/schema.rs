//! Official schemas, which a caller brings along, against a document.

use std::collections::BTreeMap;

use serde_json::Value;

/// Most objections that are listed for one document.
const MAX_ERRORS: usize = 100;

/// The schemas cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// There is none of this name.
    #[error("no schema `{name}` is given")]
    Missing {
        /// The file name.
        name: String,
    },
    /// One is not JSON.
    #[error("schema `{name}` is not JSON: {source}")]
    Json {
        /// The file name.
        name: String,
        /// Why.
        source: serde_json::Error,
    },
    /// One is not a schema, or refers to another that is not given.
    #[error("schema `{name}` cannot be used: {reason}")]
    Unusable {
        /// The file name.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Judges documents by a schema (JSON Schema) and the schemas that it refers to.
#[derive(Debug)]
pub struct Validator(jsonschema::Validator);

/// The schemas that are given, by file name. Nothing else is ever fetched.
struct Given(BTreeMap<String, Value>);

impl jsonschema::Retrieve for Given {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let name = uri.path().as_str().rsplit('/').next().unwrap_or_default();
        let found = self.0.get(name).cloned();
        found.ok_or_else(|| format!("it refers to `{name}`, which is not given").into())
    }
}

impl Validator {
    /// A validator by the schema `main`. `documents` are the contents of schema files by file name,
    /// as they lie in one folder: for CycloneDX `bom-1.6.schema.json`, `spdx.schema.json` and
    /// `jsf-0.82.schema.json`, and for 1.7 `cryptography-defs.schema.json` too.
    pub fn new(documents: &BTreeMap<String, Vec<u8>>, main: &str) -> Result<Self, SchemaError> {
        let mut given = BTreeMap::new();
        for (name, bytes) in documents {
            let schema = serde_json::from_slice(bytes)
                .map_err(|source| SchemaError::Json { name: name.clone(), source })?;
            given.insert(name.clone(), schema);
        }
        let name = main.to_owned();
        let Some(schema) = given.get(main).cloned() else {
            return Err(SchemaError::Missing { name });
        };
        let options = jsonschema::options().with_retriever(Given(given));
        let built = options.should_validate_formats(true).build(&schema);
        let unusable = |error: jsonschema::ValidationError<'_>| SchemaError::Unusable {
            name,
            reason: error.to_string(),
        };
        built.map(Self).map_err(unusable)
    }

    /// File name of the schema of a document, by what the document says it is; none where it says
    /// nothing that is known.
    pub fn schema_of(document: &Value) -> Option<String> {
        let text = |key: &str| document.get(key).and_then(Value::as_str);
        if text("bomFormat") == Some("CycloneDX") {
            let version = text("specVersion")?;
            let plain = version.bytes().all(|c| c.is_ascii_digit() || c == b'.');
            return plain.then(|| format!("bom-{version}.schema.json"));
        }
        let context = text("@context")?;
        context.contains("spdx.org/rdf/3.").then(|| "schema.json".to_owned())
    }

    /// What is wrong with a document: where, and what. Empty where it is valid.
    pub fn errors(&self, document: &Value) -> Vec<String> {
        let all = self.0.iter_errors(document).take(MAX_ERRORS);
        all.map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}
