//! An AIBOM with one of everything that a kit has.

use sealkit_aibom::{
    Bom, Completeness, Component, ComponentId, Composition, Hash, Kind, Property, Relation,
    RelationKind, Run, name, purl,
};
use sealkit_inspect::{LinkInfo, MetricInfo, PackageInfo, PartyInfo, Scope, Value, property};
use sealkit_oci::Digest;
use sealkit_report::{Evidence, Known};

#[expect(clippy::unnecessary_wraps, reason = "claims take an option")]
pub(crate) fn evidence(known: Known, file: &str, place: &str) -> Option<Evidence> {
    Some(Evidence { known, file: file.into(), place: place.into(), digest: None })
}

pub(crate) fn card(place: &str) -> Option<Evidence> {
    evidence(Known::Declared, "README.md", place)
}

fn id(text: &str) -> ComponentId {
    ComponentId(text.into())
}

fn party(name: &str, organisation: bool) -> Value {
    let email = Some("someone@example.org".to_owned()).filter(|_| !organisation);
    Value::Party(PartyInfo { name: name.into(), email, organisation, ..PartyInfo::default() })
}

fn model() -> Component {
    let mut model = Component::new(id("model:1"), Kind::Model, "mini");
    let config = |place: &str| evidence(Known::Declared, "config.json", place);
    let measured = evidence(Known::Measured, "model.safetensors", "header");
    let metric = MetricInfo {
        name: "accuracy".into(),
        value: "0.91".into(),
        dataset: Some("pairs".into()),
        split: Some("test".into()),
        ..MetricInfo::default()
    };
    model.properties = vec![
        Property::text(property::VERSION, "1.2.0", evidence(Known::Declared, "Kitfile", "")),
        Property::text(property::NAME, "mini", evidence(Known::Declared, "Kitfile", "")),
        Property::text(property::DESCRIPTION, "sentence vectors", card("lines 9-12")),
        Property::text(property::LICENCE, "apache-2.0", card("/license")),
        Property::text(property::LICENCE, "Apache-2.0", evidence(Known::Measured, "LICENSE", "")),
        Property::text(property::TASK, "sentence-similarity", card("/pipeline_tag")),
        Property::text(property::ARCHITECTURE, "bert", config("/model_type")),
        Property::text(property::MODEL_CLASS, "BertModel", config("/architectures/0")),
        Property::new(property::PARAMETERS, Value::Uint(22_713_216), measured.clone()),
        Property::new(property::PARAMETERS_OF_TYPE, Value::Uint(22_713_216), measured).about("F32"),
        Property::new(property::METRIC, Value::Metric(metric), card("/model-index/0")),
        Property::text(property::INPUT, "input_ids", None),
        Property::text(property::INPUT_TYPE, "int64[batch, seq]", None).about("input_ids"),
        Property::text(property::OUTPUT, "logits", None),
        Property::text(property::USERS, "researchers", card("line 20")),
        Property::text(property::INTENDED_USE, "search", card("line 21")),
        Property::text(property::OUT_OF_SCOPE_USE, "medicine", card("line 22")),
        Property::text(property::LIMITATION, "English only", card("line 23")),
        Property::text(property::BIAS, "web text", card("line 24")),
        Property::text(property::ETHICS, "none known", card("line 25")),
        Property::new(property::CO2_GRAMS, Value::Float(12.5), card("/co2_eq_emissions")),
        Property::text(property::HYPERPARAMETER, "2e-5", card("line 30")).about("learning_rate"),
        Property::text(property::AUTHOR, "A. Writer", card("/author")),
        Property::new(name::SUPPLIER, party("Example Org", true), None),
        Property::text(property::TAG, "transformers", card("/tags/0")),
        Property::text(property::COMMIT, "0123456789abcdef0123456789abcdef01234567", None),
        Property::new(
            property::LINK,
            Value::Link(LinkInfo { kind: "model-card".into(), url: "README.md".into() }),
            card(""),
        ),
        Property::text(property::DOI, "10.1000/182", card("/doi")),
    ];
    model
}

fn file(number: usize, path: &str) -> Component {
    let mut file = Component::new(id(&format!("file:{number}")), Kind::File, path);
    file.path = Some(path.into());
    file.size = Some(7);
    file.hashes = vec![Hash::from(&Digest::of(path.as_bytes()))];
    file.media_type = Some("application/json".into());
    file
}

fn dataset() -> Component {
    let mut data = Component::new(id("dataset:1"), Kind::Dataset, "pairs");
    let measured = || evidence(Known::Measured, "data/a.parquet", "footer");
    data.properties = vec![
        Property::new(property::ROWS, Value::Uint(1000), measured()),
        Property::new(property::ROWS_OF_SPLIT, Value::Uint(900), measured()).about("train"),
        Property::text(property::SENSITIVE_DATA, "none", card("")),
        Property::text(name::DATA_VERSION, "sha256:00", evidence(Known::Inferred, "", "")),
    ];
    data
}

fn outside() -> Vec<Component> {
    let mut base = Component::new(id("base-model:1"), Kind::BaseModel, "nreimers/MiniLM-L6");
    base.purl = purl::hugging_face("nreimers/MiniLM-L6", None);
    let origin = sealkit_inspect::OriginInfo::named("nreimers/MiniLM-L6");
    let origin = Value::Origin(origin);
    base.properties = vec![Property::new(property::BASE_MODEL, origin, card("/base_model"))];
    let mut data = Component::new(id("external-dataset:1"), Kind::ExternalDataset, "s2orc");
    data.properties = vec![Property::text(name::HUB_ID, "s2orc", card("/datasets/0"))];
    let mut library = Component::new(id("library:1"), Kind::Library, "torch");
    library.purl = Some("pkg:pypi/torch@2.1.0".into());
    let package = PackageInfo {
        ecosystem: "pypi".into(),
        name: "torch".into(),
        version: Some("2.1.0".into()),
        scope: Scope::Development,
        ..PackageInfo::default()
    };
    let evidence = evidence(Known::Declared, "requirements.txt", "line 3");
    library.properties = vec![
        Property::text(property::VERSION, "2.1.0", evidence.clone()),
        Property::new(property::PACKAGE, Value::Package(package), evidence),
    ];
    vec![base, data, library]
}

pub(crate) fn bom() -> Bom {
    let mut kit = Component::new(id("kit:1"), Kind::Kit, "mini lm");
    kit.hashes = vec![Hash::from(&Digest::of(b"manifest"))];
    kit.purl = purl::oci("registry.example:5000/team/mini-lm", &Digest::of(b"manifest"));
    kit.media_type = Some("application/vnd.oci.image.manifest.v1+json".into());
    kit.properties = vec![
        Property::text(property::VERSION, "1.2.0", evidence(Known::Declared, "Kitfile", "")),
        Property::new(name::SUPPLIER, party("Example Org", true), None),
    ];
    let mut bom = Bom::new(kit);
    bom.components = vec![model(), dataset(), file(1, "README.md"), file(2, "model.safetensors")];
    bom.components.extend(outside());
    let tie = |from: &str, kind, to: &str| Relation::new(&id(from), kind, &id(to));
    bom.relations = vec![
        tie("kit:1", RelationKind::Contains, "model:1"),
        tie("kit:1", RelationKind::Contains, "dataset:1"),
        tie("kit:1", RelationKind::DependsOn, "library:1"),
        tie("model:1", RelationKind::Contains, "file:2"),
        tie("model:1", RelationKind::DerivedFrom, "base-model:1")
            .role(Some("adapter"))
            .because(card("/base_model")),
        tie("model:1", RelationKind::TrainedOn, "external-dataset:1"),
        tie("model:1", RelationKind::EvaluatedOn, "dataset:1").role(Some("test")),
        tie("file:1", RelationKind::Documents, "model:1"),
    ];
    bom.compositions = vec![
        Composition {
            completeness: Completeness::Complete,
            contents: vec![id("kit:1")],
            origins: Vec::new(),
        },
        Composition {
            completeness: Completeness::Unknown,
            contents: Vec::new(),
            origins: vec![id("model:1")],
        },
    ];
    bom.runs = vec![Run {
        id: id("run:1"),
        name: "train".into(),
        activity: "fine-tuning".into(),
        inputs: vec![id("dataset:1"), id("base-model:1")],
        outputs: vec![id("model:1")],
        properties: vec![
            Property::text(name::STARTED, "2026-01-01T00:00:00Z", None),
            Property::text(property::HYPERPARAMETER, "2e-5", card("line 30")).about("lr"),
            Property::text(name::COMMAND, "python train.py", card("line 31")),
        ],
    }];
    bom.properties = vec![
        Property::new(name::BOM_AUTHOR, party("B. Maker", false), None),
        Property::text(name::LIFECYCLE, name::POST_BUILD, None),
    ];
    bom.normalise();
    bom
}
