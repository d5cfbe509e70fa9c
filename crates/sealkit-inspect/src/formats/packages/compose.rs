//! Compose files: the images of their services.
//!
//! Source: The Compose Specification, "Services", `image`.

use serde_json::Value as Json;

use super::docker::image;
use super::out::{Packages, entries, step, text};
use crate::InspectError;

/// Reads the images; a name with a variable in it is none.
pub(super) fn services(root: &Json, out: &mut Packages<'_>) -> Result<(), InspectError> {
    for (name, service) in entries(root, "services") {
        if let Some(found) = text(service, "image").as_deref().and_then(image) {
            out.add(format!("/services/{}/image", step(name)), found)?;
        }
    }
    Ok(())
}
