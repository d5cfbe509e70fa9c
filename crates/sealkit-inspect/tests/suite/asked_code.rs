//! Code that loading a file runs, or that the file asks to be allowed, wherever it stands.

use crate::model_kit::{about, all, format, golden, look, pb, pn, rules};
use sealkit_inspect::{Facts, Value, property};
use sealkit_report::{Known, Severity};

/// Whether the file runs code (`Measured`) or asks for it (`Declared`).
fn runs(facts: &Facts) -> Vec<Known> {
    let all = facts.facts.iter().filter(|fact| fact.property == property::CAN_RUN_CODE);
    all.filter(|fact| fact.value == Value::Bool(true)).map(|fact| fact.evidence.known).collect()
}

fn places(facts: &Facts) -> Vec<&str> {
    let all = facts.facts.iter().filter(|fact| fact.property == property::CAN_RUN_CODE);
    all.map(|fact| fact.evidence.place.as_str()).collect()
}

#[test]
fn a_configuration_asks_for_code_at_any_depth() {
    let padded = format!(r#"{{"a":"{}","auto_map":{{"AutoModel":"m.M"}}}}"#, "x".repeat(9_000));
    let cases: &[(&str, &str, &str)] = &[
        ("config.json", r#"{"auto_map":{"AutoModel":"m.M"}}"#, "/auto_map"),
        ("config.json", r#"{"\u0061uto_map":{"AutoModel":"m.M"}}"#, "/auto_map"),
        ("config.json", &padded, "/auto_map"),
        (
            "config.json",
            r#"{"model_type":"x","text_config":{"auto_map":{"AutoModel":"m.M"}}}"#,
            "/text_config/auto_map",
        ),
        (
            "config.json",
            r#"{"model_type":"x","a":[[{"b":{"auto_map":"m.M"}}]]}"#,
            "/a/0/0/b/auto_map",
        ),
        ("config.json", r#"{"trust_remote_code":true}"#, "/trust_remote_code"),
        (
            "config.json",
            r#"{"model_type":"x","_attn_implementation":"lab/kernel@v1:attend"}"#,
            "/_attn_implementation",
        ),
        (
            "config.json",
            r#"{"model_type":"x","attn_implementation":{"text_config":"lab/kernel"}}"#,
            "/attn_implementation/text_config",
        ),
        (
            "adapter_config.json",
            r#"{"peft_type":"LORA","auto_mapping":{"base_model_class":"M","parent_library":"transformers_modules.m"}}"#,
            "/auto_mapping/parent_library",
        ),
        ("tokenizer_config.json", r#"{"a":{"auto_map":{"T":["m.T",null]}}}"#, "/a/auto_map"),
        ("preprocessor_config.json", r#"{"a":{"auto_map":{"P":"m.P"}}}"#, "/a/auto_map"),
        ("generation_config.json", r#"{"trust_remote_code":true}"#, "/trust_remote_code"),
        (
            "model_index.json",
            r#"{"_class_name":"P","_diffusers_version":"0.1","unet":["my_unet","MyUnet"]}"#,
            "/unet",
        ),
        ("config.json", r#"{"model_type":"x","a":{"_target_":"os.system"}}"#, "/a/_target_"),
    ];
    for (name, text, place) in cases {
        let facts = look(name, text.as_bytes());
        assert_eq!(runs(&facts), [Known::Declared], "{name}: {text:.90}");
        assert_eq!(places(&facts), [*place], "{name}: {text:.90}");
    }
    let kernel =
        look("config.json", br#"{"model_type":"x","_attn_implementation":"lab/kernel@v1:f"}"#);
    assert_eq!(kernel.list(property::LOADS_MODEL), ["lab/kernel"]);
}

#[test]
fn what_only_looks_alike_asks_for_nothing() {
    for (name, text) in [
        ("config.json", r#"{"model_type":"x","a":{"auto_map":null},"trust_remote_code":false}"#),
        ("config.json", r#"{"model_type":"x","_attn_implementation":"flash_attention_2"}"#),
        (
            "adapter_config.json",
            r#"{"peft_type":"LORA","auto_mapping":{"base_model_class":"M","parent_library":"transformers.models.m"}}"#,
        ),
        (
            "model_index.json",
            r#"{"_class_name":"P","_diffusers_version":"0.1","unet":["diffusers","U"],"c":["stable_diffusion","S"],"x":[null,null]}"#,
        ),
    ] {
        assert_eq!(runs(&look(name, text.as_bytes())), [], "{text}");
    }
}

#[test]
fn yaml_that_calls_python_is_named() {
    let calls = [
        "a: !!python/object/apply:os.system ['id']\n",
        "- !<tag:yaml.org,2002:python/object/new:os.system> [id]\n",
        "%TAG ! tag:yaml.org,2002:python/\n---\n!object/apply:os.system [id]\n",
        "a: 1\n---\nb: !!python/name:os.system ''\n",
        "{{ template }}\n a: b: !!python/object/apply:os.system [id]\n",
    ];
    for text in calls {
        let facts = look("a.yaml", text.as_bytes());
        assert_eq!(runs(&facts), [Known::Declared], "{text}");
        assert_eq!(facts.text(property::CALLABLE), Some("os.system"), "{text}");
        assert_eq!(rules(&facts), ["yaml-python-tag"], "{text}");
        assert_eq!(facts.findings[0].severity, Severity::High);
    }
    let hydra = look("a.yaml", b"model:\n  _target_: os.system\n  x: 1\n");
    assert_eq!(runs(&hydra), [Known::Declared]);
    assert_eq!(places(&hydra), ["line 2"]);
    for text in ["a: !!python/tuple [1, 2]\n", "a: [b, c]\n", "{{ x }}: {% y %}\n", ""] {
        let facts = look("a.yaml", text.as_bytes());
        assert!(runs(&facts).is_empty() && facts.findings.is_empty(), "{text}");
        assert!(!facts.incomplete, "{text}");
    }
}

#[test]
fn numbers_that_only_python_writes_lose_no_facts() {
    let text = br#"{"model_type":"bert","eps":Infinity,"b":[-Infinity,NaN],"num_hidden_layers":2}"#;
    let facts = look("config.json", text);
    assert!(!facts.incomplete, "{:?}", rules(&facts));
    assert_eq!(facts.text(property::ARCHITECTURE), Some("bert"));
    assert_eq!(facts.uint(property::LAYERS), Some(2));
    let template =
        look("tokenizer_config.json", br#"{"model_max_length":Infinity,"eos_token":"</s>"}"#);
    assert!(!template.incomplete && template.uint(property::CONTEXT_LENGTH).is_none());
    for broken in [r#"{"model_type":NaNs}"#, r#"{"model_type":"bert","a":Inf}"#] {
        assert!(look("config.json", broken.as_bytes()).incomplete, "{broken}");
    }
}

#[test]
fn an_onnx_operator_that_calls_python_is_named() {
    for (domain, operator) in [("ai.onnx.contrib", "PyOp"), ("com.microsoft", "PythonOp")] {
        let node = pb(1, [pb(4, operator), pb(7, domain)].concat());
        let facts = look("m.onnx", &[pn(1, 8), pb(2, "p"), pb(7, node)].concat());
        assert_eq!(runs(&facts), [Known::Measured], "{operator}");
        assert_eq!(rules(&facts), ["onnx-python-operator"]);
        assert_eq!(facts.findings[0].severity, Severity::High);
    }
    let node = pb(1, [pb(4, "Gelu"), pb(7, "com.microsoft")].concat());
    let facts = look("m.onnx", &[pn(1, 8), pb(2, "p"), pb(7, node)].concat());
    assert!(runs(&facts).is_empty() && facts.findings.is_empty());
}

#[test]
fn programs_are_known_whatever_they_are_called() {
    let mut windows = b"MZ".to_vec();
    windows.resize(0x80, 0);
    windows[0x3C] = 0x80;
    windows.extend(b"PE\0\0");
    let cases: &[(&[u8], &str, &str)] = &[
        (b"\x7FELF\x02\x01\x01", "elf", "lib.so"),
        (&windows, "windows-program", "a.dll"),
        (b"\xCF\xFA\xED\xFE\x0C\0\0\x01", "mach-o", "a.dylib"),
        (b"\xCA\xFE\xBA\xBE\0\0\0\x02\x01\0\0\x07", "mach-o", "a.dylib"),
        (b"\0asm\x01\0\0\0", "wasm", "a.wasm"),
    ];
    for (bytes, id, own) in cases {
        for (name, is_hidden) in
            [(*own, false), ("tool", false), ("pytorch_model.bin", true), ("m.dat", true)]
        {
            let facts = look(name, bytes);
            assert_eq!(facts.text(property::FORMAT), Some(*id), "{name}");
            assert_eq!(runs(&facts), [Known::Measured], "{name}");
            assert_eq!(rules(&facts).contains(&"program-name"), is_hidden, "{id} {name}");
        }
    }
    assert_ne!(format("A.class", b"\xCA\xFE\xBA\xBE\0\0\0\x41\0\x10"), "mach-o", "a class of Java");
    assert_ne!(format("m.dat", b"MZ\0\0random"), "windows-program");
    let old = look("libx.so.1.2", b"\x7FELF\x02");
    assert!(!rules(&old).contains(&"program-name"));
}

fn saved_model(operators: &[&str]) -> Vec<u8> {
    let info = pb(1, [pb(4, "serve"), pb(5, "2.15.0")].concat());
    let nodes = operators.iter().flat_map(|name| pb(1, [pb(1, "n"), pb(2, *name)].concat()));
    let graph = pb(2, nodes.collect::<Vec<u8>>());
    [pn(1, 1), pb(2, [info, graph].concat())].concat()
}

#[test]
fn operators_that_reach_for_files_are_named() {
    let write = look("saved_model.pb", &saved_model(&["MatMul", "WriteFile"]));
    assert_eq!(runs(&write), [Known::Measured]);
    assert_eq!(rules(&write), ["tensorflow-file-operator"]);
    let read = look("saved_model.pb", &saved_model(&["ReadFile"]));
    assert!(runs(&read).is_empty(), "what is read is not run");
    assert_eq!(read.findings[0].severity, Severity::High);
    assert!(look("saved_model.pb", &saved_model(&["MatMul", "RestoreV2"])).findings.is_empty());
}

#[test]
fn a_saved_model_is_one_under_any_name() {
    let bytes = saved_model(&["PyFunc"]);
    for name in ["model", "m.bin", "m.dat", "saved_model.pb"] {
        let facts = look(name, &bytes);
        assert_eq!(facts.text(property::FORMAT), Some("tensorflow-saved-model"), "{name}");
        assert_eq!(runs(&facts), [Known::Measured], "{name}");
    }
    let onnx = [pn(1, 1), pb(2, "producer"), pb(7, pb(2, "g"))].concat();
    assert_eq!(format("model", &onnx), "onnx");
}

#[test]
fn the_metadata_of_keras_2_is_read_for_code() {
    let object = |json: &str| {
        pb(1, [pn(2, 1), pb(3, "root"), pb(4, "_tf_keras_layer"), pb(5, json)].concat())
    };
    let good = object(r#"{"class_name":"Dense","config":{"units":3}}"#);
    let lambda =
        object(r#"{"class_name":"Lambda","config":{"function":{"class_name":"__tuple__"}}}"#);
    let facts = look("m/keras_metadata.pb", &[good.clone(), lambda].concat());
    assert_eq!(facts.text(property::FORMAT), Some("keras-metadata"));
    assert_eq!(runs(&facts), [Known::Measured]);
    assert_eq!(rules(&facts), ["keras-code"]);
    assert_eq!(facts.findings[0].evidence.place, "nodes/1/metadata");
    let facts = look("keras_metadata.pb", &good);
    assert_eq!(about(&facts, property::CAN_RUN_CODE, ""), "false");
    let cut = look("keras_metadata.pb", &good[..good.len() - 4]);
    assert!(cut.incomplete && all(&cut, property::CAN_RUN_CODE).is_empty());
}

#[test]
fn hdf5_is_read_for_code_beside_the_layers() {
    let compiled = look("compiled.h5", &golden("compiled.h5"));
    assert_eq!(runs(&compiled), [Known::Measured]);
    assert_eq!(rules(&compiled), ["keras-code"]);
    let pickled = look("pickled.h5", &golden("pickled.h5"));
    assert_eq!(runs(&pickled), [Known::Measured, Known::Measured]);
    assert_eq!(pickled.list(property::CALLABLE), ["os.system"]);
    assert_eq!(places(&pickled), ["df/@info", "df/rows/@PSEUDOATOM"]);
    let pandas = look("pandas.h5", &golden("pandas.h5"));
    assert!(runs(&pandas).is_empty() && !pandas.incomplete, "{:?}", rules(&pandas));
}

#[test]
fn templates_that_reach_for_python_are_named() {
    let hostile = "{{ ''.__class__.__mro__[1].__subclasses__() }}";
    let mut gguf = crate::common::GgufBuilder::new(3, false, 0, 1);
    gguf.pair("tokenizer.chat_template", hostile);
    let gguf = gguf.data(0);
    let json = serde_json::json!({ "chat_template": hostile }).to_string();
    let named = serde_json::json!({ "chat_template": [{ "name": "t", "template": hostile }] });
    let cases: &[(&str, &[u8])] = &[
        ("m.gguf", &gguf),
        ("chat_template.jinja", hostile.as_bytes()),
        ("tokenizer_config.json", json.as_bytes()),
        ("chat_template.json", json.as_bytes()),
        ("tokenizer_config.json", named.to_string().leak().as_bytes()),
    ];
    for (name, bytes) in cases {
        let facts = look(name, bytes);
        assert_eq!(rules(&facts), ["chat-template-code"], "{name}");
        assert_eq!(facts.findings[0].severity, Severity::High);
        assert_eq!(all(&facts, property::EMBEDDED_CODE).len(), 1, "{name}");
        assert_eq!(all(&facts, property::CHAT_TEMPLATE_DIGEST).len(), 1, "{name}");
    }
    let good = look("chat_template.jinja", b"{% for m in messages %}{{ m.content }}{% endfor %}");
    assert!(good.findings.is_empty() && all(&good, property::EMBEDDED_CODE).is_empty());
}
