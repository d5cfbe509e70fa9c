//! References in tables (reftable): which commit and branch a repository stands on.

use std::collections::BTreeMap;

use sealkit_inspect::git::{GitFiles, Repository};
use sealkit_inspect::{Facts, ReadAt, property};
use sealkit_report::Budget;

const A: [u8; 20] = [0xA1; 20];
const B: [u8; 20] = [0xB2; 20];
/// A table that dulwich 1.2 wrote, changes 12 and 13: `refs/heads/main` is `A`.
const WRITTEN: &[u8] = b"REFT\x01\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x0d\
    r\x00\x00G\x00yrefs/heads/main\x00\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\xa1\
    \xa1\xa1\xa1\x00\x00\x1c\x00\x01REFT\x01\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x00\
    \x00\x00\x00\x0d\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf3\x37\xd1\x02";

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
    /// A repository with these tables, the oldest first, whose changes are counted on.
    fn new(tables: &[&[u8]]) -> Self {
        let counted: Vec<Vec<u8>> =
            (1..).zip(tables).map(|(at, table)| changes(table, 10 * at, 10 * at + 3)).collect();
        Self::raw(&counted.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// The same, as they are.
    fn raw(tables: &[&[u8]]) -> Self {
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
    footed(bytes, [0; 5])
}

/// The table with the footer that it needs: places of index, objects and their index, log and its index.
fn footed(mut bytes: Vec<u8>, places: [u64; 5]) -> Vec<u8> {
    let len = if bytes[4] == 2 { 28 } else { 24 };
    let mut footer = bytes[..len].to_vec();
    footer.extend(places.map(u64::to_be_bytes).concat());
    footer.extend(crc32(&footer).to_be_bytes());
    bytes.extend(footer);
    bytes
}

/// The table of the first version with other numbers of its changes.
fn changes(table: &[u8], first: u64, last: u64) -> Vec<u8> {
    let mut bytes = table.to_vec();
    let footer = bytes.len() - 68;
    for at in [8, footer + 8] {
        bytes[at..at + 16].copy_from_slice(&[first, last].map(u64::to_be_bytes).concat());
    }
    let sum = crc32(&bytes[footer..footer + 64]);
    bytes[footer + 64..].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ (0xEDB8_8320 * (sum & 1)))
    })
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
fn tables_that_dulwich_wrote_are_read() {
    let mut files = Files::raw(&[
        include_bytes!("../golden/git/reftable/a.ref"),
        include_bytes!("../golden/git/reftable/b.ref"),
    ]);
    let facts = files.facts().unwrap();
    assert_eq!(facts.text(property::COMMIT), Some("17793a39cd414acfc5762ac1b806ce326afa5853"));
    assert_eq!(facts.text(property::BRANCH), Some("main"));
    files.0.insert("reftable/tables.list".into(), b"1.ref\n0.ref\n".to_vec());
    assert!(files.facts().is_err(), "the newer one before the older one");
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
}

/// Two blocks: one of another reference, and one of that which is asked for.
fn good() -> Vec<u8> {
    let first = records(&[("refs/heads/aside", Is::Id(B))]);
    table(256, &[first, records(&[("refs/heads/main", Is::Id(A))])])
}

#[test]
fn a_newest_table_that_is_cut_or_damaged_never_leaves_the_older_one_to_be_believed() {
    let old = table(256, &[records(&[("refs/heads/main", Is::Id(B))])]);
    let newest = changes(&good(), 30, 33);
    let (head, old) = (changes(&head(), 10, 13), changes(&old, 20, 23));
    let with = |newest: &[u8]| Files::raw(&[&head, &old, newest]);
    assert_eq!(with(&newest).commit(), Some(hex(A)));
    for end in 0..newest.len() {
        let why = with(&newest[..end]).facts().unwrap_err();
        assert!(end < 24 || why.contains("cut"), "{end}: {why}");
    }
    for at in 0..newest.len() {
        for byte in [0, 0x7F, 0xFF, newest[at] ^ 1] {
            let mut changed = newest.clone();
            changed[at] = byte;
            let commit =
                with(&changed).facts().map(|facts| facts.text(property::COMMIT).map(str::to_owned));
            // What a block says has no checksum, so that one name may become another; nothing else lets it fall back.
            if (30..46).contains(&at) || (262..277).contains(&at) {
                continue;
            }
            assert_ne!(commit, Ok(Some(hex(B))), "byte {at} is {byte}");
        }
    }
    // Bytes behind the table.
    assert!(with(&[newest.as_slice(), b"\0"].concat()).facts().is_err());
}

#[test]
fn tables_stand_in_the_order_of_their_changes() {
    let main = |first, last| changes(&good(), first, last);
    let head = changes(&head(), 1, 5);
    for (first, last, fits) in
        [(6, 6, true), (9, 12, true), (5, 9, false), (0, 0, false), (7, 6, false)]
    {
        let found = Files::raw(&[&head, &main(first, last)]).facts();
        assert_eq!(found.is_ok(), fits, "{first} to {last}: {found:?}");
    }
    let why = Files::raw(&[&main(6, 6), &head]).facts().unwrap_err();
    assert!(why.contains("order"), "{why}");
}

#[test]
fn blocks_do_not_overlap_and_names_rise() {
    let two = records(&[("refs/heads/main", Is::Id(A)), ("refs/heads/side", Is::Id(B))]);
    // Blocks that state a size which the first of them does not keep.
    let mut over = table(0, &[two.clone(), records(&[("refs/heads/z", Is::Id(B))])]);
    over.truncate(over.len() - 68);
    over.splice(5..8, [0, 0, 64]);
    let next = 24 + 4 + two.len() + 5;
    over.insert(next, 0);
    assert!(Files::new(&[&head(), &footed(over, [0; 5])]).facts().is_err());
    let back = records(&[("refs/heads/side", Is::Id(B)), ("refs/heads/main", Is::Id(A))]);
    assert!(Files::new(&[&head(), &table(0, &[back])]).facts().is_err());
    let twice = records(&[("refs/heads/main", Is::Id(B)), ("refs/heads/main", Is::Id(A))]);
    assert!(Files::new(&[&head(), &table(0, &[twice])]).facts().is_err());
    let [first, second] =
        ["refs/heads/main", "refs/heads/b"].map(|name| records(&[(name, Is::Id(A))]));
    assert!(Files::new(&[&head(), &table(0, &[first, second])]).facts().is_err());
}

#[test]
fn blocks_of_other_kinds_begin_where_the_footer_says() {
    let body = |kind: u8| {
        let mut bytes = table(0, &[records(&[("refs/heads/main", Is::Id(A))])]);
        bytes.truncate(bytes.len() - 68);
        let at = bytes.len() as u64;
        bytes.extend([kind, 0, 0, 9, 1, 2, 3, 4, 5]);
        (bytes, at)
    };
    for (kind, place) in [(b'i', 0), (b'o', 1), (b'g', 3)] {
        let (bytes, at) = body(kind);
        let at = if kind == b'o' { at << 5 | 2 } else { at };
        for (value, fits) in [(at, true), (0, false), (at - 32, false)] {
            let mut places = [0; 5];
            places[place] = value;
            let files = Files::new(&[&head(), &footed(bytes.clone(), places)]);
            let is_read =
                files.facts().is_ok_and(|facts| facts.text(property::COMMIT) == Some(&hex(A)));
            assert_eq!(is_read, fits, "{} at {value}", char::from(kind));
        }
    }
}

#[test]
fn a_table_of_another_hash_is_none_of_the_repository() {
    let id = "c3".repeat(32);
    let mut block = varint(0);
    block.extend(varint("refs/heads/main".len() << 3 | 1));
    block.extend(b"refs/heads/main\0");
    block.extend([0xC3; 32]);
    let named = |name: &[u8; 4]| {
        let mut bytes = b"REFT\x02\0\0\0".to_vec();
        bytes.extend([20_u64, 20].map(u64::to_be_bytes).concat());
        bytes.extend(name);
        bytes.extend([b'r', 0, 0, (28 + 4 + block.len() + 5) as u8]);
        bytes.extend(&block);
        bytes.extend([0, 0, 32, 0, 1]);
        footed(bytes, [0; 5])
    };
    let head = {
        let mut bytes = b"REFT\x02\0\0\0".to_vec();
        bytes.extend([1_u64, 1].map(u64::to_be_bytes).concat());
        bytes.extend(b"s256");
        let records = records(&[("HEAD", Is::To("refs/heads/main"))]);
        bytes.extend([b'r', 0, 0, (28 + 4 + records.len() + 5) as u8]);
        bytes.extend(records);
        bytes.extend([0, 0, 32, 0, 1]);
        footed(bytes, [0; 5])
    };
    let with = |tables: &[&[u8]]| {
        let mut files = Files::raw(tables);
        files.0.insert("config".into(), b"[extensions]\n objectFormat = sha256\n".to_vec());
        files.facts().map(|facts| facts.text(property::COMMIT).map(str::to_owned))
    };
    assert_eq!(with(&[&head, &named(b"s256")]), Ok(Some(id)));
    for table in [named(b"sha1"), named(b"none"), changes(&good(), 20, 20)] {
        assert!(with(&[&head, &table]).is_err());
    }
}
