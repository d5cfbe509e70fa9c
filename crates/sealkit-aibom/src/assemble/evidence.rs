//! Evidence for what the assembler itself adds.

use sealkit_oci::Digest;
use sealkit_report::{Evidence, Known};

use crate::Hash;

/// The file that a Kitfile's word comes from.
pub(super) const KITFILE: &str = "Kitfile";

/// The Kitfile says so at `place`, a JSON pointer.
pub(super) fn kitfile(place: &str) -> Evidence {
    of(Known::Declared, KITFILE, place)
}

/// A rule concludes it from `place` of `file`.
pub(super) fn inferred(file: &str, place: &str) -> Evidence {
    of(Known::Inferred, file, place)
}

/// It was counted or hashed.
pub(super) fn measured(file: &str, place: &str) -> Evidence {
    of(Known::Measured, file, place)
}

fn of(known: Known, file: &str, place: &str) -> Evidence {
    Evidence { known, file: file.to_owned(), place: place.to_owned(), digest: None }
}

/// How much a way of knowing counts where several speak: a verified statement before the bytes
/// themselves, both before what files say, rules last.
pub(super) fn rank(evidence: Option<&Evidence>) -> u8 {
    match evidence.map(|evidence| evidence.known) {
        Some(Known::Attested) => 0,
        Some(Known::Measured) => 1,
        Some(Known::Declared) | None => 2,
        Some(Known::Inferred) => 3,
    }
}

/// A digest with who says so.
pub(super) fn hash(digest: &Digest, evidence: Option<Evidence>) -> Hash {
    let mut hash = Hash::from(digest);
    hash.evidence = evidence;
    hash
}
