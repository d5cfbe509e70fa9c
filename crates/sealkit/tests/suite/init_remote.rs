//! `sealkit init --remote`: a Kitfile for a repository of which almost nothing is fetched.

use crate::common::{Run, Sandbox};
use crate::hf_hub::{Conduct, FakeHub, large, small};

/// A safetensors file with one tensor of 4 MiB.
fn weights() -> Vec<u8> {
    let header = r#"{"w":{"dtype":"F32","shape":[1048576],"data_offsets":[0,4194304]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + (4 << 20), 7);
    bytes
}

fn init(sandbox: &Sandbox, hub: &FakeHub, args: &[&str]) -> Run {
    let args = [&["init", "--remote", "--endpoint", hub.endpoint()], args].concat();
    sandbox.run_with(args, &[("NO_PROXY", "*")], "")
}

#[test]
fn a_kitfile_is_made_from_heads_and_cards() {
    let sandbox = Sandbox::new();
    let files = [
        ("weights.bin", large(weights())),
        ("README.md", small("---\nlicense: mit\n---\n")),
        ("config.json", small(r#"{"model_type":"bert","architectures":["BertModel"]}"#)),
        ("data/a.csv", small("a,b\n")),
        (".gitattributes", small("x")),
    ];
    let hub = FakeHub::new("models/Org/Tiny", &files, Conduct::default());
    let run = init(&sandbox, &hub, &["Org/Tiny"]).exits(0);
    for line in [
        "  name: Tiny\n",
        "  authors: [Org]\n",
        "  path: weights.bin\n",
        "  license: MIT\n",
        "  format: safetensors\n",
        "    architecture: bert\n",
        "    parameterCount: 1048576\n",
        "  - path: data/\n",
    ] {
        assert!(run.stdout.contains(line), "{line} in {run}");
    }
    let storage: Vec<_> = hub.seen().into_iter().filter(|seen| seen.on_storage).collect();
    assert!(storage.iter().all(|seen| seen.range.is_some()), "only ranges: {storage:?}");
    assert!(hub.seen().iter().all(|seen| !seen.path.contains("a.csv")));
    assert_eq!(std::fs::read_dir(sandbox.work()).unwrap().count(), 0, "nothing is written");
}

#[test]
fn names_and_output_are_the_persons() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/Org/Tiny", &[("a.onnx", small("x"))], Conduct::default());
    let args = ["Org/Tiny", "--name", "mine", "--author", "Ana", "-o", "out.yaml"];
    init(&sandbox, &hub, &args).exits(0);
    let text = std::fs::read_to_string(sandbox.work().join("out.yaml")).unwrap();
    assert!(text.contains("name: mine\n") && text.contains("authors: [Ana]\n"), "{text}");
    let run = init(&sandbox, &hub, &args).exits(1);
    assert!(run.stderr.contains("`out.yaml` exists already"), "{run}");
    let run = init(&sandbox, &hub, &["Org/Other"]).exits(1);
    assert!(run.stderr.contains("HTTP 404"), "{run}");
}
