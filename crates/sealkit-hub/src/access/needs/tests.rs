//! What requests of every kind need.

use super::*;

fn of(method: &str, uri: &str) -> Needs {
    needs(&method.parse().unwrap(), &uri.parse().unwrap())
}

fn level(level: Level, names: &[&str]) -> Needs {
    Needs::Level(level, names.iter().map(|&name| name.to_owned()).collect())
}

#[test]
fn each_request_needs_its_level() {
    let blob = format!("/v2/team/a/blobs/sha256:{}", "a".repeat(64));
    assert_eq!(of("GET", &blob), level(Level::Read, &["team/a"]));
    assert_eq!(of("HEAD", &blob.replace(':', "%3A")), level(Level::Read, &["team/a"]));
    assert_eq!(of("DELETE", &blob), level(Level::Admin, &["team/a"]));
    assert_eq!(of("PUT", "/v2/a/manifests/v1"), level(Level::Write, &["a"]));
    assert_eq!(of("DELETE", "/v2/a/manifests/v1"), level(Level::Admin, &["a"]));
    assert_eq!(of("BREW", "/v2/a/manifests/v1"), level(Level::Admin, &["a"]));
    assert_eq!(of("GET", "/v2/a/tags/list?n=1"), level(Level::Read, &["a"]));
    assert_eq!(of("POST", "/v2/a/blobs/uploads/"), level(Level::Write, &["a"]));
    for method in ["GET", "PATCH", "PUT", "DELETE"] {
        assert_eq!(of(method, "/v2/a/blobs/uploads/1"), level(Level::Write, &["a"]));
    }
    for method in ["GET", "POST"] {
        for page in ["/kits/team%2Fa/v1/quarantine", "/kits/team%2Fa/v1/delete"] {
            assert_eq!(of(method, page), level(Level::Admin, &["team/a"]), "{method} {page}");
        }
    }
    assert_eq!(of("GET", "/kits/team%2Fa/quarantine"), level(Level::Read, &["team/a"]));
    assert_eq!(of("GET", "/kits/team%2Fa/delete"), level(Level::Read, &["team/a"]));
    for page in ["/kits/team%2Fa/v1/verdict", "/api/v1/kits/team%2Fa/versions/v1/verdict"] {
        assert_eq!(of("POST", page), level(Level::Write, &["team/a"]), "{page}");
    }
    assert_eq!(of("GET", "/kits/team%2Fa/-/history"), level(Level::Read, &["team/a"]));
    assert_eq!(of("GET", "/api/v1/kits/team%2Fa/history"), level(Level::Read, &["team/a"]));
    let versions = "/api/v1/kits/team%2Fa/versions";
    assert_eq!(of("GET", versions), level(Level::Read, &["team/a"]));
    assert_eq!(of("GET", &format!("{versions}/v1/files")), level(Level::Read, &["team/a"]));
    let quarantine = "/api/v1/quarantine/team%2Fa/v1";
    assert_eq!(of("GET", quarantine), level(Level::Read, &["team/a"]));
    for method in ["PUT", "POST", "DELETE", "BREW"] {
        assert_eq!(of(method, quarantine), level(Level::Admin, &["team/a"]), "{method}");
    }
    assert_eq!(of("GET", "/api/v1/compare?a=x:1&b=y/z:2"), level(Level::Read, &["x", "y/z"]));
    assert_eq!(of("GET", "/api/v1/compare?a=x%3A1&b=y:2"), level(Level::Read, &["x", "y"]));
    assert_eq!(of("GET", "/compare?a=x%3A1&b=y:2"), level(Level::Read, &["x", "y"]));
    for page in ["/kits/team%2Fa", "/kits/team%2fa/v1", "/kits/team%2Fa/v1/files?after=x"] {
        assert_eq!(of("GET", page), level(Level::Read, &["team/a"]));
    }
}

#[test]
fn only_what_shows_aiboms_needs_less_than_reading() {
    let version = "/api/v1/kits/team%2Fa/versions/v1";
    for rest in ["aibom", "aibom?format=html", "aiboms", "aibom/summary"] {
        let needs = of("GET", &format!("{version}/{rest}"));
        assert_eq!(needs, level(Level::Aibom, &["team/a"]), "{rest}");
    }
    assert_eq!(of("GET", "/kits/team%2Fa/v1/aibom"), level(Level::Aibom, &["team/a"]));
    assert_eq!(of("DELETE", &format!("{version}/aiboms/x")), level(Level::Admin, &["team/a"]));
    for path in [
        &format!("{version}/files/aibom"),
        &format!("{version}/aibom/"),
        &format!("{version}/aibom/files"),
        &format!("{version}/%61ibom"),
        "/api/v1/kits/team%2Fa/versions/aibom",
        "/kits/team%2Fa/aibom",
        "/kits/team%2Fa/aibom/files",
    ] {
        assert_eq!(of("GET", path), level(Level::Read, &["team/a"]), "{path}");
    }
    assert_eq!(of("GET", "/kits/%61/v1/aibom"), Needs::Everywhere(Level::Aibom));
}

#[test]
fn what_cuts_itself_to_the_caller_is_for_visitors() {
    for uri in [
        "/",
        "/?after=x",
        "/v2/_catalog",
        "/v2/_oci/ext/discover",
        "/api/v1/kits?limit=1",
        "/api/v1/quarantine?limit=1",
        "/api/v1/advisories?limit=1",
        "/advisories",
        "/policy?before=7",
        "/api/v1/policy",
        "/api/v1/policy/verdicts?before=7",
        "/api/v1/openapi.json",
        "/advisories.atom",
        "/open?reference=a:1",
        "/compare",
        "/compare?a=x:1&b=",
        "/assets/hub.css",
        "/log/checkpoint",
        "/api/v1/log/proof?index=0",
        "/api/v1/owners/team%2Fa?after=x",
        "/llms.txt",
        "/help/api.md",
    ] {
        assert_eq!(of("GET", uri), Needs::Visitor, "{uri}");
        assert_eq!(of("HEAD", uri), Needs::Visitor, "{uri}");
        assert_eq!(of("POST", uri), Needs::Everywhere(Level::Write), "{uri}");
        assert_eq!(of("DELETE", uri), Needs::Everywhere(Level::Admin), "{uri}");
    }
}

#[test]
fn administration_is_for_administrators_of_everything_whatever_the_method() {
    for all in [
        "/metrics",
        "/admin",
        "/admin/tokens/1",
        "/admin/",
        "/api/v1/admin",
        "/api/v1/admin/tokens/1",
        "/api/v1/admin/jobs/a/b/retry",
        "/activity",
        "/activity?repository=&actor=",
        "/activity?repository=a&repository=b",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            assert_eq!(of(method, all), Needs::Everywhere(Level::Admin), "{all}");
        }
    }
    assert_eq!(of("GET", "/activity?repository=a&since="), level(Level::Admin, &["a"]));
    assert_eq!(of("POST", "/token"), Needs::Nothing);
    assert_eq!(of("POST", "/api/v1/oidc/token"), Needs::Nothing);
}

#[test]
fn what_is_not_understood_needs_everything() {
    assert_eq!(of("GET", "/healthz"), Needs::Nothing);
    assert_eq!(of("GET", "/readyz"), Needs::Nothing);
    for all in ["", "?actor=x", "?repository=", "?repository=a&repository=b", "?limit=x"] {
        let uri = format!("/api/v1/events{all}");
        assert_eq!(of("GET", &uri), Needs::Everywhere(Level::Admin), "{all}");
    }
    let one = of("GET", "/api/v1/events?repository=team/a&since=1");
    assert_eq!(one, level(Level::Admin, &["team/a"]));
    assert_eq!(of("GET", "/v2/"), Needs::Shown);
    for bad in ["manifests/sha256:12", "manifests/.x", "blobs/SHA256:12", "referrers/sha256:12"] {
        assert_eq!(of("GET", &format!("/v2/a/b/{bad}")), level(Level::Read, &["a/b"]), "{bad}");
        assert_eq!(of("PUT", &format!("/v2/a/b/{bad}")), level(Level::Write, &["a/b"]), "{bad}");
    }
    for path in ["/api/v1/policy/trial", "/policy/trial"] {
        assert_eq!(of("POST", path), Needs::Known, "{path}");
        assert_eq!(of("PUT", path), Needs::Everywhere(Level::Write), "{path}");
    }
    for uri in [
        "/v2/a/b",
        "/v2//a/tags/list",
        "/v2/a%2Fb/tags/list",
        "/healthz/",
        "/token/",
        "/api/v1/kits/",
        "/api/v1/kits/a",
        "/api/v1/kits/%61/versions",
        "/api/v1/kits/a%252Fb/versions",
        "/api/v1/compare",
        "/api/v1/compare?a=x:1",
        "/api/v1/compare?a=x:1&a=y:1&b=z:1",
        "/api/v1/compare?a=h.io/x:1&b=H:1",
        "/other",
        "/log/tile/0/000",
        "/log/api/v2/log/entries",
        "/kits/",
        "/kits/%61",
        "/kits/a%252Fb",
        "/kitsx/a",
        "/compare?a=h.io/x:1&b=H:1",
        "/compare/text?a=x:1",
        "/compare/tensors",
        "/compare/tensors?a=x:1&b=",
        "/compare/other?a=x:1&b=y:1",
        "/api/v1/compare/text?a=x:1&file=f",
        "/api/v1/compare/tensors?a=x:1&a=y:1&b=z:1",
        "/open/",
        "/assets/x",
        "//",
        "/api/v1/quarantine/",
        "/api/v1/quarantine/a",
        "/api/v1/quarantine/%61/v1",
        "/api/v1/quarantined/a/v1",
    ] {
        assert_eq!(of("GET", uri), Needs::Everywhere(Level::Read), "{uri}");
        let write =
            if uri.starts_with("/api/v1/quarantine/") { Level::Admin } else { Level::Write };
        assert_eq!(of("POST", uri), Needs::Everywhere(write), "{uri}");
        assert_eq!(of("DELETE", uri), Needs::Everywhere(Level::Admin), "{uri}");
    }
}

#[test]
fn a_mount_from_what_one_may_not_read_is_a_plain_upload() {
    let readable = |name: &str| name == "mine";
    let strip = |query: &str| {
        let uri = format!("/v2/mine/blobs/uploads/{query}").parse().unwrap();
        without_mount(&uri, readable).map(|uri| uri.query().unwrap_or_default().to_owned())
    };
    assert_eq!(strip(""), None);
    assert_eq!(strip("?digest=x"), None);
    assert_eq!(strip("?mount=d&from=mine"), None);
    assert_eq!(strip("?mount=d&from=theirs").as_deref(), Some(""));
    assert_eq!(strip("?mount=d").as_deref(), Some(""));
    assert_eq!(strip("?mount=d&from=mine&from=theirs&n=1").as_deref(), Some("n=1"));
    assert_eq!(strip("?m%6Funt=d&fr%6Fm=theirs").as_deref(), Some(""));
}
