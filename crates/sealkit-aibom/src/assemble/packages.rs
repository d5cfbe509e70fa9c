//! Libraries and containers: one component for each package and version, whoever names it.
//!
//! A lock file says which version is meant, a manifest which are allowed, a settings file which
//! wrote it, an import that it is used: all of them stay as evidence on the one component.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{PackageInfo, Scope, Value, property};
use sealkit_report::{Evidence, Known};

use super::claims::left_out;
use super::draft::Draft;
use super::owners::{Owner, Owners, is_lock, is_project};
use super::parts::Ids;
use super::world::World;
use super::{frameworks, limits, purls};
use crate::identity::component_id;
use crate::{Completeness, Component, ComponentId, Hash, Kind, Property, RelationKind};

/// One place that names a package.
struct Named<'a> {
    package: PackageInfo,
    evidence: Evidence,
    /// Place of the file in [`World::files`]; none for a statement.
    file: Option<usize>,
    /// What needs it.
    from: &'a ComponentId,
    is_lock: bool,
}

type Key = (String, String);

/// Adds the packages and who needs them.
pub(super) fn add(
    draft: &mut Draft,
    world: &World<'_>,
    owners: &Owners,
    ids: &Ids,
    main: Option<usize>,
) {
    let subject = draft.subject.id.clone();
    let model = main.and_then(|at| ids.units.get(at)).unwrap_or(&subject);
    let mut groups: BTreeMap<Key, Vec<Named<'_>>> = BTreeMap::new();
    let mut locked: BTreeMap<&ComponentId, bool> = BTreeMap::new();
    for fact in world.input.attested.iter().flat_map(|facts| &facts.facts) {
        if let Value::Package(package) = &fact.value {
            let (package, evidence) = (package.clone(), fact.evidence.clone());
            let named = Named { package, evidence, file: None, from: model, is_lock: false };
            note(&mut groups, world, named);
        }
    }
    for (at, file) in world.files.iter().enumerate() {
        let from = needing(owners.of(at), ids, &subject);
        let is_lock = is_lock(file);
        let mut any = false;
        let stated = file.all(property::PACKAGE).filter_map(|fact| match &fact.value {
            Value::Package(package) => Some((package.clone(), fact.evidence.clone())),
            _ => None,
        });
        for (package, evidence) in stated.chain(frameworks::of(file)) {
            any = true;
            let named = Named { package, evidence, file: Some(at), from, is_lock };
            note(&mut groups, world, named);
        }
        if any && is_project(file) {
            *locked.entry(from).or_default() |= is_lock && file.is_read();
        }
    }
    for (from, is_locked) in locked {
        let how = if is_locked { Completeness::Complete } else { Completeness::Incomplete };
        draft.origins(how, from);
    }
    let placed = place(draft, groups);
    tie(draft, placed);
}

fn note<'a>(groups: &mut BTreeMap<Key, Vec<Named<'a>>>, world: &World<'_>, mut named: Named<'a>) {
    let name = purls::spelling(&named.package.ecosystem, &named.package.name);
    let key = (named.package.ecosystem.to_ascii_lowercase(), name);
    named.evidence = world.proved(&named.evidence);
    groups.entry(key).or_default().push(named);
}

/// What needs the packages that a file lists.
fn needing<'i>(owners: &[Owner], ids: &'i Ids, subject: &'i ComponentId) -> &'i ComponentId {
    let found = owners.first().and_then(|owner| match owner {
        Owner::Model(at) => ids.units.get(*at),
        Owner::Data(at) => ids.data.get(*at),
        Owner::Part(at) => ids.parts.get(*at),
        Owner::Kit => None,
    });
    found.unwrap_or(subject)
}

/// One mention of a package with the component that it became.
struct Placed<'a> {
    named: Named<'a>,
    key: Key,
    id: ComponentId,
}

/// Makes the components. A mention without a version goes with the version that is locked.
fn place<'a>(draft: &mut Draft, groups: BTreeMap<Key, Vec<Named<'a>>>) -> Vec<Placed<'a>> {
    let mut placed = Vec::new();
    let (mut listed, mut left) = (0, 0);
    for (key, mut all) in groups {
        all.sort_by_cached_key(|named| {
            let evidence = &named.evidence;
            (!named.is_lock, evidence.file.clone(), evidence.place.clone())
        });
        let chosen = chosen(&all);
        let mut versions: BTreeMap<Option<String>, Vec<Named<'a>>> = BTreeMap::new();
        for named in all {
            let version = named.package.version.clone().or_else(|| chosen.clone());
            versions.entry(version).or_default().push(named);
        }
        for (version, all) in versions {
            if listed >= limits::PACKAGES {
                left += 1;
                continue;
            }
            listed += 1;
            let component = component(&key, version.as_deref(), &all);
            let id = component.id.clone();
            draft.add(component);
            let each =
                all.into_iter().map(|named| Placed { named, key: key.clone(), id: id.clone() });
            placed.extend(each);
        }
    }
    if left > 0 {
        draft.subject.properties.push(left_out(property::PACKAGE, left, None));
    }
    placed
}

/// The version that is meant where one is not stated: the locked one that the project asks for
/// itself, else the first that is locked, else the only one that it asks for, else the only one.
/// What something was once made with says little of what runs now.
fn chosen(all: &[Named<'_>]) -> Option<String> {
    let locked = || all.iter().filter(|named| named.is_lock && named.package.version.is_some());
    let best = locked().find(|named| named.package.direct).or_else(|| locked().next());
    if let Some(best) = best {
        return best.package.version.clone();
    }
    let only = |fits: &dyn Fn(&PackageInfo) -> bool| {
        let packages = all.iter().map(|named| &named.package).filter(|package| fits(package));
        let versions: BTreeSet<&String> = packages.filter_map(|p| p.version.as_ref()).collect();
        versions.first().filter(|_| versions.len() == 1).map(|version| (*version).clone())
    };
    only(&|package| package.scope != Scope::Build).or_else(|| only(&|_| true))
}

fn component(key: &Key, version: Option<&str>, all: &[Named<'_>]) -> Component {
    let is_image = matches!(key.0.as_str(), "docker" | "oci");
    let kind = if is_image { Kind::Container } else { Kind::Library };
    let id = component_id(kind, &[&key.0, &key.1, version.unwrap_or_default()]);
    let name = all.first().map_or(key.1.as_str(), |named| named.package.name.as_str());
    let mut component = Component::new(id, kind, name);
    component.purl = all.first().and_then(|named| purls::package(&named.package, version));
    let mut digests = BTreeSet::new();
    let (mut left, mut hashes_left) = (0, 0);
    // Who needs it most comes first, which is the scope that a document states.
    let mut all: Vec<&Named<'_>> = all.iter().collect();
    all.sort_by_key(|named| strength(named.package.scope));
    for (at, named) in all.iter().enumerate() {
        let evidence = Some(named.evidence.clone());
        if at < limits::MENTIONS {
            let mut said = named.package.clone();
            // Digests and edges are hashes and ties of the component.
            said.digests.clear();
            said.needs.clear();
            let said = Property::new(property::PACKAGE, Value::Package(said), evidence.clone());
            component.properties.push(said);
            if let Some(version) = &named.package.version {
                let version = Property::text(property::VERSION, version, evidence.clone());
                component.properties.push(version);
            }
        } else {
            left += 1;
        }
        for text in &named.package.digests {
            if digests.len() < limits::HASHES {
                if digests.insert(text) {
                    component.hashes.extend(Hash::parse(text, evidence.clone()));
                }
            } else if !digests.contains(text) {
                hashes_left += 1;
            }
        }
    }
    if let (true, Some(last)) = (left > 0, all.last()) {
        let left = left_out(property::PACKAGE, left, Some(last.evidence.clone()));
        component.properties.push(left);
    }
    if hashes_left > 0 {
        component.properties.push(left_out("hash", hashes_left, None));
    }
    component
}

/// How much a package is needed, the most first.
fn strength(scope: Scope) -> u8 {
    match scope {
        Scope::Runtime => 0,
        Scope::Optional => 1,
        Scope::Development | Scope::Build => 2,
    }
}

/// Ties what needs a package to it: the project to those it asks for and those that no other
/// package of the same file brings, and packages to one another.
fn tie(draft: &mut Draft, placed: Vec<Placed<'_>>) {
    type InFile<'p> = BTreeMap<(Option<usize>, &'p Key), &'p ComponentId>;
    let mut in_file: InFile<'_> = BTreeMap::new();
    let mut needed: BTreeSet<(Option<usize>, Key)> = BTreeSet::new();
    for one in &placed {
        let slot = in_file.entry((one.named.file, &one.key)).or_insert(&one.id);
        if one.named.package.direct {
            *slot = &one.id;
        }
        for need in &one.named.package.needs {
            needed.insert((one.named.file, (one.key.0.clone(), purls::spelling(&one.key.0, need))));
        }
    }
    for one in &placed {
        let package = &one.named.package;
        let is_brought = needed.contains(&(one.named.file, one.key.clone()));
        let role = match package.scope {
            Scope::Runtime => None,
            Scope::Optional => Some("optional"),
            Scope::Development => Some("development"),
            Scope::Build => Some("build"),
        };
        if package.direct || !is_brought {
            let tie = (one.named.from, RelationKind::DependsOn, &one.id);
            draft.tie(tie, role, one.named.evidence.clone());
        }
        for need in &package.needs {
            let key = (one.key.0.clone(), purls::spelling(&one.key.0, need));
            if let Some(to) = in_file.get(&(one.named.file, &key)) {
                let tie = (&one.id, RelationKind::DependsOn, *to);
                draft.tie(tie, None, one.named.evidence.clone());
            }
        }
    }
}

/// Says of imports that no package was found for them.
pub(super) fn imports(draft: &mut Draft, world: &World<'_>, ids: &Ids) {
    let mut known: BTreeMap<String, ComponentId> = BTreeMap::new();
    // What something was made with comes last: code imports what is installed to run it.
    let (made, run): (Vec<_>, Vec<_>) =
        draft.components().filter(|c| c.kind == Kind::Library).partition(|component| {
            component.of(property::PACKAGE).all(|claim| {
                matches!(&claim.value, Value::Package(package) if package.scope == Scope::Build)
            })
        });
    for component in run.into_iter().chain(made) {
        let of_python = component.purl.as_deref().is_some_and(|p| p.starts_with("pkg:pypi/"));
        if of_python {
            let spelling = purls::spelling("pypi", &component.name);
            known.entry(spelling).or_insert_with(|| component.id.clone());
        }
    }
    for file in &world.files {
        let mut seen = BTreeSet::new();
        for fact in file.all(property::IMPORT) {
            for module in super::claims::texts(&fact.value) {
                let top = module.split('.').next().unwrap_or_default().to_owned();
                if !seen.insert(top.clone()) {
                    continue;
                }
                let name = frameworks::package_of(&top).unwrap_or(&top);
                let Some(id) = known.get(&purls::spelling("pypi", name)) else { continue };
                // That a module of this name comes from this package is a conclusion.
                let evidence = Evidence { known: Known::Inferred, ..world.proved(&fact.evidence) };
                if let Some(from) = ids.parts.get(file.part) {
                    draft.tie((from, RelationKind::DependsOn, id), None, evidence.clone());
                }
                let Some(component) = draft.get_mut(id) else { continue };
                if component.of(property::IMPORT).count() < limits::MENTIONS {
                    let import = Property::text(property::IMPORT, top, Some(evidence));
                    component.properties.push(import);
                }
            }
        }
    }
}
