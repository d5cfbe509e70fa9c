//! The pickle machine, and the formats that carry pickles: target and seeds.

use sealkit_inspect::inspect;
use sealkit_inspect::pickle::{self, Limits};
use sealkit_report::Budget;

/// Files that a real tool wrote, of each format that carries pickles.
const FILES: &[&str] = &[
    "training_args.bin",
    "sd_legacy.pt",
    "fx.pt",
    "c.npz",
    "o.npy",
    "arrays2.joblib",
    "arrays4.joblib",
    "pipe_xz.joblib",
    "f.dill",
    "f.cp",
];

/// A trace stays within the bytes, says the same again, and is never whole for half a pickle; and
/// whatever format the bytes have, the facts are the same twice.
pub fn pickle(data: &[u8]) {
    let first = trace(data);
    assert_eq!(format!("{first:?}"), format!("{:?}", trace(data)));
    for stream in &first.streams {
        assert!(stream.range.start <= stream.range.end && stream.range.end <= data.len() as u64);
    }
    for import in &first.imports {
        assert!(import.offset < data.len() as u64);
    }
    if let [stream] = first.streams.as_slice()
        && first.is_complete()
    {
        let half = &data[..stream.range.end as usize - 1];
        assert!(!trace(half).is_complete(), "a pickle without its end");
    }
    let facts = || inspect("model.pkl", &data, &mut Budget::new(4 << 20, 10_000, 1_000_000, 32));
    assert_eq!(format!("{:?}", facts()), format!("{:?}", facts()));
}

fn trace(bytes: &[u8]) -> pickle::Trace {
    let mut budget = Budget::new(1 << 20, 10_000, 1_000_000, 32);
    pickle::trace(&bytes, 0..bytes.len() as u64, Limits::default(), &mut budget)
}

/// Pickles with every kind of opcode, several behind each other, and files that carry them.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut tar = vec![0; 512];
    tar[..6].copy_from_slice(b"pickle");
    tar[124..135].copy_from_slice(b"00000000004");
    tar[257..263].copy_from_slice(b"ustar\0");
    tar.extend(b"\x80\x02N.");
    tar.resize(1536, 0);
    let made: [&[u8]; 6] = [
        b"\x80\x02cos\nsystem\n(S'id'\ntR.\x80\x04\x8c\x02os\x94\x8c\x06system\x93.",
        b"(dp0\nVa\np1\nI0x41\nsS'b'\nL5L\ns(iA\nB\nF1.5\nK\x01\x86b.",
        b"\x80\x05\x95\x0c\0\0\0\0\0\0\0\x8f\x94(K\x01K\x02\x90(N\x91\x86\x98.",
        b"\x80\x02\x82\x01Pid\nQ]}(Nu\x92\x81\x97r\0\0\0\x80j\0\0\0\x802010.",
        b"junk\xff\x80\x04N.\0\0more",
        &tar,
    ];
    let golden = |name: &&str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/sealkit-inspect/tests/golden");
        std::fs::read(format!("{folder}/files/{name}")).expect("a golden file")
    };
    made.iter().map(|bytes| bytes.to_vec()).chain(FILES.iter().map(golden)).collect()
}
