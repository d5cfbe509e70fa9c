//! `push`, `pull` and `copy`: kits travel with everything that is attached to them.

mod copy;
mod moves;
mod pull;
mod push;
#[cfg(test)]
mod tests;

pub use copy::{CopyOutcome, CopyRequest, copy};
pub(crate) use moves::{Move, move_kit};
pub use moves::{Moved, ReferrerPolicy};
pub use pull::{Pulled, pull};
pub use push::push;
