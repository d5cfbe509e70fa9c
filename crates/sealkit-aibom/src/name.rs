//! Names of properties that no file has: what the AIBOM says of itself, and what the assembler or a
//! person adds. The names that files have are `sealkit_inspect::property`.

macro_rules! names {
    ($($(#[doc = $doc:literal])* pub const $name:ident: &str = $text:literal;)*) => {
        $($(#[doc = $doc])* pub const $name: &str = $text;)*
        /// Every name with what it means, in the order of this list.
        pub const ALL: &[(&str, &[&str])] = &[$(($text, &[$($doc),*])),*];
    };
}

names! {
    /// Who answers for the AIBOM: `Value::Party`.
    pub const BOM_AUTHOR: &str = "bom-author";
    /// Who supplies what the AIBOM describes: `Value::Party`; on the kit and on its models.
    pub const SUPPLIER: &str = "supplier";
    /// When in the life of the thing the AIBOM was made: `pre-build` or `post-build`.
    pub const LIFECYCLE: &str = "lifecycle";
    /// Digest of the content of a dataset, whatever its version is called: of its one file, else of the
    /// tree of its files. Where nobody declares a version, it is the version too, inferred.
    pub const DATA_VERSION: &str = "data-version";
    /// Number of things that are known and not listed, by the documented limits; the subject is the
    /// property.
    pub const LEFT_OUT: &str = "left-out";
    /// Number of files that a component holds.
    pub const FILES: &str = "files";
    /// What the AIBOM cannot say of the component, and why: the subject is the property.
    pub const UNKNOWN: &str = "unknown";
    /// A file of the component that could not be read, and why.
    pub const UNREADABLE: &str = "unreadable";
    /// Two sources contradict each other: text for people; the subject is the property.
    pub const CONFLICT: &str = "conflict";
    /// Identifier at the hub as it was written, where the package URL cannot carry it.
    pub const HUB_ID: &str = "hub-id";
    /// Type of a model part as the Kitfile gives it.
    pub const PART_TYPE: &str = "part-type";
    /// How two components belong together, where a document's own ties cannot say it.
    pub const RELATION: &str = "relation";
    /// Name of the model of which this one is another format or quantisation, as files of one folder
    /// are; the subject is its id.
    pub const VARIANT_OF: &str = "variant-of";
    /// What is done about an ethical risk; the subject is the risk, as `ethics` names it.
    pub const ETHICS_MITIGATION: &str = "ethics-mitigation";
    /// A group that may be treated unfairly.
    pub const FAIRNESS: &str = "fairness";
    /// What such a group gains; the subject is the group.
    pub const FAIRNESS_BENEFIT: &str = "fairness-benefit";
    /// What harms it; the subject is the group.
    pub const FAIRNESS_HARM: &str = "fairness-harm";
    /// What is done about it; the subject is the group.
    pub const FAIRNESS_MITIGATION: &str = "fairness-mitigation";
    /// How high the risk to people is: `low`, `medium`, `high`, `serious` (SPDX 3.0.1).
    pub const SAFETY_RISK: &str = "safety-risk";
    /// Whether a system acts without a person in between: `yes`, `no`, `unknown`.
    pub const AUTONOMY: &str = "autonomy";
    /// Field that a system is used in: `healthcare`.
    pub const APPLICATION_DOMAIN: &str = "application-domain";
    /// Standard that a system complies with.
    pub const STANDARD: &str = "standard";
    /// Result that a model must reach to be used.
    pub const METRIC_THRESHOLD: &str = "metric-threshold";
    /// How the answers of a model are explained.
    pub const EXPLAINABILITY: &str = "explainability";
    /// How people watch over a system.
    pub const OVERSIGHT: &str = "oversight";
    /// Which data flows from where to where.
    pub const DATA_FLOW: &str = "data-flow";
    /// Measure that protects a system.
    pub const SECURITY_CONTROL: &str = "security-control";
    /// What the assessment of risks found.
    pub const RISK_ASSESSMENT: &str = "risk-assessment";
    /// Whether data was generated.
    pub const SYNTHETIC: &str = "synthetic";
    /// What is wrong with a document that was read, though not so wrong that it cannot be: for people.
    pub const READING_PROBLEM: &str = "reading-problem";
    /// What a document's type says of a component, where no kind fits: `platform`, `service`.
    pub const COMPONENT_TYPE: &str = "component-type";
    /// Group, owner or name space that a component's name belongs to.
    pub const GROUP: &str = "group";
    /// Who publishes a component.
    pub const PUBLISHER: &str = "publisher";
    /// Copyright notice.
    pub const COPYRIGHT: &str = "copyright";
    /// Identifier in the Common Platform Enumeration.
    pub const CPE: &str = "cpe";
    /// Identifier at Software Heritage.
    pub const SWHID: &str = "swhid";
    /// Whether a component is `required`, `optional` or `excluded` (not there at run time).
    pub const SCOPE: &str = "scope";
    /// How confidential data is.
    pub const CLASSIFICATION: &str = "classification";
    /// How a model learns: `supervised`, `self-supervised`.
    pub const APPROACH: &str = "approach";
    /// What a model trades for its performance.
    pub const TRADE_OFF: &str = "trade-off";
    /// When a run started, RFC 3339.
    pub const STARTED: &str = "started";
    /// When a run ended, RFC 3339.
    pub const ENDED: &str = "ended";
    /// Command line of a run.
    pub const COMMAND: &str = "command";
    /// Software that made the AIBOM: `Value::Package`.
    pub const TOOL: &str = "tool";
    /// Serial number of a document that was read, where it does not follow from its content.
    pub const SERIAL_NUMBER: &str = "serial-number";
    /// Version of a document that was read, where it is not the first.
    pub const BOM_VERSION: &str = "bom-version";
    /// Where energy comes from: `wind`, `coal`.
    pub const ENERGY_SOURCE: &str = "energy-source";
}

/// Lifecycle of a folder that is not packed yet.
pub const PRE_BUILD: &str = "pre-build";
/// Lifecycle of a kit.
pub const POST_BUILD: &str = "post-build";

/// Place of the evidence of a digest that is a layer's, where the files in it were not read whole.
pub(crate) const PLACE_LAYER: &str = "layer";
/// What stands as the file of evidence from the config of a ModelPack.
pub const CONFIG: &str = "config";
