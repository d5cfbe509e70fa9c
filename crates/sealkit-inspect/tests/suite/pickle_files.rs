//! Files that NumPy 2, joblib 1.5, scikit-learn 1.9, dill and cloudpickle wrote.

use crate::pickle_common::{about, format, hex, look, rules, tensors};
use sealkit_inspect::{Class, Facts, Value, capabilities, property};

macro_rules! golden {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../golden/files/", $name)).as_slice())
    };
}

fn runs(facts: &Facts) -> bool {
    facts.of(property::CAN_RUN_CODE).any(|fact| fact.value == Value::Bool(true))
}

fn setting<'a>(facts: &'a Facts, name: &str) -> Option<&'a Value> {
    about(facts, property::HYPERPARAMETER, name)
}

#[test]
fn arrays_between_the_opcodes_are_walked() {
    for (name, file) in [golden!("arrays2.joblib"), golden!("arrays4.joblib")] {
        let (_, facts) = look(name, file);
        assert_eq!(facts.findings, [], "{name}");
        assert!(!facts.incomplete, "{name}");
        assert_eq!(facts.text(property::PRODUCER), Some("joblib"));
        assert_eq!(facts.text(property::HOLDS), Some("arrays"));
        let listed = tensors(&facts, file);
        let numbers: Vec<u8> = (0..12).flat_map(|n| (n as f32).to_le_bytes()).collect();
        assert_eq!(listed[0], ("w <f4 [3, 4]".to_owned(), Some(numbers)), "{name}");
        assert_eq!(listed[1], ("o |O8 [3]".to_owned(), None), "{name}");
        assert_eq!(listed[2].0, "s |V12 [1]", "{name}");
        assert_eq!(listed[2].1.as_deref().map(hex).as_deref(), Some("010000000000000000000040"));
        assert_eq!(listed[3], ("z <f8 [0, 3]".to_owned(), None), "{name}");
    }
}

#[test]
fn an_array_that_lies_about_its_size_cuts_the_pickle() {
    let (name, file) = golden!("arrays4.joblib");
    // The first shape is (3, 4): `K 03 K 04`.
    let at = file.windows(4).position(|bytes| bytes == b"K\x03K\x04").unwrap();
    let mut huge = file.to_vec();
    huge[at + 1] = 0xFF;
    huge[at + 3] = 0xFF;
    let (_, facts) = look(name, &huge);
    assert!(facts.incomplete);
    assert!(rules(&facts).contains(&"pickle-truncated"));
}

#[test]
fn an_estimator_says_class_version_and_settings() {
    let (name, file) = golden!("rf.joblib");
    let (_, facts) = look(name, file);
    assert_eq!(facts.findings, []);
    assert_eq!(facts.text(property::HOLDS), Some("estimator"));
    assert_eq!(facts.text(property::FRAMEWORK), Some("scikit-learn"));
    assert_eq!(facts.text(property::FRAMEWORK_VERSION), Some("1.9.1"));
    assert_eq!(facts.list(property::MODEL_CLASS), ["RandomForestClassifier"]);
    assert_eq!(setting(&facts, "n_estimators"), Some(&Value::Uint(5)));
    assert_eq!(setting(&facts, "max_depth"), Some(&Value::Uint(3)));
    assert_eq!(setting(&facts, "random_state"), Some(&Value::Uint(42)));
    assert_eq!(setting(&facts, "estimator__criterion"), Some(&Value::Text("gini".to_owned())));
    assert_eq!(setting(&facts, "n_features_in_"), None, "what was learned is no setting");
    assert_eq!(setting(&facts, "_sklearn_version"), None);
    assert_eq!(facts.uint(property::TENSORS), Some(21));
    assert!(runs(&facts));
}

#[test]
fn a_pipeline_is_the_same_in_every_compression() {
    let (name, plain) = golden!("pipe.joblib");
    let (_, expected) = look(name, plain);
    assert_eq!(
        about(&expected, property::MODEL_CLASS, "clf").map(ToString::to_string).as_deref(),
        Some("LogisticRegression")
    );
    assert_eq!(setting(&expected, "clf__C"), Some(&Value::Float(0.5)));
    let told = |facts: &Facts| -> Vec<String> {
        let about = facts.facts.iter().filter(|fact| fact.property != property::FORMAT);
        about
            .map(|fact| match &fact.value {
                Value::Tensor(tensor) => format!("{} {:?}", tensor.name, tensor.shape),
                value => format!("{} {} {value}", fact.property, fact.subject),
            })
            .collect()
    };
    for (name, file) in [
        golden!("pipe_zlib.joblib"),
        golden!("pipe_gzip.joblib"),
        golden!("pipe_bz2.joblib"),
        golden!("pipe_xz.joblib"),
        golden!("pipe_lzma.joblib"),
        golden!("pipe_lz4.joblib"),
    ] {
        let (_, facts) = look(name, file);
        assert_eq!(facts.findings, [], "{name}");
        assert!(!facts.incomplete, "{name}");
        assert_eq!(format(name, file), "compressed-pickle", "{name}");
        assert_eq!(format("no-ending", file), "compressed-pickle", "{name}");
        assert_eq!(told(&facts), told(&expected), "{name}");
        let place = &facts.of(property::CALLABLE).next().unwrap().evidence.place;
        assert_eq!(place, "unpacked byte 41");
    }
}

#[test]
fn a_frame_of_lz4_that_was_cut_or_changed_is_named() {
    let (_, file) = golden!("pipe_lz4.joblib");
    // The last four bytes say only that no block follows.
    for end in [7, 100, file.len() / 2, file.len() - 5] {
        let (_, facts) = look("x.joblib.lz4", &file[..end]);
        assert!(facts.incomplete, "{end}");
    }
    for at in 0..file.len() {
        let mut changed = file.to_vec();
        changed[at] ^= 0x40;
        // Whatever it says of the bytes, it says it within bounds.
        let (_, facts) = look("x.joblib.lz4", &changed);
        assert!(facts.facts.len() < 10_000);
    }
}

#[test]
fn compressed_bytes_that_end_early_are_named() {
    for (name, file) in [
        golden!("pipe_zlib.joblib"),
        golden!("pipe_gzip.joblib"),
        golden!("pipe_xz.joblib"),
        golden!("pipe_lzma.joblib"),
    ] {
        let (_, facts) = look(name, &file[..file.len() * 2 / 3]);
        assert!(facts.incomplete, "{name}");
        assert!(runs(&facts), "{name}");
        assert!(rules(&facts).contains(&"not-unpacked"), "{name}: {:?}", rules(&facts));
    }
    let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut bomb, b"\x80\x04]\x94(").unwrap();
    for _ in 0..16 {
        std::io::Write::write_all(&mut bomb, &vec![b'N'; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 18);
    let mut budget = sealkit_report::Budget::new(4 << 20, 1000, 1 << 30, 16);
    let (_, facts) = sealkit_inspect::inspect("bomb.pkl", &bomb, &mut budget);
    assert!(facts.incomplete);
    assert!(rules(&facts).contains(&"not-unpacked"));
}

#[test]
fn an_array_of_objects_lists_its_callables() {
    let (name, file) = golden!("o.npy");
    let (_, facts) = look(name, file);
    assert_eq!(rules(&facts), ["npy-objects"]);
    assert_eq!(facts.text(property::DTYPE), Some("|O"));
    let callables = facts.list(property::CALLABLE);
    assert_eq!(callables[0], "numpy._core.multiarray._reconstruct");
    assert_eq!(facts.of(property::CALLABLE).next().unwrap().evidence.place, "byte 179");
    assert_eq!(facts.uint(property::PARAMETERS), None);
    assert!(runs(&facts));
}

#[test]
fn structures_and_texts_are_measured() {
    let (name, file) = golden!("s.npy");
    let (_, facts) = look(name, file);
    assert_eq!(facts.findings, []);
    assert_eq!(facts.text(property::DTYPE), Some("[('a', '<i4'), ('b', '<f8')]"));
    assert_eq!(facts.uint(property::PARAMETERS), Some(1));
    assert!(!runs(&facts));
    let (name, file) = golden!("u.npy");
    let (_, facts) = look(name, file);
    assert_eq!(facts.findings, []);
    assert_eq!(facts.text(property::DTYPE), Some("<U2"));
}

#[test]
fn arrays_of_the_wrong_length_are_named() {
    let (name, file) = golden!("s.npy");
    assert_eq!(rules(&look(name, &file[..file.len() - 1]).1), ["npy-size"]);
    assert_eq!(rules(&look(name, &[file, b"x"].concat()).1), ["npy-size"]);
    let header = |text: &str| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.bytes());
        bytes
    };
    let huge = "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}";
    let (_, facts) = look("a.npy", &header(huge));
    assert_eq!(rules(&facts), ["npy-size"]);
    assert_eq!(facts.uint(property::PARAMETERS), None);
    for bad in [
        "{'descr': '<f4', 'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', '<q9x')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': ('<f4',), 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1",
        "'<f4'",
    ] {
        let (_, facts) = look("a.npy", &header(bad));
        assert!(facts.incomplete, "{bad}");
    }
    let nested =
        "{'descr': [('a', [('b', '<i4', (2,)), ('c', 'O')])], 'fortran_order': False, 'shape': ()}";
    assert_eq!(rules(&look("a.npy", &header(nested)).1), ["npy-objects"]);
}

#[test]
fn archives_of_arrays_add_up() {
    let (name, file) = golden!("a.npz");
    let (_, facts) = look(name, file);
    assert_eq!(facts.findings, []);
    assert_eq!(facts.text(property::FORMAT), Some("npz"));
    assert_eq!(facts.uint(property::TENSORS), Some(2));
    assert_eq!(facts.uint(property::PARAMETERS), Some(13));
    let listed = tensors(&facts, file);
    let numbers: Vec<u8> = (0..12).flat_map(|n| (n as f32).to_le_bytes()).collect();
    assert_eq!(listed[0], ("w <f4 [3, 4]".to_owned(), Some(numbers)));
    assert!(!runs(&facts));
    let (name, file) = golden!("c.npz");
    let (_, facts) = look(name, file);
    assert_eq!(rules(&facts), ["npy-objects"]);
    assert_eq!(tensors(&facts, file)[0], ("w <f4 [3, 4]".to_owned(), None));
    assert!(runs(&facts));
    assert!(facts.list(property::CALLABLE).contains(&"numpy.dtype"));
}

#[test]
fn functions_that_were_pickled_are_known_by_their_writers() {
    for ((name, file), writer) in [(golden!("f.dill"), "dill"), (golden!("f.cp"), "cloudpickle")] {
        let (_, facts) = look(name, file);
        assert_eq!(facts.text(property::PRODUCER), Some(writer));
        assert!(runs(&facts));
    }
}

#[test]
fn pickles_are_known_by_content_under_every_name() {
    let plain = b"\x80\x04}\x94\x8c\x01a\x94K\x01s.";
    for name in ["model.bin", "weights.pt", "x.ckpt", "notes.txt", "none", "a.safetensors"] {
        assert_eq!(format(name, plain), "pickle", "{name}");
    }
    assert_eq!(format("a.dat", b"cposix\nsystem\n(S'id'\ntR."), "pickle");
    for text in ["cat\ndog\nelephant\n", "I am.\n", "Notes\n", "(a)\n"] {
        assert_ne!(format("a.txt", text.as_bytes()), "pickle", "{text}");
    }
}

#[test]
fn facts_are_promised_by_the_table() {
    for (name, file) in [
        golden!("sd.pt"),
        golden!("sd_legacy.pt"),
        golden!("ckpt.ckpt"),
        golden!("script.pt"),
        golden!("fx.pt"),
        golden!("pkg.pt"),
        golden!("training_args.bin"),
        golden!("rf.joblib"),
        golden!("pipe_xz.joblib"),
        golden!("o.npy"),
        golden!("c.npz"),
        golden!("f.dill"),
    ] {
        let id = format(name, file);
        let row = capabilities().find(|row| row.format.id == id).unwrap();
        for fact in look(name, file).1.facts {
            let general = [property::FORMAT, property::FRAMEWORK].contains(&&*fact.property);
            assert!(general || row.properties.contains(&&*fact.property), "{id}: {fact:?}");
        }
    }
}

#[test]
fn a_pickle_in_zstandard_is_looked_into() {
    // pandas 3.1.1 with zstandard 0.25.
    let (path, file) = golden!("frame.pkl.zst");
    let (class, facts) = look(path, file);
    assert_eq!(class, Class::Model);
    assert_eq!(facts.text(property::FORMAT), Some("compressed-pickle"));
    assert!(facts.list(property::CALLABLE).iter().any(|name| name.starts_with("pandas.")));
    assert!(!facts.incomplete);
    for end in [20, file.len() / 2, file.len() - 1] {
        assert!(look(path, &file[..end]).1.incomplete, "{end}");
    }
    // Blocks that are longer than the head of a file do not hide it behind its packing.
    for (path, start) in [("x.pkl.bz2", b"BZh91AY&SY".as_slice()), ("x.pkl.zst", &file[..9])] {
        assert_eq!(format(path, start), "compressed-pickle", "{path}");
    }
}
