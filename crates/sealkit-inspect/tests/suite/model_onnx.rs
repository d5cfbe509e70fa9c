//! ONNX that is odd or hostile.

use crate::model_kit::{about, all, files, look, pb, pn, rules, tensors, varint};
use sealkit_inspect::{Facts, property};
use sealkit_report::{Budget, Severity};

fn model(graph: &[Vec<u8>]) -> Facts {
    look("m.onnx", &[pn(1, 8), pb(2, "pytorch"), pb(7, graph.concat())].concat())
}

/// An initialiser of `bytes` zero bytes.
fn weight(name: &str, kind: u64, shape: &[u64], bytes: usize) -> Vec<u8> {
    let dims: Vec<u8> = shape.iter().flat_map(|dim| pn(1, *dim)).collect();
    pb(5, [dims, pn(2, kind), pb(8, name), pb(9, vec![0; bytes])].concat())
}

fn entry(key: &str, value: &str) -> Vec<u8> {
    pb(13, [pb(1, key), pb(2, value)].concat())
}

fn external(entries: &[(&str, &str)]) -> Facts {
    let parts: Vec<u8> = entries.iter().flat_map(|(key, value)| entry(key, value)).collect();
    model(&[pb(5, [pn(1, 4), pn(2, 1), pb(8, "w"), pn(14, 1), parts].concat())])
}

#[test]
fn sizes_that_do_not_fit_are_findings() {
    let cases = [
        (1, vec![2, 3], 24, false),
        (1, vec![2, 3], 23, true),
        (1, vec![], 4, false),
        (22, vec![3], 2, false),
        (22, vec![3], 3, true),
        (16, vec![5], 10, false),
        (99, vec![5], 1, false),
        (1, vec![u64::MAX, 3], 4, true),
    ];
    for (kind, shape, bytes, is_odd) in cases {
        let facts = model(&[weight("w", kind, &shape, bytes)]);
        let found = rules(&facts).contains(&"onnx-tensor-size");
        assert_eq!(found, is_odd, "type {kind} of {shape:?} in {bytes} bytes");
    }
    let huge = model(&[weight("w", 1, &[1 << 40, 1 << 40], 4)]);
    assert!(huge.incomplete && huge.uint(property::PARAMETERS).is_none());
    assert!(rules(&huge).contains(&"tensor-shape"));
}

#[test]
fn places_outside_are_checked() {
    for path in ["/w", "../w", "a/../../w", "C:\\w", "c:w", "https://e/w", "a\\w", "~/w"] {
        let facts = external(&[("location", path)]);
        assert_eq!(rules(&facts), ["onnx-external-path"], "{path}");
        assert_eq!(facts.findings[0].severity, Severity::High);
    }
    let facts = external(&[("location", "w.bin"), ("offset", "4096"), ("checksum", "ab12")]);
    assert_eq!(rules(&facts), Vec::<&str>::new());
    assert_eq!(files(&facts), ["w.bin"]);
    let tensor = tensors(&facts)[0];
    // Without a length the shape says it.
    assert_eq!((tensor.offset, tensor.size), (4096, 16));
    let digests = facts.facts.iter().find_map(|fact| match &fact.value {
        sealkit_inspect::Value::File(file) => Some(file.digests.clone()),
        _ => None,
    });
    assert_eq!(digests.unwrap(), ["sha1:ab12"]);
}

#[test]
fn external_numbers_that_are_none_are_findings() {
    for (key, value) in [("offset", "-1"), ("length", "x"), ("length", "17"), ("offset", "1e3")] {
        let facts = external(&[("location", "w"), (key, value)]);
        assert_eq!(rules(&facts), ["onnx-tensor-size"], "{key}={value}");
    }
    // Said to be outside, without saying where.
    assert_eq!(rules(&external(&[])), ["onnx-external-path"]);
}

#[test]
fn a_file_outside_is_named_once_however_many_tensors_it_holds() {
    let one =
        |name: &str| pb(5, [pn(1, 1), pn(2, 2), pb(8, name), entry("location", "w.bin")].concat());
    let facts = model(&[one("a"), one("b"), one("c")]);
    assert_eq!(files(&facts), ["w.bin"]);
    assert_eq!(all(&facts, property::EXTERNAL_DATA).len(), 4);
}

/// A node with a graph inside, `depth` times.
fn nested(depth: usize) -> Vec<u8> {
    let mut graph = weight("deep", 2, &[3], 3);
    for _ in 0..depth {
        let attribute = pb(5, pb(6, &graph));
        graph = pb(1, [pb(4, "If"), attribute].concat());
    }
    graph
}

#[test]
fn graphs_inside_of_graphs_are_followed_as_deep_as_allowed() {
    let facts = model(&[nested(20)]);
    assert_eq!(about(&facts, property::LAYER_KIND, "If"), "20");
    assert_eq!(facts.uint(property::PARAMETERS), Some(3));
    let deep = model(&[pb(2, "main"), nested(5000)]);
    assert!(deep.incomplete);
    assert_eq!(deep.text(property::NAME), Some("main"));
    assert_eq!(deep.uint(property::PARAMETERS), None, "a part is not the whole");
}

#[test]
fn types_inside_of_types_are_followed_as_deep_as_allowed() {
    let mut kind = pb(1, [pn(1, 7), pb(2, "")].concat());
    for _ in 0..3 {
        kind = pb(4, pb(1, &kind));
    }
    let facts = model(&[pb(11, [pb(1, "x"), pb(2, &kind)].concat())]);
    assert_eq!(about(&facts, property::INPUT_TYPE, "x"), "sequence(sequence(sequence(INT64[])))");
    for _ in 0..5000 {
        kind = pb(4, pb(1, &kind));
    }
    assert!(model(&[pb(11, [pb(1, "x"), pb(2, &kind)].concat())]).incomplete);
}

#[test]
fn inputs_of_every_type_are_shown() {
    let tensor = |elem: u64, dims: &[Vec<u8>]| {
        let shape: Vec<u8> = dims.iter().flat_map(|dim| pb(1, dim)).collect();
        pb(1, [pn(1, elem), pb(2, shape)].concat())
    };
    let map = pb(5, [pn(1, 8), pb(2, tensor(1, &[]))].concat());
    let minus = varint(u64::MAX);
    let cases = [
        (tensor(1, &[pb(2, "batch"), pn(1, 3), vec![]]), "FLOAT[batch,3,?]"),
        (tensor(1, &[[vec![8], minus].concat()]), "FLOAT[-1]"),
        (pb(1, pn(1, 11)), "DOUBLE[…]"),
        (pb(8, pn(1, 1)), "sparse FLOAT[…]"),
        (pb(9, pb(1, tensor(10, &[]))), "optional(FLOAT16[])"),
        (map, "map(STRING,FLOAT[])"),
        (vec![], "unknown"),
    ];
    for (kind, shown) in cases {
        let facts = model(&[pb(11, [pb(1, "x"), pb(2, &kind)].concat())]);
        assert_eq!(about(&facts, property::INPUT_TYPE, "x"), shown);
    }
}

#[test]
fn functions_are_no_custom_operators_but_may_not_stand_in_for_known_ones() {
    let function = |domain: &str, name: &str| {
        pb(25, [pb(1, name), pb(10, domain), pb(7, pb(4, "Relu"))].concat())
    };
    let node = |domain: &str, name: &str| pb(1, [pb(4, name), pb(7, domain)].concat());
    let graph = pb(
        7,
        [node("own", "F"), node("acme", "G"), node("ai.onnx", "Add"), node("", "Add")].concat(),
    );
    let bytes = [pn(1, 8), pb(2, "x"), graph, function("own", "F"), function("", "Gelu")].concat();
    let facts = look("m.onnx", &bytes);
    assert_eq!(facts.list(property::CUSTOM_OPERATOR), ["acme::G"]);
    assert_eq!(facts.list(property::LOCAL_FUNCTION), ["Gelu", "own::F"]);
    assert_eq!(rules(&facts), ["onnx-function-shadows"]);
    assert_eq!(about(&facts, property::LAYER_KIND, "Add"), "2");
    assert_eq!(about(&facts, property::LAYER_KIND, "Relu"), "2");
}

#[test]
fn weights_in_constants_count_where_none_are_listed() {
    let constant = pb(5, pb(5, [pn(1, 7), pn(2, 1), pb(9, [0; 28])].concat()));
    let node = pb(1, [pb(2, "w"), pb(4, "Constant"), constant].concat());
    // Paddle2ONNX gives each graph this name.
    let facts = model(&[node.clone(), pb(2, "Model from PaddlePaddle.")]);
    assert!(!facts.incomplete);
    assert_eq!(facts.uint(property::TENSORS), Some(1));
    assert_eq!(facts.uint(property::PARAMETERS), Some(7));
    assert_eq!(about(&facts, property::TENSOR, "w"), "w FLOAT [7]");
    assert_eq!(facts.text(property::NAME), None);
    // Beside listed weights a constant is no weight.
    let listed = pb(5, [pn(1, 3), pn(2, 1), pb(8, "v"), pb(9, [0; 12])].concat());
    assert_eq!(model(&[node, listed]).uint(property::PARAMETERS), Some(3));
}

#[test]
fn a_model_without_tensors_is_whole() {
    // Trees of scikit-learn lie in attributes of one node.
    let facts = model(&[pb(1, [pb(4, "TreeEnsembleClassifier"), pb(7, "ai.onnx.ml")].concat())]);
    assert!(!facts.incomplete);
    assert_eq!(facts.uint(property::TENSORS), Some(0));
    assert_eq!(facts.uint(property::PARAMETERS), None);
    let why = about(&facts, property::NOT_MEASURED, property::PARAMETERS);
    assert_eq!(why, "no tensors are listed");
    assert!(look("m.onnx", b"").incomplete);
}

#[test]
fn sparse_weights_count_by_their_values() {
    let values = [pn(1, 3), pn(2, 1), pb(8, "s"), pb(9, [0; 12])].concat();
    let indices = [pn(1, 3), pn(2, 7), pb(9, [0; 24])].concat();
    let facts = model(&[pb(15, [pb(1, values), pb(2, indices)].concat())]);
    assert_eq!(facts.uint(property::PARAMETERS), Some(3));
}

#[test]
fn counts_without_end_stay_in_the_budget() {
    let node = pb(1, pb(4, "Add"));
    let graph: Vec<u8> = node.iter().copied().cycle().take(node.len() * 50_000).collect();
    let bytes = [pn(1, 8), pb(2, "x"), pb(7, graph)].concat();
    let mut budget = Budget::new(8 << 20, 1000, 20_000, 16);
    let (_, facts) = sealkit_inspect::inspect("m.onnx", &bytes, &mut budget);
    assert!(facts.incomplete);
    let dims: Vec<u8> = (0..5000).flat_map(|_| pn(1, 1)).collect();
    let bytes = [pn(1, 8), pb(2, "x"), pb(7, pb(5, dims))].concat();
    let mut budget = Budget::new(8 << 20, 1000, 1 << 30, 16);
    assert!(sealkit_inspect::inspect("m.onnx", &bytes, &mut budget).1.incomplete);
}

#[test]
fn metadata_means_what_its_keys_say() {
    let pair = |key: &str, value: &str| pb(14, [pb(1, key), pb(2, value)].concat());
    let bytes = [
        pn(1, 8),
        pb(2, "x"),
        pair("License", "MIT"),
        pair("author", ""),
        pair("task", "detect"),
        pair("names", "{0: 'cat'}"),
        pb(7, weight("w", 1, &[1], 4)),
    ];
    let facts = look("m.onnx", &bytes.concat());
    assert_eq!(facts.text(property::LICENCE), Some("MIT"));
    assert_eq!(facts.text(property::AUTHOR), None);
    assert_eq!(facts.text(property::TASK), Some("detect"));
    assert_eq!(about(&facts, property::METADATA, "names"), "{0: 'cat'}");
    assert!(!facts.incomplete);
}
