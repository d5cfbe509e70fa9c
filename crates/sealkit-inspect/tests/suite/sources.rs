//! Python sources and notebooks: what they import and load.

use crate::code::{package, packages};
use crate::common::{format, look};
use sealkit_inspect::{Facts, LocalModules, OriginInfo, Value, property};
use sealkit_report::{Budget, Known};

fn origins(facts: &Facts, property: &str) -> Vec<(OriginInfo, String)> {
    let all = facts.of(property);
    all.filter_map(|fact| match &fact.value {
        Value::Origin(origin) => Some((origin.clone(), fact.evidence.place.clone())),
        _ => None,
    })
    .collect()
}

/// `name@revision/config:split(role) place`.
fn loads(facts: &Facts, property: &str) -> Vec<String> {
    let part = |mark: &str, text: &Option<String>| {
        text.as_ref().map(|text| format!("{mark}{text}")).unwrap_or_default()
    };
    let one = |(o, place): &(OriginInfo, String)| {
        let (revision, config) = (part("@", &o.revision), part("/", &o.config));
        let (split, role) = (part(":", &o.split), part(" as ", &o.role));
        format!("{}{revision}{config}{split}{role} {place}", o.name)
    };
    origins(facts, property).iter().map(one).collect()
}

fn models(source: &str) -> Vec<String> {
    loads(&look("a.py", source.as_bytes()).1, property::LOADS_MODEL)
}

fn datasets(source: &str) -> Vec<String> {
    loads(&look("a.py", source.as_bytes()).1, property::LOADS_DATASET)
}

const TRAIN: &str = r#"# SPDX-License-Identifier: Apache-2.0
"""Train. from_pretrained("not/this")"""
import os, sys
import numpy as np
from sklearn.metrics import f1_score
from . import helpers
from utils.text import clean
try:
    import cv2
except ImportError:
    cv2 = None

BASE = "org/base"
NAME = f"org/{BASE}"

def main():
    data = load_dataset("glue", "sst2", split="train", revision="main")
    more = load_dataset("csv", data_files="data/train.csv")
    model = AutoModel.from_pretrained(BASE, revision="abc", trust_remote_code=True)
    other = AutoModel.from_pretrained(NAME)
    tok = AutoTokenizer.from_pretrained("org/base", revision="abc")
    local = AutoModel.from_pretrained("./out")
"#;

#[test]
fn a_training_script() {
    let (_, facts) = look("src/train.py", TRAIN.as_bytes());
    assert_eq!(format("src/train.py", TRAIN.as_bytes()), "python");
    assert_eq!(facts.list(property::IMPORT), ["numpy", "sklearn.metrics", "utils.text", "cv2"]);
    let found: Vec<_> =
        packages(&facts).iter().map(|(p, known)| (p.name.as_str(), *known)).collect();
    let inferred = |name| (name, Known::Inferred);
    assert_eq!(found, ["numpy", "scikit-learn", "opencv-python"].map(inferred));
    assert_eq!(loads(&facts, property::LOADS_DATASET), ["glue@main/sst2:train line 17"]);
    assert_eq!(loads(&facts, property::LOADS_MODEL), ["org/base@abc line 19"]);
    assert_eq!(facts.text(property::LICENCE), Some("Apache-2.0"));
    let code = facts.of(property::CAN_RUN_CODE).next().unwrap();
    assert_eq!((&code.value, code.evidence.place.as_str()), (&Value::Bool(true), "line 19"));
    let files: Vec<_> = facts.of(property::FILE_REFERENCE).map(|f| f.value.to_string()).collect();
    assert_eq!(files, ["data/train.csv", "./out"]);
    let cv2 = facts.facts.iter().find(|f| f.subject == "pypi:opencv-python").unwrap();
    assert_eq!(cv2.evidence.place, "line 9");
}

#[test]
fn own_modules_are_forgotten_with_what_was_concluded_from_them() {
    let paths = ["src/train.py", "src/utils/text.py", "numpy.py", "README.md"];
    let own = LocalModules::new(paths);
    let (_, mut facts) = look("src/train.py", TRAIN.as_bytes());
    own.forget("src/train.py", &mut facts);
    // `numpy.py` lies above the script, where Python could find it.
    assert_eq!(facts.list(property::IMPORT), ["sklearn.metrics", "cv2"]);
    let names: Vec<_> = packages(&facts).iter().map(|(p, _)| p.name.as_str()).collect();
    assert_eq!(names, ["scikit-learn", "opencv-python"]);
    assert_eq!(loads(&facts, property::LOADS_MODEL).len(), 1);
}

#[test]
fn every_way_to_load_a_model() {
    let cases = [
        ("pipeline('ner', model='a/b', revision='r')", "a/b@r line 1"),
        ("transformers.pipeline('ner', 'a/b')", "a/b line 1"),
        ("SentenceTransformer('a/b')", "a/b line 1"),
        ("m = CrossEncoder(model_name='a/b')", "a/b line 1"),
        ("snapshot_download(repo_id='a/b', revision='r')", "a/b@r line 1"),
        ("hf_hub_download('a/b', 'x.bin')", "a/b line 1"),
        ("PeftModel.from_pretrained(model, 'a/b')", "a/b line 1"),
        (
            "torch.hub.load('o/r:v1', 'resnet18', pretrained=True)",
            "https://github.com/o/r@v1/resnet18 line 1",
        ),
        ("mlflow.pyfunc.load_model('models:/m/3')", "models:/m/3 line 1"),
        ("whisper.load_model('base')", "base line 1"),
        ("nlp = spacy.load('en_core_web_sm')", "en_core_web_sm line 1"),
        ("timm.create_model('vit', pretrained=True)", "vit line 1"),
        ("timm.create_model('hf_hub:timm/vit.x@v1')", "timm/vit.x@v1 line 1"),
        ("timm.create_model('hf-hub:timm/vit')", "timm/vit line 1"),
        ("LLM(model='a/b')", "a/b line 1"),
        (
            "import openai\nc.chat.completions.create(model='gpt-x', messages=[])",
            "gpt-x as service line 2",
        ),
        (
            "from anthropic import Anthropic\nc.messages.create(max_tokens=1, model='cl-x')",
            "cl-x as service line 2",
        ),
        (
            "from langchain_openai import ChatOpenAI\nChatOpenAI(model_name='g')",
            "g as service line 2",
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(models(source), [expected], "{source}");
    }
    assert_eq!(datasets("snapshot_download('a/b', repo_type='dataset')"), ["a/b line 1"]);
    assert_eq!(datasets("datasets.load_dataset(path='a/b', name='c')"), ["a/b/c line 1"]);
    assert_eq!(datasets("tfds.load('mnist', split='test')"), ["mnist:test line 1"]);
}

#[test]
fn what_is_not_written_out_is_no_value() {
    for source in [
        "AutoModel.from_pretrained(name)",
        "AutoModel.from_pretrained(f'a/{b}')",
        "AutoModel.from_pretrained('a/' + b)",
        "AutoModel.from_pretrained('a/b'.format(c))",
        "AutoModel.from_pretrained(*args)",
        "AutoModel.from_pretrained('')",
        "def from_pretrained(x='a/b'): pass",
        "# AutoModel.from_pretrained('a/b')",
        "x = \"AutoModel.from_pretrained('a/b')\"",
        "c.create(model='m')",
        "N = 'a/b'\ndef f(N):\n  AutoModel.from_pretrained(N)",
    ] {
        assert_eq!(models(source), Vec::<String>::new(), "{source}");
    }
    // A revision that is computed is left out; the name stays.
    assert_eq!(models("A.from_pretrained('a/b', revision=r)"), ["a/b line 1"]);
    assert_eq!(models("A.from_pretrained('a/b')\nA.from_pretrained('a/b')"), ["a/b line 1"]);
}

#[test]
fn scripts_may_carry_their_requirements() {
    let script = "#!/usr/bin/env -S uv run\n# /// script\n# requires-python = \">=3.11\"\n# dependencies = [\n\
                  #   \"requests<3\",\n#   \"rich\",\n# ]\n# ///\nimport requests\n";
    let (_, facts) = look("run.py", script.as_bytes());
    let shown: Vec<String> = packages(&facts).into_iter().map(|(p, _)| package(p)).collect();
    assert_eq!(shown, ["python >=3.11 R!", "requests <3 R!", "rich - R!", "requests - R!"]);
    let open = "# /// script\n# dependencies = [\"x\"]\nimport torch\n";
    assert_eq!(packages(&look("run.py", open.as_bytes()).1).len(), 1);
}

#[test]
fn broken_sources_still_say_what_they_import() {
    let source = "import torch\ndef f(:\n  'open\nimport jax\nx = f(\nimport inside\n";
    assert_eq!(
        look("a.py", source.as_bytes()).1.list(property::IMPORT),
        ["torch", "jax", "inside"]
    );
    let old = "print 'hello'\nimport pandas\nexec 'x'\n";
    assert_eq!(look("a.py", old.as_bytes()).1.list(property::IMPORT), ["pandas"]);
}

/// Line and reason of what makes a source no Python; none where nothing does.
fn broken(source: &str) -> Option<(String, String)> {
    let (_, facts) = look("a.py", source.as_bytes());
    let finding = facts.findings.iter().find(|finding| finding.rule == "python-broken");
    assert_eq!(facts.incomplete, finding.is_some(), "{source}");
    finding.map(|finding| (finding.evidence.place.clone(), finding.message.clone()))
}

#[test]
fn python_that_does_not_run_is_not_read() {
    for (source, line, what) in [
        ("import a\nx = (1,\n", 2, "a bracket that is never closed"),
        ("x = (1,\nimport a\ny = (2)\n", 1, "a bracket that is never closed"),
        ("x = 1)\n", 1, "a bracket that closes none"),
        ("\nx = [1)\n", 2, "a bracket that closes none"),
        ("x = {'a': [1, 2}]\n", 1, "a bracket that closes none"),
        ("x = 'open\ny = 2\n", 1, "a string that does not end"),
        ("y = 1\nx = \"\"\"open\n\n", 2, "a string that does not end"),
        ("x = f'{a}' + (\n", 1, "a bracket that is never closed"),
        (&"(".repeat(201), 1, "more than 200 brackets inside each other"),
    ] {
        let expected = (format!("line {line}"), format!("this is no Python that runs: {what}"));
        assert_eq!(broken(source), Some(expected), "{source}");
    }
    assert!(broken(&TRAIN[..TRAIN.rfind(')').unwrap()]).is_some(), "cut before its last bracket");
}

#[test]
fn python_that_runs_is_not_called_broken() {
    for source in [
        TRAIN,
        "",
        "x = '(' + \")\" + r'\\\\' + '''[\n(''' # {\n",
        "x = 'a\\\nb'\n",
        "x = f'{a[\"b\"]} {{' + \"}\"\n",
        // Python 3.12 and later: the same quotes inside.
        "x = f\"{a[\"(\"]}\"\n",
        "x = f'{', '.join(\n'(' for y in z)}'\n",
        "def f(\n    a: int = (1),\n):\n    return {**a, 'b': [1]}\n",
        &format!("x = {}1{}", "(".repeat(200), ")".repeat(200)),
        "print 'old (' % x\n",
    ] {
        assert_eq!(broken(source), None, "{source}");
    }
}

#[test]
fn endless_nesting_and_repetition_stay_cheap() {
    let large = 200_000;
    for source in [
        "(".repeat(large),
        "f(".repeat(large),
        ":import ".repeat(large),
        "a.".repeat(large) + "b()",
        "f(*a,".repeat(large),
        "'".repeat(large),
        "\\\n".repeat(large),
        "def ".repeat(large),
        "lambda x,".repeat(large),
        "not ".repeat(large),
    ] {
        let mut budget = Budget::default();
        let start = source[..8.min(source.len())].to_owned();
        let (_, facts) = sealkit_inspect::inspect("a.py", &source.as_bytes(), &mut budget);
        assert!(facts.findings.iter().all(|finding| finding.rule == "python-broken"), "{start}");
    }
    let mut small = Budget::new(1 << 20, 1000, 1000, 16);
    let long = "x ".repeat(2000);
    assert!(sealkit_inspect::inspect("a.py", &long.as_bytes(), &mut small).1.incomplete);
}

const NOTEBOOK: &str = r#"{"nbformat":4,"nbformat_minor":5,
"metadata":{"kernelspec":{"language":"python","name":"python3"},"language_info":{"name":"python","version":"3.11.7"}},
"cells":[
 {"cell_type":"markdown","source":["import nothing"]},
 {"cell_type":"code","source":["%pip install -q torch==2.1.0 datasets\n","!pip install peft>=0.10 && echo x\n","import torch\n"]},
 {"cell_type":"code","source":"x = (\n"},
 {"cell_type":"code","source":"%%bash\npip install jq==1\nimport os2\n"},
 {"cell_type":"code","source":"%%time\nfrom datasets import load_dataset\nd = load_dataset('squad')\n"}
]}"#;

#[test]
fn notebooks_are_read_cell_by_cell() {
    let (_, facts) = look("n.ipynb", NOTEBOOK.as_bytes());
    assert_eq!(facts.list(property::IMPORT), ["torch", "datasets"]);
    assert_eq!(facts.text(property::PROGRAMMING_LANGUAGE), Some("python"));
    assert_eq!(loads(&facts, property::LOADS_DATASET), ["squad /cells/4/source line 3"]);
    let shown: Vec<String> = packages(&facts).into_iter().map(|(p, _)| package(p)).collect();
    let expected = [
        "python 3.11.7 R!",
        "torch 2.1.0 R!",
        "datasets - R!",
        "peft >=0.10 R!",
        "jq 1 R!",
        "torch - R!",
        "datasets - R!",
    ];
    assert_eq!(shown, expected);
    let torch = facts.facts.iter().find(|f| f.property == property::IMPORT).unwrap();
    assert_eq!(torch.evidence.place, "/cells/1/source line 3");
    let peft = facts.facts.iter().find(|f| f.subject == "pypi:peft").unwrap();
    assert_eq!(peft.evidence.place, "/cells/1/source line 2");
    assert_eq!(peft.evidence.known, Known::Inferred);
}

#[test]
fn notebooks_of_other_languages_have_no_python() {
    let text = r#"{"nbformat":4,"metadata":{"language_info":{"name":"R"}},"cells":[{"cell_type":"code","source":"import torch"}]}"#;
    let (_, facts) = look("n.ipynb", text.as_bytes());
    assert_eq!(facts.list(property::IMPORT), Vec::<&str>::new());
    assert_eq!(facts.text(property::PROGRAMMING_LANGUAGE), Some("R"));
    for broken in
        ["{\"cells\":[", "{\"cells\":{}}", "{\"cells\":[1,{\"cell_type\":\"code\",\"source\":5}]}"]
    {
        let _ = look("n.ipynb", broken.as_bytes());
    }
}

#[test]
fn facts_name_only_properties_that_the_table_promises() {
    for (path, bytes) in [("a.py", TRAIN), ("n.ipynb", NOTEBOOK)] {
        let id = format(path, bytes.as_bytes());
        let row = sealkit_inspect::capabilities().find(|row| row.format.id == id).unwrap();
        for fact in &look(path, bytes.as_bytes()).1.facts {
            let known =
                fact.property == property::FORMAT || row.properties.contains(&&*fact.property);
            assert!(known, "{id}: {fact:?}");
        }
    }
}

#[test]
fn a_long_plot_hides_no_code_of_a_notebook() {
    let plot = "x".repeat(9 << 20);
    let text = format!(
        r#"{{"cells":[{{"cell_type":"code","source":["import torch"],"outputs":[{{"data":"{plot}"}}]}}],"nbformat":4}}"#
    );
    let facts = look("n.ipynb", text.as_bytes()).1;
    assert_eq!(facts.list(sealkit_inspect::property::IMPORT), ["torch"]);
    assert!(!facts.incomplete);
}
