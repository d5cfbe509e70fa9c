//! Keys, trust, credentials, the store, the hub.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

use super::NetworkArgs;

/// `sealkit keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key pair in cosign's encrypted format
    Generate(KeysGenerateArgs),
}

/// `sealkit keys generate`.
#[derive(Args, Debug)]
#[command(
    after_help = "The password comes from a prompt, from standard input or from SEALKIT_PASSWORD.\n\nExamples:\n  sealkit keys generate\n  sealkit keys generate -o ci --password-stdin < password.txt"
)]
pub(crate) struct KeysGenerateArgs {
    /// Name of the files: PREFIX.key and PREFIX.pub
    #[arg(short, long, default_value = "sealkit", value_name = "PREFIX")]
    pub(crate) output_prefix: PathBuf,
    /// Read the password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Use an empty password: whoever has the key file can sign
    #[arg(long)]
    pub(crate) insecure_empty_password: bool,
    /// Replace files that are there
    #[arg(short, long)]
    pub(crate) force: bool,
}

/// `sealkit login`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit login registry.example.com -u ana --password-stdin < token.txt"
)]
pub(crate) struct LoginArgs {
    /// Registry
    #[arg(default_value = "docker.io")]
    pub(crate) registry: String,
    /// User name
    #[arg(short, long)]
    pub(crate) username: Option<String>,
    /// Password or token (better: --password-stdin)
    #[arg(short, long, conflicts_with = "password_stdin")]
    pub(crate) password: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit logout`.
#[derive(Args, Debug)]
pub(crate) struct LogoutArgs {
    /// Registry
    pub(crate) registry: String,
}

/// `sealkit gc`.
#[derive(Args, Debug)]
pub(crate) struct GcArgs {
    /// Say what would be removed and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Keep what is younger than this many seconds
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    pub(crate) grace: u64,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}

/// `sealkit fsck`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 nothing is wrong, 1 something is, 2 it could not be read\n\nExamples:\n  sealkit fsck\n  \
                  sealkit fsck --set-aside && sealkit pull registry.example.com/org/model:v1"
)]
pub(crate) struct FsckArgs {
    /// Check sizes only and hash no blob
    #[arg(long)]
    pub(crate) quick: bool,
    /// Move damaged blobs into the folder `damaged` of the store, so that `pull`, `load` or `pack` brings them again
    #[arg(long)]
    pub(crate) set_aside: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}

/// `sealkit cache`.
#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Show how much temporary files take
    Info,
    /// Remove temporary files that no command is using
    Clear,
}

/// `sealkit completion`.
#[derive(Args, Debug)]
pub(crate) struct CompletionArgs {
    /// Shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// `sealkit version`.
#[derive(Args, Debug)]
pub(crate) struct VersionArgs {
    /// Taken for `kit`'s sake: SealKit looks for no updates
    #[arg(
        long,
        hide = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_name = "BOOL"
    )]
    pub(crate) show_update_notifications: Option<bool>,
    /// `text` or `json`
    #[arg(long, default_value = "text", value_parser = ["text", "json"])]
    pub(crate) format: String,
}

/// `sealkit generate-docs`.
#[derive(Args, Debug)]
pub(crate) struct GenerateDocsArgs {
    /// Folder to write into
    pub(crate) dir: PathBuf,
}
