//! A table of components for a terminal.

use sealkit_inspect::property;

use crate::{Bom, Component, name};

/// Rows of kind, name, version, licence, size and SHA-256; the first row is the heading.
pub fn table(bom: &Bom) -> Vec<[String; 6]> {
    let heading = ["KIND", "NAME", "VERSION", "LICENCE", "SIZE", "SHA-256"];
    let mut rows = vec![heading.map(str::to_owned)];
    rows.extend(bom.all().map(row));
    rows
}

fn row(component: &Component) -> [String; 6] {
    let text = |name: &str| component.text(name).unwrap_or_default().to_owned();
    let version = match text(property::VERSION) {
        version if version.is_empty() => text(name::DATA_VERSION),
        version => version,
    };
    let licences: Vec<String> = {
        let mut all: Vec<String> =
            component.of(property::LICENCE).map(|p| p.value.to_string()).collect();
        all.dedup();
        all
    };
    [
        component.kind.name().to_owned(),
        component.name.clone(),
        version,
        licences.join(", "),
        component.size.map(|size| size.to_string()).unwrap_or_default(),
        component.sha256().map(|digest| digest.hex().to_owned()).unwrap_or_default(),
    ]
}
