//! `sealkit hub`.

use std::path::Path;
use std::sync::Arc;

use sealkit_hub::log::{Log, LoggedNames};
use sealkit_hub::{Hub, HubOptions, SpoolLimits, SpoolSessions, StoreNames};
use sealkit_ops::Home;
use tokio::net::TcpListener;

use crate::app::{App, Exit};
use crate::cli::HubArgs;
use crate::console::Failure;

/// Serves a store until it is told to stop.
pub(crate) fn run(app: &App, args: &HubArgs) -> Result<Exit, Failure> {
    if app.is_offline() {
        return Err(Failure::new("offline", "offline: would have to listen for connections")
            .hint("run the command again without `--offline`"));
    }
    let home = args.data.as_ref().map_or_else(|| app.home.clone(), Home::new);
    let mut context = app.context(None)?;
    context.home = home;
    let store = context.store()?;
    let uploads = context.home.dir().join("hub-uploads");
    make_folder(&uploads)?;
    let sessions = SpoolSessions::new(&uploads, SpoolLimits::default());
    let mut options = HubOptions::new(Arc::new(sessions));
    options.insecure_listen_anywhere = args.insecure_listen_anywhere;
    let folder = context.home.dir().join("hub-log");
    let (log, known) = Log::open_folder(&folder, args.log_origin.as_deref())?;
    let log = Arc::new(log);
    let names = Arc::new(StoreNames::new(Arc::new(store)));
    let names = Arc::new(LoggedNames::new(names, Arc::clone(&log)));
    let log_key = log.key().to_string();
    options.log = Some(log);
    let hub = Hub::new(names.clone(), options);
    app.serve(async {
        names.reconcile(known).await?;
        let listener = TcpListener::bind(args.listen).await.map_err(|source| {
            Failure::new("listen", format!("could not listen on `{}`", args.listen))
                .caused_by(&source)
                .hint("choose another address with `--listen`, e.g. `127.0.0.1:0` for a free port")
        })?;
        let address = listener.local_addr().map_err(|source| {
            Failure::new("listen", "could not learn the address").caused_by(&source)
        })?;
        let stop = stop_signal().map_err(|source| {
            Failure::new("signals", "could not listen for signals").caused_by(&source)
        })?;
        if address.ip().is_loopback() || args.insecure_listen_anywhere {
            app.console.answer(format!("listening on http://{address}"));
            app.console.info("Press Ctrl-C to stop; clients need `--plain-http`");
            app.console.info(format!("Transparency log: {log_key}"));
        }
        hub.serve(listener, stop).await?;
        Ok(Exit::Yes)
    })
}

/// Listens for the wish to stop from now on, before anyone is told that the hub is there, and gives
/// what ends when the wish comes.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// As on Unix, where there is one way to ask only.
#[cfg(windows)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|source| {
        Failure::new("io", format!("could not create `{}`", path.display())).caused_by(&source)
    })
}
