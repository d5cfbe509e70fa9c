//! A dataset that was swapped in silence after the training: the kit is packed and signed as it is, and
//! the record of the training says otherwise.
#![cfg(unix)]

use crate::common::{Run, Sandbox};
use crate::seal_common::PASSWORD;

/// Trains by a shell script in the folder `project`, and records it.
fn trained() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("project/train.csv", "a,b\n1,2\n");
    sandbox.write("project/train.sh", "cat train.csv > model.bin\n");
    let args = "record --build-type train --input train.csv --dataset grain@v1=train.csv --output model.bin --yes -- sh train.sh";
    let mut command = sandbox.command();
    command.current_dir(sandbox.work().join("project")).args(args.split(' '));
    command.envs(PASSWORD.iter().copied());
    crate::common::finish(&mut command).exits(0);
    sandbox
}

fn seal(sandbox: &Sandbox, tag: &str) -> Run {
    sandbox.run_with(["seal", "project", "-t", tag], PASSWORD, "")
}

fn step(run: &Run, id: &str) -> serde_json::Value {
    let answer = run.json();
    let steps = answer["steps"].as_array().unwrap().clone();
    steps.into_iter().find(|step| step["id"] == id).unwrap()
}

#[test]
fn a_dataset_swapped_after_the_training_is_named() {
    let sandbox = trained();
    seal(&sandbox, "demo:v1").exits(0);
    let verify = |tag: &str| sandbox.run(["verify", tag, "--format", "json"]);
    let good = verify("demo:v1").exits(0);
    assert_eq!(step(&good, "statements-fit-files")["outcome"], "pass", "{good}");
    assert_eq!(step(&good, "statements-complete")["outcome"], "pass", "{good}");

    sandbox.write("project/train.csv", "a,b\n9,9\n");
    let sealed = seal(&sandbox, "demo:v2").exits(1);
    assert!(!sealed.stdout.contains("sealkit push"), "{sealed}");
    assert!(sealed.stdout.contains("`train.csv` is not the file that went into it"), "{sealed}");
    let swapped = step(&verify("demo:v2").exits(1), "statements-fit-files");
    assert_eq!(
        (&swapped["outcome"], &swapped["subjects"][0]),
        (&"fail".into(), &"train.csv".into())
    );
    assert_eq!(swapped["codes"][0], "digest-mismatch", "{swapped}");
    sandbox.run(["check", "demo:v2"]).exits(1);
}

#[test]
fn what_a_run_proves_is_attested_in_the_aibom_and_verified_in_the_lineage() {
    let sandbox = trained();
    seal(&sandbox, "demo:v1").exits(0);
    let bom = sandbox.run(["bom", "demo:v1"]).exits(0);
    assert!(bom.stdout.contains("attested") && bom.stdout.contains("grain"), "{bom}");
    let lineage = sandbox.run(["lineage", "demo:v1", "--format", "json"]).exits(0).json();
    assert_eq!(lineage["standing"], "verified", "{lineage:#}");
    let kinds: Vec<_> = lineage["edges"].as_array().unwrap().iter().map(|e| &e["type"]).collect();
    assert_eq!(kinds, ["trained-on"]);
    sandbox.run(["check", "demo:v1"]).exits(0);
}
