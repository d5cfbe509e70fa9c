//! Holds what is pushed to the rules.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{HeaderMap, header};
use sealkit_oci::{Digest, Target};
use sealkit_registry::{Act, Ask, Deed, Denial, Event, Guard, Leave, TagChange, Watch};
use sealkit_store::{Namespace as _, StoreError};

use super::{FRESH, ImmutableTags, Rule, Rules};

/// Refuses what the rules do not allow.
pub(crate) struct RuleGuard(pub(crate) Rules);

#[async_trait]
impl Guard for RuleGuard {
    async fn ask(&self, ask: &Ask<'_>) -> Result<Leave, Denial> {
        let Some(repository) = ask.repository else { return Ok(Leave::default()) };
        let (bytes, fresh) = match ask.act {
            Act::PushBlob => (body(ask.headers), FRESH),
            // Counted anew: what came in pieces of unknown length, or at once with others, is all known now.
            Act::PushManifest(_) => (body(ask.headers), Duration::ZERO),
            Act::Mount { digest, from } => (self.0.more(repository, digest, from).await?, FRESH),
            _ => (None, FRESH),
        };
        if let Some(bytes) = bytes {
            self.0.has_room(repository, bytes, fresh).await?;
        }
        Ok(Leave::default())
    }

    async fn more(&self, repository: &str, bytes: u64) -> Result<(), Denial> {
        self.0.has_room(repository, bytes, FRESH).await
    }

    async fn tag(&self, ask: &Ask<'_>, change: &TagChange<'_>) -> Result<Leave, Denial> {
        let Some(repository) = ask.repository else { return Ok(Leave::default()) };
        let rules = self.0.fitting(repository).await.map_err(unknown)?;
        self.0.versions_fit(&rules, change).await?;
        let which = rules.iter().find_map(|rule| rule.immutable_tags).unwrap_or_default();
        let tags = change.tags.iter().map(|(tag, _)| tag.as_str());
        let fixed: Vec<&str> = tags.filter(|tag| which.holds(tag)).collect();
        let which = match which {
            ImmutableTags::All => "all tags here",
            ImmutableTags::Versions | ImmutableTags::None => "tags of versions",
        };
        for (at, tag) in fixed.iter().enumerate() {
            if let Err(denial) = self.0.stays((repository, tag), which, change).await {
                for tag in fixed.iter().take(at) {
                    self.0.inner.claims.release(repository, tag);
                }
                return Err(denial);
            }
        }
        Ok(Leave::default())
    }
}

/// The bytes that a request brings: none where it has no body, such as one that cancels an upload. Of one that
/// does not say how many, one is known before they come.
fn body(headers: &HeaderMap) -> Option<u64> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Some(1);
    }
    let length = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()?;
    (length > 0).then_some(length)
}

fn unknown(_: StoreError) -> Denial {
    Denial::Denied { reason: "the rules of this hub can not be read at the moment".to_owned() }
}

impl Rules {
    /// The bytes that a mount adds to `repository`: none where it has the blob, or `from` has not.
    async fn more(
        &self,
        repository: &str,
        digest: &Digest,
        from: Option<&str>,
    ) -> Result<Option<u64>, Denial> {
        let size = async |name: &str| {
            let stored = self.inner.storage.repository(name);
            match stored {
                Ok(stored) => stored.stat(digest).await.map_err(unknown),
                // It is no name of a repository: nothing is mounted from there.
                Err(_) => Ok(None),
            }
        };
        let Some(from) = from else { return Ok(None) };
        if size(repository).await?.is_some() {
            return Ok(None);
        }
        size(from).await
    }

    /// Whether `bytes` more may be held, by what was counted, where that is `fresh` enough.
    async fn has_room(&self, repository: &str, bytes: u64, fresh: Duration) -> Result<(), Denial> {
        let rules = self.fitting(repository).await.map_err(unknown)?;
        let limits = rules.iter().filter_map(|rule| Some((rule, rule.max_bytes?)));
        for (rule, allowed) in limits {
            let mut used = self.usage(&rule.prefix, fresh).await.map_err(unknown)?.bytes;
            let mut fits = self.let_in(&rule.prefix, bytes, allowed);
            if !fits && !fresh.is_zero() {
                // What was let in and came to nothing, or was there already, is counted no more.
                used = self.usage(&rule.prefix, Duration::ZERO).await.map_err(unknown)?.bytes;
                fits = self.let_in(&rule.prefix, bytes, allowed);
            }
            if !fits {
                let prefix = &rule.prefix;
                return Err(Denial::Denied {
                    reason: format!(
                        "the quota of `{prefix}` is {allowed} bytes, {used} are used, and {bytes} \
                         more do not fit: delete what is not needed, or ask for a larger quota"
                    ),
                });
            }
        }
        Ok(())
    }

    /// Whether there may be so many versions.
    async fn versions_fit(&self, rules: &[Rule], change: &TagChange<'_>) -> Result<(), Denial> {
        let new = change.tags.iter().filter(|(_, old)| old.is_none()).count() as u64;
        for (rule, allowed) in rules.iter().filter_map(|rule| Some((rule, rule.max_versions?))) {
            if new == 0 {
                return Ok(());
            }
            let used = self.usage(&rule.prefix, Duration::ZERO).await.map_err(unknown)?.tags;
            if used.saturating_add(new) > allowed {
                let prefix = &rule.prefix;
                return Err(Denial::Denied {
                    reason: format!(
                        "the quota of `{prefix}` is {allowed} versions, and {used} are there: \
                         delete what is not needed, or ask for a larger quota"
                    ),
                });
            }
        }
        Ok(())
    }

    /// Claims a tag that can not be moved; refused where it has another digest.
    async fn stays(
        &self,
        (repository, tag): (&str, &str),
        which: &str,
        change: &TagChange<'_>,
    ) -> Result<(), Denial> {
        let digest = change.digest;
        if !self.inner.claims.claim(repository, tag, digest) {
            let reason = format!("`{tag}` of `{repository}` is being set by another push");
            return Err(Denial::Denied { reason });
        }
        // Looked up behind the claim: what it was before may be out of date.
        let target = Target::Tag(tag.to_owned());
        let old = async { self.inner.storage.repository(repository)?.manifest(&target).await };
        let denial = match old.await {
            Ok(Some(old)) if old.descriptor.digest != *digest => Denial::Denied {
                reason: format!(
                    "`{tag}` of `{repository}` is {} and stays so, as {which} do: push under another \
                     tag, or let an administrator delete it or change the rule (`sealkit hub repo \
                     set`)",
                    old.descriptor.digest
                ),
            },
            Ok(_) => return Ok(()),
            Err(error) => unknown(error),
        };
        self.inner.claims.release(repository, tag);
        Err(denial)
    }
}

/// Gives tags back that were set, and tells whoever else wants to know.
pub(crate) struct RuleWatch {
    pub(crate) rules: Rules,
    pub(crate) next: Arc<dyn Watch>,
}

#[async_trait]
impl Watch for RuleWatch {
    async fn done(&self, event: &Event<'_>) {
        if let Deed::PushedManifest { tags, .. } = event.deed {
            for tag in tags {
                self.rules.inner.claims.release(event.repository, tag);
            }
        }
        self.next.done(event).await;
    }
}
