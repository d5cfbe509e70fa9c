//! What is shown of files of each kind, and of files that were made to do harm.

#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use sealkit_api::{ImportClass, Look, PreviewContent, PreviewForm};
use sealkit_inspect::{ReadAt, ReadError};
use sealkit_preview::{look, raster};
use sealkit_report::{Budget, is_deceptive};

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../../sealkit-inspect/tests/golden/", $name)).as_slice()
    };
}

fn budget() -> Budget {
    Budget::new(32 << 20, 200_000, 5_000_000, 64)
}

fn of(path: &str, bytes: &[u8]) -> Look {
    look(path, &bytes, PreviewForm::Auto, 0, &mut budget())
}

fn text(look: &Look) -> &str {
    match &look.content {
        PreviewContent::Text(head) | PreviewContent::Markdown(head) => &head.text,
        other => panic!("no text: {other:?}"),
    }
}

#[test]
fn text_is_text_and_says_its_language() {
    let look = of("a/config.yaml", b"a: 1\n");
    let PreviewContent::Text(head) = &look.content else { panic!("{look:?}") };
    assert_eq!(
        (head.text.as_str(), head.language.as_deref(), head.next),
        ("a: 1\n", Some("yaml"), None)
    );
    // That settings can name what is called makes no pickle of them; one that is written as text stays one.
    let config = br#"{"model_type": "x", "auto_map": {"AutoModel": "modeling.Model"}}"#;
    assert!(matches!(of("config.json", config).content, PreviewContent::Text(_)));
    assert!(matches!(of("a.pkl", b"cos\nsystem\n(S'id'\ntR.").content, PreviewContent::Pickle(_)));
    assert!(matches!(of("README.md", b"# T\n").content, PreviewContent::Markdown(_)));
    assert!(matches!(of("empty", b"").content, PreviewContent::Empty));
    let minified = format!("{{\"a\":[{}]}}", "1,".repeat(400));
    let PreviewContent::Text(head) = of("x.json", minified.as_bytes()).content else { panic!() };
    assert!(head.spread && head.text.starts_with("{\n  \"a\": [1, 1, "));
}

#[test]
fn what_a_browser_would_run_is_text() {
    for (path, bytes) in [
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".as_slice()),
        ("x.html", b"<!doctype html><script>alert(1)</script>"),
        ("x.xml", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"),
    ] {
        let look = of(path, bytes);
        assert_eq!(text(&look).as_bytes(), bytes, "{path}");
        assert_eq!(raster(path, &bytes, &mut budget()).unwrap(), None);
    }
}

#[test]
fn tables_have_rows() {
    let PreviewContent::Table(table) = of("d.csv", b"a,b\n1,\"x,y\"\n").content else { panic!() };
    assert_eq!(
        (table.header, table.rows),
        (vec!["a".into(), "b".into()], vec![vec!["1".to_owned(), "x,y".into()]])
    );
    let PreviewContent::Table(table) = of("d.tsv", b"a\tb\n1\t2\n3\t4\n").content else { panic!() };
    assert_eq!((table.delimiter, table.rows.len()), ('\t', 2));
}

#[test]
fn notebooks_have_cells_and_broken_ones_are_text() {
    let notebook = br##"{"nbformat":4,"nbformat_minor":5,"metadata":{"language_info":{"name":"python"}},"cells":[
        {"cell_type":"markdown","metadata":{},"source":["# T"]},
        {"cell_type":"code","metadata":{},"execution_count":1,"source":"1+1","outputs":[{"output_type":"execute_result","data":{"text/plain":"2","text/html":"<b>2</b>"}}]}]}"##;
    let PreviewContent::Notebook(cells) = of("n.ipynb", notebook).content else { panic!() };
    assert_eq!((cells.language.as_deref(), cells.cells.len()), (Some("python"), 2));
    assert_eq!((&cells.cells[1].outputs[0][..], &cells.cells[1].hidden[0][..]), ("2", "text/html"));
    for at in 1..notebook.len() {
        let look = of("n.ipynb", &notebook[..at]);
        assert!(
            !matches!(look.content, PreviewContent::Notebook(_) | PreviewContent::Refused { .. }),
            "{at}"
        );
    }
    let cut = of("n.ipynb", &notebook[..notebook.len() - 2]);
    assert!(
        cut.incomplete && cut.findings.iter().any(|finding| finding.message.contains("cells")),
        "{cut:?}"
    );
}

#[test]
fn pickles_list_what_they_look_up() {
    // `cos\nsystem\n(S'id'\ntR.`: what every tutorial of this attack has.
    let look = of("evil.pkl", b"cos\nsystem\n(S'id'\ntR.");
    let PreviewContent::Pickle(list) = &look.content else { panic!("{look:?}") };
    assert_eq!(list.can_run_code, Some(true));
    let import = &list.imports[0];
    assert_eq!((import.path.as_str(), import.class), ("os.system", ImportClass::RunsCode));
    assert_eq!(
        (import.opcode.as_deref(), import.calls, import.place.as_str()),
        (Some("GLOBAL"), Some(1), "byte 0")
    );
    let data = of("data.pkl", b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00]\x94(K\x01e.");
    let PreviewContent::Pickle(list) = &data.content else { panic!("{data:?}") };
    assert_eq!((list.can_run_code, list.imports.len()), (Some(false), 0));
}

#[test]
fn models_say_what_their_headers_say() {
    let gguf = of("m.gguf", golden!("models/le.gguf"));
    let PreviewContent::Tensors(sums) = &gguf.content else { panic!("{gguf:?}") };
    assert!(sums.tensors.unwrap() > 0 && sums.parameters.unwrap() > 0);
    assert!(gguf.facts.iter().any(|fact| fact.property == "architecture"), "{:?}", gguf.facts);
    let header = br#"{"__metadata__":{"format":"pt","<b>":"<script>"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([0; 8]);
    let look = of("m.safetensors", &bytes);
    let PreviewContent::Tensors(sums) = &look.content else { panic!("{look:?}") };
    assert_eq!((sums.tensors, sums.parameters), (Some(1), Some(2)));
    assert!(look.facts.iter().any(|fact| fact.subject == "<b>" && fact.value == "<script>"));
}

/// A PNG that states this size and has nothing else.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

#[test]
fn pictures_are_given_out_within_bounds() {
    let PreviewContent::Image(info) = of("a.png", &png(3, 2)).content else { panic!() };
    assert_eq!(
        (info.media_type.as_str(), info.width, info.height, info.hidden),
        ("image/png", 3, 2, None)
    );
    for (width, height) in [(u32::MAX, u32::MAX), (100_000, 100_000), (0, 5)] {
        let info = raster("a.png", &png(width, height), &mut budget()).unwrap().unwrap();
        assert!(info.hidden.is_some(), "{width} × {height}");
    }
    let mut large = png(3, 2);
    large.resize(9 << 20, 0);
    assert!(raster("a.png", &large, &mut budget()).unwrap().unwrap().hidden.is_some());
    // A picture that is a page too stays a picture, whatever its name says.
    let polyglot =
        [b"GIF89a\x02\x00\x02\x00/*".as_slice(), b"*/=1;</script><script>alert(1)</script>"]
            .concat();
    let info = raster("page.html", &polyglot, &mut budget()).unwrap().unwrap();
    assert_eq!(info.media_type, "image/gif");
    // And a page is no picture, whatever its name says.
    assert_eq!(raster("a.png", &b"<html><script>".as_slice(), &mut budget()).unwrap(), None);
    assert!(
        raster("a.png", &b"\x89PNG\r\n\x1a\n".as_slice(), &mut budget())
            .unwrap()
            .unwrap()
            .hidden
            .is_some()
    );
}

#[test]
fn other_bytes_are_shown_as_bytes() {
    let bytes: Vec<u8> = (0..=255).cycle().take(2_000).collect();
    let PreviewContent::Hex(dump) = of("x.bin", &bytes).content else { panic!() };
    assert_eq!((dump.bytes.len(), dump.next), (1_024, Some(512)));
    assert!(dump.bytes.starts_with("000102"));
    let last = look("x.bin", &bytes, PreviewForm::Hex, 1_990, &mut budget());
    let PreviewContent::Hex(dump) = last.content else { panic!() };
    assert_eq!((dump.bytes.len(), dump.next), (20, None));
    let behind = look("x.bin", &bytes, PreviewForm::Hex, 2_000, &mut budget());
    assert!(matches!(behind.content, PreviewContent::Refused { .. }));
    let as_text = look("x.bin", &bytes, PreviewForm::Text, 0, &mut budget());
    assert!(text(&as_text).starts_with("\\u{0}\\u{1}"));
}

/// A file of zeros behind `head` that counts what is read of it.
struct Sparse {
    head: &'static [u8],
    len: u64,
    read: AtomicU64,
}

impl ReadAt for Sparse {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        let (len, size) = (buffer.len() as u64, self.len);
        if offset.checked_add(len).is_none_or(|end| end > size) {
            return Err(ReadError::OutOfRange { offset, len, size });
        }
        self.read.fetch_add(len, Ordering::Relaxed);
        buffer.fill(0);
        for (at, byte) in (offset..).zip(buffer) {
            if let Some(known) = usize::try_from(at).ok().and_then(|at| self.head.get(at)) {
                *byte = *known;
            }
        }
        Ok(())
    }
}

#[test]
fn a_large_file_costs_its_head() {
    let names = [
        "x",
        "x.txt",
        "x.csv",
        "x.jsonl",
        "x.json",
        "x.md",
        "x.ipynb",
        "x.png",
        "x.bin",
        "x.html",
        "x.safetensors",
        "x.gguf",
    ];
    for head in
        [b"".as_slice(), b"a,b\n1,2\n", b"{\"a\": 1}\n", b"\x89PNG\r\n\x1a\n", b"GGUF\x03\0\0\0"]
    {
        for path in names {
            for form in [PreviewForm::Auto, PreviewForm::Text, PreviewForm::Hex] {
                let file = Sparse { head, len: 5 << 30, read: AtomicU64::new(0) };
                let look = look(path, &file, form, 0, &mut budget());
                let read = file.read.load(Ordering::Relaxed);
                assert!(read <= 1 << 20, "{path} as {form:?}: {read} bytes for {:?}", look.content);
            }
        }
    }
}

#[test]
fn one_line_of_megabytes_is_cut() {
    let line = "x".repeat(10 << 20);
    for path in ["x.txt", "x.md", "x.csv", "x.json", "x.py"] {
        let look = of(path, line.as_bytes());
        let json = serde_json::to_string(&look).unwrap();
        assert!(json.len() < 200 << 10, "{path}: {}", json.len());
    }
}

/// Everything in an answer that came from the file: no character that controls or hides text, but the line breaks
/// and tabs of a text.
fn assert_readable(look: &Look) {
    fn walk(value: &serde_json::Value) {
        match value {
            serde_json::Value::String(text) => {
                let odd = |c: char| is_deceptive(c) && c != '\n' && c != '\t';
                assert!(!text.contains(odd), "{text:?}");
            }
            serde_json::Value::Array(list) => list.iter().for_each(walk),
            serde_json::Value::Object(map) => map.values().for_each(walk),
            _ => {}
        }
    }
    let value = serde_json::to_value(look).unwrap();
    walk(&value);
    assert_eq!(
        serde_json::from_value::<Look>(value).unwrap(),
        *look,
        "clients read what they are sent"
    );
}

#[test]
fn bombs_and_broken_files_are_answered() {
    let deep = "[".repeat(1 << 20);
    let deep_object = "{\"a\":".repeat(100_000);
    let zip_end = [b"PK\x03\x04".as_slice(), &[0; 26], b"PK\x05\x06", &[0xff; 18]].concat();
    for (path, bytes) in [
        ("deep.json", deep.as_bytes()),
        ("deep.ipynb", deep_object.as_bytes()),
        ("x.zip", zip_end.as_slice()),
        ("x.pt", zip_end.as_slice()),
        ("x.onnx", b"\x08\x07\xff\xff\xff\xff\xff\xff\xff\xff\x7f".as_slice()),
        ("x.parquet", b"PAR1\0\0\0\0\xff\xff\xff\x7fPAR1"),
        ("x.safetensors", b"\xff\xff\xff\xff\xff\xff\xff\x7f{"),
        ("x.gguf", b"GGUF\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f"),
        ("x.npz", b"PK\x05\x06"),
        ("x.pkl", b"\x80\x05\x95\xff\xff\xff\xff\xff\xff\xff\x7f"),
        ("x.txt", b"\xff\xfe\x00\x01\x02"),
        ("x.md", b"\xc3\x28 broken \xe2\x82"),
    ] {
        let look = of(path, bytes);
        assert_readable(&look);
        assert!(serde_json::to_string(&look).unwrap().len() < 2 << 20, "{path}");
    }
}

#[test]
fn a_budget_that_is_spent_is_a_reason() {
    let mut none = Budget::new(0, 0, 0, 0);
    let look = look("x.txt", &b"text".as_slice(), PreviewForm::Auto, 0, &mut none);
    let PreviewContent::Refused { reason } = look.content else { panic!() };
    assert!(reason.contains("limit"), "{reason}");
    assert!(look.incomplete);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_under_any_name_give_bounded_readable_text(
        path in prop::sample::select(vec!["x", "x.md", "x.csv", "x.ipynb", "x.json", "x.pkl", "x.pt", "x.onnx", "x.gguf",
            "x.safetensors", "x.parquet", "x.zip", "x.npz", "x.png", "x.txt", "Kitfile"]),
        start in prop::sample::select(vec![&b""[..], b"PK\x03\x04", b"\x80\x04", b"GGUF\x03\0\0\0", b"PAR1", b"\x89PNG\r\n\x1a\n", b"{\"cells\":[", b"a,b\n"]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
        offset in 0_u64..400,
        form in prop::sample::select(vec![PreviewForm::Auto, PreviewForm::Text, PreviewForm::Hex]),
    ) {
        let bytes = [start, &rest].concat();
        let found = look(path, &bytes, form, offset, &mut budget());
        assert_readable(&found);
        prop_assert!(serde_json::to_string(&found).unwrap().len() < 1 << 20);
    }

    #[test]
    fn any_text_is_shown_as_what_it_is(text in "[ -~\u{202e}\u{200b}é\n\r\t]{1,400}") {
        let found = of("x.txt", text.as_bytes());
        assert_readable(&found);
    }
}
