//! `sealkit record`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::SigningArgs;

/// `sealkit record`.
#[derive(Args, Debug)]
#[command(
    override_usage = "sealkit record --output PATH [OPTIONS] -- COMMAND...\n       sealkit record --approve RECORD",
    after_help = "Standard input, output and errors are the command's own; what SealKit says goes to standard\nerror. The exit code is the command's; 2 where it ended well and could not be recorded.\n\nWhat is signed is public for ever: secrets, paths of this machine and names of user and host are\ntaken out, and you see it before it can be attached to a kit. `sealkit seal` attaches it to the kit\nthat its outputs are packed into.\n\nExamples:\n  sealkit record --input data --output model -- python train.py --lr 0.001\n  sealkit record --base org/base=base --dataset org/data@v2=data --output model --yes -- sh train.sh\n  sealkit record --build-type quantize --base model.gguf --output q4.gguf -- quantize model.gguf q4.gguf\n  sealkit record --approve 3f2a91c04d7e"
)]
pub(crate) struct RecordArgs {
    /// File or folder that the command reads (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) input: Vec<PathBuf>,
    /// File or folder that the command writes (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) output: Vec<PathBuf>,
    /// Setting of the run (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    /// Base model: a path, NAME=PATH, NAME@sha256:DIGEST or a kit of the local store (repeatable)
    #[arg(long, value_name = "REF")]
    pub(crate) base: Vec<String>,
    /// Dataset with its version and place (repeatable)
    #[arg(long, value_name = "NAME@VERSION=PATH")]
    pub(crate) dataset: Vec<String>,
    /// Kind of run [default: finetune with a base model, else train]
    #[arg(long, value_enum, value_name = "TYPE")]
    pub(crate) build_type: Option<BuildTypeArg>,
    /// Record this variable of the environment too (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Vec<String>,
    /// Record the run even if the command fails; `seal` does not attach such a record
    #[arg(long)]
    pub(crate) even_if_failed: bool,
    /// Approve the record without being asked, as in CI
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// How much of the record is shown before it is approved
    #[arg(long, value_enum, default_value_t = PreviewArg::Summary, value_name = "HOW")]
    pub(crate) preview: PreviewArg,
    /// Write the signed record (a Sigstore bundle) here too, once it is approved
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// `table`, or `json`: standard output holds the answer alone, and the command's goes to standard error
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    /// Approve a record that waits, by the first digits of its digest
    #[arg(long, value_name = "RECORD", conflicts_with_all = ["input", "output", "param", "base", "dataset", "build_type", "env", "even_if_failed", "command"])]
    pub(crate) approve: Option<String>,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
    /// Command to run, with its arguments
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "approve")]
    pub(crate) command: Vec<String>,
}

/// Kinds of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BuildTypeArg {
    /// A model is trained from nothing
    Train,
    /// A base model is trained further
    Finetune,
    /// A model is quantised
    Quantize,
    /// Models are merged
    Merge,
    /// A model learns from another
    Distill,
    /// A model is written in another format
    Convert,
    /// Data is made from data
    DataPrep,
}

/// How much of a record is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PreviewArg {
    /// The main points
    Summary,
    /// The whole statement as JSON
    Full,
}
