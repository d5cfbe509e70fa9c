//! safetensors beyond the header: what its metadata means, shards, digests of tensors.

use std::collections::BTreeMap;

use crate::model_kit::{about, all, files, format, golden, look, rules, safetensors, tensors};
use sealkit_inspect::{Facts, TensorHash, check_shards, property, tensor_digests};
use sealkit_report::{Budget, Severity};

fn with_metadata(metadata: &str) -> Facts {
    let header = format!(
        r#"{{"__metadata__":{metadata},"a":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}}}"#
    );
    look("m.safetensors", &safetensors(&header, 4))
}

/// Name, type and number of elements.
type Entry<'a> = (&'a str, &'a str, u64);

/// A file of tensors.
fn with_tensors(list: &[Entry<'_>]) -> Vec<u8> {
    let mut at = 0;
    let mut entries = Vec::new();
    for (name, dtype, count) in list {
        let width = match *dtype {
            "I32" | "U32" | "F32" => 4,
            "F16" | "BF16" => 2,
            _ => 1,
        };
        let end = at + count * width;
        entries.push(format!(
            r#""{name}":{{"dtype":"{dtype}","shape":[{count}],"data_offsets":[{at},{end}]}}"#
        ));
        at = end;
    }
    safetensors(&format!("{{{}}}", entries.join(",")), at as usize)
}

#[test]
fn model_specifications_say_name_author_and_licence() {
    let facts = with_metadata(
        r#"{"modelspec.title":"T","modelspec.author":"Ann","modelspec.license":"CC-BY-4.0",
            "modelspec.architecture":"stable-diffusion-xl-v1-base/lora","modelspec.date":"2024-05-06",
            "modelspec.tags":"a, b,","modelspec.usage_hint":"portraits","modelspec.description":"",
            "modelspec.merged_from":"x, y","modelspec.implementation":"https://e.example/r"}"#,
    );
    assert_eq!(facts.text(property::NAME), Some("T"));
    assert_eq!(facts.text(property::AUTHOR), Some("Ann"));
    assert_eq!(facts.text(property::LICENCE), Some("CC-BY-4.0"));
    assert_eq!(facts.text(property::ARCHITECTURE), Some("stable-diffusion-xl-v1-base/lora"));
    assert_eq!(facts.text(property::CREATED), Some("2024-05-06"));
    assert_eq!(facts.list(property::TAG), ["a", "b"]);
    assert_eq!(facts.text(property::INTENDED_USE), Some("portraits"));
    assert_eq!(facts.text(property::DESCRIPTION), None, "an empty text says nothing");
    let base = facts.origins(property::BASE_MODEL).next().unwrap();
    assert_eq!((base.name.as_str(), base.role.as_deref()), ("x, y", Some("merge")));
    assert_eq!(about(&facts, property::LINK, ""), "https://e.example/r");
    let author = facts.of(property::AUTHOR).next().unwrap();
    assert_eq!(author.evidence.place, "/__metadata__/modelspec.author");
}

#[test]
fn kohya_training_metadata_becomes_hyperparameters_and_lineage() {
    let hash = "AB".repeat(32);
    let facts = with_metadata(&format!(
        r#"{{"ss_network_module":"networks.lora","ss_network_dim":"16","ss_network_alpha":"None",
            "ss_seed":"42","ss_sd_model_name":"sdxl.safetensors","ss_new_sd_model_hash":"{hash}",
            "ss_sd_model_hash":"1234abcd","ss_base_model_version":"sdxl_base_v1-0","ss_output_name":"cat",
            "ss_dataset_dirs":"{{\"10_cat\":{{\"n_repeats\":10,\"img_count\":20}}}}",
            "ss_training_started_at":"1700000000.5","ss_training_finished_at":"1700003600.9",
            "ss_sd_scripts_commit_hash":"abc"}}"#
    ));
    assert_eq!(facts.text(property::ADAPTER_TYPE), Some("networks.lora"));
    assert_eq!(about(&facts, property::HYPERPARAMETER, "network_dim"), "16");
    assert!(!all(&facts, property::HYPERPARAMETER).iter().any(|(name, _)| name == "network_alpha"));
    assert_eq!(facts.uint(property::SEED), Some(42));
    assert_eq!(facts.text(property::ARCHITECTURE), Some("sdxl_base_v1-0"));
    assert_eq!(facts.text(property::NAME), Some("cat"));
    let base = facts.origins(property::BASE_MODEL).next().unwrap();
    assert_eq!(base.role.as_deref(), Some("adapter"));
    assert_eq!(base.digests, [format!("sha256:{}", hash.to_lowercase())]);
    let data = facts.origins(property::TRAINED_ON).next().unwrap();
    assert_eq!((data.name.as_str(), data.rows), ("10_cat", Some(20)));
    assert_eq!(facts.uint(property::TRAINING_SECONDS), Some(3600));
    assert_eq!(facts.text(property::CREATED), Some("2023-11-14T23:13:20Z"));
    assert_eq!(facts.text(property::PRODUCER), Some("sd-scripts"));
}

#[test]
fn moments_are_converted_and_absurd_ones_left_out() {
    let cases = [
        ("0", Some("1970-01-01T00:00:00Z")),
        ("951782399", Some("2000-02-28T23:59:59Z")),
        ("951782400", Some("2000-02-29T00:00:00Z")),
        ("253402300799", Some("9999-12-31T23:59:59Z")),
        ("253402300800", None),
        ("-1", None),
        ("NaN", None),
        ("1e999", None),
    ];
    for (moment, shown) in cases {
        let facts = with_metadata(&format!(r#"{{"ss_training_finished_at":"{moment}"}}"#));
        assert_eq!(facts.text(property::CREATED), shown, "{moment}");
    }
}

#[test]
fn odd_metadata_is_named_and_the_tensors_are_still_listed() {
    for metadata in ["[]", "7", r#"{"a":1}"#, r#"{"a":{}}"#] {
        let facts = with_metadata(metadata);
        assert!(facts.incomplete, "{metadata}");
        assert_eq!(rules(&facts), ["not-inspected"]);
        assert_eq!(facts.uint(property::TENSORS), Some(1));
    }
    let long = "x".repeat(20_000);
    let facts = with_metadata(&format!(r#"{{"modelspec.thumbnail":"{long}"}}"#));
    let kept = about(&facts, property::METADATA, "modelspec.thumbnail");
    assert_eq!(kept, sealkit_oci::Digest::of(long.as_bytes()).to_string());
}

#[test]
fn one_broken_tensor_does_not_hide_the_others() {
    let header = r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8"}}"#;
    let facts = look("m.safetensors", &safetensors(header, 4));
    assert!(facts.incomplete);
    assert_eq!(tensors(&facts).len(), 1);
}

#[test]
fn quantisation_shows_in_names_and_types() {
    let cases: &[(&[Entry<'_>], &str, bool)] = &[
        (&[("l.g_idx", "I32", 2), ("l.qweight", "I32", 2), ("l.qzeros", "I32", 1)], "gptq", true),
        (&[("l.qweight", "I32", 2), ("l.qzeros", "I32", 1)], "awq", true),
        (
            &[("l.weight", "U8", 2), ("l.weight.quant_state.bitsandbytes__nf4", "U8", 4)],
            "bitsandbytes nf4",
            true,
        ),
        (&[("l.SCB", "F32", 1), ("l.weight", "I8", 2)], "bitsandbytes int8", false),
        (
            &[("l.weight_packed", "I32", 1), ("l.weight_scale", "F16", 1)],
            "compressed-tensors",
            true,
        ),
        (&[("e_blocks", "U8", 1), ("e_scales", "U8", 1)], "mxfp4", true),
        (&[("l.biases", "F16", 1), ("l.scales", "F16", 1), ("l.weight", "U32", 1)], "mlx", true),
        (&[("l.weight", "F8_E4M3", 1), ("l.weight_scale_inv", "F32", 1)], "fp8", false),
    ];
    for (list, method, packed) in cases {
        let facts = look("m.safetensors", &with_tensors(list));
        assert_eq!(facts.text(property::QUANTISATION), Some(*method));
        let missing = all(&facts, property::NOT_MEASURED);
        assert_eq!(missing.iter().any(|(subject, _)| subject == "parameters"), *packed, "{method}");
    }
    let plain = look("m.safetensors", &with_tensors(&[("l.weight", "F32", 2)]));
    assert_eq!(plain.text(property::QUANTISATION), None);
    let only_name = look("m.safetensors", &with_tensors(&[("l.qweight", "I32", 2)]));
    assert_eq!(only_name.text(property::QUANTISATION), None);
}

const INDEX: &str = r#"{"metadata":{"total_size":10.0,"total_parameters":10},
    "weight_map":{"a":"m-1.safetensors","b":"m-1.safetensors","c/d":"m-2.safetensors"}}"#;

#[test]
fn an_index_names_its_shards() {
    let name = "x/model.safetensors.index.json";
    let facts = look(name, INDEX.as_bytes());
    assert_eq!(facts.text(property::FORMAT), Some("shard-index"));
    assert_eq!(facts.uint(property::SHARDS), Some(2));
    assert_eq!(facts.uint(property::TENSORS), Some(3));
    assert_eq!(facts.uint(property::PARAMETERS), Some(10));
    assert_eq!(files(&facts), ["m-1.safetensors", "m-2.safetensors"]);
    assert_eq!(about(&facts, property::FILE_REFERENCE, "c/d"), "m-2.safetensors");
    let fact = facts.facts.iter().find(|fact| fact.subject == "c/d").unwrap();
    assert_eq!(fact.evidence.place, "/weight_map/c~1d");
    assert_eq!(about(&facts, property::METADATA, "total_size"), "10");
    assert_eq!(format("pytorch_model.bin.index.json", INDEX.as_bytes()), "shard-index");
    assert_eq!(format("other.json", INDEX.as_bytes()), "shard-index");
}

#[test]
fn shards_elsewhere_and_cycles_are_findings() {
    for path in [
        "/etc/passwd",
        "../w.safetensors",
        "a/../../w",
        "C:\\w",
        "C:/w",
        "a\\b",
        "https://e/w",
        "",
        "a\u{0}b",
        "~/w",
    ] {
        let index = serde_json::json!({"weight_map": {"a": path}}).to_string();
        let facts = look("m.safetensors.index.json", index.as_bytes());
        assert_eq!(rules(&facts), ["shard-path"], "{path:?}");
        assert_eq!(facts.findings[0].severity, Severity::High);
    }
    for path in ["m.safetensors.index.json", "sub/other.safetensors.index.json"] {
        let index = format!(r#"{{"weight_map":{{"a":"{path}"}}}}"#);
        let facts = look("m.safetensors.index.json", index.as_bytes());
        assert_eq!(rules(&facts), ["shard-cycle"], "{path}");
        assert!(facts.incomplete, "which tensors there are can not be told");
    }
    for plain in ["w.safetensors", "a/b.bin", "...", "a..b"] {
        let index = format!(r#"{{"weight_map":{{"a":"{plain}"}}}}"#);
        assert_eq!(rules(&look("m.bin.index.json", index.as_bytes())), Vec::<&str>::new());
    }
}

#[test]
fn broken_indexes_are_refused() {
    for index in [
        "{}",
        r#"{"weight_map":[]}"#,
        r#"{"weight_map":{"a":1}}"#,
        r#"{"weight_map":{"a":"x","a":"y"}}"#,
    ] {
        assert!(look("m.safetensors.index.json", index.as_bytes()).incomplete, "{index}");
    }
}

/// The files of a kit: the index above and its two shards.
fn kit(first: &[Entry<'_>], second: &[Entry<'_>]) -> BTreeMap<String, Facts> {
    let name = "x/model.safetensors.index.json";
    let files = [
        (name, INDEX.as_bytes().to_vec()),
        ("x/m-1.safetensors", with_tensors(first)),
        ("x/m-2.safetensors", with_tensors(second)),
    ];
    files.into_iter().map(|(path, bytes)| (path.to_owned(), look(path, &bytes))).collect()
}

fn check(files: &BTreeMap<String, Facts>) -> Vec<String> {
    let name = "x/model.safetensors.index.json";
    let findings = check_shards(name, &files[name], files);
    assert!(findings.iter().all(|finding| finding.evidence.file == name));
    findings.into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn an_index_is_held_against_its_shards() {
    let good = [("a", "U8", 1), ("b", "U8", 2)];
    assert_eq!(check(&kit(&good, &[("c/d", "U8", 7)])), Vec::<String>::new());
    assert_eq!(check(&kit(&good, &[("c/d", "U8", 8)])), ["shard-total-size"]);
    let lost = check(&kit(&[("a", "U8", 3)], &[("c/d", "U8", 7)]));
    assert_eq!(lost, ["shard-tensor-missing"]);
    let twice = check(&kit(&good, &[("b", "U8", 1), ("c/d", "U8", 6)]));
    assert_eq!(twice, ["shard-tensor-twice"]);
    let more = check(&kit(&good, &[("c/d", "U8", 6), ("e", "U8", 1)]));
    assert_eq!(more, ["shard-tensor-unlisted"]);
    let mut files = kit(&good, &[("c/d", "U8", 7)]);
    files.remove("x/m-2.safetensors");
    assert_eq!(check(&files), ["shard-missing"]);
    let mut files = kit(&good, &[("c/d", "U8", 7)]);
    files.get_mut("x/m-1.safetensors").unwrap().incomplete = true;
    assert_eq!(check(&files), ["shard-unchecked"]);
}

#[test]
fn each_tensor_is_hashed_where_it_lies() {
    let mut bytes = with_tensors(&[("a", "U8", 3), ("b", "U8", 0), ("c", "F32", 1)]);
    let len = bytes.len();
    bytes[len - 7..].copy_from_slice(b"abcWXYZ");
    let facts = look("m.safetensors", &bytes);
    let hashed = tensor_digests(&bytes, &facts, TensorHash::Sha256, &mut Budget::default());
    assert_eq!(hashed.findings, []);
    let digest = |content: &[u8]| sealkit_oci::Digest::of(content).to_string();
    assert_eq!(about(&hashed, property::TENSOR_SHA256, "a"), digest(b"abc"));
    assert_eq!(about(&hashed, property::TENSOR_SHA256, "b"), digest(b""));
    assert_eq!(about(&hashed, property::TENSOR_SHA256, "c"), digest(b"WXYZ"));
    let fast = tensor_digests(&bytes, &facts, TensorHash::Blake3, &mut Budget::default());
    // The test vector of BLAKE3 for `abc`.
    assert_eq!(
        about(&fast, property::TENSOR_BLAKE3, "a"),
        "blake3:6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
    );
    let place = &fast.facts[0].evidence.place;
    assert_eq!(*place, format!("bytes {}-{}", len - 7, len - 4));
}

#[test]
fn large_tensors_are_hashed_in_pieces() {
    let count = (2 << 20) + 5;
    let mut bytes = with_tensors(&[("a", "U8", count)]);
    let start = bytes.len() - count as usize;
    for (at, byte) in bytes[start..].iter_mut().enumerate() {
        *byte = (at % 251) as u8;
    }
    let facts = look("m.safetensors", &bytes);
    let hashed = tensor_digests(&bytes, &facts, TensorHash::Sha256, &mut Budget::default());
    let whole = sealkit_oci::Digest::of(&bytes[start..]).to_string();
    assert_eq!(about(&hashed, property::TENSOR_SHA256, "a"), whole);
}

#[test]
fn hashing_keeps_to_its_budget_and_says_what_it_left_out() {
    let bytes = with_tensors(&[("a", "U8", 600), ("b", "U8", 600), ("c", "U8", 600)]);
    let facts = look("m.safetensors", &bytes);
    let mut budget = Budget::new(1000, 10, 100, 4);
    let hashed = tensor_digests(&bytes, &facts, TensorHash::Sha256, &mut budget);
    assert!(hashed.incomplete);
    assert_eq!(all(&hashed, property::TENSOR_SHA256).len(), 1);
    assert_eq!(rules(&hashed), ["not-inspected"]);
    // A file that got shorter since it was inspected.
    let short = &bytes[..bytes.len() - 1];
    let hashed = tensor_digests(&short, &facts, TensorHash::Sha256, &mut Budget::default());
    assert_eq!(all(&hashed, property::TENSOR_SHA256).len(), 2);
    assert!(hashed.incomplete);
}

#[test]
fn tensors_that_lie_elsewhere_or_in_pieces_are_counted() {
    let onnx = golden("m.onnx");
    let facts = look("m.onnx", &onnx);
    let hashed = tensor_digests(&onnx, &facts, TensorHash::Sha256, &mut Budget::default());
    assert_eq!(all(&hashed, property::TENSOR_SHA256).len(), 5);
    let missing = about(&hashed, property::NOT_MEASURED, property::TENSOR_SHA256);
    assert_eq!(missing, "1 tensors lie in other files");
    let w: Vec<u8> = [1_f32; 6].iter().flat_map(|n| n.to_le_bytes()).collect();
    assert_eq!(
        about(&hashed, property::TENSOR_SHA256, "w"),
        sealkit_oci::Digest::of(&w).to_string()
    );
    let odd = golden("odd.h5");
    let facts = look("odd.h5", &odd);
    let hashed = tensor_digests(&odd, &facts, TensorHash::Blake3, &mut Budget::default());
    let missing = about(&hashed, property::NOT_MEASURED, property::TENSOR_BLAKE3);
    assert!(missing.ends_with("tensors are not in one piece"), "{missing}");
}
