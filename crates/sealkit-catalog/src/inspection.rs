//! What inspection found in one version, without the rest of its entry.

use sealkit_api::{CodeFact, LicenceOf, Note};
use sealkit_oci::Digest;

use crate::read::{CODE, NOTES, all, code, lines, note};
use crate::write::id_of;
use crate::{Catalog, CatalogError};

/// What inspection found in one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Findings, the worst first.
    pub notes: Vec<Note>,
    /// What is known of code in its files.
    pub code: Vec<CodeFact>,
    /// Licences, by what they are of; files are left out.
    pub licences: Vec<LicenceOf>,
    /// What could not be read, for people.
    pub problem: Option<String>,
}

impl Catalog {
    /// What inspection found in a version; none where nobody looked at it yet.
    pub fn inspection(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Option<Inspection>, CatalogError> {
        self.reading(|connection| {
            let Some(id) = id_of(connection, repository, digest)? else { return Ok(None) };
            let problem = "SELECT problem FROM kits WHERE id = ?1";
            let licences = "SELECT kind, name, licences FROM things
                WHERE kit = ?1 AND licences <> '' AND kind <> 'file' ORDER BY at LIMIT 500";
            Ok(Some(Inspection {
                notes: all(connection, NOTES, id, note)?,
                code: all(connection, CODE, id, code)?,
                licences: all(connection, licences, id, |row| {
                    let (kind, name) = (row.get(0)?, row.get(1)?);
                    Ok(LicenceOf { kind, name, licences: lines(&row.get::<_, String>(2)?) })
                })?,
                problem: connection.query_row(problem, [id], |row| row.get(0))?,
            }))
        })
    }
}
