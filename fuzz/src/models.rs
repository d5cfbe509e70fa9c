//! Seeds of model formats: files that the real libraries wrote, and small ones made here.

/// The file of this name that the tests of the inspectors have.
macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../../crates/sealkit-inspect/tests/golden/models/", $name)).to_vec()
    };
}

/// A seed for a name that leads to a model format; none for any other.
pub(crate) fn content(name: &str) -> Option<Vec<u8>> {
    Some(match name {
        "model.safetensors.index.json" => {
            br#"{"metadata":{"total_size":8},"weight_map":{"a":"m-1.safetensors","b":"../m"}}"#
                .to_vec()
        }
        "saved_model.pb" => saved_model(),
        "graph.pb" => b"\x0A\x12\x0A\x01w\x12\x05Const\x2A\x06\x0A\x04type".to_vec(),
        "variables.index" => checkpoint(),
        "model.tflite" => golden!("m.tflite"),
        "model.ubj" => golden!("x.ubj"),
        "xgboost.json" => golden!("x.json"),
        "lightgbm.txt" => golden!("lightgbm.txt"),
        "frame.pkl.zst" => {
            include_bytes!("../../crates/sealkit-inspect/tests/golden/files/frame.pkl.zst").to_vec()
        }
        "model.h5" => golden!("new.h5"),
        "dense.h5" => golden!("dense.h5"),
        "frame.h5" => golden!("pickled.h5"),
        "keras_metadata.pb" => {
            b"\x0A\x1D\x10\x01\x1A\x04root\x2A\x13{\"class_name\":\"L1\"}".to_vec()
        }
        "hydra.yaml" => {
            b"a: !!python/object/apply:os.system [id]\nb: {_target_: os.system}\n".to_vec()
        }
        "chat_template.jinja" => {
            b"{% for m in x %}{{ m['\\x5f_a__'] | attr(\"b\") }}{% endfor %}{# c #}".to_vec()
        }
        "model.keras" => golden!("m.keras"),
        "model.mlmodel" => {
            b"\x08\x05\x12\x15\x0A\x07\x0A\x05audio\xA2\x06\x08\x0A\x03abc\x1A\x01x".to_vec()
        }
        "openvino.xml" => {
            br#"<?xml version="1.0"?><net name="n" version="11"><layer type="Const"/></net>"#
                .to_vec()
        }
        "large.onnx" => golden!("m.onnx"),
        "large.gguf" => golden!("le.gguf"),
        _ => return None,
    })
}

/// Schema version, then a meta graph with a version, a node and a variable.
fn saved_model() -> Vec<u8> {
    let field =
        |number: u8, content: &[u8]| [&[number << 3 | 2, content.len() as u8], content].concat();
    let info = field(5, b"2.15.0");
    let graph = field(1, &[field(1, b"a"), field(2, b"MatMul")].concat());
    let shape = field(2, &field(2, b"\x08\x04"));
    let root = field(1, &field(1, b"\x08\x01\x12\x01k"));
    let variable = field(1, &field(7, &[b"\x08\x01".to_vec(), shape, field(6, b"k")].concat()));
    let meta = [field(1, &info), field(2, &graph), field(7, &[root, variable].concat())].concat();
    [b"\x08\x01".to_vec(), field(2, &meta)].concat()
}

/// A table of one block with one tensor.
fn checkpoint() -> Vec<u8> {
    let block = |key: &[u8], value: &[u8]| {
        let head = [0, key.len() as u8, value.len() as u8];
        [&head, key, value, &[0, 0, 0, 0, 1, 0, 0, 0], &[0; 5]].concat()
    };
    let data = block(b"layer/kernel", b"\x08\x01\x12\x04\x12\x02\x08\x04\x28\x10");
    let size = data.len() as u8 - 5;
    let index = block(b"z", &[0, size]);
    let mut footer = vec![0, 0, data.len() as u8, index.len() as u8 - 5];
    footer.resize(40, 0);
    footer.extend(0xDB47_7524_8B80_FB57_u64.to_le_bytes());
    [data, index, footer].concat()
}

/// Files with tensors, for what is done with the facts about them.
pub(crate) fn with_tensors() -> Vec<Vec<u8>> {
    vec![golden!("k.safetensors"), golden!("le.gguf"), golden!("m.onnx")]
}
