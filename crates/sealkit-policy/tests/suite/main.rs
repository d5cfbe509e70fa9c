//! The policy engine as whoever uses it sees it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]

mod certified;
mod checks;
mod checks_contents;
mod checks_statements;
mod common;
mod documents;
mod naive;
mod properties;
mod rules;
mod stricter;
mod verified;
mod wrong;
mod yaml;
