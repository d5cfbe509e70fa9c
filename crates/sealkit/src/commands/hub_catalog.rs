//! The catalogue of `sealkit hub`.

use std::path::Path;
use std::sync::Arc;

use sealkit_hub::{
    Aiboms, CatalogIndex, HubKey, HubOptions, Namespace, Storage, Versions as _, tagged_versions,
};
use sealkit_ops::catalog::index::Catalog;
use sealkit_ops::{Home, OpsError};

use super::hub_gate::looking;
use crate::app::now;
use crate::cli::HubArgs;
use crate::console::Failure;

/// The file of the catalogue inside of the hub's data. It can be removed: it is made again.
pub(super) const CATALOG: &str = "catalog.db";

/// The catalogue of the hub over `folder`, with its trust store in `trust` where one is given.
pub(super) fn open(
    folder: &Path,
    names: Arc<dyn Namespace>,
    storage: Option<&Storage>,
    trust: Option<&Path>,
    names_of_hub: &[String],
) -> Result<CatalogIndex, Failure> {
    let mut home = Home::new(folder);
    if let Some(trust) = trust {
        home = home.with_trust(trust);
    }
    let versions: Arc<dyn sealkit_hub::Versions> = match storage {
        Some(storage) => Arc::new(storage.clone()),
        None => tagged_versions(Arc::clone(&names)),
    };
    let index = CatalogIndex::open(&folder.join(CATALOG), names, versions, looking(home));
    let index = index.map_err(OpsError::from)?;
    index.catalog().serve_as(names_of_hub, now()).map_err(OpsError::from)?;
    Ok(index)
}

/// Lets the hub over `storage` look again at each version that something is attached to, whenever it is killed, and
/// store the AIBOM of each, with its key in `folder`; with `--no-aibom` only those that it has are told from others.
pub(super) async fn keep_aiboms(
    options: &mut HubOptions,
    (storage, names): (&Storage, Arc<dyn Namespace>),
    folder: &Path,
    args: &HubArgs,
) -> Result<(), Failure> {
    if let Some(index) = options.catalog.take() {
        let index = index.remembering(storage.database()).await.map_err(OpsError::from)?;
        options.catalog = Some(index);
    }
    let quarantine = options.quarantine.clone();
    let aiboms = Aiboms::of(storage, names, HubKey::open(folder)?, quarantine).await;
    let aiboms = aiboms.map_err(OpsError::from)?;
    if !args.no_aibom {
        options.catalog = options.catalog.take().map(|index| index.storing(aiboms.clone()));
    }
    options.aiboms = Some(aiboms);
    Ok(())
}

/// Asks for every version of `storage` to be looked at again by the hub that serves it, now or when it starts.
pub(super) async fn look_again(folder: &Path, storage: &Storage) -> Result<usize, OpsError> {
    let all = storage.all().await?;
    let jobs: Vec<_> = all
        .into_iter()
        .map(|version| (version.repository, version.digest, version.pushed))
        .collect();
    let (catalog, _) = Catalog::open(&folder.join(CATALOG))?;
    catalog.enqueue(&jobs, now())?;
    Ok(jobs.len())
}
