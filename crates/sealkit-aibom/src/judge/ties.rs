//! What things are tied to: whether it is listed, and whether the artifact says so too.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Evidence, Known, Report};

use super::check::{Check, shown};
use super::side::{Side, label, subject};
use super::{Case, Source};
use crate::{Completeness, ComponentId, Property, Relation, RelationKind};

/// How a link into another document begins (CycloneDX, BOM-Link).
const OTHER_DOCUMENT: &str = "urn:cdx:";

/// Every reference leads to a component, and every component has a name of its own.
pub(super) fn references(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("references", "references resolve");
    let bom = case.stated.bom;
    let mut seen = BTreeSet::new();
    for component in bom.all() {
        if !seen.insert(&component.id) {
            let text = format!("two components have the reference `{}`", shown(&component.id.0));
            check.fail(&*component.id.0, text);
        }
    }
    let mut runs = BTreeSet::new();
    for run in &bom.runs {
        if !runs.insert(&run.id) {
            let text = format!("two runs have the reference `{}`", shown(&run.id.0));
            check.fail(&*run.id.0, text);
        }
    }
    let of_ties = bom.relations.iter().flat_map(|tie| {
        [(&tie.from, tie.kind.name().to_owned()), (&tie.to, tie.kind.name().to_owned())]
    });
    let of_compositions = bom.compositions.iter().flat_map(|composition| {
        let all = composition.contents.iter().chain(&composition.origins);
        all.map(|id| (id, "completeness".to_owned()))
    });
    let of_runs = bom.runs.iter().flat_map(|run| {
        let all = run.inputs.iter().chain(&run.outputs);
        all.map(move |id| (id, format!("run `{}`", shown(&run.name))))
    });
    let mut named = BTreeSet::new();
    for (id, by) in of_ties.chain(of_compositions).chain(of_runs) {
        if seen.contains(id) || runs.contains(id) {
            check.pass();
        } else if named.insert((id, by.clone())) {
            loose(&mut check, id, &by);
        }
    }
    check.report(report, "reference", "nothing refers to anything");
}

fn loose(check: &mut Check, id: &ComponentId, by: &str) {
    let shown = shown(&id.0);
    if id.0.starts_with(OTHER_DOCUMENT) {
        check.unknown(&*id.0, format!("{by} leads to another document, `{shown}`"));
    } else {
        check.fail(&*id.0, format!("{by} refers to `{shown}`, which is not listed"));
    }
}

/// What is said to be complete is: of its content, of its origins.
pub(super) fn completeness(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("completeness", "what is called complete is complete");
    for (what, stated, made) in [
        ("content", complete(&case.stated, true), complete(&case.made, true)),
        ("origins", complete(&case.stated, false), complete(&case.made, false)),
    ] {
        for at in stated {
            let Some(component) = case.stated.get(at) else { continue };
            if case.pairs.made(at).is_some_and(|at| made.contains(&at)) {
                check.pass();
            } else {
                let text = format!("{what} of {} is called complete, and is not", label(component));
                check.deny(case.own, subject(component), text);
            }
        }
    }
    check.report(report, "list", "nothing is called complete");
}

/// Places of the components whose content or origins are complete.
fn complete(side: &Side<'_>, contents: bool) -> BTreeSet<usize> {
    let all = side.bom.compositions.iter();
    let complete = all.filter(|composition| composition.completeness == Completeness::Complete);
    let ids = complete.flat_map(|c| if contents { &c.contents } else { &c.origins });
    ids.filter_map(|id| side.by_id.get(id).copied()).collect()
}

/// What models and data were made from, trained and evaluated on, and what code loads.
pub(super) fn lineage(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("lineage", "origins are those that the artifact names");
    let kinds = [
        RelationKind::DerivedFrom,
        RelationKind::TrainedOn,
        RelationKind::EvaluatedOn,
        RelationKind::Loads,
    ];
    compare(case, &kinds, &mut check);
    check.report(report, "tie", "no origin is stated or found");
}

/// The software that the artifact needs.
pub(super) fn dependencies(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("dependencies", "dependencies are those that the artifact names");
    compare(case, &[RelationKind::DependsOn], &mut check);
    check.report(report, "tie", "no dependency is stated or found");
}

/// Ends and meaning of a tie, by the places of its ends in the AIBOM of the artifact.
type Key = (Option<usize>, RelationKind, usize);

fn compare(case: &Case<'_>, kinds: &[RelationKind], check: &mut Check) {
    let is_meant = |tie: &&Relation| kinds.contains(&tie.kind);
    let end = |side: &Side<'_>, id: &ComponentId| side.by_id.get(id).copied();
    let mut made: BTreeMap<Key, BTreeSet<Option<&str>>> = BTreeMap::new();
    for tie in &case.made.bom.relations {
        let Some(to) = end(&case.made, &tie.to) else { continue };
        if let Some(key) = key(case, end(&case.made, &tie.from), tie.kind, to) {
            made.entry(key).or_default().insert(tie.role.as_deref());
        }
    }
    let paired = |id| end(&case.stated, id).and_then(|at| case.pairs.made(at));
    let mut stated: BTreeSet<Key> = BTreeSet::new();
    for tie in &case.stated.bom.relations {
        let key = paired(&tie.to).and_then(|to| key(case, paired(&tie.from), tie.kind, to));
        stated.extend(key);
        if !is_meant(&tie) {
            continue;
        }
        match key.and_then(|key| made.get(&key)) {
            Some(roles) => role(case, check, tie, roles),
            None => not_found(case, check, tie),
        }
    }
    for tie in case.made.bom.relations.iter().filter(is_meant) {
        let Some(to) = end(&case.made, &tie.to) else { continue };
        let key = key(case, end(&case.made, &tie.from), tie.kind, to);
        if key.is_some_and(|key| !stated.contains(&key)) {
            let is_later = tie.evidence.as_ref().is_some_and(|e| e.known == Known::Attested);
            let text = format!("{} is found and not stated", described(&case.made, tie));
            let at = case.made.get(to).map(subject).unwrap_or_default();
            check.deny(case.own && !is_later, at, text);
        }
    }
}

/// A stranger's document may tie to the whole what the artifact ties to a part, and may not say
/// what a tie means.
fn key(case: &Case<'_>, from: Option<usize>, kind: RelationKind, to: usize) -> Option<Key> {
    if case.own { Some((Some(from?), kind, to)) } else { Some((None, RelationKind::DependsOn, to)) }
}

/// In which role something is the origin of another, or is needed.
fn role(case: &Case<'_>, check: &mut Check, tie: &Relation, made: &BTreeSet<Option<&str>>) {
    if !case.own || made.contains(&tie.role.as_deref()) {
        return check.pass();
    }
    let to = case.stated.by_id.get(&tie.to).and_then(|at| case.stated.get(*at));
    let (at, text) = (to.map(subject).unwrap_or_default(), described(&case.stated, tie));
    let roles: Vec<&str> = made.iter().map(|role| role.unwrap_or("no role")).collect();
    let roles = shown(&roles.join("`, `"));
    let is_people = case.source(&claim(tie.evidence.clone())) == Source::People;
    if tie.role.is_none() {
        check.unknown(at, format!("{text} does not say in which role: `{roles}`"));
    } else if is_people {
        check.skip(at, format!("{text} by people alone"));
    } else {
        check.fail(at, format!("{text}, by the artifact `{roles}`"));
    }
}

fn not_found(case: &Case<'_>, check: &mut Check, tie: &Relation) {
    let text = described(&case.stated, tie);
    let to = case.stated.by_id.get(&tie.to).and_then(|at| case.stated.get(*at));
    let at = to.map_or_else(|| tie.to.0.clone(), subject);
    let source = case.source(&claim(tie.evidence.clone()));
    let is_attested = tie.evidence.as_ref().is_some_and(|e| e.known == Known::Attested);
    match source {
        _ if is_attested => check.unknown(at, format!("{text} by a statement that is not there")),
        Source::People => check.skip(at, format!("{text} by people alone")),
        Source::Inside => check.fail(at, format!("{text}, and the artifact does not say so")),
        Source::Absent | Source::Nowhere => {
            check.deny(
                case.own && source == Source::Nowhere,
                at,
                format!("{text}, and is not found"),
            );
        }
    }
}

/// The evidence of a tie as that of a value.
fn claim(evidence: Option<Evidence>) -> Property {
    Property::text("", "", evidence)
}

fn described(side: &Side<'_>, tie: &Relation) -> String {
    let name = |id: &ComponentId| {
        let component = side.by_id.get(id).and_then(|at| side.get(*at));
        component.map_or_else(|| format!("`{}`", shown(&id.0)), label)
    };
    let role = tie.role.as_ref().map(|role| format!(" ({})", shown(role))).unwrap_or_default();
    format!("{} {} {}{role}", name(&tie.from), tie.kind.name().replace('-', " "), name(&tie.to))
}
