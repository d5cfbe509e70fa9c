//! `sealkit quarantine` and `sealkit hub quarantine`.

#[cfg(feature = "hub")]
use clap::Subcommand;
use clap::{ArgGroup, Args};

#[cfg(feature = "hub")]
use super::HubPlaceArgs;
use super::NetworkArgs;

/// `sealkit quarantine`.
#[derive(Args, Debug)]
#[command(
    group(ArgGroup::new("act").required(true).args(["reason", "lift"])),
    after_help = "Tags, signatures and advisories stay; pulls and files are refused with the reason. Only\n\
                  who administers the repository may do it. A digest alone is meant in every repository: that\n\
                  of a manifest, or of a layer with every kit that has it. That of a file keeps nothing back.\n\n\
                  Exit codes: 0 done, 1 there was nothing to lift, or it keeps nothing back so far,\n\
                  2 it could not be done\n\nExamples:\n  \
                  sealkit quarantine hub.example.com/org/model:v1 --reason 'trained on leaked data'\n  \
                  sealkit quarantine hub.example.com/org/model:v1 --lift"
)]
pub(crate) struct QuarantineArgs {
    /// Kit at a hub, or the digest of a manifest or layer in every repository of `--hub`
    #[arg(value_name = "REF|DIGEST")]
    pub(crate) target: String,
    /// Refuse it from now on, and say this to whoever asks
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Give it out again
    #[arg(long)]
    pub(crate) lift: bool,
    /// The hub, where the reference does not name it
    #[arg(long, value_name = "HOST")]
    pub(crate) hub: Option<String>,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// `sealkit hub quarantine`. A change holds from the next request on, also where the hub runs.
#[cfg(feature = "hub")]
#[derive(Debug, Subcommand)]
pub(crate) enum HubQuarantineCommand {
    /// Refuse pulls of a kit, with the reason
    #[command(
        after_help = "Exit codes: 0 done, 1 it keeps nothing back so far, 2 it could not be done\n\nExamples:\n  sealkit hub quarantine add org/model:v1 --data ./hub --reason 'trained on leaked data'"
    )]
    Add(HubQuarantineAddArgs),
    /// Give a kit out again
    #[command(
        after_help = "Exit codes: 0 lifted, 1 there was nothing to lift, 2 it could not be done\n\nExamples:\n  sealkit hub quarantine lift org/model:v1 --data ./hub"
    )]
    Lift(HubQuarantineTargetArgs),
    /// List what is under quarantine
    #[command(after_help = "Examples:\n  sealkit hub quarantine list --data ./hub --format json")]
    List(HubPlaceArgs),
}

/// `sealkit hub quarantine lift`.
#[cfg(feature = "hub")]
#[derive(Args, Debug)]
pub(crate) struct HubQuarantineTargetArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// `NAME:TAG`, `NAME@DIGEST`, or the digest of a manifest or layer in every repository
    #[arg(value_name = "KIT")]
    pub(crate) target: String,
}

/// `sealkit hub quarantine add`.
#[cfg(feature = "hub")]
#[derive(Args, Debug)]
pub(crate) struct HubQuarantineAddArgs {
    #[command(flatten)]
    pub(crate) target: HubQuarantineTargetArgs,
    /// What to say to whoever asks
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}
