//! Whatever is done to it, a layout answers as a repository in memory does.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

use proptest::prelude::*;
use sealkit_oci::{Digest, Target};
use sealkit_store::conformance::put;
use sealkit_store::{GcOptions, Layout, Memory, Naming, Page, Repository, StoreError};

/// One thing to do, with small numbers for names so that they meet.
#[derive(Clone, Debug)]
enum Step {
    Put(u8, Option<u8>),
    Refer(u8, u8),
    RemoveTag(u8),
    RemoveManifest(u8),
    Collect,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..5, proptest::option::of(0_u8..4)).prop_map(|(text, tag)| Step::Put(text, tag)),
        1 => (0_u8..5, 0_u8..5).prop_map(|(text, of)| Step::Refer(text, of)),
        1 => (0_u8..4).prop_map(Step::RemoveTag),
        1 => (0_u8..5).prop_map(Step::RemoveManifest),
        1 => Just(Step::Collect),
    ]
}

async fn kits(repository: &dyn Repository) -> Vec<sealkit_oci::Descriptor> {
    // Made elsewhere, to know the descriptors whatever the repository holds.
    let mut kits = Vec::new();
    for text in 0..5 {
        kits.push(put(repository, &format!("kit {text}"), None, None).await);
    }
    kits
}

/// Does the step and says in one word how it went.
async fn run(repository: &dyn Repository, step: &Step, kits: &[sealkit_oci::Descriptor]) -> String {
    let told = |result: Result<(), StoreError>| match result {
        Ok(()) => "done".to_owned(),
        Err(StoreError::NotFound { what, .. }) => format!("no {what}"),
        Err(other) => panic!("{other}"),
    };
    match step {
        Step::Put(text, tag) => {
            let tag = tag.map(|tag| format!("t{tag}"));
            put(repository, &format!("kit {text}"), tag.as_deref(), None).await.digest.to_string()
        }
        Step::Refer(text, of) => {
            let about = format!("about {text} {of}");
            let subject = kits.get(usize::from(*of));
            put(repository, &about, None, subject).await.digest.to_string()
        }
        Step::RemoveTag(tag) => {
            told(repository.delete_manifest(&Target::Tag(format!("t{tag}"))).await)
        }
        Step::RemoveManifest(text) => {
            let digest = kits.get(usize::from(*text)).unwrap().digest.clone();
            told(repository.delete_manifest(&Target::Digest(digest)).await)
        }
        Step::Collect => "done".to_owned(),
    }
}

/// Everything that can be seen of a repository.
async fn seen(
    repository: &dyn Repository,
    kits: &[sealkit_oci::Descriptor],
) -> Vec<(String, Option<Digest>)> {
    let mut seen = Vec::new();
    for tag in repository.tags(&Page::default()).await.unwrap() {
        let found = repository.manifest(&Target::Tag(tag.clone())).await.unwrap();
        seen.push((tag, found.map(|found| found.descriptor.digest)));
    }
    for kit in kits {
        let found = repository.manifest(&Target::Digest(kit.digest.clone())).await.unwrap();
        seen.push((kit.digest.to_string(), found.map(|found| found.descriptor.digest)));
        let mut about = repository.referrers(&kit.digest, None).await.unwrap();
        about.sort_by(|a, b| a.digest.cmp(&b.digest));
        seen.extend(about.into_iter().map(|one| ("about".to_owned(), Some(one.digest))));
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_layout_answers_as_memory_does(steps in proptest::collection::vec(step(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let kits = kits(&Memory::new().repository("elsewhere")).await;
            for (naming, name) in [(Naming::Store, "localhost/r"), (Naming::Plain, "")] {
                let folder = tempfile::tempdir().unwrap();
                let layout = Layout::create(folder.path(), naming).unwrap();
                let (repository, model) = (layout.repository(name), Memory::new().repository("m"));
                for step in &steps {
                    if matches!(step, Step::Collect) {
                        // Everything is young, so that nothing may change.
                        layout.gc(&GcOptions::default()).unwrap();
                    }
                    let (ours, theirs) =
                        (run(&repository, step, &kits).await, run(&model, step, &kits).await);
                    assert_eq!(ours, theirs, "{step:?} of {steps:?}");
                    let (ours, theirs) = (seen(&repository, &kits).await, seen(&model, &kits).await);
                    assert_eq!(ours, theirs, "after {step:?} of {steps:?}");
                }
                assert_eq!(layout.fsck(true).unwrap().problems, []);
            }
        });
    }
}
