//! The description of the API is whole, and says what the types say.

use std::collections::BTreeSet;

use sealkit_api::{ApiCode, Kind, Method, Parameter, codes, openapi, operation, operations};
use serde_json::{Value, json};

/// Every `$ref` in a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get("$ref") {
                found.insert(target.clone());
            }
            members.values().for_each(|member| references(member, found));
        }
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_nothing_is_left_over() {
    let document = openapi();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 30);
    for target in &found {
        assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(&format!("#/components/schemas/{name}")), "{name} is used nowhere");
        let twice = name.ends_with(|last: char| last.is_ascii_digit());
        assert!(!twice, "{name}: two types have one name; rename one with `#[schemars(rename)]`");
    }
}

#[test]
fn a_type_is_taken_or_given_and_not_both() {
    // A field that may be left out of a request is always in an answer: one schema can not say both.
    let document = openapi();
    let (mut taken, mut given) = (BTreeSet::new(), BTreeSet::new());
    for described in document["paths"].as_object().unwrap().values().filter_map(Value::as_object) {
        for operation in described.values() {
            references(&operation["requestBody"], &mut taken);
            references(&operation["responses"]["200"]["content"], &mut given);
        }
    }
    assert!(taken.len() > 1 && taken.is_disjoint(&given), "{taken:?}");
}

#[test]
fn ids_and_paths_are_unique_and_every_parameter_is_explained() {
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations() {
        assert!(ids.insert(operation.id), "two operations are called {}", operation.id);
        let place = (operation.method.name(), operation.template());
        assert!(places.insert(place), "{} is described twice", operation.path);
        assert!(!operation.about.is_empty() && !operation.about.ends_with('.'), "{}", operation.id);
    }
    let document = openapi();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            for parameter in described["parameters"].as_array().into_iter().flatten() {
                let about = parameter["description"].as_str().unwrap();
                let name = &parameter["name"];
                let where_to = "explain it in `path_parameter` of sealkit-api/src/openapi.rs";
                assert!(!about.is_empty(), "{method} {path}: parameter {name}: {where_to}");
            }
        }
    }
}

#[test]
fn answers_say_what_a_client_has_to_know() {
    let document = openapi();
    let list = &document["paths"]["/api/v1/kits"]["get"];
    let answer = &list["responses"]["200"];
    let schema = json!({ "$ref": "#/components/schemas/KitList" });
    assert_eq!(answer["content"]["application/json"]["schema"], schema);
    assert!(answer["headers"]["ETag"].is_object() && answer["headers"]["Link"].is_object());
    assert!(list["responses"]["304"].is_object());
    let lift = &document["paths"]["/api/v1/quarantine/{digest}"]["delete"]["responses"];
    assert!(lift["204"].is_object() && lift["200"].is_null() && lift["304"].is_null());
    let file = &document["paths"]["/api/v1/kits/{name}/versions/{reference}/files/{path}"]["get"];
    assert!(file["responses"]["206"].is_object() && file["responses"]["416"].is_object());
    let place = &document["paths"]["/api/v1/quarantine/{digest}"]["put"]["requestBody"];
    assert_eq!(place["required"], true);
    let request = &document["components"]["schemas"]["QuarantineRequest"];
    assert_eq!(request["additionalProperties"], false);
}

#[test]
fn types_are_told_without_the_words_of_rust() {
    let document = openapi();
    let schemas = &document["components"]["schemas"];
    let version = &schemas["KitList"]["properties"]["schemaVersion"];
    assert_eq!(version["const"], sealkit_api::SCHEMA_VERSION);
    assert_eq!(schemas["KitList"]["required"], json!(["schemaVersion", "kits"]));
    assert_eq!(schemas["Digest"]["type"], "string");
    let text = document.to_string();
    assert!(!text.contains("[`") && !text.contains("`]"));
}

#[test]
fn every_code_is_told_with_its_status() {
    let codes = codes(&openapi());
    assert_eq!(codes.len(), 13);
    for (code, about) in &codes {
        assert!(about.ends_with('.'), "{code:?}");
        assert!((400..600).contains(&code.status()), "{code:?}");
    }
    assert!(codes.iter().any(|(code, _)| *code == ApiCode::MethodNotAllowed));
}

#[test]
fn operations_are_found_by_method_and_path() {
    let found = operation("GET", "/api/v1/kits/a%2Fb/versions/v1/files/a/b.txt").unwrap();
    assert_eq!((found.id, found.method), ("readFile", Method::Get));
    assert_eq!(found.path_parameters().collect::<Vec<_>>(), ["name", "reference", "path"]);
    assert!(operation("POST", "/api/v1/kits").is_none());
    for none in ["/api/v1/kits/", "/api/v1/kits/a/versions/", "/api/v1/kits/a/versions/v1/files/"] {
        assert!(operation("GET", none).is_none(), "{none}");
    }
    let files = operation("GET", "/api/v1/kits/a/versions/files/files").unwrap();
    let parameters: Vec<_> = files.parameters().map(|known| (known.name, known.kind)).collect();
    assert_eq!(parameters, [("after", Kind::Number), ("limit", Kind::Number)]);
}

#[test]
fn values_have_the_form_of_their_parameter() {
    let digest = format!("sha256:{}", "a".repeat(64));
    for (kind, good, bad) in [
        (
            Kind::Number,
            vec!["0", "9007199254740991"],
            vec!["", "-1", "9007199254740992", "1.0", "x"],
        ),
        (Kind::Flag, vec!["1", "true", "0", "false"], vec!["", "yes", "True"]),
        (Kind::Digest, vec![digest.as_str()], vec!["", "sha256:a", "md5:00"]),
        (Kind::OneOf(&["a", "b"]), vec!["a", "b"], vec!["", "c", "A"]),
        (Kind::Text, vec!["", "anything"], vec![]),
    ] {
        let parameter = Parameter::new("p", kind, "It.");
        assert!(good.iter().all(|value| parameter.admits(value)), "{kind:?}");
        assert!(!bad.iter().any(|value| parameter.admits(value)), "{kind:?}");
    }
}
