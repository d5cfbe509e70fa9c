//! Questions as people type them, and things by all that they are known by.

use sealkit_aibom::Kind;
use sealkit_catalog::{Question, QuestionError, Thing};

use crate::common::{affected, catalog, content, digest, entry, thing};

#[test]
fn what_people_type_is_read_as_they_mean_it() {
    let hex = "0123456789abcdef".repeat(4);
    for (text, meant) in [
        ("torch 2.1.0", "torch@2.1.0"),
        ("package:torch=2.1.0", "package:torch@2.1.0"),
        ("package:torch 2.1.0", "package:torch@2.1.0"),
        ("pypi:torch@2.1.0", "pkg:pypi/torch@2.1.0"),
        ("pypi:torch==2.1.0", "pkg:pypi/torch@2.1.0"),
        (&format!("layer:sha256:{hex}"), &format!("sha256:{hex}")),
        (&format!("file:SHA256:{hex}"), &format!("sha256:{hex}")),
        ("license-id:MIT", "licence:MIT"),
        ("llama 7b", "llama 7b"),
        ("docker://host/a:v1", "kit:host/a:v1"),
    ] {
        let read = text.parse::<Question>().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.to_string(), meant, "{text}");
    }
    for text in ["torch<3", "package:torch>2", "package:torch<2.2", "torch>=1"] {
        let read = text.parse::<Question>();
        assert!(matches!(read, Err(QuestionError::Range(_))), "{text}: {read:?}");
    }
    for text in ["cve:CVE-2024-1", "author:me", "layer:abc"] {
        let read = text.parse::<Question>();
        assert!(matches!(read, Err(QuestionError::Kind(_))), "{text}: {read:?}");
    }
}

#[test]
fn a_base_is_met_with_what_addresses_have_around_it() {
    let base = thing(Kind::BaseModel, "org/base");
    let catalog = catalog(&[entry("a", "m-a", 1, vec![base])]);
    for text in ["model:models/org/base", "model:org/base.git", "org/base.git"] {
        assert_eq!(affected(&catalog, text).len(), 1, "{text}");
    }
}

#[test]
fn data_elsewhere_is_met_by_its_address_its_digest_and_the_kit_that_it_is() {
    let mails = digest("rows").to_string();
    let remote = Thing {
        path: Some("s3://acme/mails.csv".to_owned()),
        version: Some(mails.clone()),
        ..thing(Kind::ExternalDataset, "letters")
    };
    let of_kit = Thing {
        path: Some("hub.example.com/t/data:v1".to_owned()),
        ..thing(Kind::ExternalDataset, "other")
    };
    let catalog = catalog(&[
        entry("t/data", "m-data", 1, vec![content(Kind::Dataset, "d.csv", "rows")]),
        entry("t/copy", "m-copy", 2, vec![content(Kind::Dataset, "e.csv", "rows")]),
        entry("t/far", "m-far", 3, vec![remote]),
        entry("t/child", "m-child", 4, vec![of_kit]),
    ]);
    assert_eq!(affected(&catalog, "dataset:s3://acme/mails.csv")[0].0, "t/far");
    let by_digest: Vec<String> = affected(&catalog, &mails).into_iter().map(|one| one.0).collect();
    assert_eq!(by_digest, ["t/copy", "t/data", "t/far", "t/child"]);
    let of_kit: Vec<String> =
        affected(&catalog, "kit:t/data:v1").into_iter().map(|one| one.0).collect();
    assert_eq!(of_kit, ["t/data", "t/child", "t/copy", "t/far"]);
}

#[test]
fn who_names_a_base_many_times_takes_nobody_elses_room() {
    let flood: Vec<Thing> = (0..300)
        .map(|at| thing(Kind::BaseModel, &format!("hub.example.com/v/base:x{at}")))
        .collect();
    let mut all = vec![entry("v/base", "m-base", 1, vec![content(Kind::Model, "m", "w")])];
    all.push(entry("evil/flood", "m-flood", 2, flood));
    let heir = thing(Kind::BaseModel, "hub.example.com/v/base:v1");
    all.push(entry("v/heir", "m-heir", 3, vec![heir]));
    let catalog = catalog(&all);
    let found: Vec<String> =
        affected(&catalog, "kit:v/base:v1").into_iter().map(|one| one.0).collect();
    assert!(found.contains(&"v/heir".to_owned()), "{found:?}");
}
