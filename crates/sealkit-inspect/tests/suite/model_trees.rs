//! XGBoost and LightGBM that are odd or hostile.

use crate::model_kit::{about, all, format, golden, look, rules};
use sealkit_inspect::{Facts, ReadAt, property};
use sealkit_report::Budget;

const HEAD: &str = r#"{"learner":{"attributes":{},"feature_names":[],"#;

fn json(rest: &str) -> Facts {
    look("model.json", format!("{HEAD}{rest}").as_bytes())
}

#[test]
fn a_false_number_of_trees_is_a_finding() {
    let model = |stated: u32, trees: usize| {
        let trees = vec!["{\"a\":[1,2]}"; trees].join(",");
        json(&format!(
            r#""gradient_booster":{{"model":{{"gbtree_model_param":{{"num_trees":"{stated}"}},"trees":[{trees}]}}}}}}}}"#
        ))
    };
    assert_eq!(rules(&model(3, 3)), Vec::<&str>::new());
    assert_eq!(rules(&model(3, 2)), ["xgboost-trees"]);
    assert_eq!(about(&model(0, 0), property::LAYER_KIND, "tree"), "0");
}

#[test]
fn json_that_is_no_model_is_not_one() {
    assert_eq!(format("a.json", br#"{"learner":"x"}"#), "json");
    assert_eq!(format("a.json", br#"{"teacher":{"gradient_booster":{}}}"#), "json");
    let facts = look("a.json", br#"{"learner":[],"x":"feature_names","feature_names":1}"#);
    assert!(facts.incomplete);
}

#[test]
fn bombs_in_json_are_refused() {
    let deep = "[".repeat(10_000);
    assert!(json(&format!("\"x\":{deep}")).incomplete);
    assert!(json(&format!("\"trees\":{deep}")).incomplete, "what is passed over has a depth too");
    assert!(json("\"a\":1,\"a\":2}}").incomplete, "a key twice");
    let wide = format!("{HEAD}\"x\":[{}1]}}}}", "1,".repeat(50_000));
    let mut budget = Budget::new(1 << 20, 1000, 10_000, 16);
    let (_, facts) = sealkit_inspect::inspect("m.json", &wide.as_bytes(), &mut budget);
    assert!(facts.incomplete);
}

/// A UBJSON object with one key `learner` and what follows.
fn binary(rest: &[u8]) -> Facts {
    let mut bytes = b"{L\0\0\0\0\0\0\0\x07learner".to_vec();
    bytes.extend(rest);
    look("m.ubj", &bytes)
}

#[test]
fn every_form_of_ubjson_is_read() {
    // {"version": [typed, counted], "learner": {...}} in the forms that the specification allows.
    let attributes = [
        b"i\x01aSi\x01x".as_slice(),
        b"i\x01bT",
        b"U\x01cZ",
        b"I\0\x01dd\x3F\x80\0\0",
        b"l\0\0\0\x01eD\x3F\xF0\0\0\0\0\0\0",
        b"i\x01fCz",
        b"i\x01g[$U#i\x03\x01\x02\x03",
        b"i\x01h[#i\x02i\x01i\x02",
        b"i\x01j[i\x01Ni\x02]",
        b"i\x01k{$i#i\x01i\x01n\x05",
        b"i\x01l{}",
        b"i\x01m[]",
        b"i\x01pi\xFF",
    ]
    .concat();
    let facts = binary(&[b"{i\x0Aattributes{".as_slice(), &attributes, b"}}}"].concat());
    assert_eq!(rules(&facts), Vec::<&str>::new());
    let shown = [
        ("a", "x"),
        ("b", "true"),
        ("d", "1.0"),
        ("e", "1.0"),
        ("f", "z"),
        ("g", "[1,2,3]"),
        ("h", "[1,2]"),
        ("j", "[1,2]"),
        ("k", "{\"n\":5}"),
        ("m", "[]"),
        ("p", "-1"),
    ];
    for (key, value) in shown {
        assert_eq!(about(&facts, property::METADATA, key), value, "{key}");
    }
}

#[test]
fn hostile_ubjson_is_refused() {
    let cases: &[&[u8]] = &[
        b"",
        b"{",
        b"{L\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"{L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"{i\x01a[$L#L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"{i\x01a[$Z#L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"{i\x05trees[$L#L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"{i\x05trees[$Z#L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"{i\x01a[$U",
        b"{i\x01aq",
        b"{i\x01ai\x01i\x01ai\x02}}",
    ];
    for case in cases {
        assert!(binary(case).incomplete, "{case:?}");
    }
    let deep: Vec<u8> = b"{i\x01a".iter().copied().chain([b'['; 5000]).collect();
    assert!(binary(&deep).incomplete);
}

#[test]
fn typed_lists_below_a_pruned_key_are_counted_without_being_read() {
    struct Counting<'a>(&'a [u8], u64, std::cell::Cell<u64>);
    impl ReadAt for Counting<'_> {
        fn len(&self) -> u64 {
            self.1
        }
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), sealkit_inspect::ReadError> {
            self.2.set(self.2.get() + buf.len() as u64);
            for (at, byte) in (offset..).zip(buf) {
                let end = self.1 - at;
                let tail = b"}}";
                *byte = match self.0.get(at as usize) {
                    Some(byte) => *byte,
                    None if end <= 2 => tail[2 - end as usize],
                    None => 0,
                };
            }
            Ok(())
        }
    }
    let count = 8_u64 << 20;
    let mut head = b"{L\0\0\0\0\0\0\0\x07learner{i\x07weights[$d#L".to_vec();
    head.extend(count.to_be_bytes());
    let len = head.len() as u64 + count * 4 + 2;
    let file = Counting(&head, len, std::cell::Cell::new(0));
    let (_, facts) = sealkit_inspect::inspect("m.ubj", &file, &mut Budget::default());
    assert!(!facts.incomplete, "{:?}", facts.findings);
    assert!(file.2.get() < 64 << 10, "{} bytes were read", file.2.get());
}

#[test]
fn the_old_binary_form_is_recognised() {
    let mut bytes = vec![0; 136];
    bytes.extend(15_u64.to_le_bytes());
    bytes.extend(b"binary:logistic\0\0\0");
    assert_eq!(format("model.bin", &bytes), "xgboost-binary");
    let named = [b"binf".as_slice(), &bytes].concat();
    assert_eq!(format("model.bin", &named), "xgboost-binary");
    bytes[136] = 200;
    assert_ne!(format("model.bin", &bytes), "xgboost-binary");
}

#[test]
fn tasks_are_concluded_from_objectives() {
    let task = |objective: &str| {
        let facts = json(&format!(r#""objective":{{"name":"{objective}"}}}}}}"#));
        facts.text(property::TASK).map(str::to_owned)
    };
    assert_eq!(task("multi:softprob").unwrap(), "tabular-classification");
    assert_eq!(task("reg:squarederror").unwrap(), "tabular-regression");
    assert_eq!(task("rank:ndcg").unwrap(), "ranking");
    assert_eq!(task("my_own"), None);
    assert_eq!(task(""), None);
}

#[test]
fn a_long_lightgbm_head_is_read_to_its_end() {
    let names: Vec<String> = (0..5000).map(|n| format!("feature_{n}")).collect();
    let text = format!(
        "tree\nversion=v3\nfeature_names={}\ntree_sizes=10 20\n\nTree=0\n",
        names.join(" ")
    );
    let facts = look("m.txt", text.as_bytes());
    assert!(!facts.incomplete);
    assert_eq!(facts.list(property::INPUT).len(), 5000);
    assert_eq!(about(&facts, property::LAYER_KIND, "tree"), "2");
}

#[test]
fn a_lightgbm_head_that_does_not_end_is_named() {
    let facts = look("m.txt", b"tree\nversion=v4\nnum_class=3");
    assert!(facts.incomplete);
    assert_eq!(about(&facts, property::METADATA, "num_class"), "3");
    let crlf = String::from_utf8(golden("lightgbm.txt")).unwrap().replace('\n', "\r\n");
    let facts = look("m.txt", crlf.as_bytes());
    assert_eq!(facts.text(property::FORMAT), Some("lightgbm"));
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("v4"));
    assert!(!facts.incomplete);
    assert!(!all(&facts, property::HYPERPARAMETER).is_empty());
}
