//! Files of Docker's configuration format: `auths`, `credsStore`, `credHelpers`. Fields that are
//! not known here survive.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value, json};

use super::helper::Helper;
use super::{Credential, CredentialError, Found, Origin, names};
use crate::files;

/// Largest file that is read.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// Docker pads, others do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One such file, which need not exist.
#[derive(Clone, Debug)]
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
}

/// A place inside a file in which a credential is.
enum Place {
    Helper(Helper),
    /// The key in `auths`.
    Auths(String),
}

impl ConfigFile {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub(super) async fn find(&self, registry: &str) -> Result<Option<Found>, CredentialError> {
        Ok(self.locate(registry).await?.map(|(_, found)| found))
    }

    /// Puts a credential into the helper that the file names, else into the file itself. Gives the
    /// place.
    pub(super) async fn store(
        &self,
        registry: &str,
        credential: &Credential,
    ) -> Result<Origin, CredentialError> {
        let mut config = self.read()?.unwrap_or_default();
        if let Some(helper) = helpers(&config, registry)?.into_iter().next() {
            helper.store(names::server(registry), credential).await?;
            return Ok(self.helper_origin(&helper));
        }
        let auths = config.entry("auths").or_insert_with(|| json!({}));
        let auths = auths.as_object_mut().ok_or_else(|| self.malformed("`auths` is no object"))?;
        auths.retain(|key, _| !names::is_key_of(key, registry));
        auths.insert(names::server(registry).to_owned(), entry(credential));
        self.write(&config)?;
        Ok(Origin::File(self.path.clone()))
    }

    /// Removes a credential from where it is; none where the file knows none.
    pub(super) async fn erase(&self, registry: &str) -> Result<Option<Origin>, CredentialError> {
        let Some((place, found)) = self.locate(registry).await? else { return Ok(None) };
        match place {
            Place::Helper(helper) => helper.erase(names::server(registry)).await?,
            Place::Auths(key) => {
                let mut config = self.read()?.unwrap_or_default();
                if let Some(auths) = config.get_mut("auths").and_then(Value::as_object_mut) {
                    auths.shift_remove(&key);
                }
                self.write(&config)?;
            }
        }
        Ok(Some(found.origin))
    }

    async fn locate(&self, registry: &str) -> Result<Option<(Place, Found)>, CredentialError> {
        let Some(config) = self.read()? else { return Ok(None) };
        for helper in helpers(&config, registry)? {
            if let Some(credential) = helper.get(names::server(registry)).await? {
                let origin = self.helper_origin(&helper);
                return Ok(Some((Place::Helper(helper), Found { credential, origin })));
            }
        }
        let Some(auths) = config.get("auths").and_then(Value::as_object) else { return Ok(None) };
        for (key, value) in auths.iter().filter(|(key, _)| names::is_key_of(key, registry)) {
            if let Some(credential) = self.credential(value)? {
                let origin = Origin::File(self.path.clone());
                return Ok(Some((Place::Auths(key.clone()), Found { credential, origin })));
            }
        }
        Ok(None)
    }

    fn helper_origin(&self, helper: &Helper) -> Origin {
        Origin::Helper { name: helper.name.clone(), config: self.path.clone() }
    }

    /// What an entry of `auths` says. Docker leaves empty ones where a helper has the credential.
    fn credential(&self, value: &Value) -> Result<Option<Credential>, CredentialError> {
        let text = |key: &str| {
            let text = value.get(key).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        if let Some(token) = text("identitytoken") {
            return Ok(Some(Credential::Identity(token.into())));
        }
        if let Some(token) = text("registrytoken") {
            return Ok(Some(Credential::Token(token.into())));
        }
        if let Some(auth) = text("auth") {
            let plain = BASE64.decode(auth).ok().and_then(|raw| String::from_utf8(raw).ok());
            let plain = plain.ok_or_else(|| self.malformed("an `auth` is not base64 of a text"))?;
            let (user, password) = plain
                .split_once(':')
                .ok_or_else(|| self.malformed("an `auth` is not `user:password`"))?;
            let (user, password) = (user.to_owned(), password.trim_matches('\0').to_owned());
            return Ok(Some(Credential::Basic { user, password: password.into() }));
        }
        Ok(match (text("username"), text("password")) {
            (Some(user), Some(password)) => {
                Some(Credential::Basic { user, password: password.into() })
            }
            _ => None,
        })
    }

    fn read(&self) -> Result<Option<Map<String, Value>>, CredentialError> {
        let bytes = match files::read_limited(&self.path, MAX_FILE) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(source) => return Err(self.io("read", source)),
        };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Some(Map::new()));
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(config)) => Ok(Some(config)),
            // The cause is not kept: it could quote a secret.
            _ => Err(self.malformed("it is not a JSON object")),
        }
    }

    fn write(&self, config: &Map<String, Value>) -> Result<(), CredentialError> {
        let mut bytes = serde_json::to_vec_pretty(config)
            .map_err(|_| self.malformed("it can not be written as JSON"))?;
        bytes.push(b'\n');
        files::write_private(&self.path, &bytes).map_err(|source| self.io("write", source))
    }

    fn malformed(&self, reason: &'static str) -> CredentialError {
        CredentialError::Malformed { path: self.path.clone(), reason }
    }

    fn io(&self, action: &'static str, source: io::Error) -> CredentialError {
        CredentialError::Io { action, path: self.path.clone(), source }
    }
}

/// The helper for this registry alone, then the one for all.
fn helpers(config: &Map<String, Value>, registry: &str) -> Result<Vec<Helper>, CredentialError> {
    let single = config.get("credHelpers").and_then(Value::as_object);
    let single = single.into_iter().flatten();
    let single = single.filter(|(key, _)| names::is_key_of(key, registry)).map(|(_, v)| v);
    let names = single.chain(config.get("credsStore")).filter_map(Value::as_str);
    names.filter(|name| !name.is_empty()).map(Helper::new).collect()
}

/// How a credential stands in `auths`.
fn entry(credential: &Credential) -> Value {
    match credential {
        Credential::Basic { user, password } => {
            json!({ "auth": BASE64.encode(format!("{user}:{}", password.expose())) })
        }
        Credential::Identity(token) => json!({ "identitytoken": token.expose() }),
        Credential::Token(token) => json!({ "registrytoken": token.expose() }),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Docker's file below a home folder, and Podman's below a run-time or configuration folder.
pub(super) fn docker(folder: &Path) -> ConfigFile {
    ConfigFile::new(folder.join("config.json"))
}

pub(super) fn podman(folder: &Path) -> ConfigFile {
    ConfigFile::new(folder.join("containers").join("auth.json"))
}
