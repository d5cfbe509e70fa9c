//! The rows of trusted issuers.

use rusqlite::{Connection, Row, params};
use sealkit_hubstore::Fault;

use super::discover::KeySource;
use super::{Claim, NewIssuer, TrustedIssuer};

/// Whose table it is in the database.
pub(super) const OWNER: &str = "issuers";
/// What makes each version of it of the one before.
pub(super) const STEPS: &[&str] = &[
    "
CREATE TABLE trusted_issuers (
  id INTEGER PRIMARY KEY AUTOINCREMENT, issuer TEXT NOT NULL, audience TEXT NOT NULL,
  claims TEXT NOT NULL, scopes TEXT NOT NULL, ttl INTEGER NOT NULL, user TEXT NOT NULL,
  keys TEXT NOT NULL, created INTEGER NOT NULL, removed INTEGER
);
",
    "
ALTER TABLE trusted_issuers ADD COLUMN source INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trusted_issuers ADD COLUMN fetched INTEGER NOT NULL DEFAULT 0;
",
];

fn of(row: &Row<'_>) -> rusqlite::Result<TrustedIssuer> {
    let (claims, scopes): (String, String) = (row.get(3)?, row.get(4)?);
    Ok(TrustedIssuer {
        id: row.get(0)?,
        issuer: row.get(1)?,
        audience: row.get(2)?,
        // Claims that can not be read are none, and an issuer without any gives nothing.
        claims: serde_json::from_str(&claims).unwrap_or_default(),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        ttl: row.get(5)?,
        user: row.get(6)?,
        keys: row.get(7)?,
        source: KeySource::of(row.get(8)?),
        fetched: row.get(9)?,
    })
}

pub(super) fn list(sql: &Connection) -> Result<Vec<TrustedIssuer>, Fault> {
    let query = "SELECT id, issuer, audience, claims, scopes, ttl, user, keys, source, fetched \
                 FROM trusted_issuers WHERE removed IS NULL ORDER BY id";
    let mut asked = sql.prepare_cached(query)?;
    let issuers = asked.query_map([], of)?;
    Ok(issuers.collect::<Result<_, _>>()?)
}

pub(super) fn add(sql: &Connection, new: &NewIssuer, now: i64) -> Result<TrustedIssuer, Fault> {
    let claim =
        |(name, value): &(String, String)| Claim { name: name.clone(), value: value.clone() };
    let claims: Vec<Claim> = new.claims.iter().map(claim).collect();
    let scopes: Vec<String> = new.scopes.iter().map(ToString::to_string).collect();
    let text = serde_json::to_string(&claims).unwrap_or_default();
    let query = "INSERT INTO trusted_issuers \
                 (issuer, audience, claims, scopes, ttl, user, keys, created, source, fetched) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8)";
    let NewIssuer { issuer, audience, ttl, user, keys, source, .. } = new.clone();
    let named = scopes.join(" ");
    let from = source.number();
    sql.execute(query, params![issuer, audience, text, named, ttl, user, keys, now, from])?;
    let id = sql.last_insert_rowid();
    let fetched = now;
    Ok(TrustedIssuer { id, issuer, audience, claims, scopes, ttl, user, keys, source, fetched })
}

/// Keeps the keys of an issuer that were fetched at `now`.
pub(super) fn refresh(sql: &Connection, id: i64, keys: &str, now: i64) -> Result<(), Fault> {
    sql.prepare_cached("UPDATE trusted_issuers SET keys = ?2, fetched = ?3 WHERE id = ?1")?
        .execute(params![id, keys, now])?;
    Ok(())
}

pub(super) fn remove(sql: &Connection, id: i64, now: i64) -> Result<bool, Fault> {
    let query = "UPDATE trusted_issuers SET removed = ?2 WHERE id = ?1 AND removed IS NULL";
    Ok(sql.execute(query, params![id, now])? == 1)
}
