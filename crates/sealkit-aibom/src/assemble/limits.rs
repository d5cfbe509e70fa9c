//! How much of what is known an AIBOM lists. What a limit leaves out is counted in a property
//! [`crate::name::LEFT_OUT`] of the component that it belongs to.

/// Longest text of a property of a file, in bytes; longer ones stand in the file itself.
pub(super) const FILE_TEXT: usize = 4096;
/// Most properties of one file.
pub(super) const FILE_PROPERTIES: usize = 256;
/// Most properties of one name of a file that are about things inside it.
pub(super) const FILE_DETAILS: usize = 64;
/// Most tensors of one file whose digests are listed.
pub(super) const TENSOR_DIGESTS: usize = 50_000;
/// Longest text of a property of a model, a dataset or the kit, in bytes.
pub(super) const TEXT: usize = 64 << 10;
/// Most properties of one name of a model, a dataset or the kit.
pub(super) const VALUES: usize = 1024;
/// Most sources that are named for one value.
pub(super) const SOURCES: usize = 4;
/// Most models besides the one that a part is.
pub(super) const MODELS: usize = 256;
/// Most models and datasets elsewhere that are listed.
pub(super) const ORIGINS: usize = 4096;
/// Longest name of a model or dataset elsewhere that is believed, in bytes.
pub(super) const ORIGIN_NAME: usize = 512;
/// Most mentions that are kept of one model or dataset elsewhere.
pub(super) const MENTIONS: usize = 16;
/// Most libraries and containers that are listed.
pub(super) const PACKAGES: usize = 50_000;
/// Most digests of one component.
pub(super) const HASHES: usize = 256;
/// Most runs that are listed.
pub(super) const RUNS: usize = 256;
/// Most contradictions that one component lists.
pub(super) const CONFLICTS: usize = 64;
