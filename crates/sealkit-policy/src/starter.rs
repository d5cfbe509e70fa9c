//! The policies that come with SealKit, as the text that they are.

use crate::{Policy, PolicyError};

/// What `sealkit check` judges by where no policy is given.
pub const DEFAULT: &str = include_str!("../policies/default.yaml");

/// What `sealkit policy init` writes.
pub const STARTER: &str = include_str!("../policies/starter.yaml");

/// The policy that is judged by where none is given.
///
/// # Errors
/// Never, as a test holds; whoever meets one has to deny.
pub fn default_policy() -> Result<Policy, PolicyError> {
    Policy::parse(DEFAULT.as_bytes())
}
