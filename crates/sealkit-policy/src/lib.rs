//! Verified facts and a policy become a verdict.
//!
//! Pure: no file, socket, clock or environment; time is an argument. A [`Policy`] is read strictly: an
//! unknown field or check, an empty document, a key that stands twice is an error, and whoever meets an
//! error has to deny. [`Facts`] are made from verified values alone. [`Policy::evaluate`] judges every
//! rule and never stops at the first; missing evidence can only deny.
//!
//! ```
//! use sealkit_oci::Digest;
//! use sealkit_policy::{Facts, Policy, Subject};
//!
//! # fn main() -> Result<(), sealkit_policy::PolicyError> {
//! let policy = Policy::parse(b"\
//! schemaVersion: 1
//! name: mine
//! rules:
//!   - id: signed
//!     check:
//!       signers: {by: {roles: [signer]}, threshold: any}
//! ")?;
//! let digest = Digest::of(b"the manifest of a kit");
//! let subject =
//!     Subject { digest, repository: None, pinned: true, kinds: vec![], environment: None };
//! // Nobody has signed: nothing is known, and nothing is allowed.
//! let verdict = policy.evaluate(&Facts::about(subject).build(), 1_790_000_000);
//! assert!(!verdict.is_allowed());
//! # Ok(())
//! # }
//! ```
//!
//! How to get from bytes to a verdict is in `examples/verify_and_judge.rs`.

mod error;
mod explain;
mod facts;
mod formats;
mod judge;
mod lint;
pub mod model;
mod policy;
mod rehearse;
mod schema;
mod starter;
mod validate;
mod yaml;

pub use error::PolicyError;
pub use explain::Explained;
pub use facts::{
    Ancestor, AncestorSigner, AncestorState, BomElement, BomFacts, BomPart, BomScoreFacts, Facts,
    FactsBuilder, FileFact, LineageFacts, PartKind, Seen, SignerIdentity, Subject,
};
pub use judge::{
    ANNOTATION_METRICS, Evaluation, PROPERTY_PASSED, STEP_REVOKED, STEP_RULE, STEP_SCOPE,
};
pub use lint::Remark;
pub use model::KitKind;
pub use policy::{Policy, SCHEMA_VERSION};
pub use rehearse::{Expectation, HypotheticalFacts, Rehearsal};
pub use schema::schema;
pub use starter::{DEFAULT, STARTER, default_policy};
