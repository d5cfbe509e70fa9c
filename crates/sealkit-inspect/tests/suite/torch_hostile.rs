//! Archives of PyTorch that lie: about sizes, places, names.

use crate::pickle_common::{Tensor, ZipBuilder, about, format, look, rules, state_dict, tensors};
use sealkit_inspect::{Facts, INSPECTORS, Value, inspect, property};
use sealkit_report::Budget;

fn tensor<'a>(key: &'a str, count: i32, shape: &'a [i32], stride: &'a [i32]) -> Tensor<'a> {
    Tensor { class: "FloatStorage", key, count, offset: 0, shape, stride }
}

fn archive(pickle: &[u8], storages: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipBuilder::default();
    zip.add("m/data.pkl", pickle);
    for (key, bytes) in storages {
        zip.add(&format!("m/data/{key}"), bytes);
    }
    zip.add("m/version", b"3\n");
    zip.finish()
}

fn one(tensor: Tensor<'_>, storage: &[u8]) -> Facts {
    look("m.pt", &archive(&state_dict(&[("w", tensor)]), &[("0", storage)])).1
}

#[test]
fn a_good_archive_has_no_findings() {
    let facts = one(tensor("0", 4, &[2, 2], &[2, 1]), &[1; 16]);
    assert_eq!(facts.findings, []);
    assert_eq!(facts.uint(property::PARAMETERS), Some(4));
}

#[test]
fn storages_must_be_there_and_of_the_stated_size() {
    assert_eq!(rules(&one(tensor("9", 4, &[4], &[1]), &[0; 16])), ["torch-storage-missing"]);
    assert_eq!(rules(&one(tensor("0", 4, &[4], &[1]), &[0; 12])), ["torch-storage-size"]);
    assert_eq!(rules(&one(tensor("0", 4, &[4], &[1]), &[0; 20])), ["torch-storage-size"]);
    let huge = one(tensor("0", i32::MAX, &[4], &[1]), &[0; 16]);
    assert_eq!(rules(&huge), ["torch-storage-size"]);
}

#[test]
fn tensors_must_lie_inside_their_storage() {
    for bad in [
        tensor("0", 4, &[5], &[1]),
        tensor("0", 4, &[2], &[4]),
        tensor("0", 4, &[2, 2], &[3, 1]),
        Tensor { offset: 1, ..tensor("0", 4, &[4], &[1]) },
        Tensor { offset: i32::MAX, ..tensor("0", 4, &[4], &[1]) },
        tensor("0", 4, &[2, 2], &[1]),
        tensor("0", 4, &[i32::MAX, i32::MAX, i32::MAX], &[1, 1, i32::MAX]),
    ] {
        let shown = format!("{:?} {:?} {}", bad.shape, bad.stride, bad.offset);
        let facts = one(bad, &[0; 16]);
        assert!(rules(&facts).contains(&"torch-tensor-outside"), "{shown}");
    }
    // Reading an element many times is no harm.
    let spread = one(tensor("0", 1, &[3, 3], &[0, 0]), &[0; 4]);
    assert_eq!(spread.findings, []);
    assert_eq!(about(&spread, property::PARAMETERS_OF_TYPE, "F32"), Some(&Value::Uint(9)));
    let none = one(tensor("0", 0, &[0, 7], &[7, 1]), &[]);
    assert_eq!(rules(&none), Vec::<&str>::new());
}

#[test]
fn shapes_beyond_64_bits_are_named() {
    let shape = &[i32::MAX; 4];
    let facts = one(tensor("0", 4, shape, &[0; 4]), &[0; 16]);
    assert_eq!(rules(&facts), ["tensor-shape"]);
    assert!(facts.incomplete);
    assert_eq!(facts.uint(property::PARAMETERS), None);
}

#[test]
fn odd_arguments_make_no_tensor() {
    for (class, key) in [("EvilStorage", "0"), ("FloatStorage", "")] {
        let bad = Tensor { class, ..tensor(key, 4, &[4], &[1]) };
        let facts = one(bad, &[0; 16]);
        assert!(facts.uint(property::TENSORS).unwrap_or(0) < 2, "{class}");
    }
    let negative = Tensor { offset: -1, ..tensor("0", 4, &[4], &[1]) };
    assert_eq!(one(negative, &[0; 16]).uint(property::TENSORS), None);
    assert_eq!(one(tensor("0", 4, &[-4], &[1]), &[0; 16]).uint(property::TENSORS), None);
}

#[test]
fn storages_that_share_bytes_are_named() {
    let pickle =
        state_dict(&[("a", tensor("0", 4, &[4], &[1])), ("b", tensor("1", 4, &[4], &[1]))]);
    let mut zip = ZipBuilder::default();
    zip.add("m/data.pkl", &pickle);
    let inner = [b"PK\x03\x04".to_vec(), vec![0; 60]].concat();
    let start = zip.add("m/data/0", &inner);
    // A second entry whose local header lies inside the first member.
    zip.list("m/data/1", start as u32, 16);
    let (_, facts) = look("m.pt", &zip.finish());
    assert!(rules(&facts).contains(&"zip-overlap"), "{:?}", rules(&facts));
    assert!(rules(&facts).contains(&"zip-names-differ"));
}

#[test]
fn false_sizes_and_names_are_named() {
    let pickle = state_dict(&[("w", tensor("0", 4, &[4], &[1]))]);
    let mut zip = ZipBuilder::default();
    zip.add_as("m/data.pkl", "m/other.pkl", &pickle, pickle.len() as u32);
    zip.add("m/data/0", &[0; 16]);
    assert_eq!(rules(&look("m.pt", &zip.finish()).1), ["zip-names-differ"]);
    for size in [u32::MAX, 1 << 20] {
        let mut zip = ZipBuilder::default();
        zip.add_as("m/data.pkl", "m/data.pkl", &pickle, size);
        let (_, facts) = look("m.pt", &zip.finish());
        assert!(facts.incomplete);
        assert_eq!(rules(&facts), ["not-inspected"]);
        let runs = &facts.of(property::CAN_RUN_CODE).next().unwrap().value;
        assert_eq!(runs, &Value::Bool(true), "what cannot be read can run code");
    }
    let mut zip = ZipBuilder::default();
    zip.add("m/data.pkl", &pickle);
    zip.add_as("m/data/0", "m/data/0", &[0; 16], 1 << 30);
    assert_eq!(rules(&look("m.pt", &zip.finish()).1), ["torch-storage-missing"]);
}

#[test]
fn two_members_of_one_name_are_named() {
    let mut zip = ZipBuilder::default();
    zip.add("m/data.pkl", b"\x80\x02N.");
    zip.add("m/data.pkl", b"\x80\x02cos\nsystem\n.");
    let (_, facts) = look("m.pt", &zip.finish());
    assert_eq!(rules(&facts), ["zip-duplicate-member"]);
    assert_eq!(facts.list(property::CALLABLE), ["os.system"]);
}

#[test]
fn pickles_are_found_under_any_name() {
    let mut zip = ZipBuilder::default();
    zip.add("m/data.pkl", b"\x80\x02N.");
    zip.add("m/notes.txt", b"\x80\x02cos\nsystem\n.");
    zip.add("m/old", b"cposix\nsystem\n(S'id'\ntR.");
    zip.add("m/README", b"just a text\n");
    let (_, facts) = look("m.pt", &zip.finish());
    assert_eq!(facts.list(property::CALLABLE), ["os.system", "posix.system"]);
    let places = facts.of(property::CALLABLE).map(|fact| fact.evidence.place.as_str());
    assert_eq!(places.collect::<Vec<_>>(), ["m/notes.txt byte 2", "m/old byte 0"]);
}

#[test]
fn a_magic_number_that_is_computed_is_named() {
    let mut file = b"\x80\x02c__builtin__\neval\n(X\x14\0\0\0".to_vec();
    file.extend(b"0x1950a86a20f9469cfc6ctR.");
    // The number itself must stand near the start to pass for the format.
    file.extend(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.");
    let (_, facts) = look("m.pt", &file);
    assert!(facts.list(property::CALLABLE).contains(&"builtins.eval"));
    let legacy = include_bytes!("../golden/files/sd_legacy.pt");
    let mut made = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x190c__builtin__\nlen\n.".to_vec();
    made.extend(&legacy[15..]);
    assert!(rules(&look("m.pt", &made).1).contains(&"torch-magic"));
}

#[test]
fn an_old_tar_archive_is_named_and_its_pickles_are_listed() {
    let member = |name: &str, body: &[u8]| {
        let mut header = vec![0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", body.len()).as_bytes());
        header[257..263].copy_from_slice(b"ustar\0");
        let mut bytes = [header, body.to_vec()].concat();
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    };
    let mut file = member("storages", b"\x80\x02K\x00.raw bytes");
    file.extend(member("tensors", b"\x80\x02K\x00."));
    file.extend(member("pickle", b"\x80\x02cos\nsystem\n."));
    file.extend(vec![0; 1024]);
    let (_, facts) = look("old.pt", &file);
    assert_eq!(facts.text(property::FORMAT), Some("pytorch-tar"));
    assert_eq!(rules(&facts), ["torch-tar"]);
    assert_eq!(facts.list(property::CALLABLE), ["os.system"]);
    assert_eq!(facts.uint(property::MEMBERS), Some(3));
    assert!(facts.incomplete);
    file[124] = b'x';
    assert_eq!(rules(&look("old.pt", &file).1), ["not-inspected"]);
    let mut huge = member("pickle", b"");
    huge[124..136].copy_from_slice(b"777777777777");
    assert!(look("old.pt", &huge).1.incomplete);
}

#[test]
fn files_cut_anywhere_are_read_without_harm_and_never_as_whole() {
    let files: &[&[u8]] = &[
        include_bytes!("../golden/files/training_args.bin"),
        include_bytes!("../golden/files/sd_legacy.pt"),
        include_bytes!("../golden/files/pkg.pt"),
        include_bytes!("../golden/files/arrays4.joblib"),
        include_bytes!("../golden/files/pipe_zlib.joblib"),
        include_bytes!("../golden/files/pipe_xz.joblib"),
        include_bytes!("../golden/files/c.npz"),
        include_bytes!("../golden/files/o.npy"),
    ];
    for (at, file) in files.iter().enumerate() {
        for end in 0..file.len() {
            let part = &file[..end];
            let mut budget = Budget::new(1 << 20, 10_000, 100_000, 32);
            let (_, facts) = inspect("m.pkl", &part, &mut budget);
            let whole = facts.incomplete || !facts.findings.is_empty();
            assert!(whole || end == 0, "file {at} at {end}: {facts:?}");
        }
    }
}

#[test]
fn every_inspector_survives_every_file_with_wrong_bytes() {
    let files: &[&[u8]] = &[
        include_bytes!("../golden/files/sd.pt"),
        include_bytes!("../golden/files/sd_legacy.pt"),
        include_bytes!("../golden/files/arrays2.joblib"),
        include_bytes!("../golden/files/pipe_bz2.joblib"),
        include_bytes!("../golden/files/s.npy"),
        include_bytes!("../golden/files/a.npz"),
    ];
    for file in files {
        for at in (0..file.len()).step_by(7) {
            for change in [0x00, 0x7F, 0x80, 0xFF] {
                let mut bytes = file.to_vec();
                bytes[at] = change;
                let id = format("m.pt", &bytes);
                let inspector = INSPECTORS.iter().find(|inspector| inspector.format().id == id);
                if let Some(inspector) = inspector {
                    let mut budget = Budget::new(1 << 20, 10_000, 100_000, 32);
                    let _ = inspector.inspect(&bytes, "m.pt", &mut budget);
                }
            }
        }
    }
}

#[test]
fn thousands_of_tensors_are_listed() {
    let names: Vec<String> = (0..6000).map(|n| format!("layer.{n}.weight")).collect();
    let all: Vec<_> =
        names.iter().map(|name| (name.as_str(), tensor("0", 4, &[4], &[1]))).collect();
    let file = archive(&state_dict(&all), &[("0", &[3; 16])]);
    let (_, facts) = look("m.pt", &file);
    assert_eq!(facts.findings, []);
    assert!(!facts.incomplete);
    assert_eq!(facts.uint(property::TENSORS), Some(6000));
    assert_eq!(facts.uint(property::PARAMETERS), Some(4), "one storage under many names");
    assert_eq!(tensors(&facts, &file)[5999].1.as_deref(), Some(&[3; 16][..]));
}
