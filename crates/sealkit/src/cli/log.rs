//! `sealkit log`.

use clap::{Args, Subcommand};

use super::SignerNetworkArgs;

/// The commands below `log`.
#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Check that a hub's log only grew since it was seen last
    #[command(
        after_help = "The first time, a hub's key has to be given, trusted (`sealkit trust add --log-key`) or\npinned with `--accept-new-key`. From then on `push`, `pull` and `verify` check the log as well.\n\nExamples:\n  sealkit log verify hub.example.com --log-key 'hub.example.com+1a2b3c4d+AQ…'\n  sealkit log verify hub.example.com"
    )]
    Verify(LogArgs),
    /// Show what a hub's log says since it was read last
    #[command(
        after_help = "Every new entry is fetched and held against the checkpoint; the first time, all of them.\n\nExamples:\n  sealkit log monitor hub.example.com --repository org/model\n  sealkit log monitor hub.example.com --format json"
    )]
    Monitor(LogMonitorArgs),
}

/// `sealkit log verify`.
#[derive(Args, Debug)]
pub(crate) struct LogArgs {
    /// Hub, `HOST` or `HOST:PORT`
    #[arg(value_name = "HUB")]
    pub(crate) hub: String,
    /// Key of its log: `ORIGIN+ID+KEY`, or a file with it
    #[arg(long, value_name = "KEY")]
    pub(crate) log_key: Option<String>,
    /// Pin the key that the hub names, if nothing is known about one
    #[arg(long, conflicts_with = "log_key")]
    pub(crate) accept_new_key: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) network: SignerNetworkArgs,
}

/// `sealkit log monitor`.
#[derive(Args, Debug)]
pub(crate) struct LogMonitorArgs {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    /// Only what is about this repository
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<String>,
}
