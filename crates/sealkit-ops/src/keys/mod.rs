//! Signing keys: cosign's encrypted key files, made and read.

mod external;
mod identity;

use std::path::{Path, PathBuf};

pub use external::{DEFAULT_SIGNER_TIMEOUT, ExternalSigner};
pub use identity::{SigningIdentity, read_certificates, read_chain};
use sealkit_attest::{AttestError, PublicKey, key_file_needs_password};
pub use sealkit_attest::{PrivateKey, Signer};
use zeroize::Zeroizing;

use crate::trust::file::{self, Readers};
use crate::{Home, OpsError, trust};

/// Largest private key file that is read, in bytes.
const MAX_KEY: u64 = 64 << 10;
/// Name of the user's own key below the folder of keys.
const OWN: &str = "sealkit";

/// What a password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFor<'a> {
    /// A key that is being made: it is asked twice.
    New(&'a Path),
    /// A key that is there.
    Existing(&'a Path),
}

/// A password, wiped when it is dropped.
pub type Password = Zeroizing<Vec<u8>>;

/// Gets a password from the person or the environment.
pub type AskPassword<'a> = &'a mut dyn FnMut(PasswordFor<'_>) -> Result<Password, OpsError>;

/// A key pair that was made.
#[derive(Clone, Debug)]
pub struct GeneratedKey {
    /// File of the private key.
    pub private: PathBuf,
    /// File of the public key.
    pub public: PathBuf,
    /// The public key.
    pub key: PublicKey,
}

/// A key that is ready to sign.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// The key.
    pub key: PrivateKey,
    /// Its file.
    pub path: PathBuf,
    /// Whether it was made just now.
    pub made: bool,
    /// Whether it is the user's own key of the home folder.
    pub own: bool,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// Makes `PREFIX.key` and `PREFIX.pub`. Without `force`, files that are there are kept, and nothing
/// is written.
pub fn generate(
    prefix: &Path,
    force: bool,
    ask: AskPassword<'_>,
) -> Result<GeneratedKey, OpsError> {
    let (private, public) = (with_ending(prefix, ".key"), with_ending(prefix, ".pub"));
    if !force {
        refuse_existing(&private)?;
        refuse_existing(&public)?;
    }
    let password = ask(PasswordFor::New(&private))?;
    let key = new_key()?;
    let text = encrypted(&key, &password)?;
    let pem = key.public_key().to_pem();
    if force {
        file::replace(&private, text.as_bytes(), Readers::Owner)?;
        file::replace(&public, pem.as_bytes(), Readers::All)?;
    } else {
        if !file::create(&public, pem.as_bytes(), Readers::All)? {
            return Err(exists(&public));
        }
        match file::create(&private, text.as_bytes(), Readers::Owner) {
            Ok(true) => {}
            other => {
                // A public key without its private one would only mislead.
                let _ = std::fs::remove_file(&public);
                return Err(other.err().unwrap_or_else(|| exists(&private)));
            }
        }
    }
    Ok(GeneratedKey { private, public, key: key.public_key() })
}

/// The key at `path`, or the user's own, which is made and trusted on first use.
pub fn signing_key(
    home: &Home,
    path: Option<&Path>,
    ask: AskPassword<'_>,
) -> Result<SigningKey, OpsError> {
    if let Some(path) = path {
        return read(path, false, ask);
    }
    let path = with_ending(&home.keys().join(OWN), ".key");
    if path.exists() { read(&path, true, ask) } else { make_own(home, path, ask) }
}

/// Reads a private key file.
fn read(path: &Path, own: bool, ask: AskPassword<'_>) -> Result<SigningKey, OpsError> {
    let bytes = file::require(path, MAX_KEY)?;
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
    let needs = key_file_needs_password(&text).map_err(|error| wrong(path, error))?;
    let password = if needs { Some(ask(PasswordFor::Existing(path))?) } else { None };
    let key = PrivateKey::from_pem(&text, password.as_ref().map(|p| p.as_slice()))
        .map_err(|error| wrong(path, error))?;
    Ok(SigningKey { key, path: path.to_owned(), made: false, own, warnings: readable(path) })
}

/// Trust and public key come before the private key, so that a key that can be found is complete.
fn make_own(home: &Home, path: PathBuf, ask: AskPassword<'_>) -> Result<SigningKey, OpsError> {
    let password = ask(PasswordFor::New(&path))?;
    file::private_dir(&home.keys())?;
    let lock = file::lock(&path)?;
    if path.exists() {
        drop(lock);
        return read(&path, true, &mut |_| Ok(password.clone()));
    }
    let key = new_key()?;
    let text = encrypted(&key, &password)?;
    let public = key.public_key();
    file::replace(
        &with_ending(&home.keys().join(OWN), ".pub"),
        public.to_pem().as_bytes(),
        Readers::All,
    )?;
    trust::add_own(home, &public)?;
    file::replace(&path, text.as_bytes(), Readers::Owner)?;
    Ok(SigningKey { key, path, made: true, own: true, warnings: Vec::new() })
}

pub(crate) fn new_key() -> Result<PrivateKey, OpsError> {
    let mut broken = false;
    let key = PrivateKey::generate(&mut |out| broken |= getrandom::fill(out).is_err())?;
    if broken { Err(AttestError::RandomSource.into()) } else { Ok(key) }
}

fn encrypted(key: &PrivateKey, password: &[u8]) -> Result<Zeroizing<String>, OpsError> {
    let mut broken = false;
    let text =
        key.to_encrypted_pem(password, &mut |out| broken |= getrandom::fill(out).is_err())?;
    if broken { Err(AttestError::RandomSource.into()) } else { Ok(Zeroizing::new(text)) }
}

fn wrong(path: &Path, error: AttestError) -> OpsError {
    if !matches!(error, AttestError::WrongPassword) {
        return OpsError::in_file(path, error);
    }
    let message = format!("the password does not open `{}`", path.display());
    OpsError::usage("wrong-password", message)
        .with_hint("try the password with which the key was made")
}

/// Warns of a key file that others can read.
fn readable(path: &Path) -> Vec<String> {
    #[cfg(unix)]
    if let Ok(meta) = std::fs::metadata(path) {
        use std::os::unix::fs::PermissionsExt as _;
        if meta.permissions().mode() & 0o077 != 0 {
            let shown = path.display();
            return vec![format!(
                "key file `{shown}` can be read by others: run `chmod 600 {shown}`"
            )];
        }
    }
    Vec::new()
}

fn refuse_existing(path: &Path) -> Result<(), OpsError> {
    if std::fs::symlink_metadata(path).is_ok() { Err(exists(path)) } else { Ok(()) }
}

fn exists(path: &Path) -> OpsError {
    OpsError::usage("key-exists", format!("`{}` exists already", path.display()))
        .with_hint("choose another name with `-o PREFIX`, or replace it with `--force`")
}

fn with_ending(prefix: &Path, ending: &str) -> PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
