//! Compares what is served with the catalogue: at the start, and when something may have been missed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sealkit_oci::{Digest, media_type};
use sealkit_ops::catalog::index::{Catalog, CatalogError};
use sealkit_store::StoreError;

use super::Inner;
use super::versions::{Version, tags};
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
    for name in wrongly_tagged(inner, known).await? {
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

/// Repositories whose tags the catalogue has otherwise than they are: few of very many. What happens meanwhile is seen
/// when each of them is read again.
async fn wrongly_tagged(
    inner: &Arc<Inner>,
    known: BTreeSet<(String, Digest)>,
) -> Result<Vec<String>, HubError> {
    let mut real: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (name, _) in known {
        real.entry(name).or_default();
    }
    let tagged = inner.names.tagged().await?.into_iter();
    for one in tagged.filter(|one| media_type::is_manifest(&one.media_type)) {
        real.entry(one.repository).or_default().push((one.tag, one.digest.to_string()));
    }
    // Both are sorted by tag.
    let wrong = inner.ask(move |catalog| {
        let mut wrong = Vec::new();
        for (name, real) in real {
            if catalog.tags(&name)? != real {
                wrong.push(name);
            }
        }
        Ok(wrong)
    });
    Ok(wrong.await?)
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
