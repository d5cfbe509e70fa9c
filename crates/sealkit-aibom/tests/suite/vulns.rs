//! Known vulnerabilities are found by name and by content, with the way that leads to them.

use std::path::PathBuf;

use crate::vulnerable::{advisories, bom, find, id, python, sha};
use proptest::prelude::*;
use sealkit_aibom::{
    Advisories, BomError, Component, EncodeOptions, FoundBy, Kind, Property, Relation,
    RelationKind, Vulnerability, VulnerabilityStatus, cyclonedx_vex, openvex, vulnerabilities,
};
use sealkit_inspect::property;
use serde_json::{Value as Json, json};

const SERIAL: &str = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79";

fn way(found: &Vulnerability) -> Vec<String> {
    found.path.iter().map(|step| format!("{} {}", step.relation, step.component)).collect()
}

#[test]
fn a_library_is_found_by_name_and_version() {
    let events = json!([{"introduced": "0"}, {"fixed": "2.1.1"}]);
    let found = find(&[python("PYSEC-1", "NumPy", events)]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].status, found[0].found_by),
        (VulnerabilityStatus::Affected, FoundBy::Name)
    );
    assert_eq!(
        (found[0].subject.as_str(), found[0].fixed[0].as_str()),
        ("library `numpy`", "2.1.1")
    );
    assert_eq!(way(&found[0]), ["depends-on library `numpy`"]);
    let fixed = json!([{"introduced": "0"}, {"fixed": "2.1.0"}]);
    assert_eq!(find(&[python("PYSEC-1", "numpy", fixed)]), []);
}

#[test]
fn without_a_version_it_cannot_be_told() {
    let events = json!([{"introduced": "0"}, {"fixed": "2.6"}]);
    let found = find(&[python("PYSEC-2", "torch", events)]);
    assert_eq!(found[0].status, VulnerabilityStatus::Undecided);
}

#[test]
fn one_vulnerability_in_two_databases_is_one() {
    let events = json!([{"introduced": "0"}, {"fixed": "3"}]);
    let mut one = python("GHSA-x", "numpy", events.clone());
    one["aliases"] = json!(["CVE-1"]);
    let mut other = python("PYSEC-3", "numpy", events);
    other["aliases"] = json!(["CVE-1"]);
    let found = find(&[other, one]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, "GHSA-x");
    assert_eq!(found[0].aliases, ["CVE-1", "PYSEC-3"]);
    assert_eq!(found[0].fixed, ["3"]);
}

#[test]
fn what_a_third_database_ties_together_is_one() {
    let named = |id: &str, aliases: &[&str]| {
        let mut advisory = python(id, "numpy", json!([{"introduced": "0"}, {"fixed": "3"}]));
        advisory["aliases"] = json!(aliases);
        advisory
    };
    let found = find(&[named("A", &["X"]), named("B", &["Y"]), named("C", &["X", "Y"])]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].id.as_str(), found[0].aliases.join(" ")), ("A", "B C X Y".to_owned()));
}

#[test]
fn a_poisoned_dataset_three_hops_away_is_found() {
    let advisory = json!({
        "id": "SEALKIT-1",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{"package": {"purl": "pkg:huggingface/org/poison"}}],
    });
    let found = find(&[advisory]);
    let wanted = [
        "contains model `model`",
        "derived-from base-model `org/Base`",
        "trained-on external-dataset `org/poison`",
    ];
    assert_eq!(way(&found[0]), wanted);
    assert_eq!(found[0].found_by, FoundBy::Name);
}

#[test]
fn bytes_are_found_whatever_they_are_called() {
    let advisory = json!({
        "id": "SEALKIT-2",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{
            "package": {"ecosystem": "", "name": "", "purl": "pkg:huggingface/org/poison"},
            "database_specific": {"digests": [sha('b').to_string()]},
        }],
        "database_specific": {"digests": [sha('a').to_string(), "sha256:short", 7]},
    });
    let mut stripped = bom();
    let data = stripped.components.iter_mut().find(|c| c.id.0 == "data").unwrap();
    data.name = "harmless".to_owned();
    data.properties.clear();
    let found = vulnerabilities(&stripped, &advisories(&[advisory]));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(|f| f.found_by == FoundBy::Digest));
    assert_eq!(found[1].subject, "file `model/w.bin`");
    assert_eq!(way(&found[1]), ["contains model `model`", "contains file `model/w.bin`"]);
}

#[test]
fn one_revision_of_a_model_can_be_meant() {
    let purl = |purl: &str| {
        json!({
            "id": "SEALKIT-3",
            "modified": "2026-01-01T00:00:00Z",
            "affected": [{"package": {"purl": purl}}],
        })
    };
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let advisory = advisories(&[purl(&format!("pkg:huggingface/ORG/base@{commit}"))]);
    let mut kit = bom();
    let open = vulnerabilities(&kit, &advisory);
    assert_eq!(open[0].status, VulnerabilityStatus::Undecided, "no revision is stated");
    let base = kit.components.iter_mut().find(|c| c.id.0 == "base").unwrap();
    base.purl = Some(format!("pkg:huggingface/org/Base@{commit}"));
    assert_eq!(vulnerabilities(&kit, &advisory)[0].status, VulnerabilityStatus::Affected);
    let base = kit.components.iter_mut().find(|c| c.id.0 == "base").unwrap();
    base.purl = Some("pkg:huggingface/org/Base@other".to_owned());
    assert_eq!(vulnerabilities(&kit, &advisory), []);
}

#[test]
fn what_was_withdrawn_says_nothing() {
    let mut advisory = python("PYSEC-4", "numpy", json!([{"introduced": "0"}]));
    advisory["withdrawn"] = json!("2026-02-01T00:00:00Z");
    let mut all = Advisories::default();
    assert!(!all.add(advisory.to_string().as_bytes()).unwrap());
    assert!(all.is_empty() && vulnerabilities(&bom(), &all).is_empty());
}

#[test]
fn malformed_advisories_are_errors() {
    let good = python("PYSEC-5", "numpy", json!([{"introduced": "0"}])).to_string();
    for at in 0..good.len() {
        let mut all = Advisories::default();
        assert!(all.add(&good.as_bytes()[..at]).is_err());
        assert_eq!(all.len(), 0);
    }
    let mut all = Advisories::default();
    for bad in
        ["[]", "{}", "{\"id\":1}", "{\"id\":\"a\",\"id\":\"b\"}", "{\"id\":\"a\",\"affected\":{}}"]
    {
        assert!(all.add(bad.as_bytes()).is_err(), "{bad}");
    }
    let deep = format!("{{\"id\":\"a\",\"x\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    assert!(all.add(deep.as_bytes()).is_err());
    let long = vec![b' '; 9 << 20];
    assert!(matches!(all.add(&long), Err(BomError::TooLarge { .. })));
}

fn both() -> Vec<Vulnerability> {
    find(&[
        python("PYSEC-1", "numpy", json!([{"introduced": "0"}, {"fixed": "2.1.1"}])),
        python("PYSEC-2", "torch", json!([{"introduced": "0"}, {"fixed": "2.6"}])),
        json!({
            "id": "SEALKIT-2",
            "modified": "2026-01-01T00:00:00Z",
            "database_specific": {"digests": [sha('a').to_string()]},
        }),
    ])
}

fn options() -> EncodeOptions {
    EncodeOptions {
        timestamp: Some("2026-01-31T12:00:00Z".to_owned()),
        tool: Some(("sealkit".to_owned(), "1".to_owned())),
    }
}

#[test]
fn cyclonedx_names_what_is_affected_in_the_aibom() {
    let document = cyclonedx_vex(&both(), SERIAL, 1, &options()).unwrap();
    let all = document["vulnerabilities"].as_array().unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0]["id"], "PYSEC-1");
    let wanted = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#numpy";
    assert_eq!(all[0]["affects"][0]["ref"], wanted);
    assert_eq!(
        all[0]["affects"][0]["versions"][0],
        json!({"version": "2.1.0", "status": "affected"})
    );
    assert_eq!(all[0]["recommendation"], "update to 2.1.1");
    let detail = "found by name and version: the kit depends on library `numpy`";
    assert_eq!(all[0]["analysis"]["detail"], detail);
    assert_eq!(document, cyclonedx_vex(&both(), SERIAL, 1, &options()).unwrap());
    assert!(cyclonedx_vex(&both(), "no serial number", 1, &options()).is_err());
}

#[test]
fn openvex_names_products_by_package_url_and_bytes() {
    let document = openvex(&both(), "Acme", "2026-01-31T12:00:00Z").unwrap();
    assert_eq!(document["@context"], "https://openvex.dev/ns/v0.2.0");
    let all = document["statements"].as_array().unwrap();
    assert_eq!(all[0]["products"][0]["@id"], "pkg:pypi/numpy@2.1.0");
    assert_eq!(
        (&all[0]["status"], &all[0]["action_statement"]),
        (&json!("affected"), &json!("update to 2.1.1"))
    );
    assert_eq!(all[1]["products"][0]["hashes"]["sha-256"], "a".repeat(64));
    assert_eq!(all[2]["status"], "under_investigation");
    assert!(all[2].get("action_statement").is_none());
    assert_eq!(document, openvex(&both(), "Acme", "2026-01-31T12:00:00Z").unwrap());
}

struct Local(PathBuf);

impl jsonschema::Retrieve for Local {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        let name = uri.path().as_str().rsplit('/').next().unwrap_or_default().to_owned();
        Ok(serde_json::from_slice(&std::fs::read(self.0.join(name))?)?)
    }
}

#[test]
fn the_official_schema_accepts_the_document() {
    let Ok(root) = std::env::var("SEALKIT_TESTDATA") else {
        println!("skipped: no SEALKIT_TESTDATA");
        return;
    };
    let folder = PathBuf::from(root).join("cyclonedx/schemas");
    let bytes = std::fs::read(folder.join("bom-1.6.schema.json")).unwrap();
    let schema: Json = serde_json::from_slice(&bytes).unwrap();
    let options = jsonschema::options().with_retriever(Local(folder));
    let judge = options.should_validate_formats(true).build(&schema).unwrap();
    for found in [Vec::new(), both()] {
        let document = cyclonedx_vex(&found, SERIAL, 1, &self::options()).unwrap();
        let errors: Vec<_> = judge.iter_errors(&document).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn many_components_and_many_advisories_take_bounded_time() {
    let mut kit = bom();
    let mut all = Advisories::default();
    for at in 0..20_000 {
        let name = format!("p{at}");
        let mut library = Component::new(id(&name), Kind::Library, name.clone());
        library.purl = Some(format!("pkg:pypi/{name}@1.0"));
        library.properties = vec![Property::text(property::VERSION, "1.0", None)];
        kit.relations.push(Relation::new(&id("kit"), RelationKind::DependsOn, &library.id));
        kit.components.push(library);
        if at % 10 == 0 {
            let advisory = python(&format!("A-{at}"), &name, json!([{"introduced": "0"}]));
            all.add(advisory.to_string().as_bytes()).unwrap();
        }
    }
    assert_eq!(vulnerabilities(&kit, &all).len(), 2000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// A version is affected exactly if it lies between two that are ordered.
    #[test]
    fn a_range_holds_what_lies_between(low in 0_u8..20, span in 1_u8..20, at in 0_u8..45) {
        let high = low + span;
        let events = json!([{"fixed": format!("1.{high}")}, {"introduced": format!("1.{low}")}]);
        let all = advisories(&[python("A", "numpy", events)]);
        let mut kit = bom();
        let library = kit.components.iter_mut().find(|c| c.id.0 == "numpy").unwrap();
        library.purl = Some(format!("pkg:pypi/numpy@1.{at}"));
        let is_found = !vulnerabilities(&kit, &all).is_empty();
        prop_assert_eq!(is_found, (low..high).contains(&at));
    }

    #[test]
    fn any_bytes_and_any_package_url_are_read(bytes in any::<Vec<u8>>(), purl in "\\PC{0,40}") {
        let mut all = Advisories::default();
        drop(all.add(&bytes));
        let advisory = json!({"id": "A", "affected": [{"package": {"purl": format!("pkg:{purl}")}}]});
        all.add(advisory.to_string().as_bytes()).unwrap();
        let mut kit = bom();
        kit.components[0].purl = Some(format!("pkg:{purl}"));
        drop(vulnerabilities(&kit, &all));
    }
}
