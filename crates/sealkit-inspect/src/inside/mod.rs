//! What lies inside of a file beside what its format says: the members of archives, what is packed, and
//! the same bytes as another loader would read them.
//!
//! A file is more than one thing to many loaders. That one inspector found a format says nothing of what
//! Python's `pickle` makes of the bytes, and an archive that nobody opened can hold anything. Members are
//! looked at like files; of what was found in them only what loading would run is kept. What could not
//! be looked at makes the facts incomplete.

mod archives;
mod holder;
mod plain;

use sealkit_report::{Budget, Severity};

use self::holder::Holder;
use crate::codec::Codec;
use crate::formats::pickle;
use crate::formats::skops::Skops;
use crate::identify::Identified;
use crate::pickle::{Reach, reach, reach_of_head};
use crate::read_at::piece;
use crate::zip::{Directory, find_doubt};
use crate::{
    Class, Confidence, Fact, Facts, Format, INSPECTORS, Inspector, Probe, ReadAt, Value, property,
};

/// Archives inside each other that are opened.
const MAX_DEPTH: u32 = 4;
/// Formats whose inspectors follow the pickle that the file begins with.
const PICKLES: &[&str] = &["pickle", "pytorch-legacy"];
/// Formats of zip archives whose inspectors look at every member, or that run code whatever they hold.
const READ_ZIPS: &[&str] =
    &["pytorch", "torchscript", "torch-package", "torch-export", "npz", "mcpb", "torchserve"];
/// Members that an inspector of Keras reads.
const OF_KERAS: &[&str] = &["metadata.json", "config.json", "model.weights.h5"];
/// Formats whose inspectors know what each member is.
const UNDERSTOOD: &[&str] = &["keras", "skops"];
/// Formats that hold whatever a program needs, of which the inspectors read no more than the list.
const BUNDLES: &[&str] = &["mcpb", "torchserve"];
/// Formats of archives that nothing here can open.
const CLOSED: &[&str] = &["7z", "rar"];
/// Names of files that loaders open as zip archives, whatever stands before the first member.
const ZIP_NAMES: Format = Format::new(
    "zip",
    "zip archive",
    Class::Unknown,
    &[".keras", ".zip", ".npz", ".mar", ".skops", ".pyz", ".whl", ".egg"],
);

/// Looks at what the inspector of the format found did not, and adds it to `facts`.
pub(crate) fn look(
    found: &Identified,
    (path, source): (&str, &dyn ReadAt),
    facts: &mut Facts,
    budget: &mut Budget,
    depth: u32,
) {
    // These bytes were read and paid for when the file was identified.
    let Ok(head) = piece(source, &mut Budget::new(Probe::HEAD, 0, 0, 0), 0, Probe::HEAD) else {
        facts.incomplete = true;
        return;
    };
    let id = found.format.map_or("unknown", |format| format.id);
    if !PICKLES.contains(&id) && id != "npy" {
        as_pickle(found, (path, source, &head), facts, budget);
    }
    as_model(id, (path, source, &head), facts, budget);
    if id == "zip" {
        as_skops((path, source), facts, budget);
    }
    let mut holder = Holder::new(path, source.is_far(), facts, budget, depth);
    if UNDERSTOOD.contains(&id) {
        holder.is_understood();
    } else if BUNDLES.contains(&id) {
        holder.not_indexed("");
    }
    if CLOSED.contains(&id) {
        holder.unread("", "nothing here opens archives of this kind");
    }
    if holder::is_zip(&head) {
        if !READ_ZIPS.contains(&id) {
            let known = if id == "keras" { OF_KERAS } else { &[] };
            holder.zip(source, known);
        }
    } else if ZIP_NAMES.claims(path) {
        behind((path, source), &mut holder);
    }
    if id != "pytorch-tar" && archives::is_tar(&head) {
        holder.tar(source);
    }
    if id != "compressed-pickle" {
        if let Some(codec) = Codec::of(&head) {
            holder.packed(source, codec, &head);
        } else if let Some((codec, start)) = archives::old_joblib(&head) {
            holder.packed_from(source, codec, start);
        }
    }
    // That nothing runs is known of a file that was read to its end, where nothing in it runs.
    if facts.incomplete || facts.facts.iter().any(runs) {
        let denies = |fact: &Fact| {
            fact.property == property::CAN_RUN_CODE && fact.value == Value::Bool(false)
        };
        facts.facts.retain(|fact| !denies(fact));
    }
}

/// The bytes as Python's `pickle` would take them.
fn as_pickle(
    found: &Identified,
    (path, source, head): (&str, &dyn ReadAt, &[u8]),
    facts: &mut Facts,
    budget: &mut Budget,
) {
    let reached = match reach_of_head(head, source.len()) {
        Reach::Open => reach(source),
        sure => sure,
    };
    match reached {
        Reach::Nothing => return,
        Reach::Open => {
            facts.incomplete = true;
            let message =
                "as a pickle it is more than is followed: what loading it would do is not known";
            facts.find("pickle-open", Severity::Medium, (path, ""), message);
            return;
        }
        Reach::Calls => {}
    }
    let name = found.format.map_or("of no known format", |format| format.name);
    let message = format!("the content is {name}, and a pickle that calls something as well");
    facts.find("polyglot", Severity::High, (path, ""), message);
    let mut part = Facts::default();
    pickle::content(source, (path, ""), Some(0), &mut part, budget);
    Holder::new(path, false, facts, budget, 0).keep("", part);
}

/// The bytes as inspectors of other formats that look for code would take them.
fn as_model(
    id: &str,
    (path, source, head): (&str, &dyn ReadAt, &[u8]),
    facts: &mut Facts,
    budget: &mut Budget,
) {
    let probe = Probe::new(path, head, &[], source.len(), None);
    for inspector in INSPECTORS {
        let other = inspector.format();
        // MATLAB 7.3 is HDF5 by design; pickles and what is packed are looked for in their own ways.
        let is_other = other.class == Class::Model
            && other.id != id
            && (id, other.id) != ("matlab", "hdf5")
            && !PICKLES.contains(&other.id)
            && other.id != "compressed-pickle";
        if !is_other || !plain::looks_for_code(*inspector) {
            continue;
        }
        if inspector.probe(&probe) != Confidence::Magic {
            continue;
        }
        let Ok(part) = inspector.inspect(source, path, budget) else {
            facts.incomplete = true;
            continue;
        };
        let mut holder = Holder::new(path, false, facts, budget, 0);
        if holder.keep("", part) {
            let message = format!("the content is {} as well, and runs code as that", other.name);
            facts.find("polyglot", Severity::High, (path, ""), message);
        }
    }
}

/// An archive as skops takes it, whatever it is called.
fn as_skops((path, source): (&str, &dyn ReadAt), facts: &mut Facts, budget: &mut Budget) {
    if let Ok(part) = Skops.inspect(source, path, budget) {
        let is_more = part.incomplete || part.facts.iter().any(runs);
        if is_more {
            Holder::new(path, false, facts, budget, 0).keep("", part);
        }
    }
}

fn runs(fact: &Fact) -> bool {
    fact.property == property::CAN_RUN_CODE && fact.value == Value::Bool(true)
}

/// A zip archive behind something else: loaders that look for its end find it all the same.
fn behind((path, source): (&str, &dyn ReadAt), holder: &mut Holder<'_>) {
    // Only the end is asked for here; the members are paid for when they are looked at.
    let Ok(directory) = Directory::read(source, &mut Budget::new(16 << 20, 100_000, 0, 0)) else {
        return;
    };
    let message = "a zip archive follows what the file begins with: loaders find one or the other";
    holder.facts().find("polyglot", Severity::High, (path, "central directory"), message);
    find_doubt(&directory, path, holder.facts());
    holder.members(source, &directory, &[]);
}
