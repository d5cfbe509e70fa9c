//! The list of the kinds: short name, type, schema.

use schemars::{JsonSchema, generate::SchemaSettings};

use super::bom::is_version_of;
use super::{
    Advisory, CycloneDxBom, DatasetVersion, KitSeal, Lineage, ModelScan, Predicate, Provenance,
    References, Release, Svr, TestResult, Uri, Vulns,
};

/// A kind of predicate that has a short name.
#[derive(Clone, Copy, Debug)]
pub struct PredicateKind {
    /// The short name, as `--type` takes it.
    pub name: &'static str,
    /// The predicate type that the name stands for.
    pub predicate_type: &'static str,
    /// What it says, in a few words.
    pub title: &'static str,
    matches: fn(&str) -> bool,
    schema: Option<fn(&str) -> String>,
}

impl PredicateKind {
    /// Whether a predicate type is of this kind.
    pub fn matches(&self, predicate_type: &str) -> bool {
        (self.matches)(predicate_type)
    }

    /// Its JSON Schema (draft 2020-12), with a line feed at its end; none where others publish it.
    pub fn schema(&self) -> Option<String> {
        self.schema.map(|schema| schema(self.name))
    }
}

const fn typed<P: Predicate + JsonSchema>(
    name: &'static str,
    title: &'static str,
) -> PredicateKind {
    PredicateKind {
        name,
        predicate_type: P::TYPE,
        title,
        matches: P::matches,
        schema: Some(schema::<P>),
    }
}

/// A kind under the short name and the very type that cosign gives it.
const fn as_cosign(
    name: &'static str,
    predicate_type: &'static str,
    title: &'static str,
    matches: fn(&str) -> bool,
) -> PredicateKind {
    PredicateKind { name, predicate_type, title, matches, schema: None }
}

/// Every kind with a short name: those that SealKit types, then those that it passes on as cosign
/// does. Several names may stand for one kind; the first is its own.
pub static KINDS: &[PredicateKind] = &[
    typed::<KitSeal>("kit", "which file table and AIBOM belong to the kit"),
    typed::<DatasetVersion>("dataset-version", "which bytes a version of a dataset is"),
    typed::<Lineage>("lineage", "what the kit descends from"),
    typed::<Provenance>("provenance", "how the kit came to be (SLSA v1)"),
    typed::<Provenance>("slsaprovenance1", "as cosign names `provenance`"),
    typed::<ModelScan>("model-scan", "what a scan of model files found"),
    typed::<TestResult>("test-result", "how a run of tests ended"),
    typed::<Vulns>("vulns", "known vulnerabilities"),
    typed::<Release>("release", "which release it is"),
    typed::<Svr>("svr", "what a verifier found to hold"),
    typed::<Advisory>("advisory", "that the kit must not be used"),
    typed::<References>("reference", "documents elsewhere"),
    as_cosign("cyclonedx", "https://cyclonedx.org/bom", "an AIBOM", CycloneDxBom::matches),
    as_cosign("spdx", "https://spdx.dev/Document", "an AIBOM", super::SpdxBom::matches),
    as_cosign("spdxjson", "https://spdx.dev/Document", "an AIBOM", super::SpdxBom::matches),
    as_cosign("slsaprovenance", SLSA_02, "how the kit came to be (SLSA v0.2)", is_slsa_02),
    as_cosign("slsaprovenance02", SLSA_02, "as cosign names SLSA v0.2", is_slsa_02),
    as_cosign("link", LINK, "an in-toto link", |found| found == LINK),
    as_cosign("vuln", VULN, "cosign's own form of vulnerabilities", |found| found == VULN),
    as_cosign("openvex", VEX, "exploitability (OpenVEX)", is_vex),
    as_cosign("custom", CUSTOM, "anything", |found| found == CUSTOM),
];

const SLSA_02: &str = "https://slsa.dev/provenance/v0.2";
const LINK: &str = "https://in-toto.io/Link/v1";
const VULN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";
const VEX: &str = "https://openvex.dev/ns";
const CUSTOM: &str = "https://cosign.sigstore.dev/attestation/v1";

fn is_slsa_02(found: &str) -> bool {
    found == SLSA_02
}

/// Writers put a version behind `https://openvex.dev/ns`, or none.
fn is_vex(found: &str) -> bool {
    is_version_of(found, VEX)
}

/// The first kind that a predicate type belongs to.
pub fn kind_of(predicate_type: &str) -> Option<&'static PredicateKind> {
    KINDS.iter().find(|kind| kind.matches(predicate_type))
}

/// The predicate type that `text` means: a short name, or any URI as it is; none for the rest.
pub fn predicate_type(text: &str) -> Option<String> {
    let named = KINDS.iter().find(|kind| kind.name == text);
    match named {
        Some(kind) => Some(kind.predicate_type.to_owned()),
        None => Uri::try_from(text).ok().map(String::from),
    }
}

fn schema<P: Predicate + JsonSchema>(name: &str) -> String {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<P>();
    schema
        .insert("$id".to_owned(), format!("https://sealkit.dev/schemas/{name}.schema.json").into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
