//! `hub` and the care of its storage.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use sealkit_hub::Scope;

use super::hub_serve::HubServeArgs;

/// `sealkit hub`.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  sealkit hub --data ./hub --listen 127.0.0.1:5000\n  \
                  sealkit hub --data ./hub --listen 0.0.0.0:443 --tls-cert hub.pem --tls-key hub.key\n  \
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
    /// Listen beyond this machine although connections are not encrypted
    #[arg(long)]
    pub(crate) insecure_listen_anywhere: bool,
    /// Let anyone read everything in `--data` without a token
    #[arg(long, requires = "data")]
    pub(crate) anonymous_read: bool,
    /// Let anyone who reaches the hub do everything; without it each request to `--data` needs a token
    #[arg(long, conflicts_with = "anonymous_read")]
    pub(crate) insecure_no_tokens: bool,
    /// Take manifests whose content is not there: who pulls them gets less than they name
    #[arg(long)]
    pub(crate) insecure_sparse_manifests: bool,
    #[command(flatten)]
    pub(crate) serve: HubServeArgs,
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
    /// Make, list and revoke the tokens that clients log in with
    #[command(subcommand)]
    Token(HubTokenCommand),
}

/// `sealkit hub token`. A change holds from the next request on, also where the hub runs.
#[derive(Debug, Subcommand)]
pub(crate) enum HubTokenCommand {
    /// Make a token and show it, once
    #[command(
        after_help = "Examples:\n  sealkit hub token add ci --data ./hub --user ci --scope write:team --expires-days 90"
    )]
    Add(HubTokenAddArgs),
    /// List the tokens, without their text
    #[command(after_help = "Examples:\n  sealkit hub token list --data ./hub --format json")]
    List(HubPlaceArgs),
    /// End a token
    #[command(
        after_help = "Exit codes: 0 revoked, 1 there is no such token that still holds, 2 it could not be done\n\nExamples:\n  sealkit hub token revoke 2 --data ./hub"
    )]
    Revoke(HubTokenRevokeArgs),
}

/// `sealkit hub token add`.
#[derive(Args, Debug)]
pub(crate) struct HubTokenAddArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// What the token is for
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The user name that goes with it
    #[arg(long, value_name = "USER")]
    pub(crate) user: String,
    /// `read:`, `write:` or `admin:` and a repository, which means those below it too, or `*`; `write`
    /// includes `read`, and only `admin` deletes (repeatable)
    #[arg(long = "scope", required = true, value_name = "SCOPE")]
    pub(crate) scopes: Vec<Scope>,
    /// End it after this many days; otherwise it holds until it is revoked
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) expires_days: Option<u32>,
}

/// `sealkit hub token revoke`.
#[derive(Args, Debug)]
pub(crate) struct HubTokenRevokeArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Number of the token, as listed
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
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
