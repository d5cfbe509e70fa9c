//! Whether the rows hold together.

use rusqlite::Connection;
use sealkit_oci::Digest;
use sealkit_store::Links;

use super::{Fault, manifests};
use crate::Problem;
use crate::fsck::{is_elsewhere, missing_content, note, wrong_body};

/// Looks at every row of a manifest; gives their number and what is wrong.
pub(super) fn run(sql: &Connection) -> Result<(u64, Vec<Problem>), Fault> {
    let mut problems = Vec::new();
    check_database(sql, &mut problems)?;
    let manifests = check_manifests(sql, &mut problems)?;
    Ok((manifests, problems))
}

fn check_database(sql: &Connection, problems: &mut Vec<Problem>) -> Result<(), Fault> {
    let mut asked = sql.prepare("PRAGMA quick_check(100)")?;
    let found = asked.query_map([], |row| row.get::<_, String>(0))?;
    for text in found {
        let text = text?;
        if text != "ok" {
            note(problems, "database", text, "the database is damaged".to_owned());
        }
    }
    Ok(())
}

/// The number of manifests; notes what is wrong with them.
fn check_manifests(sql: &Connection, problems: &mut Vec<Problem>) -> Result<u64, Fault> {
    let mut count = 0;
    let mut asked = sql.prepare("SELECT digest, body FROM manifests")?;
    let mut rows = asked.query([])?;
    while let Some(row) = rows.next()? {
        let (digest, body): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        count += 1;
        if !digest.parse::<Digest>().is_ok_and(|expected| expected.matches(&body)) {
            wrong_body(problems, digest);
        }
    }
    let mut asked = sql.prepare(
        "SELECT listed.repository, listed.digest, links.child, listed.media_type, manifests.body
         FROM listed JOIN links USING (digest) JOIN manifests USING (digest)
         WHERE NOT EXISTS (SELECT 1 FROM held WHERE held.repository = listed.repository
             AND held.digest = links.child)
         AND NOT EXISTS (SELECT 1 FROM listed AS other WHERE other.repository = listed.repository
             AND other.digest = links.child)",
    )?;
    let mut rows = asked.query([])?;
    while let Some(row) = rows.next()? {
        let (repository, digest): (String, String) = (row.get(0)?, row.get(1)?);
        let child: String = row.get(2)?;
        let (media_type, body): (String, Vec<u8>) = (row.get(3)?, row.get(4)?);
        if is_elsewhere(&media_type, &body, &child) {
            continue;
        }
        missing_content(problems, &digest, &repository, child);
    }
    Ok(count)
}

/// Makes what is derived from the bodies anew.
pub(super) fn rebuild(sql: &Connection) -> Result<u64, Fault> {
    sql.execute("DELETE FROM links", [])?;
    let mut asked = sql.prepare(
        "SELECT repository, digest, media_type, body FROM listed JOIN manifests USING (digest)",
    )?;
    let mut rows = asked.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (repository, digest): (String, String) = (row.get(0)?, row.get(1)?);
        let (media_type, body): (String, Vec<u8>) = (row.get(2)?, row.get(3)?);
        // A body that can not be read any more is what `fsck` names.
        let Ok(links) = Links::parse(&media_type, &body) else { continue };
        manifests::link(sql, &digest, &links)?;
        manifests::describe(sql, &repository, &digest, &links)?;
        count += 1;
    }
    Ok(count)
}
