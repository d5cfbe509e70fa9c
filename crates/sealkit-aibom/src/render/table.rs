//! A table of components for a terminal.

use sealkit_inspect::property;

use crate::{Bom, Component, LicenceForm, licence_form, name};

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
    let mut licences: Vec<String> = Vec::new();
    for property in component.of(property::LICENCE) {
        let text = property.value.to_string();
        let text = match licence_form(&text) {
            Some(LicenceForm::Id(id)) => id.to_owned(),
            _ => text,
        };
        if !licences.contains(&text) {
            licences.push(text);
        }
    }
    [
        component.kind.name().to_owned(),
        component.name.clone(),
        version,
        licences.join(", "),
        component.size.map(|size| size.to_string()).unwrap_or_default(),
        component.sha256().map(|digest| digest.hex().to_owned()).unwrap_or_default(),
    ]
}
