//! Pickles made to hurt: time and memory stay small, and what was found stays.

use std::cell::Cell;

use crate::pickle_common::{odd, paths, text, trace, unhex};
use proptest::prelude::*;
use sealkit_inspect::pickle::{self, Anomaly, Item, Limits, Node, Trace, Why};
use sealkit_inspect::{ReadAt, ReadError};
use sealkit_report::Budget;

fn cut(trace: &Trace) -> Option<Why> {
    trace.streams.first().and_then(|stream| stream.cut).map(|cut| cut.why)
}

/// An opening, a part again and again, and an end; `len` bytes that are nowhere held.
struct Repeated {
    open: Vec<u8>,
    part: Vec<u8>,
    times: u64,
    close: Vec<u8>,
    read: Cell<u64>,
}

impl Repeated {
    fn new(open: &[u8], part: &[u8], times: u64, close: &[u8]) -> Self {
        let (open, part, close) = (open.to_vec(), part.to_vec(), close.to_vec());
        Self { open, part, times, close, read: Cell::new(0) }
    }

    fn at(&self, offset: u64) -> u8 {
        let Some(offset) = offset.checked_sub(self.open.len() as u64) else {
            return self.open[offset as usize];
        };
        let middle = self.part.len() as u64 * self.times;
        match offset.checked_sub(middle) {
            Some(offset) => self.close[offset as usize],
            None => self.part[(offset % self.part.len() as u64) as usize],
        }
    }
}

impl ReadAt for Repeated {
    fn len(&self) -> u64 {
        (self.open.len() + self.close.len()) as u64 + self.part.len() as u64 * self.times
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.read.set(self.read.get() + buf.len() as u64);
        for (at, byte) in (offset..).zip(buf) {
            *byte = self.at(at);
        }
        Ok(())
    }
}

fn read(source: &Repeated) -> Trace {
    let mut budget = Budget::new(1 << 30, 1 << 20, 1 << 30, 64);
    pickle::trace(source, 0..source.len(), Limits::default(), &mut budget)
}

/// What hides behind a flood.
const TAIL: &[u8] = b"cos\nsystem\n0N.";

#[test]
fn floods_of_values_hide_nothing() {
    let float = [b"G".to_vec(), 1.5_f64.to_be_bytes().to_vec()].concat();
    let floods: &[(&[u8], Vec<u8>, &[u8])] = &[
        (b"]", [b"(".to_vec(), float, b"e".to_vec()].concat(), b"0"),
        (b"(", text("0123456789012345678901234567890123456789"), b"l0"),
        (b"(", b"N".to_vec(), b"t0"),
        (b"]", b"]a".to_vec(), b"0"),
        (b"", b"N\x940".to_vec(), b""),
        (b"", b"(1".to_vec(), b""),
        (b"(", b"]\x94".to_vec(), b"l0"),
        (b"", b"cA\nB\n)R0".to_vec(), b""),
        (b"}", b"(K\x01]u".to_vec(), b"0"),
    ];
    for (open, part, close) in floods {
        let close = [close, TAIL].concat();
        let source = Repeated::new(open, part, 250_000, &close);
        let trace = read(&source);
        assert!(paths(&trace).contains(&"os.system".to_owned()), "{part:?}");
        assert_eq!(cut(&trace), None, "{part:?}");
    }
}

#[test]
fn a_name_is_found_on_top_of_a_flood() {
    let close = [text("os"), text("system"), b"\x93.".to_vec()].concat();
    let source = Repeated::new(b"(", b"N", 2_000_000, &close);
    assert_eq!(paths(&read(&source)), ["os.system"]);
}

#[test]
fn a_name_in_a_memo_that_forgets_is_a_dynamic_import() {
    let open = b"".to_vec();
    let close = [
        text("os"),
        b"\x940".to_vec(),
        b"j\0\x35\x0c\0".to_vec(),
        text("system"),
        b"\x93.".to_vec(),
    ];
    let source = Repeated::new(&open, b"N\x940", 800_000, &close.concat());
    let trace = read(&source);
    assert_eq!(odd(&trace), [Anomaly::DynamicImport]);
    assert_eq!(trace.imports[0].name.as_deref(), Some("system"));
}

#[test]
fn depth_is_no_danger() {
    for (part, close) in [
        (&b"("[..], b"t".repeat(100_000)),
        (b"]", b"a".repeat(99_999)),
        (b"", b")\x85".repeat(100_000)),
    ] {
        let close = [close, TAIL.to_vec()].concat();
        let source = Repeated::new(b"", part, if part.is_empty() { 0 } else { 100_000 }, &close);
        let trace = if part.is_empty() { trace(&close) } else { read(&source) };
        assert!(paths(&trace).contains(&"os.system".to_owned()));
    }
    let source = Repeated::new(b"", b"(", 10_000_000, b".");
    assert_eq!(cut(&read(&source)), Some(Why::Nesting));
}

#[test]
fn what_a_bomb_would_unfold_to_is_never_built() {
    // Each list holds the one before it twice, a thousand levels deep.
    let mut bytes = b"]\x94".to_vec();
    for level in 0..1000_u32 {
        let get = [&b"j"[..], &level.to_le_bytes()].concat();
        bytes.extend([&b"]\x94("[..], &get, &get, b"e0"].concat());
    }
    bytes.extend(b".");
    let trace = trace(&bytes);
    assert_eq!(trace.streams.len(), 1);
    assert_eq!(trace.streams[0].fault, None);
}

#[test]
fn false_lengths_cost_nothing() {
    for (start, why) in [
        (&b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"[..], Why::Truncated),
        (b"\x96\xff\xff\xff\xff\xff\xff\xff\xff", Why::Truncated),
        (b"\x8d\0\0\0\0\0\0\0\x80", Why::Truncated),
        (b"B\xff\xff\xff\xff", Why::Truncated),
        (b"X\xff\xff\xff\xff", Why::Truncated),
        (b"\x8b\xff\xff\xff\x7f", Why::Truncated),
    ] {
        let source = Repeated::new(start, b"x", 100_000, b".");
        let trace = read(&source);
        assert_eq!(cut(&trace), Some(why), "{start:?}");
        assert!(source.read.get() < 700_000, "{start:?}: {}", source.read.get());
    }
}

#[test]
fn long_operands_are_passed_over() {
    let open = [&b"\x80\x04\x8e"[..], &(900_u64 << 20).to_le_bytes()].concat();
    let source = Repeated::new(&open, b"x", 900 << 20, b"\x85.");
    let trace = read(&source);
    assert!(trace.is_plain_data());
    assert!(source.read.get() < 100_000, "{}", source.read.get());
    let only = trace.heap.tuple(trace.streams[0].root).map(|items| items[0]);
    let node = only.and_then(|item| trace.heap.node(item));
    assert_eq!(node, Some(&Node::Bytes { at: 11, len: 900 << 20 }));
}

#[test]
fn huge_memo_indices_take_no_memory() {
    for index in [1_u32 << 25, 1 << 31, u32::MAX] {
        let put = [&b"cA\nB\nr"[..], &index.to_le_bytes()].concat();
        let get = [&b"0j"[..], &index.to_le_bytes(), b"."].concat();
        let trace = trace(&[put, get].concat());
        assert_eq!(trace.streams[0].root, Item::Global(0));
        assert_eq!(odd(&trace), [Anomaly::HugeMemoIndex]);
    }
    assert_eq!(odd(&trace(b"Np18446744073709551615\n.")), []);
    assert!(trace(b"Np-1\n.").streams[0].fault.is_some());
}

#[test]
fn many_different_names_end_in_an_overflow_and_not_in_memory() {
    let mut bytes = Vec::new();
    for number in 0..70_000 {
        bytes.extend(format!("cm{number}\nx\n0").into_bytes());
    }
    bytes.extend(b"N.");
    let trace = trace(&bytes);
    assert!(trace.overflow && !trace.is_complete());
    assert!(trace.imports.len() <= 1 << 16);
}

#[test]
fn many_broken_streams_end_soon() {
    let source = Repeated::new(b"", b"\x80\x02N?", 2_000_000, b"");
    let trace = read(&source);
    assert!(trace.streams.len() < 200);
    assert!(!trace.is_complete());
    assert!(odd(&trace).contains(&Anomaly::BytesAfter));
}

#[test]
fn the_budget_ends_a_flood() {
    let source = Repeated::new(b"cA\nB\n", b"N0", 1 << 40, b".");
    let mut budget = Budget::new(1 << 40, 0, 1_000_000, 0);
    let trace = pickle::trace(&source, 0..source.len(), Limits::default(), &mut budget);
    assert_eq!(cut(&trace), Some(Why::Budget));
    assert_eq!(paths(&trace), ["A.B"]);
    let mut budget = Budget::new(100_000, 0, u64::MAX, 0);
    let trace = pickle::trace(&source, 0..source.len(), Limits::default(), &mut budget);
    assert_eq!(cut(&trace), Some(Why::Budget));
}

#[test]
fn a_pickle_cut_anywhere_keeps_what_came_before() {
    let mut golden = include_str!("../golden/pickle.jsonl").lines().filter(|line| line.len() > 300);
    for _ in 0..12 {
        let line: serde_json::Value = serde_json::from_str(golden.next().unwrap()).unwrap();
        let bytes = unhex(line["hex"].as_str().unwrap());
        let whole = trace(&bytes);
        for end in 0..bytes.len() {
            let part = trace(&bytes[..end]);
            assert!(!part.is_complete(), "{line} at {end}");
            let before = |import: &&pickle::Import| import.offset + 64 < end as u64;
            for import in whole.imports.iter().filter(before) {
                let found = part.imports.iter().any(|ours| ours.name == import.name);
                assert!(found, "{line} at {end}: {}", import.path());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_end_and_are_read_the_same_again(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let first = trace(&bytes);
        prop_assert_eq!(format!("{first:?}"), format!("{:?}", trace(&bytes)));
        for stream in &first.streams {
            prop_assert!(stream.range.end <= bytes.len() as u64);
        }
    }

    #[test]
    fn any_soup_of_opcodes_ends(
        picks in proptest::collection::vec(0_usize..68, 1..200),
        fill in any::<u8>(),
    ) {
        let codes: Vec<u8> = (0..=255).filter(|c| pickle::opcode_name(*c).is_some()).collect();
        let mut bytes = Vec::new();
        for pick in picks {
            bytes.push(codes[pick]);
            bytes.extend([fill, b'\n']);
        }
        let found = trace(&bytes);
        prop_assert!(found.streams.iter().all(|s| s.range.start <= s.range.end));
    }

    #[test]
    fn whole_numbers_come_back(number in any::<i64>()) {
        let line = format!("I{number}\n.");
        let root = trace(line.as_bytes()).streams[0].root;
        prop_assert_eq!(root, Item::Int(number));
        let bytes = [&b"\x8a\x08"[..], &number.to_le_bytes(), b"."].concat();
        prop_assert_eq!(trace(&bytes).streams[0].root, Item::Int(number));
    }
}
