//! Compares what is served with the catalogue: at the start, and when something may have been missed.

use std::collections::BTreeSet;
use std::sync::Arc;

use sealkit_oci::Digest;
use sealkit_ops::catalog::index::{Catalog, CatalogError};
use sealkit_store::StoreError;

use super::Inner;
use super::versions::{Version, repositories, tags};
use crate::HubError;
use crate::clock::now;

/// Asks for what has no entry, forgets what is gone, and sets tags as they are.
pub(super) async fn reconcile(inner: &Arc<Inner>) -> Result<(), HubError> {
    let turn = inner.order.lock().await;
    let here = inner.versions.all().await?;
    let known = inner.ask(Catalog::versions).await?;
    let known: BTreeSet<(String, Digest)> = known.into_iter().collect();
    let served: BTreeSet<(String, Digest)> =
        here.iter().map(|version| (version.repository.clone(), version.digest.clone())).collect();
    let gone: Vec<(String, Digest)> = known.difference(&served).cloned().collect();
    inner
        .ask(move |catalog| gone.iter().try_for_each(|(name, digest)| catalog.remove(name, digest)))
        .await?;
    drop(turn);
    // Tags first: an entry that is put is marked with them.
    let mut names: BTreeSet<String> = repositories(&*inner.names).await?.into_iter().collect();
    names.extend(known.into_iter().map(|(name, _)| name));
    for name in names {
        set_tags(inner, name).await?;
    }
    let known = inner.ask(Catalog::versions).await?;
    let known: BTreeSet<(String, Digest)> = known.into_iter().collect();
    // Another version of SealKit makes another AIBOM.
    let seen = match inner.aiboms.get() {
        Some(aiboms) => Some(aiboms.seen().await?),
        None => None,
    };
    let is_missing = |version: &Version| {
        let name = (version.repository.clone(), version.digest.clone());
        !known.contains(&name) || seen.as_ref().is_some_and(|seen| !seen.contains(&name))
    };
    let missing = here
        .into_iter()
        .filter(is_missing)
        .map(|version| (version.repository, version.digest, version.pushed));
    let missing: Vec<_> = missing.collect();
    inner.ask(move |catalog| catalog.enqueue(&missing, now())).await?;
    inner.take_wishes().await
}

async fn set_tags(inner: &Arc<Inner>, name: String) -> Result<(), HubError> {
    let _turn = inner.order.lock().await;
    let real = match tags(&*inner.names, &name).await {
        Ok(real) => real,
        Err(StoreError::NotFound { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    inner.ask(move |catalog| correct(catalog, &name, &real)).await?;
    Ok(())
}

fn correct(catalog: &Catalog, name: &str, real: &[(String, Digest)]) -> Result<(), CatalogError> {
    let known = catalog.tags(name)?;
    for (tag, digest) in real {
        let text = digest.to_string();
        if !known.iter().any(|(own, at)| own == tag && *at == text) {
            catalog.set_tag(name, tag, digest)?;
        }
    }
    for (tag, _) in known.iter().filter(|(tag, _)| !real.iter().any(|(own, _)| own == tag)) {
        catalog.remove_tag(name, tag)?;
    }
    Ok(())
}
