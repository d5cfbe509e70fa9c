//! Kits of more files than one AIBOM can list, and of layers that readers take for bombs.

use std::fs;

use crate::common::Sandbox;
use crate::seal_common::run;

/// Files whose entries together are larger than a statement may be.
const MANY: usize = 22_000;

#[test]
fn a_folder_of_more_files_than_an_aibom_lists_is_sealed_and_verified() {
    let sandbox = Sandbox::new();
    sandbox.write("many/model/m.bin", "weights");
    fs::create_dir_all(sandbox.work().join("many/data")).unwrap();
    for at in 0..MANY {
        let path = sandbox.work().join(format!("many/data/a-text-about-something-{at:06}.txt"));
        fs::write(path, format!("text {at}\n")).unwrap();
    }
    let kitfile = "manifestVersion: 1.0.0\nmodel: {path: model}\ndatasets: [{path: data}]\n";
    sandbox.write("many/Kitfile", kitfile);
    let sealed = run(&sandbox, &["seal", "many", "-t", "many:v1"]).exits(0);
    let told = format!("{MANY} stand in the file table alone");
    assert!(sealed.stderr.contains(&told), "{}", sealed.stderr);
    run(&sandbox, &["verify", "many:v1", "--dir", "many"]).exits(0);
    let written = run(&sandbox, &["bom", "many:v1", "--format", "cyclonedx-json"]).exits(0);
    sandbox.write("bom.cdx.json", &written.stdout);
    let bom = written.json();
    let all = bom["components"].as_array().unwrap();
    let named = |name: &str| all.iter().find(|one| one["name"] == name).unwrap().to_string();
    assert!(named("model/m.bin").contains("SHA-256"));
    let data = named("data");
    assert!(data.contains(&MANY.to_string()) && data.contains("file-table"), "{data}");
    let aggregates = bom["compositions"].to_string();
    assert!(aggregates.contains("incomplete"), "{aggregates}");
    // What the document does not list, nobody compared with it.
    let judged = run(&sandbox, &["bom", "verify", "bom.cdx.json", "many:v1"]).exits(2);
    assert!(judged.stdout.contains("the file table of the kit lists"), "{judged}");
}

#[test]
fn a_name_stays_where_it_was_when_sealing_fails() {
    let sandbox = Sandbox::new();
    sandbox.write("kit/m.py", "print(1)\n");
    run(&sandbox, &["seal", "kit", "-t", "kit:v1"]).exits(0);
    let digest = || run(&sandbox, &["inspect", "kit:v1"]).exits(0).json()["digest"].clone();
    let before = digest();
    sandbox.write("kit/m.py", "print(2)\n");
    // Records that can not be read end the seal behind the pack.
    let _ = fs::remove_dir_all(sandbox.home().join("records"));
    sandbox.write("../home/records", "no folder");
    run(&sandbox, &["seal", "kit", "-t", "kit:v1"]).exits(2);
    assert_eq!(digest(), before);
    run(&sandbox, &["verify", "kit:v1"]).exits(0);
}

#[test]
fn a_layer_that_expands_like_a_bomb_is_told_when_it_is_packed_and_stays_open() {
    let sandbox = Sandbox::new();
    let file = fs::File::create(sandbox.write("zeros/m.bin", "")).unwrap();
    file.set_len(24 << 20).unwrap();
    sandbox.write("zeros/Kitfile", "manifestVersion: 1.0.0\nmodel: {path: m.bin}\n");
    let packed =
        run(&sandbox, &["pack", "zeros", "-t", "zeros:v1", "--compression", "zstd"]).exits(0);
    assert!(packed.stderr.contains("expansion ratio limit of 200"), "{packed}");
    let verified = run(&sandbox, &["verify", "zeros:v1", "--format", "json"]);
    let json = verified.json();
    let steps = json["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == "safe-entries").unwrap();
    assert_eq!(step["outcome"], "unknown", "{step}");
    assert!(step.to_string().contains("limit-exceeded"), "{step}");
    let refused = run(&sandbox, &["unpack", "zeros:v1", "-d", "out"]).exits(1);
    assert!(refused.stderr.contains("`--max-ratio 2000`"), "{refused}");
    run(&sandbox, &["unpack", "zeros:v1", "-d", "out", "--max-ratio", "200000"]).exits(0);
    let plain = run(&sandbox, &["pack", "zeros", "-t", "zeros:v2"]).exits(0);
    assert!(!plain.stderr.contains("limit"), "{plain}");
}
