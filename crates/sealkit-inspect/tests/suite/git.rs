//! Repositories that git 2.39 made: loose objects, a pack with deltas, SHA-256.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::common::{look, rules};
use sealkit_inspect::git::{
    BlobHasher, GitFiles, Index, IndexEntry, ObjectHash, Repository, Stat, gitdir, status, tree,
};
use sealkit_inspect::{Class, Facts, ReadAt, Value, lfs_pointer, property};
use sealkit_report::{Budget, Known};

/// The files of one repository in memory.
#[derive(Clone, Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    fn golden(name: &str) -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/git").join(name);
        let mut files = Self::default();
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                    files.0.insert(name.replace('\\', "/"), std::fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    fn set(&mut self, path: &str, text: &str) {
        self.0.insert(path.to_owned(), text.as_bytes().to_vec());
    }

    fn facts(&self) -> Facts {
        let budget = &mut Budget::default();
        Repository::open(self, budget).unwrap().facts(budget).unwrap()
    }

    fn index(&self) -> Index {
        let budget = &mut Budget::default();
        Repository::open(self, budget).unwrap().index(budget).unwrap().unwrap()
    }
}

impl GitFiles for Files {
    fn open(&self, path: &str) -> Option<Box<dyn ReadAt + '_>> {
        Some(Box::new(self.0.get(path)?))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let start = format!("{folder}/");
        let names = self.0.keys().filter_map(|path| path.strip_prefix(&start));
        names.filter(|name| !name.contains('/')).map(str::to_owned).collect()
    }
}

fn links(facts: &Facts) -> Vec<(String, String)> {
    let all = facts.of(property::LINK);
    all.filter_map(|fact| match &fact.value {
        Value::Link(link) => Some((link.kind.clone(), link.url.clone())),
        _ => None,
    })
    .collect()
}

#[test]
fn a_small_repository_says_commit_branch_author_date_and_remotes() {
    let facts = Files::golden("loose").facts();
    assert_eq!(facts.text(property::COMMIT), Some("eb2ab56aac9727928be22d0e33a38a11bb41ab3b"));
    assert_eq!(facts.text(property::BRANCH), Some("main"));
    assert_eq!(facts.text(property::CREATED), Some("2024-03-01T08:00:00+01:00"));
    let commit = facts.of(property::COMMIT).next().unwrap();
    assert_eq!(commit.evidence.file, ".git/refs/heads/main");
    assert_eq!(commit.evidence.known, Known::Measured);
    let Value::Party(author) = &facts.of(property::PARTY).next().unwrap().value else { panic!() };
    assert_eq!(author.name, "Ann Example");
    assert_eq!(author.email.as_deref(), Some("ann@example.org"));
    assert_eq!(author.role.as_deref(), Some("git-author"));
    let vcs = |url: &str| ("vcs".to_owned(), url.to_owned());
    let expected = [vcs("https://host.example/o/r.git"), vcs("ssh://git@host.example/o/r.git")];
    assert_eq!(links(&facts), expected);
    assert!(!format!("{facts:?}").contains("SECRET"));
    assert!(!facts.incomplete);
}

#[test]
fn packed_references_and_objects_are_found() {
    let files = Files::golden("packed");
    let facts = files.facts();
    assert_eq!(facts.text(property::COMMIT), Some("17793a39cd414acfc5762ac1b806ce326afa5853"));
    assert_eq!(facts.text(property::BRANCH), Some("feature/x"));
    let commit = facts.of(property::COMMIT).next().unwrap();
    assert_eq!((&*commit.evidence.file, &*commit.evidence.place), (".git/packed-refs", "line 2"));
    assert_eq!(facts.findings, []);
}

/// Commits, the newest first, with the name of the file that each of them changed.
const HISTORY: [(&str, &str); 5] = [
    ("17793a39cd414acfc5762ac1b806ce326afa5853", "08c12d9fba374e4cdafda91526f290af18ea1bfe"),
    ("9ad5e3359f1b5da6dddf575f5f8bf3a4a99f0b75", "119f916907870e6c9e2d2b4631b7d5fb61ab0f17"),
    ("3ca86b68823b77b1aa2e9cdef3f014ec656fade7", "47231528f0eb6fa891af171dd8ac14a4bd5b71c0"),
    ("1112c47a185c615a041b88b8d838a0088d6252ac", "c684de52db74882b910a303c3efdede1cbca9efe"),
    ("81edf66ca35cd71618f00663722e7205f03f9836", "366f17ff507eeda97ee143e1ae7ef7933e52f89b"),
];

#[test]
fn objects_are_put_together_from_deltas_of_both_kinds() {
    for name in ["packed", "refdelta"] {
        let mut files = Files::golden(name);
        for (commit, blob) in HISTORY {
            files.set("HEAD", commit);
            let budget = &mut Budget::default();
            let repository = Repository::open(&files, budget).unwrap();
            let (id, commit) = repository.head(budget).unwrap().unwrap();
            let all = tree(&repository, &commit.tree, budget).unwrap().unwrap();
            assert_eq!(all.len(), 60);
            let changed = &all["d1/file-with-a-long-name-1.txt"];
            assert_eq!(changed.id.to_string(), blob, "{name} {id}");
        }
    }
}

#[test]
fn the_index_of_every_version_has_the_files_of_the_commit() {
    for (name, version, count) in [("loose", 2, 3), ("packed", 4, 60), ("sha256", 2, 1)] {
        let files = Files::golden(name);
        let index = files.index();
        assert_eq!((index.version, index.entries.len(), index.is_split), (version, count, false));
        let budget = &mut Budget::default();
        let repository = Repository::open(&files, budget).unwrap();
        let (_, commit) = repository.head(budget).unwrap().unwrap();
        let all = tree(&repository, &commit.tree, budget).unwrap().unwrap();
        assert_eq!(all.len(), count, "{name}");
        for entry in &index.entries {
            let theirs = &all[&entry.path];
            assert_eq!((theirs.mode, &theirs.id), (entry.mode, &entry.id), "{}", entry.path);
        }
    }
    let index = Files::golden("loose").index();
    let shown: Vec<_> = index.entries.iter().map(|e| (e.path.as_str(), e.mode, e.size)).collect();
    assert_eq!(
        shown,
        [("a.txt", 0o100_644, 6), ("link", 0o120_000, 5), ("sub/run.sh", 0o100_755, 10)]
    );
}

#[test]
fn sha256_repositories_and_a_detached_head() {
    let files = Files::golden("sha256");
    let facts = files.facts();
    let id = "cc32f6049c89af08da6e3145e719f408cc391fe2dcf36b878ab1279827114b01";
    assert_eq!(facts.text(property::COMMIT), Some(id));
    assert_eq!(facts.text(property::BRANCH), None);
    assert_eq!(facts.of(property::PARTY).count(), 1);
    let blob = BlobHasher::of(ObjectHash::Sha256, b"hello\n");
    assert_eq!(files.index().entries[0].id, blob);
}

/// A working copy as the index has it.
fn clean(entry: &IndexEntry) -> Stat {
    Stat {
        size: u64::from(entry.size),
        mtime: entry.mtime,
        executable: Some(entry.mode & 0o100 != 0),
    }
}

#[test]
fn changes_are_found_and_only_these() {
    let files = Files::golden("loose");
    let index = files.index();
    let budget = &mut Budget::default();
    let repository = Repository::open(&files, budget).unwrap();
    let (_, commit) = repository.head(budget).unwrap().unwrap();
    let all = tree(&repository, &commit.tree, budget).unwrap().unwrap();
    let find = |path: &str| index.entries.iter().find(|e| e.path == path).unwrap();
    let later = Some((u32::MAX, 0));

    let same = status(&index, Some(&all), later, |p| Some(clean(find(p))), |_| panic!("no need"));
    assert_eq!(same.is_dirty(), Some(false));
    assert_eq!(same.facts().of(property::DIRTY).next().unwrap().value, Value::Bool(false));

    // Touched: the content decides.
    let touch = |p: &str| Some(Stat { mtime: (1, 2), ..clean(find(p)) });
    let content = |p: &str| Some(find(p).id.clone());
    assert_eq!(status(&index, None, later, touch, content).is_dirty(), Some(false));
    let other = |_: &str| Some(BlobHasher::of(ObjectHash::Sha1, b"other"));
    let changed = status(&index, None, later, touch, other);
    assert_eq!(changed.changed, ["a.txt", "link", "sub/run.sh"]);
    let unknown = status(&index, None, later, touch, |_| None);
    assert_eq!(unknown.is_dirty(), None);
    assert!(unknown.facts().incomplete);
    assert_eq!(unknown.facts().of(property::DIRTY).count(), 0);

    // Without knowing when the index was written, or changed as late as it: the content decides.
    let seen = std::cell::Cell::new(0);
    let counted = |p: &str| {
        seen.set(seen.get() + 1);
        Some(find(p).id.clone())
    };
    let _ = status(&index, None, None, |p| Some(clean(find(p))), counted);
    assert_eq!(seen.get(), 3);

    let gone = status(&index, None, later, |p| (p != "link").then(|| clean(find(p))), |_| None);
    assert_eq!((gone.missing.as_slice(), gone.is_dirty()), (&["link".to_owned()][..], Some(true)));
    let mode = |p: &str| Some(Stat { executable: Some(false), ..clean(find(p)) });
    assert_eq!(status(&index, None, later, mode, content).changed, ["sub/run.sh"]);
    let no_mode = |p: &str| Some(Stat { executable: None, ..clean(find(p)) });
    assert_eq!(status(&index, None, later, no_mode, content).is_dirty(), Some(false));
}

#[test]
fn what_is_staged_and_what_is_in_one_alone_is_a_difference() {
    let files = Files::golden("loose");
    let mut index = files.index();
    let budget = &mut Budget::default();
    let repository = Repository::open(&files, budget).unwrap();
    let (_, commit) = repository.head(budget).unwrap().unwrap();
    let all = tree(&repository, &commit.tree, budget).unwrap().unwrap();
    index.entries[0].id = BlobHasher::of(ObjectHash::Sha1, b"staged");
    index.entries[1].path = "new".to_owned();
    let entries = index.entries.clone();
    let stat = |p: &str| entries.iter().find(|e| e.path == p).map(clean);
    let found = status(&index, Some(&all), Some((u32::MAX, 0)), stat, |_| None);
    assert_eq!(found.staged, ["a.txt", "link", "new"]);
    assert_eq!(found.is_dirty(), Some(true));
    // An unfinished merge, and files that git does not look at.
    index.entries[0].stage = 1;
    index.entries[2].skip_worktree = true;
    let found = status(&index, None, None, |_| None, |_| None);
    assert_eq!((found.changed, found.missing), (vec!["a.txt".to_owned()], vec!["new".to_owned()]));
}

#[test]
fn a_linked_working_copy_shares_what_is_common() {
    let all = Files::golden("loose");
    let mut files = Files::default();
    for (path, bytes) in all.0 {
        files.0.insert(format!("../../{path}"), bytes);
    }
    files.set("commondir", "../..\n");
    files.set("HEAD", "ref: refs/heads/main\n");
    assert_eq!(files.facts().text(property::BRANCH), Some("main"));
    assert_eq!(files.facts().of(property::PARTY).count(), 1);
    assert_eq!(gitdir("gitdir: /a/.git/worktrees/b\n"), Some("/a/.git/worktrees/b"));
    assert_eq!(gitdir("gitdir:"), None);
    assert_eq!(gitdir("else"), None);
}

#[test]
fn what_is_missing_or_odd_is_said() {
    let mut files = Files::golden("loose");
    files.0.retain(|path, _| !path.starts_with("objects/eb"));
    let facts = files.facts();
    assert!(facts.text(property::COMMIT).is_some() && facts.incomplete);
    assert_eq!(rules(&facts), ["git-commit-unread"]);

    let empty = Files::default().facts();
    assert_eq!((empty.facts.len(), empty.incomplete), (0, false));

    let mut files = Files::default();
    files.set("HEAD", "ref: refs/heads/none\n");
    assert_eq!(files.facts().text(property::BRANCH), Some("none"));
    assert_eq!(files.facts().text(property::COMMIT), None);

    files.set("HEAD", "ref: refs/heads/.invalid\n");
    assert!(files.facts().incomplete);
    for head in ["ref: ../../etc/passwd", "ref: refs/../../x", "ref: /abs", "nonsense", "ref:"] {
        files.set("HEAD", head);
        assert_eq!(files.facts().text(property::COMMIT), None, "{head}");
    }
    files.set("HEAD", "ref: refs/heads/a");
    files.set("refs/heads/a", "ref: refs/heads/a");
    assert_eq!(files.facts().text(property::COMMIT), None);
}

/// No change of a byte and no cut makes a reader panic or run on.
#[test]
fn broken_repositories_break_nothing() {
    for name in ["loose", "packed", "refdelta", "sha256"] {
        let whole = Files::golden(name);
        for (path, bytes) in &whole.0 {
            let step = (bytes.len() / 150).max(1);
            for at in (0..bytes.len()).step_by(step) {
                for change in [0_u8, 1, 0x7F, 0x80, 0xFF] {
                    let mut files = whole.clone();
                    let file = files.0.get_mut(path).unwrap();
                    if change == 0 {
                        file.truncate(at);
                    } else {
                        file[at] ^= change;
                    }
                    let budget = &mut Budget::new(4 << 20, 10_000, 1_000_000, 16);
                    let Ok(repository) = Repository::open(&files, budget) else { continue };
                    let _ = repository.facts(budget);
                    let _ = repository.index(budget);
                    if let Ok(Some((_, commit))) = repository.head(budget) {
                        let _ = tree(&repository, &commit.tree, budget);
                    }
                }
            }
        }
    }
}

#[test]
fn huge_counts_end_at_the_end_of_the_index() {
    let mut bytes = b"DIRC".to_vec();
    bytes.extend(2_u32.to_be_bytes());
    bytes.extend(u32::MAX.to_be_bytes());
    bytes.extend([0; 200]);
    assert!(Index::parse(&bytes, ObjectHash::Sha1, &mut Budget::default()).is_err());
    bytes[7] = 5;
    assert!(Index::parse(&bytes, ObjectHash::Sha1, &mut Budget::default()).is_err());
}

#[test]
fn names_of_blobs_are_those_of_git() {
    let id = BlobHasher::of(ObjectHash::Sha1, b"hello\n").to_string();
    assert_eq!(id, "ce013625030ba8dba906f756967f9e9ca394464a");
    assert_eq!(
        BlobHasher::of(ObjectHash::Sha1, b"").to_string(),
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    );
}

#[test]
fn a_pointer_in_place_of_a_model_is_told() {
    let digest = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    let pointer = lfs_pointer(digest, 12345);
    for path in ["model.safetensors", "weights/x.gguf", "data.csv", "tokenizer.json"] {
        let (class, facts) = look(path, pointer.as_bytes());
        assert_eq!(class, Class::Unknown);
        assert!(rules(&facts).contains(&"lfs-pointer"), "{path}");
        assert!(facts.incomplete);
        let Value::File(file) = &facts.of(property::FILE_REFERENCE).next().unwrap().value else {
            panic!()
        };
        assert_eq!((file.path.as_str(), file.size), (path, Some(12345)));
        assert_eq!(file.digests, [format!("sha256:{digest}")]);
    }
    let broken = pointer.replace("sha256:4d", "sha256:zz");
    let (_, facts) = look("m.gguf", broken.as_bytes());
    assert_eq!(facts.of(property::FILE_REFERENCE).count(), 0);
    assert!(rules(&facts).contains(&"lfs-pointer"));
    let long = format!("{pointer}{}", " ".repeat(2000));
    assert!(!rules(&look("m.gguf", long.as_bytes()).1).contains(&"lfs-pointer"));
}
