//! What happens is noted at once and taken in by a task of its own: nobody who pushes waits for the catalogue.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use sealkit_oci::{Digest, Target, media_type};
use sealkit_ops::catalog::index::{Catalog, CatalogError};
use sealkit_registry::{Deed, Event, Watch};
use tokio::sync::mpsc::Receiver;

use super::{CatalogIndex, Inner};
use crate::clock::now;

/// Something that changes the catalogue.
#[derive(Clone, Debug)]
pub(super) enum Noted {
    /// A manifest came, which may be attached to another.
    Look { repository: String, digest: Digest, tags: Vec<String>, subject: Option<Digest> },
    /// A manifest went, with its tags.
    Gone { repository: String, digest: Digest },
    /// Tags went.
    Untagged { repository: String, tags: Vec<String> },
}

/// Notes what the registry did, and tells the next watch.
pub(crate) struct CatalogWatch {
    pub(crate) index: CatalogIndex,
    pub(crate) next: Arc<dyn Watch>,
}

#[async_trait]
impl Watch for CatalogWatch {
    async fn done(&self, event: &Event<'_>) {
        if let Some(noted) = noted(event) {
            self.index.inner.note(noted);
        }
        self.next.done(event).await;
    }
}

impl Inner {
    /// Looks at a version again, since what is attached to it changed past the registry.
    pub(crate) fn look_again(&self, repository: &str, digest: &Digest) {
        let (repository, digest) = (repository.to_owned(), digest.clone());
        self.note(Noted::Look { repository, digest, tags: Vec::new(), subject: None });
    }

    fn note(&self, noted: Noted) {
        self.behind.fetch_add(1, Ordering::AcqRel);
        if self.noted.try_send(noted).is_err() {
            // So much at once that all is compared anew, which costs less than keeping it.
            self.missed.store(true, Ordering::Release);
            self.behind.fetch_sub(1, Ordering::AcqRel);
            self.work.notify_one();
        }
    }
}

fn noted(event: &Event<'_>) -> Option<Noted> {
    let repository = event.repository.to_owned();
    match event.deed {
        // What refers to another manifest may be a kit all the same: its own words do not take it out of sight.
        Deed::PushedManifest { descriptor, tags, subject }
            if media_type::is_manifest(&descriptor.media_type) =>
        {
            let (digest, subject) = (descriptor.digest.clone(), subject.cloned());
            Some(Noted::Look { repository, digest, tags: tags.to_vec(), subject })
        }
        // An index may have taken a tag away from a kit.
        Deed::PushedManifest { tags, .. } => {
            let tags = tags.to_vec();
            (!tags.is_empty()).then_some(Noted::Untagged { repository, tags })
        }
        Deed::DeletedManifest(Target::Digest(digest)) => {
            Some(Noted::Gone { repository, digest: digest.clone() })
        }
        Deed::DeletedManifest(Target::Tag(tag)) => {
            Some(Noted::Untagged { repository, tags: vec![tag.clone()] })
        }
        _ => None,
    }
}

/// Takes in what was noted, for as long as there is a watch.
pub(super) async fn take_in(inner: Arc<Inner>, mut acts: Receiver<Noted>) {
    while let Some(noted) = acts.recv().await {
        let turn = inner.order.lock().await;
        let taken = inner.ask(move |catalog| put(catalog, noted)).await;
        let wishes = inner.take_wishes().await;
        drop(turn);
        if taken.is_err() || wishes.is_err() {
            inner.missed.store(true, Ordering::Release);
        }
        inner.behind.fetch_sub(1, Ordering::AcqRel);
        inner.work.notify_one();
    }
}

fn put(catalog: &Catalog, noted: Noted) -> Result<(), CatalogError> {
    match noted {
        Noted::Look { repository, digest, tags, subject } => {
            for tag in &tags {
                catalog.set_tag(&repository, tag, &digest)?;
            }
            let now = now();
            let all = [Some(digest), subject].into_iter().flatten();
            let jobs: Vec<_> = all.map(|digest| (repository.clone(), digest, now)).collect();
            catalog.enqueue(&jobs, now)
        }
        Noted::Gone { repository, digest } => catalog.remove(&repository, &digest),
        Noted::Untagged { repository, tags } => {
            tags.iter().try_for_each(|tag| catalog.remove_tag(&repository, tag))
        }
    }
}
