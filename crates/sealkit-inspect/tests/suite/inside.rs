//! Files that are more than one thing, and what nobody has opened: nothing of it may count as good.

use std::io::Write as _;

use crate::common::{format, look, rules, safetensors};
use crate::pickle_common::ZipBuilder;
use sealkit_inspect::{Facts, Value, property};

/// Loading it calls `os.system`; nothing here ever loads it.
const P0: &[u8] = b"cos\nsystem\n(S'id'\ntR.";
pub(crate) const P2: &[u8] = b"\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R.";

pub(crate) type Members<'a> = &'a [(&'a str, &'a [u8])];

pub(crate) const LAMBDA: &[u8] = br#"{"class_name":"Sequential","config":{"layers":[{"module":"keras.layers","class_name":"Lambda","config":{"function":{"class_name":"__lambda__","config":{"code":"4wE="}}}}]}}"#;
pub(crate) const EMPTY: &[u8] = br#"{"class_name":"Sequential","config":{"layers":[]}}"#;
pub(crate) const META: &[u8] = br#"{"keras_version":"3.8.0"}"#;

/// Whether loading can run code, as far as anything says so.
pub(crate) fn runs(facts: &Facts) -> bool {
    says(facts, true)
}

pub(crate) fn says(facts: &Facts, value: bool) -> bool {
    let is_so = |fact: &&sealkit_inspect::Fact| {
        fact.property == property::CAN_RUN_CODE && fact.value == Value::Bool(value)
    };
    facts.facts.iter().any(|fact| is_so(&fact))
}

/// Never a file of which nothing is wrong: it runs code, or was not read, and nothing says that it does not.
pub(crate) fn denied(path: &str, bytes: &[u8]) -> Facts {
    let facts = look(path, bytes).1;
    assert!(runs(&facts) || facts.incomplete, "{path}: {facts:?}");
    assert!(!says(&facts, false), "{path}: {facts:?}");
    facts
}

#[test]
fn a_pickle_that_looks_like_another_format_is_a_pickle_too() {
    let filled = [b"\x80\x04U\x08TFL3aaaa0", P0].concat();
    let ort = [b"\x80\x04U\x08ORTMaaaa0", P0].concat();
    let gguf = [b"GGUF\x03\0\0\0\x000", P0].concat();
    let catboost = [b"CBM1".to_vec(), vec![b'a'; 64], b"0".to_vec(), P0.to_vec()].concat();
    // 'U' and the number behind it say to pass over the start; 'V' takes the line up to its end.
    let mut header = br#"{"__metadata__":{"note":""#.to_vec();
    header.resize(234, b'x');
    header.extend(br#"Vy"},"w":{"dtype":"U8","shape":[64],"data_offsets":[0,64]}}"#);
    header.resize(0xF055, b' ');
    let mut tensors = safetensors(std::str::from_utf8(&header).unwrap(), 0);
    tensors.extend([b"\n0", P0].concat());
    tensors.resize(8 + 0xF055 + 64, 0);
    for (path, bytes) in [
        ("a.pkl", gguf.clone()),
        ("a.gguf", gguf),
        ("b.pkl", catboost),
        ("c.pkl", filled),
        ("c.bin", ort),
        ("pytorch_model.bin", tensors),
    ] {
        let facts = denied(path, &bytes);
        assert!(runs(&facts) && rules(&facts).contains(&"polyglot"), "{path}: {facts:?}");
        assert!(facts.list(property::CALLABLE).contains(&"os.system"), "{path}");
        assert!(facts.uint(property::PICKLE_PROTOCOL).is_some(), "{path}");
    }
}

#[test]
fn text_and_tables_are_no_pickles() {
    for (path, text) in [
        ("a.csv", "id,score\n1,2\n3,4\n"),
        ("a.txt", "cat\ndog\nRat\n"),
        ("a.py", "import os\nname = 'x'\nR = 1\n"),
        ("b.py", "class A:\n    pass\n"),
        ("README.md", "Vectors of words\n\nVery many of them.\n"),
        ("P.txt", "Please read\nall of it\n"),
        ("a.bin", "(((1,2),(3,4)))\n"),
    ] {
        let facts = look(path, text.as_bytes()).1;
        assert!(!facts.incomplete && facts.findings.is_empty(), "{path}: {facts:?}");
    }
}

#[test]
fn a_pickle_of_text_is_one_under_its_name_however_long_it_begins() {
    let long = [b"S'".to_vec(), vec![b'a'; 9000], b"'\n0".to_vec(), P0.to_vec()].concat();
    let faulty = [&P0[..P0.len() - 1], b"0000."].concat();
    for path in ["a.pkl", "a.joblib", "pytorch_model.bin", "a.txt", "a", "a.json"] {
        assert!(runs(&denied(path, &long)), "{path}");
        assert!(runs(&denied(path, &faulty)), "{path}");
    }
    assert_eq!(format("a.pkl", &long), "pickle");
    assert!(runs(&denied("a.pkl.gz", &gzip(&long))));
    assert!(runs(&denied("a.bin", &gzip(&faulty))));
}

#[test]
fn arguments_that_only_python_takes_are_a_call() {
    // `pickle.py`, which joblib and dill build on, calls with a list; `_pickle.c` refuses it.
    let list = b"cos\nsystem\n]S'id'\naR.";
    assert!(runs(&denied("a.bin", list)));
}

#[test]
fn an_oddity_on_which_readers_part_is_no_plain_data() {
    let mut body = P2.to_vec();
    body.resize(43, b'a');
    let crossed = [b"\x80\x04\x95\x03\0\0\0\0\0\0\0U\x30aaaaa", body.as_slice(), b"."].concat();
    let facts = denied("m.pkl", &crossed);
    assert!(rules(&facts).contains(&"pickle-frame-crossed") && runs(&facts), "{facts:?}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(members: Members<'_>) -> Vec<u8> {
    let mut zip = ZipBuilder::default();
    for (name, body) in members {
        zip.add(name, body);
    }
    zip.finish()
}

fn tar(members: Members<'_>) -> Vec<u8> {
    let mut all = Vec::new();
    for (name, body) in members {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..136].copy_from_slice(format!("{:011o}\0", body.len()).as_bytes());
        block[156] = b'0';
        block[257..263].copy_from_slice(b"ustar\0");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        all.extend(block);
        all.extend(*body);
        all.resize(all.len().next_multiple_of(512), 0);
    }
    all.resize(all.len() + 1024, 0);
    all
}

/// A pickle behind more bytes than anybody unpacks to see how something begins.
fn large() -> Vec<u8> {
    let noise: Vec<u8> =
        (0_u32..50_000).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let head = [b"\x80\x04B".to_vec(), (noise.len() as u32).to_le_bytes().to_vec()].concat();
    [head, noise, b"0".to_vec(), P2.to_vec()].concat()
}

#[test]
fn archives_are_opened() {
    let evil: Members<'_> = &[("README", b"hello"), ("sub/model.dat", P2)];
    let inner = zipped(evil);
    let hidden = tar(&[("x.zip", &inner), ("y.txt", b"text")]);
    for (path, bytes) in [
        ("df.pkl.zip", zipped(evil)),
        ("data.zip", zipped(evil)),
        ("m.npz", zipped(&[("a.npy", b"x"), ("b.pkl", P2)])),
        ("m.pt", zipped(&[("m/DATA.PKL", P2)])),
        ("df.pkl.tar", tar(evil)),
        ("m.nemo", tar(evil)),
        ("legacy.pt", tar(evil)),
        ("model.tar.gz", gzip(&tar(evil))),
        ("model.tgz", gzip(&hidden)),
        ("m.tar.bz2", bz2(&hidden)),
        ("rf.bz2", bz2(&large())),
        ("rf_bz2.bin", bz2(&large())),
        ("rf.gz", gzip(&large())),
        ("two.gz", gzip(&gzip(P2))),
        ("m.keras", zipped(&[("config.json", EMPTY), ("metadata.json", META), ("assets/v", P2)])),
    ] {
        let facts = denied(path, &bytes);
        assert!(runs(&facts), "{path}: {facts:?}");
        let callable = facts.facts.iter().find(|fact| fact.property == property::CALLABLE).unwrap();
        assert_eq!(callable.value, Value::Text("os.system".to_owned()), "{path}");
        assert_eq!(callable.evidence.file, path);
        assert!(!callable.evidence.place.is_empty(), "{path}");
    }
    // Whatever it is called.
    let schema: Members<'_> = &[
        ("schema.json", br#"{"__module__":"os","__class__":"system","__loader__":"F"}"#),
        ("a", b"b"),
    ];
    assert!(runs(&denied("m.zip", &zipped(schema))));
    // Only the configuration, which is all that Keras asks for.
    assert!(runs(&denied("only.keras", &zipped(&[("config.json", LAMBDA)]))));
    let handler: Members<'_> = &[("MAR-INF/MANIFEST.json", b"{}"), ("handler.py", b"import os\n")];
    assert!(runs(&denied("m.mar", &zipped(handler))));
    assert_eq!(format("m.mar", &zipped(handler)), "torchserve");
}

#[test]
fn what_cannot_be_opened_is_said() {
    let rar = [b"Rar!\x1A\x07\x01\0".to_vec(), vec![7; 600]].concat();
    let mut locked = zipped(&[("a.txt", b"text")]);
    locked[6] |= 1;
    let mut cut = gzip(&tar(&[("a", &large())]));
    cut.truncate(cut.len() / 2);
    let mut deep = P2.to_vec();
    for _ in 0..8 {
        deep = gzip(&deep);
    }
    for (path, bytes) in [
        ("a.rar", rar),
        ("a.zip", locked),
        ("a.7z", b"7z\xBC\xAF\x27\x1C\0\x04".to_vec()),
        ("a.tar.gz", cut),
        ("deep.gz", deep),
    ] {
        let facts = denied(path, &bytes);
        assert!(facts.incomplete && rules(&facts).contains(&"not-opened"), "{path}: {facts:?}");
    }
}

#[test]
fn ordinary_archives_of_data_are_read_to_their_end() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
    let rows = "id,name\n1,a\n2,b\n".repeat(20_000);
    let members: Members<'_> = &[
        ("train/a.png", png),
        ("train/a.json", b"{\"label\": 1}"),
        ("rows.csv", rows.as_bytes()),
        ("notes.txt", b"import nothing\n"),
        ("raw.bin", &[0; 5000]),
    ];
    for (path, bytes) in [
        ("data.zip", zipped(members)),
        ("data.tar", tar(members)),
        ("data.tar.gz", gzip(&tar(members))),
        ("rows.csv.gz", gzip(rows.as_bytes())),
        ("t10k-images-idx3-ubyte.gz", gzip(&[&[0, 0, 8, 3], [9; 9000].as_slice()].concat())),
        ("data.tar.bz2", bz2(&tar(members))),
    ] {
        let facts = look(path, &bytes).1;
        assert!(!facts.incomplete && !runs(&facts), "{path}: {facts:?}");
        assert!(!rules(&facts).contains(&"not-opened"), "{path}: {facts:?}");
    }
}

#[test]
fn types_that_skops_does_not_trust_are_told() {
    let node = |module: &str, class: &str, loader: &str| {
        let schema = format!(
            r#"{{"__module__":"{module}","__class__":"{class}","__loader__":"{loader}","content":[]}}"#
        );
        zipped(&[("schema.json", schema.as_bytes())])
    };
    let facts = denied("m.skops", &node("os", "system", "FunctionNode"));
    assert!(runs(&facts) && facts.list(property::CALLABLE).contains(&"os.system"));
    assert!(runs(&denied("m.skops", &node("sklearn.x", "Y", "MethodNode"))));
    let good = look("m.skops", &node("sklearn.linear_model", "Ridge", "ObjectNode")).1;
    assert!(!runs(&good) && !good.incomplete && good.findings.is_empty(), "{good:?}");
}

#[test]
fn an_archive_of_what_somebody_asks_for_says_that_it_is_not_indexed() {
    let is_said = |path: &str, bytes: &[u8]| {
        let facts = crate::told::facts(path, bytes);
        facts.findings.iter().any(|finding| finding.rule == "archive-not-indexed")
    };
    let tensors = crate::common::good_safetensors();
    let asked: Members<'_> = &[
        ("README.md", b"# x"),
        ("code/requirements.txt", b"torch==2.1.0\n"),
        ("data/mails.csv", b"a,b\n1,2\n"),
        ("model.safetensors", &tensors),
        ("a/train.py", b"import torch\n"),
        ("a-1.dist-info/METADATA", b"Name: a\n"),
        ("conda-meta/a-1.json", b"{}"),
    ];
    for member in asked {
        assert!(is_said("model.zip", &zipped(&[*member])), "{}", member.0);
    }
    let others: Members<'_> = &[
        ("a/0001.jpg", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"),
        ("notes.txt", b"a word"),
        ("word/document.xml", b"<?xml version=\"1.0\"?><a/>"),
        ("labels.json", b"{\"a\": 1}"),
    ];
    assert!(!is_said("model.zip", &zipped(others)));
    // The format itself knows what these are.
    let keras: Members<'_> = &[
        ("config.json", EMPTY),
        ("metadata.json", META),
        ("model.weights.h5", b"\x89HDF\r\n\x1a\n"),
    ];
    assert!(!is_said("m.keras", &zipped(keras)));
    assert!(!is_said("m.pt", &crate::common::zip(&["m/data.pkl", "m/data/0", "m/version"])));
}
