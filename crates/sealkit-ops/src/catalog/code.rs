//! What a kit's files say of code in them, and what statements say of its origin, as the catalogue keeps it.

use std::collections::BTreeMap;

use sealkit_aibom::{Kind, RelationKind};
use sealkit_api::{CodeFact, CodeFactKind};
use sealkit_attest::{
    Ancestor, EdgeKind, NodeKind, PublicKey, VerifiedStatement, ancestors, claimed_ancestors,
};
use sealkit_catalog::{AttestedTie, Thing};
use sealkit_inspect::{Facts, Value, property};
use sealkit_oci::Digest;
use sealkit_report::Known;

use crate::attest::claimed_statement;

/// Most facts about code that are kept of one kit, and of one file.
const MAX_FACTS: usize = 2_000;
const MAX_OF_FILE: usize = 200;
/// Longest name that is kept, in bytes.
const MAX_NAME: usize = 300;

/// The facts about code, by file; true where there are more than are kept.
pub(super) fn code(facts: &BTreeMap<String, Facts>) -> (Vec<CodeFact>, bool) {
    let (mut all, mut more) = (Vec::new(), false);
    for (file, facts) in facts {
        let of_file = of_file(file, facts);
        more |= of_file.len() > MAX_OF_FILE;
        all.extend(of_file.into_iter().take(MAX_OF_FILE));
    }
    more |= all.len() > MAX_FACTS;
    all.truncate(MAX_FACTS);
    (all, more)
}

/// Whether it runs comes first, so that no bound hides that.
fn of_file(file: &str, facts: &Facts) -> Vec<CodeFact> {
    let fact = |what, name: &str, place: &str, known| {
        let (file, name, place) = (cut(file), cut(name), cut(place));
        CodeFact { file, what, name, place, known }
    };
    let format = facts.text(property::FORMAT).unwrap_or_default();
    let (mut whole, mut inside) = (Vec::new(), Vec::new());
    for one in &facts.facts {
        let (place, known) = (one.evidence.place.as_str(), one.evidence.known);
        match (one.property.as_ref(), &one.value) {
            (property::CAN_RUN_CODE, Value::Bool(true)) => {
                whole.push(fact(CodeFactKind::Runs, format, place, known));
            }
            (property::CALLABLE, Value::Text(name)) => {
                inside.push(fact(CodeFactKind::Calls, name, place, known));
            }
            (property::CALLABLE, Value::List(names)) => {
                let of = |name: &String| fact(CodeFactKind::Calls, name, place, known);
                inside.extend(names.iter().take(MAX_OF_FILE).map(of));
            }
            (property::EMBEDDED_CODE, Value::File(code)) => {
                inside.push(fact(CodeFactKind::Embeds, &code.path, place, known));
            }
            (property::EMBEDDED_CODE, _) => {
                inside.push(fact(CodeFactKind::Embeds, "code", place, known));
            }
            _ => {}
        }
    }
    if facts.incomplete {
        whole.push(fact(CodeFactKind::Unread, format, "", Known::Measured));
    }
    whole.extend(inside);
    whole.dedup();
    whole
}

/// What a verified statement says that the kit came from. One that says it in a way that can not be read says nothing.
pub(super) fn attested(statement: &VerifiedStatement, kit: &Digest) -> Vec<AttestedTie> {
    let signer = statement.signer().name();
    let source = format!("statement by {}", cut(signer));
    let found = ancestors(statement, kit).unwrap_or_default();
    found.into_iter().filter_map(|one| tie(one, Known::Attested, &source)).collect()
}

/// The same of a bundle that could not be verified: no more than a guess, but a kit is not told to be free of what
/// somebody says is in it.
pub(super) fn claimed(bundle: &[u8], signer: Option<&PublicKey>, kit: &Digest) -> Vec<AttestedTie> {
    let signer = signer.map_or_else(|| "somebody".to_owned(), PublicKey::fingerprint);
    let source = format!("statement by {signer}, who is not trusted");
    let said = claimed_statement(bundle).and_then(|said| claimed_ancestors(&said, kit).ok());
    let found = said.unwrap_or_default();
    found.into_iter().filter_map(|one| tie(one, Known::Inferred, &source)).collect()
}

fn tie(ancestor: Ancestor, known: Known, source: &str) -> Option<AttestedTie> {
    let Ancestor { edge, kind, name, version, digest } = ancestor;
    let (relation, role) = relation(edge);
    let name = name.or_else(|| digest.as_ref().map(ToString::to_string))?;
    if name.len() > MAX_NAME || version.as_ref().is_some_and(|version| version.len() > MAX_NAME) {
        return None;
    }
    let kind = match kind {
        NodeKind::Kit | NodeKind::Model | NodeKind::Adapter => Kind::BaseModel,
        NodeKind::Dataset => Kind::ExternalDataset,
        NodeKind::Tokenizer | NodeKind::Code | NodeKind::Other => Kind::Other,
    };
    let thing = Thing {
        version,
        digests: digest.iter().map(ToString::to_string).collect(),
        known,
        source: source.to_owned(),
        ..Thing::named(kind, name)
    };
    Some(AttestedTie { thing, kind: relation, role: role.map(str::to_owned) })
}

/// The tie of an AIBOM that stands for a tie of a statement.
fn relation(edge: EdgeKind) -> (RelationKind, Option<&'static str>) {
    match edge {
        EdgeKind::TrainedOn => (RelationKind::TrainedOn, None),
        EdgeKind::EvaluatedOn => (RelationKind::EvaluatedOn, None),
        EdgeKind::FineTunedFrom => (RelationKind::DerivedFrom, Some("finetune")),
        EdgeKind::QuantizedFrom => (RelationKind::DerivedFrom, Some("quantized")),
        EdgeKind::MergedFrom => (RelationKind::DerivedFrom, Some("merge")),
        EdgeKind::DistilledFrom => (RelationKind::DerivedFrom, Some("distilled")),
        EdgeKind::ConvertedFrom => (RelationKind::DerivedFrom, Some("converted")),
        EdgeKind::AdapterOf => (RelationKind::DerivedFrom, Some("adapter")),
        EdgeKind::PackagedIn => (RelationKind::DerivedFrom, Some("packaged")),
        EdgeKind::TokenizerOf => (RelationKind::DependsOn, Some("tokenizer")),
        EdgeKind::ProducedByCode => (RelationKind::DependsOn, Some("code")),
    }
}

fn cut(text: &str) -> String {
    let end = (0..=MAX_NAME.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use sealkit_inspect::FileInfo;

    use super::*;

    #[test]
    fn that_it_runs_stands_first_and_bounds_are_said() {
        let mut facts = Facts::default();
        for at in 0..300 {
            let name = Value::Text(format!("m.f{at}"));
            facts.measured("a.pkl", &format!("byte {at}"), property::CALLABLE, name);
        }
        facts.measured("a.pkl", "", property::CAN_RUN_CODE, Value::Bool(true));
        let code = FileInfo { path: "_code".to_owned(), size: None, digests: Vec::new() };
        facts.measured("a.pkl", "byte 9", property::EMBEDDED_CODE, Value::File(code));
        facts.incomplete = true;
        let (found, more) = super::code(&BTreeMap::from([("a.pkl".to_owned(), facts)]));
        let kinds: Vec<_> = found.iter().take(3).map(|fact| fact.what).collect();
        assert_eq!(kinds, [CodeFactKind::Runs, CodeFactKind::Unread, CodeFactKind::Calls]);
        assert!(more && found.len() == MAX_OF_FILE);
        let mut calm = Facts::default();
        calm.measured("b", "", property::CAN_RUN_CODE, Value::Bool(false));
        assert_eq!(super::code(&BTreeMap::from([("b".to_owned(), calm)])), (Vec::new(), false));
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(cut("é"), "é");
        assert_eq!(cut(&"é".repeat(200)).len(), MAX_NAME);
        assert_eq!(cut(&format!("x{}", "é".repeat(200))).len(), MAX_NAME - 1);
    }
}
