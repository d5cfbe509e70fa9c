//! What a document has to say of the project: the rows of the table, and mistakes that others make.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::document::{Document, said, texts};
use super::project::{self, BASE, LINES, REVISION, ROWS, TEMPLATE};
use crate::run::Outcome;

/// One row with its answer.
pub(super) type Row = (&'static str, bool);

/// Every row of the table.
pub(super) fn rows(root: &Value, folder: &Path) -> Outcome<Vec<Row>> {
    let document = Document::new(root);
    let mut rows = adapter(document.at("adapter"));
    rows.extend(quantised(document.at("quantised")));
    rows.extend(classifier(document.at("classifier")));
    let legacy = document.at("legacy/pytorch_model.bin");
    let callables: BTreeSet<&str> = said(legacy, "callable").into_iter().collect();
    let expected = BTreeSet::from(["collections.OrderedDict", "posix.system"]);
    rows.push(("pickle: its imports", callables == expected));
    rows.extend(data(&document));
    rows.extend(around(&document));
    rows.push(("SHA-256 of every file right", wrong_hashes(&document, folder)?.is_empty()));
    Ok(rows)
}

fn ancestor<'a>(component: &'a Value, key: &str) -> Option<&'a str> {
    component.pointer(&format!("/pedigree/ancestors/0/{key}"))?.as_str()
}

fn adapter(adapter: &Value) -> Vec<Row> {
    let purl = format!("pkg:huggingface/{BASE}@{REVISION}");
    let metric = &adapter["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0];
    let data = adapter["modelCard"]["modelParameters"]["datasets"].as_array();
    vec![
        ("LoRA: base model", ancestor(adapter, "name") == Some(BASE)),
        ("LoRA: revision of the base model", ancestor(adapter, "version") == Some(REVISION)),
        ("LoRA: package URL of the base model", ancestor(adapter, "purl") == Some(&purl)),
        ("LoRA: metric", metric["type"] == "rouge" && metric["value"] == "0.42"),
        ("LoRA: CO2", said(adapter, "co2-grams") == ["1840"]),
        ("LoRA: both datasets of the card and that of the kit", data.map(Vec::len) == Some(3)),
    ]
}

fn quantised(model: &Value) -> Vec<Row> {
    let parameters = &model["modelCard"]["modelParameters"];
    let template = format!("sha256:{}", project::hex(TEMPLATE.as_bytes()));
    vec![
        ("GGUF: architecture", parameters["architectureFamily"] == "llama"),
        ("GGUF: quantisation", said(model, "quantisation").iter().any(|q| q.contains("Q8_0"))),
        ("GGUF: licence", model["licenses"][0]["license"]["id"] == "Apache-2.0"),
        ("GGUF: base model", ancestor(model, "name") == Some(BASE)),
        ("GGUF: digest of the chat template", said(model, "chat-template-digest") == [template]),
    ]
}

fn classifier(model: &Value) -> Vec<Row> {
    let parameters = &model["modelCard"]["modelParameters"];
    let port = |key: &str, start: &str| {
        let format = parameters[key][0]["format"].as_str();
        format.is_some_and(|format| format.starts_with(start))
    };
    let version = said(model, "producer-version") == ["2.3.1"];
    vec![
        ("ONNX: producer", said(model, "producer") == ["pytorch"] && version),
        ("ONNX: operator set", said(model, "operator-set:ai.onnx") == ["17"]),
        ("ONNX: input and output", port("inputs", "features: ") && port("outputs", "score: ")),
        ("MLmodel", said(model, "run-id").len() == 1 && said(model, "model-uuid").len() == 1),
    ]
}

fn data(document: &Document<'_>) -> Vec<Row> {
    let (table, list) = (document.at("data/train.parquet"), document.at("data/labels.csv"));
    let all = document.at("data");
    let types = said(table, "column-type:id") == ["int64"];
    let collected = said(all, "collection").iter().any(|text| text.contains("consent"));
    vec![
        ("Parquet: columns", said(table, "column") == ["[\"id\",\"stars\"]"] && types),
        ("Parquet: rows", said(table, "rows") == [ROWS.to_string()]),
        ("CSV: columns and rows", said(list, "rows") == [LINES.to_string()]),
        ("Croissant", all["version"] == "1.3.0" && collected),
        ("dataset card", all["licenses"][0]["license"]["id"] == "CC-BY-4.0"),
        ("dataset: SHA-256", all["hashes"][0]["alg"] == "SHA-256"),
    ]
}

fn around(document: &Document<'_>) -> Vec<Row> {
    let subject = &document.root()["metadata"]["component"];
    let wanted = [
        "pkg:pypi/pandas@2.2.2",
        "pkg:pypi/peft@0.11.1",
        "pkg:pypi/torch@2.3.1",
        "pkg:pypi/transformers@4.41.2",
    ];
    let purls: BTreeSet<&str> = document.all().filter_map(|c| c["purl"].as_str()).collect();
    let commit = subject["pedigree"]["commits"][0]["uid"].as_str();
    vec![
        ("four requirements with package URL", wanted.iter().all(|purl| purls.contains(purl))),
        ("Kitfile", subject["name"] == "review-writer" && subject["version"] == "1.2.0"),
        ("git commit", commit.is_some_and(|commit| commit.len() == 40)),
    ]
}

/// Files of the folder that the document does not list with their digest, and others that it lists.
fn wrong_hashes(document: &Document<'_>, folder: &Path) -> Outcome<Vec<String>> {
    let mut real = BTreeSet::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at)? {
            let entry = entry?;
            let path = entry.path();
            let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                open.extend((name != ".git").then_some(path));
            } else if name != "Kitfile" {
                real.insert((name, project::hex(&std::fs::read(path)?)));
            }
        }
    }
    let is_file = |c: &&Value| {
        c["type"] == "file" && c["bom-ref"].as_str().is_some_and(|r| r.starts_with("file:"))
    };
    let listed = document.all().filter(is_file).map(|component| {
        let digest = component["hashes"][0]["content"].as_str().unwrap_or_default();
        (component["name"].as_str().unwrap_or_default().to_owned(), digest.to_owned())
    });
    let listed: BTreeSet<(String, String)> = listed.collect();
    Ok(real.symmetric_difference(&listed).map(|(name, _)| name.clone()).collect())
}

/// The mistakes that other tools make, each with whether the document is free of it.
pub(super) fn mistakes(root: &Value, again: &[u8], first: &[u8]) -> Vec<Row> {
    let document = Document::new(root);
    let texts = texts(root);
    let none = |key: &str, bad: &dyn Fn(&str) -> bool| {
        !texts.iter().any(|(name, text)| *name == key && bad(text))
    };
    let is_own = |c: &Value| c["bom-ref"].as_str().is_some_and(|r| r.starts_with("model:"));
    let own: Vec<&Value> = document.all().filter(|component| is_own(component)).collect();
    let is_number = |c: &Value| {
        let list = c["properties"].as_array();
        list.into_iter().flatten().any(|property| !property["value"].is_string())
    };
    let authors = root["metadata"]["authors"].as_array();
    let has_weights = own.iter().all(|model| model["hashes"][0]["alg"] == "SHA-256");
    vec![
        (
            "a base model's name is not the model's own",
            own.iter().all(|model| model["name"] != BASE),
        ),
        ("no package URL is encoded twice", none("purl", &|purl| purl.contains("%25"))),
        ("no version is empty", none("version", &|version| version.trim().is_empty())),
        ("no licence is called unknown", none("id", &|id| id.eq_ignore_ascii_case("unknown"))),
        ("every value of a property is a text", !document.all().any(is_number)),
        (
            "the maker of the tool is no author",
            !authors.into_iter().flatten().any(|author| author.to_string().contains("sealkit")),
        ),
        ("nothing of `.git` is content", none("name", &|name| name.starts_with(".git/"))),
        ("a second run says the same, byte for byte", first == again),
        ("every model has the digest of its weights", has_weights),
    ]
}
