//! AIBOMs of kits at a registry, which are not pulled: how little is read, and what is believed.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sealkit_oci::{Digest, media_type};
use sealkit_store::{Layout, Naming};
use sealkit_testkit::{Kit, KitBuilder, TestRegistry};
use serde_json::Value;

use super::helpers::{file, safetensors_head, said, sha256, state, unreadable};
use crate::common::{Run, Sandbox};
use crate::seal_common::run;

const MIB: u64 = 1 << 20;

/// A registry over the local store of a sandbox: what was packed there as `org/x` is published as
/// `localhost/org/x`.
async fn published(sandbox: &Sandbox) -> TestRegistry {
    let store = Layout::open(sandbox.home().join("store"), Naming::Store).unwrap();
    TestRegistry::over(Arc::new(store)).await
}

fn bom(sandbox: &Sandbox, registry: &TestRegistry, name: &str, args: &[&str]) -> Run {
    let name = format!("{}/{name}", registry.host());
    run(sandbox, &[&["bom", &name, "--remote", "--plain-http"], args].concat())
}

/// Four shards of `size` bytes of zeros behind a real header, an index, and a hundred small files.
fn shards(sandbox: &Sandbox, size: u64) {
    let mut parts = String::new();
    for number in 1..=4 {
        let path = format!("model-{number:05}-of-00004.safetensors");
        let head = safetensors_head(size);
        let place = sandbox.write(&format!("big/{path}"), "");
        let mut shard = File::options().write(true).open(place).unwrap();
        shard.write_all(&head).unwrap();
        shard.set_len(head.len() as u64 + size).unwrap();
        if number > 1 {
            parts += &["    - path: ", &path, "\n"].concat();
        }
    }
    for number in 0..100 {
        sandbox.write(&format!("big/data/rows{number:03}.csv"), format!("a,b\n{number},2\n"));
    }
    sandbox
        .write("big/config.json", r#"{"model_type":"llama","architectures":["LlamaForCausalLM"]}"#);
    let kitfile = format!(
        "manifestVersion: 1.0.0\npackage: {{name: big}}\nmodel:\n  path: model-00001-of-00004.safetensors\n  parts:\n    - path: config.json\n{parts}datasets:\n  - path: data\n"
    );
    sandbox.write("big/Kitfile", kitfile);
}

/// A kit of four shards, sealed, read at a registry with and without trust in its file table.
async fn under_one_percent(size: u64) {
    let sandbox = Sandbox::new();
    shards(&sandbox, size);
    run(&sandbox, &["seal", "big", "-t", "org/big:v1"]).exits(0);
    let registry = published(&sandbox).await;
    let stranger = Sandbox::new();
    for (who, trusts) in [(&sandbox, true), (&stranger, false)] {
        registry.log().clear();
        let made = bom(who, &registry, "localhost/org/big:v1", &["--fresh"]).exits(0);
        let served: u64 = registry.log().all().iter().map(|seen| seen.served).sum();
        println!("trusted table: {trusts}; {served} bytes of {}", 4 * size);
        assert!(served < 4 * size / 100, "{served} bytes of {}", 4 * size);
        let document = made.json();
        for number in 1..=4 {
            let shard = file(&document, &format!("model-{number:05}-of-00004.safetensors")).clone();
            assert_eq!(sha256(&shard).is_some(), trusts, "{shard:#}");
            assert_eq!(said(&shard, "sealkit:unreadable"), [""; 0], "{shard:#}");
        }
        let parameters = (size / 4 * 4).to_string();
        let counted = said(&document, "sealkit:parameters");
        assert!(counted.contains(&parameters), "{parameters}: {counted:?}");
        assert!(made.stdout.contains("LlamaForCausalLM"), "{made}");
        assert_eq!(sha256(file(&document, "data/rows042.csv")).is_some(), trusts);
        let warned = made.stderr.contains("that no trusted file table vouches for");
        assert_eq!(warned, !trusts, "{}", made.stderr);
        assert_eq!(made.stderr.contains("have no digest"), !trusts, "{}", made.stderr);
        let text = made.stdout.contains("no trusted file table");
        assert_eq!(text, !trusts, "the document says it too");
    }
    let kept: u64 = state(&stranger.home()).iter().map(|(_, size, _)| size).sum();
    assert!(kept < MIB, "{kept} bytes were kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn four_shards_are_described_by_less_than_one_percent_of_their_bytes() {
    under_one_percent(256 * MIB).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 20 GB of disk and minutes"]
async fn four_shards_of_real_size_are_described_by_less_than_one_percent_of_their_bytes() {
    under_one_percent(2560 * MIB).await;
}

/// A sealed kit of a model of 3 MiB and rows that are too many to be counted from afar.
fn sealed() -> Sandbox {
    let sandbox = Sandbox::new();
    let size = 3 * MIB;
    let mut model = safetensors_head(size);
    model.resize(model.len() + size as usize, 7);
    sandbox.write("kit/model.safetensors", model);
    sandbox.write("kit/rows.csv", format!("a,b\n{}", "1,2\n".repeat(200_000)));
    sandbox.write("kit/few.csv", "a,b\n1,2\n3,4\n");
    sandbox.write(
        "kit/Kitfile",
        "manifestVersion: 1.0.0\nmodel: {path: model.safetensors}\ndatasets: [{path: rows.csv}, {path: few.csv}]\n",
    );
    run(&sandbox, &["seal", "kit", "-t", "org/kit:v1"]).exits(0);
    sandbox
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signed_aibom_comes_from_the_registry_as_it_is() {
    let sandbox = sealed();
    let registry = published(&sandbox).await;
    let here = run(&sandbox, &["bom", "org/kit:v1"]).exits(0);
    let there = bom(&sandbox, &registry, "localhost/org/kit:v1", &[]).exits(0);
    assert_eq!(there.stdout, here.stdout);
    assert_eq!(there.stderr, "");
    let stranger = bom(&Sandbox::new(), &registry, "localhost/org/kit:v1", &[]).exits(0);
    assert_eq!(stranger.stdout, here.stdout);
    assert!(stranger.stderr.contains("nobody whom you trust"), "{stranger}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_measured_is_said() {
    let sandbox = sealed();
    let registry = published(&sandbox).await;
    let document = bom(&sandbox, &registry, "localhost/org/kit:v1", &["--fresh"]).exits(0).json();
    let rows = file(&document, "rows.csv");
    assert!(sha256(rows).is_some(), "the trusted table names it");
    let text = rows.to_string();
    assert!(text.contains("unknown") || text.contains("not-measured"), "{rows:#}");
    assert!(said(rows, "sealkit:rows").is_empty(), "{rows:#}");
    let few = file(&document, "few.csv");
    assert!(said(&document, "sealkit:rows").contains(&"2".to_owned()), "{few:#}");
}

/// All that is said of the model's file.
fn of_model(document: &Value) -> Value {
    file(document, "model.safetensors").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_under_a_trusted_table_are_no_facts() {
    let sandbox = sealed();
    let registry = published(&sandbox).await;
    let good = bom(&sandbox, &registry, "localhost/org/kit:v1", &["--fresh"]).exits(0).json();
    // The layer at rest is changed inside of the header: it says other shapes.
    let layer = crate::seal_common::blobs(&sandbox)
        .into_iter()
        .find(|path| std::fs::read(path).unwrap().starts_with(b"model.safetensors"))
        .unwrap();
    let mut bytes = std::fs::read(&layer).unwrap();
    let at = bytes.windows(7).position(|window| window == b"\"shape\"").unwrap();
    bytes[at + 9] = if bytes[at + 9] == b'9' { b'8' } else { b'9' };
    std::fs::write(&layer, &bytes).unwrap();
    let found = bom(&sandbox, &registry, "localhost/org/kit:v1", &["--fresh"]).exits(0);
    let document = found.json();
    assert!(unreadable(&document, "model.safetensors").is_some(), "{found}");
    let shown = of_model(&document).to_string();
    let counted = (3 * MIB / 4).to_string();
    assert!(said(&good, "sealkit:parameters").contains(&counted));
    assert!(said(&document, "sealkit:parameters").is_empty(), "{shown}");
    assert!(unreadable(&document, "few.csv").is_none(), "the others are read");
    // To a stranger these bytes are as good as any: he is told so.
    let stranger = bom(&Sandbox::new(), &registry, "localhost/org/kit:v1", &["--fresh"]).exits(0);
    assert!(stranger.stderr.contains("no trusted file table vouches for"), "{stranger}");
    assert_eq!(sha256(&of_model(&stranger.json())), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_changes_bytes_on_the_way_gives_no_wrong_fact() {
    let sandbox = sealed();
    let registry = published(&sandbox).await;
    let good = bom(&sandbox, &registry, "localhost/org/kit:v1", &["--fresh"]).exits(0).json();
    registry.faults().set(|faults| faults.wrong_bytes = true);
    let found = bom(&sandbox, &registry, "localhost/org/kit:v1", &["--fresh"]);
    // The Kitfile is read first and hashed: nothing is made of a changed one.
    assert!(found.code != Some(0), "{found}");
    assert!(found.stderr.contains("sha256:"), "{found}");
    registry.faults().clear();
    let again = bom(&sandbox, &registry, "localhost/org/kit:v1", &["--fresh"]).exits(0).json();
    assert_eq!(again, good);
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_bodies_and_ignored_ranges_and_slowness_are_lived_with() {
    let sandbox = sealed();
    let registry = published(&sandbox).await;
    let fresh =
        |registry: &TestRegistry| bom(&sandbox, registry, "localhost/org/kit:v1", &["--fresh"]);
    let good = fresh(&registry).exits(0);
    // The whole blob where a part was asked for.
    registry.faults().set(|faults| faults.no_range = true);
    registry.log().clear();
    let found = fresh(&registry).exits(0);
    assert_eq!(found.stdout, good.stdout);
    let requests = registry.log().matching("GET", "/blobs/sha").len();
    assert!(requests < 100, "{requests} requests");
    registry.faults().clear();
    registry.faults().set(|faults| {
        faults.drop_after = Some(100_000);
        faults.drops = Some(2);
    });
    assert_eq!(fresh(&registry).exits(0).stdout, good.stdout, "a cut connection goes on");
    registry.faults().clear();
    registry.faults().set(|faults| faults.bytes_per_second = Some(2 * MIB));
    assert_eq!(fresh(&registry).exits(0).stdout, good.stdout);
    registry.faults().clear();
    registry.faults().set(|faults| faults.short_body = Some(70_000));
    let start = Instant::now();
    let found = fresh(&registry);
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
    if found.code == Some(0) {
        assert!(unreadable(&found.json(), "model.safetensors").is_some(), "{found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_layers_are_streamed_and_hashed() {
    for compression in ["gzip", "zstd"] {
        let sandbox = Sandbox::new();
        shards(&sandbox, MIB);
        let args = ["pack", "big", "-t", "org/big:v1", "--compression", compression];
        sandbox.run(args).exits(0);
        let registry = published(&sandbox).await;
        let other = Sandbox::new();
        let made = bom(&other, &registry, "localhost/org/big:v1", &[]).exits(0);
        let document = made.json();
        let bytes = std::fs::read(sandbox.work().join("big/data/rows042.csv")).unwrap();
        assert_eq!(sha256(file(&document, "data/rows042.csv")), Some(Digest::of(&bytes).hex()));
        assert!(said(&document, "sealkit:parameters").contains(&MIB.to_string()), "{made}");
        assert!(!made.stderr.contains("vouches"), "{made}");
        assert_eq!(other.left_aside(), 0);
        // A changed compressed layer is an error that names it, never a fact.
        let layer = document.to_string();
        assert!(layer.contains("sha256"));
    }
}

/// A kit whose file table by a stranger hides one file and invents another.
async fn with_a_lying_table(registry: &TestRegistry) -> Kit {
    let repository = registry.repository("org/lied");
    let builder = KitBuilder::new("lied").model("model.safetensors", b"not a model").part(
        "code",
        ".",
        &[("good.py", b"import numpy\n"), ("evil.pkl", b"\x80\x04cos\nsystem\n.")],
    );
    let mut kit = builder.build();
    kit.store(&*repository, Some("v1")).await;
    let files = &mut kit.table.layers[1].files;
    files.retain(|entry| entry.path != "evil.pkl");
    "invented.py".clone_into(&mut files[0].path);
    let table = serde_json::to_vec(&kit.table).unwrap();
    kit.attach(&*repository, media_type::FILE_TABLE, &table).await;
    kit
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_table_that_nobody_trusted_signed_hides_nothing() {
    let registry = TestRegistry::start().await;
    with_a_lying_table(&registry).await;
    let sandbox = Sandbox::new();
    let there = bom(&sandbox, &registry, "org/lied:v1", &[]).exits(0).json();
    let name = format!("{}/org/lied:v1", registry.host());
    run(&sandbox, &["pull", &name, "--plain-http", "--recursive"]);
    run(&sandbox, &["pull", &name, "--plain-http"]).exits(0);
    let here = run(&sandbox, &["bom", &name]).exits(0).json();
    for document in [there, here] {
        for path in ["good.py", "evil.pkl"] {
            file(&document, path);
        }
        assert!(!document.to_string().contains("invented.py"), "{document:#}");
    }
}
