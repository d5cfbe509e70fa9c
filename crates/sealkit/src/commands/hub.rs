//! `sealkit hub`.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sealkit_hub::log::{Log, LoggedNames};
use sealkit_hub::{
    Access, Advisories, Data, Events, Hub, HubOptions, Namespace, Quarantine, RateLimits, Rules,
    SpoolLimits, SpoolSessions, Storage, StoreNames, TokenKeys, Tokens, UploadSessions,
};
use sealkit_ops::OpsError;
use tokio::net::TcpListener;

use super::hub_serve::{self, Stops};
use super::{hub_catalog, hub_gate, hub_issuer, hub_webhook};
use crate::app::{App, Exit};
use crate::cli::HubArgs;
use crate::console::Failure;

/// Serves a store until it is told to stop.
pub(crate) fn run(app: &App, args: &HubArgs) -> Result<Exit, Failure> {
    if let Some(command) = &args.command {
        return super::hub_store::run(app, command);
    }
    if app.is_offline() {
        return Err(Failure::new("offline", "offline: would have to listen for connections")
            .hint("run the command again without `--offline`"));
    }
    let Served { namespace, sessions, folder, storage, _lock } = match &args.data {
        Some(folder) => of_storage(folder)?,
        None => of_local_store(app)?,
    };
    let mut options = behaviour(app, args, &folder, sessions)?;
    app.console.log_requests(&args.serve.log_format);
    let (log, known) = Log::open_folder(&folder.join(LOG), args.log_origin.as_deref())?;
    let log = Arc::new(log);
    let log_key = log.key().to_string();
    options.log = Some(Arc::clone(&log));
    let judged = Arc::clone(&namespace);
    options.gate =
        hub_gate::open(&args.gate, &folder, (judged, storage.as_ref()), options.log.clone())?;
    let (looked_at, trust) = (Arc::clone(&namespace), args.gate.trust.as_deref());
    let index = hub_catalog::open(&folder, looked_at, storage.as_ref(), trust, &own_names(args))?;
    options.catalog = Some(index.clone());
    let names = Arc::new(logged(namespace, storage.as_ref(), log));
    app.serve(async {
        names.reconcile(known).await?;
        let (listener, address) = listen(args.listen).await?;
        let numbers = match args.serve.metrics_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let stops = Stops::listen()?;
        if let Some(tls) = &options.tls {
            hub_serve::reload_on_hangup(&app.console, Arc::clone(tls))?;
        }
        options.may_listen(address, storage.is_some() && !args.insecure_no_tokens)?;
        if let Some(storage) = &storage {
            keep(&mut options, storage, &folder, args).await?;
            let served: Arc<dyn Namespace> = Arc::clone(&names) as _;
            hub_catalog::keep_aiboms(&mut options, (storage, served), &folder, args).await?;
        }
        if let Some(storage) = storage.filter(|_| !args.insecure_no_tokens) {
            options.access = Some(access(app, &storage, &folder, args).await?);
        }
        if let Some(gate) = &options.gate {
            hub_gate::follow(app, gate)?;
        }
        announce(app, &options, address, &log_key);
        let _catalogue = index.start();
        if let Some((_, address)) = &numbers {
            app.console.info(format!("Numbers and health: http://{address}/metrics"));
        }
        let hub = Hub::new(names, options);
        if let Some((listener, _)) = numbers {
            tokio::spawn(hub.observed().serve(listener));
        }
        serve(hub, listener, &stops).await
    })
}

/// How the hub behaves, as far as flags say.
fn behaviour(
    app: &App,
    args: &HubArgs,
    folder: &Path,
    sessions: Arc<dyn UploadSessions>,
) -> Result<HubOptions, Failure> {
    let mut options = HubOptions::new(sessions);
    options.insecure_listen_anywhere = args.insecure_listen_anywhere;
    options.insecure_no_tokens = args.insecure_no_tokens;
    options.tls = hub_serve::tls(app, &args.serve, args.listen, folder)?;
    options.drain = Duration::from_secs(args.serve.drain);
    options.registry.insecure_sparse = args.insecure_sparse_manifests;
    Ok(options)
}

/// How kits may name this hub: as clients are told to reach it, and as it listens.
fn own_names(args: &HubArgs) -> Vec<String> {
    let url = args.url.as_deref().and_then(|url| url.split_once("://"));
    let named = url.map(|(_, host)| host.to_owned());
    named.into_iter().chain([args.listen.to_string()]).collect()
}

/// What is served, with each act in the log: in the transaction of the act where there is a storage.
fn logged(names: Arc<dyn Namespace>, storage: Option<&Storage>, log: Arc<Log>) -> LoggedNames {
    match storage {
        Some(storage) => LoggedNames::of_storage(storage, log),
        None => LoggedNames::new(names, log),
    }
}

/// Serves until somebody asks to stop, or asks twice.
async fn serve(hub: Hub, listener: TcpListener, stops: &Stops) -> Result<Exit, Failure> {
    let (first, second) = (stops.at(1), stops.at(2));
    tokio::select! {
        ended = hub.serve(listener, first) => ended?,
        () = second => return Ok(Exit::Interrupted),
    }
    Ok(Exit::Yes)
}

/// What a hub with a storage of its own keeps in it besides kits.
async fn keep(
    options: &mut HubOptions,
    storage: &Storage,
    folder: &Path,
    args: &HubArgs,
) -> Result<(), Failure> {
    options.data = Some(Data { storage: storage.clone(), folder: folder.to_owned() });
    let quarantine = Quarantine::of(storage, options.log.clone()).await?;
    // What was done while no hub ran.
    quarantine.log_acts().await?;
    options.quarantine = Some(quarantine);
    options.rules = Some(Rules::of(storage).await?);
    options.events = Some(Events::of(storage).await.map_err(OpsError::from)?);
    options.advisories = Some(Advisories::of(storage).await.map_err(OpsError::from)?);
    hub_webhook::follow(storage, args.insecure_webhook_anywhere).await?;
    Ok(())
}

async fn listen(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let listener = TcpListener::bind(wanted).await.map_err(|source| {
        Failure::new("listen", format!("could not listen on `{wanted}`"))
            .caused_by(&source)
            .hint("choose another address with `--listen`, e.g. `127.0.0.1:0` for a free port")
    })?;
    let address = listener.local_addr().map_err(|source| {
        Failure::new("listen", "could not learn the address").caused_by(&source)
    })?;
    Ok((listener, address))
}

/// Says where the hub is: the address is the answer.
fn announce(app: &App, options: &HubOptions, address: SocketAddr, log_key: &str) {
    let (scheme, plain) = match options.tls {
        Some(_) => ("https", ""),
        None => ("http", "; clients need `--plain-http`"),
    };
    app.console.answer(format!("listening on {scheme}://{address}"));
    app.console.info(format!("Press Ctrl-C to stop{plain}"));
    app.console.info(format!("Transparency log: {log_key}"));
    if let Some(aiboms) = &options.aiboms {
        let key = aiboms.key().fingerprint();
        app.console.info(format!("AIBOMs are signed by {key}, shown at /api/v1/hub/key"));
    }
}

/// Folder of the transparency log inside of the hub's data.
pub(super) const LOG: &str = "hub-log";

/// The rules of a hub over `storage`. The first token is shown at its making and at no other time, so
/// that `--quiet` does not hide it.
async fn access(
    app: &App,
    storage: &Storage,
    folder: &Path,
    args: &HubArgs,
) -> Result<Access, Failure> {
    let keys = Arc::new(TokenKeys::open(folder)?);
    let tokens = Tokens::of(storage).await?;
    if let Some(token) = tokens.first().await? {
        app.console.warn(format!(
            "the token of user `admin`, which may do everything, is shown this once: {token}\n  \
             make others with `sealkit hub token add`"
        ));
    }
    let (anonymous_read, address) = (args.anonymous_read, args.url.clone());
    let limits = (args.rate_limit > 0).then(|| Arc::new(RateLimits::new(args.rate_limit)));
    let issuers = Some(hub_issuer::fetching(storage).await?);
    Ok(Access { tokens, keys, anonymous_read, address, limits, issuers })
}

/// What is served.
struct Served {
    namespace: Arc<dyn Namespace>,
    sessions: Arc<dyn UploadSessions>,
    /// Where the hub keeps what is its own.
    folder: PathBuf,
    /// Where tokens are kept; the local store is open to whoever reaches it on loopback.
    storage: Option<Storage>,
    /// Two hubs over one folder would not know of each other's uploads.
    _lock: Option<File>,
}

fn of_storage(folder: &Path) -> Result<Served, Failure> {
    let storage = Storage::open(folder).map_err(OpsError::from)?;
    let lock = storage.serve_alone(folder).map_err(OpsError::from)?;
    let lock = lock.ok_or_else(|| {
        let message = format!("another hub serves `{}`", folder.display());
        Failure::new("hub-running", message).hint("stop it, or give another folder with `--data`")
    })?;
    let sessions = storage.sessions();
    let (namespace, folder) = (Arc::new(storage.clone()), folder.to_owned());
    Ok(Served { namespace, sessions, folder, storage: Some(storage), _lock: Some(lock) })
}

fn of_local_store(app: &App) -> Result<Served, Failure> {
    let context = app.context(None)?;
    let store = context.store()?;
    let uploads = context.home.dir().join("hub-uploads");
    make_folder(&uploads)?;
    let sessions = Arc::new(SpoolSessions::new(&uploads, SpoolLimits::default()));
    let namespace = Arc::new(StoreNames::new(Arc::new(store)));
    let folder = context.home.dir().to_owned();
    Ok(Served { namespace, sessions, folder, storage: None, _lock: None })
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|source| {
        Failure::new("io", format!("could not create `{}`", path.display())).caused_by(&source)
    })
}
