//! Everything about statements, bundles, keys and verification, as a user of the crate sees it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may do what tests may"
)]

mod bundle;
mod certificates;
mod common;
mod conformance;
mod cosign;
mod errors;
mod hostile;
mod interop;
mod keyless;
mod keyless_certificates;
mod keys;
mod leaves;
mod lineage;
mod log;
mod oms;
mod oms_refused;
mod oms_tree;
mod predicates;
mod refused;
mod simple_signing;
mod statement;
mod strict_json;
mod tiles;
mod timestamps;
mod trust;
mod trust_kinds;
mod turned;
mod verify;
