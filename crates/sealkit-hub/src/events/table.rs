//! The rows of events and of counted pulls.

use rusqlite::{Connection, Row, params};
use sealkit_api::{HubEvent, PullCount};
use sealkit_hubstore::Fault;

use super::ACTIONS;
use super::pulls::Counted;

/// What makes each version of the tables of the one before. No program can change an event: the database
/// itself refuses.
pub(super) const STEPS: &[&str] = &["
CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL,
  action TEXT NOT NULL, repository TEXT, subject TEXT, detail TEXT, count INTEGER NOT NULL
);
CREATE INDEX events_by_repository ON events (repository, number);
CREATE TRIGGER events_unchanged BEFORE UPDATE ON events
  BEGIN SELECT RAISE(ABORT, 'events are not changed'); END;
CREATE TRIGGER events_kept BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'events are kept'); END;
CREATE TABLE pulls (
  repository TEXT NOT NULL, digest TEXT NOT NULL, count INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY (repository, digest)
) WITHOUT ROWID;
"];
/// Most events of one page.
pub(super) const MAX_PAGE: usize = 100;
/// Longest text of an event, in characters.
const MAX_TEXT: usize = 512;

/// Something to write down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewEvent {
    /// Who.
    pub actor: String,
    /// What: `scope.action`.
    pub action: &'static str,
    /// Where.
    pub repository: Option<String>,
    /// Which digest, tag or number.
    pub subject: Option<String>,
    /// More for people.
    pub detail: Option<String>,
}

impl NewEvent {
    /// An act of `actor`.
    pub fn new(actor: &str, action: &'static str) -> Self {
        debug_assert!(ACTIONS.contains(&action), "{action} is missing in the list of actions");
        Self { actor: actor.to_owned(), action, ..Self::default() }
    }

    /// In a repository.
    #[must_use]
    pub fn within(self, repository: &str) -> Self {
        Self { repository: Some(repository.to_owned()), ..self }
    }

    /// About a digest, a tag or a number.
    #[must_use]
    pub fn about(self, subject: impl ToString) -> Self {
        Self { subject: Some(subject.to_string()), ..self }
    }

    /// With more for people.
    #[must_use]
    pub fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

/// Which events to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of this repository alone.
    pub repository: Option<String>,
    /// Of this actor alone.
    pub actor: Option<String>,
    /// Of this action, e.g. `tag.set`, or all of a scope, e.g. `tag`.
    pub action: Option<String>,
    /// From this time on, in seconds since 1970.
    pub since: Option<i64>,
    /// Before the event of this number.
    pub before: Option<i64>,
    /// So many at most, and never more than 100.
    pub limit: Option<usize>,
}

impl EventFilter {
    /// How many there are on a page.
    pub fn page(&self) -> usize {
        self.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE)
    }
}

fn short(text: Option<&String>) -> Option<String> {
    text.map(|text| text.chars().take(MAX_TEXT).collect())
}

/// Writes an event that happened `count` times, in the transaction of the act that it is about.
pub(crate) fn insert(
    sql: &Connection,
    event: &NewEvent,
    now: i64,
    count: u64,
) -> Result<(), Fault> {
    let query = "INSERT INTO events (at, actor, action, repository, subject, detail, count) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (subject, detail) = (short(event.subject.as_ref()), short(event.detail.as_ref()));
    let values = params![now, event.actor, event.action, event.repository, subject, detail, count];
    sql.prepare_cached(query)?.execute(values)?;
    Ok(())
}

pub(super) fn list(sql: &Connection, filter: &EventFilter) -> Result<Vec<HubEvent>, Fault> {
    let query = "SELECT number, at, actor, action, repository, subject, detail, count FROM events \
                 WHERE (?1 IS NULL OR repository = ?1) AND (?2 IS NULL OR actor = ?2) \
                 AND (?3 IS NULL OR action = ?3 OR substr(action, 1, length(?3) + 1) = ?3 || '.') \
                 AND (?4 IS NULL OR at >= ?4) AND number < coalesce(?5, 9223372036854775807) \
                 ORDER BY number DESC LIMIT ?6";
    let mut asked = sql.prepare_cached(query)?;
    let EventFilter { repository, actor, action, since, before, .. } = filter;
    let values = params![repository, actor, action, since, before, filter.page()];
    Ok(asked.query_map(values, event)?.collect::<Result<_, _>>()?)
}

/// The event in a row of `number, at, actor, action, repository, subject, detail, count`.
pub(crate) fn event(row: &Row<'_>) -> rusqlite::Result<HubEvent> {
    Ok(HubEvent {
        number: row.get(0)?,
        time: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        repository: row.get(4)?,
        subject: row.get(5)?,
        detail: row.get(6)?,
        count: row.get(7)?,
    })
}

pub(super) fn add_pulls(sql: &Connection, pulls: &Counted) -> Result<(), Fault> {
    let query = "INSERT INTO pulls VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET \
                 count = count + excluded.count, last = max(last, excluded.last)";
    let mut asked = sql.prepare_cached(query)?;
    for ((repository, digest), (count, last)) in pulls {
        asked.execute(params![repository, digest.to_string(), count, last])?;
    }
    Ok(())
}

pub(super) fn pulls(sql: &Connection, repository: &str) -> Result<Vec<PullCount>, Fault> {
    let query = "SELECT digest, count, last FROM pulls WHERE repository = ?1 \
                 ORDER BY count DESC, digest LIMIT 100";
    let mut asked = sql.prepare_cached(query)?;
    let rows = asked
        .query_map([repository], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
    let mut pulls = Vec::new();
    for row in rows {
        let (digest, count, last) = row?;
        pulls.extend(digest.parse().ok().map(|digest| PullCount { digest, count, last }));
    }
    Ok(pulls)
}
