//! The catalogue: search and impact.

use crate::operation::{Kind, Operation, Parameter, get};
use crate::{CatalogState, Impact, SearchResult};

pub(super) const OPERATIONS: &[Operation] = &[
    get("/api/v1/search", "search", "Kits by text and by what they hold")
        .query(SEARCH)
        .pages("offset")
        .gives::<SearchResult>()
        .gives_media(TABLE),
    get("/api/v1/impact", "impact", "Every version that contains something, or descends from it")
        .query(IMPACT)
        .gives::<Impact>()
        .gives_media(TABLE),
    get("/api/v1/catalog", "catalogState", "How far the catalogue is behind the store")
        .gives::<CatalogState>(),
];

/// What a table is given as.
const TABLE: &[&str] = &["text/csv"];
const FORMAT: Parameter = written("format");

/// The parameter of this name that says how an answer is written.
const fn written(name: &'static str) -> Parameter {
    Parameter::new(
        name,
        Kind::OneOf(&["json", "csv"]),
        "How it is written: `json`, or `csv` as a file with a line for each version.",
    )
}

const SEARCH: &[Parameter] = &[
    Parameter::new("q", Kind::Text, "Words that have to be in it."),
    Parameter::new("below", Kind::Text, "Only the repository of this name and those below it."),
    Parameter::new(
        "all",
        Kind::Flag,
        "Every tagged version, and not only the newest of each repository.",
    ),
    Parameter::new(
        "brief",
        Kind::Flag,
        "The page alone: the newest that fit, not ranked, nothing counted.",
    ),
    facet("kind", "`modelkit` or `modelpack`."),
    facet("format", "Format of a file: `safetensors`."),
    facet("architecture", "Model family: `bert`."),
    facet("parameters", "Size class: `below-100m`, `100m-1b`, `1b-10b`, `10b-100b`, `above-100b`."),
    facet("precision", "Element type of most parameters: `BF16`."),
    facet("licence", "Licence, as it is written."),
    facet("base", "Model that it comes from."),
    facet("dataset", "Dataset in it, or that it was trained or evaluated on."),
    facet("signer", "Who signed it, verified; `nobody` where nobody known did."),
    facet("findings", "Worst finding: `critical`, `high`, `medium`, `low`, `info`, `none`."),
    facet("rule", "Rule of a finding."),
    facet(
        "code",
        "Whether loading a file can run code: `yes`, `no`; `unread` where one was not read to its end.",
    ),
    facet("aibom", "Whether an AIBOM is attached: `yes`, `no`."),
    // `format` is a facet.
    written("as"),
];

const fn facet(name: &'static str, about: &'static str) -> Parameter {
    Parameter::new(name, Kind::Text, about).repeated()
}

const IMPACT: &[Parameter] = &[
    Parameter::new(
        "of",
        // What compares versions is a range, which nothing is asked with.
        Kind::Matching(r"^[^<>]*[^<>\s][^<>]*$"),
        "A digest, `tensor:blake3:HEX` for a tensor of these bytes, a package URL, `KIND:NAME` or `KIND:NAME@VERSION` with a kind of `dataset`, `model`, `package`, `kit`, `signer`, `finding`, `licence`, or any name.",
    )
    .required(),
    FORMAT,
];
