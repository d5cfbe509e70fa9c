//! Every operation of the API, asked by everybody: who may ask it is a table, and an operation that is missing from it
//! fails.

use crate::common::whole::Whole;
use sealkit_api::{Operation, operation, operations};
use serde_json::json;

/// What an operation on `org/kit` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Takes {
    /// Nothing: who asks shows there who they are.
    Nothing,
    /// Any good token: the answer is cut to what its owner may read.
    Token,
    /// A scope on the repository, or one that includes it.
    Aibom,
    Read,
    Write,
    Admin,
    /// Administration of every repository.
    Everything,
}

/// The table. Whoever adds an operation says here who may ask it.
fn takes(id: &str) -> Option<Takes> {
    Some(match id {
        "exchangeToken" => Takes::Nothing,
        "listKits" | "showOwner" | "search" | "impact" | "catalogState" | "listQuarantine"
        | "listAdvisories" | "showPolicy" | "listVerdicts" | "tryPolicy" | "showLog"
        | "proveEntries" | "showHubKey" | "readHubKey" | "describe" => Takes::Token,
        "readAibom" | "showAibom" | "listAiboms" => Takes::Aibom,
        "listVersions" | "showVersion" | "listFiles" | "readFile" | "previewFile" | "readImage"
        | "showCard" | "showFacts" | "showBadge" | "listTensors" | "showProvenance"
        | "showSecurity" | "showLineage" | "kitHistory" | "kitFeed" | "compare" | "compareText"
        | "compareTensors" | "showQuarantine" | "tagHistory" | "countPulls" => Takes::Read,
        "judgeVersion" => Takes::Write,
        "quarantine" | "liftQuarantine" | "deleteAibom" => Takes::Admin,
        "showQuarantineEverywhere"
        | "quarantineEverywhere"
        | "liftQuarantineEverywhere"
        | "listEvents"
        | "showAdministration"
        | "listTokens"
        | "revokeToken"
        | "listJobs"
        | "retryJob" => Takes::Everything,
        _ => return None,
    })
}

/// Who asks: scopes, and the most that they are good for on `org/kit`.
const CALLERS: [(&str, Takes); 9] = [
    ("admin:other", Takes::Token),
    ("admin:org/kit-x", Takes::Token),
    ("admin:org/kit/below", Takes::Token),
    ("read:or", Takes::Token),
    ("aibom:org/kit", Takes::Aibom),
    ("read:org", Takes::Read),
    ("write:org/kit", Takes::Write),
    ("admin:org", Takes::Admin),
    ("admin:*", Takes::Everything),
];

/// The request, such that it changes nothing where it is let through.
fn request(whole: &Whole, operation: &Operation) -> String {
    let nowhere = format!("sha256:{}", "0".repeat(64));
    let path = operation.path.replace("{id}", "999999");
    let path = match operation.method.name() {
        "GET" => path,
        _ => path.replace("{digest}", &nowhere),
    };
    let query = match operation.id {
        "compare" | "compareTensors" => "?a=org/kit:v1&b=org/kit:v2",
        "compareText" => "?a=org/kit:v1&b=org/kit:v2&file=README.md",
        "previewFile" => "?file=README.md",
        "readImage" => "?file=figure.png",
        "showBadge" => "?of=size",
        "impact" => "?of=model:one",
        "proveEntries" => "?index=0",
        _ => "",
    };
    format!("{}{query}", whole.filled(&path))
}

#[test]
fn every_operation_is_in_the_table() {
    let missing: Vec<&str> =
        operations().map(|known| known.id).filter(|id| takes(id).is_none()).collect();
    assert!(missing.is_empty(), "say in `takes` of this file who may ask them: {missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_is_let_through_and_nobody_else() {
    let whole = Whole::start().await;
    let (bearer, basic) = ("Bearer nonsense".to_owned(), "Basic Og==".to_owned());
    for operation in operations() {
        let Some(takes) = takes(operation.id) else { continue };
        let (method, path) = (operation.method.name(), request(&whole, operation));
        for nobody in [None, Some(&bearer), Some(&basic)] {
            let headers: Vec<_> =
                nobody.into_iter().map(|value| ("authorization", value.as_str())).collect();
            let reply = whole.hub.client.send(method, &path, &headers, b"").await;
            let refused = reply.status == 401;
            // An operation that shows who asks refuses what is sent to it by its own rules.
            let own = takes == Takes::Nothing && !matches!(reply.status, 200 | 403);
            assert!(refused || own, "{} of {nobody:?}: {}", operation.id, reply.status);
            if refused && takes != Takes::Nothing {
                assert!(!reply.header("www-authenticate").is_empty(), "{}", operation.id);
                assert_eq!(reply.json()["code"], "unauthorized", "{}", operation.id);
            }
        }
    }
    for (scope, most) in CALLERS {
        let token = whole.token(scope).await;
        let bearer = format!("Bearer {token}");
        for operation in operations() {
            let Some(takes) = takes(operation.id) else { continue };
            let (method, path) = (operation.method.name(), request(&whole, operation));
            let headers = [("authorization", bearer.as_str())];
            let reply = whole.hub.client.send(method, &path, &headers, b"").await;
            let what = format!("{} by {scope}: {}", operation.id, reply.status);
            let text = String::from_utf8_lossy(&reply.body);
            if takes <= most {
                let refused = matches!(reply.status, 401 | 403) && takes != Takes::Nothing;
                assert!(!refused && reply.status < 500, "{what}: {text}");
            } else {
                assert_eq!(
                    (reply.status, &reply.json()["code"]),
                    (403, &json!("denied")),
                    "{what}"
                );
                assert!(!text.contains("whales"), "{what}: {text}");
            }
        }
    }
    let head = operation("GET", "/api/v1/kits").unwrap();
    assert_eq!(head.id, "listKits", "nothing was changed on the way");
    assert_eq!(
        whole.ask("GET", "/api/v1/kits/org%2Fkit/versions/v1/files", &[], b"").await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn places_in_lists_that_somebody_made_up_show_nothing_more() {
    let whole = Whole::start().await;
    let other = format!("Bearer {}", whole.token("read:other").await);
    let all = format!("Bearer {}", whole.admin);
    let long = "9".repeat(5_000);
    let places = [
        "org",
        "org/kit",
        "%00",
        "-1",
        "0",
        "1e9",
        "99999999999999999999999",
        "18446744073709551615",
        "..%2F..",
        "'%20OR%201=1--",
        "%FF",
        "%0D%0A",
        "0,sha256:0000000000000000000000000000000000000000000000000000000000000000,",
        "eyJhIjoxfQ==",
        &long,
    ];
    let mut lists = 0;
    for operation in operations() {
        let Some(next) = operation.next else { continue };
        lists += 1;
        let path = request(&whole, operation);
        let sign = if path.contains('?') { '&' } else { '?' };
        for place in places {
            let path = format!("{path}{sign}{next}={place}&limit=1");
            for (bearer, is_all) in [(&other, false), (&all, true)] {
                let headers = [("authorization", bearer.as_str())];
                let reply = whole.hub.client.send("GET", &path, &headers, b"").await;
                let good = matches!(reply.status, 200 | 400) || (!is_all && reply.status == 403);
                let short: String = path.chars().take(120).collect();
                assert!(good || reply.status == 404, "{short}: {}", reply.status);
                let text = String::from_utf8_lossy(&reply.body);
                assert!(is_all || !text.contains("whales"), "{short}: {text}");
                // Who is asked about is repeated.
                let text = text.replace("\"name\":\"org/kit\"", "");
                let told = reply.status == 200 && text.contains("\"org/kit");
                assert!(is_all || !told, "{short}: {text}");
            }
        }
    }
    assert!(lists >= 9, "{lists} lists are in pages");
}

/// The same for what is no operation of the API: pages, feeds, the log and what looks after the hub.
fn page_takes(path: &str) -> Option<Takes> {
    Some(match path {
        "/healthz" | "/readyz" | "/token" => Takes::Nothing,
        "/"
        | "/open"
        | "/search"
        | "/impact"
        | "/advisories"
        | "/advisories.atom"
        | "/policy"
        | "/kits/{name}/"
        | "/help/marks"
        | "/help/api"
        | "/help/api.md"
        | "/llms.txt"
        | "/assets/hub.css"
        | "/assets/hub.js"
        | "/log/checkpoint"
        | "/log/trusted_root.json" => Takes::Token,
        "/kits/{name}/{reference}/aibom" => Takes::Aibom,
        "/kits/{name}/{reference}/quarantine" | "/kits/{name}/{reference}/delete" => Takes::Admin,
        "/metrics"
        | "/activity"
        | "/admin"
        | "/admin/tokens/{id}"
        | "/admin/jobs/{name}/{digest}/retry"
        | "/log/tile/{*path}"
        | "/log/api/v2/log/entries" => Takes::Everything,
        // With its two sides; without them it asks for them.
        "/compare" | "/compare/text" | "/compare/tensors" => Takes::Read,
        path if path.starts_with("/kits/{name}") => Takes::Read,
        // It is asked by POST, and cut to the caller.
        "/policy/trial" => Takes::Everything,
        _ => return None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_feeds_are_for_whom_the_table_says() {
    let whole = Whole::start().await;
    // What axum keeps of a path is seen in its debug form alone.
    let text = format!("{:?}", whole.router);
    let is_path = |part: &&str| {
        part.starts_with('/') && !part.contains([' ', '\n', ',']) && !part.contains("__private")
    };
    let other = |part: &&str| !["/api/v1", "/v2"].iter().any(|api| part.starts_with(api));
    let mut paths: Vec<&str> = text.split('"').filter(is_path).filter(other).collect();
    paths.sort_unstable();
    paths.dedup();
    assert!(paths.len() > 30, "no routes are seen: {paths:?}");
    let missing: Vec<_> = paths.iter().filter(|path| page_takes(path).is_none()).collect();
    assert!(missing.is_empty(), "say in `page_takes` of this file who may see them: {missing:?}");
    for (scope, most) in CALLERS {
        let bearer = format!("Bearer {}", whole.token(scope).await);
        for path in &paths {
            let Some(takes) = page_takes(path) else { continue };
            let query = if path.starts_with("/compare") {
                "?a=org/kit:v1&b=org/kit:v2&file=README.md"
            } else if path.ends_with("/preview") {
                "?file=README.md"
            } else {
                ""
            };
            let asked = format!("{}{query}", whole.filled(&path.replace("{id}", "999999")));
            let headers = [("authorization", bearer.as_str()), ("accept", "text/html")];
            let reply = whole.hub.client.send("GET", &asked, &headers, b"").await;
            let what = format!("{asked} by {scope}: {}", reply.status);
            let text = String::from_utf8_lossy(&reply.body);
            if takes <= most {
                let refused = matches!(reply.status, 401 | 403) && takes != Takes::Nothing;
                assert!(!refused && reply.status < 500, "{what}: {text}");
            } else {
                assert_eq!(reply.status, 403, "{what}: {text}");
                assert!(!text.contains("whales"), "{what}: {text}");
            }
            if takes > Takes::Token {
                let nobody = whole.hub.client.send("GET", &asked, &headers[1..], b"").await;
                assert_eq!(nobody.status, 401, "{asked} by nobody");
            }
        }
    }
}
