//! The verbs as whoever calls them sees them: their answers on a small sealed kit, and what they say
//! where something is missing, damaged, hostile or in the way.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that can not set its stage must fail at once"
)]

mod ancestors;
mod answers;
mod common;
mod damaged;
mod evidence;
mod folders;
mod imports;
mod lying;
mod nonsense;
mod own;
mod reading;
mod signers;
mod together;
