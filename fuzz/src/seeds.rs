//! Seeds, made by code: one good input of each kind that a target reads, and some odd ones.

use sealkit_attest::Statement;
use sealkit_oci::{Descriptor, FileKind, Manifest, Raw, media_type};
use sealkit_pack::tar::{Header, TRAILER, padding};

use crate::targets::NAMES;

const KITFILE: &str = "manifestVersion: 1.0.0
package:
  name: grain
  version: 1.0.0
  authors: [a, \"b c\"]
model:
  name: m
  path: model/grain.safetensors
  parts:
    - {name: tokenizer, path: model/tokenizer.json, type: tokenizer}
  parameters: {rate: 0.3, deep: {list: [1, 2.5, 1e21, true, null, \"x\"]}}
datasets:
  - name: d
    path: data
code:
  - path: src
docs:
  - path: README.md
prompts:
  - path: prompts/one.md
";

const STATEMENT: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"kit","digest":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}],"predicateType":"https://example.com/p/v1","predicate":{"a":[1,"b"]}}"#;

const ADVISORY: &str = r#"{"id":"A-1","modified":"2026-01-01T00:00:00Z","aliases":["C-1"],"summary":"s","references":[{"type":"WEB","url":"https://a.example"}],"affected":[{"package":{"ecosystem":"PyPI","name":"NumPy"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.1.1rc1"},{"last_affected":"3"},{"limit":"*"}]}],"versions":["1.0"]},{"package":{"purl":"pkg:huggingface/org/base@0"}}],"database_specific":{"digests":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}"#;

const SPDX: &str = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","created":"2026-01-01T00:00:00Z","createdBy":["a"]},{"type":"Person","spdxId":"a","creationInfo":"_:c","name":"A"},{"type":"ai_AIPackage","spdxId":"m","creationInfo":"_:c","name":"m","software_packageVersion":"1","ai_hyperparameter":[{"type":"DictionaryEntry","key":"k","value":"v"}],"verifiedUsing":[{"type":"Hash","algorithm":"sha256","hashValue":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]},{"type":"dataset_DatasetPackage","spdxId":"d","creationInfo":"_:c","name":"d","dataset_datasetType":["text"]},{"type":"software_File","spdxId":"f","creationInfo":"_:c","name":"w.bin"},{"type":"Relationship","spdxId":"r","creationInfo":"_:c","from":"m","to":["d"],"relationshipType":"trainedOn"},{"type":"Relationship","spdxId":"q","creationInfo":"_:c","from":"m","to":["f"],"relationshipType":"contains"}]}"#;

/// The seeds of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "advisory" => texts(&[ADVISORY]),
        "judge" => texts(&[SPDX]),
        "kitfile" => texts(&[KITFILE, "manifestVersion: 1.0.0\nmodel: &a {path: m}\ncode: [*a]\n"]),
        "kit_config" => texts(&[
            r#"{"manifestVersion":"1.0.0","package":{},"model":{"path":"m","parameters":{"a":1e21}},"datasets":[{"path":"d","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}"#,
        ]),
        "ignore" => texts(&["a/b/c.txt\n*.tmp\n!keep.tmp\n/a/**/c.txt\nb/\n[a-z]?.py\n"]),
        "manifest" => vec![manifest(), br#"{"schemaVersion":2,"layers":null}"#.to_vec()],
        "reference" => texts(&[
            "localhost:5000/a/b:v1,v2@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "[::1]:5000/a:b",
            "localhost/foo",
            "a",
        ]),
        "tar" => vec![archive()],
        "statement" => texts(&[STATEMENT]),
        "bundle" => vec![bundle()],
        "inspect" => files(),
        _ => Vec::new(),
    }
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn manifest() -> Vec<u8> {
    let subject = Descriptor::of(media_type::OCI_MANIFEST, b"{}");
    let layer = Descriptor::of("application/vnd.kitops.modelkit.model.v1.tar", b"x");
    let manifest = Manifest::referrer("application/x", layer.annotated("k", "<v>"), &subject);
    Raw::build(media_type::OCI_MANIFEST, manifest).map(Raw::into_bytes).unwrap_or_default()
}

fn archive() -> Vec<u8> {
    let long = format!("{}/ü.bin", "folder".repeat(30));
    let entries: [(&str, FileKind, &[u8]); 4] = [
        ("data", FileKind::Dir, b""),
        ("data/a.txt", FileKind::File, b"hello"),
        ("data/empty", FileKind::File, b""),
        (&long, FileKind::File, &[7; 600]),
    ];
    let mut tar = Vec::new();
    for (path, kind, body) in entries {
        let size = body.len() as u64;
        tar.extend(Header { path, kind, mode: 0o644, size }.encode());
        tar.extend_from_slice(body);
        tar.resize(tar.len() + padding(size), 0);
    }
    tar.extend(TRAILER);
    tar
}

/// A bundle of the right shape; its signature need not hold, for parsing is what is tried.
fn bundle() -> Vec<u8> {
    let statement = Statement::parse(STATEMENT.as_bytes().to_vec());
    let payload = statement.map(|statement| statement.payload().to_vec()).unwrap_or_default();
    format!(
        r#"{{"mediaType":"{}","verificationMaterial":{{"publicKey":{{"hint":"k"}},"tlogEntries":[],"timestampVerificationData":{{"rfc3161Timestamps":[]}}}},"dsseEnvelope":{{"payload":"{}","payloadType":"application/vnd.in-toto+json","signatures":[{{"sig":"AAAA","keyid":""}}]}}}}"#,
        media_type::SIGSTORE_BUNDLE,
        sealkit_attest::base64::encode(&payload),
    )
    .into_bytes()
}

/// One file for each name, with the byte before it that chooses the name.
fn files() -> Vec<Vec<u8>> {
    let choose = |index: usize, content: Vec<u8>| {
        let mut seed = vec![index as u8];
        seed.extend(content);
        seed
    };
    NAMES.iter().enumerate().map(|(index, name)| choose(index, content(name))).collect()
}

fn content(name: &str) -> Vec<u8> {
    match name {
        "model.safetensors" => {
            let header = br#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}} "#;
            [&(header.len() as u64).to_le_bytes()[..], header, &[0; 8]].concat()
        }
        "model.gguf" => gguf(),
        "model.onnx" => b"\x08\x08\x12\x07pytorch\x1a\x032.1B\x04\x0a\x00\x10\x11".to_vec(),
        "model.npy" => {
            let header =
                format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}");
            [b"\x93NUMPY\x01\x00v\x00".as_slice(), header.as_bytes(), &[0; 8]].concat()
        }
        "model.pt" => [b"PK\x05\x06".as_slice(), &[0; 18]].concat(),
        "data.parquet" => b"PAR1\x15\x04\x19\x1c\x00\x00\x08\x00\x00\x00PAR1".to_vec(),
        "config.json" => {
            br#"{"model_type":"llama","hidden_size":8,"architectures":["A"]}"#.to_vec()
        }
        "README.md" => {
            b"---\nlicense: mit\ntags: [a, b]\nbase_model: org/m\n---\n# Card\n".to_vec()
        }
        "LICENSE" => b"MIT License\n\nPermission is hereby granted, free of charge\n".to_vec(),
        "data.csv" => b"a,b,c\n1,2,\"x,y\"\n".to_vec(),
        "data.jsonl" => b"{\"a\":1}\n{\"a\":2}\n".to_vec(),
        "model.pkl" => b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00}\x94K\x01s.".to_vec(),
        _ => b"\x00\x01\x02 text".to_vec(),
    }
}

/// A GGUF head with one key and one tensor.
fn gguf() -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    [
        b"GGUF".to_vec(),
        3u32.to_le_bytes().to_vec(),
        1u64.to_le_bytes().to_vec(),
        1u64.to_le_bytes().to_vec(),
        text("general.architecture"),
        8u32.to_le_bytes().to_vec(),
        text("llama"),
        text("t.weight"),
        1u32.to_le_bytes().to_vec(),
        4u64.to_le_bytes().to_vec(),
        0u32.to_le_bytes().to_vec(),
        0u64.to_le_bytes().to_vec(),
    ]
    .concat()
}
