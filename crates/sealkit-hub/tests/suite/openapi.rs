//! The API is what its description says: every route is described, every description is a route, and what
//! the hub answers has the form that is described.

use std::collections::BTreeSet;

use crate::common::whole::Whole;
use sealkit_api::{Method, Operation, openapi, operations};
use sealkit_testkit::Reply;
use serde_json::{Value, json};

/// Questions of operations that ask for more than the path.
fn question(whole: &Whole, id: &str) -> String {
    let digest = whole.kit.manifest.digest();
    match id {
        "compare" | "compareTensors" => "?a=org/kit:v1&b=org/kit:v2".to_owned(),
        "compareText" => "?a=org/kit:v1&b=org/kit:v2&file=README.md".to_owned(),
        "previewFile" => "?file=README.md".to_owned(),
        "showBadge" => "?of=size".to_owned(),
        "readImage" => "?file=figure.png".to_owned(),
        "impact" => "?of=model:one".to_owned(),
        "proveEntries" => format!("?digest={digest}"),
        "search" => "?q=whales&limit=1".to_owned(),
        "listKits" | "listVersions" | "listFiles" | "listTensors" => "?limit=1".to_owned(),
        _ => String::new(),
    }
}

/// The request of an operation that only reads.
fn example(whole: &Whole, operation: &Operation) -> String {
    format!("{}{}", whole.filled(operation.path), question(whole, operation.id))
}

fn reads() -> impl Iterator<Item = &'static Operation> {
    operations().filter(|operation| operation.is_read())
}

/// Puts `org/kit:v1` under quarantine, by its name and by its digest, so that there is something to show.
async fn place_quarantine(whole: &Whole) {
    let why = br#"{"reason":"trained on leaked data"}"#;
    for path in operations().filter(|known| known.method == Method::Put).map(|known| known.path) {
        let path = whole.filled(path);
        let json = [("content-type", "application/json")];
        let reply = whole.ask("PUT", &path, &json, why).await;
        assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
        holds("QuarantineAnswer", &reply.json(), &path);
    }
}

/// Holds a value against a type of the description.
fn holds(schema: &str, value: &Value, what: &str) {
    let mut root = openapi();
    root["$ref"] = format!("#/components/schemas/{schema}").into();
    let judge = jsonschema::validator_for(&root).unwrap();
    let wrong: Vec<String> = judge
        .iter_errors(value)
        .map(|wrong| format!("{wrong} at {}", wrong.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{what}: {}\n{value:#}", wrong.join("\n"));
}

/// The name of the type that an operation is said to give.
fn form(operation: &Operation) -> Option<String> {
    let document = openapi();
    let method = operation.method.name().to_lowercase();
    let answer = &document["paths"][operation.template()][method]["responses"]["200"];
    let target = answer["content"]["application/json"]["schema"]["$ref"].as_str()?;
    target.rsplit('/').next().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_described_and_every_description_is_a_route() {
    let whole = Whole::start().await;
    // What axum keeps of a path is seen in its debug form alone.
    let text = format!("{:?}", whole.router);
    let paths: BTreeSet<&str> =
        text.split('"').filter(|part| part.starts_with("/api/v1/")).collect();
    assert!(paths.len() > 15, "no routes are seen");
    let mut routes = BTreeSet::new();
    for path in paths {
        let reply = whole.ask("BREW", &whole.filled(path), &[], b"").await;
        assert_eq!((reply.status, &reply.json()["code"]), (405, &json!("method-not-allowed")));
        let methods = reply.header("allow").split(',').filter(|method| *method != "HEAD");
        routes.extend(methods.map(|method| format!("{method} {path}")));
    }
    let described: BTreeSet<String> =
        operations().map(|known| format!("{} {}", known.method.name(), known.path)).collect();
    let missing: Vec<_> = routes.difference(&described).collect();
    assert!(
        missing.is_empty(),
        "these routes are not described: add a line for each to sealkit-api/src/operations \
         (`get(PATH, ID, ABOUT).gives::<TYPE>()`), derive `schemars::JsonSchema` for the type, and run \
         `cargo xtask generate api`: {missing:#?}"
    );
    let gone: Vec<_> = described.difference(&routes).collect();
    assert!(
        gone.is_empty(),
        "these operations are described, and there is no route: remove them from \
         sealkit-api/src/operations, or give the hub of tests/common/whole.rs what serves them: {gone:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_form_that_is_described() {
    let whole = Whole::start().await;
    // Before it is refused.
    let all: Vec<_> = reads().filter(|known| !known.id.starts_with("showQuarantine")).collect();
    for operation in all {
        let path = example(&whole, operation);
        let reply = whole.ask("GET", &path, &[], b"").await;
        let text = String::from_utf8_lossy(&reply.body);
        let hint = "give it what it needs in `question` or `filled`";
        assert_eq!(reply.status, 200, "{} {path}: {text}: {hint}", operation.id);
        if let Some(form) = form(operation) {
            assert_eq!(reply.header("content-type"), "application/json");
            holds(&form, &reply.json(), &path);
        } else {
            let kind = reply.header("content-type").split(';').next().unwrap();
            assert!(operation.media.contains(&kind), "{path} gives {kind}");
        }
    }
    place_quarantine(&whole).await;
    for operation in
        reads().filter(|known| known.id.contains("Quarantine") || known.id == "showVersion")
    {
        let path = example(&whole, operation);
        let reply = whole.ask("GET", &path, &[], b"").await;
        holds(&form(operation).unwrap(), &reply.json(), &path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_the_form_that_is_described() {
    let whole = Whole::start().await;
    let cases: &[(&str, &str, u16)] = &[
        ("GET", "/api/v1/kits/none/versions", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/kits/%FF/versions", 400),
        ("GET", "/api/v1/kits?limit=x", 400),
        ("GET", "/api/v1/kits?limit=9007199254740992", 400),
        ("GET", "/api/v1/search?all=maybe", 400),
        ("HEAD", "/api/v1/search?offset=", 400),
        ("GET", "/api/v1/compare?a=x", 400),
        ("GET", "/api/v1/kits/org%2Fkit/versions/v1/files?after=-1", 400),
        ("GET", "/api/v1/impact?of=", 400),
        ("DELETE", "/api/v1/kits", 405),
        ("PUT", "/api/v1/quarantine/org%2Fkit/v1", 400),
        ("POST", "/api/v1/oidc/token", 400),
    ];
    for (method, path, status) in cases {
        let reply = whole.ask(method, path, &[], b"").await;
        assert_eq!(reply.status, *status, "{method} {path}");
        if *method != "HEAD" {
            holds("ApiErrorBody", &reply.json(), path);
        }
    }
    let denied = whole.hub.client.get("/api/v1/kits").await;
    assert_eq!(denied.status, 401);
    holds("ApiErrorBody", &denied.json(), "without a token");
    let foreign = [("sec-fetch-site", "cross-site")];
    let reply = whole.hub.client.send("GET", "/api/v1/kits", &foreign, b"").await;
    assert_eq!(reply.status, 403);
    holds("ApiErrorBody", &reply.json(), "from another site");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_gives_its_own_description() {
    let whole = Whole::start().await;
    let reply = whole.ask("GET", "/api/v1/openapi.json", &[], b"").await;
    assert_eq!(reply.json(), openapi());
}

/// Headers that every answer to a read has.
fn has_cache_headers(reply: &Reply, path: &str) {
    assert_eq!(reply.header("vary"), "authorization", "{path}");
    assert_eq!(reply.header("cache-control"), "private, no-cache", "{path}");
    let tag = reply.header("etag");
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "{path}: {tag}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_not_sent_again() {
    let whole = Whole::start().await;
    place_quarantine(&whole).await;
    let lift = whole.filled("/api/v1/quarantine/{name}/{reference}");
    for operation in reads() {
        let path = example(&whole, operation);
        let first = whole.ask("GET", &path, &[], b"").await;
        if first.status == 403 {
            // Under quarantine: the next loop reads it.
            continue;
        }
        known_is_not_sent(&whole, &path, &first).await;
    }
    assert_eq!(whole.ask("DELETE", &lift, &[], b"").await.status, 204);
    let everywhere = whole.filled("/api/v1/quarantine/{digest}");
    assert_eq!(whole.ask("DELETE", &everywhere, &[], b"").await.status, 204);
    for operation in reads().filter(|known| known.path.contains("{reference}")) {
        let path = example(&whole, operation);
        let first = whole.ask("GET", &path, &[], b"").await;
        if operation.id != "showQuarantine" {
            known_is_not_sent(&whole, &path, &first).await;
        }
    }
}

async fn known_is_not_sent(whole: &Whole, path: &str, first: &Reply) {
    assert_eq!(first.status, 200, "{path}");
    has_cache_headers(first, path);
    let tag = first.header("etag");
    for sent in [tag, &format!("\"x\", W/{tag}"), "*"] {
        let again = whole.ask("GET", path, &[("if-none-match", sent)], b"").await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path} with {sent}");
        has_cache_headers(&again, path);
        assert_eq!(again.header("etag"), tag, "{path}");
    }
    let other = whole.ask("GET", path, &[("if-none-match", "\"other\"")], b"").await;
    assert_eq!((other.status, &other.body), (200, &first.body), "{path}");
    let head = whole.ask("HEAD", path, &[], b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
    assert_eq!(head.header("etag"), tag, "{path}");
    assert_eq!(head.header("content-length"), first.body.len().to_string(), "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_changes_with_what_it_stands_for() {
    let whole = Whole::start().await;
    let path = "/api/v1/kits/org%2Fkit/versions/v1";
    let before = whole.ask("GET", path, &[], b"").await;
    place_quarantine(&whole).await;
    let known = [("if-none-match", before.header("etag"))];
    let after = whole.ask("GET", path, &known, b"").await;
    assert_eq!(after.status, 200);
    assert_ne!(after.header("etag"), before.header("etag"));
}

/// Follows `Link` from page to page; every page but the last has what was asked for.
async fn follow(whole: &Whole, start: &str, list: &str, limit: usize) -> Vec<Value> {
    let (mut path, mut all) = (start.to_owned(), Vec::new());
    for _ in 0..100 {
        let reply = whole.ask("GET", &path, &[], b"").await;
        assert_eq!(reply.status, 200, "{path}");
        let page = reply.json();
        let entries = page[list].as_array().unwrap().clone();
        let link = reply.header("link");
        assert_eq!(link.is_empty(), page["next"].is_null(), "{path}");
        all.extend(entries.iter().cloned());
        if link.is_empty() {
            return all;
        }
        assert_eq!(entries.len(), limit, "{path}");
        let target = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        path = String::from(target);
    }
    panic!("{start} has no end");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_through_every_page_and_miss_nothing() {
    let whole = Whole::start().await;
    let kits = follow(&whole, "/api/v1/kits?limit=1", "kits", 1).await;
    assert_eq!(kits.len(), 3);
    let versions = follow(&whole, "/api/v1/kits/org%2Fkit/versions?limit=1", "versions", 1).await;
    assert_eq!(versions.len(), 2);
    let files = "/api/v1/kits/org%2Fkit/versions/v1/files";
    let listed = follow(&whole, &format!("{files}?limit=1"), "files", 1).await;
    let whole_list = whole.ask("GET", files, &[], b"").await.json();
    assert_eq!(
        (Value::from(listed), json!(4)),
        (whole_list["files"].clone(), whole_list["count"].clone())
    );
    let found = follow(&whole, "/api/v1/search?q=whales&all=1&limit=1", "hits", 1).await;
    assert_eq!(found.len(), 4);
    let events = follow(&whole, "/api/v1/events?limit=2", "events", 2).await;
    let numbers: BTreeSet<i64> =
        events.iter().map(|event| event["number"].as_i64().unwrap()).collect();
    assert!(numbers.len() == events.len() && events.len() > 3);
}
