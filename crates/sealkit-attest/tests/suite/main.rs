//! Everything about statements, bundles, keys and verification, as a user of the crate sees it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may do what tests may"
)]

mod bundle;
mod common;
mod cosign;
mod errors;
mod interop;
mod keys;
mod predicates;
mod refused;
mod simple_signing;
mod statement;
mod strict_json;
mod trust;
mod verify;
