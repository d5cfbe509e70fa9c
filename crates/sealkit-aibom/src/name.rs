//! Names of properties that no file has: what the AIBOM says of itself, and what the assembler or a
//! person adds. The names that files have are `sealkit_inspect::property`.

/// Who answers for the AIBOM: `Value::Party`.
pub const BOM_AUTHOR: &str = "bom-author";
/// Who supplies what the AIBOM describes: `Value::Party`; on the kit and on its models.
pub const SUPPLIER: &str = "supplier";
/// When in the life of the thing the AIBOM was made: [`PRE_BUILD`] or [`POST_BUILD`].
pub const LIFECYCLE: &str = "lifecycle";
/// Lifecycle of a folder that is not packed yet.
pub const PRE_BUILD: &str = "pre-build";
/// Lifecycle of a kit.
pub const POST_BUILD: &str = "post-build";
/// The data version of a dataset where nobody declares one: its content digest, inferred.
pub const DATA_VERSION: &str = "data-version";
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
/// Field in which the model is used, beside its task.
pub const DOMAIN: &str = "application-domain";
/// How the model's answers can be explained.
pub const EXPLAINABILITY: &str = "explainability";
/// A standard that is kept to.
pub const STANDARD: &str = "standard-compliance";
/// Whether the model acts without a person: `yes`, `no`, `noAssertion`.
pub const AUTONOMY: &str = "autonomy";
/// Risk to safety: `serious`, `high`, `medium`, `low`.
pub const SAFETY_RISK: &str = "safety-risk";
/// From which value of a metric on a decision is taken; the subject is the metric.
pub const DECISION_THRESHOLD: &str = "decision-threshold";
/// What is wrong with a document that was read, though not so wrong that it cannot be: for people.
pub const READING_PROBLEM: &str = "reading-problem";
