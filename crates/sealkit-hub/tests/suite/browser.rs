//! The web pages in a real browser. Skipped where `SEALKIT_CHROMIUM`, node or its two packages
//! (`npm ci` in `tests/browser`) are not there. `SEALKIT_SCREENSHOTS` names a folder for pictures.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::common::TestHub;
use crate::common::guarded::Guarded;
use crate::common::looking::{context, index_of, index_over};
use crate::common::rich::rich;
use crate::common::trusting::{advisory, bundle, key, signature};
use sealkit_attest::{AdvisoryState, Signer as _};
use sealkit_hub::{Gate, GateOptions, Namespace, PolicyFile};
use sealkit_oci::{Digest, media_type};
use sealkit_ops::Home;
use sealkit_ops::trust::{self, Role, TrustedKey};
use sealkit_store::Memory;
use sealkit_testkit::{KitBuilder, safetensors};
use tokio::process::Command;

const OLD: &str = "# Guide\n\nHow this model is used, in ten lines.\n\n- read\n- load\n- ask\n\n\
    A long line that does not fit into a narrow window, so that it has to break somewhere.\n\nthe end\n";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_holds_in_a_browser() {
    let Some(chromium) = browser() else { return };
    let names: Arc<dyn Namespace> = Arc::new(Memory::new());
    let dir = tempfile::tempdir().unwrap();
    let index = index_over(&names, dir.path());
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
    with_statements(&hub, dir.path()).await;
    let sorrel = hub.repository("org/sorrel");
    rich().store(sorrel.as_ref(), "v1").await.store_table(sorrel.as_ref()).await;
    // What is there when it starts is looked at.
    let _running = index.start();
    index.settled().await.unwrap();
    drive(&chromium, "pages.mjs", hub.addr, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_acts_in_a_browser() {
    let Some(chromium) = browser() else { return };
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("house.yaml");
    std::fs::write(&policy, POLICY).unwrap();
    let mut kept = None;
    let guarded = Guarded::with(false, |options, storage| {
        let names: Arc<dyn Namespace> = Arc::new(storage.clone());
        let (looking, index) = (context(dir.path()), index_of(storage, dir.path()));
        let policies = GateOptions::new(vec![PolicyFile { prefix: None, path: policy }]);
        options.gate = Some(Gate::new(names, looking, policies, options.log.clone()).unwrap());
        options.catalog = Some(index.clone());
        kept = Some(index);
    })
    .await;
    let index = kept.unwrap();
    let _running = index.start();
    let boss = guarded.token("boss", &["admin:*"]).await;
    guarded.token("ci", &["write:org"]).await;
    let one = KitBuilder::small("one").build();
    let two = KitBuilder::small("two").model("weights.bin", b"weights").build();
    for (kit, tag) in [(&one, "v1"), (&two, "v2"), (&one, "latest"), (&two, "latest")] {
        guarded.push_kit(&boss, "org/kit", tag, kit).await;
    }
    index.settled().await.unwrap();
    drive(&chromium, "acting.mjs", guarded.hub.addr, &[&boss]).await;
}

const POLICY: &str = "schemaVersion: 1\nname: house\nmode: warn\nrules:\n\
    \x20 - {id: signed, description: nobody ships what nobody signed, check: {signers: {}}}\n\
    \x20 - {id: whole, check: {integrity: {}}}\n";

/// The browser; none, with a word about why, where the test can not run.
fn browser() -> Option<OsString> {
    let folder = scripts();
    let Some(chromium) = std::env::var_os("SEALKIT_CHROMIUM") else {
        println!("SKIPPED browser: SEALKIT_CHROMIUM is not set");
        return None;
    };
    if !folder.join("node_modules/playwright-core").exists() {
        println!("SKIPPED browser: run `npm ci` in {}", folder.display());
        return None;
    }
    Some(chromium)
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// Runs a script against a hub.
async fn drive(chromium: &OsString, script: &str, hub: SocketAddr, more: &[&str]) {
    let mut command = Command::new("node");
    command.current_dir(scripts()).arg(script).arg(chromium).arg(format!("http://{hub}"));
    command.args(more).args(std::env::var_os("SEALKIT_SCREENSHOTS"));
    let output = command.kill_on_drop(true).output();
    // Against what never ends; a slow machine takes minutes.
    let output = tokio::time::timeout(Duration::from_mins(8), output).await.unwrap();
    let Ok(output) = output else {
        println!("SKIPPED browser: no node");
        return;
    };
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
}

/// A kit with a base, data, heirs, code that loading runs, and statements that are good, strange and wrong.
async fn with_statements(hub: &TestHub, home: &Path) {
    let (ada, stranger) = (key(1), key(2));
    let trusted = TrustedKey::new(ada.public_key(), "Ada", Role::Signer);
    trust::add(&Home::new(home), trusted).unwrap();
    let card = |text: &str| format!("---\n{text}\n---\n# x\n").into_bytes();
    let kit = |name: &str, text: &str| {
        KitBuilder::new(name).model("model.bin", name.as_bytes()).docs("README.md", &card(text))
    };
    for (name, text) in [
        ("org/base", "license: mit\ndatasets: [squad, wikipedia]"),
        ("org/heir-one", "base_model: org/trust"),
        ("org/heir-two", "base_model: org/trust"),
        ("org/heir-of-one", "base_model: org/heir-one"),
    ] {
        kit(name, text).store(hub.repository(name).as_ref(), "v1").await;
    }
    let text = "base_model: org/base\nlicense: apache-2.0\ndatasets: [squad, a-dataset-with-a-very-long-name/of-somebody]";
    let repository = hub.repository("org/trust");
    let trusted = kit("org/trust", text)
        .model("weights.pkl", b"cos\nsystem\n(S'id'\ntR.")
        .dataset("cut.pkl", b"\x80\x04c")
        .store(repository.as_ref(), "v1")
        .await;
    let digest = trusted.manifest.digest();
    let leak = advisory("leak", AdvisoryState::Affected, "trained on leaked data", 1_600_000_000);
    for bundle in [
        bundle(digest, &ada, &signature()),
        bundle(digest, &stranger, &signature()),
        bundle(&Digest::of(b"other"), &ada, &signature()),
        bundle(digest, &ada, &leak),
    ] {
        trusted.attach(repository.as_ref(), media_type::SIGSTORE_BUNDLE, &bundle).await;
    }
}
