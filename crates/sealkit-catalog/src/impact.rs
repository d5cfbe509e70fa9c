//! Which versions contain a thing, which descend from those, and by what path.
//!
//! Breadth first, what is certain before what is not: a version is told once, by the shortest of its surest paths. From a version that is affected it goes on to
//! those that were made from its model: those that name its manifest's digest or one of its weights' digests,
//! its repository, or the package URL that it gives its own model.

mod direct;
pub(crate) mod heirs;
pub(crate) mod hosted;
mod kit;
mod look;
mod named;
mod open;
mod path;
mod said;
mod tensor;
mod unknown;

use std::collections::{BTreeMap, HashSet};

use rusqlite::Connection;
use sealkit_api::{Affected, Impact, SCHEMA_VERSION, Step};
use sealkit_oci::Digest;

pub(crate) use look::{Bounds, Look};

use crate::read::count;
use crate::tags::tags_of;
use crate::{Catalog, CatalogError, Question, Visible};

/// How far an impact is followed.
#[derive(Clone, Copy, Debug)]
pub struct ImpactLimits {
    /// Most derivations from a kit that contains the thing.
    pub depth: u32,
    /// Most versions that are told.
    pub versions: usize,
}

impl Default for ImpactLimits {
    fn default() -> Self {
        Self { depth: 32, versions: 10_000 }
    }
}

/// One version on the way, with how it is affected.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) kit: i64,
    distance: u32,
    pub(crate) certain: bool,
    pub(crate) path: Vec<Step>,
}

impl Reached {
    /// A version that a walk begins at.
    pub(crate) fn first(kit: i64) -> Self {
        Self { kit, distance: 0, certain: true, path: Vec::new() }
    }
}

impl Catalog {
    /// Every version that `question` concerns. Whoever may see only `visible` repositories learns of no other.
    pub fn impact(
        &self,
        question: &Question,
        limits: ImpactLimits,
        visible: Option<&[Visible]>,
    ) -> Result<Impact, CatalogError> {
        self.reading(|connection| {
            let (seen, names) = (HashSet::new(), heirs::Names::default());
            let look = Look::new(connection, visible);
            let mut walk = Walk { look, question, limits, seen, names };
            let affected = walk.run()?;
            let open::Open { waiting, unread, named } =
                open::find(&walk.look, question, &affected)?;
            let is_open = affected.is_empty();
            let unknown = if is_open { unknown::reason(&walk.look, question)? } else { None };
            Ok(Impact {
                schema_version: SCHEMA_VERSION,
                question: question.to_string(),
                affected,
                more: walk.look.more,
                searched: count(connection, "kits", visible)?,
                waiting,
                unread,
                open: named,
                unknown,
            })
        })
    }
}

struct Walk<'a> {
    look: Look<'a>,
    question: &'a Question,
    limits: ImpactLimits,
    seen: HashSet<i64>,
    /// Names of versions whose heirs were found.
    names: heirs::Names,
}

impl Walk<'_> {
    fn run(&mut self) -> rusqlite::Result<Vec<Affected>> {
        let mut told = BTreeMap::new();
        // What is certain goes before all that is not, then what is nearer, so that each version is told as surely as
        // it can be, by the shortest way of those. The number keeps the order in which equals were found.
        let mut queue: BTreeMap<(bool, u32, usize), Reached> = BTreeMap::new();
        let mut count = 0;
        let mut first = direct::find(&mut self.look, self.question)?;
        first.sort_by_key(|reached| reached.path.len());
        let mut next = first;
        loop {
            for reached in next.drain(..) {
                queue.insert((!reached.certain, reached.distance, count), reached);
                count += 1;
            }
            let Some((_, reached)) = queue.pop_first() else { break };
            if self.seen.contains(&reached.kit) {
                continue;
            }
            let Some(affected) = self.told(&reached)? else { continue };
            if told.len() >= self.limits.versions {
                self.look.more = true;
                break;
            }
            self.seen.insert(reached.kit);
            let place =
                (reached.distance, affected.repository.clone(), affected.digest.to_string());
            let found = heirs::find(&mut self.look, &reached, &self.seen, &mut self.names)?;
            if reached.distance < self.limits.depth {
                next = found;
            } else {
                self.look.more |= !found.is_empty();
            }
            told.insert(place, affected);
        }
        Ok(told.into_values().collect())
    }

    /// What is told of a version; none where whoever asks may not see it.
    fn told(&mut self, reached: &Reached) -> rusqlite::Result<Option<Affected>> {
        let (repository, digest) = version(self.look.connection, reached.kit)?;
        if !self.look.sees(&repository) {
            return Ok(None);
        }
        let tags = tags_of(self.look.connection, &repository, &digest.to_string())?;
        let (distance, certain) = (reached.distance, reached.certain);
        let path = reached.path.clone();
        let tensors = match self.question {
            Question::Tensor(asked) if distance == 0 => {
                tensor::held(&mut self.look, reached.kit, asked)?
            }
            _ => Vec::new(),
        };
        Ok(Some(Affected { repository, digest, tags, distance, certain, path, tensors }))
    }
}

/// Repository and digest of a row.
pub(crate) fn version(connection: &Connection, kit: i64) -> rusqlite::Result<(String, Digest)> {
    let mut found =
        connection.prepare_cached("SELECT repository, digest FROM kits WHERE id = ?1")?;
    found.query_row([kit], |row| Ok((row.get(0)?, crate::read::digest(row, 1)?)))
}

/// What a version is called in a path.
fn label(connection: &Connection, kit: i64) -> rusqlite::Result<String> {
    let (repository, digest) = version(connection, kit)?;
    Ok(format!("{repository}@{digest}"))
}
