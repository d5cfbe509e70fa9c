//! SPDX 3.0.1: what is written is valid and reads back; what others wrote loads and survives.
#![expect(clippy::unwrap_used, reason = "a test that cannot read has failed")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

mod suite_spdx;
