//! Software that settings and weights name with its version.

use sealkit_inspect::{Fact, PackageInfo, Scope, Value, property};
use sealkit_report::Evidence;

use super::claims::texts;
use super::purls::spelling;
use super::world::File;

/// Names as files and code write them, with the Python package that they are.
const PACKAGES: &[(&str, &str)] = &[
    ("pytorch", "torch"),
    ("torch", "torch"),
    ("transformers", "transformers"),
    ("sentence-transformers", "sentence-transformers"),
    ("diffusers", "diffusers"),
    ("peft", "peft"),
    ("tensorflow", "tensorflow"),
    ("tf", "tensorflow"),
    ("keras", "keras"),
    ("sklearn", "scikit-learn"),
    ("scikit-learn", "scikit-learn"),
    ("skl2onnx", "skl2onnx"),
    ("tf2onnx", "tf2onnx"),
    ("keras2onnx", "keras2onnx"),
    ("onnxmltools", "onnxmltools"),
    ("onnxruntime", "onnxruntime"),
    ("onnx", "onnx"),
    ("xgboost", "xgboost"),
    ("lightgbm", "lightgbm"),
    ("catboost", "catboost"),
    ("mlflow", "mlflow"),
    ("jax", "jax"),
    ("flax", "flax"),
    ("numpy", "numpy"),
    ("joblib", "joblib"),
    ("spacy", "spacy"),
    ("timm", "timm"),
    ("datasets", "datasets"),
    ("tokenizers", "tokenizers"),
    ("accelerate", "accelerate"),
    ("coremltools", "coremltools"),
    ("cloudpickle", "cloudpickle"),
    ("cv2", "opencv-python"),
    ("pil", "pillow"),
    ("yaml", "pyyaml"),
    ("bs4", "beautifulsoup4"),
    ("skimage", "scikit-image"),
];

/// The Python package that a name means.
pub(super) fn package_of(name: &str) -> Option<&'static str> {
    let name = name.trim().to_ascii_lowercase().replace('_', "-");
    PACKAGES.iter().find(|(known, _)| *known == name).map(|(_, package)| *package)
}

/// The packages that a file names as what made or runs it, each with its version. What it names as
/// packages itself is left out.
pub(super) fn of(file: &File<'_>) -> Vec<(PackageInfo, Evidence)> {
    let named: Vec<String> = file
        .all(property::PACKAGE)
        .filter_map(|fact| match &fact.value {
            Value::Package(package) => Some(spelling("pypi", &package.name)),
            _ => None,
        })
        .collect();
    let pairs = [
        (property::FRAMEWORK, property::FRAMEWORK_VERSION),
        (property::PRODUCER, property::PRODUCER_VERSION),
    ];
    let mut found: Vec<(PackageInfo, Evidence)> = Vec::new();
    for (what, version) in pairs {
        let names = texts_of(file, what);
        let versions = texts_of(file, version);
        // A file that names several says their versions at the same places, else which is which
        // cannot be told.
        for (name, at) in &names {
            let beside = versions.iter().find(|(_, v)| v.evidence.place == at.evidence.place);
            let single = versions.first().filter(|_| names.len() == 1 && versions.len() == 1);
            let Some((version, fact)) = beside.or(single) else { continue };
            let Some(package) = package_of(name) else { continue };
            let is_new = !named.iter().any(|known| known == package)
                && !found.iter().any(|(known, _)| known.name == package);
            if is_new && version.starts_with(|c: char| c.is_ascii_digit()) {
                found.push((info(package, version), fact.evidence.clone()));
            }
        }
    }
    found
}

fn info(package: &str, version: &str) -> PackageInfo {
    PackageInfo {
        ecosystem: "pypi".to_owned(),
        name: package.to_owned(),
        version: Some(version.to_owned()),
        direct: true,
        // What wrote the weights or the settings is known, not what reads them.
        scope: Scope::Build,
        ..PackageInfo::default()
    }
}

fn texts_of<'a>(file: &File<'a>, name: &str) -> Vec<(String, &'a Fact)> {
    let facts = file.all(name).filter(|fact| fact.subject.is_empty());
    facts.flat_map(|fact| texts(&fact.value).into_iter().map(move |text| (text, fact))).collect()
}
