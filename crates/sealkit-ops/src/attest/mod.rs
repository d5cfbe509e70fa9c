//! `attest`: statements about a kit, signed and attached as cosign v3 does; and what is attached, each
//! with whether it is verified and by whom.

mod list;
mod make;
mod statements;

pub use list::{Attestation, AttestationFilter, Attestations, attestations, download};
pub(crate) use list::{Checked, bundles, claimed_statement, is_bom, layer};
pub use make::{AttestRequest, Attested, attest, predicate_types, read_predicate};
pub use statements::{StatementLimits, Statements, statements, trust_used};
