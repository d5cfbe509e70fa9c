//! The places in their order.

use std::fs::File;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::config_file::{self, ConfigFile};
use super::{Credential, CredentialError, CredentialSource, Env, Found, Origin};

/// Credentials from all known places, first match wins: given explicitly, environment, SealKit's
/// own file, Docker's file and helpers, Podman's files.
#[derive(Clone, Debug)]
pub struct Credentials {
    explicit: Option<(Option<String>, Credential)>,
    env: Env,
    own: ConfigFile,
    foreign: Vec<ConfigFile>,
}

impl Credentials {
    /// The places that `env` leads to; `home` is SealKit's folder, where its own file is. No file
    /// is read yet.
    pub fn new(home: &Path, env: Env) -> Self {
        let under_home = |name: &str| env.path("HOME").map(|home| home.join(name));
        let docker = env.path("DOCKER_CONFIG").or_else(|| under_home(".docker"));
        let config = env.path("XDG_CONFIG_HOME").or_else(|| under_home(".config"));
        let foreign = [
            docker.map(|folder| config_file::docker(&folder)),
            env.path("REGISTRY_AUTH_FILE").map(ConfigFile::new),
            env.path("XDG_RUNTIME_DIR").map(|folder| config_file::podman(&folder)),
            config.map(|folder| config_file::podman(&folder)),
        ];
        let own = ConfigFile::new(home.join("credentials.json"));
        Self { explicit: None, env, own, foreign: foreign.into_iter().flatten().collect() }
    }

    /// The same places after a credential that wins over them all: for `registry` alone, or for
    /// every registry where none is named.
    #[must_use]
    pub fn with_explicit(mut self, registry: Option<&str>, credential: Credential) -> Self {
        self.explicit = Some((registry.map(str::to_owned), credential));
        self
    }

    /// SealKit's own file.
    pub fn own_file(&self) -> &Path {
        &self.own.path
    }

    /// Stores a credential in SealKit's own file, or in the helper which that file names, and
    /// gives the place. It is not checked: see [`login`](super::login).
    pub async fn store(
        &self,
        registry: &str,
        credential: &Credential,
    ) -> Result<Origin, CredentialError> {
        let _lock = self.lock()?;
        self.own.store(registry, credential).await
    }

    /// Removes the credential that [`find`](CredentialSource::find) would find in a file or helper,
    /// from where it is, and gives the place.
    pub async fn logout(&self, registry: &str) -> Result<Origin, CredentialError> {
        let _lock = self.lock()?;
        for file in std::iter::once(&self.own).chain(&self.foreign) {
            if let Some(origin) = file.erase(registry).await? {
                return Ok(origin);
            }
        }
        match self.env.credential(registry)? {
            Some(found) => Err(CredentialError::NotRemovable {
                registry: registry.to_owned(),
                origin: found.origin.to_string(),
            }),
            None => Err(CredentialError::NotStored(registry.to_owned())),
        }
    }

    /// One writer at a time: two logins at once both stay.
    fn lock(&self) -> Result<File, CredentialError> {
        let path: PathBuf = self.own.path.with_extension("lock");
        let failed = |source| CredentialError::Io { action: "lock", path: path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }
}

#[async_trait]
impl CredentialSource for Credentials {
    async fn find(&self, registry: &str) -> Result<Option<Found>, CredentialError> {
        if let Some((only, credential)) = &self.explicit
            && only.as_deref().is_none_or(|only| only == registry)
        {
            let credential = credential.clone();
            return Ok(Some(Found { credential, origin: Origin::Explicit }));
        }
        if let Some(found) = self.env.credential(registry)? {
            return Ok(Some(found));
        }
        for file in std::iter::once(&self.own).chain(&self.foreign) {
            if let Some(found) = file.find(registry).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
