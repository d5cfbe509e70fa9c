//! `sealkit hub webhook`.

use clap::{Args, Subcommand};

use super::HubPlaceArgs;

/// `sealkit hub webhook`. A change holds within a second, also where the hub runs.
#[derive(Debug, Subcommand)]
pub(crate) enum HubWebhookCommand {
    /// Have events sent to an address from now on, and show the secret that they are signed with, once
    #[command(
        after_help = "Messages and signatures are those of Standard Webhooks. An event is named as `sealkit hub events` has it;\na scope, such as `quarantine`, is all of its events.\n\nExamples:\n  sealkit hub webhook add https://soc.example.com/hook --event quarantine --event advisory --data ./hub"
    )]
    Add(HubWebhookAddArgs),
    /// List the webhooks, and what was not taken
    #[command(after_help = "Examples:\n  sealkit hub webhook list --data ./hub --format json")]
    List(HubPlaceArgs),
    /// Send nothing to an address any more
    #[command(
        after_help = "Exit codes: 0 removed, 1 there is none, 2 it could not be done\n\nExamples:\n  sealkit hub webhook remove 1 --data ./hub"
    )]
    Remove(HubWebhookRemoveArgs),
}

/// `sealkit hub webhook add`.
#[derive(Args, Debug)]
pub(crate) struct HubWebhookAddArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Address to post to: `https`, on the public internet unless the hub is told otherwise
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Event to send, or scope of events (repeatable)
    #[arg(long = "event", required = true, value_name = "EVENT")]
    pub(crate) events: Vec<String>,
}

/// `sealkit hub webhook remove`.
#[derive(Args, Debug)]
pub(crate) struct HubWebhookRemoveArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Number of the webhook, as listed
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
}
