//! What types alone do not say: settings that would make a rule mean nothing, or everything.

use std::collections::HashSet;

use crate::model::{Check, Document, Threshold, Who};
use crate::policy::SCHEMA_VERSION;

/// Most rules of one policy.
const MAX_RULES: usize = 1000;

/// One step into the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Field(&'static str),
    Item(usize),
}

/// What is wrong, and where.
pub(crate) struct Fault {
    pub(crate) path: Vec<Key>,
    pub(crate) reason: String,
}

fn fault<T>(path: &[Key], reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { path: path.to_vec(), reason: reason.into() })
}

/// Checks the whole document.
pub(crate) fn check(document: &Document) -> Result<(), Fault> {
    use Key::{Field, Item};
    if document.schema_version != SCHEMA_VERSION {
        let reason = format!("`schemaVersion` is {}, not 1", document.schema_version);
        return fault(&[Field("schemaVersion")], reason);
    }
    let count = document.rules.len();
    if count == 0 || count > MAX_RULES {
        return fault(&[Field("rules")], format!("a policy has 1 to {MAX_RULES} rules"));
    }
    let mut seen = HashSet::new();
    for (at, rule) in document.rules.iter().enumerate() {
        if !seen.insert(&rule.id) {
            let path = [Field("rules"), Item(at), Field("id")];
            return fault(&path, format!("two rules have the id `{}`", rule.id));
        }
        if let Some(reason) = setting(&rule.check) {
            return fault(&[Field("rules"), Item(at), Field("check")], reason);
        }
        if let Some((entry, reason)) = format(&rule.check) {
            let check = [Field("rules"), Item(at), Field("check"), Field("forbiddenFormats")];
            return fault(&[&check[..], &[Field("formats"), Item(entry)]].concat(), reason);
        }
    }
    for (at, exception) in document.exceptions.iter().enumerate() {
        if !seen.contains(&exception.rule) {
            let path = [Field("exceptions"), Item(at), Field("rule")];
            return fault(&path, format!("no rule has the id `{}`", exception.rule));
        }
    }
    let names =
        [("keys", &document.revoked.keys), ("certificates", &document.revoked.certificates)];
    for (field, list) in names {
        if let Some(at) = list.iter().position(|entry| !is_id(entry.id.as_str())) {
            let path = [Field("revoked"), Field(field), Item(at), Field("id")];
            return fault(&path, "an id has 64 lower-case hexadecimal digits");
        }
    }
    Ok(())
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn nobody(who: &Who) -> bool {
    let Who { roles, names, identities, keys } = who;
    roles.is_empty() && names.is_empty() && identities.is_empty() && keys.is_empty()
}

/// What is wrong with the settings of a check.
fn setting(check: &Check) -> Option<&'static str> {
    if whos(check).into_iter().any(|who| who.keys.iter().any(|id| !is_id(id.as_str()))) {
        return Some("the id of a key has 64 lower-case hexadecimal digits");
    }
    let wrong = |is_wrong: bool, reason| is_wrong.then_some(reason);
    match check {
        Check::Signers(ask) => match ask.threshold {
            Threshold::AtLeast(0) => Some("a threshold of 0 asks for nothing"),
            Threshold::All => wrong(nobody(&ask.by), "`all` needs somebody named in `by`"),
            _ => None,
        },
        Check::Identities(ask) => wrong(ask.any_of.is_empty(), "`anyOf` names nobody"),
        Check::Keys(ask) => {
            let bad = ask.any_of.iter().any(|key| !is_id(key.id.as_str()));
            wrong(ask.any_of.is_empty(), "`anyOf` names no key")
                .or(wrong(bad, "the id of a key has 64 lower-case hexadecimal digits"))
        }
        Check::Log(ask) => wrong(ask.operators == 0, "0 operators ask for nothing"),
        Check::Predicates(ask) => wrong(ask.require.is_empty(), "`require` asks for nothing"),
        Check::PredicateSchemas(ask) => wrong(ask.types.is_empty(), "`types` asks for nothing"),
        Check::ForbiddenFormats(ask) => wrong(ask.formats.is_empty(), "`formats` forbids nothing"),
        Check::Licences(ask) => {
            let nothing = ask.allow.is_empty() && ask.deny.is_empty();
            wrong(nothing, "neither `allow` nor `deny` names a licence")
                .or(wrong(ask.of.is_empty(), "`of` names nothing"))
        }
        Check::Builder(ask) => wrong(ask.builders.is_empty(), "`builders` names none"),
        Check::Source(ask) => wrong(ask.repositories.is_empty(), "`repositories` names none"),
        Check::Evaluation(ask) => {
            let open = |m: &crate::model::Metric| m.at_least.is_none() && m.at_most.is_none();
            wrong(ask.metrics.iter().any(open), "a metric needs `atLeast` or `atMost`")
        }
        Check::Annotations(ask) => wrong(ask.require.is_empty(), "`require` asks for nothing"),
        Check::Lineage(ask) => wrong(ask.depth == Some(0), "a depth of 0 asks for nothing"),
        Check::Approval(ask) => wrong(nobody(&ask.by), "`by` has to name whose word counts"),
        _ => None,
    }
}

/// The first name of a forbidden format that nothing is called, and what is wrong with it.
fn format(check: &Check) -> Option<(usize, String)> {
    let Check::ForbiddenFormats(ask) = check else { return None };
    let mut all = ask.formats.iter().enumerate();
    all.find_map(|(at, name)| Some((at, crate::formats::fault(name.as_str())?)))
}

/// Every list of signers in the settings of a check.
pub(crate) fn whos(check: &Check) -> Vec<&Who> {
    match check {
        Check::Signers(ask) => vec![&ask.by],
        Check::SignatureAge(ask) => vec![&ask.by],
        Check::Log(ask) => vec![&ask.by],
        Check::Timestamp(ask) => vec![&ask.by],
        Check::Predicates(ask) => ask.require.iter().map(|entry| &entry.by).collect(),
        Check::Bom(ask) => vec![&ask.by],
        Check::Scan(ask) => vec![&ask.by],
        Check::Vulnerabilities(ask) => {
            std::iter::once(&ask.by).chain(ask.vex_by.as_ref()).collect()
        }
        Check::Datasets(ask) => vec![&ask.by],
        Check::BaseModels(ask) => ask.by.iter().collect(),
        Check::Builder(ask) => vec![&ask.by],
        Check::Source(ask) => vec![&ask.by],
        Check::Evaluation(ask) => vec![&ask.by],
        Check::Release(ask) => vec![&ask.by],
        Check::Approval(ask) => vec![&ask.by],
        _ => Vec::new(),
    }
}
