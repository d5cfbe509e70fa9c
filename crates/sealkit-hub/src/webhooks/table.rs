//! The rows of webhooks.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sealkit_api::HubEvent;
use sealkit_hubstore::Fault;

use super::Webhook;
use crate::events::event;

/// What makes each version of the table of the one before. `after` is the last event that is done.
pub(super) const STEPS: &[&str] = &["
CREATE TABLE webhooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, events TEXT NOT NULL,
  secret TEXT NOT NULL, after INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  next_try INTEGER NOT NULL DEFAULT 0, failure TEXT, disabled INTEGER NOT NULL DEFAULT 0
);
"];
const COLUMNS: &str = "id, url, events, after, attempts, next_try, failure, disabled";
/// Events that are looked at in one go for one that fits.
const STEP: i64 = 1_000;

fn read(row: &Row<'_>) -> rusqlite::Result<Webhook> {
    let events: String = row.get(2)?;
    Ok(Webhook {
        id: row.get(0)?,
        url: row.get(1)?,
        events: events.split_whitespace().map(str::to_owned).collect(),
        after: row.get(3)?,
        attempts: row.get(4)?,
        next_try: row.get(5)?,
        failure: row.get(6)?,
        disabled: row.get(7)?,
    })
}

/// Makes one for the events from now on; none where there are `most` already.
pub(super) fn add(
    sql: &Connection,
    url: &str,
    events: &str,
    secret: &str,
    most: usize,
) -> Result<Option<i64>, Fault> {
    let count: i64 = sql.query_row("SELECT count(*) FROM webhooks", [], |row| row.get(0))?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= most {
        return Ok(None);
    }
    sql.execute(
        "INSERT INTO webhooks (url, events, secret, after)
         VALUES (?1, ?2, ?3, (SELECT coalesce(max(number), 0) FROM events))",
        [url, events, secret],
    )?;
    Ok(Some(sql.last_insert_rowid()))
}

pub(super) fn list(sql: &Connection) -> Result<Vec<Webhook>, Fault> {
    let mut asked = sql.prepare_cached(&format!("SELECT {COLUMNS} FROM webhooks ORDER BY id"))?;
    let rows = asked.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn remove(sql: &Connection, id: i64) -> Result<bool, Fault> {
    Ok(sql.execute("DELETE FROM webhooks WHERE id = ?1", [id])? > 0)
}

/// Webhooks whose turn it may be at `now`, each with its secret.
pub(super) fn due(sql: &Connection, now: i64) -> Result<Vec<(Webhook, String)>, Fault> {
    let mut asked = sql.prepare_cached(&format!(
        "SELECT {COLUMNS}, secret FROM webhooks WHERE NOT disabled AND next_try <= ?1
         AND after < (SELECT coalesce(max(number), 0) FROM events) ORDER BY id"
    ))?;
    let rows = asked.query_map([now], |row| Ok((read(row)?, row.get(8)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What comes next for a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This event.
    Event(HubEvent),
    /// Nothing up to the event of this number.
    Nothing(i64),
}

/// The first event after `hook.after` that fits.
pub(super) fn next(sql: &Connection, hook: &Webhook) -> Result<Next, Fault> {
    let mut asked = sql.prepare_cached(
        "SELECT number, at, actor, action, repository, subject, detail, count FROM events
         WHERE number > ?1 ORDER BY number LIMIT ?2",
    )?;
    let mut rows = asked.query(params![hook.after, STEP])?;
    let mut last = hook.after;
    while let Some(row) = rows.next()? {
        let event = event(row)?;
        if hook.events.iter().any(|wanted| fits(wanted, &event.action)) {
            return Ok(Next::Event(event));
        }
        last = event.number;
    }
    Ok(Next::Nothing(last))
}

/// Whether an event is the one that is wanted, or of the scope that is.
pub(super) fn fits(wanted: &str, action: &str) -> bool {
    let rest = action.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// It is done with everything up to `after`; `failure` says what was given up.
pub(super) fn done(
    sql: &Connection,
    id: i64,
    after: i64,
    failure: Option<&str>,
) -> Result<(), Fault> {
    sql.prepare_cached(
        "UPDATE webhooks SET after = max(after, ?2), attempts = 0, next_try = 0, failure = ?3
         WHERE id = ?1",
    )?
    .execute(params![id, after, failure])?;
    Ok(())
}

/// The next one was tried in vain and is tried again at `next_try`; never where that is none.
pub(super) fn failed(
    sql: &Connection,
    id: i64,
    failure: &str,
    next_try: Option<i64>,
) -> Result<(), Fault> {
    sql.prepare_cached(
        "UPDATE webhooks SET attempts = attempts + 1, failure = ?2, next_try = coalesce(?3, 0),
           disabled = ?3 IS NULL WHERE id = ?1",
    )?
    .execute(params![id, failure, next_try])?;
    Ok(())
}

/// Whether it is there still.
pub(super) fn exists(sql: &Connection, id: i64) -> Result<bool, Fault> {
    let found = sql.query_row("SELECT 1 FROM webhooks WHERE id = ?1", [id], |_| Ok(()));
    Ok(found.optional()?.is_some())
}
