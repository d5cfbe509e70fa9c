//! The JSON Schema of the Kitfile, for editors and for other tools.

use serde_json::{Map, Value, json};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a Kitfile as YAML or JSON text, without the layer digests of a config. It knows
/// the shape and the rules that stand in one place; what depends on several entries, such as
/// paths that are used twice, is checked by [`crate::Kitfile::validate`].
pub fn schema() -> Value {
    let defs = json!({
        "localPath": local_path(),
        "parameters": {
            "description": "Free data: what JSON can hold, with strings as keys.",
        },
        "modelPart": object(&[
            ("name", text("Name, which filters can select.")),
            ("path", local("Path of the file or folder.")),
            ("license", text("Licence, an SPDX identifier by convention.")),
            ("type", part_type()),
        ], &[]),
        "code": object(&[
            ("path", local("Path of the file or folder.")),
            ("description", text("What it is.")),
            ("license", text("Licence, an SPDX identifier by convention.")),
        ], &[]),
        "dataset": dataset(),
        "docs": object(&[
            ("path", local("Path of the file or folder.")),
            ("description", text("What it is.")),
        ], &[]),
        "prompt": object(&[
            ("name", text("Name, which filters can select.")),
            ("path", local("Path of the file or folder.")),
            ("description", text("What it is for.")),
        ], &[]),
        "mcpServer": mcp_server(),
    });
    let mut schema = object(&fields(), &[]);
    if let Some(map) = schema.as_object_mut() {
        let mut whole = Map::new();
        whole.insert("$schema".into(), DIALECT.into());
        whole.insert("title".into(), "Kitfile".into());
        whole.insert("description".into(), "What a ModelKit is made of, format 1.0.0.".into());
        whole.append(map);
        whole.insert("$defs".into(), defs);
        *map = whole;
    }
    schema
}

fn fields() -> Vec<(&'static str, Value)> {
    let list = |def: &str, about: &str| {
        json!({
            "description": about,
            "type": ["array", "null"],
            "items": {"$ref": format!("#/$defs/{def}")},
        })
    };
    vec![
        ("manifestVersion", scalar("Version of the format: `1.0.0`.")),
        ("package", package()),
        ("model", model()),
        ("code", list("code", "Code, one layer each.")),
        ("datasets", list("dataset", "Datasets, one layer each.")),
        ("docs", list("docs", "Documentation, one layer each.")),
        ("prompts", list("prompt", "Prompts, one layer each.")),
        ("mcpServers", list("mcpServer", "MCP bundles, one layer each.")),
    ]
}

fn package() -> Value {
    let authors = json!({
        "description": "Authors.",
        "type": ["array", "null"],
        "items": scalar("An author."),
    });
    nullable(object(
        &[
            ("name", text("Name of the kit.")),
            ("version", text("Version, SemVer by convention.")),
            ("description", text("What the kit is.")),
            ("license", text("Licence, an SPDX identifier by convention.")),
            ("authors", authors),
        ],
        &[],
    ))
}

fn model() -> Value {
    let parts = json!({
        "description": "Further parts: adapters, tokenizer, configuration. One layer each.",
        "type": ["array", "null"],
        "items": {"$ref": "#/$defs/modelPart"},
    });
    nullable(object(
        &[
            ("name", text("Name, which filters can select.")),
            ("path", text("Path of the file or folder, or a reference to another kit.")),
            ("license", text("Licence, an SPDX identifier by convention.")),
            ("framework", text("Framework, such as `pytorch`.")),
            ("format", text("Format, such as `safetensors`.")),
            ("version", text("Version of the model.")),
            ("description", text("What the model is.")),
            ("parts", parts),
            ("parameters", json!({"$ref": "#/$defs/parameters"})),
        ],
        &[],
    ))
}

fn dataset() -> Value {
    let mut dataset = object(
        &[
            ("name", text("Name, which filters can select.")),
            ("path", local("Path of the file or folder.")),
            (
                "remotePath",
                text(
                    "`s3://bucket/key` of a dataset that stays where it is, or a reference to another kit.",
                ),
            ),
            ("remoteHash", text("ETag of the `s3://` object.")),
            ("description", text("What it is.")),
            ("license", text("Licence, an SPDX identifier by convention.")),
            ("parameters", json!({"$ref": "#/$defs/parameters"})),
        ],
        &[],
    );
    if let Some(map) = dataset.as_object_mut() {
        map.insert("dependentRequired".into(), json!({"remoteHash": ["remotePath"]}));
        let is_s3 = json!({
            "required": ["remotePath"],
            "properties": {"remotePath": {"type": "string", "pattern": "^s3://"}},
        });
        map.insert("if".into(), is_s3);
        map.insert("then".into(), json!({"required": ["remoteHash"]}));
    }
    dataset
}

fn mcp_server() -> Value {
    let path = json!({
        "description": "Path of one `.mcpb` file.",
        "type": "string",
        "pattern": "\\.mcpb$",
    });
    let name = json!({
        "description": "Name, used once.",
        "type": "string",
        "minLength": 1,
    });
    let fields = [("name", name), ("path", path), ("description", text("What it is for."))];
    object(&fields, &["name", "path"])
}

fn part_type() -> Value {
    json!({
        "description": "Kind of the part, such as `lora-adapter` or `tokenizer`.",
        "type": ["string", "null"],
        "pattern": "^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$",
        "maxLength": 64,
    })
}

fn local_path() -> Value {
    json!({
        "description": "A path inside the folder of the Kitfile.",
        "type": ["string", "null"],
        "not": {"type": "string", "pattern": "^(/|[A-Za-z][A-Za-z0-9+.-]*://)"},
    })
}

fn local(about: &str) -> Value {
    json!({"description": about, "$ref": "#/$defs/localPath"})
}

fn text(about: &str) -> Value {
    scalar(about)
}

/// YAML numbers and booleans are read as the text in which they are written.
fn scalar(about: &str) -> Value {
    json!({"description": about, "type": ["string", "number", "boolean", "null"]})
}

fn nullable(mut object: Value) -> Value {
    if let Some(map) = object.as_object_mut() {
        map.insert("type".into(), json!(["object", "null"]));
    }
    object
}

fn object(fields: &[(&str, Value)], required: &[&str]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let mut object = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if let (false, Some(map)) = (required.is_empty(), object.as_object_mut()) {
        map.insert("required".into(), json!(required));
    }
    object
}
