//! How values are known: each says so, and what it names is there.

use std::collections::BTreeSet;

use sealkit_report::{Evidence, Known, Report};

use super::Case;
use super::check::{Check, shown};
use super::side::{label, subject};
use crate::{Bom, Property, name};

/// Every value of a document of ours has its evidence, and the file that a value comes from is the
/// one that lies in the artifact.
pub(super) fn every_value(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("evidence", "every value says how it is known");
    if !case.own {
        check.report(report, "", "documents of others do not say where a value comes from");
        return;
    }
    for (at, place, property) in properties(case.stated.bom) {
        if let Some(evidence) = &property.evidence {
            proved(case, &mut check, (&at, &place), property, evidence);
        } else {
            let name = shown(&property.name);
            check.fail(at, format!("`{name}` of {place} does not say how it is known"));
        }
    }
    check.report(report, "value", "there are no values");
}

/// The digest of the file that a value comes from is that of the file in the artifact.
fn proved(
    case: &Case<'_>,
    check: &mut Check,
    (at, place): (&str, &str),
    property: &Property,
    evidence: &Evidence,
) {
    let (Some(digest), false) = (&evidence.digest, evidence.known == Known::Attested) else {
        return check.pass();
    };
    let here = case.made.files.get(evidence.file.as_str()).into_iter().flatten();
    let files: Vec<_> = here.filter_map(|at| case.made.get(*at)).collect();
    let text = digest.to_string();
    let is_same = files.iter().any(|file| file.hashes.iter().any(|h| h.to_string() == text));
    let is_comparable = files.iter().any(|file| {
        file.hashes.iter().any(|hash| hash.algorithm().name() == digest.algorithm().name())
    });
    if is_comparable && !is_same {
        let (name, file) = (shown(&property.name), shown(&evidence.file));
        check.fail(at, format!("`{name}` of {place} comes from other bytes of `{file}`"));
    } else {
        check.pass();
    }
}

/// The values of a document with what they belong to. What a codec adds of itself is none.
fn properties(bom: &Bom) -> impl Iterator<Item = (String, String, &Property)> {
    let of_bom = [name::BOM_AUTHOR, name::LIFECYCLE];
    let of_bom = bom.properties.iter().filter(move |p| of_bom.contains(&p.name.as_str()));
    let of_bom = of_bom.map(|p| ("document".to_owned(), "the document".to_owned(), p));
    let of_components = bom.all().flat_map(|component| {
        let all = component.properties.iter().filter(|p| p.name != "component-type");
        all.map(move |property| (subject(component), label(component), property))
    });
    let of_runs = bom.runs.iter().flat_map(|run| {
        let at = format!("run `{}`", shown(&run.name));
        run.properties.iter().map(move |property| (at.clone(), at.clone(), property))
    });
    of_bom.chain(of_components).chain(of_runs)
}

/// A value that a statement attests names the statement, and the statement is one that was
/// verified with the artifact.
pub(super) fn attested(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("attested", "attested values name a statement that was verified");
    let seen: BTreeSet<String> = properties(case.made.bom)
        .filter_map(|(_, _, property)| statement(property.evidence.as_ref()?))
        .flatten()
        .collect();
    for (at, place, property) in properties(case.stated.bom) {
        let Some(digest) = property.evidence.as_ref().and_then(statement) else { continue };
        let name = shown(&property.name);
        match digest {
            None => {
                check.unknown(at, format!("`{name}` of {place} names no statement"));
            }
            Some(digest) if seen.contains(&digest) => check.pass(),
            Some(digest) => {
                let text = format!("`{name}` of {place} names `{digest}`, which was not verified");
                check.unknown(at, text);
            }
        }
    }
    check.report(report, "value", "no value is attested");
}

/// The digest of the statement of an attested value, where it names one.
#[expect(clippy::option_option, reason = "attested without a statement is not the same as not")]
fn statement(evidence: &Evidence) -> Option<Option<String>> {
    let is_attested = evidence.known == Known::Attested;
    is_attested.then(|| evidence.digest.as_ref().map(ToString::to_string))
}
