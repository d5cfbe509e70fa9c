//! Bytes: of the whole, of its files, of its parts.

use std::collections::BTreeSet;

use sealkit_report::Report;

use super::Case;
use super::check::Check;
use super::side::{label, path, subject as subject_of};
use crate::{Completeness, Component, Hash, HashAlgorithm, Kind, name};

/// How the digests of two components compare.
enum Bytes<'a> {
    Equal,
    /// All that could be compared are equal; this one is of an algorithm that the artifact was not hashed with.
    Partly(&'a Hash),
    Differ(&'a Hash, &'a Hash),
    /// No algorithm is on both sides.
    Unlike,
}

/// Every stated digest must be one of the artifact's. One of an algorithm that the artifact lacks was not
/// compared, whatever the others say.
fn compare<'a>(stated: &'a Component, made: &'a Component) -> Bytes<'a> {
    let known: BTreeSet<HashAlgorithm> = made.hashes.iter().map(Hash::algorithm).collect();
    let is_known = |hash: &&Hash| known.contains(&hash.algorithm());
    let mut any = false;
    for hash in stated.hashes.iter().filter(is_known) {
        any = true;
        let mut same = made.hashes.iter().filter(|other| other.algorithm() == hash.algorithm());
        if !same.clone().any(|other| other.hex() == hash.hex())
            && let Some(other) = same.next()
        {
            return Bytes::Differ(hash, other);
        }
    }
    match stated.hashes.iter().find(|hash| !is_known(hash)) {
        _ if !any => Bytes::Unlike,
        Some(other) => Bytes::Partly(other),
        None => Bytes::Equal,
    }
}

/// A digest that stands beside one that is right, and that nothing was compared with.
fn not_compared(check: &mut Check, stated: &Component, other: &Hash) {
    let text = format!("{} is also stated as `{other}`, which was not compared", label(stated));
    check.unknown(subject_of(stated), text);
}

/// The document is about this artifact and no other.
pub(super) fn subject(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("subject", "document is about this artifact");
    let (stated, made) = (&case.stated.bom.subject, &case.made.bom.subject);
    let at = label(stated);
    if !case.same_shape {
        let text = "the document is about a kit and the artifact is a folder, or the other way \
                    round: their digests are of different bytes";
        check.unknown(subject_of(stated), text);
        check.report(report, "digest", "");
        return;
    }
    match compare(stated, made) {
        Bytes::Equal => check.pass(),
        _ if !case.own && !case.made.with_bytes_of(stated).is_empty() => {
            let text = format!("{at} is a part of the artifact, not the whole");
            check.unknown(subject_of(stated), text);
        }
        Bytes::Partly(other) => not_compared(&mut check, stated, other),
        Bytes::Differ(said, is) => {
            check.fail(subject_of(stated), format!("{at} is stated as `{said}`, and is `{is}`"));
        }
        Bytes::Unlike if made.hashes.is_empty() => {
            check.unknown(subject_of(stated), "the artifact as a whole has no digest");
        }
        Bytes::Unlike => {
            let text = format!("{at} is stated without a digest that could be compared");
            check.unknown(subject_of(stated), text);
        }
    }
    sizes(case, &mut check, stated, made);
    check.report(report, "digest", "");
}

/// Every listed file is there, and every file that is there is listed.
pub(super) fn listed(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("files-listed", "files are those of the artifact");
    let is_whole = !is_incomplete(case);
    for (at, file) in case.stated.all.iter().enumerate().filter(|(_, c)| c.kind == Kind::File) {
        if let Some(made) = case.pairs.made(at).and_then(|at| case.made.get(at)) {
            place(case, &mut check, file, made);
        } else {
            let text = format!("`{}` is listed and not there", super::check::shown(path(file)));
            check.deny(is_whole, path(file).to_owned(), text);
        }
    }
    let complete = case.own || says_complete(case);
    let all = case.made.all.iter().enumerate().filter(|(_, file)| file.kind == Kind::File);
    let unlisted: Vec<_> = all.filter(|(at, _)| case.pairs.stated(*at).is_none()).collect();
    let left = case.stated.bom.files_left();
    if left > 0 && left == unlisted.len() as u64 {
        let text =
            format!("the file table of the kit lists {left} files, and the document does not");
        check.unknown("document", text);
    } else {
        for (_, file) in &unlisted {
            let text = format!("`{}` is there and not listed", super::check::shown(path(file)));
            check.deny(complete, path(file).to_owned(), text);
        }
        if left > 0 {
            let text = format!("{left} files are said to be left out, and {} are", unlisted.len());
            check.deny(case.own && is_whole, "document".to_owned(), text);
        }
    }
    if !is_whole {
        check.unknown("artifact", "not all files of the artifact could be listed");
    }
    check.report(report, "file", "there are no files");
}

/// A file that is found by its bytes must lie where it is stated. Others may write paths that start
/// elsewhere.
fn place(case: &Case<'_>, check: &mut Check, stated: &Component, made: &Component) {
    let (said, is) = (path(stated), path(made));
    let is_below = || is.strip_suffix(said).is_some_and(|rest| rest.ends_with('/'));
    if said == is || (!case.own && (made.kind != Kind::File || is_below())) {
        check.pass();
    } else {
        let (said, is) = (super::check::shown(said), super::check::shown(is));
        let text = format!("`{said}` is listed and not there: its bytes are those of `{is}`");
        check.deny(case.own, path(stated).to_owned(), text);
    }
}

/// Whether files of the artifact may be unknown.
fn is_incomplete(case: &Case<'_>) -> bool {
    let id = &case.made.bom.subject.id;
    let all = case.made.bom.compositions.iter();
    all.filter(|c| c.contents.contains(id)).any(|c| c.completeness != Completeness::Complete)
}

/// Whether the document says that it lists everything.
fn says_complete(case: &Case<'_>) -> bool {
    let id = &case.stated.bom.subject.id;
    let all = case.stated.bom.compositions.iter();
    all.filter(|c| c.contents.contains(id)).any(|c| c.completeness == Completeness::Complete)
}

/// Every file has the bytes that are stated.
pub(super) fn hashes(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("file-hashes", "files have the stated bytes");
    for (at, stated) in case.stated.all.iter().enumerate() {
        let made = case.pairs.made(at).and_then(|at| case.made.get(at));
        let Some(made) = made.filter(|made| made.kind == Kind::File) else { continue };
        bytes(&mut check, stated, made);
        if let (Some(said), Some(is)) = (stated.size, made.size)
            && said != is
        {
            let text = format!("{} is stated with {said} bytes, and has {is}", label(stated));
            check.fail(subject_of(stated), text);
        }
    }
    check.report(report, "file", "no file is listed");
}

fn bytes(check: &mut Check, stated: &Component, made: &Component) {
    let at = label(stated);
    match compare(stated, made) {
        Bytes::Equal => check.pass(),
        Bytes::Partly(other) => not_compared(check, stated, other),
        Bytes::Differ(said, is) => {
            check.fail(subject_of(stated), format!("{at} is stated as `{said}`, and is `{is}`"));
        }
        Bytes::Unlike if stated.hashes.is_empty() => {
            check.unknown(subject_of(stated), format!("{at} is stated without a digest"));
        }
        Bytes::Unlike if made.hashes.is_empty() => {
            check.unknown(subject_of(stated), format!("{at} was not read whole"));
        }
        Bytes::Unlike => {
            let text = format!("{at} is stated with digests of other algorithms");
            check.unknown(subject_of(stated), text);
        }
    }
}

/// Every part that holds files is there, and is the stated layer or tree. What lies elsewhere has
/// the digests that the files of the artifact give it.
pub(super) fn parts(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("part-digests", "parts have the stated bytes");
    if !case.same_shape {
        let text = "parts of a kit are layers, those of a folder are trees";
        check.unknown("artifact", text);
    }
    let others = case.stated.all.iter().enumerate().skip(1).filter(|(_, c)| c.kind != Kind::File);
    for (at, stated) in others {
        let Some(made) = case.pairs.made(at).and_then(|at| case.made.get(at)) else {
            lost(case, &mut check, stated);
            continue;
        };
        let comparable = case.same_shape || !stated.kind.is_inside();
        if case.own && stated.kind.is_inside() && stated.path != made.path {
            let (at, is) = (label(stated), super::check::shown(path(made)));
            check.fail(subject_of(stated), format!("{at} is listed and not there: it is `{is}`"));
        }
        if made.kind == Kind::File || !comparable {
            continue;
        }
        if stated.hashes.is_empty() {
            let is_hidden = !made.hashes.is_empty() && stated.kind.is_inside();
            if case.own && is_hidden && !says_unknown(stated, "hash") {
                let text = format!("{} is stated without a digest", label(stated));
                check.unknown(subject_of(stated), text);
            }
            continue;
        }
        match compare(stated, made) {
            Bytes::Equal => check.pass(),
            Bytes::Partly(other) => not_compared(&mut check, stated, other),
            _ if !case.own && !case.made.with_bytes_of(stated).is_empty() => check.pass(),
            Bytes::Differ(said, is) => {
                let text = format!("{} is stated as `{said}`, and is `{is}`", label(stated));
                // A digest of somebody else may be of other bytes: an archive, one file of several.
                check.deny(case.own, subject_of(stated), text);
            }
            Bytes::Unlike if stated.kind.is_inside() => {
                let text = format!("the digest of {} could not be compared", label(stated));
                check.unknown(subject_of(stated), text);
            }
            Bytes::Unlike => {}
        }
        sizes(case, &mut check, stated, made);
    }
    for (at, made) in case.made.all.iter().enumerate() {
        let is_part = made.kind.is_inside() && made.kind != Kind::File;
        if case.own && is_part && case.pairs.stated(at).is_none() {
            check.fail(subject_of(made), format!("{} is there and not listed", label(made)));
        }
    }
    check.report(report, "part", "no part is stated with a digest");
}

fn says_unknown(component: &Component, what: &str) -> bool {
    component.of(name::UNKNOWN).any(|property| property.subject == what)
}

fn sizes(case: &Case<'_>, check: &mut Check, stated: &Component, made: &Component) {
    if let (Some(said), Some(is), true) = (stated.size, made.size, case.own && case.same_shape)
        && said != is
    {
        let text = format!("{} is stated with {said} bytes, and has {is}", label(stated));
        check.fail(subject_of(stated), text);
    }
}

/// A stated part that the artifact does not have.
fn lost(case: &Case<'_>, check: &mut Check, stated: &Component) {
    let at = label(stated);
    if stated.kind.is_inside() {
        let is_kept = says_unknown(stated, "content");
        let text = format!("{at} is listed and not there");
        check.deny(case.own && !is_kept, subject_of(stated), text);
    } else if !case.own && stated.kind.is_model() && !stated.hashes.is_empty() {
        check.unknown(subject_of(stated), format!("{at} is not found by its digest"));
    }
}
