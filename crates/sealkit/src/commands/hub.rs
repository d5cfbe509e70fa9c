//! `sealkit hub`.

use std::path::Path;
use std::sync::Arc;

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
    let hub = Hub::new(Arc::new(StoreNames::new(Arc::new(store))), options);
    app.serve(async {
        let listener = TcpListener::bind(args.listen).await.map_err(|source| {
            Failure::new("listen", format!("could not listen on `{}`", args.listen))
                .caused_by(&source)
                .hint("choose another address with `--listen`, e.g. `127.0.0.1:0` for a free port")
        })?;
        let address = listener.local_addr().map_err(|source| {
            Failure::new("listen", "could not learn the address").caused_by(&source)
        })?;
        if address.ip().is_loopback() || args.insecure_listen_anywhere {
            app.console.answer(format!("listening on http://{address}"));
            app.console.info("Press Ctrl-C to stop; clients need `--plain-http`");
        }
        hub.serve(listener, stopped()).await?;
        Ok(Exit::Yes)
    })
}

/// Ends when the process is asked to.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the default action ends the process.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|source| {
        Failure::new("io", format!("could not create `{}`", path.display())).caused_by(&source)
    })
}
