//! The JSON Schemas of typed predicates.

use super::Generated;
use crate::run::Outcome;

/// One schema for each kind that is typed; a second name for a kind has no file of its own.
pub(super) fn files() -> Outcome<Vec<Generated>> {
    let own = |kind: &&sealkit_attest::PredicateKind| {
        sealkit_attest::kind_of(kind.predicate_type).is_some_and(|first| first.name == kind.name)
    };
    let kinds = sealkit_attest::KINDS.iter().filter(own);
    Ok(kinds
        .filter_map(|kind| {
            let path = format!("docs/reference/schemas/{}.schema.json", kind.name);
            Some((path.into(), kind.schema()?.into_bytes()))
        })
        .collect())
}
