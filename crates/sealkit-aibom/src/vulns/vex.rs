//! Vulnerabilities as documents: CycloneDX VEX and OpenVEX.

use serde_json::{Value as Json, json};

use super::{FoundBy, Vulnerability, VulnerabilityStatus};
use crate::identity::urn_uuid;
use crate::{BomError, EncodeOptions};

/// Context of OpenVEX 0.2.0.
const OPENVEX: &str = "https://openvex.dev/ns/v0.2.0";

/// Writes a CycloneDX 1.6 document that has nothing but vulnerabilities, apart from the AIBOM, which
/// stays as it is. `serial` is the AIBOM's serial number (`urn:uuid:…`) and `version` its version:
/// what is affected is named by BOM-Link. Equal input gives equal documents.
pub fn cyclonedx_vex(
    found: &[Vulnerability],
    serial: &str,
    version: u64,
    options: &EncodeOptions,
) -> Result<Json, BomError> {
    let uuid = serial.strip_prefix("urn:uuid:").ok_or_else(|| BomError::Shape {
        reason: "its serial number does not start with `urn:uuid:`".to_owned(),
    })?;
    let entry = |vulnerability: &Vulnerability| {
        let reference = encode_fragment(&vulnerability.component.0);
        let reference = format!("urn:cdx:{uuid}/{version}#{reference}");
        let mut affects = json!({"ref": reference});
        if let (Some(version), Some(map)) = (&vulnerability.version, affects.as_object_mut()) {
            let status = match vulnerability.status {
                VulnerabilityStatus::Affected => "affected",
                VulnerabilityStatus::Undecided => "unknown",
            };
            map.insert("versions".to_owned(), json!([{"version": version, "status": status}]));
        }
        let mut entry = json!({
            "bom-ref": urn_uuid(format!("{}\0{reference}", vulnerability.id).as_bytes()),
            "id": vulnerability.id,
            "analysis": {"state": "in_triage", "detail": detail(vulnerability)},
            "affects": [affects],
        });
        if let Some(map) = entry.as_object_mut() {
            if !vulnerability.summary.is_empty() {
                map.insert("description".to_owned(), json!(vulnerability.summary));
            }
            if !vulnerability.fixed.is_empty() {
                map.insert("recommendation".to_owned(), json!(action(vulnerability)));
            }
            let advisories: Vec<Json> =
                vulnerability.references.iter().map(|url| json!({"url": url})).collect();
            if !advisories.is_empty() {
                map.insert("advisories".to_owned(), Json::Array(advisories));
            }
        }
        entry
    };
    let vulnerabilities: Vec<Json> = found.iter().map(entry).collect();
    let content = serde_json::to_vec(&(serial, version, &vulnerabilities))?;
    let mut metadata = serde_json::Map::new();
    metadata.extend(options.timestamp.iter().map(|time| ("timestamp".to_owned(), json!(time))));
    if let Some((name, version)) = &options.tool {
        let tool = json!({"type": "application", "name": name, "version": version});
        metadata.insert("tools".to_owned(), json!({"components": [tool]}));
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": urn_uuid(&content),
        "version": 1,
        "metadata": metadata,
        "vulnerabilities": vulnerabilities,
    }))
}

/// Writes an OpenVEX 0.2.0 document. `author` says who answers for it; the format demands a time.
pub fn openvex(found: &[Vulnerability], author: &str, timestamp: &str) -> Result<Json, BomError> {
    let statement = |vulnerability: &Vulnerability| {
        let (status, key, text) = match vulnerability.status {
            VulnerabilityStatus::Affected => {
                ("affected", "action_statement", action(vulnerability))
            }
            VulnerabilityStatus::Undecided => {
                ("under_investigation", "status_notes", detail(vulnerability))
            }
        };
        let mut name = json!({"name": vulnerability.id});
        if let (Some(map), false) = (name.as_object_mut(), vulnerability.aliases.is_empty()) {
            map.insert("aliases".to_owned(), json!(vulnerability.aliases));
        }
        json!({
            "vulnerability": name,
            "products": [product(vulnerability)],
            "status": status,
            key: text,
        })
    };
    let statements: Vec<Json> = found.iter().map(statement).collect();
    let content = serde_json::to_vec(&(author, timestamp, &statements))?;
    Ok(json!({
        "@context": OPENVEX,
        "@id": urn_uuid(&content),
        "author": author,
        "timestamp": timestamp,
        "version": 1,
        "statements": statements,
    }))
}

/// A product by its package URL, and by its bytes: what is renamed is still found.
fn product(vulnerability: &Vulnerability) -> Json {
    let id = vulnerability.purl.clone().unwrap_or_else(|| {
        urn_uuid(format!("{}\0{}", vulnerability.subject, vulnerability.component.0).as_bytes())
    });
    let mut product = json!({"@id": id});
    let hashes: serde_json::Map<String, Json> = vulnerability
        .digests
        .iter()
        .filter_map(|digest| digest.split_once(':'))
        .filter_map(|(name, hex)| Some((hash_name(name)?.to_owned(), json!(hex))))
        .collect();
    if let Some(map) = product.as_object_mut() {
        if let Some(purl) = &vulnerability.purl {
            map.insert("identifiers".to_owned(), json!({"purl": purl}));
        }
        if !hashes.is_empty() {
            map.insert("hashes".to_owned(), Json::Object(hashes));
        }
    }
    product
}

/// Names of algorithms as OpenVEX has them.
fn hash_name(name: &str) -> Option<&'static str> {
    const NAMES: &[(&str, &str)] = &[
        ("md5", "md5"),
        ("sha1", "sha1"),
        ("sha256", "sha-256"),
        ("sha384", "sha-384"),
        ("sha512", "sha-512"),
        ("sha3-256", "sha3-256"),
        ("sha3-384", "sha3-384"),
        ("sha3-512", "sha3-512"),
        ("blake2b-256", "blake2b-256"),
        ("blake2b-512", "blake2b-512"),
        ("blake3", "blake3"),
    ];
    NAMES.iter().find(|row| row.0 == name).map(|row| row.1)
}

fn action(vulnerability: &Vulnerability) -> String {
    if vulnerability.fixed.is_empty() {
        format!("do not use {}: no version without it is known", vulnerability.subject)
    } else {
        format!("update to {}", vulnerability.fixed.join(" or "))
    }
}

/// How it was found, and the way that leads to it.
fn detail(vulnerability: &Vulnerability) -> String {
    let by = match (vulnerability.found_by, vulnerability.status) {
        (FoundBy::Digest, _) => "found by its bytes",
        (_, VulnerabilityStatus::Affected) => "found by name and version",
        (_, VulnerabilityStatus::Undecided) => {
            "found by name, and no version that could be compared"
        }
    };
    let steps = vulnerability
        .path
        .iter()
        .map(|step| format!("{} {}", step.relation.replace('-', " "), step.component));
    let way: Vec<String> = steps.collect();
    if way.is_empty() { by.to_owned() } else { format!("{by}: the kit {}", way.join(", which ")) }
}

/// What a fragment of a URI may not have as it is.
fn encode_fragment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:@/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
