//! Small stores for the tests of this folder.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses what it needs")]

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sealkit_oci::{Descriptor, Manifest, Raw, media_type};
use sealkit_store::{BlobWriter, Layout, LayoutWriter, Naming};

pub const REPO: &str = "localhost/foo";

pub fn store() -> (tempfile::TempDir, Layout) {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::create(folder.path().join("s"), Naming::Store).unwrap();
    (folder, layout)
}

pub fn blob(layout: &Layout, bytes: &[u8]) -> Descriptor {
    blob_with(&layout.blob_writer(), bytes)
}

fn blob_with(writer: &LayoutWriter, bytes: &[u8]) -> Descriptor {
    let mut write = writer.create().unwrap();
    write.write_all(bytes).unwrap();
    let (digest, size) = write.commit().unwrap();
    Descriptor::new("application/octet-stream", digest, size)
}

/// The bytes of a manifest of one layer that holds `text`, with its blobs written.
pub fn manifest(layout: &Layout, text: &str, subject: Option<&Descriptor>) -> Vec<u8> {
    manifest_with(&layout.blob_writer(), text, subject)
}

fn manifest_with(writer: &LayoutWriter, text: &str, subject: Option<&Descriptor>) -> Vec<u8> {
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(media_type::OCI_MANIFEST.to_owned()),
        artifact_type: Some("application/x-test".to_owned()),
        config: blob_with(writer, b"{}"),
        layers: Some(vec![blob_with(writer, text.as_bytes())]),
        subject: subject.map(Descriptor::bare),
        annotations: [("k".to_owned(), text.to_owned())].into(),
    };
    Raw::build(media_type::OCI_MANIFEST, manifest).unwrap().into_bytes()
}

pub fn put(layout: &Layout, repository: &str, text: &str, tag: Option<&str>) -> Descriptor {
    // Held until the manifest names the blobs: `gc` may run in another process.
    let writer = layout.blob_writer();
    let bytes = manifest_with(&writer, text, None);
    layout.put_manifest(repository, media_type::OCI_MANIFEST, &bytes, tag).unwrap()
}

pub fn refer(layout: &Layout, repository: &str, text: &str, subject: &Descriptor) -> Descriptor {
    let writer = layout.blob_writer();
    let bytes = manifest_with(&writer, text, Some(subject));
    layout.put_manifest(repository, media_type::OCI_MANIFEST, &bytes, None).unwrap()
}

/// The same layout two days later, so that everything in it is old.
pub fn later(layout: &Layout) -> Layout {
    layout.clone().with_clock(Arc::new(|| SystemTime::now() + Duration::from_hours(48)))
}

/// Numbers that look random and are the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below.max(1)
    }
}
