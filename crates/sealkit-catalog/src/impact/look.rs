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

    /// Where things with this key are, version and place in it, other than in the version `but`: at most `most`,
    /// and where there are more, that is noted.
    pub(crate) fn places(
        &mut self,
        key: &str,
        but: Option<i64>,
        most: usize,
    ) -> rusqlite::Result<Vec<(i64, i64)>> {
        let sql =
            "SELECT keys.kit, keys.at, kits.repository FROM keys JOIN kits ON kits.id = keys.kit
            WHERE keys.key = ?1 AND keys.kit IS NOT ?2 ORDER BY keys.kit, keys.at";
        let mut asked = self.connection.prepare_cached(sql)?;
        let mut rows = asked.query(rusqlite::params![key, but])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            if self.visible.is_some() && !self.sees(row.get_ref(2)?.as_str()?) {
                continue;
            }
            if found.len() == most {
                self.more = true;
                break;
            }
            found.push((row.get(0)?, row.get(1)?));
        }
        Ok(found)
    }
}
