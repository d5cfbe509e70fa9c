//! What each reader takes from a file.

use crate::common::{
    GgufBuilder, good_gguf, good_onnx, good_safetensors, look, npy, rules, safetensors,
};
use sealkit_inspect::{Facts, Value, property};
use sealkit_report::Known;

fn subject<'a>(facts: &'a Facts, property: &str, subject: &str) -> &'a Value {
    let found = facts.facts.iter().find(|f| f.property == property && f.subject == subject);
    &found.unwrap_or_else(|| panic!("no {property} of {subject}")).value
}

#[test]
fn safetensors_are_counted_by_type() {
    let (_, facts) = look("m.safetensors", &good_safetensors());
    assert_eq!(facts.findings, []);
    assert_eq!(facts.uint(property::TENSORS), Some(2));
    assert_eq!(facts.uint(property::PARAMETERS), Some(10));
    assert_eq!(facts.text(property::DTYPE), Some("F16"));
    assert_eq!(facts.text(property::FRAMEWORK), Some("pytorch"));
    assert_eq!(subject(&facts, property::PARAMETERS_OF_TYPE, "F32"), &Value::Uint(2));
    let Value::Tensor(b) = subject(&facts, property::TENSOR, "b") else { panic!() };
    assert_eq!((b.shape.as_slice(), b.size), (&[2, 4][..], 16));
    assert_eq!(b.offset + b.size, good_safetensors().len() as u64);
    let parameters = facts.of(property::PARAMETERS).next().unwrap();
    assert_eq!(parameters.evidence.known, Known::Measured);
}

#[test]
fn safetensors_that_do_not_fill_the_file_exactly_are_findings() {
    let one = |begin: u64, end: u64, shape: &str, dtype: &str| {
        format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}}}"#)
    };
    let cases = [
        (one(0, 8, "[2]", "F32"), 9, "safetensors-trailing-bytes"),
        (one(0, 8, "[2]", "F32"), 7, "safetensors-truncated"),
        (one(4, 12, "[2]", "F32"), 12, "safetensors-places"),
        (one(0, 8, "[3]", "F32"), 8, "safetensors-shape"),
        (one(0, 8, "[2]", "X9"), 8, "safetensors-type"),
        (one(0, u64::MAX - 200, "[2]", "F32"), 8, "safetensors-shape"),
    ];
    for (header, data, rule) in cases {
        let (_, facts) = look("m.safetensors", &safetensors(&header, data));
        assert!(rules(&facts).contains(&rule), "{header}: {:?}", facts.findings);
    }
    let overlap = r#"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}"#;
    assert_eq!(rules(&look("m.safetensors", &safetensors(overlap, 12)).1)[0], "safetensors-places");
}

#[test]
fn broken_safetensors_headers_are_refused() {
    let headers = [
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#.to_owned(),
        r#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#.to_owned(),
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#.to_owned(),
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615]}}"#.to_owned(),
        r#"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,1]}}"#.to_owned(),
        r#"{"__metadata__":{"a":1}}"#.to_owned(),
        r#"{"a":[[]]}"#.to_owned(),
        format!("{{\"a\":{}", "[".repeat(100_000)),
        "{\"a\"".to_owned(),
    ];
    for header in headers {
        let (_, facts) = look("m.safetensors", &safetensors(&header, 1));
        assert!(facts.incomplete, "{}", &header[..header.len().min(80)]);
    }
}

#[test]
fn gguf_of_every_version_and_byte_order_says_the_same() {
    for (version, big) in [(1, false), (2, false), (3, false), (2, true), (3, true)] {
        let (_, facts) = look("m.gguf", &good_gguf(version, big));
        assert_eq!(facts.findings, [], "version {version} big {big}");
        assert_eq!(facts.text(property::FORMAT_VERSION), Some(version.to_string().as_str()));
        assert_eq!(facts.text(property::BYTE_ORDER).is_some(), big);
        assert_eq!(facts.text(property::ARCHITECTURE), Some("llama"));
        assert_eq!(facts.text(property::LICENCE), Some("mit"));
        assert_eq!(facts.text(property::QUANTISATION), Some("Q4_K_M"));
        assert_eq!(facts.uint(property::CONTEXT_LENGTH), Some(2048));
        assert_eq!(facts.uint(property::VOCABULARY), Some(3));
        assert_eq!(facts.uint(property::PARAMETERS), Some(516));
        let template = facts.text(property::CHAT_TEMPLATE_DIGEST).unwrap();
        assert_eq!(template, sealkit_oci::Digest::of(b"{{ messages }}").to_string());
        let Value::Tensor(y) = subject(&facts, property::TENSOR, "y") else { panic!() };
        assert_eq!(y.offset + y.size, good_gguf(version, big).len() as u64);
    }
}

#[test]
fn hostile_gguf_sizes_are_refused_at_once() {
    let huge = 1_u64 << 63;
    let mut files = vec![
        GgufBuilder::new(3, false, huge, 0).data(64),
        GgufBuilder::new(3, false, 0, huge).data(64),
        GgufBuilder::new(9, false, 0, 0).data(64),
        b"GGUF".to_vec(),
    ];
    let mut text = GgufBuilder::new(3, false, 0, 1);
    text.size(huge);
    files.push(text.data(64));
    let mut array = GgufBuilder::new(3, false, 0, 1);
    array.text("a").u32(9).u32(10).u64(huge);
    files.push(array.data(64));
    let mut nested = GgufBuilder::new(3, false, 0, 1);
    nested.text("a").u32(9).u32(9).u64(huge);
    files.push(nested.data(64));
    for shape in [vec![huge, huge], vec![u64::MAX, 2, 2, 2], vec![1; 5]] {
        let mut tensor = GgufBuilder::new(3, false, 1, 0);
        tensor.tensor("t", &shape, 0, 0);
        files.push(tensor.data(64));
    }
    for (at, file) in files.iter().enumerate() {
        assert!(look("m.gguf", file).1.incomplete, "{at}");
    }
    let mut outside = GgufBuilder::new(3, false, 1, 0);
    outside.tensor("t", &[4], 0, u64::MAX - 8);
    assert_eq!(rules(&look("m.gguf", &outside.data(64)).1), ["gguf-places"]);
}

#[test]
fn onnx_is_walked_without_its_tensor_data() {
    let (_, facts) = look("m.onnx", &good_onnx());
    assert_eq!(facts.findings, []);
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("8"));
    assert_eq!(facts.text(property::PRODUCER), Some("pytorch"));
    assert_eq!(facts.text(property::PRODUCER_VERSION), Some("2.4"));
    assert_eq!(facts.text(property::VERSION), Some("7"));
    assert_eq!(facts.text(property::NAME), Some("main"));
    assert_eq!(subject(&facts, property::OPERATOR_SET, "ai.onnx"), &Value::Uint(17));
    assert_eq!(subject(&facts, property::METADATA, "task"), &Value::Text("vad".into()));
    // `w` is a weight, so that it is no input.
    assert_eq!(facts.list(property::INPUT), ["input"]);
    assert_eq!(facts.list(property::OUTPUT), ["output"]);
    assert_eq!(facts.uint(property::PARAMETERS), Some(2 * 3 + 5 * 2));
    assert_eq!(facts.text(property::EXTERNAL_DATA), Some("weights.bin"));
}

#[test]
fn onnx_without_listed_weights_does_not_claim_to_have_none() {
    let file = [vec![0x08, 8], crate::common::pb(7, &crate::common::pb(2, b"main"))].concat();
    let (_, facts) = look("m.onnx", &file);
    assert_eq!(facts.uint(property::TENSORS), Some(0));
    assert_eq!(facts.uint(property::PARAMETERS), None);
}

#[test]
fn hostile_onnx_is_refused() {
    let good = good_onnx();
    let files: &[&[u8]] = &[
        &good[..good.len() - 1],
        b"\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x08\x08\x3a\x02\x2a\x7f",
        b"\x08\x08\x12\x01a\x0b",
    ];
    for (at, file) in files.iter().enumerate() {
        assert!(look("m.onnx", file).1.incomplete, "{at}");
    }
}

#[test]
fn numpy_headers_are_read_and_objects_are_named() {
    let mut array = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }");
    array.extend([0; 48]);
    let (_, facts) = look("a.npy", &array);
    assert_eq!(facts.uint(property::PARAMETERS), Some(12));
    assert_eq!(facts.text(property::DTYPE), Some("<f4"));
    assert_eq!(facts.list(property::SHAPE), ["3", "4"]);
    assert_eq!(facts.findings, []);
    for descr in ["'|O'", "[('a', '<i4'), ('b', 'O')]", "'|O8'"] {
        let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (), }}");
        assert_eq!(rules(&look("a.npy", &npy(&header)).1), ["npy-objects"], "{descr}");
    }
    for bad in [
        "{}",
        "{'descr': '<f4', 'shape': __import__('os')}",
        "{'descr': ')))",
        "{'descr': '<f4', 'shape': (1, -2), }",
    ] {
        assert!(look("a.npy", &npy(bad)).1.incomplete, "{bad}");
    }
}

#[test]
fn a_pickle_of_plain_data_can_run_nothing() {
    let (_, facts) = look("m.pkl", b"\x80\x04\x95\x03\0\0\0\0\0\0\0K\x01.");
    assert_eq!(facts.uint(property::PICKLE_PROTOCOL), Some(4));
    assert_eq!(facts.of(property::CAN_RUN_CODE).next().unwrap().value, Value::Bool(false));
    assert!(!facts.incomplete);
    let (_, facts) = look("m.pkl", b"\x80\x04\x8c\x02os\x8c\x06system\x93.");
    assert_eq!(facts.of(property::CAN_RUN_CODE).next().unwrap().value, Value::Bool(true));
    assert_eq!(facts.list(property::CALLABLE), ["os.system"]);
}

#[test]
fn model_cards_say_licence_lineage_and_task() {
    let card = "---\nlicense: other\nlicense_name: llama3.2\nbase_model:\n- a/b\n- c/d\ndatasets: [x, y]\n\
                language: no\ntags: [t]\npipeline_tag: text-generation\nlibrary_name: transformers\n\
                model-index:\n- name: best\n---\n# Title\nlicense: mit\n";
    let (_, facts) = look("README.md", card.as_bytes());
    assert_eq!(facts.list(property::LICENCE), ["llama3.2"]);
    assert_eq!(facts.list(property::BASE_MODEL), ["a/b", "c/d"]);
    assert_eq!(facts.list(property::TRAINED_ON), ["x", "y"]);
    assert_eq!(facts.list(property::LANGUAGE), ["no"]);
    assert_eq!(facts.text(property::TASK), Some("text-generation"));
    assert_eq!(facts.text(property::NAME), Some("best"));
    assert_eq!(facts.of(property::TASK).next().unwrap().evidence.known, Known::Declared);
}

#[test]
fn hostile_front_matter_is_refused() {
    let loops = "---\na: &a [x,x]\nb: &b [*a,*b]\n---\n".to_owned();
    let deep = format!("---\na: {}\n---\n", "[".repeat(10_000));
    let twice = "---\nlicense: mit\nlicense: gpl\n---\n".to_owned();
    let broken = "---\na: [\n---\n".to_owned();
    for text in [loops, deep, twice, broken] {
        assert!(look("README.md", text.as_bytes()).1.incomplete, "{}", &text[..20]);
    }
}

#[test]
fn settings_say_family_type_and_length() {
    let config =
        br#"{"architectures":["LlamaForCausalLM"],"model_type":"llama","torch_dtype":"bfloat16",
        "max_position_embeddings":4096,"vocab_size":32000,"transformers_version":"4.44.0",
        "quantization_config":{"quant_method":"bitsandbytes","load_in_4bit":true}}"#;
    let (_, facts) = look("config.json", config);
    assert_eq!(facts.text(property::ARCHITECTURE), Some("llama"));
    assert_eq!(facts.list(property::MODEL_CLASS), ["LlamaForCausalLM"]);
    assert_eq!(facts.text(property::DTYPE), Some("bfloat16"));
    assert_eq!(facts.uint(property::CONTEXT_LENGTH), Some(4096));
    assert_eq!(facts.text(property::QUANTISATION), Some("bitsandbytes 4-bit"));
    let quantised = |key: &str, settings: &str| {
        let config = format!(r#"{{"model_type":"llama","{key}":{settings}}}"#);
        look("config.json", config.as_bytes()).1.text(property::QUANTISATION).map(str::to_owned)
    };
    let mlx = quantised("quantization", r#"{"group_size":64,"bits":4}"#);
    assert_eq!(mlx.as_deref(), Some("mlx 4-bit"));
    let exl2 = quantised("quantization_config", r#"{"quant_method":"exl2","bits":4.25}"#);
    assert_eq!(exl2.as_deref(), Some("exl2 4.25-bit"));
    let own = r#"{"quant_method":"modelopt","quant_algo":"NVFP4"}"#;
    let own = quantised("quantization_config", own);
    assert_eq!(own.as_deref(), Some("modelopt NVFP4"));
    let adapter = br#"{"peft_type":"LORA","base_model_name_or_path":"a/b","revision":null}"#;
    let (_, facts) = look("x/adapter_config.json", adapter);
    assert_eq!(facts.list(property::BASE_MODEL), ["a/b"]);
    assert_eq!(facts.text(property::ADAPTER_TYPE), Some("LORA"));
    assert_eq!(facts.origins(property::BASE_MODEL).next().unwrap().revision, None);
}

#[test]
fn settings_of_timm_and_of_the_first_authors_are_read() {
    let timm = br#"{"architecture":"resnet50","num_classes":1000,"pretrained_cfg":{"tag":"a1_in1k",
        "license":"apache-2.0","origin_url":"https://example.org/models"}}"#;
    let (_, facts) = look("config.json", timm);
    assert_eq!(facts.text(property::ARCHITECTURE), Some("resnet50"));
    assert_eq!(facts.text(property::FRAMEWORK), Some("timm"));
    assert_eq!(facts.text(property::LICENCE), Some("apache-2.0"));
    assert_eq!(facts.of(property::LINK).count(), 1);
    let own = br#"{"dim":4096,"n_layers":32,"n_heads":32,"n_kv_heads":8,"hidden_dim":14336,
        "vocab_size":32000,"moe":{"num_experts_per_tok":2,"num_experts":8}}"#;
    let (_, facts) = look("original/params.json", own);
    assert_eq!(facts.uint(property::LAYERS), Some(32));
    assert_eq!(facts.uint(property::HIDDEN_SIZE), Some(4096));
    assert_eq!(facts.uint(property::EXPERTS), Some(8));
}

#[test]
fn tables_say_their_columns_and_a_false_footer_is_named() {
    let (_, facts) = look("x.csv", b"\xef\xbb\xbfa,\"b,c\",d\r\n1,2,3\n");
    assert_eq!(facts.list(property::COLUMN), ["a", "b,c", "d"]);
    assert_eq!(facts.uint(property::COLUMNS), Some(3));
    let mut parquet = b"PAR1....".to_vec();
    parquet.extend(100_u32.to_le_bytes());
    parquet.extend(b"PAR1");
    assert_eq!(rules(&look("x.parquet", &parquet).1), ["parquet-footer"]);
}
