//! The tar archives of a kit: written byte for byte as Go's `archive/tar` writes them for `kit`,
//! read in all the forms that other tools write.

mod bodies;
mod fields;
mod read;
#[cfg(test)]
mod samples;
mod source;
mod write;

pub use bodies::BodyHasher;
pub use read::{TarEntry, TarError, TarKind, TarReader};
pub use source::{RangeSource, Ranged, Source, Streamed};
pub use write::{BLOCK, Header, TRAILER, padding};
