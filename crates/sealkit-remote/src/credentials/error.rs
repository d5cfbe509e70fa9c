//! Why credentials could not be read or stored.

use std::path::PathBuf;

use sealkit_report::{Code, Hint};

/// Why credentials could not be read or stored. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A credential file could not be read or written.
    #[error("could not {action} credential file `{}`", path.display())]
    Io {
        /// `read`, `write`, `create`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A credential file is not what Docker's format says.
    #[error("credential file `{}` is malformed: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, without any of its values.
        reason: &'static str,
    },
    /// A helper's name could name another program than a helper.
    #[error("credential helper name `{0}` is not valid")]
    HelperName(String),
    /// A helper could not be started.
    #[error("could not run `docker-credential-{name}`")]
    HelperStart {
        /// Its name.
        name: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A helper failed.
    #[error("`docker-credential-{name}` failed: {reason}")]
    Helper {
        /// Its name.
        name: String,
        /// What happened.
        reason: String,
    },
    /// The environment gives half of a credential.
    #[error("environment variable `{set}` is set, but `{missing}` is not")]
    HalfSet {
        /// The one that is set.
        set: String,
        /// The one that is missing.
        missing: String,
    },
    /// There is nothing to remove.
    #[error("no credentials for `{0}` are stored")]
    NotStored(String),
    /// Found where it can not be removed from.
    #[error("credentials for `{registry}` come from {origin}, which can not be changed from here")]
    NotRemovable {
        /// The registry.
        registry: String,
        /// The place.
        origin: String,
    },
}

impl Hint for CredentialError {
    fn code(&self) -> Code {
        match self {
            Self::Io { .. } => "credentials-io",
            Self::Malformed { .. } => "credentials-malformed",
            Self::HelperName(_) | Self::HelperStart { .. } | Self::Helper { .. } => {
                "credential-helper"
            }
            Self::HalfSet { .. } => "credentials-half-set",
            Self::NotStored(_) => "credentials-not-stored",
            Self::NotRemovable { .. } => "credentials-not-removable",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::HelperStart { name, .. } => Some(format!(
                "install `docker-credential-{name}` or remove it from the configuration"
            )),
            Self::HalfSet { missing, .. } => Some(format!("set `{missing}` too")),
            Self::NotRemovable { .. } => Some("unset it where it is set".to_owned()),
            _ => None,
        }
    }
}
