//! Plain folders and OpenSSF Model Signing: sign one into a file, and verify one against it. The
//! folder need never have been a kit, and the file is one that `model_signing` reads and writes.

mod hash;
mod sign;
mod verify;

pub use sealkit_attest::Legacy;
pub use sealkit_attest::oms::GitPaths;
pub use sign::{ModelSignRequest, SignedModel, sign_model};
pub use verify::{ModelVerifyRequest, verify_model};

use std::path::Path;

/// The path of `file` below `dir`, where it lies there; links are resolved in both.
fn path_below(dir: &Path, file: &Path) -> Option<String> {
    let name = file.file_name()?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = std::fs::canonicalize(parent.unwrap_or(Path::new("."))).ok()?;
    let below = parent.join(name);
    let below = below.strip_prefix(std::fs::canonicalize(dir).ok()?).ok()?;
    let parts = below.components().map(|part| part.as_os_str().to_str());
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}
