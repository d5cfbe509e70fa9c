//! The policies of `sealkit hub --policy`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sealkit_hub::log::Log;
use sealkit_hub::{Gate, GateOptions, Namespace, Storage};
use sealkit_ops::network::{Client, ClientOptions};
use sealkit_ops::{Context, Home, NoProgress};

use crate::app::{App, now};
use crate::cli::HubGateArgs;
use crate::console::Failure;

/// The gate of a hub whose storage is in `folder`; none where no policy is given.
pub(super) fn open(
    args: &HubGateArgs,
    folder: &Path,
    (names, storage): (Arc<dyn Namespace>, Option<&Storage>),
    log: Option<Arc<Log>>,
) -> Result<Option<Gate>, Failure> {
    if args.policy.is_empty() {
        return Ok(None);
    }
    let mut home = Home::new(folder);
    if let Some(file) = &args.trust {
        if !file.is_file() {
            let message = format!("`{}` is no file", file.display());
            return Err(Failure::new("no-trust", message)
                .hint("give a trust store, as `sealkit trust` keeps it in `trust.json`"));
        }
        home = home.with_trust(file);
    }
    let context = looking(home);
    let mut options = GateOptions::new(args.policy.clone());
    options.pulls = args.policy_on_pull;
    options.storage = storage.cloned();
    options.timeout = Duration::from_secs(args.policy_timeout);
    Ok(Some(Gate::new(names, context, options, log)?))
}

/// What the hub looks at its own kits with. What is judged is here: a name in a kit must not make the hub
/// connect to anywhere.
pub(super) fn looking(home: Home) -> Context {
    let client = ClientOptions { offline: true, ..ClientOptions::default() };
    Context {
        home,
        client: Arc::new(Client::new(client)),
        concurrency: 1,
        progress: Arc::new(NoProgress),
        clock: now,
        served: None,
        s3: None,
    }
}

/// Reads the policies anew on SIGHUP, for as long as the hub runs.
#[cfg(unix)]
pub(super) fn follow(app: &App, gate: &Gate) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup()).map_err(|source| {
        Failure::new("signals", "could not listen for signals").caused_by(&source)
    })?;
    let (console, gate) = (app.console.clone(), gate.clone());
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match gate.reload() {
                Ok(()) => console.info("The policies were read anew"),
                Err(error) => console.warn(format!("the policies stay as they were: {error}")),
            }
        }
    });
    Ok(())
}

/// There is no such signal.
#[cfg(windows)]
pub(super) fn follow(_app: &App, _gate: &Gate) -> Result<(), Failure> {
    Ok(())
}
