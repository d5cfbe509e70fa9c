//! How `sealkit hub` serves: encryption, and how it ends.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// How a hub serves.
#[derive(Args, Debug)]
pub(crate) struct HubServeArgs {
    /// Certificate to show, PEM, with those between it and its authority; read anew on SIGHUP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Encrypt with a certificate that is made at this start and that nobody vouches for, for trying
    #[arg(long, conflicts_with = "tls_cert")]
    pub(crate) tls_self_signed: bool,
    /// Write a line to standard error for each request: `off`, `text` or `json`
    #[arg(long, value_name = "FORMAT", default_value = "off", value_parser = ["off", "text", "json"])]
    pub(crate) log_format: String,
    /// Show `/metrics`, `/healthz` and `/readyz` here too, to whoever reaches it and not encrypted
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Let open requests go on for so many seconds after SIGTERM or Ctrl-C; a second signal ends at once
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) drain: u64,
}
