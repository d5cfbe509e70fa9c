//! Advisories that are attached to what a hub holds, the newest first: for people and programs that follow
//! what was revoked.
//!
//! A hub shows what an advisory says and does not say that it is true: whoever may push can attach one. It
//! counts for those who trust its signer, when they verify.

mod atom;
mod export;
mod routes;

use rusqlite::params;
use sealkit_api::HubAdvisory;
use sealkit_attest::{Advisory, AdvisorySeverity, Bundle, Predicate as _, Timestamp};
use sealkit_hubstore::{Fault, Storage};
use sealkit_oci::{Digest, Manifest, Target};
use sealkit_store::{Namespace as _, Repository, StoreError};

pub(crate) use routes::{Asked, list, router};

use crate::HubError;
use crate::access::Caller;
use crate::reader::read_whole;

/// Whose index it is in the database.
const OWNER: &str = "advisories";
/// Which referrers are advisories, as their annotation says. It stands in the index and in the question,
/// so that one answers the other.
macro_rules! is_advisory {
    () => {
        "subject IS NOT NULL AND json_extract(annotations, '$.\"dev.sigstore.bundle.predicateType\"')
           = 'https://sealkit.dev/attestations/advisory/v1'"
    };
}
const STEPS: &[&str] = &[concat!(
    "CREATE INDEX listed_advisories ON listed (at, digest, repository) WHERE ",
    is_advisory!()
)];
const NEWEST: &str = concat!(
    "SELECT repository, digest, subject, at FROM listed WHERE ",
    is_advisory!(),
    " AND (at, digest, repository) < (?1, ?2, ?3) ORDER BY at DESC, digest DESC, repository DESC LIMIT ?4"
);
const ONE: &str =
    concat!("SELECT 1 FROM listed WHERE repository = ?1 AND digest = ?2 AND ", is_advisory!());
/// Rows that are looked at in one go.
const STEP: usize = 200;
/// Rows that one request looks at: most of them may be of repositories that the caller does not see.
const MOST: usize = 10_000;
/// Largest bundle that is read, in bytes: an advisory is small.
const MAX_BUNDLE: usize = 256 << 10;

/// The advisories of one hub. Clones share them.
#[derive(Clone)]
pub struct Advisories {
    storage: Storage,
}

/// Where a page ends: the next one begins behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    at: i64,
    digest: String,
    repository: String,
}

impl Place {
    /// Behind everything: where the first page begins.
    fn newest() -> Self {
        Self { at: i64::MAX, digest: String::new(), repository: String::new() }
    }

    /// `AT,DIGEST,REPOSITORY`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ',');
        let at = parts.next()?.parse().ok()?;
        let digest = parts.next()?.parse::<Digest>().ok()?.to_string();
        Some(Self { at, digest, repository: parts.next()?.to_owned() })
    }

    fn text(&self) -> String {
        format!("{},{},{}", self.at, self.digest, self.repository)
    }
}

impl Advisories {
    /// The advisories in `storage`.
    pub async fn of(storage: &Storage) -> Result<Self, StoreError> {
        storage.database().own_tables(OWNER, STEPS).await?;
        Ok(Self { storage: storage.clone() })
    }

    /// Whether a manifest of `repository` says that it attaches an advisory.
    pub(crate) async fn is_one(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<bool, StoreError> {
        let (repository, digest) = (repository.to_owned(), digest.to_string());
        let act = move |sql: &rusqlite::Connection| {
            Ok::<_, Fault>(sql.prepare_cached(ONE)?.exists(params![repository, digest])?)
        };
        self.storage.database().read(act).await
    }

    /// A page of at most `limit` that `caller` may see, the newest first, and where the next one begins.
    async fn page(
        &self,
        caller: &Caller,
        after: Option<Place>,
        limit: usize,
    ) -> Result<(Vec<HubAdvisory>, Option<Place>), HubError> {
        let (found, next) = self.listed(caller, after, limit).await?;
        Ok((found.into_iter().map(Listed::told).collect(), next))
    }

    /// The same with what each says in full.
    async fn listed(
        &self,
        caller: &Caller,
        after: Option<Place>,
        limit: usize,
    ) -> Result<(Vec<Listed>, Option<Place>), HubError> {
        let (mut found, mut place) = (Vec::new(), after.unwrap_or_else(Place::newest));
        for _ in 0..MOST / STEP {
            let rows = self.rows(place.clone()).await?;
            let is_last = rows.len() < STEP;
            for (row, subject) in rows {
                if caller.sees(&row.repository) {
                    if found.len() == limit {
                        return Ok((found, Some(place)));
                    }
                    found.push(self.read(&row, subject).await?);
                }
                place = row;
            }
            if is_last {
                return Ok((found, None));
            }
        }
        Ok((found, Some(place)))
    }

    async fn rows(&self, place: Place) -> Result<Vec<(Place, String)>, StoreError> {
        let act = move |sql: &rusqlite::Connection| {
            let mut asked = sql.prepare_cached(NEWEST)?;
            let given = params![place.at, place.digest, place.repository, STEP as i64];
            let rows = asked.query_map(given, |row| {
                let place = Place { repository: row.get(0)?, digest: row.get(1)?, at: row.get(3)? };
                Ok((place, row.get(2)?))
            })?;
            Ok::<_, Fault>(rows.collect::<Result<_, _>>()?)
        };
        self.storage.database().read(act).await
    }

    /// What one says; without its text where that can not be read.
    async fn read(&self, row: &Place, subject: String) -> Result<Listed, HubError> {
        let repository = self.storage.repository(&row.repository)?;
        let digest: Digest = row.digest.parse().map_err(StoreError::from)?;
        let said = said(&*repository, &digest, &subject).await;
        let kit = subject.parse().map_err(StoreError::from)?;
        Ok(Listed { repository: row.repository.clone(), kit, digest, at: row.at, said })
    }
}

/// One that is attached: what it says, whoever signed it.
struct Listed {
    repository: String,
    /// The manifest that it is about.
    kit: Digest,
    /// The manifest that attaches it.
    digest: Digest,
    /// When it was attached, in seconds since 1970.
    at: i64,
    /// None where it can not be read.
    said: Option<Advisory>,
}

impl Listed {
    /// The answer of the API.
    fn told(self) -> HubAdvisory {
        let said = self.said.as_ref();
        let severity = said.and_then(|said| said.severity).map(AdvisorySeverity::name);
        HubAdvisory {
            attached: Timestamp::shown(self.at),
            id: said.map(|said| said.id.clone()),
            state: said.map(|said| said.state.name().to_owned()),
            reason: said.map(|said| said.reason.clone()),
            severity: severity.map(str::to_owned),
            issued_on: said.map(|said| said.issued_on.as_str().to_owned()),
            repository: self.repository,
            kit: self.kit,
            digest: self.digest,
        }
    }
}

/// The advisory in a referrer's bundle about this subject; none where it is none, or too large. Whose
/// signature it is is not looked at.
async fn said(repository: &dyn Repository, digest: &Digest, subject: &str) -> Option<Advisory> {
    let stored = repository.manifest(&Target::Digest(digest.clone())).await.ok()??;
    let manifest: Manifest = serde_json::from_slice(&stored.bytes).ok()?;
    let [layer] = manifest.layers() else { return None };
    let bytes = read_whole(repository, layer, MAX_BUNDLE).await.ok()?;
    let statement = Bundle::parse(bytes).ok()?.statement().ok()?;
    let is_about = |one: &sealkit_attest::Subject| {
        one.sha256().is_some_and(|digest| digest.to_string() == subject)
    };
    let fits =
        Advisory::matches(statement.predicate_type()) && statement.subjects().iter().any(is_about);
    fits.then(|| statement.predicate::<Advisory>().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let digest = Digest::of(b"a").to_string();
        let place = Place { at: 7, digest, repository: "org/kit".to_owned() };
        assert_eq!(Place::parse(&place.text()), Some(place));
        for bad in ["", "7", "x,sha256:a,b", "7,sha256:a,b"] {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn the_index_answers_the_question() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        Advisories::of(&storage).await.unwrap();
        let plan = storage.database().read(|sql| {
            let mut asked = sql.prepare(&format!("EXPLAIN QUERY PLAN {NEWEST}"))?;
            let rows = asked.query_map(params![1, "", "", 1], |row| row.get::<_, String>(3))?;
            Ok::<_, Fault>(rows.collect::<Result<Vec<_>, _>>()?.join("\n"))
        });
        let plan = plan.await.unwrap();
        assert!(plan.contains("listed_advisories") && !plan.contains("TEMP B-TREE"), "{plan}");
    }

    #[test]
    fn the_question_names_the_kind_that_is_written() {
        assert!(NEWEST.contains(Advisory::TYPE) && STEPS[0].contains(Advisory::TYPE));
    }
}
