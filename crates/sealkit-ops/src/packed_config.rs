//! What the config of a ModelPack says (model-spec, config), as facts with the place where it does.

use sealkit_aibom::name::CONFIG;
use sealkit_inspect::{Facts, LinkInfo, OriginInfo, PartyInfo, Value, property};
use sealkit_oci::Digest;
use serde::Deserialize;

/// `descriptor`: what the model is.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct About {
    created_at: String,
    pub(crate) authors: Vec<String>,
    vendor: String,
    family: String,
    pub(crate) name: String,
    pub(crate) version: String,
    title: String,
    pub(crate) description: String,
    #[serde(rename = "docURL")]
    doc_url: String,
    #[serde(rename = "sourceURL")]
    source_url: String,
    #[serde(rename = "datasetsURL")]
    datasets_url: Vec<String>,
    revision: String,
    pub(crate) licenses: Vec<String>,
}

/// `config`: how it is built.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Technical {
    architecture: String,
    pub(crate) format: String,
    param_size: String,
    precision: String,
    quantization: String,
    capabilities: Capabilities,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Capabilities {
    input_types: Vec<String>,
    output_types: Vec<String>,
    knowledge_cutoff: String,
    languages: Vec<String>,
}

/// All that is said, each with its place in the config of this digest.
pub(crate) fn facts(about: &About, technical: &Technical, digest: &Digest) -> Facts {
    let mut facts = Facts::default();
    described(about, &mut facts);
    built(technical, &mut facts);
    for fact in &mut facts.facts {
        fact.evidence.digest = Some(digest.clone());
    }
    facts
}

fn described(about: &About, facts: &mut Facts) {
    for (key, property, value) in [
        ("name", property::NAME, &about.name),
        ("version", property::VERSION, &about.version),
        ("description", property::DESCRIPTION, &about.description),
        ("createdAt", property::CREATED, &about.created_at),
        ("revision", property::COMMIT, &about.revision),
    ] {
        text(facts, &format!("/descriptor/{key}"), property, value);
    }
    for (key, property, values) in [
        ("licenses", property::LICENCE, &about.licenses),
        ("authors", property::AUTHOR, &about.authors),
    ] {
        for (at, value) in values.iter().enumerate() {
            text(facts, &format!("/descriptor/{key}/{at}"), property, value);
        }
    }
    more(facts, "/descriptor/family", "family", &about.family);
    more(facts, "/descriptor/title", "title", &about.title);
    for (key, kind, url) in
        [("docURL", "documentation", &about.doc_url), ("sourceURL", "vcs", &about.source_url)]
    {
        if !url.is_empty() {
            let link = LinkInfo { kind: kind.to_owned(), url: url.clone() };
            let place = format!("/descriptor/{key}");
            facts.declared(CONFIG, &place, property::LINK, Value::Link(link));
        }
    }
    if !about.vendor.is_empty() {
        let role = Some("vendor".to_owned());
        let name = about.vendor.clone();
        let party = PartyInfo { name, role, organisation: true, ..PartyInfo::default() };
        facts.declared(CONFIG, "/descriptor/vendor", property::PARTY, Value::Party(party));
    }
    for (at, url) in about.datasets_url.iter().enumerate().filter(|(_, url)| !url.is_empty()) {
        let origin = OriginInfo { url: Some(url.clone()), ..OriginInfo::named(url) };
        let place = format!("/descriptor/datasetsURL/{at}");
        facts.declared(CONFIG, &place, property::TRAINED_ON, Value::Origin(origin));
    }
}

fn built(technical: &Technical, facts: &mut Facts) {
    let able = &technical.capabilities;
    for (key, property, value) in [
        ("architecture", property::ARCHITECTURE, &technical.architecture),
        ("format", property::FORMAT, &technical.format),
        ("precision", property::DTYPE, &technical.precision),
        ("quantization", property::QUANTISATION, &technical.quantization),
    ] {
        text(facts, &format!("/config/{key}"), property, value);
    }
    more(facts, "/config/paramSize", "paramSize", &technical.param_size);
    let place = "/config/capabilities/";
    for (at, value) in able.languages.iter().enumerate() {
        text(facts, &format!("{place}languages/{at}"), property::LANGUAGE, value);
    }
    more(facts, &format!("{place}knowledgeCutoff"), "knowledgeCutoff", &able.knowledge_cutoff);
    for (key, values) in [("inputTypes", &able.input_types), ("outputTypes", &able.output_types)] {
        more(facts, &format!("{place}{key}"), key, &values.join(", "));
    }
}

fn text(facts: &mut Facts, place: &str, property: &'static str, value: &str) {
    let value = value.trim();
    if !value.is_empty() {
        facts.declared(CONFIG, place, property, Value::Text(value.to_owned()));
    }
}

/// What has no property of its own.
fn more(facts: &mut Facts, place: &str, key: &str, value: &str) {
    let value = value.trim();
    if !value.is_empty() {
        let fact = (property::METADATA, Value::Text(value.to_owned()));
        facts.about(key, sealkit_report::Known::Declared, (CONFIG, place), fact);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_config_says_is_a_fact_with_its_place() {
        let about = r#"{"createdAt": "2025-01-02T03:04:05Z", "authors": ["Ada <a@lab.example>"], "vendor": "Lab",
            "family": "bert", "name": "wheat", "version": "2.1", "title": "Wheat", "description": "Sorts wheat",
            "docURL": "https://lab.example/doc", "sourceURL": "https://lab.example/src",
            "datasetsURL": ["https://huggingface.co/datasets/org/wheat"], "revision": "abc123",
            "licenses": ["Apache-2.0", "LicenseRef-Grain"]}"#;
        let technical = r#"{"architecture": "transformer", "format": "safetensors", "paramSize": "16", "precision": "fp16",
            "quantization": "awq", "capabilities": {"inputTypes": ["text"], "outputTypes": ["text"],
            "knowledgeCutoff": "2024-05-21T00:00:00Z", "languages": ["en"]}}"#;
        let digest = Digest::of(b"config");
        let about: About = serde_json::from_str(about).unwrap();
        let technical: Technical = serde_json::from_str(technical).unwrap();
        let facts = facts(&about, &technical, &digest);
        let told: Vec<String> = facts
            .facts
            .iter()
            .map(|fact| {
                assert_eq!(
                    (fact.evidence.file.as_str(), &fact.evidence.digest),
                    ("config", &Some(digest.clone()))
                );
                format!("{} {} = {}", fact.evidence.place, fact.property, fact.value)
            })
            .collect();
        assert_eq!(told.len(), 23, "{told:#?}");
        for wanted in [
            "/descriptor/licenses/1 licence = LicenseRef-Grain",
            "/descriptor/datasetsURL/0 trained-on = https://huggingface.co/datasets/org/wheat",
            "/descriptor/sourceURL link = https://lab.example/src",
            "/descriptor/revision commit = abc123",
            "/descriptor/createdAt created = 2025-01-02T03:04:05Z",
            "/config/architecture architecture = transformer",
            "/config/precision dtype = fp16",
            "/config/quantization quantisation = awq",
            "/config/capabilities/knowledgeCutoff metadata = 2024-05-21T00:00:00Z",
        ] {
            assert!(told.iter().any(|text| text == wanted), "{wanted}: {told:#?}");
        }
        assert!(super::facts(&About::default(), &Technical::default(), &digest).facts.is_empty());
    }
}
