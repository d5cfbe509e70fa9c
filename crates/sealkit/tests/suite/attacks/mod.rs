//! Attacks on a kit, its signatures and its registry, from outside: each is built, and the reason
//! that is named is expected with the exit code. `docs/reference/attacks.md` says which is which.

mod aibom;
mod attached;
mod bytes;
mod documents;
mod downgrade;
mod entries;
mod floods;
mod history;
mod keyless;
mod names;
mod references;
mod signers;
mod stage;
mod statements;
mod trees;
