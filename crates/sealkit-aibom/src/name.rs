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
/// What is wrong with a document that was read, although it could be read. Never written.
pub const READING_PROBLEM: &str = "reading-problem";
/// Place in a document of what was left out of it, because its version has no place for it: a JSON
/// pointer.
pub const LEFT_OUT: &str = "left-out";
