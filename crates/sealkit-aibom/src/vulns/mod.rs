//! Known vulnerabilities of what a kit holds and needs: by package URL, and by digest, which finds a
//! file whatever it is called.

mod asked;
mod osv;
mod package;
mod range;
mod version;
mod vex;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sealkit_inspect::property;
use serde::Serialize;

use crate::{Bom, Component, ComponentId};
use range::Answer;

pub use asked::{is_version, is_version_range};
pub use osv::Advisories;
pub use package::package_name;
pub use vex::{cyclonedx_vex, openvex};

/// How a component was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// Its bytes are those that the advisory names: proved, whatever anybody calls it.
    Digest,
    /// It calls itself so, or is called so.
    Name,
}

/// Whether a component is affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VulnerabilityStatus {
    /// It is.
    Affected,
    /// It cannot be told: no version is stated, or the order of versions is not known.
    Undecided,
}

/// One step on the way from the kit to a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TieStep {
    /// How the one before is tied to this one.
    pub relation: &'static str,
    /// This one: its kind and its path or name.
    pub component: String,
}

/// A known vulnerability of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vulnerability {
    /// Id of the advisory.
    pub id: String,
    /// Other ids of the same.
    pub aliases: Vec<String>,
    /// What it is.
    pub summary: String,
    /// Where more is found.
    pub references: Vec<String>,
    /// The component.
    #[serde(skip)]
    pub component: ComponentId,
    /// Its kind and its path or name.
    pub subject: String,
    /// Its package URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its digests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<String>,
    /// Whether it is affected.
    pub status: VulnerabilityStatus,
    /// How it was found.
    pub found_by: FoundBy,
    /// Versions that are not affected any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// The shortest way that leads from the kit to it.
    pub path: Vec<TieStep>,
}

/// Finds the vulnerabilities that are known of the components of an AIBOM, in one order.
pub fn vulnerabilities(bom: &Bom, advisories: &Advisories) -> Vec<Vulnerability> {
    let mut found = Vec::new();
    for component in bom.all() {
        let mut of_component = of_component(component, advisories);
        of_component.sort_by(|a, b| a.id.cmp(&b.id));
        merge(&mut of_component);
        found.append(&mut of_component);
    }
    let wanted: BTreeSet<&ComponentId> =
        found.iter().map(|f: &Vulnerability| &f.component).collect();
    let paths = paths(bom, &wanted);
    for vulnerability in &mut found {
        vulnerability.path = paths.get(&vulnerability.component).cloned().unwrap_or_default();
    }
    found.sort_by(|a, b| {
        (a.status, &a.id, &a.subject, &a.component).cmp(&(
            b.status,
            &b.id,
            &b.subject,
            &b.component,
        ))
    });
    found
}

fn of_component(component: &Component, advisories: &Advisories) -> Vec<Vulnerability> {
    let mut found = BTreeMap::new();
    for hash in &component.hashes {
        let hits = advisories.by_digest.get(&hash.to_string()).into_iter().flatten();
        for at in hits {
            found.insert(*at, (VulnerabilityStatus::Affected, FoundBy::Digest, Vec::new()));
        }
    }
    let version = version(component);
    for package in package::of_component(component) {
        let hits = advisories.by_package.get(&package).into_iter().flatten();
        for (at, advisory) in hits.filter_map(|at| Some((*at, advisories.all.get(*at)?))) {
            let of_package =
                advisory.affected.iter().filter(|a| a.package.as_ref() == Some(&package));
            let answer =
                |a: &osv::Affected| range::is_affected(a, &package.kind, version.as_deref());
            let status = match of_package.clone().map(answer).max().unwrap_or(Answer::No) {
                Answer::No => continue,
                Answer::Open => VulnerabilityStatus::Undecided,
                Answer::Yes => VulnerabilityStatus::Affected,
            };
            let fixed = of_package.flat_map(|a| range::fixed(a, &package.kind, version.as_deref()));
            let fixed: Vec<String> = fixed.collect();
            let old = found.entry(at).or_insert((status, FoundBy::Name, Vec::new()));
            old.0 = old.0.min(status);
            old.2.extend(fixed);
        }
    }
    let made = found.into_iter().filter_map(|(at, (status, found_by, fixed))| {
        let advisory = advisories.all.get(at)?;
        Some(Vulnerability {
            id: advisory.id.clone(),
            aliases: advisory.aliases.clone(),
            summary: advisory.summary.clone(),
            references: advisory.references.clone(),
            component: component.id.clone(),
            subject: named(component),
            purl: component.purl.clone(),
            version: version.clone(),
            digests: component.hashes.iter().map(ToString::to_string).collect(),
            status,
            found_by,
            fixed,
            path: Vec::new(),
        })
    });
    made.collect()
}

/// The version that the package URL names, else the one that is stated.
fn version(component: &Component) -> Option<String> {
    let of_purl = component.purl.as_deref().and_then(package::parse).and_then(|p| p.version);
    of_purl.or_else(|| component.text(property::VERSION).map(str::to_owned))
}

/// Makes one of those that are the same under several ids: databases repeat each other. One may turn out to
/// be the same as two that nothing tied before.
fn merge(found: &mut Vec<Vulnerability>) {
    let mut before = 0;
    while before != found.len() {
        before = found.len();
        merge_once(found);
    }
}

fn merge_once(found: &mut Vec<Vulnerability>) {
    let mut kept: Vec<Vulnerability> = Vec::new();
    let mut by_id: BTreeMap<String, usize> = BTreeMap::new();
    for vulnerability in found.drain(..) {
        let ids: Vec<String> =
            vulnerability.aliases.iter().chain([&vulnerability.id]).cloned().collect();
        let same = ids.iter().find_map(|id| by_id.get(id).copied());
        let at = same.unwrap_or(kept.len());
        by_id.extend(ids.iter().map(|id| (id.clone(), at)));
        let Some(old) = kept.get_mut(at) else {
            kept.push(vulnerability);
            continue;
        };
        let new = ids.into_iter().filter(|id| *id != old.id);
        old.aliases.extend(new);
        old.fixed.extend(vulnerability.fixed);
        old.status = old.status.min(vulnerability.status);
        old.found_by = old.found_by.min(vulnerability.found_by);
        old.references.extend(vulnerability.references);
    }
    for vulnerability in &mut kept {
        for list in
            [&mut vulnerability.aliases, &mut vulnerability.fixed, &mut vulnerability.references]
        {
            list.sort();
            list.dedup();
        }
    }
    *found = kept;
}

fn named(component: &Component) -> String {
    let name = component.path.as_deref().filter(|path| !path.is_empty());
    format!("{} `{}`", component.kind.name(), name.unwrap_or(&component.name))
}

/// The shortest ways from the kit to these components.
fn paths(bom: &Bom, wanted: &BTreeSet<&ComponentId>) -> BTreeMap<ComponentId, Vec<TieStep>> {
    let mut ties: BTreeMap<&ComponentId, Vec<(&'static str, &ComponentId)>> = BTreeMap::new();
    for tie in &bom.relations {
        ties.entry(&tie.from).or_default().push((tie.kind.name(), &tie.to));
    }
    let names: BTreeMap<&ComponentId, String> =
        bom.all().filter(|_| !wanted.is_empty()).map(|c| (&c.id, named(c))).collect();
    let mut before: BTreeMap<&ComponentId, (&'static str, &ComponentId)> = BTreeMap::new();
    let start = &bom.subject.id;
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        for (relation, to) in ties.get(at).into_iter().flatten() {
            if *to != start && !before.contains_key(to) {
                before.insert(to, (relation, at));
                open.push_back(to);
            }
        }
    }
    let mut paths = BTreeMap::new();
    for id in wanted {
        let mut steps = Vec::new();
        let mut at = *id;
        while let Some((relation, from)) = before.get(at) {
            let component = names.get(at).cloned().unwrap_or_default();
            steps.push(TieStep { relation, component });
            at = from;
        }
        steps.reverse();
        paths.insert((*id).clone(), steps);
    }
    paths
}
