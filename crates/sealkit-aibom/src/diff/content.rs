//! Whether two AIBOMs know different contents of one dataset, or know the same content by digests of different bytes.

use sealkit_inspect::property;
use sealkit_report::Known;

use crate::{Component, Property, name};

/// Whether the content of data differs: its data version tells it. A digest of the layer changes with how the layer
/// was packed, so it tells only where both were packed alike.
pub(super) fn differs(old: &Component, new: &Component, other_digest: bool) -> bool {
    let version =
        |c: &Component| c.first(name::DATA_VERSION).map(|p| (p.value.to_string(), of_layer(p)));
    match (version(old), version(new)) {
        (Some((was, false)), Some((is, false))) => was != is,
        (Some((_, was)), Some((_, is))) if was != is => false,
        _ => other_digest && old.media_type == new.media_type,
    }
}

/// The properties of `one` that can be held against those of `other`: a digest of the files and one of the layer,
/// which stands for it where files were not read whole, say nothing of each other.
pub(super) fn comparable(one: &Component, other: &Component) -> Vec<Property> {
    let is_alike = |property: &&Property| {
        let mut others = other.of(&property.name).filter(|p| of_content(p));
        !of_content(property) || !others.any(|p| of_layer(p) != of_layer(property))
    };
    one.properties.iter().filter(is_alike).cloned().collect()
}

/// Whether the property is a digest of the content.
fn of_content(property: &Property) -> bool {
    let is_digest = property.as_text().is_some_and(|text| text.starts_with("sha256:"));
    match property.name.as_str() {
        name::DATA_VERSION => is_digest,
        property::VERSION => is_digest && property.known() == Known::Inferred,
        _ => false,
    }
}

fn of_layer(property: &Property) -> bool {
    property.evidence.as_ref().is_some_and(|evidence| evidence.place == name::PLACE_LAYER)
}
