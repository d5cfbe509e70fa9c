//! Content first, name second.

use crate::common::{format, found, good_gguf, good_onnx, good_safetensors, look, npy, rules, zip};
use sealkit_inspect::{Class, Confidence, INSPECTORS, ReadAt, Slice, capabilities, property};

#[test]
fn content_beats_the_name_and_the_lie_is_a_finding() {
    let cases: &[(&str, Vec<u8>, &str, Class)] = &[
        ("weights.bin", good_safetensors(), "safetensors", Class::Model),
        ("weights.gguf", good_safetensors(), "safetensors", Class::Model),
        ("model.safetensors", good_gguf(3, false), "gguf", Class::Model),
        ("a.csv", good_gguf(3, false), "gguf", Class::Model),
        ("photo.png", zip(&["archive/data.pkl"]), "pytorch", Class::Model),
        ("table.parquet", b"\x80\x04\x95abc.".to_vec(), "pickle", Class::Model),
        ("notes.md", b"\x89PNG\r\n\x1a\n....".to_vec(), "png", Class::Dataset),
    ];
    for (path, bytes, id, class) in cases {
        let (is, facts) = look(path, bytes);
        assert_eq!((format(path, bytes), is), (*id, *class), "{path}");
        let lies = *path != "weights.bin";
        assert_eq!(rules(&facts).contains(&"format-mismatch"), lies, "{path}");
        assert_eq!(facts.text(property::FORMAT), Some(*id));
    }
}

#[test]
fn magic_bytes_are_known() {
    let mut tar = vec![0; 512];
    tar[257..263].copy_from_slice(b"ustar\0");
    let mut hdf5 = vec![0; 600];
    hdf5[512..520].copy_from_slice(b"\x89HDF\r\n\x1a\n");
    let cases: &[(&[u8], &str)] = &[
        (b"\x89HDF\r\n\x1a\n..", "hdf5"),
        (&hdf5, "hdf5"),
        (b"\x1c\0\0\0TFL3....", "tflite"),
        (b"PAR1\0\0\0\0PAR1", "parquet"),
        (b"ARROW1\0\0", "arrow"),
        (&tar, "tar"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"%PDF-1.7", "pdf"),
        (b"\x7fELF\x02", "elf"),
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"\x93NUMPY\x01\0", "npy"),
    ];
    for (bytes, id) in cases {
        assert_eq!(format("no-ending", bytes), *id);
    }
}

#[test]
fn zip_archives_are_told_apart_by_their_members() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("m.pt", &["m/data.pkl", "m/data/0", "m/version"], "pytorch"),
        ("m.pt", &["m/data.pkl", "m/constants.pkl", "m/code/a.py"], "torchscript"),
        ("a.npz", &["x.npy", "y.npy"], "npz"),
        ("m.keras", &["config.json", "metadata.json", "model.weights.h5"], "keras"),
        ("s.mcpb", &["manifest.json", "server.js"], "mcpb"),
        ("s.zip", &["manifest.json"], "zip"),
        ("s.mcpb", &["server.js"], "zip"),
        ("e.zip", &[], "zip"),
    ];
    for (path, members, id) in cases {
        assert_eq!(format(path, &zip(members)), *id, "{members:?}");
    }
    let (_, facts) = look("m.pt", &zip(&["m/data.pkl", "a", "a"]));
    assert_eq!(rules(&facts), ["zip-duplicate-member"]);
    assert_eq!(facts.uint(property::MEMBERS), Some(3));
}

#[test]
fn text_is_known_by_name_and_look() {
    let cases: &[(&str, &str, &str, Class)] = &[
        ("train.py", "import x\n", "python", Class::Code),
        ("a/b/README.md", "# hi\n", "markdown", Class::Docs),
        ("README.md", "---\nlicense: mit\n---\n", "model-card", Class::Docs),
        ("data/x.jsonl", "{\"a\":1}\n{\"a\":2}\n", "jsonl", Class::Dataset),
        ("x", "{\"a\":1}\n{\"a\":2}\n", "jsonl", Class::Dataset),
        ("x.csv", "a,b\n1,2\n", "csv", Class::Dataset),
        ("x.tsv", "a\tb\n1\t2\n", "tsv", Class::Dataset),
        ("params.yaml", "a: 1\n", "yaml", Class::Metadata),
        ("x.json", "{}", "json", Class::Metadata),
        ("config.json", "{\"model_type\":\"bert\"}", "hf-config", Class::ModelPart),
        ("config.json", "{\"port\":80}", "json", Class::Metadata),
        ("tokenizer.json", "{}", "model-file", Class::ModelPart),
        ("n.ipynb", "{\"cells\":[]}", "notebook", Class::Code),
        ("LICENSE", "do what you want", "licence", Class::Licence),
        ("skills/x/SKILL.md", "---\nname: x\n---\n", "prompt", Class::Prompt),
        ("agents.MD", "hi", "prompt", Class::Prompt),
        ("a.prompt.txt", "hi", "prompt", Class::Prompt),
        ("requirements.txt", "torch\n", "pip-requirements", Class::Code),
        ("notes.txt", "hello", "text", Class::Metadata),
    ];
    for (path, text, id, class) in cases {
        let (is, facts) = look(path, text.as_bytes());
        assert_eq!((format(path, text.as_bytes()), is), (*id, *class), "{path}");
        assert_eq!(rules(&facts), Vec::<&str>::new(), "{path}");
    }
}

#[test]
fn a_name_counts_only_where_the_content_does_not_speak_against_it() {
    assert_eq!(found("m.safetensors", b"\x01\x02").confidence, Confidence::Name);
    assert_eq!(format("m.safetensors", b"just text"), "-");
    assert_eq!(rules(&look("m.safetensors", b"just text").1), ["format-mismatch"]);
    let pointer = b"version https://git-lfs.github.com/spec/v1\n";
    assert_eq!(format("m.gguf", pointer), "git-lfs-pointer");
    assert_eq!(look("unknown", b"\x00\x01\x02").0, Class::Unknown);
    // An empty file promises what its name says; nothing speaks against it.
    assert_eq!(rules(&look("x.csv", b"").1), Vec::<&str>::new());
}

#[test]
fn a_manifest_is_no_lie_under_the_name_of_its_language() {
    for (path, text) in [
        ("pyproject.toml", "[project]\nname = \"a\"\n"),
        ("Cargo.toml", "[package]\nname = \"a\"\n"),
        ("pylock.toml", "lock-version = \"1.0\"\n"),
        ("setup.cfg", "[metadata]\nname = a\n"),
        ("gpu.dockerfile", "FROM python:3.12\n"),
        ("ruff.toml", "line-length = 100\n"),
    ] {
        assert_eq!(rules(&look(path, text.as_bytes()).1), Vec::<&str>::new(), "{path}");
    }
    // A model is one, even where all of it is text.
    let pickle = b"(dp0\nS'a'\np1\nI1\nsS'b'\np2\nI2\ns.";
    assert_eq!(format("a.toml", pickle), "pickle");
    assert!(rules(&look("a.toml", pickle).1).contains(&"format-mismatch"));
}

#[test]
fn what_cannot_be_read_is_reported_and_never_complete() {
    let (class, facts) = look("m.safetensors", b"\xff\xff\xff\xff\xff\xff\xff\x7f{}");
    assert_eq!(class, Class::Model);
    assert!(facts.incomplete);
    assert_eq!(rules(&facts), ["not-inspected"]);
}

#[test]
fn a_slice_is_a_window_and_never_more() {
    let bytes = b"0123456789".to_vec();
    let slice = Slice::new(&bytes, 2, 4).unwrap();
    let mut buf = [0; 4];
    slice.read_at(0, &mut buf).unwrap();
    assert_eq!(&buf, b"2345");
    assert!(slice.read_at(1, &mut buf).is_err());
    assert!(slice.read_at(u64::MAX, &mut buf).is_err());
    assert!(Slice::new(&bytes, 8, 3).is_err());
    assert!(Slice::new(&bytes, u64::MAX, 3).is_err());
}

#[test]
fn every_format_has_its_own_name_and_gives_known_properties() {
    let mut ids: Vec<_> = INSPECTORS.iter().map(|i| i.format().id).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for row in capabilities() {
        assert!(row.properties.iter().all(|p| property::ALL.contains(p)), "{}", row.format.id);
        assert!(row.format.extensions.iter().all(|e| e.starts_with('.') && *e == e.to_lowercase()));
    }
}

#[test]
fn facts_name_only_properties_that_the_table_promises() {
    let files: &[(&str, Vec<u8>)] = &[
        ("a.safetensors", good_safetensors()),
        ("a.gguf", good_gguf(3, false)),
        ("a.onnx", good_onnx()),
        ("a.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }")),
        (
            "config.json",
            br#"{"model_type":"bert","auto_map":{},"transformers_version":"4"}"#.to_vec(),
        ),
        ("README.md", b"---\nlicense: mit\ntags: [a]\nmodel-index:\n- name: x\n---\n".to_vec()),
    ];
    for (path, bytes) in files {
        let (_, facts) = look(path, bytes);
        let id = format(path, bytes);
        let row = capabilities().find(|row| row.format.id == id).unwrap();
        for fact in &facts.facts {
            let general = [property::FORMAT, property::FRAMEWORK].contains(&&*fact.property);
            assert!(general || row.properties.contains(&&*fact.property), "{id}: {fact:?}");
        }
    }
}
