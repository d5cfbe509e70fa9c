//! Versions that somebody signed, that something was found in, or that are under a licence.

use rusqlite::{Connection, OptionalExtension as _, params};
use sealkit_aibom::{is_licence, licence_keys};
use sealkit_report::Known;

use super::Reached;
use super::direct::{one, step, things};
use super::look::Look;
use crate::Thing;
use crate::keys::licence_key;
use crate::read::{all, ids, signer};

/// What stands before the digits of a key.
const FINGERPRINT: &str = "sha256:";
/// Digits of a key that are compared at least: a fingerprint shows as many.
const MIN_DIGITS: usize = 16;

/// Versions that somebody signed, or claims to have.
pub(super) fn signed_by(connection: &Connection, asked: &str) -> rusqlite::Result<Vec<Reached>> {
    let mut names = connection.prepare_cached("SELECT DISTINCT name FROM signers ORDER BY name")?;
    let names: Vec<String> =
        names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::new();
    for name in names {
        let same = is_signer(asked, &name);
        if same == Some(false) {
            continue;
        }
        for kit in ids(connection, "SELECT DISTINCT kit FROM signers WHERE name = ?1", &name)? {
            let sql = "SELECT name, statement, verified FROM signers WHERE kit = ?1";
            let own = all(connection, sql, kit, signer)?.into_iter().filter(|one| one.name == name);
            let Some(best) = own.max_by_key(|signer| signer.verified) else { continue };
            let known = if best.verified { Known::Attested } else { Known::Declared };
            let relation = if best.verified { "signed-by" } else { "claims-signature-of" };
            let reached = one(connection, kit, relation, &name, known)?;
            found.push(Reached { certain: same == Some(true), ..reached });
        }
    }
    Ok(found)
}

/// Whether a signer is the one that is asked for: by name in any case, or by the digits of a key. None where one of
/// them has only the first digits of it.
fn is_signer(asked: &str, name: &str) -> Option<bool> {
    if asked.to_lowercase() == name.to_lowercase() {
        return Some(true);
    }
    let (Some(asked), Some(name)) = (key_digits(asked), key_digits(name)) else {
        return Some(false);
    };
    match () {
        () if asked == name => Some(true),
        () if asked.starts_with(&name) || name.starts_with(&asked) => None,
        () => Some(false),
    }
}

/// The digits of a key's id or fingerprint, `SHA256:3b1f 9c02 …`, without what people put between them.
fn key_digits(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.strip_prefix(FINGERPRINT).unwrap_or(&text);
    let digits: String = digits.chars().filter(|c| !matches!(c, ' ' | ':')).collect();
    let is_key = digits.len() >= MIN_DIGITS && digits.bytes().all(|c| c.is_ascii_hexdigit());
    is_key.then_some(digits)
}

/// Versions in which something was found by a rule.
pub(super) fn with_finding(connection: &Connection, rule: &str) -> rusqlite::Result<Vec<Reached>> {
    let rule = rule_name(rule);
    let mut found = Vec::new();
    for kit in ids(connection, "SELECT DISTINCT kit FROM notes WHERE rule = ?1", &rule)? {
        let sql = "SELECT file FROM notes WHERE kit = ?1 AND rule = ?2 ORDER BY rowid LIMIT 1";
        let mut row = connection.prepare_cached(sql)?;
        let file = row.query_row(params![kit, rule], |row| row.get(0)).optional()?;
        let mut reached = one(connection, kit, "has-finding", &rule, Known::Measured)?;
        if let (Some(file), Some(step)) = (file, reached.path.first_mut()) {
            step.source = file;
        }
        found.push(reached);
    }
    Ok(found)
}

/// A rule as its findings have it.
pub(super) fn rule_name(rule: &str) -> String {
    rule.trim().to_lowercase().replace('_', "-")
}

/// Versions with something under a licence, alone or as a part of an expression.
pub(super) fn licensed(look: &mut Look<'_>, licence: &str) -> rusqlite::Result<Vec<Reached>> {
    let keys: Vec<String> = licence_keys(licence).iter().filter_map(|id| licence_key(id)).collect();
    let judge = |thing: &Thing| {
        let mut found = Some(false);
        for held in &thing.licences {
            match is_licence(licence, held) {
                Some(true) => return Some(true),
                None => found = None,
                Some(false) => {}
            }
        }
        found
    };
    let mut found = things(look, &keys, judge)?;
    for reached in &mut found {
        let Some(last) = reached.path.last() else { continue };
        let (from, known) = (last.to.clone(), last.known);
        reached.path.push(step(from, "is-licensed-under", licence, known));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signers_are_known_in_any_case_and_keys_by_their_digits() {
        let whole = "3b1f9c0277aa10de".repeat(4);
        for (asked, name, wanted) in [
            ("Alice@Example.com", "alice@example.com", Some(true)),
            ("sha256:3b1f9c0277aa10de", "SHA256:3b1f 9c02 77aa 10de", Some(true)),
            ("3B1F 9C02 77AA 10DE", "SHA256:3b1f 9c02 77aa 10de", Some(true)),
            (&whole, "SHA256:3b1f 9c02 77aa 10de", None),
            ("SHA256:3b1f", "SHA256:3b1f 9c02 77aa 10de", Some(false)),
            ("alice", "alicia", Some(false)),
        ] {
            assert_eq!(is_signer(asked, name), wanted, "{asked} and {name}");
        }
    }
}
