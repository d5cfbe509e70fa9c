//! Every fact stands where it says: the place is read again, by other means, and has to hold the value.

mod corpus;
mod data;
mod place;

use place::{Source, has_number, has_words, needles, told};
use sealkit_inspect::{Fact, Value, inspect, property};
use sealkit_report::{Budget, Known};

/// Files of many lines, written here.
const WRITTEN: &[(&str, &str)] = &[
    (
        "requirements.txt",
        "# first\n\ntorch==2.1.0 \\\n    --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000\n\
         numpy>=1.2,<2 ; python_version > '3'  # why\n-r base.txt\ngit+https://example.com/o/peft.git@v0.10#egg=peft\n",
    ),
    (
        "pyproject.toml",
        "[project]\nname = \"one\"\nversion = \"1.0\"\ndescription = \"what it does\"\nlicense = \"MIT\"\n\
         authors = [{name = \"Ada\", email = \"ada@example.com\"}]\ndependencies = [\"alpha==1.2\", \"beta>=2\"]\n\
         [project.optional-dependencies]\nextra = [\"gamma==3.0\"]\n[project.urls]\nHomepage = \"https://example.com/home\"\n\
         [build-system]\nrequires = [\"delta==4.0\"]\n[dependency-groups]\ndev = [\"epsilon==5.0\"]\n",
    ),
    (
        "setup.cfg",
        "[metadata]\nname = two\nversion = 1.1\nauthor = Bo\nauthor_email = bo@example.com\n\n\
         [options]\ninstall_requires =\n    alpha==1.2\n    beta>=2\n\n[options.extras_require]\ndev =\n    gamma==3.0\n",
    ),
    (
        "Dockerfile",
        "# syntax=x\nFROM python:3.12-slim AS base\n\nRUN pip install \\\n    alpha==1.2 \\\n    beta==2.0\nFROM debian:12\nCOPY . .\n",
    ),
    (
        "compose.yaml",
        "services:\n  web:\n    image: nginx:1.27\n  db:\n    image: \"postgres:17\"\n",
    ),
    (
        "environment.yml",
        "name: three\nchannels: [conda-forge]\ndependencies:\n  - python=3.12\n  - numpy==2.1.0\n  - pip:\n    - alpha==1.2\n",
    ),
    (
        "package.json",
        "{\"name\":\"four\",\"version\":\"1.0.0\",\"license\":\"MIT\",\"author\":\"Cy <cy@example.com>\",\n\
         \"dependencies\":{\"@s/a\":\"1.2.3\",\"b\":\"^2\"},\"devDependencies\":{\"c\":\"npm:real@3.0.0\"},\n\
         \"homepage\":\"https://example.com/four\"}",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"five\"\nversion = \"0.1.0\"\nauthors = [\"Di <di@example.com>\"]\nlicense = \"MIT\"\n\n\
         [dependencies]\nalpha = \"=1.2.3\"\nbeta = { version = \"2\", optional = true }\nnick = { package = \"gamma\", version = \"3\" }\n\n\
         [target.'cfg(unix)'.dependencies]\ndelta = \"4\"\n",
    ),
    (
        "go.mod",
        "module example.com/six\n\ngo 1.26\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.1.0 // indirect\n)\n\n\
         replace example.com/a => example.com/c v2.0.0\n",
    ),
    (
        "go.sum",
        "example.com/a v1.0.0 h1:abc=\nexample.com/a v1.0.0/go.mod h1:def=\nexample.com/b v1.1.0 h1:ghi=\n",
    ),
    (
        "train.py",
        "# SPDX-License-Identifier: MIT\nimport torch\n\nfrom transformers import AutoModel\n\n\
         model = AutoModel.from_pretrained(\"lab/base\", revision=\"v1\")\n\
         data = load_dataset('lab/data')\n",
    ),
    (
        "notebook.ipynb",
        "{\"cells\":[{\"cell_type\":\"markdown\",\"source\":[\"# T\"]},{\"cell_type\":\"code\",\"source\":[\"import numpy\\n\",\n\
         \"from transformers import AutoModel\\n\",\"AutoModel.from_pretrained('lab/base')\\n\"]}],\n\
         \"metadata\":{\"kernelspec\":{\"name\":\"python3\"}},\"nbformat\":4,\"nbformat_minor\":5}",
    ),
    (
        "datapackage.json",
        "{\"name\":\"seven\",\"title\":\"Seven\",\"version\":\"2.0\",\"licenses\":[{\"name\":\"CC-BY-4.0\"}],\n\
         \"contributors\":[{\"title\":\"Ed\",\"role\":\"author\"}],\"sources\":[{\"title\":\"Old\",\"path\":\"https://example.com/old\"}],\n\
         \"resources\":[{\"name\":\"r\",\"path\":\"data/r.csv\",\"bytes\":12,\"schema\":{\"fields\":[{\"name\":\"f\",\"type\":\"date\"}]}}]}",
    ),
    (
        "dataset_infos.json",
        "{\"default\":{\"description\":\"Eight.\",\"citation\":\"@misc{eight}\",\"license\":\"mit\",\"features\":{\"x\":{\"dtype\":\"string\",\"_type\":\"Value\"}},\n\
         \"splits\":{\"train\":{\"name\":\"train\",\"num_bytes\":5,\"num_examples\":7}},\"download_checksums\":{\"https://example.com/a~b/c.zip\":{\"num_bytes\":9,\"checksum\":null}}}}",
    ),
    (
        "datacite.yml",
        "title: Nine\nauthors:\n- {firstname: Ada, lastname: Lovelace}\nlicense: {name: MIT, url: https://example.com/mit}\nkeywords: [grain, wheat]\n",
    ),
];

fn corpus() -> Vec<(String, Vec<u8>)> {
    let mut all = corpus::files();
    all.extend(data::goldens().into_iter().map(|(name, bytes)| (name.to_owned(), bytes)));
    let written = WRITTEN.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    all.extend(written);
    assert!(all.len() > 150, "{}", all.len());
    all
}

/// Facts whose value is written otherwise where it stands: names that the inspector gives to what it found, counts,
/// and texts that it puts together.
fn is_named_otherwise(path: &str, fact: &Fact) -> bool {
    let derived = [
        property::FORMAT,
        property::NOT_MEASURED,
        property::FRAMEWORK,
        property::PRODUCER,
        property::PRODUCER_VERSION,
        property::BASE_MODEL_RELATION,
        property::CREATED,
        property::QUANTISATION,
        property::COLUMNS,
        property::FEATURE,
        property::UNPACKED_SIZE,
        property::POOLING,
        property::OUTPUT,
        property::OUTPUT_TYPE,
    ];
    let is_list =
        fact.property == property::COLUMN_TYPE && fact.value.to_string().starts_with("list of ");
    // The name of the file that was downloaded is that of the note, and a library has another name than its package.
    let is_path = path.ends_with(".metadata") && fact.property == property::FILE_REFERENCE;
    let is_library = path.ends_with("MLmodel") && fact.property == property::PACKAGE;
    derived.contains(&&*fact.property) || is_list || is_path || is_library
}

/// What of a value is not where it is said to be.
fn missing(source: &Source<'_>, fact: &Fact, text: &str) -> Option<String> {
    if let (Value::Uint(number), Some(bytes)) = (&fact.value, source.range(&fact.evidence.place)) {
        return (!has_number(bytes, *number)).then(|| number.to_string());
    }
    if source.range(&fact.evidence.place).is_some() && matches!(fact.value, Value::List(_)) {
        return None;
    }
    needles(&fact.value).into_iter().find(|needle| !has_words(text, needle))
}

fn facts(path: &str, bytes: &[u8]) -> Vec<Fact> {
    inspect(path, &bytes, &mut Budget::default()).1.facts
}

#[test]
fn what_a_file_declares_stands_where_the_fact_says() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (path, bytes) in corpus() {
        let source = Source::new(&path, &bytes);
        for fact in facts(&path, &bytes) {
            assert_eq!(fact.evidence.file, path, "{}", told(&path, &fact));
            if fact.evidence.known != Known::Declared || is_named_otherwise(&path, &fact) {
                continue;
            }
            match source.at(&fact.evidence.place) {
                Err(()) => {}
                Ok(None) => wrong.push(format!("no such place: {}", told(&path, &fact))),
                Ok(Some(text)) => {
                    checked += 1;
                    let missing = missing(&source, &fact, &text);
                    wrong.extend(
                        missing.map(|needle| format!("no `{needle}`: {}", told(&path, &fact))),
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} of {checked}", wrong.join("\n"), wrong.len());
    assert!(checked > 500, "{checked}");
}

#[test]
fn what_is_measured_has_a_place_inside_the_file() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (path, bytes) in corpus() {
        let source = Source::new(&path, &bytes);
        for fact in facts(&path, &bytes) {
            if let Value::Tensor(tensor) = &fact.value {
                let end = tensor.offset.checked_add(tensor.size);
                if tensor.size > 0 && end.is_none_or(|end| end > bytes.len() as u64) {
                    wrong.push(format!("outside: {} {tensor:?}", told(&path, &fact)));
                }
            }
            if source.at(&fact.evidence.place) == Ok(None) {
                wrong.push(format!("no such place: {}", told(&path, &fact)));
            }
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{}\n{} of {checked}", wrong.join("\n"), wrong.len());
}
