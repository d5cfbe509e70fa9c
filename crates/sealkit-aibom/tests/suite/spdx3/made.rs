//! AIBOMs to write.

use proptest::prelude::*;
use sealkit_aibom::{
    Bom, Completeness, Component, ComponentId, Composition, Hash, HashAlgorithm, Kind, Property,
    Relation, RelationKind, Run, name,
};
use sealkit_inspect::{LinkInfo, MetricInfo, PartyInfo, Value, property};
use sealkit_report::{Evidence, Known};

#[expect(clippy::unnecessary_wraps, reason = "as properties take it")]
pub(crate) fn evidence(known: Known) -> Option<Evidence> {
    let (file, place) = ("README.md".to_owned(), "/license".to_owned());
    Some(Evidence { known, file, place, digest: None })
}

fn id(text: &str) -> ComponentId {
    ComponentId(text.to_owned())
}

fn text(name: &str, value: &str) -> Property {
    Property::text(name, value, evidence(Known::Declared))
}

/// A kit with a model, a base model, data inside and outside, a file, a library and a run.
pub(crate) fn rich() -> Bom {
    let mut kit = Component::new(id("kit:1"), Kind::Kit, "grain");
    kit.hashes.push(Hash::new(HashAlgorithm::Sha256, &"a".repeat(64), None).unwrap());
    kit.properties.push(text(property::LICENCE, "Apache-2.0"));
    let mut model = Component::new(id("model:1"), Kind::Model, "grain-classifier");
    model.path = Some("model".to_owned());
    model.size = Some(123);
    model.properties = model_properties();
    let mut base = Component::new(id("base-model:1"), Kind::BaseModel, "org/base");
    base.purl = Some("pkg:huggingface/org/base".to_owned());
    base.properties.push(text(property::LICENCE, "llama3.2"));
    let mut data = Component::new(id("dataset:1"), Kind::Dataset, "train");
    data.properties = vec![
        Property::new(property::ROWS, Value::Uint(600), evidence(Known::Measured)),
        text(property::MODALITY, "tabular"),
        text(property::BIAS, "more of one class"),
        text(property::COLLECTION, "by hand"),
        text(property::SENSITIVE_DATA, "no"),
    ];
    let outside = Component::new(id("external-dataset:s2orc é"), Kind::ExternalDataset, "s2orc");
    let mut file = Component::new(id("file:1"), Kind::File, "model/weights.bin");
    file.path = Some("model/weights.bin".to_owned());
    file.media_type = Some("application/octet-stream".to_owned());
    file.hashes.push(Hash::new(HashAlgorithm::Blake3, &"b".repeat(64), None).unwrap());
    let mut library = Component::new(id("library:numpy"), Kind::Library, "numpy");
    library.properties.push(text(property::VERSION, "2.1.0"));
    let said = Hash::new(HashAlgorithm::Sha256, &"c".repeat(64), evidence(Known::Declared));
    library.hashes.extend(said);
    let mut bom = Bom::new(kit);
    bom.components = vec![model, base, data, outside, file, library];
    bom.relations = relations();
    let composition = |completeness, contents: &[&str], origins: &[&str]| Composition {
        completeness,
        contents: contents.iter().map(|text| id(text)).collect(),
        origins: origins.iter().map(|text| id(text)).collect(),
    };
    bom.compositions = vec![
        composition(Completeness::Complete, &["kit:1", "model:1"], &[]),
        composition(Completeness::Unknown, &[], &["model:1"]),
    ];
    bom.runs.push(Run {
        id: id("run:1"),
        name: "training".to_owned(),
        activity: "fine-tuning".to_owned(),
        inputs: vec![id("base-model:1"), id("dataset:1")],
        outputs: vec![id("model:1")],
        properties: vec![text(property::HYPERPARAMETER, "0.1").about("learning_rate")],
    });
    let author = PartyInfo {
        name: "Grain Lab".to_owned(),
        email: Some("lab@example.org".to_owned()),
        organisation: true,
        ..PartyInfo::default()
    };
    let author = Property::new(name::BOM_AUTHOR, Value::Party(author), evidence(Known::Declared));
    bom.properties = vec![author, text(name::LIFECYCLE, name::POST_BUILD)];
    bom.normalise();
    bom
}

fn relations() -> Vec<Relation> {
    let tie = |from: &str, kind, to: &str| Relation::new(&id(from), kind, &id(to));
    vec![
        tie("kit:1", RelationKind::Contains, "model:1").because(evidence(Known::Measured)),
        tie("kit:1", RelationKind::Contains, "dataset:1"),
        tie("model:1", RelationKind::Contains, "file:1"),
        tie("model:1", RelationKind::DerivedFrom, "base-model:1").role(Some("adapter")),
        tie("model:1", RelationKind::TrainedOn, "dataset:1"),
        tie("model:1", RelationKind::TrainedOn, "external-dataset:s2orc é"),
        tie("model:1", RelationKind::EvaluatedOn, "dataset:1"),
        tie("kit:1", RelationKind::DependsOn, "library:numpy").role(Some("runtime")),
        tie("file:1", RelationKind::Documents, "model:1"),
        tie("kit:1", RelationKind::Loads, "base-model:1"),
    ]
}

fn model_properties() -> Vec<Property> {
    let metric = MetricInfo {
        name: "accuracy".to_owned(),
        value: "0.93".to_owned(),
        dataset: Some("grain".to_owned()),
        split: Some("test".to_owned()),
        ..MetricInfo::default()
    };
    let link = LinkInfo { kind: "vcs".to_owned(), url: "https://example.org/x".to_owned() };
    let declared = || evidence(Known::Declared);
    vec![
        text(property::VERSION, "1.0"),
        text(property::DESCRIPTION, "sorts grain"),
        text(property::LICENCE, "MIT"),
        Property::text(property::LICENCE, "Apache-2.0", evidence(Known::Measured)),
        text(property::TASK, "tabular-classification"),
        text(property::ARCHITECTURE, "mlp"),
        text(property::HYPERPARAMETER, "32").about("batch_size"),
        Property::new(property::PARAMETERS, Value::Uint(1000), evidence(Known::Measured)),
        Property::new(property::METRIC, Value::Metric(metric), declared()),
        Property::new(property::LINK, Value::Link(link), declared()),
        Property::new(property::ENERGY_KWH, Value::Float(1.5), declared()),
        text(property::LIMITATION, "only wheat"),
        text(property::INTENDED_USE, "sorting"),
        text(property::CREATED, "2026-01-02T03:04:05.6Z"),
        text(name::SAFETY_RISK, "low"),
    ]
}

/// AIBOMs of any shape that the model allows.
pub(crate) fn any_bom() -> impl Strategy<Value = Bom> {
    let components = proptest::collection::btree_map("[a-z0-9:# é%/]{1,8}", any_component(), 1..6);
    components.prop_flat_map(|all| {
        let count = all.len();
        let ties = proptest::collection::vec((0..count, 0..count, 0..7_usize, any_role()), 0..8);
        (Just(all), ties).prop_map(|(all, ties)| {
            let mut all: Vec<Component> =
                all.into_iter().map(|(id, c)| Component { id: ComponentId(id), ..c }).collect();
            let ids: Vec<ComponentId> = all.iter().map(|c| c.id.clone()).collect();
            let mut bom = Bom::new(all.remove(0));
            bom.components = all;
            let tie = |(from, to, kind, role): (usize, usize, usize, Option<String>)| {
                let kind = RelationKind::ALL[kind];
                Relation::new(&ids[from], kind, &ids[to]).role(role.as_deref())
            };
            bom.relations = ties.into_iter().map(tie).collect();
            bom.normalise();
            bom
        })
    })
}

fn any_role() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[a-z]{1,6}|development")
}

fn any_component() -> impl Strategy<Value = Component> {
    let kind = (0..Kind::ALL.len()).prop_map(|at| Kind::ALL[at]);
    let properties = proptest::collection::vec(any_property(), 0..6);
    let path = proptest::option::of("[a-z/]{1,8}");
    (kind, "[ -~é]{1,12}", path, any::<Option<u32>>(), properties).prop_map(
        |(kind, name, path, size, properties)| {
            let mut component = Component::new(ComponentId(String::new()), kind, name);
            component.path = path;
            component.size = size.map(u64::from);
            component.properties = properties;
            component
        },
    )
}

fn any_property() -> impl Strategy<Value = Property> {
    let names = proptest::sample::select(property::ALL);
    let value = prop_oneof![
        "[ -~é]{0,20}".prop_map(Value::Text),
        any::<u64>().prop_map(Value::Uint),
        any::<bool>().prop_map(Value::Bool),
        proptest::collection::vec("[a-z]{1,5}", 0..3).prop_map(Value::List),
        "[a-z]{1,9}".prop_map(|name| Value::Party(PartyInfo { name, ..PartyInfo::default() })),
        ("[a-z]{1,5}", "[a-z:/.]{1,9}").prop_map(|(kind, url)| Value::Link(LinkInfo { kind, url })),
    ];
    let known = prop_oneof![Just(None), Just(Some(Known::Measured)), Just(Some(Known::Inferred))];
    (names, "[a-z]{0,4}", value, known).prop_map(|(name, subject, value, known)| {
        Property::new(name, value, known.and_then(evidence)).about(subject)
    })
}
