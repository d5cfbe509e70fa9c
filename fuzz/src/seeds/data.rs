//! Seeds of data formats: files that real tools made, which the tests of `sealkit-inspect` keep.

use sealkit_pack::tar::{Header, TRAILER, padding};

const FILES: &str = include_str!("../../../crates/sealkit-inspect/tests/golden/data.txt");

/// The content for a name, where there is one.
pub(super) fn content(name: &str) -> Option<Vec<u8>> {
    let text = match name {
        "data.tar" => return Some(samples()),
        "wide.csv" => {
            let units = "\u{feff}a,é\r\n1,\"😀\"\r\n".encode_utf16();
            return Some(units.flat_map(u16::to_le_bytes).collect());
        }
        "data.csv" => "a,b,c\n1,2,\"x,y\"\n2024-01-01,=cmd|' ',\n\"p\"\"q\"\r\n",
        "data.tsv" => "a\tb\n1\tx\n2\ty\n3\tz\n",
        "lines.json" => "{\"a\":NaN}\n{\"a\":\"\\ud83d\"}\n",
        "records.json" => "[{\"a\":1,\"b\":\"]\"},{\"a\":[{}]}]",
        "data.jsonl" => "{\"a\":1,\"b\":[1]}\n{\"a\":\"x\",\"a\":null}\n7\n",
        "croissant.json" => {
            r#"{"@context":{"cr":"http://mlcommons.org/croissant/"},"conformsTo":"http://mlcommons.org/croissant/1.0","name":"a","creator":[{"@type":"Person","name":"b"}],"rai:dataBiases":["c"],"distribution":[{"@id":"d","contentUrl":"e","sha256":"f"}],"recordSet":[{"name":"g","field":[{"name":"h","dataType":"sc:Text"}]}]}"#
        }
        "datapackage.json" => {
            r#"{"name":"a","resources":[{"name":"b","path":"c","hash":"md5:d","schema":{"fields":[{"name":"e","type":"date"}]}}],"licenses":[{"name":"MIT"}]}"#
        }
        "dataset_infos.json" => {
            r#"{"default":{"description":"","features":{"a":{"names":["x"],"_type":"ClassLabel"}},"splits":{"train":{"num_examples":1}},"download_checksums":{"u":{"num_bytes":1}}}}"#
        }
        "datacite.json" => {
            r#"{"schemaVersion":"http://datacite.org/schema/kernel-4","titles":[{"title":"a"}],"creators":[{"name":"b","nameIdentifiers":[{"nameIdentifierScheme":"ORCID","nameIdentifier":"c"}]}],"rightsList":[{"rightsIdentifier":"mit"}],"dates":[{"dateType":"Issued","date":"2026"}],"relatedIdentifiers":[{"relationType":"IsDerivedFrom","relatedIdentifierType":"DOI","relatedIdentifier":"d"}]}"#
        }
        "datacite.xml" => {
            "<resource xmlns=\"http://datacite.org/schema/kernel-4\"><identifier identifierType=\"DOI\">10.1/a</identifier>\
             <creators><creator><creatorName nameType=\"Personal\">B, C</creatorName><nameIdentifier \
             nameIdentifierScheme=\"ORCID\">d</nameIdentifier></creator></creators><titles><title>e</title></titles>\
             <rightsList><rights rightsIdentifier=\"mit\"/></rightsList><dates><date dateType=\"Issued\">2026</date>\
             </dates></resource>"
        }
        "datacite.yml" => {
            "title: a\nauthors:\n- {firstname: b, lastname: c}\nlicense: {name: d, url: e}\n"
        }
        "state.json" => r#"{"_data_files":[{"filename":"a.arrow"}],"_split":"train"}"#,
        _ => return golden(name),
    };
    Some(text.as_bytes().to_vec())
}

fn golden(name: &str) -> Option<Vec<u8>> {
    let file = match name {
        "data.parquet" => "hf.parquet",
        "data.arrow" => "small-stream.arrow",
        "data.tfrecord" => "a.tfrecord",
        "data.db" => "a.db",
        "data.csv.gz" => "rows.csv.gz",
        "data.jsonl.gz" => "rows.jsonl.gz",
        "data.csv.zst" => "rows.csv.zst",
        "data.jsonl.zst" => "rows.jsonl.zst",
        "many.jsonl.zst" | "model.joblib.lz4" | "mlflow.db" => name,
        "a.wav" => "st.wav",
        "a.png" | "a.jpg" | "a.webp" | "a.gif" | "a.flac" | "a.ogg" | "a.mp3" => name,
        _ => return None,
    };
    let line = FILES.lines().find(|line| line.split(' ').next() == Some(file))?;
    unhex(line.split(' ').nth(1)?)
}

/// Hex, in which `*N;` stands for N zero bytes.
fn unhex(mut text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while !text.is_empty() {
        if let Some(run) = text.strip_prefix('*') {
            let (count, rest) = run.split_once(';')?;
            bytes.resize(bytes.len() + count.parse::<usize>().ok()?, 0);
            text = rest;
        } else {
            let (byte, rest) = text.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(byte, 16).ok()?);
            text = rest;
        }
    }
    Some(bytes)
}

/// Two samples of a picture and its class.
fn samples() -> Vec<u8> {
    let mut tar = Vec::new();
    for path in ["0.png", "0.cls", "1.png", "1.cls"] {
        let kind = sealkit_oci::FileKind::File;
        tar.extend(Header { path, kind, mode: 0o644, size: 3 }.encode());
        tar.extend(b"abc");
        tar.resize(tar.len() + padding(3), 0);
    }
    tar.extend(TRAILER);
    tar
}
