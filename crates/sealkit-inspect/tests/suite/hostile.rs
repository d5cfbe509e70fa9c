//! No bytes make an inspector panic, and none make it spend more than it may.

use crate::common::{good_gguf, good_onnx, good_safetensors, npy, zip};
use proptest::prelude::*;
use sealkit_inspect::{INSPECTORS, ReadAt, ReadError, inspect, zip::Directory};
use sealkit_report::Budget;

const PATHS: &[&str] = &[
    "a.safetensors",
    "a.gguf",
    "a.onnx",
    "a.npy",
    "a.zip",
    "README.md",
    "config.json",
    "a.csv",
    "x",
    "",
];

fn run_all(bytes: &[u8]) {
    for inspector in INSPECTORS {
        let _ = inspector.inspect(&bytes, "any", &mut Budget::new(1 << 20, 1000, 10_000, 16));
    }
    for path in PATHS {
        let _ = inspect(path, &bytes, &mut Budget::new(1 << 20, 1000, 10_000, 16));
    }
}

fn good_files() -> Vec<Vec<u8>> {
    vec![
        good_safetensors(),
        good_gguf(1, false),
        good_gguf(3, true),
        good_onnx(),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }"),
        zip(&["a/data.pkl", "b", "c.npy"]),
        b"---\nlicense: mit\nx: [a, {b: c}]\n---\n".to_vec(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        run_all(&bytes);
    }

    #[test]
    fn good_files_with_wrong_bytes(
        file in 0_usize..7,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = good_files().swap_remove(file);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        run_all(&bytes);
    }

    #[test]
    fn good_files_cut_short(file in 0_usize..7, at in any::<prop::sample::Index>()) {
        let bytes = good_files().swap_remove(file);
        run_all(&bytes[..at.index(bytes.len())]);
    }
}

/// Says that it has 2^63 bytes, all zero, and counts what is read.
struct Endless(std::cell::Cell<u64>, Vec<u8>);

impl ReadAt for Endless {
    fn len(&self) -> u64 {
        1 << 63
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.0.set(self.0.get() + buf.len() as u64);
        for (at, byte) in (offset..).zip(buf) {
            *byte = usize::try_from(at).ok().and_then(|at| self.1.get(at)).copied().unwrap_or(0);
        }
        Ok(())
    }
}

#[test]
fn an_endless_file_is_read_within_the_budget() {
    for start in good_files() {
        for path in PATHS {
            let file = Endless(std::cell::Cell::new(0), start.clone());
            let _ = inspect(path, &file, &mut Budget::new(1 << 20, 1000, 10_000, 16));
            assert!(file.0.get() <= 1 << 20, "{path}: {}", file.0.get());
        }
    }
}

#[test]
fn a_large_model_is_read_by_its_header_alone() {
    let header = r#"{"a":{"dtype":"U8","shape":[1073741824],"data_offsets":[0,1073741824]}}"#;
    let mut start = (header.len() as u64).to_le_bytes().to_vec();
    start.extend(header.bytes());
    let file = Endless(std::cell::Cell::new(0), start);
    let _ = inspect("a.safetensors", &file, &mut Budget::default());
    assert!(file.0.get() < 32 << 10, "{}", file.0.get());
}

#[test]
fn a_source_that_fails_is_reported() {
    struct Broken;
    impl ReadAt for Broken {
        fn len(&self) -> u64 {
            100
        }
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            let source = Box::new(std::io::Error::other("gone"));
            Err(ReadError::Source { offset, len: buf.len() as u64, source })
        }
    }
    let (_, facts) = inspect("a.gguf", &Broken, &mut Budget::default());
    assert!(facts.incomplete);
    assert_eq!(facts.findings[0].message, "cannot read 100 bytes at offset 0");
}

#[test]
fn a_false_member_count_ends_at_the_end_of_the_list() {
    let mut bytes = zip(&["a"]);
    let at = bytes.len() - 12;
    bytes[at] = 0xFE;
    let directory = Directory::read(&bytes, &mut Budget::default()).unwrap();
    assert_eq!(directory.members.len(), 1);
    assert_eq!(directory.doubt, Some("the end record speaks of several disks"));
    bytes[at - 2] = 0xFE;
    let directory = Directory::read(&bytes, &mut Budget::default()).unwrap();
    assert_eq!(directory.doubt, Some("the end record states another number of members"));
}
