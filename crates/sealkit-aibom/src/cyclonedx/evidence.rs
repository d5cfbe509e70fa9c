//! Properties with their evidence, as CycloneDX properties: the value under `sealkit:NAME`, and
//! right behind it its evidence as compact JSON under `sealkit:NAME:evidence`.

use super::document::Named;
use crate::{BomError, Property};

pub(super) const PREFIX: &str = "sealkit:";
const EVIDENCE: &str = ":evidence";

/// One or two properties.
pub(super) fn write(property: &Property) -> Result<Vec<Named>, BomError> {
    let name = format!("{PREFIX}{}", property.name);
    let mut all = vec![Named { name: name.clone(), value: property.value.clone() }];
    if let Some(evidence) = &property.evidence {
        let value = serde_json::to_string(evidence)?;
        all.push(Named { name: name + EVIDENCE, value });
    }
    Ok(all)
}

/// The properties with their evidence; foreign ones keep their name.
pub(super) fn read(all: Vec<Named>) -> Vec<Property> {
    let mut read: Vec<Property> = Vec::new();
    for Named { name, value } in all {
        let own = name.strip_prefix(PREFIX);
        if let Some(about) = own.and_then(|name| name.strip_suffix(EVIDENCE))
            && let Some(last) = read.last_mut().filter(|last| last.name == about)
            && let Ok(evidence) = serde_json::from_str(&value)
        {
            last.evidence = Some(evidence);
            continue;
        }
        let name = own.map_or(name.clone(), str::to_owned);
        read.push(Property { name, value, evidence: None });
    }
    read
}
