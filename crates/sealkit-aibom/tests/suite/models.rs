//! Which files are one model, and what is said of it.

use crate::assembling::{Project, about, called, full, known, only, origin, text, tie, values};
use sealkit_aibom::{Kind, RelationKind, name};
use sealkit_inspect::{PartyInfo, Value, property};
use sealkit_oci::{Digest, LayerRole};
use sealkit_report::Known;

fn weights(project: &mut Project, path: &str, format: &str, parameters: u64) {
    project.says(path, format, |pen| {
        pen.measured(property::PARAMETERS, Value::Uint(parameters));
        pen.about("F16", property::PARAMETERS_OF_TYPE, Value::Uint(parameters));
    });
}

#[test]
fn the_model_carries_what_weights_settings_cards_and_kitfile_say() {
    let mut project = full();
    project.kitfile.model.as_mut().unwrap().framework = "pytorch".into();
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    assert_eq!(model.name, "mini");
    assert_eq!(values(model, property::NAME), ["mini", "mini-card", "card name", "model"]);
    assert_eq!(values(model, property::FORMAT), ["safetensors"]);
    assert_eq!(values(model, property::PARAMETERS), ["100"]);
    assert_eq!(about(model, property::PARAMETERS_OF_TYPE, "F32").as_deref(), Some("100"));
    assert_eq!(values(model, property::ARCHITECTURE), ["bert"]);
    assert_eq!(values(model, property::TASK), ["sentence-similarity"]);
    assert_eq!(values(model, property::FRAMEWORK), ["pytorch", "transformers"]);
    let intended = model.first(property::INTENDED_USE).unwrap().evidence.as_ref().unwrap();
    assert_eq!((intended.file.as_str(), intended.place.as_str()), ("model/README.md", "lines 3-9"));
    assert_eq!(intended.digest, Some(Digest::of(b"---\n---")));
    assert_eq!(model.first(property::PARAMETERS).unwrap().known(), Known::Measured);
    let card = called(&bom, Kind::File, "model/README.md");
    assert!(tie(&bom, card, RelationKind::Documents, model).is_some());
}

#[test]
fn the_name_comes_from_the_kitfile_the_card_the_weights_and_else_the_folder() {
    let named = |kitfile: &str, card: bool, gguf: bool| {
        let mut project = full();
        project.parts[0].element.as_mut().unwrap().name = kitfile.into();
        if !card {
            project.facts.remove("model/README.md");
        }
        if gguf {
            project.says("model/model.safetensors", "", |pen| {
                pen.declared("general.name", property::NAME, text("Inside"));
            });
        }
        only(&project.bom(), Kind::Model).name.clone()
    };
    assert_eq!(named("mine", true, true), "mine");
    assert_eq!(named("", true, true), "mini-card");
    assert_eq!(named("", false, true), "Inside");
    assert_eq!(named("", false, false), "model");
}

#[test]
fn a_kitfile_name_that_repeats_the_file_is_no_name() {
    let mut project = Project::folder();
    let file = [("model.safetensors", "w")];
    project.named(LayerRole::Model, "model.safetensors", "model", &file);
    weights(&mut project, "model.safetensors", "safetensors", 1);
    let bom = project.bom();
    assert_eq!(only(&bom, Kind::Model).name, "project");
    assert_eq!(only(&bom, Kind::Model).sha256(), Some(Digest::of(b"w")));
    assert_eq!(only(&bom, Kind::Model).first(property::NAME).unwrap().known(), Known::Inferred);
}

#[test]
fn the_version_is_declared_or_the_digest_of_the_content() {
    let mut project = full();
    let version = |project: &Project| {
        let bom = project.bom();
        let version = only(&bom, Kind::Model).first(property::VERSION).unwrap().clone();
        (version.value.to_string(), version.known())
    };
    let (digest, how) = version(&project);
    assert!(digest.starts_with("sha256:"));
    assert_eq!(how, Known::Inferred);
    project.says(".cache/x", "", |_| {});
    project.says("model/model.safetensors", "", |pen| {
        pen.declared("model_version", property::VERSION, Value::Uint(0));
    });
    assert_eq!(version(&project).1, Known::Inferred, "0 stands for none");
    project.says("model/config.json", "", |pen| {
        pen.declared("/version", property::VERSION, Value::Uint(3));
    });
    assert_eq!(version(&project), ("3".into(), Known::Declared));
    project.kitfile.model.as_mut().unwrap().version = "2.0".into();
    assert_eq!(version(&project), ("2.0".into(), Known::Declared));
}

#[test]
fn shards_and_their_index_are_one_model() {
    let mut project = Project::folder();
    let files = [
        ("m/model-00001-of-00002.safetensors", "1"),
        ("m/model-00002-of-00002.safetensors", "2"),
        ("m/model.safetensors.index.json", "{}"),
    ];
    project.named(LayerRole::Model, "m", "big", &files);
    weights(&mut project, files[0].0, "safetensors", 40);
    weights(&mut project, files[1].0, "safetensors", 2);
    project.says(files[2].0, "shard-index", |pen| {
        pen.declared("/metadata/total_parameters", property::PARAMETERS, Value::Uint(43));
        pen.declared("/weight_map", property::SHARDS, Value::Uint(2));
    });
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    assert_eq!(values(model, property::PARAMETERS), ["42", "43"], "measured first");
    assert_eq!(about(model, property::PARAMETERS_OF_TYPE, "F16").as_deref(), Some("42"));
    assert_eq!(model.uint(property::SHARDS), Some(2));
    assert_eq!(values(model, property::FORMAT), ["safetensors"; 2], "one source for each shard");
}

#[test]
fn a_shard_that_was_not_read_leaves_the_sum_unknown() {
    let mut project = Project::folder();
    let files = [("m/a-00001-of-00002.gguf", "1"), ("m/a-00002-of-00002.gguf", "2")];
    project.named(LayerRole::Model, "m", "big", &files);
    weights(&mut project, files[0].0, "gguf", 40);
    project.says(files[1].0, "gguf", |_| {});
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    assert_eq!(model.first(property::PARAMETERS), None);
    let unknown = about(model, name::UNKNOWN, property::PARAMETERS);
    assert_eq!(unknown.as_deref(), Some("1 of 2 files with weights were read"));
}

#[test]
fn sums_beyond_64_bits_are_not_made_up() {
    let mut project = Project::folder();
    let files = [("m/a-00001-of-00002.gguf", "1"), ("m/a-00002-of-00002.gguf", "2")];
    project.named(LayerRole::Model, "m", "big", &files);
    weights(&mut project, files[0].0, "gguf", u64::MAX);
    weights(&mut project, files[1].0, "gguf", 1);
    let bom = project.bom();
    assert_eq!(only(&bom, Kind::Model).first(property::PARAMETERS), None);
}

#[test]
fn other_formats_in_one_folder_are_variants_of_the_model() {
    let mut project = Project::folder();
    let files = [
        ("m/model.safetensors", "1"),
        ("m/small-Q4.gguf", "2"),
        ("m/onnx/model.onnx", "3"),
        ("m/onnx/config.json", "{}"),
    ];
    project.named(LayerRole::Model, "m", "big", &files);
    for (path, format) in [(0, "safetensors"), (1, "gguf"), (2, "onnx")] {
        weights(&mut project, files[path].0, format, path as u64 + 1);
    }
    let bom = project.bom();
    let main = &bom.components[0];
    assert_eq!((main.kind, main.name.as_str()), (Kind::Model, "big"));
    assert_eq!(values(main, property::PARAMETERS), ["1"]);
    for (stem, file) in [("small-Q4", files[1].0), ("model", files[2].0)] {
        let variant = called(&bom, Kind::Model, stem);
        let of = variant.of(name::VARIANT_OF).next().unwrap();
        assert_eq!((of.subject.as_str(), of.as_text()), (main.id.0.as_str(), Some("big")));
        assert!(tie(&bom, main, RelationKind::Contains, variant).is_some());
        let inside = called(&bom, Kind::File, file);
        assert!(tie(&bom, variant, RelationKind::Contains, inside).is_some());
        assert_eq!(variant.sha256(), inside.sha256());
    }
}

#[test]
fn an_adapter_is_a_model_of_its_own_with_its_own_settings() {
    let mut project = full();
    let files = [
        ("adapter/adapter_model.safetensors", "a"),
        ("adapter/adapter_config.json", "{}"),
        ("adapter/README.md", "c"),
    ];
    project.part(LayerRole::ModelPart, "adapter", &files);
    weights(&mut project, files[0].0, "safetensors", 5);
    project.says(files[1].0, "hf-adapter-config", |pen| {
        let base = origin("org/tiny", Some("adapter"));
        pen.declared("/base_model_name_or_path", property::BASE_MODEL, base);
        pen.declared("/peft_type", property::ADAPTER_TYPE, text("LORA"));
        pen.about("r", property::HYPERPARAMETER, Value::Uint(8));
    });
    project.says(files[2].0, "model-card", |pen| {
        pen.declared("/co2", property::CO2_GRAMS, Value::Float(12.5));
    });
    let bom = project.bom();
    assert_eq!(bom.components[0].name, "mini", "the main model is the first");
    let adapter = called(&bom, Kind::Model, "adapter");
    assert_eq!(values(adapter, property::ADAPTER_TYPE), ["LORA"]);
    assert_eq!(values(adapter, property::CO2_GRAMS), ["12.5"]);
    assert_eq!(about(adapter, property::HYPERPARAMETER, "r").as_deref(), Some("8"));
    let base = called(&bom, Kind::BaseModel, "org/tiny");
    let tied = tie(&bom, adapter, RelationKind::DerivedFrom, base).unwrap();
    assert_eq!(tied.role.as_deref(), Some("adapter"));
    let main = called(&bom, Kind::Model, "mini");
    assert!(tie(&bom, main, RelationKind::DerivedFrom, base).is_none());
    assert_eq!(main.first(property::ADAPTER_TYPE), None);
}

#[test]
fn folders_of_a_pipeline_are_one_model() {
    let mut project = Project::folder();
    let files =
        [("p/modules.json", "[]"), ("p/model.safetensors", "1"), ("p/2_Dense/config.json", "{}")];
    project.named(LayerRole::Model, "p", "st", &files);
    weights(&mut project, files[1].0, "safetensors", 3);
    project.says(files[2].0, "st-pooling", |pen| {
        pen.declared("/x", property::HIDDEN_SIZE, Value::Uint(384));
    });
    let bom = project.bom();
    assert_eq!(values(only(&bom, Kind::Model), property::HIDDEN_SIZE), ["384"]);
}

#[test]
fn parts_that_are_files_beside_the_model_speak_for_it() {
    let mut project = Project::folder();
    project.part(LayerRole::Model, "model.safetensors", &[("model.safetensors", "w")]);
    project.part(LayerRole::ModelPart, "config.json", &[("config.json", "{}")]);
    project.part(LayerRole::Docs, "README.md", &[("README.md", "x")]);
    weights(&mut project, "model.safetensors", "safetensors", 1);
    project.says("config.json", "hf-config", |pen| {
        pen.declared("/model_type", property::ARCHITECTURE, text("bert"));
    });
    project.says("README.md", "model-card", |pen| {
        pen.declared("/pipeline_tag", property::TASK, text("fill-mask"));
    });
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    assert_eq!(values(model, property::ARCHITECTURE), ["bert"]);
    assert_eq!(values(model, property::TASK), ["fill-mask"]);
    assert_eq!(bom.of_kind(Kind::ModelPart).count(), 1);
}

#[test]
fn what_a_trainer_saved_is_no_model() {
    let mut project = full();
    project.part(LayerRole::Code, "run", &[("run/optimizer.pt", "o"), ("run/x.pt", "x")]);
    project.says("run/optimizer.pt", "pytorch", |_| {});
    let bom = project.bom();
    assert_eq!(bom.of_kind(Kind::Model).count(), 1);
    project.says("run/x.pt", "pytorch", |_| {});
    assert_eq!(project.bom().of_kind(Kind::Model).count(), 2, "weights in code are a model");
}

#[test]
fn licences_are_declared_or_concluded_and_contradictions_are_said() {
    let mut project = full();
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    let how: Vec<_> = model.of(property::LICENCE).map(sealkit_aibom::Property::known).collect();
    assert_eq!(how, [Known::Declared, Known::Inferred]);
    let conflicts = |project: &Project| {
        let bom = project.bom();
        let of = |c: &sealkit_aibom::Component| about(c, name::CONFLICT, property::LICENCE);
        (of(only(&bom, Kind::Model)), of(&bom.subject))
    };
    assert_eq!(conflicts(&project), (None, None));
    project.kitfile.model.as_mut().unwrap().license = "MIT".into();
    let (model, kit) = conflicts(&project);
    assert_eq!(model.as_deref(), Some("declared `MIT`, declared `apache-2.0`"));
    let expected = "the kit is declared `Apache-2.0`, its model `mini` `MIT`";
    assert_eq!(kit.as_deref(), Some(expected));
    project.kitfile.model.as_mut().unwrap().license.clear();
    project.facts.remove("LICENSE");
    project.says("LICENSE", "licence", |pen| {
        pen.inferred("", property::LICENCE, text("GPL-3.0-only"));
    });
    let (model, _) = conflicts(&project);
    assert_eq!(model.as_deref(), Some("declared `apache-2.0`, the text is of `GPL-3.0-only`"));
}

#[test]
fn authors_stay_with_what_they_made_and_contradict_only_there() {
    let mut project = full();
    let party = |name: &str, role: &str| {
        let role = Some(role.to_owned());
        Value::Party(PartyInfo { name: name.into(), role, ..PartyInfo::default() })
    };
    project.says("model/README.md", "", |pen| {
        pen.declared("/author", property::AUTHOR, text("Ann Other and B. Third"));
    });
    project.says("model/model.safetensors", "", |pen| {
        pen.declared("k", property::PARTY, party("Somebody", "quantiser"));
    });
    project.about.declared(".git", "HEAD", property::PARTY, party("C. Ommitter", "committer"));
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    // The packer of a kit need not be the author of its model.
    assert_eq!(about(model, name::CONFLICT, property::AUTHOR), None);
    assert_eq!(about(&bom.subject, name::CONFLICT, property::AUTHOR), None);
    assert_eq!(values(&bom.subject, property::PARTY), ["C. Ommitter"]);
    project.says("model/model.safetensors", "", |pen| {
        pen.declared("general.author", property::AUTHOR, text("b third <b@example>"));
    });
    assert_eq!(about(only(&project.bom(), Kind::Model), name::CONFLICT, property::AUTHOR), None);
    project.says("model/config.json", "", |pen| {
        pen.declared("/author", property::AUTHOR, text("Quite Different"));
    });
    let bom = project.bom();
    let model = about(only(&bom, Kind::Model), name::CONFLICT, property::AUTHOR).unwrap();
    assert!(model.contains("Quite Different"), "{model}");
    assert!(about(&bom.subject, name::CONFLICT, property::AUTHOR).unwrap().starts_with("model"));
}

#[test]
fn two_names_are_a_contradiction_unless_one_holds_the_other() {
    let mut project = full();
    project
        .facts
        .get_mut("model/README.md")
        .unwrap()
        .facts
        .retain(|f| f.property != property::NAME);
    let conflict = |project: &Project| {
        about(only(&project.bom(), Kind::Model), name::CONFLICT, property::NAME)
    };
    project.says("model/README.md", "", |pen| {
        pen.declared("/model_name", property::NAME, text("Org Mini v2"));
    });
    assert_eq!(conflict(&project), None);
    project.says("model/README.md", "", |pen| {
        pen.declared("/model_name", property::NAME, text("Max"));
    });
    assert_eq!(conflict(&project).as_deref(), Some("called `mini`, also `Max`"));
}

#[test]
fn what_can_run_code_is_said_of_the_file_and_of_its_model() {
    let mut project = full();
    project.says("model/model.safetensors", "", |pen| {
        pen.measured(property::CAN_RUN_CODE, Value::Bool(true));
        pen.measured(property::CALLABLE, text("os.system"));
    });
    let bom = project.bom();
    let file = called(&bom, Kind::File, "model/model.safetensors");
    for component in [file, only(&bom, Kind::Model)] {
        assert_eq!(values(component, property::CAN_RUN_CODE), ["true"]);
        assert_eq!(values(component, property::CALLABLE), ["os.system"]);
    }
}

#[test]
fn what_is_supplied_and_attested_comes_first() {
    let mut project = full();
    let task = text("from a person");
    project.supplied.model.declared("aibom.yaml", "line 2", property::TASK, task);
    project.supplied.supplier = Some(PartyInfo { name: "Us".into(), ..PartyInfo::default() });
    let seed = [(property::SEED, Value::Uint(7)), (property::NAME, text("attested"))];
    project.attested = vec![crate::assembling::statement(&seed)];
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    assert_eq!(values(model, property::TASK), ["from a person", "sentence-similarity"]);
    assert_eq!(values(model, name::SUPPLIER), ["Us"]);
    assert_eq!(values(&bom.subject, name::SUPPLIER), ["Us"]);
    assert_eq!(model.first(property::SEED).unwrap().known(), Known::Attested);
    assert_eq!(model.name, "attested");
    let base = called(&bom, Kind::BaseModel, "org/base");
    let tied = tie(&bom, model, RelationKind::DerivedFrom, base);
    assert_eq!(known(tied), Some(Known::Declared));
}

#[test]
fn hundreds_of_models_are_cut_and_counted() {
    let mut project = full();
    let paths: Vec<String> = (0..300).map(|n| format!("z/{n}/model.onnx")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "x")).collect();
    project.part(LayerRole::Code, "z", &files);
    for path in &paths {
        weights(&mut project, path, "onnx", 1);
    }
    let bom = project.bom();
    assert_eq!(bom.of_kind(Kind::Model).count(), 256);
    let code = called(&bom, Kind::Code, "z");
    assert_eq!(about(code, name::LEFT_OUT, "model").as_deref(), Some("45"));
}
