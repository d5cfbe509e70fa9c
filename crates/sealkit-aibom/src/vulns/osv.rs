//! Advisories in the form of OSV (schema 1.7.5, 2026-07-01), and our own documents, which have
//! package URLs of models and digests of files in `database_specific.digests`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::package::{self, Package};
use super::range::{Event, Range};
use crate::{BomError, Hash};

/// Largest advisory, in bytes.
const MAX_BYTES: u64 = 8 << 20;
/// Most advisories of one collection.
const MAX_ADVISORIES: usize = 4_000_000;

/// What an advisory says of one package.
#[derive(Clone, Debug)]
pub(super) struct Affected {
    pub(super) package: Option<Package>,
    /// The one version that a package URL names.
    pub(super) version: Option<String>,
    pub(super) ranges: Vec<Range>,
    pub(super) versions: Vec<String>,
}

/// One advisory.
#[derive(Clone, Debug)]
pub(super) struct Advisory {
    pub(super) id: String,
    pub(super) aliases: Vec<String>,
    pub(super) summary: String,
    /// Where more is found.
    pub(super) references: Vec<String>,
    pub(super) affected: Vec<Affected>,
}

/// Advisories with an index of what they are about.
#[derive(Debug, Default)]
pub struct Advisories {
    pub(super) all: Vec<Advisory>,
    pub(super) by_package: BTreeMap<Package, Vec<usize>>,
    pub(super) by_digest: BTreeMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct Record {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default)]
    affected: Vec<AffectedRecord>,
    #[serde(default)]
    database_specific: Option<Json>,
}

#[derive(Deserialize)]
struct Reference {
    url: String,
}

#[derive(Deserialize)]
struct AffectedRecord {
    #[serde(default)]
    package: Option<PackageRecord>,
    #[serde(default)]
    ranges: Vec<RangeRecord>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    database_specific: Option<Json>,
}

#[derive(Deserialize)]
struct PackageRecord {
    #[serde(default)]
    ecosystem: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    purl: Option<String>,
}

#[derive(Deserialize)]
struct RangeRecord {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<BTreeMap<String, String>>,
}

impl Advisories {
    /// Takes in one advisory. Gives false for one that was withdrawn, which says nothing.
    pub fn add(&mut self, bytes: &[u8]) -> Result<bool, BomError> {
        let size = bytes.len() as u64;
        if size > MAX_BYTES {
            return Err(BomError::TooLarge { size, limit: MAX_BYTES });
        }
        if self.all.len() >= MAX_ADVISORIES {
            return Err(BomError::TooMany { what: "advisories", limit: MAX_ADVISORIES });
        }
        let map = crate::strict::parse(bytes)?;
        let record: Record = serde_json::from_value(Json::Object(map))
            .map_err(|error| BomError::Shape { reason: format!("as an advisory: {error}") })?;
        if record.withdrawn.is_some() {
            return Ok(false);
        }
        self.take(record);
        Ok(true)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn take(&mut self, record: Record) {
        let at = self.all.len();
        let of_affected =
            record.affected.iter().map(|affected| affected.database_specific.as_ref());
        for specific in of_affected.chain([record.database_specific.as_ref()]).flatten() {
            for digest in digests(specific) {
                push(self.by_digest.entry(digest).or_default(), at);
            }
        }
        let affected: Vec<Affected> = record.affected.into_iter().map(read).collect();
        for package in affected.iter().filter_map(|affected| affected.package.clone()) {
            push(self.by_package.entry(package).or_default(), at);
        }
        let first_line = record.details.lines().next().unwrap_or_default();
        let summary = if record.summary.is_empty() { first_line } else { &record.summary };
        self.all.push(Advisory {
            id: record.id,
            aliases: record.aliases,
            summary: summary.chars().take(500).collect(),
            references: record.references.into_iter().map(|reference| reference.url).collect(),
            affected,
        });
    }
}

fn push(list: &mut Vec<usize>, at: usize) {
    if list.last() != Some(&at) {
        list.push(at);
    }
}

/// `sha256:HEX` of files that are meant, whatever they are called.
fn digests(specific: &Json) -> impl Iterator<Item = String> {
    let list = specific.get("digests").and_then(Json::as_array).into_iter().flatten();
    list.filter_map(|digest| Some(Hash::parse(digest.as_str()?, None)?.to_string()))
}

fn read(record: AffectedRecord) -> Affected {
    let parsed =
        record.package.as_ref().and_then(|package| package::parse(package.purl.as_deref()?));
    let named = record.package.as_ref().and_then(|p| Package::of_osv(&p.ecosystem, &p.name));
    let version = parsed.as_ref().and_then(|parsed| parsed.version.clone());
    let package = parsed.map(|parsed| parsed.package).or(named);
    let event = |event: BTreeMap<String, String>| -> Vec<Event> {
        let each = event.into_iter().filter_map(|(word, version)| Event::new(&word, version));
        each.collect()
    };
    let range = |range: RangeRecord| Range {
        is_semantic: range.kind == "SEMVER",
        is_commits: range.kind == "GIT",
        events: range.events.into_iter().flat_map(event).collect(),
    };
    let ranges = record.ranges.into_iter().map(range).collect();
    Affected { package, version, ranges, versions: record.versions }
}
