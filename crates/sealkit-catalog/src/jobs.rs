//! Versions that wait to be looked at. Asked for twice, one is looked at once.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sealkit_oci::Digest;

use crate::{Catalog, CatalogError};

/// Most owners of jobs among whom somebody is looked for who does not rest.
const MAX_OWNERS: usize = 1_000;

/// A version that is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Which asking this is: a version that is asked for anew has another one.
    id: i64,
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// When it came, in seconds since 1970.
    pub pushed: i64,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// Why the last try failed.
    pub problem: Option<String>,
}

impl Catalog {
    /// Asks for versions to be looked at, now; one that already waits begins anew.
    pub fn enqueue(&self, jobs: &[(String, Digest, i64)], now: i64) -> Result<(), CatalogError> {
        self.writing(|connection| {
            let mut row = connection.prepare_cached(
                "INSERT OR REPLACE INTO jobs (repository, digest, pushed, due, attempts)
                 VALUES (?1, ?2, ?3, ?4, 0)",
            )?;
            for (repository, digest, pushed) in jobs {
                row.execute(params![repository, digest.to_string(), pushed, now])?;
            }
            Ok(())
        })
    }

    /// Asks for every version to be looked at that was so under another trust than `trust`; says how many.
    pub fn enqueue_other_trust(&self, trust: &str, now: i64) -> Result<usize, CatalogError> {
        self.writing(|connection| {
            connection.execute(
                "INSERT INTO jobs (repository, digest, pushed, due, attempts)
                 SELECT repository, digest, pushed, ?2, 0 FROM kits WHERE trust != ?1
                 ON CONFLICT DO UPDATE SET due = min(due, excluded.due)",
                params![trust, now],
            )
        })
    }

    /// The next job that is due; it stays until [`Catalog::finish`] or [`Catalog::postpone`].
    pub fn next_job(&self, now: i64) -> Result<Option<Job>, CatalogError> {
        self.next_job_but(now, &[])
    }

    /// The same, but those whose repository begins with a component among `resting` are passed over for as long as
    /// others are due.
    pub fn next_job_but(&self, now: i64, resting: &[String]) -> Result<Option<Job>, CatalogError> {
        self.reading(|connection| {
            let first = first_due(connection, now)?;
            let rests = |job: &Job| resting.iter().any(|one| *one == job.owner());
            if !first.as_ref().is_some_and(rests) {
                return Ok(first);
            }
            Ok(first_of_others(connection, now, resting)?.or(first))
        })
    }

    /// A job is done. Where its version was asked for anew meanwhile, that stays.
    pub fn finish(&self, job: &Job) -> Result<(), CatalogError> {
        self.writing(|connection| {
            connection.execute("DELETE FROM jobs WHERE id = ?1", [job.id]).map(drop)
        })
    }

    /// A job failed and is tried again at `due`; one whose version was asked for anew is tried when that says.
    pub fn postpone(&self, job: &Job, due: i64, problem: &str) -> Result<(), CatalogError> {
        self.writing(|connection| {
            let sql =
                "UPDATE jobs SET due = ?2, attempts = attempts + 1, problem = ?3 WHERE id = ?1";
            connection.execute(sql, params![job.id, due, problem]).map(drop)
        })
    }

    /// Makes a job that waits due at `now`, as if it was never tried; false where there is no such job.
    pub fn retry(&self, repository: &str, digest: &Digest, now: i64) -> Result<bool, CatalogError> {
        self.writing(|connection| {
            let sql = "UPDATE jobs SET due = ?3, attempts = 0
                       WHERE repository = ?1 AND digest = ?2";
            Ok(connection.execute(sql, params![repository, digest.to_string(), now])? > 0)
        })
    }

    /// Jobs that wait, the next ones first, and how many there are.
    pub fn jobs(&self, limit: usize) -> Result<(Vec<Job>, usize), CatalogError> {
        self.reading(|connection| {
            let sql = "SELECT id, repository, digest, pushed, attempts, problem FROM jobs
                       ORDER BY due, pushed, repository, digest LIMIT ?1";
            let mut rows = connection.prepare_cached(sql)?;
            let jobs = rows.query_map([crate::write::number(limit as u64)], job)?;
            let jobs = jobs.collect::<rusqlite::Result<Vec<_>>>()?;
            let count: i64 =
                connection.query_row("SELECT count(*) FROM jobs", [], |row| row.get(0))?;
            Ok((jobs, usize::try_from(count).unwrap_or(0)))
        })
    }
}

impl Job {
    /// Whose it is: the first component of its repository.
    pub fn owner(&self) -> &str {
        self.repository.split_once('/').map_or(&self.repository, |(owner, _)| owner)
    }
}

fn first_due(connection: &Connection, now: i64) -> rusqlite::Result<Option<Job>> {
    let sql = "SELECT id, repository, digest, pushed, attempts, problem FROM jobs
        WHERE due <= ?1 ORDER BY due, pushed, repository, digest LIMIT 1";
    connection.prepare_cached(sql)?.query_row([now], job).optional()
}

/// The first that is due of those who do not rest.
fn first_of_others(
    connection: &Connection,
    now: i64,
    resting: &[String],
) -> rusqlite::Result<Option<Job>> {
    let mut next = connection.prepare_cached("SELECT min(owner) FROM jobs WHERE owner > ?1")?;
    let sql = "SELECT id, repository, digest, pushed, attempts, problem, due FROM jobs
        WHERE owner = ?1 AND due <= ?2 ORDER BY due, pushed, repository, digest LIMIT 1";
    let mut of_owner = connection.prepare_cached(sql)?;
    let (mut owner, mut best) = (String::new(), None);
    for _ in 0..MAX_OWNERS {
        let Some(other) = next.query_row([&owner], |row| row.get::<_, Option<String>>(0))? else {
            break;
        };
        owner = other;
        if resting.contains(&owner) {
            continue;
        }
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(6)?, job(row)?));
        let found = of_owner.query_row(params![owner, now], read).optional()?;
        let is_earlier = |found: &(i64, Job)| {
            best.as_ref()
                .is_none_or(|best: &(i64, Job)| (found.0, found.1.pushed) < (best.0, best.1.pushed))
        };
        best = found.filter(is_earlier).or(best);
    }
    Ok(best.map(|(_, job)| job))
}

fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: row.get(0)?,
        repository: row.get(1)?,
        digest: crate::read::digest(row, 2)?,
        pushed: row.get(3)?,
        attempts: row.get(4)?,
        problem: row.get(5)?,
    })
}
