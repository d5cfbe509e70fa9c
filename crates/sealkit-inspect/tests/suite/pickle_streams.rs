//! Several pickles in one file, and what stands around them.

use crate::pickle_common::{odd, paths, text, trace, traced};
use sealkit_inspect::pickle::{Anomaly, Item, Limits, looks_like_pickle};

const ONE: &[u8] = b"\x80\x02cA\nB\n.";
const TWO: &[u8] = b"\x80\x04K\x02.";

#[test]
fn every_stream_is_read() {
    let old = b"(lp0\nI1\na.";
    let all = [ONE, TWO, old, ONE].concat();
    let found = trace(&all);
    assert_eq!(found.streams.len(), 4);
    assert!(found.is_complete());
    assert_eq!(odd(&found), []);
    assert_eq!(found.streams[1].root, Item::Int(2));
    assert_eq!(found.streams[2].range, 13..23);
    assert_eq!(found.imports[0].count, 2);
    let found = traced(&all, Limits::streams(2));
    assert_eq!((found.streams.len(), found.rest), (2, 18));
}

#[test]
fn junk_is_passed_over_and_named() {
    let junk = b"\0\0\0 junk \xff\xff";
    let before = [junk, ONE].concat();
    assert_eq!(odd(&trace(&before)), [Anomaly::JunkBefore]);
    assert_eq!(paths(&trace(&before)), ["A.B"]);
    let between = [TWO, junk, ONE].concat();
    assert_eq!(odd(&trace(&between)), [Anomaly::JunkBetween]);
    assert_eq!(paths(&trace(&between)), ["A.B"]);
    let after = [ONE, junk].concat();
    let found = trace(&after);
    assert_eq!(odd(&found), [Anomaly::BytesAfter]);
    assert_eq!(found.rest, junk.len() as u64);
    assert_eq!(odd(&trace(&[ONE, &[0; 5000], TWO].concat())), [Anomaly::JunkBetween]);
}

#[test]
fn a_broken_stream_does_not_hide_the_next() {
    for broken in [&b"\x80\x02?"[..], b"\x80\x02]h\x07?", b"\x80\x04X\xff\xff\xff\0abc"] {
        let found = trace(&[broken, ONE].concat());
        assert!(paths(&found).contains(&"A.B".to_owned()), "{broken:?}");
        assert!(!found.is_complete());
    }
    // A false length swallows what follows: it is searched for from where Python would stop.
    let swallows = [b"\x80\x02h\x05B\x05\0\0\0"[..].to_vec(), ONE.to_vec(), vec![b'?']].concat();
    assert_eq!(paths(&trace(&swallows)), ["A.B"]);
}

#[test]
fn a_stream_may_start_behind_the_frame_of_the_last() {
    let first = b"\x80\x04\x95\x06\0\0\0\0\0\0\0N.\xff\xff\xff\xff";
    let old = [&b"c"[..], b"A\nB\n)R."].concat();
    let found = trace(&[&first[..], &old].concat());
    assert_eq!(paths(&found), ["A.B"]);
    assert_eq!(odd(&found), [Anomaly::FrameNotUsed]);
}

#[test]
fn search_reaches_no_further_than_it_may() {
    let far = [TWO, &[0; 4000], ONE].concat();
    let limits = Limits { search: 100, ..Limits::default() };
    let found = traced(&far, limits);
    assert_eq!(found.streams.len(), 1);
    assert_eq!(odd(&found), [Anomaly::BytesAfter]);
    assert_eq!(found.rest, 4000 + ONE.len() as u64);
}

#[test]
fn pickles_are_told_from_text_and_other_bytes() {
    let is: &[&[u8]] = &[
        ONE,
        TWO,
        b"(lp0\nI1\na.",
        b"(dp0\nS'a'\np1\nI1\ns.",
        b"cposix\nsystem\n(S'id'\ntR.",
        b"]q\x00(K\x01K\x02e.",
    ];
    for bytes in is {
        assert!(looks_like_pickle(bytes, true), "{bytes:?}");
    }
    let is_not: &[&[u8]] = &[
        b"",
        b".",
        b"N.",
        b"I am a text.\n",
        b".class { color: red }",
        b"cat\ndog\nelephant\n",
        b"{{ messages }}",
        b"Q: what?\nA: that.\n",
        b"(((.",
        b"import os\n",
        b"version https://git-lfs.github.com/spec/v1\n",
        b"\x80",
        b"\x80\x09N.",
        b"\x80\x02\x80",
        b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n",
        b"GGUF\x03\0\0\0",
        b"%PDF-1.7",
    ];
    for bytes in is_not {
        assert!(!looks_like_pickle(bytes, true), "{bytes:?}");
    }
}

#[test]
fn the_start_of_a_long_pickle_is_enough() {
    let mut bytes = b"(".to_vec();
    for _ in 0..200 {
        bytes.extend(b"cnumpy\ndtype\n(S'f8'\ntR");
    }
    assert!(looks_like_pickle(&bytes, false));
    assert!(!looks_like_pickle(&bytes, true));
    let names = [text("a"), b"\x940".to_vec()].concat().repeat(50);
    assert!(looks_like_pickle(&names, false));
    for flood in ["(", "N", "]", "}", ")", "()", "]N"] {
        assert!(!looks_like_pickle(flood.repeat(3000).as_bytes(), false), "{flood}");
    }
}

/// Rows of plain data, more than are kept as values.
fn rows(count: usize) -> Vec<u8> {
    let mut bytes = b"\x80\x04](".to_vec();
    for at in 0..count as u32 {
        bytes.extend(b"}(\x8c\x02idJ");
        bytes.extend(at.to_le_bytes());
        bytes.extend(b"\x8c\x04text\x8c\x06a word\x8c\x06tokens](\x8c\x01a\x8c\x01beu");
    }
    bytes.extend(b"e.");
    bytes
}

#[test]
fn much_plain_data_runs_nothing_and_is_read_to_its_end() {
    let facts = crate::told::facts("a.pkl", &rows(50_000));
    assert!(!facts.incomplete && facts.findings.is_empty(), "{:?}", facts.findings);
    assert!(crate::inside::says(&facts, false));
    // One name anywhere, and what is no longer kept may be of it.
    let mut named = rows(50_000);
    named.pop();
    named.extend(b"cos\nsystem\n.");
    let facts = crate::told::facts("a.pkl", &named);
    assert!(facts.incomplete && crate::inside::runs(&facts));
}

#[test]
fn a_long_table_of_texts_is_read_to_its_end() {
    let mut bytes = b"\x80\x04}(".to_vec();
    for at in 0..120_000_u32 {
        bytes.push(b'J');
        bytes.extend(at.to_le_bytes());
        bytes.extend(b"\x8c\x3c");
        bytes.extend([b'x'; 60]);
        if at % 1000 == 999 {
            bytes.extend(b"u(");
        }
    }
    bytes.extend(b"u.");
    let facts = crate::told::facts("a.pkl", &bytes);
    assert!(!facts.incomplete && facts.findings.is_empty(), "{:?}", facts.findings);
}
