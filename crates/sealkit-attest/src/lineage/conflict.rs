//! Datasets against each other: one version has one set of bytes (reference §9.2, case 36).

use super::claims::Thing;
use super::graph::{LineageGraph, Standing, normal_name};
use crate::{DatasetVersion, NodeKind};

/// Most dataset statements that are held against each other.
const MAX_DATASETS: usize = 1_000;

/// What verified statements say of datasets.
#[derive(Debug, Default)]
pub(super) struct Datasets {
    versions: Vec<(usize, Box<DatasetVersion>)>,
    used: Vec<(usize, Thing)>,
    left_out: bool,
}

impl Datasets {
    /// Takes what a statement about `node` says that it is.
    pub(super) fn add(&mut self, node: usize, version: Box<DatasetVersion>) {
        if self.versions.len() < MAX_DATASETS {
            self.versions.push((node, version));
        } else {
            self.left_out = true;
        }
    }

    /// Takes a dataset as whoever used it names it.
    pub(super) fn used(&mut self, node: usize, thing: &Thing) {
        let named = thing.name.is_some() && thing.version.is_some() && thing.digest.is_some();
        if thing.kind != NodeKind::Dataset || !named {
            return;
        }
        if self.used.len() < MAX_DATASETS {
            self.used.push((node, thing.clone()));
        } else {
            self.left_out = true;
        }
    }

    /// Fails what contradicts itself.
    pub(super) fn judge(&self, graph: &mut LineageGraph) {
        for (at, (node, one)) in self.versions.iter().enumerate() {
            for (other_node, other) in self.versions.iter().skip(at + 1) {
                if let Some(split) = one.conflict(other) {
                    let reason = told(&one.id, &one.version, &format!("split `{}`", quote(split)));
                    fail(graph, *node, &reason);
                    fail(graph, *other_node, &reason);
                }
            }
            for (user, thing) in &self.used {
                if contradicts(thing, one) {
                    let reason = told(&one.id, &one.version, "what was used");
                    fail(graph, *user, &reason);
                    fail(graph, *node, &reason);
                }
            }
        }
        if self.left_out
            && let Some(root) = graph.nodes.first_mut()
        {
            let reason = format!("more than {MAX_DATASETS} datasets: not all were compared");
            root.worsen(Standing::Missing, "limit-exceeded", reason);
        }
    }
}

/// Whether what was used says to be that version and is none of its splits. A thing that is named by
/// the digest of the kit itself is the kit, and is resolved as such.
fn contradicts(thing: &Thing, version: &DatasetVersion) -> bool {
    let name = thing.name.as_deref().map(normal_name);
    let same = name == Some(normal_name(&version.id))
        && thing.version.as_deref() == Some(version.version.as_str());
    let Some(digest) = thing.digest.as_ref().filter(|_| same) else { return false };
    // Digests by other algorithms can not be compared: that is no contradiction.
    let comparable = version
        .splits
        .values()
        .any(|split| split.digest.iter().any(|(name, _)| digest.get(name).is_some()));
    comparable && !version.splits.values().any(|split| split.digest.agrees_with(digest))
}

fn told(id: &str, version: &str, what: &str) -> String {
    let (id, version) = (quote(id), quote(version));
    format!("version `{version}` of dataset `{id}` has two sets of bytes: {what} differs")
}

fn quote(text: &str) -> String {
    crate::AttestError::quote(text)
}

fn fail(graph: &mut LineageGraph, node: usize, reason: &str) {
    if let Some(node) = graph.nodes.get_mut(node) {
        node.worsen(Standing::Failed, "version-conflict", reason.to_owned());
    }
}
