//! Documents that nobody should have made, and large ones.

use crate::cdx::{BOTH, decode, encode, foreign, options, sample, sorted};
use proptest::prelude::*;
use sealkit_aibom::{BomCodec, BomError, ComponentId, CycloneDx, Kind, RelationKind};
use serde_json::{Value, json};

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let refused = |text: &str| CycloneDx::V1_6.decode(text.as_bytes()).unwrap_err();
    let head = r#"{"bomFormat":"CycloneDX","specVersion":"1.6""#;
    for text in ["", "[]", "null", "{", "{\"a\":NaN}", "\u{0}", "{} {}"] {
        assert!(matches!(refused(text), BomError::Json(_)), "{text}");
    }
    assert!(matches!(refused("{}"), BomError::Format { found } if found.is_empty()));
    let twice = format!("{head},\"version\":1,\"version\":2}}");
    assert!(refused(&twice).to_string().contains("a key stands twice"));
    let deep = format!("{head},\"x\":{}{}}}", "[".repeat(200), "]".repeat(200));
    assert!(matches!(refused(&deep), BomError::Json(_)));
    let nested = format!("{head},\"components\":{}", "[{\"components\":".repeat(10_000));
    assert!(matches!(refused(&nested), BomError::Json(_)));
    assert!(refused(&format!("{head},\"version\":1e999}}")).to_string().contains("number"));
    for version in ["1.3", "2.0", ""] {
        let text = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"{version}"}}"#);
        assert!(matches!(refused(&text), BomError::Version { found } if found == version));
    }
    let large = vec![b' '; (64 << 20) + 1];
    let error = CycloneDx::V1_6.decode(&large).unwrap_err();
    assert!(matches!(error, BomError::TooLarge { limit, .. } if limit == 64 << 20));
}

#[test]
fn components_inside_each_other_have_a_limit() {
    let nested = |levels: usize| {
        let inner = r#"{"type":"file","name":"x","components":["#.repeat(levels - 1);
        let end = "]}".repeat(levels - 1);
        let last = r#"{"type":"file","name":"x"}"#;
        let head = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":["#;
        format!("{head}{inner}{last}{end}]}}")
    };
    let document: Value = serde_json::from_str(&nested(40)).unwrap();
    assert_eq!(sorted(&encode(CycloneDx::V1_6, &decode(&document))), sorted(&document));
    let error = CycloneDx::V1_6.decode(nested(41).as_bytes()).unwrap_err();
    assert!(matches!(error, BomError::TooMany { limit: 40, .. }));
}

#[test]
fn many_claims_of_a_stranger_take_no_more_than_their_share_of_time() {
    let many = 2000;
    let mut document = foreign();
    let own =
        |name: &str, n: usize| json!({"name": format!("sealkit:{name}"), "value": n.to_string()});
    let claims = (0..many).flat_map(|n| {
        [own("input", n), own(&format!("input-type:{n}"), n), own("licence", n), own("tag", n)]
    });
    document["components"][0]["properties"] = claims.collect();
    let parameters = (0..many).map(|n| own(&format!("hyperparameter:{n}"), n));
    document["formulation"] = json!([{"workflows": [{
        "bom-ref": "run", "uid": "w", "taskTypes": ["build"], "properties": parameters.collect::<Value>()
    }]}]);
    for version in ["1.6", "1.7"] {
        document["specVersion"] = json!(version);
        let bom = decode(&document);
        assert!(bom.components.iter().any(|c| c.properties.len() > many));
    }
}

#[test]
fn a_document_that_is_cut_off_anywhere_is_refused() {
    let bytes = serde_json::to_vec(&foreign()).unwrap();
    for end in 0..bytes.len() {
        assert!(CycloneDx::V1_6.decode(&bytes[..end]).is_err(), "{end}");
    }
}

#[test]
fn many_files_are_no_burden() {
    let mut bom = sample::bom();
    let file = bom.of_kind(Kind::File).next().unwrap().clone();
    for number in 0..5000 {
        let mut more = file.clone();
        more.id = ComponentId(format!("more:{number}"));
        more.path = Some(format!("folder/{number}"));
        bom.relations.push(sealkit_aibom::Relation::new(
            &ComponentId("model:1".into()),
            RelationKind::Contains,
            &more.id,
        ));
        bom.components.push(more);
    }
    bom.normalise();
    for version in BOTH {
        let bytes = version.encode(&bom, &options()).unwrap();
        assert!(bytes.len() < 5_000_000, "{}", bytes.len());
        assert_eq!(version.decode(&bytes).unwrap().components, bom.components);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = CycloneDx::V1_6.decode(&bytes);
    }

    #[test]
    fn no_change_of_bytes_makes_it_panic_or_lose(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = serde_json::to_vec(&foreign()).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(bom) = CycloneDx::V1_6.decode(&bytes) {
            let document: Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(sorted(&encode(CycloneDx::V1_6, &bom)), sorted(&document));
        }
    }
}
