//! A tiny training, and what was recorded of it.

use serde_json::Value;

use crate::common::{Run, Sandbox};
use crate::seal_common::PASSWORD;

const STATE: &str = r#"{"best_metric": null, "epoch": 1.0, "global_step": 10, "max_steps": 10,
"num_train_epochs": 1, "train_batch_size": 8, "is_hyper_param_search": false,
"is_world_process_zero": true, "log_history": [{"eval_loss": 0.25, "epoch": 1.0, "step": 10}]}"#;

/// A project with data, and a script that trains a model from it.
pub fn script(sandbox: &Sandbox) {
    sandbox.write("project/data/train.csv", "a,b\n1,2\n");
    sandbox.write("project/README.md", "# A model\n");
    sandbox.write("base.bin", "base weights");
    sandbox.write("state.json", STATE);
    let body = "mkdir -p project/model\n\
        cat base.bin project/data/train.csv > project/model/model.bin\n\
        cp state.json project/model/trainer_state.json\n\
        echo epoch 1\n";
    sandbox.write("train.sh", body);
}

/// The training, recorded with every flag.
pub fn trained(sandbox: &Sandbox, more: &[&str]) -> Run {
    script(sandbox);
    let args = [
        &["record", "--base", "org/base=base.bin", "--dataset", "org/data@v2=project/data"][..],
        &[
            "--input",
            "train.sh",
            "--output",
            "project/model",
            "--param",
            "lr=0.1",
            "--param",
            "seed=7",
        ],
        &["--yes"],
        more,
        &["--", "sh", "train.sh", "--lr", "0.1"],
    ]
    .concat();
    sandbox.run_with(args, &[PASSWORD, &[("PYTHONHASHSEED", "0"), ("HIDDEN", "x")]].concat(), "")
}

/// Names of the records that are kept.
pub fn records(sandbox: &Sandbox) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(sandbox.home().join("records")) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The statement inside a bundle.
pub fn payload(bundle: &[u8]) -> Value {
    let bundle: Value = serde_json::from_slice(bundle).unwrap();
    let text = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    serde_json::from_slice(&decoded(text)).unwrap()
}

fn decoded(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut out = Vec::new();
    for chunk in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = chunk.iter().fold(0_u32, |bits, &c| bits << 6 | u32::from(value(c)));
        let bits = bits << (6 * (4 - chunk.len()));
        out.extend(bits.to_be_bytes().iter().skip(1).take(chunk.len() - 1));
    }
    out
}
