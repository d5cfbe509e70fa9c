//! Attacks on a kit, its signatures and its registry, from outside: each is built, and the reason
//! that is named is expected with the exit code. `docs/reference/attacks.md` says which is which.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that can not set up its stage has failed, and says what it skips"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../keyless_common/mod.rs"]
mod keyless_common;
#[path = "../seal_common/mod.rs"]
mod seal_common;

mod aibom;
mod bytes;
mod documents;
mod downgrade;
mod entries;
mod floods;
mod history;
mod keyless;
mod names;
mod signers;
mod stage;
mod statements;
mod trees;
