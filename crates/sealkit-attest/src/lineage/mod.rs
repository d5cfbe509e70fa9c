//! Lineage: which things a kit descends from, and how far that is proven.
//!
//! Pure: [`LineageWalk`] says which digest it wants to know about next, whoever drives it looks that
//! up and verifies what is attached, and the walk puts the pieces together under limits. Only
//! [`crate::VerifiedStatement`]s prove an edge; what files declare is kept apart, and what is not
//! there can only make the answer worse (reference §4.2, lineage verification).

mod claims;
mod conflict;
mod cycles;
mod graph;
mod judge;
mod render;
mod report;
mod walk;

pub use claims::{Ancestor, Declared, ancestors, claimed_ancestors};
pub use graph::{GraphEdge, GraphNode, LineageGraph, Proof, Standing};
pub use report::{LineageReport, ReportEdge, ReportNode, ReportProof, WeakestLink};
pub use walk::{Found, FoundKit, LineageLimits, LineageWalk, Rejected, Wanted};
