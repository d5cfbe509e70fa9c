//! Quarantine: what may not be read for now, why, and since when.
//!
//! It is kept beside the storage and is no part of it: content and tags stay, signatures and advisories
//! stay readable, and lifting it brings everything back. Each act is kept and comes into the transparency
//! log, also one that another process did while no hub ran.

mod error;
mod guard;
mod routes;
mod table;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealkit_attest::Timestamp;
use sealkit_attest::log::{LogAct, LogLeaf};
use sealkit_hubstore::{Fault, Storage};
use sealkit_oci::{Digest, Target};
use sealkit_store::{Links, Namespace as _, Page, StoreError};

pub use error::QuarantineError;
pub(crate) use guard::QuarantineGuard;
pub(crate) use routes::{entry, lift, list, place, router};

use crate::clock::now;
use crate::events::{self, NewEvent};
use crate::log::Log;

/// Whose tables these are in the database.
const OWNER: &str = "quarantine";
/// Longest reason in characters: it stands in one line of an error.
const MAX_REASON: usize = 1024;
/// Most versions that are told of what a quarantine keeps back.
const MAX_KEPT: usize = 1_000;
/// Acts that are logged at once.
const BATCH: usize = 256;
/// Stands in the log for every repository.
const EVERY_REPOSITORY: &str = "*";

/// What is under quarantine: a manifest, or a blob with every manifest that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The repository; none where it holds for every one.
    pub repository: Option<String>,
    /// The manifest; where it holds for every repository, that or a blob.
    pub digest: Digest,
    /// Why: one line of text.
    pub reason: String,
    /// Who placed it.
    pub by: String,
    /// Since when, in seconds since 1970.
    pub since: i64,
}

impl Quarantined {
    /// The sentence that clients show.
    pub(crate) fn sentence(&self) -> String {
        let Self { digest, reason, since, .. } = self;
        format!("{digest} is under quarantine since {}: {reason}", Timestamp::shown(*since))
    }
}

/// What is under quarantine, by repository; the empty name stands for every one.
type Holding = HashMap<String, Vec<Quarantined>>;

/// What was read from the database last, and its stamp from before.
type Known = Option<(u64, Arc<Holding>)>;

/// The quarantine of one hub. Clones share it; other processes may change it too, which holds here at once.
#[derive(Clone)]
pub struct Quarantine {
    storage: Storage,
    log: Option<Arc<Log>>,
    known: Arc<Mutex<Known>>,
    /// Held while acts are brought into the log: each is logged once, whoever finds it first.
    logging: Arc<tokio::sync::Mutex<()>>,
}

impl Quarantine {
    /// The quarantine beside what `storage` holds; acts are logged in `log`, where there is one.
    pub async fn of(storage: &Storage, log: Option<Arc<Log>>) -> Result<Self, QuarantineError> {
        storage.database().own_tables(OWNER, table::STEPS).await?;
        events::own_tables(storage.database()).await?;
        let (known, logging) = (Arc::default(), Arc::default());
        Ok(Self { storage: storage.clone(), log, known, logging })
    }

    /// Places the manifest at `target` of `repository` under quarantine, for `by`; gives it as it holds,
    /// which may be since earlier and for another reason.
    pub async fn place(
        &self,
        repository: &str,
        target: &Target,
        (reason, by): (&str, &str),
    ) -> Result<Quarantined, QuarantineError> {
        let digest = self.resolve(repository, target).await?;
        self.place_row(Some(repository.to_owned()), digest, reason, by).await
    }

    /// The same for a digest in every repository, those included that do not have it yet: for the manifest of this
    /// digest, or for the blob and every manifest that names it. [`Self::keeps_back`] says what that is here.
    pub async fn place_everywhere(
        &self,
        digest: Digest,
        (reason, by): (&str, &str),
    ) -> Result<Quarantined, QuarantineError> {
        self.place_row(None, digest, reason, by).await
    }

    async fn place_row(
        &self,
        repository: Option<String>,
        digest: Digest,
        reason: &str,
        by: &str,
    ) -> Result<Quarantined, QuarantineError> {
        let reason = checked(reason)?;
        let new = Quarantined { repository, digest, reason, by: by.to_owned(), since: now() };
        let row = new.clone();
        let act = move |sql: &rusqlite::Connection| {
            let placed = table::place(sql, &row)?;
            if placed {
                let event = NewEvent::new(&row.by, "quarantine.place").about(&row.digest);
                let event = NewEvent { repository: row.repository, ..event.saying(row.reason) };
                events::insert(sql, &event, row.since, 1)?;
            }
            Ok(placed)
        };
        let placed = self.storage.database().write(act).await?;
        self.log_acts().await?;
        if placed {
            return Ok(new);
        }
        let found = self.exactly(new.repository.as_deref(), &new.digest).await?;
        Ok(found.unwrap_or(new))
    }

    /// Repository and digest of each manifest here that a digest in every repository is, or is a blob of, up to
    /// 1,000; none where it keeps nothing back so far.
    pub async fn keeps_back(
        &self,
        digest: &Digest,
    ) -> Result<Vec<(String, Digest)>, QuarantineError> {
        Ok(self.storage.holders(digest, MAX_KEPT).await?)
    }

    /// Lifts it, for `by`; false where there is none.
    pub async fn lift(
        &self,
        repository: &str,
        target: &Target,
        by: &str,
    ) -> Result<bool, QuarantineError> {
        let digest = match target {
            // A manifest that was deleted meanwhile has one too.
            Target::Digest(digest) => digest.clone(),
            Target::Tag(_) => self.resolve(repository, target).await?,
        };
        self.lift_row(Some(repository.to_owned()), digest, by).await
    }

    /// The same for one that holds in every repository.
    pub async fn lift_everywhere(&self, digest: Digest, by: &str) -> Result<bool, QuarantineError> {
        self.lift_row(None, digest, by).await
    }

    async fn lift_row(
        &self,
        repository: Option<String>,
        digest: Digest,
        by: &str,
    ) -> Result<bool, QuarantineError> {
        let (by, at) = (by.to_owned(), now());
        let act = move |sql: &rusqlite::Connection| {
            let lifted = table::lift(sql, repository.as_deref(), &digest, (&by, at))?;
            if lifted {
                let event = NewEvent::new(&by, "quarantine.lift").about(&digest);
                events::insert(sql, &NewEvent { repository, ..event }, at, 1)?;
            }
            Ok(lifted)
        };
        let lifted = self.storage.database().write(act).await?;
        self.log_acts().await?;
        Ok(lifted)
    }

    /// A page of what holds, the oldest first, with what to give as `after` for each that follows.
    pub async fn list(&self, page: &Page) -> Result<Vec<(i64, Quarantined)>, QuarantineError> {
        let page = page.clone();
        Ok(self.storage.database().read(move |sql| table::list(sql, &page)).await?)
    }

    /// What holds for a manifest of `repository`: placed on it, on a blob that it names, or on an index that alone
    /// holds it.
    pub async fn of_manifest(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Option<Quarantined>, StoreError> {
        let Some(here) = self.here(repository).await? else { return Ok(None) };
        if let Some(own) = find(&here, digest) {
            return Ok(Some(own));
        }
        let marked = digests(&here);
        let by = self.storage.manifest_only_of(repository, digest, &marked).await?;
        Ok(by.and_then(|by| find(&here, &by)))
    }

    /// What holds for a manifest that `repository` may not have yet: as [`Self::of_manifest`], with the blobs that
    /// its bytes name.
    pub(crate) async fn of_new(
        &self,
        repository: &str,
        (digest, media_type, bytes): (&Digest, &str, &[u8]),
    ) -> Result<Option<Quarantined>, StoreError> {
        if let Some(found) = self.of_manifest(repository, digest).await? {
            return Ok(Some(found));
        }
        let Some(here) = self.here(repository).await? else { return Ok(None) };
        // What can not be read is not stored either.
        let blobs = Links::parse(media_type, bytes).map(|links| links.blobs).unwrap_or_default();
        Ok(blobs.iter().find_map(|blob| find(&here, &blob.digest)))
    }

    /// What holds for a blob of `repository`: placed on it, or on each manifest that names it.
    pub(crate) async fn of_blob(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Option<Quarantined>, StoreError> {
        let Some(here) = self.here(repository).await? else { return Ok(None) };
        if let Some(own) = find(&here, digest) {
            return Ok(Some(own));
        }
        let marked = digests(&here);
        let by = self.storage.blob_only_of(repository, digest, &marked).await?;
        Ok(by.and_then(|by| find(&here, &by)))
    }

    /// What holds for what a tag or digest points at now.
    pub(crate) async fn of_target(
        &self,
        repository: &str,
        target: &Target,
    ) -> Result<Option<Quarantined>, StoreError> {
        if self.here(repository).await?.is_none() {
            return Ok(None);
        }
        let digest = match target {
            Target::Digest(digest) => digest.clone(),
            Target::Tag(_) => {
                let found = self.storage.repository(repository)?.manifest(target).await?;
                let Some(found) = found else { return Ok(None) };
                found.descriptor.digest
            }
        };
        self.of_manifest(repository, &digest).await
    }

    /// Brings into the transparency log what it lacks.
    pub async fn log_acts(&self) -> Result<(), QuarantineError> {
        let Some(log) = &self.log else { return Ok(()) };
        let _turn = self.logging.lock().await;
        loop {
            let acts = self.storage.database().read(|sql| table::to_log(sql, BATCH)).await?;
            if acts.is_empty() {
                return Ok(());
            }
            for act in acts {
                let (number, lifts) = (act.number, act.lifts);
                log.record(vec![leaf(act)]).await?;
                self.storage.database().write(move |sql| table::logged(sql, number, lifts)).await?;
            }
        }
    }

    async fn resolve(&self, repository: &str, target: &Target) -> Result<Digest, QuarantineError> {
        let found = self.storage.repository(repository)?.manifest(target).await?;
        let unknown = || {
            let (name, target) = (repository.to_owned(), target.clone());
            QuarantineError::Unknown { name, target }
        };
        Ok(found.ok_or_else(unknown)?.descriptor.digest)
    }

    /// The one that was placed on just this.
    async fn exactly(
        &self,
        repository: Option<&str>,
        digest: &Digest,
    ) -> Result<Option<Quarantined>, StoreError> {
        let holding = self.holding().await?;
        let here = holding.get(repository.unwrap_or_default());
        Ok(here.and_then(|here| find(here, digest)))
    }

    /// What holds in a repository; none where nothing does, which is the common case.
    async fn here(&self, repository: &str) -> Result<Option<Vec<Quarantined>>, StoreError> {
        let holding = self.holding().await?;
        let here = [repository, ""].into_iter().filter_map(|name| holding.get(name));
        let here: Vec<_> = here.flatten().cloned().collect();
        Ok((!here.is_empty()).then_some(here))
    }

    async fn holding(&self) -> Result<Arc<Holding>, StoreError> {
        let stamp = self.storage.database().stamp();
        if let Some((then, holding)) = &*self.known()
            && stamp == Some(*then)
        {
            return Ok(Arc::clone(holding));
        }
        let act = |sql: &rusqlite::Connection| {
            Ok::<_, Fault>((table::holding(sql)?, !table::to_log(sql, 1)?.is_empty()))
        };
        let (rows, to_log) = self.storage.database().read(act).await?;
        let mut holding = Holding::new();
        for row in rows {
            holding.entry(row.repository.clone().unwrap_or_default()).or_default().push(row);
        }
        let holding = Arc::new(holding);
        *self.known() = stamp.map(|stamp| (stamp, Arc::clone(&holding)));
        if to_log {
            // What another process did. It is logged again at the next look where this fails.
            let own = self.clone();
            tokio::spawn(async move { own.log_acts().await });
        }
        Ok(holding)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(here: &[Quarantined], digest: &Digest) -> Option<Quarantined> {
    here.iter().find(|one| one.digest == *digest).cloned()
}

fn digests(here: &[Quarantined]) -> Vec<Digest> {
    here.iter().map(|one| one.digest.clone()).collect()
}

/// A reason without what a terminal or a log line would act on.
fn checked(reason: &str) -> Result<String, QuarantineError> {
    let is_line = !reason.trim().is_empty() && reason.chars().count() <= MAX_REASON;
    if !is_line || reason.chars().any(char::is_control) {
        return Err(QuarantineError::Reason);
    }
    Ok(reason.trim().to_owned())
}

fn leaf(act: table::ToLog) -> LogLeaf {
    let digest = act.digest;
    LogLeaf {
        actor: act.by,
        time: act.at,
        repository: act.repository.unwrap_or_else(|| EVERY_REPOSITORY.to_owned()),
        act: if act.lifts {
            LogAct::QuarantineLifted { digest }
        } else {
            LogAct::Quarantine { digest }
        },
    }
}
