//! What refers to a manifest.

use rusqlite::{Connection, Row, params};
use sealkit_oci::{Annotations, Descriptor, Digest};
use sealkit_store::{FilledPart, ReferrersPage, ReferrersPart, StoreError};

use super::Fault;

/// In the order of the index, so that nothing is sorted: a row is read when it is come to, and with it its
/// annotations. Other indexes would do for fewer rows, but not in this order.
const LIST: &str = "
SELECT listed.digest, media_type, length(body), artifact_type, annotations
FROM listed INDEXED BY listed_by_subject CROSS JOIN manifests ON manifests.digest = listed.digest
WHERE repository = ?1 AND subject = ?2 AND listed.digest > ?3 AND (?4 IS NULL OR artifact_type = ?4)
ORDER BY listed.digest";

/// A part of what refers to a manifest, sorted by digest. It is read one by one until it is full: no more is held
/// than it and one.
pub(super) fn list(
    sql: &Connection,
    repository: &str,
    subject: &Digest,
    artifact_type: Option<&str>,
    page: &ReferrersPage,
) -> Result<ReferrersPart, Fault> {
    let mut asked = sql.prepare_cached(LIST)?;
    let after = page.after.as_deref().unwrap_or_default();
    let mut rows = asked.query(params![repository, subject.to_string(), after, artifact_type])?;
    let mut filled = FilledPart::new(page);
    while let Some(row) = rows.next()? {
        if !filled.push(describe(row)?) {
            break;
        }
    }
    Ok(filled.part())
}

fn describe(row: &Row<'_>) -> Result<Descriptor, Fault> {
    let digest: String = row.get(0)?;
    let digest: Digest = digest.parse().map_err(StoreError::from)?;
    let mut one = Descriptor::new(row.get::<_, String>(1)?, digest, row.get(2)?);
    one.artifact_type = row.get(3)?;
    let annotations: Option<String> = row.get(4)?;
    let annotations: Option<Annotations> =
        annotations.and_then(|text| serde_json::from_str(&text).ok());
    one.annotations = annotations.unwrap_or_default();
    Ok(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let sql = Connection::open(folder.path().join("state")).unwrap();
        super::super::schema::migrate(&sql, folder.path()).unwrap();
        let mut asked = sql.prepare(&format!("EXPLAIN QUERY PLAN {LIST}")).unwrap();
        let none: Option<&str> = None;
        let steps = asked.query_map(params!["a", "b", "", none], |row| row.get::<_, String>(3));
        let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
        let expected = "SEARCH listed USING INDEX listed_by_subject \
            (repository=? AND subject=? AND digest>?)";
        assert_eq!(steps[0], expected);
        assert!(steps.iter().all(|step| !step.contains("TEMP B-TREE")), "{steps:?}");
    }
}
