//! Tar archives: members and samples, whoever wrote them, and archives that lie.

use std::cell::Cell;

use crate::common::{format, rules};
use crate::data::{archive, checked, golden, head, header, member, pairs, said, streamed, whole};
use proptest::prelude::*;
use sealkit_inspect::{Facts, ReadAt, ReadError, inspect, property};
use sealkit_report::{Budget, Known, Severity};

fn counts(facts: &Facts) -> Vec<(String, String)> {
    pairs(facts, property::FILES_OF_TYPE)
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn samples_of_webdataset_are_rows() {
    let facts = whole("train.tar", &golden("wds.tar"));
    assert_eq!(facts.findings, []);
    assert_eq!(facts.uint(property::MEMBERS), Some(15));
    assert_eq!(facts.uint(property::ROWS), Some(5));
    assert_eq!(facts.text(property::LAYOUT), Some("webdataset"));
    assert_eq!(facts.text(property::MODALITY), Some("image"));
    assert_eq!(counts(&facts), owned(&[("cls", "5"), ("json", "5"), ("png", "5")]));
    assert_eq!(facts.of(property::ROWS).count(), 1);
}

#[test]
fn long_names_of_every_writer_are_read() {
    for name in ["pax.tar", "gnu.tar"] {
        let facts = whole(name, &golden(name));
        assert_eq!(facts.uint(property::MEMBERS), Some(5), "{name}");
        assert_eq!(facts.uint(property::UNPACKED_SIZE), Some(9), "{name}");
        assert_eq!(counts(&facts), owned(&[("(none)", "1"), ("py", "1"), ("txt", "1")]));
        assert_eq!(facts.uint(property::ROWS), None, "{name} has no samples");
        let mut told = rules(&facts);
        // One member is a program.
        told.retain(|rule| *rule != "archive-not-indexed");
        assert_eq!(told, ["tar-link"]);
    }
}

#[test]
fn jumps_and_the_stream_say_the_same() {
    for name in ["wds.tar", "pax.tar", "gnu.tar"] {
        let bytes = golden(name);
        let jumped = head(name, &bytes);
        for size in [1, 511, 512, 513, 100_000] {
            let passed = streamed(name, &bytes, &[size]);
            let jumped = jumped.facts.iter().filter(|fact| fact.property != property::FORMAT);
            assert!(jumped.eq(passed.facts.iter()), "{name} {size}");
        }
    }
}

#[test]
fn media_alone_are_samples_and_code_is_not() {
    let images = archive(&[member("a/1.jpg", b'0', b"x"), member("a/2.JPG", b'0', b"x")]);
    let facts = head("i.tar", &images);
    assert_eq!(facts.uint(property::ROWS), Some(2));
    assert_eq!(counts(&facts), owned(&[("jpg", "2")]));
    let code = archive(&[member("a/1.py", b'0', b"x"), member("a/1.jpg", b'0', b"x")]);
    assert_eq!(head("c.tar", &code).uint(property::ROWS), None);
    let texts = archive(&[member("1.txt", b'0', b"x"), member("2.txt", b'0', b"x")]);
    assert_eq!(head("t.tar", &texts).uint(property::ROWS), None);
    // Files of one name that do not follow each other are two samples, as webdataset reads them.
    let names = ["a.png", "a.cls", "b.png", "b.cls", "c.png", "c.cls", "a.json"];
    let split: Vec<_> = names.iter().map(|name| member(name, b'0', b"x")).collect();
    assert_eq!(head("s.tar", &archive(&split)).uint(property::ROWS), Some(4));
}

#[test]
fn members_that_lead_out_are_findings() {
    for name in ["../a", "/etc/passwd", "a/../../b", "a\\..\\b"] {
        let facts = head("e.tar", &archive(&[member("fine", b'0', b""), member(name, b'0', b"x")]));
        assert_eq!(rules(&facts), ["tar-path"], "{name}");
        assert_eq!(facts.findings[0].severity, Severity::High);
        assert_eq!(facts.findings[0].evidence.place, "bytes 512-1024");
    }
    let facts = head("d.tar", &archive(&[member("tty", b'3', b""), member("l", b'2', b"")]));
    assert_eq!(rules(&facts), ["tar-device", "tar-link"]);
    assert_eq!(rules(&head("f.tar", &archive(&[member("a/..b", b'0', b"")]))), Vec::<&str>::new());
}

#[test]
fn names_from_records_are_checked_too() {
    let record = b"25 path=../../etc/passwd\n".to_vec();
    let facts = head("p.tar", &archive(&[member("x", b'x', &record), member("ok", b'0', b"")]));
    assert_eq!(rules(&facts), ["tar-path"]);
    let facts = head("p.tar", &archive(&[member("x", b'L', b"../up\0"), member("ok", b'0', b"")]));
    assert_eq!(rules(&facts), ["tar-path"]);
    // The name belongs to the member that follows, not to the long link between them.
    let between =
        [member("x", b'L', b"../up\0"), member("x", b'K', b"to\0"), member("ok", b'0', b"")];
    assert_eq!(rules(&head("p.tar", &archive(&between))), ["tar-path"]);
}

#[test]
fn broken_headers_end_the_list_and_nothing_is_counted() {
    let mut wrong_sum = member("a", b'0', b"x");
    wrong_sum[0] = b'b';
    let negative = header("a", b'0', "-0000000001\0");
    let mut huge = header("a", b'0', "");
    huge[124..136]
        .copy_from_slice(&[0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    let mut beyond = header("a", b'0', "");
    beyond[124..136].fill(0xFF);
    let long_name = header("a", b'L', "77777777777\0");
    let records = member("x", b'x', b"19 size=not-number\n");
    let cases = [wrong_sum, negative, checked(huge), checked(beyond), long_name, records];
    for (at, case) in cases.into_iter().enumerate() {
        let bytes = archive(&[member("first", b'0', b"x"), case]);
        for facts in [head("b.tar", &bytes), streamed("b.tar", &bytes, &[100])] {
            assert!(facts.incomplete, "case {at}");
            assert_eq!(facts.uint(property::MEMBERS), None, "case {at}");
            let told = said(&facts, property::NOT_MEASURED, "members");
            assert_eq!(told, "not every header was looked at", "case {at}");
        }
    }
}

#[test]
fn truncated_at_every_byte_the_archive_is_never_complete() {
    let bytes = golden("wds.tar");
    let end = bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count();
    for cut in (513..end).step_by(37) {
        let facts = head("t.tar", &bytes[..cut]);
        let between = facts.uint(property::MEMBERS).is_some_and(|count| count < 15);
        assert!(facts.incomplete && facts.uint(property::MEMBERS).is_none() || between, "{cut}");
    }
}

/// An archive of 2^62 bytes: every second block is the same header.
struct Endless {
    block: Vec<u8>,
    read: Cell<u64>,
}

impl ReadAt for Endless {
    fn len(&self) -> u64 {
        1 << 62
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.read.set(self.read.get() + buf.len() as u64);
        for (at, byte) in (offset..).zip(buf) {
            *byte = if at / 512 % 2 == 0 { self.block[(at % 512) as usize] } else { 1 };
        }
        Ok(())
    }
}

#[test]
fn an_endless_archive_ends_at_the_limit() {
    let block = header("a.png", b'0', "00000000001\0");
    let file = Endless { block, read: Cell::new(0) };
    let (_, facts) = inspect("a.tar", &file, &mut Budget::default());
    assert_eq!(facts.uint(property::MEMBERS), None);
    assert_eq!(said(&facts, property::NOT_MEASURED, "rows"), "not every header was looked at");
    // Members are looked into as far as the budget goes, and the rest is said to be unknown.
    assert!(file.read.get() < 136 << 20, "{}", file.read.get());
    assert!(facts.incomplete);
    // A small budget ends it sooner; what was found is kept.
    let (_, facts) = inspect("a.tar", &file, &mut Budget::new(1 << 20, 50, 1000, 16));
    assert!(facts.incomplete);
    assert_eq!(facts.text(property::LAYOUT), Some("webdataset"));
}

#[test]
fn old_archives_without_magic_are_known_by_their_checksum() {
    let mut block = header("a.txt", b'0', "00000000001\0");
    block[257..265].fill(0);
    let bytes = archive(&[checked(block), vec![b'x'; 512]]);
    assert_eq!(format("old.tar", &bytes), "tar");
    assert_eq!(format("old", &bytes), "-");
    assert_eq!(head("old.tar", &bytes).uint(property::MEMBERS), Some(1));
}

#[test]
fn endings_that_are_none_are_counted_together() {
    let mut members: Vec<_> =
        (0..250).map(|at| member(&format!("a.type{at}"), b'0', b"")).collect();
    members.push(member(&format!("a.{}", "long".repeat(20)), b'0', b""));
    let facts = head("t.tar", &archive(&members));
    let told = counts(&facts);
    assert_eq!(told.len(), 201);
    assert_eq!(said(&facts, property::FILES_OF_TYPE, "(other)"), "51");
}

#[test]
fn numbers_of_members_are_measured_and_their_meaning_inferred() {
    let facts = head("train.tar", &golden("wds.tar"));
    let known = |property: &str| facts.of(property).next().unwrap().evidence.known;
    assert_eq!(known(property::MEMBERS), Known::Measured);
    assert_eq!(known(property::LAYOUT), Known::Inferred);
}

proptest! {
    /// What is written is counted, however it is cut.
    #[test]
    fn members_are_counted(
        sizes in proptest::collection::vec(0_usize..1500, 0..20),
        piece in 1_usize..2000,
    ) {
        let members: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(at, size)| member(&format!("{at}.bin"), b'0', &vec![7; *size]))
            .collect();
        let mut bytes = vec![member("dir/", b'5', b"")];
        bytes.extend(members);
        let facts = streamed("a.tar", &archive(&bytes), &[piece]);
        prop_assert_eq!(facts.uint(property::MEMBERS), Some(sizes.len() as u64 + 1));
        prop_assert_eq!(facts.uint(property::UNPACKED_SIZE), Some(sizes.iter().sum::<usize>() as u64));
    }

    /// No bytes break the walk, and both ways of reading come to the same end.
    #[test]
    fn changed_archives_are_read_alike(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        piece in 1_usize..700,
    ) {
        let mut bytes = golden("pax.tar");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        prop_assume!(format("a.tar", &bytes) == "tar");
        // What lies inside of the members is another question, which only one of the two asks.
        let found = crate::common::found("a.tar", &bytes).inspector.unwrap();
        let jumped = found.inspect(&bytes, "a.tar", &mut Budget::default()).unwrap();
        let passed = streamed("a.tar", &bytes, &[piece]);
        prop_assert_eq!(jumped.incomplete, passed.incomplete);
        prop_assert_eq!(&jumped.findings, &passed.findings);
    }
}
