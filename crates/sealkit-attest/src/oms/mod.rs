//! OpenSSF Model Signing v1: the signed list of a model's files (spec v1.0).
//!
//! A [`TreeManifest`] is made from names and digests and becomes a statement to sign; a [`SignedTree`]
//! is read from a statement, strictly, and compared with a [`Tree`] that was hashed, with a step for
//! each way in which they can differ. Only [`crate::Verifier::check_model`] says who signed it.

mod compare;
mod ignore;
mod manifest;
mod name;
mod shards;
mod signed;
mod wire;

pub use compare::{Tree, TreeFault, step};
pub use ignore::{GIT_PATHS, GitPaths, Ignores};
pub use manifest::TreeManifest;
pub use name::check_names;
pub use shards::Shard;
pub use signed::SignedTree;

/// The predicate type that is written.
pub const PREDICATE_TYPE: &str = "https://model_signing/signature/v1.0";

/// What every version 1.x of the predicate type begins with: fields that a later one adds are
/// refused, a later number alone is not.
const PREDICATE_BASE: &str = "https://model_signing/signature/v1.";

/// The predicate type of `model_signing` 0.2.
const LEGACY_PREDICATE: &str = "https://model_signing/Digests/v0.1";

/// Whether a predicate type is one of model signatures, of any age.
pub fn is_model_signature(predicate_type: &str) -> bool {
    is_v1(predicate_type) || predicate_type == LEGACY_PREDICATE
}

fn is_v1(predicate_type: &str) -> bool {
    let minor = predicate_type.strip_prefix(PREDICATE_BASE);
    minor.is_some_and(|minor| {
        (1..=4).contains(&minor.len()) && minor.bytes().all(|digit| digit.is_ascii_digit())
    })
}
