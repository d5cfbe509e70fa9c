//! An AIBOM as one is assembled from a kit, and ways to tamper with it.

use sealkit_aibom::{
    Bom, Completeness, Component, ComponentId, Composition, Hash, HashAlgorithm, JudgeOptions,
    Kind, Property, Relation, RelationKind, Run, judge, name,
};
use sealkit_inspect::{OriginInfo, PartyInfo, Value, property};
use sealkit_oci::Digest;
use sealkit_report::{Evidence, Known, Outcome, Report, Step, Verdict};

pub(crate) fn id(text: &str) -> ComponentId {
    ComponentId(text.to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "as properties take it")]
pub(crate) fn at(known: Known, file: &str, place: &str) -> Option<Evidence> {
    Some(Evidence { known, file: file.to_owned(), place: place.to_owned(), digest: None })
}

pub(crate) fn sha(c: char) -> Hash {
    Hash::new(HashAlgorithm::Sha256, &c.to_string().repeat(64), None).unwrap()
}

pub(crate) fn statement() -> Digest {
    Digest::of(b"a statement")
}

pub(crate) fn measured(file: &str, name: &str, value: Value) -> Property {
    Property::new(name, value, at(Known::Measured, file, "header"))
}

pub(crate) fn declared(file: &str, name: &str, value: &str) -> Property {
    Property::text(name, value, at(Known::Declared, file, "/x"))
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn component(text: &str, kind: Kind, name: &str, path: Option<&str>) -> Component {
    let mut component = Component::new(id(text), kind, name);
    component.path = path.map(str::to_owned);
    component
}

fn file(path: &str, digest: char, size: u64, format: &str) -> Component {
    let mut file = component(path, Kind::File, path, Some(path));
    file.hashes = vec![sha(digest)];
    file.size = Some(size);
    file.properties = vec![measured(path, property::FORMAT, text(format))];
    file
}

fn model() -> Component {
    let mut model = component("model", Kind::Model, "tiny", Some("model"));
    model.hashes = vec![sha('1')];
    model.size = Some(100);
    let weights = "model/w.safetensors";
    let by_type = measured(weights, property::PARAMETERS_OF_TYPE, Value::Uint(22_713_216));
    let by_type = by_type.about("F32");
    let mut attested = declared("", property::TRAINING_SECONDS, "60");
    attested.evidence = Some(Evidence {
        known: Known::Attested,
        file: "provenance".to_owned(),
        place: String::new(),
        digest: Some(statement()),
    });
    let party = |name: &str| PartyInfo { name: name.to_owned(), ..PartyInfo::default() };
    model.properties = vec![
        measured(weights, property::PARAMETERS, Value::Uint(22_713_216)),
        by_type,
        measured(weights, property::TENSORS, Value::Uint(103)),
        measured(weights, property::DTYPE, text("F32")),
        measured(weights, property::CONTEXT_LENGTH, Value::Uint(512)),
        measured(weights, property::ARCHITECTURE, text("bert")),
        declared("README.md", property::LICENCE, "apache-2.0"),
        Property::text(property::LICENCE, "Apache-2.0", at(Known::Inferred, "LICENSE", "")),
        declared("README.md", property::TASK, "sentence-similarity"),
        declared("README.md", property::INTENDED_USE, "search"),
        Property::new(
            name::SUPPLIER,
            Value::Party(party("Acme")),
            at(Known::Declared, "", "--supplier"),
        ),
        attested,
    ];
    model
}

fn dataset() -> Component {
    let mut data = component("data", Kind::Dataset, "pairs", Some("data"));
    data.hashes = vec![sha('2')];
    data.properties = vec![
        declared("Kitfile", property::VERSION, "v1"),
        measured("data", name::DATA_VERSION, text(&sha('7').to_string())),
        measured("data/a.csv", property::ROWS, Value::Uint(10)),
        measured("data/a.csv", property::COLUMNS, Value::Uint(2)),
        declared("data/README.md", property::LICENCE, "CC-BY-4.0"),
    ];
    data
}

/// A kit with a model, its card, data, a library, a base model and a run, like one that is assembled.
pub(crate) fn kit() -> Bom {
    let mut kit = component("kit", Kind::Kit, "acme/tiny", None);
    kit.hashes = vec![sha('0')];
    kit.media_type = Some("application/vnd.oci.image.manifest.v1+json".to_owned());
    kit.purl = Some("pkg:oci/tiny@sha256%3A00?repository_url=a/tiny".to_owned());
    let mut bom = Bom::new(kit);
    let mut base = component("base", Kind::BaseModel, "org/base", None);
    base.purl = Some("pkg:huggingface/org/base".to_owned());
    let origin = Value::Origin(OriginInfo::named("org/base"));
    base.properties = vec![Property::new(
        property::BASE_MODEL,
        origin,
        at(Known::Declared, "README.md", "/base_model"),
    )];
    let mut library = component("numpy", Kind::Library, "numpy", None);
    library.purl = Some("pkg:pypi/numpy@2.1.0".to_owned());
    library.properties = vec![declared("requirements.txt", property::VERSION, "2.1.0")];
    let far = component("far", Kind::ExternalDataset, "s2orc", None);
    let mut weights = file("model/w.safetensors", 'a', 90, "safetensors");
    weights.properties.push(measured(
        "model/w.safetensors",
        property::CAN_RUN_CODE,
        Value::Bool(false),
    ));
    let mut pickle = file("model/old.bin", 'b', 10, "pytorch");
    pickle.properties.push(measured("model/old.bin", property::CAN_RUN_CODE, Value::Bool(true)));
    let files = vec![
        weights,
        pickle,
        file("README.md", 'c', 5, "model-card"),
        file("LICENSE", 'd', 5, "licence"),
        file("data/a.csv", 'e', 5, "csv"),
        file("data/README.md", 'f', 5, "dataset-card"),
        file("requirements.txt", '9', 5, "pip-requirements"),
    ];
    bom.components = vec![model(), dataset(), base, library, far];
    bom.components.extend(files);
    ties(&mut bom);
    let party = PartyInfo { name: "A. Writer".to_owned(), ..PartyInfo::default() };
    bom.properties = vec![
        Property::new(name::BOM_AUTHOR, Value::Party(party), at(Known::Declared, "", "--author")),
        Property::text(name::LIFECYCLE, name::POST_BUILD, at(Known::Inferred, "", "manifest")),
    ];
    bom.runs = vec![Run {
        id: id("run"),
        name: "training of tiny".to_owned(),
        activity: "training".to_owned(),
        inputs: vec![id("far")],
        outputs: vec![id("model")],
        properties: vec![declared("README.md", property::SEED, "42")],
    }];
    bom.normalise();
    bom
}

fn ties(bom: &mut Bom) {
    let tie = |from: &str, kind, to: &str, file: &str| {
        Relation::new(&id(from), kind, &id(to)).because(at(Known::Declared, file, "/x"))
    };
    bom.relations = vec![
        tie("model", RelationKind::DerivedFrom, "base", "README.md").role(Some("finetune")),
        tie("model", RelationKind::TrainedOn, "far", "README.md"),
        tie("kit", RelationKind::DependsOn, "numpy", "requirements.txt"),
    ];
    for component in &bom.components {
        let path = component.path.as_deref().unwrap_or_default();
        let holder = match path {
            "" => continue,
            "model" | "data" => "kit",
            path if path.starts_with("model/") => "model",
            path if path.starts_with("data/") => "data",
            _ => "kit",
        };
        bom.relations.push(
            Relation::new(&id(holder), RelationKind::Contains, &component.id).because(at(
                Known::Measured,
                "",
                "manifest",
            )),
        );
    }
    let composition = |completeness, contents: &[&str], origins: &[&str]| Composition {
        completeness,
        contents: contents.iter().map(|text| id(text)).collect(),
        origins: origins.iter().map(|text| id(text)).collect(),
    };
    bom.compositions = vec![
        composition(Completeness::Complete, &["kit", "model", "data"], &[]),
        composition(Completeness::Unknown, &[], &["model", "data"]),
    ];
}

/// A document of somebody else that knows little: a model, its weights, a dataset, a library.
pub(crate) fn foreign() -> Bom {
    let mut subject = Component::new(id("root"), Kind::Other, "acme/tiny");
    subject.purl = None;
    let mut bom = Bom::new(subject);
    let mut model = Component::new(id("m"), Kind::Model, "tiny");
    model.properties = vec![
        Property::text("metadata:model:parameterCount", "22.7M", None),
        Property::text("metadata:precision", "float32", None),
        Property::text(property::LICENCE, "Apache-2.0", None),
        Property::text(property::DESCRIPTION, "a small model", None),
    ];
    let mut weights = Component::new(id("w"), Kind::File, "w.safetensors");
    weights.hashes = vec![sha('a')];
    weights.path = Some("model/w.safetensors".to_owned());
    let mut library = Component::new(id("l"), Kind::Library, "numpy");
    library.purl = Some("pkg:pypi/numpy@2.1.0".to_owned());
    bom.components = vec![model, weights, library];
    bom.relations = vec![Relation::new(&id("root"), RelationKind::DependsOn, &id("l"))];
    bom.normalise();
    bom
}

pub(crate) fn of<'a>(bom: &'a mut Bom, name: &str) -> &'a mut Component {
    bom.components.iter_mut().find(|component| component.id.0 == name).unwrap()
}

/// The first property of a name.
pub(crate) fn prop<'a>(component: &'a mut Component, name: &str) -> &'a mut Property {
    component.properties.iter_mut().find(|property| property.name == name).unwrap()
}

pub(crate) fn verdict(stated: &Bom) -> (Verdict, Report) {
    let report = judge(stated, &kit(), &JudgeOptions::default());
    (report.verdict(), report)
}

/// The steps of this outcome.
pub(crate) fn steps(report: &Report, outcome: Outcome) -> Vec<&Step> {
    report.steps.iter().filter(|step| step.outcome == outcome).collect()
}

/// The one step that failed. Fails where others did too.
pub(crate) fn failure(stated: &Bom) -> Step {
    let (_, report) = verdict(stated);
    let failed = steps(&report, Outcome::Fail);
    assert_eq!(failed.len(), 1, "{failed:#?}");
    failed[0].clone()
}

/// The step of this id and outcome.
pub(crate) fn step(report: &Report, id: &str, outcome: Outcome) -> Step {
    let found = report.steps.iter().find(|step| step.id == id && step.outcome == outcome);
    found.unwrap_or_else(|| panic!("no `{id}` is {outcome:?}: {report:#?}")).clone()
}
