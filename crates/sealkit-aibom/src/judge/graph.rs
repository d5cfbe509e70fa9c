//! Rules that hold for any graph of components, and the rules that SPDX 3.0.1 has in prose alone.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Value, property};
use sealkit_report::{Known, Report};

use super::Case;
use super::check::Check;
use super::side::{Side, label, subject};
use crate::{Component, Kind, Property, Relation, RelationKind, name};

/// Ties make sense: none leads around in a circle, models are trained and on data, and data is not
/// said to be harmless by what was trained on it.
pub(super) fn check(case: &Case<'_>, report: &mut Report) {
    let mut check = Check::new("graph", "ties make sense");
    let side = &case.stated;
    for kind in [RelationKind::Contains, RelationKind::DerivedFrom] {
        for at in circle(side, kind) {
            let Some(component) = side.get(at) else { continue };
            let word = match kind {
                RelationKind::Contains => "holds",
                _ => "is derived from",
            };
            let text = format!("{} {word} itself, by way of others", label(component));
            // Others list what something was made from by its name alone, which may be its own.
            let is_fail = case.own || kind == RelationKind::Contains;
            check.deny(is_fail, subject(component), text);
        }
    }
    for tie in &side.bom.relations {
        let get = |id| side.by_id.get(id).and_then(|at| side.get(*at));
        if let (Some(from), Some(to)) = (get(&tie.from), get(&tie.to)) {
            trained(&mut check, tie, from, to);
            sensitive(&mut check, tie, from, to);
        }
    }
    check.report(report, "tie", "there are no ties");
}

/// Only what learns is trained, and only on data.
fn trained(check: &mut Check, tie: &Relation, from: &Component, to: &Component) {
    let word = match tie.kind {
        RelationKind::TrainedOn => "trained",
        RelationKind::EvaluatedOn => "evaluated",
        _ => return check.pass(),
    };
    let cannot_learn = from.kind.is_data()
        || matches!(from.kind, Kind::Library | Kind::Container | Kind::Device | Kind::Docs);
    if cannot_learn {
        let text = format!("{} is {word} on {}, but no model", label(from), label(to));
        check.fail(subject(from), text);
    } else if to.kind.is_model() || matches!(to.kind, Kind::Library | Kind::Container) {
        let text = format!("{} is {word} on {}, which is no data", label(from), label(to));
        check.fail(subject(from), text);
    } else {
        check.pass();
    }
}

/// A model that was trained on sensitive data cannot say that it was not.
fn sensitive(check: &mut Check, tie: &Relation, from: &Component, to: &Component) {
    if tie.kind != RelationKind::TrainedOn || !is_said(to, property::SENSITIVE_DATA, true) {
        return;
    }
    if is_said(from, property::SENSITIVE_DATA, false) {
        let text =
            format!("{} is said to know no sensitive data, but {} is", label(from), label(to));
        check.fail(subject(from), text);
    }
}

/// Whether a flag says yes or no; text says yes, unless it is a word for no.
fn is_said(component: &Component, name: &str, yes: bool) -> bool {
    let no = ["no", "none", "false"];
    component.of(name).any(|property| match &property.value {
        Value::Bool(said) => *said == yes,
        Value::Text(text) => {
            let text = text.trim().to_lowercase();
            let is_word = !text.is_empty() && text != "noassertion" && text != "unknown";
            is_word && no.contains(&text.as_str()) != yes
        }
        Value::List(texts) => yes && !texts.is_empty(),
        _ => false,
    })
}

/// Components that ties of one kind lead back to: what is left when everything is taken away that
/// nothing leads to, and then everything that leads nowhere.
fn circle(side: &Side<'_>, kind: RelationKind) -> BTreeSet<usize> {
    let place = |id| side.by_id.get(id).copied();
    let ties = side.bom.relations.iter().filter(|tie| tie.kind == kind);
    let ties = ties.filter_map(|tie| Some((place(&tie.from)?, place(&tie.to)?)));
    let ties: BTreeSet<(usize, usize)> = ties.collect();
    let turned: BTreeSet<(usize, usize)> = ties.iter().map(|(from, to)| (*to, *from)).collect();
    let forth = peel(&ties);
    peel(&turned).intersection(&forth).copied().collect()
}

/// The ends of ties that are left when, again and again, ends are removed that no tie leads to.
fn peel(ties: &BTreeSet<(usize, usize)>) -> BTreeSet<usize> {
    let mut into: BTreeMap<usize, usize> = BTreeMap::new();
    let mut out: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in ties {
        into.entry(*from).or_default();
        *into.entry(*to).or_default() += 1;
        out.entry(*from).or_default().push(*to);
    }
    let mut open: Vec<usize> =
        into.iter().filter(|(_, count)| **count == 0).map(|(at, _)| *at).collect();
    let mut left: BTreeSet<usize> = into.keys().copied().collect();
    while let Some(at) = open.pop() {
        left.remove(&at);
        for to in out.remove(&at).into_iter().flatten() {
            let Some(count) = into.get_mut(&to) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.push(to);
            }
        }
    }
    left
}

/// A field that SPDX 3.0.1 demands of models and datasets, with what says it here.
struct Field {
    title: &'static str,
    names: &'static [&'static str],
    of_models: bool,
    of_data: bool,
}

/// The fields (SPDX 3.0.1, AIPackage and DatasetPackage, "External properties cardinality
/// updates"): neither its schema nor its shapes check them.
const FIELDS: &[Field] = &[
    Field { title: "release time", names: &[property::RELEASED], of_models: true, of_data: true },
    Field {
        title: "supplier or originator",
        names: &[name::SUPPLIER, property::PARTY, property::AUTHOR],
        of_models: true,
        of_data: true,
    },
    Field {
        title: "version",
        names: &[property::VERSION, name::DATA_VERSION],
        of_models: true,
        of_data: false,
    },
    Field { title: "build time", names: &[property::CREATED], of_models: false, of_data: true },
];

/// Checks what SPDX 3.0.1 demands in prose. What the document says it does not know is said.
pub(super) fn fields(case: &Case<'_>, demanded: bool, report: &mut Report) {
    let mut check = Check::new("spdx-fields", "models and data have what SPDX demands in prose");
    let things = case.stated.all.iter().filter(|c| c.kind.is_model() || c.kind.is_data());
    for component in things {
        let missing = missing(component);
        if missing.is_empty() {
            check.pass();
            continue;
        }
        let text = format!("{} has no {}", label(component), missing.join(", no "));
        if demanded {
            check.unknown(subject(component), text);
        } else {
            check.skip(subject(component), text);
        }
    }
    check.report(report, "thing", "no model or dataset is listed");
}

fn missing(component: &Component) -> Vec<&'static str> {
    let is_model = component.kind.is_model();
    let demanded = FIELDS.iter().filter(|f| if is_model { f.of_models } else { f.of_data });
    let is_silent = |f: &&Field| !f.names.iter().any(|name| is_stated(component, name));
    let mut missing: Vec<&str> = demanded.filter(is_silent).map(|field| field.title).collect();
    let is_of = |p: &Property, concluded: bool| {
        matches!(p.known(), Known::Measured | Known::Inferred) == concluded
    };
    for (title, concluded) in [("declared licence", false), ("concluded licence", true)] {
        let unknown = is_stated_unknown(component, property::LICENCE);
        if !unknown && !component.of(property::LICENCE).any(|p| is_of(p, concluded)) {
            missing.push(title);
        }
    }
    let is_link = |p: &Property| match &p.value {
        Value::Link(link) => matches!(link.kind.as_str(), "distribution" | "website" | "vcs"),
        _ => false,
    };
    if component.purl.is_none() && !component.of(property::LINK).any(is_link) {
        missing.push("download location");
    }
    missing
}

fn is_stated(component: &Component, name: &str) -> bool {
    component.of(name).next().is_some() || is_stated_unknown(component, name)
}

fn is_stated_unknown(component: &Component, name: &str) -> bool {
    let unknown = component.of(name::UNKNOWN).chain(component.of(property::NOT_MEASURED));
    unknown.into_iter().any(|property| property.subject == name)
}
