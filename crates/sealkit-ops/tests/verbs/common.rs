//! A small project, sealed by a key that is trusted, in a store and at a registry on loopback.

use std::error::Error as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sealkit_oci::{Digest, Reference};
use sealkit_ops::keys::{PrivateKey, Signer as _};
use sealkit_ops::network::{Client, ClientOptions, Proxy};
use sealkit_ops::pack::KitfileSource;
use sealkit_ops::seal::{SealRequest, Sealed, seal};
use sealkit_ops::transfer::{ReferrerPolicy, push};
use sealkit_ops::trust::{Role, TrustedKey, add};
use sealkit_ops::{Context, Home, NoProgress, OpsError, Place};
use sealkit_report::Hint as _;
use sealkit_testkit::{TestRegistry, safetensors};
use tempfile::TempDir;

/// 2026-10-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_790_812_800;

const KITFILE: &str = "manifestVersion: 1.0.0
package: {name: small, version: 1.0.0, license: Apache-2.0, authors: [Ada]}
model: {name: m, path: models/m.safetensors, license: Apache-2.0}
datasets: [{name: train, path: data, license: MIT}]
code: [{path: train.py}]
docs: [{path: README.md}]
";

pub(crate) struct Stage {
    pub(crate) root: TempDir,
    pub(crate) context: Context,
}

impl Stage {
    /// An empty home whose trust store names the key of [`key`].
    pub(crate) fn new() -> Self {
        let stage = Self::distrusting();
        let key = TrustedKey::new(key(1).public_key(), "ada", Role::Signer);
        add(&stage.context.home, key).unwrap();
        stage
    }

    /// An empty home that trusts nobody.
    pub(crate) fn distrusting() -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut options =
            ClientOptions { plain_http: true, proxy: Proxy::Direct, ..ClientOptions::default() };
        options.retry.retries = 0;
        options.timeouts.idle = Duration::from_secs(5);
        let context = Context {
            home: Home::new(root.path().join("home")),
            client: Arc::new(Client::new(options)),
            concurrency: 2,
            progress: Arc::new(NoProgress),
            clock: || NOW,
            served: None,
            s3: None,
        };
        Self { root, context }
    }

    /// Writes a file below the folder of the stage.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// The project of a model, a dataset of two files, code and a page.
    pub(crate) fn project(&self, name: &str) -> PathBuf {
        let model = safetensors(&[("w", &[1, 2, 3, 4]), ("b", &[5, 6])]);
        self.write(&format!("{name}/models/m.safetensors"), model);
        self.write(&format!("{name}/data/train.csv"), "a,b\n1,2\n");
        self.write(&format!("{name}/data/test.csv"), "a,b\n3,4\n");
        self.write(&format!("{name}/train.py"), "print('hi')\n");
        self.write(&format!("{name}/README.md"), "# A model\n");
        self.write(&format!("{name}/Kitfile"), KITFILE);
        self.path(name)
    }

    pub(crate) fn request(dir: &Path, name: &str) -> SealRequest {
        SealRequest {
            dir: dir.to_owned(),
            kitfile: KitfileSource::Folder,
            name: Some(reference(name)),
            key: key(1),
            options: sealkit_ops::pack::PackOptions::default(),
            supplied: sealkit_ops::bom::aibom::Supplied::default(),
            created: None,
        }
    }

    pub(crate) async fn seal(&self, folder: &str, name: &str) -> Result<Sealed, OpsError> {
        seal(&self.context, Self::request(&self.path(folder), name)).await
    }

    /// The project, sealed under this name.
    pub(crate) async fn sealed(&self, name: &str) -> Digest {
        self.project("project");
        self.seal("project", name).await.unwrap().digest
    }

    /// The project, sealed and pushed to the registry; where it is there.
    pub(crate) async fn published(&self, registry: &TestRegistry) -> Place {
        let name = format!("{}/org/kit:v1", registry.host());
        self.sealed(&name).await;
        let (from, policy) = (reference(&name), ReferrerPolicy::Require);
        push(&self.context, &from, &from, policy).await.unwrap();
        registry.log().clear();
        Place::Remote(from)
    }

    /// Where the local store keeps a blob.
    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        self.context.store().unwrap().blob_path(digest)
    }

    /// Every blob of the local store.
    pub(crate) fn blobs(&self) -> Vec<PathBuf> {
        let dir = self.context.home.store().join("blobs/sha256");
        let mut all: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    }

    /// What lies directly in the folder of the stage, but the home.
    pub(crate) fn beside(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != "home").collect();
        names.sort();
        names
    }
}

/// The same key for the same number, always.
pub(crate) fn key(number: u8) -> PrivateKey {
    let mut seed = number.wrapping_mul(16);
    PrivateKey::generate(&mut |out| {
        seed += 1;
        out.fill(seed);
    })
    .unwrap()
}

pub(crate) fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

pub(crate) fn local(text: &str) -> Place {
    Place::Local(reference(text))
}

/// The error with all its causes, as the binary renders it.
pub(crate) fn whole(error: &OpsError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The error has this code, names all of `words`, and its hint has `next`.
#[track_caller]
pub(crate) fn says<T: std::fmt::Debug>(
    result: Result<T, OpsError>,
    code: &str,
    words: &[&str],
    next: &str,
) {
    let error = result.unwrap_err();
    let (text, hint) = (whole(&error), error.hint().unwrap_or_default());
    assert_eq!(error.code(), code, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
    assert!(hint.contains(next), "`{next}` is not in the hint `{hint}` of: {text}");
}

/// Replaces a file of the store, whose files can not be written.
pub(crate) fn overwrite(path: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(path);
    fs::write(path, bytes).unwrap();
}
