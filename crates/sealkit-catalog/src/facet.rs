//! By what a search can be narrowed down.

/// A facet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Facet {
    /// `modelkit` or `modelpack`.
    Kind,
    /// Format of a file that holds a model or data: `safetensors`, `parquet`.
    Format,
    /// Model family: `bert`.
    Architecture,
    /// Size class of the main model: `below-100m`, `100m-1b`, `1b-10b`, `10b-100b`, `above-100b`.
    Parameters,
    /// Element type of most parameters: `BF16`.
    Precision,
    /// Licence of the kit or a part of it: as SPDX writes it where SPDX knows it, else as it is written.
    Licence,
    /// Model that it comes from.
    Base,
    /// Dataset in it, or that it was trained or evaluated on.
    Dataset,
    /// Who signed it, verified; `nobody` where nobody known did.
    Signer,
    /// Worst finding: `critical`, `high`, `medium`, `low`, `info`, `none`.
    Findings,
    /// Rule of a finding.
    Rule,
    /// Whether loading one of its files can run code: `yes`, `no`; `unread` where one was not read to its end.
    Code,
    /// Whether an AIBOM is attached: `yes`, `no`.
    Aibom,
}

/// Every facet, in the order in which pages show them.
pub const FACETS: [Facet; 13] = [
    Facet::Kind,
    Facet::Format,
    Facet::Architecture,
    Facet::Parameters,
    Facet::Precision,
    Facet::Licence,
    Facet::Base,
    Facet::Dataset,
    Facet::Signer,
    Facet::Findings,
    Facet::Rule,
    Facet::Code,
    Facet::Aibom,
];

impl Facet {
    /// Its name in addresses, JSON and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Format => "format",
            Self::Architecture => "architecture",
            Self::Parameters => "parameters",
            Self::Precision => "precision",
            Self::Licence => "licence",
            Self::Base => "base",
            Self::Dataset => "dataset",
            Self::Signer => "signer",
            Self::Findings => "findings",
            Self::Rule => "rule",
            Self::Code => "code",
            Self::Aibom => "aibom",
        }
    }

    /// The facet of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        FACETS.into_iter().find(|facet| facet.name() == name)
    }
}

/// The size class of a model with so many parameters.
pub(crate) fn size_class(parameters: u64) -> &'static str {
    match parameters {
        0..100_000_000 => "below-100m",
        100_000_000..1_000_000_000 => "100m-1b",
        1_000_000_000..10_000_000_000 => "1b-10b",
        10_000_000_000..100_000_000_000 => "10b-100b",
        _ => "above-100b",
    }
}
