//! The main job: seal, verify, bom.

use std::path::PathBuf;

use clap::Args;

use super::{ModelVerifyArgs, SignerNetworkArgs, SignersArgs, SuppliedArgs};

/// Which key signs.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Signing options")]
pub(crate) struct SigningArgs {
    /// Private key to sign with; one is made on first use where none is given
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Option<PathBuf>,
    /// Read the key's password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Use an empty password: whoever has the key file can sign
    #[arg(long)]
    pub(crate) insecure_empty_password: bool,
}

/// `sealkit seal`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit seal .\n  sealkit seal ./project -t registry.example.com/org/model:v1"
)]
pub(crate) struct SealArgs {
    /// Folder to seal
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Name for the kit; made from the folder where none is given
    #[arg(short, long, value_name = "REF")]
    pub(crate) tag: Option<String>,
    /// Kitfile to use, `-` for standard input; generated where there is none
    #[arg(short, long, value_name = "PATH")]
    pub(crate) file: Option<String>,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) supplied: SuppliedArgs,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
}

/// `sealkit verify`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit verify model:v1\n  sealkit verify model:v1 --dir ./unpacked\n  sealkit verify ./project\n  sealkit verify registry.example.com/org/model:v1 --remote --key signer.pub\n  sealkit verify ./model --signature model.sig --key signer.pub\n  sealkit verify ./model --signature model.sig --ca company-root.pem --ca-subject email=release@example.com"
)]
pub(crate) struct VerifyArgs {
    /// Kit, a folder that was sealed, or one with a signature file
    #[arg(value_name = "REF|DIR")]
    pub(crate) subject: String,
    /// Check this folder against the kit
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Who has to have signed: this public key, and nobody that is trusted otherwise (PEM; repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signers: SignersArgs,
    /// Judge what was verified by this policy too
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// Where there is no other signature, let one in cosign's old format (`sha256-….sig`) count:
    /// whoever can remove a signature can leave such a one behind
    #[arg(long)]
    pub(crate) insecure_legacy_signatures: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) model: ModelVerifyArgs,
    #[command(flatten)]
    pub(crate) network: SignerNetworkArgs,
}
