//! `check` and `policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{NetworkArgs, SignerNetworkArgs, SignersArgs, SigningArgs};

/// `sealkit check`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit check ./project\n  sealkit check registry.example.com/org/model:v1 --remote --policy prod.yaml\n  sealkit check model@sha256:… --environment production --format json\n  sealkit check model:v1 --attest --key ci.key"
)]
pub(crate) struct CheckArgs {
    /// Kit, or a folder that was sealed
    #[arg(value_name = "REF|DIR")]
    pub(crate) subject: String,
    /// Policy to judge by; the built-in one where none is given
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Where the kit will be used, for rules that ask
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Trust signatures by this public key, for this run (PEM; repeatable)
    #[arg(long = "trust-key", value_name = "PATH")]
    pub(crate) trust_key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signers: SignersArgs,
    /// Ask the registry instead of the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// Write what the policy was judged on to a file, for `policy test`
    #[arg(long, value_name = "FILE")]
    pub(crate) save_facts: Option<PathBuf>,
    /// Sign the verdict, where it is yes, and attach it to the kit
    #[arg(long)]
    pub(crate) attest: bool,
    /// `table`, `json` or `sarif`
    #[arg(long, default_value = "table", value_parser = ["table", "json", "sarif"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
    #[command(flatten)]
    pub(crate) network: SignerNetworkArgs,
}

/// `sealkit policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Write a policy to start from
    #[command(
        after_help = "Examples:\n  sealkit policy init\n  sealkit policy init -o policy.yaml"
    )]
    Init(PolicyInitArgs),
    /// Check that a policy can be used, and say what is odd about it
    #[command(after_help = "Examples:\n  sealkit policy lint policy.yaml")]
    Lint(PolicyLintArgs),
    /// Try a policy on kits, or on facts that were written down
    #[command(
        after_help = "Examples:\n  sealkit policy test policy.yaml model:v1\n  sealkit policy test policy.yaml --facts good.json --facts bad.json\n  sealkit policy test policy.yaml --hub hub.example.com --below team"
    )]
    Test(PolicyTestArgs),
    /// Say what each rule asks and how a kit comes to meet it
    #[command(
        after_help = "Examples:\n  sealkit policy explain\n  sealkit policy explain policy.yaml model:v1"
    )]
    Explain(PolicyExplainArgs),
}

/// `sealkit policy init`.
#[derive(Args, Debug)]
pub(crate) struct PolicyInitArgs {
    /// File to write; standard output where none is given
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// `sealkit policy lint`.
#[derive(Args, Debug)]
pub(crate) struct PolicyLintArgs {
    /// Policy
    #[arg(value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}

/// `sealkit policy test`.
#[derive(Args, Debug)]
pub(crate) struct PolicyTestArgs {
    /// Policy
    #[arg(value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// Kits, or folders that were sealed
    #[arg(value_name = "REF|DIR")]
    pub(crate) subjects: Vec<String>,
    /// Facts that were written down, with what is expected of them (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Vec<PathBuf>,
    /// Kits of this hub that you may read, judged there: the newest tagged version of each repository
    #[arg(long, value_name = "HOST", conflicts_with_all = ["subjects", "facts"])]
    pub(crate) hub: Option<String>,
    /// Only this repository of the hub and those below it
    #[arg(long, value_name = "REPOSITORY", requires = "hub")]
    pub(crate) below: Option<String>,
    /// All tagged versions of the hub, not only the newest of each repository
    #[arg(long, requires = "hub")]
    pub(crate) all_versions: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit policy explain`.
#[derive(Args, Debug)]
pub(crate) struct PolicyExplainArgs {
    /// Policy; the built-in one where none is given
    #[arg(value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Kit, or a folder that was sealed: says also what each rule answers to it
    #[arg(value_name = "REF|DIR")]
    pub(crate) subject: Option<String>,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}
