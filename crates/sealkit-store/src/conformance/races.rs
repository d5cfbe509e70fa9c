//! Promises that hold when many write at once.

use std::sync::Arc;

use sealkit_oci::{Descriptor, Target};

use super::{put, read, write};
use crate::{Page, Repository};

const WRITERS: usize = 64;

/// Sixty-four writers of one blob all succeed, and there is one whole blob.
pub async fn parallel_writers_of_one_blob_make_one_blob(repository: Arc<dyn Repository>) {
    let bytes: Arc<Vec<u8>> = Arc::new((0..300_000_u32).map(|i| (i % 251) as u8).collect());
    let tasks: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (repository, bytes) = (Arc::clone(&repository), Arc::clone(&bytes));
            tokio::spawn(async move { write(&*repository, &bytes).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let blob = Descriptor::of("x", &bytes);
    assert_eq!(repository.stat(&blob.digest).await.unwrap(), Some(blob.size));
    assert_eq!(read(&*repository, &blob, 0..blob.size).await.unwrap(), *bytes);
}

/// When many put different manifests under one tag, it ends at one of them and all are kept.
pub async fn racing_tags_end_at_one_of_the_manifests(repository: Arc<dyn Repository>) {
    let tasks: Vec<_> = (0..16)
        .map(|i| {
            let repository = Arc::clone(&repository);
            tokio::spawn(
                async move { put(&*repository, &format!("racer {i}"), Some("t"), None).await },
            )
        })
        .collect();
    let mut digests = Vec::new();
    for task in tasks {
        digests.push(task.await.unwrap().digest);
    }
    let end = repository.manifest(&Target::Tag("t".to_owned())).await.unwrap().unwrap();
    assert!(digests.contains(&end.descriptor.digest), "the tag points at none of them");
    assert_eq!(repository.tags(&Page::default()).await.unwrap(), ["t"]);
    for digest in digests {
        let kept = repository.manifest(&Target::Digest(digest.clone())).await.unwrap();
        assert!(kept.is_some(), "{digest} was lost");
    }
}

/// When many put manifests under tags of their own, none is lost.
pub async fn parallel_manifests_are_all_kept(repository: Arc<dyn Repository>) {
    let tasks: Vec<_> = (0..32)
        .map(|i| {
            let repository = Arc::clone(&repository);
            let name = format!("t{i:02}");
            tokio::spawn(async move { put(&*repository, &name, Some(&name), None).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let expected: Vec<String> = (0..32).map(|i| format!("t{i:02}")).collect();
    assert_eq!(repository.tags(&Page::default()).await.unwrap(), expected);
}
