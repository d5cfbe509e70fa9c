//! A document that was 1.7 as 1.6: what the older version has no place for is left out, and each
//! place is named in a property of the document, `sealkit:left-out`.

use serde_json::{Map, Value as Json, json};

use super::own::Named;
use super::shape::insert;
use crate::name;

/// Most places that are named.
const MAX_PLACES: usize = 1000;

/// Members that 1.6 does not have, by the member that their owner, or its list, stands in; an empty
/// one stands for the document itself.
const NEWER: &[(&str, &[&str])] = &[
    ("", &["citations"]),
    ("metadata", &["distributionConstraints"]),
    ("definitions", &["patents"]),
    ("component", COMPONENT),
    ("components", COMPONENT),
    ("ancestors", COMPONENT),
    ("descendants", COMPONENT),
    ("variants", COMPONENT),
    ("services", &["patentAssertions"]),
    ("externalReferences", &["properties"]),
    ("externalReference", &["properties"]),
    ("protocolProperties", &["relatedCryptographicAssets"]),
    ("cipherSuites", &["tlsGroups", "tlsSignatureSchemes"]),
    ("algorithmProperties", &["algorithmFamily", "ellipticCurve"]),
    ("relatedCryptoMaterialProperties", &["fingerprint", "relatedCryptographicAssets"]),
    (
        "certificateProperties",
        &[
            "serialNumber",
            "certificateFileExtension",
            "fingerprint",
            "certificateState",
            "creationDate",
            "activationDate",
            "deactivationDate",
            "revocationDate",
            "destructionDate",
            "certificateExtensions",
            "relatedCryptographicAssets",
        ],
    ),
];

const COMPONENT: &[&str] = &["versionRange", "isExternal", "patentAssertions"];

/// Types of external references that 1.6 does not have.
const LINKS: &[&str] = &["patent", "patent-family", "patent-assertion", "citation"];

/// Leaves out of a document what is newer than 1.6.
pub(super) fn fit(root: &mut Map<String, Json>) {
    let mut gone = Vec::new();
    fit_object(root, "", "", &mut gone);
    for place in gone.into_iter().take(MAX_PLACES) {
        insert(root, "/metadata/properties", true, json!(Named::own(name::LEFT_OUT, place)));
    }
}

fn fit_object(map: &mut Map<String, Json>, owner: &str, path: &str, gone: &mut Vec<String>) {
    for key in NEWER.iter().filter(|row| row.0 == owner).flat_map(|row| row.1) {
        if map.shift_remove(*key).is_some() {
            gone.push(format!("{path}/{key}"));
        }
    }
    let is_link = owner.starts_with("externalReference");
    if let Some(kind) = map.get_mut("type").filter(|_| is_link)
        && kind.as_str().is_some_and(|kind| LINKS.contains(&kind))
    {
        gone.push(format!("{path}/type"));
        *kind = json!("other");
    }
    for (key, value) in map.iter_mut() {
        fit_value(value, key, &format!("{path}/{key}"), gone);
    }
}

fn fit_value(value: &mut Json, owner: &str, path: &str, gone: &mut Vec<String>) {
    match value {
        Json::Object(map) => fit_object(map, owner, path, gone),
        Json::Array(list) => {
            match owner {
                "licenses" => licences(list, path, gone),
                "encr" | "prf" | "integ" | "ke" | "auth" => transforms(list, path, gone),
                "hashes" => list.retain(|hash| is_known(hash, path, gone)),
                _ => {}
            }
            for (at, element) in list.iter_mut().enumerate() {
                fit_value(element, owner, &format!("{path}/{at}"), gone);
            }
        }
        _ => {}
    }
}

/// Of a transform that IKEv2 uses 1.6 knows the algorithm's reference alone.
fn transforms(list: &mut Vec<Json>, path: &str, gone: &mut Vec<String>) {
    let count = list.len();
    list.retain(|transform| !transform.is_object() || transform.get("algorithm").is_some());
    let mut changed = list.len() < count;
    for transform in list {
        if let Some(reference) = transform.get("algorithm").cloned() {
            *transform = reference;
            changed = true;
        }
    }
    if changed {
        gone.push(path.to_owned());
    }
}

fn is_known(hash: &Json, path: &str, gone: &mut Vec<String>) -> bool {
    let newer = hash.get("alg").and_then(Json::as_str).is_some_and(|a| a.starts_with("Streebog"));
    if newer {
        gone.push(path.to_owned());
    }
    !newer
}

/// One expression alone, or a list of licences: of a mix, expressions become names.
fn licences(list: &mut [Json], path: &str, gone: &mut Vec<String>) {
    let is_alone = list.len() == 1;
    for (at, choice) in list.iter_mut().enumerate() {
        let Some(map) = choice.as_object_mut().filter(|map| map.contains_key("expression")) else {
            continue;
        };
        for key in ["expressionDetails", "licensing", "properties"] {
            if map.shift_remove(key).is_some() {
                gone.push(format!("{path}/{at}/{key}"));
            }
        }
        if !is_alone && let Some(text) = map.shift_remove("expression") {
            let mut licence = std::mem::take(map);
            licence.insert("name".to_owned(), text);
            *map = Map::from_iter([("license".to_owned(), Json::Object(licence))]);
        }
    }
}
