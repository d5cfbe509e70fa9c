//! `kit`'s packaging verbs with `kit`'s flags.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use super::NetworkArgs;

/// Compression of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompressionArg {
    /// Bytes as they are, so that single files can be fetched
    None,
    /// gzip, level 6
    Gzip,
    /// gzip, level 1
    GzipFastest,
    /// Zstandard
    Zstd,
}

/// How a layer holds its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayerFormatArg {
    /// A tar archive
    Tar,
    /// One file as it is
    Raw,
}

/// Format of a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KitFormatArg {
    /// KitOps ModelKit
    Modelkit,
    /// CNCF ModelPack
    Modelpack,
}

/// `sealkit init`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit init .\n  sealkit init ./model --name my-model --author 'Ana Ruiz'\n  sealkit init org/model --remote -o -"
)]
pub(crate) struct InitArgs {
    /// Folder, or repository with `--remote`
    pub(crate) path: String,
    /// Name of the kit
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Description of the kit
    #[arg(long)]
    pub(crate) desc: Option<String>,
    /// Author of the kit
    #[arg(long)]
    pub(crate) author: Option<String>,
    /// Replace a Kitfile that is there
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Read a Hugging Face repository instead of a folder
    #[arg(long)]
    pub(crate) remote: bool,
    /// Branch, tag or commit of the repository
    #[arg(long = "ref", default_value = "main", value_name = "REF")]
    pub(crate) revision: String,
    /// Token for the repository
    #[arg(long, env = "HF_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Hugging Face endpoint
    #[arg(long, env = "HF_ENDPOINT", default_value = "https://huggingface.co", value_name = "URL")]
    pub(crate) endpoint: String,
    /// Where to write the Kitfile, `-` for standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<String>,
    /// How deep to look into folders; negative lists every file
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_name = "N")]
    pub(crate) depth: i32,
}

/// `sealkit pack`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit pack . -t registry.example.com/org/model:v1\n  sealkit pack ./project -f ./Kitfile -t model:v1,latest"
)]
pub(crate) struct PackArgs {
    /// Folder to pack
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Kitfile to use, `-` for standard input
    #[arg(short, long, value_name = "PATH")]
    pub(crate) file: Option<String>,
    /// Name for the kit; more tags after commas
    #[arg(short, long, value_name = "REF")]
    pub(crate) tag: Option<String>,
    /// Compression of layers
    #[arg(long, value_enum, default_value_t = CompressionArg::None)]
    pub(crate) compression: CompressionArg,
    /// How a layer holds its files
    #[arg(long, value_enum, default_value_t = LayerFormatArg::Tar, value_name = "FORMAT")]
    pub(crate) layer_format: LayerFormatArg,
    /// Format of the kit
    #[arg(long, value_enum, default_value_t = KitFormatArg::Modelkit)]
    pub(crate) format: KitFormatArg,
    /// The same as `--format modelpack`
    #[arg(long)]
    pub(crate) use_model_pack: bool,
    /// Version to write as the packing tool's, to reproduce a kit made by `kit`
    #[arg(long, value_name = "VERSION")]
    pub(crate) kit_version: Option<String>,
    /// Creation time to write (RFC 3339 or seconds since 1970); none by default
    #[arg(long, value_name = "TIME")]
    pub(crate) created: Option<String>,
    /// Write this mode for files and folders instead of their own
    #[arg(long)]
    pub(crate) normalize_modes: bool,
    /// Refuse symbolic links instead of packing the files that they mean
    #[arg(long)]
    pub(crate) refuse_symlinks: bool,
}

/// `sealkit unpack`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit unpack model:v1 -d ./out\n  sealkit unpack registry.example.com/org/model:v1 --filter=model -d ./out\n  sealkit unpack model:v1 --filter=datasets:data/train.csv"
)]
pub(crate) struct UnpackArgs {
    /// Kit to unpack
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// Folder to unpack into
    #[arg(short, long, default_value = ".", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Replace files that are there
    #[arg(short, long)]
    pub(crate) overwrite: bool,
    /// Keep files that are there
    #[arg(short, long, conflicts_with = "overwrite")]
    pub(crate) ignore_existing: bool,
    /// What to unpack: `type[,type…][:name-or-path]` (repeatable)
    #[arg(short, long, value_name = "FILTER")]
    pub(crate) filter: Vec<String>,
    /// Fetch remote datasets too
    #[arg(long)]
    pub(crate) include_remote: bool,
    /// Only the Kitfile (use --filter=kitfile)
    #[arg(long, hide = true)]
    pub(crate) kitfile: bool,
    /// Only the model (use --filter=model)
    #[arg(long, hide = true)]
    pub(crate) model: bool,
    /// Only code (use --filter=code)
    #[arg(long, hide = true)]
    pub(crate) code: bool,
    /// Only datasets (use --filter=datasets)
    #[arg(long, hide = true)]
    pub(crate) datasets: bool,
    /// Only documentation (use --filter=docs)
    #[arg(long, hide = true)]
    pub(crate) docs: bool,
    /// Most entries that a kit may have
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_entries: Option<u64>,
    /// Most bytes that a kit may unpack to
    #[arg(long, value_name = "BYTES", help_heading = "Limits")]
    pub(crate) max_bytes: Option<u64>,
    /// Most times its size that a compressed layer may expand
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) max_ratio: Option<u64>,
    /// Fetch single files by range even where nothing proves their bytes
    #[arg(long)]
    pub(crate) insecure_unverified_range: bool,
    /// Take referenced kits as their tags are now, not as they were packed
    #[arg(long)]
    pub(crate) insecure_unpinned: bool,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit list`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit list\n  sealkit list registry.example.com/org/model\n  sealkit list --format json"
)]
pub(crate) struct ListArgs {
    /// Repository of a registry; the local store where none is given
    #[arg(value_name = "REPOSITORY")]
    pub(crate) repository: Option<String>,
    /// `table`, `json` or a template such as `{{.Repo}}:{{.Tags}}`
    #[arg(long, default_value = "table")]
    pub(crate) format: String,
    /// Only kits that contain this: `type[:name]` (repeatable)
    #[arg(short, long, value_name = "FILTER")]
    pub(crate) filter: Vec<String>,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit inspect`.
#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// Kit
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit info`.
#[derive(Args, Debug)]
pub(crate) struct InfoArgs {
    /// Kit
    #[arg(value_name = "REF")]
    pub(crate) reference: String,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// Print one node only, e.g. `.model.name`
    #[arg(short, long, value_name = "NODE")]
    pub(crate) filter: Option<String>,
    /// `yaml` or `json`
    #[arg(long, default_value = "yaml", value_parser = ["yaml", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit diff`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit diff model:v1 model:v2\n  sealkit diff local://model:v1 remote://registry.example.com/org/model:v1 --exit-code\n  sealkit diff model:v1 ./folder --format json\n  sealkit diff --tensors base:v1 tuned:v1"
)]
pub(crate) struct DiffArgs {
    /// First kit: `REF`, `local://REF`, `remote://REF`, `oci:DIR[:tag]` or a folder
    #[arg(value_name = "A")]
    pub(crate) a: String,
    /// Second kit
    #[arg(value_name = "B")]
    pub(crate) b: String,
    /// Exit with 1 where they differ, 2 where they could not be compared
    #[arg(long, action = ArgAction::SetTrue)]
    pub(crate) exit_code: bool,
    /// Compare tensors too: with their bytes where the kit is on this machine, by headers alone where it is
    /// not; `headers` or `bytes` says otherwise
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, default_missing_value = "auto", require_equals = true)]
    pub(crate) tensors: Option<TensorReadingArg>,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// How much of the tensors is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TensorReadingArg {
    /// Bytes of what is on this machine, headers of the rest
    Auto,
    /// Headers alone
    Headers,
    /// Every byte, over the network too
    Bytes,
}

/// `sealkit tag`.
#[derive(Args, Debug)]
pub(crate) struct TagArgs {
    /// Kit
    pub(crate) source: String,
    /// Its further name
    pub(crate) target: String,
}

/// `sealkit remove`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit remove model:v1\n  sealkit remove model:v1,v2\n  sealkit remove --all"
)]
pub(crate) struct RemoveArgs {
    /// Kit
    #[arg(value_name = "REF", required_unless_present = "all")]
    pub(crate) reference: Option<String>,
    /// Remove the kit and all its tags
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Remove all kits without a tag; with --force all kits
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Remove from the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// Say what would be removed and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}
