//! `bom` and what belongs to it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{NetworkArgs, SigningArgs};

/// `sealkit bom`.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Formats: cyclonedx-json (1.6), cyclonedx-json@1.7, spdx3-json, table, markdown, html\n\n\
                  Examples:\n  sealkit bom .\n  sealkit bom model:v1 -o cyclonedx-json=bom.cdx.json -o html=bom.html\n  \
                  sealkit bom registry.example.com/org/model:v1 --remote\n  sealkit bom hf://org/model@main"
)]
pub(crate) struct BomArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BomCommand>,
    #[command(flatten)]
    pub(crate) make: BomMakeArgs,
}

/// Which AIBOM, and how to show it.
#[derive(Args, Clone, Debug)]
pub(crate) struct BomMakeArgs {
    /// Kit, folder, `oci:DIR`, `archive:FILE` or `hf://ORG/NAME[@REVISION]`
    #[arg(value_name = "REF|DIR", default_value = ".")]
    pub(crate) subject: String,
    /// How to show it
    #[arg(long, default_value = "cyclonedx-json", value_name = "FORMAT")]
    pub(crate) format: String,
    /// Where to write (repeatable): `PATH`, `FORMAT=PATH`, or `FORMAT` alone; `-` is standard output
    #[arg(short, long, value_name = "[FORMAT=]PATH")]
    pub(crate) output: Vec<String>,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// Make a new one even where the kit has one
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Name each tensor by a digest of its bytes: all of them are read
    #[arg(long, value_enum, value_name = "HASH", num_args = 0..=1, default_missing_value = "sha256")]
    pub(crate) tensors: Option<TensorHashArg>,
    /// Folder with the official schema files, to check what is written
    #[arg(long, value_name = "DIR")]
    pub(crate) schema: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) supplied: SuppliedArgs,
    /// Hugging Face endpoint
    #[arg(long, env = "HF_ENDPOINT", default_value = "https://huggingface.co", value_name = "URL")]
    pub(crate) endpoint: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// What people say that the bytes cannot.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What you say of it")]
pub(crate) struct SuppliedArgs {
    /// Who answers for the AIBOM, `NAME` or `NAME <MAIL>` (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Vec<String>,
    /// Organisation that supplies the kit and its models
    #[arg(long, value_name = "NAME")]
    pub(crate) supplier: Option<String>,
    /// Overlay file; `aibom.yaml` of the folder where none is given
    #[arg(long, value_name = "PATH")]
    pub(crate) overlay: Option<PathBuf>,
}

/// A hash for tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TensorHashArg {
    /// SHA-256
    Sha256,
    /// BLAKE3
    Blake3,
}

/// What else can be done with AIBOMs.
#[derive(Debug, Subcommand)]
pub(crate) enum BomCommand {
    /// Check an AIBOM against the kit or folder that it describes
    Verify(BomVerifyArgs),
    /// Compare two AIBOMs, kits or folders by meaning
    Diff(BomDiffArgs),
    /// Say what of a profile an AIBOM has, and how to supply what is missing
    #[command(visible_alias = "check")]
    Score(BomScoreArgs),
    /// Match an AIBOM with advisories
    Vulns(BomVulnsArgs),
    /// Write an AIBOM file in another format
    Convert(BomConvertArgs),
    /// Attach an AIBOM to a kit of the local store
    Attach(BomAttachArgs),
    /// Write the AIBOM that is attached to a kit, byte for byte
    Download(BomDownloadArgs),
}

/// `sealkit bom verify`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit bom verify bom.cdx.json ./project\n  sealkit bom verify bom.spdx.json model:v1 --format sarif"
)]
pub(crate) struct BomVerifyArgs {
    /// The AIBOM: CycloneDX 1.4 to 1.7, SPDX 2.3 or 3.0.1, as JSON
    #[arg(value_name = "BOM")]
    pub(crate) bom: PathBuf,
    /// Kit, folder, `oci:DIR`, `archive:FILE` or `hf://ORG/NAME[@REVISION]`
    #[arg(value_name = "REF|DIR", default_value = ".")]
    pub(crate) subject: String,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// Leave the answer open where the AIBOM is silent about fields that SPDX demands
    #[arg(long)]
    pub(crate) demand_fields: bool,
    /// Folder with the official schema files, to check the document too
    #[arg(long, value_name = "DIR")]
    pub(crate) schema: Option<PathBuf>,
    /// `table`, `json` or `sarif`
    #[arg(long, default_value = "table", value_parser = ["table", "json", "sarif"])]
    pub(crate) format: String,
    /// Hugging Face endpoint
    #[arg(long, env = "HF_ENDPOINT", default_value = "https://huggingface.co", value_name = "URL")]
    pub(crate) endpoint: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit bom score`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit bom score . --profile g7-ai\n  sealkit bom score bom.cdx.json --profile owasp-aibom --format html > score.html"
)]
pub(crate) struct BomScoreArgs {
    /// AIBOM file, kit or folder
    #[arg(value_name = "BOM|REF|DIR", default_value = ".")]
    pub(crate) subject: String,
    /// `g7-ai`, `cisa-2026`, `eu-ai-act-iv`, `eu-ai-act-xi`, `ntia`, `owasp-aibom`, or a file
    #[arg(long, default_value = "g7-ai", value_name = "PROFILE")]
    pub(crate) profile: String,
    /// Exit with 1 where a required element is missing
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// `table`, `json`, `markdown` or `html`
    #[arg(long, default_value = "table", value_parser = ["table", "json", "markdown", "html"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) supplied: SuppliedArgs,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit bom vulns`.
#[derive(Args, Debug)]
#[command(
    after_help = "The folder holds advisories in the OSV format, as an export has them.\nExit codes: 0 nothing matches, 1 something does.\n\nExample:\n  sealkit bom vulns model:v1 --db ./osv --format openvex > vex.json"
)]
pub(crate) struct BomVulnsArgs {
    /// AIBOM file, kit or folder
    #[arg(value_name = "BOM|REF|DIR", default_value = ".")]
    pub(crate) subject: String,
    /// Folder with advisories (OSV JSON)
    #[arg(long, value_name = "DIR")]
    pub(crate) db: PathBuf,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// `table`, `json`, `cyclonedx-vex` or `openvex`
    #[arg(long, default_value = "table", value_parser = ["table", "json", "cyclonedx-vex", "openvex"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit bom diff`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit bom diff model:v1 model:v2\n  sealkit bom diff old.cdx.json ./project"
)]
pub(crate) struct BomDiffArgs {
    /// AIBOM file, kit or folder
    #[arg(value_name = "A")]
    pub(crate) a: String,
    /// AIBOM file, kit or folder
    #[arg(value_name = "B")]
    pub(crate) b: String,
    /// Make new AIBOMs even where the kits have some
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// Exit with 1 where something differs
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit bom convert`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  sealkit bom convert sbom.spdx.json --format cyclonedx-json@1.7 -o sbom.cdx.json"
)]
pub(crate) struct BomConvertArgs {
    /// CycloneDX 1.4 to 1.7, SPDX 2.3 or SPDX 3.0.1, as JSON
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How to write it
    #[arg(long, default_value = "cyclonedx-json", value_name = "FORMAT")]
    pub(crate) format: String,
    /// Where to write (repeatable): `PATH`, `FORMAT=PATH`, or `FORMAT` alone; `-` is standard output
    #[arg(short, long, value_name = "[FORMAT=]PATH")]
    pub(crate) output: Vec<String>,
    /// Folder with the official schema files, to check what is read and written
    #[arg(long, value_name = "DIR")]
    pub(crate) schema: Option<PathBuf>,
}

/// `sealkit bom attach`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit bom attach model:v1\n  sealkit bom attach model:v1 bom.cdx.json --key signer.key"
)]
pub(crate) struct BomAttachArgs {
    /// Kit of the local store
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// The AIBOM; made from the kit where none is given
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Attach it without a signature
    #[arg(long, conflicts_with_all = ["key", "password_stdin", "insecure_empty_password"])]
    pub(crate) unsigned: bool,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
    #[command(flatten)]
    pub(crate) supplied: SuppliedArgs,
}

/// `sealkit bom download`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  sealkit bom download model:v1 -o bom.cdx.json")]
pub(crate) struct BomDownloadArgs {
    /// Kit
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// Where to write; standard output where none is given
    #[arg(short, long, value_name = "PATH", default_value = "-")]
    pub(crate) output: String,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}
