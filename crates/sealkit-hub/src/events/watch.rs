//! What the registry tells of.

use std::sync::Arc;

use async_trait::async_trait;
use sealkit_hubstore::{acting, is_told};
use sealkit_oci::{Digest, Target};
use sealkit_registry::{Deed, Event, Watch};

use super::{ANYONE, Events, NewEvent, named};
use crate::access::Caller;
use crate::advisories::Advisories;
use crate::log::events_are_written;

/// Lets the storage write with what is done to blobs to answer a request who sent it.
pub(crate) async fn act_as_caller<T>(
    caller: Option<&Caller>,
    answer: impl Future<Output = T>,
) -> T {
    acting(caller.map_or(ANYONE, Caller::name).to_owned(), answer).await
}

/// Writes down what the registry did, and tells whoever else wants to know.
pub(crate) struct EventWatch {
    pub(crate) events: Events,
    /// Knows which of what is attached is an advisory; none where nobody does.
    pub(crate) advisories: Option<Advisories>,
    pub(crate) next: Arc<dyn Watch>,
}

#[async_trait]
impl Watch for EventWatch {
    async fn done(&self, event: &Event<'_>) {
        self.write(event).await;
        self.next.done(event).await;
    }
}

impl EventWatch {
    async fn write(&self, event: &Event<'_>) {
        let actor = named(event.actor);
        let new = |action| NewEvent::new(actor, action).within(event.repository);
        match event.deed {
            // Written in the transaction of the act.
            Deed::PushedManifest { .. } | Deed::DeletedManifest(_) if events_are_written() => {}
            Deed::PushedBlob(_) | Deed::MountedBlob { .. } | Deed::DeletedBlob(_) if is_told() => {}
            Deed::PushedBlob(digest) => self.later(new("blob.push").about(digest)).await,
            Deed::MountedBlob { digest, from } => {
                let mounted = new("blob.mount").about(digest);
                let from = from.map(|from| format!("from {from}"));
                self.later(NewEvent { detail: from, ..mounted }).await;
            }
            Deed::PushedManifest { descriptor, tags, subject } => {
                self.now(new("manifest.push").about(&descriptor.digest)).await;
                if let Some(kit) = subject
                    && self.is_advisory(event.repository, &descriptor.digest).await
                {
                    let attached = new("advisory.attach").about(kit);
                    self.now(attached.saying(descriptor.digest.to_string())).await;
                }
                for tag in tags {
                    let set = new("tag.set").about(tag).saying(descriptor.digest.to_string());
                    self.now(set).await;
                }
            }
            Deed::DeletedBlob(digest) => self.now(new("blob.delete").about(digest)).await,
            Deed::DeletedManifest(target @ Target::Tag(_)) => {
                self.now(new("tag.delete").about(target)).await;
            }
            Deed::DeletedManifest(target) => self.now(new("manifest.delete").about(target)).await,
            Deed::PulledManifest { digest, .. } => self.events.pulled(event.repository, digest),
            // A pull is counted by its manifest.
            _ => {}
        }
    }

    async fn is_advisory(&self, repository: &str, digest: &Digest) -> bool {
        let Some(advisories) = &self.advisories else { return false };
        // What can not be told now is in the list of advisories all the same.
        advisories.is_one(repository, digest).await.unwrap_or(false)
    }

    /// Before the client is answered.
    async fn now(&self, event: NewEvent) {
        // The act is done, and the database that refuses this refuses the next act too.
        let _ = self.events.record(event).await;
    }

    /// In the order of the acts, without a wait of its own for the disk: blobs are many, and what is to
    /// become of them is told by their manifest.
    async fn later(&self, event: NewEvent) {
        self.events.record_later(event, 1).await;
    }
}
