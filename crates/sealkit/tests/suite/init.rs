//! `sealkit init` from outside.

use std::fs;
use std::process::{Command, Stdio};

use crate::common::{Sandbox, finish, peer};

/// A safetensors file with one tensor of `count` 32-bit numbers.
fn safetensors(count: usize) -> Vec<u8> {
    let size = count * 4;
    let header =
        format!(r#"{{"w":{{"dtype":"F32","shape":[{count}],"data_offsets":[0,{size}]}}}}"#);
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + size, 0);
    bytes
}

/// A GGUF v3 file with text metadata and no tensors.
fn gguf(metadata: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend_from_slice(&0_u64.to_le_bytes());
    bytes.extend_from_slice(&(metadata.len() as u64).to_le_bytes());
    for (key, value) in metadata {
        bytes.extend_from_slice(&(key.len() as u64).to_le_bytes());
        bytes.extend_from_slice(key.as_bytes());
        bytes.extend_from_slice(&8_u32.to_le_bytes());
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        bytes.extend_from_slice(value.as_bytes());
    }
    bytes
}

fn generated(sandbox: &Sandbox, extra: &[&str]) -> String {
    let args = [&["init", ".", "-o", "-"], extra].concat();
    sandbox.run(args).exits(0).stdout
}

#[test]
fn content_goes_before_the_name() {
    let sandbox = Sandbox::new();
    sandbox.write("weights.bin", safetensors(4));
    sandbox.write("notes.safetensors", "just text\n");
    sandbox.write("rows", "PAR1 not really");
    let yaml = generated(&sandbox, &[]);
    assert!(yaml.contains("  path: weights.bin\n"), "{yaml}");
    assert!(yaml.contains("  format: safetensors\n"), "{yaml}");
    assert!(yaml.contains("parameterCount: 4\n"), "{yaml}");
    assert!(yaml.contains("dtype: F32\n"), "{yaml}");
}

#[test]
fn a_card_and_a_config_fill_the_model() {
    let sandbox = Sandbox::new();
    sandbox.write("model.safetensors", safetensors(2));
    sandbox.write(
        "README.md",
        "---\nlicense: apache-2.0\nbase_model: org/base\nlibrary_name: sentence-transformers\n---\n# Hi\n",
    );
    sandbox.write(
        "config.json",
        r#"{"model_type":"bert","architectures":["BertModel"],"transformers_version":"4.1","vocab_size":30}"#,
    );
    let yaml = generated(&sandbox, &["--name", "tiny", "--desc", "d", "--author", "Ana"]);
    let expected = "\
manifestVersion: 1.0.0
package:
  name: tiny
  description: d
  authors: [Ana]
model:
  name: model
  path: model.safetensors
  license: Apache-2.0
  framework: sentence-transformers
  format: safetensors
  parts:
    - path: config.json
  parameters:
    architecture: bert
    baseModel: org/base
    dtype: F32
    parameterCount: 2
    vocabularySize: 30
docs:
  - path: README.md
    description: Readme file
";
    assert_eq!(yaml, expected);
}

#[test]
fn a_gguf_file_says_what_it_is() {
    let sandbox = Sandbox::new();
    let metadata = [
        ("general.architecture", "llama"),
        ("general.name", "Tiny"),
        ("general.version", "1.2"),
        ("general.license", "mit"),
    ];
    sandbox.write("blob", gguf(&metadata));
    let yaml = generated(&sandbox, &[]);
    for line in [
        "  name: Tiny\n",
        "  path: blob\n",
        "  license: MIT\n",
        "  framework: llama.cpp\n",
        "  format: gguf\n",
        "  version: \"1.2\"\n",
    ] {
        assert!(yaml.contains(line), "{line} in {yaml}");
    }
}

#[test]
fn the_licence_of_a_card_without_a_model_is_the_datasets() {
    let sandbox = Sandbox::new();
    sandbox.write("README.md", "---\nlicense: cc-by-4.0\n---\n");
    sandbox.write("train.csv", "a,b\n1,2\n");
    let yaml = generated(&sandbox, &[]);
    assert!(yaml.contains("  - path: train.csv\n    license: CC-BY-4.0\n"), "{yaml}");
}

#[test]
fn hidden_files_that_a_part_covers_are_kept_out_by_a_kitignore() {
    let sandbox = Sandbox::new();
    for index in 0..6 {
        sandbox.write(&format!("file{index}"), "x");
    }
    sandbox.write(".git/config", "[core]\n");
    sandbox.write(".env", "SECRET=1\n");
    let run = sandbox.run(["init", "."]).exits(0);
    assert!(run.stderr.contains("`.env`, `.git`"), "{run}");
    assert!(run.stderr.contains("Saved to path './Kitfile'"), "{run}");
    let ignore = fs::read_to_string(sandbox.work().join(".kitignore")).unwrap();
    assert!(ignore.ends_with("\n.env\n.git\n"), "{ignore}");
    sandbox.run(["pack", ".", "-t", "x:1"]).exits(0);
    let layout = sandbox.home().join("store/blobs/sha256");
    let packed = fs::read_dir(layout).unwrap().any(|blob| {
        let bytes = fs::read(blob.unwrap().path()).unwrap();
        bytes.windows(8).any(|window| window == b"SECRET=1")
    });
    assert!(!packed, "what is hidden was packed");
}

#[test]
fn a_kitignore_that_is_there_stays_and_the_person_is_told() {
    let sandbox = Sandbox::new();
    for index in 0..6 {
        sandbox.write(&format!("file{index}"), "x");
    }
    sandbox.write(".env", "SECRET=1\n");
    sandbox.write(".cache/x", "x");
    sandbox.write(".kitignore", ".cache\n");
    let run = sandbox.run(["init", "."]).exits(0);
    assert!(run.stderr.contains("hidden `.env` will be packed"), "{run}");
    assert!(!run.stderr.contains("hidden `.cache`"), "{run}");
    assert_eq!(fs::read_to_string(sandbox.work().join(".kitignore")).unwrap(), ".cache\n");
}

#[test]
fn hidden_files_that_no_part_covers_are_told() {
    let sandbox = Sandbox::new();
    sandbox.write("model.onnx", "x");
    sandbox.write(".hidden", "x");
    let run = sandbox.run(["init", "."]).exits(0);
    assert!(run.stderr.contains("hidden `.hidden` is in no part of the Kitfile"), "{run}");
    assert!(!sandbox.work().join(".kitignore").exists());
}

#[test]
fn a_kitfile_that_is_there_is_kept() {
    let sandbox = Sandbox::new();
    sandbox.write("model.onnx", "x");
    sandbox.write("kitfile", "mine\n");
    let run = sandbox.run(["init", "."]).exits(1);
    assert!(run.stderr.contains("`./kitfile` exists already"), "{run}");
    assert!(run.stderr.contains("--force"), "{run}");
    let names: Vec<_> = fs::read_dir(sandbox.work()).unwrap().collect();
    assert_eq!(names.len(), 2, "nothing was written");
    sandbox.run(["init", ".", "--force"]).exits(0);
    assert!(sandbox.work().join("Kitfile").is_file());
}

#[test]
fn what_is_not_a_folder_is_named() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(["init", "nowhere"]).exits(1);
    assert!(run.stderr.contains("`nowhere` does not exist"), "{run}");
    sandbox.write("file", "x");
    let run = sandbox.run(["init", "file"]).exits(1);
    assert!(run.stderr.contains("`file` is not a folder"), "{run}");
}

#[cfg(unix)]
#[test]
fn a_hugging_face_snapshot_is_read_through_its_links() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    sandbox.write("cache/blobs/aa", safetensors(8));
    let snapshot = sandbox.work().join("cache/snapshots/abc");
    fs::create_dir_all(&snapshot).unwrap();
    symlink("../../blobs/aa", snapshot.join("weights.bin")).unwrap();
    let run = sandbox.run(["init", "cache/snapshots/abc", "-o", "-"]).exits(0);
    assert!(run.stdout.contains("path: weights.bin\n"), "{run}");
    assert!(run.stdout.contains("format: safetensors\n"), "{run}");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_read() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    sandbox.write("outside", safetensors(8));
    fs::create_dir(sandbox.work().join("in")).unwrap();
    symlink("../outside", sandbox.work().join("in/weights.bin")).unwrap();
    let run = sandbox.run(["init", "in", "-o", "-"]).exits(0);
    assert!(!run.stdout.contains("safetensors"), "{run}");
    assert!(
        run.stdout.contains("path: weights.bin"),
        "it is still named, so that pack refuses it: {run}"
    );
}

#[test]
fn depth_lists_files_one_by_one() {
    let sandbox = Sandbox::new();
    sandbox.write("a/b/c/model.gguf", gguf(&[("general.name", "Deep")]));
    assert!(!generated(&sandbox, &[]).contains("model.gguf"));
    let yaml = generated(&sandbox, &["--depth", "-1"]);
    assert!(yaml.contains("path: a/b/c/model.gguf\n"), "{yaml}");
    assert!(yaml.contains("name: Deep\n"), "{yaml}");
}

/// Folders whose content says nothing that the names do not: there the Kitfile is `kit`'s.
#[test]
fn where_content_says_nothing_the_kitfile_is_kits() {
    let Some(kit) = peer("SEALKIT_KIT") else { return };
    let apache = include_str!("../../../../LICENSE");
    let folders: [&[(&str, &str)]; 8] = [
        &[
            ("m.safetensors", "x"),
            ("config.json", "{}"),
            ("README.md", "# x\n"),
            ("LICENSE", apache),
        ],
        &[("a.py", "import x\n"), ("b.py", "x"), ("c.sh", "x"), ("d", "x"), ("e", "x"), ("f", "x")],
        &[
            ("data/a.csv", "a,b\n1,2\n"),
            ("data/b.csv", "a,b\n"),
            ("src/x.py", "x"),
            ("docs/a.txt", "x"),
        ],
        &[("a.csv", "a,b\n1,2\n"), ("meta.json", "[]"), ("LICENSE", apache)],
        &[
            ("shard-1.gguf", "x"),
            ("shard-2.gguf", "y"),
            ("mixed/a.py", "x"),
            ("mixed/b.csv", "a\n"),
        ],
        &[
            ("AGENTS.md", "do\n"),
            ("x.prompt.md", "do\n"),
            ("page.html", "<html>\n"),
            ("a.txt", "t\n"),
        ],
        &[("SKILL.md", "---\nname: s\ndescription: d\nlicense: MIT\n---\n# s\n"), ("run.py", "x")],
        &[
            ("deep/er/x.onnx", "x"),
            ("deep/y.json", "{}"),
            ("pytorch_model.bin", "x"),
            ("t.yaml", "a: 1\n"),
        ],
    ];
    for (index, folder) in folders.iter().enumerate() {
        for depth in ["0", "1", "-1"] {
            let sandbox = Sandbox::new();
            for (path, content) in *folder {
                sandbox.write(path, content);
            }
            let home = tempfile::tempdir().unwrap();
            fs::write(home.path().join("disable-update-notifications"), "").unwrap();
            let theirs = finish(
                Command::new(&kit)
                    .args(["init", ".", "-o", "-", "--depth", depth])
                    .env("KITOPS_HOME", home.path())
                    .stdin(Stdio::null())
                    .current_dir(sandbox.work()),
            )
            .exits(0);
            let ours = generated(&sandbox, &["--depth", depth]);
            assert_eq!(ours, theirs.stdout, "folder {index}, depth {depth}");
        }
    }
}

#[test]
fn what_is_ignored_is_in_no_part_and_an_unpacked_kit_can_be_packed_again() {
    let sandbox = Sandbox::new();
    sandbox.write("k/m.py", "print(1)\n");
    sandbox.write("k/secret.csv", "a\n");
    sandbox.write("k/.kitignore", "secret.csv\n");
    sandbox.run(["init", "k"]).exits(0);
    let kitfile = fs::read_to_string(sandbox.work().join("k/Kitfile")).unwrap();
    assert!(kitfile.contains("m.py") && !kitfile.contains("secret.csv"), "{kitfile}");
    sandbox.run(["pack", "k", "-t", "k:v1"]).exits(0);
    sandbox.run(["unpack", "k:v1", "-d", "out"]).exits(0);
    sandbox.run(["pack", "out", "-t", "k:v2"]).exits(0);
}
