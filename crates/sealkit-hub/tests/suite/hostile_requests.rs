//! Requests of visitors who mean ill: markup in every part of an address, digests that are none, names of other
//! hosts, line ends for headers. Nothing of it comes back as more than text.

use crate::common::TestHub;
use crate::common::guarded::Guarded;
use sealkit_testkit::{Client, KitBuilder, Reply};

/// What stands for a name, a reference or a digest in an address.
const PARTS: [&str; 16] = [
    "%3Cimg%20src=x%20onerror=alert(1)%3E",
    "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "'%3E%3Csvg%20onload=alert(1)%3E",
    "sha256:1",
    "sha256:%3Cb%3E",
    "..",
    "%2e%2e",
    "..%2F..%2Fetc%2Fpasswd",
    "org%2F..%2Forg%2Fkit",
    "%252e%252e%252f",
    "%2F",
    "a%00b",
    "%FF%FE",
    "a%0D%0ASet-Cookie:%20evil=1",
    "%E2%80%AEtxt.exe",
    "javascript:alert(1)",
];

/// Every page and feed with a part of its address that a visitor chooses.
const ADDRESSES: [&str; 24] = [
    "/kits/{name}",
    "/kits/{name}/",
    "/kits/{name}/-/history",
    "/kits/{name}/{reference}",
    "/kits/{name}/{reference}/files",
    "/kits/{name}/{reference}/files?from={reference}",
    "/kits/{name}/{reference}/preview?file={reference}",
    "/kits/{name}/{reference}/tensors?file={reference}&layer={reference}",
    "/kits/{name}/{reference}/aibom?digest={reference}",
    "/kits/{name}/{reference}/attached",
    "/kits/{name}/{reference}/security?rule={reference}",
    "/kits/{name}/{reference}/provenance",
    "/kits/{name}/{reference}/lineage?view={reference}",
    "/kits/{name}/{reference}/raw",
    "/kits/{name}/{reference}/quarantine?reason={reference}",
    "/kits/{name}/{reference}/delete",
    "/kits/{name}/{reference}/verdict",
    "/kits/{name}/{reference}/index.md",
    "/admin/tokens/{reference}",
    "/compare?a={name}:{reference}&b={name}:v1",
    "/compare/text?a={name}:{reference}&b={name}:v1&file={reference}",
    "/open?reference={name}:{reference}",
    "/impact?of={reference}",
    "/search?q={reference}&licence={reference}&below={name}",
];

/// That an answer is what a browser can do nothing with.
fn is_harmless(reply: &Reply, what: &str) {
    let policy = reply.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{what}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
    assert!(reply.headers.get("set-cookie").is_none(), "{what}");
    let text = String::from_utf8_lossy(&reply.body);
    // The hub's own badges and its own script.
    let text = text.replace("<img class=\"badge\" src=\"/api/v1/", "");
    let text = text.replace("<script src=\"/assets/hub.js\"></script>", "");
    if reply.header("content-type").starts_with("text/html") {
        for markup in
            ["<img", "<script", "<svg onload", "=\"javascript:", "\u{202e}", "onerror=alert(1)>"]
        {
            assert!(!text.contains(markup), "{what}: {markup} in {text}");
        }
    } else {
        let (status, kind) = (reply.status, reply.header("content-type"));
        let is_nothing = text.is_empty() && kind.is_empty();
        assert!(policy.contains("sandbox") || is_nothing, "{what}: {status} {kind} {policy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_part_of_an_address_is_markup_anywhere() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let kit = KitBuilder::small("k").build();
    guarded.push_kit(&boss, "org/kit", "v1", &kit).await;
    let bearer = format!("Bearer {boss}");
    let headers = [("Authorization", bearer.as_str()), ("Accept", "text/html")];
    for address in ADDRESSES {
        for part in PARTS {
            let all = [
                address.replace("{name}", part).replace("{reference}", "v1"),
                address.replace("{name}", "org%2Fkit").replace("{reference}", part),
                address.replace("{name}", part).replace("{reference}", part),
            ];
            for path in all {
                let reply = guarded.hub.client.send("GET", &path, &headers, b"").await;
                assert!(reply.status < 500, "{path}: {}", reply.status);
                is_harmless(&reply, &path);
                let reply =
                    guarded.hub.client.send("GET", &format!("/api/v1{path}"), &headers, b"").await;
                assert!(reply.status < 500, "/api/v1{path}: {}", reply.status);
                is_harmless(&reply, &path);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_act_take_no_digest_that_is_none() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let kit = KitBuilder::small("k").build();
    guarded.push_kit(&boss, "b", "v1", &kit).await;
    let digest = kit.manifest.digest().to_string();
    let own = [("Sec-Fetch-Site", "same-origin")];
    let long = format!("sha256:{}", "a".repeat(10_000));
    let bodies = [
        String::new(),
        "digest=".to_owned(),
        "digest=sha256:1".to_owned(),
        "digest=%3Cimg%3E".to_owned(),
        format!("digest={long}"),
        format!("digest=sha256:{}", "0".repeat(64)),
        format!("digest={}", digest.to_uppercase()),
        "digest=%0D%0A".to_owned(),
    ];
    for path in ["/kits/b/v1/delete", &format!("/kits/b/{digest}/delete")] {
        for body in &bodies {
            let reply = guarded.form(&boss, path, &own, body).await;
            assert!((400..500).contains(&reply.status), "{path} {body}: {}", reply.status);
            is_harmless(&reply, body);
        }
    }
    for path in
        ["/kits/b/sha256:1/delete", "/kits/b/%3Cimg%3E/delete", &format!("/kits/b/{long}/delete")]
    {
        let reply = guarded.form(&boss, path, &own, &format!("digest={digest}")).await;
        assert!((400..500).contains(&reply.status), "{path}: {}", reply.status);
        is_harmless(&reply, path);
    }
    let there = guarded.ask(&boss, "GET", &format!("/v2/b/manifests/{digest}"), b"").await;
    assert_eq!(there.status, 200, "nothing was deleted");
    assert_eq!(guarded.ask(&boss, "GET", "/v2/b/manifests/v1", b"").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_kit_under_quarantine_is_told_but_that_it_is() {
    let guarded = Guarded::start(false).await;
    let boss = guarded.token("boss", &["admin:*"]).await;
    let kit = KitBuilder::new("secretname")
        .model("secret.bin", b"secretbytes")
        .docs("README.md", b"# secretcard");
    let kit = kit.build();
    guarded.push_kit(&boss, "org/kit", "v1", &kit).await;
    let why = br#"{"reason":"leaked"}"#;
    let bearer = format!("Bearer {boss}");
    let json = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let placed =
        guarded.hub.client.send("PUT", "/api/v1/quarantine/org%2Fkit/v1", &json, why).await;
    assert_eq!(placed.status, 200);
    let layer = kit.manifest.value().layers()[0].digest.clone();
    let digest = kit.manifest.digest();
    for reference in ["v1".to_owned(), digest.to_string()] {
        let (page, api) = (
            format!("/kits/org%2Fkit/{reference}"),
            format!("/api/v1/kits/org%2Fkit/versions/{reference}"),
        );
        let refused = [
            format!("{page}/raw"),
            format!("{page}/files"),
            format!("{page}/preview?file=secret.bin"),
            format!("{page}/tensors"),
            format!("{api}/files"),
            format!("{api}/files/secret.bin"),
            format!("{api}/files/secret%2Ebin"),
            format!("{api}/preview?file=README.md"),
            format!("{api}/image?file=secret.bin"),
            format!("{api}/card"),
            format!("{api}/tensors"),
            format!("/api/v1/compare?a=org/kit@{digest}&b=org/kit:v1"),
            "/api/v1/compare/text?a=org/kit:v1&b=org/kit:v1&file=README.md".to_owned(),
            format!("/v2/org/kit/manifests/{reference}"),
            format!("/v2/org/kit/blobs/{layer}"),
        ];
        for path in refused {
            let reply = guarded.ask(&boss, "GET", &path, b"").await;
            assert_eq!(reply.status, 403, "{path}: {}", String::from_utf8_lossy(&reply.body));
            says_no_secret(&reply, &path);
        }
        for path in [format!("{page}/index.md"), page.clone(), api.clone()] {
            let reply = guarded.ask(&boss, "GET", &path, b"").await;
            assert_eq!(reply.status, 200, "{path}");
            says_no_secret(&reply, &path);
            assert!(String::from_utf8_lossy(&reply.body).contains("leaked"), "{path}");
        }
    }
}

/// Paths and types of parts are told, what its author wrote in them is not.
fn says_no_secret(reply: &Reply, path: &str) {
    let text = String::from_utf8_lossy(&reply.body);
    for secret in ["secretbytes", "secretcard", "secretname"] {
        assert!(!text.contains(secret), "{path}: {text}");
    }
}

async fn with_host(client: &Client, path: &str, host: &str) -> Reply {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    client.raw(request.as_bytes(), false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_no_command_should_repeat_is_not_repeated() {
    let open = TestHub::over(std::sync::Arc::new(sealkit_store::Memory::new()), |options| {
        options.insecure_listen_anywhere = true;
    })
    .await;
    KitBuilder::small("k").store(open.repository("k").as_ref(), "v1").await;
    let closed = TestHub::start().await;
    let hosts = [
        "<img src=x onerror=alert(1)>",
        "evil.example\"><script>",
        "evil.example`id`",
        "$(id).example",
        "-oProxyCommand=id",
        "a bad host",
        "a;id",
        "a/../..",
        "user@evil.example",
        "evil.example#",
        "\u{e9}vil.example",
        "",
    ];
    for host in hosts {
        for path in
            ["/llms.txt", "/kits/k/v1/index.md", "/kits/k/v1", "/help/api", "/", "/kits/k/v1/raw"]
        {
            let reply = with_host(&open.client, path, host).await;
            is_harmless_or_refused(&reply, &format!("{path} of {host}"));
            if reply.status == 200 && !host.is_empty() {
                let text = String::from_utf8_lossy(&reply.body);
                assert!(!text.contains(host), "{path} repeats {host}");
                assert!(!path.ends_with("llms.txt") || text.contains("http://HUB/"), "{text}");
            }
        }
        let reply = with_host(&closed.client, "/llms.txt", host).await;
        assert!(matches!(reply.status, 400 | 421), "{host}: {}", reply.status);
    }
    let good = with_host(&open.client, "/llms.txt", "hub.example:5000").await;
    assert!(String::from_utf8_lossy(&good.body).contains("http://hub.example:5000/help/api.md"));
    // A name of another host reaches nothing on a hub that is for this machine.
    let rebound = with_host(&closed.client, "/api/v1/kits", "evil.example").await;
    assert_eq!(rebound.status, 421);
}

/// What the server itself refuses comes without our headers.
fn is_harmless_or_refused(reply: &Reply, what: &str) {
    if reply.status == 400 && reply.body.is_empty() {
        return;
    }
    assert!(reply.status < 500, "{what}: {}", reply.status);
    is_harmless(reply, what);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_ends_a_header() {
    let hub = TestHub::start().await;
    for at in 0..3 {
        KitBuilder::small("k").store(hub.repository(&format!("k{at}")).as_ref(), "v1").await;
    }
    let end = "%0D%0ASet-Cookie:%20evil=1%0D%0A%0D%0A%3Cscript%3E";
    let mut linked = 0;
    for path in [
        format!("/api/v1/kits?limit=1&x={end}"),
        format!("/api/v1/kits?limit=1&after=k0&{end}=1"),
        format!("/api/v1/kits/k0/versions?limit=1&after={end}"),
        format!("/api/v1/kits/k0/versions/v1/files?limit=1&x={end}"),
        format!("/api/v1/search?q={end}&limit=1&as=csv"),
        format!("/v2/_catalog?n=1&last={end}"),
        format!("/v2/k0/tags/list?n=1&last={end}"),
        format!("/v2/k0/referrers/sha256:{}?artifactType={end}", "0".repeat(64)),
        format!("/open?reference=k0:{end}"),
        format!("/open?reference={end}"),
        format!("/api/v1/kits/k0/versions/v1/files/{end}"),
        format!("/kits/k0/{end}"),
        format!("/{end}"),
    ] {
        let reply = hub.client.get(&path).await;
        assert!(reply.status < 500, "{path}: {}", reply.status);
        assert!(reply.headers.get("set-cookie").is_none(), "{path}");
        for (name, value) in &reply.headers {
            let text = value.to_str().unwrap();
            assert!(!text.contains("<script"), "{path}: {name}: {text}");
            linked += usize::from(name == "link");
        }
        is_harmless(&reply, &path);
    }
    assert!(linked >= 2, "there are headers that the query comes back in: {linked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_far_too_long_is_refused() {
    let hub = TestHub::start().await;
    KitBuilder::small("k").store(hub.repository("k").as_ref(), "v1").await;
    let long = "a".repeat(20_000);
    for path in [
        format!("/kits/{long}"),
        format!("/kits/k/{long}"),
        format!("/kits/k/v1/preview?file={long}"),
        format!("/api/v1/kits/{long}/versions"),
        format!("/api/v1/kits/k/versions/v1/files/{long}"),
        format!("/api/v1/impact?of={long}"),
        format!("/v2/{long}/tags/list"),
        format!("/v2/k/manifests/{long}"),
    ] {
        let reply = hub.client.get(&path).await;
        assert!((400..500).contains(&reply.status), "{}: {}", &path[..40], reply.status);
        assert!(reply.body.len() < 60_000, "{}: {} bytes", &path[..40], reply.body.len());
    }
    let longer = format!("/kits/{}", "a".repeat(1 << 20));
    let reply = hub.client.get(&longer).await;
    assert!(matches!(reply.status, 400 | 414 | 431), "{}", reply.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_for_one_host() {
    let open = TestHub::over(std::sync::Arc::new(sealkit_store::Memory::new()), |options| {
        options.insecure_listen_anywhere = true;
    })
    .await;
    let closed = TestHub::start().await;
    let asked = [
        // (request, on a hub for this machine alone, on one for everybody)
        ("GET /api/v1/kits HTTP/1.1\r\n", 400, 400),
        ("GET /healthz HTTP/1.1\r\n", 400, 400),
        ("GET /api/v1/kits HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 400, 400),
        ("GET /api/v1/kits HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400, 400),
        // The name in the target goes before the one in the header.
        ("GET http://evil.example/api/v1/kits HTTP/1.1\r\nHost: localhost\r\n", 421, 200),
        ("GET http://localhost@evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n", 421, 200),
        ("GET http://evil.example/healthz HTTP/1.0\r\n", 421, 200),
        ("GET http://localhost:80/api/v1/kits HTTP/1.1\r\nHost: localhost\r\n", 200, 200),
        ("GET /api/v1/kits HTTP/1.1\r\nHost: localhost\r\n", 200, 200),
        // A check of health may know no names; no browser asks so.
        ("GET /healthz HTTP/1.0\r\n", 200, 200),
        ("HEAD /readyz HTTP/1.0\r\n", 200, 200),
        ("GET /healthz HTTP/1.0\r\nHost: evil.example\r\n", 421, 200),
        ("POST /healthz HTTP/1.0\r\n", 421, 405),
        ("GET /api/v1/kits HTTP/1.0\r\n", 421, 200),
        ("GET /healthz/../api/v1/kits HTTP/1.0\r\n", 421, 404),
    ];
    for (head, own, any) in asked {
        let request = format!("{head}Connection: close\r\n\r\n");
        for (hub, expected) in [(&closed, own), (&open, any)] {
            let reply = hub.client.raw(request.as_bytes(), head.starts_with("HEAD")).await;
            assert_eq!(reply.status, expected, "{head}");
        }
    }
}
