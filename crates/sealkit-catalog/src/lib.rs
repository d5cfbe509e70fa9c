//! What the kits of a place contain: an index over their AIBOMs.
//!
//! One [`Entry`] for each version of a kit, made from its AIBOM ([`Entry::of`]): its components with every
//! name and digest that they can be asked by, the ties between them, findings, and who signed. Over the
//! entries: [`Catalog::search`] (full text and facets) and [`Catalog::impact`] (what contains a thing, what
//! descends from that, and the path that proves it).
//!
//! The catalogue is derived. A file of another version, or one that is damaged, is thrown away, and what it
//! held is made again from the store. It is never asked what is true: only where to look.

mod attested;
mod catalog;
mod compare;
mod entry;
mod error;
mod facet;
mod gaps;
mod hub_address;
mod impact;
mod inspection;
mod jobs;
mod keys;
mod left_out;
mod lineage;
mod named_files;
mod of_bom;
mod packed;
mod question;
mod read;
mod schema;
mod search;
mod tags;
mod tensors;
mod thing_of;
mod visible;
mod weights;
mod words_of;
mod write;

pub use catalog::Catalog;
pub use entry::{AttestedTie, Entry, SIGNATURES, Thing, Tie};
pub use error::CatalogError;
pub use facet::{FACETS, Facet};
pub use impact::ImpactLimits;
pub use inspection::Inspection;
pub use jobs::Job;
pub use lineage::LineageQuestion;
pub use of_bom::About;
pub use packed::{Packed, PackedTensor};
pub use question::{Named, Question, QuestionError};
pub use search::{Search, Walked};
pub use tensors::{HashedTensor, TensorJob, TensorPlace, TensorSpan};
pub use visible::Visible;
