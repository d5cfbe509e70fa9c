//! Files that the real libraries wrote, held against what these libraries say of them.

use crate::model_kit::{
    about, all, change_everywhere, cut_everywhere, files, golden, look, rules, tensors,
};
use sealkit_inspect::{TensorInfo, property};
use serde_json::Value as Json;

fn expected(name: &str) -> Json {
    let all: Json = serde_json::from_slice(&golden("expected.json")).unwrap();
    all[name].clone()
}

/// Name, type, shape and, where the library tells it, place of every tensor.
fn shown(tensor: &TensorInfo, fields: usize) -> Json {
    let mut row = vec![
        Json::from(tensor.name.clone()),
        Json::from(tensor.dtype.clone()),
        Json::from(tensor.shape.clone()),
    ];
    row.extend([tensor.offset, tensor.size].map(Json::from));
    row.truncate(fields);
    Json::from(row)
}

fn assert_tensors(name: &str) {
    let facts = look(name, &golden(name));
    let expected = expected(name);
    let fields = expected[0].as_array().unwrap().len();
    let mut found: Vec<Json> = tensors(&facts).iter().map(|t| shown(t, fields)).collect();
    found.sort_by_key(Json::to_string);
    let mut expected = expected.as_array().unwrap().clone();
    expected.sort_by_key(Json::to_string);
    assert_eq!(found, expected, "{name}");
}

#[test]
fn every_tensor_is_where_the_library_says() {
    for name in [
        "old.h5",
        "new.h5",
        "block.h5",
        "many.h5",
        "dense.h5",
        "m.weights.h5",
        "m.onnx",
        "le.gguf",
        "be.gguf",
        "k.safetensors",
        "latest.h5",
        "zero.safetensors",
    ] {
        assert_tensors(name);
    }
}

#[test]
fn what_the_library_writes_is_in_order() {
    for name in ["latest.h5", "zero.safetensors"] {
        let facts = look(name, &golden(name));
        assert_eq!(rules(&facts), Vec::<&str>::new(), "{name}");
        assert!(!facts.incomplete, "{name}");
    }
}

#[test]
fn no_cut_and_no_changed_byte_makes_a_reader_panic() {
    let names = [
        "old.h5",
        "new.h5",
        "odd.h5",
        "dense.h5",
        "m.onnx",
        "m.tflite",
        "le.gguf",
        "be.gguf",
        "k.safetensors",
        "x.ubj",
        "x.json",
        "lightgbm.txt",
    ];
    for name in names {
        let bytes = golden(name);
        // Larger files would take minutes: a step that is no power of two meets every field.
        let (cut, change) = if bytes.len() > 3900 { (23, 61) } else { (1, 5) };
        cut_everywhere(name, &bytes, cut);
        change_everywhere(name, &bytes, change);
    }
}

#[test]
fn an_onnx_model_is_read_whole() {
    let facts = look("m.onnx", &golden("m.onnx"));
    let texts = [
        (property::FORMAT_VERSION, "10"),
        (property::PRODUCER, "pt"),
        (property::PRODUCER_VERSION, "2"),
        (property::DOMAIN, "ai.x"),
        (property::VERSION, "3"),
        (property::DESCRIPTION, "a model"),
        (property::NAME, "main"),
        (property::LICENCE, "Apache-2.0"),
        (property::AUTHOR, "Ann"),
        (property::LOCAL_FUNCTION, "local::Mine"),
        (property::CUSTOM_OPERATOR, "acme.ops::Magic"),
        (property::DTYPE, "FLOAT"),
    ];
    for (property, text) in texts {
        assert_eq!(facts.text(property), Some(text), "{property}");
    }
    assert_eq!(facts.list(property::INPUT), ["x", "s"]);
    assert_eq!(about(&facts, property::INPUT_TYPE, "x"), "FLOAT[batch,2]");
    assert_eq!(about(&facts, property::INPUT_TYPE, "s"), "sequence(INT64[n])");
    assert_eq!(about(&facts, property::OUTPUT_TYPE, "z"), "FLOAT[batch,3]");
    assert_eq!(about(&facts, property::METADATA, "stride"), "32");
    // Of the graph, of both branches and of the function.
    assert_eq!(about(&facts, property::LAYER_KIND, "Relu"), "3");
    assert_eq!(about(&facts, property::LAYER_KIND, "If"), "1");
    assert_eq!(facts.uint(property::TENSORS), Some(6));
    assert_eq!(facts.uint(property::PARAMETERS), Some(6 + 4 + 8 + 3 + 5 + 5));
    assert_eq!(about(&facts, property::PARAMETERS_OF_TYPE, "FLOAT16"), "8");
}

#[test]
fn onnx_data_outside_is_named_and_a_way_out_is_a_finding() {
    let facts = look("m.onnx", &golden("m.onnx"));
    assert_eq!(about(&facts, property::EXTERNAL_DATA, "big"), "../w.bin");
    assert_eq!(files(&facts), ["../w.bin"]);
    assert_eq!(rules(&facts), ["onnx-external-path"]);
    let big = tensors(&facts).into_iter().find(|t| t.name == "big").unwrap();
    assert_eq!((big.offset, big.size), (16, 16));
}

#[test]
fn gguf_of_both_byte_orders_says_all_of_its_keys() {
    for name in ["le.gguf", "be.gguf"] {
        let facts = look(name, &golden(name));
        assert_eq!(rules(&facts), Vec::<&str>::new());
        assert_eq!(facts.text(property::BYTE_ORDER).is_some(), name == "be.gguf");
        let texts = [
            (property::ARCHITECTURE, "llama"),
            (property::NAME, "Tiny"),
            (property::VERSION, "1.2"),
            (property::AUTHOR, "Ann"),
            (property::DESCRIPTION, "d"),
            (property::DOI, "10.1/x"),
            (property::QUANTISATION, "Q4_K_M"),
            (property::TOKENIZER, "llama"),
        ];
        for (property, text) in texts {
            assert_eq!(facts.text(property), Some(text), "{property}");
        }
        assert_eq!(facts.list(property::LICENCE), ["other", "tiny-1"]);
        assert_eq!(facts.list(property::TAG), ["a", "b"]);
        assert_eq!(facts.list(property::LANGUAGE), ["en"]);
        let numbers = [
            (property::CONTEXT_LENGTH, 2048),
            (property::HIDDEN_SIZE, 64),
            (property::LAYERS, 2),
            (property::HEADS, 4),
            // Every layer has the same.
            (property::FEED_FORWARD_SIZE, 128),
            (property::VOCABULARY, 3),
            (property::PARAMETERS, 64 + 3 + 64),
        ];
        for (property, number) in numbers {
            assert_eq!(facts.uint(property), Some(number), "{property}");
        }
        // The layers differ.
        assert_eq!(facts.list(property::KEY_VALUE_HEADS), ["2", "1"]);
        assert_eq!(about(&facts, property::METADATA, "llama.rope.freq_base"), "10000");
        assert_eq!(about(&facts, property::METADATA, "general.quantization_version"), "2");
        let parties = all(&facts, property::PARTY);
        assert_eq!(parties.iter().map(|p| p.1.as_str()).collect::<Vec<_>>(), ["Org", "Bob"]);
    }
}

#[test]
fn gguf_names_its_origins_and_templates() {
    let facts = look("le.gguf", &golden("le.gguf"));
    let bases: Vec<_> = facts.origins(property::BASE_MODEL).collect();
    assert_eq!(bases.len(), 3);
    // `general.source.url`.
    assert_eq!(bases[2].name, "https://e.example/s");
    assert_eq!((bases[0].name.as_str(), bases[0].version.as_deref()), ("meta/base-7b", Some("v3")));
    assert_eq!(bases[0].url.as_deref(), Some("https://hub.example/meta/base-7b"));
    assert_eq!(bases[1].name, "Other Base");
    let data = facts.origins(property::TRAINED_ON).next().unwrap();
    assert_eq!((data.name.as_str(), data.role.as_deref()), ("o/wiki", Some("train")));
    let digest = |text: &str| sealkit_oci::Digest::of(text.as_bytes()).to_string();
    assert_eq!(about(&facts, property::CHAT_TEMPLATE_DIGEST, ""), digest("{{ m }}"));
    assert_eq!(about(&facts, property::CHAT_TEMPLATE_DIGEST, "tool_use"), digest("{{ t }}"));
    let links = all(&facts, property::LINK);
    assert_eq!(links.len(), 4);
}

#[test]
fn xgboost_says_the_same_as_json_and_as_ubjson() {
    let [json, binary] = ["x.json", "x.ubj"].map(|name| look(name, &golden(name)));
    for facts in [&json, &binary] {
        assert_eq!(rules(facts), Vec::<&str>::new());
        assert!(facts.text(property::FRAMEWORK_VERSION).unwrap().starts_with("3."));
        assert_eq!(facts.text(property::ARCHITECTURE), Some("gbtree"));
        assert_eq!(facts.text(property::TASK), Some("tabular-classification"));
        assert_eq!(about(facts, property::HYPERPARAMETER, "objective"), "binary:logistic");
        assert_eq!(about(facts, property::LAYER_KIND, "tree"), "3");
        assert_eq!(about(facts, property::METADATA, "num_feature"), "3");
        assert_eq!(about(facts, property::METADATA, "note"), "hi");
        assert_eq!(facts.list(property::INPUT), ["a", "b", "c"]);
        assert_eq!(about(facts, property::INPUT_TYPE, "c"), "int");
    }
    assert_eq!(about(&json, property::METADATA, "encoding"), "json");
    assert_eq!(about(&binary, property::METADATA, "encoding"), "ubjson");
    let dart = look("dart.json", &golden("dart.json"));
    assert_eq!(dart.list(property::ARCHITECTURE), ["dart", "gbtree"]);
    assert_eq!(about(&dart, property::LAYER_KIND, "tree"), "2");
    assert_eq!(dart.text(property::TASK), Some("tabular-regression"));
}

#[test]
fn lightgbm_is_read_at_both_ends() {
    let facts = look("model.txt", &golden("lightgbm.txt"));
    assert_eq!(facts.text(property::FORMAT), Some("lightgbm"));
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("v4"));
    assert_eq!(facts.list(property::INPUT), ["a", "b", "c"]);
    assert_eq!(about(&facts, property::METADATA, "num_class"), "1");
    assert_eq!(about(&facts, property::LAYER_KIND, "tree"), "3");
    assert_eq!(about(&facts, property::HYPERPARAMETER, "num_leaves"), "2");
    assert_eq!(about(&facts, property::HYPERPARAMETER, "objective"), "binary sigmoid:1");
    let objective = facts.facts.iter().find(|f| f.subject == "objective").unwrap();
    assert_eq!(objective.evidence.place, "line 7");
}

#[test]
fn tensorflow_lite_is_walked() {
    let facts = look("m.tflite", &golden("m.tflite"));
    assert_eq!(rules(&facts), Vec::<&str>::new());
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("3"));
    assert_eq!(facts.text(property::DESCRIPTION), Some("made by hand"));
    assert_eq!(facts.list(property::INPUT), ["x"]);
    assert_eq!(about(&facts, property::INPUT_TYPE, "x"), "FLOAT32[-1,2]");
    assert_eq!(about(&facts, property::OUTPUT_TYPE, "y"), "FLOAT32[1,3]");
    assert_eq!(about(&facts, property::LAYER_KIND, "FULLY_CONNECTED"), "2");
    assert_eq!(about(&facts, property::LAYER_KIND, "GELU"), "1");
    assert_eq!(facts.text(property::CUSTOM_OPERATOR), Some("FlexErf"));
    assert_eq!(about(&facts, property::METADATA, "min_runtime_version"), "1.14.0");
    assert_eq!(facts.uint(property::PARAMETERS), Some(12));
    assert_eq!(about(&facts, property::QUANTISATION, "q"), "INT8, one scale");
    let bytes = golden("m.tflite");
    for tensor in tensors(&facts) {
        let fill = if tensor.name == "w" { 1 } else { 2 };
        let data = &bytes[tensor.offset as usize..(tensor.offset + tensor.size) as usize];
        assert!(data.iter().all(|byte| *byte == fill), "{}", tensor.name);
    }
}

#[test]
fn a_keras_file_is_read_inside_its_archive() {
    let bytes = golden("m.keras");
    let facts = look("m.keras", &bytes);
    let [parameters, version] = [0, 1].map(|at| expected("m.keras")[at].clone());
    assert_eq!(rules(&facts), Vec::<&str>::new());
    assert_eq!(facts.uint(property::PARAMETERS), parameters.as_u64());
    assert_eq!(facts.text(property::FRAMEWORK_VERSION), version.as_str());
    assert!(facts.text(property::CREATED).unwrap().contains('T'));
    assert_eq!(facts.text(property::MODEL_CLASS), Some("Sequential"));
    assert_eq!(facts.text(property::NAME), Some("small"));
    assert_eq!(facts.uint(property::LAYERS), Some(3));
    assert_eq!(about(&facts, property::LAYER_KIND, "Dense"), "2");
    assert_eq!(about(&facts, property::INPUT_TYPE, "in"), "float32[?,4]");
    assert_eq!(about(&facts, property::HYPERPARAMETER, "optimizer"), "Adam");
    assert!(about(&facts, property::HYPERPARAMETER, "optimizer.learning_rate").starts_with("0.0"));
    assert_eq!(about(&facts, property::CAN_RUN_CODE, ""), "false");
    // The places of tensors count from the start of the archive.
    let kernel = tensors(&facts).into_iter().find(|t| t.shape == [4, 3]).unwrap();
    let data = &bytes[kernel.offset as usize..(kernel.offset + kernel.size) as usize];
    let first = f32::from_le_bytes(data[..4].try_into().unwrap());
    assert!(first.is_finite() && first.abs() < 2.0 && first != 0.0);
    cut_everywhere("m.keras", &bytes, 7);
}

#[test]
fn keras_in_hdf5_of_every_superblock_says_the_same() {
    for name in ["old.h5", "new.h5", "block.h5"] {
        let facts = look(name, &golden(name));
        assert_eq!(rules(&facts), ["keras-code"], "{name}");
        assert_eq!(facts.text(property::FRAMEWORK), Some("keras"));
        assert_eq!(facts.text(property::FRAMEWORK_VERSION), Some("2.15.0"));
        assert_eq!(about(&facts, property::METADATA, "backend"), "tensorflow");
        assert_eq!(facts.text(property::MODEL_CLASS), Some("Sequential"));
        assert_eq!(about(&facts, property::LAYER_KIND, "Lambda"), "1");
        assert_eq!(about(&facts, property::CAN_RUN_CODE, ""), "true");
        assert_eq!(about(&facts, property::HYPERPARAMETER, "loss"), "mse");
        assert_eq!(about(&facts, property::HYPERPARAMETER, "optimizer"), "Adam");
        // The state of the optimiser is listed, and no parameter.
        assert_eq!(facts.uint(property::TENSORS), Some(2));
        assert_eq!(facts.uint(property::PARAMETERS), Some(15));
        assert_eq!(tensors(&facts).len(), 3);
    }
}

#[test]
fn what_an_hdf5_file_opens_elsewhere_is_a_finding() {
    let facts = look("odd.h5", &golden("odd.h5"));
    let mut found = rules(&facts);
    found.sort_unstable();
    let wanted = [
        "hdf5-external-link",
        "hdf5-external-path",
        "hdf5-external-path",
        "hdf5-external-storage",
        "hdf5-virtual-dataset",
    ];
    assert_eq!(found, wanted);
    let mut named = files(&facts);
    named.sort();
    assert_eq!(named, ["../../etc/passwd", "/etc/hostname"]);
    // A file that says nothing of a model has data, not parameters.
    assert_eq!(facts.uint(property::PARAMETERS), None);
    let chunk = tensors(&facts).into_iter().find(|t| t.name == "chunk").unwrap();
    assert_eq!((chunk.offset, chunk.size, chunk.shape.as_slice()), (0, 0, &[8, 8][..]));
    let text = tensors(&facts).into_iter().find(|t| t.name == "text").unwrap();
    assert_eq!(text.dtype, "string");
}
