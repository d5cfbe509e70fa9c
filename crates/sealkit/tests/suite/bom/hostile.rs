//! Folders that were made to hurt: the AIBOM is made all the same, in bounded time and memory, and
//! what could not be read is marked.

use std::fs;
use std::time::{Duration, Instant};

use sealkit_testkit::TarBuilder;

use super::helpers::{file, schemas, sha256, terminal_tricks, unreadable};
use crate::common::Sandbox;

/// Time that no folder here may take, on a busy machine and without optimisation.
const MOST: Duration = Duration::from_mins(2);

fn bombs(sandbox: &Sandbox) -> Vec<&'static str> {
    let write = |path: &str, bytes: &[u8]| sandbox.write(&format!("bad/{path}"), bytes);
    write("huge.safetensors", &[&(1_u64 << 63).to_le_bytes()[..], b"{}"].concat());
    write("counts.gguf", &[b"GGUF\x03\0\0\0".as_slice(), &[0xff; 16]].concat());
    write("deep.pkl", &[b"\x80\x04".as_slice(), &vec![b'('; 500_000], b"."].concat());
    write("overrun.onnx", &[b"\x0a".as_slice(), &[0xff; 9], b"\x01"].concat());
    write("footer.parquet", &[b"PAR1".as_slice(), &[0xff; 104], b"PAR1"].concat());
    write("wild.tflite", &[b"\xf0\xff\xff\xffTFL3".as_slice(), &[0xff; 100]].concat());
    write("wild.h5", &[b"\x89HDF\r\n\x1a\n".as_slice(), &[0xff; 200]].concat());
    write("deep.json", "[".repeat(200_000).as_bytes());
    write("config.json", "{\"a\":".repeat(100_000).as_bytes());
    write("code/deep.py", "(".repeat(100_000).as_bytes());
    write("rows.jsonl", format!("{}\n", "{\"a\":".repeat(100_000)).as_bytes());
    write("wide.csv", "a,".repeat(1_000_000).as_bytes());
    let aliases: Vec<String> = (1..20)
        .map(|at| format!("a{at}: &a{at} [{}]\n", format!("*a{},", at - 1).repeat(9)))
        .collect();
    let aliases = aliases.concat();
    write("aliases/README.md", format!("---\na0: &a0 [x,x]\n{aliases}---\n# Card\n").as_bytes());
    write("docs/README.md", format!("---\nlicense: {}\n---\n", "m".repeat(10 << 20)).as_bytes());
    write("docs/line.md", "x".repeat(10 << 20).as_bytes());
    let shards = r#"{"weight_map":{"a":"model.safetensors.index.json","b":"../../etc/passwd"}}"#;
    write("model.safetensors.index.json", shards.as_bytes());
    let tar = TarBuilder::new().file("../../out", b"x").finish();
    write("data/wild.tar", &tar);
    vec![
        "huge.safetensors",
        "counts.gguf",
        "deep.pkl",
        "overrun.onnx",
        "footer.parquet",
        "wild.tflite",
        "wild.h5",
        "aliases/README.md",
    ]
}

#[test]
fn bombs_are_marked_and_the_rest_is_made() {
    let sandbox = Sandbox::new();
    let marked = bombs(&sandbox);
    sandbox.write("bad/good.csv", "a,b\n1,2\n");
    let start = Instant::now();
    let run = sandbox.run(["bom", "bad"]).exits(0);
    assert!(start.elapsed() < MOST, "{:?}", start.elapsed());
    let made = run.json();
    for path in marked {
        assert!(unreadable(&made, path).is_some(), "{path} is not marked");
        assert!(sha256(file(&made, path)).is_some(), "{path} was hashed");
    }
    assert_eq!(unreadable(&made, "good.csv"), None);
    assert!(sha256(file(&made, "good.csv")).is_some());
    assert!(!run.stdout.contains("root:x:0"), "no file outside was read");
    if let Some(schemas) = schemas(&sandbox) {
        let schemas = schemas.display().to_string();
        for format in ["cyclonedx-json@1.6", "cyclonedx-json@1.7", "spdx3-json"] {
            let args = ["bom", "bad", "--schema", &schemas, "--format", format, "-o", "out.json"];
            sandbox.run(args).exits(0);
        }
    }
}

#[test]
fn every_cut_of_a_small_file_gives_an_aibom() {
    let sandbox = Sandbox::new();
    let header = br#"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
    let whole = [&(header.len() as u64).to_le_bytes()[..], header, &[1; 16]].concat();
    for end in 0..whole.len() {
        sandbox.write(&format!("cut/m{end:02}.safetensors"), &whole[..end]);
    }
    let run = sandbox.run(["bom", "cut"]).exits(0);
    let made = run.json();
    let unmarked = (1..whole.len()).filter(|end| {
        let path = format!("m{end:02}.safetensors");
        // What is readable, and says what is not there, is told to the person.
        unreadable(&made, &path).is_none() && !run.stderr.contains(&path)
    });
    let unmarked: Vec<usize> = unmarked.collect();
    assert!(unmarked.iter().all(|end| *end < 8), "{unmarked:?}");
}

#[cfg(unix)]
#[test]
fn names_and_values_that_play_with_the_terminal_are_shown_escaped() {
    let sandbox = Sandbox::new();
    for name in
        ["esc\x1b[31mred", "rtl\u{202e}gnp", "nl\nname", "bell\x07", "del\x7f", "c1\u{9b}31m"]
    {
        sandbox.write(&format!("bad/docs/{name}.md"), "x");
    }
    sandbox.write(
        "bad/README.md",
        "---\nlicense: \"\\e]0;x\\a\"\nlanguage: [\"\\u202een\"]\nbase_model: \"a/\\e[31mb\"\n---\n# \u{1b}[31mred\n",
    );
    sandbox
        .write("bad/config.json", r#"{"model_type":"\u001b[31mx","architectures":["\u202eX\n"]}"#);
    let table = sandbox.run(["bom", "bad", "--format", "table"]).exits(0);
    assert_eq!(terminal_tricks(&table), [], "{table}");
    for format in ["markdown", "html", "cyclonedx-json", "spdx3-json"] {
        let page = sandbox.run(["bom", "bad", "--format", format]).exits(0);
        // JSON writes the escape character escaped; the rest it may leave as it is.
        let escapes: Vec<char> = terminal_tricks(&page);
        assert!(!escapes.iter().any(|c| *c < ' '), "{format}: {escapes:?}");
    }
    sandbox.run(["bom", "bad", "-o", "a.json"]).exits(0);
    sandbox.write("empty/README.md", "x");
    let diff = sandbox.run(["bom", "diff", "a.json", "empty"]).exits(0);
    assert_eq!(terminal_tricks(&diff), [], "{diff}");
    let missing = sandbox.run(["bom", "not\x1b[31mthere/"]);
    assert_eq!(terminal_tricks(&missing), [], "{missing}");
}

#[cfg(unix)]
#[test]
fn pipes_and_links_are_named_and_marked() {
    use std::os::unix::fs::symlink;

    let sandbox = Sandbox::new();
    let dir = sandbox.write("bad/sub/data.csv", "a\n1\n").parent().unwrap().to_owned();
    let made = std::process::Command::new("mkfifo").arg(dir.join("pipe.bin")).status().unwrap();
    assert!(made.success());
    symlink("loop.csv", dir.join("loop.csv")).unwrap();
    symlink("/etc/passwd", dir.join("out.txt")).unwrap();
    symlink("..", dir.join("up")).unwrap();
    symlink("gone", dir.join("gone.json")).unwrap();
    symlink("data.csv", dir.join("good.csv")).unwrap();
    let bad = ["sub/pipe.bin", "sub/loop.csv", "sub/out.txt", "sub/up", "sub/gone.json"];
    let check = || {
        let run = sandbox.run(["bom", "bad"]).exits(0);
        let made = run.json();
        for path in bad {
            assert!(unreadable(&made, path).is_some(), "{path}");
            assert_eq!(sha256(file(&made, path)), None, "{path}");
            assert!(run.stderr.contains(path), "{path}: {run}");
        }
        assert_eq!(sha256(file(&made, "sub/good.csv")), sha256(file(&made, "sub/data.csv")));
        assert!(!run.stdout.contains("root:"), "{run}");
    };
    check();
    sandbox.write("bad/Kitfile", "manifestVersion: 1.0.0\ndatasets: [{path: sub}]\n");
    check();
    sandbox.write(
        "bad/Kitfile",
        "manifestVersion: 1.0.0\ndatasets: [{path: sub/pipe.bin}, {path: sub}]\n",
    );
    check();
    // To pack it is still an error.
    sandbox.run(["pack", "bad", "-t", "bad:v1"]).exits(1);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_document_is_no_endless_wait() {
    for name in ["Kitfile", "aibom.yaml", ".kitignore"] {
        let sandbox = Sandbox::new();
        let dir = sandbox.write("bad/data.csv", "a\n1\n").parent().unwrap().to_owned();
        let made = std::process::Command::new("mkfifo").arg(dir.join(name)).status().unwrap();
        assert!(made.success());
        let run = sandbox.run(["bom", "bad"]).exits(2);
        assert!(run.stderr.contains(name), "{run}");
    }
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_marked() {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;

    let sandbox = Sandbox::new();
    for path in
        ["bad/open.csv", "bad/closed.csv", "bad/data/a.csv", "bad/data/in/b.csv", "bad/top/c.csv"]
    {
        sandbox.write(path, "a\n1\n");
    }
    let mode = |path: &str, mode: u32| {
        let path = sandbox.work().join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("..", 0o755);
    fs::create_dir(sandbox.home().join("own")).unwrap();
    mode("bad/closed.csv", 0o000);
    mode("bad/data/in", 0o000);
    mode("bad/top", 0o000);
    let is_root = fs::metadata("/proc/self")
        .is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
    let mut command = std::process::Command::new(sandbox.copied_binary());
    command.args(["bom", "bad"]).env_clear().env("SEALKIT_HOME", sandbox.home().join("own"));
    command.current_dir(sandbox.work());
    if is_root {
        chown(sandbox.home().join("own"), Some(65534), Some(65534)).unwrap();
        command.uid(65534).gid(65534);
    }
    let run = crate::common::finish(&mut command).exits(0);
    let made = run.json();
    let why = unreadable(&made, "closed.csv").unwrap();
    assert!(why.contains("ermission denied"), "{why}");
    assert_eq!(sha256(file(&made, "closed.csv")), None);
    assert!(unreadable(&made, "data/in").is_some(), "{run}");
    assert!(
        sha256(file(&made, "open.csv")).is_some() && sha256(file(&made, "data/a.csv")).is_some()
    );
    let text = made.to_string();
    assert!(text.contains("`top` could not be read"), "a folder of no part is named too: {made:#}");
    for path in ["closed.csv", "data/in", "top"] {
        assert!(run.stderr.contains(path), "{path}: {run}");
    }
    mode("bad/data/in", 0o755);
    mode("bad/top", 0o755);
}

#[test]
fn twenty_thousand_files_are_no_trouble() {
    let sandbox = Sandbox::new();
    for number in 0..20_000 {
        let path = sandbox.work().join(format!("many/d{}", number % 100));
        if number < 100 {
            fs::create_dir_all(&path).unwrap();
        }
        fs::write(path.join(format!("f{number}.txt")), format!("{number}\n")).unwrap();
    }
    let start = Instant::now();
    sandbox.run(["bom", "many", "-o", "out.json"]).exits(0);
    assert!(start.elapsed() < MOST, "{:?}", start.elapsed());
    let text = fs::read_to_string(sandbox.work().join("out.json")).unwrap();
    assert!(text.contains("d99/f19999.txt"));
}

#[test]
fn pages_hold_nothing_active() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "bad/README.md",
        "---\nlicense: \"<script>alert(1)</script>\"\nbase_model: 'a/b\"><img src=x onerror=alert(1)>'\ndatasets: [\"javascript:alert(1)\", \"https://x/\\\"onmouseover=alert(1)\"]\nlanguage: \"[x](javascript:alert(1))\"\n---\n# Card\n## Uses\n<script>alert(2)</script>\n",
    );
    sandbox.write("bad/<img src=x>.md", "x");
    sandbox.write(
        "bad/aibom.yaml",
        "model:\n  links: [{kind: website, url: 'javascript:alert(1)'}]\n  description: '</td><script>x</script>'\n",
    );
    for format in ["html", "markdown"] {
        let page = sandbox.run(["bom", "bad", "--format", format]).exits(0).stdout;
        let lower = page.to_lowercase();
        for active in ["<script", "<img", "href=\"javascript", "](javascript"] {
            assert!(!lower.contains(active), "{format}: {active} in {page}");
        }
    }
}

#[test]
fn an_error_of_the_schema_is_short_however_large_the_document_is() {
    let sandbox = Sandbox::new();
    sandbox.write("schemas/bom-1.6.schema.json", r#"{"type":"string"}"#);
    for number in 0..50 {
        sandbox.write(&format!("many/f{number}.txt"), "x");
    }
    let failed = sandbox.run(["bom", "many", "--schema", "schemas", "-o", "out.json"]).exits(2);
    assert!(failed.stderr.contains("is not valid") && failed.stderr.len() < 1000, "{failed}");
    assert!(!sandbox.work().join("out.json").exists());
}
