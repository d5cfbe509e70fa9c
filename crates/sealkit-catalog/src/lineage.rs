//! What a version came from and what came from it.
//!
//! Breadth first, each way for itself. Upwards along the ties of a version to what it names: where the hub holds
//! that, by its bytes or by its name, the walk goes on from there. Downwards along what [`Catalog::impact`]
//! calls heirs. A tie is known as well as the worst of what it stands on, and what somebody attested counts only
//! under the trust that it was verified with.

mod held;
mod weigh;

use std::collections::{HashMap, HashSet, VecDeque};

use rusqlite::Connection;
use sealkit_aibom::{Kind, RelationKind};
use sealkit_api::{KitLineage, LineageEdge, LineageKit, LineageNode, Step};
use sealkit_oci::Digest;
use sealkit_report::Known;

use crate::impact::{Look, Reached, heirs, version};
use crate::keys::name_key;
use crate::read::{count, thing_at, tie};
use crate::tags::tags_of;
use crate::write::id_of;
use crate::{Catalog, CatalogError, Thing, Tie, Visible};

/// Most ties of one version that are followed.
const MAX_TIES: i64 = 1_000;
/// Most versions that one thing is said to be held by.
const MAX_HOLDERS: usize = 5;

/// Which lineage is wanted.
#[derive(Clone, Debug)]
pub struct LineageQuestion {
    /// The repository.
    pub repository: String,
    /// Digest of the manifest.
    pub digest: Digest,
    /// Whether what it came from is wanted.
    pub up: bool,
    /// Whether what came from it is wanted.
    pub down: bool,
    /// Whether what it was evaluated on and what it loads is wanted too.
    pub full: bool,
    /// Most ties from the version.
    pub depth: u32,
    /// Most things.
    pub nodes: usize,
    /// Repositories that whoever asks may see; none means all.
    pub visible: Option<Vec<Visible>>,
    /// Whom whoever answers trusts: the digest of the trust root, empty for nobody. What was attested under
    /// another one counts as declared.
    pub trust: String,
}

impl Catalog {
    /// The lineage of a version. Whoever may see only some repositories learns of no other.
    pub fn lineage(&self, question: &LineageQuestion) -> Result<KitLineage, CatalogError> {
        self.reading(|connection| {
            let mut walk = Walk::new(connection, question);
            walk.run()?;
            let mut lineage = walk.lineage;
            lineage.waiting = count(connection, "jobs", question.visible.as_deref())?;
            weigh::weigh(&mut lineage);
            Ok(lineage)
        })
    }
}

struct Walk<'a> {
    connection: &'a Connection,
    question: &'a LineageQuestion,
    lineage: KitLineage,
    /// Places of nodes by what they are.
    places: HashMap<String, usize>,
    edges: HashSet<(usize, usize, String)>,
    /// Names of versions whose heirs were found.
    names: heirs::Names,
}

/// A version of which the ties are to be followed.
type Next = (i64, usize, u32);

impl<'a> Walk<'a> {
    fn new(connection: &'a Connection, question: &'a LineageQuestion) -> Self {
        let lineage = KitLineage::new(question.repository.clone(), question.digest.clone());
        let (places, edges) = (HashMap::new(), HashSet::new());
        let names = heirs::Names::default();
        Self { connection, question, lineage, places, edges, names }
    }

    fn run(&mut self) -> rusqlite::Result<()> {
        let question = self.question;
        let (repository, digest) = (&question.repository, &question.digest);
        let Some(root) = id_of(self.connection, repository, digest)? else {
            let kits = vec![self.kit(repository, digest)?];
            self.lineage.nodes.push(of_kit(kits, 0));
            return Ok(());
        };
        self.lineage.inspected = true;
        self.held_node(root, 0)?;
        if self.question.up {
            self.walk(root, Self::above)?;
        }
        if self.question.down {
            self.walk(root, Self::below)?;
        }
        Ok(())
    }

    /// Follows ties from the root in one direction; each version once.
    fn walk(
        &mut self,
        root: i64,
        step: fn(&mut Self, Next, &mut VecDeque<Next>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let (mut queue, mut seen) = (VecDeque::from([(root, 0, 0)]), HashSet::new());
        while let Some(next) = queue.pop_front() {
            // Where there is no room left, going on only costs.
            let is_full = self.lineage.nodes.len() >= self.question.nodes;
            if is_full && next.1 != 0 {
                self.lineage.more = true;
            } else if seen.insert(next.0) {
                step(self, next, &mut queue)?;
            }
        }
        Ok(())
    }

    /// What a version came from.
    fn above(
        &mut self,
        (kit, node, depth): Next,
        queue: &mut VecDeque<Next>,
    ) -> rusqlite::Result<()> {
        let ties = self.ties(kit)?;
        if depth >= self.question.depth {
            self.lineage.more |= !ties.is_empty();
            return Ok(());
        }
        let (steps, trusted) = (i64::from(depth) + 1, self.is_trusted(kit)?);
        for tie in ties {
            let Some(to) = self.thing(kit, tie.to)?.filter(|to| to.kind != Kind::Kit) else {
                continue;
            };
            let Some(from) = self.from(kit, node, &tie, steps - 1)? else { continue };
            let known = capped(tie.known, trusted);
            let held = held::find(&mut self.look(), kit, &to)?;
            let (place, known) = match held {
                Some((other, how)) => {
                    let Some(place) = self.held_node(other, steps)? else { continue };
                    queue.push_back((other, place, depth + 1));
                    (place, known.min(how))
                }
                None => match self.thing_node(kit, &to, steps, trusted)? {
                    Some(place) => (place, known),
                    None => continue,
                },
            };
            let source = tie.source.clone();
            self.tie(from, place, (tie.kind.name(), tie.role.clone()), known, source);
        }
        Ok(())
    }

    /// The node that a tie begins at: the version itself, unless it is a thing outside of it.
    fn from(
        &mut self,
        kit: i64,
        node: usize,
        tie: &Tie,
        steps: i64,
    ) -> rusqlite::Result<Option<usize>> {
        let from = self.thing(kit, tie.from)?.filter(|from| !from.kind.is_inside());
        match from {
            Some(from) => {
                let trusted = self.is_trusted(kit)?;
                self.thing_node(kit, &from, steps + 1, trusted)
            }
            None => Ok(Some(node)),
        }
    }

    /// What came from a version.
    fn below(
        &mut self,
        (kit, node, depth): Next,
        queue: &mut VecDeque<Next>,
    ) -> rusqlite::Result<()> {
        let (from, seen) = (Reached::first(kit), HashSet::new());
        let mut look = self.look();
        let heirs = heirs::find(&mut look, &from, &seen, &mut self.names)?;
        self.lineage.more |= look.more;
        for heir in heirs {
            if depth >= self.question.depth {
                self.lineage.more = true;
                return Ok(());
            }
            let steps = -i64::from(depth) - 1;
            let Some(place) = self.held_node(heir.kit, steps)? else { continue };
            let trusted = self.is_trusted(heir.kit)?;
            let (relation, role, known, source) = summed(&heir.path, trusted);
            // Who names another version of this repository may not come from this one.
            let known = if heir.certain { known } else { Known::Inferred };
            self.tie(place, node, (&relation, role), known, source);
            queue.push_back((heir.kit, place, depth + 1));
        }
        Ok(())
    }

    /// The ties of a version that lead to what it came from.
    fn ties(&mut self, kit: i64) -> rusqlite::Result<Vec<Tie>> {
        let sql = "SELECT \"from\", \"to\", kind, role, known, source FROM ties
            WHERE kit = ?1 AND kind IN ('derived-from', 'trained-on', 'evaluated-on', 'loads', 'depends-on')
            ORDER BY kind, \"to\", \"from\" LIMIT ?2";
        let mut rows = self.connection.prepare_cached(sql)?;
        let mut found =
            rows.query_map([kit, MAX_TIES + 1], tie)?.collect::<rusqlite::Result<Vec<Tie>>>()?;
        if found.len() as i64 > MAX_TIES {
            self.lineage.more = true;
            found.pop();
        }
        let is_wanted = |tie: &Tie| match tie.kind {
            RelationKind::DerivedFrom | RelationKind::TrainedOn => true,
            // Packages are an AIBOM's matter; code and tokenizers have a role.
            RelationKind::DependsOn => self.question.full && tie.role.is_some(),
            _ => self.question.full,
        };
        Ok(found.into_iter().filter(is_wanted).collect())
    }

    fn look(&self) -> Look<'a> {
        Look::new(self.connection, self.question.visible.as_deref())
    }

    fn thing(&self, kit: i64, at: usize) -> rusqlite::Result<Option<Thing>> {
        thing_at(self.connection, kit, i64::try_from(at).unwrap_or(i64::MAX))
    }

    /// Whether what was attested about a version was so under the trust that holds now.
    fn is_trusted(&mut self, kit: i64) -> rusqlite::Result<bool> {
        let sql = "SELECT trust FROM kits WHERE id = ?1";
        let trust: String =
            self.connection.prepare_cached(sql)?.query_row([kit], |row| row.get(0))?;
        let same = trust == self.question.trust;
        self.lineage.trust_changed |= !same;
        Ok(same)
    }

    fn kit(&self, repository: &str, digest: &Digest) -> rusqlite::Result<LineageKit> {
        let tags = tags_of(self.connection, repository, &digest.to_string())?;
        Ok(LineageKit { repository: repository.to_owned(), digest: digest.clone(), tags })
    }

    /// The node of a version of the hub; none where there is no room for it.
    fn held_node(&mut self, kit: i64, steps: i64) -> rusqlite::Result<Option<usize>> {
        let key = format!("kit:{kit}");
        if let Some(place) = self.places.get(&key) {
            return Ok(Some(*place));
        }
        let (repository, digest) = version(self.connection, kit)?;
        let kits = vec![self.kit(&repository, &digest)?];
        Ok(self.add(key, of_kit(kits, steps)))
    }

    /// The node of what the hub does not hold as a version, with the versions that hold its bytes.
    fn thing_node(
        &mut self,
        kit: i64,
        thing: &Thing,
        steps: i64,
        trusted: bool,
    ) -> rusqlite::Result<Option<usize>> {
        let named = || {
            let name = name_key(&thing.name).unwrap_or_else(|| thing.name.clone());
            let version = thing.version.as_deref().unwrap_or_default();
            format!("{} {name}@{version}", thing.kind.name())
        };
        let key = thing.digests.first().cloned().unwrap_or_else(named);
        if let Some(place) = self.places.get(&key) {
            return Ok(Some(*place));
        }
        let holders = held::holders(&mut self.look(), kit, thing, MAX_HOLDERS)?;
        let kits = holders.into_iter().map(|kit| {
            let (repository, digest) = version(self.connection, kit)?;
            self.kit(&repository, &digest)
        });
        let what = thing.path_inside();
        let node = LineageNode {
            kind: thing.kind.name().to_owned(),
            name: what.unwrap_or(&thing.name).to_owned(),
            version: thing.version.clone(),
            digest: thing.digests.first().cloned(),
            known: capped(thing.known, trusted),
            steps,
            kits: kits.collect::<rusqlite::Result<_>>()?,
        };
        Ok(self.add(key, node))
    }

    fn add(&mut self, key: String, node: LineageNode) -> Option<usize> {
        if self.lineage.nodes.len() >= self.question.nodes {
            self.lineage.more = true;
            return None;
        }
        let place = self.lineage.nodes.len();
        self.lineage.nodes.push(node);
        self.places.insert(key, place);
        Some(place)
    }

    /// Adds a tie, once; nothing is tied to itself.
    fn tie(
        &mut self,
        from: usize,
        to: usize,
        (relation, role): (&str, Option<String>),
        known: Known,
        source: String,
    ) {
        let relation = relation.to_owned();
        if from != to && self.edges.insert((from, to, relation.clone())) {
            self.lineage.edges.push(LineageEdge { from, to, relation, role, known, source });
        }
    }
}

fn of_kit(kits: Vec<LineageKit>, steps: i64) -> LineageNode {
    let first = kits.first();
    LineageNode {
        kind: Kind::Kit.name().to_owned(),
        name: first.map(|kit| kit.repository.clone()).unwrap_or_default(),
        version: first.and_then(|kit| kit.tags.last().cloned()),
        digest: first.map(|kit| kit.digest.to_string()),
        known: Known::Measured,
        steps,
        kits,
    }
}

/// What was attested under another trust is somebody's word.
fn capped(known: Known, trusted: bool) -> Known {
    if known == Known::Attested && !trusted { Known::Declared } else { known }
}

/// A path from an heir as one tie: what makes it an heir, and as known as its worst step.
fn summed(path: &[Step], trusted: bool) -> (String, Option<String>, Known, String) {
    let is_tie =
        |step: &&Step| !matches!(&*step.relation, "contains" | "lists" | "is" | "same-bytes-as");
    let known = path.iter().map(|step| capped(step.known, trusted)).min();
    let known = known.unwrap_or(Known::Inferred);
    let Some(step) = path.iter().rev().find(is_tie) else {
        return ("same-bytes-as".to_owned(), None, known, String::new());
    };
    let (relation, role) = match step.relation.split_once(" (") {
        Some((relation, role)) => (relation, Some(role.trim_end_matches(')').to_owned())),
        None => (step.relation.as_str(), None),
    };
    (relation.to_owned(), role, known, step.source.clone())
}
