//! `sealkit revoke` and `sealkit advisories`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{SignerNetworkArgs, SignersArgs, SigningArgs};

/// `sealkit revoke`.
#[derive(Args, Debug)]
#[command(
    after_help = "`verify` and `check` say no to a kit that a signer with the role `self`, `signer` or `revoker` revoked.\n\
                  Without REF, every kit of the local store whose signed AIBOM names the dataset, base or package is meant;\n\
                  with `--hub`, every kit of that hub in which its catalogue knows one of them.\n\n\
                  Exit codes: 0 done, 1 no such kit, 2 it could not be done, or it is not known of every kit what is in it\n\n\
                  Examples:\n  \
                  sealkit revoke model:v1 --reason 'trained on leaked data' --severity high\n  \
                  sealkit revoke hub.example.com/org/model:v1 --remote --reason 'weights are poisoned'\n  \
                  sealkit revoke --dataset corpus@3 --reason 'version 3 was leaked'\n  \
                  sealkit revoke --dataset corpus@3 --hub hub.example.com --descendants --dry-run --reason 'it was leaked'\n  \
                  sealkit revoke model:v1 --withdraw --id 2026-11-25-1a2b3c4d --reason 'it was another model'"
)]
pub(crate) struct RevokeArgs {
    /// Kits to revoke, by reference or digest
    #[arg(value_name = "REF|DIGEST", required_unless_present_any = ["dataset", "base", "purl"])]
    pub(crate) references: Vec<String>,
    /// Why: what whoever verifies it is told
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// How bad it is
    #[arg(long, value_enum)]
    pub(crate) severity: Option<SeverityArg>,
    /// What the matter is called; made of day and reason where none is given
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Take back what the same key said under this id
    #[arg(long, requires = "id")]
    pub(crate) withdraw: bool,
    /// The matter is in this dataset (repeatable)
    #[arg(long, value_name = "NAME[@VERSION]")]
    pub(crate) dataset: Vec<String>,
    /// The matter is in this base model (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) base: Vec<String>,
    /// The matter is in this package (repeatable)
    #[arg(long, value_name = "PURL")]
    pub(crate) purl: Vec<String>,
    /// Where more can be read (repeatable)
    #[arg(long = "see", value_name = "URL")]
    pub(crate) references_to: Vec<String>,
    /// Revoke the kits of this hub that the matter is in, as its catalogue says
    #[arg(long, value_name = "HOST", conflicts_with_all = ["references", "remote"])]
    pub(crate) hub: Option<String>,
    /// Those too that were made from such a kit
    #[arg(long, requires = "hub")]
    pub(crate) descendants: bool,
    /// Say which kits are meant and sign nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Attach at the registry instead of the local store
    #[arg(short, long, requires = "references")]
    pub(crate) remote: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
    #[command(flatten)]
    pub(crate) network: SignerNetworkArgs,
}

/// How bad a matter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityArg {
    /// Little can come of it
    Low,
    /// It matters in some uses
    Moderate,
    /// It matters in most uses
    High,
    /// Nobody should use it
    Critical,
}

/// `sealkit advisories`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 nothing is revoked, 1 something is, 2 it could not be read\n\n\
                  Examples:\n  sealkit advisories model:v1\n  sealkit advisories --format csv\n  \
                  sealkit advisories --hub hub.example.com --format cyclonedx\n  \
                  sealkit advisories hub.example.com/org/model:v1 --remote --format vex"
)]
pub(crate) struct AdvisoriesArgs {
    /// Kit; every kit of the local store where none is given
    #[arg(value_name = "REF")]
    pub(crate) reference: Option<String>,
    /// Every kit of this hub that it lists an advisory about; who signed them is verified here
    #[arg(long, value_name = "HOST", conflicts_with = "reference")]
    pub(crate) hub: Option<String>,
    /// The kit at the registry
    #[arg(short, long, requires = "reference")]
    pub(crate) remote: bool,
    /// `table`, `json`, `csv`, or only what counts as `vex` (OpenVEX) or `cyclonedx` (CycloneDX VEX)
    #[arg(long, default_value = "table", value_parser = ["table", "json", "vex", "cyclonedx", "csv"])]
    pub(crate) format: String,
    /// Trust this public key, for this run (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signers: SignersArgs,
    #[command(flatten)]
    pub(crate) network: SignerNetworkArgs,
}
