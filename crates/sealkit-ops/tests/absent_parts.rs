//! What a Kitfile names and the kit does not have.
#![allow(clippy::unwrap_used, reason = "a test that can not set its stage must fail at once")]

mod common;

use common::{RAW, Stage};
use sealkit_aibom::Kind;
use sealkit_ops::catalog::describe;
use sealkit_ops::catalog::index::{Catalog, ImpactLimits};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_part_without_a_layer_is_found_by_its_name_and_is_a_gap() {
    let stage = Stage::new().await;
    let code = stage.put(RAW, b"x").await;
    let kitfile = json!({
        "code": [{ "path": "a.py" }],
        "datasets": [{ "name": "gone set", "path": "./d.csv" }],
    });
    stage.kit(kitfile, vec![code]).await;
    let described = describe(&stage.context, &stage.place(), None).await.unwrap();
    let data: Vec<_> = described.bom.of_kind(Kind::Dataset).collect();
    assert_eq!(data.len(), 1);
    assert_eq!((data[0].name.as_str(), data[0].hashes.len()), ("gone set", 0));
    assert_eq!(described.bom.of_kind(Kind::Code).count(), 1);
    let entry = described.entry("a/b", 0);
    let told = entry.problem.clone().unwrap();
    assert!(told.contains("the Kitfile names `./d.csv`, and no layer holds it"), "{told}");
    let catalog = Catalog::in_memory().unwrap();
    catalog.put(&entry).unwrap();
    let ask = |question: &str| {
        let question = question.parse().unwrap();
        catalog.impact(&question, ImpactLimits::default(), None).unwrap()
    };
    assert_eq!(ask("dataset:gone set").affected.len(), 1);
    // Of its content nothing is known.
    let other = ask(&format!("sha256:{}", "0".repeat(64)));
    assert_eq!((other.affected.len(), other.unread), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_with_all_its_parts_has_no_gap() {
    let stage = Stage::new().await;
    let layer = stage.put(RAW, b"x").await;
    // The same element twice, each with a layer.
    let kitfile = json!({ "code": [{ "path": "a.py" }, { "path": "a.py" }] });
    stage.kit(kitfile.clone(), vec![layer.clone(), layer.clone()]).await;
    let described = describe(&stage.context, &stage.place(), None).await.unwrap();
    assert!(!described.gaps.join("; ").contains("no layer holds"), "{:?}", described.gaps);
    stage.kit(kitfile, vec![layer]).await;
    let described = describe(&stage.context, &stage.place(), None).await.unwrap();
    assert!(described.gaps.join("; ").contains("no layer holds"), "{:?}", described.gaps);
}
