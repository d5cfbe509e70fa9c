//! Whom to trust: keys, identities, authorities, Sigstore instances, logs.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::SigningArgs;

/// `sealkit trust`.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Trust a key, an identity, an authority, a Sigstore instance or a log
    Add(Box<TrustAddArgs>),
    /// List whom this user trusts
    #[command(visible_alias = "ls")]
    List {
        /// `table` or `json`
        #[arg(long, default_value = "table", value_parser = ["table", "json"])]
        format: String,
    },
    /// Trust a key, or whatever else it is, no longer
    #[command(visible_alias = "rm")]
    Remove(TrustRemoveArgs),
    /// Write whom this user trusts as one signed file
    Export(TrustExportArgs),
    /// Trust whom a signed file says to trust
    Import(TrustImportArgs),
}

/// What kind of name a certificate gives its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SubjectKindArg {
    /// An e-mail address
    Email,
    /// An address such as that of a CI workflow
    Uri,
    /// A host name
    Dns,
    /// A user name
    Other,
}

/// `sealkit trust add`.
#[derive(Args, Debug)]
#[command(
    group = ArgGroup::new("whom").required(true).args(["key", "identity", "ca", "trusted_root", "log_key"]),
    after_help = "In a pattern `*` stands for anything but `/` and `@`, `**` for anything; it has to fit the whole name.\n\nThe roles `revoker` and `hub` vouch for no kit. A revoker's advisories count, a hub's AIBOMs too.\n\nExamples:\n  sealkit trust add signer.pub --name Ana --role ci --valid-until 2027-01-31T00:00:00Z\n  sealkit trust add --trusted-root trusted_root.json --name sigstore\n  sealkit trust add --identity ana@example.com --issuer https://accounts.example.com --name Ana\n  sealkit trust add --identity 'https://github.com/org/*/.github/workflows/release.yml@refs/tags/**' \\\n    --pattern --issuer https://token.actions.githubusercontent.com --name releases\n  sealkit trust add --ca root.pem --subject build@example.com --name 'our CA'\n  sealkit trust add --log-key 'log.example.com+1a2b3c4d+AQ…' --name 'our log'"
)]
pub(crate) struct TrustAddArgs {
    /// Public key (PEM)
    #[arg(value_name = "PATH")]
    pub(crate) key: Option<PathBuf>,
    /// Whom an identity provider knows, as their certificate names them
    #[arg(long, value_name = "SUBJECT", requires = "issuer")]
    pub(crate) identity: Option<String>,
    /// The identity provider, exactly
    #[arg(long, value_name = "URL", requires = "identity")]
    pub(crate) issuer: Option<String>,
    /// Certificate authority of your own: its root certificate (PEM)
    #[arg(long, value_name = "PATH")]
    pub(crate) ca: Option<PathBuf>,
    /// Whom the authority may vouch for; everybody where none is given (repeatable)
    #[arg(long, value_name = "SUBJECT", requires = "ca")]
    pub(crate) subject: Vec<String>,
    /// Sigstore instance: its `trusted_root.json`
    #[arg(long, value_name = "PATH")]
    pub(crate) trusted_root: Option<PathBuf>,
    /// Transparency log: its verifier key `ORIGIN+ID+KEY`, or a file with it
    #[arg(long, value_name = "KEY|PATH")]
    pub(crate) log_key: Option<String>,
    /// Kind of the subject's name; seen from its form where it is not given
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) identity_kind: Option<SubjectKindArg>,
    /// The subject is a pattern
    #[arg(long)]
    pub(crate) pattern: bool,
    /// How you call them
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What they are trusted for: `signer`, `revoker`, `hub`, or a name of your own such as `ci`
    #[arg(long, default_value = "signer", conflicts_with_all = ["trusted_root", "log_key"])]
    pub(crate) role: String,
    /// First moment of trust (RFC 3339, or seconds since 1970)
    #[arg(long, value_name = "TIME", conflicts_with = "trusted_root")]
    pub(crate) valid_from: Option<String>,
    /// Last moment of trust
    #[arg(long, value_name = "TIME", conflicts_with = "trusted_root")]
    pub(crate) valid_until: Option<String>,
}

/// `sealkit trust remove`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sealkit trust remove Ana")]
pub(crate) struct TrustRemoveArgs {
    /// Name, or fingerprint of a key
    #[arg(value_name = "NAME")]
    pub(crate) key: String,
}

/// `sealkit trust export`.
#[derive(Args, Debug)]
#[command(
    after_help = "Your own key, of role `self`, is not in the file.\n\nExamples:\n  sealkit trust export -o trust.sigstore.json\n  sealkit trust export --key admin.key -o trust.sigstore.json"
)]
pub(crate) struct TrustExportArgs {
    /// File to write
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
}

/// `sealkit trust import`.
#[derive(Args, Debug)]
#[command(
    after_help = "Nothing is changed where the signature is not by the key, or something conflicts.\n\nExamples:\n  sealkit trust import trust.sigstore.json --key admin.pub --dry-run\n  sealkit trust import trust.sigstore.json --key admin.pub"
)]
pub(crate) struct TrustImportArgs {
    /// File that `trust export` wrote
    #[arg(value_name = "PATH")]
    pub(crate) file: PathBuf,
    /// Public key of whoever signed it (PEM)
    #[arg(long, value_name = "PATH")]
    pub(crate) key: PathBuf,
    /// Put what is imported in the place of what conflicts with it
    #[arg(long)]
    pub(crate) replace: bool,
    /// Say what would be added and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take a file that is older than one by the same signer that was imported before: whom the signer
    /// has removed since comes back
    #[arg(long)]
    pub(crate) insecure_allow_older: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
}

/// Signers who are trusted for one run beside keys.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SignersArgs {
    /// Trust signers whom this authority certified, for this run (PEM; repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) ca: Vec<PathBuf>,
    /// Only signers of this name among them: `email=NAME`, `uri=…`, `dns=…` or `name=…`; `*` for any
    /// characters but `/` and `@` (repeatable)
    #[arg(long, value_name = "KIND=NAME", requires = "ca")]
    pub(crate) ca_subject: Vec<String>,
    #[command(flatten)]
    pub(crate) keyless: KeylessArgs,
}

/// Keyless signers that are trusted for one run.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Keyless signatures")]
pub(crate) struct KeylessArgs {
    /// Trust this Sigstore instance, for this run (`trusted_root.json`; repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) trusted_root: Vec<PathBuf>,
    /// Trust signatures by this identity, for this run; compared as a whole
    #[arg(long, value_name = "SUBJECT", requires = "certificate_oidc_issuer")]
    pub(crate) certificate_identity: Option<String>,
    /// The identity provider that has to vouch for it
    #[arg(long, value_name = "URL", requires = "certificate_identity")]
    pub(crate) certificate_oidc_issuer: Option<String>,
    /// Kind of the identity's name; seen from its form where it is not given
    #[arg(long, value_enum, value_name = "KIND", requires = "certificate_identity")]
    pub(crate) certificate_identity_kind: Option<SubjectKindArg>,
}
