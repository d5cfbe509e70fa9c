//! AIBOMs of folders.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::helpers::{components, file, said, schemas, sha256, state};
use crate::common::Sandbox;
use crate::seal_common::project;

const FORMATS: [&str; 6] =
    ["cyclonedx-json@1.6", "cyclonedx-json@1.7", "spdx3-json", "table", "markdown", "html"];

fn example(sandbox: &Sandbox) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/grain-classifier");
    copy(&from, &sandbox.work().join("grain"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn nothing_is_written_into_the_folder_or_the_store() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox);
    let before = state(&dir);
    let made = sandbox.run(["bom", "project"]).exits(0).json();
    assert_eq!(state(&dir), before);
    assert_eq!(made["metadata"]["component"]["name"], "project");
    assert_eq!(sha256(file(&made, "train.py")).unwrap().len(), 64);
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "");
    let left = state(&sandbox.home());
    assert!(left.iter().all(|(_, size, _)| *size < 5000), "an empty store at most: {left:?}");
    assert_eq!(
        fs::read_dir(sandbox.home().join("store/blobs/sha256")).map_or(0, Iterator::count),
        0
    );
}

#[test]
fn the_kitfile_of_the_folder_says_what_its_parts_are() {
    let sandbox = Sandbox::new();
    sandbox.golden();
    let made = sandbox.run(["bom"]).exits(0).json();
    assert_eq!(made["metadata"]["component"]["name"], "golden");
    assert_eq!(made["metadata"]["component"]["version"], "0.1.0");
    let all = components(&made);
    let typed = |kind: &str| all.iter().filter(|c| c["type"] == kind).count();
    assert_eq!(typed("machine-learning-model"), 1, "{made:#}");
    assert!(all.iter().any(|c| c["type"] == "data" && c["name"] == "d"), "{made:#}");
    assert!(said(&made, "sealkit:path").contains(&"data/d.csv".to_owned()));
}

#[test]
fn an_overlay_is_taken_in_and_a_wrong_key_is_named_with_its_line() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.write(
        "project/aibom.yaml",
        "supplier: {name: The Lab}\nauthors: [{name: Ada, email: ada@lab.example}]\nmodel:\n  intendedUse: sorting grain\n",
    );
    let made = sandbox.run(["bom", "project"]).exits(0);
    for text in ["The Lab", "Ada", "ada@lab.example", "sorting grain", "aibom.yaml"] {
        assert!(made.stdout.contains(text), "{text}: {made}");
    }
    let over = sandbox.run(["bom", "project", "--author", "Bob <b@c.example>"]).exits(0).stdout;
    assert!(over.contains("Bob") && over.contains("b@c.example"), "{over}");
    assert!(!over.contains("ada@lab.example") && over.contains("The Lab"), "{over}");
    sandbox.write("project/aibom.yaml", "supplier: {name: x}\nmodel:\n  intendedUsee: x\n");
    let failed = sandbox.run(["bom", "project"]).exits(2);
    for text in ["aibom.yaml", "line 3", "intendedUsee", "intendedUse"] {
        assert!(failed.stderr.contains(text), "{text}: {failed}");
    }
    assert_eq!(failed.stdout, "");
    sandbox.write("other.yaml", "supplier: {name: Elsewhere}\n");
    let given = sandbox.run(["bom", "project", "--overlay", "other.yaml"]).exits(0);
    assert!(given.stdout.contains("Elsewhere"), "{given}");
    let nobody =
        sandbox.run(["bom", "project", "--overlay", "other.yaml", "--author", " "]).exits(2);
    assert!(nobody.stderr.contains("names nobody"), "{nobody}");
}

#[test]
fn several_formats_come_from_one_run() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let outputs: Vec<String> =
        FORMATS.iter().map(|format| format!("{format}=out/{}", format.replace('@', "-"))).collect();
    let mut args = vec!["bom", "project"];
    fs::create_dir(sandbox.work().join("out")).unwrap();
    args.extend(outputs.iter().flat_map(|output| ["-o", output]));
    sandbox.run(&args).exits(0);
    for format in FORMATS {
        let path = sandbox.work().join("out").join(format.replace('@', "-"));
        let written = fs::read_to_string(path).unwrap();
        let printed = sandbox.run(["bom", "project", "--format", format]).exits(0).stdout;
        assert_eq!(written, printed, "{format}");
        assert!(written.contains("m.safetensors"), "{format}: {written}");
    }
    let html = fs::read_to_string(sandbox.work().join("out/html")).unwrap();
    assert!(!html.contains("<script") && !html.contains("http-equiv=\"refresh\""), "one page");
    let failed = sandbox.run(["bom", "project", "--format", "cyclonedx"]).exits(2);
    assert!(failed.stderr.contains("spdx3-json"), "the formats are named: {failed}");
    let failed = sandbox.run(["bom", "project", "-o", "html=./x", "-o", "./x"]).exits(2);
    assert!(failed.stderr.contains("named twice"), "{failed}");
    assert!(!sandbox.work().join("x").exists());
    let table = sandbox.run(["bom", "project", "-o", "table"]).exits(0).stdout;
    assert!(table.starts_with("KIND"), "a format alone goes to standard output: {table}");
    assert!(!sandbox.work().join("table").exists());
    let failed = sandbox.run(["bom", "project", "-o", "table", "-o", "html"]).exits(2);
    assert!(failed.stderr.contains("`-` is named twice"), "{failed}");
    for (output, format) in [
        ("nope=x", "nope"),
        ("cyclonedx-json@1.5=x", "cyclonedx-json@1.5"),
        ("spdx-json", "spdx-json"),
    ] {
        let failed = sandbox.run(["bom", "project", "-o", output]).exits(2);
        assert!(failed.stderr.contains(&format!("no format `{format}`")), "{failed}");
        assert!(!sandbox.work().join(format).exists());
    }
    sandbox.run(["bom", "project", "-o", "spdx.json"]).exits(0);
    let file = sandbox.run(["bom", "project/models/m.safetensors"]).exits(2);
    assert!(file.stderr.contains("is a file, neither a kit nor a folder"), "{file}");
}

#[test]
fn the_same_files_give_the_same_bytes_wherever_and_whenever() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    for format in FORMATS {
        let at = |place: &str, args: &[&str], environment: &[(&str, &str)]| {
            let args = [&["bom", place, "--format", format], args].concat();
            sandbox.run_with(&args, environment, "").exits(0).stdout
        };
        let first = at("project", &[], &[]);
        assert_eq!(at("project", &[], &[("TZ", "Asia/Tokyo"), ("LANG", "de_DE.UTF-8")]), first);
        let (long, there) =
            (sandbox.work().join("deep/er"), sandbox.work().join("deep/er/project"));
        fs::create_dir_all(&long).unwrap();
        fs::create_dir(&there).unwrap();
        // The same files, made in another order.
        for path in
            ["train.py", "README.md", "data/train.csv", "models/m.safetensors", "data/test.csv"]
        {
            fs::create_dir_all(there.join(path).parent().unwrap()).unwrap();
            let (from, to) = (sandbox.work().join("project").join(path), there.join(path));
            fs::copy(&from, &to).unwrap();
            let written = fs::metadata(&from).unwrap().modified().unwrap();
            fs::File::options().write(true).open(&to).unwrap().set_modified(written).unwrap();
        }
        assert_eq!(at("deep/er/project", &[], &[]), first, "{format}");
        assert_eq!(at(&there.display().to_string(), &[], &[]), first, "{format}");
        fs::remove_dir_all(&long).unwrap();
        let root = sandbox.work().display().to_string();
        assert!(!first.contains(&root), "no path of the machine in {format}");
        let dated = at("project", &[], &[("SOURCE_DATE_EPOCH", "86400")]);
        let names_time = format.starts_with("cyclonedx") || format.starts_with("spdx");
        assert_eq!(dated.contains("1970-01-02T00:00:00Z"), names_time, "{format}: {dated}");
    }
}

#[test]
fn every_format_passes_the_official_schema() {
    let sandbox = Sandbox::new();
    let Some(schemas) = schemas(&sandbox) else { return };
    let schemas = schemas.display().to_string();
    project(&sandbox);
    example(&sandbox);
    sandbox.write("golden/m.bin", "hello");
    sandbox.write("golden/Kitfile", "manifestVersion: 1.0.0\npackage: {name: g, authors: [A]}\nmodel: {path: m.bin, license: MIT}\n");
    sandbox.write("one/README.md", "---\nlicense: other\nbase_model: a/b\ndatasets: [x/y]\n---\n");
    for folder in ["project", "grain", "golden", "one"] {
        for format in &FORMATS[..3] {
            sandbox
                .run([
                    "bom",
                    folder,
                    "--format",
                    format,
                    "--schema",
                    &schemas,
                    "--author",
                    "A",
                    "--supplier",
                    "B",
                ])
                .exits(0);
        }
    }
    let failed = sandbox.run(["bom", "one", "--schema", "project"]).exits(2);
    assert!(failed.stderr.contains("schema"), "{failed}");
}

#[test]
fn the_example_is_described_by_its_own_words() {
    let sandbox = Sandbox::new();
    example(&sandbox);
    let made = sandbox.run(["bom", "grain"]).exits(0).json();
    let text = made.to_string();
    for said in ["Apache-2.0", "pkg:pypi/numpy@", "grain.safetensors", "requirements.txt"] {
        assert!(text.contains(said), "{said}: {made:#}");
    }
    let by: Vec<Value> = components(&made).into_iter().cloned().collect();
    assert!(by.iter().any(|c| c["type"] == "machine-learning-model"));
}

#[test]
fn tensors_are_named_by_the_digest_that_was_asked_for() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let made = |args: &[&str]| {
        let made = sandbox.run([&["bom", "project"], args].concat()).exits(0).json();
        let of = |hash: &str| said(&made, &format!("sealkit:tensor-{hash}:w"));
        (of("sha256"), of("blake3"))
    };
    let sha256 = sealkit_oci::Digest::of(&[1; 16]).to_string();
    assert_eq!(made(&[]), (vec![], vec![]));
    assert_eq!(made(&["--tensors"]), (vec![sha256.clone()], vec![]));
    assert_eq!(made(&["--tensors", "sha256"]), (vec![sha256], vec![]));
    let (none, blake3) = made(&["--tensors", "blake3"]);
    assert!(none.is_empty() && blake3[0].starts_with("blake3:"), "{blake3:?}");
    // They are measured again by whoever verifies, and a wrong one is found.
    for hash in ["sha256", "blake3"] {
        let made = sandbox.run(["bom", "project", "--tensors", hash]).exits(0).stdout;
        sandbox.write("made.json", &made);
        sandbox.run(["bom", "verify", "made.json", "./project"]).exits(0);
        let digest =
            said(&serde_json::from_str(&made).unwrap(), &format!("sealkit:tensor-{hash}:w"));
        let other = format!("{}{}", &digest[0][..digest[0].len() - 4], "0000");
        sandbox.write("made.json", made.replace(&digest[0], &other));
        let run = sandbox.run(["bom", "verify", "made.json", "./project"]).exits(1);
        assert!(run.stdout.contains(&format!("tensor-{hash} of `w`")), "{run}");
    }
}
