//! The API as an OpenAPI 3.1 document, made of the list of operations and the types themselves.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use crate::operation::{Kind, MAX_NUMBER, Operation, Parameter};
use crate::operations::AREAS;
use crate::{ApiCode, ApiErrorBody, SCHEMA_VERSION};

/// Where the document keeps its types.
const SCHEMAS: &str = "/components/schemas";
/// Failures that any operation can have; what each means is in the code of the body.
const FAILURES: &[(&str, &str)] = &[
    ("400", "The request is malformed."),
    ("401", "There is no good token with the request."),
    ("403", "The token does not allow it, or it is under quarantine."),
    ("404", "There is no such thing, or none that the caller may know of."),
    ("422", "What was found can not be read as asked."),
    ("429", "The client asks too often; `Retry-After` says when to ask again."),
    ("500", "The hub failed."),
    ("503", "The hub is busy or stops."),
];
const ABOUT: &str = "What a SealKit hub holds, and what it knows about it. In a path the name of a kit is \
     one segment: its slashes are written `%2F`. Fields are added to answers and never removed or redefined: \
     ignore those that you do not know. Every `GET` gives a strong `ETag`, and with `If-None-Match` says 304 \
     where nothing changed. Lists come in pages: `next` and `Link: rel=\"next\"` (RFC 8288) lead on. What \
     the caller may not read is not found, or left out.";

/// The document (OpenAPI 3.1.1), the same for equal versions of this crate.
pub fn openapi() -> Value {
    let mut given = generator(SchemaSettings::draft2020_12().for_serialize());
    let mut taken = generator(SchemaSettings::draft2020_12().for_deserialize());
    let failure = given.subschema_for::<ApiErrorBody>();
    let mut paths = Map::new();
    for area in AREAS {
        for operation in area.operations {
            let described = describe(operation, area.name, &mut given, &mut taken);
            let path = paths.entry(operation.template()).or_insert_with(|| json!({}));
            if let Some(methods) = path.as_object_mut() {
                methods.insert(operation.method.name().to_lowercase(), described);
            }
        }
    }
    let mut schemas = taken.take_definitions(true);
    schemas.extend(given.take_definitions(true));
    schemas.sort_keys();
    let mut schemas = Value::Object(schemas);
    plain(&mut schemas);
    let tags = AREAS.iter().map(|area| json!({ "name": area.name, "description": area.about }));
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "SealKit hub",
            "version": SCHEMA_VERSION.to_string(),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "basic": [] }, { "bearer": [] }, {}],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "components": components(&schemas, &failure),
    })
}

/// What operations refer to.
fn components(schemas: &Value, failure: &Schema) -> Value {
    json!({
        "securitySchemes": {
            "basic": { "type": "http", "scheme": "basic", "description": "User and token." },
            "bearer": { "type": "http", "scheme": "bearer", "description": "A token alone." },
        },
        "headers": headers(),
        "responses": {
            "Error": {
                "description": "Why there is no answer.",
                "content": { "application/json": { "schema": failure } },
            },
            "NotModified": {
                "description": "Nothing changed since the answer with the `ETag` that was sent.",
            },
        },
        "schemas": schemas,
    })
}

/// Every code of a failure and what it means, as the document says it.
pub fn codes(document: &Value) -> Vec<(ApiCode, String)> {
    let known = document.pointer("/components/schemas/ApiCode/oneOf").and_then(Value::as_array);
    let one = |known: &Value| {
        let code = ApiCode::deserialize(known.get("const")?).ok()?;
        Some((code, known.get("description")?.as_str()?.to_owned()))
    };
    known.into_iter().flatten().filter_map(one).collect()
}

fn generator(settings: SchemaSettings) -> SchemaGenerator {
    let settings = settings.with(|settings| {
        settings.definitions_path = SCHEMAS.into();
        settings.meta_schema = None;
    });
    settings.into_generator()
}

fn headers() -> Value {
    json!({
        "ETag": {
            "description": "What the answer is (RFC 9110 §8.8.3); send it as `If-None-Match`.",
            "schema": { "type": "string" },
        },
        "Link": {
            "description": "The next page, `rel=\"next\"` (RFC 8288); none on the last.",
            "schema": { "type": "string" },
        },
    })
}

fn describe(
    operation: &Operation,
    area: &str,
    given: &mut SchemaGenerator,
    taken: &mut SchemaGenerator,
) -> Value {
    let mut described = Map::new();
    described.insert("operationId".into(), operation.id.into());
    described.insert("tags".into(), json!([area]));
    described.insert("summary".into(), operation.about.into());
    let own = operation.path_parameters().map(path_parameter);
    let mut parameters: Vec<Value> = own.chain(operation.parameters().map(parameter)).collect();
    if operation.is_read() {
        parameters.push(header("If-None-Match", "The `ETag` of an answer that is known."));
    }
    if operation.ranges {
        parameters.push(header("Range", "A part of the file (RFC 9110 §14.2): `bytes=0-1023`."));
    }
    if !parameters.is_empty() {
        described.insert("parameters".into(), parameters.into());
    }
    if let Some(body) = operation.body {
        let content = json!({ "application/json": { "schema": body(taken) } });
        described.insert("requestBody".into(), json!({ "required": true, "content": content }));
    }
    described.insert("responses".into(), responses(operation, given));
    Value::Object(described)
}

fn responses(operation: &Operation, given: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    let mut answer = Map::new();
    answer.insert("description".into(), operation.about.into());
    if operation.is_read() {
        let mut headers = json!({ "ETag": { "$ref": "#/components/headers/ETag" } });
        if operation.next.is_some() {
            headers["Link"] = json!({ "$ref": "#/components/headers/Link" });
        }
        answer.insert("headers".into(), headers);
    }
    let mut content = Map::new();
    if let Some(form) = operation.answer {
        content.insert("application/json".into(), json!({ "schema": form(given) }));
    }
    for media in operation.media {
        content.insert((*media).into(), json!({}));
    }
    let status = match content.is_empty() {
        true if operation.later => "202",
        true => "204",
        false => "200",
    };
    if !content.is_empty() {
        answer.insert("content".into(), Value::Object(content));
    }
    if operation.ranges {
        responses.insert("206".into(), Value::Object(answer.clone()));
        responses.insert("416".into(), failure("The part lies outside of the file."));
    }
    responses.insert(status.into(), Value::Object(answer));
    if operation.is_read() {
        responses.insert("304".into(), json!({ "$ref": "#/components/responses/NotModified" }));
    }
    responses.extend(FAILURES.iter().map(|(status, about)| ((*status).into(), failure(about))));
    responses.sort_keys();
    Value::Object(responses)
}

fn failure(about: &str) -> Value {
    json!({ "$ref": "#/components/responses/Error", "description": about })
}

fn header(name: &str, about: &str) -> Value {
    json!({ "name": name, "in": "header", "description": about, "schema": { "type": "string" } })
}

/// Names, tags and digests as the distribution specification has them (§ "Pulling manifests").
const NAME: &str = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*";
const TAG: &str = "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}";
const DIGEST: &str = "sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}";

fn matching(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// Names are this long at most.
fn bounded(mut schema: Value) -> Value {
    schema["maxLength"] = 255.into();
    schema
}

fn path_parameter(name: &str) -> Value {
    let (about, schema) = match name {
        "name" => (
            "Name of the kit; its slashes are written `%2F`.",
            bounded(matching(&format!("^{NAME}$"))),
        ),
        "reference" => ("A tag or a digest.", matching(&format!("^({TAG}|{DIGEST})$"))),
        "tag" => ("A tag.", matching(&format!("^{TAG}$"))),
        "path" => ("Path of the file inside the kit.", json!({ "type": "string", "minLength": 1 })),
        "digest" => ("A digest.", digest()),
        "id" => ("A number.", json!({ "type": "integer", "minimum": 1, "maximum": MAX_NUMBER })),
        _ => ("", json!({ "type": "string" })),
    };
    json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema })
}

fn digest() -> Value {
    json!({ "$ref": "#/components/schemas/Digest" })
}

fn parameter(parameter: Parameter) -> Value {
    let one = match parameter.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Reference => bounded(matching(&format!("^{NAME}(:{TAG}|@({DIGEST}))$"))),
        Kind::Matching(pattern) => matching(pattern),
        Kind::Number => json!({ "type": "integer", "minimum": 0, "maximum": MAX_NUMBER }),
        Kind::Time => json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": MAX_NUMBER },
            { "type": "string", "format": "date-time" },
            { "type": "string", "format": "date" },
        ] }),
        Kind::Flag => json!({ "type": "string", "enum": ["1", "true", "0", "false"] }),
        Kind::Digest => digest(),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
    };
    let schema = if parameter.repeats { json!({ "type": "array", "items": one }) } else { one };
    let (name, about) = (parameter.name, parameter.about);
    let mut described =
        json!({ "name": name, "in": "query", "description": about, "schema": schema });
    if parameter.required {
        described["required"] = true.into();
    }
    described
}

/// Takes out of descriptions what only the documentation of Rust has, and says what the version of every
/// answer is.
fn plain(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text.replace('\n', " ").replace("[`", "`").replace("`]", "`");
            }
            if let Some(version) = members.get_mut("schemaVersion") {
                let about = "Version of this document's form.";
                *version = json!({ "const": SCHEMA_VERSION, "description": about });
            }
            members.values_mut().for_each(plain);
        }
        _ => {}
    }
}
