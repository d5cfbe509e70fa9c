//! What a VEX document (OpenVEX) says of a kit.

use sealkit_oci::Digest;
use serde::Deserialize;
use serde_json::Value;

use super::Claim;

/// Most statements of one document.
const MAX_VEX: usize = 10_000;

/// What a document says of one vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vex {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) about: About,
}

/// Which product it is said of. One document may speak of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The kit: a product names it, or none is named, so that it is the subject of the statement.
    Kit,
    /// Other kits or images, each by a digest of its own.
    Others,
    /// Something else, of which nobody knows whether it is the kit.
    Unclear,
}

#[derive(Deserialize)]
struct VexJson {
    statements: Vec<VexStatement>,
}

#[derive(Deserialize)]
struct VexStatement {
    vulnerability: VexName,
    status: String,
    products: Option<Value>,
}

/// A name alone before v0.2.0, a map since.
#[derive(Deserialize)]
#[serde(untagged)]
enum VexName {
    Text(String),
    Map { name: String },
}

/// Reads a document that a statement about `kit` carries; `name` is what the statement calls the kit.
pub(super) fn read(text: &str, kit: &Digest, name: Option<&str>) -> Claim {
    match serde_json::from_str::<VexJson>(text) {
        Ok(json) if json.statements.len() <= MAX_VEX => {
            let read = |said: VexStatement| {
                let (VexName::Text(id) | VexName::Map { name: id }) = said.vulnerability;
                Vex { id, status: said.status, about: about(said.products.as_ref(), kit, name) }
            };
            Claim::Vex(json.statements.into_iter().map(read).collect())
        }
        Ok(_) => Claim::Invalid(format!("it has more than {MAX_VEX} statements")),
        Err(error) => Claim::Invalid(error.to_string()),
    }
}

fn about(products: Option<&Value>, kit: &Digest, name: Option<&str>) -> About {
    // OpenVEX lets the subject of the statement around it stand in for products.
    let Some(products) = products else { return About::Kit };
    match products.as_array().map(Vec::as_slice) {
        Some(all @ [_, ..]) => {
            if all.iter().any(|one| names_kit(one, kit, name)) {
                About::Kit
            } else if all.iter().all(is_other) {
                About::Others
            } else {
                About::Unclear
            }
        }
        _ => About::Unclear,
    }
}

/// Whether a product is the kit: by its digest in a package URL or among its hashes, or by the very name
/// that the statement gives its subject.
fn names_kit(product: &Value, kit: &Digest, name: Option<&str>) -> bool {
    let is_kit = |text: &str| {
        Some(text) == name
            || version(text).is_some_and(|is| is.eq_ignore_ascii_case(&kit.to_string()))
    };
    identifiers(product).any(is_kit) || has_hash(product, kit)
}

/// Whether a product is another kit or image: its package URL has a digest, which is not the kit's.
fn is_other(product: &Value) -> bool {
    let is_image = |text: &str| text.starts_with("pkg:oci/") || text.starts_with("pkg:docker/");
    identifiers(product)
        .any(|text| is_image(text) && version(text).is_some_and(|is| is.starts_with("sha256:")))
}

/// The texts that name a product: itself before v0.2.0; since then its id and its identifiers.
fn identifiers(product: &Value) -> impl Iterator<Item = &str> {
    let more = product.get("identifiers").and_then(Value::as_object);
    let more = more.into_iter().flat_map(serde_json::Map::values);
    [Some(product), product.get("@id")].into_iter().flatten().chain(more).filter_map(Value::as_str)
}

/// What stands behind the last `@` of a package URL, where a colon may be written as `%3A`.
fn version(text: &str) -> Option<String> {
    let bare = text.split(['?', '#']).next()?;
    let (_, version) = bare.rsplit_once('@')?;
    Some(version.replace("%3A", ":").replace("%3a", ":"))
}

/// Whether the digest of the kit is among the hashes. OpenVEX writes `sha-256`.
fn has_hash(product: &Value, kit: &Digest) -> bool {
    let is_algorithm =
        |name: &str| name.replace('-', "").eq_ignore_ascii_case(kit.algorithm().name());
    let all = product.get("hashes").and_then(Value::as_object).into_iter().flatten();
    all.filter(|(name, _)| is_algorithm(name))
        .filter_map(|(_, hash)| hash.as_str())
        .any(|hash| hash.eq_ignore_ascii_case(kit.hex()))
}
