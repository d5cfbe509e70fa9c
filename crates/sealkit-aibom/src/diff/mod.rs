//! Two AIBOMs by meaning: which things came, went or changed, whatever order or format they were
//! written in.

mod content;
mod identity;
mod pairs;
mod runs;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::property;
use serde::Serialize;

use crate::{Bom, Component, ComponentId, Kind, Property, RelationKind, name};
use identity::{Identity, identity};
use pairs::pairs;
use told::values;

pub(crate) use identity::without_version;

/// What a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// The kit itself.
    Kit,
    /// Models.
    Model,
    /// Data, inside and outside.
    Dataset,
    /// What things were made from or trained on.
    Lineage,
    /// Licences.
    Licence,
    /// Results of evaluations.
    Metric,
    /// Software that is needed.
    Dependency,
    /// Who made things.
    Author,
    /// Files.
    File,
    /// Runs that made things.
    Run,
    /// Everything else.
    Other,
}

/// How something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is in the second alone.
    Added,
    /// It is in the first alone.
    Removed,
    /// It is in both, and not the same.
    Changed,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BomDifference {
    /// What it is about.
    pub area: Area,
    /// The thing: its kind and its path or name.
    pub subject: String,
    /// How it differs.
    pub change: Change,
    /// What of the thing: a property, `digest`, a tie; empty for the thing as a whole.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// The values of the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    /// The values of the second.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Whether it is a contradiction: one version name for two contents.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub contradiction: bool,
}

/// Compares two AIBOMs. Empty means that they say the same of the same things.
pub fn diff(before: &Bom, after: &Bom) -> Vec<BomDifference> {
    let mut found = Vec::new();
    for pair in pairs(before, after) {
        match pair {
            (key, Some(old), Some(new)) => compare(&key, old, new, &mut found),
            (key, Some(old), None) => found.push(whole(&key, old, Change::Removed)),
            (key, None, Some(new)) => found.push(whole(&key, new, Change::Added)),
            (_, None, None) => {}
        }
    }
    ties(before, after, &mut found);
    runs::compare(before, after, &mut found);
    authors(before, after, &mut found);
    found.sort();
    found.dedup();
    found
}

fn whole(key: &Identity, component: &Component, change: Change) -> BomDifference {
    let digests = component.hashes.iter().map(ToString::to_string).collect();
    let (before, after) = match change {
        Change::Added => (Vec::new(), digests),
        _ => (digests, Vec::new()),
    };
    row(area_of(component.kind), &key.label(), change, "", (before, after))
}

fn row(
    area: Area,
    subject: &str,
    change: Change,
    what: &str,
    (before, after): (Vec<String>, Vec<String>),
) -> BomDifference {
    let (subject, what) = (subject.to_owned(), what.to_owned());
    BomDifference { area, subject, change, what, before, after, contradiction: false }
}

fn compare(key: &Identity, old: &Component, new: &Component, found: &mut Vec<BomDifference>) {
    let area = area_of(old.kind);
    let label = key.label();
    let digests =
        |c: &Component| -> Vec<String> { c.hashes.iter().map(ToString::to_string).collect() };
    let (was, is) = (digests(old), digests(new));
    // An algorithm that one side alone states is no difference.
    let shared = |all: &[String], other: &[String]| -> Vec<String> {
        let name = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
        let names: BTreeSet<String> = other.iter().map(|text| name(text)).collect();
        all.iter().filter(|text| names.contains(&name(text))).cloned().collect()
    };
    let other_content = shared(&was, &is) != shared(&is, &was);
    if other_content {
        let values = (shared(&was, &is), shared(&is, &was));
        found.push(row(area, &label, Change::Changed, "digest", values));
    }
    let version = |c: &Component| c.first(property::VERSION).map(|p| p.value.to_string());
    let declared = |c: &Component| {
        c.first(property::VERSION).is_some_and(|p| p.known() != sealkit_report::Known::Inferred)
    };
    let is_declared = declared(old) && declared(new);
    let is_other = old.kind.is_data() && content::differs(old, new, other_content);
    if is_other && is_declared && version(old) == version(new) {
        let version = version(old).into_iter().collect::<Vec<_>>();
        let row = row(area, &label, Change::Changed, "version", (version.clone(), version));
        found.push(BomDifference { contradiction: true, ..row });
    }
    if old.purl != new.purl {
        let list = |purl: &Option<String>| purl.iter().cloned().collect();
        found.push(row(area, &label, Change::Changed, "purl", (list(&old.purl), list(&new.purl))));
    }
    stated(&label, area, (old, new, other_content), found);
    let (old, new) = (content::comparable(old, new), content::comparable(new, old));
    properties(&label, area, (&old, &new), found);
}

/// What a component says beside its properties. Where the name of a thing is a property too, that tells it.
fn stated(
    label: &str,
    area: Area,
    (old, new, other_content): (&Component, &Component, bool),
    found: &mut Vec<BomDifference>,
) {
    let size = |c: &Component| c.size.map(|size| size.to_string());
    let is_named = |c: &Component| c.first(property::NAME).is_some();
    let name = |c: &Component| Some(c.name.clone()).filter(|_| !is_named(old) && !is_named(new));
    for (what, was, is) in [
        (property::NAME, name(old), name(new)),
        ("size", size(old), size(new)),
        ("media-type", old.media_type.clone(), new.media_type.clone()),
    ] {
        // Other bytes have another size.
        let is_told = what != "size" || !other_content;
        if let (Some(was), Some(is)) = (was, is)
            && was != is
            && is_told
        {
            found.push(row(area, label, Change::Changed, what, (vec![was], vec![is])));
        }
    }
}

fn properties(
    label: &str,
    area: Area,
    (old, new): (&[Property], &[Property]),
    found: &mut Vec<BomDifference>,
) {
    let (old, new) = (values(old), values(new));
    let keys: BTreeSet<&(String, String)> = old.keys().chain(new.keys()).collect();
    let none = BTreeSet::new();
    for key in keys {
        let (was, is) = (old.get(key).unwrap_or(&none), new.get(key).unwrap_or(&none));
        let (name, subject) = key;
        let what = if subject.is_empty() { name.clone() } else { format!("{name}:{subject}") };
        sets(label, (area_of_property(name, area), &what), (was, is), found);
    }
}

/// What is in one of two sets alone.
fn sets(
    label: &str,
    (area, what): (Area, &str),
    (was, is): (&BTreeSet<String>, &BTreeSet<String>),
    found: &mut Vec<BomDifference>,
) {
    if was == is {
        return;
    }
    let change = match (was.is_empty(), is.is_empty()) {
        (true, _) => Change::Added,
        (_, true) => Change::Removed,
        _ => Change::Changed,
    };
    let gone = was.difference(is).cloned().collect();
    let came = is.difference(was).cloned().collect();
    found.push(row(area, label, change, what, (gone, came)));
}

/// Ties by what they tie, not by what a document calls it.
fn ties(before: &Bom, after: &Bom, found: &mut Vec<BomDifference>) {
    let (old, new) = (tied(before), tied(after));
    for (change, one, other) in [(Change::Removed, &old, &new), (Change::Added, &new, &old)] {
        for (from, kind, to, role) in one.difference(other) {
            let area = match kind {
                RelationKind::DependsOn => Area::Dependency,
                RelationKind::DerivedFrom
                | RelationKind::TrainedOn
                | RelationKind::EvaluatedOn
                | RelationKind::Loads => Area::Lineage,
                // What holds what follows from what is there.
                RelationKind::Contains | RelationKind::Documents => continue,
            };
            let role = role.as_ref().map(|role| format!(" ({role})")).unwrap_or_default();
            let value = vec![format!("{to}{role}")];
            let values = match change {
                Change::Added => (Vec::new(), value),
                _ => (value, Vec::new()),
            };
            found.push(row(area, from, change, kind.name(), values));
        }
    }
}

type Tie = (String, RelationKind, String, Option<String>);

/// What people call each component.
fn labels(bom: &Bom) -> BTreeMap<&ComponentId, String> {
    bom.all().map(|component| (&component.id, identity(component).label())).collect()
}

fn tied(bom: &Bom) -> BTreeSet<Tie> {
    let labels = labels(bom);
    let mut all = BTreeSet::new();
    for tie in &bom.relations {
        if let (Some(from), Some(to)) = (labels.get(&tie.from), labels.get(&tie.to)) {
            all.insert((from.clone(), tie.kind, to.clone(), tie.role.clone()));
        }
    }
    all
}

fn authors(before: &Bom, after: &Bom, found: &mut Vec<BomDifference>) {
    let of = |bom: &Bom| -> Vec<Property> {
        bom.properties.iter().filter(|p| p.name == name::BOM_AUTHOR).cloned().collect()
    };
    properties("AIBOM", Area::Author, (&of(before), &of(after)), found);
}

fn area_of(kind: Kind) -> Area {
    match kind {
        Kind::Kit => Area::Kit,
        Kind::Model | Kind::ModelPart => Area::Model,
        Kind::BaseModel | Kind::ExternalModel => Area::Lineage,
        Kind::Dataset | Kind::ExternalDataset => Area::Dataset,
        Kind::Library | Kind::Container | Kind::Device => Area::Dependency,
        Kind::File => Area::File,
        Kind::Code | Kind::Docs | Kind::Prompt | Kind::McpServer | Kind::Other => Area::Other,
    }
}

fn area_of_property(name: &str, otherwise: Area) -> Area {
    match name {
        property::LICENCE => Area::Licence,
        property::METRIC => Area::Metric,
        property::AUTHOR | property::PARTY | name::SUPPLIER => Area::Author,
        _ => otherwise,
    }
}
