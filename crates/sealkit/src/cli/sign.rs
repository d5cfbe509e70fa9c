//! Signing kits and folders, and verifying folders against model signatures.

use std::path::PathBuf;

use clap::Args;

use super::{SignerNetworkArgs, SigningArgs};

/// `sealkit sign`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  sealkit sign model:v1\n  sealkit sign registry.example.com/org/model:v1 --remote --key release.key\n  sealkit sign ./model --signature model.sig\n  sealkit sign model:v1 --key leaf.key --certificate leaf.pem --chain intermediate.pem\n  sealkit sign model:v1 --signer ./kms-sign --signer-arg prod --public-key prod.pub\n\nA kit gets a signature that cosign verifies, one that model_signing verifies on the unpacked\nfiles, and a seal over its file table, and over its AIBOM where somebody you trust sealed one.\nA folder gets one file, which model_signing verifies too."
)]
pub(crate) struct SignArgs {
    /// Kit, or a folder that need not be one
    #[arg(value_name = "REF|DIR")]
    pub(crate) subject: String,
    /// Where the signature of a folder goes
    #[arg(long, value_name = "PATH", default_value = "model.sig")]
    pub(crate) signature: PathBuf,
    /// Path inside the folder to leave out, with all below it (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(crate) ignore_paths: Vec<String>,
    /// Sign `.git`, `.gitignore`, `.gitattributes` and `.github` of the folder too
    #[arg(long)]
    pub(crate) no_ignore_git_paths: bool,
    /// Sign at the registry instead of in the local store
    #[arg(short, long)]
    pub(crate) remote: bool,
    /// `table` or `json`
    #[arg(long, default_value = "table", value_parser = ["table", "json"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    #[command(flatten)]
    pub(crate) network: SignerNetworkArgs,
}

/// As whom one signs, other than by a bare key of a file.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Signing options")]
pub(crate) struct IdentityArgs {
    /// Certificate of the signing key (PEM): others then trust its authority, not the key
    #[arg(long, value_name = "PATH")]
    pub(crate) certificate: Option<PathBuf>,
    /// Certificates between it and the authority (PEM; repeatable, in order)
    #[arg(long, value_name = "PATH", requires = "certificate")]
    pub(crate) chain: Vec<PathBuf>,
    /// Program that signs: it gets the bytes on standard input and answers with the signature
    #[arg(long, value_name = "PROGRAM", conflicts_with = "key")]
    pub(crate) signer: Option<PathBuf>,
    /// Argument for the program (repeatable)
    #[arg(long, value_name = "ARG", requires = "signer", allow_hyphen_values = true)]
    pub(crate) signer_arg: Vec<String>,
    /// Most seconds that the program may take
    #[arg(long, value_name = "SECONDS", requires = "signer", default_value_t = 120,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) signer_timeout: u64,
    /// Public key of the program's signatures (PEM); without it the certificate's
    #[arg(long, value_name = "PATH", requires = "signer")]
    pub(crate) public_key: Option<PathBuf>,
}

/// Options of `sealkit verify` for folders with a model signature.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options for a folder with a signature file")]
pub(crate) struct ModelVerifyArgs {
    /// Check the folder, or the one file, against this model signature
    #[arg(long, value_name = "PATH")]
    pub(crate) signature: Option<PathBuf>,
    /// Path inside the folder to pass over, with all below it (repeatable)
    #[arg(long, value_name = "PATH", requires = "signature")]
    pub(crate) ignore_paths: Vec<String>,
    /// Treat `.git`, `.gitignore`, `.gitattributes` and `.github` as any other file
    #[arg(long, requires = "signature")]
    pub(crate) no_ignore_git_paths: bool,
    /// Accept files that nobody signed
    #[arg(long, requires = "signature")]
    pub(crate) insecure_ignore_unsigned_files: bool,
    /// Accept the format of `model_signing` 0.2
    #[arg(long, requires = "signature")]
    pub(crate) insecure_allow_legacy_format: bool,
    /// Accept a signer whose certificate is one of an authority
    #[arg(long, requires = "signature")]
    pub(crate) insecure_allow_ca_signer: bool,
    /// Accept files that are signed in pieces, which no other tool verifies
    #[arg(long, requires = "signature")]
    pub(crate) insecure_allow_shards: bool,
}
