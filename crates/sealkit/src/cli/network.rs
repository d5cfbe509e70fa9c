//! Options of commands that talk to registries, with `kit`'s names.

use std::path::PathBuf;

use clap::{ArgAction, Args};

/// How to talk to registries, with `kit`'s `--cert` and `--key`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network options")]
pub(crate) struct NetworkArgs {
    #[command(flatten)]
    pub(crate) transport: TransportArgs,
    /// Client certificate (PEM)
    #[arg(long, value_name = "PATH", env = "KITOPS_CLIENT_CERT", hide_env_values = true)]
    pub(crate) cert: Option<PathBuf>,
    /// Key of the client certificate (PEM)
    #[arg(
        id = "client_key",
        long = "key",
        value_name = "PATH",
        env = "KITOPS_CLIENT_KEY",
        hide_env_values = true
    )]
    pub(crate) key: Option<PathBuf>,
}

/// How to talk to registries, of verbs in which `--key` is a signer's key.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network options")]
pub(crate) struct SignerNetworkArgs {
    #[command(flatten)]
    pub(crate) transport: TransportArgs,
    /// Client certificate (PEM)
    #[arg(long, value_name = "PATH", env = "KITOPS_CLIENT_CERT", hide_env_values = true)]
    pub(crate) client_cert: Option<PathBuf>,
    /// Key of the client certificate (PEM)
    #[arg(long, value_name = "PATH", env = "KITOPS_CLIENT_KEY", hide_env_values = true)]
    pub(crate) client_key: Option<PathBuf>,
}

impl From<SignerNetworkArgs> for NetworkArgs {
    fn from(args: SignerNetworkArgs) -> Self {
        Self { transport: args.transport, cert: args.client_cert, key: args.client_key }
    }
}

/// What every connection needs to know.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Network options")]
pub(crate) struct TransportArgs {
    /// Use plain HTTP
    #[arg(long)]
    pub(crate) plain_http: bool,
    /// Require TLS and verify certificates
    #[arg(
        long,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value_t = true,
        default_missing_value = "true",
        value_name = "BOOL"
    )]
    pub(crate) tls_verify: bool,
    /// PEM certificate to trust besides the system's (repeatable)
    #[arg(long, value_name = "PATH", value_delimiter = ',')]
    pub(crate) tls_cert: Vec<PathBuf>,
    /// Transfers at the same time
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,
    /// Proxy to use instead of the environment's
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
}
