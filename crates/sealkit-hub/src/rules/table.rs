//! The rows of rules.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sealkit_hubstore::Fault;

use super::{ImmutableTags, Rule, RuleChange};

/// Whose table it is in the database.
pub(super) const OWNER: &str = "rules";
/// What makes each version of it of the one before.
pub(super) const STEPS: &[&str] = &["
CREATE TABLE repository_rules (
  prefix TEXT PRIMARY KEY, immutable_tags TEXT, max_bytes INTEGER, max_versions INTEGER
) WITHOUT ROWID;
"];
const COLUMNS: &str = "prefix, immutable_tags, max_bytes, max_versions";

fn rule(row: &Row<'_>) -> rusqlite::Result<Rule> {
    let tags: Option<String> = row.get(1)?;
    Ok(Rule {
        prefix: row.get(0)?,
        // What a later program wrote and this one does not know keeps every tag.
        immutable_tags: tags.map(|tags| tags.parse().unwrap_or(ImmutableTags::All)),
        max_bytes: row.get(2)?,
        max_versions: row.get(3)?,
    })
}

pub(super) fn list(sql: &Connection) -> Result<Vec<Rule>, Fault> {
    let query = format!("SELECT {COLUMNS} FROM repository_rules ORDER BY prefix");
    let mut asked = sql.prepare_cached(&query)?;
    let rules = asked.query_map([], rule)?;
    Ok(rules.collect::<Result<_, _>>()?)
}

pub(super) fn change(sql: &Connection, prefix: &str, change: RuleChange) -> Result<Rule, Fault> {
    let query = format!("SELECT {COLUMNS} FROM repository_rules WHERE prefix = ?1");
    let found = sql.query_row(&query, [prefix], rule).optional()?;
    let mut new = found.unwrap_or_else(|| Rule { prefix: prefix.to_owned(), ..Rule::default() });
    new.immutable_tags = change.immutable_tags.unwrap_or(new.immutable_tags);
    new.max_bytes = change.max_bytes.unwrap_or(new.max_bytes);
    new.max_versions = change.max_versions.unwrap_or(new.max_versions);
    let query = "INSERT OR REPLACE INTO repository_rules VALUES (?1, ?2, ?3, ?4)";
    let tags = new.immutable_tags.map(ImmutableTags::name);
    sql.execute(query, params![prefix, tags, new.max_bytes, new.max_versions])?;
    Ok(new)
}
