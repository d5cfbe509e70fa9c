//! The JSON Schemas of typed predicates and of the answer about a lineage, and a page for each kind.

mod page;
mod questions;

use sealkit_attest::{KINDS, LineageReport, PredicateKind, kind_of};

use super::Generated;
use crate::run::{Outcome, root};

/// Kinds that are typed; a second name for a kind has no files of its own.
fn typed() -> impl Iterator<Item = (&'static PredicateKind, String)> {
    let own = |kind: &&PredicateKind| {
        kind_of(kind.predicate_type).is_some_and(|first| first.name == kind.name)
    };
    KINDS.iter().filter(own).filter_map(|kind| Some((kind, kind.schema()?)))
}

pub(super) fn files() -> Outcome<Vec<Generated>> {
    let schema_path = |name: &str| format!("docs/reference/schemas/{name}.schema.json").into();
    let mut files: Vec<Generated> =
        vec![(schema_path("lineage-report"), LineageReport::schema().into_bytes())];
    for (kind, schema) in typed() {
        let name = kind.name;
        let golden = format!("crates/sealkit-attest/tests/golden/predicates/{name}.json");
        let golden = std::fs::read_to_string(root().join(golden))?;
        let page = page::page(kind, &serde_json::from_str(&schema)?, &golden)?;
        files.push((format!("docs/reference/predicates/{name}.md").into(), page.into_bytes()));
        files.push((schema_path(name), schema.into_bytes()));
    }
    files.push(("docs/reference/predicates/README.md".into(), page::index(typed()).into_bytes()));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_page_with_its_fields_and_questions() {
        let files = files().unwrap();
        for (kind, schema) in typed() {
            let path = format!("docs/reference/predicates/{}.md", kind.name);
            let (_, page) = files.iter().find(|(found, _)| found.ends_with(&path)).unwrap();
            let page = std::str::from_utf8(page).unwrap();
            let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
            for field in schema["properties"].as_object().unwrap().keys() {
                assert!(page.contains(&format!("| `{field}` |")), "{path}: {field}");
            }
            assert!(page.contains("policy can ask\n\n- "), "{path}");
        }
    }

    #[test]
    fn what_is_nested_is_listed_with_its_path() {
        let files = files().unwrap();
        let page = |name: &str| {
            let (_, page) = files.iter().find(|(path, _)| path.ends_with(name)).unwrap();
            String::from_utf8(page.clone()).unwrap()
        };
        assert!(
            page("model-scan.md").contains("| `files[].findings[].rule` | string | required |")
        );
        assert!(page("dataset-version.md").contains("| `splits.*.rows` | integer |"));
        assert!(page("lineage.md").contains("`trained-on`, `evaluated-on`"));
        assert!(page("predicates/README.md").contains("### ResourceDescriptor"));
    }
}
