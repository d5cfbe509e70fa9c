//! Formats that are recognised, and read a little where that is cheap.

use crate::model_kit::{
    about, all, change_everywhere, cut_everywhere, files, format, look, pb, pn, rules,
};
use sealkit_inspect::{capabilities, property};

#[test]
fn formats_are_recognised_by_content_and_name() {
    let mut tar = vec![0; 600];
    tar[257..262].copy_from_slice(b"ustar");
    let cases: &[(&str, &[u8], &str)] = &[
        ("m.cbm", b"CBM1\0\0", "catboost"),
        ("m.bin", b"CBM1\0\0", "catboost"),
        ("m.engine", b"ptrt\0\0\0", "tensorrt"),
        ("m.plan", b"\0\x01\x02", "tensorrt"),
        ("m.pte", b"\x1c\0\0\0ET12\0", "executorch"),
        ("m.pdiparams", b"\0\0\0\0\0", "paddlepaddle"),
        ("flax_model.msgpack", b"\x81\xA6params\x80", "flax-msgpack"),
        ("flax_model.msgpack", b"\xDE\0\x10\xA3abc\x01", "flax-msgpack"),
        ("d/_METADATA", br#"{"tree_metadata":{}}"#, "orbax"),
        ("d/manifest.ocdbt", b"\x0C\xDB\x3A\x2A\0", "orbax"),
        ("m.nemo", &tar, "nemo"),
        ("m.nemo", b"\x1F\x8B\x08\0", "nemo"),
        ("m.tar", &tar, "tar"),
        ("m.pmml", b"<?xml version=\"1.0\"?>\n<PMML version=\"4.4\"/>", "pmml"),
        ("m.xml", b"<?xml version=\"1.0\"?>\n<net name=\"n\" version=\"11\"/>", "openvino"),
        ("m.xml", b"<note><net name=\"n\"/></note>", "xml"),
        ("m.mlmodel", b"\x08\x05\x12\x00", "coreml"),
        ("p.mlpackage/Manifest.json", br#"{"itemInfoEntries":{}}"#, "coreml-package"),
        ("Manifest.json", b"{}", "json"),
        ("data.msgpack", b"\x93\x01\x02\x03", "other-model"),
        // Endings that others use too.
        ("d/fingerprint.pb", b"\x08\xFF\xFF\x01\x10\x02", "other-model"),
        ("faiss.index", b"IxF2\0\0\0\0", "-"),
        ("unity.meta", b"\0\0\x01", "-"),
    ];
    for (path, bytes, id) in cases {
        assert_eq!(format(path, bytes), *id, "{path}");
    }
}

#[test]
fn formats_of_runtimes_and_of_data_are_recognised() {
    let cases: &[(&str, &[u8], &str)] = &[
        ("ggml-tiny.bin", b"lmgg\x99\xCA\0\0", "ggml"),
        ("lid.176.bin", b"\xBA\x16\x4F\x2F\x0C\0\0\0", "fasttext"),
        ("m.ort", b"\x18\0\0\0ORTM\0", "ort"),
        ("m.mnn", b"\x1C\0\0\0\0\xFF", "mnn"),
        ("m.rknn", b"RKNN\0\0", "rknn"),
        ("m.hef", b"\x01HEF\0", "hailo"),
        ("m.mlirbc", b"ML\xEFR\x01", "mlir"),
        ("lm.binary", b"mmap lm http://kheafield.com/code format version 5\n\0", "kenlm"),
        ("HCLG.fst", b"\xD6\xFD\xB2\x7E\x06\0", "openfst"),
        ("eng.traineddata", b"\x18\0\0\0\xFF", "tesseract"),
        ("lm.arpa", b"\\data\\\nngram 1=2\n", "arpa"),
        ("m.param", b"7767517\n75 83\n", "ncnn"),
        ("lr.param", b"rate 1\n", "-"),
        ("yolo.weights", b"\0\0\0\0\x02\0\0\0\x05\0\0\0", "darknet"),
        ("w/model.bin", b"\x06\0\0\0\x0C\0WhisperSpec\0\x03", "ctranslate2"),
        ("w/model.bin", b"\x06\0\0\0\x0C\0", "-"),
        (
            "w/model.json",
            br#"{"format":"graph-model","modelTopology":{},"weightsManifest":[]}"#,
            "tensorflow-js",
        ),
        ("model.json", b"{}", "json"),
        ("model.onnx_data", b"\x0B\xAD", "onnx-data"),
        ("a.tar.bz2", b"BZh91AY&SY", "bzip2"),
        ("a.csv.xz", b"\xFD7zXZ\0", "xz"),
        ("a.7z", b"7z\xBC\xAF\x27\x1C", "7z"),
        ("a.rar", b"Rar!\x1A\x07\x01\0", "rar"),
        ("a.dta", b"<stata_dta><header>", "stata"),
        ("a.sav", b"$FL2@(#) IBM", "spss"),
        ("a.rda", b"RDX3\n", "r-data"),
        ("a.mov", b"\0\0\0\x14ftypqt  ", "mp4"),
        ("a.webm", b"\x1A\x45\xDF\xA3", "matroska"),
        ("a.avi", b"RIFF\0\0\0\0AVI LIST", "avi"),
        ("a.tif", b"II*\0", "tiff"),
        ("a.bmp", b"BM\xFF\0", "bmp"),
    ];
    for (path, bytes, id) in cases {
        assert_eq!(format(path, bytes), *id, "{path}");
        assert!(!rules(&look(path, bytes)).contains(&"format-mismatch"), "{path}");
    }
}

#[test]
fn an_ending_that_others_use_is_no_promise() {
    for name in [
        "m.sav",
        "a.rda",
        "a.param",
        "a.fst",
        "m.weights",
        "faiss.index",
        "unity.meta",
        "fingerprint.pb",
        "x.lite",
        "data.msgpack",
    ] {
        assert_eq!(rules(&look(name, b"\x93\0\x01")), Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn a_format_that_is_only_recognised_promises_nothing() {
    for id in
        ["catboost", "tensorrt", "executorch", "paddlepaddle", "flax-msgpack", "orbax", "nemo"]
    {
        let row = capabilities().find(|row| row.format.id == id);
        assert!(row.is_some_and(|row| row.properties.is_empty() && row.format.framework.is_some()));
    }
}

#[test]
fn core_ml_says_its_description() {
    let pair = |key: &str, value: &str| pb(100, [pb(1, key), pb(2, value)].concat());
    let metadata = [
        pb(1, "finds notes"),
        pb(2, "1.0"),
        pb(3, "Ann"),
        pb(4, "Apache-2.0"),
        pair("com.github.apple.coremltools.version", "7.0"),
        pair("task", "transcription"),
    ];
    let description =
        [pb(1, pb(1, "audio")), pb(10, pb(1, "notes")), pb(100, metadata.concat())].concat();
    let bytes = [pn(1, 7), pb(2, description), pb(555, pb(1, "MyModel"))].concat();
    let facts = look("m.mlmodel", &bytes);
    assert_eq!(rules(&facts), Vec::<&str>::new());
    let texts = [
        (property::FORMAT_VERSION, "7"),
        (property::DESCRIPTION, "finds notes"),
        (property::VERSION, "1.0"),
        (property::AUTHOR, "Ann"),
        (property::LICENCE, "Apache-2.0"),
        (property::INPUT, "audio"),
        (property::OUTPUT, "notes"),
        (property::TASK, "transcription"),
        (property::CUSTOM_OPERATOR, "MyModel"),
        (property::FRAMEWORK, "coreml"),
    ];
    for (property, text) in texts {
        assert_eq!(facts.text(property), Some(text), "{property}");
    }
    let version = about(&facts, property::METADATA, "com.github.apple.coremltools.version");
    assert_eq!(version, "7.0");
    cut_everywhere("m.mlmodel", &bytes, 1);
    change_everywhere("m.mlmodel", &bytes, 1);
}

#[test]
fn a_core_ml_package_names_its_files() {
    let manifest = |path: &str| {
        format!(
            r#"{{"fileFormatVersion":"1.0.0","itemInfoEntries":{{"A":{{"path":"{path}"}}}},"rootModelIdentifier":"A"}}"#
        )
    };
    let facts = look("p/Manifest.json", manifest("com.apple.CoreML/model.mlmodel").as_bytes());
    assert_eq!(files(&facts), ["Data/com.apple.CoreML/model.mlmodel"]);
    assert_eq!(rules(&facts), Vec::<&str>::new());
    let facts = look("p/Manifest.json", manifest("../../etc/passwd").as_bytes());
    assert_eq!(rules(&facts), ["coreml-item-path"]);
}

#[test]
fn openvino_says_its_kinds_of_layers() {
    let text = "<?xml version=\"1.0\"?>\n<net name=\"my net\" version=\"11\">\n<layers>\
        <layer id=\"0\" name=\"type=x\" type=\"Parameter\" version=\"opset1\">\n</layer>\
        <layer id=\"1\" name=\"a\" type=\"Const\"/><layer\n id=\"2\" type=\"Const\"/>\
        <layerish type=\"No\"/></layers></net>";
    let facts = look("d/m.xml", text.as_bytes());
    assert_eq!(facts.text(property::NAME), Some("my net"));
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("11"));
    assert_eq!(facts.uint(property::LAYERS), Some(3));
    let kinds = all(&facts, property::LAYER_KIND);
    assert_eq!(kinds, [("Const".into(), "2".into()), ("Parameter".into(), "1".into())]);
    assert_eq!(files(&facts), ["m.bin"]);
}

#[test]
fn a_model_of_skops_is_no_plain_archive() {
    let members = crate::common::zip(&["schema.json", "140.npy"]);
    assert_eq!(format("m.skops", &members), "skops");
    assert_eq!(format("m.zip", &members), "zip");
}
