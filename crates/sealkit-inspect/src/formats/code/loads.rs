//! Calls that load a model or a dataset by a name that stands in the source.
//!
//! Source: the documentation of transformers, datasets, huggingface_hub, sentence-transformers,
//! peft, diffusers, torch.hub, MLflow, spaCy, timm, vLLM, tensorflow-datasets, and of the clients
//! of model services.

use std::collections::BTreeSet;

use crate::python::{Argument, Call, Import};
use crate::{Facts, FileInfo, OriginInfo, Value, property};

/// Names of packages whose calls with `model=` ask a service.
const SERVICES: &[&str] = &[
    "anthropic",
    "cohere",
    "google",
    "groq",
    "langchain",
    "langchain_anthropic",
    "langchain_google_genai",
    "langchain_openai",
    "litellm",
    "mistralai",
    "ollama",
    "openai",
    "together",
];
/// Last parts of the names of such calls.
const ASKS: &[&str] = &[
    "AnthropicLLM",
    "ChatAnthropic",
    "ChatGoogleGenerativeAI",
    "ChatOpenAI",
    "OpenAI",
    "OpenAIEmbeddings",
    "acompletion",
    "acreate",
    "chat",
    "completion",
    "complete",
    "create",
    "embed",
    "embedding",
    "generate",
    "generate_content",
    "parse",
    "stream",
];
/// Readers of local files that `load_dataset` knows by a name without an owner.
const BUILDERS: &[&str] = &[
    "arrow",
    "audiofolder",
    "csv",
    "imagefolder",
    "json",
    "lance",
    "pandas",
    "parquet",
    "pdffolder",
    "sql",
    "text",
    "videofolder",
    "webdataset",
    "xml",
];

/// What a call loads.
enum Loaded {
    Model(OriginInfo),
    Dataset(OriginInfo),
    Files(Vec<String>),
    Nothing,
}

/// Adds what the calls load. The same thing loaded twice is named once.
pub(super) fn read(
    calls: &[Call],
    imports: &[Import],
    path: &str,
    place: &dyn Fn(usize) -> String,
    facts: &mut Facts,
) {
    let asks_service = imports
        .iter()
        .any(|import| SERVICES.contains(&import.module.split('.').next().unwrap_or_default()));
    let mut seen = BTreeSet::new();
    for call in calls {
        let at = place(call.line);
        let trusts = call.named.get("trust_remote_code") == Some(&Argument::Bool(true));
        if trusts || call.name.ends_with("hub.load") {
            facts.declared(path, &at, property::CAN_RUN_CODE, Value::Bool(true));
        }
        let (property, origin) = match loaded(call, asks_service) {
            Loaded::Model(origin) => (property::LOADS_MODEL, origin),
            Loaded::Dataset(origin) => (property::LOADS_DATASET, origin),
            Loaded::Files(files) => {
                for file in files.into_iter().filter(|file| seen.insert(format!("file {file}"))) {
                    let file = FileInfo { path: file, ..FileInfo::default() };
                    facts.declared(path, &at, property::FILE_REFERENCE, Value::File(file));
                }
                continue;
            }
            Loaded::Nothing => continue,
        };
        if seen.insert(format!("{property} {origin:?}")) {
            facts.declared(path, &at, property, Value::Origin(origin));
        }
    }
}

fn loaded(call: &Call, asks_service: bool) -> Loaded {
    let mut parts = call.name.rsplit('.');
    let last = parts.next().unwrap_or_default();
    let before = parts.next().unwrap_or_default();
    match last {
        "load_dataset" => dataset(call),
        "load" if before == "tfds" => match call.text(&["name"], Some(0)) {
            Some(name) => Loaded::Dataset(OriginInfo {
                split: call.text(&["split"], None).map(str::to_owned),
                ..OriginInfo::named(name)
            }),
            None => Loaded::Nothing,
        },
        "from_pretrained" => {
            let place = usize::from(before.starts_with("Peft"));
            let names = ["pretrained_model_name_or_path", "model_id", "repo_id", "model_name"];
            model(call, &names, Some(place))
        }
        "pipeline" => model(call, &["model"], Some(1)),
        "SentenceTransformer" | "CrossEncoder" | "SparseEncoder" => {
            model(call, &["model_name_or_path", "model_name"], Some(0))
        }
        "snapshot_download" | "hf_hub_download" => {
            match (model(call, &["repo_id"], Some(0)), call.text(&["repo_type"], None)) {
                (Loaded::Model(origin), Some("dataset")) => Loaded::Dataset(origin),
                (loaded, _) => loaded,
            }
        }
        "load" if call.name.ends_with("hub.load") => torch_hub(call),
        "load_model" if call.name.starts_with("mlflow.") => model(call, &["model_uri"], Some(0)),
        "load_model" if before == "whisper" => model(call, &["name"], Some(0)),
        "load" if before == "spacy" => model(call, &["name"], Some(0)),
        "create_model" if matches!(before, "timm" | "open_clip") => {
            at_hub(model(call, &["model_name"], Some(0)))
        }
        "LLM" | "WhisperModel" => model(call, &["model", "model_size_or_path"], Some(0)),
        "InferenceSession" => match call.text(&["path_or_bytes"], Some(0)) {
            Some(file) => Loaded::Files(vec![file.to_owned()]),
            None => Loaded::Nothing,
        },
        _ if asks_service && ASKS.contains(&last) => {
            match model(call, &["model", "model_name"], None) {
                Loaded::Model(origin) => {
                    Loaded::Model(OriginInfo { role: Some("service".to_owned()), ..origin })
                }
                _ => Loaded::Nothing,
            }
        }
        _ => Loaded::Nothing,
    }
}

fn model(call: &Call, names: &[&str], place: Option<usize>) -> Loaded {
    match call.text(names, place).map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) if is_path(name) => Loaded::Files(vec![name.to_owned()]),
        Some(name) => Loaded::Model(OriginInfo {
            revision: call.text(&["revision"], None).map(str::to_owned),
            ..OriginInfo::named(name)
        }),
        None => Loaded::Nothing,
    }
}

fn dataset(call: &Call) -> Loaded {
    let Some(name) = call.text(&["path"], Some(0)).map(str::trim).filter(|n| !n.is_empty()) else {
        return Loaded::Nothing;
    };
    if BUILDERS.contains(&name) {
        let keys = ["data_files", "data_dir"];
        let files = keys.iter().filter_map(|key| call.text(&[key], None));
        return Loaded::Files(files.map(str::to_owned).collect());
    }
    if is_path(name) {
        return Loaded::Files(vec![name.to_owned()]);
    }
    Loaded::Dataset(OriginInfo {
        config: call.text(&["name"], Some(1)).map(str::to_owned),
        split: call.text(&["split"], None).map(str::to_owned),
        revision: call.text(&["revision"], None).map(str::to_owned),
        ..OriginInfo::named(name)
    })
}

/// What timm and open_clip write before the identifier of a model at the hub, and a revision behind it.
fn at_hub(loaded: Loaded) -> Loaded {
    let Loaded::Model(origin) = loaded else { return loaded };
    let prefixes = ["hf_hub:", "hf-hub:"];
    let Some(id) = prefixes.iter().find_map(|prefix| origin.name.strip_prefix(prefix)) else {
        let local = origin.name.strip_prefix("local-dir:").map(str::to_owned);
        return local.map_or(Loaded::Model(origin), |folder| Loaded::Files(vec![folder]));
    };
    let (name, revision) = id.split_once('@').map_or((id, None), |(id, at)| (id, Some(at)));
    Loaded::Model(OriginInfo {
        revision: revision.map(str::to_owned).or(origin.revision),
        ..OriginInfo::named(name)
    })
}

/// `torch.hub.load("owner/repo:ref", "entry")`, where the repository is one of GitHub.
fn torch_hub(call: &Call) -> Loaded {
    let Some(repository) = call.text(&["repo_or_dir"], Some(0)) else { return Loaded::Nothing };
    if is_path(repository) || call.text(&["source"], None) == Some("local") {
        return Loaded::Files(vec![repository.to_owned()]);
    }
    let (name, revision) = match repository.split_once(':') {
        Some((name, revision)) => (name, Some(revision.to_owned())),
        None => (repository, None),
    };
    let config = call.text(&["model"], Some(1)).map(str::to_owned);
    // Its name alone would be taken for one of a hub of models.
    let name = format!("https://github.com/{name}");
    Loaded::Model(OriginInfo { revision, config, ..OriginInfo::named(name) })
}

/// Whether a name is one of a file or folder rather than of a hub.
fn is_path(name: &str) -> bool {
    let starts = ["./", "../", "/", "~", ".\\"];
    name == "." || starts.iter().any(|start| name.starts_with(start)) || name.contains('\\')
}
