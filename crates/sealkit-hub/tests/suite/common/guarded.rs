//! A hub with tokens over a storage of its own.

use std::sync::Arc;

use sealkit_attest::log::NoteSigner;
use sealkit_hub::log::{Log, LoggedNames, MemoryLog};
use sealkit_hub::{
    Access, Advisories, CatalogIndex, Data, Events, HubOptions, Issuers, NewToken, Quarantine,
    RateLimits, Rules, Storage, TokenKeys, Tokens,
};
use sealkit_oci::{Digest, media_type};
use sealkit_testkit::{Kit, Reply};

use super::TestHub;
use super::looking::index_of;

pub struct Guarded {
    pub hub: TestHub,
    pub tokens: Tokens,
    pub rules: Rules,
    pub issuers: Issuers,
    pub storage: Storage,
    pub folder: tempfile::TempDir,
}

impl Guarded {
    pub async fn start(anonymous_read: bool) -> Self {
        Self::with(anonymous_read, |_, _| {}).await
    }

    pub async fn with(
        anonymous_read: bool,
        change: impl FnOnce(&mut HubOptions, &Storage),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let tokens = Tokens::of(&storage).await.unwrap();
        let keys = Arc::new(TokenKeys::open(folder.path()).unwrap());
        let issuers = Issuers::of(&storage).await.unwrap();
        let access = Access {
            tokens: tokens.clone(),
            keys,
            anonymous_read,
            address: None,
            limits: None,
            issuers: Some(issuers.clone()),
        };
        let signer = NoteSigner::from_seed("hub.example", &[7; 32]).unwrap();
        let log = Arc::new(Log::open(Arc::new(MemoryLog::default()), signer).unwrap().0);
        let names = LoggedNames::of_storage(&storage, Arc::clone(&log));
        let events = Events::of(&storage).await.unwrap();
        let rules = Rules::of(&storage).await.unwrap();
        let given = rules.clone();
        let quarantine = Quarantine::of(&storage, Some(Arc::clone(&log))).await.unwrap();
        let advisories = Advisories::of(&storage).await.unwrap();
        let data = Data { storage: storage.clone(), folder: folder.path().to_owned() };
        let hub = TestHub::over(Arc::new(names), |options| {
            options.rules = Some(given);
            options.quarantine = Some(quarantine);
            options.advisories = Some(advisories);
            options.data = Some(data);
            options.events = Some(events);
            options.registry.sessions = storage.sessions();
            options.access = Some(access);
            options.log = Some(log);
            change(options, &storage);
        });
        Self { hub: hub.await, tokens, rules, issuers, storage, folder }
    }

    /// One that has a catalogue with a home in `dir`; it looks at kits when its index is started.
    pub async fn looking(dir: &std::path::Path) -> (Self, CatalogIndex) {
        let mut made = None;
        let guarded = Self::with(false, |options, storage| {
            let index = index_of(storage, dir);
            options.catalog = Some(index.clone());
            made = Some(index);
        });
        (guarded.await, made.unwrap())
    }

    pub async fn token(&self, user: &str, scopes: &[&str]) -> String {
        self.tokens.add(new(user, scopes, None)).await.unwrap().0
    }

    pub async fn ask(&self, token: &str, method: &str, path: &str, body: &[u8]) -> Reply {
        let bearer = format!("Bearer {token}");
        self.hub.client.send(method, path, &[("Authorization", &bearer)], body).await
    }

    /// A page, as a browser asks for it.
    pub async fn page(&self, token: &str, path: &str) -> (u16, String) {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str()), ("Accept", "text/html")];
        let reply = self.hub.client.send("GET", path, &headers, b"").await;
        (reply.status, String::from_utf8(reply.body).unwrap())
    }

    /// Sends a form, with these headers about where it was.
    pub async fn form(&self, token: &str, path: &str, from: &[(&str, &str)], body: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let headers = [&[("Authorization", bearer.as_str()), kind], from].concat();
        self.hub.client.send("POST", path, &headers, body.as_bytes()).await
    }

    /// Pushes a blob; gives its digest.
    pub async fn push(&self, token: &str, name: &str, bytes: &[u8]) -> Digest {
        let begun = self.ask(token, "POST", &format!("/v2/{name}/blobs/uploads/"), b"").await;
        assert_eq!(begun.status, 202);
        let digest = Digest::of(bytes);
        let path = format!("{}?digest={digest}", begun.header("location"));
        assert_eq!(self.ask(token, "PUT", &path, bytes).await.status, 201);
        digest
    }

    /// Pushes a kit as a client does: what it is made of, then the manifest under a tag.
    pub async fn push_kit(&self, token: &str, name: &str, tag: &str, kit: &Kit) {
        for bytes in kit.layers.iter().chain([&kit.config]) {
            self.push(token, name, bytes).await;
        }
        let (bearer, kind) = (format!("Bearer {token}"), &kit.manifest.descriptor().media_type);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind.as_str())];
        let path = format!("/v2/{name}/manifests/{tag}");
        let pushed = self.hub.client.send("PUT", &path, &headers, kit.manifest.bytes()).await;
        assert_eq!(pushed.status, 201, "{}", String::from_utf8_lossy(&pushed.body));
    }

    /// Sets a tag to an index that differs by `text`.
    pub async fn tag(&self, token: &str, name: &str, tag: &str, text: &str) -> Reply {
        let (bearer, kind) = (format!("Bearer {token}"), media_type::OCI_INDEX);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind)];
        let path = format!("/v2/{name}/manifests/{tag}");
        self.hub.client.send("PUT", &path, &headers, index(text).as_bytes()).await
    }
}

/// The smallest document that can have a tag.
pub fn index(text: &str) -> String {
    let kind = media_type::OCI_INDEX;
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{kind}","manifests":[],"annotations":{{"a":"{text}"}}}}"#
    )
}

pub fn new(user: &str, scopes: &[&str], expires: Option<i64>) -> NewToken {
    let scopes = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
    NewToken { user: user.to_owned(), name: "test".to_owned(), scopes, expires }
}

/// A second hub over the same storage, with other issuers.
pub async fn exchanging(guarded: &Guarded, issuers: Issuers) -> TestHub {
    let keys = Arc::new(TokenKeys::open(guarded.folder.path()).unwrap());
    let access = Access {
        tokens: guarded.tokens.clone(),
        keys,
        anonymous_read: false,
        address: None,
        limits: None,
        issuers: Some(issuers),
    };
    let names = Arc::new(guarded.storage.clone());
    TestHub::over(names, |options| options.access = Some(access)).await
}

/// A hub that lets each token ask so often a second.
pub async fn limited(per_second: u32) -> Guarded {
    Guarded::with(false, |options, _| {
        let limits = Some(Arc::new(RateLimits::new(per_second)));
        options.access = options.access.take().map(|access| Access { limits, ..access });
    })
    .await
}
