//! AIBOMs of repositories of a hub, of which nothing stays.

use sealkit_oci::Digest;

use super::helpers::{file, safetensors_head, sha256, state};
use crate::common::{Run, Sandbox};
use crate::hf_hub::{COMMIT, Conduct, FakeHub, LATER, Stored, large, small};

fn weights() -> Vec<u8> {
    let size = 4 << 20;
    let mut bytes = safetensors_head(size);
    bytes.resize(bytes.len() + size as usize, 7);
    bytes
}

fn model() -> Vec<(&'static str, Stored)> {
    vec![
        ("model.safetensors", large(weights())),
        ("config.json", small(r#"{"model_type":"bert","architectures":["BertModel"]}"#)),
        ("README.md", small("---\nlicense: mit\nbase_model: org/base\n---\n# Card\n")),
    ]
}

fn bom(sandbox: &Sandbox, hub: &FakeHub, args: &[&str]) -> Run {
    let args = [&["bom"], args, &["--endpoint", hub.endpoint()]].concat();
    sandbox.run_with(args, &[("NO_PROXY", "*")], "")
}

#[test]
fn a_repository_is_described_and_not_kept() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    let before = state(&sandbox.work());
    let run = bom(&sandbox, &hub, &["hf://org/tiny"]).exits(0);
    let made = run.json();
    let digest = Digest::of(&weights());
    assert_eq!(sha256(file(&made, "model.safetensors")), Some(digest.hex()));
    assert!(sha256(file(&made, "config.json")).is_some(), "small files are read");
    for text in [COMMIT, "BertModel", "MIT", "org/base"] {
        assert!(run.stdout.contains(text), "{text}: {run}");
    }
    assert!(run.stderr.contains("read by ranges"), "{run}");
    let kept: u64 = state(&sandbox.home()).iter().map(|(_, size, _)| size).sum();
    assert!(kept < 100_000, "{kept} bytes were kept");
    assert_eq!(state(&sandbox.work()), before);
    let of_weights: Vec<_> = hub.seen().into_iter().filter(|seen| seen.on_storage).collect();
    assert!(
        !of_weights.is_empty() && of_weights.iter().all(|seen| seen.range.is_some()),
        "{of_weights:?}"
    );
    let again = bom(&sandbox, &hub, &["hf://org/tiny"]).exits(0);
    assert_eq!(again.stdout, run.stdout);
}

#[test]
fn a_revision_is_asked_for_and_pinned() {
    let sandbox = Sandbox::new();
    let hub =
        FakeHub::new("models/org/tiny", &model(), Conduct { moves: true, ..Conduct::default() });
    let run = bom(&sandbox, &hub, &["hf://org/tiny@main"]).exits(0);
    assert!(run.stdout.contains(COMMIT) && !run.stdout.contains(LATER), "{run}");
    let run = bom(&sandbox, &hub, &["hf://org/tiny@later"]).exits(0);
    assert!(run.stdout.contains(LATER), "{run}");
    let run = bom(&sandbox, &hub, &["hf://org/tiny@nope"]);
    assert!(run.code != Some(0) && run.stderr.contains("Invalid rev id: nope"), "{run}");
}

#[test]
fn a_hub_that_fails_on_one_file_still_gives_the_rest() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    hub.conduct(|conduct| {
        conduct.corrupt = vec!["model.safetensors".to_owned()];
    });
    // Its length is wrong now, so that nothing of its header can be believed.
    let made = bom(&sandbox, &hub, &["hf://org/tiny"]).exits(0).json();
    assert!(made.to_string().contains("BertModel"));
    let token = Conduct { token: Some("hf_secret".to_owned()), ..Conduct::default() };
    let closed = FakeHub::new("models/org/tiny", &model(), token);
    let refused = bom(&sandbox, &closed, &["hf://org/tiny"]);
    assert!(refused.code != Some(0) && refused.stderr.contains("401"), "{refused}");
    let args = ["bom", "hf://org/tiny", "--endpoint", closed.endpoint()];
    let given = sandbox.run_with(args, &[("NO_PROXY", "*"), ("HF_TOKEN", "hf_secret")], "");
    assert!(!format!("{}", given.exits(0)).contains("hf_secret"));
    assert!(closed.seen().iter().filter(|s| s.on_storage).all(|s| s.authorization.is_none()));
}

#[test]
fn tensors_are_named_by_digest_where_that_is_asked() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    let made = bom(&sandbox, &hub, &["hf://org/tiny", "--tensors"]).exits(0);
    let tensor = Digest::of(&vec![7; 4 << 20]);
    assert!(made.stdout.contains(tensor.hex()), "{made}");
}
