//! Wishes to look at a version again, written in the transaction of the act that gives cause: something was
//! attached to it, or taken from it. A hub that is killed before its catalogue took that in looks after its start.

use rusqlite::{Connection, params};
use sealkit_hubstore::{Database, Fault};
use sealkit_oci::Digest;
use sealkit_store::StoreError;

/// Whose table it is in the database.
const OWNER: &str = "looks";
/// A wish that is made anew has another number, so that what was taken in before does not settle it.
const STEPS: &[&str] = &["
CREATE TABLE looks (
  number INTEGER PRIMARY KEY AUTOINCREMENT, repository TEXT NOT NULL, digest TEXT NOT NULL,
  UNIQUE (repository, digest)
);
"];
/// Wishes that are taken in at once.
const PAGE: u32 = 1_000;

/// The wishes in one database.
#[derive(Clone)]
pub(super) struct Looks(Database);

/// Wishes: the number of the last one, and which versions they are about.
pub(super) struct Wishes {
    last: i64,
    pub(super) versions: Vec<(String, Digest)>,
}

impl Looks {
    /// Those in `database`; from now on they are written there.
    pub(super) async fn of(database: &Database) -> Result<Self, StoreError> {
        database.own_tables(OWNER, STEPS).await?;
        database.along_attached(wish);
        Ok(Self(database.clone()))
    }

    /// The oldest wishes that nobody took in.
    pub(super) async fn next(&self) -> Result<Option<Wishes>, StoreError> {
        self.0.read(next).await
    }

    /// Forgets wishes that were taken in, and none that were made since.
    pub(super) async fn settle(&self, wishes: Wishes) -> Result<(), StoreError> {
        let settle = move |sql: &Connection| {
            sql.execute("DELETE FROM looks WHERE number <= ?1", [wishes.last])?;
            Ok(())
        };
        self.0.write(settle).await
    }
}

/// Writes a wish in the transaction of an act.
fn wish(sql: &Connection, repository: &str, subject: &str) -> Result<(), Fault> {
    sql.prepare_cached("INSERT OR REPLACE INTO looks (repository, digest) VALUES (?1, ?2)")?
        .execute(params![repository, subject])?;
    Ok(())
}

fn next(sql: &Connection) -> Result<Option<Wishes>, Fault> {
    let mut asked = sql
        .prepare_cached("SELECT number, repository, digest FROM looks ORDER BY number LIMIT ?1")?;
    let rows = asked.query_map([PAGE], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let (mut last, mut versions) = (None, Vec::new());
    for row in rows {
        let (number, repository, digest) = row?;
        last = Some(number);
        // What is no digest names nothing to look at.
        versions.extend(digest.parse().ok().map(|digest| (repository, digest)));
    }
    Ok(last.map(|last| Wishes { last, versions }))
}
