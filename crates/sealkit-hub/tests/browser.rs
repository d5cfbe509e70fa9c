//! The web pages in a real browser. Skipped where `SEALKIT_CHROMIUM`, node or its two packages
//! (`npm ci` in `tests/browser`) are not there. `SEALKIT_SCREENSHOTS` names a folder for pictures.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests unwrap as tests do")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::TestHub;
use common::looking::{context, safetensors};
use sealkit_hub::{CatalogIndex, Namespace, tagged_versions};
use sealkit_ops::catalog::index::Catalog;
use sealkit_store::Memory;
use sealkit_testkit::KitBuilder;
use tokio::process::Command;

const OLD: &str = "# Guide\n\nHow this model is used, in ten lines.\n\n- read\n- load\n- ask\n\n\
    A long line that does not fit into a narrow window, so that it has to break somewhere.\n\nthe end\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_holds_in_a_browser() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let Some(chromium) = std::env::var_os("SEALKIT_CHROMIUM") else {
        println!("SKIPPED browser: SEALKIT_CHROMIUM is not set");
        return;
    };
    if !folder.join("node_modules/playwright-core").exists() {
        println!("SKIPPED browser: run `npm ci` in {}", folder.display());
        return;
    }
    let names: Arc<dyn Namespace> = Arc::new(Memory::new());
    let dir = tempfile::tempdir().unwrap();
    let (catalog, versions) = (Catalog::in_memory().unwrap(), tagged_versions(Arc::clone(&names)));
    let index = CatalogIndex::with(catalog, Arc::clone(&names), versions, context(dir.path()));
    let own = index.clone();
    let hub = TestHub::over(names, |options| options.catalog = Some(own)).await;
    let repository = hub.repository("org/kit");
    let long = format!("docs/{}.md", "a-long-name-".repeat(20));
    let base: &[(&str, &[u8])] = &[
        ("model.embed", b"vocabulary"),
        ("model.layers.0.q", b"same"),
        ("model.layers.1.q", b"base"),
    ];
    let tuned: &[(&str, &[u8])] = &[
        ("model.embed", b"vocabulary"),
        ("model.layers.0.q", b"same"),
        ("model.layers.1.q", b"tune"),
        ("lora", b"new"),
    ];
    let one = KitBuilder::small("one").docs(&long, b"# one").docs("GUIDE.md", OLD.as_bytes());
    let one = one.part("modelpart", "m.safetensors", &[("m.safetensors", &safetensors(base))]);
    let one = one.store(repository.as_ref(), "v1").await;
    one.store_table(repository.as_ref()).await;
    let two = KitBuilder::small("two").model("weights.bin", b"weights");
    let new = OLD.replace("ten lines", "some lines").replace("the end\n", "the end");
    let two = two.docs("GUIDE.md", new.as_bytes());
    let two = two.part("modelpart", "m.safetensors", &[("m.safetensors", &safetensors(tuned))]);
    two.store(repository.as_ref(), "v2").await.store_table(repository.as_ref()).await;
    // What is there when it starts is looked at.
    let _running = index.start();
    index.settled().await.unwrap();
    let mut command = Command::new("node");
    command.current_dir(&folder).arg("pages.mjs").arg(chromium);
    command.arg(format!("http://{}", hub.addr)).args(std::env::var_os("SEALKIT_SCREENSHOTS"));
    let output = command.kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_mins(3), output).await.unwrap();
    let Ok(output) = output else {
        println!("SKIPPED browser: no node");
        return;
    };
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}
