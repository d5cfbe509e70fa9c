//! Whether a question names something that nobody knows: an empty answer to it is no answer.

use rusqlite::{Connection, params};
use sealkit_inspect::RULES;
use sealkit_report::edit_distance;

use super::look::Look;
use super::{kit, said};
use crate::Question;
use crate::keys::tag_of;
use crate::question::{Named, as_kit};

/// Most names that are compared to find the nearest.
const MAX_NAMES: usize = 10_000;
/// Longest name that is compared, in characters.
const MAX_NAME: usize = 256;

/// Why a question to which no version is the answer says nothing; none where the answer is a no.
pub(super) fn reason(look: &Look<'_>, question: &Question) -> rusqlite::Result<Option<String>> {
    match question {
        Question::Finding(rule) => {
            let rule = said::rule_name(rule);
            let is_known = RULES.contains(&rule.as_str());
            let near = || nearest(&rule, RULES.iter().map(|rule| (*rule).to_owned()));
            Ok((!is_known).then(|| told(format!("no rule `{rule}` is known"), near())))
        }
        Question::Kit(named) => unknown_kit(look, named).map(Some),
        Question::Thing(named) => match as_kit(named) {
            Some(kit) if is_reference(&named.name) || is_here(look, &kit)?.is_some() => {
                unknown_kit(look, &kit).map(Some)
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Whether a name can be nothing but a kit's: a registry stands before it, with a port, or with a tag behind.
fn is_reference(name: &str) -> bool {
    let Some((host, _)) = name.split_once('/') else { return false };
    host.contains(':') || (tag_of(name).is_some() && (host.contains('.') || host == "localhost"))
}

/// The name under which a repository is here, of those that may be seen.
fn is_here<'a>(look: &Look<'_>, named: &'a Named) -> rusqlite::Result<Option<&'a str>> {
    let sql = "SELECT EXISTS (SELECT 1 FROM kits WHERE repository = ?1)
        OR EXISTS (SELECT 1 FROM tags WHERE repository = ?1)
        OR EXISTS (SELECT 1 FROM jobs WHERE repository = ?1)";
    for name in kit::names(look.connection, named)? {
        let mut asked = look.connection.prepare_cached(sql)?;
        if look.sees(name) && asked.query_row([name], |row| row.get(0))? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn unknown_kit(look: &Look<'_>, named: &Named) -> rusqlite::Result<String> {
    if let Some(name) = is_here(look, named)? {
        let Some(version) = &named.version else {
            return Ok(format!("no version of `{name}` was looked at"));
        };
        let tags = names(look.connection, "SELECT tag FROM tags WHERE repository = ?1", name)?;
        return Ok(told(
            format!("no version `{version}` of `{name}` is known"),
            nearest(version, tags.into_iter()),
        ));
    }
    let all = names(look.connection, "SELECT DISTINCT repository FROM kits WHERE ?1 <> ''", "x")?;
    let seen = all.into_iter().filter(|name| look.sees(name));
    let own = kit::names(look.connection, named)?.last().copied().unwrap_or(&named.name);
    Ok(told(format!("no kit `{}` is known", named.name), nearest(own, seen)))
}

fn names(connection: &Connection, sql: &str, value: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare_cached(sql)?.query_map(params![value], |row| row.get(0))?.collect()
}

fn told(what: String, near: Option<String>) -> String {
    near.map_or(what.clone(), |near| format!("{what}; did you mean `{near}`?"))
}

/// The name that differs least from the one that is wanted, where that is not much.
fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let wanted = wanted.to_lowercase();
    let most = 1 + wanted.chars().count() / 3;
    if wanted.chars().count() > MAX_NAME {
        return None;
    }
    let near = names.take(MAX_NAMES).filter(|name| name.chars().count() <= MAX_NAME);
    let scored = near.map(|name| (edit_distance(&wanted, &name.to_lowercase()), name));
    scored.min().filter(|(score, _)| *score <= most).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_told_where_it_is_near() {
        let names = || ["pickle-truncated", "tar-link"].into_iter().map(str::to_owned);
        assert_eq!(nearest("Pickle-trunkated", names()).as_deref(), Some("pickle-truncated"));
        assert_eq!(nearest("quite-another", names()), None);
        assert_eq!(nearest("", names()), None);
        assert_eq!(nearest(&"x".repeat(100_000), names()), None);
    }

    #[test]
    fn only_a_reference_can_be_nothing_but_a_kit() {
        for name in ["hub:5000/a", "hub.example.com/a/b:v1", "localhost/a:v1"] {
            assert!(is_reference(name), "{name}");
        }
        for name in ["google/bert", "llama:7b", "github.com/a/b", "library/llama:7b", ""] {
            assert!(!is_reference(name), "{name}");
        }
    }
}
