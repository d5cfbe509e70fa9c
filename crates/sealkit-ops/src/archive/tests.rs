//! Archives that were made to harm.

use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::Arc;

use sealkit_oci::{Digest, FileKind};
use sealkit_pack::tar::{Header, TRAILER, padding};
use sealkit_report::Hint as _;
use sealkit_store::StoreError;

use super::{BLOBS, INDEX_FILE, LAYOUT_BYTES, LAYOUT_FILE, Loaded, load};
use crate::network::{Client, ClientOptions};
use crate::{Context, Home, NoProgress, OpsError};

const KIT: &str = "application/vnd.kitops.modelkit.manifest.v1+json";
const CONFIG: &str = "application/vnd.kitops.modelkit.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn put(tar: &mut Vec<u8>, path: &str, body: &[u8]) {
    let size = body.len() as u64;
    tar.extend(Header { path, kind: FileKind::File, mode: 0o644, size }.encode());
    tar.extend(body);
    tar.resize(tar.len() + padding(size), 0);
}

/// An archive of one kit whose index has a row for each of `names`.
fn archive(names: impl Iterator<Item = String>) -> Vec<u8> {
    let config = br#"{"manifestVersion":"1.0.0"}"#;
    let kit = format!(
        r#"{{"schemaVersion":2,"artifactType":"{KIT}","config":{{"mediaType":"{CONFIG}","digest":"{}","size":{}}},"layers":[]}}"#,
        Digest::of(config),
        config.len()
    );
    let digest = Digest::of(kit.as_bytes());
    let mut rows = String::new();
    for name in names {
        let comma = if rows.is_empty() { "" } else { "," };
        let _ = write!(
            rows,
            r#"{comma}{{"mediaType":"{MANIFEST}","digest":"{digest}","size":{},"annotations":{{"org.opencontainers.image.ref.name":"{name}"}}}}"#,
            kit.len()
        );
    }
    let mut tar = Vec::new();
    put(&mut tar, LAYOUT_FILE, LAYOUT_BYTES);
    put(&mut tar, INDEX_FILE, format!(r#"{{"schemaVersion":2,"manifests":[{rows}]}}"#).as_bytes());
    for blob in [config.as_slice(), kit.as_bytes()] {
        put(&mut tar, &format!("{BLOBS}/{}", Digest::of(blob).hex()), blob);
    }
    tar.extend(TRAILER);
    tar
}

async fn loaded(names: impl Iterator<Item = String>) -> Result<Vec<Loaded>, OpsError> {
    let home = tempfile::tempdir().unwrap();
    let context = Context {
        home: Home::new(home.path()),
        client: Arc::new(Client::new(ClientOptions::default())),
        concurrency: 1,
        progress: Arc::new(NoProgress),
        clock: || 0,
        served: None,
        s3: None,
    };
    load(&context, Box::new(Cursor::new(archive(names))), "kit.tar", None).await
}

#[tokio::test]
async fn a_kit_may_have_many_names_but_not_endlessly_many() {
    let names = |count| (0..count).map(|at| format!("a/b:t{at}"));
    assert_eq!(loaded(names(3)).await.unwrap().len(), 3);
    let error = loaded(names(10_001)).await.unwrap_err();
    assert_eq!(error.code(), "limit-exceeded");
    assert!(matches!(error, OpsError::Store(StoreError::Limit { what: "manifests", .. })));
}

#[tokio::test]
async fn a_name_is_no_command_to_be_copied() {
    let kits = loaded(std::iter::once("$(reboot)".to_owned())).await.unwrap();
    let [warning] = kits[0].warnings.as_slice() else { panic!("{kits:?}") };
    assert!(warning.ends_with("NAME:TAG`"), "{warning}");
    let kits = loaded(std::iter::once("v1".to_owned())).await.unwrap();
    assert!(kits[0].warnings[0].ends_with("NAME:v1`"), "{kits:?}");
}
