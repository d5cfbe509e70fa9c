//! What every verb works with: the local store, the network, the clock. Nothing below this layer
//! reads the environment; the binary fills it in here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkit_oci::Reference;
use sealkit_remote::{Client, Remote};
use sealkit_store::{Layout, Namespace, Naming, Repository};

use crate::place::served_name;
use crate::{OpsError, Place, Progress};

/// Where SealKit keeps what is the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    dir: PathBuf,
    trust: Option<PathBuf>,
}

impl Home {
    /// The home at `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), trust: None }
    }

    /// The same with the trust store in another file.
    #[must_use]
    pub fn with_trust(mut self, file: impl Into<PathBuf>) -> Self {
        self.trust = Some(file.into());
        self
    }

    /// The folder itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The local store: an OCI image layout.
    pub fn store(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// Signing keys.
    pub fn keys(&self) -> PathBuf {
        self.dir.join("keys")
    }

    /// Whom the user trusts.
    pub fn trust(&self) -> PathBuf {
        self.trust.clone().unwrap_or_else(|| self.dir.join("trust.json"))
    }

    /// Credentials for registries.
    pub fn credentials(&self) -> PathBuf {
        self.dir.join("credentials.json")
    }

    /// Which kit was last sealed from which folder.
    pub fn sealed(&self) -> PathBuf {
        self.dir.join("sealed.json")
    }

    /// Signed records of runs.
    pub fn records(&self) -> PathBuf {
        self.dir.join("records")
    }

    /// Uploads that were cut off and can go on.
    pub fn uploads(&self) -> PathBuf {
        self.dir.join("uploads")
    }
}

/// What every verb works with.
#[derive(Clone)]
pub struct Context {
    /// Where the user's own things are.
    pub home: Home,
    /// Speaks to registries.
    pub client: Arc<Client>,
    /// Transfers at the same time.
    pub concurrency: usize,
    /// Is told how far long work has come.
    pub progress: Arc<dyn Progress>,
    /// Tells the time, in seconds since 1970.
    pub clock: fn() -> i64,
    /// What a hub serves, for [`Place::Served`]; none elsewhere.
    pub served: Option<Arc<dyn Namespace>>,
    /// How remote datasets are reached; none where nothing says so.
    pub s3: Option<crate::remote_dataset::S3Settings>,
}

impl Context {
    /// The local store, made on first use.
    pub fn store(&self) -> Result<Layout, OpsError> {
        Ok(Layout::open_or_create(self.home.store(), Naming::Store)?)
    }

    /// The repository of the local store that holds what `reference` names: a kit named by its digest,
    /// or without its registry, stands under another name than the one that was typed. What is not
    /// there yet has the typed name.
    pub(crate) fn local_repository(&self, reference: &Reference) -> Result<String, OpsError> {
        let found = self.store()?.resolve(reference)?.map(|found| found.repository);
        Ok(found.unwrap_or_else(|| reference.name()))
    }

    /// The repository at a place, and what of it is meant. Folders and archives have none.
    pub fn repository(&self, place: &Place) -> Result<Arc<dyn Repository>, OpsError> {
        match place {
            Place::Local(reference) => {
                let name = self.local_repository(reference)?;
                Ok(Arc::new(self.store()?.repository(&name)))
            }
            Place::Remote(reference) => {
                let (registry, name) = (reference.registry(), reference.repository());
                Ok(Arc::new(Remote::new(registry, name, Arc::clone(&self.client))?))
            }
            Place::Served(reference) => match &self.served {
                Some(served) => Ok(served.repository(&served_name(reference))?),
                None => Err(OpsError::NotARepository { place: place.to_string() }),
            },
            Place::Layout { dir, .. } => {
                Ok(Arc::new(Layout::open(dir, Naming::Plain)?.repository("")))
            }
            Place::Archive(_) | Place::Folder(_) => {
                Err(OpsError::NotARepository { place: place.to_string() })
            }
        }
    }
}
