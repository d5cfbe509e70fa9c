//! AIBOMs that have to fit: files are left to the kit's file table where a document would be too large.
//!
//! A statement that carries an AIBOM has a largest size, and a kit has no largest number of files. Every
//! file stands in the file table with its digest, and the table is sealed: what the AIBOM leaves out is
//! signed all the same. It says where, how many, and that its list is not complete.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

use sealkit_inspect::Value;
use sealkit_oci::Digest;
use sealkit_report::{Evidence, Known};

use crate::{
    Bom, BomCodec, BomError, Completeness, Component, ComponentId, Composition, EncodeOptions,
    Kind, Property, RelationKind, name,
};

/// Subject of [`name::LEFT_OUT`] where files are left to the file table.
const FILES: &str = "file";
/// Where the files stand that are left out: a place of evidence.
const FILE_TABLE: &str = "file-table";
/// Fewer bytes than any file takes in a document: by their number alone it is known that many do not fit.
const LEAST: u64 = 400;
/// After so many tries all files go.
const TRIES: usize = 3;

impl Bom {
    /// How many files it leaves to the kit's file table.
    pub fn files_left(&self) -> u64 {
        let of = |property: &Property| match property.value {
            Value::Uint(count) if property.subject == FILES => count,
            _ => 0,
        };
        let claims = self.all().flat_map(|component| component.of(name::LEFT_OUT));
        claims.map(of).fold(0, u64::saturating_add)
    }
}

/// Whether a claim counts files that are left to the file table.
pub(crate) fn is_of_files(property: &Property) -> bool {
    property.name == name::LEFT_OUT && property.subject == FILES
}

/// Writes a document of at most `limit` bytes, and gives it with what it says. Where all does not fit, what
/// holds the most files lists none of them, then the next; files that a tie or a run names stay. `table` is
/// the digest of the kit's file table.
///
/// # Errors
/// When it does not fit without files either.
pub fn encode_within(
    codec: &dyn BomCodec,
    mut bom: Bom,
    options: &EncodeOptions,
    limit: u64,
    table: Option<&Digest>,
) -> Result<(Vec<u8>, Bom), BomError> {
    let files = bom.of_kind(Kind::File).count() as u64;
    let mut size = files.saturating_mul(LEAST);
    for tried in 0..=TRIES + 1 {
        if size <= limit {
            let mut room = Room { bytes: Vec::new(), size: 0, limit };
            codec.write(bom.clone(), options, &mut room)?;
            if room.size <= limit {
                return Ok((room.bytes, bom));
            }
            size = room.size;
        }
        let over = if tried < TRIES { size.saturating_sub(limit / 8 * 7) } else { u64::MAX };
        let files = bom.of_kind(Kind::File).count() as u64;
        let each = size.checked_div(files).unwrap_or(size).max(1);
        if !leave(&mut bom, over.div_ceil(each), table) {
            break;
        }
        // What it takes now is only known when it is written.
        size = 0;
    }
    Err(BomError::TooLarge { size, limit })
}

/// What is written, as far as it fits; the rest is counted.
struct Room {
    bytes: Vec<u8>,
    size: u64,
    limit: u64,
}

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size <= self.limit {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.bytes = Vec::new();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Leaves out at least so many files, or all that can be; false where none is left.
fn leave(bom: &mut Bom, count: u64, table: Option<&Digest>) -> bool {
    let mut held: BTreeMap<ComponentId, Vec<ComponentId>> = BTreeMap::new();
    {
        let named = named(bom);
        let mut paths: HashMap<&str, usize> = HashMap::new();
        for file in bom.of_kind(Kind::File) {
            *paths.entry(path(file)).or_default() += 1;
        }
        // Of a path that two parts hold both files are listed, or a reader would take one for the other.
        let is_free = |file: &&Component| {
            !named.contains(&file.id) && paths.get(path(file)).is_some_and(|count| *count == 1)
        };
        let files: HashSet<&ComponentId> =
            bom.of_kind(Kind::File).filter(is_free).map(|file| &file.id).collect();
        let holds = bom.relations.iter().filter(|tie| tie.kind == RelationKind::Contains);
        for tie in holds.filter(|tie| files.contains(&tie.to)) {
            held.entry(tie.from.clone()).or_default().push(tie.to.clone());
        }
    }
    let mut holders: Vec<_> = held.into_iter().collect();
    holders.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    let (mut gone, mut open) = (HashSet::new(), vec![bom.subject.id.clone()]);
    for (holder, files) in holders {
        if gone.len() as u64 >= count {
            break;
        }
        say(bom, &holder, files.len() as u64, table);
        gone.extend(files);
        open.push(holder);
    }
    if gone.is_empty() {
        return false;
    }
    bom.components.retain(|component| !gone.contains(&component.id));
    bom.relations.retain(|tie| !gone.contains(&tie.to) && !gone.contains(&tie.from));
    for composition in &mut bom.compositions {
        let is_complete = composition.completeness == Completeness::Complete;
        composition.contents.retain(|id| !(gone.contains(id) || is_complete && open.contains(id)));
    }
    let (completeness, origins) = (Completeness::Incomplete, Vec::new());
    let lists =
        |one: &&mut Composition| one.completeness == completeness && !one.contents.is_empty();
    match bom.compositions.iter_mut().find(lists) {
        Some(known) => known.contents.extend(open),
        None => bom.compositions.push(Composition { completeness, contents: open, origins }),
    }
    bom.normalise();
    true
}

fn path(file: &Component) -> &str {
    file.path.as_deref().unwrap_or(&file.name)
}

/// What ties and runs name, apart from what holds it.
fn named(bom: &Bom) -> HashSet<&ComponentId> {
    let ties = bom.relations.iter().filter(|tie| tie.kind != RelationKind::Contains);
    let ends = ties.flat_map(|tie| [&tie.from, &tie.to]);
    let of_runs = bom.runs.iter().flat_map(|run| run.inputs.iter().chain(&run.outputs));
    ends.chain(of_runs).collect()
}

/// Says of a holder how many of its files are left to the table.
fn say(bom: &mut Bom, holder: &ComponentId, count: u64, table: Option<&Digest>) {
    let all = std::iter::once(&mut bom.subject).chain(&mut bom.components);
    let Some(component) = all.into_iter().find(|component| component.id == *holder) else { return };
    let evidence = Evidence {
        known: Known::Measured,
        file: String::new(),
        place: FILE_TABLE.to_owned(),
        digest: table.cloned(),
    };
    let claim = Property::new(name::LEFT_OUT, Value::Uint(count), Some(evidence)).about(FILES);
    component.properties.push(claim);
}
