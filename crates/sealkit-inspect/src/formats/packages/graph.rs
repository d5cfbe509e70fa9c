//! What the edges between the packages of one lock file tell: what is asked for, and what for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{PackageInfo, Scope};

/// What the project itself asks for, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    /// Asked for to run.
    pub(super) runtime: BTreeSet<String>,
    /// Asked for by a feature.
    pub(super) optional: BTreeSet<String>,
    /// Asked for to develop or test.
    pub(super) development: BTreeSet<String>,
}

impl Roots {
    fn is_empty(&self) -> bool {
        self.runtime.is_empty() && self.optional.is_empty() && self.development.is_empty()
    }
}

/// Steps of work that [`settle`] and [`link`] take together.
pub(super) fn work(found: &[(String, PackageInfo)]) -> u64 {
    found.iter().map(|(_, package)| 1 + package.needs.len() as u64).sum::<u64>() * 4
}

/// Marks what the project asks for itself, and gives each package the first scope in which it is
/// reached. Without roots, a package that no other needs is one that the project asks for: who
/// else could have? The scopes that the file states stay then.
pub(super) fn settle(found: &mut [(String, PackageInfo)], roots: &Roots) {
    if roots.is_empty() {
        let needed: BTreeSet<String> = found
            .iter()
            .flat_map(|(_, p)| p.needs.iter().map(|n| same(n)).filter(|n| *n != same(&p.name)))
            .collect();
        // Without any edge the file has no graph, and nothing can be told.
        if !needed.is_empty() {
            for (_, package) in found {
                package.direct |= !needed.contains(&same(&package.name));
            }
        }
        return;
    }
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, (_, package)) in found.iter().enumerate() {
        by_name.entry(same(&package.name)).or_default().push(at);
    }
    let mut scopes: Vec<Option<Scope>> = vec![None; found.len()];
    let passes = [
        (&roots.runtime, Scope::Runtime),
        (&roots.optional, Scope::Optional),
        (&roots.development, Scope::Development),
    ];
    for (names, scope) in passes {
        let mut queue: VecDeque<String> = names.iter().map(|name| same(name)).collect();
        while let Some(name) = queue.pop_front() {
            for &at in by_name.get(&name).into_iter().flatten() {
                let (Some(slot), Some((_, package))) = (scopes.get_mut(at), found.get(at)) else {
                    continue;
                };
                if slot.is_none() {
                    *slot = Some(scope);
                    queue.extend(package.needs.iter().map(|need| same(need)));
                }
            }
        }
    }
    let asked = roots.runtime.iter().chain(&roots.optional).chain(&roots.development);
    let asked: BTreeSet<String> = asked.map(|root| same(root)).collect();
    for ((_, package), scope) in found.iter_mut().zip(scopes) {
        package.direct |= asked.contains(&same(&package.name));
        package.scope = scope.unwrap_or(package.scope);
    }
}

/// Names needs as the packages of the file are named, each once; what is not in the file, such as
/// a package for another system, is left out.
pub(super) fn link(found: &mut [(String, PackageInfo)]) {
    let names = found.iter().map(|(_, package)| (same(&package.name), package.name.clone()));
    let names: BTreeMap<String, String> = names.collect();
    for (_, package) in found {
        let own = same(&package.name);
        let mut seen = BTreeSet::new();
        let needs = std::mem::take(&mut package.needs);
        let needs = needs.into_iter().map(|need| same(&need));
        let needs = needs.filter(|need| *need != own && seen.insert(need.clone()));
        package.needs = needs.filter_map(|need| names.get(&need).cloned()).collect();
    }
}

/// Names are compared as the Python index does (PEP 503); no other index has two names that only
/// this makes equal, but for npm's old ones, where the worst is a scope too wide.
fn same(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}
