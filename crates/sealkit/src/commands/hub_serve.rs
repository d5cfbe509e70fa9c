//! How `sealkit hub` serves: its certificate, and the signals that it listens to.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use sealkit_hub::Tls;
use tokio::sync::watch;

use crate::app::App;
use crate::cli::HubServeArgs;
use crate::console::{Console, Failure};

/// Where clients find the certificate of `--tls-self-signed`.
const SELF_SIGNED: &str = "self-signed.pem";

/// The certificate that the options ask for.
pub(super) fn tls(
    app: &App,
    args: &HubServeArgs,
    listen: SocketAddr,
    folder: &Path,
) -> Result<Option<Arc<Tls>>, Failure> {
    if let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) {
        return Ok(Some(Arc::new(Tls::load(certificate, key)?)));
    }
    if !args.tls_self_signed {
        return Ok(None);
    }
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !listen.ip().is_loopback() && !listen.ip().is_unspecified() {
        names.push(listen.ip().to_string());
    }
    let path = folder.join(SELF_SIGNED);
    let tls = Tls::self_signed(names, &path)?;
    app.console.warn(format!(
        "nobody vouches for the certificate; clients trust it with `--tls-cert {}`\n  SHA-256 {}",
        path.display(),
        tls.fingerprint()
    ));
    Ok(Some(Arc::new(tls)))
}

/// Reads the certificate anew each time that somebody asks, from now on.
#[cfg(unix)]
pub(super) fn reload_on_hangup(console: &Console, tls: Arc<Tls>) -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = signal(SignalKind::hangup()).map_err(|source| no_signals(&source))?;
    let console = console.clone();
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            match tls.reload() {
                Ok(()) => {
                    console.info(format!("certificate in use: SHA-256 {}", tls.fingerprint()));
                }
                Err(error) => console.failure(&kept(error.into())),
            }
        }
    });
    Ok(())
}

#[cfg(unix)]
fn kept(failure: Failure) -> Failure {
    failure.hint("the certificate from before stays in use; mend the files and send SIGHUP again")
}

/// Windows has no such signal.
#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
pub(super) fn reload_on_hangup(_console: &Console, _tls: Arc<Tls>) -> Result<(), Failure> {
    Ok(())
}

/// How often somebody asked the hub to stop.
pub(super) struct Stops(watch::Receiver<u8>);

impl Stops {
    /// Counts from now on, before anyone is told that the hub is there.
    pub(super) fn listen() -> Result<Self, Failure> {
        let mut signals = signals().map_err(|source| no_signals(&source))?;
        let (count, stops) = watch::channel(0);
        tokio::spawn(async move {
            while signals.next().await {
                count.send_modify(|count: &mut u8| *count = count.saturating_add(1));
            }
        });
        Ok(Self(stops))
    }

    /// Ends when somebody asked so often.
    pub(super) fn at(&self, times: u8) -> impl Future<Output = ()> + Send + use<> {
        let mut stops = self.0.clone();
        async move {
            if stops.wait_for(|&count| count >= times).await.is_err() {
                // Nobody can ask any more.
                std::future::pending::<()>().await;
            }
        }
    }
}

fn no_signals(source: &std::io::Error) -> Failure {
    Failure::new("signals", "could not listen for signals").caused_by(source)
}

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
fn signals() -> std::io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    Ok(Signals(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
}

#[cfg(unix)]
impl Signals {
    async fn next(&mut self) -> bool {
        tokio::select! {
            came = self.0.recv() => came.is_some(),
            came = self.1.recv() => came.is_some(),
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
fn signals() -> std::io::Result<Signals> {
    Ok(Signals(tokio::signal::windows::ctrl_c()?))
}

#[cfg(windows)]
impl Signals {
    async fn next(&mut self) -> bool {
        self.0.recv().await.is_some()
    }
}
