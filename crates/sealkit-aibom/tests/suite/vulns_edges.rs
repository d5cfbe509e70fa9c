//! Known vulnerabilities at the edges of what advisories say.

use crate::vulnerable::{advisories, bom, find, id, python};
use sealkit_aibom::{ComponentId, Property, VulnerabilityStatus, vulnerabilities};
use sealkit_inspect::property;
use serde_json::json;

#[test]
fn the_version_of_a_package_url_counts_before_a_stated_one() {
    let events = json!([{"introduced": "0"}, {"fixed": "2.1.0"}]);
    let advisory = python("PYSEC-1", "numpy", events);
    let with = |purl: &str, stated: &str| {
        let mut bom = bom();
        let library = bom.components.iter_mut().find(|c| c.id == id("numpy")).unwrap();
        library.purl = Some(purl.to_owned());
        library.properties = vec![Property::text(property::VERSION, stated, None)];
        vulnerabilities(&bom, &advisories(std::slice::from_ref(&advisory)))
    };
    assert_eq!(with("pkg:pypi/numpy@2.1.0", "1.0"), []);
    let found = with("pkg:pypi/numpy@1.0", "2.1.0");
    assert_eq!((found.len(), found[0].version.as_deref()), (1, Some("1.0")));
    // Without one in the package URL, the stated one is all that there is.
    let found = with("pkg:pypi/numpy", "1.0");
    assert_eq!((found.len(), found[0].version.as_deref()), (1, Some("1.0")));
    assert_eq!(with("pkg:pypi/numpy", "2.1.0"), []);
}

#[test]
fn the_edges_of_a_range_are_where_the_advisory_says() {
    for (events, affected) in [
        (json!([{"introduced": "2.1.0"}]), true),
        (json!([{"introduced": "2.1.1"}]), false),
        (json!([{"introduced": "0"}, {"fixed": "2.1.0"}]), false),
        (json!([{"introduced": "0"}, {"last_affected": "2.1.0"}]), true),
        (json!([{"introduced": "0"}, {"last_affected": "2.0.9"}]), false),
        (json!([{"introduced": "0"}, {"limit": "2.1.0"}]), false),
        (json!([{"introduced": "0"}, {"limit": "2.1.1"}]), true),
        (
            json!([{"introduced": "0"}, {"fixed": "2"}, {"introduced": "2.1"}, {"fixed": "2.2"}]),
            true,
        ),
    ] {
        let found = find(&[python("PYSEC-1", "numpy", events.clone())]);
        assert_eq!(!found.is_empty(), affected, "{events}");
        assert!(found.iter().all(|f| f.status == VulnerabilityStatus::Affected));
    }
}

#[test]
fn commits_have_no_order_that_is_known() {
    let of = |commit: &str| {
        let mut advisory = python("OSV-1", "numpy", json!([{"introduced": commit}]));
        advisory["affected"][0]["ranges"][0]["type"] = json!("GIT");
        find(&[advisory])
    };
    assert_eq!(of("0123456"), []);
    let named = of("2.1.0");
    assert_eq!(named[0].status, VulnerabilityStatus::Undecided);
}

#[test]
fn a_name_counts_only_for_what_is_elsewhere() {
    let advisory = json!({
        "id": "A-1",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{"package": {"purl": "pkg:huggingface/org/base"}}],
    });
    // The base is found by its package URL, and by its name alone where it has none.
    assert_eq!(find(std::slice::from_ref(&advisory))[0].component, id("base"));
    let mut bom = bom();
    for component in &mut bom.components {
        match component.id.0.as_str() {
            "base" => component.purl = None,
            // A model of the kit that calls itself so is another one.
            "model" => component.name = "org/base".to_owned(),
            _ => {}
        }
    }
    let found = vulnerabilities(&bom, &advisories(&[advisory]));
    let named: Vec<&ComponentId> = found.iter().map(|found| &found.component).collect();
    assert_eq!(named, [&id("base")]);
}
