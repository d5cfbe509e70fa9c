//! A hub with a catalogue and a trust file, and kits with statements of people whom it knows or not.

use std::sync::Arc;

use sealkit_attest::{
    Advisory, AdvisoryState, Bundle, CosignSign, HintStyle, Predicate, PrivateKey, Signer as _,
    Statement, Subject, Timestamp,
};
use sealkit_hub::{CatalogIndex, Namespace, Running};
use sealkit_oci::{Digest, media_type};
use sealkit_ops::Home;
use sealkit_ops::trust::{self, Role, TrustedKey};
use sealkit_store::Memory;
use sealkit_testkit::{Kit, KitBuilder};

use super::TestHub;
use super::looking::index_over;

/// A hub that trusts `Ada`, a signer, and `bot`, who may not revoke.
pub struct Trusting {
    pub hub: TestHub,
    pub index: CatalogIndex,
    pub ada: PrivateKey,
    pub bot: PrivateKey,
    pub stranger: PrivateKey,
    pub dir: tempfile::TempDir,
    /// What looks at kits; it stops where this is taken away.
    pub running: Option<Running>,
}

impl Trusting {
    pub async fn start() -> Self {
        let trusting = Self::without_trust().await;
        trusting.trust(&trusting.ada, "Ada", Role::Signer);
        trusting.trust(&trusting.bot, "bot", Role::Named("build".to_owned()));
        trusting
    }

    /// The same with an empty trust file.
    pub async fn without_trust() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let names: Arc<dyn Namespace> = Arc::new(Memory::new());
        let index = index_over(&names, dir.path());
        let own = index.clone();
        let hub = TestHub::over(names, |options| options.catalog = Some(own)).await;
        let running = index.start();
        let (ada, bot, stranger) = (key(1), key(2), key(3));
        Self { hub, index, ada, bot, stranger, dir, running }
    }

    pub fn trust(&self, key: &PrivateKey, name: &str, role: Role) {
        trust::add(&Home::new(self.dir.path()), TrustedKey::new(key.public_key(), name, role))
            .unwrap();
    }

    /// Pushes a kit so that the catalogue is told of it.
    pub async fn push(&self, name: &str, tag: &str, builder: &KitBuilder) -> Kit {
        let kit = builder.build();
        self.hub.push(name, tag, &kit).await;
        kit
    }

    /// Attaches bytes as a bundle.
    pub async fn attach(&self, name: &str, kit: &Kit, bundle: &[u8]) {
        kit.attach(self.hub.repository(name).as_ref(), media_type::SIGSTORE_BUNDLE, bundle).await;
    }

    /// Signs a statement about a kit and attaches it; gives its bytes.
    pub async fn state<P: Predicate>(
        &self,
        name: &str,
        kit: &Kit,
        key: &PrivateKey,
        predicate: &P,
    ) -> Vec<u8> {
        let bundle = bundle(kit.manifest.digest(), key, predicate);
        self.attach(name, kit, &bundle).await;
        bundle
    }

    pub async fn get(&self, path: &str) -> String {
        let reply = self.hub.client.get(path).await;
        let text = String::from_utf8(reply.body.clone()).unwrap();
        assert_eq!(reply.status, 200, "{path}: {text}");
        text
    }

    pub async fn json(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.get(path).await).unwrap()
    }

    /// Every link of a page leads somewhere.
    pub async fn follows_links(&self, path: &str) {
        let page = self.get(path).await;
        for link in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let link = link.replace("&amp;", "&");
            let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let text = if target.is_empty() {
                page.clone()
            } else {
                let reply = self.hub.client.get(target).await;
                assert_eq!(reply.status, 200, "{path} -> {link}");
                String::from_utf8_lossy(&reply.body).into_owned()
            };
            assert!(
                anchor.is_empty() || text.contains(&format!("id=\"{anchor}\"")),
                "{path} -> {link}"
            );
        }
    }
}

/// A key of its own for each seed.
pub fn key(seed: u8) -> PrivateKey {
    let mut random = |bytes: &mut [u8]| bytes.fill(seed);
    PrivateKey::generate(&mut random).unwrap()
}

pub fn bundle<P: Predicate>(digest: &Digest, key: &PrivateKey, predicate: &P) -> Vec<u8> {
    let made = Statement::new(vec![Subject::of(digest)], predicate).unwrap();
    Bundle::sign(&made, key, HintStyle::Cosign).unwrap().into_bytes()
}

pub fn signature() -> CosignSign {
    CosignSign {}
}

pub fn advisory(id: &str, state: AdvisoryState, reason: &str, at: i64) -> Advisory {
    Advisory {
        id: id.to_owned(),
        state,
        reason: reason.to_owned(),
        severity: None,
        issued_on: Timestamp::from_unix(at).unwrap(),
        concerns: Vec::new(),
        references: Vec::new(),
    }
}
