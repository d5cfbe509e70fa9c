//! Verbs that move kits, and those that look inside them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{KitFormatArg, NetworkArgs};

/// `sealkit push`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit push registry.example.com/org/model:v1\n  sealkit push model:v1 registry.example.com/org/model:v1"
)]
pub(crate) struct PushArgs {
    /// Kit in the local store
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Name at the registry; the source's own where none is given
    #[arg(value_name = "DESTINATION")]
    pub(crate) destination: Option<String>,
    /// Leave signatures, AIBOM and file table behind
    #[arg(long)]
    pub(crate) no_referrers: bool,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit pull`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sealkit pull registry.example.com/org/model:v1")]
pub(crate) struct PullArgs {
    /// Kit at a registry
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// Leave signatures, AIBOM and file table behind
    #[arg(long)]
    pub(crate) no_referrers: bool,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit copy`.
#[derive(Args, Debug)]
#[command(
    after_help = "Places: REF of the local store or, with a registry, `remote://REF`; `local://REF`; `oci:DIR[:tag]`; `archive:FILE`.\n\nExamples:\n  sealkit copy model:v1 oci:./layout:v1\n  sealkit copy remote://a.example.com/m:v1 remote://b.example.com/m:v1 --recursive"
)]
pub(crate) struct CopyArgs {
    /// From
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// To
    #[arg(value_name = "DESTINATION")]
    pub(crate) destination: String,
    /// Copy signatures, AIBOM and everything else that is attached
    #[arg(short, long)]
    pub(crate) recursive: bool,
    /// Convert to this format while copying; equal layers are used again
    #[arg(long, value_enum)]
    pub(crate) format: Option<KitFormatArg>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit save`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sealkit save model:v1 -o model-v1.tar")]
pub(crate) struct SaveArgs {
    /// Kit in the local store
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// Archive file to write, `-` for standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: String,
}

/// `sealkit load`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sealkit load -i model-v1.tar")]
pub(crate) struct LoadArgs {
    /// Archive file to read, `-` for standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) input: String,
    /// Name to give the kit instead of the one in the archive
    #[arg(short, long, value_name = "REF")]
    pub(crate) tag: Option<String>,
}

/// Which tool fetches an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportToolArg {
    /// The Hugging Face HTTP API
    Hf,
    /// The installed git
    Git,
}

/// `sealkit import`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit import org/model\n  sealkit import org/model --ref v1.0 -t model:v1\n  sealkit import https://git.example.com/org/model.git --tool git\n  sealkit import ./folder -t model:v1"
)]
pub(crate) struct ImportArgs {
    /// Hugging Face repository, git URL or folder
    pub(crate) repository: String,
    /// Branch, tag or commit; the default branch where none is given
    #[arg(long = "ref", value_name = "REF")]
    pub(crate) revision: Option<String>,
    /// Token for the repository; HF_TOKEN is used for the endpoint where none is given
    #[arg(long)]
    pub(crate) token: Option<String>,
    /// Name for the kit; `REPOSITORY:latest` where none is given
    #[arg(short, long, value_name = "REF")]
    pub(crate) tag: Option<String>,
    /// Kitfile to use, `-` for standard input
    #[arg(short, long, value_name = "PATH")]
    pub(crate) file: Option<String>,
    /// Tool to fetch with; found from the repository where none is given
    #[arg(long, value_enum)]
    pub(crate) tool: Option<ImportToolArg>,
    /// Hugging Face endpoint
    #[arg(long, env = "HF_ENDPOINT", default_value = "https://huggingface.co", value_name = "URL")]
    pub(crate) endpoint: String,
    /// How deep to look into folders; negative lists every file
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_name = "N")]
    pub(crate) depth: i32,
    /// Write a SLSA provenance predicate of the import, `-` for standard output
    #[arg(long, value_name = "PATH")]
    pub(crate) attestation_output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit files`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit files model:v1\n  sealkit files registry.example.com/org/model:v1 README.md --remote"
)]
pub(crate) struct FilesArgs {
    /// Kit
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// File to print; all are listed where none is given
    pub(crate) path: Option<String>,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    /// Where to write the file
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Print a file even where nothing proves its bytes
    #[arg(long)]
    pub(crate) insecure_unverified_range: bool,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit history`.
#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// Tag or repository of the local store
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}
