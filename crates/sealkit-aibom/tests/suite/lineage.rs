//! What models and data come from, what code loads, and how each tie is known.

use crate::assembling::{Project, about, called, full, known, only, origin, text, tie, values};
use sealkit_aibom::{HashAlgorithm, Kind, RelationKind, name};
use sealkit_inspect::{MetricInfo, OriginInfo, Value, property};
use sealkit_oci::{Digest, LayerRole};
use sealkit_report::Known;

#[test]
fn base_models_and_data_are_components_with_their_roles() {
    let bom = full().bom();
    let model = only(&bom, Kind::Model);
    let base = only(&bom, Kind::BaseModel);
    assert_eq!(base.name, "org/base");
    assert_eq!(base.purl.as_deref(), Some("pkg:huggingface/org/base"));
    assert_eq!(values(base, name::HUB_ID), ["org/base"]);
    let tied = tie(&bom, model, RelationKind::DerivedFrom, base).unwrap();
    assert_eq!(tied.role.as_deref(), Some("finetune"));
    assert_eq!(known(Some(tied)), Some(Known::Declared));
    let data = called(&bom, Kind::ExternalDataset, "s2orc");
    assert_eq!(data.purl, None);
    let tied = tie(&bom, model, RelationKind::TrainedOn, data).unwrap();
    assert_eq!(tied.role.as_deref(), Some("train"));
    assert!(about(data, name::UNKNOWN, "hash").is_some());
}

#[test]
fn a_model_that_names_itself_as_loaded_from_is_not_its_own_base() {
    // `_name_or_path` is `org/mini`, and the model is called `mini`.
    let bom = full().bom();
    assert!(!bom.of_kind(Kind::BaseModel).any(|c| c.name == "org/mini"));
    // But that is what it is called at the hub.
    assert_eq!(only(&bom, Kind::Model).text(name::HUB_ID), Some("org/mini"));
    let mut project = full();
    project.says("model/config.json", "", |pen| {
        pen.inferred("/_name_or_path", property::BASE_MODEL, origin("org/other", None));
    });
    let bom = project.bom();
    let other = called(&bom, Kind::BaseModel, "org/other");
    let tied = tie(&bom, only(&bom, Kind::Model), RelationKind::DerivedFrom, other);
    assert_eq!(known(tied), Some(Known::Inferred));
}

#[test]
fn what_code_loads_is_tied_to_the_code_and_merged_with_the_base() {
    let bom = full().bom();
    let code = only(&bom, Kind::Code);
    let base = only(&bom, Kind::BaseModel);
    assert!(tie(&bom, code, RelationKind::Loads, base).is_some());
    assert_eq!(bom.of_kind(Kind::ExternalModel).count(), 0);
    let loaded = called(&bom, Kind::ExternalDataset, "org/loaded");
    assert!(tie(&bom, code, RelationKind::Loads, loaded).is_some());
    let mut project = full();
    project.says("src/train.py", "", |pen| {
        pen.declared("line 9", property::LOADS_MODEL, origin("org/judge", None));
    });
    let bom = project.bom();
    let judge = only(&bom, Kind::ExternalModel);
    assert_eq!(judge.purl.as_deref(), Some("pkg:huggingface/org/judge"));
    assert!(tie(&bom, only(&bom, Kind::Code), RelationKind::Loads, judge).is_some());
}

#[test]
fn one_dataset_named_by_many_is_one_component_with_the_evidence_of_all() {
    let mut project = full();
    let full_origin = OriginInfo {
        url: Some("https://huggingface.co/datasets/Org/Corpus".into()),
        digests: vec![format!("md5:{}", "0".repeat(32)), "gitoid:x".into()],
        rows: Some(12),
        ..OriginInfo::named("https://huggingface.co/datasets/Org/Corpus")
    };
    project.says("model/README.md", "", |pen| {
        pen.declared("/datasets/1", property::TRAINED_ON, origin("org/corpus", Some("train")));
    });
    project.says("src/train.py", "", |pen| {
        pen.declared("line 5", property::LOADS_DATASET, Value::Origin(full_origin));
    });
    let bom = project.bom();
    let all: Vec<_> =
        bom.of_kind(Kind::ExternalDataset).filter(|c| c.name.contains("orpus")).collect();
    assert_eq!(all.len(), 1);
    let data = all[0];
    assert_eq!(data.of(property::TRAINED_ON).count() + data.of(property::LOADS_DATASET).count(), 2);
    assert_eq!(data.uint(property::ROWS), Some(12));
    assert_eq!(data.hashes.len(), 1);
    assert_eq!(data.hashes[0].algorithm(), HashAlgorithm::Md5);
    assert_eq!(data.hashes[0].evidence.as_ref().unwrap().known, Known::Declared);
    assert!(about(data, name::UNKNOWN, "hash").is_none());
    assert_eq!(data.of(property::LINK).count(), 1);
}

#[test]
fn revisions_keep_apart_what_was_used_at_two_commits() {
    let mut project = full();
    let at = |revision: Option<&str>| {
        let revision = revision.map(str::to_owned);
        Value::Origin(OriginInfo { revision, ..OriginInfo::named("org/base") })
    };
    let commit = "0123456789012345678901234567890123456789";
    project.says("model/config.json", "", |pen| {
        pen.declared("/a", property::BASE_MODEL, at(Some(commit)));
    });
    // The card's mention without a revision goes with the only one that is known.
    let bom = project.bom();
    let base = only(&bom, Kind::BaseModel);
    assert_eq!(base.purl, Some(format!("pkg:huggingface/org/base@{commit}")));
    assert_eq!(values(base, property::VERSION), [commit]);
    assert_eq!(base.of(property::BASE_MODEL).count(), 2);
    project.says("model/config.json", "", |pen| {
        pen.declared("/b", property::BASE_MODEL, at(Some("other")));
    });
    assert_eq!(project.bom().of_kind(Kind::BaseModel).count(), 3);
}

#[test]
fn texts_and_lists_name_origins_too() {
    let mut project = Project::folder();
    project.part(LayerRole::Model, "m", &[("m/a.gguf", "x"), ("m/c.json", "{}")]);
    project.says("m/a.gguf", "gguf", |pen| {
        pen.declared("k", property::BASE_MODEL, text(" https://huggingface.co/org/base "));
    });
    project.says("m/c.json", "hf-config", |pen| {
        let list = Value::List(vec!["a".into(), "b".into(), String::new()]);
        pen.declared("/d", property::TRAINED_ON, list);
        pen.declared("/r", property::BASE_MODEL, text("org/base"));
        pen.declared("/r", property::BASE_MODEL_RELATION, text("quantized"));
    });
    let bom = project.bom();
    let base = only(&bom, Kind::BaseModel);
    let tied = tie(&bom, only(&bom, Kind::Model), RelationKind::DerivedFrom, base).unwrap();
    assert_eq!((base.name.as_str(), tied.role.as_deref()), ("org/base", Some("quantized")));
    assert_eq!(bom.of_kind(Kind::ExternalDataset).count(), 2);
}

#[test]
fn results_name_what_the_model_was_evaluated_on() {
    let mut project = full();
    let result = |name: &str, dataset: &str| {
        Value::Metric(MetricInfo {
            name: name.into(),
            value: "0.9".into(),
            dataset: Some(dataset.into()),
            split: Some("test".into()),
            ..MetricInfo::default()
        })
    };
    project.says("model/README.md", "", |pen| {
        for metric in ["accuracy", "f1"] {
            pen.declared("/model-index/0", property::METRIC, result(metric, "glue"));
            pen.declared("/model-index/1", property::METRIC, result(metric, "pairs"));
        }
    });
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    assert_eq!(model.of(property::METRIC).count(), 4);
    let glue = called(&bom, Kind::ExternalDataset, "glue");
    let tied = tie(&bom, model, RelationKind::EvaluatedOn, glue).unwrap();
    assert_eq!(tied.role.as_deref(), Some("test"));
    assert_eq!(glue.of(property::EVALUATED_ON).count(), 1, "one for many results");
    // The dataset of that name lies in the kit.
    let pairs = only(&bom, Kind::Dataset);
    let tied = tie(&bom, model, RelationKind::EvaluatedOn, pairs);
    assert_eq!(known(tied), Some(Known::Declared));
}

#[test]
fn data_of_the_kit_is_tied_to_its_model_by_conclusion_or_by_word() {
    let mut project = full();
    let bom = project.bom();
    let tied =
        tie(&bom, only(&bom, Kind::Model), RelationKind::TrainedOn, only(&bom, Kind::Dataset));
    assert_eq!(known(tied), Some(Known::Inferred));
    assert_eq!(tied.unwrap().evidence.as_ref().unwrap().place, "/datasets/0");
    project.says("model/README.md", "", |pen| {
        pen.declared("/datasets/1", property::TRAINED_ON, origin("./data/", None));
    });
    let bom = project.bom();
    let tied =
        tie(&bom, only(&bom, Kind::Model), RelationKind::TrainedOn, only(&bom, Kind::Dataset));
    assert_eq!(known(tied), Some(Known::Declared));
    project.named(LayerRole::Dataset, "held", "held", &[("held/test.csv", "x")]);
    let bom = project.bom();
    let held = called(&bom, Kind::Dataset, "held");
    assert!(tie(&bom, only(&bom, Kind::Model), RelationKind::EvaluatedOn, held).is_some());
    assert!(tie(&bom, only(&bom, Kind::Model), RelationKind::TrainedOn, held).is_none());
}

#[test]
fn a_base_model_in_the_kit_is_tied_where_it_lies() {
    let mut project = full();
    let file = [("adapter/adapter_model.safetensors", "a")];
    project.part(LayerRole::ModelPart, "adapter", &file);
    project.says(file[0].0, "safetensors", |pen| {
        pen.declared("/b", property::BASE_MODEL, origin("./model", Some("adapter")));
    });
    let bom = project.bom();
    let (adapter, main) = (called(&bom, Kind::Model, "adapter"), called(&bom, Kind::Model, "mini"));
    assert!(tie(&bom, adapter, RelationKind::DerivedFrom, main).is_some());
    assert_eq!(bom.of_kind(Kind::BaseModel).count(), 1);
}

#[test]
fn the_kit_that_the_kitfile_builds_on_is_its_base() {
    let digest = Digest::of(b"base kit");
    let mut project = Project::folder();
    project.part(LayerRole::Code, "src", &[("src/a.py", "x")]);
    let model = project.kitfile.model.get_or_insert_default();
    model.path = format!("registry.example/org/base@{digest}");
    let bom = project.bom();
    let base = only(&bom, Kind::BaseModel);
    assert_eq!(base.digest(), Some(digest));
    assert!(base.purl.as_deref().unwrap().starts_with("pkg:oci/base@sha256"));
    let tied = tie(&bom, &bom.subject, RelationKind::DerivedFrom, base);
    assert_eq!(tied.unwrap().evidence.as_ref().unwrap().place, "/model/path");
    project.kitfile.model.as_mut().unwrap().path = "registry.example/org/base:v1".into();
    let bom = project.bom();
    let base = only(&bom, Kind::BaseModel);
    assert!(base.hashes.is_empty() && about(base, name::UNKNOWN, "hash").is_some());
    // The tag says which of its versions.
    assert_eq!(values(base, property::VERSION), ["v1"]);
    assert_eq!(base.name, "registry.example/org/base");
}

#[test]
fn data_that_stays_elsewhere_is_named_with_its_address() {
    let mut project = full();
    project.kitfile.datasets.push(sealkit_kitfile::Dataset {
        name: "far".into(),
        remote_path: "s3://bucket/key".into(),
        remote_hash: "etag".into(),
        ..sealkit_kitfile::Dataset::default()
    });
    let bom = project.bom();
    let far = called(&bom, Kind::ExternalDataset, "far");
    assert_eq!(values(far, property::LINK), ["s3://bucket/key"]);
    assert_eq!(values(far, property::VERSION), ["etag"]);
    let tied = tie(&bom, only(&bom, Kind::Model), RelationKind::TrainedOn, far);
    assert_eq!(known(tied), Some(Known::Inferred));
}

#[test]
fn countless_origins_are_cut_and_counted() {
    let mut project = full();
    let names: Vec<String> = (0..5000).map(|n| format!("d{n}")).collect();
    project.says("model/README.md", "", |pen| {
        pen.declared("/datasets", property::TRAINED_ON, Value::List(names));
        pen.declared("/x", property::TRAINED_ON, text(&"x".repeat(600)));
    });
    let bom = project.bom();
    let elsewhere = [Kind::ExternalDataset, Kind::BaseModel, Kind::ExternalModel];
    let listed: usize = elsewhere.iter().map(|kind| bom.of_kind(*kind).count()).sum();
    assert_eq!(listed, 4096);
    // 5000 and `s2orc`, `org/base`, `org/loaded`; one name is too long.
    assert_eq!(about(&bom.subject, name::LEFT_OUT, "origin").as_deref(), Some("908"));
}

#[test]
fn what_a_file_says_of_a_dataset_that_it_names_stands_on_the_dataset() {
    let mut project = full();
    project.says("model/README.md", "", |pen| {
        pen.about("s2orc", property::ROWS, Value::Uint(7));
        pen.about("s2orc", property::LICENCE, text("odc-by"));
    });
    let bom = project.bom();
    let data = called(&bom, Kind::ExternalDataset, "s2orc");
    assert_eq!(data.uint(property::ROWS), Some(7));
    assert_eq!(values(data, property::LICENCE), ["odc-by"]);
    let model = only(&bom, Kind::Model);
    assert_eq!(model.of(property::ROWS).count(), 0);
    assert!(!model.of(property::LICENCE).any(|p| p.as_text() == Some("odc-by")));
}
