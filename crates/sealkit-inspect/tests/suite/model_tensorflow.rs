//! TensorFlow: SavedModel, frozen graph, checkpoint index; TensorFlow Lite that is hostile.

use crate::model_kit::{
    about, all, change_everywhere, cut_everywhere, files, format, golden, look, pb, pn, rules,
    tensors, varint,
};
use sealkit_inspect::property;

/// A TensorShapeProto of these sizes.
fn shape(dims: &[u64]) -> Vec<u8> {
    dims.iter().flat_map(|dim| pb(2, pn(1, *dim))).collect()
}

/// An entry of a map of signature ports.
fn port(name: &str, kind: u64, dims: &[u64]) -> Vec<u8> {
    [pb(1, name), pb(2, [pn(2, kind), pb(3, shape(dims))].concat())].concat()
}

fn node(name: &str, operator: &str) -> Vec<u8> {
    pb(1, [pb(1, name), pb(2, operator)].concat())
}

fn child(number: u64, name: &str) -> Vec<u8> {
    pb(1, [pn(1, number), pb(2, name)].concat())
}

fn variable(name: &str, kind: u64, dims: &[u64]) -> Vec<u8> {
    pb(7, [pn(1, kind), pb(2, shape(dims)), pb(6, name)].concat())
}

/// A model of one kernel and a bias, with an optimiser that has a variable of its own.
fn saved_model() -> Vec<u8> {
    let info = [pb(4, "serve"), pb(5, "2.15.0"), pb(6, "v2.15.0-rc1")].concat();
    let function = [pb(1, pb(1, "__inference_f_1")), pb(3, [pb(1, "n"), pb(2, "MatMul")].concat())];
    let graph = [
        node("a", "VarHandleOp"),
        node("b", "MatMul"),
        node("c", "Addons>Special"),
        node("d", "PyFunc"),
        pb(2, pb(1, function.concat())),
    ];
    let signature = [
        pb(1, "serving_default"),
        pb(2, [pb(1, port("x", 1, &[u64::MAX, 4])), pb(2, port("y", 9, &[]))].concat()),
    ];
    let hidden = [pb(1, "__saved_model_init_op"), pb(2, pb(2, port("op", 1, &[])))];
    let class = pb(4, pb(1, "_tf_keras_sequential"));
    let root = [child(1, "layer"), child(2, "optimizer"), class].concat();
    let layer = [child(3, "kernel"), child(4, "bias"), child(0, "parent")].concat();
    let objects = [
        pb(1, root),
        pb(1, layer),
        pb(1, child(5, "m")),
        pb(1, variable("kernel", 1, &[4, 3])),
        pb(1, variable("bias", 19, &[3])),
        pb(1, variable("Adam/m", 1, &[4, 3])),
        pb(1, variable("odd", 1, &[u64::MAX])),
    ];
    let meta = [
        pb(1, info),
        pb(2, graph.concat()),
        pb(5, signature.concat()),
        pb(5, hidden.concat()),
        pb(6, pb(2, "vocab.txt")),
        pb(7, objects.concat()),
    ];
    [pn(1, 1), pb(2, meta.concat())].concat()
}

#[test]
fn a_saved_model_says_signatures_operators_and_variables() {
    let facts = look("m/saved_model.pb", &saved_model());
    assert_eq!(rules(&facts), Vec::<&str>::new());
    assert_eq!(facts.text(property::FORMAT), Some("tensorflow-saved-model"));
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("1"));
    assert_eq!(facts.text(property::FRAMEWORK_VERSION), Some("2.15.0"));
    assert_eq!(facts.list(property::TAG), ["serve"]);
    assert_eq!(facts.list(property::INPUT), ["serving_default/x"]);
    assert_eq!(facts.list(property::OUTPUT), ["serving_default/y"]);
    assert_eq!(about(&facts, property::INPUT_TYPE, "serving_default/x"), "DT_FLOAT[-1,4]");
    assert_eq!(about(&facts, property::OUTPUT_TYPE, "serving_default/y"), "DT_INT64[]");
    assert_eq!(about(&facts, property::LAYER_KIND, "MatMul"), "2");
    assert_eq!(facts.list(property::CUSTOM_OPERATOR), ["Addons>Special"]);
    assert_eq!(facts.list(property::LOCAL_FUNCTION), ["__inference_f_1"]);
    assert_eq!(about(&facts, property::CAN_RUN_CODE, ""), "true");
    assert_eq!(facts.text(property::MODEL_CLASS), Some("_tf_keras_sequential"));
    assert_eq!(files(&facts), ["assets/vocab.txt"]);
    // The optimiser's variable is none of the model.
    assert_eq!(facts.uint(property::TENSORS), Some(2));
    assert_eq!(facts.uint(property::PARAMETERS), Some(15));
    assert_eq!(about(&facts, property::PARAMETERS_OF_TYPE, "DT_HALF"), "3");
}

#[test]
fn assets_outside_of_their_folder_are_findings() {
    for (name, is_bad) in [("../../etc/passwd", true), ("/etc/x", true), ("sub/x.txt", false)] {
        let meta = pb(2, pb(6, pb(2, name)));
        let facts = look("saved_model.pb", &[pn(1, 1), meta].concat());
        assert_eq!(rules(&facts).contains(&"tensorflow-asset-path"), is_bad, "{name}");
    }
}

#[test]
fn a_saved_model_cut_or_changed_is_survived() {
    let bytes = saved_model();
    cut_everywhere("saved_model.pb", &bytes, 1);
    change_everywhere("saved_model.pb", &bytes, 1);
    // A wire type that there is not, in the last variable.
    let mut odd = bytes.clone();
    odd[bytes.len() - 5] |= 7;
    let facts = look("saved_model.pb", &odd);
    assert!(facts.incomplete);
    assert_eq!(facts.text(property::FRAMEWORK_VERSION), Some("2.15.0"));
    assert_eq!(facts.uint(property::PARAMETERS), None);
}

/// A GraphDef node `Const` with a tensor of this type.
fn constant(name: &str, kind: u64, dims: &[u64], content: &[u8]) -> Vec<u8> {
    let tensor = [pn(1, kind), pb(2, shape(dims)), pb(4, content)].concat();
    let attribute = [pb(1, "value"), pb(2, pb(8, tensor))].concat();
    let other = [pb(1, "dtype"), pb(2, pn(6, kind))].concat();
    pb(1, [pb(1, name), pb(2, "Const"), pb(5, other), pb(5, attribute)].concat())
}

#[test]
fn a_frozen_graph_has_its_weights_in_constants() {
    let bytes =
        [constant("w", 1, &[2, 3], &[7; 24]), constant("axis", 3, &[], &[0; 4]), node("y", "Relu")]
            .concat();
    assert_eq!(format("frozen.pb", &bytes), "tensorflow-graph");
    let facts = look("frozen.pb", &bytes);
    assert_eq!(facts.uint(property::PARAMETERS), Some(6), "sizes and axes are no weights");
    assert_eq!(about(&facts, property::LAYER_KIND, "Const"), "2");
    let tensor = tensors(&facts)[0];
    let data = &bytes[tensor.offset as usize..(tensor.offset + tensor.size) as usize];
    assert_eq!(data, [7; 24]);
    let meta = pb(1, pb(5, "1.15.0"));
    assert_eq!(format("model.ckpt.meta", &meta), "tensorflow-meta-graph");
    let facts = look("model.ckpt.meta", &meta);
    assert_eq!(facts.text(property::FRAMEWORK_VERSION), Some("1.15.0"));
    assert_eq!(format("x.pb", b"node { name: \"a\" }"), "other-model");
}

/// A block of a table: entries, one restart, no compression, no checksum.
fn block(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in entries {
        bytes.extend([varint(0), varint(key.len() as u64), varint(value.len() as u64)].concat());
        bytes.extend(key.bytes());
        bytes.extend(value);
    }
    bytes.extend([0_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat());
    bytes
}

/// A table of one data block.
fn table(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let data = block(entries);
    let handle = [varint(0), varint(data.len() as u64)].concat();
    let index = block(&[("z", handle)]);
    let at = data.len() as u64 + 5;
    let mut bytes = [data, vec![0; 5], index.clone(), vec![0; 5]].concat();
    let mut footer = [varint(0), varint(0), varint(at), varint(index.len() as u64)].concat();
    footer.resize(40, 0);
    footer.extend(0xDB47_7524_8B80_FB57_u64.to_le_bytes());
    bytes.extend(footer);
    bytes
}

fn checkpoint() -> Vec<u8> {
    let tensor = |kind: u64, dims: &[u64], offset: u64, size: u64| {
        [pn(1, kind), pb(2, shape(dims)), pn(4, offset), pn(5, size)].concat()
    };
    table(&[
        ("", [pn(1, 2)].concat()),
        ("_CHECKPOINTABLE_OBJECT_GRAPH", tensor(7, &[], 100, 9)),
        ("layer/kernel/.ATTRIBUTES/VARIABLE_VALUE", tensor(1, &[4, 3], 0, 48)),
        (
            "layer/kernel/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE",
            tensor(1, &[4, 3], 48, 48),
        ),
    ])
}

#[test]
fn a_checkpoint_index_lists_what_lies_in_its_data_files() {
    let bytes = checkpoint();
    let facts = look("variables/variables.index", &bytes);
    assert_eq!(rules(&facts), Vec::<&str>::new());
    assert_eq!(facts.uint(property::SHARDS), Some(2));
    assert_eq!(files(&facts), ["variables.data-00000-of-00002", "variables.data-00001-of-00002"]);
    assert_eq!(facts.uint(property::TENSORS), Some(1));
    assert_eq!(facts.uint(property::PARAMETERS), Some(12));
    assert_eq!(
        about(&facts, property::EXTERNAL_DATA, "layer/kernel"),
        "variables.data-00000-of-00002"
    );
    assert_eq!(all(&facts, property::TENSOR).len(), 3);
    cut_everywhere("variables.index", &bytes, 1);
    change_everywhere("variables.index", &bytes, 1);
}

#[test]
fn hostile_tables_are_refused() {
    let good = checkpoint();
    let mut far = good.clone();
    let footer = far.len() - 48;
    far[footer..footer + 12].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1, 0, 0, 0, 0]);
    assert!(look("v.index", &far).incomplete);
    let mut restarts = good.clone();
    let index = good.len() - 48 - 5 - 4;
    restarts[index..index + 4].fill(0xFF);
    assert!(look("v.index", &restarts).incomplete);
    let mut packed = good.clone();
    packed[good.len() - 48 - 5] = 1;
    assert!(look("v.index", &packed).incomplete, "a compressed block is named, not skipped");
}

/// A FlatBuffer whose root is a table with these fields (index and offset from the table).
fn flat(fields: &[u16], rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 8];
    bytes[4..8].copy_from_slice(b"TFL3");
    let len = 4 + 2 * fields.len() as u16;
    bytes.extend(len.to_le_bytes());
    bytes.extend(4_u16.to_le_bytes());
    bytes.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    let table = bytes.len() as u32;
    bytes[..4].copy_from_slice(&table.to_le_bytes());
    bytes.extend(u32::from(len).to_le_bytes());
    bytes.extend(rest);
    bytes
}

#[test]
fn flatbuffers_that_lead_nowhere_are_refused() {
    let cases: &[Vec<u8>] = &[
        b"\xFF\xFF\xFF\xFFTFL3".to_vec(),
        b"\0\0\0\0TFL3".to_vec(),
        b"\x04\0\0\0TFL3".to_vec(),
        // A vector of subgraphs that has more entries than the file has bytes.
        flat(&[0, 0, 4], &[4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F]),
        // A table behind the end, and one that is its own subgraph.
        flat(&[0, 0, 4], &[0xF0, 0xFF, 0xFF, 0x7F]),
        flat(&[0, 0, 0xFFFF], &[]),
    ];
    for (at, bytes) in cases.iter().enumerate() {
        let facts = look("m.tflite", bytes);
        assert!(facts.incomplete, "case {at}: {:?}", facts.facts);
    }
    assert_eq!(look("m.tflite", &flat(&[], &[])).uint(property::TENSORS), Some(0));
}

#[test]
fn a_model_that_is_its_own_subgraph_ends() {
    // The offset of the vector's only table leads back to the root.
    let mut bytes = flat(&[0, 0, 4], &[4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    let at = bytes.len() - 4;
    let root = u32::from_le_bytes(bytes[..4].try_into().unwrap());
    bytes[at..].copy_from_slice(&root.wrapping_sub(at as u32).to_le_bytes());
    let facts = look("m.tflite", &bytes);
    assert!(facts.incomplete || facts.uint(property::TENSORS) == Some(0));
}

#[test]
fn the_name_of_a_tensorflow_lite_file_may_be_anything() {
    let bytes = golden("m.tflite");
    assert_eq!(format("weights.bin", &bytes), "tflite");
    let facts = look("m.h5", &bytes);
    assert_eq!(rules(&facts), ["format-mismatch"]);
}
