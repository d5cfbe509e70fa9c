//! Files that PyTorch 1.12.1 wrote.

use crate::pickle_common::{about, format, look, rules, tensors};
use sealkit_inspect::{Facts, Value, property};

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../golden/files/", $name)).as_slice()
    };
}

fn runs(facts: &Facts) -> &Value {
    &facts.of(property::CAN_RUN_CODE).next().unwrap().value
}

/// `0.weight` of the model, whose bytes are the same in every file that holds it.
fn weight(facts: &Facts, file: &[u8], name: &str) -> Vec<u8> {
    let all = tensors(facts, file);
    let found = all.iter().find(|(shown, _)| shown.starts_with(&format!("{name} ")));
    found.and_then(|(_, bytes)| bytes.clone()).unwrap()
}

#[test]
fn a_state_dict_is_listed_with_the_place_of_every_tensor() {
    let file = golden!("sd.pt");
    let (_, facts) = look("sd.pt", file);
    assert_eq!(facts.findings, []);
    assert!(!facts.incomplete);
    assert_eq!(facts.text(property::FORMAT), Some("pytorch"));
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("3"));
    assert_eq!(facts.text(property::HOLDS), Some("state-dict"));
    assert_eq!(facts.uint(property::TENSORS), Some(9));
    assert_eq!(facts.uint(property::PARAMETERS), Some(282));
    assert_eq!(facts.uint(property::PICKLE_PROTOCOL), Some(2));
    assert_eq!(facts.text(property::DTYPE), Some("F32"));
    assert_eq!(about(&facts, property::PARAMETERS_OF_TYPE, "I64"), Some(&Value::Uint(1)));
    assert_eq!(
        facts.list(property::CALLABLE),
        [
            "collections.OrderedDict",
            "torch._utils._rebuild_tensor_v2",
            "torch.FloatStorage",
            "torch.LongStorage",
        ]
    );
    let first = facts.of(property::CALLABLE).next().unwrap();
    assert_eq!(first.evidence.place, "archive/data.pkl byte 2");
    assert_eq!(runs(&facts), &Value::Bool(true));
    let listed = tensors(&facts, file);
    assert_eq!(listed[0].0, "0.weight F32 [8, 3, 3, 3]");
    assert_eq!(listed[6].0, "1.num_batches_tracked I64 []");
    // The running variance of a fresh layer is one, and no batch was tracked.
    let ones = [1.0_f32.to_le_bytes(); 8].concat();
    assert_eq!(listed[5], ("1.running_var F32 [8]".to_owned(), Some(ones)));
    assert_eq!(listed[6].1.as_deref(), Some(&[0; 8][..]));
}

#[test]
fn the_same_weights_are_found_in_every_format() {
    let zip = golden!("sd.pt");
    let expected = weight(&look("sd.pt", zip).1, zip, "0.weight");
    assert_eq!(expected.len(), 864);
    for (name, file, key) in [
        ("sd_legacy.pt", golden!("sd_legacy.pt"), "0.weight"),
        ("module.pt", golden!("module.pt"), "0.weight"),
    ] {
        let (_, facts) = look(name, file);
        assert_eq!(facts.findings, [], "{name}");
        assert!(!facts.incomplete, "{name}");
        assert_eq!(facts.uint(property::PARAMETERS), Some(282), "{name}");
        assert_eq!(weight(&facts, file, key), expected, "{name}");
    }
}

#[test]
fn a_legacy_file_is_walked_to_its_last_byte() {
    let file = golden!("sd_legacy.pt");
    let (_, facts) = look("pytorch_model.bin", file);
    assert_eq!(facts.text(property::FORMAT), Some("pytorch-legacy"));
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("1001"));
    assert_eq!(facts.text(property::HOLDS), Some("state-dict"));
    assert_eq!(facts.findings, []);
    let trailing = [file, b"x"].concat();
    assert_eq!(rules(&look("m.pt", &trailing).1), ["torch-trailing-bytes"]);
    let short = look("m.pt", &file[..file.len() - 1]).1;
    assert!(short.incomplete);
    assert!(rules(&short).contains(&"torch-storages"));
}

#[test]
fn a_module_says_its_class() {
    let (_, facts) = look("module.pt", golden!("module.pt"));
    assert_eq!(facts.text(property::HOLDS), Some("module"));
    assert_eq!(facts.list(property::MODEL_CLASS), ["Sequential"]);
    assert!(facts.list(property::CALLABLE).contains(&"torch.nn.modules.conv.Conv2d"));
}

#[test]
fn a_checkpoint_counts_the_model_and_lists_the_rest() {
    let (_, facts) = look("x.ckpt", golden!("ckpt.ckpt"));
    assert_eq!(facts.findings, []);
    assert_eq!(facts.text(property::HOLDS), Some("checkpoint"));
    assert_eq!(facts.uint(property::TENSORS), Some(15));
    assert_eq!(facts.uint(property::PARAMETERS), Some(282));
    let place = &facts.of(property::PARAMETERS).next().unwrap().evidence.place;
    assert_eq!(place, "archive/data.pkl /state_dict");
    assert_eq!(facts.text(property::PRODUCER), Some("pytorch-lightning"));
    assert_eq!(facts.text(property::PRODUCER_VERSION), Some("1.9.0"));
    assert_eq!(about(&facts, property::HYPERPARAMETER, "lr"), Some(&Value::Float(1e-3)));
    assert_eq!(about(&facts, property::HYPERPARAMETER, "epoch"), Some(&Value::Uint(3)));
    assert_eq!(about(&facts, property::HYPERPARAMETER, "api_key"), None);
    assert!(about(&facts, property::TENSOR, "optimizer.state.0.exp_avg").is_some());
}

#[test]
fn every_kind_of_tensor_is_listed() {
    let file = golden!("misc.pt");
    let (_, facts) = look("misc.pt", file);
    assert_eq!(facts.findings, []);
    let listed = tensors(&facts, file);
    let row: Vec<u8> = (4..12).flat_map(|n| (n as f32).to_le_bytes()).collect();
    assert_eq!(listed[0], ("view F32 [2, 4]".to_owned(), Some(row)));
    // A transposed tensor has no bytes in a row.
    assert_eq!(listed[1], ("t F32 [4, 3]".to_owned(), None));
    let names: Vec<_> = listed.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names[3..],
        [
            "bf BF16 [3, 4]",
            "i I64 []",
            "b BOOL [1]",
            "c C64 [3, 4]",
            "empty F32 [0, 3]",
            "q QINT8 [3, 4]",
            "sp.0 I64 [2, 11]",
            "sp.1 F32 [11]",
            "param F32 [3, 4]",
            "np <f4 [3, 4]",
        ]
    );
    assert_eq!(listed[4].1.as_deref(), Some(&5_i64.to_le_bytes()[..]));
    // `all`, `t` and `param` are one and the same memory: two shapes of it count.
    assert_eq!(facts.uint(property::PARAMETERS), Some(103));
}

#[test]
fn torchscript_lists_its_code() {
    let (_, facts) = look("script.pt", golden!("script.pt"));
    assert_eq!(facts.findings, []);
    assert_eq!(facts.text(property::FORMAT), Some("torchscript"));
    assert_eq!(facts.text(property::HOLDS), Some("module"));
    assert_eq!(facts.list(property::MODEL_CLASS), ["Sequential"]);
    assert_eq!(facts.uint(property::PARAMETERS), Some(25));
    assert_eq!(runs(&facts), &Value::Bool(true));
    let code = facts.of(property::EMBEDDED_CODE).map(|fact| fact.value.to_string());
    let code: Vec<_> = code.collect();
    assert_eq!(code.len(), 4);
    assert_eq!(code[1], "script/code/__torch__/torch/nn/modules/linear.py");
    let callables = facts.list(property::CALLABLE);
    let lists = callables.iter().filter(|name| **name == "torch.jit._pickle.build_intlist");
    assert_eq!(lists.count(), 1, "each name stands once");
}

#[test]
fn a_graph_module_carries_source_code() {
    let (_, facts) = look("fx.pt", golden!("fx.pt"));
    assert_eq!(facts.text(property::HOLDS), Some("module"));
    assert_eq!(facts.list(property::MODEL_CLASS), ["GraphModule"]);
    assert_eq!(facts.list(property::CALLABLE)[0], "torch.fx.graph_module.reduce_graph_module");
    let Value::File(code) = &facts.of(property::EMBEDDED_CODE).next().unwrap().value else {
        panic!()
    };
    assert_eq!((code.path.as_str(), code.size), ("_code", Some(165)));
    assert!(about(&facts, property::TENSOR, "0.weight").is_some());
}

#[test]
fn a_package_lists_code_and_says_what_is_not_measured() {
    let (_, facts) = look("pkg.pt", golden!("pkg.pt"));
    assert_eq!(facts.text(property::FORMAT), Some("torch-package"));
    assert_eq!(runs(&facts), &Value::Bool(true));
    assert_eq!(facts.of(property::EMBEDDED_CODE).count(), 1);
    assert!(facts.incomplete);
    assert!(about(&facts, property::NOT_MEASURED, property::TENSORS).is_some());
}

#[test]
fn training_arguments_are_read_as_data() {
    let (_, facts) = look("training_args.bin", golden!("training_args.bin"));
    assert_eq!(facts.findings, []);
    assert_eq!(facts.text(property::HOLDS), Some("settings"));
    let setting = |name| about(&facts, property::HYPERPARAMETER, name);
    assert_eq!(setting("learning_rate"), Some(&Value::Float(5e-5)));
    assert_eq!(setting("num_train_epochs"), Some(&Value::Uint(3)));
    assert_eq!(setting("per_device_train_batch_size"), Some(&Value::Uint(8)));
    assert_eq!(setting("lr_scheduler_type"), Some(&Value::Text("linear".to_owned())));
    assert_eq!(setting("optim"), Some(&Value::Text("adamw_torch".to_owned())));
    assert_eq!(setting("fp16"), Some(&Value::Bool(false)));
    assert_eq!(facts.uint(property::SEED), Some(42));
    for hidden in ["hub_token", "output_dir", "device"] {
        assert_eq!(setting(hidden), None, "{hidden}");
    }
    assert!(!format!("{facts:?}").contains("SECRET"));
}

#[test]
fn a_file_without_callables_can_run_nothing() {
    let (_, facts) = look("plain.pt", golden!("plain.pt"));
    assert_eq!(runs(&facts), &Value::Bool(false));
    assert_eq!(format("a.bin", golden!("plain.pt")), "pytorch");
}

#[test]
fn little_of_a_large_file_is_read() {
    use std::cell::Cell;

    use sealkit_inspect::{ReadAt, ReadError, inspect};
    use sealkit_report::Budget;

    struct Counting<'a>(&'a [u8], Cell<u64>);
    impl ReadAt for Counting<'_> {
        fn len(&self) -> u64 {
            self.0.len() as u64
        }
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            self.1.set(self.1.get() + buf.len() as u64);
            self.0.read_at(offset, buf)
        }
    }
    let tensor = |key| crate::pickle_common::Tensor {
        class: "FloatStorage",
        key,
        count: 1 << 20,
        offset: 0,
        shape: &[1 << 10, 1 << 10],
        stride: &[1 << 10, 1],
    };
    let pickle = crate::pickle_common::state_dict(&[("a", tensor("0")), ("b", tensor("1"))]);
    let mut zip = crate::pickle_common::ZipBuilder::default();
    zip.add("m/data.pkl", &pickle);
    let data = vec![7; 4 << 20];
    zip.add("m/data/0", &data);
    zip.add("m/data/1", &data);
    zip.add("m/version", b"3\n");
    let file = zip.finish();
    let counting = Counting(&file, Cell::new(0));
    let (_, facts) = inspect("m.pt", &counting, &mut Budget::default());
    assert_eq!(facts.findings, []);
    assert_eq!(facts.uint(property::PARAMETERS), Some(2 << 20));
    assert!(counting.1.get() < file.len() as u64 / 100, "{}", counting.1.get());
}
