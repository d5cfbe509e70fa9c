//! The Kitfile as JSON: the config of a ModelKit.

use std::collections::BTreeMap;

use sealkit_oci::{Digest, go_json};
use sealkit_report::Exceeded;
use serde::de::Error as _;
use serde_json::{Error, Map, Value as Json};

use crate::yaml::MAX_BYTES;
use crate::{
    Code, Dataset, Docs, Kitfile, KitfileError, LayerInfo, McpServer, Model, ModelPart, Package,
    Prompt, Value,
};

impl Kitfile {
    /// The bytes of the config: equal to those that `kit` writes for the same Kitfile.
    ///
    /// # Errors
    /// [`KitfileError::Json`] when a number under `parameters` is not finite, which
    /// [`Kitfile::parse`] never lets in.
    pub fn to_json(&self) -> Result<Vec<u8>, KitfileError> {
        Ok(go_json::to_vec(self)?)
    }
}

/// Reads a config; see [`Kitfile::from_json`].
pub(crate) fn from_slice(bytes: &[u8]) -> Result<Kitfile, KitfileError> {
    if bytes.len() as u64 > MAX_BYTES {
        let source = Exceeded { what: "byte", limit: MAX_BYTES };
        return Err(KitfileError::Limit { origin: "config".to_owned(), source });
    }
    // Go reads bytes that are no UTF-8 as U+FFFD.
    let text = String::from_utf8_lossy(bytes);
    let json: Json = serde_json::from_str(&text)?;
    Ok(kitfile(&Object::of(&json, "the config")?)?)
}

fn kitfile(object: &Object<'_>) -> Result<Kitfile, Error> {
    Ok(Kitfile {
        manifest_version: object.string("manifestVersion")?,
        package: object.object("package")?.map(|it| package(&it)).transpose()?.unwrap_or_default(),
        model: object.object("model")?.map(|it| model(&it)).transpose()?,
        code: object.list("code", code)?,
        datasets: object.list("datasets", dataset)?,
        docs: object.list("docs", docs)?,
        prompts: object.list("prompts", prompt)?,
        mcp_servers: object.list("mcpServers", mcp_server)?,
    })
}

fn package(object: &Object<'_>) -> Result<Package, Error> {
    Ok(Package {
        name: object.string("name")?,
        version: object.string("version")?,
        description: object.string("description")?,
        license: object.string("license")?,
        authors: object.strings("authors")?,
    })
}

fn model(object: &Object<'_>) -> Result<Model, Error> {
    Ok(Model {
        name: object.string("name")?,
        path: object.string("path")?,
        license: object.string("license")?,
        framework: object.string("framework")?,
        format: object.string("format")?,
        version: object.string("version")?,
        description: object.string("description")?,
        parts: object.list("parts", model_part)?,
        parameters: object.parameters(),
        layer: object.layer()?,
    })
}

fn model_part(object: &Object<'_>) -> Result<ModelPart, Error> {
    Ok(ModelPart {
        name: object.string("name")?,
        path: object.string("path")?,
        license: object.string("license")?,
        kind: object.string("type")?,
        layer: object.layer()?,
    })
}

fn code(object: &Object<'_>) -> Result<Code, Error> {
    Ok(Code {
        path: object.string("path")?,
        description: object.string("description")?,
        license: object.string("license")?,
        layer: object.layer()?,
    })
}

fn dataset(object: &Object<'_>) -> Result<Dataset, Error> {
    Ok(Dataset {
        name: object.string("name")?,
        path: object.string("path")?,
        remote_path: object.string("remotePath")?,
        remote_hash: object.string("remoteHash")?,
        description: object.string("description")?,
        license: object.string("license")?,
        parameters: object.parameters(),
        layer: object.layer()?,
    })
}

fn docs(object: &Object<'_>) -> Result<Docs, Error> {
    let (path, description) = (object.string("path")?, object.string("description")?);
    Ok(Docs { path, description, layer: object.layer()? })
}

fn prompt(object: &Object<'_>) -> Result<Prompt, Error> {
    let (name, path) = (object.string("name")?, object.string("path")?);
    Ok(Prompt { name, path, description: object.string("description")?, layer: object.layer()? })
}

fn mcp_server(object: &Object<'_>) -> Result<McpServer, Error> {
    let (name, path) = (object.string("name")?, object.string("path")?);
    Ok(McpServer { name, path, description: object.string("description")?, layer: object.layer()? })
}

struct Object<'a> {
    map: &'a Map<String, Json>,
}

impl<'a> Object<'a> {
    fn of(json: &'a Json, what: &str) -> Result<Self, Error> {
        let map = json.as_object().ok_or_else(|| wrong(what, "an object", json))?;
        Ok(Self { map })
    }

    /// The value of a key, whatever its case, as Go reads it; null counts as absent.
    fn get(&self, key: &str) -> Option<&'a Json> {
        let folded = || {
            let mut all = self.map.iter().rev();
            all.find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
        };
        self.map.get(key).or_else(folded).filter(|value| !value.is_null())
    }

    fn string(&self, key: &str) -> Result<String, Error> {
        match self.get(key) {
            None => Ok(String::new()),
            Some(Json::String(text)) => Ok(text.clone()),
            Some(other) => Err(wrong(key, "a string", other)),
        }
    }

    fn strings(&self, key: &str) -> Result<Vec<String>, Error> {
        let read = |item: &Json| match item {
            Json::String(text) => Ok(text.clone()),
            Json::Null => Ok(String::new()),
            other => Err(wrong(key, "a list of strings", other)),
        };
        self.items(key)?.iter().map(read).collect()
    }

    fn object(&self, key: &str) -> Result<Option<Self>, Error> {
        self.get(key).map(|json| Object::of(json, key)).transpose()
    }

    fn list<T: Default>(
        &self,
        key: &str,
        read: impl Fn(&Object<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let read = |item: &Json| match item {
            Json::Null => Ok(T::default()),
            item => read(&Object::of(item, key)?),
        };
        self.items(key)?.iter().map(read).collect()
    }

    fn items(&self, key: &str) -> Result<&'a [Json], Error> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Json::Array(items)) => Ok(items),
            Some(other) => Err(wrong(key, "a list", other)),
        }
    }

    fn layer(&self) -> Result<LayerInfo, Error> {
        let digest = |key| match self.string(key)? {
            text if text.is_empty() => Ok(None),
            text => text.parse::<Digest>().map(Some).map_err(Error::custom),
        };
        Ok(LayerInfo { digest: digest("digest")?, diff_id: digest("diffId")? })
    }

    fn parameters(&self) -> Option<Value> {
        self.get("parameters").map(value)
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(map) => {
            let pairs = map.iter().map(|(key, item)| (key.clone(), value(item)));
            Value::Map(pairs.collect::<BTreeMap<_, _>>())
        }
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) if whole.unsigned_abs() > MAX_EXACT => Value::Int(whole),
            (None, Some(whole)) => Value::Uint(whole),
            _ => number.as_f64().map_or(Value::Null, Value::Float),
        },
    }
}

/// The largest whole number below which a float holds every one.
const MAX_EXACT: u64 = 1 << 53;

fn wrong(field: &str, expected: &str, found: &Json) -> Error {
    let found = match found {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    Error::custom(format!("`{field}` must be {expected}, but is {found}"))
}
