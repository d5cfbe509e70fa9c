//! Rules for the repositories below a prefix: which tags stay where they are, and how much may be held.

mod claims;
mod guard;
mod table;
mod versions;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sealkit_hubstore::{Seen, Storage, Usage};
use sealkit_report::{Code, Hint};
use sealkit_store::StoreError;
use serde::Serialize;

use claims::Claims;
pub(crate) use guard::{RuleGuard, RuleWatch};

use crate::aibom;
use crate::events::{self, NewEvent, OPERATOR};
use crate::names::{is_repository, is_within};

/// What was counted is used for so long, with what was let in since added to it.
const FRESH: Duration = Duration::from_secs(5);
/// Stands for every repository.
const EVERYTHING: &str = "*";
/// Room in bytes for the rules that were read last.
const SEEN: usize = 1 << 20;

/// Why rules could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A prefix is no name of repositories.
    #[error("`{0}` is no prefix of repositories")]
    Prefix(String),
}

impl Hint for RuleError {
    fn code(&self) -> Code {
        match self {
            Self::Store(source) => source.code(),
            Self::Prefix(_) => "prefix-malformed",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(source) => source.hint(),
            Self::Prefix(_) => Some("name a repository, e.g. `team`, or `*` for all".to_owned()),
        }
    }
}

/// Which tags can not be moved to another digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImmutableTags {
    /// Every tag can be moved.
    None,
    /// Those that look like versions (`v1.2.3`, `1.2`, `2026-11-25`) stay.
    #[default]
    Versions,
    /// Every tag stays.
    All,
}

impl ImmutableTags {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Versions => "versions",
            Self::All => "all",
        }
    }

    pub(crate) fn holds(self, tag: &str) -> bool {
        match self {
            Self::None => false,
            Self::Versions => versions::is_version(tag),
            Self::All => true,
        }
    }
}

impl fmt::Display for ImmutableTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that says no such thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of `none`, `versions` and `all`")]
pub struct NoSuchTags(pub String);

impl FromStr for ImmutableTags {
    type Err = NoSuchTags;

    fn from_str(text: &str) -> Result<Self, NoSuchTags> {
        let all = [Self::None, Self::Versions, Self::All];
        all.into_iter().find(|one| one.name() == text).ok_or_else(|| NoSuchTags(text.to_owned()))
    }
}

/// What holds for the repositories below a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Whole components of names without a slash at the end, or `*`.
    pub prefix: String,
    /// Which tags stay; what a shorter prefix says, or versions, where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable_tags: Option<ImmutableTags>,
    /// Most bytes that they may hold together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// Most versions, which are tags, that they may have together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_versions: Option<u64>,
}

impl Rule {
    fn fits(&self, repository: &str) -> bool {
        self.prefix == EVERYTHING || is_within(repository, &self.prefix)
    }

    /// How exactly it names repositories.
    fn weight(&self) -> usize {
        if self.prefix == EVERYTHING { 0 } else { self.prefix.len() }
    }
}

/// What to change of a rule: outer none leaves it as it is, inner none takes it away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleChange {
    /// Which tags stay.
    pub immutable_tags: Option<Option<ImmutableTags>>,
    /// Most bytes.
    pub max_bytes: Option<Option<u64>>,
    /// Most versions.
    pub max_versions: Option<Option<u64>>,
}

/// The rules of one hub. Clones share them; other processes may change them.
#[derive(Clone)]
pub struct Rules {
    inner: Arc<Inner>,
}

struct Inner {
    storage: Storage,
    seen: Seen<Arc<Vec<Rule>>>,
    counted: Mutex<HashMap<String, (Instant, Usage)>>,
    claims: Claims,
}

impl Rules {
    /// The rules beside what `storage` holds.
    pub async fn of(storage: &Storage) -> Result<Self, RuleError> {
        storage.database().own_tables(table::OWNER, table::STEPS).await?;
        events::own_tables(storage.database()).await?;
        aibom::own_tables(storage.database()).await?;
        let (storage, seen) = (storage.clone(), Seen::new(SEEN));
        let (counted, claims) = (Mutex::default(), Claims::default());
        Ok(Self { inner: Arc::new(Inner { storage, seen, counted, claims }) })
    }

    /// All of them, by prefix.
    pub async fn list(&self) -> Result<Vec<Rule>, RuleError> {
        Ok(self.inner.storage.database().read(table::list).await?)
    }

    /// Changes the rule of a prefix; gives it as it is then.
    pub async fn set(&self, prefix: &str, change: RuleChange) -> Result<Rule, RuleError> {
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix).to_owned();
        if prefix != EVERYTHING && !is_repository(&prefix) {
            return Err(RuleError::Prefix(prefix));
        }
        let now = crate::access::now();
        let act = move |sql: &rusqlite::Connection| {
            let rule = table::change(sql, &prefix, change)?;
            let detail = serde_json::to_string(&rule).unwrap_or_default();
            let event = NewEvent::new(OPERATOR, "repo.set").about(&prefix).saying(detail);
            events::insert(sql, &event, now, 1)?;
            Ok(rule)
        };
        Ok(self.inner.storage.database().write(act).await?)
    }

    /// Those that fit a repository, the most exact first.
    async fn fitting(&self, repository: &str) -> Result<Vec<Rule>, StoreError> {
        let database = self.inner.storage.database();
        let stamp = database.stamp();
        let all = if let Some(all) = self.inner.seen.get(stamp, EVERYTHING) {
            all
        } else {
            let all = Arc::new(database.read(table::list).await?);
            let size = all.iter().map(|rule| rule.prefix.len() + 64).sum();
            self.inner.seen.put(stamp, EVERYTHING.to_owned(), Arc::clone(&all), size);
            all
        };
        let mut fitting: Vec<Rule> =
            all.iter().filter(|rule| rule.fits(repository)).cloned().collect();
        fitting.sort_by_key(|rule| std::cmp::Reverse(rule.weight()));
        Ok(fitting)
    }

    /// What is held below a prefix, counted now. The hub's own AIBOMs are nobody's quota.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn used(&self, prefix: &str) -> Result<Usage, StoreError> {
        let below = (prefix != EVERYTHING).then_some(prefix);
        let usage = self.inner.storage.usage(below).await?;
        let below = below.map(str::to_owned);
        let own = self.inner.storage.database();
        let own = own.read(move |sql| aibom::bytes(sql, below.as_deref())).await?;
        Ok(Usage { bytes: usage.bytes.saturating_sub(own), ..usage })
    }

    /// Which tags of a repository stay where they are.
    pub(crate) async fn fixed_tags(&self, repository: &str) -> Result<ImmutableTags, StoreError> {
        let rules = self.fitting(repository).await?;
        Ok(rules.iter().find_map(|rule| rule.immutable_tags).unwrap_or_default())
    }

    /// Every rule with what is held below its prefix, counted a moment ago.
    pub(crate) async fn with_usage(&self) -> Result<Vec<(Rule, Usage)>, StoreError> {
        let mut all = Vec::new();
        for rule in self.inner.storage.database().read(table::list).await? {
            let usage = self.usage(&rule.prefix, FRESH).await?;
            all.push((rule, usage));
        }
        Ok(all)
    }

    /// What is held below a prefix, counted now, or a moment ago where that is `fresh` enough.
    async fn usage(&self, prefix: &str, fresh: Duration) -> Result<Usage, StoreError> {
        let known = {
            let counted = self.inner.counted.lock().unwrap_or_else(PoisonError::into_inner);
            counted.get(prefix).copied()
        };
        if let Some((_, usage)) = known.filter(|(at, _)| at.elapsed() < fresh) {
            return Ok(usage);
        }
        let usage = self.used(prefix).await?;
        let mut counted = self.inner.counted.lock().unwrap_or_else(PoisonError::into_inner);
        // One for each rule: no client makes this grow.
        counted.insert(prefix.to_owned(), (Instant::now(), usage));
        Ok(usage)
    }

    /// Adds what is let in to what was counted, where that stays within `allowed`: of two at once that fit alone, and
    /// not together, one is let in. Where nothing was counted nothing is.
    fn let_in(&self, prefix: &str, bytes: u64, allowed: u64) -> bool {
        let mut counted = self.inner.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, usage)) = counted.get_mut(prefix) else { return false };
        let all = usage.bytes.saturating_add(bytes);
        if all > allowed {
            return false;
        }
        usage.bytes = all;
        true
    }
}
