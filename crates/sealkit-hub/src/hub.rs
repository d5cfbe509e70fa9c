//! The hub as one router.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use sealkit_registry::{Guard, Options, Registry, UploadSessions};
use sealkit_store::Namespace;
use tokio::sync::Semaphore;

use crate::access::{Access, CallerGuard, flow, oidc};
use crate::advisories::{self, Advisories};
use crate::catalog::{CatalogIndex, CatalogWatch};
use crate::events::{self, EventWatch, Events};
use crate::files::Lists;
use crate::front::{Front, Served};
use crate::gate::{self, Gate, GateGuard};
use crate::log::{Log, routes};
use crate::observe::{Data, Observed};
use crate::quarantine::{self, Quarantine, QuarantineGuard};
use crate::rules::{RuleGuard, RuleWatch, Rules};
use crate::{
    Aiboms, Guards, HubError, Tls, Tokens, admin, aibom, answers, api, badges, catalog, compare,
    history, lineage, owners, policies, provenance, security, trial, view, web,
};

/// How the hub behaves.
#[derive(Clone)]
pub struct HubOptions {
    /// How its registry behaves.
    pub registry: Options,
    /// Lets the hub listen where other machines can reach it, although connections are not encrypted
    /// and tokens can be read on the way.
    pub insecure_listen_anywhere: bool,
    /// Lets the hub listen where other machines can reach it, although it asks nobody for a token.
    pub insecure_no_tokens: bool,
    /// Certificate and key; none serves plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// The storage of the namespace, whose health and numbers are shown.
    pub data: Option<Data>,
    /// Who may do what; none lets everyone who reaches the hub do everything.
    pub access: Option<Access>,
    /// Most connections that are served at once; more wait. One on which nothing was said yet is not served.
    pub connections: usize,
    /// How long a client may take to send the head of a request, and before that to shake hands where
    /// there is TLS.
    pub header_timeout: Duration,
    /// How long open requests may go on after the hub was told to stop.
    pub drain: Duration,
    /// The transparency log of the namespace that is served, a [`LoggedNames`](crate::log::LoggedNames).
    pub log: Option<Arc<Log>>,
    /// What is not given out for now; none where nothing can be put under quarantine.
    pub quarantine: Option<Quarantine>,
    /// Where what is done and refused is written down; none writes nothing.
    pub events: Option<Events>,
    /// Which tags stay and how much may be held; without them every tag moves.
    pub rules: Option<Rules>,
    /// Advisories that are attached here; none where they can not be listed.
    pub advisories: Option<Advisories>,
    /// What judges kits before they are tagged; none lets every kit be tagged.
    pub gate: Option<Gate>,
    /// What the kits contain; none where nobody asks.
    pub catalog: Option<CatalogIndex>,
    /// The AIBOMs that this hub makes; none where it has no key of its own.
    pub aiboms: Option<Aiboms>,
}

impl HubOptions {
    /// Loopback only, 512 connections, 10 seconds for a request's head, 10 seconds to drain.
    pub fn new(sessions: Arc<dyn UploadSessions>) -> Self {
        Self {
            registry: Options::new(sessions),
            insecure_listen_anywhere: false,
            insecure_no_tokens: false,
            tls: None,
            data: None,
            access: None,
            connections: 512,
            header_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(10),
            log: None,
            quarantine: None,
            gate: None,
            advisories: None,
            catalog: None,
            aiboms: None,
            events: None,
            rules: None,
        }
    }
}

impl HubOptions {
    /// Whether a hub that `asks` for tokens may listen on `addr`: beyond loopback only where connections
    /// are encrypted too, or where somebody said otherwise.
    pub fn may_listen(&self, addr: SocketAddr, asks: bool) -> Result<(), HubError> {
        if addr.ip().is_loopback() || self.insecure_listen_anywhere {
            return Ok(());
        }
        match &self.tls {
            None => Err(HubError::NotLoopback { addr, is_open: !asks }),
            Some(_) if !asks && !self.insecure_no_tokens => Err(HubError::OpenToAll(addr)),
            Some(_) => Ok(()),
        }
    }

    /// Whether requests under any host name are answered. Behind TLS a name that was made to point
    /// at this machine has no certificate that a browser takes.
    fn any_host(&self) -> bool {
        self.insecure_listen_anywhere || self.tls.is_some()
    }
}

/// A hub over one namespace.
pub struct Hub {
    namespace: Arc<dyn Namespace>,
    pub(crate) options: HubOptions,
    pub(crate) observed: Observed,
}

/// Requests that read inside kits at the same time; each may use up to its budget of memory.
const READERS: usize = 4;

/// What the handlers of the API share.
pub(crate) struct Shared {
    pub(crate) namespace: Arc<dyn Namespace>,
    /// The registry, for pages whose forms do what a client of it does.
    pub(crate) registry: Router,
    pub(crate) readers: Semaphore,
    pub(crate) quarantine: Option<Quarantine>,
    pub(crate) catalog: Option<Arc<catalog::Inner>>,
    pub(crate) aiboms: Option<Aiboms>,
    pub(crate) events: Option<Events>,
    pub(crate) rules: Option<Rules>,
    pub(crate) advisories: Option<Advisories>,
    pub(crate) gate: Option<Gate>,
    pub(crate) log: Option<Arc<Log>>,
    /// Those that the hub asks for; none where it asks nobody.
    pub(crate) tokens: Option<Tokens>,
    /// Where clients reach it, where the operator says so.
    pub(crate) address: Option<String>,
    pub(crate) data: Option<Data>,
    pub(crate) observed: Observed,
    /// What a sweep would remove, as it was counted last.
    pub(crate) sweep: admin::Sweep,
    pub(crate) statements: provenance::Kept,
    /// Lists of files that were made lately.
    pub(crate) lists: Arc<Lists>,
    /// Trials of policies at the same time.
    pub(crate) trials: Semaphore,
}

impl Hub {
    /// A hub that serves `namespace`.
    pub fn new(namespace: Arc<dyn Namespace>, options: HubOptions) -> Self {
        let observed = Observed::new(options.data.clone());
        Self { namespace, options, observed }
    }

    /// What is seen of it, to be shown on another address too.
    pub fn observed(&self) -> Observed {
        self.observed.clone()
    }

    /// Everything the hub serves: `/v2/`, `/api/v1/`, `/healthz`, the web pages, and `/log/` where there is
    /// a log, behind all that is seen of a request and asks who may do what.
    pub(crate) fn front(&self) -> Front {
        let (access, registry) = (self.options.access.clone(), self.registry());
        Front {
            numbers: Arc::clone(&self.observed.numbers),
            any_host: self.options.any_host(),
            storage: self.options.data.as_ref().map(|data| data.storage.clone()),
            events: self.options.events.clone().filter(|_| access.is_some()),
            access,
            routes: self.routes(registry.clone().routes()),
            registry,
        }
    }

    /// What the hub serves with nothing before it, so that nobody is asked who they are: for whoever lists the routes.
    /// Never serve it.
    #[doc(hidden)]
    pub fn insecure_routes(&self) -> Router {
        let registry = self.registry().routes();
        self.routes(registry.clone()).merge(registry)
    }

    /// What is served beside `registry`; some of it puts requests to that.
    fn routes(&self, registry: Router) -> Router {
        let mut router = self.observed.router();
        if let Some(quarantine) = &self.options.quarantine {
            router = router.merge(quarantine::router(quarantine.clone()));
        }
        if let Some(advisories) = &self.options.advisories {
            let context = self.options.catalog.as_ref().map(|index| index.inner().context.clone());
            router = router.merge(advisories::router(advisories.clone(), context));
        }
        if let Some(events) = &self.options.events {
            router = router.merge(events::router(events.clone()));
        }
        if let Some(access) = self.options.access.clone().map(Arc::new) {
            let flow = get(flow::get).post(flow::post).with_state(Arc::clone(&access));
            router = router.route("/token", flow);
            if let Some(issuers) = access.issuers.clone() {
                router = router.merge(oidc::router(access, issuers));
            }
        }
        if let Some(log) = &self.options.log {
            router = router.merge(routes::router(Arc::clone(log)));
        }
        router = router.merge(self.inside_of_kits(registry)).layer(from_fn(answers::tags));
        // With its state, which is nothing, it is made ready now and not at each request.
        router.fallback(web::nothing).with_state(())
    }

    /// What looks into kits: the API and the web pages over it.
    fn inside_of_kits(&self, registry: Router) -> Router {
        let shared = Shared {
            namespace: Arc::clone(&self.namespace),
            registry,
            readers: Semaphore::new(READERS),
            quarantine: self.options.quarantine.clone(),
            catalog: self.options.catalog.as_ref().map(CatalogIndex::inner),
            aiboms: self.options.aiboms.clone(),
            events: self.options.events.clone(),
            rules: self.options.rules.clone(),
            advisories: self.options.advisories.clone(),
            gate: self.options.gate.clone(),
            log: self.options.log.clone(),
            tokens: self.options.access.as_ref().map(|access| access.tokens.clone()),
            address: self.options.access.as_ref().and_then(|access| access.address.clone()),
            data: self.options.data.clone(),
            observed: self.observed.clone(),
            sweep: admin::Sweep::default(),
            statements: provenance::Kept::default(),
            lists: Arc::default(),
            trials: Semaphore::new(1),
        };
        let version = "/api/v1/kits/{name}/versions/{reference}";
        Router::new()
            .route("/api/v1/kits", get(api::kits))
            .route("/api/v1/kits/{name}/versions", get(api::versions))
            .route(version, get(api::detail))
            .route(&format!("{version}/files"), get(api::file_page))
            .route(&format!("{version}/files/{{*path}}"), get(api::content))
            .route("/api/v1/compare", get(api::compare))
            .merge(aibom::routes())
            .route("/api/v1/openapi.json", get(api::describe))
            .merge(compare::routes())
            .merge(catalog::routes())
            .merge(history::routes())
            .merge(badges::routes())
            .merge(owners::routes())
            .merge(policies::routes())
            .merge(trial::routes())
            .merge(admin::routes())
            .merge(provenance::routes())
            .merge(security::routes())
            .merge(lineage::routes())
            .merge(view::routes())
            .merge(web::routes())
            .layer(from_fn_with_state(self.options.gate.clone(), gate::content))
            .with_state(Arc::new(shared))
    }

    /// The registry, with who judges it and who is told.
    fn registry(&self) -> Served {
        let mut registry = self.options.registry.clone();
        registry.guard = self.guard();
        if let Some(index) = self.options.catalog.clone() {
            registry.watch = Arc::new(CatalogWatch { index, next: registry.watch });
        }
        if let Some(events) = self.options.events.clone() {
            registry.watch = Arc::new(EventWatch {
                events,
                advisories: self.options.advisories.clone(),
                next: registry.watch,
            });
        }
        if let Some(rules) = self.options.rules.clone() {
            registry.watch = Arc::new(RuleWatch { rules, next: registry.watch });
        }
        let registry = Registry::new(Arc::clone(&self.namespace), registry);
        let (is_logged, is_noted) = (self.options.log.is_some(), self.options.events.is_some());
        Served { registry, is_logged, is_noted }
    }

    /// Everything that judges what the registry is asked.
    fn guard(&self) -> Arc<dyn Guard> {
        let own = Arc::clone(&self.options.registry.guard);
        let mut guards: Vec<Arc<dyn Guard>> = vec![Arc::new(CallerGuard), own];
        if let Some(quarantine) = &self.options.quarantine {
            guards.push(Arc::new(QuarantineGuard(quarantine.clone())));
        }
        if let Some(gate) = &self.options.gate {
            guards.push(Arc::new(GateGuard(gate.clone())));
        }
        // Last: a tag that it claims is set right after.
        if let Some(rules) = &self.options.rules {
            guards.push(Arc::new(RuleGuard(rules.clone())));
        }
        Arc::new(Guards::new(guards))
    }
}
