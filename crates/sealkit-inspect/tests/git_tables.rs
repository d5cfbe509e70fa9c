//! References in tables (reftable): which commit and branch a repository stands on.
#![expect(clippy::unwrap_used, reason = "a test that cannot read has failed")]

use std::collections::BTreeMap;

use sealkit_inspect::git::{GitFiles, Repository};
use sealkit_inspect::{Facts, ReadAt, property};
use sealkit_report::Budget;

const A: [u8; 20] = [0xA1; 20];
const B: [u8; 20] = [0xB2; 20];
/// A table that dulwich 1.2 wrote: `refs/heads/main` is `A`. Its footer is of no use here.
const WRITTEN: &[u8] = b"REFT\x01\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x0d\
    r\x00\x00G\x00yrefs/heads/main\x00\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\
    \xa1\xa1\xa1\x00\x00\x1c\x00\x01REFT\x01\x00\x10\x00";

#[derive(Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl GitFiles for Files {
    fn open(&self, path: &str) -> Option<Box<dyn ReadAt + '_>> {
        Some(Box::new(self.0.get(path)?))
    }

    fn list(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

impl Files {
    /// A repository with these tables, the oldest first.
    fn new(tables: &[&[u8]]) -> Self {
        let mut files = Self::default();
        files.0.insert("HEAD".into(), b"ref: refs/heads/.invalid\n".to_vec());
        let names: Vec<String> = (0..tables.len()).map(|at| format!("{at}.ref")).collect();
        files.0.insert("reftable/tables.list".into(), (names.join("\n") + "\n").into_bytes());
        for (name, table) in names.iter().zip(tables) {
            files.0.insert(format!("reftable/{name}"), table.to_vec());
        }
        files
    }

    fn facts(&self) -> Result<Facts, String> {
        let budget = &mut Budget::default();
        let repository = Repository::open(self, budget).map_err(|error| error.to_string())?;
        repository.facts(budget).map_err(|error| error.to_string())
    }

    fn commit(&self) -> Option<String> {
        self.facts().unwrap().text(property::COMMIT).map(str::to_owned)
    }
}

enum Is<'a> {
    Id([u8; 20]),
    Tag([u8; 20], [u8; 20]),
    To(&'a str),
    Gone,
}

fn varint(value: usize) -> Vec<u8> {
    assert!(value < 128 + 128 * 128);
    if value < 128 {
        vec![value as u8]
    } else {
        vec![0x80 | ((value >> 7) - 1) as u8, (value & 0x7F) as u8]
    }
}

/// Records of one block, each with what its name shares with the one before.
fn records(all: &[(&str, Is<'_>)]) -> Vec<u8> {
    let (mut bytes, mut before) = (Vec::new(), "");
    for (name, is) in all {
        let shared = before.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        let kind = match is {
            Is::Gone => 0,
            Is::Id(_) => 1,
            Is::Tag(..) => 2,
            Is::To(_) => 3,
        };
        bytes.extend(varint(shared));
        bytes.extend(varint((name.len() - shared) << 3 | kind));
        bytes.extend(&name.as_bytes()[shared..]);
        bytes.extend(varint(300));
        match is {
            Is::Gone => {}
            Is::Id(id) => bytes.extend(id),
            Is::Tag(id, of) => bytes.extend(id.iter().chain(of)),
            Is::To(name) => {
                bytes.extend(varint(name.len()));
                bytes.extend(name.as_bytes());
            }
        }
        before = name;
    }
    bytes
}

/// A table of blocks of `size` bytes, or of blocks that stand close together where it is 0.
fn table(size: usize, blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"REFT\x01".to_vec();
    bytes.extend(&(size as u32).to_be_bytes()[1..]);
    bytes.resize(24, 0);
    for (at, records) in blocks.iter().enumerate() {
        let start = if at == 0 { 0 } else { bytes.len() };
        let first = if at == 0 { 24 } else { 0 };
        let len = first + 4 + records.len() + 5;
        bytes.push(b'r');
        bytes.extend(&(len as u32).to_be_bytes()[1..]);
        bytes.extend(records);
        bytes.extend([0, 0, first as u8 + 4, 0, 1]);
        if size > 0 && at + 1 < blocks.len() {
            bytes.resize(start + size, 0);
        }
    }
    bytes.extend(b"REFT and what a footer has besides");
    bytes
}

fn head() -> Vec<u8> {
    table(4096, &[records(&[("HEAD", Is::To("refs/heads/main"))])])
}

fn hex(id: [u8; 20]) -> String {
    let digits: Vec<String> = id.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

#[test]
fn the_newest_table_counts() {
    let main = |is| table(4096, &[records(&[("refs/heads/main", is)])]);
    let files = Files::new(&[&head(), &main(Is::Id(B)), WRITTEN]);
    let facts = files.facts().unwrap();
    assert_eq!(facts.text(property::COMMIT), Some(hex(A).as_str()));
    assert_eq!(facts.text(property::BRANCH), Some("main"));
    let place = |name: &str| {
        let at = &facts.of(name).next().unwrap().evidence;
        (at.file.clone(), at.place.clone())
    };
    let at = |file: &str, place: &str| (file.to_owned(), place.to_owned());
    assert_eq!(place(property::COMMIT), at(".git/reftable/2.ref", "record `refs/heads/main`"));
    assert_eq!(place(property::BRANCH), at(".git/reftable/0.ref", "record `HEAD`"));
    assert_eq!(Files::new(&[&head(), WRITTEN, &main(Is::Id(B))]).commit(), Some(hex(B)));
    // A branch that was deleted, and one that has no commit yet.
    let gone = Files::new(&[&head(), WRITTEN, &main(Is::Gone)]);
    assert_eq!(gone.commit(), None);
    let fresh = Files::new(&[&head()]).facts().unwrap();
    assert_eq!((fresh.text(property::COMMIT), fresh.text(property::BRANCH)), (None, Some("main")));
    assert!(!fresh.incomplete);
}

#[test]
fn names_share_their_beginnings_over_blocks_and_kinds() {
    let many = |from: usize| -> Vec<u8> {
        let names: Vec<String> =
            (from..from + 20).map(|at| format!("refs/heads/a-{at:04}")).collect();
        records(&names.iter().map(|name| (name.as_str(), Is::Id(B))).collect::<Vec<_>>())
    };
    let last = records(&[
        ("refs/heads/main", Is::To("refs/heads/real")),
        ("refs/heads/mainline", Is::Tag(B, B)),
        ("refs/heads/real", Is::Id(A)),
    ]);
    for size in [0, 1024] {
        let all = table(size, &[many(0), many(20), last.clone()]);
        let files = Files::new(&[&head(), &all]);
        assert_eq!(files.commit(), Some(hex(A)), "blocks of {size}");
        assert_eq!(files.facts().unwrap().text(property::BRANCH), Some("real"));
    }
}

#[test]
fn a_linked_working_copy_has_its_own_head() {
    let mut files = Files::new(&[&table(0, &[records(&[("HEAD", Is::To("refs/heads/side"))])])]);
    files.0.insert("commondir".into(), b"../..\n".to_vec());
    files.0.insert("../../reftable/tables.list".into(), b"x.ref\n".to_vec());
    let shared = records(&[("HEAD", Is::Id(B)), ("refs/heads/side", Is::Id(A))]);
    files.0.insert("../../reftable/x.ref".into(), table(0, &[shared]));
    assert_eq!(files.commit(), Some(hex(A)));
}

#[test]
fn what_cannot_be_read_is_said() {
    // Without tables the repository says so itself.
    let mut files = Files::default();
    files.0.insert("HEAD".into(), b"ref: refs/heads/.invalid\n".to_vec());
    assert!(files.facts().unwrap().incomplete);
    for list in ["../x\n", ".hidden\n", "a\\b\n", "gone.ref\n", &"0.ref\n".repeat(65)] {
        let mut files = Files::new(&[&head(), WRITTEN]);
        files.0.insert("reftable/tables.list".into(), list.as_bytes().to_vec());
        assert!(files.facts().is_err(), "{list}");
    }
    // References that go round, and every cut and change of a table.
    let round = records(&[("refs/heads/main", Is::To("refs/heads/main"))]);
    assert_eq!(Files::new(&[&head(), &table(0, &[round])]).commit(), None);
    let good =
        table(256, &[records(&[("a", Is::Id(B))]), records(&[("refs/heads/main", Is::Id(A))])]);
    for at in 0..good.len() {
        let cut = Files::new(&[&head(), &good[..at]]);
        assert_ne!(
            cut.facts().ok().and_then(|f| f.text(property::COMMIT).map(str::to_owned)),
            Some(hex(B))
        );
        for byte in [0, 0x7F, 0xFF] {
            let mut changed = good.clone();
            changed[at] = byte;
            drop(Files::new(&[&head(), &changed]).facts());
        }
    }
}
