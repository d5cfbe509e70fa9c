//! `hub` and the care of its storage.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use sealkit_hub::{PolicyFile, Scope};

use super::{HubQuarantineCommand, HubWebhookCommand};

use super::hub_serve::HubServeArgs;

/// `sealkit hub`.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  sealkit hub --data ./hub --listen 127.0.0.1:5000\n  \
                  sealkit hub --data ./hub --listen 0.0.0.0:443 --tls-cert hub.pem --tls-key hub.key\n  \
                  sealkit hub gc --data ./hub --dry-run\n  \
                  sealkit hub backup --data ./hub ./hub-2026-11-25"
)]
pub(crate) struct HubArgs {
    #[command(subcommand)]
    pub(crate) command: Option<HubCommand>,
    /// Folder of the hub's storage; the local store is served where none is given
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:5000", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// Where clients reach the hub when that is not where it listens, e.g. `https://hub.example.com`
    /// behind a proxy: they are sent there for tokens
    #[arg(long, value_name = "URL", value_parser = base_url)]
    pub(crate) url: Option<String>,
    /// Requests a second that each token and each address may make, four seconds' worth at once; 0 for
    /// no limit
    #[arg(long, default_value_t = 5_000, value_name = "N")]
    pub(crate) rate_limit: u32,
    /// Name of a new transparency log, e.g. `hub.example.com`; a unique one where none is given
    #[arg(long, value_name = "HOST")]
    pub(crate) log_origin: Option<String>,
    /// Listen beyond this machine although connections are not encrypted
    #[arg(long)]
    pub(crate) insecure_listen_anywhere: bool,
    /// Let anyone read everything in `--data` without a token
    #[arg(long, requires = "data")]
    pub(crate) anonymous_read: bool,
    /// Let anyone who reaches the hub do everything; without it each request to `--data` needs a token
    #[arg(long, conflicts_with = "anonymous_read")]
    pub(crate) insecure_no_tokens: bool,
    /// Take manifests whose content is not there: who pulls them gets less than they name
    #[arg(long)]
    pub(crate) insecure_sparse_manifests: bool,
    /// Store no AIBOM of the hub's own beside each version
    #[arg(long, requires = "data")]
    pub(crate) no_aibom: bool,
    /// Send webhooks to private networks, to this machine and unencrypted too
    #[arg(long, requires = "data")]
    pub(crate) insecure_webhook_anywhere: bool,
    #[command(flatten)]
    pub(crate) serve: HubServeArgs,
    #[command(flatten)]
    pub(crate) gate: HubGateArgs,
}

/// Which kits a tag of the hub may name.
#[derive(Args, Debug)]
#[command(next_help_heading = "Policy options")]
pub(crate) struct HubGateArgs {
    /// Policy that judges each kit before a tag is set to it, of every repository or of those below a
    /// prefix (repeatable: all have to allow); read anew on SIGHUP
    #[arg(long, value_name = "[PREFIX=]FILE", requires = "data")]
    pub(crate) policy: Vec<PolicyFile>,
    /// Trust store that policies and the catalogue count on [default: `trust.json` in `--data`]
    #[arg(long, value_name = "FILE", requires = "data")]
    pub(crate) trust: Option<PathBuf>,
    /// Judge kits before they are pulled too, except by who may push
    #[arg(long, requires = "policy")]
    pub(crate) policy_on_pull: bool,
    /// Deny a kit that takes longer to judge
    #[arg(long, default_value_t = 120, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) policy_timeout: u64,
}

/// What else can be done with a hub's storage. All of it may be done while the hub runs.
#[derive(Debug, Subcommand)]
pub(crate) enum HubCommand {
    /// Remove content that no manifest names, uploads that nobody went on with, and what was left over
    #[command(after_help = "Examples:\n  sealkit hub gc --data ./hub --dry-run")]
    Gc(HubGcArgs),
    /// Check that everything that the storage names is there
    #[command(
        after_help = "Exit codes: 0 nothing is wrong, 1 something is, 2 it could not be read\n\nExamples:\n  sealkit hub fsck --data ./hub --format json"
    )]
    Fsck(HubPlaceArgs),
    /// Read all content again; what is damaged is not given out any more until it is pushed again
    #[command(
        after_help = "Exit codes: 0 nothing is wrong, 1 something is damaged, 2 it could not be read\n\nExamples:\n  sealkit hub scrub --data ./hub --rate 50"
    )]
    Scrub(HubScrubArgs),
    /// Make anew what is derived from manifests: links at once, the catalogue by the hub while it serves
    #[command(after_help = "Examples:\n  sealkit hub reindex --data ./hub")]
    Reindex(HubPlaceArgs),
    /// Copy everything as it is at one moment to a new folder, which is a storage like any other
    #[command(
        after_help = "To restore, serve the copy: `sealkit hub --data COPY`.\n\nExamples:\n  sealkit hub backup --data ./hub ./hub-2026-11-25"
    )]
    Backup(HubBackupArgs),
    /// Make, list and revoke the tokens that clients log in with
    #[command(subcommand)]
    Token(HubTokenCommand),
    /// Trust the identities that a CI system signs, so that its jobs need no secret
    #[command(subcommand)]
    TrustIssuer(HubIssuerCommand),
    /// Say which tags stay and how much may be held, by prefix of repositories
    #[command(subcommand)]
    Repo(HubRepoCommand),
    /// Show what was done and refused on the hub, the newest first
    #[command(
        after_help = "Examples:\n  sealkit hub events --data ./hub --action access.deny\n  sealkit hub events --data ./hub --repository team/model --format json"
    )]
    Events(HubEventsArgs),
    /// Ask whether a hub can do its work
    #[command(
        after_help = "Exit codes: 0 it is ready, 1 it is not, 2 it could not be asked\n\nExamples:\n  sealkit hub health\n  sealkit hub health --url https://hub.example.com --tls-cert ./hub/self-signed.pem"
    )]
    Health(HubHealthArgs),
    /// Refuse pulls of a kit with a reason, lift that, and list what is refused
    #[command(subcommand)]
    Quarantine(HubQuarantineCommand),
    /// Have events sent to whoever subscribed, signed
    #[command(subcommand)]
    Webhook(HubWebhookCommand),
}

/// `sealkit hub health`.
#[derive(Args, Debug)]
pub(crate) struct HubHealthArgs {
    /// Where the hub is; the address of `--metrics-listen` does too
    #[arg(long, default_value = "http://127.0.0.1:5000", value_name = "URL", value_parser = base_url)]
    pub(crate) url: String,
    /// PEM certificate to trust besides the system's (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) tls_cert: Vec<PathBuf>,
    /// How many seconds to wait for the answer
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}

/// `sealkit hub token`. A change holds from the next request on, also where the hub runs.
#[derive(Debug, Subcommand)]
pub(crate) enum HubTokenCommand {
    /// Make a token and show it, once
    #[command(
        after_help = "Examples:\n  sealkit hub token add ci --data ./hub --user ci --scope write:team --expires-days 90"
    )]
    Add(HubTokenAddArgs),
    /// List the tokens, without their text
    #[command(after_help = "Examples:\n  sealkit hub token list --data ./hub --format json")]
    List(HubPlaceArgs),
    /// End a token
    #[command(
        after_help = "Exit codes: 0 revoked, 1 there is no such token that still holds, 2 it could not be done\n\nExamples:\n  sealkit hub token revoke 2 --data ./hub"
    )]
    Revoke(HubTokenRevokeArgs),
}

/// `sealkit hub token add`.
#[derive(Args, Debug)]
pub(crate) struct HubTokenAddArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// What the token is for
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The user name that goes with it
    #[arg(long, value_name = "USER")]
    pub(crate) user: String,
    /// `read:`, `write:` or `admin:` and a repository, which means those below it too, or `*`; `write`
    /// includes `read`, and only `admin` deletes (repeatable)
    #[arg(long = "scope", required = true, value_name = "SCOPE")]
    pub(crate) scopes: Vec<Scope>,
    /// End it after this many days; otherwise it holds until it is revoked
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) expires_days: Option<u32>,
}

/// `sealkit hub token revoke`.
#[derive(Args, Debug)]
pub(crate) struct HubTokenRevokeArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Its number, as listed
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
}

/// A hub's storage, and how to answer.
#[derive(Args, Debug)]
pub(crate) struct HubPlaceArgs {
    /// Folder of the hub's storage
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}

/// `sealkit hub trust-issuer`. A change holds from the next request on, also where the hub runs.
#[derive(Debug, Subcommand)]
pub(crate) enum HubIssuerCommand {
    /// Give tokens of the hub for tokens of an issuer that claim certain things
    #[command(
        after_help = "A job sends `{\"token\": \"…\"}` to `/api/v1/oidc/token`. The issuer is asked for its keys now, and by the hub when they are old or a token names a new one.\n\nExamples:\n  sealkit hub trust-issuer add https://token.actions.githubusercontent.com --data ./hub --audience hub.example.com --claim repository=org/app --claim ref=refs/heads/main --scope write:team/app"
    )]
    Add(HubIssuerAddArgs),
    /// List the issuers that are trusted
    #[command(after_help = "Examples:\n  sealkit hub trust-issuer list --data ./hub --format json")]
    List(HubPlaceArgs),
    /// Trust an issuer no more; what was given out holds until it ends
    #[command(
        after_help = "Exit codes: 0 removed, 1 there is no such issuer, 2 it could not be done\n\nExamples:\n  sealkit hub trust-issuer remove 1 --data ./hub"
    )]
    Remove(HubTokenRevokeArgs),
}

/// `sealkit hub trust-issuer add`.
#[derive(Args, Debug)]
pub(crate) struct HubIssuerAddArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// The issuer: the claim `iss`, exactly
    #[arg(value_name = "ISSUER")]
    pub(crate) issuer: String,
    /// File with its keys, a JSON Web Key Set, for an issuer that is not to be asked; add the issuer again when it
    /// has new ones
    #[arg(long, value_name = "FILE")]
    pub(crate) jwks: Option<PathBuf>,
    /// Ask the issuer for its keys in private networks, on this machine and unencrypted too
    #[arg(long, conflicts_with = "jwks")]
    pub(crate) insecure_issuer_anywhere: bool,
    /// What tokens must be for: the claim `aud`
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) audience: String,
    /// What tokens must claim, exactly (repeatable; all have to hold)
    #[arg(long = "claim", required = true, value_name = "NAME=VALUE")]
    pub(crate) claims: Vec<String>,
    /// What is given for them, e.g. `write:team/app` (repeatable)
    #[arg(long = "scope", required = true, value_name = "SCOPE")]
    pub(crate) scopes: Vec<Scope>,
    /// How long a token lives, e.g. `15m`, at most `1h`
    #[arg(long, default_value = "15m", value_name = "TIME")]
    pub(crate) ttl: String,
    /// The user that acts
    #[arg(long, default_value = "ci", value_name = "USER")]
    pub(crate) user: String,
}

/// `sealkit hub repo`. A change holds from the next request on, also where the hub runs.
#[derive(Debug, Subcommand)]
pub(crate) enum HubRepoCommand {
    /// Change what holds for the repositories below a prefix
    #[command(
        after_help = "Examples:\n  sealkit hub repo set dev --data ./hub --immutable-tags none\n  sealkit hub repo set team --data ./hub --quota 50GB --max-versions 1000"
    )]
    Set(HubRepoSetArgs),
    /// List the rules, and what is held below each prefix
    #[command(after_help = "Examples:\n  sealkit hub repo list --data ./hub --format json")]
    List(HubPlaceArgs),
}

/// `sealkit hub repo set`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("rule").required(true).multiple(true).args(["immutable_tags", "quota", "max_versions"]))]
pub(crate) struct HubRepoSetArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// A repository, which means those below it too, or `*`
    #[arg(value_name = "PREFIX")]
    pub(crate) prefix: String,
    /// Which tags can not be moved: `none`, `versions` (those like `v1.2.3`, `1.2` or a date; the
    /// default), `all`, or `default` for what a shorter prefix says
    #[arg(long, value_name = "WHICH", value_parser = ["none", "versions", "all", "default"])]
    pub(crate) immutable_tags: Option<String>,
    /// Most bytes, e.g. `50GB` or `512MiB`; `none` for no limit
    #[arg(long, value_name = "SIZE")]
    pub(crate) quota: Option<String>,
    /// Most versions, which are tags; `none` for no limit
    #[arg(long, value_name = "N")]
    pub(crate) max_versions: Option<String>,
}

/// `sealkit hub events`.
#[derive(Args, Debug)]
pub(crate) struct HubEventsArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Of this repository alone
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<String>,
    /// Of this user alone; `operator` is whoever used commands on the hub's machine
    #[arg(long, value_name = "USER")]
    pub(crate) actor: Option<String>,
    /// Of this action, e.g. `tag.set`, or all of a kind, e.g. `tag`
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// From this time on: RFC 3339, or seconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Before the event of this number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<i64>,
    /// So many at most
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) limit: u8,
}

/// `sealkit hub gc`.
#[derive(Args, Debug)]
pub(crate) struct HubGcArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Say what would be removed and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Keep what was pushed or asked for within this many seconds
    #[arg(long, default_value_t = 86_400, value_name = "SECONDS")]
    pub(crate) grace: u64,
}

/// `sealkit hub scrub`.
#[derive(Args, Debug)]
pub(crate) struct HubScrubArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Read no more than this many MiB a second
    #[arg(long, value_name = "MIB")]
    pub(crate) rate: Option<u64>,
}

/// `sealkit hub backup`.
#[derive(Args, Debug)]
pub(crate) struct HubBackupArgs {
    #[command(flatten)]
    pub(crate) place: HubPlaceArgs,
    /// Folder to make
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

/// An address of a server and nothing else: what is put behind it must be a path of it.
fn base_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.map(|rest| rest.trim_end_matches('/')).unwrap_or_default();
    let is_good = |c: char| c.is_ascii_alphanumeric() || ".:-[]".contains(c);
    if host.is_empty() || !host.chars().all(is_good) {
        return Err("it has to be `https://HOST[:PORT]`".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}
