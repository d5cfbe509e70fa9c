//! `attest` and `lineage`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{SignerNetworkArgs, SignersArgs, SigningArgs};

/// `sealkit attest`.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Types: dataset-version, lineage, provenance, model-scan, test-result, vulns, release, svr, \
                  advisory, reference; as cosign names them slsaprovenance, slsaprovenance1, cyclonedx, spdx, spdxjson, \
                  link, vuln, openvex, custom; or any URI\n\n\
                  Examples:\n  sealkit attest model:v1 --type test-result --predicate eval.json\n  \
                  sealkit attest registry.example.com/org/model:v1 --remote --type https://example.com/review/v1 --predicate -\n  \
                  sealkit attest list model:v1\n  \
                  sealkit attest show model:v1 --type test-result"
)]
pub(crate) struct AttestArgs {
    #[command(subcommand)]
    pub(crate) command: Option<AttestCommand>,
    #[command(flatten)]
    pub(crate) make: AttestMakeArgs,
}

/// What is said, of what.
#[derive(Args, Debug)]
pub(crate) struct AttestMakeArgs {
    /// Kit to attest
    #[arg(value_name = "REF", required = true)]
    pub(crate) reference: Option<String>,
    /// Type of the predicate: a short name or a URI
    #[arg(long = "type", value_name = "TYPE", required = true)]
    pub(crate) kind: Option<String>,
    /// File with the predicate, a JSON object; `-` for standard input
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) predicate: Option<PathBuf>,
    /// Part that it is about beside the kit, such as a layer (repeatable)
    #[arg(long, value_name = "NAME=DIGEST")]
    pub(crate) subject: Vec<String>,
    /// Number of the release, which only grows
    #[arg(long, value_name = "N")]
    pub(crate) sequence: Option<u64>,
    /// Sign a predicate that does not have the shape of its type
    #[arg(long)]
    pub(crate) insecure_skip_predicate_check: bool,
    /// Attach at the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
    #[command(flatten)]
    pub(crate) network: SignerNetworkArgs,
}

/// What else can be done with attestations.
#[derive(Debug, Subcommand)]
pub(crate) enum AttestCommand {
    /// List what is attached to a kit, verified or not, and by whom
    List(AttestListArgs),
    /// Print what the attestations of a kit say
    Show(AttestShowArgs),
    /// Write the bundle of one attestation to a file
    Download(AttestDownloadArgs),
}

/// `sealkit attest list`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sealkit attest list model:v1 --type provenance --format json")]
pub(crate) struct AttestListArgs {
    #[command(flatten)]
    pub(crate) which: AttestWhichArgs,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}

/// `sealkit attest show`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 verified, 1 one of them is wrong, 2 there is none, or none by anybody you trust\n\n\
                  Examples:\n  sealkit attest show model:v1 --type test-result --key ci.pub"
)]
pub(crate) struct AttestShowArgs {
    #[command(flatten)]
    pub(crate) which: AttestWhichArgs,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}

/// `sealkit attest download`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit attest download model:v1 --type provenance -o provenance.sigstore.json"
)]
pub(crate) struct AttestDownloadArgs {
    #[command(flatten)]
    pub(crate) which: AttestWhichArgs,
    /// Where to write the bundle; `-` for standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: PathBuf,
}

/// Which attestations are meant, and whose signatures count.
#[derive(Args, Debug)]
pub(crate) struct AttestWhichArgs {
    /// Kit
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// Only those of this type: a short name or a URI
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,
    /// Only the one with this bundle or statement
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<String>,
    /// Trust signatures by this public key, for this run (PEM; repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signers: SignersArgs,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    #[command(flatten)]
    pub(crate) network: SignerNetworkArgs,
}

/// `sealkit lineage`.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 all of it is verified, 1 something in it is wrong, 2 something is missing or \
                  only declared\n\n\
                  Examples:\n  sealkit lineage model:v1\n  sealkit lineage model:v1 --down\n  \
                  sealkit lineage model:v1 --format svg -o lineage.svg\n  \
                  sealkit lineage registry.example.com/org/model:v1 --remote --allow-declared"
)]
pub(crate) struct LineageArgs {
    /// Kit
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t = LineageFormat::Tree, value_name = "FORMAT")]
    pub(crate) format: LineageFormat,
    /// Show what it came from; this is what is shown where nothing is said
    #[arg(long, conflicts_with = "down")]
    pub(crate) up: bool,
    /// Show what came from it, as far as the local store knows
    #[arg(long)]
    pub(crate) down: bool,
    /// Look no deeper than this many steps
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(0..=256))]
    pub(crate) depth: u16,
    /// Be content with ancestors that files only declare
    #[arg(long)]
    pub(crate) allow_declared: bool,
    /// Where to write; `-` for standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Trust signatures by this public key, for this run (PEM; repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signers: SignersArgs,
    /// Ask the registry instead of the local store, for ancestors too
    #[arg(short, long)]
    pub(crate) remote: bool,
    #[command(flatten)]
    pub(crate) network: SignerNetworkArgs,
}

/// A form of a lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LineageFormat {
    /// Text
    Tree,
    /// JSON
    Json,
    /// Mermaid flow chart
    Mermaid,
    /// SVG image
    Svg,
}
