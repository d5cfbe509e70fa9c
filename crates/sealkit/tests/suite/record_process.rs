//! `sealkit record` and the process that it runs: signals, streams, sudden death, secrets, hostile names.
#![cfg(unix)]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::{Sandbox, wait_for};
use crate::record_common::{payload, records, script};
use crate::seal_common::{PASSWORD, run};

fn start(sandbox: &Sandbox, body: &str) -> Child {
    let mut command = sandbox.command();
    command.args(["record", "--output", "out", "--yes", "--", "sh", "-c", body]);
    command.envs(PASSWORD.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
}

#[test]
fn signals_reach_the_command_and_its_answer_is_ours() {
    for name in ["TERM", "INT", "HUP", "USR1"] {
        let sandbox = Sandbox::new();
        let body = format!(
            "trap 'echo caught > caught; exit 9' {name}; echo > ready; while :; do sleep 0.05; done"
        );
        let mut child = start(&sandbox, &body);
        wait_for("the command", || sandbox.work().join("ready").exists());
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(9), "{name}");
        assert!(sandbox.work().join("caught").exists(), "{name}");
        assert!(records(&sandbox).is_empty());
    }
}

#[test]
fn a_command_that_a_signal_ended_says_so_as_shells_do() {
    let sandbox = Sandbox::new();
    let args = ["record", "--output", "out", "--yes", "--", "sh", "-c", "kill -9 $$"];
    run(&sandbox, &args).exits(137);
}

#[test]
fn killed_in_the_middle_it_leaves_no_half_record() {
    let sandbox = Sandbox::new();
    let mut child = start(&sandbox, "echo m > out; echo > ready; sleep 2; echo > ended");
    wait_for("the command", || sandbox.work().join("ready").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(records(&sandbox).is_empty());
    // And while the record is made: what is there is whole, or nothing is.
    for delay in [0, 10, 20, 40, 80, 160] {
        let mut child = start(&sandbox, "head -c 4000000 /dev/zero > out; echo > done");
        wait_for("the command", || sandbox.work().join("done").exists());
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_file(sandbox.work().join("done")).unwrap();
        for name in records(&sandbox) {
            let bytes = fs::read(sandbox.home().join("records").join(&name)).unwrap();
            if let Some(hex) = name.strip_suffix(".sigstore.json") {
                assert_eq!(sealkit_oci::Digest::of(&bytes).hex(), hex);
                payload(&bytes);
            }
        }
    }
}

#[test]
fn the_streams_are_the_commands_own() {
    let sandbox = Sandbox::new();
    let args = ["record", "--output", "out", "--yes", "--", "sh", "-c", "tee out; echo wrong >&2"];
    let out = sandbox.run_with(args, PASSWORD, "typed\n").exits(0);
    assert_eq!(out.stdout, "typed\n");
    assert!(out.stderr.starts_with("wrong\n") || out.stderr.contains("\nwrong\n"), "{out}");
    let args = ["record", "--output", "out", "--yes", "--", "sh", "-c", "env > out"];
    run(&sandbox, &args).exits(0);
    let seen = fs::read_to_string(sandbox.work().join("out")).unwrap();
    assert!(!seen.contains("SEALKIT_PASSWORD"), "the password of the key is no one else's");
}

#[test]
fn no_secret_path_or_name_is_signed() {
    let sandbox = Sandbox::new();
    script(&sandbox);
    let token = format!("hf_{}", "aB3dE5gH7jK9mN1pQ4sT6vW8yZ0cF2xL5n");
    let input = sandbox.work().join("project/data/train.csv").display().to_string();
    let outside = sandbox.write("../home/outside.bin", "w").display().to_string();
    let url = "https://ada:hunter2@host.example/x";
    let line = format!(
        "record --param api_key={token} --param hub={token} --env MY_PASSWORD --env MY_URL --input {input} \
         --base {outside} --output out --yes -o r.json -- sh make.sh --data {input} --token {token} \
         --password=hunter2 {url} user-of-this-machine"
    );
    sandbox.write("make.sh", "echo m > out\n");
    let more = [
        ("MY_PASSWORD", "hunter2"),
        ("MY_URL", url),
        ("OTHER", "hunter3"),
        ("USER", "user-of-this-machine"),
    ];
    let out = sandbox.run_with(line.split(' '), &[PASSWORD, &more].concat(), "").exits(0);
    let text = payload(&fs::read(sandbox.work().join("r.json")).unwrap()).to_string();
    let root = sandbox.work().parent().unwrap().display().to_string();
    let machine = "user-of-this-machine";
    for secret in [&token, "hunter2", "hunter3", "ada:", machine, "/tmp/", &root] {
        assert!(!text.contains(secret), "{secret}: {text}");
        // What we say of our own key's file names this machine, and is not signed.
        let said = out.stderr.replace(&format!("{root}/home/keys"), "");
        assert!(!said.contains(secret), "{secret}: {out}");
    }
    for kept in ["[redacted]", "[private]", "project/data/train.csv", "outside.bin", "host.example"]
    {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    assert!(host.len() < 3 || host == "localhost" || !text.contains(host), "{host}: {text}");
    assert!(out.stderr.contains("Taken out:"), "{out}");
}

#[test]
fn hostile_names_are_harmless_or_refused() {
    let sandbox = Sandbox::new();
    let odd = "out/a b'\"$(touch pwned)`x`;&.bin";
    let body = "mkdir -p out; echo m > \"$0\"";
    let args = ["record", "--output", "out", "--yes", "-o", "r.json", "--", "sh", "-c", body, odd];
    run(&sandbox, &args).exits(0);
    let statement = payload(&fs::read(sandbox.work().join("r.json")).unwrap());
    let names: Vec<&str> = statement["subject"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|s| s["name"].as_str())
        .collect();
    assert!(names.contains(&odd), "{names:?}");
    assert!(!sandbox.work().join("pwned").exists());
    for name in ["out/\u{1b}[2J", "out/new\nline"] {
        let args = ["record", "--output", "out", "--yes", "--", "sh", "-c", body, name];
        let out = run(&sandbox, &args).exits(2);
        assert!(out.stderr.contains("is not plain text"), "{out}");
        assert!(!out.stderr.contains('\u{1b}'), "{out}");
        fs::remove_file(sandbox.work().join(name)).unwrap();
    }
    let args = ["record", "--output", "out", "--yes", "--", "sh", "-c", "ln -s /etc out/link"];
    let out = run(&sandbox, &args).exits(2);
    assert!(out.stderr.contains("is a link to a folder"), "{out}");
}

#[test]
fn of_a_huge_folder_the_largest_files_are_named_and_all_are_covered() {
    let sandbox = Sandbox::new();
    let body = "mkdir -p out; cd out; i=0; while [ $i -lt 10050 ]; do echo $i > f$i; i=$((i+1)); done; \
                head -c 5000 /dev/zero > weights";
    let args = ["record", "--output", "out", "--yes", "-o", "r.json", "--", "sh", "-c", body];
    run(&sandbox, &args).exits(0);
    let statement = payload(&fs::read(sandbox.work().join("r.json")).unwrap());
    let subjects = statement["subject"].as_array().unwrap();
    assert_eq!(subjects.len(), 10_001);
    assert!(subjects.iter().any(|one| one["name"] == "out/weights"));
    assert!(subjects[0]["digest"]["dirHash1"].is_string());
}

#[test]
fn a_real_training_in_python_is_recorded_where_python_is() {
    let sandbox = Sandbox::new();
    let python = "/usr/bin/python3";
    if Command::new(python).arg("--version").output().is_err() {
        println!("skipped: no {python}");
        return;
    }
    let body = "import json, random, sys\nrandom.seed(int(sys.argv[1]))\nrows = [tuple(map(float, l.split(','))) for l in open('data.csv')]\nw = random.random()\nfor _ in range(200):\n    for x, y in rows:\n        w -= 0.01 * (w * x - y) * x\njson.dump({'w': round(w, 3)}, open('model.json', 'w'))\n";
    sandbox.write("train.py", body);
    sandbox.write("data.csv", "1,2\n2,4\n3,6\n");
    let args = [
        "record",
        "--input",
        "train.py",
        "--dataset",
        "lines@1=data.csv",
        "--output",
        "model.json",
        "--param",
        "seed=3",
        "--yes",
        "-o",
        "r.json",
        "--",
        python,
        "train.py",
        "3",
    ];
    run(&sandbox, &args).exits(0);
    let model = fs::read(sandbox.work().join("model.json")).unwrap();
    assert_eq!(model, br#"{"w": 2.0}"#);
    let statement = payload(&fs::read(sandbox.work().join("r.json")).unwrap());
    assert_eq!(statement["subject"][0]["digest"]["sha256"], sealkit_oci::Digest::of(&model).hex());
    let build = &statement["predicate"]["buildDefinition"];
    assert!(build["internalParameters"]["python"].as_str().unwrap().starts_with("3."));
}
