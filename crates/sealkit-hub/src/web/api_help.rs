//! `/help/api`: the description of the API for people, from the very document that machines read.

use std::sync::{Arc, LazyLock};

use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, PreEscaped, html};
use sealkit_api::{AREAS, Area, Operation, codes, openapi};
use serde_json::Value;

use super::page::{Head, page_with, table};
use super::text::{base, command, joined, prose};
use crate::hub::Shared;
use crate::serve::Peer;

/// Where the types of the document are.
const SCHEMAS: &str = "#/components/schemas/";

/// Stands for the address of the hub in what is made once.
const ADDRESS: &str = "http://127.0.0.1:5000";

/// `GET /help/api`.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    peer: Option<Extension<Peer>>,
) -> Response {
    // The same for everybody but for the address, and dear to make.
    static WHOLE: LazyLock<String> = LazyLock::new(|| whole().into_string());
    let address = base(&shared, &headers, peer.as_deref());
    let body = PreEscaped(WHOLE.replace(ADDRESS, &html! { (address) }.into_string()));
    let head = Head {
        twin: Some("/api/v1/openapi.json"),
        markdown: Some("/help/api.md"),
        ..Head::default()
    };
    page_with("API", head, &body)
}

fn whole() -> Markup {
    let document = openapi();
    html! {
        h1 { "API" }
        p { "Every page shows what one of these gives; its foot links the JSON. In a path the name of a kit is one \
             segment: its slashes are written " code { "%2F" } ". Fields are added, never removed or redefined." }
        p { a href="/api/v1/openapi.json" { "The same for machines" } " (OpenAPI 3.1). The OCI registry is below "
            code { "/v2/" } ", the log's tiles below " code { "/log/" } ", health at " code { "/healthz" } " and "
            code { "/readyz" } ", numbers for Prometheus at " code { "/metrics" } "." }
        nav aria-label="areas" { ul.filters { @for area in AREAS {
            li { a href=(format!("#{}", area.name)) { (area.name) } }
        } li { a href="#codes" { "Failures" } } li { a href="#types" { "Types" } } } }
        @for area in AREAS { (one_area(area, &document)) }
        (failures(&document))
        (types(&document))
    }
}

fn one_area(area: &Area, document: &Value) -> Markup {
    html! {
        h2 id=(area.name) { (area.name) }
        p { (area.about) }
        @for operation in area.operations {
            div.card id=(operation.id) {
                h3 { code { (operation.method.name()) " " (operation.template()) } }
                p { (operation.about) "." }
                (parameters(operation, document))
                p { "Gives " (gives(operation, document)) }
                (command(&curl(operation)))
            }
        }
    }
}

/// The operation in the document.
fn described<'a>(operation: &Operation, document: &'a Value) -> &'a Value {
    &document["paths"][operation.template()][operation.method.name().to_lowercase()]
}

fn parameters(operation: &Operation, document: &Value) -> Markup {
    let described = described(operation, document);
    let given = described["parameters"].as_array().into_iter().flatten();
    let own: Vec<&Value> = given.filter(|given| given["name"] != "If-None-Match").collect();
    let body = described["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
    html! { @if !own.is_empty() || body.is_some() { dl.asked {
        @for one in &own {
            dt { code { (text(&one["name"])) } " " span.quiet { (text(&one["in"]))
                ", " (kind(&one["schema"])) @if one["required"] == true { ", required" } } }
            dd { (prose(text(&one["description"]))) }
        }
        @if let Some(target) = body {
            dt { "Body " span.quiet { "JSON, required" } } dd { (link(target)) }
        }
    } } }
}

fn gives(operation: &Operation, document: &Value) -> Markup {
    let answer = &described(operation, document)["responses"]["200"]["content"];
    let schema = answer["application/json"]["schema"]["$ref"].as_str();
    html! {
        @if let Some(target) = schema { (link(target)) } @else if operation.media.is_empty() {
            "nothing, with status " (if operation.later { 202 } else { 204 })
        } @else { (operation.media.join(", ")) }
        @if let Some(next) = operation.next { ", in pages: " code { "next" } " is the next " code { (next) } }
        "."
    }
}

/// A line for a terminal; what a person has to fill in is in capitals, as elsewhere.
fn curl(operation: &Operation) -> String {
    let mut path = operation.template();
    for name in operation.path_parameters() {
        path = path.replace(&format!("{{{name}}}"), &name.to_uppercase());
    }
    let needed = operation.parameters().filter(|parameter| parameter.required);
    let needed: Vec<String> =
        needed.map(|known| format!("{}={}", known.name, known.name.to_uppercase())).collect();
    let query = joined(&needed);
    let method = match operation.method.name() {
        "GET" => String::new(),
        other => format!(" -X {other}"),
    };
    let body = match operation.id {
        "exchangeToken" => " -H 'Content-Type: application/json' -d '{\"token\":\"TOKEN\"}'",
        _ if operation.takes_body() => " -H 'Content-Type: application/json' -d @body.json",
        _ => "",
    };
    format!("curl -u USER:TOKEN{method}{body} '{ADDRESS}{path}{query}'")
}

fn failures(document: &Value) -> Markup {
    let rows = html! { @for (code, about) in codes(document) { tr {
        th scope="row" { code { (text(&serde_json::to_value(code).unwrap_or_default())) } }
        td { (code.status()) }
        td { (prose(&about)) }
    } } };
    html! {
        h2 #codes { "Failures" }
        p { "A failed request has a body with " code { "code" } ", a name that scripts may rely on, and "
            code { "message" } ", a sentence for people." }
        (table("codes", &["Code", "Status", "Meaning"], &rows))
    }
}

/// Every type: its fields, or its words.
fn types(document: &Value) -> Markup {
    let schemas = document["components"]["schemas"].as_object();
    html! {
        h2 #types { "Types" }
        @for (name, schema) in schemas.into_iter().flatten() {
            div.card id=(format!("type-{name}")) {
                h3 { code { (name) } }
                @if let Some(about) = schema["description"].as_str() { p { (prose(about)) } }
                (members(schema))
            }
        }
    }
}

/// Fields, or words.
fn members(schema: &Value) -> Markup {
    let required = schema["required"].as_array();
    let is_required = |field: &str| required.is_some_and(|all| all.iter().any(|of| of == field));
    let fields = schema["properties"].as_object().into_iter().flatten();
    let words = schema["oneOf"].as_array().into_iter().flatten();
    let has_any = schema["properties"].is_object() || schema["oneOf"].is_array();
    html! { @if has_any { dl.asked {
        @for (field, of) in fields {
            dt { code { (field) } " " span.quiet { (kind(of)) @if !is_required(field) { ", may be absent" } } }
            dd { (prose(text(&of["description"]))) }
        }
        @for word in words.filter(|word| word["const"].is_string()) {
            dt { code { (text(&word["const"])) } } dd { (prose(text(&word["description"]))) }
        }
    } } }
}

/// What a schema lets pass, in a few words.
fn kind(schema: &Value) -> Markup {
    if let Some(target) = schema["$ref"].as_str() {
        return link(target);
    }
    let mut either = schema["anyOf"].as_array().into_iter().flatten();
    if let Some(one) = either.find(|one| one["type"] != "null") {
        return html! { (kind(one)) " or null" };
    }
    if let Some(words) = schema["enum"].as_array() {
        return html! { @for (at, word) in words.iter().enumerate() {
            @if at > 0 { ", " } code { (text(word)) }
        } };
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ if schema["const"].is_number() => vec!["number"],
        _ => vec!["any"],
    };
    html! { (names.join(" or ")) @if !schema["items"].is_null() { " of " (kind(&schema["items"])) } }
}

/// A type of the document, as a link to where it is told.
fn link(target: &str) -> Markup {
    let name = target.strip_prefix(SCHEMAS).unwrap_or(target);
    html! { a href=(format!("#type-{name}")) { code { (name) } } }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use sealkit_api::operations;

    use super::*;

    #[test]
    fn a_line_for_a_terminal_has_what_the_request_needs() {
        let of = |id: &str| curl(operations().find(|known| known.id == id).unwrap());
        let kits = "curl -u USER:TOKEN 'http://127.0.0.1:5000/api/v1/kits'";
        assert_eq!(of("listKits"), kits);
        assert!(of("compare").ends_with("/api/v1/compare?a=A&b=B'"));
        assert!(
            of("quarantine").contains("-X PUT -H 'Content-Type: application/json' -d @body.json")
        );
        assert!(of("readFile").ends_with("/kits/NAME/versions/REFERENCE/files/PATH'"));
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(prose("a `b<c>` d").into_string(), "a <code>b&lt;c&gt;</code> d");
        assert_eq!(prose("`x`").into_string(), "<code>x</code>");
        assert_eq!(prose("run `a <b>`, then").into_string(), "run <code>a &lt;b&gt;</code>, then");
    }

    #[test]
    fn every_operation_type_and_code_is_told() {
        let document = openapi();
        let whole: String =
            AREAS.iter().map(|area| one_area(area, &document).into_string()).collect();
        for operation in operations() {
            assert!(whole.contains(&format!("id=\"{}\"", operation.id)), "{}", operation.id);
        }
        let types = types(&document).into_string();
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(types.contains(&format!("id=\"type-{name}\"")), "{name}");
        }
        // A link that leads nowhere would be a type that is not there.
        for link in whole.split("href=\"#type-").skip(1).chain(types.split("href=\"#type-").skip(1))
        {
            let name = link.split('"').next().unwrap();
            assert!(types.contains(&format!("id=\"type-{name}\"")), "{name}");
        }
        assert!(failures(&document).into_string().contains("too-many-requests"));
    }
}
