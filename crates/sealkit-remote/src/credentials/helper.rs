//! Docker's credential helpers: programs `docker-credential-NAME` that are asked on their standard
//! input (docker-credential-helpers, §Development).

use std::process::{Output, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Credential, CredentialError};
use crate::Secret;

/// How long a helper may take: it may ask the user to open a key chain.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The user that stands for "this is an identity token".
const TOKEN_USER: &str = "<token>";
/// How helpers say that they know no credential; any other failure is one.
const NOT_FOUND: &str = "credentials not found";

/// A helper by its name.
#[derive(Clone, Debug)]
pub(super) struct Helper {
    pub(super) name: String,
}

/// What a helper answers and takes. It has no debug form.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default, rename = "ServerURL")]
    server_url: String,
    username: String,
    secret: String,
}

impl Helper {
    /// A name becomes part of a program's name, so it must not be able to lead elsewhere.
    pub(super) fn new(name: &str) -> Result<Self, CredentialError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let fits = !name.is_empty() && name.len() <= 64 && name.chars().all(is_plain);
        if !fits || name.starts_with('.') || name.contains("..") {
            let shown = crate::redact::foreign(name);
            return Err(CredentialError::HelperName(shown));
        }
        Ok(Self { name: name.to_owned() })
    }

    /// The credential for `server`, none where the helper has none.
    pub(super) async fn get(&self, server: &str) -> Result<Option<Credential>, CredentialError> {
        let output = self.run("get", server.as_bytes()).await?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            if text.to_ascii_lowercase().contains(NOT_FOUND) {
                return Ok(None);
            }
            return Err(self.failed(&output));
        }
        let entry: Entry = serde_json::from_slice(&output.stdout)
            .map_err(|_| self.error("its answer is not what the protocol says"))?;
        let secret = Secret::new(entry.secret);
        if secret.is_empty() {
            return Ok(None);
        }
        Ok(Some(match entry.username.as_str() {
            TOKEN_USER => Credential::Identity(secret),
            _ => Credential::Basic { user: entry.username, password: secret },
        }))
    }

    /// Stores a credential; an access token has no form here.
    pub(super) async fn store(
        &self,
        server: &str,
        credential: &Credential,
    ) -> Result<(), CredentialError> {
        let (user, secret) = match credential {
            Credential::Basic { user, password } => (user.as_str(), password),
            Credential::Identity(token) => (TOKEN_USER, token),
            Credential::Token(_) => return Err(self.error("it can not store an access token")),
        };
        let (server_url, username) = (server.to_owned(), user.to_owned());
        let entry = Entry { server_url, username, secret: secret.expose().to_owned() };
        let input = serde_json::to_string(&entry).map(Secret::new);
        let input = input.map_err(|_| self.error("the credential has no JSON form"))?;
        let output = self.run("store", input.expose().as_bytes()).await?;
        if output.status.success() { Ok(()) } else { Err(self.failed(&output)) }
    }

    /// Removes the credential for `server`.
    pub(super) async fn erase(&self, server: &str) -> Result<(), CredentialError> {
        let output = self.run("erase", server.as_bytes()).await?;
        if output.status.success() { Ok(()) } else { Err(self.failed(&output)) }
    }

    async fn run(&self, action: &str, input: &[u8]) -> Result<Output, CredentialError> {
        let start = |source| CredentialError::HelperStart { name: self.name.clone(), source };
        let mut child = Command::new(format!("docker-credential-{}", self.name))
            .arg(action)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(start)?;
        let stdin = child.stdin.take();
        let talk = async {
            if let Some(mut stdin) = stdin {
                // A helper that ends without reading says the rest by its status.
                stdin.write_all(input).await.ok();
            }
            child.wait_with_output().await
        };
        match tokio::time::timeout(TIMEOUT, talk).await {
            Ok(output) => output.map_err(start),
            Err(_) => Err(self.error("it took longer than 60 seconds")),
        }
    }

    /// What a failed helper printed is not shown: it could be the secret.
    fn failed(&self, output: &Output) -> CredentialError {
        self.error(&output.status.to_string())
    }

    fn error(&self, reason: &str) -> CredentialError {
        CredentialError::Helper { name: self.name.clone(), reason: reason.to_owned() }
    }
}
