//! A hub with everything that a hub can have, and a kit in it.

use std::sync::Arc;

use axum::Router;
use sealkit_hub::log::{Log, LoggedNames};
use sealkit_hub::{
    Access, Advisories, Aiboms, CatalogIndex, Events, Hub, HubKey, HubOptions, Issuers, Namespace,
    NewToken, Quarantine, Rules, Running, Storage, TokenKeys, Tokens, tagged_versions,
};
use sealkit_oci::media_type;
use sealkit_ops::catalog::index::Catalog;
use sealkit_testkit::{Kit, KitBuilder, Reply};

use super::TestHub;
use super::looking::context;

pub struct Whole {
    pub hub: TestHub,
    /// The same hub again, to be looked at.
    pub router: Router,
    pub admin: String,
    /// `org/kit:v1`; `v2` differs.
    pub kit: Kit,
    tokens: Tokens,
    index: CatalogIndex,
    _running: Option<Running>,
    _folder: tempfile::TempDir,
}

impl Whole {
    pub async fn start() -> Self {
        Self::with(false).await
    }

    /// One that lets anyone read, or not.
    pub async fn with(anonymous_read: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let tokens = Tokens::of(&storage).await.unwrap();
        let admin = token(&tokens, "admin:*").await;
        let (log, _) = Log::open_folder(&folder.path().join("log"), Some("hub.test")).unwrap();
        let log = Arc::new(log);
        let names: Arc<dyn Namespace> =
            Arc::new(LoggedNames::of_storage(&storage, Arc::clone(&log)));
        let versions = tagged_versions(Arc::clone(&names));
        let catalog = Catalog::in_memory().unwrap();
        let looking = context(folder.path());
        let index = CatalogIndex::with(catalog, Arc::clone(&names), versions, looking);
        let key = HubKey::open(folder.path()).unwrap();
        let aiboms = Aiboms::of(&storage, Arc::clone(&names), key, None).await.unwrap();
        let index = index.storing(aiboms.clone());
        let access = Access {
            tokens: tokens.clone(),
            keys: Arc::new(TokenKeys::open(folder.path()).unwrap()),
            anonymous_read,
            address: None,
            limits: None,
            issuers: Some(Issuers::of(&storage).await.unwrap()),
        };
        let quarantine = Quarantine::of(&storage, Some(Arc::clone(&log))).await.unwrap();
        let advisories = Advisories::of(&storage).await.unwrap();
        let events = Events::of(&storage).await.unwrap();
        let rules = Rules::of(&storage).await.unwrap();
        let mut again = None;
        let hub = TestHub::over(Arc::clone(&names), |options: &mut HubOptions| {
            options.registry.sessions = storage.sessions();
            options.access = Some(access);
            options.log = Some(log);
            options.catalog = Some(index.clone());
            options.aiboms = Some(aiboms);
            options.quarantine = Some(quarantine);
            options.advisories = Some(advisories);
            options.events = Some(events);
            options.rules = Some(rules);
            again = Some(options.clone());
        })
        .await;
        let router = Hub::new(Arc::clone(&names), again.unwrap()).insecure_routes();
        let running = index.start();
        let kit = builder("one").build();
        let whole =
            Self { hub, router, admin, kit, tokens, index, _running: running, _folder: folder };
        whole.fill().await;
        whole
    }

    async fn fill(&self) {
        self.push("org/kit", "v1", &self.kit).await;
        self.push("org/kit", "v2", &builder("second").build()).await;
        self.push("kit", "v1", &self.kit).await;
        self.push("kit", "v2", &builder("second").build()).await;
        self.push("other", "v1", &KitBuilder::small("other").build()).await;
        self.kit.store_table(self.hub.repository("org/kit").as_ref()).await;
        self.index.settled().await.unwrap();
        let manifest = format!("/v2/org/kit/manifests/{}", self.kit.manifest.digest());
        assert_eq!(self.ask("GET", &manifest, &[], b"").await.status, 200);
    }

    /// A token with this scope.
    pub async fn token(&self, scope: &str) -> String {
        token(&self.tokens, scope).await
    }

    /// Puts a kit so that the hub is told of it.
    pub async fn push(&self, name: &str, tag: &str, kit: &Kit) {
        kit.store(self.hub.repository(name).as_ref(), None).await;
        let path = format!("/v2/{name}/manifests/{tag}");
        let headers = [("content-type", media_type::OCI_MANIFEST)];
        let reply = self.ask("PUT", &path, &headers, kit.manifest.bytes()).await;
        assert_eq!(reply.status, 201, "{path}");
    }

    /// Asks as who may do everything.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let bearer = format!("Bearer {}", self.admin);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        self.hub.client.send(method, path, &all, body).await
    }

    /// A path as the description has it, with values for its parameters.
    pub fn filled(&self, path: &str) -> String {
        let digest = self.kit.manifest.digest().to_string();
        path.replace("{name}", "org%2Fkit")
            .replace("{reference}", "v1")
            .replace("{tag}", "v1")
            .replace("{id}", "1")
            .replace("{digest}", &digest)
            .replace("{*path}", "model.safetensors")
    }
}

fn builder(name: &str) -> KitBuilder {
    let header = r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let mut weights = (header.len() as u64).to_le_bytes().to_vec();
    weights.extend(header.bytes());
    weights.extend([name.len() as u8, 0, 0, 0]);
    KitBuilder::new(name)
        .model("model.safetensors", &weights)
        .dataset("data.csv", name.as_bytes())
        .docs("figure.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0")
        .docs("README.md", b"---\nlicense: mit\n---\n# It knows whales\n")
}

async fn token(tokens: &Tokens, scope: &str) -> String {
    let scopes = vec![scope.parse().unwrap()];
    let new = NewToken { user: "boss".into(), name: "test".into(), scopes, expires: None };
    tokens.add(new).await.unwrap().0
}
