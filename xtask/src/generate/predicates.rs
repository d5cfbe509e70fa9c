//! The JSON Schemas of typed predicates and of the answer about a lineage.

use super::Generated;
use crate::run::Outcome;

/// One schema for each kind that is typed; a second name for a kind has no file of its own.
pub(super) fn files() -> Outcome<Vec<Generated>> {
    let own = |kind: &&sealkit_attest::PredicateKind| {
        sealkit_attest::kind_of(kind.predicate_type).is_some_and(|first| first.name == kind.name)
    };
    let kinds = sealkit_attest::KINDS.iter().filter(own);
    let schemas = kinds.filter_map(|kind| Some((kind.name, kind.schema()?)));
    let report = ("lineage-report", sealkit_attest::LineageReport::schema());
    let file = |(name, schema): (&str, String)| {
        (format!("docs/reference/schemas/{name}.schema.json").into(), schema.into_bytes())
    };
    Ok(schemas.chain([report]).map(file).collect())
}
