//! The command line as data. Nothing here decides anything: it says what a person can type.

mod admin;
mod advisory;
mod attest;
mod bom;
pub(crate) mod flags;
#[cfg(feature = "hub")]
mod hub;
#[cfg(feature = "hub")]
mod hub_serve;
#[cfg(feature = "hub")]
mod hub_webhook;
mod impact;
mod kit;
mod log;
mod network;
mod policy;
mod quarantine;
mod record;
mod seal;
mod sign;
mod transfer;
mod trust;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use admin::{
    CacheCommand, CompletionArgs, FsckArgs, GcArgs, GenerateDocsArgs, KeysCommand,
    KeysGenerateArgs, LoginArgs, LogoutArgs, VersionArgs,
};
pub(crate) use advisory::{AdvisoriesArgs, RevokeArgs, SeverityArg};
pub(crate) use attest::{
    AttestArgs, AttestCommand, AttestDownloadArgs, AttestMakeArgs, AttestWhichArgs, LineageArgs,
    LineageFormat,
};
pub(crate) use bom::{
    BomArgs, BomAttachArgs, BomCommand, BomConvertArgs, BomDiffArgs, BomDownloadArgs, BomMakeArgs,
    BomScoreArgs, BomVerifyArgs, BomVulnsArgs, SuppliedArgs, TensorHashArg,
};
#[cfg(feature = "hub")]
pub(crate) use hub::{
    HubArgs, HubBackupArgs, HubCommand, HubEventsArgs, HubGateArgs, HubGcArgs, HubHealthArgs,
    HubIssuerAddArgs, HubIssuerCommand, HubPlaceArgs, HubRepoCommand, HubRepoSetArgs, HubScrubArgs,
    HubTokenAddArgs, HubTokenCommand, HubTokenRevokeArgs,
};
#[cfg(feature = "hub")]
pub(crate) use hub_serve::HubServeArgs;
#[cfg(feature = "hub")]
pub(crate) use hub_webhook::{HubWebhookAddArgs, HubWebhookCommand, HubWebhookRemoveArgs};
pub(crate) use impact::{ImpactArgs, SearchArgs};
pub(crate) use kit::{
    CompressionArg, DiffArgs, InfoArgs, InitArgs, InspectArgs, KitFormatArg, LayerFormatArg,
    ListArgs, PackArgs, RemoveArgs, TagArgs, TensorReadingArg, UnpackArgs,
};
pub(crate) use log::{LogArgs, LogCommand, LogMonitorArgs};
pub(crate) use network::{NetworkArgs, SignerNetworkArgs};
pub(crate) use policy::{
    CheckArgs, PolicyCommand, PolicyExplainArgs, PolicyInitArgs, PolicyLintArgs, PolicyTestArgs,
};
pub(crate) use quarantine::QuarantineArgs;
#[cfg(feature = "hub")]
pub(crate) use quarantine::{HubQuarantineAddArgs, HubQuarantineCommand, HubQuarantineTargetArgs};
pub(crate) use record::{BuildTypeArg, PreviewArg, RecordArgs};
pub(crate) use seal::{SealArgs, SigningArgs, VerifyArgs};
pub(crate) use sign::{ModelVerifyArgs, SignArgs};
pub(crate) use transfer::{
    CopyArgs, FilesArgs, HistoryArgs, ImportArgs, ImportToolArg, LoadArgs, PullArgs, PushArgs,
    SaveArgs,
};
pub(crate) use trust::{
    KeylessArgs, SignersArgs, SubjectKindArg, TrustAddArgs, TrustCommand, TrustExportArgs,
    TrustImportArgs, TrustRemoveArgs,
};

/// Know, prove and check what is inside your AI models.
#[derive(Debug, Parser)]
#[command(
    name = "sealkit",
    version,
    propagate_version = true,
    disable_help_subcommand = false,
    max_term_width = 100,
    after_help = "Exit codes: 0 yes or done, 1 the answer is no, 2 could not answer, 130 interrupted.\n\
                  Start with: sealkit seal DIR"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Where the local store, keys and trust are kept [env: SEALKIT_HOME]
    // Not by the library's own means: it would then name the option in every usage line.
    #[arg(long, global = true, value_name = "DIR", alias = "config")]
    pub(crate) home: Option<PathBuf>,
    /// Print only the answer: digests or names
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more (repeat for even more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Least important messages to show
    #[arg(long, global = true, value_enum, default_value_t = LogLevel::Info, value_name = "LEVEL")]
    pub(crate) log_level: LogLevel,
    /// How to show progress on a terminal
    #[arg(long, global = true, value_enum, default_value_t = ProgressStyle::Plain, value_name = "STYLE")]
    pub(crate) progress: ProgressStyle,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// Open no network connection
    #[arg(long, global = true)]
    pub(crate) offline: bool,
}

/// Importance of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum LogLevel {
    /// Everything
    Trace,
    /// What is done, step by step
    Debug,
    /// What happens
    Info,
    /// What may be wrong
    Warn,
    /// What went wrong
    Error,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressStyle {
    /// Not at all
    None,
    /// One bar
    Plain,
    /// One bar, with rate and time left
    Fancy,
}

/// When colour is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Everything that can be asked of SealKit.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Package, inventory, sign and verify a folder in one step
    Seal(SealArgs),
    /// Sign a kit, or a folder that need not be one
    Sign(Box<SignArgs>),
    /// Run a command and make signed provenance of what it did
    Record(Box<RecordArgs>),
    /// Check a kit or a folder against what was signed
    Verify(VerifyArgs),
    /// Answer whether a kit may be used: verification, then a policy
    Check(Box<CheckArgs>),
    /// Write, test and explain policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Make, show, compare and convert AIBOMs
    Bom(Box<BomArgs>),
    /// Sign a statement about a kit, or show what is attached to it
    Attest(Box<AttestArgs>),
    /// Show what a kit came from, and how far that is proven
    Lineage(Box<LineageArgs>),
    /// Make signing keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Say whose signatures count
    #[command(subcommand)]
    Trust(Box<TrustCommand>),

    /// Generate a Kitfile for a folder
    Init(InitArgs),
    /// Pack a folder as a kit
    Pack(PackArgs),
    /// Unpack a kit, or some of it, into a folder
    Unpack(UnpackArgs),
    /// List kits
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Print manifest and Kitfile of a kit as JSON
    Inspect(InspectArgs),
    /// Print the Kitfile of a kit
    #[command(visible_alias = "show")]
    Info(InfoArgs),
    /// List or print the files inside a kit
    Files(FilesArgs),
    /// Compare two kits or folders
    Diff(DiffArgs),
    /// Give a kit another name
    Tag(TagArgs),
    /// Remove a kit or a tag
    #[command(visible_alias = "rm")]
    Remove(RemoveArgs),
    /// Show where a tag pointed before
    History(HistoryArgs),

    /// Push a kit to a registry
    Push(PushArgs),
    /// Pull a kit from a registry
    Pull(PullArgs),
    /// Copy a kit between stores, registries, layout folders and archives
    #[command(visible_alias = "cp")]
    Copy(CopyArgs),
    /// Save a kit and all that is attached to it as one archive file
    Save(SaveArgs),
    /// Load an archive file into the local store
    Load(LoadArgs),
    /// Import a Hugging Face repository, a git repository or a folder
    Import(ImportArgs),
    /// Log in to a registry
    Login(LoginArgs),
    /// Log out from a registry
    Logout(LogoutArgs),

    /// Hold the transparency log of a hub against what was seen of it before
    #[command(subcommand)]
    Log(Box<LogCommand>),
    /// Say, signed, that a kit must not be used
    Revoke(Box<RevokeArgs>),
    /// List who said that kits must not be used, and why
    Advisories(Box<AdvisoriesArgs>),
    /// Find kits by words, format, licence, base model, signer and more
    Search(Box<SearchArgs>),
    /// Show which kits contain a dataset, model, package or file, or descend from one that does
    Impact(Box<ImpactArgs>),
    /// Keep a hub from giving a kit out, or lift that
    Quarantine(Box<QuarantineArgs>),
    /// Serve a registry that shows what is inside kits: pages, API and a log of every act
    #[cfg(feature = "hub")]
    Hub(HubArgs),
    /// Remove what nothing refers to from the local store
    Gc(GcArgs),
    /// Check the local store
    Fsck(FsckArgs),
    /// Show or clear temporary files
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Run a model locally (not part of SealKit)
    #[command(hide = true)]
    Dev(DevArgs),
    /// Print a completion script for a shell
    Completion(CompletionArgs),
    /// Print the version
    Version(VersionArgs),
    /// Write the generated reference pages and man pages
    #[command(hide = true)]
    GenerateDocs(GenerateDocsArgs),
}

/// `dev` of `kit`, which SealKit does not have: all arguments are taken so that the answer is ours.
#[derive(Args, Debug)]
pub(crate) struct DevArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub(crate) rest: Vec<String>,
}
