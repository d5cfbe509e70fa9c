//! A kit with something to find in it, and advisories.

use sealkit_aibom::{
    Advisories, Bom, Component, ComponentId, Hash, HashAlgorithm, Kind, Property, Relation,
    RelationKind, Vulnerability, name, vulnerabilities,
};
use serde_json::{Value as Json, json};

pub(crate) fn id(text: &str) -> ComponentId {
    ComponentId(text.to_owned())
}

pub(crate) fn sha(c: char) -> Hash {
    Hash::new(HashAlgorithm::Sha256, &c.to_string().repeat(64), None).unwrap()
}

/// A kit whose model was fine-tuned from a base that was trained on a dataset, and that needs numpy.
pub(crate) fn bom() -> Bom {
    let mut model = Component::new(id("model"), Kind::Model, "tiny");
    model.path = Some("model".to_owned());
    let mut weights = Component::new(id("weights"), Kind::File, "model/w.bin");
    weights.path = Some("model/w.bin".to_owned());
    weights.hashes = vec![sha('a')];
    let mut base = Component::new(id("base"), Kind::BaseModel, "org/Base");
    base.purl = Some("pkg:huggingface/org/Base".to_owned());
    let mut data = Component::new(id("data"), Kind::ExternalDataset, "org/poison");
    data.hashes = vec![sha('b')];
    data.properties = vec![Property::text(name::HUB_ID, "org/poison", None)];
    let mut library = Component::new(id("numpy"), Kind::Library, "numpy");
    library.purl = Some("pkg:pypi/numpy@2.1.0".to_owned());
    let mut open = Component::new(id("torch"), Kind::Library, "torch");
    open.purl = Some("pkg:pypi/torch".to_owned());
    let mut bom = Bom::new(Component::new(id("kit"), Kind::Kit, "k"));
    let tie = |from: &str, kind, to: &str| Relation::new(&id(from), kind, &id(to));
    bom.relations = vec![
        tie("kit", RelationKind::Contains, "model"),
        tie("model", RelationKind::Contains, "weights"),
        tie("model", RelationKind::DerivedFrom, "base"),
        tie("base", RelationKind::TrainedOn, "data"),
        tie("kit", RelationKind::DependsOn, "numpy"),
        tie("kit", RelationKind::DependsOn, "torch"),
    ];
    bom.components = vec![model, weights, base, data, library, open];
    bom.normalise();
    bom
}

pub(crate) fn advisories(all: &[Json]) -> Advisories {
    let mut advisories = Advisories::default();
    for advisory in all {
        assert!(advisories.add(advisory.to_string().as_bytes()).unwrap());
    }
    advisories
}

pub(crate) fn python(id: &str, name: &str, events: Json) -> Json {
    json!({
        "id": id,
        "modified": "2026-01-01T00:00:00Z",
        "summary": "bad",
        "references": [{"type": "ADVISORY", "url": "https://advisory.example/1"}],
        "affected": [{
            "package": {"ecosystem": "PyPI", "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }],
    })
}

pub(crate) fn find(all: &[Json]) -> Vec<Vulnerability> {
    vulnerabilities(&bom(), &advisories(all))
}
