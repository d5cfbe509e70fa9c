//! Names of kits in the store, and archives of them, at the level of the verbs.
#![allow(clippy::unwrap_used, reason = "a test that can not set its stage must fail at once")]

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use sealkit_oci::{Descriptor, Digest, Reference, Target, media_type};
use sealkit_ops::archive::{Loaded, load, save};
use sealkit_ops::list::list_local;
use sealkit_ops::network::{Client, ClientOptions};
use sealkit_ops::tags::{Move, RemoveRequest, history, remove, tag};
use sealkit_ops::transfer::ReferrerPolicy;
use sealkit_ops::{Context, Home, Kit, NoProgress, OpsError, Place};
use sealkit_report::Hint as _;
use sealkit_store::{Layout, Repository};
use sealkit_testkit::{Kit as TestKit, KitBuilder};
use tempfile::TempDir;

struct Stage {
    _root: TempDir,
    context: Context,
}

impl Stage {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let context = Context {
            home: Home::new(root.path().join("home")),
            client: Arc::new(Client::new(ClientOptions::default())),
            concurrency: 2,
            progress: Arc::new(NoProgress),
            clock: || 1_700_000_000,
            s3: None,
        };
        Self { _root: root, context }
    }

    fn store(&self) -> Layout {
        self.context.store().unwrap()
    }

    fn repository(&self, name: &str) -> Arc<dyn Repository> {
        Arc::new(self.store().repository(name))
    }

    async fn kit(&self, repository: &str, tag: &str, text: &str) -> TestKit {
        let builder = KitBuilder::new("kit").model("m.bin", text.as_bytes());
        builder.store(&*self.repository(repository), tag).await
    }

    fn digest_of(&self, reference: &str) -> Option<Digest> {
        let found = self.store().resolve(&parse(reference)).unwrap();
        found.map(|found| found.descriptor.digest)
    }

    fn remove(&self, reference: &str, force: bool) -> Result<Vec<String>, OpsError> {
        let reference = Some(parse(reference));
        let request = RemoveRequest { reference, force, ..RemoveRequest::default() };
        Ok(remove(&self.context, &request)?.into_iter().map(|removed| removed.name).collect())
    }

    fn moves(&self, reference: &str) -> Vec<Move> {
        history(&self.context, &parse(reference)).unwrap()
    }

    async fn archive(&self, reference: &str) -> Vec<u8> {
        let kit = Kit::open(&self.context, &Place::Local(parse(reference))).await.unwrap();
        let mut bytes = Vec::new();
        let label = Path::new("test.tar");
        let policy = ReferrerPolicy::Require;
        save(&self.context, &kit, Some(reference), policy, &mut bytes, label).await.unwrap();
        bytes
    }

    async fn load(&self, bytes: Vec<u8>) -> Result<Vec<Loaded>, OpsError> {
        load(&self.context, Box::new(Cursor::new(bytes)), "test.tar", None).await
    }

    fn is_empty(&self) -> bool {
        self.store().list().unwrap().is_empty()
    }
}

fn parse(text: &str) -> Reference {
    text.parse().unwrap()
}

fn attach_bytes(number: usize) -> Vec<u8> {
    format!("attached {number}").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_means_the_same_kit_with_everything_attached_to_it() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    let first = kit.attach(&*stage.repository("localhost/a"), "x/first", b"first").await;
    tag(&stage.context, &parse("a:v1"), &parse("b/c:v2")).unwrap();
    assert_eq!(stage.digest_of("b/c:v2").as_ref(), Some(kit.manifest.digest()));
    let found = stage.store().referrers("localhost/b/c", kit.manifest.digest(), None).unwrap();
    assert_eq!(found.iter().map(|d| &d.digest).collect::<Vec<_>>(), [&first.digest]);
    // Once more changes nothing, not even the history.
    let before = stage.moves("b/c:v2");
    tag(&stage.context, &parse("a:v1"), &parse("b/c:v2")).unwrap();
    assert_eq!(stage.moves("b/c:v2"), before);
    // By digest, and within one repository.
    let pinned = format!("a@{}", kit.manifest.digest());
    tag(&stage.context, &parse(&pinned), &parse("a:v3")).unwrap();
    assert_eq!(stage.digest_of("a:v3"), stage.digest_of("a:v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_can_not_be_given_are_refused_and_change_nothing() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    let digest = kit.manifest.digest();
    for (from, to, code) in [
        ("a", "b:v1", "no-target"),
        ("a:v1", "b", "no-target"),
        ("a:v2", "b:v1", "kit-not-found"),
        ("nowhere:v1", "b:v1", "kit-not-found"),
        ("r.io/a:v1", "b:v1", "kit-not-found"),
    ] {
        let error = tag(&stage.context, &parse(from), &parse(to)).unwrap_err();
        assert_eq!(error.code(), code, "{from} {to}: {error}");
    }
    let pinned = parse(&format!("b@{digest}"));
    let error = tag(&stage.context, &parse("a:v1"), &pinned).unwrap_err();
    assert_eq!(error.code(), "no-tag", "{error}");
    assert_eq!(stage.store().list().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_tells_each_move_of_a_tag_and_where_it_was() {
    let stage = Stage::new();
    let mut digests = Vec::new();
    for text in ["one", "two", "three"] {
        digests.push(stage.kit("localhost/a", "v1", text).await.manifest.digest().clone());
    }
    stage.kit("localhost/a", "other", "one").await;
    stage.remove("a:v1", false).unwrap();
    let steps: Vec<(Option<Digest>, Option<Digest>)> =
        stage.moves("a:v1").into_iter().map(|step| (step.old, step.new)).collect();
    let [one, two, three] = digests.as_slice() else { panic!() };
    let some = |digest: &Digest| Some(digest.clone());
    assert_eq!(
        steps,
        [(None, some(one)), (some(one), some(two)), (some(two), some(three)), (some(three), None)]
    );
    let all = stage.moves("a");
    assert_eq!(all.len(), 5, "all tags of the repository: {all:?}");
    assert!(all.iter().all(|step| step.reference.starts_with("a:")), "{all:?}");
    assert_eq!(stage.moves("a:never"), []);
    assert_eq!(stage.moves("unknown"), []);
    // What a tag was can be had back.
    tag(&stage.context, &parse(&format!("a@{two}")), &parse("a:v1")).unwrap();
    assert_eq!(stage.digest_of("a:v1").as_ref(), Some(two));
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_takes_what_was_named_and_no_more() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    stage.kit("localhost/a", "v2", "one").await;
    stage.kit("localhost/b", "v1", "one").await;
    assert_eq!(stage.remove("a:v1", false).unwrap(), ["a:v1"]);
    assert_eq!(stage.digest_of("a:v1"), None);
    assert!(stage.digest_of("a:v2").is_some() && stage.digest_of("b:v1").is_some());
    // The last name takes the kit with it; the other repository keeps it.
    stage.remove("a:v2", false).unwrap();
    assert_eq!(stage.digest_of(&format!("a@{}", kit.manifest.digest())), None);
    assert_eq!(stage.digest_of("b:v1").as_ref(), Some(kit.manifest.digest()));
    assert_eq!(stage.remove("a:v2", false).unwrap_err().code(), "kit-not-found");
    assert_eq!(stage.remove("a", false).unwrap_err().code(), "no-target");
    assert!(stage.store().fsck(true).unwrap().problems.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_tags_of_one_repository_are_removed_at_once() {
    let stage = Stage::new();
    for (tag, text) in [("v1", "one"), ("v2", "two"), ("v3", "three")] {
        stage.kit("localhost/a", tag, text).await;
    }
    assert_eq!(stage.remove("a:v1,v3", false).unwrap(), ["a:v1", "a:v3"]);
    assert!(stage.digest_of("a:v2").is_some());
    let error = stage.remove("a:v2,v9", false).unwrap_err();
    assert_eq!(error.code(), "kit-not-found", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_does_nothing() {
    let stage = Stage::new();
    stage.kit("localhost/a", "v1", "one").await;
    for request in [
        RemoveRequest { reference: Some(parse("a:v1")), dry_run: true, ..RemoveRequest::default() },
        RemoveRequest { all: true, force: true, dry_run: true, ..RemoveRequest::default() },
    ] {
        assert_eq!(remove(&stage.context, &request).unwrap().len(), 1);
        assert!(stage.digest_of("a:v1").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_force_all_means_what_has_no_name() {
    let stage = Stage::new();
    stage.kit("localhost/a", "v1", "old").await;
    let kit = stage.kit("localhost/a", "v1", "new").await;
    kit.attach(&*stage.repository("localhost/a"), "x/y", b"attached").await;
    let all = RemoveRequest { all: true, ..RemoveRequest::default() };
    assert_eq!(remove(&stage.context, &all).unwrap().len(), 1, "the one that lost its name");
    assert_eq!(stage.digest_of("a:v1").as_ref(), Some(kit.manifest.digest()));
    let found = stage.store().referrers("localhost/a", kit.manifest.digest(), None).unwrap();
    assert_eq!(found.len(), 1, "what is attached is no kit");
    assert_eq!(remove(&stage.context, &all).unwrap(), []);
    let force = RemoveRequest { force: true, ..all };
    assert_eq!(remove(&stage.context, &force).unwrap().len(), 1);
    assert!(list_local(&stage.context, &[]).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_kit_is_still_listed_and_can_be_removed() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    stage.kit("localhost/b", "v1", "two").await;
    for digest in [kit.manifest.digest(), &kit.manifest.value().config.digest] {
        let path = stage.store().blob_path(digest);
        let good = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, &good[..good.len() - 1]).unwrap();
        let listed = list_local(&stage.context, &[]).await.unwrap();
        assert_eq!(listed.len(), 2, "{listed:?}");
        let filtered = list_local(&stage.context, &["model".to_owned()]).await.unwrap();
        assert_eq!(filtered.len(), 1, "what it holds can not be told: {filtered:?}");
        fs::remove_file(&path).unwrap();
        fs::write(&path, good).unwrap();
    }
    fs::remove_file(stage.store().blob_path(kit.manifest.digest())).unwrap();
    stage.remove("a:v1", false).unwrap();
    assert_eq!(list_local(&stage.context, &[]).await.unwrap().len(), 1);
}

/// A store with a kit and two things attached to it, one of them to the other.
async fn attached() -> (Stage, TestKit) {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    let repository = stage.repository("localhost/a");
    kit.attach(&*repository, "x/first", &attach_bytes(1)).await;
    kit.store_table(&*repository).await;
    (stage, kit)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_kit_loads_to_the_same_kit_and_saves_to_the_same_bytes() {
    let (stage, kit) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let other = Stage::new();
    let loaded = other.load(bytes.clone()).await.unwrap();
    let [only] = loaded.as_slice() else { panic!("{loaded:?}") };
    assert_eq!((&only.digest, only.attached), (kit.manifest.digest(), 2));
    assert_eq!(only.warnings, Vec::<String>::new());
    assert_eq!(other.archive("a:v1").await, bytes);
    assert!(other.store().fsck(true).unwrap().problems.is_empty());
    // Loading what is there already changes nothing.
    let again = other.load(bytes.clone()).await.unwrap();
    assert_eq!(again, loaded);
    assert_eq!(other.moves("a:v1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_an_archive_moves_keeps_where_it_was() {
    let (stage, kit) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let other = Stage::new();
    let old = other.kit("localhost/a", "v1", "mine").await;
    other.load(bytes).await.unwrap();
    assert_eq!(other.digest_of("a:v1").as_ref(), Some(kit.manifest.digest()));
    let last = other.moves("a:v1").pop().unwrap();
    assert_eq!(last.old.as_ref(), Some(old.manifest.digest()));
    assert!(other.digest_of(&format!("a@{}", old.manifest.digest())).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_ends_anywhere_early_names_nothing() {
    let (stage, _) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let other = Stage::new();
    // The end is two empty blocks; all that is before counts.
    for length in (0..bytes.len() - 1024).step_by(700) {
        let result = other.load(bytes[..length].to_vec()).await;
        assert!(result.is_err(), "{length} of {}", bytes.len());
        assert!(other.is_empty(), "{length}");
    }
    assert!(other.store().fsck(true).unwrap().problems.is_empty());
    other.load(bytes).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_anywhere_is_refused_or_meaningless() {
    const STEP: usize = 83;
    let (stage, kit) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let (mut meaningless, mut other) = (0, Stage::new());
    for at in (0..bytes.len()).step_by(STEP) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        match other.load(changed).await {
            Err(_) => assert!(other.is_empty(), "{at}"),
            Ok(loaded) => {
                // The name, or padding: never what is in the kit.
                meaningless += 1;
                let [only] = loaded.as_slice() else { panic!("{at}: {loaded:?}") };
                assert_eq!(only.digest, *kit.manifest.digest(), "{at}");
                assert!(other.store().fsck(true).unwrap().problems.is_empty(), "{at}");
                other = Stage::new();
            }
        }
    }
    let tried = bytes.len().div_ceil(STEP);
    assert!(meaningless < tried * 9 / 10, "{meaningless} of {tried} were taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_loaded_is_taken_from_the_archive_and_not_from_the_store() {
    let (stage, kit) = attached().await;
    let bytes = stage.archive("a:v1").await;
    let other = Stage::new();
    // The other store has a blob of that name with other bytes.
    let layer = kit.manifest.value().layers()[0].clone();
    other.store();
    let path = other.store().blob_path(&layer.digest);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"planted").unwrap();
    other.load(bytes).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), kit.layers[0]);
    assert!(other.store().fsck(true).unwrap().problems.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_archive_of_two_kits_gives_both_and_takes_no_new_name() {
    let stage = Stage::new();
    let a = stage.kit("localhost/a", "v1", "one").await;
    let b = stage.kit("localhost/b", "v1", "two").await;
    let whole = merged(&stage.archive("a:v1").await, &stage.archive("b:v1").await);
    let other = Stage::new();
    let name = parse("c:v1");
    let input = Box::new(Cursor::new(whole.clone()));
    let error = load(&other.context, input, "test.tar", Some(&name)).await.unwrap_err();
    assert!(error.to_string().contains("test.tar"), "{error}");
    assert!(other.is_empty());
    let loaded = other.load(whole).await.unwrap();
    assert_eq!(loaded.len(), 2);
    assert_eq!(other.digest_of("a:v1").as_ref(), Some(a.manifest.digest()));
    assert_eq!(other.digest_of("b:v1").as_ref(), Some(b.manifest.digest()));
}

/// Two archives in one: the entries of both, under one index.
fn merged(a: &[u8], b: &[u8]) -> Vec<u8> {
    use sealkit_pack::tar::{Streamed, TarKind, TarReader};
    use sealkit_report::Budget;
    use sealkit_testkit::TarBuilder;
    use std::io::Read as _;
    let mut files = std::collections::BTreeMap::new();
    let mut manifests: Vec<serde_json::Value> = Vec::new();
    for bytes in [a, b] {
        let budget = Budget::new(1 << 20, 1000, 0, 0);
        let mut tar = TarReader::new(Streamed::new(bytes), budget);
        while let Some(entry) = tar.next_entry().unwrap() {
            if entry.kind != TarKind::File {
                continue;
            }
            let mut content = Vec::new();
            tar.read_to_end(&mut content).unwrap();
            if entry.path == "index.json" {
                let index: serde_json::Value = serde_json::from_slice(&content).unwrap();
                manifests.extend(index["manifests"].as_array().unwrap().clone());
            }
            files.insert(entry.path, content);
        }
    }
    let index = serde_json::json!({ "schemaVersion": 2, "manifests": manifests });
    files.insert("index.json".to_owned(), index.to_string().into_bytes());
    let tar = files.iter().fold(TarBuilder::new(), |tar, (path, bytes)| tar.file(path, bytes));
    tar.finish()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_whose_attachment_is_damaged_is_not_saved_in_part() {
    let (stage, kit) = attached().await;
    let digest = Digest::of(&attach_bytes(1));
    let path = stage.store().blob_path(&digest);
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"attached X").unwrap();
    let place = Place::Local(parse("a:v1"));
    let opened = Kit::open(&stage.context, &place).await.unwrap();
    let mut out = Vec::new();
    let label = Path::new("x.tar");
    let policy = ReferrerPolicy::Require;
    let result = save(&stage.context, &opened, Some("a:v1"), policy, &mut out, label).await;
    assert!(result.is_err());
    // Alone it can be saved.
    let mut out = Vec::new();
    let policy = ReferrerPolicy::Leave;
    save(&stage.context, &opened, Some("a:v1"), policy, &mut out, label).await.unwrap();
    let other = Stage::new();
    let loaded = other.load(out).await.unwrap();
    assert_eq!((&loaded[0].digest, loaded[0].attached), (kit.manifest.digest(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_names_other_types_is_no_kit() {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    let repository = stage.repository("localhost/a");
    let index = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_INDEX,
        "manifests": [kit.manifest.descriptor()],
    });
    let bytes = bytes::Bytes::from(index.to_string());
    let stored: Descriptor =
        repository.put_manifest(media_type::OCI_INDEX, bytes, Some("index")).await.unwrap();
    let error = Kit::open(&stage.context, &Place::Local(parse("a:index"))).await.err().unwrap();
    assert_eq!(error.code(), "not-a-kit", "{error}");
    let target = Target::Digest(stored.digest);
    assert!(repository.manifest(&target).await.unwrap().is_some(), "it is kept as it is");
}
