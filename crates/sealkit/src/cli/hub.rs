//! `hub` and the care of its storage.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `sealkit hub`.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  sealkit hub --data ./hub --listen 127.0.0.1:5000\n  \
                  sealkit hub gc --data ./hub --dry-run\n  \
                  sealkit hub backup --data ./hub ./hub-2026-11-25"
)]
pub(crate) struct HubArgs {
    #[command(subcommand)]
    pub(crate) command: Option<HubCommand>,
    /// Folder of the hub's storage; the local store is served where none is given
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:5000", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// Name of a new transparency log, e.g. `hub.example.com`; a unique one where none is given
    #[arg(long, value_name = "HOST")]
    pub(crate) log_origin: Option<String>,
    /// Listen beyond this machine although the hub has no access control yet
    #[arg(long)]
    pub(crate) insecure_listen_anywhere: bool,
    /// Take manifests whose content is not there: who pulls them gets less than they name
    #[arg(long)]
    pub(crate) insecure_sparse_manifests: bool,
}

/// What else can be done with a hub's storage. All of it may be done while the hub runs.
#[derive(Debug, Subcommand)]
pub(crate) enum HubCommand {
    /// Remove content that no manifest names, uploads that nobody went on with, and what was left over
    #[command(after_help = "Examples:\n  sealkit hub gc --data ./hub --dry-run")]
    Gc(HubGcArgs),
    /// Check that everything that the storage names is there
    #[command(
        after_help = "Exit codes: 0 nothing is wrong, 1 something is, 2 it could not be read\n\nExamples:\n  sealkit hub fsck --data ./hub --format json"
    )]
    Fsck(HubPlaceArgs),
    /// Read all content again; what is damaged is not given out any more until it is pushed again
    #[command(
        after_help = "Exit codes: 0 nothing is wrong, 1 something is damaged, 2 it could not be read\n\nExamples:\n  sealkit hub scrub --data ./hub --rate 50"
    )]
    Scrub(HubScrubArgs),
    /// Make anew what is derived from manifests
    #[command(after_help = "Examples:\n  sealkit hub reindex --data ./hub")]
    Reindex(HubPlaceArgs),
    /// Copy everything as it is at one moment to a new folder, which is a storage like any other
    #[command(
        after_help = "To restore, serve the copy: `sealkit hub --data COPY`.\n\nExamples:\n  sealkit hub backup --data ./hub ./hub-2026-11-25"
    )]
    Backup(HubBackupArgs),
}

/// A hub's storage, and how to answer.
#[derive(Args, Debug)]
pub(crate) struct HubPlaceArgs {
    /// Folder of the hub's storage
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}

/// `sealkit hub gc`.
#[derive(Args, Debug)]
pub(crate) struct HubGcArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Say what would be removed and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Keep what was pushed or asked for within this many seconds
    #[arg(long, default_value_t = 86_400, value_name = "SECONDS")]
    pub(crate) grace: u64,
}

/// `sealkit hub scrub`.
#[derive(Args, Debug)]
pub(crate) struct HubScrubArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Read no more than this many MiB a second
    #[arg(long, value_name = "MIB")]
    pub(crate) rate: Option<u64>,
}

/// `sealkit hub backup`.
#[derive(Args, Debug)]
pub(crate) struct HubBackupArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Folder to make
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}
