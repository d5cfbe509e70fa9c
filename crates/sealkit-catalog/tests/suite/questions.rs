//! Each way to ask for a thing finds it, and what nobody knows is no no.

use sealkit_aibom::Kind;
use sealkit_api::{Impact, Signer};
use sealkit_catalog::{Catalog, Entry, ImpactLimits, Thing, Visible};

use crate::common::{affected, catalog, content, digest, entry, thing};

fn asked(catalog: &Catalog, question: &str) -> Impact {
    catalog.impact(&question.parse().unwrap(), ImpactLimits::default(), None).unwrap()
}

/// Each version that is told, with whether it surely is.
fn told(catalog: &Catalog, question: &str) -> Vec<(String, bool)> {
    let found = asked(catalog, question).affected;
    found.into_iter().map(|one| (one.repository, one.certain)).collect()
}

#[track_caller]
fn finds(catalog: &Catalog, question: &str, wanted: &[(&str, bool)]) {
    let wanted: Vec<(String, bool)> =
        wanted.iter().map(|(name, sure)| ((*name).to_owned(), *sure)).collect();
    assert_eq!(told(catalog, question), wanted, "{question}");
}

/// A kit of this name with one thing.
fn with(name: &str, thing: Thing) -> Entry {
    entry(name, name, 1, vec![thing])
}

fn library(name: &str, purl: Option<&str>, version: Option<&str>) -> Thing {
    let (purl, version) = (purl.map(str::to_owned), version.map(str::to_owned));
    Thing { purl, version, ..thing(Kind::Library, name) }
}

#[test]
fn versions_are_compared_as_their_ecosystem_does() {
    let held = |name: &str, version: &str| {
        with(name, library("torch", Some(&format!("pkg:pypi/torch@{version}")), Some(version)))
    };
    let range =
        |name: &str, range: &str| with(name, library("torch", Some("pkg:pypi/torch"), Some(range)));
    let catalog = catalog(&[
        held("a", "2.1.0"),
        held("b", "2.1.0+cu118"),
        held("c", "2.10"),
        range("d", ">=2.0,<3"),
        range("e", ">=3"),
    ]);
    let wanted = [("a", true), ("b", true), ("d", false)];
    for question in
        ["package:torch@2.1", "pkg:pypi/torch@v2.1.0", "torch==2.1.0", "package:Torch 2.1"]
    {
        finds(&catalog, question, &wanted);
    }
    finds(&catalog, "pkg:pypi/torch@2.1+cu118", &[("a", false), ("b", true), ("d", false)]);
    let catalog = crate::common::catalog(&[
        with("a", library("lodash", Some("pkg:npm/lodash@4.17.0"), None)),
        with("b", library("lodash", Some("pkg:npm/lodash"), Some("^4.16"))),
        with("c", library("lodash", Some("pkg:npm/lodash"), Some("^3.1"))),
        with("d", library("github.com/a/b", Some("pkg:golang/github.com/a/b@v1.2.0"), None)),
    ]);
    finds(&catalog, "package:lodash@v4.17", &[("a", true), ("b", false)]);
    finds(&catalog, "package:github.com/a/b@1.2.0", &[("d", true)]);
}

#[test]
fn a_package_is_found_in_each_spelling_of_its_name() {
    let catalog = catalog(&[
        with("a", library("typing_extensions", Some("pkg:pypi/typing-extensions@4"), Some("4"))),
        with("b", library("Typing.Extensions", None, Some("4.0"))),
        with("c", library("typing_extensions", Some("pkg:npm/typing_extensions@4"), Some("4"))),
    ]);
    // Nobody says where the second is from; the name of the third is another one in npm.
    let wanted = [("a", true), ("b", false)];
    for question in ["package:typing-extensions@4", "pkg:pypi/Typing_Extensions@4"] {
        finds(&catalog, question, &wanted);
    }
}

#[test]
fn digests_are_asked_for_in_any_form_and_by_any_algorithm() {
    let mut data = content(Kind::Dataset, "reviews", "rows");
    let (md5, sha512) = ("0123456789abcdef".repeat(2), "0123456789abcdef".repeat(8));
    let blake3 = "0123456789abcdef".repeat(4);
    data.digests.extend([
        format!("md5:{md5}"),
        format!("sha512:{sha512}"),
        format!("blake3:{blake3}"),
    ]);
    let catalog = catalog(&[with("a", data), with("b", thing(Kind::Dataset, "other"))]);
    let rows = digest("rows");
    for question in [
        rows.hex().to_owned(),
        format!("SHA256:{}", rows.hex().to_uppercase()),
        format!("md5:{md5}"),
        format!("MD5:{}", md5.to_uppercase()),
        format!("sha512:{sha512}"),
        format!("blake3:{blake3}"),
        format!("dataset:{rows}"),
        format!("reviews@{rows}"),
    ] {
        finds(&catalog, &question, &[("a", true)]);
    }
}

#[test]
fn what_the_hub_has_is_found_by_address_name_and_package_url() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let purl = |kind: Kind, name: &str, purl: &str| Thing {
        purl: Some(purl.to_owned()),
        ..thing(kind, name)
    };
    let catalog = catalog(&[
        with("named", thing(Kind::BaseModel, "google/BERT")),
        with("url", thing(Kind::BaseModel, "https://huggingface.co/google/bert/tree/v1")),
        with(
            "purl",
            purl(Kind::BaseModel, "bert", &format!("pkg:huggingface/google/bert@{commit}")),
        ),
        with("data", thing(Kind::ExternalDataset, "rajpurkar/squad")),
        with(
            "data-purl",
            purl(Kind::ExternalDataset, "s", "pkg:huggingface/datasets/rajpurkar/squad"),
        ),
        with("mlflow", purl(Kind::BaseModel, "x", "pkg:mlflow/fraud@3")),
        with("fraud", thing(Kind::BaseModel, "fraud")),
    ]);
    let models = [("named", true), ("purl", true), ("url", true)];
    for question in [
        "google/bert",
        "model:google/bert",
        "https://huggingface.co/google/bert/tree/main?x=1#y",
        "hf://google/bert/config.json",
        "model:hf.co/google/bert",
        "pkg:huggingface/google/bert",
    ] {
        finds(&catalog, question, &models);
    }
    let exact = [("named", false), ("purl", true), ("url", false)];
    finds(&catalog, &format!("pkg:huggingface/google/bert@{commit}"), &exact);
    finds(&catalog, &format!("https://huggingface.co/google/bert/blob/{commit}/a.bin"), &exact);
    finds(&catalog, "model:google/bert@v1", &[("named", false), ("purl", false), ("url", true)]);
    let data = [("data", true), ("data-purl", true)];
    for question in [
        "https://huggingface.co/datasets/rajpurkar/squad/viewer",
        "dataset:rajpurkar/squad",
        "pkg:huggingface/datasets/rajpurkar/squad",
    ] {
        finds(&catalog, question, &data);
    }
    finds(&catalog, "pkg:mlflow/fraud", &[("fraud", true), ("mlflow", true)]);
    finds(&catalog, "model:fraud@3", &[("fraud", false), ("mlflow", true)]);
}

#[test]
fn a_kit_is_found_by_any_of_its_references() {
    let heir = |name: &str, base: &str| with(name, thing(Kind::BaseModel, base));
    let catalog = catalog(&[
        with("team/base", content(Kind::Model, "m", "weights")),
        heir("x/heir", "hub.example.com/team/base:v1"),
        heir("y/foreign", "oci://other.example:5000/team/base:v1"),
    ]);
    let own = digest("team/base");
    let wanted = [("team/base", true), ("x/heir", true)];
    for question in [
        "team/base:v1".to_owned(),
        "hub.example.com/team/base:v1".to_owned(),
        "localhost:5000/team/base:v1".to_owned(),
        "oci://hub.example.com/team/base:v1".to_owned(),
        "remote://hub.example.com/team/base".to_owned(),
        format!("team/base@{own}"),
        format!("hub.example.com/team/base@{own}"),
        format!("kit:team/base:v1@{}", own.to_string().to_uppercase()),
        format!("pkg:oci/base@{own}?repository_url=hub.example.com/team/base"),
        format!("pkg:oci/base@{own}"),
        "pkg:oci/base?repository_url=hub.example.com/team/base&tag=v1".to_owned(),
        "pkg:docker/team/base@v1?repository_url=hub.example.com".to_owned(),
    ] {
        finds(&catalog, &question, &wanted);
    }
    // What is in a repository may be called as that.
    finds(&catalog, "model:team/base:v1", &[("team/base", false), ("x/heir", true)]);
    finds(&catalog, "pkg:docker/team/base@v1", &wanted);
    finds(&catalog, "pkg:docker/base@v1", &[]);
    finds(&catalog, "pkg:oci/base", &[("team/base", false), ("x/heir", false)]);
    for question in ["other.example:5000/team/base:v1", "model:other.example:5000/team/base:v1"] {
        finds(&catalog, question, &[("y/foreign", true)]);
    }
}

#[test]
fn a_kit_may_be_called_as_the_word_for_a_kind() {
    let catalog = catalog(&[
        with("model", content(Kind::Model, "m", "weights")),
        with("base", thing(Kind::BaseModel, "model:v1")),
    ]);
    let whole = format!("model@{}", digest("model"));
    finds(&catalog, "kit:model:v1", &[("model", true), ("base", true)]);
    finds(&catalog, &whole, &[("model", true), ("base", true)]);
    // Both are asked for by what reads as a model of the name `v1`.
    finds(&catalog, "model:v1", &[("base", false), ("model", false)]);
    finds(&catalog, "model:v2", &[]);
}

#[test]
fn a_licence_is_found_in_expressions_and_by_its_names() {
    let under = |name: &str, licence: &str| {
        with(name, Thing { licences: vec![licence.to_owned()], ..thing(Kind::Model, "m") })
    };
    let catalog = catalog(&[
        under("apache", "apache-2.0"),
        under("both", "(MIT AND BSD-3-Clause)"),
        under("choice", "MIT OR Apache-2.0"),
        under("later", "GPL-3.0-or-later"),
        under("only", "GPL-3.0-only"),
        under("own", "llama3.2"),
    ]);
    for question in ["licence:MIT", "license:mit"] {
        finds(&catalog, question, &[("both", true), ("choice", true)]);
    }
    for question in ["licence:apache-2.0", "licence:Apache License 2.0"] {
        finds(&catalog, question, &[("apache", true), ("choice", true)]);
    }
    finds(&catalog, "licence:GPL-3.0", &[("later", true), ("only", true)]);
    finds(&catalog, "licence:GPL-3.0-only", &[("later", false), ("only", true)]);
    finds(&catalog, "licence:Llama3.2", &[("own", true)]);
    finds(&catalog, "licence:MIT-0", &[]);
    let path = &asked(&catalog, "licence:MIT").affected[0].path;
    assert_eq!(path.last().unwrap().relation, "is-licensed-under");
}

#[test]
fn signers_are_found_in_any_case_and_by_their_key() {
    let signed = |kit: &str, name: &str, verified: bool| {
        let mut entry = entry(kit, kit, 1, vec![]);
        let statement = "https://example.com/x".to_owned();
        entry.signers = vec![Signer { name: name.to_owned(), statement, verified }];
        entry
    };
    let catalog = catalog(&[
        signed("a", "alice@example.com", true),
        signed("b", "SHA256:3b1f 9c02 77aa 10de", false),
    ]);
    finds(&catalog, "signer:Alice@Example.com", &[("a", true)]);
    for question in [
        "signer:SHA256:3b1f 9c02 77aa 10de",
        "signer:sha256:3b1f9c0277aa10de",
        "signer:3b1f9c0277aa10de",
    ] {
        finds(&catalog, question, &[("b", true)]);
    }
    finds(&catalog, "signer:bob", &[]);
}

#[test]
fn what_nobody_knows_is_no_no() {
    let catalog = catalog(&[
        with("team/base", content(Kind::Model, "m", "weights")),
        with("secret/vault", content(Kind::Model, "m", "others")),
    ]);
    let unknown = |question: &str| asked(&catalog, question).unknown;
    for (question, reason) in [
        ("kit:team/bsae", "no kit `team/bsae` is known; did you mean `team/base`?"),
        ("kit:team/base:v2", "no version `v2` of `team/base` is known; did you mean `v1`?"),
        (
            "kit:hub.example.com/team/base:v2",
            "no version `v2` of `team/base` is known; did you mean `v1`?",
        ),
        ("team/base:release", "no version `release` of `team/base` is known"),
        (
            "other.example:5000/quite/another:v1",
            "no kit `other.example:5000/quite/another` is known",
        ),
        (
            "finding:pickle-trunkated",
            "no rule `pickle-trunkated` is known; did you mean `pickle-truncated`?",
        ),
        ("finding:quite-another", "no rule `quite-another` is known"),
    ] {
        assert_eq!(unknown(question).as_deref(), Some(reason), "{question}");
    }
    for question in [
        "kit:team/base",
        "finding:pickle-truncated",
        "finding:Pickle_Truncated",
        "dataset:reviews@2",
        "model:google/bert",
        "google/bert",
        "llama:7b",
        "signer:nobody",
        "licence:MIT",
    ] {
        assert_eq!(unknown(question), None, "{question}");
    }
    // What one may not see is as what is not here.
    let visible = [Visible::Below("team".to_owned())];
    for name in ["secret/vault", "secret/vaults"] {
        let question = format!("kit:{name}").parse().unwrap();
        let found = catalog.impact(&question, ImpactLimits::default(), Some(&visible)).unwrap();
        assert_eq!(found.unknown, Some(format!("no kit `{name}` is known")));
    }
}

#[test]
fn no_question_is_too_strange() {
    let catalog = catalog(&[with("team/base", content(Kind::Model, "m", "weights"))]);
    for question in [
        "kit:@",
        "a@",
        "@",
        "::",
        "hf://",
        "kit:///",
        "x/y:",
        "é@é",
        "package:[",
        "licence:(",
        "signer::",
    ] {
        if let Ok(read) = question.parse() {
            catalog.impact(&read, ImpactLimits::default(), None).unwrap();
        }
    }
    assert_eq!(affected(&catalog, "kit:team/base"), [("team/base".to_owned(), 0)]);
}
