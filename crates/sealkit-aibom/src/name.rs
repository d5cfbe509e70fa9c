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
/// How two components belong together, where a document's own ties cannot say it: [`VARIANT`]; the
/// subject is the id of the other component.
pub const RELATION: &str = "relation";
/// The same model in another format or quantisation, as files of one folder are.
pub const VARIANT: &str = "variant";
