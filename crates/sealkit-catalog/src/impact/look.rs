//! Where a walk looks, and for whom.

use rusqlite::Connection;

use crate::Visible;
use crate::visible::may_see;

/// The catalogue as somebody may see it. What they may not see is passed over before anything is made of it: it
/// neither names a thing for them nor takes the room of what they may see.
pub(crate) struct Look<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) visible: Option<&'a [Visible]>,
    /// Whether a bound was met, so that something may have been left out.
    pub(crate) more: bool,
}

impl<'a> Look<'a> {
    pub(crate) fn new(connection: &'a Connection, visible: Option<&'a [Visible]>) -> Self {
        Self { connection, visible, more: false }
    }

    pub(crate) fn sees(&self, repository: &str) -> bool {
        may_see(self.visible, repository)
    }

    /// Versions whose manifest has this digest, at most `most`.
    pub(crate) fn kits(&mut self, digest: &str, most: usize) -> rusqlite::Result<Vec<i64>> {
        let sql = "SELECT id, repository FROM kits WHERE digest = ?1 ORDER BY id";
        let mut asked = self.connection.prepare_cached(sql)?;
        let mut rows = asked.query([digest])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            if !self.sees(row.get_ref(1)?.as_str()?) {
                continue;
            }
            if found.len() == most {
                self.more = true;
                break;
            }
            found.push(row.get(0)?);
        }
        Ok(found)
    }

    /// Where things with this key are, version and place in it, other than in the version `but`: in at most
    /// `bounds.versions`, and at most `bounds.each` of one. Where there are more, that is noted. Who names a thing many
    /// times in one version takes nobody else's room.
    pub(crate) fn places(
        &mut self,
        key: &str,
        but: Option<i64>,
        bounds: Bounds,
    ) -> rusqlite::Result<Vec<(i64, i64)>> {
        let sql =
            "SELECT keys.kit, keys.at, kits.repository FROM keys JOIN kits ON kits.id = keys.kit
            WHERE keys.key = ?1 AND keys.kit > ?3 AND keys.kit IS NOT ?2 ORDER BY keys.kit, keys.at";
        let mut asked = self.connection.prepare_cached(sql)?;
        let (mut found, mut done, mut versions) = (Vec::new(), i64::MIN, 0);
        loop {
            // From the next version on, where one has more than are looked at.
            let mut rows = asked.query(rusqlite::params![key, but, done])?;
            let (mut current, mut of_current, mut is_full) = (None, 0, false);
            while let Some(row) = rows.next()? {
                let kit: i64 = row.get(0)?;
                if current != Some(kit) {
                    if self.visible.is_some() && !self.sees(row.get_ref(2)?.as_str()?) {
                        continue;
                    }
                    if versions == bounds.versions {
                        self.more = true;
                        return Ok(found);
                    }
                    (current, of_current) = (Some(kit), 0);
                    versions += 1;
                }
                if of_current == bounds.each {
                    (done, is_full) = (kit, true);
                    break;
                }
                of_current += 1;
                found.push((kit, row.get(1)?));
            }
            if !is_full {
                return Ok(found);
            }
            self.more = true;
        }
    }
}

/// How much of what has one key is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Most versions.
    pub(crate) versions: usize,
    /// Most places of one version.
    pub(crate) each: usize,
}
