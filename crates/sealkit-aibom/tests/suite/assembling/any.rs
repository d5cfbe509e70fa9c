//! Projects whose files say anything.

use proptest::prelude::*;
use sealkit_inspect::{
    Fact, FileInfo, LinkInfo, MetricInfo, PartyInfo, TensorInfo, Value, property,
};
use sealkit_report::{Evidence, Known};

use super::{Project, full, origin, package};

pub(crate) const PATHS: &[&str] = &[
    "model/model.safetensors",
    "model/config.json",
    "model/README.md",
    "data/train.csv",
    "src/train.py",
    "src/uv.lock",
    "LICENSE",
];
const FORMATS: &[&str] = &[
    "safetensors",
    "gguf",
    "onnx",
    "pickle",
    "hf-config",
    "hf-adapter-config",
    "model-card",
    "licence",
    "csv",
    "parquet",
    "jsonl",
    "json",
    "yaml",
    "text",
    "source-code",
    "dvc",
    "uv-lock",
    "pip-requirements",
    "mlflow-run",
    "croissant",
    "dataset-card",
    "unheard-of",
    "",
];
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "org/name",
    "model",
    "./data",
    "../x",
    "https://huggingface.co/a/b",
    "MIT",
    "GPL-2.0-only OR MIT",
    "other",
    "0",
    "1.0",
    "a/b/c",
    "\u{0}",
    "é∂",
    "/stages/x/deps/0",
];

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(TEXTS).prop_map(str::to_owned),
        ".{0,20}",
        Just("x".repeat(5000)),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = any_text;
    prop_oneof![
        text().prop_map(Value::Text),
        any::<u64>().prop_map(Value::Uint),
        (i64::MIN..0).prop_map(Value::Int),
        prop_oneof![Just(f64::NAN), Just(f64::INFINITY), any::<f64>()].prop_map(Value::Float),
        any::<bool>().prop_map(Value::Bool),
        prop::collection::vec(text(), 0..4).prop_map(Value::List),
        (text(), text()).prop_map(|(a, b)| origin(&a, Some(&b))),
        (text(), text(), any::<bool>()).prop_map(|(name, version, direct)| {
            let needs = vec![name.clone(), "a".to_owned()];
            let mut info = package("pypi", &name, Some(&version));
            (info.needs, info.direct) = (needs, direct);
            Value::Package(info)
        }),
        (text(), text()).prop_map(|(name, dataset)| {
            let dataset = Some(dataset);
            Value::Metric(MetricInfo { name, dataset, ..MetricInfo::default() })
        }),
        (text(), text()).prop_map(|(path, digest)| {
            Value::File(FileInfo { path, size: None, digests: vec![digest] })
        }),
        (text(), text()).prop_map(|(kind, url)| Value::Link(LinkInfo { kind, url })),
        text().prop_map(|name| Value::Party(PartyInfo { name, ..PartyInfo::default() })),
        text().prop_map(|name| {
            let (dtype, shape) = ("F32".to_owned(), vec![u64::MAX; 2]);
            Value::Tensor(TensorInfo { name, dtype, shape, offset: 0, size: 0 })
        }),
    ]
}

fn any_fact() -> impl Strategy<Value = (usize, Fact)> {
    let known = prop_oneof![
        Just(Known::Measured),
        Just(Known::Declared),
        Just(Known::Inferred),
        Just(Known::Attested),
    ];
    let name = prop::sample::select(property::ALL);
    (0..PATHS.len(), any_text(), name, any_value(), known, any_text()).prop_map(
        |(file, subject, name, value, known, place)| {
            let evidence = Evidence { known, file: PATHS[file].to_owned(), place, digest: None };
            (file, Fact { subject, property: name.into(), value, evidence })
        },
    )
}

pub(crate) fn any_project() -> impl Strategy<Value = Project> {
    let formats = prop::collection::vec(prop::sample::select(FORMATS), PATHS.len());
    let facts = prop::collection::vec(any_fact(), 0..40);
    (formats, facts, any::<bool>(), any::<bool>()).prop_map(|(formats, facts, packed, far)| {
        let mut project = full();
        for (path, format) in PATHS.iter().zip(formats) {
            project.facts.remove(*path);
            project.says(path, format, |_| {});
        }
        for (file, fact) in facts {
            // Some say it of the folder, some sign it, some are supplied.
            match (file, far) {
                (0, true) => project.about.facts.push(fact),
                (1, true) => project.supplied.model.facts.push(fact),
                (2, true) => project.attested.push(sealkit_inspect::Facts {
                    facts: vec![fact],
                    ..sealkit_inspect::Facts::default()
                }),
                _ => project.facts.entry(PATHS[file].to_owned()).or_default().facts.push(fact),
            }
        }
        if packed { project.packed() } else { project }
    })
}
