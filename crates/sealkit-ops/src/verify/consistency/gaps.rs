//! What one document names and another does not. No contradiction, for nobody has to say all; but
//! whoever asks for a whole lineage wants to know.

use sealkit_report::Step;

use super::things::{Thing, What};
use super::{SHOWN, Said};

const ID: &str = "statements-complete";
const TITLE: &str = "AIBOM, lineage and provenance name the same datasets and base models";

/// Compares the names. The step passes or tells the gaps; it never fails.
pub(super) fn step(said: &Said<'_>, things: &[Thing]) -> Step {
    let of = |by: &str| -> Vec<&Thing> { things.iter().filter(|thing| thing.by == by).collect() };
    let (proven, drawn, listed) = (of("provenance"), of("lineage"), of("the AIBOM"));
    if proven.is_empty() && drawn.is_empty() {
        return Step::skip(ID, TITLE, "no provenance and no lineage by a trusted signer");
    }
    let mut gaps = Vec::new();
    if !proven.is_empty() {
        gaps.extend(missing(&drawn, &proven, "lineage", "provenance"));
    }
    if said.bom.is_some() {
        gaps.extend(missing(&proven, &listed, "provenance", "the AIBOM"));
        gaps.extend(missing(&drawn, &listed, "lineage", "the AIBOM"));
    }
    if gaps.is_empty() {
        return Step::pass(ID, TITLE);
    }
    let more = gaps.len().saturating_sub(SHOWN);
    let mut told: Vec<String> = gaps.into_iter().take(SHOWN).collect();
    told.extend((more > 0).then(|| format!("and {more} more")));
    Step::skip(ID, TITLE, told.join("; "))
}

/// What `these` name and `those` do not, by name or by digest.
fn missing(these: &[&Thing], those: &[&Thing], by: &str, not_by: &str) -> Vec<String> {
    let same = |one: &Thing, other: &Thing| {
        let digests = one.digests.as_ref().zip(other.digests.as_ref());
        let equal = |(one, other): (&sealkit_attest::DigestSet, &sealkit_attest::DigestSet)| {
            one.sha256().is_some() && one.sha256() == other.sha256()
        };
        one.what == other.what && (one.name == other.name || digests.is_some_and(equal))
    };
    let gone = these.iter().filter(|one| !those.iter().any(|other| same(one, other)));
    let told = gone.map(|one| {
        let what = if one.what == What::Data { "dataset" } else { "model" };
        format!("{what} `{}` is named by {by} and not by {not_by}", one.name)
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told.dedup();
    told
}
