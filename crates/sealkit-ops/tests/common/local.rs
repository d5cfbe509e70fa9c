//! A store with kits made by hand.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "only tests use this")]

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use sealkit_oci::{Digest, Reference};
use sealkit_ops::archive::{Loaded, load, save};
use sealkit_ops::network::{Client, ClientOptions};
use sealkit_ops::tags::{Move, RemoveRequest, history, remove};
use sealkit_ops::transfer::ReferrerPolicy;
use sealkit_ops::{Context, Home, Kit, NoProgress, OpsError, Place};
use sealkit_store::{Layout, Repository};
use sealkit_testkit::{Kit as TestKit, KitBuilder};
use tempfile::TempDir;

pub struct Stage {
    _root: TempDir,
    pub context: Context,
}

impl Stage {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let context = Context {
            home: Home::new(root.path().join("home")),
            client: Arc::new(Client::new(ClientOptions::default())),
            concurrency: 2,
            progress: Arc::new(NoProgress),
            clock: || 1_700_000_000,
            served: None,
            s3: None,
        };
        Self { _root: root, context }
    }

    pub fn store(&self) -> Layout {
        self.context.store().unwrap()
    }

    pub fn repository(&self, name: &str) -> Arc<dyn Repository> {
        Arc::new(self.store().repository(name))
    }

    pub async fn kit(&self, repository: &str, tag: &str, text: &str) -> TestKit {
        let builder = KitBuilder::new("kit").model("m.bin", text.as_bytes());
        builder.store(&*self.repository(repository), tag).await
    }

    pub fn digest_of(&self, reference: &str) -> Option<Digest> {
        let found = self.store().resolve(&parse(reference)).unwrap();
        found.map(|found| found.descriptor.digest)
    }

    pub fn remove(&self, reference: &str, force: bool) -> Result<Vec<String>, OpsError> {
        let reference = Some(parse(reference));
        let request = RemoveRequest { reference, force, ..RemoveRequest::default() };
        Ok(remove(&self.context, &request)?.into_iter().map(|removed| removed.name).collect())
    }

    pub fn moves(&self, reference: &str) -> Vec<Move> {
        history(&self.context, &parse(reference)).unwrap()
    }

    pub async fn archive(&self, reference: &str) -> Vec<u8> {
        let kit = Kit::open(&self.context, &Place::Local(parse(reference))).await.unwrap();
        let mut bytes = Vec::new();
        let label = Path::new("test.tar");
        let policy = ReferrerPolicy::Require;
        save(&self.context, &kit, Some(reference), policy, &mut bytes, label).await.unwrap();
        bytes
    }

    pub async fn load(&self, bytes: Vec<u8>) -> Result<Vec<Loaded>, OpsError> {
        load(&self.context, Box::new(Cursor::new(bytes)), "test.tar", None).await
    }

    pub fn is_empty(&self) -> bool {
        self.store().list().unwrap().is_empty()
    }
}

pub fn parse(text: &str) -> Reference {
    text.parse().unwrap()
}

pub fn attach_bytes(number: usize) -> Vec<u8> {
    format!("attached {number}").into_bytes()
}

/// A store with a kit and two things attached to it, one of them to the other.
pub async fn attached() -> (Stage, TestKit) {
    let stage = Stage::new();
    let kit = stage.kit("localhost/a", "v1", "one").await;
    let repository = stage.repository("localhost/a");
    kit.attach(&*repository, "x/first", &attach_bytes(1)).await;
    kit.store_table(&*repository).await;
    (stage, kit)
}
