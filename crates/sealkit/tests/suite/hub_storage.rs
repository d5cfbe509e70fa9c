//! The hub's storage from outside: killed, started again, looked after, and held to the protocol.
#![cfg(feature = "hub")]

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::common::{Sandbox, peer};
use crate::hub_process::{Hub, bytes, header, report};
use sealkit_oci::Digest;
use serde_json::Value;

/// How many objects there are.
fn objects(sandbox: &Sandbox) -> usize {
    let folders = std::fs::read_dir(sandbox.work().join("data/objects")).unwrap();
    let count = |folder: &Path| std::fs::read_dir(folder).unwrap().count();
    folders.map(|folder| count(&folder.unwrap().path())).sum()
}

#[test]
fn killed_at_any_byte_it_has_what_it_acknowledged_and_nothing_else() {
    let sandbox = Sandbox::new();
    let mut acknowledged = Vec::new();
    for round in 0..12_u8 {
        let hub = Hub::start(&sandbox, &[]);
        // Every third is so large that its connection has a thread of its own.
        let times = if round % 3 == 0 { 20 } else { 1 };
        let whole = bytes(round, 300_000 * times);
        assert_eq!(hub.put(&whole), 201);
        acknowledged.push(Digest::of(&whole));
        // Another one that never comes to its end.
        let half = bytes(round ^ 0x55, 400_000 * times);
        let (_, head, _) = hub.ask("POST /v2/a/b/blobs/uploads/ HTTP/1.1", b"");
        let location = header(&head, "location");
        let digest = Digest::of(&half);
        let mut stream = hub.open(&format!("PUT {location}?digest={digest} HTTP/1.1"));
        stream.write_all(format!("content-length: {}\r\n\r\n", half.len()).as_bytes()).unwrap();
        let sent = usize::from(round) * 33_000 * times;
        stream.write_all(&half[..sent]).unwrap();
        hub.kill();
        let hub = Hub::start(&sandbox, &[]);
        let path = format!("HEAD /v2/a/b/blobs/{digest} HTTP/1.1");
        assert_eq!(hub.ask(&path, b"").0, 404, "{sent} of it were sent");
        for digest in &acknowledged {
            let (status, _, body) = hub.ask(&format!("GET /v2/a/b/blobs/{digest} HTTP/1.1"), b"");
            assert_eq!(status, 200);
            assert!(digest.matches(&body), "{round}");
        }
        hub.kill();
    }
    let found = report(&sandbox, "fsck", &[], 0);
    assert_eq!(found["blobs"], acknowledged.len());
    assert_eq!(report(&sandbox, "scrub", &[], 0)["damaged"], serde_json::json!([]));
}

#[test]
fn an_upload_goes_on_after_a_crash_where_it_stood() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, &[]);
    let all = bytes(9, 200_000);
    let (_, head, _) = hub.ask("POST /v2/a/b/blobs/uploads/ HTTP/1.1", b"");
    let location = header(&head, "location");
    let first = format!("PATCH {location} HTTP/1.1\r\ncontent-range: 0-119999");
    assert_eq!(hub.ask(&first, &all[..120_000]).0, 202);
    // An act behind it: what was to be noted is noted before this is answered.
    assert_eq!(hub.put(b"something else"), 201);
    hub.kill();
    let hub = Hub::start(&sandbox, &[]);
    let (status, head, _) = hub.ask(&format!("GET {location} HTTP/1.1"), b"");
    assert_eq!((status, header(&head, "range").as_str()), (204, "0-119999"));
    let gap = format!("PATCH {location} HTTP/1.1\r\ncontent-range: 130000-199999");
    assert_eq!(hub.ask(&gap, &all[130_000..]).0, 416);
    let rest = format!("PATCH {location} HTTP/1.1\r\ncontent-range: 120000-199999");
    assert_eq!(hub.ask(&rest, &all[120_000..]).0, 202);
    let digest = Digest::of(&all);
    assert_eq!(hub.ask(&format!("PUT {location}?digest={digest} HTTP/1.1"), b"").0, 201);
    assert_eq!(hub.ask(&format!("GET /v2/a/b/blobs/{digest} HTTP/1.1"), b"").2, all);
}

#[test]
fn one_hub_serves_a_folder_and_its_storage_is_looked_after_meanwhile() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, &[]);
    let again = sandbox.run(["hub", "--data", "data", "--listen", "127.0.0.1:0"]).exits(2);
    assert!(again.stderr.contains("another hub serves `data`"), "{again}");
    assert_eq!(hub.put(b"nobody names this"), 201);
    assert_eq!(report(&sandbox, "gc", &["--grace", "3600", "--dry-run"], 0)["blobs"], 0);
    std::thread::sleep(Duration::from_millis(1_100));
    let told = report(&sandbox, "gc", &["--grace", "0", "--dry-run"], 0);
    assert_eq!((&told["blobs"], objects(&sandbox)), (&Value::from(1), 1));
    assert_eq!(report(&sandbox, "gc", &["--grace", "0"], 0)["blobs"], 1);
    assert_eq!(objects(&sandbox), 0);
    assert_eq!(hub.put(b"kept"), 201);
    assert_eq!(report(&sandbox, "reindex", &[], 0)["manifests"], 0);
    assert_eq!(report(&sandbox, "backup", &["copy"], 0)["blobs"], 1);
    hub.kill();
    sandbox.run(["hub", "fsck", "--data", "copy"]).exits(0);
    let object = std::fs::read_dir(sandbox.work().join("copy/objects")).unwrap().next().unwrap();
    let object = std::fs::read_dir(object.unwrap().path()).unwrap().next().unwrap().unwrap();
    std::fs::remove_file(object.path()).unwrap();
    let lost = sandbox.run(["hub", "fsck", "--data", "copy"]).exits(1);
    assert!(lost.stdout.contains("object-missing: sha256:"), "{lost}");
    sandbox.run(["hub", "fsck", "--data", "nowhere"]).exits(2);
    assert!(!sandbox.work().join("nowhere").exists(), "care makes no storage");
}

#[test]
fn content_that_is_not_there_is_refused_unless_the_loud_flag_says_otherwise() {
    let layer = Digest::of(b"never pushed");
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{}","size":2}},"layers":[{{"mediaType":"x/y","digest":"{layer}","size":12}}]}}"#,
        Digest::of(b"{}")
    );
    let head = "PUT /v2/a/b/manifests/v1 HTTP/1.1\r\n\
                content-type: application/vnd.oci.image.manifest.v1+json";
    for (flags, status) in [(&[][..], 404), (&["--insecure-sparse-manifests"], 201)] {
        let sandbox = Sandbox::new();
        let hub = Hub::start(&sandbox, flags);
        assert_eq!(hub.put(b"{}"), 201);
        let (got, _, body) = hub.ask(head, manifest.as_bytes());
        assert_eq!(got, status, "{}", String::from_utf8_lossy(&body));
        if status == 404 {
            assert!(String::from_utf8_lossy(&body).contains("MANIFEST_BLOB_UNKNOWN"));
        }
    }
}

/// The official suite of the specification with all its options, in both versions. Its program is named
/// by `SEALKIT_CONFORMANCE`.
#[test]
fn the_official_conformance_suite_passes_whole() {
    let Some(suite) = peer("SEALKIT_CONFORMANCE") else { return };
    for version in ["1.1", "dev"] {
        let sandbox = Sandbox::new();
        let hub = Hub::start(&sandbox, &["--insecure-sparse-manifests"]);
        let mut command = Command::new(&suite);
        command.current_dir(sandbox.work()).env("OCI_REGISTRY", &hub.host);
        command.env("OCI_TLS", "disabled").env("OCI_VERSION", version);
        command.env("OCI_REPO1", "conformance/one").env("OCI_REPO2", "conformance/two");
        command.env("OCI_RESULTS_DIR", sandbox.work());
        for option in OPTIONS {
            command.env(format!("OCI_{option}"), "true");
        }
        let done = command.output().unwrap();
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{version}: {told}");
        let failed = told.lines().find(|line| line.trim_start().starts_with("FAIL"));
        let failed = failed.unwrap_or_else(|| panic!("{version}: no count: {told}"));
        assert!(failed.trim_end().ends_with(" 0"), "{version}: {failed}");
        println!("{version}: {}", failed.trim());
    }
}

const OPTIONS: &[&str] = &[
    "API_PULL",
    "API_PUSH",
    "API_BLOBS_ATOMIC",
    "API_BLOBS_DELETE",
    "API_BLOBS_DIGEST_HEADER",
    "API_BLOBS_MOUNT_ANONYMOUS",
    "API_BLOBS_UPLOAD_CANCEL",
    "API_MANIFESTS_ATOMIC",
    "API_MANIFESTS_DELETE",
    "API_MANIFESTS_DIGEST_HEADER",
    "API_MANIFESTS_TAG_PARAM",
    "API_TAGS_ATOMIC",
    "API_TAGS_DELETE",
    "API_TAGS_LIST",
    "API_REFERRER",
    "DATA_IMAGE",
    "DATA_INDEX",
    "DATA_INDEX_LIST",
    "DATA_SPARSE",
    "DATA_ARTIFACT",
    "DATA_SUBJECT",
    "DATA_SUBJECT_MISSING",
    "DATA_ARTIFACT_LIST",
    "DATA_SUBJECT_LIST",
    "DATA_DATA_FIELD",
    "DATA_NONDISTRIBUTABLE",
    "DATA_CUSTOM_FIELDS",
    "DATA_NO_LAYERS",
    "DATA_EMPTY_BLOB",
    "DATA_SHA512",
];
