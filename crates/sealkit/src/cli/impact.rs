//! `sealkit search` and `sealkit impact`.

use clap::Args;
use sealkit_ops::catalog::index::{FACETS, Facet};

use super::NetworkArgs;

/// `sealkit search`.
#[derive(Args, Debug)]
#[command(
    after_help = "Without `--hub` the kits of the local store are searched, each read once for it.\n\n\
                  Exit codes: 0 something fits, 1 nothing does, 2 it could not be asked\n\nExamples:\n  \
                  sealkit search llama --hub hub.example.com\n  \
                  sealkit search --hub hub.example.com --facet licence=apache-2.0 --facet format=safetensors"
)]
pub(crate) struct SearchArgs {
    /// Words that all have to be there; the last may be the beginning of one
    #[arg(value_name = "TEXT")]
    pub(crate) text: Vec<String>,
    /// Ask this hub
    #[arg(long, value_name = "HOST")]
    pub(crate) hub: Option<String>,
    /// Only kits with this value (repeatable): kind, format, architecture, parameters, precision, licence,
    /// base, dataset, signer, findings, rule, code, aibom
    #[arg(long = "facet", value_name = "NAME=VALUE", value_parser = facet)]
    pub(crate) facets: Vec<(Facet, String)>,
    /// Only this repository and those below it
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) below: Option<String>,
    /// All tagged versions, not only the newest of each repository
    #[arg(long)]
    pub(crate) all_versions: bool,
    /// Most kits
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) limit: u16,
    /// Leave out so many at the start
    #[arg(long, default_value_t = 0)]
    pub(crate) offset: u32,
    /// `table`, `json`, or `csv` with one line for each kit
    #[arg(long, default_value = "table", value_parser = ["table", "json", "csv"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

fn facet(text: &str) -> Result<(Facet, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let names = || FACETS.map(Facet::name).join(", ");
    let facet =
        Facet::from_name(name).ok_or_else(|| format!("write one of {} before `=`", names()))?;
    if value.is_empty() {
        return Err("a value is missing behind `=`".to_owned());
    }
    Ok((facet, value.to_owned()))
}

/// `sealkit impact`.
#[derive(Args, Debug)]
#[command(
    after_help = "QUESTION is `sha256:HEX`, `md5:HEX` and the like, `tensor:blake3:HEX` (a tensor of these bytes),\n\
                  `pkg:TYPE/NAME@VERSION`, `dataset:NAME@VERSION`, `model:NAME`, `package:NAME@VERSION`,\n\
                  `kit:REPOSITORY:TAG`, `signer:NAME`, `finding:RULE`, `licence:ID`, or a name of any of them, as an\n\
                  address at the Hugging Face hub or the reference of a kit. Versions are compared as their ecosystem\n\
                  does: `torch@2.1` is 2.1.0, and every build of it (`2.1.0+cu118`). What may be meant is told, as not\n\
                  certain. Without `--hub` the kits of the local store are looked through, or those that are named.\n\n\
                  Exit codes: 0 no kit is concerned, 1 at least one is, 2 it could not be told for all, or\n\
                  no such kit, version of a kit or rule is known\n\nExamples:\n  \
                  sealkit impact dataset:reviews@2 --hub hub.example.com\n  \
                  sealkit impact pkg:pypi/torch@2.1.0 --format json\n  \
                  sealkit impact https://huggingface.co/google/bert/tree/v1\n  \
                  sealkit impact sha256:9f86… remote://hub.example.com/org/model:v1"
)]
pub(crate) struct ImpactArgs {
    /// What is asked about
    #[arg(value_name = "QUESTION")]
    pub(crate) question: String,
    /// Kits to look through instead of the local store
    #[arg(value_name = "REF", conflicts_with = "hub")]
    pub(crate) references: Vec<String>,
    /// Ask this hub
    #[arg(long, value_name = "HOST")]
    pub(crate) hub: Option<String>,
    /// `table`, `json`, or `csv` with one line for each version
    #[arg(long, default_value = "table", value_parser = ["table", "json", "csv"])]
    pub(crate) format: String,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}
