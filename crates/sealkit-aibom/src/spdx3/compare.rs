//! Whether a document of ours still says what its annotations say: it is written once more from what
//! they say, and every element must come out as it was.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::read::shorten;
use super::read_component::Index;
use crate::{Bom, EncodeOptions};

/// Most differences that are named.
const SHOWN: usize = 100;

/// What the document says otherwise than its annotations.
pub(super) fn differences(index: &Index<'_>, bom: &Bom) -> Vec<String> {
    let Some(namespace) = index.namespace() else {
        return vec!["the document has no name of ours".to_owned()];
    };
    let options = EncodeOptions { timestamp: index.created(), tool: None };
    let mut bom = bom.clone();
    bom.normalise();
    let again = super::document(&bom, &options, namespace).map(serde_json::to_value);
    let Ok(Ok(again)) = again else {
        return vec!["what the annotations say cannot be written".to_owned()];
    };
    let wanted: BTreeMap<&str, &Json> = again
        .get("@graph")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(named)
        .collect();
    let mut found = Vec::new();
    for (id, element) in index.elements() {
        let name = shorten(id);
        match wanted.get(id).map(|wanted| wanted.as_object()) {
            Some(Some(wanted)) if wanted == element => {}
            Some(Some(wanted)) => {
                let keys = wanted.keys().chain(element.keys());
                let mut keys: Vec<_> = keys.filter(|k| wanted.get(*k) != element.get(*k)).collect();
                keys.sort();
                keys.dedup();
                let keys: Vec<String> =
                    keys.into_iter().map(|key| format!("`{}`", shorten(key))).collect();
                let keys = keys.join(", ");
                found.push(format!("{keys} of `{name}` is not what the annotations say"));
            }
            _ => found.push(format!("no annotation speaks of element `{name}`")),
        }
        if found.len() >= SHOWN {
            return found;
        }
    }
    let missing = wanted.keys().filter(|id| !index.has(id));
    found.extend(missing.take(SHOWN).map(|id| format!("element `{}` is missing", shorten(id))));
    found
}

fn named(element: &Json) -> Option<(&str, &Json)> {
    let id = element.get("spdxId").or_else(|| element.get("@id"))?;
    Some((id.as_str()?, element))
}
